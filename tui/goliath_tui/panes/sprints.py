"""All sprints in a table: what was committed, what became of it, how fast the team is."""

from collections.abc import Callable, Hashable, Sequence
from datetime import tzinfo

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, SprintDetail, SprintRow
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import thin_bar
from goliath_tui.widgets.ink import Run, fit
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import MOMENT, SheetColumn, Value
from goliath_tui.widgets.table import Column, Table


class SprintsPane(Pane, Table[SprintRow]):
    """All sprints that had begun, newest first. The cursor stands on the one that is shown."""

    TITLE = "Sprints"
    ONE = "sprint"
    NEEDS = ("sprint",)
    WHAT = "sprints"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="sprints")
        self.zone = zone
        self.shown: str | None = None
        self._at = 0
        self._columns = _columns(self)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """Every sprint; the cursor goes to the one that is shown when that has changed."""
        self._at = snapshot.at
        if not isinstance(detail, SprintDetail):
            self.put(())
            self.shown = None
            return
        self.put(detail.sprints)
        if detail.figures.id != self.shown:
            self.shown = detail.figures.id
            self._stand_on(self.shown)

    def _stand_on(self, sprint: str) -> None:
        self._held = sprint
        self._arrange()

    def _move_to(self, index: int) -> None:
        super()._move_to(index)
        # The first row is held too: a sprint that begins must not take the place of the one shown.
        row = self.row()
        self._held = None if row is None else row.id

    def known(self) -> bool:
        """Whether a sprint had begun."""
        return bool(self.rows)

    def parts(self) -> tuple[object, ...]:
        """The rows, which of them is shown, and the minute, since a sprint ends."""
        return (self.seen, self.shown, self._at // 60_000)

    def label(self, row: SprintRow) -> str:
        """Its name."""
        return row.name

    def columns(self) -> Sequence[Column[SprintRow]]:
        """All columns."""
        return self._columns

    def key(self, row: SprintRow) -> Hashable:
        """Its id."""
        return row.id

    def haystack(self, row: SprintRow) -> str:
        """Its name and its days."""
        return f"{row.name} {fmt.day(row.starts, self.zone)} {fmt.day(row.ends, self.zone)}"

    def sheet_columns(self) -> list[tuple[SheetColumn, Callable[[SprintRow], Value]]]:
        """Every figure of a sprint."""
        points = "points"
        return [
            (SheetColumn("sprint"), lambda row: row.name),
            (SheetColumn("id"), lambda row: row.id),
            (SheetColumn("starts", MOMENT), lambda row: row.starts),
            (SheetColumn("ends", MOMENT), lambda row: row.ends),
            (SheetColumn("committed", points), lambda row: row.committed),
            (SheetColumn("added", points), lambda row: row.added),
            (SheetColumn("removed", points), lambda row: row.removed),
            (SheetColumn("done", points), lambda row: row.done),
            (SheetColumn("remaining", points), lambda row: row.remaining),
            (SheetColumn("velocity", points), lambda row: row.velocity),
        ]

    def surroundings(self) -> Hashable:
        """The minute, since a sprint ends."""
        return self._at // 60_000

    def nothing(self) -> str:
        """No sprint, or none that passes the filter."""
        return f"no sprint matches {self.lens.text}" if self.lens else "no sprint had begun"

    def runs(self, row: SprintRow) -> bool:
        """Whether a sprint is in progress."""
        return row.starts <= self._at < row.ends

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How many there are, and the latest velocity."""
        if self.condition.blank:
            return ()
        if self.lens:
            return self.lens_figure(palette)
        latest = next((row.velocity for row in self.rows if row.velocity is not None), None)
        return [
            (fmt.count(len(self.rows)), palette.text),
            (" · velocity ", palette.muted),
            (fmt.points(latest), palette.text),
        ]

    def origins(self, desk: Desk) -> list[Origin]:
        """Each row is a replay of its own."""
        sprints = fmt.plural(len(self.rows), "sprint")
        return [
            desk.origin(
                "committed, added, removed, done",
                sprints,
                "points, replayed from the items' events up to the sprint's end: committed at its "
                "start; added and removed after that; done within it",
                sprints,
                ("sprint",),
            ),
            desk.origin(
                "velocity",
                "",
                "mean points done of a sprint that has ended and the two before it",
                "three sprints",
                ("sprint",),
            ),
        ]


def _columns(pane: SprintsPane) -> tuple[Column[SprintRow], ...]:
    def name(row: SprintRow, width: int, palette: Palette) -> list[Run]:
        style = palette.strong if pane.runs(row) else palette.text
        return [(fit(row.name, width), style)]

    def ends(row: SprintRow, width: int, palette: Palette) -> list[Run]:
        if pane.runs(row):
            return [(fit("in progress", width), palette.new)]
        return [(fit(fmt.day(row.ends, pane.zone), width), palette.muted)]

    def points(
        value: Callable[[SprintRow], float | None], text: Callable[[float | None], str]
    ) -> Callable[[SprintRow, int, Palette], list[Run]]:
        def draw(row: SprintRow, width: int, palette: Palette) -> list[Run]:
            found = value(row)
            style = palette.faint if found is None else palette.text
            return [(f"{text(found):>{width}}", style)]

        return draw

    def share(row: SprintRow, width: int, palette: Palette) -> list[Run]:
        return thin_bar(done_share(row), width, palette.new, palette.faint)

    def figures(
        column: str,
        title: str,
        width: int,
        rank: int,
        *,
        value: Callable[[SprintRow], float | None],
        text: Callable[[float | None], str] = fmt.points,
    ) -> Column[SprintRow]:
        draw = points(value, text)
        return Column(column, title, width, draw, value, "right", rank, falling=True)

    return (
        Column("sprint", "sprint", 9, name, lambda row: row.starts, most=24, falling=True),
        Column("ends", "ends", 11, ends, lambda row: row.ends, rank=6, falling=True),
        figures("committed", "committed", 9, 1, value=lambda row: row.committed),
        figures("added", "added", 6, 4, value=lambda row: row.added, text=fmt.signed_points),
        figures("removed", "removed", 7, 5, value=lambda row: -row.removed, text=fmt.signed_points),
        figures("done", "done", 6, 2, value=lambda row: row.done),
        Column("share", "of scope", 8, share, done_share, rank=7, falling=True, most=16),
        figures("left", "left", 6, 8, value=lambda row: row.remaining),
        figures("velocity", "velocity", 8, 3, value=lambda row: row.velocity),
    )


def done_share(row: SprintRow) -> float | None:
    """Points done, of all that were in scope at the end or are now; None without any."""
    scope = row.done + row.remaining
    return row.done / scope if scope > 0 else None
