"""What charts over time share: the axis of values, the axis of time, a line that is not solid."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from rich.style import Style

from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.axis import Scale, TimeScale, days, hour_ticks, number, value_ticks
from goliath_tui.widgets.canvas import Canvas
from goliath_tui.widgets.ink import Line
from goliath_tui.widgets.palette import Palette

#: Cells of the values' labels; the axis stands behind them.
LABEL = 6
_HOURS_UNTIL_MS = 48 * 3_600_000
_DAY_STEPS = (1, 2, 7, 14, 28, 56, 112, 224)
_DAY_LABEL = 6


def framed(canvas: Canvas, scale: Scale, styles: Sequence[Style], palette: Palette) -> list[Line]:
    """A canvas behind the axis of its values. `styles`: by layer of the canvas. `scale`: its values
    from top to bottom.
    """
    ticks = value_ticks(scale, canvas.height)
    lines = []
    for y in range(canvas.height):
        label = f"{number(ticks[y])} " if y in ticks else ""
        line = Line().add(label.rjust(LABEL), palette.muted)
        line.add("┤" if y in ticks else "│", palette.faint)
        lines.append(line.extend(canvas.row(y, styles)))
    return lines


def time_line(starts: int, ends: int, across: int, zone: tzinfo, palette: Palette) -> Line:
    """The axis of time below a chart of `across` cells: hours, or days where it is longer."""
    scale = TimeScale(starts, ends, across)
    if ends - starts <= _HOURS_UNTIL_MS:
        ticks = hour_ticks(scale, zone, 5)
    else:
        ticks = _day_ticks(scale, zone)
    line = Line().to(LABEL + 1)
    for x, text in ticks:
        start = x - len(text) // 2
        if start >= 0 and start + len(text) <= across:
            line.to(LABEL + 1 + start).add(text, palette.muted)
    return line


def _day_ticks(scale: TimeScale, zone: tzinfo) -> list[tuple[int, str]]:
    """(position, `12 Aug`) at midnights, as many as have room."""
    whole = [begin for begin, _, midnight in days(scale.starts, scale.ends, zone)]
    room = len(whole) * (_DAY_LABEL + 3) / max(1, scale.steps)
    every = next((step for step in _DAY_STEPS if step >= room), _DAY_STEPS[-1])
    return [
        (scale.position(begin), fmt.local(begin, zone).strftime("%d %b"))
        for begin in whole[1::every]
    ]


def time_path(
    values: Sequence[tuple[int, float | None]],
    step_ms: int,
    time: TimeScale,
    place: Callable[[float], int],
) -> list[tuple[int, int] | None]:
    """Dots for (moment, value) in steps of `step_ms`, each in the middle of its step.

    None where a step is missing or its value is unknown: a line ends there. `place`: value → dot.
    """
    path: list[tuple[int, int] | None] = []
    before: int | None = None
    for at, value in values:
        if value is None or (before is not None and at - before > step_ms):
            path.append(None)
        before = at
        if value is not None:
            path.append((time.position(at + step_ms // 2), place(value)))
    return path


def dashed(canvas: Canvas, points: Sequence[tuple[int, int] | None], layer: int) -> None:
    """A line through points, None breaks it, of which every second pair of dots is left out."""
    before: tuple[int, int] | None = None
    walked = 0
    for point in points:
        if point is None:
            before = None
            continue
        (x0, y0), (x1, y1) = before or point, point
        steps = max(abs(x1 - x0), abs(y1 - y0))
        for k in range(before is not None, steps + 1):
            part = k / steps if steps else 0.0
            if walked % 4 < 2:
                canvas.dot(x0 + round((x1 - x0) * part), y0 + round((y1 - y0) * part), layer)
            walked += 1
        if before is None:
            canvas.dot(*point, layer)
        before = point
