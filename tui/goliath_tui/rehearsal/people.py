"""Who worked on it: people by number, their days off, whom they helped out, and who said yes."""

from collections.abc import Iterator

from msgspec import Struct

from goliath_tui.domain import Approval, Loan, Person, TimeOff
from goliath_tui.rehearsal.backlog import Draft, Origin
from goliath_tui.rehearsal.chance import dice
from goliath_tui.rehearsal.story import Story
from goliath_tui.rehearsal.weeks import DAY, WEEK, floor

#: Days off begin about so often per person, and last so many days at most.
_OFF_EVERY = 9 * WEEK
_OFF_DAYS = (1, 1, 2, 3, 5, 5, 10)

#: The share of people who are lent to another team at some time.
_LENT = 0.55


class Staff(Struct, frozen=True):
    """Everything about people. Loans and approvals stand beside the moment that reveals them."""

    people: tuple[Person, ...]
    time_off: tuple[TimeOff, ...]
    loans: tuple[tuple[int, Loan], ...]
    approvals: tuple[tuple[int, Approval], ...]


def staff(story: Story, drafts: list[Draft]) -> Staff:
    """The people of a story. Days off are known in advance, loans and approvals are not."""
    people = tuple(_people(story))
    time_off = sorted(_time_off(story, people), key=lambda off: (off.starts, off.id))
    loans = sorted(_loans(story, people), key=lambda loan: (loan.starts, loan.id))
    return Staff(
        people=people,
        time_off=tuple(time_off),
        loans=tuple((loan.starts, loan) for loan in loans),
        approvals=tuple((approval.at, approval) for approval in _approvals(story, drafts)),
    )


def _people(story: Story) -> Iterator[Person]:
    scenario, calendar, random = story.scenario.people, story.calendar, dice(story.seed, "people")
    digits = max(2, len(str(scenario.engineers)))
    for n in range(1, scenario.engineers + 1):
        joined = calendar.begins
        if n > scenario.at_start:
            part = (n - scenario.at_start) / (scenario.engineers - scenario.at_start)
            joined = floor(int(calendar.starts(1) + part * 0.7 * _length(story)), WEEK)
        count = min(len(scenario.skills), random.randint(1, 3))
        yield Person(
            id=f"e{n:0{digits}}",
            name=f"Engineer {n:0{digits}}",
            team=scenario.teams[n % len(scenario.teams)],
            skills=tuple(sorted(random.sample(scenario.skills, count))),
            starts=joined,
        )


def _length(story: Story) -> int:
    return story.calendar.ends - story.calendar.starts(1)


def _time_off(story: Story, people: tuple[Person, ...]) -> Iterator[TimeOff]:
    for person in people:
        random = dice(story.seed, "off", person.id)
        at, number = person.starts or 0, 0
        while True:
            at = floor(at + int(random.uniform(0.4, 1.6) * _OFF_EVERY), DAY)
            if at >= story.calendar.horizon + 8 * WEEK:
                break
            number += 1
            ends = at + random.choice(_OFF_DAYS) * DAY
            yield TimeOff(id=f"{person.id}-off-{number}", person=person.id, starts=at, ends=ends)
            at = ends


def _loans(story: Story, people: tuple[Person, ...]) -> Iterator[Loan]:
    teams, random = story.scenario.people.teams, dice(story.seed, "loans")
    for person in people:
        others = [team for team in teams if team != person.team]
        if not others or random.random() >= _LENT:
            continue
        first = max(person.starts or 0, story.calendar.starts(1))
        starts = floor(int(random.uniform(first, story.calendar.anchor)), DAY)
        ends = starts + random.choice((1, 2, 2, 4, 8)) * WEEK
        yield Loan(
            id=f"loan-{person.id}",
            person=person.id,
            team=random.choice(others),
            starts=starts,
            ends=ends,
        )


def _approvals(story: Story, drafts: list[Draft]) -> Iterator[Approval]:
    """One for every item that a feature in legacy brought; it was asked for before."""
    number = 0
    for draft in drafts:
        if draft.origin is Origin.APPROVED:
            number += 1
            yield Approval(
                id=f"approval-{number}",
                at=draft.created,
                title=draft.title,
                service=story.scenario.services[draft.service].name,
                approver="the CTO",
                points=draft.points,
            )
