"""Budget: a screen left alone takes ≤ 3 % of a core and, in a second in which nothing changes,
sends ≤ 2 KB.

Its sources are switched off, and answered last more than a minute ago, so that no age counts
seconds. Two things still move: the clock, once a second, and the hour that the figures cover: every
ten seconds the picture is taken again, and figures whose oldest requests have left are drawn. So
the median second is the clock alone, and has the budget; for information the mean, in which every
service's traffic changes every ten seconds. Processor time is that of the screen and of
what it has started. Measured on a cache as large as the rehearsal's and on the big one. Floor: a
bare Textual app of the same size, which has no clock.
"""

import sqlite3
import statistics
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench.busy import COLUMNS, FILLED, REHEARSED, ROWS
from bench.caches import COMMAND, big_config, rehearsed_config
from bench.figures import Figure
from bench.screen import PROC, Screen, children, cpu_seconds

SETTLES_S, SECONDS, AGES_STAND_S = 6.0, 20, 65.0
FLOOR = Path(__file__).with_name("floor_hello.py")


def measure() -> list[Figure]:
    """Share of a core, and KB/s to the terminal; nothing where there is no /proc."""
    if not PROC.is_dir():
        print("      (idle: needs /proc, which is Linux's)", file=sys.stderr)
        return []
    floor = idle([sys.executable, "-P", str(FLOOR)], b"hello")
    figures = []
    for name, config, marker in (
        ("32 services", rehearsed_config(), REHEARSED),
        ("1,000 services", big_config(), FILLED),
    ):
        until_ages_stand(config.with_suffix(".sqlite3"))
        found = idle([*COMMAND, "--config", str(config)], marker)
        what = f"idle at {COLUMNS} × {ROWS}, {name}"
        figures += [
            Figure(
                f"{what}: of a core (floor: Textual hello)",
                found.share,
                "%",
                "≤ 3 %",
                found.share <= 3,
                floor.share,
            ),
            Figure(
                f"{what}: to the terminal, the median second",
                found.second,
                "KB/s",
                "≤ 2 KB/s",
                found.second <= 2,
                floor.second,
            ),
            Figure(f"{what}: to the terminal, the mean", found.rate, "KB/s", floor=floor.rate),
        ]
    return figures


def until_ages_stand(cache_path: Path) -> None:
    """Until the last poll of a cache that nobody fills is so old that no age counts seconds."""
    with closing(sqlite3.connect(cache_path)) as connection:
        (last,) = connection.execute("SELECT max(at) FROM polls").fetchone()
    time.sleep(max(0, last / 1000 + AGES_STAND_S - time.time()))


class Idle(NamedTuple):
    """Percent of a core, KB/s to the terminal, KB in the median second."""

    share: float
    rate: float
    second: float


def idle(argv: list[str], marker: bytes, seconds: int = SECONDS) -> Idle:
    """What a program costs that has shown `marker` and is then left alone for so many seconds."""
    screen = Screen(argv, COLUMNS, ROWS)
    try:
        screen.until(marker)
        screen.watch(SETTLES_S)
        processes = [screen.pid, *children(screen.pid)]
        started, used = time.perf_counter(), sum(map(cpu_seconds, processes))
        sent = [screen.watch(1) / 1000 for _ in range(seconds)]
        took = time.perf_counter() - started
        share = (sum(map(cpu_seconds, processes)) - used) / took * 100
        return Idle(share, sum(sent) / took, statistics.median(sent))
    finally:
        screen.close()
