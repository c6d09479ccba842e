"""The health of the sources, from the log of their polls up to a moment.

A poll is known from its end on, and shown at the moment at which it began: a picture of the past
must not know how a poll ends that was under way.
"""

import sqlite3
from collections.abc import Sequence

import msgspec

from goliath_tui.domain import Progress, SourceErrorKind, SourceHealth, SourceSpec
from goliath_tui.domain.subjects import PollRow
from goliath_tui.measures.health import source_state
from goliath_tui.store.schema import HOUR

#: Polls whose latency is shown.
LATENCIES = 60
#: Polls that are listed.
POLLS = 120
#: No poll takes longer: a source's requests have deadlines.
_LONGEST_POLL = HOUR
_KNOWN = "source = :source AND at <= :at AND at + took_ms <= :at"


def unasked(specs: Sequence[SourceSpec], at: int) -> tuple[SourceHealth, ...]:
    """The sources while there is no log, by name."""
    return tuple(
        SourceHealth(
            name=spec.name,
            kind=spec.kind,
            state=source_state(
                enabled=spec.enabled,
                every_ms=spec.every_ms,
                now=at,
                last_poll=None,
                last_success=None,
                last_error_kind=None,
            ),
            every_ms=spec.every_ms,
            enabled=spec.enabled,
        )
        for spec in sorted(specs, key=lambda spec: spec.name)
    )


def sources(
    conn: sqlite3.Connection, specs: Sequence[SourceSpec], at: int
) -> tuple[SourceHealth, ...]:
    """The configured sources as they felt at `at`, by name."""
    keys: dict[str, tuple[int, int]] = {
        name: (key, rows) for key, name, rows in conn.execute("SELECT id, name, rows FROM sources")
    }
    return tuple(
        _health(conn, keys[row.name], spec, row, at) if row.name in keys else row
        for row, spec in zip(
            unasked(specs, at), sorted(specs, key=lambda spec: spec.name), strict=True
        )
    )


def _health(
    conn: sqlite3.Connection,
    key_and_rows: tuple[int, int],
    spec: SourceSpec,
    unknown: SourceHealth,
    at: int,
) -> SourceHealth:
    key, rows = key_and_rows
    asked = {"source": key, "at": at}
    polls = conn.execute(
        "SELECT at, took_ms, error_kind, error, next_at, skew_ms, progress FROM polls"  # noqa: S608
        f" WHERE {_KNOWN} ORDER BY at DESC LIMIT {LATENCIES}",
        asked,
    ).fetchall()
    if not polls:
        return unknown
    last_poll, _, error_kind, error, next_at, _, progress = polls[0]
    succeeded = conn.execute(
        f"SELECT at, notes FROM polls WHERE {_KNOWN} AND error_kind IS NULL"  # noqa: S608
        " ORDER BY at DESC LIMIT 1",
        asked,
    ).fetchone()
    last_success, notes = (None, None) if succeeded is None else succeeded
    (failing_since,) = conn.execute(
        f"SELECT min(at) FROM polls WHERE {_KNOWN} AND at > :success",  # noqa: S608
        {**asked, "success": -1 if last_success is None else last_success},
    ).fetchone()
    (requests,) = conn.execute(
        f"SELECT total(requests) FROM polls WHERE {_KNOWN} AND at > :since",  # noqa: S608
        {**asked, "since": at - HOUR},
    ).fetchone()
    (later,) = conn.execute(
        "SELECT coalesce(sum(rows), 0) FROM polls"
        " WHERE source = :source AND at > :since AND at + took_ms > :at",
        {**asked, "since": at - _LONGEST_POLL},
    ).fetchone()
    kind = None if error_kind is None else SourceErrorKind(error_kind)
    return msgspec.structs.replace(
        unknown,
        state=source_state(
            enabled=spec.enabled,
            every_ms=spec.every_ms,
            now=at,
            last_poll=last_poll,
            last_success=last_success,
            last_error_kind=kind,
        ),
        last_poll=last_poll,
        last_success=last_success,
        failing_since=failing_since,
        next_at=next_at,
        error_kind=kind,
        error=error,
        rows=rows - later,
        requests_per_hour=requests,
        skew_ms=next((poll[5] for poll in polls if poll[5] is not None), None),
        progress=None if progress is None else msgspec.json.decode(progress, type=Progress),
        latencies_ms=tuple(poll[1] for poll in reversed(polls)),
        notes=() if notes is None else msgspec.json.decode(notes, type=tuple[str, ...]),
    )


def polls(
    conn: sqlite3.Connection, specs: Sequence[SourceSpec], at: int
) -> dict[str, tuple[PollRow, ...]]:
    """The newest polls of each configured source up to `at`, newest first."""
    keys = dict(conn.execute("SELECT name, id FROM sources"))
    return {
        spec.name: tuple(
            PollRow(
                at=began,
                took_ms=took_ms,
                rows=rows,
                requests=requests,
                bytes_read=bytes_read,
                error=error,
            )
            for began, took_ms, rows, requests, bytes_read, error in conn.execute(
                "SELECT at, took_ms, rows, requests, bytes_read, error FROM polls"  # noqa: S608
                f" WHERE {_KNOWN} ORDER BY at DESC LIMIT {POLLS}",
                {"source": keys.get(spec.name), "at": at},
            )
        )
        for spec in sorted(specs, key=lambda spec: spec.name)
    }
