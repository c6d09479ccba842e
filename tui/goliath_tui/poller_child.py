"""The life of the polling process, seen from the screen: start it, talk to it, end it.

The child runs `goliath-tui poll --child` in a session of its own, so that a ctrl-c in the terminal
is ours to handle. It ends when its stdin ends, so it cannot outlive this process, however that
dies. It says on stdout, one JSON object a line, what it does:

    {"role": "starting"}  {"role": "polling"}  {"role": "standby", "holder": PID}
    {"role": "polling", "problem": "…"}  {"role": "error", "error": "…", "exit": 6}
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from enum import Enum

import msgspec

_FIRST_RETRY_S, _LAST_RETRY_S = 1.0, 60.0
_LINE_LIMIT = 64 * 1024
_KEPT_STDERR = 20
#: An exit that trying again cannot mend: wrong usage, a wrong config.
_FINAL_EXITS = frozenset({2, 6})


class Role(Enum):
    """What the polling process does."""

    STARTING = "starting"
    POLLING = "polling"
    STANDBY = "standby"
    ERROR = "error"
    ENDED = "ended"


class Report(msgspec.Struct, frozen=True):
    """One line from the child. `holder` polls instead; `exit`: the code it will end with."""

    role: Role
    holder: int | None = None
    error: str | None = None
    exit: int | None = None
    problem: str | None = None


class PollerChild:
    """One polling process, started again with growing pauses when it dies.

    `heard` is called in the event loop with every report. Between `start` and `stop` at most one
    child runs.
    """

    def __init__(self, command: Sequence[str], heard: Callable[[Report], None]) -> None:
        self._command = list(command)
        self._heard = heard
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._stderr: deque[str] = deque(maxlen=_KEPT_STDERR)
        self.report = Report(Role.STARTING)

    def start(self) -> None:
        """Start the child and keep it running."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep_running())

    def refresh(self, names: Sequence[str] = ()) -> bool:
        """Ask for a poll of these sources now, of all when none is named; False: nobody listens."""
        return self._tell([f"refresh {name}\n" for name in names] or ["refresh all\n"])

    def check(self) -> bool:
        """Have the cache read through: a reader has met damage; False: nobody listens."""
        return self._tell(["check\n"])

    def _tell(self, lines: Sequence[str]) -> bool:
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return False
        process.stdin.write("".join(lines).encode())
        return True

    async def stop(self, patience_s: float = 3.0) -> None:
        """End the child: first by ending its stdin, then by asking, then by force."""
        task, self._task = self._task, None
        process = self._process
        if process is not None and process.returncode is None:
            await end_process(process, patience_s)
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _keep_running(self) -> None:
        pause = _FIRST_RETRY_S
        while True:
            self._say(Report(Role.STARTING))
            code, polled = await self._run_once()
            if polled:
                pause = _FIRST_RETRY_S
            reason = self._reason(code)
            self._say(Report(Role.ENDED, error=reason, exit=code))
            if code in _FINAL_EXITS:
                return
            await asyncio.sleep(pause)
            pause = min(_LAST_RETRY_S, pause * 2)

    async def _run_once(self) -> tuple[int, bool]:
        """Run the child to its end: its exit code, and whether it ever did its work."""
        self._stderr.clear()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE_LIMIT,
                start_new_session=True,
            )
        except OSError as error:
            self._stderr.append(f"cannot start: {error.strerror or error}")
            return -1, False
        self._process = process
        try:
            worked, _ = await asyncio.gather(
                self._read_reports(process.stdout), self._read_stderr(process.stderr)
            )
            return await process.wait(), worked
        finally:
            self._process = None
            if process.returncode is None:
                await end_process(process, 1.0)
            if process.stdin is not None:
                process.stdin.close()

    async def _read_reports(self, stream: asyncio.StreamReader | None) -> bool:
        worked = False
        async for line in _lines(stream):
            try:
                report = msgspec.json.decode(line, type=Report)
            except msgspec.DecodeError:
                continue
            worked = worked or report.role in {Role.POLLING, Role.STANDBY}
            self._say(report)
        return worked

    async def _read_stderr(self, stream: asyncio.StreamReader | None) -> None:
        async for line in _lines(stream):
            self._stderr.append(line.decode(errors="replace").strip())

    def _reason(self, code: int) -> str:
        if self.report.role is Role.ERROR and self.report.error:
            return self.report.error
        last = next((line for line in reversed(self._stderr) if line), "")
        return last or f"ended with exit code {code}"

    def _say(self, report: Report) -> None:
        self.report = report
        self._heard(report)


async def _lines(stream: asyncio.StreamReader | None) -> AsyncIterator[bytes]:
    """Lines until the end; a line beyond the limit is dropped, not fatal."""
    while stream is not None:
        try:
            line = await stream.readline()
        except ValueError:
            continue
        if not line:
            return
        yield line


async def end_process(process: asyncio.subprocess.Process, patience_s: float) -> None:
    """Ends it and waits for that: by ending its stdin, then by asking, then by force."""
    if process.stdin is not None:
        process.stdin.close()
    for urge in (process.terminate, process.kill):
        try:
            await asyncio.wait_for(process.wait(), patience_s)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                urge()
        else:
            return
    await process.wait()
