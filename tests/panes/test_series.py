"""What is worked out of a snapshot before it is drawn: steps, changes, warnings, words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import DifferenceClass, ServiceRow, SharePoint, ShareSeries
from goliath_tui.panes.classes import WIDTH, class_word, class_words
from goliath_tui.panes.services import share_change
from goliath_tui.panes.traffic import steps_of
from goliath_tui.panes.worry import is_thin, is_worrying

STEP = 600_000


def series(points: dict[int, tuple[int, int]], steps: int) -> ShareSeries:
    return ShareSeries(
        starts=0,
        ends=steps * STEP,
        step_ms=STEP,
        points=tuple(
            SharePoint(at=i * STEP, legacy=legacy, new=new, intended_share=0.5)
            for i, (legacy, new) in sorted(points.items())
        ),
    )


@given(
    st.dictionaries(
        st.integers(0, 143), st.tuples(st.integers(0, 9999), st.integers(0, 9999)), max_size=144
    ),
    st.integers(1, 400),
)
def test_no_request_is_lost_and_there_are_never_more_steps_than_room(
    points: dict[int, tuple[int, int]], most: int
) -> None:
    steps = steps_of(series(points, 144), most)
    assert 1 <= len(steps) <= most
    known = [step for step in steps if step is not None]
    assert sum(step.legacy for step in known) == sum(legacy for legacy, _ in points.values())
    assert sum(step.new for step in known) == sum(new for _, new in points.values())


def test_a_step_without_data_is_unknown_and_one_without_requests_has_no_share() -> None:
    steps = steps_of(series({0: (30, 70), 1: (0, 0), 3: (0, 5)}, 4), 4)
    assert [step and step.share for step in steps] == [0.7, None, None, 1.0]
    assert steps[2] is None
    assert steps[1] is not None


def test_steps_that_share_a_place_are_weighted_by_requests_and_minutes() -> None:
    (together,) = steps_of(series({0: (100, 0), 1: (0, 300)}, 2), 1)
    assert together is not None
    assert (together.share, together.minutes) == (0.75, 20.0)


def test_the_step_that_the_moment_cuts_counts_the_minutes_that_are_over() -> None:
    cut = series({0: (600, 600), 1: (600, 600), 2: (360, 360)}, 3)
    rates = [step.per_minute for step in steps_of(cut, 3, until=2 * STEP + 360_000) if step]
    assert rates == [(60.0, 60.0)] * 3
    *before, last = steps_of(cut, 3, until=2 * STEP + 60_000)
    assert [step.per_minute for step in before if step] == [(60.0, 60.0)] * 2
    assert last is not None
    assert last.per_minute is None, "a minute of ten is too little to tell"
    (both, rest) = steps_of(cut, 2, until=2 * STEP + 360_000)
    assert [step.per_minute for step in (both, rest) if step] == [(60.0, 60.0)] * 2


@pytest.mark.parametrize(
    ("mismatched", "compared", "worrying"),
    [
        (1, 99, False),
        (1, 100, True),
        (1, 1000, True),
        (1, 1001, False),
        (0, 10**6, False),
        (None, 1000, False),
        (3, None, False),
        (0, 0, False),
    ],
)
def test_a_rate_warns_only_when_it_rests_on_enough(
    mismatched: int | None, compared: int | None, worrying: bool
) -> None:
    assert is_worrying(mismatched, compared) is worrying
    assert is_thin(compared) is (compared == 99)


def test_every_class_of_difference_has_a_word_of_its_own_that_fits() -> None:
    words = {class_word(kind) for kind in DifferenceClass}
    assert len(words) == len(DifferenceClass)
    assert all(len(word) <= WIDTH for word in words)
    assert all(kind.value in class_words(kind).split() for kind in DifferenceClass)
    assert all(class_word(kind) in class_words(kind).split() for kind in DifferenceClass)


@pytest.mark.parametrize(
    ("shares", "change"),
    [((0.25, 0.5, None), 0.25), ((None, 0.5, None, 0.375), -0.125), ((0.5,), None), ((), None)],
)
def test_a_share_changes_from_the_first_to_the_last_step_that_is_known(
    shares: tuple[float | None, ...], change: float | None
) -> None:
    assert share_change(ServiceRow(name="progress", shares=shares)) == change
