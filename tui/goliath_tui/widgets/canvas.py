"""A small drawing surface of braille dots, two across and four down in every cell.

Libraries were weighed: they draw no areas, no time axes and no gaps in the data, need numpy, or
cost more than the whole tick may cost. A line of 120 points takes about 0.2 ms here.

Every dot belongs to a layer; in a cell that several layers share, the highest gives the colour.
Characters (a dotted target line, a mark for today) lie beneath the dots.
"""

from collections.abc import Mapping, Sequence

from rich.style import Style

from goliath_tui.widgets.ink import Run

_BRAILLE = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
#: All dots of a cell's column from its y-th on.
_DOWN = tuple(tuple(sum(row[x] for row in _DOTS[y:]) for x in (0, 1)) for y in range(4))


class Canvas:
    """`width` × `height` cells; dots count from the top left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width = max(0, width)
        self.height = max(0, height)
        self.dots_across = self.width * 2
        self.dots_down = self.height * 4
        size = self.width * self.height
        self._masks = bytearray(size)
        self._layers = bytearray(size)
        self._characters: dict[int, tuple[str, int]] = {}

    def dot(self, x: int, y: int, layer: int) -> None:
        """One dot; outside the surface nothing happens."""
        if 0 <= x < self.dots_across and 0 <= y < self.dots_down:
            cell = (y >> 2) * self.width + (x >> 1)
            self._masks[cell] |= _DOTS[y & 3][x & 1]
            self._layers[cell] = max(self._layers[cell], layer)

    def line(self, x0: int, y0: int, x1: int, y1: int, layer: int) -> None:
        """A straight line between two dots, both included (Bresenham's)."""
        dx, dy = abs(x1 - x0), -abs(y1 - y0)
        step_x, step_y = (1 if x0 < x1 else -1), (1 if y0 < y1 else -1)
        error = dx + dy
        while True:
            self.dot(x0, y0, layer)
            if x0 == x1 and y0 == y1:
                return
            doubled = 2 * error
            if doubled >= dy:
                error += dy
                x0 += step_x
            if doubled <= dx:
                error += dx
                y0 += step_y

    def path(self, points: Sequence[tuple[int, int] | None], layer: int) -> None:
        """A line through points; None breaks it. A lone point is a dot."""
        before: tuple[int, int] | None = None
        for point in points:
            if point is not None:
                self.line(*(before or point), *point, layer)
            before = point

    def area(self, points: Sequence[tuple[int, int] | None], layer: int) -> None:
        """Every dot below a line through points; None leaves a gap."""
        before: tuple[int, int] | None = None
        for point in points:
            if point is not None:
                x0, y0 = before or point
                x1, y1 = point
                for x in range(x0, x1 + 1):
                    y = y1 if x1 == x0 else y0 + round((y1 - y0) * (x - x0) / (x1 - x0))
                    self._column(x, y, layer)
            before = point

    def _column(self, x: int, top: int, layer: int) -> None:
        top = max(0, top)
        if not 0 <= x < self.dots_across or top >= self.dots_down:
            return
        below = _DOWN[top & 3][x & 1]
        for cell in range((top >> 2) * self.width + (x >> 1), len(self._masks), self.width):
            self._masks[cell] |= below
            self._layers[cell] = max(self._layers[cell], layer)
            below = _DOWN[0][x & 1]

    def character(self, column: int, row: int, character: str, layer: int) -> None:
        """A character of one cell beneath the dots."""
        if 0 <= column < self.width and 0 <= row < self.height:
            self._characters[row * self.width + column] = (character, layer)

    def row(
        self, y: int, styles: Sequence[Style], grounds: Mapping[int, Style] | None = None
    ) -> list[Run]:
        """One line of cells as runs. `styles`: by layer. `grounds`: backgrounds by column."""
        runs: list[Run] = []
        text, style = "", styles[0]
        start = y * self.width
        for x in range(self.width):
            cell = start + x
            if mask := self._masks[cell]:
                character, layer = chr(_BRAILLE | mask), self._layers[cell]
            else:
                character, layer = self._characters.get(cell, (" ", 0))
            wanted = styles[layer]
            if grounds and x in grounds:
                wanted = wanted + grounds[x]
            if wanted is not style and wanted != style:
                if text:
                    runs.append((text, style))
                text, style = "", wanted
            text += character
        if text:
            runs.append((text, style))
        return runs
