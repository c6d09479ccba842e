"""A source that reads a Redmine, asked as a poller asks it, and what a cache would hold of it."""

from collections.abc import Callable

import pytest

from goliath_tui.clock import now_ms
from goliath_tui.domain import Batch, Fact, ItemEvent, Milestone, SourceError, Sprint, WorkItem
from goliath_tui.measures.ledger import Stand, stand
from goliath_tui.sources import KINDS, Proof, Setup, Source
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.redmine import Options


class Asker:
    """A source as a poller asks it, and what a cache would hold of its rows."""

    def __init__(
        self, url: str, key: str, options: Options, clock: Callable[[], int] = now_ms
    ) -> None:
        self.url = url
        self.key = key
        self.clock = clock
        self.options = options
        self.cursor: str | None = None
        self.events: dict[tuple[str, int, str], ItemEvent] = {}
        self.items: dict[str, WorkItem] = {}
        self.sprints: dict[str, Sprint] = {}
        self.milestones: dict[str, Milestone] = {}
        self.client = self.connect(key)
        self.source = self.start()

    def connect(self, key: str | None) -> Client:
        """A client with that key."""
        connection = Connection(
            base_url=self.url,
            token=None if key is None else lambda: key,
            proof=Proof.REDMINE,
            timeout_ms=5_000,
        )
        return Client(connection, clock=self.clock)

    def start(self) -> Source:
        """A source that remembers nothing, as after a start."""
        return KINDS["redmine"].make(Setup(parts=frozenset({"tracker"}), options=self.options))

    async def poll(self, *, lost: bool = False) -> Batch:
        """One batch; committed unless it is lost, as by a kill between answer and commit."""
        batch = await self.source.poll(self.client, self.cursor)
        assert batch.requests <= 45
        if not lost:
            self.cursor = batch.cursor
            for row in batch.rows:
                self.keep(row)
        return batch

    def keep(self, row: Fact) -> None:
        """Stores a row as the cache does: what is known by its name is not changed."""
        match row:
            case ItemEvent():
                self.events.setdefault((row.item, row.at, row.id), row)
            case WorkItem():
                self.items[row.id] = row
            case Sprint():
                self.sprints[row.id] = row
            case Milestone():
                self.milestones[row.id] = row
            case _:
                raise AssertionError(row)

    async def fill(self) -> list[Batch]:
        """Batches until there are no more."""
        batches = [await self.poll()]
        while batches[-1].more:
            batches.append(await self.poll())
            assert len(batches) < 500
        return batches

    def of(self, number: int, until: int | None = None) -> list[ItemEvent]:
        """The events of an issue, up to a moment, in order."""
        mine = [e for e in self.events.values() if e.item == f"#{number}"]
        mine = [e for e in mine if until is None or e.at <= until]
        return sorted(mine, key=lambda e: (e.at, e.id))

    def stand(self, number: int, until: int | None = None) -> Stand:
        """How an issue stands by its events."""
        return stand(self.of(number, until), self.sprints)

    async def refused(self) -> SourceError:
        """What a poll is refused for."""
        with pytest.raises(SourceError) as caught:
            await self.poll()
        assert str(caught.value).isprintable()
        assert self.key not in str(caught.value)
        return caught.value
