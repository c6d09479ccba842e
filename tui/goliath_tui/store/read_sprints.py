"""Sprints in detail: one replayed with its items, beside all that had begun."""

import sqlite3
from collections.abc import Collection, Sequence
from datetime import tzinfo
from itertools import groupby
from operator import itemgetter

from goliath_tui.domain import EventKind, ItemEvent, Sprint
from goliath_tui.domain.subjects import ItemRow, ServicePoints, SprintDetail, SprintRow
from goliath_tui.measures.burndown import current_sprint
from goliath_tui.measures.ledger import Stand, stand
from goliath_tui.measures.velocity import velocities
from goliath_tui.store.read_points import reaches, replayed, sprints
from goliath_tui.store.schema import EVENT_KINDS, MILLIONTHS

_GONE = ", ".join(str(EVENT_KINDS.index(kind)) for kind in (EventKind.LEFT, EventKind.DROPPED))
_ESTIMATED = EVENT_KINDS.index(EventKind.ESTIMATED)


def sprint_detail(
    conn: sqlite3.Connection, at: int, time_zone: tzinfo, wanted: str | None, *, filling: bool
) -> SprintDetail | None:
    """The sprint with the id `wanted`, or the current one; None if there is none.

    A sprint that has ended stands as it did then. While the first fill has not reached a sprint's
    end, nor `at`, it is left out: half of it would pass for the whole.
    """
    known = {
        key: sprint
        for key, sprint in sprints(conn).items()
        if not filling or reaches(conn, min(sprint.ends, at), at)
    }
    current = current_sprint(known.values(), at)
    chosen = [
        (key, sprint)
        for key, sprint in known.items()
        if (sprint is current if wanted is None else sprint.id == wanted)
    ]
    if not chosen:
        return None
    [(key, sprint)] = chosen
    items = sprint_items(conn, key, sprint, at, known.values())
    return SprintDetail(
        figures=replayed(conn, key, sprint, at, time_zone),
        by_service=_by_service(items),
        items=items,
        sprints=_begun(conn, known, at),
    )


def items_of_service(
    conn: sqlite3.Connection, at: int, service: str, key: int
) -> tuple[ItemRow, ...]:
    """The service's items in the current sprint."""
    known = sprints(conn)
    current = current_sprint(known.values(), at)
    if current is None:
        return ()
    of_sprint = next(key for key, sprint in known.items() if sprint is current)
    items = sprint_items(conn, of_sprint, current, at, known.values(), service=key)
    return tuple(item for item in items if item.service == service)


def sprint_items(
    conn: sqlite3.Connection,
    key: int,
    sprint: Sprint,
    at: int,
    known: Collection[Sprint],
    *,
    service: int | None = None,
) -> tuple[ItemRow, ...]:
    """The items that were in the sprint at `at`, or when it ended, as they stood then; by id.

    `service`: only items that have ever been this service's.
    """
    moment = min(at, sprint.ends - 1)
    by_id = {other.id: other for other in known}
    rows = []
    for ref, title, url, events in _events(conn, key, moment, service):
        item = stand(events, by_id)
        if item.sprint == sprint.id:
            rows.append(_item_row(ref, title or "", url, item, sprint))
    return tuple(rows)


def _item_row(ref: str, title: str, url: str | None, item: Stand, sprint: Sprint) -> ItemRow:
    return ItemRow(
        id=ref,
        title=title,
        url=url,
        service=item.service,
        status=item.status,
        points=item.points,
        carried=item.carried,
        added=item.since > sprint.starts,
    )


def _events(
    conn: sqlite3.Connection, sprint: int, until: int, service: int | None
) -> list[tuple[str, str | None, str | None, list[ItemEvent]]]:
    """(id, title, url, events up to `until`) of each item that ever entered the sprint, by id."""
    ever = "SELECT 1 FROM item_events own WHERE own.item = n.item AND own.service = ?3"
    of_service = "" if service is None else f" AND EXISTS ({ever})"
    rows = conn.execute(
        "SELECT w.ref, w.title, w.url, e.at, e.event, e.kind, e.points, s.name, p.ref"  # noqa: S608
        f" FROM (SELECT DISTINCT item FROM item_events n WHERE n.sprint = ?1{of_service}) i"
        " CROSS JOIN work_items w ON w.id = i.item"
        " CROSS JOIN item_events e ON e.item = i.item AND e.at <= ?2"
        " LEFT JOIN services s ON s.id = e.service LEFT JOIN sprints p ON p.id = e.sprint"
        " ORDER BY w.ref, e.at, e.event",
        (sprint, until, service) if service is not None else (sprint, until),
    )
    found = []
    for (ref, title, url), several in groupby(rows, key=itemgetter(0, 1, 2)):
        events = [
            ItemEvent(
                id=event,
                item=ref,
                at=moment,
                kind=EVENT_KINDS[kind],
                points=points,
                service=of,
                sprint=entered,
            )
            for _, _, _, moment, event, kind, points, of, entered in several
        ]
        found.append((ref, title, url, events))
    return found


def _by_service(items: Sequence[ItemRow]) -> tuple[ServicePoints, ...]:
    """What each service has in the sprint, by name; items of no service last. Dropped items are
    out of its scope.
    """
    own: dict[str | None, list[ItemRow]] = {}
    for item in items:
        if item.status != "dropped":
            own.setdefault(item.service, []).append(item)
    return tuple(
        ServicePoints(
            service=service,
            scope=sum(item.points or 0.0 for item in of_service),
            done=sum(item.points or 0.0 for item in of_service if item.status == "done"),
            items=len(of_service),
        )
        for service, of_service in sorted(own.items(), key=lambda one: (one[0] is None, one[0]))
    )


def _begun(conn: sqlite3.Connection, known: dict[int, Sprint], at: int) -> tuple[SprintRow, ...]:
    """All sprints that had begun by `at`, newest first."""
    begun = {key: sprint for key, sprint in known.items() if sprint.starts <= at}
    sums = {
        key: amounts
        for key, *amounts in conn.execute(
            "SELECT s.id, total(scope) FILTER (WHERE at <= starts),"  # noqa: S608
            f" -total(scope) FILTER (WHERE at > starts AND kind IN ({_GONE})),"
            f" total(scope) FILTER (WHERE at > starts AND kind = {_ESTIMATED}),"
            " total(scope), total(done)"
            " FROM sprints s JOIN sprint_ledger l ON sprint = s.id AND at < ends"
            " WHERE starts <= ?1 AND at <= ?1 GROUP BY s.id",
            (at,),
        )
    }
    nothing = [0.0] * 5
    ended = sorted(
        (key for key, sprint in begun.items() if sprint.ends <= at),
        key=lambda key: (begun[key].ends, begun[key].id),
    )
    done = [sums.get(key, nothing)[4] / MILLIONTHS for key in ended]
    velocity = dict(zip(ended, velocities(done), strict=True))
    rows = []
    for key, sprint in begun.items():
        committed, removed, re_estimated, scope, points_done = sums.get(key, nothing)
        rows.append(
            SprintRow(
                id=sprint.id,
                name=sprint.name,
                starts=sprint.starts,
                ends=sprint.ends,
                committed=committed / MILLIONTHS,
                # Scope has no other way to change.
                added=(scope - committed + removed - re_estimated) / MILLIONTHS,
                # Never minus nothing.
                removed=removed / MILLIONTHS + 0.0,
                done=points_done / MILLIONTHS,
                remaining=(scope - points_done) / MILLIONTHS,
                velocity=velocity.get(key),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.starts, row.id)))
