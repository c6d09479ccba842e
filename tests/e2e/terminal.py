"""A program in a real terminal (a pty): what it draws, every byte, keys, resizes, its end."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import pyte

COMMAND = (sys.executable, "-P", "-m", "goliath_tui")
DEADLINE_S = 60.0


class Terminal:
    """Starts `argv` in a pty; a context manager that leaves no process behind."""

    def __init__(
        self,
        *argv: str,
        columns: int = 120,
        rows: int = 36,
        cwd: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.raw = bytearray()
        self.exit_code: int | None = None
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            environment = {
                **os.environ,
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                **(env or {}),
            }
            os.execvpe(argv[0], argv, environment)
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """What a terminal does when its window changes: the size, then SIGWINCH by the kernel."""
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def wipe(self) -> None:
        """Empties the screen, and forgets what came: the next picture must be drawn whole.

        The screen that is emulated here has no alternate one to go back to.
        """
        self._screen.reset()
        self.raw.clear()

    def send(self, keys: str | bytes) -> None:
        """Types `keys`."""
        os.write(self._fd, keys.encode() if isinstance(keys, str) else keys)

    @property
    def lines(self) -> list[str]:
        """The screen as it stands."""
        return list(self._screen.display)

    @property
    def text(self) -> str:
        """The screen as it stands, as one text."""
        return "\n".join(self._screen.display)

    def pump(self, seconds: float) -> bool:
        """Takes in what arrives within `seconds`; False when the terminal was closed."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)

    def wait_for(self, condition: Callable[[str], bool] | str, what: str = "") -> str:
        """Pumps until the screen meets the condition (or holds the text); fails with the screen."""
        met = (lambda text: condition in text) if isinstance(condition, str) else condition
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            if met(self.text):
                return self.text
            if not self.pump(0.1):
                break
        raise AssertionError(f"never saw {what or condition!r}; the screen:\n{self.text}")

    def wait_for_end(self) -> int:
        """Pumps until the program has ended; its exit code (negative: the signal)."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            open_still = self.pump(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                # Its last words may still be on their way.
                while select.select([self._fd], [], [], 0.2)[0] and self.pump(0):
                    pass
                self.exit_code = os.waitstatus_to_exitcode(status)
                return self.exit_code
            if not open_still:
                time.sleep(0.01)
        raise AssertionError(f"did not end; the screen:\n{self.text}")

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)
