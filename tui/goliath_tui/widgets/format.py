"""The one format of each quantity. Pure: numbers in, text out; None is unknown and reads `–`.

The same quantity looks the same on every screen. Callers right-justify, so that figures stand
still while they change.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo

UNKNOWN = "–"
#: What belongs to no service by any rule.
UNMAPPED = "unmapped"
_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def percent(share: float | None) -> str:
    """A share as `82.4 %`. Only all of it is `100.0 %`, only nothing of it is `0.0 %`."""
    if share is None:
        return UNKNOWN
    value = share * 100
    if 0 < share < 1:
        value = min(max(value, 0.1), 99.9)
    return f"{value:.1f} %"


def signed_points_of_percent(change: float | None) -> str:
    """A change of a share in percentage points, with its sign: `+3.2`, `−0.4`, `0.0`."""
    if change is None:
        return UNKNOWN
    text = f"{abs(change) * 100:.1f}"
    if text == "0.0":
        return text
    return f"+{text}" if change > 0 else f"−{text}"


def count(value: int | None) -> str:
    """A count with its thousands grouped: `16,480`."""
    return UNKNOWN if value is None else f"{value:,}"


def short_count(value: float | None) -> str:
    """A count in at most five cells: `9,999`, `12.4k`, `3.1M`."""
    if value is None:
        return UNKNOWN
    if value < 9_999.5:
        return f"{value:,.0f}"
    for unit, size in (("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)):
        scaled = value / size
        if scaled < 99.95:
            return f"{scaled:.1f}{unit}"
        if scaled < 999.5:
            return f"{scaled:.0f}{unit}"
    return f"{value:.0e}"


def points(value: float | None) -> str:
    """Points, grouped; half points show when there are any: `412`, `12.5`."""
    if value is None:
        return UNKNOWN
    value += 0.0  # never "-0"
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def signed_points(value: float | None) -> str:
    """A change of points with its sign, as typeset: `+31`, `−12`, `0`."""
    if value is None:
        return UNKNOWN
    text = points(abs(value))
    if text == "0":
        return "0"
    return f"+{text}" if value > 0 else f"−{text}"


def per_thousand(part: int | None, whole: int | None) -> str:
    """`part` per thousand of `whole`: `3.10`, `127`; unknown when nothing was counted."""
    if part is None or not whole:
        return UNKNOWN
    value = part * 1000 / whole
    if part and value < 0.01:
        return "<0.01"
    return f"{value:.2f}" if value < 99.995 else f"{value:.0f}"


def per_minute(value: float | None) -> str:
    """A rate: `14/min`, `0.4/min`."""
    if value is None:
        return UNKNOWN
    return f"{short_count(value) if value >= 9.95 or value == 0 else f'{value:.1f}'}/min"


def milliseconds(value: float | None) -> str:
    """A latency: `0.8 ms`, `240 ms`, `1.25 s`, `33.0 s`."""
    if value is None:
        return UNKNOWN
    if value < 9.95:
        return f"{value:.1f} ms"
    if value < 999.5:
        return f"{value:.0f} ms"
    return f"{value / 1000:.2f} s" if value < 9_995 else f"{value / 1000:.1f} s"


def size(value: int | None) -> str:
    """Bytes as `512 B`, `1.2 kB`, `3.4 MB`: thousands, as networks count."""
    if value is None:
        return UNKNOWN
    if value < 1000:
        return f"{value} B"
    for unit, factor in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        scaled = value / factor
        if scaled < 999.5:
            return f"{scaled:.1f} {unit}" if scaled < 99.95 else f"{scaled:.0f} {unit}"
    return f"{value / 1e12:,.1f} TB"


def age(ms: int | None) -> str:
    """How long ago, in its largest whole unit: `45 s`, `7 m`, `3 h`, `2 d`."""
    if ms is None:
        return UNKNOWN
    ms = max(0, ms)
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if ms >= size:
            return f"{ms // size} {unit}"
    return f"{ms // 1000} s"


def period(ms: int) -> str:
    """A duration as it is configured: `10 s`, `5 m`, `1 h`, `90 s`."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if ms >= size and ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms / 1000:g} s"


def about(ms: int) -> str:
    """A span in its largest fitting unit, rounded: `24 h` also for ten minutes less."""
    for unit, size, least in (("d", _DAY, 3), ("h", _HOUR, 2), ("m", _MINUTE, 1)):
        if round(ms / size) >= least:
            return f"{round(ms / size)} {unit}"
    return f"{round(ms / 1000)} s"


def local(moment: int, zone: tzinfo) -> datetime:
    """A stored moment in the display time zone."""
    return datetime.fromtimestamp(moment / 1000, zone)


def clock(moment: int, zone: tzinfo) -> str:
    """The time of day: `14:03:27`."""
    return local(moment, zone).strftime("%H:%M:%S")


def clock_or_day(moment: int, now: int, zone: tzinfo) -> str:
    """In eight cells: the time of day if it was today, else the day: `14:03:25`, `02 Mar`.

    A year ago or more: `Mar 2025`.
    """
    there = local(moment, zone)
    if there.date() == local(now, zone).date():
        return there.strftime("%H:%M:%S")
    return there.strftime("%d %b" if now - moment < 360 * _DAY else "%b %Y").rjust(8)


def full_moment(moment: int, zone: tzinfo) -> str:
    """A moment in full: `2026-03-01 14:03:27 UTC`."""
    return local(moment, zone).strftime("%Y-%m-%d %H:%M:%S %Z").rstrip()


def minute(moment: int, zone: tzinfo) -> str:
    """Day and time without seconds, for where there is little room: `2026-03-01 12:00`."""
    return local(moment, zone).strftime("%Y-%m-%d %H:%M")


def day(moment: int, zone: tzinfo) -> str:
    """A day: `30 Aug 2026`."""
    return local(moment, zone).strftime("%d %b %Y")


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 group`, `3 groups`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
