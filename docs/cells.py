"""A terminal's screen, cell by cell, as one small SVG.

Text is text. What terminals draw without a font (blocks, shades, lines, braille) is drawn as
shapes, so that it joins in every viewer. All shapes of a colour are one path.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple, Protocol

WIDTH, HEIGHT = 9, 20
_FONT = 15
_BASELINE = 15
_MARGIN = 12
#: The middle of a cell, on half a pixel: lines that are an odd number of pixels wide stay sharp.
_X, _Y = 4.5, 10.5
_FONTS = "'JetBrains Mono','SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
_NAMED = {
    "black": "000000",
    "red": "cd3131",
    "green": "0dbc79",
    "brown": "e5e510",
    "blue": "2472c8",
    "magenta": "bc3fbc",
    "cyan": "11a8cd",
    "white": "e5e5e5",
}


class Cell(Protocol):
    """What is needed of a pyte `Char`. Colours: six hexadecimal digits, a name, or `default`."""

    @property
    def data(self) -> str:
        """The character; empty behind one that is two cells wide."""

    @property
    def fg(self) -> str:
        """Its colour."""

    @property
    def bg(self) -> str:
        """The colour of its ground."""

    @property
    def bold(self) -> bool:
        """Heavier."""

    @property
    def underscore(self) -> bool:
        """With a line below."""

    @property
    def reverse(self) -> bool:
        """Colour and ground exchanged."""


class Look(NamedTuple):
    """How a piece of text is painted."""

    ink: str
    bold: bool
    underlined: bool


class Layer(NamedTuple):
    """Shapes with the same paint. `stroke` is a width, 0: filled."""

    ink: str
    stroke: float
    opacity: float


#: From a cell's middle: where the lines of a box-drawing character go, and how heavy they are.
_ARMS = {
    "─": ("lr", 1), "│": ("ud", 1), "┤": ("udl", 1), "├": ("udr", 1), "┬": ("lrd", 1),
    "┴": ("lru", 1), "┼": ("lrud", 1), "━": ("lr", 3), "┃": ("ud", 3), "╸": ("l", 3),
    "╺": ("r", 3), "╴": ("l", 1), "╶": ("r", 1),
}  # fmt: skip
_CORNERS = "╭╮╰╯"
_SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
_LEFT, _LOWER, _UPPER = "▏▎▍▌▋▊▉█", "▁▂▃▄▅▆▇█", "▀"
#: Bit of a braille character → its dot's column and row.
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
_RADIUS = 3.5
#: Circles: what of them is filled, as a path from the middle.
_ROUND = f"a{_RADIUS} {_RADIUS} 0 0 1"
_RING = f"m{-_RADIUS} 0{_ROUND}{2 * _RADIUS} 0{_ROUND}{-2 * _RADIUS} 0z"
_HALVES = {
    "◐": f"m0 {_RADIUS}{_ROUND}0 {-2 * _RADIUS}z",
    "◑": f"m0 {-_RADIUS}{_ROUND}0 {2 * _RADIUS}z",
    "◓": f"m{-_RADIUS} 0{_ROUND}{2 * _RADIUS} 0z",
    "◒": f"m{_RADIUS} 0{_ROUND}{-2 * _RADIUS} 0z",
}
_IN_RINGS = {"○": "", "⊘": "m-2.4 2.4l4.8-4.8", "◷": f"m0 {-_RADIUS}v{_RADIUS}h{_RADIUS}"}


def picture(
    rows: Sequence[Sequence[Cell]], *, title: str, ink: str = "d3dae5", ground: str = "0e1218"
) -> str:
    """The SVG of a screen. `ink` and `ground` are what `default` stands for."""
    canvas = _Canvas()
    grounds: list[dict[tuple[int, int], str]] = []
    for y, row in enumerate(rows):
        looks, behind = [], []
        for cell in row:
            fore, back = _color(cell.fg, ink), _color(cell.bg, ground)
            if cell.reverse:
                fore, back = back, fore
            looks.append(Look(fore, cell.bold, cell.underscore))
            behind.append(back)
        for x, (cell, look) in enumerate(zip(row, looks, strict=True)):
            canvas.shape(cell.data, x, y, look.ink)
        canvas.texts(y, [cell.data for cell in row], looks)
        grounds.append(_stretches(behind))
    common = _commonest(grounds) or ground
    width = max(map(len, rows)) * WIDTH + 2 * _MARGIN
    height = len(rows) * HEIGHT + 2 * _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
            f'width="{width}" height="{height}" role="img"',
            f'font-family="{_FONTS}" font-size="{_FONT}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" rx="10" fill="#{common}"/>',
            f'<g transform="translate({_MARGIN} {_MARGIN})">',
            *_grounds(grounds, common),
            *canvas.lines(),
            "</g>",
            "</svg>",
            "",
        ]
    )


class _Canvas:
    """Collects shapes and texts by their paint."""

    def __init__(self) -> None:
        self._shapes: defaultdict[Layer, list[str]] = defaultdict(list)
        self._texts: defaultdict[Look, list[str]] = defaultdict(list)

    def shape(self, char: str, x: int, y: int, ink: str) -> None:
        """Draws a character that is a shape; leaves all others alone."""
        if not _is_shape(char):
            return
        left, top = x * WIDTH, y * HEIGHT
        middle = f"M{left + _X} {top + _Y}"
        if (found := _box(char)) is not None:
            fraction_x, fraction_y, opacity = found
            wide, high = _short(WIDTH * fraction_x), _short(HEIGHT * fraction_y)
            from_top = 0.0 if char == _UPPER else 1 - fraction_y
            start = f"M{left} {_short(top + HEIGHT * from_top)}"
            self._add(Layer(ink, 0, opacity), f"{start}h{wide}v{high}h-{wide}z")
        elif char in _ARMS:
            arms, weight = _ARMS[char]
            self._add(Layer(ink, weight, 1), _line(arms, left, top))
        elif char in _CORNERS:
            self._add(Layer(ink, 1, 1), _corner(char, left, top))
        elif char in "┈┊":
            step = "h1.5m3 0h1.5m3 0" if char == "┈" else "v3m0 4v3m0 4v3"
            start = f"M{left + 1.5} {top + _Y}" if char == "┈" else f"M{left + _X} {top + 1.5}"
            self._add(Layer(ink, 1, 1), start + step)
        elif char in "▰▱":
            slanted = f"M{left + 2.5} {top + 6.5}h5.5l-2 8h-5.5z"
            self._add(Layer(ink, 0 if char == "▰" else 1, 1), slanted)
        elif char == "●":
            self._add(Layer(ink, 0, 1), middle + _RING)
        elif char in _HALVES:
            self._add(Layer(ink, 1, 1), middle + _RING)
            self._add(Layer(ink, 0, 1), middle + _HALVES[char])
        elif char in _IN_RINGS:
            inside = _IN_RINGS[char]
            self._add(Layer(ink, 1, 1), middle + _RING + (middle + inside if inside else ""))
        else:
            self._add(Layer(ink, 3.2, 1), _braille(char, left, top))

    def _add(self, layer: Layer, path: str) -> None:
        self._shapes[layer].append(path)

    def texts(self, y: int, chars: Sequence[str], looks: Sequence[Look]) -> None:
        """Writes what is no shape, one element a run. A run ends where two blanks stand."""
        for start, text in _runs(chars, looks):
            length = f' textLength="{len(text) * WIDTH}"' if len(text) > 1 else ""
            at = f'x="{start * WIDTH}" y="{y * HEIGHT + _BASELINE}"'
            self._texts[looks[start]].append(
                f"<text {at}{length}>{escape(text, quote=False)}</text>"
            )

    def lines(self) -> Iterator[str]:
        """The elements, the shapes first."""
        for layer, paths in self._shapes.items():
            yield f'<path {_paint(layer)} d="{"".join(paths)}"/>'
        for look, texts in self._texts.items():
            weight = ' font-weight="700"' if look.bold else ""
            line = ' text-decoration="underline"' if look.underlined else ""
            yield f'<g fill="#{look.ink}"{weight}{line}>'
            yield from texts
            yield "</g>"


def _paint(layer: Layer) -> str:
    opacity = f' opacity="{layer.opacity}"' if layer.opacity < 1 else ""
    if not layer.stroke:
        return f'fill="#{layer.ink}"{opacity}'
    round_ends = ' stroke-linecap="round"' if layer.stroke == 3.2 else ""
    return f'fill="none" stroke="#{layer.ink}" stroke-width="{layer.stroke}"{round_ends}'


def _is_shape(char: str) -> bool:
    return len(char) == 1 and (
        "\u2801" <= char <= "\u28ff"
        or char in "▰▱●┈┊"
        or any(char in known for known in (_ARMS, _CORNERS, _SHADES, _HALVES, _IN_RINGS))
        or char in _LEFT + _LOWER + _UPPER
    )


def _box(char: str) -> tuple[float, float, float] | None:
    """What part of its cell a block fills, across and in height, and how opaque it is."""
    if char in _SHADES:
        return 1, 1, _SHADES[char]
    if char in _LEFT:
        return (_LEFT.index(char) + 1) / 8, 1, 1
    if char == _UPPER:
        return 1, 0.5, 1
    if char in _LOWER:
        return 1, (_LOWER.index(char) + 1) / 8, 1
    return None


def _line(arms: str, left: int, top: int) -> str:
    x, y = left + _X, top + _Y
    if arms == "lr":
        return f"M{left} {y}h{WIDTH}"
    if arms == "ud":
        return f"M{x} {top}v{HEIGHT}"
    ends = {"l": f"H{left}", "r": f"H{left + WIDTH}", "u": f"V{top}", "d": f"V{top + HEIGHT}"}
    return "".join(f"M{x} {y}{ends[arm]}" for arm in arms)


def _corner(char: str, left: int, top: int) -> str:
    """A quarter of a circle between two straight ends."""
    x, y = left + _X, top + _Y
    down, right = char in "╭╮", char in "╭╰"
    end_y, turn_y = (top + HEIGHT, y + _X) if down else (top, y - _X)
    end_x = left + WIDTH if right else left
    return f"M{x} {end_y}V{turn_y}Q{x} {y} {end_x} {y}"


def _braille(char: str, left: int, top: int) -> str:
    """Lines of no length, whose round ends make the dots; each starts from the one before."""
    bits = ord(char) - 0x2800
    dots = [dot for bit, dot in enumerate(_DOTS) if bits >> bit & 1]
    path, at = "", None
    for column, row in dots:
        if at is None:
            x, y = left + WIDTH * (0.25 + 0.5 * column), top + HEIGHT * (0.125 + 0.25 * row)
            path = f"M{x} {y}h0"
        else:
            step = WIDTH * (column - at[0]) / 2, HEIGHT * (row - at[1]) / 4
            path += f"m{_short(step[0])} {_short(step[1])}h0"
        at = column, row
    return path


def _runs(chars: Sequence[str], looks: Sequence[Look]) -> Iterator[tuple[int, str]]:
    start, text = 0, ""
    for x, char in enumerate([*chars, ""]):
        blank = char in {"", " "} or _is_shape(char)
        joins = text and x < len(looks) and looks[x] == looks[start] and x == start + len(text)
        if joins and char and not _is_shape(char) and not (char == " " and text[-1] == " "):
            text += char
            continue
        if text.strip():
            yield start, text.rstrip()
        start, text = x, "" if blank else char


def _stretches(colors: Sequence[str]) -> dict[tuple[int, int], str]:
    """Equal neighbours together: (first cell, how many) → colour."""
    found: dict[tuple[int, int], str] = {}
    start = 0
    for x in range(1, len(colors) + 1):
        if x == len(colors) or colors[x] != colors[start]:
            found[start, x - start] = colors[start]
            start = x
    return found


def _commonest(grounds: Sequence[Mapping[tuple[int, int], str]]) -> str | None:
    cells: Counter[str] = Counter()
    for row in grounds:
        for (_, length), color in row.items():
            cells[color] += length
    return cells.most_common(1)[0][0] if cells else None


def _grounds(grounds: Sequence[Mapping[tuple[int, int], str]], common: str) -> Iterator[str]:
    """A rectangle for each stretch that is not the common ground; equal ones below it join it."""
    taken: set[tuple[int, tuple[int, int]]] = set()
    for y, row in enumerate(grounds):
        for place, color in row.items():
            if color == common or (y, place) in taken:
                continue
            rows = 1
            while y + rows < len(grounds) and grounds[y + rows].get(place) == color:
                taken.add((y + rows, place))
                rows += 1
            x, cells = place
            yield (
                f'<rect x="{x * WIDTH}" y="{y * HEIGHT}" width="{cells * WIDTH}" '
                f'height="{rows * HEIGHT}" fill="#{color}"/>'
            )


def _color(name: str, default: str) -> str:
    return default if name == "default" else _NAMED.get(name.removeprefix("bright"), name)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
