"""Budget: writing mismatches ≥ 0.4 × the rate of a bare executemany into the same tables.

The floor writes, in as many transactions, exactly the rows that the store ends up with: thin rows,
groups, buckets of time, and the comparisons that are kept whole. It does not have to find out which
rows those are.
"""

import random
import sqlite3
import time
from itertools import count
from pathlib import Path

import msgspec

from bench.caches import folder
from bench.figures import Figure, alternate
from goliath_tui.domain import Answers, Batch, Comparison, Difference, DifferenceClass, Poll
from goliath_tui.store import files
from goliath_tui.store.writer import Writer

COMPARISONS, BATCH, RUNS = 40_000, 4_000, 5
START, SPREAD_MS = 1_790_000_000_000, 40
TABLES = ("mismatch_groups", "mismatches", "mismatch_buckets", "comparisons", "examples")

_files = count()


def comparisons() -> list[Comparison]:
    """A bad half hour: two differences each, in some 900 groups, with answers of half a KB."""
    rng = random.Random(1)
    kinds = [*DifferenceClass]
    pad = "x" * 400
    legacy = msgspec.Raw(msgspec.json.encode({"user": {"lastSeen": None, "about": pad}}))
    new = msgspec.Raw(msgspec.json.encode({"user": {"lastSeen": [], "about": pad}}))
    return [
        Comparison(
            id=f"{rng.getrandbits(128):032x}",
            at=START + n * SPREAD_MS + rng.randrange(SPREAD_MS),
            field=f"Type{rng.randrange(10)}.field{rng.randrange(15)}",
            differences=tuple(
                Difference(
                    path=f"$.items[{rng.randrange(30)}].part{rng.randrange(3)}",
                    kind=rng.choice(kinds[:2]),
                )
                for _ in range(2)
            ),
            operation="getAssignments",
            trace_id=f"{n:032x}",
            answers=Answers(legacy=legacy, new=new),
        )
        for n in range(COMPARISONS)
    ]


def measure() -> list[Figure]:
    """Mismatches per second; more is better, so the ratio is the budget's."""
    facts = comparisons()
    batches = [
        Batch(rows=tuple(facts[first : first + BATCH]), cursor=str(first))
        for first in range(0, COMPARISONS, BATCH)
    ]
    mismatches = sum(len(fact.differences) for fact in facts)

    def write(path: Path) -> float:
        writer = Writer(path)
        started = time.perf_counter()
        for batch in batches:
            writer.commit(batch, Poll(source="gateway", at=START, took_ms=0))
        took = time.perf_counter() - started
        writer.close()
        return mismatches / took

    filled = _fresh()
    write(filled)
    rows = _rows(filled)

    def bare() -> float:
        path = _fresh()
        Writer(path).close()
        connection = files.connect(path)
        started = time.perf_counter()
        for part in range(len(batches)):
            connection.execute("BEGIN")
            for table, found in rows.items():
                size = -(-len(found) // len(batches))
                places = ", ".join("?" * len(found[0]))
                connection.executemany(
                    f"INSERT INTO {table} VALUES ({places})", found[part * size :][:size]
                )
            connection.execute("COMMIT")
        took = time.perf_counter() - started
        connection.close()
        return mismatches / took

    ours, floor = alternate(lambda: write(_fresh()), bare, RUNS)
    what = "writing mismatches (floor: bare executemany)"
    return [Figure(what, ours, "rows/s", "≥ 0.4 ×", ours >= 0.4 * floor, floor)]


def _fresh() -> Path:
    return folder() / f"mismatches-{next(_files)}.sqlite3"


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    try:
        return {table: [*connection.execute(f"SELECT * FROM {table}")] for table in TABLES}
    finally:
        connection.close()
