"""Budget: 10,000 lines a second read from a log, compared and told, where the answers match.

The lines are a Scientist's, without a verdict, so that each pair of answers is compared. The floor
splits the same file into lines and decodes each, and does nothing with it.
"""

import asyncio
import time
from pathlib import Path

import msgspec

from bench.caches import folder
from bench.figures import Figure, alternate
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.jsonl import Options

LINES, RUNS, LEAST = 40_000, 3, 10_000
NOW = 1_790_000_000_000


def measure() -> list[Figure]:
    """Lines per second; more is better."""
    path = folder() / "experiments.log"
    _write(path)
    setup = Setup(
        parts=frozenset({"mismatches"}),
        options=Options(preset="scientist", service="users"),
        path=path,
    )

    async def fill() -> None:
        client = Client(Connection(base_url=""), clock=lambda: NOW)
        source, cursor, more = KINDS["jsonl"].make(setup), None, True
        while more:
            batch = await source.poll(client, cursor)
            cursor, more = batch.cursor, batch.more

    def ours() -> float:
        started = time.perf_counter()
        asyncio.run(fill())
        return LINES / (time.perf_counter() - started)

    def floor() -> float:
        started = time.perf_counter()
        for line in path.read_bytes().splitlines():
            msgspec.json.decode(line)
        return LINES / (time.perf_counter() - started)

    figure, least = alternate(ours, floor, RUNS)
    what = "reading a log of 0.6 KB lines that match (floor: decoding them)"
    return [Figure(what, figure, "lines/s", f"≥ {LEAST:,}", figure >= LEAST, least)]


def _write(path: Path) -> None:
    items = [{"n": n, "due": "2026-01-01T00:00:00Z"} for n in range(5)]
    lines = []
    for number in range(LINES):
        value = {"id": number, "items": items}
        line = {
            "name": f"Query.field{number % 50}",
            "timestamp": (NOW - 600_000 + number * 10) / 1000,
            "context": {"request_id": f"r{number}"},
            "control": {"value": value, "duration": 0.1},
            "candidate": {"value": value, "duration": 0.2},
        }
        lines.append(msgspec.json.encode(line))
    path.write_bytes(b"\n".join([*lines, b""]))
