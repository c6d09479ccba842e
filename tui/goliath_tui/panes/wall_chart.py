"""A filled chart that is read from across a room: solid below its line, to an eighth of a cell."""

from collections.abc import Mapping, Sequence

from rich.style import Style

from goliath_tui.panes.wall_sheet import LIGHT, Sheet, said_rows, said_width
from goliath_tui.widgets.axis import Scale, number, value_ticks
from goliath_tui.widgets.digits import DOUBLED
from goliath_tui.widgets.ink import Run
from goliath_tui.widgets.palette import Palette

_EIGHTHS = " ▁▂▃▄▅▆▇█"
#: Rows of a chart from which its ticks may be named in glyphs.
_TALL = 16

Mark = tuple[str, Style]


def area(
    values: Sequence[float | None],
    scale: Scale,
    rows: int,
    *,
    ink: Palette,
    marks: Mapping[tuple[int, int], Mark],
) -> list[list[Run]]:
    """Rows of runs: each column filled up to its value, bright for one cell below its top.

    None leaves a gap. `marks`: characters by (column, row); they stand above the area, and on it
    where there are colours, which it keeps as their ground.
    """
    body = ink.new_soft.color
    ground = Style(bgcolor=body) if body is not None else None
    eighths = [None if value is None else _eighths(value, scale, rows) for value in values]
    return [
        joined(
            [
                _cell(filled, rows - 1 - row, ground, ink, marks.get((x, row)))
                for x, filled in enumerate(eighths)
            ]
        )
        for row in range(rows)
    ]


def _cell(
    filled: int | None, above: int, ground: Style | None, ink: Palette, mark: Mark | None
) -> Run:
    """One cell that has `above` others below it, of a column with `filled` eighths."""
    here = 0 if filled is None else filled - 8 * above
    if here <= 0:
        return mark or (" ", ink.text)
    crest, body = ink.new + LIGHT, ink.new_soft + LIGHT
    if here <= 8:
        return _EIGHTHS[here], crest
    if here < 16 and ground is not None:
        # The crest is one cell thick wherever it ends: its lower part shares this cell.
        return _EIGHTHS[here - 8], body + Style(bgcolor=crest.color)
    if mark is not None and ground is not None:
        return mark[0], mark[1] + ground
    return "█", body


def joined(cells: Sequence[Run]) -> list[Run]:
    """Neighbours of one style as one run."""
    runs: list[Run] = []
    for text, style in cells:
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + text, style)
        else:
            runs.append((text, style))
    return runs


def _eighths(value: float, scale: Scale, rows: int) -> int:
    part = (value - scale.low) / (scale.high - scale.low)
    return max(1 if value > scale.low else 0, min(rows * 8, round(part * rows * 8)))


def row_of(value: float, scale: Scale, rows: int) -> int:
    """The row that holds a value, 0 at the top."""
    part = (scale.high - value) / (scale.high - scale.low)
    return max(0, min(rows - 1, int(part * rows)))


def labels_width(scale: Scale, size: int) -> int:
    """The cells that the names of the ticks take, with a blank behind them."""
    return max(said_width(number(value), size) for value in (scale.low, scale.high)) + 2


def label_scale(rows: int, scale: int) -> int:
    """How large the names of the ticks of a chart of `rows` rows are."""
    return scale if rows >= _TALL * (2 if scale >= DOUBLED else 1) else 0


def draw_labels(
    sheet: Sheet,
    top: int,
    rows: int,
    scale: Scale,
    *,
    wanted: float | None,
    size: int,
    ink: Palette,
) -> None:
    """The names of a chart's ticks; `size` is what `label_scale` says."""
    width = labels_width(scale, size)
    if size:
        values = [scale.high, scale.low]
        if wanted is not None and scale.holds(wanted):
            far = said_rows(size) + 1
            at = row_of(wanted, scale, rows)
            if far <= at < rows - far:
                values.append(wanted)
        ticks = {row_of(value, scale, rows): value for value in values}
    else:
        ticks = value_ticks(scale, rows)
    for row, value in ticks.items():
        text = number(value)
        tall = said_rows(size)
        y = top + max(0, min(rows - tall, row - tall // 2))
        sheet.say(width - 2 - said_width(text, size), y, text, ink.muted, size, width)


def bars(values: Sequence[float], width: int, rows: int) -> list[str]:
    """Values as bars side by side over `width` cells and `rows` rows, the largest the highest."""
    top = max(values, default=0)
    if top <= 0 or not values:
        return [" " * width] * rows
    columns = [values[x * len(values) // width] for x in range(width)]
    filled = [max(int(value > 0), round(value / top * rows * 8)) for value in columns]
    return [
        "".join(_EIGHTHS[max(0, min(8, eighths - 8 * above))] for eighths in filled)
        for above in reversed(range(rows))
    ]
