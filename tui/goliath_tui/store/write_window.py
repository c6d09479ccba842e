"""The window: the traffic of services in the last hour of the data, kept added up.

It moves with the newest bucket: what comes in is added, what has become older than an hour is taken
off. Where that cannot be done exactly, it is forgotten, and added up anew by the next commit.
"""

import sqlite3
from collections.abc import Collection, Mapping

from goliath_tui.store.schema import SERVICE_TRAFFIC, WINDOW, WINDOW_UNTIL, grain

_COUNTS = SERVICE_TRAFFIC.counts
_GRAINS = ", ".join(str(fine) for fine in range(grain(WINDOW) + 1))
_WITHIN = f"grain IN ({_GRAINS}) AND ends > ? AND ends <= ? AND width <= {WINDOW}"
# All of these are made of names of our own.
_ADD = (
    " ON CONFLICT (key, side, width) DO UPDATE SET buckets = buckets + excluded.buckets,"
    f" {', '.join(f'{count} = {count} + excluded.{count}' for count in _COUNTS)}"
)
_ADD_BUCKET = f"INSERT INTO service_window VALUES ({', '.join('?' * (4 + len(_COUNTS)))}){_ADD}"  # noqa: S608
_TAKE_OFF = (
    f"INSERT INTO service_window SELECT key, side, width, -1, {', '.join(f'-{c}' for c in _COUNTS)}"  # noqa: S608
    f" FROM service_traffic WHERE {_WITHIN}{_ADD}"
)
_ADD_UP = (
    "INSERT INTO service_window SELECT key, side, width, count(*),"  # noqa: S608
    f" {', '.join(f'CAST(total({c}) AS INTEGER)' for c in _COUNTS)}"
    f" FROM service_traffic WHERE {_WITHIN} GROUP BY key, side, width"
)


def move(
    conn: sqlite3.Connection,
    changes: Mapping[tuple[int, ...], tuple[int, ...]],
    replaced: Collection[tuple[int, ...]],
) -> None:
    """Takes in what buckets (grain, ends, key, side, width) hold beyond those that they replace.

    Called before they are stored: what leaves the window must be as it was when it was added.
    """
    until = window_until(conn)
    newest = max((bucket[1] for bucket in changes if bucket[-1] <= WINDOW), default=None)
    if until is None or newest is None:
        return
    moved = max(until, newest)
    if moved > until:
        conn.execute(_TAKE_OFF, (until - WINDOW, moved - WINDOW))
    conn.executemany(
        _ADD_BUCKET,
        [
            (key, side, width, bucket not in replaced, *counts)
            for bucket, counts in changes.items()
            for _, ends, key, side, width in (bucket,)
            if width <= WINDOW and ends > moved - WINDOW
        ],
    )
    conn.execute("DELETE FROM service_window WHERE buckets <= 0")
    _remember(conn, moved)


def add_up_if_forgotten(conn: sqlite3.Connection) -> None:
    """Adds up the last hour of what is stored, if there is no window."""
    if window_until(conn) is not None:
        return
    newest = [
        row[0]
        for fine in range(grain(WINDOW) + 1)
        for row in conn.execute(
            "SELECT ends FROM service_traffic WHERE grain = ? AND width <= ?"
            " ORDER BY ends DESC LIMIT 1",
            (fine, WINDOW),
        )
    ]
    if newest:
        conn.execute(_ADD_UP, (max(newest) - WINDOW, max(newest)))
        _remember(conn, max(newest))


def forget_if_touched(conn: sqlite3.Connection, end: int) -> None:
    """Buckets that end by `end` have been rolled up: some may have been added to the window."""
    until = window_until(conn)
    if until is not None and end > until - WINDOW:
        conn.execute("DELETE FROM service_window")
        conn.execute("DELETE FROM meta WHERE key = ?", (WINDOW_UNTIL,))


def window_until(conn: sqlite3.Connection) -> int | None:
    """The moment at which the window ends; None while there is none."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (WINDOW_UNTIL,)).fetchone()
    return None if row is None else int(row[0])


def _remember(conn: sqlite3.Connection, until: int) -> None:
    conn.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (WINDOW_UNTIL, until))
