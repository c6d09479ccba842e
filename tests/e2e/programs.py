"""Real gateways, metric stores and trackers, started on loopback for the length of a block.

Each listens on a port that was free a moment ago, in a folder of its own, and is ended by its own
process id with all that it started.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

PATIENCE_S = 60.0


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def program(*names: str, package: str) -> str:
    """The path of the first of these programs that is here; skips the test where none is.

    `package`: what brings it, for whoever reads why the test was skipped.
    """
    own = sysconfig.get_path("scripts")
    for name in names:
        for folder in (own, None, "/usr/sbin:/usr/local/sbin"):
            if (found := shutil.which(name, path=folder)) is not None:
                return found
    pytest.skip(f"no {names[0]} here ({package}); it is not tested")


class Program:
    """A running program. `pid` is that of its process, which leads a group of its own."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.pid = process.pid
        self.log = log

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        return await self._process.wait()

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None


@asynccontextmanager
async def started(
    argv: Sequence[str],
    ready_url: str,
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Program]:
    """Runs `argv` in `folder` until the block ends; the block begins once `ready_url` answers.

    What the program says is in `folder`, and in the error where it does not come up.
    """
    log = folder / f"{Path(argv[0]).name}.log"
    with _opened(log) as out:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=folder,
            env=None if env is None else {**os.environ, **env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    running = Program(process, log)
    try:
        await ready(running, ready_url)
        yield running
    finally:
        running.kill()
        await process.wait()


async def ready(running: Program, url: str) -> None:
    """Waits until `url` answers with anything but an error of the server."""
    deadline = time.monotonic() + PATIENCE_S
    while not await asyncio.to_thread(_answers, url):
        said = running.log.read_text(errors="replace")[-2000:]
        assert running.runs, f"it ended: {said}"
        assert time.monotonic() < deadline, f"no answer from {url}: {said}"
        await asyncio.sleep(0.1)


def _opened(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    return log.open("ab")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status < 500)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False
