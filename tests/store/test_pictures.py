"""Pictures say what the facts say, worked out in the plainest way, also after tidying."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import Fact, MigrationState, SideFigures, Snapshot, TrafficFigures
from goliath_tui.measures.burndown import current_sprint, figures
from goliath_tui.measures.histogram import quantile
from goliath_tui.store.limits import Limits
from goliath_tui.store.writer import Writer
from tests.store import naive
from tests.store.worlds import (
    DAY,
    FIELDS,
    HOUR,
    MILESTONES,
    MINUTE,
    PLAN,
    SERVICES,
    SPRINTS,
    facts,
    fill,
    moments,
    moments_near,
    picture,
    thorough,
)

windows = st.sampled_from([10 * MINUTE, 30 * MINUTE, HOUR, 7 * HOUR])


@contextmanager
def cache(found: list[Fact]) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "cache")
        fill(path, [*PLAN, *found]).close()
        yield path


@thorough(60)
@given(st.data(), facts, windows)
def test_traffic_and_comparisons(data: st.DataObject, found: list[Fact], window: int) -> None:
    at = data.draw(moments_near(found))
    with cache(found) as path:
        snapshot = picture(path, at, window_ms=window)
    check_accounts(snapshot, naive.traffic(found), naive.comparisons(found), window)


@thorough(50)
@given(st.data(), facts, st.booleans())
def test_traffic_and_comparisons_after_tidying(
    data: st.DataObject, found: list[Fact], twice: bool
) -> None:
    at, now = data.draw(moments_near(found)), data.draw(moments)
    limits = Limits(
        service_ages=((MINUTE, 10 * MINUTE), (HOUR, 5 * HOUR), (DAY, DAY)), rows_per_step=3
    )
    with cache(found) as path:
        for _ in range(1 + twice):
            writer = Writer(path, limits=limits)
            assert writer.tidy(now)
            writer.close()
        snapshot = picture(path, at)
    traffic, comparisons = (
        naive.rolled_up(account, now, limits.service_ages)
        for account in (naive.traffic(found), naive.comparisons(found))
    )
    check_accounts(snapshot, traffic, comparisons, HOUR)


def check_accounts(
    snapshot: Snapshot, traffic: naive.Account, comparisons: naive.Account, window: int
) -> None:
    at = snapshot.at
    span = naive.span([traffic, comparisons], at, window)
    within = {
        bucket: counts
        for bucket, counts in traffic.items()
        if at - span < bucket.ends <= at and bucket.width <= span
    }
    check_figures(snapshot.traffic, within, span)
    compared = naive.summed(comparisons, at - span, at, span)
    for row in snapshot.services:
        check_figures(row.traffic, {b: c for b, c in within.items() if b.service == row.name}, span)
        outcomes = compared.get((row.name, ""))
        if outcomes is None:
            assert row.compared is row.mismatched is row.failed is None
        else:
            assert (row.compared, row.mismatched, row.failed) == (
                sum(outcomes[:3]),
                outcomes[1],
                outcomes[3],
            )
    check_shares(snapshot, traffic)


def check_figures(shown: TrafficFigures | None, within: naive.Account, span: int) -> None:
    if not within:
        assert shown is None
        return
    assert shown is not None
    assert shown.span_ms == span
    assert shown.resolution_ms == max(bucket.width for bucket in within)
    sides: dict[str, tuple[float, ...] | None] = dict.fromkeys(naive.SIDES)
    for bucket, counts in within.items():
        sides[bucket.side] = naive.added(sides[bucket.side], counts)
    legacy, new, shadow = sides.values()
    answered = [None if counts is None else counts[0] for counts in (legacy, new)]
    assert shown.requests == sum(count or 0 for count in answered)
    assert shown.new_share == naive.share(answered[0], answered[1])
    of = sum(counts[3] for bucket, counts in within.items())
    intended = sum(counts[2] for counts in within.values()) / of if of else None
    assert (shown.intended_share is None) == (intended is None)
    assert abs((shown.intended_share or 0) - (intended or 0)) < 1e-6
    check_side(shown.legacy, legacy)
    check_side(shown.new, naive.added(new, shadow) if shadow else new)


def check_side(shown: SideFigures | None, counts: tuple[float, ...] | None) -> None:
    if counts is None:
        assert shown is None
        return
    assert shown is not None
    assert shown.requests == counts[0]
    assert shown.error_rate == (counts[1] / counts[0] if counts[0] else None)
    latency = [int(count) for count in counts[4:]]
    assert shown.p50_ms == quantile(latency, 0.5)
    assert shown.p95_ms == quantile(latency, 0.95)


def served_by(traffic: naive.Account) -> list[naive.Bucket]:
    return [bucket for bucket in traffic if bucket.side != "shadow"]


def check_shares(snapshot: Snapshot, traffic: naive.Account) -> None:
    at = snapshot.at
    begins = -(-at // HOUR) * HOUR - DAY
    served = {
        width: [b.ends for b in served_by(traffic) if begins < b.ends <= at and b.width <= width]
        for width in (10 * MINUTE, HOUR)
    }
    if served[HOUR]:
        reached = {width: -(-min(ends) // width) * width for width, ends in served.items() if ends}
        fine = 10 * MINUTE in reached and reached[10 * MINUTE] <= reached[HOUR]
        step, coarse = 10 * MINUTE if fine else HOUR, HOUR
    else:
        step = coarse = DAY
        begins = -(-at // DAY) * DAY - 60 * DAY
    points = naive.series(traffic, begins, at, step)
    series = snapshot.share_series
    if series is None:
        assert points == ()
    else:
        assert (series.starts, series.step_ms) == (begins, step)
        assert series.ends == -(-at // step) * step
        assert [(p.at, p.legacy, p.new) for p in series.points] == [
            (p.at, p.legacy, p.new) for p in points
        ]
        for shown, point in zip(series.points, points, strict=True):
            assert (shown.intended_share is None) == (point.intended_share is None)
            assert abs((shown.intended_share or 0) - (point.intended_share or 0)) < 1e-6
    for row in snapshot.services:
        expected = naive.shares(traffic, row.name, begins, at, coarse)
        assert (row.shares or (None,) * len(expected)) == expected


@thorough(30)
@given(st.data(), facts)
def test_fields_points_and_the_sprint(data: st.DataObject, found: list[Fact]) -> None:
    at = data.draw(moments_near(found))
    with cache(found) as path:
        snapshot = picture(path, at)
    states = naive.states(found, at)
    if states is None:
        assert snapshot.fields is None
        assert snapshot.retired is None
        states = {}
    else:
        order, all_of_them = list(MigrationState), list(states.values())
        assert snapshot.fields is not None
        assert snapshot.fields.by_state == {state: all_of_them.count(state) for state in order}
        assert snapshot.retired is not None
        assert snapshot.retired.fields == all_of_them.count(order[-1])
    points, sprinted = naive.ledger(found, at)
    baselined = any(m.baseline_at is not None and m.baseline_at <= at for m in MILESTONES)
    assert snapshot.points == naive.points(points, baselined=baselined)
    assert [row.name for row in snapshot.services] == sorted(SERVICES)
    for row in snapshot.services:
        own = [entry for entry in points if entry.service == row.name]
        assert row.points == naive.points(own, baselined=baselined)
        fields = [state for field, state in states.items() if FIELDS[field] == row.name]
        assert (row.fields.total if row.fields else 0) == len(fields)
        assert row.fields is not None or not fields
        done = row.points is not None and row.points.done > 0
        assert row.started == (done or any(state != "legacy" for state in fields))
    for shown, milestone in zip(snapshot.milestones, reversed(MILESTONES), strict=True):
        assert (shown.id, shown.name, shown.due) == (milestone.id, milestone.name, milestone.due)
        known = milestone.baseline_at is not None and milestone.baseline_at <= at
        own = [entry for entry in points if entry.milestone == milestone.id]
        assert shown.points == naive.points(own, baselined=known)
    sprint = current_sprint(SPRINTS, at)
    if sprint is None:
        assert snapshot.sprint is None
    else:
        expected = figures(sprint, sprinted, at, UTC)
        shown_sprint = snapshot.sprint
        assert shown_sprint is not None
        for name in ("committed", "added", "removed", "re_estimated", "carried_over", "remaining"):
            assert abs(getattr(shown_sprint, name) - getattr(expected, name)) < 1e-6, name
        assert (shown_sprint.id, shown_sprint.day, shown_sprint.unestimated) == (
            expected.id,
            expected.day,
            expected.unestimated,
        )


@thorough(30)
@given(st.data(), facts)
def test_the_mismatch_feed(data: st.DataObject, found: list[Fact]) -> None:
    at = data.draw(moments_near(found))
    with cache(found) as path:
        shown = picture(path, at).mismatches
    groups = naive.groups(found, at)
    counted = naive.comparisons(found)
    if not groups and not any(bucket.ends <= at for bucket in counted):
        assert shown is None
        return
    assert shown is not None
    assert shown.groups == len(groups)
    assert shown.new_groups == sum(min(seen) > at - DAY for seen in groups.values())
    assert [row.last_seen for row in shown.feed] == sorted(map(max, groups.values()), reverse=True)
    ends = at // HOUR * HOUR + HOUR
    for row in shown.feed:
        seen = groups[row.id]
        assert (row.count, row.first_seen, row.last_seen) == (len(seen), min(seen), max(seen))
        assert row.is_new == (min(seen) > at - DAY)
        assert row.service == FIELDS[row.field]
        assert row.recent == tuple(
            sum(ends - (24 - n) * HOUR <= moment < ends - (23 - n) * HOUR for moment in seen)
            for n in range(24)
        )
    last = max(
        ((bucket.ends, -bucket.width) for bucket in counted if bucket.ends <= at), default=None
    )
    span = 10 * MINUTE
    if last is not None and last[0] > at + last[1]:
        span = max(span, -last[1])
    assert shown.span_ms == span
    within = {b: c for b, c in counted.items() if at - span < b.ends <= at and b.width <= span}
    assert shown.resolution_ms == max((bucket.width for bucket in within), default=1)
    # A wide span is filled with whole buckets of mismatches.
    step = 1 if span == 10 * MINUTE else 10 * MINUTE
    listed = sum(
        at - span < (moment // step + 1) * step - (step == 1) <= at
        for seen in groups.values()
        for moment in seen
    )
    compared = sum(sum(counts[:3]) for counts in within.values())
    mismatched = sum(counts[1] for counts in within.values())
    if listed + compared == 0:
        assert shown.per_minute is None
    else:
        assert shown.per_minute == max(listed, mismatched) * MINUTE / span
