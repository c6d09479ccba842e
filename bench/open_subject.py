"""Budget: a service, a field, a mismatch group and an example open within 100 ms, each, at 1,000
services and 20,000 fields.

From the key to a name that only the opened screen shows, in a real terminal, while nothing else
goes on. Floor: a bare Textual app that writes another figure for every key.
"""

import re
import statistics
import sys
from pathlib import Path

from bench import big_facts, caches
from bench.figures import Figure, percentile
from bench.screen import Screen

COLUMNS, ROWS = 240, 60
#: Only the fields of the first fifty services differ.
TIMES = 45
FLOOR = Path(__file__).with_name("floor_hello.py")
KINDS = ("a service", "a field", "a mismatch group", "an example")


def measure() -> list[Figure]:
    """Milliseconds from the key to the opened screen's own figures."""
    took: dict[str, list[float]] = {kind: [] for kind in KINDS}
    floor = []
    command = [*caches.COMMAND, "--config", str(caches.big_config())]
    screen = Screen(command, COLUMNS, ROWS)
    hello = Screen([sys.executable, "-P", str(FLOOR)], COLUMNS, ROWS)
    try:
        screen.until(big_facts.service(3).encode())
        hello.until(b"hello")
        screen.drain(1.0)
        # The first of each kind imports its screen.
        _open_and_leave(screen, 0)
        for n in range(1, TIMES + 1):
            screen.press("j", re.compile(big_facts.service(n).encode()))
            for kind, milliseconds in zip(KINDS, _open_and_leave(screen, n), strict=True):
                took[kind].append(milliseconds)
            floor.append(hello.press("x", re.compile(rb"hello %d\b" % n)) * 1000)
    finally:
        screen.close()
        hello.close()
    return [figure for kind in KINDS for figure in _rows(kind, took[kind], floor)]


def _open_and_leave(screen: Screen, n: int) -> list[float]:
    """Opens the service under the cursor, its first field, what differs there first, and the first
    example of that; milliseconds of each.
    """
    first_field = re.compile(re.escape(big_facts.field(20 * n).encode()))
    took = []
    for key, answer in (
        ("\r", first_field),
        ("\r", re.compile(b"Both sides|States")),
        ("3", None),
        ("\r", re.compile(b"getAssignments")),
        ("\r", re.compile(b"example")),
    ):
        if answer is None:
            screen.press(key, re.compile("▸".encode()))
        else:
            took.append(screen.press(key, answer) * 1000)
        screen.drain(0.1)
    for back in (b"Examples", b"States", b"Fields", b"Services"):
        # An escape right behind another would be read as one key with alt.
        screen.watch(0.4)
        screen.press("\x1b", re.compile(back))
    screen.watch(0.4)
    return took


def _rows(what: str, took: list[float], floor: list[float]) -> list[Figure]:
    p95 = percentile(took, 0.95)
    return [
        Figure(
            f"opening {what}, p95 (floor: Textual hello)",
            p95,
            "ms",
            "≤ 100 ms",
            p95 <= 100,
            percentile(floor, 0.95),
        ),
        Figure(f"opening {what}, median", statistics.median(took), "ms"),
    ]
