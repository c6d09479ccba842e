"""Budget: from a key to its answer p95 ≤ 50 ms, with 1,000 services, while a source hangs and two
others ingest.

Every key moves the cursor of the services by a row; the answer is the cursor's mark at the row that
it must have moved to, which neither the clock nor a new picture can bring about. Floor: a bare
Textual app that writes another figure for every key, in a terminal of the same size, asked in turn.
"""

import random
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import big_facts
from bench.busy import COLUMNS, ROWS, busy_screen
from bench.figures import Figure, percentile
from bench.screen import Screen

KEYS, TURN = 200, 60
FLOOR = Path(__file__).with_name("floor_hello.py")


def mark_at(row: int) -> re.Pattern[bytes]:
    """The cursor's mark, whatever its colours, before the name of the row's service."""
    return re.compile(rb"\xe2\x96\xb8(?:\x1b\[[0-9;]*m)*" + big_facts.service(row).encode())


def moves() -> Iterator[tuple[str, int]]:
    """Keys, and the row that each leads to: down until the table has scrolled, and up again."""
    row, step = 0, 1
    while True:
        row += step
        yield ("j" if step > 0 else "k"), row
        if row in {1, TURN}:
            step = 1 if row == 1 else -1


def measure() -> list[Figure]:
    """Milliseconds from the key to its answer."""
    ours, floor = [], []
    rng = random.Random(6)
    with busy_screen() as screen:
        hello = Screen([sys.executable, "-P", str(FLOOR)], COLUMNS, ROWS)
        try:
            hello.until(b"hello")
            for n, (key, row) in zip(range(1, KEYS + 1), moves(), strict=False):
                screen.watch(rng.uniform(0.05, 0.3))
                ours.append(screen.press(key, mark_at(row)) * 1000)
                floor.append(hello.press("x", re.compile(rb"hello %d\b" % n)) * 1000)
        finally:
            hello.close()
    what = "key → answer while sources hang and ingest"
    p95 = percentile(ours, 0.95)
    return [
        Figure(
            f"{what}, p95 (floor: Textual hello)",
            p95,
            "ms",
            "≤ 50 ms",
            p95 <= 50,
            percentile(floor, 0.95),
        ),
        Figure(f"{what}, median", statistics.median(ours), "ms", floor=statistics.median(floor)),
        Figure(f"{what}, worst of {KEYS}", max(ours), "ms", floor=max(floor)),
    ]
