"""What gateways are configured to send to new, and which traffic that is known for.

A row is a look at a gateway: at that moment it was configured so. Between two looks that say the
same it was so all the time. Between two that differ nobody knows when it changed, and after the
last one nobody knows yet. Of many looks in a row that say the same the first and the last are kept.

Looks and traffic come in any order: a bucket takes what the looks around it agree on when it is
stored, and a look gives its share to the stored buckets that it is the first to confirm. So what a
change of weights does to a service is never held against the weights of before, however late the
change is seen, or the traffic told.
"""

import sqlite3

from goliath_tui.store.schema import TEN_MINUTES


class Looks:
    """The looks at what is configured, by the service's key."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def add(self, service: int, at: int, share: float | None) -> int | None:
        """Keeps a look. Since when it makes the share known; None where it does not."""
        before = self._conn.execute(
            "SELECT at, share FROM intended_shares WHERE service = ? AND at <= ?"
            " ORDER BY at DESC LIMIT 2",
            (service, at),
        ).fetchall()
        after = self._conn.execute(
            "SELECT share FROM intended_shares WHERE service = ? AND at > ? ORDER BY at LIMIT 1",
            (service, at),
        ).fetchone()
        agreed = bool(before) and before[0][1] == share
        if agreed and (before[0][0] == at or after == (share,)):
            return None
        if agreed and len(before) == 2 and before[1][1] == share:
            self._conn.execute(
                "DELETE FROM intended_shares WHERE service = ? AND at = ?", (service, before[0][0])
            )
        self._conn.execute(
            "INSERT OR REPLACE INTO intended_shares VALUES (?, ?, ?)", (service, at, share)
        )
        return int(before[0][0]) if agreed and share is not None else None

    def known(self, service: int, ends: int, width: int) -> float | None:
        """What was configured for all of a bucket, if that is known.

        A metric store's bucket may hold what was counted up to a scrape before it begins, and a
        scrape is no longer than the bucket: so the looks must agree for as long before it.
        """
        since = ends - width - min(width, TEN_MINUTES)
        found = self._conn.execute(
            "SELECT DISTINCT share FROM intended_shares WHERE service = ?1"
            " AND at >= (SELECT max(at) FROM intended_shares WHERE service = ?1 AND at <= ?2)"
            " AND at <= (SELECT min(at) FROM intended_shares WHERE service = ?1 AND at >= ?3)",
            (service, since, ends),
        ).fetchall()
        return found[0][0] if len(found) == 1 else None
