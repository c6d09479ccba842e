"""Figures and words that are read from across a room: glyphs of half-block cells. Pure.

A cell holds two square pixels, one above the other. Figures are made to measure for a number of
rows: bars on seven segments with rounded corners, every digit as wide as every other, so that a
figure that changes stands still. Words are capitals of five pixels: narrow, regular, or doubled.
"""

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

#: The smallest figure has this many rows.
SMALLEST = 3
_LARGEST = 40
_LETTER_PIXELS = 5
_CELLS = (" ", "▀", "▄", "█")
_SEGMENTS = {
    "0": "abcdef",
    "2": "abged",
    "3": "abgcd",
    "4": "fgbc",
    "5": "afgcd",
    "6": "afgecd",
    "7": "abc",
    "8": "abcdefg",
    "9": "abgfcd",
}
#: Corners that are rounded: of the whole (tl tr bl br), of the upper bowl's foot (ul ur) and of
#: the lower bowl's head (ll lr).
_ROUND = {
    "0": ("tl", "tr", "bl", "br"),
    "2": ("tr", "ur", "ll"),
    "3": ("tr", "br"),
    "5": ("ul", "lr", "br"),
    "6": ("tl", "bl", "br", "lr"),
    "8": ("tl", "tr", "bl", "br"),
    "9": ("tl", "tr", "br", "ul"),
}
#: Sizes of words; 0 is plain text to whoever lays them out.
NARROW, REGULAR, DOUBLED = 1, 2, 3
_LETTERS = {
    "A": ".##. #..# #### #..# #..#",
    "B": "###. #..# ###. #..# ###.",
    "C": ".### #... #... #... .###",
    "D": "###. #..# #..# #..# ###.",
    "E": "#### #... ###. #... ####",
    "F": "#### #... ###. #... #...",
    "G": ".### #... #.## #..# .###",
    "H": "#..# #..# #### #..# #..#",
    "I": "# # # # #",
    "J": "...# ...# ...# #..# .##.",
    "K": "#..# #.#. ##.. #.#. #..#",
    "L": "#... #... #... #... ####",
    "M": "#...# ##.## #.#.# #...# #...#",
    "N": "#..# ##.# #.## #..# #..#",
    "O": ".##. #..# #..# #..# .##.",
    "P": "###. #..# ###. #... #...",
    "Q": ".##. #..# #..# #.## .###",
    "R": "###. #..# ###. #.#. #..#",
    "S": ".### #... .##. ...# ###.",
    "T": "##### ..#.. ..#.. ..#.. ..#..",
    "U": "#..# #..# #..# #..# .##.",
    "V": "#...# #...# .#.#. .#.#. ..#..",
    "W": "#...# #...# #.#.# ##.## #...#",
    "X": "#..# #..# .##. #..# #..#",
    "Y": "#...# .#.#. ..#.. ..#.. ..#..",
    "Z": "#### ..#. .#.. #... ####",
    " ": ".. .. .. .. ..",
    "-": "... ... ### ... ...",
    "–": "... ... ### ... ...",
    "−": "... ... ### ... ...",
    "_": "... ... ... ... ###",
    "+": "... .#. ### .#. ...",
    ".": ". . . . #",
    ",": ".. .. .. .# #.",
    ":": ". # . # .",
    ";": ".. .# .. .# #.",
    "·": ". . # . .",
    "/": "..# ..# .#. #.. #..",
    "%": "#.. ..# .#. #.. ..#",
    "(": ".# #. #. #. .#",
    ")": "#. .# .# .# #.",
    "×": "... #.# .#. #.# ...",
    "!": "# # # . #",
    "?": "##. ..# .#. ... .#.",
    "'": "# # . . .",
    "↓": "..#.. ..#.. #.#.# .###. ..#..",
    "≠": "...#. ##### ..#.. ##### .#...",
    "…": "..... ..... ..... ..... #.#.#",
    "‖": "#.# #.# #.# #.# #.#",
    "●": ".###. ##### ##### ##### .###.",
    "○": ".###. #...# #...# #...# .###.",
    "✕": "#...# .#.#. ..#.. .#.#. #...#",
    "◷": ".###. #.#.# #.### #...# .###.",
    "⊘": ".###. #..## #.#.# ##..# .###.",
    "♥": ".#.#. ##### ##### .###. ..#..",
    "♡": ".#.#. #.#.# #...# .#.#. ..#..",
}

_NARROW = {
    "A": ".#. #.# ### #.# #.#",
    "B": "##. #.# ##. #.# ##.",
    "C": ".## #.. #.. #.. .##",
    "D": "##. #.# #.# #.# ##.",
    "E": "### #.. ##. #.. ###",
    "F": "### #.. ##. #.. #..",
    "G": ".## #.. #.# #.# .##",
    "H": "#.# #.# ### #.# #.#",
    "J": "..# ..# ..# #.# .#.",
    "K": "#.# #.# ##. #.# #.#",
    "L": "#.. #.. #.. #.. ###",
    "O": ".#. #.# #.# #.# .#.",
    "P": "##. #.# ##. #.. #..",
    "Q": ".#. #.# #.# ##. .##",
    "R": "##. #.# ##. #.# #.#",
    "S": ".## #.. .#. ..# ##.",
    "T": "### .#. .#. .#. .#.",
    "U": "#.# #.# #.# #.# ###",
    "V": "#.# #.# #.# #.# .#.",
    "X": "#.# #.# .#. #.# #.#",
    "Y": "#.# #.# .#. .#. .#.",
    "Z": "### ..# .#. #.. ###",
}


class Measure(Struct, frozen=True):
    """A face of `rows` rows in pixels: height, width, stroke, gap between glyphs."""

    rows: int
    height: int
    width: int
    stroke: int
    gap: int


class _Grid:
    """Pixels, `width` × `height`, top left first."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.rows = [[False] * width for _ in range(height)]

    def fill(self, left: int, top: int, right: int, bottom: int, ink: bool = True) -> None:
        """[left, right) × [top, bottom), cut to the grid."""
        for y in range(max(0, top), min(self.height, bottom)):
            for x in range(max(0, left), min(self.width, right)):
                self.rows[y][x] = ink

    def pixels(self) -> tuple[str, ...]:
        """As rows of `#` and `.`."""
        return tuple("".join("#" if ink else "." for ink in row) for row in self.rows)


@lru_cache(maxsize=64)
def measure(rows: int) -> Measure:
    """The face that fills `rows` rows, of which there are at least `SMALLEST`.

    Stroke: two fifths of a row's height over all, so three strokes and two counters share the
    height; counters above and below the middle bar are equal.
    """
    rows = max(SMALLEST, min(_LARGEST, rows))
    stroke = 2 * rows // 5
    counter = (2 * rows - 3 * stroke) // 2
    height = 3 * stroke + 2 * counter
    width = max(3, round(height * 0.6))
    return Measure(rows, height, width, stroke, max(1, stroke))


def big(text: str, rows: int) -> tuple[str, ...]:
    """`text` as `rows` lines of cells: digits, `. , : + − – / %` and spaces; others are blank."""
    return _big(text, max(SMALLEST, min(_LARGEST, rows)))


def big_width(text: str, rows: int) -> int:
    """The cells that `big` takes."""
    face = measure(rows)
    return sum(_width(ch, face) for ch in text) + face.gap * max(0, len(text) - 1)


def largest(text: str, width: int, height: int) -> int | None:
    """The most rows that `text` may have in `width` × `height` cells; None: it does not fit."""
    for rows in range(min(height, _LARGEST), SMALLEST - 1, -1):
        if big_width(text, rows) <= width:
            return rows
    return None


@lru_cache(maxsize=256)
def _big(text: str, rows: int) -> tuple[str, ...]:
    face = measure(rows)
    glyphs = [_glyph(ch, face) for ch in text]
    gap = "." * face.gap
    return _cells([gap.join(glyph[y] for glyph in glyphs) for y in range(face.height)], rows)


@lru_cache(maxsize=512)
def words(text: str, size: int) -> tuple[str, ...]:
    """`text` in capitals of `word_rows(size)` lines of cells, as far as `spells` knows it."""
    times = _times(size)
    glyphs = [_letter(ch, size) for ch in text.upper()]
    pixels = [
        ".".join(glyph[y] for glyph in glyphs) for y in range(_LETTER_PIXELS) for _ in range(times)
    ]
    wide = ["".join(ch * times for ch in row) for row in pixels]
    return _cells(wide, word_rows(size))


def words_width(text: str, size: int) -> int:
    """The cells that `words` takes across."""
    if not text:
        return 0
    return _times(size) * (sum(len(_letter(ch, size)[0]) + 1 for ch in text.upper()) - 1)


def word_rows(size: int) -> int:
    """The lines that `words` takes: 3, doubled 5."""
    return -(-_LETTER_PIXELS * _times(size) // 2)


def spells(text: str) -> bool:
    """Whether every character of `text` has a glyph."""
    return all(ch in _LETTERS or ch in _SEGMENTS or ch == "1" for ch in text.upper())


def _times(size: int) -> int:
    return 2 if size >= DOUBLED else 1


@lru_cache(maxsize=256)
def _letter(ch: str, size: int) -> tuple[str, ...]:
    if ch in _SEGMENTS or ch == "1":
        return _glyph(ch, measure(SMALLEST))
    if size == NARROW and ch in _NARROW:
        return tuple(_NARROW[ch].split())
    return tuple(_LETTERS.get(ch, _LETTERS[" "]).split())


def _cells(pixels: Sequence[str], rows: int) -> tuple[str, ...]:
    """Two rows of pixels as one of cells; an odd one is blank on top, so that feet stand level."""
    width = len(pixels[0])
    padded = ["." * width] * (2 * rows - len(pixels)) + list(pixels)
    return tuple(
        "".join(_CELLS[(up == "#") + 2 * (down == "#")] for up, down in zip(*pair, strict=True))
        for pair in zip(padded[::2], padded[1::2], strict=True)
    )


def _width(ch: str, face: Measure) -> int:
    if ch in ".:":
        return face.stroke
    if ch == ",":
        return face.stroke + (face.stroke + 1) // 2
    if ch == "/":
        return max(2, round(face.width * 0.7))
    return _percent_width(face) if ch == "%" else face.width


def _percent_width(face: Measure) -> int:
    return max(5, round(face.height * 0.8))


@lru_cache(maxsize=1024)
def _glyph(ch: str, face: Measure) -> tuple[str, ...]:
    grid = _Grid(_width(ch, face), face.height)
    if ch in _SEGMENTS:
        _digit(ch, grid, face)
    elif ch == "1":
        _one(grid, face)
    elif ch == "%":
        _percent(grid, face)
    else:
        _sign(ch, grid, face)
    return grid.pixels()


def _digit(ch: str, grid: _Grid, face: Measure) -> None:
    width, height, stroke = face.width, face.height, face.stroke
    middle = (height - stroke) // 2
    boxes = {
        "a": (0, 0, width, stroke),
        "g": (0, middle, width, middle + stroke),
        "d": (0, height - stroke, width, height),
        "f": (0, 0, stroke, middle + stroke),
        "b": (width - stroke, 0, width, middle + stroke),
        "e": (0, middle, stroke, height),
        "c": (width - stroke, middle, width, height),
    }
    for segment in _SEGMENTS[ch]:
        grid.fill(*boxes[segment])
    if height < 7:
        return
    corners = {
        "tl": (0, 0, 1, 1),
        "tr": (width, 0, -1, 1),
        "bl": (0, height, 1, -1),
        "br": (width, height, -1, -1),
        "ul": (0, middle + stroke, 1, -1),
        "ur": (width, middle + stroke, -1, -1),
        "ll": (0, middle, 1, 1),
        "lr": (width, middle, -1, 1),
    }
    for name in _ROUND.get(ch, ()):
        _round(grid, corners[name], radius=stroke * 1.2)
    if stroke > 1 and ch in "38":
        notch, deep = middle + (stroke - 1) // 2, max(1, stroke // 3)
        high = 2 - stroke % 2
        grid.fill(width - deep, notch, width, notch + high, ink=False)
        if ch == "8":
            grid.fill(0, notch, deep, notch + high, ink=False)


_Corner = tuple[int, int, int, int]


def _round(grid: _Grid, corner: _Corner, radius: float) -> None:
    """Takes away what lies outside a quarter of a circle.

    `corner`: where it is, and in which directions it opens.
    """
    x, y, inward_x, inward_y = corner
    reach = int(radius + 0.5)
    for i in range(reach):
        for j in range(reach):
            across, down = radius - (i + 0.5), radius - (j + 0.5)
            if across > 0 and down > 0 and across * across + down * down > radius * radius:
                px = x + i if inward_x > 0 else x - 1 - i
                py = y + j if inward_y > 0 else y - 1 - j
                if 0 <= px < grid.width and 0 <= py < grid.height:
                    grid.rows[py][px] = False


def _one(grid: _Grid, face: Measure) -> None:
    stroke = face.stroke
    stem = (face.width - stroke + 1) // 2
    grid.fill(stem, 0, stem + stroke, face.height)
    for i in range(1, max(1, stem * 3 // 4) + 1):
        grid.fill(stem - i, i, stem - i + 1, i + stroke)
    grid.fill(0, face.height - stroke, face.width, face.height)


def _percent(grid: _Grid, face: Measure) -> None:
    """Two rings, and between them a line that leans to the right."""
    width, height = grid.width, grid.height
    ring = max(2, round(height * 0.4))
    stroke = max(1, face.stroke - 1 - face.stroke // 4)
    for left, top in ((0, 0), (width - ring, height - ring)):
        grid.fill(left, top, left + ring, top + ring)
        if ring > 2 * stroke:
            grid.fill(
                left + stroke, top + stroke, left + ring - stroke, top + ring - stroke, ink=False
            )
        if ring >= 4:
            for corner in (
                (left, top, 1, 1),
                (left + ring, top, -1, 1),
                (left, top + ring, 1, -1),
                (left + ring, top + ring, -1, -1),
            ):
                _round(grid, corner, radius=max(1.5, ring / 2.6))
    _slash(grid, stroke)


def _sign(ch: str, grid: _Grid, face: Measure) -> None:
    width, height, stroke = grid.width, face.height, face.stroke
    middle = (height - stroke) // 2
    if ch == ".":
        grid.fill(0, height - stroke, stroke, height)
    elif ch == ",":
        tail = (stroke + 1) // 2
        grid.fill(tail, height - stroke - tail, width, height - tail)
        grid.fill(tail // 2, height - tail, tail // 2 + stroke, height)
    elif ch == ":":
        for top in (middle - stroke - (stroke + 1) // 2, middle + stroke + (stroke + 1) // 2):
            grid.fill(0, top, stroke, top + stroke)
    elif ch in "–−-+":
        grid.fill(0, middle, width, middle + stroke)
        if ch == "+":
            left, reach = (width - stroke) // 2, (width - stroke + 1) // 2
            grid.fill(left, middle - reach, left + stroke, middle + stroke + reach)
    elif ch == "/":
        _slash(grid, stroke)


def _slash(grid: _Grid, stroke: int) -> None:
    for y in range(grid.height):
        x = round((grid.width - stroke) * (1 - (y + 0.5) / grid.height))
        grid.fill(x, y, x + stroke, y + 1)
