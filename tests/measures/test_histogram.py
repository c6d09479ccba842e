"""Bins, sums and quantiles against the single measurements that they stand for."""

from fractions import Fraction
from math import ceil, inf, sqrt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from goliath_tui.domain import LATENCY_BINS
from goliath_tui.measures.histogram import add, bin_of, bounds, histogram, quantile

latencies = st.lists(st.floats(min_value=0, max_value=1e7), max_size=60)
counts = st.lists(st.integers(0, 1000), max_size=LATENCY_BINS).map(tuple)
shares = st.sampled_from(["0", "0.01", "0.07", "0.1", "0.5", "0.9", "0.95", "0.99", "1"])


@pytest.mark.parametrize(
    ("ms", "index"),
    [
        (0, 0),
        (1, 0),
        (1.0001, 1),
        (sqrt(2), 1),
        (1.42, 2),
        (2, 2),
        (2.0001, 3),
        (1024, 20),
        (2**15, 30),
        (2**15 + 1, 31),
        (1e12, 31),
        (inf, 31),
    ],
)
def test_a_bin_holds_its_upper_bound_and_not_its_lower(ms: float, index: int) -> None:
    assert bin_of(ms) == index


def test_bins_follow_each_other_without_gap_up_to_infinity() -> None:
    edges = [bounds(i) for i in range(LATENCY_BINS)]
    assert edges[0] == (0.0, 1.0)
    assert edges[-1] == (2.0**15, inf)
    for i, (lower, upper) in enumerate(edges[1:], start=1):
        assert lower == edges[i - 1][1]
        assert lower == pytest.approx(2 ** ((i - 1) / 2))
        assert upper > lower


@given(st.floats(min_value=0, max_value=1e9))
def test_every_latency_lies_within_its_bin(ms: float) -> None:
    lower, upper = bounds(bin_of(ms))
    assert lower < ms <= upper or (ms == 0 and lower == 0)


@given(counts, counts, counts)
def test_add_is_associative_and_commutative_with_nothing_as_zero(
    a: tuple[int, ...], b: tuple[int, ...], c: tuple[int, ...]
) -> None:
    assert add(add(a, b), c) == add(a, add(b, c))
    assert add(a, b) == add(b, a)
    assert add(a, ()) == a


@given(latencies, latencies, shares)
def test_merged_histograms_answer_like_the_histogram_of_all(
    one: list[float], other: list[float], q: str
) -> None:
    merged = add(histogram(one), histogram(other))
    assert merged == histogram(one + other)
    assert quantile(merged, float(q)) == quantile(histogram(one + other), float(q))


@given(latencies.filter(bool), shares)
def test_a_quantile_lies_in_the_bin_of_the_true_one(values: list[float], q: str) -> None:
    rank = max(1, ceil(Fraction(q) * len(values)))
    true = sorted(values)[rank - 1]
    read = quantile(histogram(values), float(q))
    assert read is not None
    assert bin_of(read) == bin_of(true)


@given(counts, st.floats(0, 1), st.floats(0, 1))
def test_quantiles_never_fall_as_the_share_grows(
    histogram_: tuple[int, ...], a: float, b: float
) -> None:
    low, high = quantile(histogram_, min(a, b)), quantile(histogram_, max(a, b))
    if sum(histogram_) == 0:
        assert low is None
        assert high is None
    else:
        assert low is not None
        assert high is not None
        assert 0 < low <= high < 2.0**15.5


@given(st.integers(0, LATENCY_BINS - 1), st.integers(1, 2**53), st.floats(0, 1))
@example(5, 2**53, 0.0)
@example(5, 2**53, 1.0)
def test_a_single_full_bin_keeps_its_quantiles_inside(index: int, count: int, q: float) -> None:
    read = quantile([0] * index + [count], q)
    assert read is not None
    assert bin_of(read) == index


def test_trailing_zeros_may_be_left_out() -> None:
    assert quantile((0, 0, 7), 0.95) == quantile((0, 0, 7, *[0] * 29), 0.95)


def test_a_share_that_no_double_holds_picks_the_rank_that_was_meant() -> None:
    read = quantile(histogram([1.0] * 7 + [100.0] * 93), 0.07)
    assert read is not None
    assert bin_of(read) == bin_of(1.0)


def test_the_middle_of_a_bin_is_its_geometric_middle() -> None:
    assert quantile((0, 0, 0, 0, 1), 0.5) == pytest.approx(sqrt(4 * 2 * sqrt(2)))


@pytest.mark.parametrize("empty", [(), (0,), [0] * LATENCY_BINS])
def test_no_requests_have_no_quantile(empty: tuple[int, ...]) -> None:
    assert quantile(empty, 0.5) is None
