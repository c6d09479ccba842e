"""Budget: finding the differences of two 12 KB JSON answers takes at most 0.1 ms.

Floor: one `==` of two equal decoded answers. For information the whole way of a comparison, which
has to decode the two as well, beside decoding them.
"""

import random
import time
from collections.abc import Callable
from typing import Any

import msgspec

from bench.figures import Figure, alternate
from goliath_tui.measures.differences import compare, differences

TIMES, RUNS = 400, 7


def answers() -> tuple[bytes, bytes]:
    """Two answers of about 12 KB that differ in three places."""
    rng = random.Random(1)
    items: list[dict[str, Any]] = [
        {
            "id": f"item-{n}",
            "title": f"Exercise {n}: fractions on the number line",
            "due": f"2026-03-{1 + n % 28:02}T12:00:00.000Z",
            "score": rng.random() * 100,
            "tags": ["math", "grade-4"],
            "done": n % 3 == 0,
        }
        for n in range(82)
    ]
    legacy = msgspec.json.encode({"user": {"id": 7, "lastSeen": None}, "items": items})
    items[3]["due"] = "2026-03-04T12:00:00Z"
    items[40]["tags"] = ["grade-4", "math"]
    items[81]["score"] = round(items[81]["score"], 2)
    return legacy, msgspec.json.encode({"user": {"id": 7, "lastSeen": None}, "items": items})


def measure() -> list[Figure]:
    """Processor milliseconds for one pair."""
    legacy, new = answers()
    left, right, twin = (msgspec.json.decode(answer) for answer in (legacy, new, legacy))
    found, equal = alternate(_ms(lambda: differences(left, right)), _ms(lambda: left == twin), RUNS)
    whole, decoding = alternate(
        _ms(lambda: compare(legacy, new)),
        _ms(lambda: (msgspec.json.decode(legacy), msgspec.json.decode(new))),
        RUNS,
    )
    size = (len(legacy) + len(new)) / 2 / 1024
    of_two = f"differences of two {size:.0f} KB answers"
    within = found <= 0.1
    return [
        Figure(f"{of_two} (floor: one ==)", found, "ms", "≤ 0.1 ms", within, equal),
        Figure(f"{of_two}, with decoding (floor: decoding)", whole, "ms", floor=decoding),
    ]


def _ms(work: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        started = time.process_time()
        for _ in range(TIMES):
            work()
        return (time.process_time() - started) / TIMES * 1000

    return run
