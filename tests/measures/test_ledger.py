"""The ledger against an oracle that asks each moment's events directly, with no running state."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import EventKind, ItemEvent, Sprint
from goliath_tui.measures.ledger import PointsEntry, SprintEntry, replay, stand

K = EventKind
END = 40

#: Quarters add up exactly, so sums may be compared with ==.
quarter_points = st.none() | st.integers(0, 40).map(lambda n: n / 4)


@st.composite
def histories(draw: st.DrawFn) -> list[ItemEvent]:
    """Events of one item in any order that a tracker may hand out, sensible or not."""
    size = draw(st.integers(0, 14))
    moments = sorted(draw(st.lists(st.integers(0, END), min_size=size, max_size=size)))
    return [
        ItemEvent(
            id=f"e{number:03}",
            item="item",
            at=at,
            kind=draw(st.sampled_from(K)),
            points=draw(quarter_points),
            service=draw(st.sampled_from([None, "users", "progress"])),
            sprint=draw(st.sampled_from([None, "S1", "S2", "S3"])),
            milestone=draw(st.sampled_from([None, "first", "second", "unbased"])),
        )
        for number, at in enumerate(moments)
    ]


baselines = st.fixed_dictionaries(
    {"first": st.integers(-1, END), "second": st.integers(-1, END), "unbased": st.none()}
)


def sprint(name: str, starts: int, ends: int) -> Sprint:
    return Sprint(id=name, name=name, starts=starts, ends=ends)


SPRINTS = {"S1": sprint("S1", 5, 15), "S2": sprint("S2", 15, 25)}


# --- the oracle: every question is asked of the events up to a moment, from scratch -------------


def last(events: Sequence[ItemEvent], *kinds: EventKind) -> int:
    return max((i for i, event in enumerate(events) if event.kind in kinds), default=-1)


def given_by(events: Sequence[ItemEvent], name: str, kind: EventKind) -> Any:
    """The last word of `kind`; where it says nothing, the first `created` after it that does."""
    word = last(events, kind)
    candidates = [] if word < 0 else [getattr(events[word], name)]
    candidates += [getattr(e, name) for e in events[word + 1 :] if e.kind is K.CREATED]
    return next((value for value in candidates if value is not None), None)


def status(events: Sequence[ItemEvent]) -> str:
    word = last(events, K.DONE, K.DROPPED, K.REOPENED)
    if word < 0 or events[word].kind is K.REOPENED:
        return "open"
    return events[word].kind.value


def counts(events: Sequence[ItemEvent]) -> tuple[float, float, int]:
    """scope, done, unestimated"""
    if not events or status(events) == "dropped":
        return (0, 0, 0)
    points = given_by(events, "points", K.ESTIMATED)
    if points is None:
        return (0, 0, int(status(events) == "open"))
    return (points, points if status(events) == "done" else 0, 0)


def owner(events: Sequence[ItemEvent]) -> tuple[str | None, str | None]:
    return given_by(events, "service", K.MOVED), given_by(events, "milestone", K.PLANNED)


def scope_at_baseline(events: Sequence[ItemEvent], milestone: str, baseline_at: int) -> float:
    """What the item had then, if it was in the milestone; what was created there always was."""
    then = until(events, baseline_at)
    plans = [i for i, event in enumerate(events) if event.kind is K.PLANNED]
    before_plans = events[: plans[0]] if plans else events
    was_in = owner(then if last(then, K.PLANNED) >= 0 else before_plans)[1]
    return counts(then)[0] if was_in == milestone else 0


def in_sprint(events: Sequence[ItemEvent]) -> str | None:
    entries = [i for i, e in enumerate(events) if e.kind is K.ENTERED and e.sprint]
    if not entries:
        return None
    name = events[entries[-1]].sprint
    left = [e for e in events[entries[-1] :] if e.kind is K.LEFT and e.sprint in {None, name}]
    return None if left else name


def until(events: Sequence[ItemEvent], at: int) -> list[ItemEvent]:
    return [event for event in events if event.at <= at]


def stays(events: Sequence[ItemEvent]) -> list[tuple[str, int, int]]:
    """(sprint, index of the first event, index of the event that ended it or len)"""
    where = [in_sprint(events[: i + 1]) for i in range(len(events))]
    edges = [i for i in range(len(events)) if where[i] != (where[i - 1] if i else None)]
    edges.append(len(events))
    return [(name, i, j) for i, j in pairwise(edges) if (name := where[i]) is not None]


def is_carried(events: Sequence[ItemEvent], stay: tuple[str, int, int]) -> bool:
    name, begins, _ = stay
    if status(events[:begins]) != "open":
        return False
    for earlier, first, over in stays(events):
        if earlier == name or first >= begins:
            continue
        known, left = SPRINTS.get(earlier), events[over].at
        if known is None:
            unfinished = status(events[:over]) == "open"
        else:
            was_there = known.starts < left and events[first].at < known.ends
            seen = [e for e in events[:over] if e.at < known.ends]
            unfinished = was_there and status(seen) == "open"
        if unfinished:
            return True
    return False


# --- properties ------------------------------------------------------------------------------


@given(histories(), baselines, st.integers(-1, END + 1))
@settings(max_examples=60)
def test_entries_up_to_a_moment_add_up_to_what_the_events_say(
    events: list[ItemEvent], based: dict[str, int | None], at: int
) -> None:
    entries, _ = replay(events, based)
    known = until(events, at)
    booked: dict[tuple[str | None, str | None], tuple[float, ...]] = {}
    for e in entries:
        if e.at <= at:
            key = (e.service, e.milestone)
            old = booked.get(key, (0, 0, 0, 0))
            delta = (e.scope, e.done, e.unestimated, e.added)
            booked[key] = tuple(map(sum, zip(old, delta, strict=True)))

    scope, done, unestimated = counts(known)
    service, milestone = owner(known)
    baseline_at = based.get(milestone) if milestone else None
    added = 0.0
    if milestone and baseline_at is not None and at > baseline_at:
        added = max(0, scope - scope_at_baseline(known, milestone, baseline_at))
    expected = (scope, done, unestimated, added)
    assert booked.pop((service, milestone), (0, 0, 0, 0)) == expected
    assert not any(any(rest) for rest in booked.values())


@given(histories(), st.integers(-1, END + 1))
@settings(max_examples=60)
def test_sprint_entries_up_to_a_moment_add_up_to_the_item_where_it_is(
    events: list[ItemEvent], at: int
) -> None:
    _, entries = replay(events, {})
    known = until(events, at)
    where = in_sprint(known)
    for name in ("S1", "S2", "S3"):
        mine = [e for e in entries if e.sprint == name and e.at <= at]
        total = (
            sum(e.scope for e in mine),
            sum(e.done for e in mine),
            sum(e.unestimated for e in mine),
        )
        assert total == (counts(known) if name == where else (0, 0, 0))


@given(histories(), baselines, st.integers(0, END))
@settings(max_examples=60)
def test_what_happens_later_changes_no_entry(
    events: list[ItemEvent], based: dict[str, int | None], at: int
) -> None:
    points, sprints = replay(events, based, SPRINTS)
    then_points, then_sprints = replay(until(events, at), based, SPRINTS)
    assert then_points == [e for e in points if e.at <= at]
    assert then_sprints == [e for e in sprints if e.at <= at]


@given(histories())
@settings(max_examples=150)
def test_exactly_the_stays_that_follow_unfinished_ones_are_carried(events: list[ItemEvent]) -> None:
    _, entries = replay(events, {}, SPRINTS)
    expected: Counter[tuple[str, int, bool]] = Counter()
    for stay in stays(events):
        name, begins, over = stay
        carried = is_carried(events, stay)
        before: tuple[float, ...] = (0, 0, 0)
        for i in range(begins, min(over + 1, len(events))):
            now = (0, 0, 0) if i == over else counts(events[: i + 1])
            if now != before:
                expected[name, events[i].at, carried] += 1
            before = now
    assert Counter((e.sprint, e.at, e.carried) for e in entries) == expected


@given(histories(), baselines)
@settings(max_examples=60)
def test_entries_come_in_time_order_never_empty_and_of_the_kinds_a_sprint_knows(
    events: list[ItemEvent], based: dict[str, int | None]
) -> None:
    points, sprints = replay(events, based)
    assert all(a.at <= b.at for a, b in pairwise(points))
    assert all(a.at <= b.at for a, b in pairwise(sprints))
    assert all(e.scope or e.done or e.added or e.unestimated for e in points)
    assert all(e.scope or e.done or e.unestimated for e in sprints)
    kinds = {K.ENTERED, K.LEFT, K.ESTIMATED, K.DONE, K.REOPENED, K.DROPPED}
    assert {e.kind for e in sprints} <= kinds
    assert all(e.scope >= 0 for e in sprints if e.kind is K.ENTERED)
    assert all(e.scope <= 0 for e in sprints if e.kind in {K.LEFT, K.DROPPED})


# --- single stories ----------------------------------------------------------------------------


def event(at: int, kind: EventKind, **rest: Any) -> ItemEvent:
    return ItemEvent(id=f"e{at:03}", item="item", at=at, kind=kind, **rest)


def points_of(entries: list[PointsEntry]) -> list[tuple[int, str | None, float, float, float, int]]:
    return [(e.at, e.service, e.scope, e.done, e.added, e.unestimated) for e in entries]


def sprint_of(entries: list[SprintEntry]) -> list[tuple[int, str, EventKind, float, float]]:
    return [(e.at, e.sprint, e.kind, e.scope, e.done) for e in entries]


def test_an_item_from_its_creation_to_its_end() -> None:
    points, sprints = replay(
        [
            event(1, K.CREATED, service="users", milestone="first"),
            event(2, K.ESTIMATED, points=3),
            event(3, K.ENTERED, sprint="S1"),
            event(4, K.STARTED),
            event(5, K.DONE),
            event(6, K.ESTIMATED, points=5),
            event(7, K.REOPENED),
            event(8, K.MOVED, service="progress"),
            event(9, K.DROPPED),
        ],
        {"first": 2},
    )
    assert points_of(points) == [
        (1, "users", 0, 0, 0, 1),
        (2, "users", 3, 0, 0, -1),
        (5, "users", 0, 3, 0, 0),
        (6, "users", 2, 2, 2, 0),
        (7, "users", 0, -5, 0, 0),
        (8, "users", -5, 0, -2, 0),
        (8, "progress", 5, 0, 2, 0),
        (9, "progress", -5, 0, -2, 0),
    ]
    assert sprint_of(sprints) == [
        (3, "S1", K.ENTERED, 3, 0),
        (5, "S1", K.DONE, 0, 3),
        (6, "S1", K.ESTIMATED, 2, 2),
        (7, "S1", K.REOPENED, 0, -5),
        (9, "S1", K.DROPPED, -5, 0),
    ]


@pytest.mark.parametrize(
    ("baseline_at", "added"), [(None, 0), (0, 8), (1, 3), (2, 0), (3, 4), (4, 0), (9, 0)]
)
def test_added_is_what_exceeds_the_scope_at_the_baseline(
    baseline_at: int | None, added: float
) -> None:
    points, _ = replay(
        [
            event(1, K.CREATED, points=5, milestone="first"),
            event(2, K.ESTIMATED, points=8),
            event(3, K.ESTIMATED, points=4),
            event(4, K.ESTIMATED, points=8),
        ],
        {"first": baseline_at},
    )
    assert sum(e.added for e in points) == added


def test_an_item_that_is_planned_for_another_milestone_takes_its_points_there() -> None:
    points, _ = replay(
        [
            event(1, K.CREATED, points=5, service="users", milestone="first"),
            event(3, K.PLANNED, milestone="second"),
            event(4, K.PLANNED, milestone="first"),
            event(5, K.PLANNED),
        ],
        {"first": 2, "second": 2},
    )
    assert [(e.at, e.milestone, e.scope, e.added) for e in points] == [
        (1, "first", 5, 0),
        (3, "first", -5, 0),
        (3, "second", 5, 5),
        (4, "second", -5, -5),
        (4, "first", 5, 0),
        (5, "first", -5, 0),
        (5, None, 5, 0),
    ]


def test_an_item_that_was_dropped_at_the_baseline_is_added_whole_when_it_comes_back() -> None:
    points, _ = replay(
        [
            event(1, K.CREATED, points=5, milestone="first"),
            event(2, K.DROPPED),
            event(4, K.REOPENED),
        ],
        {"first": 3},
    )
    assert sum(e.added for e in points) == 5


def test_events_without_effect_leave_no_entry() -> None:
    points, sprints = replay(
        [
            event(1, K.CREATED, points=5, service="users"),
            event(2, K.CREATED, points=9, service="progress"),
            event(3, K.MOVED, service="users"),
            event(4, K.REOPENED),
            event(5, K.LEFT, sprint="S1"),
            event(6, K.ENTERED, sprint="S1"),
            event(7, K.ENTERED, sprint="S1"),
            event(8, K.ENTERED),
            event(9, K.LEFT, sprint="S2"),
        ],
        {},
    )
    assert [e.at for e in points] == [1]
    assert [e.at for e in sprints] == [6]


def test_a_late_creation_fills_in_what_is_unknown_and_is_a_first_estimate_to_the_sprint() -> None:
    points, sprints = replay(
        [
            event(1, K.ENTERED, sprint="S1"),
            event(2, K.CREATED, points=5, service="users"),
        ],
        {},
    )
    assert points_of(points) == [
        (1, None, 0, 0, 0, 1),
        (2, None, 0, 0, 0, -1),
        (2, "users", 5, 0, 0, 0),
    ]
    assert sprint_of(sprints) == [(1, "S1", K.ENTERED, 0, 0), (2, "S1", K.ESTIMATED, 5, 0)]


def carried(*events: ItemEvent) -> bool:
    _, entries = replay([event(0, K.CREATED, points=2), *events], {}, SPRINTS)
    return entries[-1].carried


def test_unfinished_work_is_carried_over() -> None:
    enters, done = event(3, K.ENTERED, sprint="S1"), event(10, K.DONE)
    assert carried(enters, event(15, K.ENTERED, sprint="S2"))
    assert carried(enters, event(12, K.LEFT, sprint="S1"), event(30, K.ENTERED, sprint="S2"))
    assert carried(enters, event(16, K.ENTERED, sprint="S3"), event(17, K.LEFT, sprint="S3"))
    assert not carried(enters, done, event(15, K.ENTERED, sprint="S2"))
    # A sprint is over at its end: what is done from then on was not done in it.
    assert carried(
        enters, event(15, K.DONE), event(16, K.REOPENED), event(17, K.ENTERED, sprint="S2")
    )


def test_work_that_was_finished_between_two_sprints_is_not_carried_over() -> None:
    stay = event(3, K.ENTERED, sprint="S1"), event(12, K.LEFT, sprint="S1")
    assert not carried(*stay, event(13, K.DONE), event(20, K.ENTERED, sprint="S2"))


def test_work_that_was_only_planned_for_an_earlier_sprint_is_not_carried_over() -> None:
    assert not carried(event(3, K.ENTERED, sprint="S1"), event(5, K.ENTERED, sprint="S2"))


def test_work_that_was_finished_in_its_sprint_and_reopened_after_it_is_not_carried_over() -> None:
    enters, done = event(3, K.ENTERED, sprint="S1"), event(10, K.DONE)
    back, next_one = event(17, K.REOPENED), event(18, K.ENTERED, sprint="S2")
    assert not carried(enters, done, back, next_one)
    assert carried(enters, done, event(12, K.REOPENED), next_one)


def test_work_that_came_after_the_end_of_a_sprint_was_never_in_it() -> None:
    assert not carried(event(20, K.ENTERED, sprint="S1"), event(21, K.ENTERED, sprint="S2"))


def test_work_that_returns_to_its_own_sprint_is_not_carried_over() -> None:
    enters, leaves = event(3, K.ENTERED, sprint="S1"), event(8, K.LEFT, sprint="S1")
    assert not carried(enters, leaves, event(9, K.ENTERED, sprint="S1"))


def test_an_open_item_that_is_reopened_is_not_started_any_more() -> None:
    begun = [event(1, K.CREATED), event(2, K.STARTED)]
    assert stand(begun, {}).status == "started"
    assert stand([*begun, event(3, K.REOPENED)], {}).status == "open"
    assert stand([*begun, event(3, K.REOPENED), event(4, K.STARTED)], {}).status == "started"


def test_no_events_make_no_entries() -> None:
    assert replay([], {}) == ([], [])


@given(histories())
@settings(max_examples=200)
def test_how_an_item_stands(events: list[ItemEvent]) -> None:
    shown = stand(events, SPRINTS)
    begun = last(events, K.STARTED)
    since_closed = all(status(events[: i + 1]) == "open" for i in range(begun, len(events)))
    started = begun >= 0 and since_closed and last(events, K.REOPENED) < begun
    assert shown.status == ("started" if started else status(events))
    assert shown.points == given_by(events, "points", K.ESTIMATED)
    assert shown.service == owner(events)[0]
    assert shown.sprint == in_sprint(events)
    if shown.sprint is not None:
        stay = stays(events)[-1]
        assert shown.since == events[stay[1]].at
        assert shown.carried == is_carried(events, stay)
