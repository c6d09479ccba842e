"""Budget: one changed cell in a live table of 48 × 10 costs at most 8 ms a tick.

Floor: a bare Static of the same size in which one line changes. Beside it Textual's DataTable.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from rich.text import Text
from textual.app import App, ComposeResult
from textual.widgets import DataTable, Static

from bench.figures import Figure
from goliath_tui.widgets.ink import Run
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.table import Column, Table

ROWS, COLUMNS, TICKS = 48, 10, 60
Cells = tuple[str, ...]


def rows(tick: int) -> tuple[Cells, ...]:
    """The table at a tick: one cell differs from the tick before."""
    return tuple(
        tuple(
            f"{row}.{column}.{tick if (row, column) == (20, 5) else 0}" for column in range(COLUMNS)
        )
        for row in range(ROWS)
    )


class LiveTable(Table[Cells]):
    """Our table with ten plain columns."""

    def columns(self) -> Sequence[Column[Cells]]:
        """Ten of a kind."""

        def draw(at: int) -> Callable[[Cells, int, Palette], Sequence[Run]]:
            return lambda row, _width, palette: [(row[at], palette.text)]

        return [Column(str(n), f"column {n}", 10, draw(n)) for n in range(COLUMNS)]

    def key(self, row: Cells) -> str:
        """The first cell stays."""
        return row[0]

    def haystack(self, row: Cells) -> str:
        """Nothing is looked for here."""
        return row[0]


class Ours(App[None]):
    """Our table, full screen."""

    CSS = "LiveTable { width: 1fr; height: 1fr; }"

    def compose(self) -> ComposeResult:
        """One table."""
        yield LiveTable()

    def on_mount(self) -> None:
        """The first rows."""
        self.tick(0)

    def tick(self, n: int) -> None:
        """One cell changes."""
        table = self.query_one(LiveTable)
        table.put(rows(n))
        table.redraw()


class Theirs(App[None]):
    """DataTable, full screen."""

    def compose(self) -> ComposeResult:
        """One table."""
        yield DataTable()

    def on_mount(self) -> None:
        """The first rows."""
        table = self.query_one(DataTable)
        for column in range(COLUMNS):
            table.add_column(f"column {column}", key=str(column), width=10)
        for number, row in enumerate(rows(0)):
            table.add_row(*row, key=str(number))

    def tick(self, n: int) -> None:
        """One cell changes."""
        self.query_one(DataTable).update_cell("20", "5", f"20.5.{n}")


class Bare(App[None]):
    """A Static with as much text."""

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static()

    def on_mount(self) -> None:
        """The first text."""
        self.tick(0)

    def tick(self, n: int) -> None:
        """One cell changes."""
        text = "\n".join("  ".join(f"{cell:<10}" for cell in row) for row in rows(n))
        self.query_one(Static).update(Text(text))


async def _tick_ms(app: Ours | Theirs | Bare) -> float:
    async with app.run_test(size=(130, 52)) as pilot:
        for n in range(1, 6):
            app.tick(n)
            await pilot.pause()
        started = time.process_time()
        for n in range(6, 6 + TICKS):
            app.tick(n)
            await pilot.pause()
        return (time.process_time() - started) / TICKS * 1000


def measure() -> list[Figure]:
    """Processor milliseconds for one tick."""
    ours, bare, theirs = (asyncio.run(_tick_ms(app())) for app in (Ours, Bare, Theirs))
    what = f"one changed cell in a table of {ROWS} × {COLUMNS}"
    return [
        Figure(f"{what} (floor: Static)", ours, "ms", "≤ 8 ms", ours <= 8, bare),
        Figure(f"{what} (floor: DataTable)", ours, "ms", "faster", ours < theirs, theirs),
    ]
