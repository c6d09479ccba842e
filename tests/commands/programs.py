"""The installed program as a user runs it, in a folder and a home of its own."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from goliath_tui.clock import now_ms

PROGRAM = Path(sys.executable).with_name("goliath-tui")
#: As a child of ours is started.
MODULE = (sys.executable, "-P", "-m", "goliath_tui")
DEADLINE_S = 40.0
#: Nobody listens here, and nobody may.
NOWHERE = "http://127.0.0.1:9"


class Done(msgspec.Struct, frozen=True):
    """What a program left behind."""

    code: int
    out: str
    err: str


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Next to nothing: what a fresh account has."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **(more or {})}


async def run(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    """Runs `goliath-tui ARGUMENTS` in `cwd`, which is also its home, to its end."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *arguments,
        cwd=cwd,
        env=environment(cwd, env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    assert b"Traceback" not in err, err.decode()
    return Done(process.returncode, out.decode(), err.decode())


class Running:
    """A program that runs: what it has said so far on either stream, and its end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.pid = process.pid
        self.out = ""
        self.err = ""
        self._news = asyncio.Condition()
        self._reading = [
            asyncio.create_task(self._read(process.stdout, "out")),
            asyncio.create_task(self._read(process.stderr, "err")),
        ]

    async def says(self, words: str) -> None:
        """Waits until it has said that, on whichever stream."""
        try:
            async with asyncio.timeout(DEADLINE_S), self._news:
                await self._news.wait_for(lambda: words in self.out + self.err)
        except TimeoutError:
            raise AssertionError(f"never said {words!r}: {self.out}{self.err}") from None

    async def ends(self) -> int:
        """Waits for its end; the exit code, negative when a signal ended it."""
        async with asyncio.timeout(DEADLINE_S):
            code = await self.process.wait()
            await asyncio.gather(*self._reading)
        return code

    async def _read(self, stream: asyncio.StreamReader | None, name: str) -> None:
        assert stream is not None
        while data := await stream.read(4096):
            async with self._news:
                setattr(self, name, getattr(self, name) + data.decode())
                self._news.notify_all()


@asynccontextmanager
async def running(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    before: tuple[str | Path, ...] = (),
) -> AsyncIterator[Running]:
    """Runs `goliath-tui ARGUMENTS` for the length of the block. `before`: what runs it, if any."""
    process = await asyncio.create_subprocess_exec(
        *before,
        PROGRAM,
        *arguments,
        cwd=cwd,
        env=environment(cwd, env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    program = Running(process)
    try:
        yield program
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await program.ends()


def children(pid: int) -> list[int]:
    """The processes that `pid` has started and that still run."""
    rows = [line.split(None, 2) for line in _ps("pid=,ppid=,stat=")]
    return [int(row[0]) for row in rows if int(row[1]) == pid and not row[2].startswith("Z")]


def is_running(pid: int) -> bool:
    """Whether there is such a process, other than one that waits to be buried."""
    return any(
        int(row[0]) == pid and not row[1].startswith("Z")
        for row in (line.split(None, 1) for line in _ps("pid=,stat="))
    )


def command_lines() -> str:
    """The command lines of all processes, as anybody on the machine can read them."""
    return "\n".join(_ps("args="))


def _ps(columns: str) -> list[str]:
    done = subprocess.run(["ps", "-A", "-ww", "-o", columns], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode(errors="replace").splitlines()


async def eventually_gone(pid: int) -> None:
    """Waits for the end of a process that is not ours to wait for."""
    deadline = now_ms() + DEADLINE_S * 1000
    while is_running(pid):
        assert now_ms() < deadline, f"process {pid} goes on"
        await asyncio.sleep(0.05)
