"""What a line said, and what can be the matter with one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct
from msgspec.structs import replace

from goliath_tui.clean import clean_fact, clean_text
from goliath_tui.domain import Comparison, Difference
from goliath_tui.sources.jsonl.tally import Outcome
from goliath_tui.sources.patterns import starred

LONGEST_NAME = 512
MOST_MOMENT = 253_402_300_799_999
_INDEX = re.compile(r"\[[0-9]+\]")
_ZONE = re.compile(r" (?=[+-][0-9]{2}:?[0-9]{2}$)")


class Fault(StrEnum):
    """What can be odd about a line, as a note says it; in `UNCOUNTED`, the line is not counted."""

    NOT_JSON = "no JSON"
    NOT_OBJECT = "no JSON object"
    TOO_LONG = "longer than is read"
    NO_FIELD = "without the name of a field"
    NO_MOMENT = "without a moment that can be read"
    NO_OUTCOME = "without an outcome and without two answers"
    NOT_HTTP = "no message of goreplay"
    LATE = "late"
    AHEAD = "from the future"
    BARE = "bare"
    FAILED = "failed"
    ALONE = "without their counterparts"


class Odd(Exception):  # noqa: N818 - it says what is the matter with a line
    """A line that cannot be counted. `str()` is an example, and is clean."""

    def __init__(self, fault: Fault, example: str) -> None:
        super().__init__(example)
        self.fault = fault


class Seen(Struct, frozen=True):
    """What a line says. `service`: if the line says it. `faults`: what is odd, though it counts."""

    field: str
    at: int
    outcome: Outcome
    service: str | None = None
    comparison: Comparison | None = None
    faults: tuple[tuple[Fault, str], ...] = ()


class Ignored:
    """Which differences do not count."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [starred(pattern) for pattern in patterns]

    def without(self, found: Iterable[Difference]) -> list[Difference]:
        """Those that do."""
        if not self._patterns:
            return list(found)
        return [one for one in found if not self._fits(_INDEX.sub("[]", one.path))]

    def _fits(self, path: str) -> bool:
        return any(pattern.fullmatch(path) for pattern in self._patterns)


def moment_ms(raw: object) -> int:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, or a date and time → UTC ms.

    Which of the four a number is its size says. A time without a zone is UTC. Raises ValueError.
    """
    if isinstance(raw, str):
        text = raw.strip()
        if not text.replace(".", "", 1).isdecimal():
            moment = datetime.fromisoformat(_ZONE.sub("", text.removesuffix(" UTC")))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return _within(round(moment.timestamp() * 1000))
        raw = float(text) if "." in text else int(text)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError("no moment")
    for limit, factor in ((1e11, 1000), (1e14, 1), (1e17, 1e-3)):
        if abs(raw) < limit:
            return _within(int(raw * factor) if factor >= 1 else int(raw) // 1000)
    return _within(int(raw) // 1_000_000)


def _within(at: int) -> int:
    if not 0 <= at <= MOST_MOMENT:
        raise ValueError("no moment of ours")
    return at


def cleaned(comparison: Comparison) -> Comparison:
    """A comparison that is safe to draw; answers that cannot be cleaned are left out."""
    try:
        return clean_fact(comparison)
    except ValueError:
        return clean_fact(replace(comparison, answers=None))


def line_id(line: bytes, offset: int) -> str:
    """A name for the comparison of a line that has none: the same whenever it is read again."""
    return blake2b(line, digest_size=10, salt=offset.to_bytes(16, "big")).hexdigest()


def example(raw: bytes, most: int = 80) -> str:
    """A line as it may be shown."""
    return clean_text(raw[: 4 * most].decode("utf-8", "backslashreplace"), most)
