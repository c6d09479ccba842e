"""The wall in a real browser: figures, keys, viewers and their processes, and who is kept out."""

import asyncio
import json
import os
import re
import shutil
import signal
import struct
import sys
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from goliath_tui.lock import CacheLock
from goliath_tui.serve import House
from goliath_tui.web.gate import gate
from tests.commands.programs import Running, run, running
from tests.e2e.chromium import Page, chromium
from tests.e2e.hostile_api import MARK, hostile_apis
from tests.processes import descendants, wait_until
from tests.sources.hostile_server import eventually

REPOSITORY = Path(__file__).parents[2]
ECHO = (sys.executable, str(REPOSITORY / "tests" / "web" / "program.py"))
FIGURES = r"\d[\d,]* of \d\d,\d{3}"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone has."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(REPOSITORY / "config.yaml", folder)
    return folder


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Running, str]]:
    """`serve` on a free port, and its address."""
    arguments = ("--config", "config.yaml", "serve", "--port", "0")
    async with running(*arguments, cwd=folder) as program:
        await program.says("the wall is at ")
        address = re.search(r"http://127\.0\.0\.1:\d+/", program.err)
        assert address is not None
        yield program, address[0]


def below(pid: int, words: str) -> list[int]:
    """The processes below `pid` whose command line has the words."""
    return [number for number, args in descendants(pid).items() if words in args]


def scan_lines(png: bytes) -> set[bytes]:
    """The distinct lines of a picture, as they are stored: a blank one has hardly any."""
    at, data, width = 8, b"", 0
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width = struct.unpack(">I", body[:4])[0] * {2: 3, 6: 4}[body[9]] + 1
        elif kind == b"IDAT":
            data += body
        at += size + 12
    plain = zlib.decompress(data)
    return {plain[start : start + width] for start in range(0, len(plain), width)}


async def shows_what_status_says(page: Page, folder: Path) -> bool:
    """Whether it comes to show the points that `status` tells; more may still be arriving."""
    async with asyncio.timeout(60):
        while True:
            status = json.loads((await run("status", "--json", cwd=folder)).out)
            if f" of {round(status['points']['total']):,}" in await page.text():
                return True


async def test_two_viewers_one_poller_and_nothing_left_at_the_end(checkout: Path) -> None:
    async with serving(checkout) as (program, address):
        async with chromium() as browser:
            page = await browser.open(address)
            await page.wait_for(lambda text: bool(re.search(FIGURES, text)))
            assert await shows_what_status_says(page, checkout)
            assert len(scan_lines(await page.screenshot())) > 100
            assert page.requests
            assert all(asked.startswith(address) for asked in page.requests), page.requests
            assert all(f"ws{address[4:]}ws".split("?")[0] in asked for asked in page.sockets)
            assert await page.evaluate("document.fonts.check(\"16px 'Roboto Mono'\")")

            # Keys that would end or steer something do nothing; those that only look work.
            await page.press("q", "r", "?")
            await page.wait_for("▸ help")
            await page.press("q")
            await page.wait_for(lambda text: "▸ help" not in text and "sources" in text)

            second = await browser.open(address, width=900, height=600)
            await second.wait_for(lambda text: bool(re.search(FIGURES, text)))
            assert len(below(program.pid, "--viewer")) == 2
            [poller] = below(program.pid, "poll --child")
            [lock] = (checkout / "data").glob("*.lock")
            assert CacheLock(lock.with_suffix("")).holder() == poller

            await second.close()
            await eventually(lambda: len(below(program.pid, "--viewer")) == 1, 60)
            await page.press("?")
            await page.wait_for("▸ help")
        await eventually(lambda: below(program.pid, "--viewer") == [], 60)

        # Nobody looks, and it is polled all the same.
        polled = (checkout / "data" / f"{lock.stem}-wal").stat().st_mtime_ns
        await eventually(
            lambda: (checkout / "data" / f"{lock.stem}-wal").stat().st_mtime_ns > polled, 60
        )
        assert below(program.pid, "poll --child") == [poller]
        everybody = set(descendants(program.pid))
        program.process.terminate()
        assert await program.ends() == 0
        assert not everybody & set(descendants(1))


async def test_killed_it_takes_everybody_with_it(checkout: Path) -> None:
    async with serving(checkout) as (program, address), chromium() as browser:
        page = await browser.open(address)
        await page.wait_for(lambda text: bool(re.search(FIGURES, text)))
        everybody = descendants(program.pid)
        assert len([args for args in everybody.values() if "goliath_tui" in args]) >= 3
        os.kill(program.pid, signal.SIGKILL)
        assert await program.ends() == -signal.SIGKILL
        wait_until(lambda: not everybody.keys() & descendants(1).keys(), f"the end of {everybody}")
        shown = "getComputedStyle(document.getElementById('ended')).display"
        assert await page.evaluate(shown) == "block"


async def test_a_page_that_lost_its_server_comes_back_by_itself() -> None:
    house = House(gate("127.0.0.1", public=False), ECHO)
    async with chromium() as browser:
        async with TestServer(house.application(), host="127.0.0.1") as server:
            port = server.port
            page = await browser.open(f"http://127.0.0.1:{port}/?fontsize=24&delay=1&ping=x")
            await page.wait_for("keys")
            await page.press("a")
            await page.wait_for("keys a ")
            assert await page.evaluate("window.__terminal.options.fontSize") == "24"
        again = House(gate("127.0.0.1", public=False), ECHO)
        async with TestServer(again.application(), host="127.0.0.1", port=port):
            await page.wait_for("keys  ")
            assert await page.evaluate("window.__terminal.options.fontSize") == "24"


EVIL = """<!doctype html><body><iframe src="http://127.0.0.1:{port}/"></iframe><script>
window.got = [];
const socket = new WebSocket("ws://127.0.0.1:{port}/ws?width=80&height=24");
socket.onopen = () => window.got.push("open");
socket.onerror = () => window.got.push("refused");
fetch("http://127.0.0.1:{port}/page.js").then(
  () => window.got.push("read"), () => window.got.push("unreadable"));
</script>"""


async def test_another_site_in_the_same_browser_gets_nothing() -> None:
    house = House(gate("127.0.0.1", public=False), ECHO)
    async with TestServer(house.application(), host="127.0.0.1") as server:

        async def evil(_: web.Request) -> web.Response:
            return web.Response(
                text=EVIL.replace("{port}", str(server.port)), content_type="text/html"
            )

        site = web.Application()
        site.router.add_get("/", evil)
        async with (
            TestServer(site, host="127.0.0.1") as other,
            chromium("evil.example") as browser,
        ):
            page = await browser.open(f"http://evil.example:{other.port}/")
            await page.wait_until("window.got?.length === 2")
            assert sorted(await page.evaluate("window.got")) == ["refused", "unreadable"]
            # The name of the other site, pointed at us: what is called rebinding.
            await page.go(f"http://evil.example:{server.port}/")
            await page.wait_until("document.body?.innerText.includes('does not go by that name')")
            assert below(os.getpid(), ECHO[1]) == []


async def test_an_address_in_a_text_opens_nothing_when_it_is_clicked() -> None:
    house = House(gate("127.0.0.1", public=False), ECHO)
    async with (
        TestServer(house.application(), host="127.0.0.1") as server,
        chromium("evil.example") as browser,
    ):
        page = await browser.open(f"http://127.0.0.1:{server.port}/")
        await page.wait_for("keys")
        await page.press(*"http://evil.example/x")
        text = await page.wait_for("http://evil.example/x ")
        windows, asked = await browser.targets(), list(page.requests)
        column = text.splitlines()[0].index("evil.example")
        await click_until_blocked(page, column)
        await page.press("z")
        await page.wait_for("http://evil.example/xz ")
        assert await browser.targets() == windows
        assert page.requests == asked


async def click_until_blocked(page: Page, column: int) -> None:
    """Clicks until the browser says that it has opened no window.

    A link is under the pointer for as long as nothing is drawn over it, so that one click may miss.
    """
    for _ in range(30):
        await page.point_at(0, column)
        await page.wait_until("document.querySelector('.xterm-cursor-pointer') !== null")
        await page.click(0, column)
        with suppress(TimeoutError):
            await eventually(lambda: any("allow-popups" in line for line in page.console), 3)
            return
    raise AssertionError(f"no window was refused; the console: {page.console}")


async def test_hostile_text_stays_text_in_the_browser(tmp_path: Path) -> None:
    with hostile_apis(time.time_ns() // 1_000_000) as (gateway, tracker):
        (tmp_path / "config.yaml").write_text(
            "migration: Hostile\nsources:\n"
            f"  gateway: {{kind: goliath-gateway, url: '{gateway}'}}\n"
            f"  tracker: {{kind: goliath-tracker, url: '{tracker}'}}\n"
        )
        async with serving(tmp_path) as (_, address), chromium("evil.example") as browser:
            page = await browser.open(address)
            windows = await browser.targets()
            await page.wait_for("oldest figure")
            await page.press(" ")
            while MARK not in (text := await page.text()):
                await page.press("l")
            rows = [n for n, line in enumerate(text.splitlines()) if MARK in line]
            for row in rows[:8]:
                await page.click(row, text.splitlines()[row].index(MARK) + 4)
            await page.press("?")
            await page.wait_for("▸ help")
            assert await browser.targets() == windows
            assert all(asked.startswith(address) for asked in page.requests), page.requests
            assert await page.evaluate("document.title") == "goliath-tui"
