"""Moments as HTTP writes them → UTC milliseconds; durations as configs write them → ms."""

import re
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

#: Gives the UTC milliseconds of now.
Clock = Callable[[], int]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration_ms(text: str, *, least: int, most: int) -> int:
    """`10s`, `5m` or `1h` → ms. Raises ValueError, with advice."""
    match = _DURATION.fullmatch(text.strip()) if len(text) <= 32 else None
    if match is None:
        raise ValueError("expected a duration such as 10s, 5m or 1h")
    ms = float(match[1]) * _UNIT_MS[match[2]]
    if not least <= ms <= most:
        days = most / _UNIT_MS["d"]
        longest = f"{days:g}d" if days >= 1 else f"{most / 1000:g}s"
        raise ValueError(f"expected a duration from {least / 1000:g}s to {longest}")
    return round(ms)


def http_date_ms(text: str | None) -> int | None:
    """`Sun, 06 Nov 1994 08:49:37 GMT` → UTC ms; None for anything else."""
    if not text or len(text) > 64:
        return None
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def retry_after_ms(text: str | None, now: int) -> int | None:
    """A `Retry-After` (seconds, or a date compared with `now`) → ms from now; None without one."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) <= 12:
        return int(text) * 1000
    moment = http_date_ms(text)
    return None if moment is None else max(0, moment - now)
