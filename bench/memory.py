"""Budgets: ≤ 120 MB resident for the screen's process and for the poller's, each, with 1,000
services and millions of mismatches in the cache; and flat over a simulated day of polls.

The two processes are those of the busy screen, after half a minute of ingesting. The day is that
of `day`, in one process: between its first and its last quarter (medians) memory may grow by 2 MB.
Floor: a bare Textual app; of the day none. Memory is read from /proc, which is Linux's.
"""

import statistics
import subprocess
import sys
from pathlib import Path

import msgspec

from bench.busy import COLUMNS, ROWS, busy_screen
from bench.caches import folder, in_words, mismatch_count
from bench.figures import Figure
from bench.screen import PROC, Screen, child_environment, children, memory_mb

SECONDS, MOST_MB, MOST_GROWTH_MB = 30.0, 120, 2
FLOOR = Path(__file__).with_name("floor_hello.py")


def measure() -> list[Figure]:
    """Megabytes; nothing where there is no /proc."""
    if not PROC.is_dir():
        print("      (memory: needs /proc, which is Linux's)", file=sys.stderr)
        return []
    return [*_resident(), _growth()]


def _resident() -> list[Figure]:
    hello = Screen([sys.executable, "-P", str(FLOOR)], COLUMNS, ROWS)
    try:
        hello.until(b"hello")
        hello.watch(1)
        floor = memory_mb(hello.pid)
    finally:
        hello.close()
    with busy_screen() as screen:
        screen.watch(SECONDS)
        (poller,) = children(screen.pid)
        processes = {"screen": screen.pid, "poller": poller}
        now = {name: memory_mb(pid) for name, pid in processes.items()}
        most = {name: memory_mb(pid, "VmHWM") for name, pid in processes.items()}
    what = f"memory with {in_words(mismatch_count())} mismatches: "
    figures = []
    for name in processes:
        within = now[name] <= MOST_MB
        figures += [
            Figure(
                f"{what}{name} (floor: Textual hello)",
                now[name],
                "MB",
                f"≤ {MOST_MB} MB",
                within,
                floor,
            ),
            Figure(f"{what}{name}, the most it was", most[name], "MB", floor=floor),
        ]
    return figures


def _growth() -> Figure:
    done = subprocess.run(
        [sys.executable, "-m", "bench.day", folder() / "day.sqlite3"],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
        env=child_environment(),
        check=True,
    )
    samples = msgspec.json.decode(done.stdout, type=list[float])
    quarter = len(samples) // 4
    first, last = statistics.median(samples[:quarter]), statistics.median(samples[-quarter:])
    what = f"memory over a day of polls: growth, first to last quarter (from {first:.0f} MB)"
    grown = last - first
    return Figure(what, grown, "MB", f"≤ {MOST_GROWTH_MB} MB", grown <= MOST_GROWTH_MB)
