"""Bars and sparklines of block characters, exact to an eighth of a cell."""

from collections.abc import Sequence

from rich.style import Style

from goliath_tui.widgets.canvas import Canvas
from goliath_tui.widgets.ink import Run

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_PARTS = _EIGHTHS[1:-1]
_LEVELS = "▁▂▃▄▅▆▇"
_TRACE_LEVELS = 4
_NONE = Style.null()
GAP = "·"


def filled(share: float, width: int) -> str:
    """A bar of `share` of `width` cells, without its track: `████▌`. Anything above 0 shows."""
    share = min(1.0, max(0.0, share))
    eighths = round(share * width * 8)
    if share > 0:
        eighths = max(1, eighths)
    if share < 1:
        eighths = min(eighths, width * 8 - 1)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def bar(
    share: float | None, width: int, fill: Style, track: Style, behind: Style = _NONE
) -> list[Run]:
    """A bar on its track: `██████▌░░`. Unknown is an empty dotted line, never an empty track.

    `behind`: the ground of the cell that is filled in part, so that the track begins in it.
    """
    if share is None:
        return [(GAP * width, track)]
    text = filled(share, width)
    whole = text.rstrip(_PARTS)
    return [
        (whole, fill),
        (text[len(whole) :], fill + behind),
        ("░" * (width - len(text)), track),
    ]


def thin_bar(share: float | None, width: int, fill: Style, track: Style) -> list[Run]:
    """A bar for tables, exact to half a cell: `━━━━━╸──`. Blocks in every row would be a wall."""
    if share is None:
        return [(GAP * width, track)]
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    if share > 0:
        halves = max(1, halves)
    if share < 1:
        halves = min(halves, width * 2 - 1)
    text = "━" * (halves // 2) + "╸" * (halves % 2)
    return [(text, fill), ("─" * (width - len(text)), track)]


def shaded(parts: Sequence[tuple[float, str, Style]], width: int) -> list[Run]:
    """Parts of one whole as (share, character, style), each in its own shade, `width` cells.

    Cells are given out by largest remainder; a part above 0 keeps one cell while there are any.
    """
    cells = _apportion([share for share, _, _ in parts], width)
    return [
        (character * n, style)
        for n, (_, character, style) in zip(cells, parts, strict=True)
        if n > 0
    ]


def _apportion(shares: Sequence[float], width: int) -> list[int]:
    total = sum(shares)
    if total <= 0:
        return [0] * len(shares)
    exact = [share / total * width for share in shares]
    cells = [int(value) if value >= 1 else int(value > 0) for value in exact]
    order = sorted(range(len(cells)), key=lambda i: exact[i] - cells[i], reverse=True)
    while sum(cells) < width:
        for i in order:
            if shares[i] > 0 and sum(cells) < width:
                cells[i] += 1
    while sum(cells) > width:
        cells[max(range(len(cells)), key=lambda i: cells[i])] -= 1
    return cells


def micro(share: float | None, trial: float, steps: int, fill: Style, track: Style) -> list[Run]:
    """A micro-bar `▰▰▰▱▱`: full steps only for what is there; `trial` steps after them tinted."""
    if share is None:
        return [(GAP * steps, track)]
    full = steps if share >= 1 else min(steps - 1, int(share * steps + 1e-9))
    under_way = min(steps - full, round(trial * steps))
    return [
        ("▰" * full, fill),
        ("▱" * under_way, fill),
        ("▱" * (steps - full - under_way), track),
    ]


def sparkline(
    values: Sequence[float | None], width: int, *, top: float | None = None, least: float = 0.0
) -> str:
    """The newest `width` values as `▁▂▅▇`; a gap in the data is `·`, zero is a space.

    `top` is the value of the highest bar; by default the largest, or twice the mean where that is
    more, so that what hardly changes is a low band and not a wall; but `least` at least, below
    which nothing is worth a high bar. Bars stand on zero. None fills its cell, so that the rows of
    a table stay apart.
    """
    shown = values[-width:]
    known = [value for value in shown if value is not None]
    highest = top
    if highest is None:
        highest = max(*known, 2 * sum(known) / len(known), least) if known else 0.0
    cells = []
    for value in shown:
        if value is None:
            cells.append(GAP)
        elif value <= 0 or highest <= 0:
            cells.append(" ")
        else:
            level = min(len(_LEVELS) - 1, int(value / highest * len(_LEVELS) - 1e-9))
            cells.append(_LEVELS[level])
    return "".join(cells).rjust(width)


def trace(shares: Sequence[float | None], width: int) -> str:
    """Shares over time as a thin line of `width` cells between nothing and all: `⡠⠤⠒⠉`.

    A cell without data is `·`.
    """
    values = resampled(shares, width * 2)
    canvas = Canvas(width, 1)
    path: list[tuple[int, int] | None] = []
    for i, value in enumerate(values):
        x = (2 * i + 1) * canvas.dots_across // (2 * len(values))
        level = round((1 - min(1.0, max(0.0, value or 0.0))) * (_TRACE_LEVELS - 1))
        path.append(None if value is None else (x, level))
    canvas.path(path, 0)
    drawn = "".join(text for text, _ in canvas.row(0, (_NONE,)))
    return drawn.replace(" ", GAP)


def resampled(values: Sequence[float | None], steps: int) -> list[float | None]:
    """`values` averaged into at most `steps` equal steps; a step without data stays None."""
    if len(values) <= steps:
        return list(values)
    out: list[float | None] = []
    for i in range(steps):
        part = values[i * len(values) // steps : (i + 1) * len(values) // steps]
        known = [value for value in part if value is not None]
        out.append(sum(known) / len(known) if known else None)
    return out
