"""A sheet on which a page of the wall is laid out: text and glyphs at places, then lines.

Words have a size: 0 is plain text, then `NARROW`, `REGULAR` and `DOUBLED` glyphs.
"""

from collections.abc import Iterable, Sequence

from rich.style import Style

from goliath_tui.widgets.digits import big, big_width, spells, word_rows, words, words_width
from goliath_tui.widgets.ink import Line, Run, cut_end, printable, runs_width

#: Blocks are drawn without weight: a terminal may brighten or widen bold ones.
LIGHT = Style(bold=False)
_NO_STYLE = Style.null()


class Sheet:
    """`width` × `height` cells. What lies outside is cut; nothing may overlap within a row."""

    def __init__(self, width: int, height: int) -> None:
        self.width = max(0, width)
        self.height = max(0, height)
        self._rows: list[list[tuple[int, list[Run]]]] = [[] for _ in range(self.height)]

    def put(self, x: int, y: int, runs: Iterable[Run]) -> None:
        """Runs from column `x` on."""
        if 0 <= y < self.height and 0 <= x < self.width:
            self._rows[y].append((x, list(runs)))

    def text(self, x: int, y: int, text: str, style: Style, width: int | None = None) -> None:
        """Text made safe to draw, cut at its end where there is no more room."""
        room = self.width - x if width is None else min(width, self.width - x)
        self.put(x, y, [(cut_end(printable(text), max(0, room)), style)])

    def block(self, x: int, y: int, lines: Sequence[str], style: Style) -> None:
        """Lines of block characters."""
        for i, line in enumerate(lines):
            if kept := line.rstrip():
                self.put(x, y + i, [(kept, style + LIGHT)])

    def figure(self, right: int, y: int, text: str, rows: int, style: Style) -> None:
        """A figure of `rows` rows that ends at column `right`, so that it does not move."""
        self.block(right - big_width(text, rows), y, big(text, rows), style)

    def say(  # noqa: PLR0917 - a place, a text and how large: all of them every time
        self, x: int, y: int, text: str, style: Style, scale: int, width: int
    ) -> int:
        """Words as large as `scale` if they fit into `width`, else smaller; the rows they took."""
        for size in range(scale, 0, -1):
            if spells(text) and words_width(text, size) <= width:
                self.block(x, y, words(text, size), style)
                return word_rows(size)
        self.text(x, y, text, style, width)
        return 1

    def lines(self) -> list[Line]:
        """The sheet as lines, cut to its width, in as few runs as look the same."""
        lines = []
        for row in self._rows:
            runs: list[Run] = []
            at = 0
            for x, some in sorted(row, key=lambda place: place[0]):
                if x > at and runs and not _shows_on_blanks(runs[-1][1]):
                    runs[-1] = (runs[-1][0] + " " * (x - at), runs[-1][1])
                elif x > at:
                    runs.append((" " * (x - at), _NO_STYLE))
                for run in Line(some).cropped(max(0, self.width - max(x, at))):
                    if runs and runs[-1][1] == run[1]:
                        runs[-1] = (runs[-1][0] + run[0], run[1])
                    else:
                        runs.append(run)
                at = max(x, at) + min(runs_width(some), max(0, self.width - max(x, at)))
            lines.append(Line(runs))
        return lines


def _shows_on_blanks(style: Style) -> bool:
    return bool(style.bgcolor or style.reverse or style.underline)


def said_rows(scale: int) -> int:
    """The rows that words of this scale take; 0 is plain text."""
    return word_rows(scale) if scale else 1


def said_width(text: str, scale: int) -> int:
    """The cells that words of this scale take; 0 is plain text."""
    return words_width(text, scale) if scale else runs_width([(text, LIGHT)])


def common_scale(texts: Iterable[str], width: int, most: int) -> int:
    """The largest scale up to `most` at which each of the texts fits into `width`."""
    texts = list(texts)
    for scale in range(most, 0, -1):
        if all(spells(text) and words_width(text, scale) <= width for text in texts):
            return scale
    return 0
