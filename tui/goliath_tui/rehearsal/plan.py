"""The tracker's history: the life of every work item, told in events; sprints and milestones."""

from itertools import count
from random import Random
from typing import Any

from msgspec import Struct

from goliath_tui.domain import EventKind, ItemEvent, Milestone, Sprint, WorkItem
from goliath_tui.rehearsal.backlog import ENDGAME, MVE, Draft, Origin
from goliath_tui.rehearsal.chance import dice
from goliath_tui.rehearsal.story import Story
from goliath_tui.rehearsal.weeks import HOUR, MINUTE, Calendar, on_working_day

#: How the work of a sprint gets done over its days when nobody says otherwise.
_DAYS = (0.4, 0.7, 0.8, 1.0, 1.1, 1.0, 1.2, 1.2, 1.3, 1.3)

#: Chances of the turns that an item's life can take.
_CARRIED, _ADDED, _REMOVED, _REOPENED, _RE_ESTIMATED, _MOVED = 0.08, 0.07, 0.025, 0.012, 0.05, 0.006


class Plan(Struct, frozen=True):
    """The tracker's data. Items by creation, events by moment, both in the future as well."""

    sprints: tuple[Sprint, ...]
    milestones: tuple[Milestone, ...]
    items: tuple[tuple[int, WorkItem], ...]
    events: tuple[ItemEvent, ...]


def sprint_id(number: int) -> str:
    """The id of a sprint, counted from 1."""
    return f"sprint-{number}"


def plan(story: Story, drafts: list[Draft]) -> Plan:
    """The whole plan of a story, of the drafts in its backlog."""
    lives = _Lives(story)
    items: list[tuple[int, WorkItem]] = []
    events: list[ItemEvent] = []
    for number, draft in enumerate(drafts, 1):
        item = WorkItem(id=f"GOL-{number}", title=draft.title)
        items.append((draft.created, item))
        events += lives.events(item.id, draft)
    events.sort(key=lambda event: (event.at, event.id))
    return Plan(_sprints(story.calendar), _milestones(story), tuple(items), tuple(events))


def _sprints(calendar: Calendar) -> tuple[Sprint, ...]:
    return tuple(
        Sprint(
            id=sprint_id(n),
            name=f"Sprint {n}",
            starts=calendar.starts(n),
            ends=calendar.starts(n + 1),
        )
        for n in range(1, calendar.sprints + 2)
    )


def _milestones(story: Story) -> tuple[Milestone, ...]:
    calendar, names = story.calendar, story.scenario.milestones
    return tuple(
        Milestone(
            id=key,
            name=name.name,
            due=calendar.starts(calendar.sprints + 1 + name.sprints_after),
            baseline_at=calendar.starts(1),
        )
        for key, name in ((MVE, names.mve), (ENDGAME, names.endgame))
    )


class _Lives:
    """Turns drafts into events."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._calendar = story.calendar
        self._days = [self._weights(n) for n in range(story.calendar.sprints + 2)]

    def _weights(self, sprint: int) -> list[float]:
        """How much of a sprint's work is done on each day; most sprints have a slow one."""
        if sprint == self._calendar.sprints:
            return list(self._story.scenario.sprints.days)
        random = dice(self._story.seed, "days", sprint)
        days = [weight * random.uniform(0.6, 1.4) for weight in _DAYS]
        days[random.randrange(10)] *= 0.15
        return days

    def events(self, item: str, draft: Draft) -> list[ItemEvent]:
        """The events of one item, oldest first."""
        random = dice(self._story.seed, item)
        life = _Life(item, self._story, draft, random)
        if draft.origin is Origin.DROPPED and draft.done is not None:
            life.add(draft.done, EventKind.DROPPED)
        elif draft.origin is Origin.DIFFERENCE and draft.done is not None:
            self._fix(life, draft, draft.done, random)
        elif draft.sprint is not None:
            self._work(life, draft, draft.sprint, random)
        return life.events

    def _fix(self, life: "_Life", draft: Draft, done: int, random: Random) -> None:
        """A bug's item is taken into the sprint in which the bug is fixed, often in its middle."""
        sprint = draft.sprint or 0
        planned = self._planning(sprint, random)
        entered = (
            planned if planned > draft.created else draft.created + (done - draft.created) // 4
        )
        life.add(entered, EventKind.ENTERED, sprint=sprint_id(sprint))
        begun = max(entered, self._calendar.starts(sprint))
        life.add(begun + (done - begun) // 3, EventKind.STARTED)
        life.add(done, EventKind.DONE)

    def _work(self, life: "_Life", draft: Draft, sprint: int, random: Random) -> None:
        starts, turn = self._calendar.starts(sprint), random.random()
        day = random.choices(range(10), self._days[sprint])[0]
        done = on_working_day(starts, day, random.uniform(0.05, 1))
        entered = self._planning(sprint, random)
        last = self._calendar.sprints
        if turn < _CARRIED * (0.4 if sprint > last else 1) and draft.created < self._was(sprint):
            life.add(self._planning(sprint - 1, random), EventKind.ENTERED, sprint - 1)
            life.add(self._within(sprint - 1, random), EventKind.STARTED)
            life.add(starts, EventKind.LEFT, sprint - 1)
            entered, started = starts, None
            if sprint != last:
                done = on_working_day(starts, day // 2, random.uniform(0.1, 1))
        elif turn < _CARRIED + _REMOVED and draft.created < self._was(sprint):
            life.add(self._planning(sprint - 1, random), EventKind.ENTERED, sprint - 1)
            life.add(self._within(sprint - 1, random), EventKind.LEFT, sprint - 1)
            started = 0.3
        elif draft.created >= entered or (turn > 1 - _ADDED and day > 2):
            # Taken in on the way: mostly when the team meets on the fourth day.
            added = on_working_day(starts, min(day, 3), random.uniform(0.02, 0.3))
            entered = max(added if done > added else done - 2 * HOUR, draft.created + MINUTE)
            started = 0.5
        else:
            started = random.uniform(0.1, 0.7)
        life.add(entered, EventKind.ENTERED, sprint)
        begun = max(entered, starts)
        done = max(done, begun + 2 * HOUR)
        if started is not None:
            life.add(begun + int((done - begun) * started), EventKind.STARTED)
        life.settle(begun + int((done - begun) * 0.8))
        if random.random() < _REOPENED and done - begun > 40 * HOUR:
            life.add(done - 20 * HOUR, EventKind.DONE)
            life.add(done - 6 * HOUR, EventKind.REOPENED)
        life.add(done, EventKind.DONE)

    def _planning(self, sprint: int, random: Random) -> int:
        """A moment of the afternoon on which a sprint is planned: the day before it starts."""
        return self._calendar.starts(sprint) - int(random.uniform(2, 8) * HOUR)

    def _was(self, sprint: int) -> int:
        """By when an item must be known to be in the sprint before; never, for the first one."""
        return self._calendar.starts(sprint - 1) - 9 * HOUR if sprint > 1 else 0

    def _within(self, sprint: int, random: Random) -> int:
        return on_working_day(self._calendar.starts(sprint), random.randint(3, 9), random.random())


class _Life:
    """The events of one item, as they are added."""

    def __init__(self, item: str, story: Story, draft: Draft, random: Random) -> None:
        self.events: list[ItemEvent] = []
        self._item, self._draft, self._story = item, draft, story
        self._number = count(1)
        service, points = draft.service, draft.points
        self._first = points
        if points is not None and points >= 2 and random.random() < _RE_ESTIMATED:
            self._first = max(1.0, points + random.choice((-3, -2, -1, -1, 1, 2)))
        if draft.sprint and random.random() < _MOVED:
            service = random.randrange(len(story.scenario.services))
        planned = draft.origin is Origin.PLANNED
        late = planned and points is not None and random.random() < 0.1
        self.add(
            draft.created,
            EventKind.CREATED,
            points=None if late else self._first,
            service=story.scenario.services[service].name,
            milestone=draft.milestone,
        )
        if late:
            before = story.calendar.starts(1) - 10 * HOUR
            self.add(max(draft.created + MINUTE, before), EventKind.ESTIMATED, points=self._first)
        if service != draft.service:
            name = story.scenario.services[draft.service].name
            self.add(draft.created + 2 * HOUR, EventKind.MOVED, service=name)

    def add(self, at: int, kind: EventKind, sprint: int | str | None = None, **facts: Any) -> None:
        """The next event; it is never before the one that came before it."""
        if self.events:
            at = max(at, self.events[-1].at)
        name = sprint_id(sprint) if isinstance(sprint, int) else sprint
        number = next(self._number)
        self.events.append(
            ItemEvent(
                id=f"{self._item}/{number:02}", item=self._item, at=at, kind=kind, sprint=name,
                **facts,
            )
        )  # fmt: skip

    def settle(self, at: int) -> None:
        """Whoever works on it learns how big it really is."""
        if self._first != self._draft.points:
            self.add(at, EventKind.ESTIMATED, points=self._draft.points)
