"""The writing thread outlives what happens to the cache's file, and never lets a gap in."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from goliath_tui.domain import Batch, Poll, Service
from goliath_tui.store.errors import CacheBroken, CacheTooNew, CacheUnavailable
from goliath_tui.store.writer import Writer
from goliath_tui.write_thread import CacheReplaced, UnwaitedThreads, WriteThread
from tests.damage import damage


class Said(list[str | None]):
    """What a thread said about the cache."""


@asynccontextmanager
async def writing(cache: Path) -> AsyncIterator[tuple[WriteThread, Said]]:
    said = Said()
    thread = WriteThread(cache, said.append)
    try:
        yield thread, said
    finally:
        assert await thread.close(10_000)


def commit(writer: Writer) -> int:
    return writer.commit(
        Batch(rows=(Service(name="progress"),), cursor="1"), Poll(source="a", at=1, took_ms=0)
    )


async def cursor_of(thread: WriteThread) -> tuple[str | None, int]:
    return await thread.do(lambda writer: writer.cursor("a"))


async def test_jobs_run_one_after_the_other_in_one_thread_of_its_own(tmp_path: Path) -> None:
    async with writing(tmp_path / "cache") as (thread, said):
        threads = await asyncio.gather(*(thread.do(lambda _: threading.get_ident()),) * 5)
        assert len({ident for ident, _ in threads}) == 1
        assert threads[0][0] != threading.get_ident()
        assert await thread.do(commit) == (1, 1)
        assert await cursor_of(thread) == ("1", 1)
    assert said == []


async def test_another_cache_is_told_once_whichever_job_found_it(tmp_path: Path) -> None:
    cache, told = tmp_path / "cache", []
    thread = WriteThread(cache, lambda _: None, replaced=lambda: told.append(thread.generation))
    await thread.do(commit)
    assert told == []
    damage(cache)
    with pytest.raises(CacheBroken):
        await thread.do(commit)
    assert told == [2]
    await thread.do(commit)
    assert told == [2]
    cache.unlink()
    await thread.do(commit)
    assert told == [2, 3]
    assert await thread.close(10_000)


async def test_what_a_job_raises_is_raised_and_the_thread_goes_on(tmp_path: Path) -> None:
    async with writing(tmp_path / "cache") as (thread, _):

        def wrong(writer: Writer) -> None:
            raise KeyError("wrong")

        with pytest.raises(KeyError):
            await thread.do(wrong)
        assert await cursor_of(thread) == (None, 1)


def remove(cache: Path) -> None:
    """Removes the cache and its sidecars beneath whoever has them open."""
    for path in files_of(cache):
        path.unlink()


def files_of(cache: Path) -> list[Path]:
    return list(cache.parent.glob(f"{cache.name}*"))


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_cache_that_was_removed_or_replaced_starts_afresh_without_a_gap(
    tmp_path: Path, replaced: bool
) -> None:
    cache = tmp_path / "cache"
    async with writing(cache) as (thread, _):
        await thread.do(commit)
        _, generation = await cursor_of(thread)
        remove(cache)
        if replaced:
            Writer(cache).close()
        # The batch that was read since the old cursor must not go into the new file.
        with pytest.raises(CacheReplaced):
            await thread.do(commit, generation=generation)
        assert await cursor_of(thread) == (None, generation + 1)
        assert await thread.do(commit, generation=generation + 1) == (1, generation + 1)
    assert cache.exists()


async def test_a_cache_that_breaks_is_moved_aside_and_said_so(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    async with writing(cache) as (thread, said):
        await thread.do(commit)
        _, generation = await cursor_of(thread)

        damage(cache)
        with pytest.raises(CacheBroken):
            await thread.do(commit)
        assert await cursor_of(thread) == (None, generation + 1)
    assert any("broken" in path.name for path in files_of(cache))
    assert len(said) == 2
    assert "damaged" in (said[0] or "")
    assert said[1] is None


async def test_a_cache_that_cannot_be_had_is_said_once_and_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "folder"
    blocked.touch()
    async with writing(blocked / "cache") as (thread, said):
        for _ in range(2):
            with pytest.raises(CacheUnavailable):
                await cursor_of(thread)
        blocked.unlink()
        assert await cursor_of(thread) == (None, 1)
    assert len(said) == 2
    assert "cannot be created" in (said[0] or "")
    assert said[1] is None


async def test_a_cache_that_somebody_else_took_over_is_not_written(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    ours, said = [True], Said()
    thread = WriteThread(cache, said.append, lambda: ours[-1])
    try:
        await thread.do(commit)
        remove(cache)
        Writer(cache).close()
        ours.append(False)
        with pytest.raises(CacheUnavailable, match="another process"):
            await thread.do(commit)
        reader = sqlite3.connect(cache)
        assert reader.execute("SELECT count(*) FROM polls").fetchone() == (0,)
        reader.close()
        ours.append(True)
        assert await cursor_of(thread) == (None, 2)
    finally:
        assert await thread.close(10_000)


async def test_a_cache_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    Writer(cache).close()
    connection = sqlite3.connect(cache)
    connection.execute("PRAGMA user_version = 1000000")
    connection.close()
    async with writing(cache) as (thread, said):
        with pytest.raises(CacheTooNew):
            await cursor_of(thread)
    assert "newer" in (said[0] or "")


async def test_a_job_that_never_ends_does_not_hold_up_the_end(tmp_path: Path) -> None:
    thread = WriteThread(tmp_path / "cache", Said().append)
    release = threading.Event()
    waiting = asyncio.create_task(thread.do(lambda _: release.wait(60)))
    await asyncio.sleep(0)
    assert not await thread.close(20)
    release.set()
    assert (await waiting)[0]


async def test_calls_that_hang_are_waited_for_by_nobody() -> None:
    executor = UnwaitedThreads()
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(executor, lambda: 42) == 42
    release = threading.Event()
    hanging = loop.run_in_executor(executor, release.wait, 60)
    executor.shutdown(wait=True)
    assert not hanging.done()
    release.set()
    assert await hanging
