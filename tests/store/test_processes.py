"""Real processes: killed in the middle of writing, and reading while another one writes."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from goliath_tui.store.writer import Writer
from tests.store import stream
from tests.store.test_writer import query, tables
from tests.store.worlds import DAY, START, content, open_store, picture

KILLS = 50
ROOT = Path(__file__).parents[2]


class Nursery:
    """Starts children that commit the numbered stream, one at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._pid: int | None = None

    def start(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def next_number(self) -> int:
        """Waits for the number of the next batch that was committed."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("child"):
                self._pid = int(line.split()[1])
            elif line.strip().isdigit():
                return int(line)
        raise AssertionError("the child ended by itself")

    def kill(self) -> None:
        """SIGKILL; returns when the child is gone."""
        assert self._process.stdout is not None
        for line in self._lines_until_known():
            assert line != "gone\n", "the child ended by itself"
        assert self._pid is not None
        os.kill(self._pid, signal.SIGKILL)
        self._pid = None
        for line in self._process.stdout:
            if line == "gone\n":
                return

    def _lines_until_known(self) -> Iterator[str]:
        assert self._process.stdout is not None
        while self._pid is None:
            line = self._process.stdout.readline()
            if line.startswith("child"):
                self._pid = int(line.split()[1])
            yield line


@contextmanager
def nursery(path: Path) -> Iterator[Nursery]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.store.stream", str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        found = Nursery(process)
        try:
            yield found
        finally:
            assert process.stdin is not None
            process.stdin.close()


def test_killed_at_any_instant_there_is_no_gap_and_no_duplicate(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    rng = random.Random(7)
    seen = -1
    with nursery(killed) as children:
        for _ in range(KILLS):
            children.start()
            for _ in range(rng.randint(1, 4)):
                number = children.next_number()
                # What was committed before the kill, told or not, is never committed again.
                assert number > seen
                seen = number
            # Any instant of a commit or of a tidying: they take some milliseconds.
            time.sleep(rng.random() * 0.012)
            children.kill()

    writer = Writer(killed, limits=stream.LIMITS)
    assert writer.moved_aside is None
    committed = int(writer.cursor(stream.SOURCE) or 0)
    assert committed > seen
    end = START + committed * stream.STEP
    assert writer.tidy(end)
    writer.close()

    writer = Writer(whole, limits=stream.LIMITS)
    for number in range(committed):
        stream.commit(writer, number)
    assert writer.tidy(end)
    writer.close()

    assert tables(killed) == tables(whole)
    assert content(picture(killed, end)) == content(picture(whole, end))
    assert query(killed, "SELECT total(requests) FROM service_traffic") == [
        (2.0 * sum(number % 5 + 1 for number in range(committed)),)
    ]
    assert query(killed, "SELECT total(times), count(*) FROM mismatches") == [
        (committed, committed)
    ]
    assert query(killed, "SELECT count(*) FROM item_events") == [(committed,)]
    assert query(killed, "SELECT count(*) FROM polls") == [(committed,)]


def test_a_reader_learns_that_another_process_has_committed(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    store = open_store(path)
    missing = store.version()
    assert store.version() == missing
    with nursery(path) as children:
        children.start()
        version, revision = missing, 0
        for _ in range(5):
            # The child runs ahead: wait for a commit that the last look cannot have seen.
            while children.next_number() < revision:
                pass
            assert store.version() > version
            version, revision = store.version(), store.snapshot(now=START + DAY).revision
            assert revision > 0
        children.kill()
    quiet = store.version()
    assert store.version() == quiet
    store.close()
