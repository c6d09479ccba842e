"""How SQLite answers for one service, field or group: by looking up, never by reading a table
through that grows with time or with the number of fields.
"""

import re
import sqlite3
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest

from goliath_tui.domain import (
    Comparison,
    ComparisonCounts,
    Difference,
    DifferenceClass,
    EventKind,
    Fact,
    ItemEvent,
    MigrationState,
    SideTraffic,
    StateChange,
    Traffic,
)
from goliath_tui.domain.subjects import FieldOf, GroupOf, ServiceOf, Subject
from goliath_tui.measures.fingerprint import fingerprint
from goliath_tui.store.read_details import Asked, detail
from tests.store.worlds import FIELDS, HOUR, MINUTE, PLAN, START, fill

AT = START + 3 * HOUR
GROUP = int(fingerprint("User.id", "$.due", DifferenceClass.DATE)[:13], 16)
#: What there are few of, whatever the migration's size, or what is asked for whole.
SMALL = {"services", "sprints", "milestones", "meta", "sources", "points_totals"}
#: By moments that are near, or by one that is later: next to nothing where the picture is live.
BY_TIME = {"mismatches", "points_ledger", "mismatch_buckets"}


def world() -> list[Fact]:
    side = SideTraffic(requests=2, latency=(1, 1))
    found: list[Fact] = [*PLAN]
    for at in range(START, AT + HOUR, MINUTE):
        for field, service in FIELDS.items():
            for of in (None, field):
                found += [
                    Traffic(
                        at=at, width_ms=MINUTE, service=service, field=of, legacy=side, new=side
                    ),
                    ComparisonCounts(at=at, width_ms=MINUTE, service=service, field=of, matched=1),
                ]
        difference = Difference(path="$.due", kind=DifferenceClass.DATE)
        found.append(Comparison(id=str(at), at=at, field="User.id", differences=(difference,)))
    for n, kind in enumerate((EventKind.CREATED, EventKind.ENTERED)):
        event = ItemEvent(
            id=str(n), item="i0", at=START, kind=kind, service="progress", sprint="s0"
        )
        found.append(event)
    found.append(StateChange(field="User.id", at=START, state=MigrationState.CANARY))
    return found


@pytest.mark.parametrize("subject", [ServiceOf("progress"), FieldOf("User.id"), GroupOf(GROUP)])
def test_one_thing_is_looked_up(tmp_path: Path, subject: Subject) -> None:
    path = tmp_path / "cache"
    fill(path, world()).close()
    asked: set[str] = set()
    with closing(sqlite3.connect(path)) as connection:
        connection.set_trace_callback(asked.add)
        assert detail(connection, subject, Asked(AT, HOUR, UTC, ())) is not None
        connection.set_trace_callback(None)
        assert len(asked) > 3
        for sql in asked:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
            for *_, step in plan:
                check(step, sql)


def check(step: str, sql: str) -> None:
    """One step of a plan: no table is scanned, no account of fields is entered but by its key."""
    scanned = re.fullmatch(r"SCAN (\w+)( .*)?", step)
    if scanned and scanned[1] in TABLES:
        assert scanned[1] in SMALL, (step, sql)
    searched = re.fullmatch(r"SEARCH (\w+) USING (.*)", step)
    if searched and searched[1] in ACCOUNTS:
        by_key = "ends=?" in searched[2] and "key=?" in searched[2]
        leap = searched[2] == "PRIMARY KEY (grain=? AND ends>?)" and "min(ends)" in sql
        newest = searched[2] == "PRIMARY KEY (grain=? AND ends<?)" and "max(ends)" in sql
        any_later = "LIMIT 1" in sql
        assert by_key or leap or newest or any_later, (step, sql)


ACCOUNTS = {
    "field_traffic",
    "field_comparisons",
    "service_traffic",
    "service_comparisons",
    "service_traffic_steps",
    "service_comparison_steps",
}
TABLES = {
    *ACCOUNTS,
    *SMALL,
    *BY_TIME,
    "fields",
    "field_states",
    "mismatch_groups",
    "comparisons",
    "examples",
    "item_events",
    "work_items",
    "sprint_ledger",
    "share_steps",
    "polls",
}
