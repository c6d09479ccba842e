"""A day of a gateway's polls in one process, as fast as they go. A program of its own.

Every ten seconds of the day: a batch through the writer's thread. Every minute: a picture by the
reader. Every five minutes: tidying. The clock is the day's, not the machine's. Prints the resident
memory in MB after each quarter of an hour, as JSON.
"""

import asyncio
import random
import sys
from collections.abc import Iterator
from datetime import UTC
from functools import partial
from pathlib import Path

import msgspec

from bench import big_facts
from bench.screen import memory_mb
from goliath_tui.domain import Batch, Difference, DifferenceClass, Fact, Field, Poll, Service
from goliath_tui.store.reader import Store
from goliath_tui.store.writer import Writer
from goliath_tui.write_thread import WriteThread

SERVICES, POLLS, EVERY_MS = 32, 8640, 10_000
PICTURE, TIDY, SAMPLE = 6, 30, 90
BEGINS = 1_790_000_000_000


def batch(number: int) -> Batch:
    """What the gateway tells at its n-th poll: a bucket of every service, a few mismatches."""
    rng = random.Random(number)

    def rows() -> Iterator[Fact]:
        at = BEGINS + (number - 1) * EVERY_MS
        if number == 0:
            yield from (fact for fact in big_facts.names() if _is_ours(fact))
        for n in range(SERVICES):
            yield from big_facts.service_buckets(n, at, EVERY_MS)
        for n in range(rng.randrange(12)):
            path = f"$.items[{rng.randrange(300)}].part{rng.randrange(9)}"
            of = big_facts.field(rng.randrange(SERVICES * 20))
            difference = Difference(path=path, kind=DifferenceClass.VALUE)
            yield big_facts.comparison(number * 100 + n, at + n, of, difference)

    return Batch(rows=tuple(rows()), cursor=str(number), instance="day")


def _is_ours(fact: Fact) -> bool:
    name = (
        fact.name if isinstance(fact, Service) else fact.service if isinstance(fact, Field) else ""
    )
    return name < big_facts.service(SERVICES)


def _complain(problem: str | None) -> None:
    print(problem, file=sys.stderr)


async def live(path: Path) -> list[float]:
    """The day; the resident memory after each quarter of an hour."""
    writing = WriteThread(path, _complain)
    store = Store(path, migration="Day", rehearsal=False, sources=(), time_zone=UTC)
    memory = []
    for number in range(POLLS):
        now = BEGINS + number * EVERY_MS
        told = batch(number)
        poll = Poll(source="gateway", at=now, took_ms=20, rows=len(told.rows))
        await writing.do(partial(Writer.commit, batch=told, poll=poll))
        if number % PICTURE == 0:
            await asyncio.to_thread(store.snapshot, now=now)
        if number % TIDY == 0:
            await writing.do(partial(Writer.tidy, now=now))
        if number % SAMPLE == SAMPLE - 1:
            memory.append(memory_mb("self"))
    store.close()
    await writing.close(5_000)
    return memory


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(live(Path(sys.argv[1])))))
