"""A table of any length that draws only the rows in sight.

Columns are chosen by the width there is: each has a rank, and the most important that fit are
shown, in their own order. One cursor moves over rows and columns; it holds on to its row while
rows come, go and change places, except on the first row, where it stays on top.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct
from rich.cells import cell_len
from textual import events
from textual.message import Message

from goliath_tui.widgets.frame import Frame
from goliath_tui.widgets.ink import Line, Run, cut_end, fit, runs_width
from goliath_tui.widgets.keys import TABLE_KEYS, bindings
from goliath_tui.widgets.lens import NO_LENS, Lens
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import Sheet, SheetColumn, Value

Row = TypeVar("Row")
_NARROW_GAP, _WIDE_GAP = 2, 4
_WHEEL = 3


class Column(Struct, Generic[Row], frozen=True):
    """How one column is drawn and sorted.

    `rank`: 0 is always there, the highest goes first when the width runs out. `most`: a flexible
    column grows from `width` up to this. `sort` gives a row's sort key, None for unknown, which
    comes last in both directions. `falling`: the first press of the sort key puts the largest on
    top. `tail`: cells at the end that are no figure, so a right-aligned title ends before them.
    `value` gives the raw value for a file where the sort key is not that, `unit` its unit; a column
    without either is a drawing, and is in no file.
    """

    name: str
    title: str
    width: int
    draw: Callable[[Row, int, Palette], Sequence[Run]]
    sort: Callable[[Row], Any] | None = None
    align: Literal["left", "right"] = "left"
    rank: int = 0
    most: int = 0
    falling: bool = False
    tail: int = 0
    value: Callable[[Row], Value] | None = None
    unit: str = ""


class Table(Frame, Generic[Row]):
    """Rows under a header line. Subclasses give `columns`, `key` and `haystack`."""

    BINDINGS = bindings(TABLE_KEYS)
    #: What a row is called when rows are counted, and whether the screen's filter goes for them.
    ONE = "row"
    FILTERED = True

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """A row was clicked twice."""

    def __init__(self, *, number: int | None = None, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(number=number, id=id)
        self.rows: Sequence[Row] = ()
        self.seen: list[Row] = []
        self.lens: Lens = NO_LENS
        self.cursor = 0
        self.column: str | None = None
        self.sorted_by: tuple[str, bool] | None = None
        self._held: Hashable = None
        self._top = 0
        self._page = 1
        self._spans: list[tuple[Column[Row], int, int]] = []
        self._drawn_rows: dict[Hashable, tuple[Row, Line]] = {}
        self._drawn_for: tuple[object, ...] = ()

    def columns(self) -> Sequence[Column[Row]]:
        """Every column there is, in the order in which they stand."""
        raise NotImplementedError

    def key(self, row: Row) -> Hashable:
        """What a row is known by."""
        raise NotImplementedError

    def haystack(self, row: Row) -> str:
        """The text of a row that the filter looks through."""
        raise NotImplementedError

    def label(self, row: Row) -> str:
        """A row's whole name, which the first column may have to cut."""
        return self.haystack(row)

    def named(self) -> str:
        """The whole name of the row under the cursor; empty without one."""
        row = self.row()
        return "" if row is None else self.label(row)

    def cut_name(self) -> str:
        """The whole name of the row under the cursor, if the table had to cut it."""
        name = self.named()
        return name if self._spans and cell_len(name) > self._spans[0][2] else ""

    def surroundings(self) -> Hashable:
        """What the drawing of a row rests on beside the row; all are drawn anew when it moves."""
        return None

    def nothing(self) -> str:
        """The sentence that stands where no row is left to show."""
        return f"nothing matches {self.lens.text}" if self.lens else "nothing here"

    def put(self, rows: Sequence[Row]) -> None:
        """Take new rows, in their own order."""
        if rows is not self.rows and rows != self.rows:
            self.rows = rows
            self._arrange()

    def look_through(self, lens: Lens) -> None:
        """Show only the rows that pass `lens`."""
        if lens != self.lens:
            self.lens = lens
            self._arrange()
            self.redraw()

    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.seen[self.cursor] if self.seen else None

    def sheet(self) -> Sheet | None:
        """The rows that are seen with all columns, those that found no room too."""
        read = self.sheet_columns()
        values = [value for _, value in read]
        return Sheet(
            name=str(self.id),
            columns=tuple(column for column, _ in read),
            rows=[tuple(value(row) for value in values) for row in self.seen],
            filtered=self.lens.text if self.lens else "",
            sorted_by=self.sorted_by,
        )

    def sheet_columns(self) -> list[tuple[SheetColumn, Callable[[Row], Value]]]:
        """The columns of a file, each with how it is read from a row."""
        read = ((column, column.value or column.sort) for column in self.columns())
        return [
            (SheetColumn(column.name, column.unit), value)
            for column, value in read
            if value is not None
        ]

    def lens_figure(self, palette: Palette) -> list[Run]:
        """How many rows pass the filter, and which it is: `9 of 32 · /co`."""
        counts = f"{len(self.seen):,} of {len(self.rows):,}"
        return [
            (counts, palette.text),
            (" · ", palette.muted),
            (f"/{self.lens.text}", palette.warn),
        ]

    # -- drawing

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The header line and the rows in sight."""
        self._prepare(width, palette)
        self._page = max(1, height - 1)
        self._top = _window(self._top, self.cursor, self._page, len(self.seen))
        lines = [self._header(palette)]
        if not self.seen:
            lines.append(Line([(cut_end(self.nothing(), width), palette.muted)]))
        in_sight = range(self._top, min(self._top + self._page, len(self.seen)))
        drawn: dict[Hashable, tuple[Row, Line]] = {}
        for i in in_sight:
            row = self.seen[i]
            if i == self.cursor:
                lines.append(self._row(row, True, palette))
                continue
            key = self.key(row)
            before = self._drawn_rows.get(key)
            if before is None or (before[0] is not row and before[0] != row):
                before = (row, self._row(row, False, palette))
            drawn[key] = before
            lines.append(before[1])
        self._drawn_rows = drawn
        return lines

    def _prepare(self, width: int, palette: Palette) -> None:
        """Place the columns and forget drawn rows, where anything that they rest on has moved."""
        wanted = (width, palette, self.columns(), self.surroundings())
        if wanted != self._drawn_for:
            if wanted[:3] != self._drawn_for[:3]:
                self._spans = _place(self.columns(), width)
            self._drawn_for, self._drawn_rows = wanted, {}

    def thumb(self, height: int) -> tuple[int, int] | None:
        """The scroll thumb beside the rows; the header line has none."""
        rows, page = len(self.seen), height - 1
        if page < 2 or rows <= page:
            return None
        size = max(1, page * page // rows)
        start = 1 + round(self._top * (page - size) / (rows - page))
        return start, start + size

    def _header(self, palette: Palette) -> Line:
        line = Line()
        for column, start, width in self._spans:
            mark = ""
            if self.sorted_by and self.sorted_by[0] == column.name:
                mark = "▾" if self.sorted_by[1] else "▴"
            style = palette.muted
            if self.has_focus and column.name == self._current_column():
                style = palette.text
            room = width - column.tail
            title = fit(column.title, room, align=column.align, cut="end")
            begin = start
            if mark:
                begin, title = _marked(start, title, mark, column.align)
            line.to(begin).add(title, style)
        return line

    def _row(self, row: Row, current: bool, palette: Palette) -> Line:
        focused = current and self.has_focus
        ground = palette.cursor if focused else palette.cursor_blurred if current else None
        line = Line(ground=ground, mark="▸" if focused else " ")
        for column, start, width in self._spans:
            runs = column.draw(row, width, palette)
            taken = runs_width(runs)
            line.to(start + (max(0, width - taken) if column.align == "right" else 0))
            line.extend(Line(runs).cropped(width) if taken > width else runs)
        if focused and palette.flat:
            line.runs = [(text, ground or style) for text, style in line.runs]
        return line

    # -- rows

    def _arrange(self) -> None:
        seen = [row for row in self.rows if not self.lens or self.lens.passes(self.haystack(row))]
        if self.sorted_by:
            seen = self._sorted(seen, *self.sorted_by)
        self.seen = seen
        if self._held is not None:
            found = (i for i, row in enumerate(seen) if self.key(row) == self._held)
            self.cursor = next(found, self.cursor)
        self.cursor = max(0, min(self.cursor, len(seen) - 1))

    def _sorted(self, rows: list[Row], name: str, falling: bool) -> list[Row]:
        sort = next(column.sort for column in self.columns() if column.name == name)
        if sort is None:
            return rows
        keyed = [(sort(row), row) for row in rows]
        known = [pair for pair in keyed if pair[0] is not None]
        known.sort(key=lambda pair: pair[0], reverse=falling)
        return [row for _, row in known] + [row for key, row in keyed if key is None]

    def _current_column(self) -> str:
        names = [column.name for column, _, _ in self._spans]
        if self.column in names:
            return str(self.column)
        return names[0] if names else ""

    def _move_to(self, index: int) -> None:
        self.cursor = max(0, min(index, len(self.seen) - 1))
        self._held = self.key(self.seen[self.cursor]) if self.cursor > 0 else None
        self.redraw()
        self.post_message(self.Moved())

    # -- hands

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self._move_to(self.cursor + rows)

    def action_page(self, halves: int) -> None:
        """Move the cursor by half pages."""
        self._move_to(self.cursor + halves * max(1, self._page // 2))

    def action_edge(self, last: bool) -> None:
        """Move the cursor to the first or the last row."""
        self._move_to(len(self.seen) - 1 if last else 0)

    def action_column(self, step: int) -> None:
        """Move to the column beside."""
        names = [column.name for column, _, _ in self._spans]
        if names:
            at = names.index(self._current_column()) + step
            self.column = names[max(0, min(at, len(names) - 1))]
            self.redraw()

    def action_sort(self) -> None:
        """Sort by the current column; again: the other way round; a third time: as it came."""
        self._sort_by(self._current_column())

    def _sort_by(self, name: str) -> None:
        column = next((column for column in self.columns() if column.name == name), None)
        if column is None or column.sort is None:
            return
        if self.sorted_by is None or self.sorted_by[0] != name:
            self.sorted_by = (name, column.falling)
        elif self.sorted_by[1] == column.falling:
            self.sorted_by = (name, not column.falling)
        else:
            self.sorted_by = None
        self._arrange()
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the rows; the cursor stays in sight."""
        event.stop()
        self._scroll(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the rows; the cursor stays in sight."""
        event.stop()
        self._scroll(-_WHEEL)

    def _scroll(self, rows: int) -> None:
        last = max(0, len(self.seen) - self._page)
        self._top = max(0, min(self._top + rows, last))
        self._move_to(max(self._top, min(self.cursor, self._top + self._page - 1)))

    def on_click(self, event: events.Click) -> None:
        """A click on a row moves the cursor there, one on a column's title sorts by it."""
        x, y = event.x - 2, event.y - 2
        if y == -1:
            for column, start, width in self._spans:
                if start <= x < start + width:
                    self.column = column.name
                    self._sort_by(column.name)
        elif y >= 0 and self._top + y < len(self.seen) and y < self._page:
            if event.chain > 1:
                self.post_message(self.Opened())
            else:
                self._move_to(self._top + y)


def _marked(start: int, title: str, mark: str, align: str) -> tuple[int, str]:
    """A title with its mark at the inner end, in the gap beside the column if need be."""
    if align == "left":
        text = title.rstrip()
        return start, f"{text}{mark}".ljust(len(title))
    text = title.lstrip()
    begin = start + len(title) - len(text)
    return (begin - 1, f"{mark}{text}") if begin > 0 else (begin, f"{text}{mark}")


def _place(columns: Sequence[Column[Row]], width: int) -> list[tuple[Column[Row], int, int]]:
    """The columns that fit, each with its start and its width."""
    chosen: list[Column[Row]] = []
    for column in sorted(columns, key=lambda column: column.rank):
        taken = sum(other.width for other in chosen) + len(chosen) * _NARROW_GAP
        if chosen and taken + column.width > width:
            break
        chosen.append(column)
    chosen.sort(key=columns.index)
    widths = [column.width for column in chosen]
    spare = width - sum(widths) - (len(chosen) - 1) * _NARROW_GAP
    for i in sorted(range(len(chosen)), key=lambda i: chosen[i].rank):
        more = max(0, min(spare, chosen[i].most - widths[i]))
        widths[i] += more
        spare -= more
    gaps = len(chosen) - 1
    gap = min(_WIDE_GAP, _NARROW_GAP + spare // gaps) if gaps and spare > 0 else _NARROW_GAP
    widths[0] = min(widths[0], width)
    placed, start = [], 0
    for column, taken in zip(chosen, widths, strict=True):
        placed.append((column, start, taken))
        start += taken + gap
    return placed


def _window(top: int, cursor: int, page: int, rows: int) -> int:
    """The first row in sight, so that the cursor is in sight and no space is left unused."""
    if cursor < top:
        top = cursor
    elif cursor >= top + page:
        top = cursor - page + 1
    return max(0, min(top, rows - page))
