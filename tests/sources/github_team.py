"""A team that works on GitHub, and a cache that is filled from there by hand, poll by poll."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from goliath_tui.domain import Batch, ItemEvent, Poll, Snapshot, SourceError
from goliath_tui.measures.ledger import stand
from goliath_tui.sources import Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.github import Options, Project, make
from goliath_tui.sources.work import Rule
from goliath_tui.store.reader import Store
from goliath_tui.store.writer import Writer
from tests.sources.github_server import TOKEN, Hub
from tests.sources.hostile_server import Server, serving
from tests.specs import github

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
#: A Monday, midnight UTC.
MONDAY = 1_770_595_200_000
REPOSITORY = "acme/users"
BOARD = "/orgs/acme/projectsV2/7"
LABELS = Options(
    repositories=(REPOSITORY,),
    services=(Rule(service="*", label="svc/*"),),
    point_labels="points: *",
    sprints="milestones",
)
FIELDS = Options(
    repositories=(REPOSITORY,),
    services=(Rule(service="*", label="svc/*"),),
    project=Project(org="acme", number=7),
    points="Points",
    iteration="Sprint",
    started=("In Progress",),
)


class Team:
    """A hub, and a cache that follows it. `batches`: all that was ever told."""

    def __init__(self, hub: Hub, server: Server, path: Path) -> None:
        self.hub = hub
        self.server = server
        self.path = path
        self.writer = Writer(path)
        self.cursor: str | None = None
        self.batches: list[Batch] = []
        self.polled = 0
        self.client = self._client()
        self.source = make(Setup(parts=frozenset({"tracker"}), options=LABELS))

    def _client(self, token: str = TOKEN) -> Client:
        headers = Options().headers()
        connection = Connection(base_url=self.server.url, token=lambda: token, headers=headers)
        return Client(connection, clock=lambda: self.hub.now)

    def use(self, options: Options) -> None:
        """A process that starts, with these settings: it knows what the cache knows."""
        self.source = make(Setup(parts=frozenset({"tracker"}), options=options))

    def present(self, token: str) -> None:
        """Another token from now on."""
        self.client = self._client(token)

    async def step(self) -> Batch:
        """One poll, and its commit."""
        batch = await self.source.poll(self.client, self.cursor)
        self.commit(batch)
        return batch

    def commit(self, batch: Batch) -> None:
        """Rows and cursor, together."""
        self.polled += 1
        poll = Poll(source="tracker", at=self.polled, took_ms=1, rows=len(batch.rows))
        self.writer.commit(batch, poll)
        self.cursor = batch.cursor
        self.batches.append(batch)

    async def poll(self) -> Batch:
        """Polls until there is no more, and returns the last batch."""
        for _ in range(500):
            batch = await self.step()
            if not batch.more:
                assert not self.hub.wrong, self.hub.wrong
                return batch
        raise AssertionError("there is always more")

    async def fails(self) -> SourceError:
        """Polls until it fails, and returns the error."""
        try:
            while (await self.step()).more:
                pass
        except SourceError as error:
            assert not self.hub.wrong, self.hub.wrong
            return error
        raise AssertionError("it does not fail")

    def later(self, span: int) -> None:
        """Time goes by."""
        self.hub.now += span

    def picture(self, at: int | None = None) -> Snapshot:
        """What the cache says."""
        store = Store(self.path, migration="Test", rehearsal=False, sources=(), time_zone=UTC)
        try:
            return store.snapshot(at, now=self.hub.now)
        finally:
            store.close()

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What is in the cache's tables."""
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def items(self) -> dict[str, tuple[str, float]]:
        """Item → its title and its points in scope now."""
        rows = self.ask(
            "SELECT ref, title, (SELECT coalesce(sum(scope), 0) / 1e6 FROM points_ledger"
            " WHERE item = work_items.id) FROM work_items"
        )
        return {ref: (title, points) for ref, title, points in rows}

    def milestones(self, at: int | None = None) -> dict[str, float]:
        """Milestone → the points of its items."""
        rows = self.picture(at).milestones
        return {row.name: row.points.total if row.points else 0 for row in rows}

    def status(self, number: int) -> str:
        """How an issue of the first repository stands, by its events."""
        events = [
            row
            for batch in self.batches
            for row in batch.rows
            if isinstance(row, ItemEvent) and row.item == f"{REPOSITORY}#{number}"
        ]
        told = {(event.at, event.id): event for event in reversed(events)}
        return stand([told[key] for key in sorted(told)], {}).status

    def close(self) -> None:
        """Lets go of the cache."""
        self.writer.close()


@asynccontextmanager
async def team(folder: Path, *, now: int = MONDAY) -> AsyncIterator[Team]:
    """A team with an empty repository."""
    hub = Hub(github(), now)
    hub.repository(REPOSITORY)
    async with serving(hub) as server:
        made = Team(hub, server, folder / "cache.sqlite3")
        try:
            yield made
        finally:
            await made.client.close()
            made.close()
