"""What a picture must say, worked out from the facts in the plainest way there is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from goliath_tui.domain import (
    Comparison,
    ComparisonCounts,
    Fact,
    ItemEvent,
    MigrationState,
    Points,
    SharePoint,
    Sprint,
    StateChange,
    Traffic,
)
from goliath_tui.measures.fingerprint import fingerprint
from goliath_tui.measures.ledger import PointsEntry, SprintEntry, replay
from tests.store.worlds import DAY, FIELDS, HOUR, MILESTONES, MINUTE, SPRINTS

SIDES = ("legacy", "new", "shadow")


class Bucket(NamedTuple):
    """One row of an account: [ends - width, ends) of a service, and of a side where it has one."""

    ends: int
    width: int
    service: str
    side: str


Account = dict[Bucket, tuple[float, ...]]


def traffic(facts: Iterable[Fact], *, of_fields: bool = False) -> Account:
    """Requests, errors, intended, intended_of and 32 bins per bucket of a service, or of a field,
    which then stands in the service's place.
    """
    account: Account = {}
    for fact in facts:
        if isinstance(fact, Traffic) and (fact.field is not None) == of_fields:
            for side in SIDES:
                part = getattr(fact, side)
                if part is None:
                    continue
                said = fact.intended if side != "shadow" else None
                counts = (
                    part.requests,
                    part.errors,
                    0 if said is None else round(said * part.requests, 6),
                    0 if said is None else part.requests,
                    *part.latency,
                    *(0,) * (32 - len(part.latency)),
                )
                whose = fact.field or fact.service
                bucket = Bucket(fact.at + fact.width_ms, fact.width_ms, whose, side)
                account[bucket] = max(account.get(bucket, counts), counts)
    return account


def comparisons(facts: Iterable[Fact], *, of_fields: bool = False) -> Account:
    """Matched, mismatched, ignored and failed per bucket of a service, or of a field."""
    account: Account = {}
    for fact in facts:
        if isinstance(fact, ComparisonCounts) and (fact.field is not None) == of_fields:
            whose = fact.field or fact.service
            bucket = Bucket(fact.at + fact.width_ms, fact.width_ms, whose, "")
            counts = (fact.matched, fact.mismatched, fact.ignored, fact.failed)
            account[bucket] = max(account.get(bucket, counts), counts)
    return account


def rolled_up(account: Account, now: int, ages: Sequence[tuple[int, int]]) -> Account:
    """The account after it was tidied at `now`."""
    rolled: Account = {}
    for bucket, counts in account.items():
        due = [
            width
            for width, age in ages
            if grain(bucket.width) < grain(width) and bucket.ends <= (now - age) // width * width
        ]
        width = max(due, default=bucket.width)
        ends = -(-bucket.ends // width) * width if due else bucket.ends
        key = bucket._replace(ends=ends, width=width)
        rolled[key] = added(rolled.get(key), counts)
    return rolled


def grain(width: int) -> int:
    return sum(width >= limit for limit in (MINUTE, HOUR, DAY))


def added(a: tuple[float, ...] | None, b: tuple[float, ...]) -> tuple[float, ...]:
    return b if a is None else tuple(x + y for x, y in zip(a, b, strict=True))


def span(accounts: Sequence[Account], at: int, window: int) -> int:
    """How far back the figures reach: the first account with a bucket by then decides."""
    for account in accounts:
        known = [(b.ends, -b.width) for b in account if b.ends <= at]
        if known:
            return max(window, -max(known)[1])
    return window


def summed(
    account: Account, after: int, until: int, widest: int
) -> dict[tuple[str, str], tuple[float, ...]]:
    """(service, side) → sums of the buckets that end in (after, until]."""
    sums: dict[tuple[str, str], tuple[float, ...]] = {}
    for bucket, counts in account.items():
        if after < bucket.ends <= until and bucket.width <= widest:
            key = (bucket.service, bucket.side)
            sums[key] = added(sums.get(key), counts)
    return sums


def share(legacy: float | None, new: float | None) -> float | None:
    return None if legacy is None or new is None or legacy + new == 0 else new / (legacy + new)


def series(account: Account, begins: int, at: int, step: int) -> tuple[SharePoint, ...]:
    """The steps in which both sides were measured."""
    points = []
    for starts in range(begins, at, step):
        sums = summed(account, starts, min(starts + step, at), step)
        sides = [
            [counts for (_, of), counts in sums.items() if of == side] for side in ("legacy", "new")
        ]
        if all(sides):
            both = [counts for side in sides for counts in side]
            of = sum(counts[3] for counts in both)
            points.append(
                SharePoint(
                    at=starts,
                    legacy=int(sum(counts[0] for counts in sides[0])),
                    new=int(sum(counts[0] for counts in sides[1])),
                    intended_share=sum(counts[2] for counts in both) / of if of else None,
                )
            )
    return tuple(points)


def shares(
    account: Account, service: str, begins: int, at: int, step: int
) -> tuple[float | None, ...]:
    """New's share per step."""
    found = []
    for starts in range(begins, at, step):
        sums = summed(account, starts, min(starts + step, at), step)
        legacy, new = (sums.get((service, side)) for side in ("legacy", "new"))
        found.append(share(None if legacy is None else legacy[0], None if new is None else new[0]))
    return tuple(found)


def states(facts: Iterable[Fact], at: int) -> dict[str, MigrationState] | None:
    """Field → its state; None as long as the state of none was told."""
    order = list(MigrationState)
    newest: dict[str, tuple[int, int]] = {}
    for fact in facts:
        if isinstance(fact, StateChange) and fact.at <= at:
            said = (fact.at, order.index(fact.state))
            newest[fact.field] = max(newest.get(fact.field, said), said)
    if not newest:
        return None
    return {field: order[newest[field][1]] if field in newest else order[0] for field in FIELDS}


def ledger(facts: Iterable[Fact], at: int) -> tuple[list[PointsEntry], list[SprintEntry]]:
    """The entries of all items up to `at`."""
    items: defaultdict[str, list[ItemEvent]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, ItemEvent):
            items[fact.item].append(fact)
    baselines = {milestone.id: milestone.baseline_at for milestone in MILESTONES}
    sprints: dict[str, Sprint] = {sprint.id: sprint for sprint in SPRINTS}
    points: list[PointsEntry] = []
    sprinted: list[SprintEntry] = []
    for _, events in sorted(items.items()):
        ordered = sorted(events, key=lambda event: (event.at, event.id))
        of_item = replay(ordered, baselines, sprints)
        points += (entry for entry in of_item[0] if entry.at <= at)
        sprinted += (entry for entry in of_item[1] if entry.at <= at)
    return points, sprinted


def points(entries: Iterable[PointsEntry], *, baselined: bool) -> Points | None:
    known = list(entries)
    if not known:
        return None
    return Points(
        done=round(sum(entry.done for entry in known), 6),
        total=round(sum(entry.scope for entry in known), 6),
        added=round(sum(entry.added for entry in known), 6) if baselined else None,
        unestimated=sum(entry.unestimated for entry in known),
    )


def groups(facts: Iterable[Fact], at: int) -> dict[int, list[int]]:
    """The group's number → the moments of its mismatches."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, Comparison) and fact.at <= at:
            for difference in fact.differences:
                name = fingerprint(fact.field, difference.path, difference.kind)
                found[int(name[:13], 16)].append(fact.at)
    return found
