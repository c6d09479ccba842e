"""A source of lines with what stands around it: a clock, a cursor, and a cache that counts."""

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from goliath_tui.domain import Batch, Comparison, ComparisonCounts, SourceError
from goliath_tui.sources import KINDS, Setup, Source
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.jsonl import Options

NOW = 1_790_000_000_000
HOUR = 3_600_000
#: As early as the cache ever adds buckets of a minute up to wider ones.
ROLLED_UP = 3 * HOUR


class Cache:
    """Keeps what batches tell as the store does: the fuller row stands, and old ones are added up.

    `tidy` may be called at any time, and changes no total.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str | None, int], tuple[int, ...]] = {}
        self.old: Counter[tuple[str, str | None, int]] = Counter()
        self.comparisons: dict[tuple[int, str], Comparison] = {}

    def commit(self, batch: Batch) -> None:
        """Takes in a batch."""
        for row in batch.rows:
            if isinstance(row, ComparisonCounts):
                key = (row.service, row.field, row.at)
                counts = (row.matched, row.mismatched, row.ignored, row.failed)
                self.rows[key] = max(self.rows.get(key, ()), counts)
            elif isinstance(row, Comparison):
                self.comparisons.setdefault((row.at, row.id), row)

    def tidy(self, now: int) -> None:
        """Adds up what is old."""
        for key in [key for key in self.rows if key[2] <= now - ROLLED_UP]:
            service, field, _ = key
            for n, count in enumerate(self.rows.pop(key)):
                self.old[service, field, n] += count

    def totals(self) -> dict[tuple[str, str | None], tuple[int, ...]]:
        """(service, field) → matched, mismatched, ignored, failed."""
        found: dict[tuple[str, str | None], list[int]] = {}
        for (service, field, _), counts in self.rows.items():
            entry = found.setdefault((service, field), [0, 0, 0, 0])
            for n, count in enumerate(counts):
                entry[n] += count
        for (service, field, n), count in self.old.items():
            found.setdefault((service, field), [0, 0, 0, 0])[n] += count
        return {key: tuple(entry) for key, entry in found.items() if any(entry)}


class LogReader:
    """Polls one source as a poller does. `now` is the machine's clock, as the test has it."""

    def __init__(
        self, path: Path | None, *, url: str = "", has_stdin: bool = True, **options: Any
    ) -> None:
        self.options = msgspec.convert({"service": "s", **options}, Options)
        assert not list(self.options.problems())
        self.setup = Setup(
            parts=frozenset({"mismatches"}),
            options=self.options,
            path=path,
            has_stdin=has_stdin,
        )
        self.now = NOW
        self.cursor: str | None = None
        self.cache = Cache()
        self.notes: tuple[str, ...] = ()
        self.client = Client(Connection(base_url=url), clock=lambda: self.now)
        self.source: Source = KINDS["jsonl"].make(self.setup)

    async def poll(self, *, commits: bool = True) -> Batch:
        """One batch; unless it `commits`, it is as if the process had been killed before."""
        batch = await self.source.poll(self.client, self.cursor)
        if commits:
            self.cache.commit(batch)
            self.cursor = batch.cursor
            self.notes = batch.notes
        return batch

    def restart(self) -> None:
        """The process was killed, and another one begins."""
        self.source = KINDS["jsonl"].make(self.setup)

    async def fill(self) -> list[Batch]:
        """Batches until there is no more."""
        batches = [await self.poll()]
        while batches[-1].more:
            batches.append(await self.poll())
        return batches

    async def settle(self) -> None:
        """All that has come is told: buckets are let go, nobody waits any more."""
        await self.fill()
        self.now += 600_000
        await self.fill()

    async def refused(self) -> str:
        """What a poll is refused for."""
        with pytest.raises(SourceError) as caught:
            await self.poll()
        self.error = caught.value
        assert str(self.error).isprintable()
        return str(self.error)


def line(field: str = "User.email", at: int = NOW - 60_000, **more: Any) -> bytes:
    """One line, with its end."""
    outcome = {} if {"legacy", "matched", "differences"} & set(more) else {"outcome": "matched"}
    return msgspec.json.encode({"field": field, "at": at, **outcome, **more}) + b"\n"
