"""The facts of a migration at the size of the budgets: made up, the same for every run but in time.

1,000 services, 20,000 fields with 100,000 changes of state, 250,000 events of 50,000 work items,
and as many mismatches as are asked for, in 1,000 groups over the last week. Traffic and comparisons
of every service reach up to the moment that is given: a day by the hour, the last hour in steps of
ten seconds, as a gateway would have told it. The fields of a few services have accounts as fine as
they are kept.
"""

import random
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise

import msgspec

from goliath_tui.domain import (
    LATENCY_BINS,
    Answers,
    Comparison,
    ComparisonCounts,
    Difference,
    DifferenceClass,
    EventKind,
    Fact,
    Field,
    ItemEvent,
    MigrationState,
    Milestone,
    Service,
    SideTraffic,
    Sprint,
    StateChange,
    Traffic,
    WorkItem,
)

SERVICES, FIELDS, ITEMS, SPRINTS, MILESTONES = 1_000, 20_000, 50_000, 43, 4
GROUPS, DIFFERENCES_EACH = 1_000, 2
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
TEN_SECONDS, TEN_MINUTES = 10 * SECOND, 600 * SECOND
HISTORY = SPRINTS * 14 * DAY - 4 * DAY
MISMATCH_DAYS = 7
#: Services whose fields are told in detail: at every moment that there is, somebody has a bucket.
WATCHED = 10

_TRAVEL: tuple[tuple[MigrationState, float | None], ...] = (
    (MigrationState.MANUAL, None),
    (MigrationState.SIDE_BY_SIDE, None),
    (MigrationState.CANARY, 1.0),
    (MigrationState.CANARY, 10.0),
)
_ENDS: tuple[tuple[MigrationState, float | None], ...] = (
    (MigrationState.CANARY, 50.0),
    (MigrationState.MIGRATED, None),
    (MigrationState.RETIRED, None),
)
_LIVES = (EventKind.CREATED, EventKind.ESTIMATED, EventKind.ENTERED, EventKind.STARTED)
_SIZED = {EventKind.CREATED, EventKind.ESTIMATED}


@cache
def service(n: int) -> str:
    """The name of the n-th service."""
    return f"service-{n:04}"


@cache
def field(n: int) -> str:
    """The n-th field; twenty in a row belong to one service."""
    return f"Type{n // 20:04}.field{n % 20:02}"


def names() -> Iterator[Fact]:
    """Services and fields."""
    rng = random.Random(1)
    for n in range(SERVICES):
        yield Service(
            name=service(n),
            team=f"team {n % 60}",
            depends_on=tuple(service(rng.randrange(SERVICES)) for _ in range(n % 4)),
        )
    for n in range(FIELDS):
        yield Field(id=field(n), service=service(n // 20))


def states(now: int) -> Iterator[Fact]:
    """Five changes of state for every field, spread over the history; a third has arrived."""
    rng = random.Random(2)
    for n in range(FIELDS):
        moments = sorted(now - rng.randrange(HISTORY) for _ in range(len(_TRAVEL) + 1))
        travel = (*_TRAVEL, _ENDS[rng.randrange(len(_ENDS))])
        for at, (state, percentage) in zip(moments, travel, strict=True):
            yield StateChange(field=field(n), at=at, state=state, percentage=percentage)


def plan(now: int) -> Iterator[Fact]:
    """Sprints of two weeks, the last one in progress, and milestones."""
    begins = now - HISTORY
    for n in range(SPRINTS):
        starts = begins + n * 14 * DAY
        yield Sprint(id=f"s{n}", name=f"Sprint {n + 1}", starts=starts, ends=starts + 14 * DAY)
    for n in range(MILESTONES):
        yield Milestone(
            id=f"m{n}", name=f"Milestone {n + 1}", due=now + n * 30 * DAY, baseline_at=begins + DAY
        )


def work(now: int) -> Iterator[Fact]:
    """Items with five events each: one item after the other, so that a batch holds whole items."""
    rng = random.Random(3)
    for n in range(ITEMS):
        item, at = f"i{n}", now - rng.randrange(HISTORY)
        sprint = min(SPRINTS - 1, (at - now + HISTORY) // (14 * DAY))
        yield WorkItem(id=item, title=f"Move {field(n % FIELDS)}")
        last = EventKind.DONE if rng.random() < 0.7 else EventKind.ESTIMATED
        for step, kind in enumerate((*_LIVES, last)):
            yield ItemEvent(
                id=f"{item}-{step}",
                item=item,
                at=min(now, at + step * HOUR),
                kind=kind,
                points=float(1 + n % 8) if kind in _SIZED else None,
                service=service(n % SERVICES) if kind is EventKind.CREATED else None,
                milestone=f"m{n % MILESTONES}" if kind is EventKind.CREATED else None,
                sprint=f"s{sprint}" if kind is EventKind.ENTERED else None,
            )


def traffic(now: int) -> Iterator[Fact]:
    """Both accounts of the services up to `now`, and the fields' of the last full hour.

    A day by the hour, then by ten minutes, then, from more than an hour ago on, by ten seconds.
    """
    fine = floor(now - HOUR, TEN_MINUTES)
    hour = floor(fine, HOUR)
    for begins, ends, width in (
        (hour - DAY, hour, HOUR),
        (hour, fine, TEN_MINUTES),
        (fine, floor(now, TEN_SECONDS), TEN_SECONDS),
    ):
        for at in range(begins, ends, width):
            for n in range(SERVICES):
                yield from service_buckets(n, at, width)
    for n in range(FIELDS):
        yield traffic_bucket(n // 20, hour - HOUR, HOUR, of=field(n))


def watched(now: int) -> Iterator[Fact]:
    """Both accounts of some fields as finely as they are kept: a quarter of an hour by ten seconds,
    three hours by the minute, a week by the hour, two months by the day.
    """
    edges = [
        floor(now, TEN_SECONDS),
        floor(now - 15 * MINUTE, MINUTE),
        floor(now - 3 * HOUR, HOUR),
        floor(now - 7 * DAY, DAY),
        floor(now - 60 * DAY, DAY),
    ]
    for (ends, begins), width in zip(
        pairwise(edges), (TEN_SECONDS, MINUTE, HOUR, DAY), strict=True
    ):
        for at in range(begins, ends, width):
            for n in range(WATCHED * 20):
                yield traffic_bucket(n // 20, at, width, of=field(n))
                yield comparison_bucket(n // 20, at, width, of=field(n))


def floor(moment: int, width: int) -> int:
    """The last multiple of `width` that is not after `moment`."""
    return moment - moment % width


def service_buckets(n: int, at: int, width: int) -> tuple[Traffic, ComparisonCounts]:
    """What a service was asked, and what was compared, in one bucket."""
    return traffic_bucket(n, at, width), comparison_bucket(n, at, width)


def comparison_bucket(n: int, at: int, width: int, *, of: str | None = None) -> ComparisonCounts:
    """Outcomes of what was compared; some services hardly compare anything."""
    return ComparisonCounts(
        at=at,
        width_ms=width,
        service=service(n),
        field=of,
        matched=(n % 37) * width // SECOND,
        mismatched=n % 5,
        failed=n % 2,
    )


def traffic_bucket(n: int, at: int, width: int, *, of: str | None = None) -> Traffic:
    """Requests of both sides; how many depends on the service and the moment."""
    total = (10 + n % 90 + at // TEN_SECONDS % 7) * width // SECOND
    new = total * (n % 101) // 100
    return Traffic(
        at=at,
        width_ms=width,
        service=service(n),
        field=of,
        legacy=_side(total - new, 14),
        new=_side(new, 12),
        intended=(n % 101) / 100,
    )


@lru_cache(100_000)
def _side(requests: int, middle: int) -> SideTraffic:
    latency = [0] * LATENCY_BINS
    for bin_, part in ((middle - 1, 4), (middle, 2), (middle + 1, 8), (middle + 5, 16)):
        latency[bin_] = requests // part
    return SideTraffic(requests=requests, errors=requests // 500, latency=tuple(latency))


def mismatches(now: int, count: int) -> Iterator[Comparison]:
    """Comparisons with `count` differences in all, oldest first, evenly over the last days.

    Some groups differ far more often than others, as bugs do.
    """
    rng = random.Random(4)
    comparisons = count // DIFFERENCES_EACH
    begins, span = now - MISMATCH_DAYS * DAY, MISMATCH_DAYS * DAY
    kinds = [*DifferenceClass]
    groups = [
        (field(n), Difference(path=f"$.items[{n % 30}].part{n % 3}", kind=kinds[n % len(kinds)]))
        for n in range(GROUPS)
    ]
    for n in range(comparisons):
        name, difference = groups[int(GROUPS * rng.random() ** 2)]
        yield comparison(n, begins + n * span // comparisons, name, difference)


def comparison(n: int, at: int, of: str, difference: Difference) -> Comparison:
    """The n-th comparison that differed, in one path of its own and one that all share."""
    return Comparison(
        id=f"{n:032x}",
        at=at,
        field=of,
        differences=(difference, _SHARED),
        operation="getAssignments",
        trace_id=f"{n:032x}",
        answers=_ANSWERS,
    )


_SHARED = Difference(path="$.user.lastSeen", kind=DifferenceClass.NULL_AGAINST_EMPTY)
_ABOUT = "x" * 100
_ANSWERS = Answers(
    legacy=msgspec.Raw(msgspec.json.encode({"user": {"lastSeen": None, "about": _ABOUT}})),
    new=msgspec.Raw(msgspec.json.encode({"user": {"lastSeen": [], "about": _ABOUT}})),
)
