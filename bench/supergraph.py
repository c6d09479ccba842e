"""Budget: the states of 20,000 fields are read from a supergraph of about 3.5 MB within 0.3 s.

Floor: reading the file and hashing it, which is also about what an unchanged schema costs. For
information beside it: how long graphql-core takes to parse the same text, and a restart on a schema
that has not changed.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import graphql

from bench.figures import Figure, alternate
from goliath_tui.clock import now_ms
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.supergraph import Options
from goliath_tui.sources.supergraph.bodies import schema_text
from goliath_tui.sources.supergraph.memory import Memory, Observation
from goliath_tui.sources.supergraph.reading import Document, read
from goliath_tui.sources.supergraph.states import States

FIELDS, SERVICES, PER_TYPE, RUNS = 20_000, 32, 20, 5
OPTIONS = Options(legacy=("legacy",))


def schema() -> str:
    """A supergraph in all states, with descriptions, arguments and labels."""
    return "\n".join(_lines(random.Random(1)))


def _lines(rng: random.Random) -> Iterator[str]:
    graphs = ["LEGACY", *(f"SERVICE_{number}" for number in range(SERVICES))]
    names = {graph: graph.lower().replace("_", "-") for graph in graphs}
    yield 'schema @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }'
    yield "enum join__Graph {"
    for graph, name in names.items():
        yield f'  {graph} @join__graph(name: "{name}", url: "http://{name}")'
    yield "}"
    for number in range(FIELDS // PER_TYPE):
        new = rng.choice(graphs[1:])
        own, taken = f"@join__field(graph: {new}", ', override: "legacy"'
        label = f', overrideLabel: "percent({rng.randrange(1, 100)})"'
        places = (
            "@join__field(graph: LEGACY)",
            f"{own})",
            f"{own}{taken})",
            f"@join__field(graph: LEGACY{label}) {own}{taken}{label})",
        )
        yield f'"""Type number {number}, as a course would describe it."""\ntype Type{number}'
        yield f'  @join__type(graph: LEGACY, key: "id")\n  @join__type(graph: {new}, key: "id")\n{{'
        for field in range(PER_TYPE):
            yield f'  """What field {field} of type {number} says, at some length"""'
            other = rng.randrange(FIELDS // PER_TYPE)
            yield (
                f"  field{number}x{field}(first: Int = 10, after: String): [Type{other}!]! "
                f"{rng.choice(places)}"
            )
        yield "}\n"


def measure() -> list[Figure]:
    """Processor milliseconds for one reading."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "supergraph.graphql"
        path.write_text(schema(), encoding="utf-8")
        before = time.time() - 60
        os.utime(path, (before, before))
        size = path.stat().st_size / 2**20
        what = f"states of {FIELDS:,} fields from {size:.1f} MB of SDL"
        reading, floor = alternate(lambda: _read(path), lambda: _hash(path), RUNS)
        parsing = _ms(lambda: graphql.parse(path.read_text(encoding="utf-8"), no_location=True))
        restart, hashing = alternate(_restarts(path), lambda: _hash(path), RUNS)
    within = reading <= 300
    return [
        Figure(f"{what} (floor: reading, sha256)", reading, "ms", "≤ 300 ms", within, floor),
        Figure(f"{what} (graphql-core: parsing alone)", reading, "ms", floor=parsing),
        Figure(
            "restart on an unchanged supergraph (floor: the same)", restart, "ms", floor=hashing
        ),
    ]


def _ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def _hash(path: Path) -> float:
    return _ms(lambda: sha256(path.read_bytes()).digest())


def _read(path: Path) -> float:
    def work() -> None:
        text = schema_text(path.read_bytes(), str(path))
        graph = read([Document(str(path), text, None)], "migrate")
        seen = Observation(Memory(), graph, States(OPTIONS, graph, ()))
        seen.look(retire_vanished=False)
        assert len(seen.changes) == FIELDS

    return _ms(work)


def _restarts(path: Path) -> Callable[[], float]:
    """What a new process does first: it knows the cursor, and finds that nothing is new."""
    kind = KINDS["supergraph"]
    setup = Setup(parts=kind.gives, options=OPTIONS, path=path)
    client = Client(Connection(base_url=""), clock=now_ms)

    async def fill() -> str:
        source = kind.make(setup)
        batch = await source.poll(client, None)
        while batch.more:
            batch = await source.poll(client, batch.cursor)
        return batch.cursor

    cursor = asyncio.run(fill())

    async def again() -> float:
        started = time.process_time()
        batch = await kind.make(setup).poll(client, cursor)
        took = (time.process_time() - started) * 1000
        assert (batch.rows, batch.cursor) == ((), cursor)
        return took

    return lambda: asyncio.run(again())
