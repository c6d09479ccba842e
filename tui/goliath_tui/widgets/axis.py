"""Axes: where a value or a moment stands on a chart, and which ticks to name. Pure."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct

#: Steps of an axis of values, however tall it is.
_MOST_STEPS = 8
_HOUR_STEPS = (1, 2, 3, 4, 6, 12, 24)
_FLOORS = (99.0, 98.0, 95.0, 90.0, 80.0, 50.0)
_CEILINGS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


class Scale(Struct, frozen=True):
    """Values from `low` to `high` over `steps` positions, the first at the top."""

    low: float
    high: float
    steps: int

    def position(self, value: float) -> int:
        """The position of a value, 0 at the top; outside values stand at the nearest end."""
        part = (self.high - value) / (self.high - self.low)
        return max(0, min(self.steps - 1, round(part * (self.steps - 1))))

    def holds(self, value: float) -> bool:
        """Whether a value is on the scale."""
        return self.low <= value <= self.high


def percent_range(low: float, high: float) -> tuple[float, float]:
    """A calm range in percent that holds [low, high]: 80–100 for a share in the nineties.

    Ends stand on a few round values only, so that the axis rarely changes.
    """
    if high <= 50:
        return 0.0, next(ceiling for ceiling in _CEILINGS if high * 1.05 <= ceiling)
    low = min(high, low)
    floor = next((floor for floor in _FLOORS if low >= floor + (100 - floor) * 0.05), 0.0)
    return floor, 100.0


def round_ceiling(value: float) -> float:
    """The smallest of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 × 10ⁿ that is not below `value`."""
    if value <= 0:
        return 1.0
    power = 1.0
    while value > 10 * power:
        power *= 10
    while value <= power:
        power /= 10
    steps = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
    return next(step * power for step in steps if value <= step * power * (1 + 1e-9))


def value_ticks(scale: Scale, rows: int) -> dict[int, float]:
    """Row → value for the labels of a chart of `rows` rows: both ends, equal round steps between.

    Labels keep a row free between them. Where no round step divides the span, only the ends are
    named: an axis with steps of several sizes misleads.
    """
    by_row = Scale(scale.low, scale.high, rows)
    ticks = {0: scale.high, rows - 1: scale.low}
    for value in _between(scale.low, scale.high, rows):
        ticks[by_row.position(value)] = value
    return ticks


def _between(low: float, high: float, rows: int) -> list[float]:
    """Multiples of the smallest step of 1, 2, 5 × 10ⁿ (or 25, 250, …) that divides the span and
    leaves two rows a step, more on a tall chart; else the middle, where that is a whole number.
    """
    span = high - low
    least = span * max(2.0 / max(1, rows - 1), 1 / _MOST_STEPS)
    power = 10.0 ** math.floor(math.log10(least))
    for step in (power * factor for factor in (1, 2, 2.5, 5, 10, 20, 25, 50)):
        parts = span / step
        uneven = step < 25 and _is_whole(step / power / 2.5) and not _is_whole(step / power / 5)
        if step >= least * (1 - 1e-9) and parts >= 2 and _is_whole(parts) and not uneven:
            return [low + step * i for i in range(1, round(parts))]
    middle = low + span / 2
    return [middle] if rows >= 5 and _is_whole(middle) else []


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-9


def number(value: float) -> str:
    """A tick's value without needless digits: `95`, `2.5`, `1,200`."""
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-9 else f"{value:,.4g}"


class TimeScale(Struct, frozen=True):
    """Moments [starts, ends) over `steps` positions, the first at the left."""

    starts: int
    ends: int
    steps: int

    def position(self, moment: int) -> int:
        """The position of a moment, not limited to the chart."""
        span = max(1, self.ends - self.starts)
        return (moment - self.starts) * self.steps // span


def hour_ticks(scale: TimeScale, zone: tzinfo, label_width: int) -> list[tuple[int, str]]:
    """(position, `16:00`) at round hours of the display time zone, as many as have room.

    Hours are walked in UTC and read in the zone, so a clock change shifts no tick.
    """
    hours = max(1.0, (scale.ends - scale.starts) / 3_600_000)
    room = hours * (label_width + 3) / max(1, scale.steps)
    every = next((step for step in _HOUR_STEPS if step >= room), 24)
    ticks: list[tuple[int, str]] = []
    for moment in _quarter_hours(scale.starts, scale.ends):
        there = moment.astimezone(zone)
        if there.minute == 0 and there.hour % every == 0:
            position = scale.position(round(moment.timestamp() * 1000))
            label = there.strftime("%H:%M")
            # In autumn an hour comes twice; it is named once.
            if not ticks or (position - ticks[-1][0] > label_width and label != ticks[-1][1]):
                ticks.append((position, label))
    return ticks


def _quarter_hours(starts: int, ends: int) -> Iterator[datetime]:
    quarter = timedelta(minutes=15)
    moment = datetime.fromtimestamp(-(-starts // 900_000) * 900, UTC)
    last = datetime.fromtimestamp(ends / 1000, UTC)
    while moment <= last:
        yield moment
        moment += quarter


def days(starts: int, ends: int, zone: tzinfo) -> list[tuple[int, int, datetime]]:
    """The days of a span as (from, until, midnight) in the display time zone, cut to the span."""
    found: list[tuple[int, int, datetime]] = []
    first = datetime.fromtimestamp(starts / 1000, zone)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    while (begin := round(midnight.timestamp() * 1000)) < ends:
        following = (midnight.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
        end = round(following.timestamp() * 1000)
        if end > starts:
            found.append((max(begin, starts), min(end, ends), midnight))
        midnight = following
    return found
