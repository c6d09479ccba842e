"""Programs measured through a real terminal, from outside, as a person meets them.

Processor time, memory and children of a process are read from /proc, so they need Linux.

Programs start as they are installed, with their bytecode at hand: where the environment says that
none is to be written, children are not told, and the first start of each is not counted.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from pathlib import Path

PROC = Path("/proc")


def child_environment() -> dict[str, str]:
    """The environment for programs that are measured."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_FOR_CHILDREN}


_NOT_FOR_CHILDREN = {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"}


class Screen:
    """A program in a pty. Everything that it sends is counted; nothing is interpreted."""

    def __init__(self, argv: Sequence[str], columns: int = 120, rows: int = 36) -> None:
        self.seen = bytearray()
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execvpe(argv[0], list(argv), {**child_environment(), **terminal})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def pump(self, seconds: float) -> int:
        """Takes in what arrives within `seconds`; the number of bytes."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return 0
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return 0
        self.seen += data
        return len(data)

    def until(self, marker: bytes, within: float = 60.0) -> float:
        """Seconds from the start until `marker` was seen. Raises TimeoutError."""
        deadline = time.perf_counter() + within
        while marker not in self.seen:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{marker!r} never came")
            self.pump(0.05)
        return time.perf_counter() - self.started

    def drain(self, quiet: float) -> None:
        """Takes in everything until nothing came for `quiet` seconds."""
        while self.pump(quiet):
            pass

    def press(self, key: str, answer: re.Pattern[bytes], within: float = 20.0) -> float:
        """Sends a key; seconds until the answer was seen. Raises TimeoutError.

        The answer is what only this key brings about, and not the clock or a new picture.
        """
        while self.pump(0):
            pass
        self.seen.clear()
        started = time.perf_counter()
        os.write(self.fd, key.encode())
        while not answer.search(self.seen):
            self.pump(0.5)
            if time.perf_counter() - started > within:
                raise TimeoutError(f"no answer to {key!r}")
        return time.perf_counter() - started

    def watch(self, seconds: float) -> int:
        """Takes in what arrives in the next `seconds`; the number of bytes."""
        arrived, until = 0, time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            arrived += self.pump(left)
        return arrived

    def close(self) -> None:
        """Ends the program, and waits for it and for what it had started."""
        left = children(self.pid)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        deadline = time.monotonic() + 5
        while left := [pid for pid in left if _runs(pid)]:
            if time.monotonic() > deadline:
                for pid in left:
                    os.kill(pid, signal.SIGKILL)
                return
            time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    stat = (PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int | str, what: str = "VmRSS") -> float:
    """Resident memory of a process now; with `VmHWM` the most it ever was."""
    status = (PROC / str(pid) / "status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    tasks = (PROC / str(pid) / "task").glob("*/children")
    return sorted({int(child) for task in tasks for child in task.read_text().split()})
