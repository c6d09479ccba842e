"""Mission control on the big cache at its worst moment: one source hangs, two others ingest."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bench.caches import COMMAND, big_cache, copy_of, write_config
from bench.screen import Screen, child_environment

COLUMNS, ROWS = 240, 60
#: A service among the first rows, once there are figures: of the big cache, of the rehearsal's.
FILLED, REHEARSED = b"service-0003", b"assignments"
SETTLES_S = 8.0

_times = count()


@contextmanager
def ingest_server() -> Iterator[str]:
    """The server of `ingest_server`; yields its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.ingest_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        env=child_environment(),
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@contextmanager
def busy_screen() -> Iterator[Screen]:
    """The app in a terminal, on a copy of the big cache, some seconds after its first frame."""
    copy = copy_of(big_cache(), f"busy-{next(_times)}.sqlite3")
    with ingest_server() as address:
        sources = {
            name: f"{{kind: goliath-gateway, url: '{address}/{name}', every: 1s}}"
            for name in ("traffic", "mismatches", "hanging")
        }
        config = write_config(f"{copy.stem}.yaml", copy, **sources)
        screen = Screen([*COMMAND, "--config", str(config)], COLUMNS, ROWS)
        try:
            screen.until(FILLED)
            screen.watch(SETTLES_S)
            yield screen
        finally:
            screen.close()
            copy.unlink()
