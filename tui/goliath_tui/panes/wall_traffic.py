"""The wall's page of traffic: the big four in one row, and the share of new over the last day."""

from collections.abc import Sequence

from goliath_tui.domain import ShareSeries
from goliath_tui.panes.condition import Condition
from goliath_tui.panes.traffic import TARGET, Step, steps_of
from goliath_tui.panes.wall import Sight
from goliath_tui.panes.wall_chart import (
    Mark,
    area,
    draw_labels,
    label_scale,
    labels_width,
    row_of,
)
from goliath_tui.panes.wall_figures import row_of_figures
from goliath_tui.panes.wall_four import conditions, four_figures
from goliath_tui.panes.wall_sheet import Sheet, said_rows, said_width
from goliath_tui.panes.worry import intended_words
from goliath_tui.widgets.axis import Scale, TimeScale, hour_ticks, percent_range
from goliath_tui.widgets.palette import Palette

_HOUR = 3_600_000
_DAY = 24 * _HOUR


class TrafficPage:
    """What new answers, now and over the last day."""

    name = "traffic"
    title = "traffic"

    def condition(self, sight: Sight) -> Condition:
        """Blank while no traffic is known."""
        series = sight.snapshot.share_series
        known = series is not None and bool(series.points)
        return sight.condition("traffic", ("traffic",), known=known)

    def parts(self, sight: Sight) -> tuple[object, ...]:
        """The figures and the series."""
        snapshot = sight.snapshot
        figures = (snapshot.points, snapshot.fields, snapshot.traffic, snapshot.retired)
        return (*figures, snapshot.share_series, *conditions(sight))

    def draw(self, sight: Sight, sheet: Sheet, scale: int, palette: Palette) -> None:
        """Figures above, chart below, then what it says in words."""
        series = sight.snapshot.share_series
        if series is None:
            return
        figures = four_figures(sight, palette)
        height = max(5, sheet.height // 3)
        used = row_of_figures(sheet, height, figures, scale=scale, ink=palette)
        ink = palette.faded if self.condition(sight).faded else palette
        size = scale if sheet.height >= 28 else 0
        top = used + 1 + bool(size)
        words = said_rows(size) + bool(size)
        rows = sheet.height - top - said_rows(size) - words
        if rows < 3:
            return
        left = _chart(series, sheet, top, rows, size=size, ink=ink)
        _hours(sight, series, sheet, left, top + rows, size=size, ink=ink)
        _say(sight, series, sheet, left, sheet.height - said_rows(size), size=size, ink=ink)


def _chart(
    series: ShareSeries, sheet: Sheet, top: int, rows: int, *, size: int, ink: Palette
) -> int:
    """The share as an area, what was intended and the target; the column where it begins."""
    scale = Scale(*_range(steps_of(series, max(2, sheet.width))), rows)
    labels = label_scale(rows, size)
    left = labels_width(scale, labels)
    across = max(2, sheet.width - left - 1)
    steps = steps_of(series, across)
    columns = [steps[x * len(steps) // across] for x in range(across)]
    values = [None if s is None or s.share is None else s.share * 100 for s in columns]
    marks: dict[tuple[int, int], Mark] = {}
    for x, step in enumerate(columns):
        if step is not None and step.intended is not None:
            marks[x, row_of(step.intended * 100, scale, rows)] = ("─", ink.text)
    if scale.holds(TARGET * 100):
        at = row_of(TARGET * 100, scale, rows)
        marks |= {(x, at): ("┈", ink.text) for x in range(across)}
    draw_labels(sheet, top, rows, scale, wanted=TARGET * 100, size=labels, ink=ink)
    for y, runs in enumerate(area(values, scale, rows, ink=ink, marks=marks)):
        sheet.put(left, top + y, runs)
    return left


def _range(steps: Sequence[Step | None]) -> tuple[float, float]:
    values = [s.share for s in steps if s is not None and s.share is not None]
    values += [s.intended for s in steps if s is not None and s.intended is not None]
    low, high = min(values, default=0.0) * 100, max(values, default=1.0) * 100
    return percent_range(min(low, TARGET * 100) if high > 50 else low, high)


def _hours(
    sight: Sight, series: ShareSeries, sheet: Sheet, left: int, y: int, *, size: int, ink: Palette
) -> None:
    across = max(2, sheet.width - left - 1)
    width = said_width("00:00", size)
    time = TimeScale(series.starts, series.ends, across)
    for x, text in hour_ticks(time, sight.zone, width + 2):
        start = x - width // 2
        if start >= 0 and start + width <= across:
            sheet.say(left + start, y, text, ink.muted, size, width)


def _say(
    sight: Sight, series: ShareSeries, sheet: Sheet, left: int, y: int, *, size: int, ink: Palette
) -> None:
    traffic = sight.snapshot.traffic
    change = change_in_a_day(series)
    parts = [f"{signed(change)} in a day"] if change is not None else []
    parts.append(intended_words(traffic))
    parts.append(f"target {TARGET * 100:.0f} %")
    room = sheet.width - left - 1
    while len(parts) > 1 and said_width("   ".join(parts), size) > room:
        parts.pop()
    sheet.say(left, y, "   ".join(parts), ink.text, size, room)


def change_in_a_day(series: ShareSeries) -> float | None:
    """New's share in the series' last hour less that in its first, in points of percent.

    None where either hour has no requests, or where the series does not cover a day.
    """
    if series.ends - series.starts < _DAY - _HOUR:
        return None
    first = _share(series, series.starts, series.starts + _HOUR)
    last = _share(series, series.ends - _HOUR, series.ends)
    return None if first is None or last is None else (last - first) * 100


def _share(series: ShareSeries, begin: int, end: int) -> float | None:
    points = [point for point in series.points if begin <= point.at < end]
    new, all_ = sum(p.new for p in points), sum(p.new + p.legacy for p in points)
    return new / all_ if all_ else None


def signed(value: float) -> str:
    """A change with its sign: `+7.4`, `−0.2`, `0.0`."""
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else f"{'+' if value > 0 else '−'}{text}"
