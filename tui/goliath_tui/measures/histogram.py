"""Latency histograms: fixed bins whose counts add up, and quantiles read from the sum.

The bins are those of `domain.LATENCY_BINS`: bin i holds (2^((i-1)/2), 2^(i/2)] ms, bin 0 all up to
1 ms, the last bin all above 2^15 ms. A histogram is a sequence of counts by bin; trailing zeros may
be left out, and an empty one means that latency was not measured.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from math import ceil, exp2, inf, nextafter, sqrt

from goliath_tui.domain import LATENCY_BINS

#: Upper bounds of all bins but the last, which has none. Odd powers are 2^k × √2.
_UPPER = tuple(
    2.0 ** (i // 2) * (sqrt(2.0) if i % 2 else 1.0)  # exact for every whole power of two
    for i in range(LATENCY_BINS - 1)
)


def bin_of(ms: float) -> int:
    """The bin, 0 to LATENCY_BINS - 1, that counts a request of `ms` milliseconds."""
    return bisect_left(_UPPER, ms)


def bounds(index: int) -> tuple[float, float]:
    """The (lower, upper] bounds of a bin in ms; 0 below the first, infinity above the last."""
    lower = _UPPER[index - 1] if index > 0 else 0.0
    upper = _UPPER[index] if index < len(_UPPER) else inf
    return lower, upper


def histogram(latencies_ms: Iterable[float]) -> tuple[int, ...]:
    """Counts per bin, all LATENCY_BINS of them, of single measurements."""
    counts = [0] * LATENCY_BINS
    for ms in latencies_ms:
        counts[bin_of(ms)] += 1
    return tuple(counts)


def add(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...]:
    """Bin by bin sum; as long as the longer one. Associative, commutative, `()` is neutral."""
    return tuple(x + y for x, y in zip_longest(a, b, fillvalue=0))


def quantile(counts: Sequence[int], q: float) -> float | None:
    """The latency in ms that a share `q` (0 to 1) of the requests did not exceed, or None if none.

    Nearest rank: with n requests it is number k = max(1, ceil(q × n)) by latency. k picks the bin
    (lower, upper] exactly; within it the c requests are taken to be spread evenly on a logarithmic
    scale, so with b requests in the bins before:

        lower × (upper / lower) ^ ((k - b - 1/2) / c)

    The result is in the true quantile's bin, so within a factor of √2 of it. Bin 0 is read on a
    linear scale; the last bin, which has no end, as if it were as wide as the others, so there the
    result is a lower estimate.
    """
    total = sum(counts)
    if total == 0:
        return None
    # q × n of a decimal such as 0.07 × 100 comes out a hair above the whole number.
    rank = min(total, max(1, ceil(q * total - 1e-9)))
    before = 0
    for index, count in enumerate(counts):
        if before + count >= rank:
            return _within(index, (rank - before - 0.5) / count)
        before += count
    raise AssertionError("the rank never exceeds the total")


def _within(index: int, part: float) -> float:
    lower, upper = bounds(index)
    if index == 0:
        return part * upper
    value = lower * exp2(part / 2)
    # Rounding must not push the value over a bound, into a neighbour that holds no such request.
    return min(max(value, nextafter(lower, inf)), upper)
