"""Reading what is written large: where on a picture a figure or words stand in glyphs."""

from collections.abc import Sequence

from goliath_tui.widgets.digits import big, words


def stands(picture: str, block: Sequence[str]) -> list[tuple[int, int]]:
    """Every (row, column) at which the lines of a block stand one below the other.

    Blanks around a block do not count, ink inside it does: no line of it may be longer there.
    """
    lines = picture.splitlines()
    wide = max(map(len, lines), default=0)
    lines = [line.ljust(wide) for line in lines]
    first = block[0]
    found = []
    for y in range(len(lines) - len(block) + 1):
        x = lines[y].find(first)
        while x >= 0:
            if all(lines[y + i][x : x + len(line)] == line for i, line in enumerate(block)):
                found.append((y, x))
            x = lines[y].find(first, x + 1)
    return found


def reads_figure(picture: str, text: str) -> bool:
    """Whether `text` stands there in digits, of whatever size."""
    return any(stands(picture, big(text, rows)) for rows in range(3, 41))


def reads_words(picture: str, text: str) -> bool:
    """Whether `text` stands there in glyphs of any size, or as plain text."""
    return text in picture or any(stands(picture, words(text, size)) for size in (1, 2, 3))
