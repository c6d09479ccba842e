"""How often two answers differ: the rate, what it can be at most, and what it rests on. Pure."""

import math

from goliath_tui.measures.rates import upper_bound
from goliath_tui.widgets import format as fmt

#: What the upper bound is held with.
SURE = "95 %"


def bound(mismatched: int | None, compared: int | None) -> float | None:
    """The share of comparisons that may differ at most, with 95 % confidence.

    None: unknown, as nothing was compared.
    """
    return None if mismatched is None or not compared else upper_bound(mismatched, compared)


def bound_text(mismatched: int | None, compared: int | None) -> str:
    """That bound per thousand as `0.61`, rounded up, since a bound must not be understated."""
    share = bound(mismatched, compared)
    if share is None:
        return fmt.UNKNOWN
    value = share * 1000
    if value < 100:
        value = math.ceil(value * 100 - 1e-9) / 100
        return f"{value:.2f}"
    return f"{math.ceil(value - 1e-9)}"


def rate(mismatched: int | None, compared: int | None) -> float | None:
    """Comparisons that differed per thousand; None: nothing was compared."""
    return None if mismatched is None or not compared else mismatched * 1000 / compared
