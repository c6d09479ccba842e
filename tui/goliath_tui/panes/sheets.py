"""Rows for files, of panes whose drawing is no table or whose columns say more than one figure."""

from collections.abc import Callable
from typing import Any, cast

from goliath_tui.domain import GroupRow, MigrationState, ServiceRow, ShareSeries, SprintFigures
from goliath_tui.widgets.sheet import MOMENT, SHARE, Sheet, SheetColumn, Value

Read = Callable[[ServiceRow], Value]


def series_sheet(name: str, series: ShareSeries) -> Sheet:
    """A row for each step of `series` that has data."""
    rows: list[tuple[Value, ...]] = []
    for point in series.points:
        answered = point.legacy + point.new
        share = point.new / answered if answered else None
        rows.append((point.at, point.legacy, point.new, share, point.intended_share))
    columns = (
        SheetColumn("at", MOMENT),
        SheetColumn("legacy", "requests"),
        SheetColumn("new", "requests"),
        SheetColumn("share", SHARE),
        SheetColumn("intended", SHARE),
    )
    return Sheet(name, columns, rows)


def burndown_sheet(name: str, sprint: SprintFigures, until: int) -> Sheet:
    """A row for each change of scope or of what remains, from the sprint's start up to `until`."""
    points = [point for point in sprint.burndown if point.at <= until]
    columns = (
        SheetColumn("at", MOMENT),
        SheetColumn("scope", "points"),
        SheetColumn("remaining", "points"),
    )
    return Sheet(name, columns, [(point.at, point.scope, point.remaining) for point in points])


def service_columns() -> list[tuple[SheetColumn, Read]]:
    """Every figure of a service, those behind its bars and shares too."""
    return [
        (SheetColumn("service"), _path("name")),
        (SheetColumn("team"), _path("team")),
        (SheetColumn("started"), _path("started")),
        (SheetColumn("points-done", "points"), _path("points", "done")),
        (SheetColumn("points-total", "points"), _path("points", "total")),
        (SheetColumn("points-added", "points"), _path("points", "added")),
        (SheetColumn("fields-total"), _path("fields", "total")),
        *((SheetColumn(f"fields-{state.value}"), _fields_in(state)) for state in MigrationState),
        (SheetColumn("share", SHARE), _path("traffic", "new_share")),
        (SheetColumn("intended", SHARE), _path("traffic", "intended_share")),
        (SheetColumn("requests"), _path("traffic", "requests")),
        (SheetColumn("span", "ms"), _path("traffic", "span_ms")),
        (SheetColumn("p95-legacy", "ms"), _path("traffic", "legacy", "p95_ms")),
        (SheetColumn("p95-new", "ms"), _path("traffic", "new", "p95_ms")),
        (SheetColumn("errors-legacy", SHARE), _path("traffic", "legacy", "error_rate")),
        (SheetColumn("errors-new", SHARE), _path("traffic", "new", "error_rate")),
        (SheetColumn("compared"), _path("compared")),
        (SheetColumn("mismatched"), _path("mismatched")),
        (SheetColumn("failed"), _path("failed")),
        (SheetColumn("depends-on"), _path("depends_on")),
    ]


def group_columns() -> list[tuple[SheetColumn, Callable[[GroupRow], Value]]]:
    """Every figure of a mismatch group."""
    return [
        (SheetColumn("group"), lambda row: row.id),
        (SheetColumn("service"), lambda row: row.service),
        (SheetColumn("field"), lambda row: row.field),
        (SheetColumn("path"), lambda row: row.path),
        (SheetColumn("class"), lambda row: row.kind.value),
        (SheetColumn("times"), lambda row: row.count),
        (SheetColumn("first-seen", MOMENT), lambda row: row.first_seen),
        (SheetColumn("last-seen", MOMENT), lambda row: row.last_seen),
        (SheetColumn("new"), lambda row: row.is_new),
    ]


def _path(*names: str) -> Callable[[Any], Value]:
    """Reads a part of a part of a row; unknown as soon as one of them is."""

    def read(row: Any) -> Value:
        value = row
        for name in names:
            value = None if value is None else getattr(value, name)
        return cast("Value", value)

    return read


def _fields_in(state: MigrationState) -> Read:
    return lambda row: None if row.fields is None else row.fields.by_state[state]
