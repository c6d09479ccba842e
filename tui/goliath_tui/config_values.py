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


#: What msgspec calls a value, and what people do.
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "`name: value` lines",
    "null": "nothing",
}


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
    if not host or parts.scheme not in {"http", "https"} or re.search(r"\s", url):
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


def in_plain_words(message: str) -> str:
    """What msgspec says of a value that does not fit: ``Expected `str | null`, got `int` ``."""
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", message):
        return f"`{missing[1]}:` is missing"
    match = re.fullmatch(r"Expected `([^`]+)`, got `(\w+)`", message)
    if match is None:
        return message.replace("`", "")
    # That a setting may be left out is no help to who gave it.
    wanted = [_WORDS.get(word, word) for word in match[1].split(" | ") if word != "null"]
    quotes = (
        ": put it in quotes" if match[2] in {"int", "float", "bool"} and "str" in match[1] else ""
    )
    return f"expected {' or '.join(wanted)}, not {_WORDS.get(match[2], match[2])}{quotes}"


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
