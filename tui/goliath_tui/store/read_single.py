"""Sums over the buckets of single services or fields.

Accounts are led by time, so that new rows land at the end of the file. To look up one of a thousand
services, or of twenty thousand fields, leaps through the key find the ends that there are, whoever
has a bucket there, and at each of them only those in question are asked for. Where an account has
step sums, whole steps are read from those.
"""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from goliath_tui.store.read_accounts import Piece, Window, cover, steps_gone
from goliath_tui.store.schema import GRAINS, Account, grain


def single_sums(
    conn: sqlite3.Connection,
    account: Account,
    window: Window,
    keys: Collection[int],
    *,
    columns: Sequence[str],
    per: Sequence[str],
    totals: Sequence[str],
) -> list[tuple[Any, ...]]:
    """Rows of (per…, totals…): SQL expressions over `columns`, `ends` and `widest` (bucket), in no
    order.

    Only what is there gives a row. Let `totals` add up floats, as those of `read_accounts.sums` do.
    """
    which = f"key IN ({_listed(keys)})"
    parts = []
    for piece in cover(window, steps_gone(conn, account)):
        if piece.width:
            parts.append(_steps(account, piece, columns, which))
        parts.append(_buckets(account, piece, window.widest, columns, which))
    if not parts:
        return []
    return conn.execute(
        f"SELECT {', '.join([*per, *totals])} FROM ({' UNION ALL '.join(parts)})"  # noqa: S608
        f" GROUP BY {', '.join(str(n + 1) for n in range(len(per)))}"
    ).fetchall()


def _steps(account: Account, piece: Piece, columns: Sequence[str], which: str) -> str:
    # Named one by one, steps are looked up one by one.
    ends = _listed(range(piece.after + piece.width, piece.until + 1, piece.width))
    return (
        f"SELECT ends, widest, {', '.join(columns)} FROM {account.steps}"  # noqa: S608
        f" WHERE width = {piece.width} AND ends IN ({ends}) AND {which}"
    )


def _buckets(
    account: Account, piece: Piece, widest: int, columns: Sequence[str], which: str
) -> str:
    """The buckets of a piece, but for those that its steps hold."""
    fine = [g for g in GRAINS if grain(piece.width) <= g <= grain(widest)]
    table = account.table
    moments = (
        f"WITH RECURSIVE grains(fine) AS (VALUES {', '.join(f'({g})' for g in fine)}),"  # noqa: S608
        " moments(fine, moment) AS ("
        f" SELECT fine, (SELECT min(ends) FROM {table} WHERE grain = fine AND ends > {piece.after})"
        " FROM grains UNION ALL"
        f" SELECT fine, (SELECT min(ends) FROM {table} WHERE grain = fine AND ends > moment)"
        f" FROM moments WHERE moment < {piece.until}) SELECT fine, moment FROM moments"
    )
    return (
        f"SELECT ends, width AS widest, {', '.join(columns)}"  # noqa: S608
        f" FROM ({moments}) CROSS JOIN {table} WHERE moment <= {piece.until}"
        f" AND grain = fine AND ends = moment AND {which}"
        f" AND width BETWEEN {piece.width} AND {widest}"
    )


def _listed(numbers: Collection[int]) -> str:
    return ", ".join(map(str, numbers))
