"""What a sprint's scope is made of: by service, and how it came to be what it is."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

from msgspec import Struct
from rich.style import Style

from goliath_tui.domain import Snapshot, SprintFigures
from goliath_tui.domain.subjects import Detail, ItemRow, ServiceOf, SprintDetail, Subject
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import thin_bar
from goliath_tui.widgets.ink import Line, Run, fit
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import SheetColumn, Value
from goliath_tui.widgets.table import Column, Table

_DROPPED, _DONE = "dropped", "done"
_LABEL, _FIGURE, _BAR = 15, 8, 48


class ScopeRow(Struct, frozen=True, kw_only=True):
    """A service's part of a sprint, in points but for `items` and `unestimated`.

    `carried`, `added`: parts of `scope` that came unfinished from an earlier sprint, that entered
    after the start. `dropped`: of items that will not be done, which is in no scope.
    """

    service: str | None
    scope: float
    done: float
    items: int
    carried: float = 0.0
    added: float = 0.0
    dropped: float = 0.0
    unestimated: int = 0


def scope_rows(detail: SprintDetail) -> tuple[ScopeRow, ...]:
    """The services of a sprint, the one with the most points first."""
    by_service: dict[str | None, list[ItemRow]] = defaultdict(list)
    for item in detail.items:
        by_service[item.service].append(item)
    rows = []
    for part in detail.by_service:
        items = by_service.get(part.service, [])
        kept = [item for item in items if item.status != _DROPPED]
        rows.append(
            ScopeRow(
                service=part.service,
                scope=part.scope,
                done=part.done,
                items=part.items,
                carried=_points(item for item in kept if item.carried),
                added=_points(item for item in kept if item.added),
                dropped=_points(item for item in items if item.status == _DROPPED),
                unestimated=sum(item.points is None and item.status != _DONE for item in kept),
            )
        )
    rows.sort(key=lambda row: (-row.scope, row.service is None, row.service or ""))
    return tuple(rows)


def _points(items: Iterable[ItemRow]) -> float:
    return sum((item.points or 0.0 for item in items), 0.0)


class ScopePane(Pane, Table[ScopeRow]):
    """The services that have something in the sprint; below them how its scope came to be."""

    TITLE = "Scope"
    ONE = "service"
    NEEDS = ("sprint",)
    WHAT = "scope"

    def __init__(self, *, number: int) -> None:
        super().__init__(number=number, id="scope")
        self.sprint: SprintFigures | None = None
        self._detail: SprintDetail | None = None
        self._columns = _columns()

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The items of the detail, by service."""
        if detail is self._detail:
            return
        self._detail = detail if isinstance(detail, SprintDetail) else None
        self.sprint = None if self._detail is None else self._detail.figures
        self.put(() if self._detail is None else scope_rows(self._detail))

    def known(self) -> bool:
        """Whether the sprint is known."""
        return self.sprint is not None

    def parts(self) -> tuple[object, ...]:
        """The rows and the sum."""
        return (self.seen, self.sprint)

    def opens(self) -> Subject | None:
        """The service under the cursor."""
        row = self.row()
        return None if row is None or row.service is None else ServiceOf(row.service)

    def label(self, row: ScopeRow) -> str:
        """The service's name."""
        return row.service or fmt.UNMAPPED

    def columns(self) -> Sequence[Column[ScopeRow]]:
        """All columns."""
        return self._columns

    def key(self, row: ScopeRow) -> Hashable:
        """The service."""
        return row.service

    def haystack(self, row: ScopeRow) -> str:
        """The service's name."""
        return row.service or fmt.UNMAPPED

    def sheet_columns(self) -> list[tuple[SheetColumn, Callable[[ScopeRow], Value]]]:
        """Every figure of a service in the sprint."""
        points = "points"
        return [
            (SheetColumn("service"), lambda row: row.service),
            (SheetColumn("scope", points), lambda row: row.scope),
            (SheetColumn("done", points), lambda row: row.done),
            (SheetColumn("carried", points), lambda row: row.carried),
            (SheetColumn("added", points), lambda row: row.added),
            (SheetColumn("dropped", points), lambda row: row.dropped),
            (SheetColumn("items"), lambda row: row.items),
            (SheetColumn("unestimated"), lambda row: row.unestimated),
        ]

    def nothing(self) -> str:
        """No item, or no service that passes the filter."""
        if self.lens:
            return f"no service matches {self.lens.text}"
        return "there is no item in this sprint"

    def figure(self, palette: Palette) -> Sequence[Run]:
        """Points in scope."""
        if self.sprint is None or self.condition.blank:
            return ()
        if self.lens:
            return self.lens_figure(palette)
        scope = self.sprint.remaining + self.sprint.done
        return [
            (fmt.points(scope), palette.text),
            (" pt in scope · ", palette.muted),
            (fmt.plural(len(self.rows), "service"), palette.muted),
        ]

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The table, and below it, where there is room, the way from committed to scope."""
        sum_lines = bridge(self.sprint, width, palette) if self.sprint is not None else []
        wanted = max(1, len(self.seen)) + 1
        room = height - len(sum_lines) - 1
        if not sum_lines or room < min(wanted, 8):
            return super().content(width, height, palette)
        table = super().content(width, min(wanted, room), palette)
        return [*table, Line(), *sum_lines]

    def origins(self, desk: Desk) -> list[Origin]:
        """Of the sum, and of a service's part."""
        items = sum(row.items for row in self.rows)
        unestimated = sum(row.unestimated for row in self.rows)
        return [
            desk.origin(
                "scope",
                fmt.points(self.sprint.remaining + self.sprint.done if self.sprint else None),
                "committed + added − removed + re-estimated, replayed from the items' events; "
                "carried over is a part of committed and added",
                fmt.plural(items, "item"),
                ("sprint",),
            ),
            desk.origin(
                "a service",
                fmt.count(len(self.rows)),
                "points of its items in the sprint as they stand now; added: entered after the "
                "start; dropped: will not be done, in no scope",
                f"{fmt.plural(items, 'item')}, {unestimated:,} not estimated",
                ("sprint",),
            ),
        ]


def _columns() -> tuple[Column[ScopeRow], ...]:
    def service(row: ScopeRow, width: int, palette: Palette) -> list[Run]:
        style = palette.text if row.service is not None else palette.muted
        return [(fit(row.service or fmt.UNMAPPED, width), style)]

    def done(row: ScopeRow, width: int, palette: Palette) -> list[Run]:
        text = f"{fmt.points(row.done)}/{fmt.points(row.scope)}"
        share = row.done / row.scope if row.scope > 0 else None
        return [
            *thin_bar(share, width - 10, palette.new, palette.faint),
            (f"{text:>10}", palette.text),
        ]

    def figure(
        name: str,
        title: str,
        width: int,
        rank: int,
        *,
        value: Callable[[ScopeRow], float],
        text: Callable[[float], str],
    ) -> Column[ScopeRow]:
        def draw(row: ScopeRow, width: int, palette: Palette) -> list[Run]:
            style = palette.text if value(row) else palette.faint
            return [(f"{text(value(row)) if value(row) else '·':>{width}}", style)]

        return Column(name, title, width, draw, value, "right", rank, falling=True)

    def counted(value: float) -> str:
        return fmt.count(round(value))

    return (
        Column("service", "service", 12, service, lambda row: row.service or "~", most=24),
        Column("done", "done", 16, done, lambda row: row.scope, "right", 1, falling=True, most=22),
        figure("carried", "carried", 7, 3, value=lambda row: row.carried, text=fmt.points),
        figure("added", "added", 6, 2, value=lambda row: row.added, text=fmt.signed_points),
        figure("dropped", "dropped", 7, 4, value=lambda row: row.dropped, text=fmt.points),
        figure("items", "items", 5, 5, value=lambda row: row.items, text=counted),
        figure("unestimated", "unest.", 6, 6, value=lambda row: row.unestimated, text=counted),
    )


def bridge(sprint: SprintFigures, width: int, palette: Palette) -> list[Line]:
    """From committed to scope, each step as a bar where it begins and ends on one common scale."""
    added, removed, again = sprint.added, sprint.removed, sprint.re_estimated
    scope = sprint.remaining + sprint.done
    after_added, after_removed = sprint.committed + added, sprint.committed + added - removed
    text, strong, done = palette.text, palette.strong, palette.new
    steps = (
        ("committed", fmt.points(sprint.committed), 0.0, sprint.committed, text),
        ("added", fmt.signed_points(added), sprint.committed, after_added, text),
        ("removed", fmt.signed_points(-removed), after_added, after_removed, text),
        ("re-estimated", fmt.signed_points(again), after_removed, scope, text),
        ("scope", fmt.points(scope), 0.0, scope, strong),
        ("  carried over", fmt.points(sprint.carried_over), 0.0, sprint.carried_over, text),
        ("  done", fmt.points(sprint.done), 0.0, sprint.done, done),
    )
    cells = min(_BAR, width - _LABEL - _FIGURE - 2)
    top = max(sprint.committed, after_added, after_removed, scope, 1.0)
    lines = []
    for name, figure, begins, ends, style in steps:
        ink = done if name == "  done" else text
        line = Line([(fit(name, _LABEL), palette.muted), (f"{figure:>{_FIGURE}}", style)])
        if cells >= 8:
            line.add("  ", palette.muted).extend(_stretch(begins / top, ends / top, cells, ink))
        lines.append(line)
    return lines


def _stretch(begins: float, ends: float, cells: int, style: Style) -> list[Run]:
    """A bar between two shares of `cells`; one that runs back is drawn as what is gone."""
    first, last = (max(0.0, end) for end in sorted((begins, ends)))
    start = min(cells - 1, round(first * cells))
    length = min(cells - start, max(round((last - first) * cells), int(last > first)))
    return [(" " * start, style), (("╌" if ends < begins else "━") * length, style)]
