"""The process behind one viewer: started, fed with keys, read from, and surely ended.

Packets on both pipes, as Textual's web driver speaks: a letter (`D` data, `M` a JSON object), the
length in four bytes, the payload.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from goliath_tui.poller_child import end_process

SMALLEST, LARGEST = (20, 5), (500, 200)
_PRELUDE = b"__GANGLION__\n"
_KEYS_WITHIN_S = 10.0
_PATIENCE_S = 3.0
_KEPT_STDERR = 4096


class Viewer:
    """One viewer's process. `command` must draw with `ViewerDriver`, which its environment asks."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._process: asyncio.subprocess.Process | None = None
        self._stderr = b""

    async def start(self, columns: int, rows: int) -> None:
        """Starts it, its screen of this size or of the nearest allowed one. Raises OSError."""
        columns, rows = within_limits(columns, rows)
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(os.environ, columns, rows),
            # A ctrl-c in the server's terminal is the server's.
            start_new_session=True,
        )

    async def draw(self, show: Callable[[bytes], Awaitable[None]]) -> str | None:
        """Passes on what it draws until it ends; the last line of its complaints, if it had any."""
        process = self._process
        assert process is not None  # noqa: S101 - started before
        assert process.stdout is not None  # noqa: S101 - asked for by `start`
        complaints = asyncio.create_task(self._read_complaints(process))
        try:
            with contextlib.suppress(asyncio.IncompleteReadError):
                # What stands before that is not for the viewer.
                await process.stdout.readuntil(_PRELUDE)
                while True:
                    kind, size = _header(await process.stdout.readexactly(5))
                    payload = await process.stdout.readexactly(size)
                    # Whatever else it asks for, such as to open an address, is not for a viewer.
                    if kind == b"D":
                        await show(payload)
            await asyncio.wait({complaints}, timeout=_PATIENCE_S)
        finally:
            complaints.cancel()
        lines = self._stderr.decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), None)

    async def type(self, text: str) -> None:
        """Hands over what was typed. Raises TimeoutError when it takes nothing more."""
        await self._send(b"D", text.encode(errors="replace"))

    async def resize(self, columns: int, rows: int) -> None:
        """Hands over a new size, or the nearest that is allowed."""
        columns, rows = within_limits(columns, rows)
        await self._tell({"type": "resize", "width": columns, "height": rows})

    async def focus(self, has_focus: bool) -> None:
        """Says whether the page is in front."""
        await self._tell({"type": "focus" if has_focus else "blur"})

    async def end(self) -> None:
        """Ends it, by force if need be; returns when it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        # It cannot end while it waits for somebody to read what it drew.
        drain = [
            asyncio.create_task(_read_to_end(stream))
            for stream in (process.stdout, process.stderr)
            if stream is not None
        ]
        try:
            await end_process(process, _PATIENCE_S)
        finally:
            for task in drain:
                task.cancel()

    async def _tell(self, what: dict[str, object]) -> None:
        await self._send(b"M", msgspec.json.encode(what))

    async def _send(self, kind: bytes, payload: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing():
            return
        with contextlib.suppress(ConnectionError):
            process.stdin.write(kind + len(payload).to_bytes(4, "big") + payload)
            async with asyncio.timeout(_KEYS_WITHIN_S):
                await process.stdin.drain()

    async def _read_complaints(self, process: asyncio.subprocess.Process) -> None:
        while process.stderr is not None and (data := await process.stderr.read(4096)):
            self._stderr = (self._stderr + data)[-_KEPT_STDERR:]


def within_limits(columns: int, rows: int) -> tuple[int, int]:
    """The nearest size that is drawn: nobody has a screen of a million cells by a million."""
    return (
        min(max(columns, SMALLEST[0]), LARGEST[0]),
        min(max(rows, SMALLEST[1]), LARGEST[1]),
    )


def _environment(ours: Mapping[str, str], columns: int, rows: int) -> dict[str, str]:
    return {
        **{name: value for name, value in ours.items() if not name.startswith("TEXTUAL")},
        "TEXTUAL_DRIVER": "goliath_tui.web.driver:ViewerDriver",
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "COLUMNS": str(columns),
        "ROWS": str(rows),
    }


def _header(data: bytes) -> tuple[bytes, int]:
    return data[:1], int.from_bytes(data[1:], "big")


async def _read_to_end(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass
