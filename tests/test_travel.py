"""Steps through time, and moments as people write them."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.travel import FIRST_STEP, STEPS, Step, moved, other_step, parse_moment

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_787_000_000_000


def test_a_step_back_from_live_and_forward_again_is_live() -> None:
    back = moved(None, -1, STEPS[FIRST_STEP], NOW, None)
    assert back == NOW - HOUR
    assert moved(back, 1, STEPS[FIRST_STEP], NOW, None) is None


def test_a_sprint_is_as_long_as_the_sprint_that_is_shown_or_a_fortnight() -> None:
    assert moved(NOW - 100 * DAY, 1, STEPS[3], NOW, 21 * DAY) == NOW - 79 * DAY
    assert moved(NOW - 100 * DAY, -1, STEPS[3], NOW, None) == NOW - 114 * DAY


def test_steps_stop_at_both_ends() -> None:
    assert other_step(0, -1) == 0
    assert other_step(len(STEPS) - 1, 1) == len(STEPS) - 1
    assert [other_step(i, 1) for i in range(3)] == [1, 2, 3]


@given(st.integers(0, NOW), st.sampled_from(STEPS), st.sampled_from([-1, 1]))
def test_a_step_is_never_in_the_future_nor_before_anything_was_measured(
    at: int, step: Step, by: int
) -> None:
    there = moved(at, by, step, NOW, None)
    assert there is None or 0 < there < NOW


def test_a_moment_without_an_offset_is_in_the_given_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert parse_moment("2026-03-01", UTC) == 1_772_323_200_000
    assert parse_moment("2026-03-01", berlin) == 1_772_323_200_000 - HOUR
    assert parse_moment(" 2026-03-01T12:00 ", UTC) == 1_772_323_200_000 + 12 * HOUR
    assert parse_moment("2026-03-01T12:00+02:00", berlin) == 1_772_323_200_000 + 10 * HOUR
    assert parse_moment("2026-03-01T12:00:00.250Z", berlin) == 1_772_366_400_250


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-13-01", "2026-02-30", "٢٠٢٦-03-01", "2026-03-01T25:00", "\0", "\ud800"],
)
def test_what_is_no_moment_says_what_one_looks_like(text: str) -> None:
    with pytest.raises(ValueError, match="expected a moment such as 2026-03-01"):
        parse_moment(text, UTC)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize(
    "text",
    ["9999-12-31T23:59-14:00", "9999-12-31", "0001-01-01", "0001-01-01T00:00+14:00", "1970-12-31"],
)
def test_the_ends_of_the_calendar_are_refused_in_words(text: str, zone: str) -> None:
    with pytest.raises(ValueError, match="expected a year from 1971 to 9998"):
        parse_moment(text, ZoneInfo(zone))


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("text", ["1971-01-01", "9998-12-31T23:59:59.999-23:59"])
def test_the_years_that_are_taken_are_taken_whole(text: str, zone: str) -> None:
    assert 0 < parse_moment(text, ZoneInfo(zone)) < 253_402_300_800_000


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?([+-]\d\d:\d\d)?"))
def test_any_text_is_a_moment_or_is_refused_in_words(text: str) -> None:
    try:
        said = ""
        moment = parse_moment(text, ZoneInfo("America/St_Johns"))
        assert 0 < moment < 253_402_300_800_000
    except ValueError as error:
        said = str(error)
    assert said == "" or said.startswith("expected a ")
