"""Traffic: who answered how much, how well and how fast.

Shadow calls are the new backend's work, but nobody's answer: they count in its errors and its
latency, never in the share. A side that was not measured is None and leaves the share unknown; a
side with zero requests is a measurement.
"""

from collections.abc import Iterable

from goliath_tui.domain import SideFigures, SideTraffic, TrafficFigures
from goliath_tui.measures.histogram import add, quantile


def new_share(legacy: int | None, new: int | None) -> float | None:
    """new / (legacy + new), in requests answered; None without requests or without one side."""
    if legacy is None or new is None or legacy + new == 0:
        return None
    return new / (legacy + new)


def intended_share(parts: Iterable[tuple[float | None, int]]) -> float | None:
    """Σ(intended × requests) / Σ requests, over the parts (intended, requests) that say what was
    intended; None if those have no requests.

    The weights are the requests answered, so that intended and observed share speak of the same
    traffic and differ only if the gateway does not do what it was told.
    """
    sent = 0.0
    requests = 0
    for intended, count in parts:
        if intended is not None:
            sent += intended * count
            requests += count
    return sent / requests if requests else None


def error_rate(errors: int, requests: int) -> float | None:
    """errors / requests; None without requests."""
    return errors / requests if requests else None


def side_figures(*accounts: SideTraffic | None) -> SideFigures | None:
    """The figures of all accounts together: give `new` and `shadow` for the new backend.

    None if none was measured. p50 and p95 come from the added histograms, so from those requests
    whose latency was measured.
    """
    measured = [account for account in accounts if account is not None]
    if not measured:
        return None
    requests = sum(account.requests for account in measured)
    latency: tuple[int, ...] = ()
    for account in measured:
        latency = add(latency, account.latency)
    return SideFigures(
        requests=requests,
        error_rate=error_rate(sum(account.errors for account in measured), requests),
        p50_ms=quantile(latency, 0.5),
        p95_ms=quantile(latency, 0.95),
    )


def traffic_figures(
    *,
    legacy: SideTraffic | None,
    new: SideTraffic | None,
    shadow: SideTraffic | None,
    intended: float | None,
    span_ms: int,
    resolution_ms: int,
) -> TrafficFigures | None:
    """All figures of a span from the sums of its three sides; None if no side was measured."""
    if legacy is None and new is None and shadow is None:
        return None
    answered = [None if side is None else side.requests for side in (legacy, new)]
    return TrafficFigures(
        requests=sum(count or 0 for count in answered),
        span_ms=span_ms,
        resolution_ms=resolution_ms,
        new_share=new_share(*answered),
        intended_share=intended,
        legacy=side_figures(legacy),
        new=side_figures(new, shadow),
    )
