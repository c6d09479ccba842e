"""Traffic figures: what is unknown stays unknown, and shadow is nobody's answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import SideTraffic
from goliath_tui.measures.histogram import histogram, quantile
from goliath_tui.measures.share import (
    error_rate,
    intended_share,
    new_share,
    side_figures,
    traffic_figures,
)

counts = st.integers(0, 2**53)


@pytest.mark.parametrize(
    ("legacy", "new", "share"),
    [(75, 25, 0.25), (10, 0, 0.0), (0, 10, 1.0), (0, 0, None), (None, 5, None), (5, None, None)],
)
def test_share_tells_nothing_from_zero(
    legacy: int | None, new: int | None, share: float | None
) -> None:
    assert new_share(legacy, new) == share


@given(counts, counts)
def test_both_shares_make_a_whole(legacy: int, new: int) -> None:
    share, rest = new_share(legacy, new), new_share(new, legacy)
    if share is None or rest is None:
        assert legacy + new == 0
    else:
        assert 0 <= share <= 1
        assert share + rest == pytest.approx(1)


@given(st.lists(st.tuples(st.none() | st.floats(0, 1), st.integers(0, 10**9)), max_size=20))
def test_the_intended_share_lies_among_those_that_had_requests(
    parts: list[tuple[float | None, int]],
) -> None:
    share = intended_share(parts)
    known = [intended for intended, requests in parts if intended is not None and requests]
    if not known:
        assert share is None
    else:
        assert share is not None
        assert min(known) - 1e-9 <= share <= max(known) + 1e-9


def test_the_intended_share_is_weighted_by_requests() -> None:
    assert intended_share([(1.0, 300), (0.0, 100), (None, 10**6)]) == 0.75


def test_an_error_rate_needs_requests() -> None:
    assert error_rate(0, 0) is None
    assert error_rate(0, 5) == 0
    assert error_rate(1, 4) == 0.25


def test_a_backend_adds_its_accounts_up() -> None:
    served = SideTraffic(requests=30, errors=3, latency=histogram([5.0] * 30))
    shadow = SideTraffic(requests=10, errors=1, latency=histogram([900.0] * 10))
    figures = side_figures(served, None, shadow)
    assert figures is not None
    assert figures.requests == 40
    assert figures.error_rate == 0.1
    assert figures.p50_ms == quantile(histogram([5.0] * 30 + [900.0] * 10), 0.5)
    assert figures.p95_ms == quantile(histogram([5.0] * 30 + [900.0] * 10), 0.95)


def test_a_backend_that_was_not_measured_has_no_figures_and_one_at_rest_has_no_rates() -> None:
    assert side_figures(None, None) is None
    resting = side_figures(SideTraffic(requests=0))
    assert resting is not None
    assert (resting.requests, resting.error_rate, resting.p50_ms) == (0, None, None)


def test_shadow_counts_as_new_work_and_never_as_an_answer() -> None:
    figures = traffic_figures(
        legacy=SideTraffic(requests=90),
        new=SideTraffic(requests=10),
        shadow=SideTraffic(requests=1000, errors=101),
        intended=0.1,
        span_ms=3_600_000,
        resolution_ms=10_000,
    )
    assert figures is not None
    assert figures.requests == 100
    assert figures.new_share == 0.1
    assert figures.new is not None
    assert figures.new.requests == 1010
    assert figures.new.error_rate == 0.1


@pytest.mark.parametrize("measured", ["legacy", "new", "shadow"])
def test_one_measured_side_makes_figures_but_no_share(measured: str) -> None:
    sides = dict.fromkeys(("legacy", "new", "shadow"), None) | {measured: SideTraffic(requests=4)}
    figures = traffic_figures(
        legacy=sides["legacy"],
        new=sides["new"],
        shadow=sides["shadow"],
        intended=None,
        span_ms=1,
        resolution_ms=1,
    )
    assert figures is not None
    assert figures.requests == (0 if measured == "shadow" else 4)
    assert figures.new_share is None


def test_no_measured_side_makes_no_figures() -> None:
    nothing = traffic_figures(
        legacy=None, new=None, shadow=None, intended=0.5, span_ms=1, resolution_ms=1
    )
    assert nothing is None
