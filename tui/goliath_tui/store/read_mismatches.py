"""The mismatch feed of a snapshot.

The count of a group at a moment T is that of today less what came after T: for a live picture that
is next to nothing. Mismatches are counted in buckets; of the ten minutes around T the thin rows say
which came before it. Where buckets have been rolled up, one that T cuts counts as later.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from goliath_tui.domain import GroupRow, Mismatches
from goliath_tui.store.read_accounts import Window, newest, sums
from goliath_tui.store.schema import (
    DAY,
    DIFFERENCE_CLASSES,
    HOUR,
    MINUTE,
    MISMATCH_BUCKET,
    SERVICE_COMPARISONS,
    TEN_MINUTES,
    ceil,
    floor,
)

#: Groups in the feed, at most.
FEED = 200
_SHOWN_FOR = 7 * DAY
_NEW_FOR = DAY
_STEPS = 24
#: Digits of the fingerprint that make a group's number: it is the same in every cache, and exact in
#: JSON.
ID_DIGITS = 13


class Seen(NamedTuple):
    """A group that had been seen by then, newest first in the sort order."""

    ago: int
    fingerprint: str
    key: int


class Latest(NamedTuple):
    """A group's mismatches up to the moment, of the ten minutes that it cuts."""

    times: int
    last: int


def mismatches(conn: sqlite3.Connection, at: int) -> Mismatches | None:
    """The feed as of `at`; None if nothing had been compared by then."""
    if newest(conn, SERVICE_COMPARISONS, at) is None and not _any_group(conn, at):
        return None
    latest = latest_by_group(conn, at)
    count, seen = _seen(conn, at, latest)
    (new_groups,) = conn.execute(
        "SELECT count(*) FROM mismatch_groups"
        " WHERE last_seen > ?1 AND first_seen > ?1 AND first_seen <= ?2",
        (at - _NEW_FOR, at),
    ).fetchone()
    step, rate = recent_step(conn, at), _rate(conn, at)
    return Mismatches(
        groups=count,
        new_groups=new_groups,
        per_minute=rate.per_minute,
        span_ms=rate.span,
        resolution_ms=max(rate.widest, _cut(conn, at)),
        recent_step_ms=step,
        feed=group_rows(conn, at, sorted(seen)[:FEED], latest, step),
    )


def latest_by_group(conn: sqlite3.Connection, at: int) -> dict[int, Latest]:
    """What each group saw in the ten minutes that `at` cuts, up to it."""
    return {
        group: Latest(times, last)
        for group, times, last in conn.execute(
            "SELECT grp, sum(times), max(at) FROM mismatches WHERE at BETWEEN ? AND ? GROUP BY grp",
            (floor(at, MISMATCH_BUCKET), at),
        )
    }


def _any_group(conn: sqlite3.Connection, at: int) -> bool:
    found = conn.execute("SELECT 1 FROM mismatch_groups WHERE first_seen <= ? LIMIT 1", (at,))
    return found.fetchone() is not None


def _seen(
    conn: sqlite3.Connection, at: int, latest: Mapping[int, Latest]
) -> tuple[int, list[Seen]]:
    """How many groups were seen in the week before `at`, and at least the newest of them."""
    since = at - _SHOWN_FOR
    (settled,) = conn.execute(
        "SELECT count(*) FROM mismatch_groups WHERE last_seen > ? AND last_seen <= ?", (since, at)
    ).fetchone()
    seen = [
        Seen(at - last_seen, fingerprint, key)
        for key, fingerprint, last_seen in conn.execute(
            "SELECT id, fingerprint, last_seen FROM mismatch_groups"
            " WHERE last_seen > ? AND last_seen <= ? ORDER BY last_seen DESC, fingerprint LIMIT ?",
            (since, at, FEED),
        )
    ]
    # Groups seen again after `at`: what was their last time before it?
    moved = []
    for key, fingerprint, first_seen, last in conn.execute(
        "SELECT id, fingerprint, first_seen, (SELECT last FROM mismatch_buckets"
        " WHERE grp = mismatch_groups.id AND ends <= ?1 ORDER BY ends DESC LIMIT 1)"
        " FROM mismatch_groups WHERE last_seen > ?2 AND first_seen <= ?2",
        (floor(at, MISMATCH_BUCKET), at),
    ):
        last_seen = latest[key].last if key in latest else max(first_seen, last or 0)
        if last_seen > since:
            moved.append(Seen(at - last_seen, fingerprint, key))
    return settled + len(moved), seen + moved


def recent_step(conn: sqlite3.Connection, at: int) -> int:
    """An hour, or a day where buckets have been rolled up to days."""
    rolled_up = conn.execute(
        "SELECT 1 FROM mismatch_buckets WHERE width = ? AND ends > ? LIMIT 1", (DAY, at - DAY)
    ).fetchone()
    return HOUR if rolled_up is None else DAY


class _Rate(NamedTuple):
    """Mismatches a minute over a span; `widest`: of the buckets of comparisons in it, or 0."""

    per_minute: float | None
    span: int
    widest: int


def _rate(conn: sqlite3.Connection, at: int) -> _Rate:
    """Mismatches over the span, or comparisons that differed where those are more.

    A source may list fewer mismatches than it counts. None if nothing was compared. The span is as
    wide as the newest bucket of comparisons if that is wider than ten minutes, and reaches into it.
    """
    last = newest(conn, SERVICE_COMPARISONS, at)
    span = TEN_MINUTES
    if last is not None and last[0] > at - last[1]:
        span = max(span, last[1])
    [(mismatched, compared, widest)] = sums(
        conn,
        SERVICE_COMPARISONS,
        Window(at - span, at, span),
        columns=SERVICE_COMPARISONS.counts,
        totals=(
            "total(mismatched)",
            "total(matched + mismatched + ignored)",
            "coalesce(max(widest), 0)",
        ),
    )
    found = _found(conn, at, span)
    if found + compared == 0:
        return _Rate(None, span, widest)
    return _Rate(max(found, mismatched) * MINUTE / span, span, widest)


def _found(conn: sqlite3.Connection, at: int, span: int) -> float:
    """Mismatches that were listed: one by one, or by their buckets where those are wide anyway."""
    if span == TEN_MINUTES:
        sql = "SELECT total(times) FROM mismatches WHERE at > ? AND at <= ?"
    else:
        widths = ", ".join(str(width) for width in (MISMATCH_BUCKET, HOUR, DAY) if width <= span)
        sql = (
            f"SELECT total(count) FROM mismatch_buckets WHERE width IN ({widths})"  # noqa: S608
            " AND ends > ? AND ends <= ?"
        )
    return float(conn.execute(sql, (at - span, at)).fetchone()[0])


def _cut(conn: sqlite3.Connection, at: int) -> int:
    """How wide the widest bucket of mismatches is that `at` is in the middle of; 1: none.

    Not those of the first width: of these the thin rows tell.
    """
    cut = [
        width
        for width in (HOUR, DAY)
        if at % width
        and conn.execute(
            "SELECT 1 FROM mismatch_buckets WHERE width = ? AND ends = ? LIMIT 1",
            (width, ceil(at, width)),
        ).fetchone()
    ]
    return max(cut, default=1)


def group_rows(
    conn: sqlite3.Connection,
    at: int,
    seen: Sequence[Seen],
    latest: Mapping[int, Latest],
    step: int,
) -> tuple[GroupRow, ...]:
    """The groups in their order, as they stood at `at`; `recent` counts in steps of `step`."""
    keys = [group.key for group in seen]
    listed = ", ".join(map(str, keys))
    known = {
        key: (*columns, count)
        for key, *columns, count in conn.execute(
            "SELECT g.id, coalesce(s.name, ''), f.name, g.path, g.kind, g.first_seen, g.count"  # noqa: S608
            " FROM mismatch_groups g JOIN fields f ON f.id = g.field"
            f" LEFT JOIN services s ON s.id = f.service WHERE g.id IN ({listed})"
        )
    }
    later = _later(conn, at, listed, latest)
    recent = _recent(conn, at, step, keys, latest)
    rows = []
    for ago, fingerprint, key in seen:
        service, field, path, kind, first_seen, count = known[key]
        rows.append(
            GroupRow(
                id=int(fingerprint[:ID_DIGITS], 16),
                service=service,
                field=field,
                path=path,
                kind=DIFFERENCE_CLASSES[kind],
                count=count - later.get(key, 0),
                first_seen=first_seen,
                last_seen=at - ago,
                is_new=first_seen > at - _NEW_FOR,
                recent=tuple(recent[key]),
            )
        )
    return tuple(rows)


def _later(
    conn: sqlite3.Connection, at: int, listed: str, latest: Mapping[int, Latest]
) -> dict[int, int]:
    """How often each group was seen after `at`."""
    cut = floor(at, MISMATCH_BUCKET)
    later = {}
    for key, count, is_cut in conn.execute(
        "SELECT grp, sum(count), max(ends = ? AND width = ?) FROM mismatch_buckets"  # noqa: S608
        f" WHERE grp IN ({listed}) AND ends > ? GROUP BY grp",
        (cut + MISMATCH_BUCKET, MISMATCH_BUCKET, cut),
    ):
        before = latest[key].times if is_cut and key in latest else 0
        later[key] = count - before
    return later


def _recent(
    conn: sqlite3.Connection,
    at: int,
    step: int,
    keys: Sequence[int],
    latest: Mapping[int, Latest],
) -> dict[int, list[int]]:
    """Counts of each group per step; the last step is the one that `at` cuts."""
    ends = floor(at, step) + step
    begins = ends - _STEPS * step
    counts = {key: [0] * _STEPS for key in keys}
    for key, index, count in conn.execute(
        "SELECT grp, (ends - 1 - ?1) / ?2 AS step, sum(count) FROM mismatch_buckets"  # noqa: S608
        f" WHERE grp IN ({', '.join(map(str, keys))}) AND ends > ?1 AND ends <= ?3 AND width <= ?2"
        " GROUP BY grp, step",
        (begins, step, floor(at, MISMATCH_BUCKET)),
    ):
        counts[key][index] = count
    for key in keys:
        if key in latest:
            counts[key][-1] += latest[key].times
    return counts
