"""Shares and rates of traffic.

A side that was not measured is None and leaves the share unknown; a side with zero requests is a
measurement.
"""


def new_share(legacy: int | None, new: int | None) -> float | None:
    """new / (legacy + new), in requests answered; None without requests or without one side."""
    if legacy is None or new is None or legacy + new == 0:
        return None
    return new / (legacy + new)


def error_rate(errors: int, requests: int) -> float | None:
    """errors / requests; None without requests."""
    return errors / requests if requests else None
