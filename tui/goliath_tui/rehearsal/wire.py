"""Calls from one part of the rehearsal to another: HTTP/1.1 over kept connections on loopback.

Both ends are ours, so this knows only what they do: GET, a Content-Length on every answer, no
redirects. In exchange a call costs a fifth of what a general client takes, and the rehearsal makes
some forty in a second beside the program that is being looked at.
"""

import asyncio
import re
from typing import NamedTuple

#: Nothing takes longer but something that hangs.
TIMEOUT_SECONDS = 15.0

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class CallError(Exception):
    """The other end gave no answer that makes sense."""


class Reply(NamedTuple):
    """An answer."""

    status: int
    body: bytes


class Caller:
    """Calls one server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Connection] = []
        self._open: set[asyncio.StreamWriter] = set()
        self._closed = False

    async def get(self, target: str, request_id: str) -> Reply:
        """GET of a target, which is quoted already. Raises CallError."""
        request = (
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"X-Request-Id: {request_id}\r\n\r\n"
        ).encode("ascii")
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                while self._idle:
                    # The other end may have closed it meanwhile, which the first read tells.
                    reply = await self._over(self._idle.pop(), request)
                    if reply is not None:
                        return reply
                fresh = await asyncio.open_connection("127.0.0.1", self._port)
                reply = await self._over(fresh, request)
        except (OSError, TimeoutError) as error:
            raise CallError(str(error)) from None
        if reply is None:
            raise CallError("the connection was closed")
        return reply

    async def _over(self, connection: _Connection, request: bytes) -> Reply | None:
        """The answer to a request on a connection; None if that turns out to be closed."""
        reader, writer = connection
        self._open.add(writer)
        if self._closed:
            self._drop(writer)
            raise CallError("no more calls are made")
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            if length is None:
                raise CallError("an answer without a length")
            body = await reader.readexactly(int(length[1]))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._drop(writer)
            return None
        except BaseException:
            self._drop(writer)
            raise
        self._idle.append(connection)
        return Reply(int(head[9:12]), body)

    def _drop(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        writer.close()

    def close(self) -> None:
        """Closes all connections; calls that are under way fail, as do all later ones."""
        self._closed = True
        for writer in list(self._open):
            self._drop(writer)
        self._idle.clear()
