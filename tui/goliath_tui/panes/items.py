"""Work items in a table: what is open, under way and done, and what came late or from before."""

from collections.abc import Callable, Hashable, Sequence

from rich.cells import cell_len

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, ItemRow, ServiceDetail, SprintDetail
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Run, fit, printable
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import SheetColumn, Value
from goliath_tui.widgets.table import Column, Table

MARKS = {"open": "○", "started": "◐", "done": "●", "dropped": "✕"}
_ORDER = {status: i for i, status in enumerate(("started", "open", "done", "dropped"))}
_WEB = ("http://", "https://")


class ItemsPane(Pane, Table[ItemRow]):
    """The work items of a service in the sprint in progress, or those of a sprint.

    `of_sprint`: they are of many services, so that is a column.
    """

    TITLE = "Work"
    ONE = "item"
    NEEDS = ("sprint",)
    WHAT = "work items"

    def __init__(self, *, number: int, of_sprint: bool = False, name: str = "work") -> None:
        super().__init__(number=number, id=name)
        self.of_sprint = of_sprint
        self.sprint = ""
        self._known = False
        shown = _columns()
        self._columns = shown if of_sprint else tuple(c for c in shown if c.name != "service")

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The items of the screen's subject."""
        self._known = isinstance(detail, ServiceDetail | SprintDetail)
        self.put(detail.items if isinstance(detail, ServiceDetail | SprintDetail) else ())
        if isinstance(detail, SprintDetail):
            self.sprint = detail.figures.name
        else:
            self.sprint = snapshot.sprint.name if snapshot.sprint else ""

    def known(self) -> bool:
        """Whether it is known what is in the sprint, and that there is one."""
        return self._known and bool(self.sprint)

    def parts(self) -> tuple[object, ...]:
        """The rows and the sprint's name."""
        return (self.seen, self.sprint)

    def address(self) -> str:
        """The page of the item under the cursor, if the tracker gave one."""
        row = self.row()
        url = row.url if row is not None and row.url else ""
        return url if url.lower().startswith(_WEB) else ""

    def label(self, row: ItemRow) -> str:
        """Its id and its title."""
        return f"{row.id} {row.title}"

    def columns(self) -> Sequence[Column[ItemRow]]:
        """Those that say something here."""
        return self._columns

    def key(self, row: ItemRow) -> Hashable:
        """The tracker's id."""
        return row.id

    def haystack(self, row: ItemRow) -> str:
        """Id, title, service, status, and how it came here."""
        return f"{row.id} {row.title} {row.service or fmt.UNMAPPED} {row.status} {came(row)}"

    def sheet_columns(self) -> list[tuple[SheetColumn, Callable[[ItemRow], Value]]]:
        """All that is known of an item."""
        return [
            (SheetColumn("item"), lambda row: row.id),
            (SheetColumn("title"), lambda row: row.title),
            (SheetColumn("url"), lambda row: row.url),
            (SheetColumn("service"), lambda row: row.service),
            (SheetColumn("status"), lambda row: row.status),
            (SheetColumn("points", "points"), lambda row: row.points),
            (SheetColumn("carried"), lambda row: row.carried),
            (SheetColumn("added"), lambda row: row.added),
        ]

    def nothing(self) -> str:
        """No item, or none that passes the filter."""
        if self.lens:
            return f"no item matches {self.lens.text}"
        return f"nothing in {self.sprint}" if self.of_sprint else f"nothing of it in {self.sprint}"

    def subtitle(self, palette: Palette) -> Sequence[Run]:
        """The sprint, where the screen is not about one."""
        return () if self.of_sprint else [(printable(self.sprint), palette.muted)]

    def figure(self, palette: Palette) -> Sequence[Run]:
        """Points left, and how many items are done."""
        if self.condition.blank:
            return ()
        if self.lens:
            return self.lens_figure(palette)
        there = [row for row in self.rows if row.status != "dropped"]
        if not there:
            return ()
        finished = sum(row.status == "done" for row in there)
        return [
            (fmt.points(points_left(there)), palette.text),
            (f" pt left · {finished:,} of {fmt.plural(len(there), 'item')} done", palette.muted),
        ]

    def origins(self, desk: Desk) -> list[Origin]:
        """What is left, and what the words beside an item mean."""
        unestimated = sum(row.points is None for row in self.rows)
        items = fmt.plural(len(self.rows), "item")
        return [
            desk.origin(
                "points left",
                fmt.points(points_left(self.rows)),
                "points of the items that are neither done nor dropped",
                f"{items}, {unestimated:,} of them not estimated",
                self.NEEDS,
            ),
            desk.origin(
                "carried, added",
                "",
                "carried: it came unfinished from an earlier sprint; added: it entered after the "
                "sprint had begun",
                items,
                self.NEEDS,
            ),
        ]


def points_left(rows: Sequence[ItemRow]) -> float:
    """Points of the items that still have to be done; what is not estimated adds nothing."""
    return sum(row.points or 0.0 for row in rows if row.status in {"open", "started"})


def came(row: ItemRow) -> str:
    """How an item came to be in its sprint, where that is worth a word."""
    return "carried" if row.carried else "added" if row.added else ""


def _columns() -> tuple[Column[ItemRow], ...]:
    def item(row: ItemRow, width: int, palette: Palette) -> list[Run]:
        name = f"{printable(row.id)} "
        room = width - cell_len(name)
        if room < 4:
            return [(fit(f"{row.id} {row.title}", width), palette.text)]
        ended = row.status in {"done", "dropped"}
        title = fit(row.title, room, cut="end")
        return [(name, palette.muted), (title, palette.muted if ended else palette.text)]

    def status(row: ItemRow, width: int, palette: Palette) -> list[Run]:
        style = palette.new if row.status == "done" else palette.text
        mark = MARKS.get(row.status, "?")
        return [(f"{mark} ", style), (fit(row.status, width - 2), palette.muted)]

    def service(row: ItemRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(row.service or fmt.UNMAPPED, width), palette.muted)]

    def points(row: ItemRow, width: int, palette: Palette) -> list[Run]:
        style = palette.faint if row.points is None else palette.text
        return [(f"{fmt.points(row.points):>{width}}", style)]

    def way(row: ItemRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(came(row), width), palette.warn if row.added else palette.muted)]

    return (
        Column("item", "item", 20, item, lambda row: row.id, most=80),
        Column("service", "service", 10, service, lambda row: row.service, rank=3, most=18),
        Column("status", "status", 9, status, lambda row: _ORDER.get(row.status), rank=1),
        Column("points", "pt", 4, points, lambda row: row.points, "right", 2, falling=True),
        Column("came", "", 7, way, came, rank=4, falling=True),
    )
