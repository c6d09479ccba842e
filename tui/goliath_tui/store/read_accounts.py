"""Sums over a window of an account's buckets, from as few rows as will do.

A window is all buckets that end in (after, until] and are at most `widest` ms wide. The whole steps
in it are read from the step sums, only its edges from the buckets themselves.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from goliath_tui.store.schema import (
    GRAINS,
    SERVICE_TRAFFIC,
    STEP_WIDTHS,
    TEN_MINUTES,
    WINDOW,
    WINDOW_UNTIL,
    Account,
    ceil,
    floor,
    grain,
    sums_from,
    width_limit,
)


class Window(NamedTuple):
    """Buckets that end in (after, until] and are at most `widest` ms wide."""

    after: int
    until: int
    widest: int


class Piece(NamedTuple):
    """A stretch (after, until] of a window, to be read from steps of `width`; 0: from buckets."""

    width: int
    after: int
    until: int


def cover(window: Window, gone: Sequence[tuple[int, int]]) -> list[Piece]:
    """The window in pieces, oldest first, each from the widest steps that fit.

    `gone`: (step width, moment up to which such steps are gone), widest first.
    """
    after, until, widest = window
    if after >= until:
        return []
    if not gone:
        return [Piece(0, after, until)]
    (width, gone_until), *finer = gone
    first = ceil(max(after, gone_until), width)
    last = floor(until, width)
    if width > widest or first >= last:
        return cover(window, finer)
    return [
        *cover(Window(after, first, widest), finer),
        Piece(width, first, last),
        *cover(Window(last, until, widest), finer),
    ]


def sums(
    conn: sqlite3.Connection,
    account: Account,
    window: Window,
    *,
    columns: Sequence[str],
    totals: Sequence[str],
    per: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Rows of (per…, totals…): SQL expressions over `columns`, `ends` and `widest` (bucket), in no
    order. One row if `per` is empty.

    Let `totals` add up floats, with total() or sum(1.0 * x): counts are exact up to 2^53, and
    beyond that, where no real traffic is, whole numbers would end in an error.
    """
    parts, values = [], []
    for piece in cover(window, steps_gone(conn, account)):
        for part, part_values in _part(account, piece, window.widest, ["ends", *columns]):
            parts.append(part)
            values += part_values
    if not parts:
        return []
    sql = f"SELECT {', '.join([*per, *totals])} FROM ({' UNION ALL '.join(parts)})"  # noqa: S608
    if per:
        sql += f" GROUP BY {', '.join(str(n + 1) for n in range(len(per)))}"
    return conn.execute(sql, values).fetchall()


def ready(conn: sqlite3.Connection, window: Window) -> list[tuple[Any, ...]] | None:
    """Traffic of a window that the kept one is near to: (key, side, width, counts…) per width.

    None where it is not near, or not an hour long. Buckets that end before this window begins, or
    after it ends, are taken off; those that the kept one has let go are added again.
    """
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (WINDOW_UNTIL,)).fetchone()
    if row is None or window.widest != WINDOW or window.until - window.after != WINDOW:
        return None
    (until,) = row
    if abs(until - window.until) > TEN_MINUTES:
        return None
    after, counts = until - WINDOW, SERVICE_TRAFFIC.counts
    parts = [f"SELECT key, side, width, buckets, {', '.join(counts)} FROM service_window"]  # noqa: S608
    values: list[int] = []
    for sign, first, last in (
        ("-", after, window.after),
        ("-", window.until, until),
        ("+", window.after, after),
    ):
        if first < last and _any_bucket(conn, first, last):
            parts.append(
                f"SELECT key, side, width, {sign}1, {', '.join(sign + c for c in counts)}"  # noqa: S608
                f" FROM service_traffic WHERE {_IN_WINDOW}"
            )
            values += [first, last]
    if not values:
        return conn.execute(
            f"SELECT key, side, width, {', '.join(counts)} FROM service_window"  # noqa: S608
        ).fetchall()
    return conn.execute(
        f"SELECT key, side, width, {', '.join(f'total({c})' for c in counts)}"  # noqa: S608
        f" FROM ({' UNION ALL '.join(parts)}) GROUP BY key, side, width HAVING total(buckets) > 0",
        values,
    ).fetchall()


_IN_WINDOW = (
    f"grain IN ({', '.join(str(fine) for fine in range(grain(WINDOW) + 1))})"
    f" AND ends > ? AND ends <= ? AND width <= {WINDOW}"
)


def _any_bucket(conn: sqlite3.Connection, after: int, until: int) -> bool:
    found = conn.execute(
        f"SELECT 1 FROM service_traffic WHERE {_IN_WINDOW} LIMIT 1",  # noqa: S608
        (after, until),
    )
    return found.fetchone() is not None


def newest(conn: sqlite3.Connection, account: Account, at: int) -> tuple[int, int] | None:
    """(end, width) of the bucket that ended last by `at`, the narrowest if several did."""
    found = newest_end(conn, account, at)
    return None if found is None else (found[0], _narrowest(conn, account, *found))


def newest_end(conn: sqlite3.Connection, account: Account, at: int) -> tuple[int, int] | None:
    """(end, grain) of the bucket that ended last by `at`, of the finest grain if several did."""
    found = [
        (ends, fine)
        for fine in GRAINS
        for (ends,) in conn.execute(
            f"SELECT max(ends) FROM {account.table} WHERE grain = ? AND ends <= ?",  # noqa: S608
            (fine, at),
        )
        if ends is not None
    ]
    return max(found, key=lambda row: (row[0], -row[1]), default=None)


def span_ms(conn: sqlite3.Connection, accounts: Sequence[Account], at: int, window_ms: int) -> int:
    """How far back the figures of `at` reach: `window_ms`, or what the data's buckets allow.

    The first of the accounts that has any bucket by then decides.
    """
    for account in accounts:
        found = newest_end(conn, account, at)
        if found is not None:
            # Of fields there are many rows to one moment: no need to look at those.
            fits = width_limit(found[1]) <= window_ms
            return window_ms if fits else max(window_ms, _narrowest(conn, account, *found))
    return window_ms


def _narrowest(conn: sqlite3.Connection, account: Account, ends: int, fine: int) -> int:
    found = conn.execute(
        f"SELECT min(width) FROM {account.table} WHERE grain = ? AND ends = ?",  # noqa: S608
        (fine, ends),
    )
    return int(found.fetchone()[0])


def any_later(conn: sqlite3.Connection, account: Account, at: int) -> bool:
    """Whether a bucket ends after `at`."""
    grains = ", ".join(map(str, GRAINS))
    found = conn.execute(
        f"SELECT 1 FROM {account.table} WHERE grain IN ({grains}) AND ends > ? LIMIT 1",  # noqa: S608
        (at,),
    )
    return found.fetchone() is not None


def steps_gone(conn: sqlite3.Connection, account: Account) -> list[tuple[int, int]]:
    """For `cover`: (step width, moment up to which such steps are gone), widest first."""
    if account.steps is None:
        return []
    known = dict(conn.execute("SELECT key, value FROM meta").fetchall())
    return [
        (width, known.get(sums_from(account.steps, width), 0)) for width in reversed(STEP_WIDTHS)
    ]


def _part(
    account: Account, piece: Piece, widest: int, columns: Sequence[str]
) -> list[tuple[str, list[int]]]:
    """SELECTs of a piece: from its steps, and what those leave out: wider buckets."""
    listed = ", ".join(columns)
    found: list[tuple[str, list[int]]] = []
    if piece.width:
        steps = (
            f"SELECT widest, {listed} FROM {account.steps}"  # noqa: S608
            " WHERE width = ? AND ends > ? AND ends <= ?"
        )
        found.append((steps, [*piece]))
    grains = ", ".join(str(g) for g in GRAINS if grain(piece.width) <= g <= grain(widest))
    buckets = (
        f"SELECT width AS widest, {listed} FROM {account.table}"  # noqa: S608
        f" WHERE grain IN ({grains}) AND ends > ? AND ends <= ? AND width BETWEEN ? AND ?"
    )
    found.append((buckets, [piece.after, piece.until, piece.width, widest]))
    return found
