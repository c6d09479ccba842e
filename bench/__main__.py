"""`make bench`: the table of budgets. `python -m bench NAME …` measures only the named ones."""

import importlib
import sys
import time
from collections.abc import Callable

from bench.figures import HEADER, Figure

BUDGETS = (
    "compare",
    "changed_cell",
    "write_mismatches",
    "read_lines",
    "first_frame",
    "key_to_repaint",
    "idle",
    "wall",
    "memory",
    "snapshot",
    "details",
    "open_subject",
    "time_step",
    "supergraph",
)


def main() -> int:
    """Measures what was asked for and prints the table; never fails on time."""
    names = [name for name in sys.argv[1:] if not name.startswith("-")] or list(BUDGETS)
    unknown = [name for name in names if name not in BUDGETS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(BUDGETS)}", file=sys.stderr)
        return 2
    print(HEADER, flush=True)
    for name in names:
        started = time.perf_counter()
        measure: Callable[[], list[Figure]] = importlib.import_module(f"bench.{name}").measure
        for figure in measure():
            print(figure.line(), flush=True)
        took = time.perf_counter() - started
        print(f"      ({name}: measured in {took:.0f} s)", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
