"""What a bucket is said to have held agrees with itself, with the demand, and on both levels."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import ComparisonCounts, SideTraffic, Traffic
from goliath_tui.measures.histogram import quantile
from goliath_tui.rehearsal.accounts import Accounts
from goliath_tui.rehearsal.pace import Pace
from goliath_tui.rehearsal.weeks import DAY, HOUR, floor
from tests.rehearsal.stage import NOW, full_story

TODAY = floor(NOW, DAY)


@pytest.fixture(scope="module", name="books")
def _books() -> Accounts:
    return Accounts(full_story())


def _total(rows: Iterable[Traffic], side: str, what: str = "requests") -> int:
    return sum(getattr(getattr(row, side), what) for row in rows)


def test_services_and_fields_are_two_accounts_of_the_same_demand(books: Accounts) -> None:
    services = [row for _, row in books.service_traffic(TODAY - DAY, TODAY)]
    fields = [row for _, row in books.field_traffic(TODAY - DAY, TODAY)]
    assert {row.field for row in services} == {None}
    assert None not in {row.field for row in fields}
    for side in ("legacy", "new", "shadow"):
        assert _total(fields, side) == pytest.approx(_total(services, side), rel=0.01)
    compared = [row for _, row in books.service_comparisons(TODAY - DAY, TODAY)]
    by_field = [row for _, row in books.field_comparisons(TODAY - DAY, TODAY)]
    for outcome in ("matched", "mismatched"):
        told = [sum(getattr(row, outcome) for row in rows) for rows in (compared, by_field)]
        assert told[0] == pytest.approx(told[1], rel=0.03)


def test_new_answers_what_the_story_says(books: Accounts) -> None:
    rows = [row for _, row in books.service_traffic(NOW - HOUR, NOW)]
    new, legacy = _total(rows, "new"), _total(rows, "legacy")
    assert 0.93 < new / (new + legacy) < 0.95
    intended = sum(
        (row.intended or 0) * (row.new.requests + row.legacy.requests)
        for row in rows
        if row.new and row.legacy
    ) / (new + legacy)
    # Some calls of new failed and were made up for by legacy.
    assert 0.0003 < intended - new / (new + legacy) < 0.004


def test_new_is_faster_and_fails_less(books: Accounts) -> None:
    rows = [row for _, row in books.service_traffic(TODAY - DAY, TODAY)]

    def p50(side: str) -> float:
        counts = [0] * 32
        for row in rows:
            for i, count in enumerate(getattr(row, side).latency):
                counts[i] += count
        return quantile(counts, 0.5) or 0

    assert p50("new") < 0.6 * p50("legacy")
    share = {s: _total(rows, s, "errors") / _total(rows, s) for s in ("legacy", "new")}
    assert 0 < share["new"] < share["legacy"] < 0.02


def test_long_ago_all_was_legacy_and_nothing_compared(books: Accounts) -> None:
    first = full_story().calendar.starts(1)
    rows = [row for _, row in books.service_traffic(first, first + DAY)]
    assert _total(rows, "new") == 0
    assert _total(rows, "legacy") > 0
    assert not list(books.service_comparisons(first, first + DAY))


def _assert_sound(row: Traffic) -> None:
    for side in (row.legacy, row.new, row.shadow):
        assert isinstance(side, SideTraffic)
        assert 0 <= side.errors <= side.requests
        assert sum(side.latency) == side.requests
        assert all(count >= 0 for count in side.latency)
    assert row.intended is not None
    assert 0 <= row.intended <= 1


@settings(deadline=None, max_examples=25)
@given(
    at=st.integers(0, 590 * DAY // 10_000).map(lambda n: n * 10_000),
    width=st.integers(1, 8640).map(lambda n: n * 10_000),
)
def test_every_bucket_is_sound_and_told_twice_the_same(
    books: Accounts, at: int, width: int
) -> None:
    starts = full_story().calendar.starts(1) + at
    rows = list(books.service_traffic(starts, starts + width))
    assert rows == list(books.service_traffic(starts, starts + width))
    for _, row in rows:
        _assert_sound(row)
    for _, row in list(books.field_traffic(starts, starts + width, after=3800)):
        _assert_sound(row)
    shadows = {row.service: row.shadow.requests for _, row in rows if row.shadow}
    for _, told in books.service_comparisons(starts, starts + width):
        assert isinstance(told, ComparisonCounts)
        compared = told.matched + told.mismatched + told.ignored + told.failed
        assert 0 < compared <= shadows[told.service]


@settings(deadline=None)
@given(
    requests=st.integers(0, 100_000),
    offset=st.floats(0, 1, exclude_max=True),
    place=st.integers(0, 31),
)
def test_a_histogram_has_all_requests_in_its_bins(requests: int, offset: float, place: int) -> None:
    pace: Pace
    for pace in full_story().paces[place].values():
        counts = pace.histogram(requests, offset)
        assert sum(counts) == requests
        assert len(counts) <= 32
        assert all(count >= 0 for count in counts)
