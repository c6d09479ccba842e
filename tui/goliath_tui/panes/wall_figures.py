"""Large figures on the wall: each below its label, as large as there is room, standing still."""

from collections.abc import Sequence

from msgspec import Struct
from rich.style import Style

from goliath_tui.panes.wall_sheet import Sheet, common_scale, said_rows, said_width
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.digits import SMALLEST, big_width, largest
from goliath_tui.widgets.palette import Palette

#: From this many rows on a unit is drawn in glyphs of half the size, else in text.
_UNIT_ROWS = 2 * SMALLEST


class Figure(Struct, frozen=True):
    """One large figure. `room`: the widest value that is expected, for which room is kept.

    `mark`: how old it is, when it is; it stands beside the label.
    """

    value: str
    label: str
    short_label: str
    style: Style
    unit: str = ""
    room: str = "88.8"
    mark: str = ""
    mark_style: Style = Style.null()

    def widest(self) -> str:
        """What room is kept for."""
        return max(self.room, self.value, key=lambda text: big_width(text, SMALLEST))

    def cells(self, rows: int) -> int:
        """The cells that the figure takes with its unit."""
        return big_width(self.widest(), rows) + unit_width(self.unit, rows)


class Labels(Struct, frozen=True):
    """The labels of some figures: long or short, all at one scale."""

    texts: tuple[str, ...]
    scale: int
    short: bool

    @property
    def rows(self) -> int:
        """The rows that they take."""
        return said_rows(self.scale)


def share_text(share: float | None) -> str:
    """A share for large digits: `82.4`, `100`, `–`; its unit stands beside it."""
    text = fmt.percent(share).removesuffix(" %")
    return "100" if text == "100.0" else text


def unit_width(unit: str, rows: int) -> int:
    """The cells of a unit beside a figure of `rows` rows, with its gap."""
    if unit == "%" and rows >= _UNIT_ROWS:
        return big_width("%", rows // 2) + 1 + rows // 4
    return len(unit) + 1 if unit else 0


def rows_that_fit(figures: Sequence[Figure], width: int, height: int) -> int | None:
    """The most rows at which each of the figures fits into `width` × `height`."""
    for rows in range(height, SMALLEST - 1, -1):
        if all(
            largest(figure.widest(), width - unit_width(figure.unit, rows), rows) == rows
            for figure in figures
        ):
            return rows
    return None


def draw_figure(
    sheet: Sheet, x: int, y: int, figure: Figure, *, rows: int | None, width: int, ink: Palette
) -> None:
    """The figure with its unit from column `x` on; in text where no digits fit (`rows` None)."""
    if rows is None:
        text = f"{figure.value} {figure.unit}".strip()
        sheet.text(x, y, text, figure.style, width)
        return
    right = x + big_width(figure.widest(), rows)
    sheet.figure(right, y, figure.value, rows, figure.style)
    if figure.unit == "%" and rows >= _UNIT_ROWS:
        size = rows // 2
        sheet.figure(right + unit_width("%", rows), y + rows - size, "%", size, ink.muted)
    elif figure.unit:
        sheet.text(right + 1, y + rows - 1, figure.unit, ink.muted)


def labels_that_fit(figures: Sequence[Figure], width: int, scale: int) -> Labels:
    """The largest labels that fit: in glyphs long or short, else in text."""
    long, short = [f.label for f in figures], [f.short_label for f in figures]
    for size in range(scale, 0, -1):
        for texts in (long, short):
            marked = [f"{t}  {f.mark}".rstrip() for t, f in zip(texts, figures, strict=True)]
            if common_scale(marked, width, size) == size:
                return Labels(tuple(texts), size, texts is short)
    fits = all(len(f"{f.label}  {f.mark}") <= width for f in figures)
    return Labels(tuple(long if fits else short), 0, not fits)


def draw_label(
    sheet: Sheet, x: int, y: int, figure: Figure, text: str, *, scale: int, ink: Palette
) -> None:
    """The label, and behind it the mark of an old figure with its age."""
    wide = said_width(text, scale)
    sheet.say(x, y, text, ink.text, scale, wide)
    if figure.mark:
        sheet.say(
            x + wide + (5 if scale else 2),
            y,
            figure.mark,
            figure.mark_style,
            scale,
            said_width(figure.mark, scale),
        )


def row_of_figures(
    sheet: Sheet, height: int, figures: Sequence[Figure], *, scale: int, ink: Palette
) -> int:
    """Figures side by side at the top of a sheet, in at most `height` rows; the rows they took.

    A label and its figure end in one column, so that neither moves when the figure grows.
    """
    gap = 2 if sheet.width < 100 else 4 if sheet.width < 160 else 8
    cell = (sheet.width - 2 - gap * (len(figures) - 1)) // max(1, len(figures))
    labels = labels_that_fit(figures, cell, scale if height >= 7 else 0)
    head = labels.rows + (1 if labels.scale else 0)
    rows = rows_that_fit(figures, cell, height - head)
    for i, (figure, text) in enumerate(zip(figures, labels.texts, strict=True)):
        x = 1 + i * (cell + gap)
        wide = 0 if rows is None else figure.cells(rows) - unit_width(figure.unit, rows)
        label = said_width(text, labels.scale)
        at_left = bool(figure.unit) or rows is None
        over = x if at_left else x + max(0, wide - label)
        draw_label(sheet, over, 0, figure, text, scale=labels.scale, ink=ink)
        start = x if at_left else x + max(0, label - wide)
        draw_figure(sheet, start, head, figure, rows=rows, width=cell, ink=ink)
    return head + (rows or 1)
