"""Moments as HTTP writes them → UTC milliseconds."""

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

#: Gives the UTC milliseconds of now.
Clock = Callable[[], int]


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
