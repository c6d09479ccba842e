"""Budget: what the store answers when a service, a field or a mismatch group is opened, ≤ 30 ms of
the 100 ms that opening may take. Sprints, names and sources: information.

Floor: the same rows read bare, whose keys are known beforehand, into lists and no further.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC

from bench import big_facts
from bench.caches import big_cache, in_words, mismatch_count
from bench.figures import Figure, alternate
from goliath_tui.domain.subjects import (
    FieldOf,
    GroupOf,
    NamesOf,
    ServiceOf,
    SourcesOf,
    SprintOf,
    Subject,
)
from goliath_tui.store.reader import Store

RUNS, BUDGET_MS = 15, 30
HOUR, DAY = 3_600_000, 86_400_000
#: One of those whose fields are told as finely as they are kept.
SERVICE = 3

#: Rows, and the values in their query.
_Read = tuple[str, tuple[object, ...]]


def measure() -> list[Figure]:
    """Milliseconds for one answer."""
    path = big_cache()
    store = Store(path, migration="Big", rehearsal=False, sources=(), time_zone=UTC)
    figures = []
    with closing(store), closing(sqlite3.connect(path)) as connection:
        (now,) = connection.execute("SELECT max(ends) FROM service_traffic_steps").fetchone()
        newest = store.snapshot(now).mismatches
        group = GroupOf(newest.feed[0].id if newest else 0)
        asked: list[tuple[str, Subject, list[_Read], bool]] = [
            ("a service", ServiceOf(big_facts.service(SERVICE)), _service(connection, now), True),
            ("a field", FieldOf(big_facts.field(20 * SERVICE)), _field(connection, now), True),
            ("a mismatch group", group, _group(connection, group), True),
            ("a sprint", SprintOf(), [("SELECT * FROM sprint_ledger", ())], False),
            ("all names", NamesOf(), [("SELECT name, service FROM fields", ())], False),
            ("the sources", SourcesOf(), [("SELECT * FROM polls", ())], False),
        ]
        for name, subject, read, held in asked:
            assert store.detail(subject, now) is not None, name
            ours, floor = alternate(_asked(store, subject, now), _bare(connection, read), RUNS)
            budget, within = (f"≤ {BUDGET_MS} ms", ours <= BUDGET_MS) if held else ("", None)
            what = f"{name} of 1,000 services, {in_words(mismatch_count())} mismatches"
            figures.append(Figure(what, ours, "ms", budget, within, floor))
    return figures


def _service(connection: sqlite3.Connection, now: int) -> list[_Read]:
    """Its own account of the last day, and its fields' of the last hour."""
    (key,) = connection.execute(
        "SELECT id FROM services WHERE name = ?", (big_facts.service(SERVICE),)
    ).fetchone()
    fields = connection.execute("SELECT id FROM fields WHERE service = ?", (key,)).fetchall()
    return [
        *_buckets(connection, "service_traffic", [(key,)], now - DAY, now),
        *_buckets(connection, "field_traffic", fields, now - HOUR, now),
        *_buckets(connection, "field_comparisons", fields, now - HOUR, now),
    ]


def _field(connection: sqlite3.Connection, now: int) -> list[_Read]:
    """Its accounts of the last day, and its comparisons of all times."""
    key = connection.execute(
        "SELECT id FROM fields WHERE name = ?", (big_facts.field(20 * SERVICE),)
    ).fetchall()
    return [
        *_buckets(connection, "field_traffic", key, now - DAY, now),
        *_buckets(connection, "field_comparisons", key, 0, now),
    ]


def _buckets(
    connection: sqlite3.Connection, table: str, keys: list[tuple[int]], after: int, until: int
) -> list[_Read]:
    """One query a moment: the table is led by time."""
    which = ", ".join(str(key) for (key,) in keys)
    moments = connection.execute(
        f"SELECT DISTINCT grain, ends FROM {table} WHERE key IN ({which})"
        " AND ends > ? AND ends <= ?",
        (after, until),
    ).fetchall()
    sql = f"SELECT * FROM {table} WHERE grain = ? AND ends = ? AND key IN ({which})"
    return [(sql, moment) for moment in moments]


def _group(connection: sqlite3.Connection, group: GroupOf) -> list[_Read]:
    """Its examples."""
    (key,) = connection.execute(
        "SELECT id FROM mismatch_groups WHERE substr(fingerprint, 1, 13) = ?", (f"{group.id:013x}",)
    ).fetchone()
    sql = "SELECT c.* FROM examples e JOIN comparisons c USING (at, comparison) WHERE e.grp = ?"
    return [(sql, (key,))]


def _asked(store: Store, subject: Subject, at: int) -> Callable[[], float]:
    return _ms(lambda: store.detail(subject, at))


def _bare(connection: sqlite3.Connection, read: list[_Read]) -> Callable[[], float]:
    return _ms(lambda: [connection.execute(sql, values).fetchall() for sql, values in read])


def _ms(work: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        started = time.perf_counter()
        work()
        return (time.perf_counter() - started) * 1000

    return run
