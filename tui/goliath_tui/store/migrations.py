"""The tables of the cache, as sqlite-utils migrations: one per group of tables, run in order.

Tables that are read by ranges of their key are clustered on it (WITHOUT ROWID, which sqlite-utils
does not offer): their rows lie where they are looked for, and time-led keys make new rows land at
the end, not all over the file. Only what SQLite 3.34 knows is used: Python 3.11 is still built
against it.
"""

from sqlite_utils import Database, Migrations
from sqlite_utils.db import DescIndex

from goliath_tui.store.schema import (
    ACCOUNTS,
    APPLICATION_ID,
    SCHEMA_VERSION,
    SERVICE_COMPARISONS,
    SERVICE_TRAFFIC,
)

MIGRATIONS = Migrations("goliath-tui-cache")


def migrate(db: Database) -> None:
    """Brings the file to SCHEMA_VERSION in one transaction: all of it or nothing."""
    with db.atomic():
        MIGRATIONS.apply(db)
        _stamp(db, SCHEMA_VERSION)


def migrate_to(db: Database, version: int) -> None:
    """An earlier version of the file, as an earlier release would have made it."""
    names = [migration.name for migration in MIGRATIONS.pending(db)]
    with db.atomic():
        MIGRATIONS.apply(db, stop_before=names[version])
        _stamp(db, version)


def _stamp(db: Database, version: int) -> None:
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {version}")


@MIGRATIONS()
def progress(db: Database) -> None:
    """Services, fields and their states; sources, their cursors and polls."""
    db.table("meta").create({"key": str, "value": int}, pk="key", not_null={"value"})
    db.table("services").create(
        {"id": int, "name": str, "team": str, "depends_on": str}, pk="id", not_null={"name"}
    ).create_index(["name"], unique=True)
    # `said_at`: the moment of the earliest bucket that named the service, -1 once the field itself
    # was announced. `state` and `state_at`: the newest row of field_states.
    db.table("fields").create(
        {"id": int, "name": str, "service": int, "said_at": int, "state": int, "state_at": int},
        pk="id",
        not_null={"name", "state"},
        defaults={"state": 0},
    ).create_index(["name"], unique=True).create_index(["service", "state", "state_at"])
    _clustered(
        db, "field_states", "field INTEGER, at INTEGER, state INTEGER, percentage REAL", "field, at"
    )
    db.table("sources").create(
        {"id": int, "name": str, "cursor": str, "instance": str, "rows": int},
        pk="id",
        not_null={"name", "rows"},
        defaults={"rows": 0},
    ).create_index(["name"], unique=True)
    _clustered(
        db,
        "polls",
        "source INTEGER, at INTEGER, took_ms INTEGER, rows INTEGER, requests INTEGER,"
        " bytes_read INTEGER, error_kind TEXT, error TEXT, next_at INTEGER, skew_ms INTEGER,"
        " progress TEXT",
        "source, at",
    )
    # Finds the last success among any number of failures.
    db.execute("CREATE INDEX polls_succeeded ON polls (source, at) WHERE error_kind IS NULL")


@MIGRATIONS()
def traffic(db: Database) -> None:
    """Traffic and comparisons in buckets of time, and the step sums over services."""
    for account in ACCOUNTS:
        who, counts = ", ".join(account.who), _integers(account.counts)
        _clustered(
            db,
            account.table,
            f"grain INTEGER, ends INTEGER, {_integers(account.who)}, width INTEGER, {counts}",
            f"grain, ends, {who}, width",
        )
    for account in (SERVICE_TRAFFIC, SERVICE_COMPARISONS):
        # `widest`: of the buckets that were added up.
        _clustered(
            db,
            str(account.steps),
            f"width INTEGER, ends INTEGER, {_integers(account.who)}, widest INTEGER,"
            f" {_integers(account.counts)}",
            f"width, ends, {', '.join(account.who)}",
        )
    # `buckets`: how many were added up.
    _clustered(
        db,
        "service_window",
        f"key INTEGER, side INTEGER, width INTEGER, buckets INTEGER NOT NULL,"
        f" {_integers(SERVICE_TRAFFIC.counts)}",
        "key, side, width",
    )
    # A side is NULL where it was not measured.
    _clustered(
        db,
        "share_steps",
        "width INTEGER, ends INTEGER, key INTEGER, legacy INTEGER, new INTEGER, intended INTEGER,"
        " intended_of INTEGER",
        "width, ends, key",
    )


@MIGRATIONS()
def mismatches(db: Database) -> None:
    """Groups for ever, their counts over time, thin rows, and the newest comparisons in full."""
    db.table("mismatch_groups").create(
        {
            "id": int,
            "fingerprint": str,
            "field": int,
            "path": str,
            "kind": int,
            "count": int,
            "first_seen": int,
            "last_seen": int,
        },
        pk="id",
        not_null={"fingerprint", "field", "path", "kind", "count", "first_seen", "last_seen"},
    ).create_index(["fingerprint"], unique=True).create_index(
        [DescIndex("last_seen"), "fingerprint"]
    )
    # One row per comparison and group. `comparison` tells comparisons of one millisecond apart.
    _clustered(
        db,
        "mismatches",
        "at INTEGER, comparison INTEGER, grp INTEGER, times INTEGER",
        "at, comparison, grp",
    )
    # `last`: of the mismatches that were counted.
    _clustered(
        db,
        "mismatch_buckets",
        "grp INTEGER, ends INTEGER, width INTEGER, count INTEGER, last INTEGER",
        "grp, ends, width",
    )
    db.table("mismatch_buckets").create_index(["width", "ends"])
    db.table("comparisons").create(
        {
            "id": int,
            "at": int,
            "comparison": int,
            "size": int,
            "name": str,
            "field": int,
            "operation": str,
            "trace_id": str,
            "differences": str,
            "legacy": bytes,
            "new": bytes,
        },
        pk="id",
        not_null={"at", "comparison", "size", "name", "field", "differences"},
    ).create_index(["at", "comparison", "size"])
    _clustered(db, "examples", "grp INTEGER, at INTEGER, comparison INTEGER", "grp, at, comparison")
    db.table("examples").create_index(["at", "comparison"])


@MIGRATIONS()
def work(db: Database) -> None:
    """Work items, their events, the ledgers replayed from them, and the plan around them."""
    db.table("sprints").create(
        {"id": int, "ref": str, "name": str, "starts": int, "ends": int}, pk="id", not_null={"ref"}
    ).create_index(["ref"], unique=True)
    db.table("milestones").create(
        {"id": int, "ref": str, "name": str, "due": int, "baseline_at": int},
        pk="id",
        not_null={"ref"},
    ).create_index(["ref"], unique=True)
    db.table("work_items").create(
        {"id": int, "ref": str, "title": str, "url": str}, pk="id", not_null={"ref"}
    ).create_index(["ref"], unique=True)
    _clustered(
        db,
        "item_events",
        "item INTEGER, at INTEGER, event TEXT, kind INTEGER, points REAL, service INTEGER,"
        " sprint INTEGER, milestone INTEGER",
        "item, at, event",
    )
    for named in ("sprint", "milestone"):
        db.execute(
            f"CREATE INDEX item_events_{named} ON item_events ({named}) WHERE {named} IS NOT NULL"
        )
    # Keys of 0 stand for no service and no milestone.
    _clustered(
        db,
        "points_ledger",
        "at INTEGER, item INTEGER, n INTEGER, service INTEGER, milestone INTEGER, scope INTEGER,"
        " done INTEGER, added INTEGER, unestimated INTEGER",
        "at, item, n",
    )
    _clustered(
        db,
        "points_totals",
        "service INTEGER, milestone INTEGER, scope INTEGER, done INTEGER, added INTEGER,"
        " unestimated INTEGER, entries INTEGER",
        "service, milestone",
    )
    _clustered(
        db,
        "sprint_ledger",
        "sprint INTEGER, at INTEGER, item INTEGER, n INTEGER, kind INTEGER, scope INTEGER,"
        " done INTEGER, unestimated INTEGER, carried INTEGER",
        "sprint, at, item, n",
    )
    for ledger in ("points_ledger", "sprint_ledger"):
        db.table(ledger).create_index(["item"])
    for plan, columns in _PLAN.items():
        db.table(plan).create({"id": str, **columns}, pk="id")


@MIGRATIONS()
def groups_of_fields(db: Database) -> None:
    """A field's mismatch groups, found without reading all groups that there ever were."""
    db.table("mismatch_groups").create_index(["field", "first_seen"])


@MIGRATIONS()
def mixed_sources(db: Database) -> None:
    """What a poll had to say of its rows, and intended shares that come without the traffic."""
    db.table("polls").add_column("notes", str)
    # Whether any state was told by a moment.
    db.table("field_states").create_index(["at"])
    _clustered(db, "intended_shares", "service INTEGER, at INTEGER, share REAL", "service, at")


_PLAN: dict[str, dict[str, type]] = {
    "people": {"name": str, "team": str, "skills": str, "starts": int, "ends": int},
    "time_off": {"person": str, "starts": int, "ends": int},
    "loans": {"person": str, "team": str, "starts": int, "ends": int},
    "approvals": {"at": int, "title": str, "service": str, "approver": str, "points": float},
}


def _clustered(db: Database, table: str, columns: str, key: str) -> None:
    db.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({key})) WITHOUT ROWID")


def _integers(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} INTEGER NOT NULL" for name in names)
