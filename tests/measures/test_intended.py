"""Observed against intended share: flagged when chance cannot explain it, and only then."""

from math import comb, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.measures.intended import CHANCE, CLOSE, is_off


def chance(k: int, n: int, q: float) -> float:
    """How likely a share as far off as k of n, or further, is on the side on which it is off."""
    ks = range(k, n + 1) if k >= n * q else range(k + 1)
    return sum(comb(n, i) * q**i * (1 - q) ** (n - i) for i in ks)


@pytest.mark.parametrize(
    ("new", "answered", "intended", "off"),
    [
        (60, 1000, 0.1, False),
        (68, 1133, 0.1, True),
        (600, 10_000, 0.1, True),
        (1020, 10_000, 0.1, False),
        (100_400, 1_000_000, 0.1, False),  # surely off, and nobody's trouble
        (105_100, 1_000_000, 0.1, True),
        (0, 10, 0.5, False),
        (0, 20, 0.5, True),
        (1, 10, 0.0, True),
        (9, 10, 1.0, True),
        (0, 1000, 0.0, False),
        (1000, 1000, 1.0, False),
    ],
)
def test_what_is_off(new: int, answered: int, intended: float, off: bool) -> None:
    assert is_off(answered - new, new, intended) is off
    assert is_off(new, answered - new, 1 - intended) is off


def test_what_is_not_known_is_not_flagged() -> None:
    assert is_off(1000, 0, 0.5)
    # With one side unmeasured the share is unknown, however many requests the other answered.
    assert not is_off(1000, None, 0.5)
    assert not is_off(None, 1000, 0.5)
    assert not is_off(0, 0, 0.5)
    assert not is_off(1000, 0, None)


@given(st.integers(1, 400), st.data())
def test_chance_alone_hardly_ever_raises_the_flag(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    q = data.draw(st.floats(0.001, 0.999))
    if is_off(n - k, k, q):
        assert chance(k, n, q) < CHANCE
        assert abs(k / n - q) >= CLOSE
    elif abs(k / n - q) >= CLOSE:
        # Chernoff's bound is at most about the root of n too careful.
        assert log(chance(k, n, q)) > log(CHANCE) - log(10 * n)
