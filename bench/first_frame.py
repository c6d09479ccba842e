"""Budget: process start → first frame with real figures from a filled cache ≤ 1.6 × a hello.

The cache is as large as the rehearsal's. For information the same on the big one.
"""

import sys
from functools import partial
from pathlib import Path

from bench.busy import FILLED, REHEARSED
from bench.caches import COMMAND, big_config, rehearsal_config
from bench.figures import Figure, alternate
from bench.screen import Screen

RUNS = 7
FLOOR = Path(__file__).with_name("floor_hello.py")


def measure() -> list[Figure]:
    """Milliseconds from the start of the process until the text is on the terminal."""
    hello = [sys.executable, "-P", str(FLOOR)]
    figures = []
    for name, config, marker, most in (
        ("32 services", rehearsal_config(), REHEARSED, 1.6),
        ("1,000 services", big_config(), FILLED, None),
    ):
        ours, floor = alternate(
            partial(_first, [*COMMAND, "--config", str(config)], marker),
            partial(_first, hello, b"hello"),
            RUNS,
        )
        budget = "" if most is None else f"≤ {most} ×"
        within = None if most is None else ours <= most * floor
        what = f"start → first frame with figures, {name} (floor: Textual hello)"
        figures.append(Figure(what, ours, "ms", budget, within, floor))
    return figures


def _first(argv: list[str], marker: bytes) -> float:
    screen = Screen(argv)
    try:
        return screen.until(marker) * 1000
    finally:
        screen.close()
