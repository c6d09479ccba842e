"""Work items on their way in: events, and the ledgers replayed from them.

An item whose events, or whose milestone's or sprint's dates, have changed is replayed as a whole,
so the ledgers hold what the events say, in whatever order they came. The totals beside the points
ledger are its sum, kept by adding and taking away entries.
"""

import sqlite3
from collections.abc import Sequence

from goliath_tui.domain import EventKind, Inventory, ItemEvent, Milestone, Sprint, WorkItem
from goliath_tui.measures.ledger import PointsEntry, SprintEntry, replay
from goliath_tui.store.schema import EVENT_KINDS, MILLIONTHS
from goliath_tui.store.write_names import Names

_KIND = {kind: code for code, kind in enumerate(EVENT_KINDS)}
_NOBODY = 0

Points = tuple[int, ...]  # at, n, service, milestone, scope, done, added, unestimated
Sprinted = tuple[int, ...]  # sprint, at, n, kind, scope, done, unestimated, carried


class WorkWriter:
    """Writes sprints, milestones, items and events, then replays what they touched."""

    def __init__(self, conn: sqlite3.Connection, services: Names) -> None:
        self._conn = conn
        self._services = services
        self._items = Names(conn, "work_items", "ref")
        self._sprints = Names(conn, "sprints", "ref")
        self._milestones = Names(conn, "milestones", "ref")

    def forget(self) -> None:
        """After a rollback."""
        for names in (self._items, self._sprints, self._milestones):
            names.forget()

    def write(
        self,
        sprints: Sequence[Sprint],
        milestones: Sequence[Milestone],
        items: Sequence[WorkItem],
        events: Sequence[ItemEvent],
        inventories: Sequence[Inventory] = (),
    ) -> None:
        """Stores the facts and brings the ledgers up to date."""
        touched = self._write_sprints(sprints) | self._write_milestones(milestones)
        self._conn.executemany(
            "UPDATE work_items SET title = ?, url = ? WHERE id = ?",
            [(item.title, item.url, self._items.key(item.id)) for item in items],
        )
        rows = [self._event_row(event) for event in events]
        self._conn.executemany(
            "INSERT OR IGNORE INTO item_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        touched.update(row[0] for row in rows)
        for inventory in inventories:
            touched |= self._drop_what_is_gone(inventory)
        self._replay(touched)

    def _drop_what_is_gone(self, inventory: Inventory) -> set[int]:
        """Returns the items that were known, not dropped, and are not in the inventory."""
        there = set(inventory.items)
        dropped = _KIND[EventKind.DROPPED]
        gone = [
            item
            for item, ref, last in self._conn.execute(
                "SELECT id, ref, (SELECT kind FROM item_events WHERE item = work_items.id"
                "  ORDER BY at DESC, event DESC LIMIT 1)"
                " FROM work_items WHERE substr(ref, 1, ?) = ?",
                (len(inventory.prefix), inventory.prefix),
            )
            if ref not in there and last not in {None, dropped}
        ]
        self._conn.executemany(
            "INSERT OR IGNORE INTO item_events (item, at, event, kind) VALUES (?, ?, ?, ?)",
            [(item, inventory.at, f"gone:{inventory.at}", dropped) for item in gone],
        )
        return set(gone)

    def _event_row(
        self, event: ItemEvent
    ) -> tuple[int, int, str, int, object, object, object, object]:
        return (
            self._items.key(event.item),
            event.at,
            event.id,
            _KIND[event.kind],
            event.points,
            self._services.key_or_none(event.service),
            self._sprints.key_or_none(event.sprint),
            self._milestones.key_or_none(event.milestone),
        )

    def _write_sprints(self, sprints: Sequence[Sprint]) -> set[int]:
        """Returns the items that have been in a sprint whose dates are news."""
        touched: set[int] = set()
        for sprint in sprints:
            key = self._sprints.key(sprint.id)
            changed = self._conn.execute(
                "UPDATE sprints SET starts = ?1, ends = ?2"
                " WHERE id = ?3 AND (starts IS NOT ?1 OR ends IS NOT ?2)",
                (sprint.starts, sprint.ends, key),
            ).rowcount
            self._conn.execute("UPDATE sprints SET name = ? WHERE id = ?", (sprint.name, key))
            if changed:
                found = self._conn.execute("SELECT item FROM item_events WHERE sprint = ?", (key,))
                touched.update(item for (item,) in found)
        return touched

    def _write_milestones(self, milestones: Sequence[Milestone]) -> set[int]:
        """Returns the items of a milestone whose baseline is news."""
        touched: set[int] = set()
        for milestone in milestones:
            key = self._milestones.key(milestone.id)
            changed = self._conn.execute(
                "UPDATE milestones SET baseline_at = ?1 WHERE id = ?2 AND baseline_at IS NOT ?1",
                (milestone.baseline_at, key),
            ).rowcount
            self._conn.execute(
                "UPDATE milestones SET name = ?, due = ? WHERE id = ?",
                (milestone.name, milestone.due, key),
            )
            if changed:
                found = self._conn.execute(
                    "SELECT item FROM item_events WHERE milestone = ?", (key,)
                )
                touched.update(item for (item,) in found)
        return touched

    def _replay(self, touched: set[int]) -> None:
        if not touched:
            return
        baselines: dict[str, int | None] = dict(
            self._conn.execute("SELECT ref, baseline_at FROM milestones")
        )
        sprints = {
            ref: Sprint(id=ref, name=name, starts=starts, ends=ends)
            for ref, name, starts, ends in self._conn.execute(
                "SELECT ref, name, starts, ends FROM sprints WHERE name IS NOT NULL"
            )
        }
        changes: dict[tuple[int, int], list[int]] = {}
        for item in sorted(touched):
            points, sprinted = replay(self._events(item), baselines, sprints)
            self._enter_points(item, self._points_rows(points), changes)
            self._enter_sprints(item, self._sprint_rows(sprinted))
        self._conn.executemany(
            "INSERT INTO points_totals VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (service, milestone) DO UPDATE SET scope = scope + excluded.scope,"
            " done = done + excluded.done, added = added + excluded.added,"
            " unestimated = unestimated + excluded.unestimated,"
            " entries = entries + excluded.entries",
            [(*key, *change) for key, change in changes.items() if any(change)],
        )

    def _events(self, item: int) -> list[ItemEvent]:
        ref = self._items.name(item)
        services, sprints, milestones = self._services, self._sprints, self._milestones
        return [
            ItemEvent(
                id=event,
                item=ref,
                at=at,
                kind=EVENT_KINDS[kind],
                points=points,
                service=None if service is None else services.name(service),
                sprint=None if sprint is None else sprints.name(sprint),
                milestone=None if milestone is None else milestones.name(milestone),
            )
            for at, event, kind, points, service, sprint, milestone in self._conn.execute(
                "SELECT at, event, kind, points, service, sprint, milestone FROM item_events"
                " WHERE item = ? ORDER BY at, event",
                (item,),
            )
        ]

    def _points_rows(self, entries: Sequence[PointsEntry]) -> list[Points]:
        return [
            (
                entry.at,
                n,
                self._services.key_or_none(entry.service) or _NOBODY,
                self._milestones.key_or_none(entry.milestone) or _NOBODY,
                _millionths(entry.scope),
                _millionths(entry.done),
                _millionths(entry.added),
                entry.unestimated,
            )
            for n, entry in enumerate(entries)
        ]

    def _sprint_rows(self, entries: Sequence[SprintEntry]) -> list[Sprinted]:
        return [
            (
                self._sprints.key(entry.sprint),
                entry.at,
                n,
                _KIND[entry.kind],
                _millionths(entry.scope),
                _millionths(entry.done),
                entry.unestimated,
                int(entry.carried),
            )
            for n, entry in enumerate(entries)
        ]

    def _enter_points(
        self, item: int, rows: list[Points], changes: dict[tuple[int, int], list[int]]
    ) -> None:
        before: list[Points] = self._conn.execute(
            "SELECT at, n, service, milestone, scope, done, added, unestimated"
            " FROM points_ledger WHERE item = ? ORDER BY n",
            (item,),
        ).fetchall()
        if before == rows:
            return
        self._conn.execute("DELETE FROM points_ledger WHERE item = ?", (item,))
        self._conn.executemany(
            "INSERT INTO points_ledger (at, n, service, milestone, scope, done, added, unestimated,"
            " item) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*row, item) for row in rows],
        )
        for sign, entries in ((-1, before), (1, rows)):
            for _, _, service, milestone, *amounts in entries:
                change = changes.setdefault((service, milestone), [0] * 5)
                for index, amount in enumerate((*amounts, 1)):
                    change[index] += sign * amount

    def _enter_sprints(self, item: int, rows: list[Sprinted]) -> None:
        before: list[Sprinted] = self._conn.execute(
            "SELECT sprint, at, n, kind, scope, done, unestimated, carried"
            " FROM sprint_ledger WHERE item = ? ORDER BY n",
            (item,),
        ).fetchall()
        if before == rows:
            return
        self._conn.execute("DELETE FROM sprint_ledger WHERE item = ?", (item,))
        self._conn.executemany(
            "INSERT INTO sprint_ledger (sprint, at, n, kind, scope, done, unestimated, carried,"
            " item) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*row, item) for row in rows],
        )


def _millionths(points: float) -> int:
    return round(points * MILLIONTHS)
