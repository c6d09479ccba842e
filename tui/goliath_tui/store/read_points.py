"""Points, fields, the sprint and the milestones of a snapshot."""

import sqlite3
from collections.abc import Collection, Iterable
from datetime import tzinfo
from typing import NamedTuple

from goliath_tui.domain import (
    FieldCounts,
    MigrationState,
    MilestoneRow,
    Points,
    Sprint,
    SprintFigures,
)
from goliath_tui.measures.burndown import current_sprint
from goliath_tui.measures.burndown import figures as sprint_figures
from goliath_tui.measures.completion import field_counts
from goliath_tui.measures.ledger import SprintEntry
from goliath_tui.store.schema import EVENT_KINDS, MILLIONTHS, STATES

#: The key that stands for no service in the ledger.
NO_SERVICE = 0


class Amounts(NamedTuple):
    """Sums of the points ledger, in millionths of a point; `entries` of 0: nothing is known."""

    scope: int = 0
    done: int = 0
    added: int = 0
    unestimated: int = 0
    entries: int = 0

    def points(self, *, baselined: bool) -> Points | None:
        """`baselined`: without a baseline, what was added is unknown."""
        if self.entries == 0:
            return None
        return Points(
            done=self.done / MILLIONTHS,
            total=self.scope / MILLIONTHS,
            added=self.added / MILLIONTHS if baselined else None,
            unestimated=self.unestimated,
        )


class Ledger(NamedTuple):
    """The points ledger up to a moment: sums by (service, milestone), whose keys may be 0."""

    sums: dict[tuple[int, int], Amounts]
    baselined: bool

    def all(self) -> Points | None:
        """Points of all work items."""
        return _added(self.sums.values()).points(baselined=self.baselined)

    def by_service(self) -> dict[int, Points | None]:
        """Points of each service, by its key."""
        found: dict[int, list[Amounts]] = {}
        for (service, _), amounts in self.sums.items():
            found.setdefault(service, []).append(amounts)
        return {
            service: _added(parts).points(baselined=self.baselined)
            for service, parts in found.items()
        }

    def of_milestone(self, milestone: int, *, baselined: bool) -> Points | None:
        """Points of a milestone's items."""
        parts = (amounts for (_, key), amounts in self.sums.items() if key == milestone)
        return _added(parts).points(baselined=baselined)


def _added(parts: Iterable[Amounts]) -> Amounts:
    columns = list(zip(*parts, strict=True))
    return Amounts(*map(sum, columns)) if columns else Amounts()


def ledger(conn: sqlite3.Connection, at: int, only: Collection[int] | None = None) -> Ledger:
    """The points ledger up to `at`: of everything, or of some services `only`."""
    baselined = conn.execute("SELECT 1 FROM milestones WHERE baseline_at <= ?", (at,)).fetchone()
    return Ledger(_ledger_sums(conn, at, _of("service", only)), baselined is not None)


def _of(column: str, only: Collection[int] | None) -> str:
    return "1" if only is None else f"{column} IN ({', '.join(map(str, only))})"


def _ledger_sums(conn: sqlite3.Connection, at: int, of: str) -> dict[tuple[int, int], Amounts]:
    """From the nearer end: the entries up to `at`, or the totals less the entries after it."""
    first, last = conn.execute(
        "SELECT (SELECT min(at) FROM points_ledger), (SELECT max(at) FROM points_ledger)"
    ).fetchone()
    if first is None:
        return {}
    if at - first < last - at:
        return _ledger_part(conn, f"at <= ? AND {of}", at)
    sums = {
        (service, milestone): Amounts(*amounts)
        for service, milestone, *amounts in conn.execute(
            f"SELECT * FROM points_totals WHERE {of}"  # noqa: S608
        )
    }
    for key, later in _ledger_part(conn, f"at > ? AND {of}", at).items():
        sums[key] = Amounts(*(a - b for a, b in zip(sums[key], later, strict=True)))
    return sums


def _ledger_part(conn: sqlite3.Connection, where: str, at: int) -> dict[tuple[int, int], Amounts]:
    rows = conn.execute(
        "SELECT service, milestone, sum(scope), sum(done), sum(added), sum(unestimated), count(*)"  # noqa: S608
        f" FROM points_ledger WHERE {where} GROUP BY service, milestone",
        (at,),
    )
    return {(service, milestone): Amounts(*amounts) for service, milestone, *amounts in rows}


def fields_by_service(
    conn: sqlite3.Connection, at: int, only: Collection[int] | None = None
) -> dict[int | None, FieldCounts]:
    """Fields by their state at `at`, per service (all, or `only` some); those of no known service
    under None.

    A field is in `legacy` until its first change of state; only to be asked once `has_states`.
    """
    counts: dict[int | None, dict[MigrationState, int]] = {}
    of = _of("service", only)
    # Fields that have not moved since are counted on the index alone; only the others are looked up
    # in the history.
    settled = conn.execute(
        "SELECT service, state, count(*) FROM fields"  # noqa: S608
        f" WHERE (state_at IS NULL OR state_at <= ?) AND {of} GROUP BY service, state",
        (at,),
    )
    moved = conn.execute(
        "SELECT service, coalesce((SELECT state FROM field_states"  # noqa: S608
        " WHERE field = fields.id AND at <= ?1 ORDER BY at DESC LIMIT 1), 0) AS then_in, count(*)"
        f" FROM fields WHERE state_at > ?1 AND {of} GROUP BY service, then_in",
        (at,),
    )
    for rows in (settled, moved):
        for service, state, count in rows:
            of_service = counts.setdefault(service, {})
            of_service[STATES[state]] = of_service.get(STATES[state], 0) + count
    return {service: field_counts(by_state) for service, by_state in counts.items()}


def has_states(conn: sqlite3.Connection, at: int) -> bool:
    """Whether the migration state of any field was told by `at`.

    From then on a field of which none was told is in `legacy`: sources tell of changes. Before,
    nothing is known: a gateway that never tells states has no field in `legacy` either.
    """
    found = conn.execute("SELECT EXISTS (SELECT 1 FROM field_states WHERE at <= ?)", (at,))
    return bool(found.fetchone()[0])


def reaches(conn: sqlite3.Connection, moment: int, at: int) -> bool:
    """Whether the points known at `at` reach as far as `moment`."""
    found = conn.execute(
        "SELECT EXISTS (SELECT 1 FROM points_ledger WHERE at BETWEEN ? AND ?)", (moment, at)
    )
    return bool(found.fetchone()[0])


def sprints(conn: sqlite3.Connection) -> dict[int, Sprint]:
    """All sprints that have been announced, by key."""
    return {
        key: Sprint(id=ref, name=name, starts=starts, ends=ends)
        for key, ref, name, starts, ends in conn.execute(
            "SELECT id, ref, name, starts, ends FROM sprints WHERE name IS NOT NULL"
        )
    }


def sprint(conn: sqlite3.Connection, at: int, time_zone: tzinfo) -> SprintFigures | None:
    """The sprint in progress at `at`, or the one that ended last."""
    known = sprints(conn)
    current = current_sprint(known.values(), at)
    if current is None:
        return None
    key = next(key for key, sprint in known.items() if sprint is current)
    return replayed(conn, key, current, at, time_zone)


def replayed(
    conn: sqlite3.Connection, key: int, sprint: Sprint, at: int, time_zone: tzinfo
) -> SprintFigures:
    """A sprint as it stood at `at`, or when it ended."""
    # The items' own order at one moment: floats add up differently in another.
    rows = conn.execute(
        "SELECT l.at, l.kind, l.scope, l.done, l.unestimated, l.carried FROM sprint_ledger l"
        " JOIN work_items w ON w.id = l.item WHERE l.sprint = ? AND l.at <= ?"
        " ORDER BY l.at, w.ref, l.n",
        (key, at),
    )
    entries = [
        SprintEntry(
            at=moment,
            sprint=sprint.id,
            kind=EVENT_KINDS[kind],
            scope=scope / MILLIONTHS,
            done=done / MILLIONTHS,
            unestimated=unestimated,
            carried=bool(carried),
        )
        for moment, kind, scope, done, unestimated, carried in rows
    ]
    return sprint_figures(sprint, entries, at, time_zone)


def milestones(conn: sqlite3.Connection, at: int, points: Ledger) -> tuple[MilestoneRow, ...]:
    """All milestones by name, with the points of their items."""
    return tuple(
        MilestoneRow(
            id=ref,
            name=name,
            due=due,
            points=points.of_milestone(
                key, baselined=baseline_at is not None and baseline_at <= at
            ),
        )
        for key, ref, name, due, baseline_at in conn.execute(
            "SELECT id, ref, name, due, baseline_at FROM milestones WHERE name IS NOT NULL"
            " ORDER BY name, ref"
        )
    )
