"""The upper bound of a rate against the definition, worked out with whole numbers."""

from fractions import Fraction
from itertools import pairwise
from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.measures.rates import upper_bound

BILLION = 1_000_000_000


def chance_of_at_most(events: int, trials: int, rate: float) -> float:
    """The binomial sum, in fractions."""
    p = Fraction(rate)
    return float(sum(comb(trials, i) * p**i * (1 - p) ** (trials - i) for i in range(events + 1)))


def bound(events: int, trials: int) -> float:
    found = upper_bound(events, trials)
    assert found is not None
    return found


def test_nothing_was_tried() -> None:
    assert upper_bound(0, 0) is None


@pytest.mark.parametrize(("events", "trials"), [(-1, 5), (6, 5), (1, 0)])
def test_more_events_than_trials_are_refused(events: int, trials: int) -> None:
    with pytest.raises(ValueError, match="events in"):
        upper_bound(events, trials)


@given(st.integers(1, BILLION))
def test_never_and_always(trials: int) -> None:
    assert isclose(bound(0, trials), -(0.05 ** (1 / trials) - 1), rel_tol=1e-6)
    assert isclose((1 - bound(0, trials)) ** trials, 0.05, rel_tol=1e-6)
    assert bound(trials, trials) == 1


@given(st.data(), st.integers(2, 120))
def test_so_few_events_have_a_chance_of_one_in_twenty_left(
    data: st.DataObject, trials: int
) -> None:
    events = data.draw(st.integers(0, trials - 1))
    assert isclose(chance_of_at_most(events, trials, bound(events, trials)), 0.05, rel_tol=1e-9)


@pytest.mark.parametrize(
    ("events", "mean"),
    # The 95 % upper bounds of a Poisson mean: half the quantile of chi-square with 2 (events + 1)
    # degrees of freedom.
    [(1, 4.743865), (2, 6.295794), (5, 10.513035), (10, 16.962222)],
)
def test_of_a_billion_trials_few_events_are_poissons(events: int, mean: float) -> None:
    assert isclose(bound(events, BILLION) * BILLION, mean, rel_tol=1e-6)


@pytest.mark.parametrize("trials", [10_000, 1_000_000, BILLION])
def test_many_events_are_nearly_normal(trials: int) -> None:
    for events in (trials // 2, trials * 9 // 10):
        rate = events / trials
        deviations = (bound(events, trials) - rate) / (rate * (1 - rate) / trials) ** 0.5
        assert isclose(deviations, 1.6449, rel_tol=0.02)


def test_both_ways_to_compute_meet() -> None:
    """From 3,000 events on, and as many that were none, the density is integrated."""
    for trials in (6_100, 100_000, BILLION):
        edge = [bound(events, trials) for events in range(2_990, 3_010)]
        steps = [later - one for one, later in pairwise(edge)]
        assert all(isclose(step, steps[0], rel_tol=1e-3) for step in steps)


@given(st.data(), st.integers(1, BILLION))
def test_the_bound_grows_with_the_events_and_is_above_their_rate(
    data: st.DataObject, trials: int
) -> None:
    events = data.draw(st.integers(0, trials - 1))
    assert events / trials < bound(events, trials) <= bound(events + 1, trials) <= 1
