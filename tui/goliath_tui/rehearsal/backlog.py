"""What there is to do: every work item of the story, how big it is, and in which sprint it is done.

Points stand in the scenario per service and milestone; they are cut into items here, and the items
of the first milestone are laid into the sprints in the order of their services' schedules, each
sprint getting its part of the velocity. What is found on the way comes on top of the baseline.
"""

from bisect import bisect_left
from collections.abc import Iterator
from enum import Enum, auto
from itertools import accumulate
from random import Random

import msgspec
from msgspec import Struct

from goliath_tui.rehearsal.chance import dice
from goliath_tui.rehearsal.scenario import ServiceScenario
from goliath_tui.rehearsal.story import Story
from goliath_tui.rehearsal.weeks import HOUR, WEEK, working

MVE, ENDGAME = "mve", "endgame"

_SIZES = {MVE: (1, 2, 3, 5, 8, 13), ENDGAME: (2, 3, 5, 8, 13, 20)}
_SIZE_WEIGHTS = (10, 22, 26, 24, 13, 5)

#: Of the items of the baseline, so many more are dropped on the way.
_DROPPED = 0.012

#: Items of the second milestone that nobody has estimated yet.
_UNESTIMATED = 12

_PORT = (
    "Port {field}", "Port {field}", "Port {kind}: storage", "Port {kind}: permissions",
    "Compare {field} side by side", "Port {kind}: background jobs", "Migrate {field}",
)  # fmt: skip
_RETIRE = (
    "Retire {field} in legacy", "Internal tools for {kind}", "Delete {kind} from the monolith",
    "Port {kind}: exports", "Port {field}",
)  # fmt: skip
_FOUND = (
    "{kind}: a job nobody remembered", "{field}: callers outside the gateway",
    "{kind}: data older than its schema", "{field}: too slow under load",
)  # fmt: skip
_APPROVED = ("{kind}: a new rule that could not wait", "{kind}: a feature for the new term")


class Origin(Enum):
    """Why an item is there."""

    PLANNED = auto()
    FOUND = auto()
    APPROVED = auto()
    DIFFERENCE = auto()
    DROPPED = auto()


class Draft(Struct, frozen=True):
    """A work item to be: `sprint` is the one in which it is done, None: not within the story.

    `created` is when it was written down. `points` None: never estimated. `done` is given where
    something else decides it; of a dropped item it is the moment of that.
    """

    title: str
    service: int
    milestone: str
    points: float | None
    origin: Origin
    created: int
    sprint: int | None
    done: int | None = None


def backlog(story: Story) -> list[Draft]:
    """All work items, in the order in which they were written down."""
    titles = _Titles(story)
    drafts = _scheduled(story, [*_baseline(story, titles), *_found(story, titles)])
    drafts += _endgame(story, titles)
    drafts += _differences(story)
    drafts += _dropped(story, titles, len(drafts))
    drafts.sort(key=lambda draft: (draft.created, draft.title))
    return drafts


def _baseline(story: Story, titles: "_Titles") -> Iterator[tuple[float, Draft]]:
    """The first milestone's items as planned, with the sprint (and its part) wished for."""
    for i, service in enumerate(story.scenario.services):
        random = dice(story.seed, "backlog", service.name)
        sizes = list(_sizes(service.points.mve, MVE, random))
        for n, size in enumerate(sizes):
            created = working(random.uniform(story.calendar.begins, story.calendar.starts(1) - 1))
            wish = _wish(service, (n + random.random()) / len(sizes))
            title = titles.title(i, _PORT, random)
            yield wish, Draft(title, i, MVE, size, Origin.PLANNED, created, None)


def _found(story: Story, titles: "_Titles") -> Iterator[tuple[float, Draft]]:
    """What was found on the way or allowed into legacy; written down when it is scheduled."""
    scenario, random = story.scenario, dice(story.seed, "found")
    services = [i for i, service in enumerate(scenario.services) if service.points.mve]
    weights = [scenario.services[i].points.mve for i in services]
    for n, size in enumerate(_sizes(scenario.milestones.added, MVE, random)):
        i = random.choices(services, weights)[0]
        origin = Origin.APPROVED if n < scenario.approvals else Origin.FOUND
        wish = _wish(scenario.services[i], random.uniform(0.1, 1))
        title = titles.title(i, _FOUND if origin is Origin.FOUND else _APPROVED, random)
        yield wish, Draft(title, i, MVE, size, origin, 0, None)


def _wish(service: ServiceScenario, part: float) -> float:
    first, last = service.sprints or (1, 1)
    return first + (last + 1 - first) * part


def _scheduled(story: Story, wishes: list[tuple[float, Draft]]) -> list[Draft]:
    """The first milestone's items in their sprints."""
    random, calendar = dice(story.seed, "schedule"), story.calendar
    wishes.sort(key=lambda wish: (wish[0], wish[1].title))
    room = list(accumulate(story.scenario.sprints.velocity))
    total = sum(draft.points or 0 for _, draft in wishes)
    drafts, laid = [], 0.0
    for _, draft in wishes:
        points = draft.points or 0
        sprint = 1 + bisect_left(room, (laid + points / 2) / total * room[-1])
        laid += points
        created = draft.created
        if draft.origin is not Origin.PLANNED:
            after = calendar.starts(max(1, sprint - 3)) + HOUR
            created = working(random.uniform(after, calendar.starts(sprint) + 0.4 * WEEK))
        drafts.append(msgspec.structs.replace(draft, created=created, sprint=sprint))
    return drafts


def _endgame(story: Story, titles: "_Titles") -> Iterator[Draft]:
    """The second milestone: some of it is done before the first one ends, the rest lies ahead."""
    scenario, calendar, random = story.scenario, story.calendar, dice(story.seed, "endgame")
    drafts = []
    for i, service in enumerate(scenario.services):
        for size in _sizes(service.points.endgame, ENDGAME, random):
            created = working(random.uniform(calendar.begins, calendar.starts(1) - 1))
            title = titles.title(i, _RETIRE, random)
            drafts.append(Draft(title, i, ENDGAME, size, Origin.PLANNED, created, None))
    random.shuffle(drafts)
    # What has not been started is last.
    drafts.sort(key=lambda draft: scenario.services[draft.service].sprints is None)
    velocity = scenario.sprints.velocity
    done = sum(service.points.mve for service in scenario.services) + scenario.milestones.added
    early, count = scenario.milestones.endgame_before, scenario.sprints.count
    next_sprint = early + done * velocity[-1] / sum(velocity)
    laid = 0.0
    for draft in drafts:
        laid += draft.points or 0
        sprint = None
        if laid <= early:
            sprint = count - int(4 * laid / max(1, early) * random.random()) % count
        elif laid <= next_sprint:
            sprint = count + 1
        yield msgspec.structs.replace(draft, sprint=sprint)
    for n in range(_UNESTIMATED):
        created = working(calendar.anchor - random.uniform(-1, 8) * WEEK)
        i = random.randrange(len(scenario.services))
        title = f"{titles.title(i, _FOUND, random)} ({n + 1})"
        yield Draft(title, i, ENDGAME, None, Origin.FOUND, created, None)


def _differences(story: Story) -> Iterator[Draft]:
    """One item per seeded bug; it is done when the bug is gone."""
    random, calendar = dice(story.seed, "differences"), story.calendar
    for bug in story.bugs.values():
        field = story.fields[bug.field]
        until = calendar.horizon if bug.fixed is None else bug.fixed
        created = bug.seen + int((until - bug.seen) * random.uniform(0.02, 0.3))
        sprint = None if bug.fixed is None else calendar.sprint_of(bug.fixed)
        before = sprint is not None and sprint <= calendar.sprints
        yield Draft(
            title=f"{field.id} differs: {bug.kind}",
            service=field.service,
            milestone=MVE if before else ENDGAME,
            points=random.choice((0.5, 0.5, 0.5, 1)),
            origin=Origin.DIFFERENCE,
            created=created,
            sprint=sprint,
            done=bug.fixed,
        )


def _dropped(story: Story, titles: "_Titles", items: int) -> Iterator[Draft]:
    """What turned out to be nobody's need."""
    calendar, random = story.calendar, dice(story.seed, "dropped")
    started = [i for i, service in enumerate(story.scenario.services) if service.points.mve]
    for _ in range(int(items * _DROPPED)):
        i = random.choice(started)
        created = working(random.uniform(calendar.begins, calendar.starts(1) - 1))
        gone = working(random.uniform(calendar.starts(1), calendar.anchor))
        title = titles.title(i, _PORT, random)
        yield Draft(title, i, MVE, random.choice((1, 2, 3, 5)), Origin.DROPPED, created, None, gone)


def _sizes(points: int, milestone: str, random: Random) -> Iterator[int]:
    """Sizes of items that add up to `points`."""
    left = points
    while left > 0:
        size = min(left, random.choices(_SIZES[milestone], _SIZE_WEIGHTS)[0])
        left -= size
        yield size


class _Titles:
    """What work items are called, after the fields and types of their service."""

    def __init__(self, story: Story) -> None:
        self._kinds = [service.types for service in story.scenario.services]
        self._fields: list[list[str]] = [[] for _ in self._kinds]
        for field in story.fields:
            self._fields[field.service].append(field.id)

    def title(self, service: int, texts: tuple[str, ...], random: Random) -> str:
        """A title after one of the texts."""
        return random.choice(texts).format(
            field=random.choice(self._fields[service]), kind=random.choice(self._kinds[service])
        )
