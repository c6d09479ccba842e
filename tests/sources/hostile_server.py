"""An HTTP server on loopback that can do what no library lets a server do: hang, drip, lie, stop.

Raw sockets: what a handler writes is what goes over the wire.
"""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from goliath_tui import native


class Request(msgspec.Struct, frozen=True):
    """What a client sent. Header names are in lower case; `query` has the first of each name."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""
    asked: str = ""


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A running server: `url`, and every request it has seen."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        self.url = ""
        self.written = 0

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(request.path == path for request in self.requests)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                parts = urlsplit(first.split(" ")[1])
                pairs = [line.partition(": ") for line in lines if line]
                headers = {name.lower(): value for name, _, value in pairs}
                request = Request(
                    parts.path,
                    {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()},
                    headers,
                    first.split(" ")[0],
                    await reader.readexactly(int(headers.get("content-length", "0"))),
                    parts.query,
                )
                self.requests.append(request)
                await self.handler(request, writer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serves until the block ends, then hangs up on everybody."""
    server = Server(handler)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(server._serve(reader, writer)))

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answer(
    body: bytes | object = b"",
    *,
    status: str = "200 OK",
    headers: dict[str, str] | None = None,
) -> bytes:
    """A whole, correct answer; anything but bytes is sent as JSON."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    lines = {"Content-Length": str(len(raw)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + raw


def always(raw: bytes) -> Handler:
    """Answers everything with these bytes."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return handler


def hanging_up_after(raw: bytes) -> Handler:
    """Answers with these bytes and closes the connection."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        writer.close()

    return handler


async def hangs(request: Request, writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.Event().wait()


async def drips(request: Request, writer: asyncio.StreamWriter) -> None:
    """One byte at a time, soon enough for any timeout between two of them, without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def drips_headers(request: Request, writer: asyncio.StreamWriter) -> None:
    """As `drips`, but never even ends its headers."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Slow: 1\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def two_hundred_megabytes(request: Request, writer: asyncio.StreamWriter) -> None:
    """As much, without saying so first."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(200):
        writer.write(b"100000\r\n" + b" " * 2**20 + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")


def gzip_bomb(megabytes: int) -> bytes:
    """An answer that is small on the wire."""
    return answer(gzip.compress(bytes(megabytes * 2**20)), headers={"Content-Encoding": "gzip"})


class Api:
    """A native API whose pages a test sets: `pages[name]` is a list of (cursor, page) answers.

    A page is found by the cursor that asks for it; an endpoint without pages is empty for ever.
    """

    def __init__(self, api: str, now: Callable[[], int], instance: str = "one") -> None:
        self.api = api
        self.now = now
        self.instance = instance
        self.pages: dict[str, dict[str | None, Any]] = {}
        self.overrides: dict[str, Handler] = {}

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        name = request.path.rpartition("/")[2]
        if name in self.overrides:
            await self.overrides[name](request, writer)
        elif name == "about":
            about = native.About(api=self.api, name="test", instance=self.instance, now=self.now())
            writer.write(answer(about))
        else:
            pages = self.pages.get(name, {})
            cursor = request.query.get("cursor")
            writer.write(answer(pages.get(cursor, {"rows": [], "cursor": cursor or ""})))


async def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Waits until something is so; fails when it is not in time."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition may be a fact of another process
            await asyncio.sleep(0.005)
