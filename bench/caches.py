"""Caches to measure on, made by the program itself, in a folder that goes away with the process.

How many mismatches the big one holds: a million, ten with `--full`, or what the environment's
`GOLIATH_BENCH_MISMATCHES` says.
"""

import atexit
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path

from bench import big_facts
from bench.screen import child_environment
from goliath_tui.domain import Batch, Fact, Poll
from goliath_tui.store.writer import Writer

COMMAND = (sys.executable, "-P", "-m", "goliath_tui")
_MILLION = 1_000_000


@cache
def folder() -> Path:
    """A folder for this run."""
    made = Path(tempfile.mkdtemp(prefix="goliath-bench-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def rehearsal_config() -> Path:
    """A config whose cache the rehearsal has filled, and which nobody polls any more."""
    config = folder() / "rehearsal.yaml"
    config.write_text("migration: Goliath\nrehearsal: {seed: 1}\ntime_zone: UTC\n")
    with subprocess.Popen(
        [*COMMAND, "--config", config, "poll"],
        stderr=subprocess.DEVNULL,
        env=child_environment(),
    ) as poller:
        try:
            _until_filled(config)
        finally:
            poller.terminate()
    return config


def _until_filled(config: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        done = subprocess.run(
            [*COMMAND, "--config", config, "status"],
            capture_output=True,
            env={**child_environment(), "PYTHONWARNINGS": "ignore"},
            check=False,
        )
        if done.returncode == 0:
            return
        time.sleep(1)
    raise TimeoutError("the rehearsal did not fill the cache")


def mismatch_count() -> int:
    """Mismatches in the big cache."""
    asked = os.environ.get("GOLIATH_BENCH_MISMATCHES")
    if asked is not None:
        return int(asked)
    return 10 * _MILLION if "--full" in sys.argv else _MILLION


def in_words(count: int) -> str:
    """`10 M` for ten million; thousands as `50 k`."""
    return f"{count / _MILLION:g} M" if count >= _MILLION else f"{count / 1000:g} k"


@cache
def big_cache() -> Path:
    """A filled cache of the size that the budgets speak of; its traffic ends when it was made."""
    path = folder() / "big.sqlite3"
    started, count = time.perf_counter(), mismatch_count()
    writer = Writer(path)
    now = time.time_ns() // _MILLION
    with _Progress("mismatches"):
        _commit(writer, "gateway", now, big_facts.names(), 25_000)
        _commit(writer, "gateway", now, big_facts.mismatches(now, count), 200_000)
    with _Progress("states of fields"):
        _commit(writer, "gateway", now, big_facts.states(now), 25_000)
    with _Progress("work items"):
        _commit(writer, "tracker", now, big_facts.plan(now), 1_000)
        _commit(writer, "tracker", now, big_facts.work(now), 24_000)
    with _Progress("traffic"):
        now = time.time_ns() // _MILLION
        _commit(writer, "gateway", now, big_facts.traffic(now), 20_000)
        _commit(writer, "gateway", now, big_facts.watched(now), 20_000)
    with _Progress("tidying"):
        writer.tidy(now, steps=_MILLION)
    writer.close()
    size, took = path.stat().st_size / 1e6, time.perf_counter() - started
    _say(f"a cache of {in_words(count)} mismatches: {size:,.0f} MB, made in {took:.0f} s\n")
    return path


@cache
def big_config() -> Path:
    """A config on the big cache that asks nobody."""
    return _still_config("big.yaml", big_cache())


@cache
def rehearsed_config() -> Path:
    """A config on a cache as large as the rehearsal's that asks nobody."""
    (filled,) = (rehearsal_config().parent / "data").glob("*.sqlite3")
    return _still_config("rehearsed.yaml", copy_of(filled, "rehearsed.sqlite3"))


def _still_config(name: str, cache_path: Path) -> Path:
    source = "{kind: goliath-%s, url: 'http://127.0.0.1:9', enabled: false}"
    return write_config(name, cache_path, gateway=source % "gateway", tracker=source % "tracker")


def write_config(name: str, cache_path: Path, **sources: str) -> Path:
    """A config in the folder of this run, on the cache at `cache_path`."""
    lines = [f"migration: {cache_path.stem}", f"cache: {cache_path.parent}", "time_zone: UTC"]
    lines += ["sources:", *(f"  {source}: {settings}" for source, settings in sources.items())]
    config = folder() / name
    config.write_text("\n".join([*lines, ""]))
    return config


def copy_of(cache_path: Path, name: str) -> Path:
    """A copy that may be written to."""
    copy = folder() / name
    with closing(sqlite3.connect(cache_path)) as original, closing(sqlite3.connect(copy)) as target:
        original.backup(target)
    return copy


def _commit(writer: Writer, source: str, now: int, facts: Iterable[Fact], rows: int) -> None:
    """Commits the facts in batches of `rows`."""
    several = iter(facts)
    for number in itertools.count():
        batch = tuple(itertools.islice(several, rows))
        if not batch:
            return
        poll = Poll(source=source, at=now, took_ms=1, rows=len(batch))
        writer.commit(Batch(rows=batch, cursor=str(number), instance="bench"), poll)
        _say(".")


class _Progress:
    """Says on stderr what is being made, and how long that took."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        _say(f"      {self._what} ")
        self._started = time.perf_counter()

    def __exit__(self, *_exception: object) -> None:
        _say(f" {time.perf_counter() - self._started:.1f} s\n")


def _say(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)
