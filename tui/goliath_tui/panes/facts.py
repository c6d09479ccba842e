"""A few facts about one thing in aligned columns, above the panes that look into it."""

from collections.abc import Sequence

from msgspec import Struct
from rich.cells import cell_len

from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Line, Run, cut_middle, printable
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import Palette

_GAP = 3
_MARGIN = 1
_LEAST = 6
#: What stands for a value that is on its way.
ON_ITS_WAY = "…"


class Fact(Struct, frozen=True):
    """A name and its value. `role`: the palette's style of the value. `short`: a shorter name."""

    name: str
    value: str
    role: str = "text"
    short: str = ""

    def width(self, *, short: bool = False) -> int:
        """The cells of its name, or of the shorter one, and of its value."""
        name = self.short if short and self.short else self.name
        return cell_len(name) + bool(name and self.value) + cell_len(self.value)


class FactsStrip(LineWidget):
    """Lines of facts. `rows`: the facts of each line; those below one another form a column."""

    def __init__(self) -> None:
        super().__init__(id="facts")
        self.rows: tuple[tuple[Fact, ...], ...] = ()
        self.faded = False

    def parts(self) -> tuple[object, ...]:
        """All that the drawing rests on."""
        return (self.rows, self.faded)

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The facts, each column as wide as it needs or as there is room."""
        ink = palette.faded if self.faded else palette
        cells = columns(self.rows, width - 2 * _MARGIN)
        lines = []
        for row in self.rows[:height]:
            line, start = Line(), _MARGIN
            for fact, cell in zip(row, cells, strict=False):
                line.to(start).extend(fact_runs(fact, cell, ink))
                start += cell + _GAP
            lines.append(line)
        return lines


def fact_runs(fact: Fact, width: int, palette: Palette) -> list[Run]:
    """A fact in at most `width` cells: the name gives way first, then the middle of the value."""
    value = printable(fact.value)
    unknown = value in {fmt.UNKNOWN, ON_ITS_WAY}
    style = palette.faint if unknown else getattr(palette, fact.role)
    for name in (printable(fact.name), printable(fact.short)):
        gap = " " if name and value else ""
        if name and cell_len(name) + len(gap) + cell_len(value) <= width:
            return [(name + gap, palette.muted), (value, style)]
    if not value:
        return [(cut_middle(printable(fact.name), width), palette.muted)]
    return [(cut_middle(value, width), style)]


def columns(rows: Sequence[Sequence[Fact]], room: int) -> list[int]:
    """The widths of the columns: what they need and an equal part of what is left.

    Where there is too little, shorter names are counted on, and then the widest gives way first.
    """
    count = max((len(row) for row in rows), default=0)
    if not count:
        return []
    room -= _GAP * (count - 1)
    cells = _needed(rows, count, short=False)
    if sum(cells) > room:
        cells = _needed(rows, count, short=True)
    spare = room - sum(cells)
    if spare > 0:
        return [cell + spare // count for cell in cells]
    while spare < 0 and max(cells) > _LEAST:
        cells[cells.index(max(cells))] -= 1
        spare += 1
    return cells


def _needed(rows: Sequence[Sequence[Fact]], count: int, *, short: bool) -> list[int]:
    return [max(row[i].width(short=short) for row in rows if i < len(row)) for i in range(count)]
