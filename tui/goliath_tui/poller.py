"""The poller's process: takes the cache's lock, polls every source into the cache, ends on demand.

Each source has a feed, a client and a rhythm of its own: one that hangs or fails costs the others
nothing. What goes wrong with a source travels through the cache's poll log; what goes wrong with
the cache itself is announced. Whoever loses the lock, because its file was removed and somebody
else was quicker, stops polling and stands by. Neither the HTTP client nor the database library is
imported before the lock is ours: standing by is cheap.
"""

import asyncio
import logging
import os
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from msgspec import Struct

from goliath_tui.clock import now_ms
from goliath_tui.domain import SourceSpec
from goliath_tui.feed import Feed
from goliath_tui.lock import CacheLock
from goliath_tui.rhythm import Rhythm, Timing
from goliath_tui.sources import KINDS, Setup, Source
from goliath_tui.sources.client import Client, Connection
from goliath_tui.store.errors import CacheError, CacheTooNew
from goliath_tui.write_thread import UnwaitedThreads, WriteThread

_log = logging.getLogger(__name__)

FAULT = 1
LONGEST_COMMAND = 200

Announce = Callable[[dict[str, object]], None]


class ConfiguredSource(Struct, frozen=True, kw_only=True):
    """A source to poll, what it is made from, and how to reach it.

    `setup` None: all that its kind gives, without settings. `make` replaces what its kind makes.
    """

    spec: SourceSpec
    connection: Connection
    setup: Setup | None = None
    make: Callable[[], Source] | None = None

    def source(self) -> Source:
        """A source of its own each time."""
        if self.make is not None:
            return self.make()
        kind = KINDS[self.spec.kind]
        return kind.make(self.setup or kind.whole())

    def requests_per_hour(self) -> float:
        """What polling it costs while there is nothing new."""
        if not self.spec.enabled:
            return 0
        kind = KINDS[self.spec.kind]
        per_poll = kind.requests_per_poll(self.setup or kind.whole())
        return per_poll * 3_600_000 / self.spec.every_ms


#: The sources, or what makes them once the lock is ours and ends them when we end.
Sources = (
    Sequence[ConfiguredSource]
    | Callable[[], AbstractAsyncContextManager[Sequence[ConfiguredSource]]]
)


async def run_poller(
    cache: Path,
    sources: Sources,
    commands: AsyncIterator[str],
    announce: Announce,
    *,
    timing: Timing | None = None,
    clock: Callable[[], int] = now_ms,
) -> int:
    """Polls `sources` into `cache` until `commands` end or we are cancelled; returns an exit code.

    While another process polls that cache, stands by and takes over when it goes. Understands
    `refresh all`, `refresh NAME`, and `check` when a reader has met damage in the cache. Announces
    `{"role": "starting"}`, then `{"role": "standby", "holder": pid}` or `{"role": "polling"}`; the
    latter again with a `problem` while the cache cannot be written, and without when it can; and
    `{"role": "error", "error": …, "exit": 1}`
    before it gives up because the cache cannot be used at all.
    """
    # The default executor would keep us waiting for a name server that does not answer.
    asyncio.get_running_loop().set_default_executor(UnwaitedThreads())
    announce({"role": "starting"})
    process = _Process(cache, sources, announce, timing or Timing(), clock)
    listening = asyncio.create_task(process.listen(commands))
    working = asyncio.create_task(process.work())
    try:
        await asyncio.wait({listening, working}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        listening.result()
        return 0
    finally:
        listening.cancel()
        working.cancel()
        await asyncio.gather(listening, working, return_exceptions=True)


async def no_commands() -> AsyncIterator[str]:
    """Commands that never come and never end: polls until cancelled."""
    await asyncio.Event().wait()
    yield ""


async def lines_from(descriptor: int) -> AsyncIterator[str]:
    """The lines that arrive on a pipe, until whoever holds its other end is gone."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        # Unbuffered and a daemon, so that blocked in here it never holds up the end of the process.
        while True:
            try:
                data = os.read(descriptor, 4096)
            except OSError:
                data = b""
            try:
                loop.call_soon_threadsafe(arrived.put_nowait, data)
            except RuntimeError:
                return
            if not data:
                return

    threading.Thread(target=read, name="commands", daemon=True).start()
    begun = b""
    while data := await arrived.get():
        *lines, begun = (begun + data).split(b"\n")
        begun = begun[-LONGEST_COMMAND:]
        for line in lines:
            yield line.decode("utf-8", "replace")


class _Process:
    """What runs between the start and the end of the process."""

    def __init__(
        self,
        cache: Path,
        sources: Sources,
        announce: Announce,
        timing: Timing,
        clock: Callable[[], int],
    ) -> None:
        self._cache = cache
        self._sources = sources
        self._announce = announce
        self._timing = timing
        self._clock = clock
        self._feeds: list[Feed] = []
        self._to_check = asyncio.Event()

    async def listen(self, commands: AsyncIterator[str]) -> None:
        """Does what is commanded, until nobody is left who could."""
        async for line in commands:
            match line.split():
                case ["refresh", name]:
                    for feed in self._feeds:
                        if name in {"all", feed.spec.name}:
                            feed.refresh()
                case ["check"]:
                    self._to_check.set()

    async def work(self) -> int:
        """Stands by, then polls; returns an exit code when it cannot."""
        lock = CacheLock(self._cache)
        try:
            while True:
                await self._stand_by(lock)
                async with _entered(self._sources) as sources:
                    await self._poll(sources, lock)
        except CacheError as error:
            self._announce({"role": "error", "error": str(error), "exit": FAULT})
        finally:
            lock.release()
        return FAULT

    async def _stand_by(self, lock: CacheLock) -> None:
        told: int | None = -1
        while not _asked(lock, lock.take):
            if (holder := lock.holder()) != told:
                told = holder
                self._announce({"role": "standby", "holder": holder})
            await asyncio.sleep(self._timing.standby_ms / 1000)

    async def _poll(self, sources: Sequence[ConfiguredSource], lock: CacheLock) -> None:
        """Polls until cancelled, or until the lock is not ours. Raises CacheError."""
        writing = WriteThread(self._cache, self._say, lock.keep, self._ask_all)
        feeds = [self._feed(source, writing) for source in sources if source.spec.enabled]
        self._feeds = feeds
        self._announce({"role": "polling"})
        tasks = [asyncio.create_task(feed.follow()) for feed in feeds]
        tasks.append(asyncio.create_task(self._watch_for_sleep()))
        tasks.append(asyncio.create_task(self._tidy_now_and_then(writing)))
        tasks.append(asyncio.create_task(self._check_when_told(writing)))
        tasks.append(asyncio.create_task(self._until_lost(lock)))
        try:
            await _first_end(tasks)
        finally:
            self._feeds = []
            for task in tasks:
                task.cancel()
            tasks += [asyncio.create_task(feed.close()) for feed in feeds]
            await asyncio.wait(tasks, timeout=self._timing.stop_ms / 1000)
            await writing.close(self._timing.stop_ms)

    def _feed(self, source: ConfiguredSource, writing: WriteThread) -> Feed:
        return Feed(
            source.spec,
            source.source(),
            Client(source.connection, clock=self._clock),
            writing,
            Rhythm(source.spec.every_ms, self._timing, random.Random()),
            clock=self._clock,
            timing=self._timing,
        )

    def _ask_all(self) -> None:
        for feed in self._feeds:
            feed.refresh()

    def _say(self, problem: str | None) -> None:
        told: dict[str, object] = {"role": "polling"}
        if problem is not None:
            told["problem"] = problem
        self._announce(told)

    async def _watch_for_sleep(self) -> None:
        """Asks everything when the wall clock has run away: the machine slept, or was set."""
        before = self._clock() - time.monotonic() * 1000
        while True:
            await asyncio.sleep(self._timing.clock_check_ms / 1000)
            after = self._clock() - time.monotonic() * 1000
            if after - before > self._timing.sleep_ms:
                self._ask_all()
            before = after

    async def _tidy_now_and_then(self, writing: WriteThread) -> None:
        """Tidies step by step, so that a batch never waits for more than one step."""
        while True:
            await asyncio.sleep(self._timing.tidy_ms / 1000)
            done = False
            while not done:
                try:
                    done, _ = await writing.do(lambda writer: writer.tidy(self._clock(), steps=1))
                except CacheTooNew:
                    raise
                except CacheError:
                    break
                except Exception:  # noqa: BLE001 - what is not tidied now is tidied later
                    _log.exception("the cache cannot be tidied")
                    break

    async def _check_when_told(self, writing: WriteThread) -> None:
        """Reads the cache through when a screen has met damage in it."""
        while True:
            await self._to_check.wait()
            try:
                await writing.do(lambda writer: writer.check())
            except CacheTooNew:
                raise
            except CacheError:
                # Moved aside, or locked for a moment: the thread says so, and what follows.
                pass
            self._to_check.clear()

    async def _until_lost(self, lock: CacheLock) -> None:
        """Ends when another process holds the lock, which takes that its file was removed."""
        while _asked(lock, lock.keep):  # noqa: ASYNC110 - nobody tells us when a file is removed
            await asyncio.sleep(self._timing.standby_ms / 1000)


def _asked(lock: CacheLock, question: Callable[[], bool]) -> bool:
    """What the lock answers. Raises CacheError when its file cannot be had."""
    try:
        return question()
    except OSError as error:
        raise CacheError(f"{lock.path}: cannot be locked: {error.strerror}") from None


async def _first_end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Waits until the first of the tasks has ended. Raises what it raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


@asynccontextmanager
async def _entered(sources: Sources) -> AsyncIterator[Sequence[ConfiguredSource]]:
    if callable(sources):
        async with sources() as made:
            yield made
    else:
        yield sources
