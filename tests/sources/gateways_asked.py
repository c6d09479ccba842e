"""A gateway that tells what it is configured to send, and a source that asks it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec
import pytest

from goliath_tui.domain import Batch, IntendedShare, SourceError, SourceErrorKind
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from tests.sources.hostile_server import Request, answer, serving

NOW = 1_700_000_000_000


class Gateway:
    """A gateway that tells of itself: path → what it answers, bytes or JSON. Others are 404."""

    def __init__(self, **pages: object) -> None:
        self.pages: dict[str, object] = pages
        self.asked: list[str] = []

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.asked.append(request.path)
        page = self.pages.get(request.path)
        if callable(page):
            page(request, writer)
        elif page is None:
            writer.write(answer(b"", status="404 Not Found"))
        else:
            writer.write(answer(page))


class Asker:
    """A source of what is intended, as a poller would ask it."""

    def __init__(self, kind: str, url: str, settings: Mapping[str, object]) -> None:
        known = KINDS[kind]
        options = msgspec.convert(settings, known.options)
        assert not list(options.problems())
        self.source = known.make(Setup(parts=known.gives, options=options))
        self.now = NOW
        self.client = Client(Connection(base_url=url), clock=lambda: self.now)
        self.cursor: str | None = None
        self.notes = ""

    async def poll(self) -> dict[str, float | None]:
        """What a poll tells."""
        self.now += 10_000
        batch: Batch = await self.source.poll(self.client, self.cursor)
        self.cursor, self.notes = batch.cursor, "; ".join(batch.notes)
        assert self.notes.isprintable()
        told = {}
        for row in batch.rows:
            assert isinstance(row, IntendedShare)
            assert row.at == self.now
            told[row.service] = row.share
        return told

    async def refused(self, kind: SourceErrorKind = SourceErrorKind.CONFIG) -> str:
        """What a poll is refused for."""
        with pytest.raises(SourceError) as caught:
            await self.poll()
        assert caught.value.kind is kind
        assert str(caught.value).isprintable()
        return str(caught.value)


@asynccontextmanager
async def asking(kind: str, gateway: Gateway, **settings: object) -> AsyncIterator[Asker]:
    async with serving(gateway) as server:
        asker = Asker(kind, server.url, settings)
        try:
            yield asker
        finally:
            await asker.client.close()
