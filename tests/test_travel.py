"""Steps through time."""

from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.travel import FIRST_STEP, STEPS, Step, moved, other_step

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
