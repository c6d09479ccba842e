"""The wall's page of services: a tile for each, as large as there is room."""

from collections.abc import Sequence

from msgspec import Struct
from rich.style import Style

from goliath_tui.domain import ServiceRow
from goliath_tui.panes.condition import Condition
from goliath_tui.panes.headline import fields_measure
from goliath_tui.panes.wall import Sight
from goliath_tui.panes.wall_attention import (
    MARKS,
    URGENT,
    Attention,
    Need,
    attention,
    by_urgency,
    chosen,
    moved_share,
)
from goliath_tui.panes.wall_figures import share_text
from goliath_tui.panes.wall_sheet import LIGHT, Sheet, said_rows, said_width
from goliath_tui.panes.worry import has_begun
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import thin_bar
from goliath_tui.widgets.digits import NARROW, SMALLEST, big_width, largest, spells
from goliath_tui.widgets.ink import Run, fit, runs_width
from goliath_tui.widgets.palette import BOLD, Palette

#: More tiles than this are more than a glance takes in; of more services only so many are shown.
MOST, CHOSEN = 40, 32
_LEAST_WIDTH = 18
#: Rows of a tile from which its figure is drawn in digits, and from which its name is in glyphs.
_LARGE, _NAMED = 6, 9
_LARGE_WIDTH = 24
_WORDS = {
    Need.FAILING: "failing",
    Need.DIFFERING: "differing",
    Need.OFF_INTENDED: "off intended",
    Need.NOT_STARTED: "not started",
}


class Grid(Struct, frozen=True):
    """`columns` × `rows` tiles of `width` × `height` cells with their gaps."""

    columns: int
    rows: int
    width: int
    height: int
    gap: int
    gutter: int

    @property
    def tiles(self) -> int:
        """How many there are places for."""
        return self.columns * self.rows


class ServicesPage:
    """How far each service is, and which of them need somebody's eyes."""

    name = "services"
    title = "services"

    def __init__(self) -> None:
        self._order: list[str] = []

    def come(self, sight: Sight) -> None:
        """Who stands where is settled when the page comes: nobody moves while it is read."""
        self._order = by_urgency(sight.snapshot.services)

    def condition(self, sight: Sight) -> Condition:
        """Blank while no service is known."""
        known = bool(sight.snapshot.services)
        return sight.condition("services", ("fields", "traffic"), known=known)

    def parts(self, sight: Sight) -> tuple[object, ...]:
        """The rows, their order and their state."""
        return (sight.snapshot.services, self._order, self.condition(sight))

    def draw(self, sight: Sight, sheet: Sheet, scale: int, palette: Palette) -> None:
        """A line that counts, and the tiles."""
        services = sight.snapshot.services
        ink = palette.faded if self.condition(sight).faded else palette
        size = scale if sheet.height >= 44 else 0
        top = said_rows(size) + 1
        most = CHOSEN if len(services) > MOST else len(services)
        grid = plan_tiles(most, sheet.width, sheet.height - top)
        order = self._order or by_urgency(services)
        shown = chosen(services, min(most, grid.tiles), order)
        _counts(services, len(shown), sheet, size=size, ink=ink)
        wide = grid.columns * grid.width + (grid.columns - 1) * grid.gutter
        left = max(1, (sheet.width - wide) // 2)
        for i, row in enumerate(shown):
            x = left + i % grid.columns * (grid.width + grid.gutter)
            y = top + i // grid.columns * (grid.height + grid.gap)
            _tile(row, sheet, x, y, grid=grid, ink=ink)


def plan_tiles(count: int, width: int, height: int) -> Grid:
    """The grid whose tiles are largest while all of `count` fit; else the one that takes most."""
    best: tuple[float, Grid] | None = None
    densest: Grid | None = None
    for columns in range(1, max(1, (width - 1) // (_LEAST_WIDTH + 1)) + 1):
        gutter = 2 if width >= 200 else 1
        tile = (width - 1 - gutter * (columns - 1)) // columns
        for gap in (1, 0):
            needed = -(-count // columns)
            tall = min(12, (height + gap) // max(1, needed) - gap)
            if tall >= 2 + gap:
                score = min(tile / 26, tall / 4) + 0.2 * gap
                grid = Grid(columns, needed, tile, tall, gap, gutter)
                if best is None or score > best[0]:
                    best = (score, grid)
        packed = Grid(columns, max(1, height // 2), tile, 2, 0, gutter)
        if densest is None or packed.tiles > densest.tiles:
            densest = packed
    if best is not None:
        return best[1]
    return densest or Grid(1, max(1, height // 2), max(1, width - 1), 2, 0, 1)


def _counts(
    services: Sequence[ServiceRow], shown: int, sheet: Sheet, *, size: int, ink: Palette
) -> None:
    """`32 services   2 failing   13 differing   … and 968 more`."""
    needs = [attention(row).need for row in services]
    parts = [(fmt.plural(len(services), "service"), ink.strong + LIGHT)]
    if not any(need in URGENT for need in needs):
        parts.append(("none needs attention", ink.text + LIGHT))
    for need, word in _WORDS.items():
        if number := needs.count(need):
            style = ink.bad if need is Need.FAILING else ink.warn if need in URGENT else ink.muted
            mark = f"{MARKS[need]} " if need in MARKS and size == 0 else ""
            parts.append((f"{mark}{number:,} {word}", style + LIGHT))
    if (hidden := len(services) - shown) > 0:
        parts.append((f"… and {hidden:,} more", ink.text + LIGHT))
    if size and not _in_one_line(parts, size, sheet.width):
        size = NARROW
    if size and not _in_one_line(parts, size, sheet.width):
        parts = [part for part in parts if part[1] != ink.muted + LIGHT]
    if size and not _in_one_line(parts, size, sheet.width):
        size = 0
    x = 1
    for text, style in parts:
        wide = said_width(text, size)
        if x + wide <= sheet.width:
            sheet.say(x, 0, text, style, size, wide)
            x += wide + _between(size)


def _in_one_line(parts: Sequence[Run], size: int, width: int) -> bool:
    wide = sum(said_width(text, size) for text, _ in parts)
    spelled = all(spells(text) for text, _ in parts)
    return spelled and wide + _between(size) * len(parts) <= width


def _between(size: int) -> int:
    return 12 if size else 3


def _tile(row: ServiceRow, sheet: Sheet, x: int, y: int, *, grid: Grid, ink: Palette) -> None:
    need = attention(row)
    urgent = need.need in URGENT
    alarm = ink.bad if need.need is Need.FAILING else ink.warn
    large = grid.height >= _LARGE and grid.width - 3 >= _LARGE_WIDTH
    for i in range(grid.height if large else min(grid.height, 3)):
        edge = ("▌", alarm + LIGHT) if urgent else ("▏", ink.border + LIGHT)
        sheet.put(x, y + i, [edge])
    wide = grid.width - 3
    inks = _TileInks(
        name=(ink.strong if has_begun(row) else ink.muted) + (BOLD if urgent else LIGHT),
        figure=ink.strong + LIGHT if has_begun(row) else ink.faint,
        alarm=alarm if urgent else ink.muted,
        all=ink,
    )
    if large:
        _large(row, need, sheet, x + 2, y, size=(wide, grid.height), inks=inks)
    else:
        _small(row, need, sheet, x + 2, y, size=(wide, grid.height), inks=inks)


class _TileInks(Struct, frozen=True):
    """The styles of one tile."""

    name: Style
    figure: Style
    alarm: Style
    all: Palette


def _head(row: ServiceRow, need: Attention, wide: int, inks: _TileInks) -> list[Run]:
    mark: list[Run] = [(f"{need.mark} ", inks.alarm)] if need.mark else []
    return [*mark, (fit(row.name, wide - runs_width(mark)), inks.name)]


def _small(
    row: ServiceRow,
    need: Attention,
    sheet: Sheet,
    x: int,
    y: int,
    *,
    size: tuple[int, int],
    inks: _TileInks,
) -> None:
    """Two or three lines: name, fields moved, why it needs attention."""
    wide, height = size
    share, ink = moved_share(row), inks.all
    if height >= 3:
        figure = (f"{fmt.percent(share):>8}", inks.figure)
        sheet.put(x, y, _head(row, need, wide, inks))
        sheet.put(x, y + 1, [*thin_bar(share, wide - 8, ink.new, ink.faint), figure])
        sheet.text(x, y + 2, need.why, inks.alarm, wide)
        return
    rounded = (f"{_whole_percent(share):>6}", inks.figure)
    sheet.put(x, y, [*_head(row, need, wide - 6, inks), rounded])
    sheet.put(x, y + 1, thin_bar(share, wide, inks.alarm if need.mark else ink.new, ink.faint))


def _whole_percent(share: float | None) -> str:
    """`39 %`. Only all of it is `100 %`, only nothing of it is `0 %`."""
    if share is None or share in {0, 1}:
        return fmt.UNKNOWN if share is None else f"{share * 100:.0f} %"
    return f"{min(99, max(1, round(share * 100)))} %"


def _large(
    row: ServiceRow,
    need: Attention,
    sheet: Sheet,
    x: int,
    y: int,
    *,
    size: tuple[int, int],
    inks: _TileInks,
) -> None:
    """Name, fields moved in digits and as a bar, why it needs attention."""
    wide, height = size
    name = f"{need.mark} {row.name}".strip()
    head = 1
    if height >= _NAMED and spells(name) and said_width(name, NARROW) <= wide:
        style = inks.alarm if need.mark else inks.name
        head = sheet.say(x, y, name, style + LIGHT, NARROW, wide)
    else:
        sheet.put(x, y, _head(row, need, wide, inks))
    room = height - head - 2
    air = int(room > SMALLEST and head > 1)
    rows = largest("88.8", wide - 2, min(room - air, 7)) or SMALLEST
    top = y + head + air
    right = x + big_width("88.8", rows)
    sheet.figure(right, top, share_text(moved_share(row)), rows, inks.figure)
    sheet.text(right + 1, top + rows - 1, "%", inks.all.muted, 1)
    below = min(y + height - 2, top + rows + int(room > rows + air))
    sheet.put(x, below, fields_measure(row.fields, wide, inks.all).bar)
    sheet.text(x, below + 1, need.why, inks.alarm, wide)
