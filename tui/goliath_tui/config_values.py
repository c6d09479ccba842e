"""What single settings of a config mean: durations, addresses, secrets, paths, time zones.

Pure but for the machine's own time zone and its file system. What is no such thing raises
ValueError with advice.
"""

import difflib
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST_MS = 7 * 86_400_000
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SecretShape(msgspec.Struct, forbid_unknown_fields=True):
    """Where a secret is; exactly one is set, and a command has at least a program."""

    env: str | None = None
    file: str | None = None
    command: list[str] | None = None


def duration_ms(raw: str | float, least: int) -> int:
    """`10s`, `5m` or `1h` → ms, from `least` to a week."""
    match = _DURATION.fullmatch(str(raw).strip())
    if match is None:
        raise ValueError("expected a duration such as 10s, 5m or 1h")
    duration = min(float(match[1]) * _UNIT_MS[match[2]], 1e12)
    if not least <= duration <= _LONGEST_MS:
        raise ValueError(f"expected a duration from {least / 1000:g}s to 7d")
    return round(duration)


def check_address(url: str, *, has_token: bool) -> None:
    """Whether a source may be asked at `url`; `has_token`: a token would be sent there."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        parts.port  # noqa: B018 - raises on a port that is no number
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise ValueError("expected an address such as https://gateway.example/api")
    if parts.username or parts.password:
        raise ValueError("credentials do not belong in the address: use `token:`")
    if parts.query or parts.fragment:
        raise ValueError("expected an address without ? and #")
    if has_token and parts.scheme == "http" and host not in _LOOPBACK:
        raise ValueError("a token is sent over https only: http would show it to everyone")


def secret_shape(raw: Any) -> SecretShape:
    """Where a secret is. The secret itself, written into the config, is refused."""
    expected = "expected {env: NAME}, {file: PATH} or {command: [program, argument]}"
    if not isinstance(raw, dict):
        raise ValueError(f"a secret is never written into the config: {expected}")
    try:
        shape = msgspec.convert(raw, SecretShape)
    except msgspec.ValidationError:
        raise ValueError(expected) from None
    given = [part for part in (shape.env, shape.file, shape.command) if part is not None]
    if len(given) != 1 or shape.command == []:
        raise ValueError(expected)
    return shape


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean x?` where one of the known names is close; else empty."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def nearest(path: Path) -> Path | None:
    """`path`, or the closest of its parents that is there and that we may look at."""
    for place in (path, *path.parents):
        with suppress(OSError):
            place.stat()
            return place
    return None


def zone(name: str) -> tzinfo:
    """The time zone of an IANA name such as `Europe/Berlin`."""
    if name.upper() == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise ValueError(
            "unknown time zone: expected UTC or an IANA name such as Europe/Berlin"
        ) from None


def local_time_zone() -> tzinfo:
    """The machine's time zone, with its daylight saving rules where the machine names it."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named:
        target = str(Path("/etc/localtime").resolve())
        named = target.partition("zoneinfo/")[2]
    try:
        return zone(named)
    except ValueError:
        return datetime.now().astimezone().tzinfo or UTC
