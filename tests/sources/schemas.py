"""Schemas that say who serves what, and the source that reads them, asked as a poller would."""

import os
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert

from goliath_tui.domain import (
    Batch,
    Fact,
    Field,
    MigrationState,
    SourceError,
    StateChange,
)
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.supergraph import Options

KIND = KINDS["supergraph"]
NOW = 1_700_000_000_000
LEGACY, MANUAL, SIDE_BY_SIDE, CANARY, MIGRATED, RETIRED = MigrationState

HEAD = """
schema @link(url: "https://specs.apollo.dev/link/v1.0")
       @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }

directive @join__field(graph: join__Graph, override: String) repeatable on FIELD_DEFINITION

enum join__Graph {
  MONOLITH @join__graph(name: "monolith", url: "http://monolith")
  USER_PROGRESS @join__graph(name: "user-progress", url: "http://progress")
  USERS @join__graph(name: "users", url: "http://users")
}
"""
IN_ALL = (
    '@join__type(graph: MONOLITH, key: "id") @join__type(graph: USER_PROGRESS, key: "id")'
    ' @join__type(graph: USERS, key: "id org { id }")'
)


def supergraph(*fields: str, head: str = HEAD, more: str = "") -> str:
    """A supergraph whose type `User` has these fields."""
    return f"{head}\ntype User {IN_ALL} {{\n  " + "\n  ".join(fields) + f"\n}}\n{more}"


class Watcher:
    """The source at a file, asked as a poller would; the clock goes on with each schema."""

    def __init__(self, path: Path, parts: frozenset[str] = KIND.gives, **settings: Any) -> None:
        self.path = path
        self.options = convert(settings, Options)
        self.setup = Setup(parts=parts, options=self.options, path=path)
        self.now = NOW
        self.client = Client(Connection(base_url=""), clock=lambda: self.now)
        self.cursor: str | None = None
        self.notes: tuple[str, ...] = ()
        self.restart()

    def restart(self) -> None:
        """As a new process, which has the cursor alone."""
        self.source = KIND.make(self.setup)

    def write(self, text: str | bytes, path: Path | None = None) -> None:
        """Writes the schema, some time ago."""
        path = path or self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.now += 60_000
        os.utime(path, ((self.now - 30_000) / 1000,) * 2)

    async def step(self) -> Batch:
        """One batch, as good as committed."""
        batch = await self.source.poll(self.client, self.cursor)
        self.cursor = batch.cursor
        self.notes = batch.notes
        return batch

    async def poll(self) -> list[Fact]:
        """All that is new."""
        rows: list[Fact] = []
        while True:
            batch = await self.step()
            rows += batch.rows
            if not batch.more:
                return rows

    async def states(self, text: str) -> dict[str, Any]:
        """Field of `User` → what is told of it when this is the schema now."""
        self.write(text)
        return told(await self.poll())

    async def refused(self, text: str | bytes) -> SourceError:
        """What a schema is refused for; the cursor stays."""
        self.write(text)
        with pytest.raises(SourceError) as caught:
            await self.poll()
        assert str(caught.value).isprintable()
        return caught.value


def told(rows: list[Fact]) -> dict[str, Any]:
    """Field → its state, with the percentage if it has one."""
    return {
        row.field.removeprefix("User."): row.state
        if row.percentage is None
        else (row.state, row.percentage)
        for row in rows
        if isinstance(row, StateChange)
    }


def homes(rows: list[Fact]) -> dict[str, str]:
    """Field → its service."""
    return {row.id.removeprefix("User."): row.service for row in rows if isinstance(row, Field)}


def labelled(*labels: str) -> str:
    return supergraph(
        *(
            f"f{number}: Int @join__field(graph: MONOLITH) @join__field(graph: USERS, "
            f'override: "monolith", overrideLabel: "{label}")'
            for number, label in enumerate(labels)
        )
    )


def many(count: int, graph: str) -> str:
    return supergraph(*(f"f{n}: Int @join__field(graph: {graph})" for n in range(count)))


PROGRESS = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
directive @migrate(from: String!, state: MigrationState!, percentage: Float) on FIELD_DEFINITION
enum MigrationState { MANUAL SIDE_BY_SIDE CANARY MIGRATED }
extend type Query { progress: Int @migrate(from: "python", state: MANUAL)  _service: _Service! }
extend type User @key(fields: "id") {
  id: ID! @external
  points: Int @migrate(from: "python", state: "side-by-side")
  streak: Int @migrate(state: CANARY, percentage: 12.5, from: "python")
  badge: Int @migrate(from: "python", state: migrated)
  level: Int @federation__external
  fresh: Int
}
interface Media { title: String }
"""
