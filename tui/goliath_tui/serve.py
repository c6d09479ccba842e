"""The command `serve`: the wall in a browser, one read-only process for each viewer.

The viewers do not poll. This process runs the one poller for all of them, as a screen does, so
polling goes on when the last viewer leaves, and no viewer can steer or end it.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from goliath_tui.clean import clean_text
from goliath_tui.poller_child import PollerChild, Report, Role
from goliath_tui.web.gate import HEADERS, Gate
from goliath_tui.web.viewer import Viewer

MOST_VIEWERS = 8
_LONGEST_MESSAGE = 64 * 1024
_LONGEST_LINE = 2000
_HEARTBEAT_S = 15.0
_STOP_S = 15.0
_HTML, _CSS, _JS, _FONT = "text/html", "text/css", "text/javascript", "font/ttf"
_OURS = {"": ("page.html", _HTML), "page.css": ("page.css", _CSS), "page.js": ("page.js", _JS)}
#: The terminal of textual-serve; its own page asks another host for a font, ours has it here.
_THEIRS = {
    "textual.js": ("static/js/textual.js", _JS),
    "xterm.css": ("static/css/xterm.css", _CSS),
    "mono.ttf": ("static/fonts/RobotoMono-VariableFont_wght.ttf", _FONT),
}

_log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Say = Callable[[str], None]


async def serve(
    house: "House",
    sockets: Sequence[socket.socket],
    poller_command: Sequence[str],
    say: Say,
    ready: str,
) -> None:
    """Serves `house` on the bound `sockets` until interrupted.

    `say` is told `ready` once viewers may come, and what happens to the poller.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Started by nohup, or in the background of a script, it is meant to go on.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, ended.set)
    runner = web.AppRunner(house.application(), access_log=None, shutdown_timeout=_STOP_S)
    poller = PollerChild(poller_command, _teller(say, ended))
    await runner.setup()
    try:
        for each in sockets:
            await web.SockSite(runner, each).start()
        poller.start()
        say(ready)
        await ended.wait()
    finally:
        ended.set()
        await asyncio.gather(runner.cleanup(), poller.stop())


class House:
    """The page, and who looks at it. `most`: how many may look at once."""

    def __init__(self, gate: Gate, command: Sequence[str], most: int = MOST_VIEWERS) -> None:
        self._gate = gate
        self._command = list(command)
        self._most = most
        self._open: set[web.WebSocketResponse] = set()
        self._files = _files()

    def application(self) -> web.Application:
        """What the server runs."""
        application = web.Application(middlewares=[self._guard])
        application.on_response_prepare.append(_add_headers)
        application.on_shutdown.append(self._close_all)
        for path in self._files:
            application.router.add_get(f"/{path}", self._file)
        application.router.add_get("/ws", self._look)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = self._gate.refusal(
            request.headers.get("Host"),
            request.headers.get("Origin"),
            must_say=request.path == "/ws",
        )
        if refusal is not None:
            raise web.HTTPForbidden(text=f"{refusal}\n")
        return await handler(request)

    async def _file(self, request: web.Request) -> web.Response:
        body, kind = self._files[request.path.removeprefix("/")]
        return web.Response(
            body=body,
            content_type=kind,
            charset=None if kind == _FONT else "utf-8",
            # Another version may be served tomorrow at the same address.
            headers={"Cache-Control": "no-cache"},
        )

    async def _look(self, request: web.Request) -> web.WebSocketResponse:
        page = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=_LONGEST_MESSAGE)
        await page.prepare(request)
        if len(self._open) >= self._most:
            await page.send_bytes(self._full().encode())
            await page.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too many viewers")
            return page
        self._open.add(page)
        viewer = Viewer(self._command)
        try:
            await viewer.start(_number(request, "width", 80), _number(request, "height", 24))
            await _show(page, viewer)
        except OSError as error:
            _log.error("a viewer cannot be started: %s", error.strerror or error)
        finally:
            await viewer.end()
            self._open.discard(page)
            with suppress(ConnectionError):
                await page.close()
        return page

    def _full(self) -> str:
        return (
            f"\x1b[2J\x1b[H{self._most} viewers are looking, and more are not served.\r\n"
            "This page comes in by itself when one of them has gone.\r\n"
        )

    async def _close_all(self, _: web.Application) -> None:
        for page in list(self._open):
            with suppress(ConnectionError):
                await page.close(code=WSCloseCode.GOING_AWAY)


async def _show(page: web.WebSocketResponse, viewer: Viewer) -> None:
    """Passes on pictures and keys until the page or the viewer's process has gone."""

    async def draw() -> None:
        complaint = await viewer.draw(page.send_bytes)
        if complaint is not None:
            # What is wrong with the config or the cache is for whoever serves.
            _log.error("a viewer ended: %s", clean_text(complaint, _LONGEST_LINE))
            await page.send_bytes(b"\x1bc\x1b[HThe wall cannot be shown now.\r\n")

    both = [asyncio.create_task(draw()), asyncio.create_task(_hear(page, viewer))]
    done, late = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for task in late:
        task.cancel()
    for result in await asyncio.gather(*done, *late, return_exceptions=True):
        # A page that is gone, or a process that no longer listens, is an end like any other.
        if isinstance(result, Exception) and not isinstance(
            result, (ConnectionError, TimeoutError)
        ):
            raise result


async def _hear(page: web.WebSocketResponse, viewer: Viewer) -> None:
    """Does what the page's messages say; those that say nothing we know are dropped."""
    async for message in page:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            said = msgspec.json.decode(message.data)
        except (msgspec.DecodeError, RecursionError):
            continue
        match said:
            case ["stdin", str(text)]:
                await viewer.type(text)
            case ["resize", {"width": int(columns), "height": int(rows)}]:
                await viewer.resize(columns, rows)
            case ["focus" | "blur" as which, *_]:
                await viewer.focus(which == "focus")
            case ["ping", str(text)]:
                await page.send_str(msgspec.json.encode(["pong", text]).decode())


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else default


def _files() -> dict[str, tuple[bytes, str]]:
    """path → content and type. Raises ModuleNotFoundError without the extra `web`."""
    ours, theirs = files("goliath_tui.web"), files("textual_serve")
    return {
        path: (_read(home, name), kind)
        for home, known in ((ours, _OURS), (theirs, _THEIRS))
        for path, (name, kind) in known.items()
    }


def _read(home: Traversable, name: str) -> bytes:
    return home.joinpath(*name.split("/")).read_bytes()


def _teller(say: Say, ended: asyncio.Event) -> Callable[[Report], None]:
    """Says what the poller does, once each, until we end it ourselves."""
    said = ""

    def heard(report: Report) -> None:
        nonlocal said
        words = _words(report)
        if words and words != said and not ended.is_set():
            said = words
            say(words)

    return heard


def _words(report: Report) -> str:
    match report.role:
        case Role.POLLING if report.problem:
            return f"polling, but: {report.problem}"
        case Role.POLLING:
            return "polling"
        case Role.STANDBY:
            return f"process {report.holder} polls this cache; standing by until it goes"
        case Role.ENDED:
            return f"nobody polls: {report.error}"
        case _:
            return ""
