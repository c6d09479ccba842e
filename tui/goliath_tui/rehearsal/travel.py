"""How every field travels: legacy → manual → side-by-side, or canary → migrated → retired.

A service's fields leave one after the other between its first and its last sprint. Queries are
compared side by side, mutations are not: doing a thing twice is no test, so they go by canary.
"""

from random import Random

from msgspec import Struct

from goliath_tui.domain import MigrationState
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.chance import dice
from goliath_tui.rehearsal.scenario import Scenario, ServiceScenario
from goliath_tui.rehearsal.weeks import DAY, Calendar, working

_LEGACY, _MANUAL, _SIDE_BY_SIDE, _CANARY, _MIGRATED, _RETIRED = MigrationState


class Stop(Struct, frozen=True):
    """A field is in `state` from `at` on, until its next stop."""

    at: int
    state: MigrationState
    percentage: float | None = None


#: A field's stops, oldest first; the first is `legacy`, when the plan was begun.
Timeline = tuple[Stop, ...]

_Stop = tuple[float, MigrationState, float | None]


def travel(
    scenario: Scenario, seed: int, calendar: Calendar, fields: tuple[FieldPlan, ...]
) -> tuple[Timeline, ...]:
    """The timeline of every field, in the order of the catalogue, up to the calendar's horizon."""
    by_service: list[list[FieldPlan]] = [[] for _ in scenario.services]
    for field in fields:
        by_service[field.service].append(field)
    timelines: list[Timeline] = [()] * len(fields)
    for service, own in zip(scenario.services, by_service, strict=True):
        random = dice(seed, "travel", service.name)
        guide = _Guide(service, scenario.canary, calendar, random)
        start = Stop(calendar.begins, _LEGACY)
        for field, rank in _ranked(own, random):
            timelines[field.index] = (start, *_kept(guide.stops(field, rank), calendar))
    return tuple(timelines)


def state_at(timeline: Timeline, at: int) -> Stop:
    """Where a field is at a moment; before its first stop it is where it began."""
    for stop in reversed(timeline):
        if stop.at <= at:
            return stop
    return timeline[0]


def _ranked(fields: list[FieldPlan], random: Random) -> list[tuple[FieldPlan, float]]:
    """Fields with their place in the service's queue, 0 to 1: those that came furthest first."""
    moved = [field for field in fields if field.at_anchor in {_MIGRATED, _RETIRED}]
    keys = {
        field.index: random.random() + (0.6 if field.at_anchor is _MIGRATED else 0.0)
        for field in moved
    }
    moved.sort(key=lambda field: keys[field.index])
    places = {field.index: (i + random.random()) / len(moved) for i, field in enumerate(moved)}
    return [(field, places.get(field.index, 1.0)) for field in fields]


class _Guide:
    """Knows the ways of one service's fields."""

    def __init__(
        self,
        service: ServiceScenario,
        canary: tuple[float, ...],
        calendar: Calendar,
        random: Random,
    ) -> None:
        self._service, self._canary, self._random = service, canary, random
        self._anchor = calendar.anchor
        first, last = service.sprints or (1, 1)
        self._begins, self._ends = calendar.starts(first), calendar.starts(last + 1)

    def stops(self, field: FieldPlan, rank: float) -> list[_Stop]:
        """A field's stops after the first, in plain time, the future included."""
        if self._service.sprints is None:
            return []
        random, anchor, state = self._random, self._anchor, field.at_anchor
        tried, trial, by_hand = self._trial(field, rank)
        stops: list[_Stop] = [(tried - by_hand, _MANUAL, None)]
        if field.mutation:
            step = trial / len(self._canary)
            stops += [(tried + i * step, _CANARY, share) for i, share in enumerate(self._canary)]
        else:
            stops.append((tried, _SIDE_BY_SIDE, None))
        migrated = tried + trial
        stops.append((migrated, _MIGRATED, None))
        if state is _RETIRED:
            retired = migrated + (anchor - migrated) * random.uniform(0.35, 0.98)
        else:
            retired = max(migrated, float(anchor)) + random.uniform(0.1, 280) * DAY
        stops.append((retired, _RETIRED, None))
        return stops

    def _trial(self, field: FieldPlan, rank: float) -> tuple[float, float, float]:
        """When a field is first compared or released, for how long, and how long `manual` was."""
        random, anchor, begins = self._random, self._anchor, self._begins
        state = field.at_anchor
        trial = random.uniform(28, 60) * DAY if field.mutation else random.uniform(9, 34) * DAY
        by_hand = random.uniform(4, 16) * DAY
        if state in {_MIGRATED, _RETIRED}:
            first = min(begins + 25 * DAY, anchor - DAY)
            last = min(self._ends, anchor)
            migrated = first + max(0.0, last - first) * rank
            # A short way is walked faster, so that nobody starts before the service does.
            trial = min(trial, (migrated - begins) * 0.6)
            return migrated - trial, trial, min(by_hand, (migrated - begins) * 0.3)
        if state in {_SIDE_BY_SIDE, _CANARY}:
            longest = min(trial if state is _CANARY else 60 * DAY, (anchor - begins) * 0.6)
            tried = anchor - random.uniform(0.01, 0.99) * longest
            trial = max(trial, (anchor - tried) + random.uniform(0.2, 40) * DAY)
            return tried, trial, min(by_hand, (tried - begins) * 0.6)
        if state is _MANUAL:
            by_hand = min(random.uniform(2, 40) * DAY, (anchor - begins) * 0.6)
            tried = anchor + random.uniform(0.1, 24) * DAY
            return tried, trial, by_hand + tried - anchor
        return anchor + random.uniform(0.2, 70) * DAY + by_hand, trial, by_hand


def _kept(stops: list[_Stop], calendar: Calendar) -> list[Stop]:
    """The stops in working hours, each after the one before, as far as the story goes."""
    kept: list[Stop] = []
    after = calendar.begins
    for at, state, percentage in stops:
        moment = max(working(at), after + 1)
        if moment >= calendar.horizon:
            break
        kept.append(Stop(moment, state, percentage))
        after = moment
    return kept
