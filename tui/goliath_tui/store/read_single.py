"""Sums over the buckets of single services or fields.

Accounts are led by time, so that new rows land at the end of the file. To look up one of a thousand
services, or of twenty thousand fields, leaps through the key find the ends that there are, whoever
has a bucket there, and at each of them only those in question are asked for.
"""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from goliath_tui.store.read_accounts import Window
from goliath_tui.store.schema import GRAINS, Account, grain


def single_sums(
    conn: sqlite3.Connection,
    account: Account,
    window: Window,
    keys: Collection[int],
    *,
    per: Sequence[str],
    totals: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Rows of (per…, totals…): SQL expressions over a bucket's columns, in no order.

    Only what is there gives a row. Let `totals` add up floats, as those of `read_accounts.sums` do.
    """
    fine = [g for g in GRAINS if g <= grain(window.widest)]
    table, after, until, widest = account.table, *window
    sql = (
        f"WITH RECURSIVE grains(fine) AS (VALUES {', '.join(f'({g})' for g in fine)}),"  # noqa: S608
        " moments(fine, moment) AS ("
        f" SELECT fine, (SELECT min(ends) FROM {table} WHERE grain = fine AND ends > :after)"
        " FROM grains UNION ALL"
        f" SELECT fine, (SELECT min(ends) FROM {table} WHERE grain = fine AND ends > moment)"
        " FROM moments WHERE moment < :until)"
        f" SELECT {', '.join([*per, *totals])} FROM moments CROSS JOIN {table}"
        " WHERE moment <= :until AND grain = fine AND ends = moment"
        f" AND key IN ({', '.join(map(str, keys))}) AND width <= :widest"
        f" GROUP BY {', '.join(str(n + 1) for n in range(len(per)))}"
    )
    asked = {"after": after, "until": until, "widest": widest}
    return conn.execute(sql, asked).fetchall()
