"""The rows of services, from what was measured of each."""

import sqlite3
from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec

from goliath_tui.domain import FieldCounts, Points, ServiceRow, TrafficFigures
from goliath_tui.measures.completion import started
from goliath_tui.store.read_traffic import Compared


class Measured(NamedTuple):
    """Measures by the service's key; one that is absent is unknown."""

    points: Mapping[int, Points | None]
    fields: Mapping[int | None, FieldCounts]
    traffic: Mapping[int, TrafficFigures]
    compared: Mapping[int, Compared]
    shares: Mapping[int, tuple[float | None, ...]]


def rows(
    conn: sqlite3.Connection, measured: Measured, only: Collection[int] | None = None
) -> tuple[ServiceRow, ...]:
    """Services by name: all, or those with the keys `only`."""
    which = "" if only is None else f" WHERE id IN ({', '.join(map(str, only))})"
    return tuple(
        _row(measured, key, name, team, needs)
        for key, name, team, needs in conn.execute(
            f"SELECT id, name, team, depends_on FROM services{which} ORDER BY name"  # noqa: S608
        )
    )


def _row(
    measured: Measured, key: int, name: str, team: str | None, needs: str | None
) -> ServiceRow:
    points, fields = measured.points.get(key), measured.fields.get(key)
    traffic, outcomes = measured.traffic.get(key), measured.compared.get(key)
    widths = [traffic.resolution_ms] if traffic else []
    widths += [outcomes.widest] if outcomes else []
    return ServiceRow(
        name=name,
        team=team,
        depends_on=tuple(msgspec.json.decode(needs)) if needs else (),
        started=started(points, fields),
        points=points,
        fields=fields,
        traffic=traffic,
        compared=outcomes and outcomes.compared,
        mismatched=outcomes and outcomes.mismatched,
        failed=outcomes and outcomes.failed,
        resolution_ms=max(widths, default=None),
        shares=measured.shares.get(key, ()),
    )
