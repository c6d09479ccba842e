"""Shares and rates of traffic: what is unknown stays unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.measures.share import error_rate, new_share

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


def test_an_error_rate_needs_requests() -> None:
    assert error_rate(0, 0) is None
    assert error_rate(0, 5) == 0
    assert error_rate(1, 4) == 0.25
