"""One format for each quantity."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.widgets import format as fmt

NOON = round(datetime(2026, 8, 19, 12, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "–"),
        (0.0, "0.0 %"),
        (0.00001, "0.1 %"),
        (0.824, "82.4 %"),
        (0.99999, "99.9 %"),
        (1.0, "100.0 %"),
    ],
)
def test_only_all_of_it_reads_as_all_and_nothing_as_nothing(share: float | None, text: str) -> None:
    assert fmt.percent(share) == text


def test_counts() -> None:
    assert fmt.count(16_480) == "16,480"
    assert fmt.count(None) == "–"
    shorts = {0: "0", 9_999: "9,999", 12_400: "12.4k", 999_940: "1000k", 3_100_000: "3.1M"}
    assert {value: fmt.short_count(value) for value in shorts} == shorts | {999_940: "1.0M"}


@given(st.floats(0, 1e14))
def test_a_short_count_never_takes_more_than_five_cells(value: float) -> None:
    assert len(fmt.short_count(value)) <= 5


def test_points_and_changes_of_points() -> None:
    assert fmt.points(16480.0) == "16,480"
    assert fmt.points(12.5) == "12.5"
    assert fmt.points(-0.0) == "0"
    assert fmt.signed_points(31) == "+31"
    assert fmt.signed_points(-12) == "−12"
    assert fmt.signed_points(0) == "0"
    assert fmt.signed_points(-0.01) == "0"
    assert fmt.signed_points(None) == "–"


def test_rates() -> None:
    assert fmt.per_thousand(31, 10_000) == "3.10"
    assert fmt.per_thousand(0, 10_000) == "0.00"
    assert fmt.per_thousand(1, 1_000_000) == "<0.01"
    assert fmt.per_thousand(1, 1) == "1000"
    assert fmt.per_thousand(None, 10) == "–"
    assert fmt.per_thousand(0, 0) == "–"
    assert fmt.per_minute(14.2) == "14/min"
    assert fmt.per_minute(0.4) == "0.4/min"
    assert fmt.per_minute(0) == "0/min"
    assert fmt.per_minute(None) == "–"


def test_durations() -> None:
    values = [0.83, 240.4, 1_250.0, 33_000.0]
    assert [fmt.milliseconds(v) for v in values] == ["0.8 ms", "240 ms", "1.25 s", "33.0 s"]
    assert [fmt.age(s * 1000) for s in (-5, 59, 60, 3599, 3600, 90_000)] == [
        "0 s", "59 s", "1 m", "59 m", "1 h", "1 d",
    ]  # fmt: skip
    assert [fmt.period(ms) for ms in (10_000, 90_000, 300_000, 1_500)] == [
        "10 s", "90 s", "5 m", "1.5 s",
    ]  # fmt: skip


def test_a_span_is_rounded() -> None:
    spans = [24 * HOUR, 24 * HOUR - 600_000, HOUR, 7 * 24 * HOUR, 20_000]
    assert [fmt.about(span) for span in spans] == ["24 h", "24 h", "60 m", "7 d", "20 s"]


def test_moments_are_shown_in_the_display_time_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert fmt.clock(NOON, berlin) == "14:00:00"
    assert fmt.full_moment(NOON, berlin) == "2026-08-19 14:00:00 CEST"
    assert fmt.clock_or_day(NOON, NOON + HOUR, UTC) == "12:00:00"
    assert fmt.clock_or_day(NOON, NOON + 30 * HOUR, UTC) == "  19 Aug"
    assert fmt.clock_or_day(NOON, NOON + 9_000 * HOUR, UTC) == "Aug 2026"


def test_words() -> None:
    assert fmt.plural(1, "group") == "1 group"
    assert fmt.plural(1_200, "group") == "1,200 groups"
    assert fmt.listed([]) == ""
    assert fmt.listed(["a", "b", "c"]) == "a, b and c"


def test_bytes_are_counted_in_thousands() -> None:
    sizes = [0, 999, 1000, 1_250, 99_940, 99_960, 999_499, 5_000_000, 2 * 10**9, 3 * 10**12]
    assert [fmt.size(size) for size in sizes] == [
        "0 B", "999 B", "1.0 kB", "1.2 kB", "99.9 kB", "100 kB", "999 kB", "5.0 MB", "2.0 GB",
        "3.0 TB",
    ]  # fmt: skip
    assert fmt.size(None) == "–"


def test_a_change_of_a_share_is_in_percentage_points() -> None:
    changes = [0.032, -0.004, 0.0, 0.0001, -0.0001, 1.0, None]
    shown = ["+3.2", "−0.4", "0.0", "0.0", "0.0", "+100.0", "–"]
    assert [fmt.signed_points_of_percent(change) for change in changes] == shown
