"""How a row of two answers is drawn: marks, both sides, what differs in a line, the class. Pure
but for a few remembered lines, since a line can be megabytes long.

    ~ "due": "2021-08-30",        │ ~ "due": "2021-08-31",          value
    − "owner": {                  │                               missing
    ⋯ 214 equal lines
"""

import re
from collections.abc import Callable

from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.style import Style

from goliath_tui.measures.json_lines import JsonText
from goliath_tui.measures.side_blocks import Block, Mark, SideBySide
from goliath_tui.measures.side_rows import Row
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Line, Run, printable
from goliath_tui.widgets.palette import Palette

#: Cells beside the text of a side: its mark and a blank.
GUTTER = 2
_BETWEEN = " │ "
_KEY = re.compile(r' *"[^"\\]{0,200}(?:\\.[^"\\]{0,200}){0,20}": ')
_LONG = 4096
_KEPT = 8
_APART = Style(bold=True, underline=True)
_LEFT = {Mark.GONE: "−", Mark.CHANGED: "~", Mark.MOVED: "⇅", Mark.ELSEWHERE: "↕", Mark.HEAD: "~"}
_RIGHT = {**_LEFT, Mark.ADDED: "+"}
_FOLDED = {
    Mark.EQUAL: "equal",
    Mark.GONE: "more in legacy only",
    Mark.ADDED: "more in new only",
    Mark.MOVED: "more that moved",
    Mark.CHANGED: "more that differ",
}


class Layout(Struct, frozen=True):
    """`width` cells for a row; `stacked`: one side only in each. `shift`: characters scrolled."""

    width: int
    stacked: bool
    shift: int = 0

    @property
    def left(self) -> int:
        """The cells for the text of the legacy side; the new one has them too, or one more."""
        if self.stacked:
            return max(0, self.width - GUTTER)
        return max(0, (self.width - 2 * GUTTER - len(_BETWEEN)) // 2)

    @property
    def right(self) -> int:
        """The cells for the text of the new side."""
        if self.stacked:
            return self.left
        return max(0, self.width - 2 * GUTTER - len(_BETWEEN) - self.left)


class Lines:
    """The texts of both sides by line, and what differs in a pair of lines."""

    def __init__(self, side: SideBySide) -> None:
        self.side = side
        self._long: dict[tuple[bool, int], str] = {}
        self._apart: dict[int, tuple[int, int]] = {}

    def text(self, number: int, *, is_left: bool) -> str:
        """A whole line; long ones are remembered, the latest few."""
        known = self._long.get((is_left, number))
        if known is not None:
            return known
        side: JsonText | None = self.side.left if is_left else self.side.right
        line = (side.line(number) if side is not None else b"").decode("utf-8", "replace")
        if len(line) > _LONG:
            while len(self._long) >= _KEPT:
                del self._long[next(iter(self._long))]
            self._long[is_left, number] = line
        return line

    def apart(self, number: int) -> tuple[int, int] | None:
        """How much a block's two lines have in common, from the front and from the back.

        None unless it is a line beside a line.
        """
        block = self.side.blocks[number]
        if block.mark is not Mark.CHANGED or (block.left_lines, block.right_lines) != (1, 1):
            return None
        if number not in self._apart:
            one, other = self.text(block.left, is_left=True), self.text(block.right, is_left=False)
            self._apart[number] = _in_common(one, other)
        return self._apart[number]


def _in_common(one: str, other: str) -> tuple[int, int]:
    """The characters in common at both ends; the comma behind a value is none of it."""
    ends = [len(text) - text.endswith(",") for text in (one, other)]
    least = min(ends)
    front = _most(least, lambda done, more: one[done:more] == other[done:more])

    def alike(done: int, more: int) -> bool:
        here = one[ends[0] - more : ends[0] - done]
        return here == other[ends[1] - more : ends[1] - done]

    return front, _most(least - front, alike)


def _most(least: int, alike: Callable[[int, int], bool]) -> int:
    """The largest n up to `least` such that the first n are alike; found by halving."""
    low, high = 0, least
    while low < high:
        middle = (low + high + 1) // 2
        if alike(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def row_line(
    lines: Lines, row: Row, layout: Layout, word: str, palette: Palette, *, current: bool
) -> Line:
    """One row. `word` stands at its end; `current`: it is of the difference that is looked at."""
    side = lines.side
    block = side.blocks[row.block]
    if row.hidden:
        return _fold(block, row.hidden, palette)
    room = layout.width - (cell_len(word) + 2 if word else 0)
    line = Line()
    if not layout.stacked:
        line.extend(_half(lines, row, layout, palette, is_left=True))
        line.to(GUTTER + layout.left).add(_BETWEEN, palette.faint)
        line.extend(_half(lines, row, layout, palette, is_left=False))
    else:
        line.extend(_half(lines, row, layout, palette, is_left=row.left is not None))
    if not word:
        return line
    if line.width > room:
        line = Line(line.cropped(room))
    style = palette.badge if current else palette.strong
    return line.to(layout.width - cell_len(word) - 2).add(f" {word} ", style)


def _fold(block: Block, hidden: int, palette: Palette) -> Line:
    words = _FOLDED.get(block.mark, "more")
    equal = block.mark is Mark.EQUAL
    count = f"{hidden:,}" if equal else fmt.plural(hidden, "line")
    text = f"{count} {words} line{'s' if hidden != 1 else ''}" if equal else f"{count} {words}"
    return Line([("⋯ ", palette.text), (text, palette.muted)])


def _half(lines: Lines, row: Row, layout: Layout, palette: Palette, *, is_left: bool) -> list[Run]:
    number = row.left if is_left else row.right
    if number is None:
        return []
    block = lines.side.blocks[row.block]
    ink = palette.legacy if is_left else palette.new
    mark = block.mark
    if layout.stacked and mark is Mark.CHANGED:
        # One below the other, they are read as what was and what is.
        mark = Mark.GONE if is_left else Mark.ADDED
    sign = (_LEFT if is_left else _RIGHT).get(mark, " ")
    if block.mark is Mark.ELSEWHERE:
        ink = palette.muted
    text = lines.text(number, is_left=is_left)
    room = layout.left if is_left else layout.right
    runs = _coloured(lines, row, text, palette, is_left=is_left)
    return [(f"{sign} ", ink + Style(bold=True)), *_window(text, runs, layout.shift, room, palette)]


#: A stretch [start, end) of a line's characters and its style.
_Stretch = tuple[int, int, Style]


def _coloured(
    lines: Lines, row: Row, text: str, palette: Palette, *, is_left: bool
) -> list[_Stretch]:
    """Keys are quiet; what differs has its side's colour, and where exactly is underlined."""
    block = lines.side.blocks[row.block]
    ink = palette.legacy if is_left else palette.new
    if block.mark is Mark.ELSEWHERE:
        return [(0, len(text), palette.muted)]
    found = _KEY.match(text, 0, _LONG)
    value = found.end() if found else 0
    if block.mark in {Mark.EQUAL, Mark.HEAD}:
        return [(0, value, palette.muted), (value, len(text), palette.text)]
    common = lines.apart(row.block)
    if common is None:
        return [(0, len(text), ink)]
    front = common[0]
    back = len(text) - text.endswith(",") - common[1]
    value = min(value, front)
    return [
        (0, value, palette.text),
        (value, front, ink),
        (front, back, ink + _APART),
        (back, len(text), ink),
    ]


def _window(
    text: str, stretches: list[_Stretch], shift: int, room: int, palette: Palette
) -> list[Run]:
    """The characters from `shift` on, in at most `room` cells; a mark at an end that goes on."""
    runs: list[Run] = []
    left_over = room
    for first, last, style in stretches:
        start, end = max(first, shift), min(last, shift + room)
        if start >= end or left_over <= 0:
            continue
        piece = printable(text[start:end])
        if (cells := cell_len(piece)) > left_over:
            piece, cells = set_cell_size(piece, left_over), left_over
        runs.append((piece, style))
        left_over -= cells
    goes_on = len(text) - shift > room or (left_over <= 0 and len(text) - shift > _shown(runs))
    if shift and text[:shift].strip() and runs:
        runs[0] = (runs[0][0][1:], runs[0][1])
        runs.insert(0, ("‹", palette.muted))
    if goes_on and runs and room > 1:
        piece, style = runs[-1]
        runs[-1] = (set_cell_size(piece, max(0, cell_len(piece) - 1)), style)
        runs.append(("›", palette.muted))
    return runs


def _shown(runs: list[Run]) -> int:
    return sum(len(text) for text, _ in runs)
