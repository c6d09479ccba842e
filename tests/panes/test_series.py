"""From the share series to the steps of a chart."""

from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import SharePoint, ShareSeries
from goliath_tui.panes.traffic import steps_of

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
