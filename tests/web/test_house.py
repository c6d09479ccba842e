"""The house and its viewers: real processes with a small app in them, over a real websocket."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pyte
import pytest
from aiohttp import WSMsgType
from aiohttp.test_utils import BaseTestServer, TestServer

from goliath_tui.serve import House
from goliath_tui.web.gate import HEADERS, gate
from goliath_tui.web.viewer import LARGEST, SMALLEST, within_limits
from tests.commands.programs import eventually_gone
from tests.processes import descendants
from tests.sources.hostile_server import eventually

ECHO = (sys.executable, str(Path(__file__).with_name("program.py")))
SOON_S = 40.0


class Looker:
    """A page's side of the websocket, with a terminal that shows what came."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.texts: list[str] = []
        self._screen = pyte.Screen(*LARGEST)
        self._stream = pyte.ByteStream(self._screen)

    async def sees(self, pattern: str) -> str:
        """Waits until the screen has that; the whole screen."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SOON_S):
                while not self.socket.closed:
                    text = "\n".join(self._screen.display)
                    if re.search(pattern, text):
                        return text
                    await self._take()
        shown = " ".join("\n".join(self._screen.display).split())
        raise AssertionError(f"never saw {pattern!r}: {shown}")

    async def closed(self) -> int | None:
        """Waits for the end of the connection; its code."""
        async with asyncio.timeout(SOON_S):
            while not self.socket.closed:
                await self._take()
        return self.socket.close_code

    async def type(self, text: str) -> None:
        """Types."""
        await self.socket.send_json(["stdin", text])

    async def _take(self) -> None:
        message = await self.socket.receive()
        if message.type is WSMsgType.BINARY:
            self._stream.feed(message.data)
        elif message.type is WSMsgType.TEXT:
            self.texts.append(message.data)


class Served:
    """A house on loopback."""

    def __init__(self, server: BaseTestServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session
        self.origin = f"http://127.0.0.1:{server.port}"

    @asynccontextmanager
    async def look(self, query: str = "?width=80&height=24") -> AsyncIterator[Looker]:
        """Opens a page."""
        async with self.session.ws_connect(
            f"{self.origin}/ws{query}", headers={"Origin": self.origin}
        ) as socket:
            yield Looker(socket)


def viewers() -> list[int]:
    """The viewers' processes that run."""
    return [pid for pid, args in descendants(os.getpid()).items() if ECHO[1] in args]


@asynccontextmanager
async def serving(*command: str, most: int = 8) -> AsyncIterator[Served]:
    house = House(gate("127.0.0.1", public=False), command or ECHO, most)
    async with (
        TestServer(house.application(), host="127.0.0.1") as server,
        aiohttp.ClientSession() as session,
    ):
        yield Served(server, session)


async def test_a_viewer_sees_types_and_resizes() -> None:
    async with serving() as served, served.look("?width=61&height=17") as looker:
        await looker.sees("size 61x17")
        await looker.type("abü")
        await looker.sees("keys abü ")
        await looker.socket.send_json(["resize", {"width": 70, "height": 20}])
        await looker.sees("size 70x20")
        await looker.socket.send_json(["ping", "17"])
        await looker.type("c")
        await looker.sees("keys abüc ")
        assert looker.texts == ['["pong","17"]']


async def test_a_size_that_nobody_has_is_not_drawn() -> None:
    async with serving() as served, served.look("?width=99999&height=x") as looker:
        await looker.socket.send_json(["resize", {"width": 10**9, "height": -(10**9)}])
        await looker.sees(f"size {LARGEST[0]}x{SMALLEST[1]}")


def test_the_nearest_size_is_taken() -> None:
    assert within_limits(120, 36) == (120, 36)
    assert within_limits(0, 0) == SMALLEST
    assert within_limits(10**9, 10**9) == LARGEST


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "{",
        "[]",
        "17",
        '["stdin"]',
        '["stdin", 7]',
        '["resize", {"width": "x"}]',
        '["what", {}]',
    ],
)
async def test_nonsense_changes_nothing(nonsense: str) -> None:
    async with serving() as served, served.look() as looker:
        await looker.sees("keys  ")
        await looker.socket.send_str(nonsense)
        await looker.socket.send_bytes(b"\x00\xff")
        await looker.type("a")
        await looker.sees("keys a ")


async def test_a_message_beyond_all_measure_ends_that_connection_alone() -> None:
    async with serving() as served, served.look() as looker, served.look() as other:
        await other.sees("keys")
        await looker.sees("keys")
        await looker.type("a" * 200_000)
        assert await looker.closed() == 1009
        await other.type("b")
        await other.sees("keys b ")


async def test_a_viewer_opens_nothing_and_is_handed_no_file() -> None:
    async with serving() as served, served.look() as looker:
        await looker.sees("keys")
        await looker.type("ODx")
        await looker.sees("keys ODx ")
        assert looker.texts == []
        for path in ("/download/x", "/static/", "/static/js/textual.js", "/../pyproject.toml"):
            assert (await served.session.get(f"{served.origin}{path}")).status == 404


async def test_the_process_goes_when_its_viewer_goes_and_the_others_stay() -> None:
    async with serving() as served, served.look() as other:
        await other.sees("size")
        [others] = viewers()
        async with served.look() as looker:
            await looker.sees("size")
            [mine] = set(viewers()) - {others}
        await eventually_gone(mine)
        await other.type("still")
        await other.sees("keys still ")
    await eventually_gone(others)


async def test_a_process_that_ends_closes_the_page() -> None:
    async with serving() as served, served.look() as looker:
        await looker.sees("size")
        await looker.type("Q")
        await looker.closed()
    assert viewers() == []


async def test_a_process_that_hangs_is_ended_all_the_same() -> None:
    async with serving() as served:
        async with served.look() as looker:
            await looker.sees("size")
            [hanging] = viewers()
            await looker.type("S")
            # It draws that, and then it sleeps for minutes.
            await looker.sees("keys S ")
        await eventually_gone(hanging)


async def test_one_too_many_is_told_so_and_comes_in_later() -> None:
    async with serving(most=1) as served:
        async with served.look() as first:
            await first.sees("size")
            async with served.look() as second:
                await second.sees("1 viewers are looking, and more are not served")
                assert await second.closed() == 1013
            assert len(viewers()) == 1
        await eventually(lambda: viewers() == [])
        # Its place is free a moment after its process has gone; a page asks until it is.
        for _ in range(100):
            async with served.look() as third:
                if "size" in await third.sees("size|are not served"):
                    break
            await asyncio.sleep(0.1)
        else:
            pytest.fail("the place was never free")


async def test_what_cannot_be_shown_is_said_to_the_one_who_serves(
    caplog: pytest.LogCaptureFixture,
) -> None:
    code = "import sys; sys.exit('the cache has a secret path')"
    async with serving(sys.executable, "-c", code) as served, served.look() as looker:
        await looker.sees("The wall cannot be shown now")
        await looker.closed()
    assert "secret path" in caplog.text


async def test_a_command_that_is_not_there_closes_the_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving("/no/such/program") as served, served.look() as looker:
        await looker.closed()
    assert "No such file" in caplog.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://evil.example", "Host": "evil.example"},
    ],
)
async def test_another_site_gets_no_viewer(headers: dict[str, str]) -> None:
    async with serving() as served:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await served.session.ws_connect(f"{served.origin}/ws", headers=headers)
        assert caught.value.status == 403
        assert viewers() == []


async def test_every_answer_keeps_the_browser_in_bounds() -> None:
    async with serving() as served:
        for path in ("/", "/page.js", "/textual.js", "/mono.ttf", "/nowhere"):
            answer = await served.session.get(f"{served.origin}{path}")
            assert HEADERS.items() <= answer.headers.items(), path
        refused = await served.session.get(f"{served.origin}/", headers={"Host": "evil.example"})
        assert refused.status == 403
        assert HEADERS.items() <= refused.headers.items()


async def test_what_we_wrote_asks_nobody_else() -> None:
    async with serving() as served:
        for path in ("/", "/page.js", "/page.css"):
            text = await (await served.session.get(f"{served.origin}{path}")).text()
            assert not re.search(r"(https?:)?//[a-z0-9]+\.[a-z]", text), path
