"""Budget: a step through time repaints within 150 ms, day by day over the whole history.

Each key goes a day back from the picture that stands; the answer is the new moment in the header,
which is drawn in one go with every pane. Floor: a bare Textual app that writes another figure for
every key. Steps while a key is held down coalesce: the last row tells how many pictures a second
the screen makes of them.
"""

import os
import re
import statistics
import sys
import time
from pathlib import Path

from bench import caches
from bench.figures import Figure, percentile
from bench.screen import Screen

COLUMNS, ROWS = 240, 60
STEPS = 120
HELD_S = 3.0
FLOOR = Path(__file__).with_name("floor_hello.py")
MOMENT = re.compile(rb"AS OF (\d{4}-\d\d-\d\d)")


def measure() -> list[Figure]:
    """Milliseconds from the key to the picture of another day."""
    ours, floor = [], []
    command = [*caches.COMMAND, "--config", str(caches.big_config())]
    screen = Screen(command, COLUMNS, ROWS)
    hello = Screen([sys.executable, "-P", str(FLOOR)], COLUMNS, ROWS)
    try:
        screen.until(b"live")
        hello.until(b"hello")
        screen.drain(1.0)
        screen.press("+", re.compile(rb"1 day"))
        for n in range(1, STEPS + 1):
            ours.append(screen.press("[", MOMENT) * 1000)
            screen.drain(0.05)
            floor.append(hello.press("x", re.compile(rb"hello %d\b" % n)) * 1000)
        pictures = _held(screen)
    finally:
        screen.close()
        hello.close()
    p95 = percentile(ours, 0.95)
    what = "a day back → its picture"
    return [
        Figure(
            f"{what}, p95 (floor: Textual hello)",
            p95,
            "ms",
            "≤ 150 ms",
            p95 <= 150,
            percentile(floor, 0.95),
        ),
        Figure(f"{what}, median", statistics.median(ours), "ms", floor=statistics.median(floor)),
        Figure("pictures a second with the key held down (30 Hz)", pictures, "/s"),
    ]


def _held(screen: Screen) -> float:
    screen.seen.clear()
    until = time.perf_counter() + HELD_S
    while time.perf_counter() < until:
        os.write(screen.fd, b"]")
        screen.watch(1 / 30)
    screen.drain(0.5)
    return len(set(MOMENT.findall(screen.seen))) / HELD_S
