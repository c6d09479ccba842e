"""Counts on their way into buckets: whatever comes when, and however old, nothing counts twice."""

from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import Batch
from goliath_tui.sources.jsonl.tally import LATE_MS, WIDTH_MS, Outcome, Tally
from tests.sources.log_reader import NOW, ROLLED_UP, Cache

HOUR = 3_600_000

AGES = st.sampled_from([0, 0, 1_000, WIDTH_MS, 3 * WIDTH_MS, HOUR, 2 * HOUR, 5 * HOUR])
STEPS = st.one_of(
    st.tuples(st.just("add"), AGES, st.sampled_from(["a", "b"]), st.sampled_from(list(Outcome))),
    st.tuples(st.just("again"), st.sampled_from(["a", "b"]), st.sampled_from(list(Outcome))),
    st.tuples(st.just("tell"), st.booleans(), st.booleans()),
    st.tuples(st.just("wait"), st.sampled_from([1_000, WIDTH_MS, LATE_MS, HOUR, ROLLED_UP])),
    st.tuples(st.just("tidy")),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_totals_are_those_of_what_was_counted(steps: list[tuple[object, ...]]) -> None:
    tally, cache, now, at = Tally(), Cache(), NOW, NOW
    counted: Counter[tuple[str, Outcome]] = Counter()
    for step in [*steps, ("wait", HOUR), ("tell", True, True), ("tidy",)]:
        match step:
            case ("add", int(age), str(name), Outcome() as outcome):
                at = now - age
                tally.add(at, "s", name, outcome)
                counted[name, outcome] += 1
            case ("again", str(name), Outcome() as outcome):
                tally.add(at, "s", name, outcome)
                counted[name, outcome] += 1
            case ("tell", bool(caught_up), bool(restarts)):
                rows = tuple(tally.tell(now, caught_up=caught_up))
                assert all(row.at + row.width_ms <= now for row in rows)
                cache.commit(Batch(rows=rows, cursor=""))
                if restarts:
                    tally = msgspec.json.decode(msgspec.json.encode(tally), type=Tally)
                # As a poll begins.
                tally.let_go_of_old(now)
            case ("wait", int(by)):
                rows = tuple(tally.tell(now, caught_up=False))
                cache.commit(Batch(rows=rows, cursor=""))
                now += by
                tally.let_go_of_old(now)
            case ("tidy",):
                cache.tidy(now)
    assert not tally.buckets
    expected: dict[tuple[str, str | None], list[int]] = {}
    for (field, outcome), count in counted.items():
        for key in (field, None):
            expected.setdefault(("s", key), [0, 0, 0, 0])[outcome] += count
    assert cache.totals() == {key: tuple(counts) for key, counts in expected.items()}


@given(
    st.lists(st.integers(0, 10 * WIDTH_MS), min_size=1),
    st.lists(st.booleans(), max_size=9),
    st.sampled_from([10 * WIDTH_MS, HOUR, 100 * HOUR]),
)
def test_lines_that_are_not_late_are_in_their_own_minute(
    moments: list[int], tells: list[bool], age: int
) -> None:
    """However the stream is cut, and however old it is."""
    tally, cache = Tally(), Cache()
    now = NOW + 10 * WIDTH_MS + age
    moments.sort()
    for number, moment in enumerate(moments):
        tally.let_go_of_old(now)
        assert not tally.add(NOW + moment, "s", "f", Outcome.MATCHED)
        if number < len(tells) and tells[number]:
            cache.commit(Batch(rows=tuple(tally.tell(now, caught_up=False)), cursor=""))
    cache.commit(Batch(rows=tuple(tally.tell(now, caught_up=True)), cursor=""))
    expected = Counter((NOW + moment) // WIDTH_MS * WIDTH_MS for moment in moments)
    found = {at: counts[0] for (_, field, at), counts in cache.rows.items() if field}
    assert found == dict(expected)


def test_a_minute_is_told_as_soon_as_it_is_over_and_again_when_it_grows() -> None:
    tally = Tally()
    start = NOW - NOW % WIDTH_MS
    tally.add(start + 5, "s", "f", Outcome.MATCHED)
    assert not list(tally.tell(start + WIDTH_MS - 1, caught_up=True))
    rows = list(tally.tell(start + WIDTH_MS, caught_up=True))
    assert [(row.field, row.matched) for row in rows] == [("f", 1), (None, 1)]
    assert not list(tally.tell(start + WIDTH_MS, caught_up=True))
    assert not tally.add(start + 9, "s", "f", Outcome.FAILED)
    rows = list(tally.tell(start + WIDTH_MS + 9, caught_up=True))
    assert [(row.at, row.matched, row.failed) for row in rows] == [(start, 1, 1)] * 2


def test_there_is_an_end_to_the_fields_of_a_minute() -> None:
    tally = Tally()
    for number in range(30_000):
        tally.add(NOW, "s", f"field{number}", Outcome.MATCHED)
    rows = list(tally.tell(NOW + HOUR, caught_up=True))
    assert len(rows) <= 20_001
    assert max(row.matched for row in rows if row.field is None) == 30_000
