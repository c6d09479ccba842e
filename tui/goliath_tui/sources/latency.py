"""Latency histograms as gateways have them → the bins that this program adds up."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, inf, isnan, log2

from goliath_tui.domain import LATENCY_BINS

#: The largest count that can be told.
LARGEST = 2**53


def bins(grown: Mapping[float, float], unit_ms: float) -> tuple[int, ...]:
    """Counts per bin, from how much each limit's count grew.

    A gateway's bucket is wider than a bin more often than not: its requests are spread over the
    bins that it covers evenly on the scale of the bins, which is that of the logarithm. Empty
    where the histogram is none: no limits, or counts that fall as the limits grow.
    """
    limits = sorted(le for le in grown if not isnan(le))
    if not limits or limits[0] == inf:
        return ()
    spread = [0.0] * LATENCY_BINS
    below, before = 0.0, 0.0
    for le in limits:
        requests = grown[le] - before
        if requests < -0.5:
            return ()
        _spread(spread, max(requests, 0.0), below, le * unit_ms)
        below, before = le * unit_ms, grown[le]
    return _whole(spread, round(before))


def _spread(into: list[float], requests: float, above_ms: float, upto_ms: float) -> None:
    """Adds requests that took (above_ms, upto_ms] to the bins that this covers."""
    if requests <= 0 or upto_ms <= 0:
        return
    if upto_ms == inf:
        # What took longer than the last limit: nobody knows how much longer.
        bottom = min(_scale(above_ms), LATENCY_BINS) if above_ms > 0 else 0.0
        into[min(LATENCY_BINS - 1, max(0, floor(bottom) + 1))] += requests
        return
    top = _scale(upto_ms)
    bottom = _scale(above_ms) if above_ms > 0 else top - 2.0
    for index in range(LATENCY_BINS):
        low = -inf if index == 0 else index - 1.0
        high = inf if index == LATENCY_BINS - 1 else float(index)
        covered = min(top, high) - max(bottom, low)
        if covered > 0:
            into[index] += requests * covered / (top - bottom)


def _scale(ms: float) -> float:
    """Where a latency is on the scale of the bins: bin i ends at i."""
    return 2 * log2(ms) if ms != inf else inf


def _whole(spread: list[float], total: int) -> tuple[int, ...]:
    """Whole counts with this total, as close to the spread ones as can be."""
    counts = [floor(count) for count in spread]
    short = max(0, total - sum(counts))
    by_rest = sorted(range(LATENCY_BINS), key=lambda i: counts[i] - spread[i])
    for index in by_rest[:short]:
        counts[index] += 1
    while counts and counts[-1] == 0:
        counts.pop()
    return tuple(min(count, LARGEST) for count in counts)
