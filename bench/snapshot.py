"""Information: how long the complete picture takes, for the rehearsal's size and for the big cache.

Every commit of a poller brings one about, at most twice a second, beside the screen. Floor: reading
the sums that its traffic figures are added up from, into lists and no further.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC

from bench.caches import big_cache, in_words, mismatch_count, rehearsed_config
from bench.figures import Figure, alternate
from goliath_tui.store.reader import Store

RUNS = 9
HOUR = 3_600_000


def measure() -> list[Figure]:
    """Milliseconds for one picture."""
    figures = []
    for name, path in (
        ("32 services", rehearsed_config().with_suffix(".sqlite3")),
        (f"1,000 services, {in_words(mismatch_count())} mismatches", big_cache()),
    ):
        store = Store(path, migration="Big", rehearsal=False, sources=(), time_zone=UTC)
        with closing(store), closing(sqlite3.connect(path)) as connection:
            ours, floor = alternate(_ms(store.snapshot), _ms(_sums(connection)), RUNS)
        what = f"a picture of {name} (floor: its traffic's sums)"
        figures.append(Figure(what, ours, "ms", floor=floor))
    return figures


def _sums(connection: sqlite3.Connection) -> Callable[[], object]:
    (newest,) = connection.execute("SELECT max(ends) FROM service_traffic_steps").fetchone()
    return lambda: connection.execute(
        "SELECT * FROM service_traffic_steps WHERE width = ? AND ends > ?",
        (HOUR // 6, newest - HOUR),
    ).fetchall()


def _ms(work: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        started = time.perf_counter()
        work()
        return (time.perf_counter() - started) * 1000

    return run
