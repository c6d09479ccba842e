"""Lines read by the real poller: from a log that rotates, killed on and on, and from a pipe."""

import asyncio
import json
import logging
import random
import signal
import sqlite3
import sys
from contextlib import closing
from logging.handlers import RotatingFileHandler
from pathlib import Path

from goliath_tui.clock import now_ms
from tests.commands.programs import DEADLINE_S, run, running
from tests.commands.world import cache_of
from tests.sources.hostile_server import eventually

LINES, KILLS = 4_000, 6
MINUTE = 60_000


def write_config(folder: Path, path: str) -> None:
    (folder / "config.yaml").write_text(
        "migration: Moving\n"
        "cache: data\n"
        "sources:\n"
        f'  mismatches: {{kind: jsonl, path: "{path}", preset: scientist, every: 1s,'
        " services: [{field: 'Users.*', service: users}]}\n",
        encoding="utf-8",
    )


def published(number: int, at: int) -> str:
    """What a publisher writes down of its experiments; every tenth differs."""
    value = {"id": number, "due": "2026-01-01T00:00:00Z"}
    other = {**value, "due": "2026-01-01"} if number % 10 == 0 else value
    return json.dumps(
        {
            "name": f"Users.field{number % 7}",
            "timestamp": at / 1000,
            "control": {"value": value},
            "candidate": {"value": other},
        }
    )


def asked(folder: Path, sql: str) -> list[tuple[int, ...]]:
    """Rows of the cache; none while it is not there."""
    cache = cache_of(folder)
    try:
        with closing(sqlite3.connect(f"{cache.as_uri()}?mode=ro", uri=True, timeout=10)) as conn:
            return conn.execute(sql).fetchall()
    except sqlite3.OperationalError:
        return []


def counted(folder: Path) -> tuple[int, ...]:
    """Matched, mismatched, ignored and failed of all services, and mismatches in groups."""
    sums = ", ".join(f"total({name})" for name in ("matched", "mismatched", "ignored", "failed"))
    [counts] = asked(folder, f"SELECT {sums} FROM service_comparisons") or [(0, 0, 0, 0)]
    [groups] = asked(folder, "SELECT total(count) FROM mismatch_groups") or [(0,)]
    return tuple(map(int, counts + groups))


def rotated(folder: Path) -> int:
    """How many logs were rotated away."""
    return len(list(folder.glob("experiments.log.*")))


async def test_a_poller_that_is_killed_on_and_on_counts_every_line_of_a_rotating_log_once(
    tmp_path: Path,
) -> None:
    chance = random.Random(1)
    path = tmp_path / "experiments.log"
    path.touch()
    write_config(tmp_path, "experiments.log")
    writer = RotatingFileHandler(path, maxBytes=40_000, backupCount=100)
    start = now_ms() - 30 * MINUTE
    written = 0

    async def write(until: int) -> None:
        nonlocal written
        while written < until:
            at = start + written * 5 * MINUTE // LINES
            record = logging.makeLogRecord({"msg": published(written, at)})
            writer.emit(record)
            written += 1
            if written % 50 == 0:
                await asyncio.sleep(0)

    try:
        for number in range(1, KILLS + 1):
            async with running("poll", cwd=tmp_path) as poller:
                await poller.says("polling")
                # What was rotated away before the first poll is nobody's.
                await eventually(lambda: bool(asked(tmp_path, "SELECT 1 FROM polls")), DEADLINE_S)
                await write(LINES * number // (KILLS + 1))
                # It dies at some moment of its work: before, within or after a commit.
                await asyncio.sleep(chance.uniform(0, 1.5))
                poller.process.send_signal(signal.SIGKILL)
                assert await poller.ends() == -signal.SIGKILL
        await write(LINES)
        assert writer.backupCount > rotated(tmp_path) > 10
        expected = (LINES - LINES // 10, LINES // 10, 0, 0, LINES // 10)
        async with running("poll", cwd=tmp_path) as poller:
            await poller.says("polling")
            await eventually(lambda: sum(counted(tmp_path)) >= sum(expected), DEADLINE_S)
            assert counted(tmp_path) == expected
    finally:
        writer.close()


async def test_lines_are_piped_into_a_poller(tmp_path: Path) -> None:
    write_config(tmp_path, "-")
    at = now_ms() - 10 * MINUTE
    async with running("poll", cwd=tmp_path) as poller:
        stdin = poller.process.stdin
        assert stdin is not None
        for number in range(25):
            stdin.write(f"{published(number, at)}\n".encode())
        stdin.close()
        await eventually(lambda: counted(tmp_path) == (22, 3, 0, 0, 3), DEADLINE_S)
        assert poller.process.returncode is None
    done = await run("status", cwd=tmp_path)
    assert "mismatches: standard input has ended" in done.out


async def test_a_screens_own_poller_has_no_standard_input_to_read(tmp_path: Path) -> None:
    write_config(tmp_path, "-")
    async with running("poll", "--child", cwd=tmp_path) as poller:
        await poller.says('"polling"')
        await eventually(lambda: bool(asked(tmp_path, "SELECT at FROM polls")), DEADLINE_S)
        assert poller.process.stdin is not None
        poller.process.stdin.close()
        assert await poller.ends() == 0
    [(error,)] = asked(tmp_path, "SELECT error FROM polls")
    assert "pipe the lines into `goliath-tui poll`, whose cache screens share" in str(error)


async def test_check_says_what_is_there_and_what_is_odd(tmp_path: Path) -> None:
    path = tmp_path / "experiments.log"
    write_config(tmp_path, "experiments.log")
    done = await run("check", cwd=tmp_path)
    assert done.code == 6
    assert "experiments.log is not there: check `path:`" in done.err
    lines = [published(number, now_ms() - 5 * MINUTE) for number in range(20)]
    path.write_text("\n".join([*lines, "oops", ""]), encoding="utf-8")
    done = await run("check", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "8 buckets of comparisons, 2 comparisons that differ" in done.out
    assert "0 requests an hour" in done.out
    assert "lines not counted, no JSON: 1 (the last: oops)" in done.out
    assert sys.getsizeof(done.err) < 500
