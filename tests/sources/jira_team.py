"""A team with a Jira, and a cache that is filled from it, poll by poll."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
import pytest

from goliath_tui.domain import (
    Batch,
    ItemEvent,
    Poll,
    SourceError,
    Sprint,
    SprintFigures,
)
from goliath_tui.measures.ledger import Stand, stand
from goliath_tui.sources import KINDS, Proof, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.jira import Options
from goliath_tui.store.reader import Store
from goliath_tui.store.writer import Writer
from tests.sources.jira_server import TOKEN, USER, JiraServer, serving_jira
from tests.sources.jira_world import Jira

BOTH = pytest.mark.parametrize("cloud", [True, False], ids=["cloud", "data-center"])


SEARCH = {True: "/rest/api/3/search/jql", False: "/rest/api/2/search"}


class Team:
    """A Jira, its server, and a cache that is filled from it."""

    def __init__(self, world: Jira, served: JiraServer, url: str, cache: Path) -> None:
        self.jira = world
        self.served = served
        self.url = url
        self.cache = cache
        self.clock_ahead_ms = 0
        self.token = TOKEN
        self.batches: list[Batch] = []
        self.cursor: str | None = None
        self.clients: list[Client] = []
        self.max_body = 16 * 2**20
        self.restart(board=12)

    def restart(self, *, max_body: int | None = None, **options: Any) -> None:
        """Another process, with these settings, that goes on from what was committed."""
        self.max_body = max_body or self.max_body
        if options:
            self.options = msgspec.convert(options, Options)
        assert not list(self.options.problems())
        setup = Setup(parts=frozenset({"tracker"}), options=self.options)
        self.source = KINDS["jira"].make(setup)
        self.client = Client(
            Connection(
                base_url=self.url,
                token=lambda: self.token,
                proof=Proof.BASIC,
                user=USER if self.jira.cloud else None,
                timeout_ms=20_000,
                max_body=self.max_body,
            ),
            clock=lambda: self.jira.now + self.clock_ahead_ms,
        )
        self.clients.append(self.client)

    async def poll(self) -> Batch:
        """One batch, committed to the cache."""
        batch = await self.source.poll(self.client, self.cursor)
        await asyncio.to_thread(self._commit, batch)
        self.cursor = batch.cursor
        self.batches.append(batch)
        return batch

    async def catch_up(self, polls: int = 1) -> Batch:
        """Polls until there is no more, seconds after what was done; and again, minutes later."""
        self.jira.tick(3000)
        for _ in range(polls):
            while (await self.poll()).more:
                pass
            self.jira.tick()
        return self.batches[-1]

    def _commit(self, batch: Batch) -> None:
        writer = Writer(self.cache)
        writer.commit(batch, Poll(source="tracker", at=self.jira.now, took_ms=1))
        writer.close()

    def rows(self, kind: type[Any]) -> list[Any]:
        """All rows of a kind that were ever told."""
        return [row for batch in self.batches for row in batch.rows if isinstance(row, kind)]

    def stands(self, item: str) -> Stand:
        """How an item stands, by what was told."""
        events: dict[tuple[int, str], ItemEvent] = {}
        for event in self.rows(ItemEvent):
            if event.item == item:
                events.setdefault((event.at, event.id), event)
        sprints: dict[str, Sprint] = {sprint.id: sprint for sprint in self.rows(Sprint)}
        return stand([events[key] for key in sorted(events)], sprints)

    def milestone(self, item: str) -> str | None:
        """The milestone that an item counts for now, in the cache."""
        sql = (
            "SELECT m.ref FROM points_ledger p JOIN work_items i ON i.id = p.item"
            " LEFT JOIN milestones m ON m.id = p.milestone WHERE i.ref = ?"
            " GROUP BY m.ref HAVING sum(p.scope)"
        )
        with closing(sqlite3.connect(f"file:{self.cache}?mode=ro", uri=True)) as cache:
            [(found,)] = cache.execute(sql, (item,))
        return str(found) if found is not None else None

    def sprint(self, at: int | None = None) -> SprintFigures:
        """The sprint's figures in the cache."""
        store = Store(self.cache, migration="Test", rehearsal=False, sources=(), time_zone=UTC)
        try:
            figures = store.snapshot(now=self.jira.now, at=at).sprint
        finally:
            store.close()
        assert figures is not None
        return figures

    async def refused(self) -> SourceError:
        """What the next poll is refused for."""
        with pytest.raises(SourceError) as caught:
            await self.poll()
        assert "\n" not in str(caught.value)
        assert TOKEN not in str(caught.value)
        return caught.value


@asynccontextmanager
async def team(tmp_path: Path, *, cloud: bool = True) -> AsyncIterator[Team]:
    """A team with a Jira that is empty but for its board."""
    world = Jira(cloud=cloud)
    async with serving_jira(world) as (server, served):
        one = Team(world, served, server.url, tmp_path / "cache.db")
        try:
            yield one
        finally:
            for client in one.clients:
                await client.close()
