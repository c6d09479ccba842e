"""The poller and its cache: lost, broken, full, too new, or another process's."""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from pathlib import Path

import pytest

from goliath_tui import native
from goliath_tui.clock import now_ms
from goliath_tui.domain import SideTraffic, SourceState, Traffic
from goliath_tui.lock import CacheLock
from goliath_tui.poller import ConfiguredSource
from goliath_tui.store.errors import CacheBroken
from goliath_tui.store.reader import Store
from goliath_tui.store.writer import Writer
from tests.damage import damage
from tests.polling import HOUR_MS, Running, gateway, names, polling, services, source
from tests.sources.hostile_server import (
    Request,
    answer,
    eventually,
    serving,
)


async def test_a_fill_that_is_stopped_again_and_again_has_no_gap_and_no_duplicate(
    tmp_path: Path,
) -> None:
    cache = tmp_path / "cache"
    pages, rows = 30, 500
    first = now_ms() - pages * rows * 1000

    async def traffic(request: Request, writer: asyncio.StreamWriter) -> None:
        number = int(request.query.get("cursor", "0"))
        page = native.Page(
            rows=tuple(
                Traffic(
                    at=first + i * 1000,
                    width_ms=1000,
                    service="progress",
                    new=SideTraffic(requests=1),
                )
                for i in range(number * rows, (number + 1) * rows)
                if number < pages
            ),
            cursor=str(min(number + 1, pages)),
            more=number < pages - 1,
        )
        writer.write(answer(page))

    api = gateway()
    api.overrides["traffic"] = traffic
    stops = 0
    async with serving(api) as server:
        done = False
        while not done:
            async with polling(cache, source("a", server.url)) as running:
                seen = server.count("/v1/traffic")
                await eventually(lambda: server.count("/v1/traffic") > seen + 13)  # noqa: B023 - awaited here
                stops += 1
            done = running.health("a").rows >= pages * rows
        assert running.health("a").rows == pages * rows
    assert stops > 1
    store = Store(
        cache, migration="", rehearsal=False, sources=(), time_zone=UTC, window_ms=24 * HOUR_MS
    )
    figures = store.snapshot().traffic
    store.close()
    assert figures is not None
    assert figures.requests == pages * rows


def remove(cache: Path) -> None:
    for path in cache.parent.glob("cache*"):
        if not path.name.endswith(".lock"):
            path.unlink()


@pytest.mark.parametrize("break_it", [remove, damage])
async def test_a_cache_that_is_lost_while_we_run_is_filled_again_from_the_start(
    tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    cache = tmp_path / "cache"
    api = gateway()
    api.pages["services"] = {None: services("progress")}
    async with (
        serving(api) as server,
        polling(cache, source("a", server.url, every_ms=HOUR_MS)) as running,
    ):
        await eventually(lambda: running.health("a").last_success is not None)
        assert names(running) == ["progress"]
        before = len(server.requests)
        break_it(cache)
        assert not is_filled(cache)
        running.commands.put_nowait("refresh all")
        await eventually(lambda: is_filled(cache))
        since = server.requests[before:]
        asked = [r.query.get("cursor") for r in since if r.path == "/v1/services"]
        # What the lost cache had would not come again from its own cursor.
        assert asked[0] is None
    assert is_filled(cache)


async def test_damage_that_only_a_reader_met_is_mended_when_it_says_so(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    api = gateway()
    api.pages["services"] = {None: services("progress")}
    async with (
        serving(api) as server,
        polling(cache, source("a", server.url, every_ms=HOUR_MS)) as running,
    ):
        await eventually(lambda: running.health("a").last_success is not None)
        damage(cache)
        running.commands.put_nowait("check")
        await eventually(lambda: is_filled(cache))
    assert is_aside(tmp_path)


async def test_damage_that_only_tidying_met_is_mended_at_once(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    api = gateway()
    api.pages["services"] = {None: services("progress")}
    async with (
        serving(api) as server,
        polling(cache, source("a", server.url, every_ms=HOUR_MS)) as running,
    ):
        await eventually(lambda: running.health("a").last_success is not None)
        damage(cache)
        await eventually(lambda: is_filled(cache))
    assert is_aside(tmp_path)


def is_aside(folder: Path) -> bool:
    """A damaged cache was kept."""
    return any(folder.glob("cache.broken-*"))


def is_filled(cache: Path) -> bool:
    """A fresh look finds the service that the source has."""
    if not cache.exists():
        return False
    fresh = Running(cache, ())
    try:
        return names(fresh) == ["progress"]
    except CacheBroken:
        return False
    finally:
        fresh.store.close()


async def test_a_full_disk_is_announced_and_outlived(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    api = gateway()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with serving(api) as server, polling(cache, source("a", server.url)) as running:
        await eventually(lambda: running.health("a").last_success is not None)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
            await eventually(lambda: "problem" in running.announced[-1])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "check that the disk has room" in str(running.announced[-1]["problem"])
        await eventually(lambda: running.announced[-1] == {"role": "polling"})
        polled = server.count("/v1/about")
        await eventually(lambda: server.count("/v1/about") > polled + 3)
        assert running.health("a").state is SourceState.OK


async def test_a_cache_of_a_newer_version_ends_the_poller_with_a_clear_word(
    tmp_path: Path,
) -> None:
    cache = tmp_path / "cache"
    Writer(cache).close()
    connection = sqlite3.connect(cache)
    connection.execute("PRAGMA user_version = 1000000")
    connection.close()
    async with serving(gateway()) as server, polling(cache, source("a", server.url)) as running:
        assert running.task is not None
        assert await asyncio.wait_for(running.task, 10) == 1
        assert running.announced[-1]["role"] == "error"
        assert running.announced[-1]["exit"] == 1
        assert "newer goliath-tui" in str(running.announced[-1]["error"])
    lock = CacheLock(cache)
    assert lock.take()
    lock.release()


async def test_a_second_poller_stands_by_and_takes_over(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    async with serving(gateway()) as server, polling(cache, source("a", server.url)) as first:
        await eventually(lambda: {"role": "polling"} in first.announced)
        async with polling(cache, source("a", server.url)) as second:
            standby = {"role": "standby", "holder": os.getpid()}
            await eventually(lambda: second.announced == [{"role": "starting"}, standby])
            assert await first.stop() == 0
            await eventually(lambda: second.announced[-1] == {"role": "polling"})
            polled = server.count("/v1/about")
            await eventually(lambda: server.count("/v1/about") > polled)


async def test_one_polls_when_the_folder_is_removed_beneath_two(tmp_path: Path) -> None:
    cache = tmp_path / "data" / "cache"
    api = gateway()
    api.pages["services"] = {None: services("progress")}
    async with serving(api) as server, polling(cache, source("a", server.url)) as first:
        await eventually(lambda: is_filled(cache))
        async with polling(cache, source("a", server.url)) as second:
            await eventually(lambda: len(second.announced) == 2)
            for _ in range(5):
                shutil.rmtree(cache.parent, ignore_errors=True)
                await eventually(lambda: is_filled(cache) and one_polls(first, second))
            # It stays so: who lost it stands by.
            asked = server.count("/v1/about")
            await eventually(lambda: server.count("/v1/about") > asked + 4)
            assert one_polls(first, second)


def one_polls(first: Running, second: Running) -> bool:
    """Whether one of the two polls, free of trouble, and the other one stands by."""
    return sorted(str(each.announced[-1]) for each in (first, second)) == [
        str({"role": "polling"}),
        str({"role": "standby", "holder": os.getpid()}),
    ]


async def test_who_was_not_quick_enough_stops_polling_and_comes_back(tmp_path: Path) -> None:
    cache = tmp_path / "data" / "cache"
    async with serving(gateway()) as server, polling(cache, source("a", server.url)) as running:
        await eventually(lambda: running.health("a").last_success is not None)
        other = CacheLock(cache)
        shutil.rmtree(cache.parent)
        while not other.take():
            shutil.rmtree(cache.parent)
        await eventually(lambda: running.announced[-1]["role"] == "standby")
        asked = server.count("/v1/about")
        running.commands.put_nowait("refresh all")
        await asyncio.sleep(0.2)
        assert server.count("/v1/about") == asked
        assert not cache.exists()
        other.release()
        await eventually(lambda: running.announced[-1] == {"role": "polling"})
        await eventually(lambda: server.count("/v1/about") > asked)


async def test_what_cannot_be_tidied_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[int] = []

    def tidy(self: Writer, now: int, *, steps: int) -> bool:
        tried.append(now)
        raise RuntimeError("not today")

    monkeypatch.setattr(Writer, "tidy", tidy)
    async with serving(gateway()) as server, polling(tmp_path / "c", source("a", server.url)) as it:
        await eventually(lambda: len(tried) > 2)
        asked = server.count("/v1/about")
        await eventually(lambda: server.count("/v1/about") > asked + 2)
        assert it.announced[-1] == {"role": "polling"}
    assert "not today" in caplog.text


async def test_what_makes_the_sources_is_asked_once_the_lock_is_ours_and_ended_with_us(
    tmp_path: Path,
) -> None:
    cache = tmp_path / "cache"
    life: list[str] = []
    async with serving(gateway()) as server:

        @asynccontextmanager
        async def sources() -> AsyncIterator[Sequence[ConfiguredSource]]:
            life.append("made")
            try:
                yield [source("a", server.url)]
            finally:
                life.append("ended")

        lock = CacheLock(cache)
        assert lock.take()
        async with polling(cache, held=sources) as running:
            await eventually(lambda: len(running.announced) == 2)
            assert running.announced[1]["role"] == "standby"
            assert life == []
            lock.release()
            await eventually(lambda: server.count("/v1/about") > 0)
            assert life == ["made"]
    assert life == ["made", "ended"]


def test_standing_by_needs_nothing_heavy(tmp_path: Path) -> None:
    code = """
import asyncio, pathlib, sys
from goliath_tui.lock import CacheLock
from goliath_tui.poller import no_commands, run_poller
cache = pathlib.Path(sys.argv[1])
lock = CacheLock(cache)
lock.take()
async def main():
    told = asyncio.Event()
    def announce(said):
        if said["role"] == "standby":
            told.set()
    task = asyncio.create_task(run_poller(cache, [], no_commands(), announce))
    await told.wait()
    print(*[m for m in ("httpx", "sqlite_utils", "textual") if m in sys.modules])
    task.cancel()
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == []
