"""A source that is asked as the poller would ask it, and what it has told in all."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from goliath_tui.clock import now_ms
from goliath_tui.domain import Batch, IntendedShare, Side, SideTraffic, Traffic
from goliath_tui.sources import KINDS, Options, Setup
from goliath_tui.sources.client import Client, Connection


class Asker:
    """A source and its cursor. `totals`: requests told of each side of each service."""

    def __init__(self, kind: str, url: str, **options: object) -> None:
        known = KINDS[kind]
        settings: Options = known.options(**options)
        assert not list(settings.problems())
        self.source = known.make(Setup(parts=known.gives, options=settings))
        self.client = Client(Connection(base_url=url), clock=now_ms)
        self.cursor: str | None = None
        self.notes: tuple[str, ...] = ()
        self.totals: defaultdict[tuple[str, Side], int] = defaultdict(int)
        self.errors: defaultdict[tuple[str, Side], int] = defaultdict(int)
        self.shares: dict[str, float | None] = {}
        self.ends = 0

    async def poll(self) -> Batch:
        """One batch, as good as committed."""
        batch = await self.source.poll(self.client, self.cursor)
        self.cursor, self.notes = batch.cursor, batch.notes
        begins = {row.at for row in batch.rows if isinstance(row, Traffic)}
        assert begins <= {self.ends} or not self.ends  # no gap, and no overlap
        for row in batch.rows:
            if isinstance(row, IntendedShare):
                self.shares[row.service] = row.share
                continue
            assert isinstance(row, Traffic)
            self.ends = row.at + row.width_ms
            for side in Side:
                part: SideTraffic | None = getattr(row, side)
                if part is not None:
                    self.totals[row.service, side] += part.requests
                    self.errors[row.service, side] += part.errors
        return batch


@asynccontextmanager
async def asking(kind: str, url: str, **options: object) -> AsyncIterator[Asker]:
    """Asks until the block ends."""
    asker = Asker(kind, url, **options)
    try:
        yield asker
    finally:
        await asker.client.close()
