"""Text on its way to the screen: runs of plain text with a style, measured in terminal cells.

Nothing here parses markup. Text that slipped past the door with characters that could move the
cursor or turn the reading direction is made visible once more, because one such character would
break the whole picture.
"""

from collections.abc import Iterable
from typing import Literal

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Run = tuple[str, Style]

ELLIPSIS = "…"
_SAFE_STAND_IN = "·"
_NO_STYLE = Style.null()


def printable(text: str) -> str:
    """`text` with every character that draws nothing, or more than itself, made visible."""
    if text.isprintable():
        return text
    return "".join(ch if ch.isprintable() else _SAFE_STAND_IN for ch in text)


def cut_middle(text: str, width: int) -> str:
    """`text` in at most `width` cells: what goes, goes from the middle, for both ends tell most."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    head = (width - 1) - (width - 1) // 2
    tail = (width - 1) // 2
    return set_cell_size(text, head).rstrip() + ELLIPSIS + _last_cells(text, tail)


def cut_end(text: str, width: int) -> str:
    """`text` in at most `width` cells, cut at its end: for sentences."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    return set_cell_size(text, width - 1).rstrip() + ELLIPSIS


def fit(
    text: str,
    width: int,
    *,
    align: Literal["left", "right"] = "left",
    cut: Literal["middle", "end"] = "middle",
) -> str:
    """`text` made safe to draw, in exactly `width` cells."""
    if width <= 0:
        return ""
    text = printable(text)
    text = cut_middle(text, width) if cut == "middle" else cut_end(text, width)
    gap = " " * (width - cell_len(text))
    return text + gap if align == "left" else gap + text


def wrap(text: str, width: int) -> list[str]:
    """A sentence in lines of at most `width` cells, broken at spaces, long words chopped."""
    lines: list[str] = []
    line = ""
    for word in printable(text).split():
        candidate = f"{line} {word}" if line else word
        if cell_len(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, max(1, width)) or [""]
        lines.extend(full)
    return [*lines, line] if line else lines


def runs_width(runs: Iterable[Run]) -> int:
    """The cells that `runs` take."""
    return sum(cell_len(text) for text, _ in runs)


def _last_cells(text: str, width: int) -> str:
    kept: list[str] = []
    for character in reversed(text):
        width -= cell_len(character)
        if width < 0:
            break
        kept.append(character)
    return "".join(reversed(kept)).lstrip()


class Line:
    """One line of the screen under construction.

    `ground` is the style beneath the whole line (a cursor's, say); `mark` stands in its margin.
    """

    __slots__ = ("ground", "mark", "runs", "width")

    def __init__(
        self, runs: Iterable[Run] = (), *, ground: Style | None = None, mark: str = " "
    ) -> None:
        self.runs: list[Run] = list(runs)
        self.width = runs_width(self.runs)
        self.ground = ground
        self.mark = mark

    def add(self, text: str, style: Style) -> "Line":
        """Append `text`."""
        if text:
            self.runs.append((text, style))
            self.width += cell_len(text)
        return self

    def extend(self, runs: Iterable[Run]) -> "Line":
        """Append every run."""
        for text, style in runs:
            self.add(text, style)
        return self

    def to(self, column: int, fill: str = " ", style: Style = _NO_STYLE) -> "Line":
        """Fill up to `column`; nothing happens when the line is already there."""
        if column > self.width:
            self.add(fill * (column - self.width), style)
        return self

    def right(self, runs: Iterable[Run], width: int) -> "Line":
        """Place `runs` so that they end at `width`; left out whole where there is no room."""
        runs = list(runs)
        start = width - runs_width(runs)
        if start >= self.width:
            self.to(start).extend(runs)
        return self

    def cropped(self, width: int) -> list[Run]:
        """The runs in at most `width` cells."""
        if self.width <= width:
            return self.runs
        kept: list[Run] = []
        for text, style in self.runs:
            room = width - runs_width(kept)
            if cell_len(text) >= room:
                kept.append((set_cell_size(text, room), style))
                break
            kept.append((text, style))
        return kept

    def strip(self, width: int, base: Style) -> Strip:
        """Exactly `width` cells on `base`."""
        if self.ground is not None:
            base = base + self.ground
        segments = [Segment(text, base + style) for text, style in self.runs]
        if self.width < width:
            segments.append(Segment(" " * (width - self.width), base))
        strip = Strip(segments, max(self.width, width))
        return strip.crop(0, width) if self.width > width else strip


def changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """The cells [start, end) in which two strips of one width differ; None if they are equal."""
    before, after = list(old), list(new)
    if before == after:
        return None
    start = 0
    shared = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        start += one.cell_length
        shared += 1
    end = new.cell_length
    rest = min(len(before), len(after)) - shared
    for one, other in zip(reversed(before), reversed(after), strict=False):
        if rest <= 0 or one != other:
            break
        end -= one.cell_length
        rest -= 1
    return start, max(end, start)
