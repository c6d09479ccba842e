"""In what way two JSON scalars differ: the classes `date`, `float`, `encoding`, else `value`.

The classes name the usual causes when one backend is rewritten in another language. They sort
differences for people, they excuse none.
"""

import json
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from html import unescape
from itertools import groupby
from math import isclose, isfinite
from typing import NamedTuple
from unicodedata import combining, normalize
from urllib.parse import unquote

from goliath_tui.domain import DifferenceClass

#: Two numbers are one number, kept with less precision, within this share of the larger.
RELATIVE_TOLERANCE = 1e-6

#: Characters up to which a text is searched for a difference in encoding.
_LONGEST_TEXT = 200_000

#: Marks on one character in stream-safe text (Unicode Standard Annex #15).
_MOST_MARKS = 30

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")

_ISO_8601 = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})"
    r"(?:[Tt ]([01][0-9]|2[0-3]):?([0-5][0-9])(?::?([0-5][0-9]|60)(?:[.,]([0-9]{1,12}))?)?"
    r" ?(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2})?)?)?"
)
_RFC_5322 = re.compile(r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} .{1,40}")

#: The byte behind a character, for whoever reads bytes as Latin-1 or as Windows-1252.
_BYTES = {chr(byte): byte for byte in range(256)} | {
    char: byte
    for byte in range(128, 160)
    if (char := bytes([byte]).decode("cp1252", errors="ignore"))
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 10**12
_MINUTE = 60 * _SECOND
_DAY = 1440 * _MINUTE


def number_class(legacy: float, new: float) -> DifferenceClass:
    """`float` for what looks like one number in two precisions, else `value`.

    One of them at least has to be a float, and one of these hold:
    - both are within `RELATIVE_TOLERANCE` of the larger, or within 1e-12 (1 and 1.0 are);
    - one is the other rounded or cut to fewer decimals, but not to zero; a float has one at least,
      so 12 can stand for 12.3, and 12.0 cannot.
    Two whole numbers only if both are the same double, so beyond 2^53.
    """
    try:
        if type(legacy) is int and type(new) is int:
            near = float(legacy) == float(new)
        else:
            near = (isfinite(legacy) and isfinite(new)) and (
                isclose(legacy, new, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-12)
                or _is_shortened(legacy, new)
                or _is_shortened(new, legacy)
            )
    except OverflowError:  # a whole number that no double can hold
        near = False
    return DifferenceClass.FLOAT if near else DifferenceClass.VALUE


def string_class(legacy: str, new: str) -> DifferenceClass:
    """`date`, `float`, `encoding` or `value` for two different strings; the first that fits.

    - `date`: both are dates or times (ISO 8601, RFC 5322) that mean the same: the same instant, or
      the same reading of the clock with another time zone or none, in the coarser of their two
      precisions. A time without zone is taken as UTC; a fraction's trailing zeros say nothing.
    - `float`: both are decimal numbers, by the rules for numbers.
    - `encoding`: both become one text when HTML entities, percent codes and JSON escapes are
      resolved, line ends, compatibility characters and marks are normalised (NFKC) and UTF-8 that
      was read as Latin-1 or Windows-1252 is repaired; or one has `?` or U+FFFD where the other has
      a character beyond ASCII. Texts of more than 200,000 characters are not searched for it.
    """
    if _is_same_time(legacy, new):
        return DifferenceClass.DATE
    here, there = _NUMBER.fullmatch(legacy), _NUMBER.fullmatch(new)
    if here and there:
        return number_class(_number(here), _number(there))
    if max(len(legacy), len(new)) > _LONGEST_TEXT:
        return DifferenceClass.VALUE
    if _is_lossy(legacy, new) or _is_lossy(new, legacy) or _readings(legacy) & _readings(new):
        return DifferenceClass.ENCODING
    return DifferenceClass.VALUE


def _is_shortened(full: float, short: float) -> bool:
    """Whether `short` is `full` rounded, either way at the half, or cut, to fewer decimals."""
    if not short:
        return False
    kept = _decimals(short)
    if kept >= _decimals(full):
        return False
    gap, unit = abs(full - short), 10.0**-kept
    return gap <= unit / 2 * (1 + 1e-9) or (abs(short) < abs(full) and gap < unit)


def _decimals(number: float) -> int:
    text = repr(number)
    if "e" not in text:
        return len(text.partition(".")[2])
    exponent = Decimal(text).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _number(match: re.Match[str]) -> float:
    if match.group(1) or match.group(2) or len(match.group()) > 4000:
        return float(match.group())
    return int(match.group())


class _Time(NamedTuple):
    """A reading of a clock in picoseconds since 1970, its precision, and its offset from UTC."""

    clock: int
    unit: int
    offset: int


def _is_same_time(legacy: str, new: str) -> bool:
    here, there = _time(legacy), _time(new)
    if here is None or there is None:
        return False
    unit = max(here.unit, there.unit)
    clocks = here.clock, there.clock
    instants = here.clock - here.offset, there.clock - there.offset
    if unit == _DAY:  # a day is cut from a time, never rounded
        return any(one // _DAY == other // _DAY for one, other in (clocks, instants))
    return any(abs(one - other) < unit for one, other in (clocks, instants))


def _time(text: str) -> _Time | None:
    if len(text) > 64:
        return None
    with suppress(ValueError, OverflowError):
        if match := _ISO_8601.fullmatch(text):
            return _iso_time(match)
        if _RFC_5322.fullmatch(text):
            moment = parsedate_to_datetime(text)
            offset = moment.utcoffset() or timedelta()
            clock = moment.replace(tzinfo=UTC) - _EPOCH
            return _Time(_picoseconds(clock), _SECOND, _picoseconds(offset))
    return None


def _iso_time(match: re.Match[str]) -> _Time:
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = match.groups("0")
    digits = fraction.rstrip("0")
    days = date(int(year), int(month), int(day)).toordinal() - _EPOCH.toordinal()
    clock = days * _DAY + (int(hour) * 60 + int(minute)) * _MINUTE
    clock += int(second) * _SECOND + int(digits.ljust(12, "0"))
    unit = _SECOND // 10 ** len(digits)
    if match.group(6) is None:
        unit = _DAY if match.group(4) is None else _MINUTE
    offset = (int(hours) * 60 + int(minutes)) * _MINUTE
    return _Time(clock, unit, -offset if sign == "-" else offset)


def _picoseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * (_SECOND // 10**6)


def _is_lossy(poor: str, rich: str) -> bool:
    """Whether `poor` is `rich` with its characters beyond ASCII replaced one by one."""
    return len(poor) == len(rich) and all(
        one == other or (one in "?\ufffd" and other > "\x7f")
        for one, other in zip(poor, rich, strict=True)
    )


def _readings(text: str) -> set[str]:
    """What a text can have meant, once its layers of escaping are taken off."""
    readings = {_plain(text)}
    for _ in range(2):  # twice garbled is common, thrice is not
        repaired = _repaired(text)
        if repaired == text:
            break
        text = repaired
        readings.add(_plain(text))
    return readings


def _plain(text: str) -> str:
    for _ in range(3):
        before = text
        text = unescape(text)
        if "%" in text:
            with suppress(UnicodeError):
                text = unquote(text, errors="strict")
        if "\\" in text:
            with suppress(ValueError):
                text = str(json.loads(f'"{text}"', strict=False))
        if text == before:
            break
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    return _normalised(text)


def _normalised(text: str) -> str:
    """NFKC; but a run of marks that no script has stays, for sorting it takes quadratic time."""
    if text.isascii():
        return text
    for is_mark, run in groupby(text, lambda char: combining(char) > 0):
        if is_mark and sum(1 for _ in run) > _MOST_MARKS:
            return text
    return normalize("NFKC", text)


def _repaired(text: str) -> str:
    """The text that was meant if its UTF-8 bytes were read one by one, else the text itself."""
    if text.isascii():
        return text
    try:
        return bytes(_BYTES[char] for char in text).decode("utf-8")
    except (KeyError, UnicodeError):
        return text
