"""A poller running in the test's own loop, with pauses of milliseconds, and what it told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

from goliath_tui import native
from goliath_tui.clock import now_ms
from goliath_tui.domain import Service, Snapshot, SourceHealth, SourceSpec
from goliath_tui.poller import ConfiguredSource, Sources, run_poller
from goliath_tui.rhythm import Timing
from goliath_tui.sources import Source
from goliath_tui.sources.client import Connection
from goliath_tui.store.reader import Store
from tests.sources.hostile_server import Api

QUICK = Timing(
    retry_ms=20,
    retry_after_user_ms=20,
    most_ms=40,
    most_unreachable_ms=40,
    refresh_gap_ms=1,
    cache_retry_ms=5,
    cache_most_ms=20,
    tidy_ms=50,
    standby_ms=5,
    clock_check_ms=5,
)
HOUR_MS = 3_600_000


class Clock:
    """The machine's clock, which a test can set forward."""

    ahead_ms = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead_ms


class Running:
    """A poller that runs: what it announced, its cache, and the commands that it obeys."""

    def __init__(self, cache: Path, specs: tuple[SourceSpec, ...]) -> None:
        self.announced: list[dict[str, object]] = []
        self.clock = Clock()
        self.commands: asyncio.Queue[str | None] = asyncio.Queue()
        self.task: asyncio.Task[int] | None = None
        self.store = Store(cache, migration="Test", rehearsal=False, sources=specs, time_zone=UTC)

    async def stop(self) -> int:
        """Ends the commands, as a parent that goes; the exit code."""
        assert self.task is not None
        self.commands.put_nowait(None)
        async with asyncio.timeout(10):
            return await self.task

    def snapshot(self) -> Snapshot:
        """What is in the cache now."""
        return self.store.snapshot(now=self.clock())

    def health(self, name: str) -> SourceHealth:
        """How a source feels now."""
        [health] = [source for source in self.snapshot().sources if source.name == name]
        return health

    async def lines(self) -> AsyncIterator[str]:
        """The commands, as they come."""
        while (line := await self.commands.get()) is not None:
            yield line


@asynccontextmanager
async def polling(
    cache: Path, *sources: ConfiguredSource, timing: Timing = QUICK, held: Sources | None = None
) -> AsyncIterator[Running]:
    """Polls until the block ends. `held`: what makes the sources, instead of the sources."""
    running = Running(cache, tuple(source.spec for source in sources))
    running.task = asyncio.create_task(
        run_poller(
            cache,
            sources if held is None else held,
            running.lines(),
            running.announced.append,
            timing=timing,
            clock=running.clock,
        )
    )
    try:
        yield running
    finally:
        try:
            await running.stop()
        finally:
            running.store.close()


def source(
    name: str,
    url: str,
    *,
    kind: str = "goliath-gateway",
    every_ms: int = 40,
    timeout_ms: int = 5_000,
    enabled: bool = True,
    make: Callable[[], Source] | None = None,
) -> ConfiguredSource:
    """A source as a config gives it."""
    spec = SourceSpec(name=name, kind=kind, every_ms=every_ms, enabled=enabled)
    connection = Connection(base_url=url, timeout_ms=timeout_ms)
    return ConfiguredSource(spec=spec, connection=connection, make=make)


def gateway() -> Api:
    """A gateway whose pages a test sets."""
    return Api(native.GATEWAY_API, now_ms)


def services(*names: str) -> native.Page[Service]:
    """A gateway's page of these services."""
    return native.Page(rows=tuple(Service(name=name) for name in names), cursor="1")


def names(running: Running) -> list[str]:
    """The services in the cache now."""
    return [row.name for row in running.snapshot().services]
