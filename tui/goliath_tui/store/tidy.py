"""Ageing: buckets of time grow coarser, and what is over the limits goes.

Every step is one short transaction that moves whole periods and can be repeated: killed between
two steps, the next run goes on where this one ended. A bucket that comes late, for a period that
has been rolled up already, is added to it by the next run.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from goliath_tui.store.limits import Limits
from goliath_tui.store.schema import (
    FIELD_COMPARISONS,
    FIELD_TRAFFIC,
    MISMATCH_BUCKET,
    SERVICE_COMPARISONS,
    SERVICE_TRAFFIC,
    SHARE_WIDTHS,
    STEP_WIDTHS,
    Account,
    ceil,
    floor,
    grain,
    sums_from,
)
from goliath_tui.store.write_mismatches import let_go
from goliath_tui.store.write_window import forget_if_touched


def tidying(conn: sqlite3.Connection, now: int, limits: Limits) -> Iterator[str]:
    """Does one step each time it is advanced, and says what it was; ends when nothing is left.

    The caller wraps each step in a transaction.
    """
    for account, ages in (
        (SERVICE_TRAFFIC, limits.service_ages),
        (SERVICE_COMPARISONS, limits.service_ages),
        (FIELD_TRAFFIC, limits.field_ages),
        (FIELD_COMPARISONS, limits.field_ages),
    ):
        # Widest first: what is oldest is moved once, not once per width.
        for width, age in reversed(ages):
            until = floor(now - age, width)
            yield from _roll_up(conn, account, width, until, limits.rows_per_step)
    widths = (MISMATCH_BUCKET, *(width for width, _ in limits.mismatch_ages))
    for width, age in reversed(limits.mismatch_ages):
        until = floor(now - age, width)
        finer = [other for other in widths if other < width]
        yield from _roll_up_mismatches(conn, width, finer, until, limits.rows_per_step)
    yield from _forget_mismatches(conn, limits)
    yield from _forget_examples(conn, limits)
    yield from _forget_answers(conn, limits)
    yield from _forget_polls(conn, now - limits.polls_age)
    yield from _forget_looks(conn, now - limits.looks_age)


# Every statement below is made of names and whole numbers of our own.


def _roll_up(
    conn: sqlite3.Connection, account: Account, width: int, until: int, rows: int
) -> Iterator[str]:
    """Adds up buckets narrower than `width` that end by `until`, a multiple of it."""
    table, who, counts = account.table, ", ".join(account.who), account.counts
    finer = range(grain(width))
    fine = f"FROM {table} WHERE grain IN ({_listed(finer)}) AND ends <= ?"
    fold = (
        f"INSERT INTO {table} SELECT {grain(width)}, {_period_end(width)} AS period, {who},"
        f" {width}, {', '.join(f'CAST(total({c}) AS INTEGER)' for c in counts)} {fine}"
        f" GROUP BY period, {who} ON CONFLICT (grain, ends, {who}, width)"
        f" DO UPDATE SET {', '.join(f'{c} = {c} + excluded.{c}' for c in counts)}"
    )
    pick = f"SELECT ends FROM {table} WHERE grain = ? AND ends <= ? ORDER BY ends LIMIT 1"  # noqa: S608
    while span := _next_span(conn, pick, finer, until, rows):
        start, end = span[0], ceil(span[1], width)
        conn.execute(fold, (end,))
        conn.execute(f"DELETE {fine}", (end,))
        if account.steps is not None:
            _coarsen_steps(conn, account.steps, width, start, end)
        if account is SERVICE_TRAFFIC:
            forget_if_touched(conn, end)
            for share_width in SHARE_WIDTHS:
                if share_width < width:
                    _forget_sums(conn, "share_steps", share_width, end)
        yield f"{table}: {width} ms wide until {end}"


def _coarsen_steps(conn: sqlite3.Connection, steps: str, width: int, start: int, end: int) -> None:
    """Steps that the new buckets are too wide for go; the others say how wide theirs are now."""
    for step in STEP_WIDTHS:
        if step <= width:
            _forget_sums(conn, steps, step, end)
        else:
            conn.execute(
                f"UPDATE {steps} SET widest = ?2"  # noqa: S608
                " WHERE width = ?1 AND ends BETWEEN ?3 AND ?4 AND widest < ?2",
                (step, width, start, ceil(end, step)),
            )


def _forget_sums(conn: sqlite3.Connection, table: str, width: int, end: int) -> None:
    conn.execute(f"DELETE FROM {table} WHERE width = ? AND ends <= ?", (width, end))  # noqa: S608
    conn.execute(
        "INSERT INTO meta VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
        (sums_from(table, width), end),
    )


def _roll_up_mismatches(
    conn: sqlite3.Connection, width: int, finer: Sequence[int], until: int, rows: int
) -> Iterator[str]:
    fine = f"FROM mismatch_buckets WHERE width IN ({_listed(finer)}) AND ends <= ?"
    fold = (
        f"INSERT INTO mismatch_buckets SELECT grp, {_period_end(width)} AS period, {width},"
        f" sum(count), max(last) {fine} GROUP BY grp, period ON CONFLICT (grp, ends, width)"
        " DO UPDATE SET count = count + excluded.count, last = max(last, excluded.last)"
    )
    pick = "SELECT ends FROM mismatch_buckets WHERE width = ? AND ends <= ? ORDER BY ends LIMIT 1"
    while span := _next_span(conn, pick, finer, until, rows):
        end = ceil(span[1], width)
        conn.execute(fold, (end,))
        conn.execute(f"DELETE {fine}", (end,))
        yield f"mismatch_buckets: {width} ms wide until {end}"


def _next_span(
    conn: sqlite3.Connection, pick: str, finer: Iterable[int], until: int, rows: int
) -> tuple[int, int] | None:
    """The first end of a bucket to roll up, and the end of one about `rows` rows later.

    None when no bucket is left. Asked once per grain or width: each is one stretch of an index.
    """
    first = [row[0] for value in finer for row in conn.execute(pick, (value, until))]
    if not first:
        return None
    later = [
        row[0] for value in finer for row in conn.execute(f"{pick} OFFSET ?", (value, until, rows))
    ]
    return min(first), min(later, default=until)


def _period_end(width: int) -> str:
    return f"ends + ({width} - ends % {width}) % {width}"


def _listed(values: Iterable[int]) -> str:
    return ", ".join(map(str, values))


def _forget_mismatches(conn: sqlite3.Connection, limits: Limits) -> Iterator[str]:
    """The oldest thin rows go; their groups' counts stay."""
    while True:
        row = conn.execute("SELECT value FROM meta WHERE key = 'mismatches'").fetchone()
        excess = min((0 if row is None else row[0]) - limits.mismatches, limits.rows_per_step)
        if excess <= 0:
            return
        (last,) = conn.execute(
            "SELECT at FROM mismatches ORDER BY at LIMIT 1 OFFSET ?", (excess - 1,)
        ).fetchone()
        gone = conn.execute("DELETE FROM mismatches WHERE at <= ?", (last,)).rowcount
        conn.execute("UPDATE meta SET value = value - ? WHERE key = 'mismatches'", (gone,))
        yield f"mismatches until {last}"


def _forget_examples(conn: sqlite3.Connection, limits: Limits) -> Iterator[str]:
    """The oldest examples of groups that have more than they may."""
    most = limits.examples_per_group
    crowded = "SELECT grp FROM examples GROUP BY grp HAVING count(*) > ? LIMIT ?"
    while groups := conn.execute(crowded, (most, max(1, limits.rows_per_step // most))).fetchall():
        for (group,) in groups:
            let_go(conn, group, most)
        yield f"examples of {len(groups)} groups"


def _forget_answers(conn: sqlite3.Connection, limits: Limits) -> Iterator[str]:
    """The oldest comparisons go when all together are too large."""
    (total,) = conn.execute("SELECT total(size) FROM comparisons").fetchone()
    excess = total - limits.answers_bytes
    if excess <= 0:
        return
    gone = []
    for at, comparison, size in conn.execute(
        "SELECT at, comparison, size FROM comparisons ORDER BY at, comparison"
    ):
        if excess <= 0:
            break
        gone.append((at, comparison))
        excess -= size
    for table in ("examples", "comparisons"):
        conn.executemany(f"DELETE FROM {table} WHERE at = ? AND comparison = ?", gone)  # noqa: S608
    yield f"{len(gone)} comparisons"


def _forget_polls(conn: sqlite3.Connection, until: int) -> Iterator[str]:
    """The poll log shortens, but for each source's last success and first failure since."""
    gone = 0
    for (source,) in conn.execute("SELECT id FROM sources").fetchall():
        (success,) = conn.execute(
            "SELECT coalesce(max(at), -1) FROM polls WHERE source = ? AND error_kind IS NULL",
            (source,),
        ).fetchone()
        (failure,) = conn.execute(
            "SELECT min(at) FROM polls WHERE source = ? AND at > ?", (source, success)
        ).fetchone()
        gone += conn.execute(
            "DELETE FROM polls WHERE source = ? AND at < ? AND at <> ? AND at IS NOT ?",
            (source, until, success, failure),
        ).rowcount
    if gone:
        yield f"{gone} polls"


def _forget_looks(conn: sqlite3.Connection, until: int) -> Iterator[str]:
    """Looks at what is configured go, but for the two newest, which the next one may agree with."""
    gone = conn.execute(
        "DELETE FROM intended_shares WHERE at < ? AND at < (SELECT at FROM intended_shares AS other"
        " WHERE other.service = intended_shares.service ORDER BY at DESC LIMIT 1 OFFSET 1)",
        (until,),
    ).rowcount
    if gone:
        yield f"{gone} looks"
