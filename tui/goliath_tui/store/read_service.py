"""One service in detail."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

import msgspec

from goliath_tui.domain import ServiceRow
from goliath_tui.domain.subjects import ServiceDetail, StateMark
from goliath_tui.measures.completion import finished
from goliath_tui.store import read_points, read_services, read_traffic
from goliath_tui.store.read_fields import FieldsKnown, Named, field_rows
from goliath_tui.store.read_groups import groups_of
from goliath_tui.store.read_sprints import items_of_service
from goliath_tui.store.read_states import marks


def service_detail(
    conn: sqlite3.Connection, at: int, window_ms: int, name: str, known: FieldsKnown
) -> ServiceDetail | None:
    """A service by its name; None if there is none. Without fields until they are `known`."""
    found = conn.execute("SELECT id, depends_on FROM services WHERE name = ?", (name,)).fetchone()
    if found is None:
        return None
    key, needs = found
    told = known is FieldsKnown.WITH_STATES
    others = _keys(conn, msgspec.json.decode(needs, type=list[str]) if needs else [])
    series, shares = read_traffic.shares_of(conn, at, key, others)
    rows = _rows(conn, at, window_ms, {key, *others}, shares, told=told)
    row = rows[name]
    fields = [
        Named(field, of, name)
        for field, of in conn.execute(
            "SELECT id, name FROM fields WHERE service = ? ORDER BY name", (key,)
        )
    ]
    if known is FieldsKnown.NOT_YET:
        fields = []
    keys = [field.key for field in fields]
    history = marks(conn, at, keys)
    of_fields, reach = field_rows(conn, at, window_ms, fields, history, told=told)
    return ServiceDetail(
        name=name,
        row=row,
        span_ms=reach.span_ms,
        resolution_ms=reach.resolution_ms,
        series=series,
        marks=() if series is None else _since(series.starts, history),
        fields=of_fields,
        groups=groups_of(conn, at, keys),
        items=items_of_service(conn, at, name, key),
        blocked_by=tuple(
            rows[other]
            for other in row.depends_on
            if not finished(rows[other].points, rows[other].fields)
        ),
    )


def _since(starts: int, history: Mapping[int, Sequence[StateMark]]) -> tuple[StateMark, ...]:
    found = (mark for own in history.values() for mark in own if mark.at >= starts)
    return tuple(sorted(found, key=lambda mark: (mark.at, mark.field)))


def _keys(conn: sqlite3.Connection, names: Sequence[str]) -> list[int]:
    found = (
        conn.execute("SELECT id FROM services WHERE name = ?", (name,)).fetchone() for name in names
    )
    return [row[0] for row in found if row is not None]


def _rows(
    conn: sqlite3.Connection,
    at: int,
    window_ms: int,
    keys: Collection[int],
    shares: Mapping[int, tuple[float | None, ...]],
    *,
    told: bool,
) -> dict[str, ServiceRow]:
    """By name, as in the snapshot."""
    span = read_traffic.span_ms(conn, at, window_ms)
    measured = read_services.Measured(
        points=read_points.ledger(conn, at, keys).by_service(),
        fields=read_points.fields_by_service(conn, at, keys) if told else {},
        traffic=read_traffic.figures_of(conn, at, span, keys),
        compared=read_traffic.compared_of(conn, at, span, keys),
        shares=shares,
    )
    return {row.name: row for row in read_services.rows(conn, measured, keys)}
