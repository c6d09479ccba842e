"""Mismatch groups of fields, and one group with the comparisons that are kept of it."""

import sqlite3
from collections.abc import Collection

import msgspec

from goliath_tui.domain import Difference, GroupRow
from goliath_tui.domain.subjects import Example, ExampleKey, ExampleRow, GroupDetail, GroupOf
from goliath_tui.store.read_mismatches import (
    FEED,
    ID_DIGITS,
    Latest,
    Seen,
    group_rows,
    latest_by_group,
    recent_step,
)
from goliath_tui.store.schema import MISMATCH_BUCKET, floor


def groups_of(conn: sqlite3.Connection, at: int, fields: Collection[int]) -> tuple[GroupRow, ...]:
    """The groups of these fields that had been seen by `at`, newest first, as many as in the feed.

    However long ago: unlike in the feed, an old difference is part of the story here.
    """
    latest = latest_by_group(conn, at)
    found = _seen(conn, at, f"field IN ({', '.join(map(str, fields))})", latest)
    return _rows(conn, at, sorted(found)[:FEED], latest)


def group_detail(conn: sqlite3.Connection, at: int, subject: GroupOf) -> GroupDetail | None:
    """A group with its examples up to `at`, newest first; None if it had not been seen by then.

    Only the newest comparisons are kept in full. `shown` is the example that was asked for, or the
    newest; None if that one has been let go since, or was never kept: another in its place would
    be taken for it.
    """
    if not 0 <= subject.id < 16**ID_DIGITS:
        return None
    digits = f"{subject.id:0{ID_DIGITS}x}"
    latest = latest_by_group(conn, at)
    # No digit sorts behind g.
    found = _seen(conn, at, f"fingerprint >= '{digits}' AND fingerprint < '{digits}g'", latest)
    if not found:
        return None
    group = min(found)
    [row] = _rows(conn, at, [group], latest)
    examples = _examples(conn, at, group.key)
    newest = examples[0].key if examples else None
    wanted = subject.example or newest
    shown = next((example for example in examples if example.key == wanted), None)
    return GroupDetail(
        row=row,
        examples=examples,
        shown=None if shown is None else _example(conn, shown),
    )


def _rows(
    conn: sqlite3.Connection, at: int, seen: list[Seen], latest: dict[int, Latest]
) -> tuple[GroupRow, ...]:
    return group_rows(conn, at, seen, latest, recent_step(conn, at)) if seen else ()


def _seen(conn: sqlite3.Connection, at: int, which: str, latest: dict[int, Latest]) -> list[Seen]:
    """The groups that had been seen by `at`, of those that `which` selects."""
    rows = conn.execute(
        "SELECT id, fingerprint, first_seen, last_seen, CASE WHEN last_seen > ?1 THEN"  # noqa: S608
        " (SELECT last FROM mismatch_buckets WHERE grp = mismatch_groups.id AND ends <= ?2"
        " ORDER BY ends DESC LIMIT 1) END FROM mismatch_groups"
        f" WHERE first_seen <= ?1 AND {which}",
        (at, floor(at, MISMATCH_BUCKET)),
    )
    found = []
    for key, fingerprint, first_seen, last_seen, before in rows:
        moment = last_seen
        if last_seen > at:
            moment = latest[key].last if key in latest else max(first_seen, before or 0)
        found.append(Seen(at - moment, fingerprint, key))
    return found


def _examples(conn: sqlite3.Connection, at: int, group: int) -> tuple[ExampleRow, ...]:
    # The length of a value is known without reading it.
    return tuple(
        ExampleRow(
            key=ExampleKey(moment, number),
            id=name,
            operation=operation,
            trace_id=trace_id,
            differences=len(msgspec.json.decode(differences, type=list[msgspec.Raw])),
            size=legacy + new,
        )
        for moment, number, name, operation, trace_id, differences, legacy, new in conn.execute(
            "SELECT e.at, e.comparison, c.name, c.operation, c.trace_id, c.differences,"
            " coalesce(length(c.legacy), 0), coalesce(length(c.new), 0) FROM examples e"
            " JOIN comparisons c ON c.at = e.at AND c.comparison = e.comparison"
            " WHERE e.grp = ? AND e.at <= ? ORDER BY e.at DESC, e.comparison DESC",
            (group, at),
        )
    )


def _example(conn: sqlite3.Connection, row: ExampleRow) -> Example:
    differences, legacy, new = conn.execute(
        "SELECT differences, legacy, new FROM comparisons WHERE at = ? AND comparison = ?",
        (row.key.at, row.key.number),
    ).fetchone()
    return Example(
        row=row,
        differences=msgspec.json.decode(differences, type=tuple[Difference, ...]),
        legacy=legacy,
        new=new,
    )
