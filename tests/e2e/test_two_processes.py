"""Two processes on one cache: one polls, the other reads, says so, and takes over when need be."""

import os
import re
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from goliath_tui.clock import now_ms
from goliath_tui.lock import CacheLock
from tests.commands.programs import running
from tests.commands.world import apis, cache_of, write_config
from tests.e2e.terminal import COMMAND, Terminal
from tests.processes import descendants, wait_until
from tests.rehearsal.process import SMALL
from tests.sources.hostile_server import eventually

REPOSITORY = Path(__file__).parents[2]
WEEK_MS = 7 * 86_400_000
#: A source's period, and what "within two periods" means then.
PERIOD_S = 20.0


def last_poll(cache: Path, *, failed: bool = False) -> int:
    """The moment of the last poll in the log, or of the last that failed; 0: there is none yet."""
    with closing(sqlite3.connect(f"{cache.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        only = "WHERE error IS NOT NULL" if failed else ""
        try:
            [[at]] = connection.execute(f"SELECT max(at) FROM polls {only}")
        except sqlite3.OperationalError:
            # The file is there, its tables are on their way.
            return 0
    return at or 0


def stories(cache: Path) -> set[str]:
    """The data sets that the sources in the cache say they serve."""
    with closing(sqlite3.connect(f"{cache.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
        return {name for [name] in connection.execute("SELECT instance FROM sources")}


def pollers(pid: int) -> list[int]:
    """The polling processes below a process."""
    return [number for number, args in descendants(pid).items() if "poll --child" in args]


async def test_the_second_takes_over_within_two_periods_of_the_first_one_killed(
    tmp_path: Path,
) -> None:
    async with apis(now_ms()) as served:
        config = write_config(tmp_path, gateway=served.gateway.url, tracker=None)
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("every: 10s", f"every: {PERIOD_S:g}s"), encoding="utf-8")
        async with running("poll", cwd=tmp_path) as first:
            await eventually(lambda: served.gateway.count("/v1/mismatches") == 1)
            async with running("poll", cwd=tmp_path) as second:
                await second.says(f"process {first.pid} polls this cache; standing by")
                asked = served.gateway.count("/v1/about")
                first.process.send_signal(signal.SIGKILL)
                assert await first.ends() == -signal.SIGKILL
                await eventually(lambda: served.gateway.count("/v1/about") > asked, 2 * PERIOD_S)
                await second.says("goliath-tui: polling")
                assert CacheLock(cache_of(tmp_path)).holder() == second.pid


def test_the_second_screen_reads_says_so_and_polls_when_the_first_is_killed(
    tmp_path: Path,
) -> None:
    shutil.copy(REPOSITORY / "config.yaml", tmp_path)
    start = (*COMMAND, "--config", "config.yaml")
    with (
        Terminal(*start, columns=160, rows=48, cwd=tmp_path) as first,
        Terminal(*start, columns=160, rows=48, cwd=tmp_path) as second,
    ):
        first.wait_for(lambda text: bool(re.search(r" of \d\d,\d{3}", text)), "figures")
        # Both have started at once: who polls is the one that was quicker.
        [cache] = (tmp_path / "data").glob("*.sqlite3")
        holder = CacheLock(cache).holder()
        assert holder is not None
        killed, other = (first, second) if holder in pollers(first.pid) else (second, first)
        words = f"reads · process {holder} polls"
        other.wait_for(words)
        other.wait_for(lambda text: bool(re.search(r" of \d\d,\d{3}", text)), "figures")
        assert words not in killed.text
        family = set(descendants(killed.pid))
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait_for_end()
        other.wait_for(
            lambda text: words not in text and "reads ·" not in text, "no reader any more"
        )
        wait_until(lambda: not family & set(descendants(1)), "the end of what the first started")
        taken_over = now_ms()
        wait_until(lambda: last_poll(cache) > taken_over, "a poll by the second")
        assert CacheLock(cache).holder() in pollers(other.pid)
        assert last_poll(cache, failed=True) == 0


async def test_who_takes_over_in_another_week_tells_the_same_story(tmp_path: Path) -> None:
    shutil.copy(SMALL, tmp_path)
    rehearsed = f"rehearsal: {{scenario: {SMALL.name}}}\n"
    (tmp_path / "config.yaml").write_text(rehearsed, encoding="utf-8")
    # As processes that have been running since last week.
    since_last_week = ("poll", "--began", str(now_ms() - WEEK_MS))
    async with running(*since_last_week, cwd=tmp_path) as first:
        await first.says("polling")
        [cache] = [path.with_suffix("") for path in (tmp_path / "data").glob("*.lock")]
        await eventually(lambda: cache.exists() and last_poll(cache) > 0, 60)
        async with running(*since_last_week, cwd=tmp_path) as second:
            await second.says("standing by")
            first.process.send_signal(signal.SIGKILL)
            await first.ends()
            await second.says("goliath-tui: polling")
            taken_over = now_ms()
            await eventually(lambda: last_poll(cache) > taken_over, 60)
            assert last_poll(cache, failed=True) == 0
            assert stories(cache) == {cache.stem}
    async with running("poll", cwd=tmp_path) as fresh:
        await fresh.says("polling")
    assert len(list((tmp_path / "data").glob("*.lock"))) == 2
