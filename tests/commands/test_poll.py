"""`goliath-tui poll` as a process: alone, beside others, under every kind of end."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from goliath_tui.clock import now_ms
from tests.commands.programs import (
    Running,
    children,
    eventually_gone,
    is_running,
    run,
    running,
)
from tests.commands.world import apis, cache_of, expected_status, write_config
from tests.rehearsal.process import SMALL
from tests.sources.hostile_server import eventually

POLLING = "goliath-tui: polling; ctrl-c ends it\n"


def write_rehearsal(folder: Path) -> None:
    shutil.copy(SMALL, folder)
    (folder / "config.yaml").write_text(f"rehearsal: {{scenario: {SMALL.name}}}")


async def its_rehearsal(poller: Running) -> int:
    """The process of the rehearsal that a poller has started."""
    await poller.says("polling")
    [child] = children(poller.pid)
    return child


async def test_alone_it_fills_the_cache_that_status_reads(tmp_path: Path) -> None:
    now = now_ms()
    async with apis(now) as served:
        write_config(tmp_path, gateway=served.gateway.url, tracker=served.tracker.url)
        async with running("poll", cwd=tmp_path) as poller:
            await poller.says(POLLING)
            while (done := await run("status", "--json", cwd=tmp_path)).code == 4:
                assert now_ms() < now + 30_000, done.out
            assert done.code == 0
        assert (poller.out, poller.err) == ("", POLLING)
        assert poller.process.returncode == 0
    found = json.loads(done.out)
    assert {name: found[name] for name in expected_status(now)} == expected_status(now)


async def test_a_second_one_stands_by_and_takes_over_when_the_first_is_killed(
    tmp_path: Path,
) -> None:
    async with apis(now_ms()) as served:
        write_config(tmp_path, gateway=served.gateway.url, tracker=None)
        async with running("poll", cwd=tmp_path) as first:
            await first.says("polling")
            await eventually(lambda: len(served.gateway.requests) >= 7)
            async with running("poll", cwd=tmp_path) as second:
                await second.says(f"process {first.pid} polls this cache; standing by until it")
                before = len(served.gateway.requests)
                first.process.kill()
                assert await first.ends() == -signal.SIGKILL
                await second.says(POLLING)
                await eventually(lambda: len(served.gateway.requests) > before)
            assert second.process.returncode == 0


async def test_whoever_stands_by_loads_neither_the_client_nor_the_database(
    tmp_path: Path,
) -> None:
    async with apis(now_ms()) as served:
        write_config(tmp_path, gateway=served.gateway.url, tracker=None)
        async with running("poll", cwd=tmp_path) as first:
            await first.says("polling")
            env = {"PYTHONPROFILEIMPORTTIME": "1"}
            async with running("poll", cwd=tmp_path, env=env) as second:
                await second.says("standing by")
    imported = {line.rpartition("|")[2].strip() for line in second.err.splitlines()}
    assert "goliath_tui.poller" in imported
    assert not imported & {"httpx", "sqlite_utils", "textual", "starlette", "uvicorn"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_it_and_its_rehearsal(tmp_path: Path, number: signal.Signals) -> None:
    write_rehearsal(tmp_path)
    async with running("poll", cwd=tmp_path) as poller:
        child = await its_rehearsal(poller)
        poller.process.send_signal(number)
        assert await poller.ends() == 0
        # It has waited for the rehearsal's end, whatever the time that took.
        assert not is_running(child)
    assert poller.err == POLLING


async def test_killed_it_takes_its_rehearsal_along(tmp_path: Path) -> None:
    write_rehearsal(tmp_path)
    async with running("poll", cwd=tmp_path) as poller:
        child = await its_rehearsal(poller)
        poller.process.kill()
        assert await poller.ends() == -signal.SIGKILL
        await eventually_gone(child)


async def test_without_its_rehearsal_it_says_so_and_gives_up(tmp_path: Path) -> None:
    write_rehearsal(tmp_path)
    async with running("poll", cwd=tmp_path) as poller:
        os.kill(await its_rehearsal(poller), signal.SIGKILL)
        assert await poller.ends() == 1
    assert poller.err == f"{POLLING}goliath-tui: the rehearsal ended with exit code -9\n"


async def test_started_to_outlive_its_terminal_it_does(tmp_path: Path) -> None:
    async with apis(now_ms()) as served:
        write_config(tmp_path, gateway=served.gateway.url, tracker=None)
        async with running("poll", cwd=tmp_path, before=("nohup",)) as poller:
            await poller.says("polling")
            poller.process.send_signal(signal.SIGHUP)
            before = len(served.gateway.requests)
            await eventually(lambda: len(served.gateway.requests) > before)


async def test_as_a_child_it_speaks_json_obeys_and_ends_with_its_parent(tmp_path: Path) -> None:
    async with apis(now_ms()) as served:
        write_config(tmp_path, gateway=served.gateway.url, tracker=None, more="windoww: 1h")
        async with running("poll", "--child", cwd=tmp_path) as poller:
            await poller.says('{"role":"polling"}\n')
            await eventually(lambda: served.gateway.count("/v1/mismatches") == 1)
            assert poller.process.stdin is not None
            # The next one by itself would be ten seconds away.
            poller.process.stdin.write(b"refresh gateway\n")
            await eventually(lambda: served.gateway.count("/v1/mismatches") == 2, seconds=8)
            async with running("poll", "--child", cwd=tmp_path) as second:
                await second.says(f'{{"role":"standby","holder":{poller.pid}}}\n')
            poller.process.stdin.close()
            assert await poller.ends() == 0
    assert poller.out == '{"role":"starting"}\n{"role":"polling"}\n'
    assert poller.err == ""


async def test_a_child_tells_its_parent_why_it_gives_up(tmp_path: Path) -> None:
    write_rehearsal(tmp_path)
    async with running("poll", "--child", cwd=tmp_path) as poller:
        os.kill(await its_rehearsal(poller), signal.SIGKILL)
        assert await poller.ends() == 1
    told = json.loads(poller.out.splitlines()[-1])
    assert told == {"role": "error", "error": "the rehearsal ended with exit code -9", "exit": 1}


async def test_a_cache_that_cannot_be_locked_is_a_fault(tmp_path: Path) -> None:
    write_config(tmp_path)
    cache = cache_of(tmp_path)
    cache.with_name(f"{cache.name}.lock").mkdir(parents=True)
    done = await run("poll", cwd=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert "data/moving.sqlite3.lock: cannot be locked" in done.err
