"""A headless Chromium, driven over its DevTools protocol: what pages show and ask for, and keys."""

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

DEADLINE_S = 90.0
_KEY_CODES = {"Escape": 27, "Enter": 13}
#: xterm.js keeps its screen in a canvas. Its terminal gives itself away when it sets `_core`.
_FIND_TERMINAL = """
Object.defineProperty(Object.prototype, "_core", {
  configurable: true,
  set(value) {
    Object.defineProperty(this, "_core", {value, configurable: true, writable: true});
    if (this.buffer && this.cols) { window.__terminal = this; }
  },
});
"""
_READ_TERMINAL = """
(() => {
  const terminal = window.__terminal;
  if (!terminal) { return ""; }
  const buffer = terminal.buffer.active;
  return Array.from({length: terminal.rows}, (_, row) =>
    buffer.getLine(buffer.viewportY + row)?.translateToString(false) ?? "").join("\\n");
})()
"""


def program() -> str:
    """The path of Chromium; skips the test where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium here (on Debian: the package chromium); the browser is not tested")


class Page:
    """One tab."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self.requests: list[str] = []
        self.sockets: list[str] = []
        self.console: list[str] = []
        self._browser = browser
        self._session = session

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol, to this tab."""
        answer: dict[str, Any] = await self._browser.call(method, session=self._session, **params)
        return answer

    async def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression; awaited when it is a promise."""
        answer = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def go(self, url: str) -> None:
        """Opens an address."""
        await self.call("Page.navigate", url=url)

    async def text(self) -> str:
        """What the terminal in the page shows."""
        return str(await self.evaluate(_READ_TERMINAL))

    async def wait_for(self, condition: Callable[[str], bool] | str) -> str:
        """Waits until the terminal's text meets the condition, or holds the words."""
        met = (lambda text: condition in text) if isinstance(condition, str) else condition
        text = ""
        with suppress(TimeoutError):
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    text = await self.text()
                    if met(text):
                        return text
                    await asyncio.sleep(0.1)
        raise AssertionError(
            f"never saw {condition!r}; console: {self.console}; requests: {self.requests};"
            f" the screen:\n{text}"
        )

    async def wait_until(self, script: str) -> None:
        """Waits until a JavaScript expression is true."""
        async with asyncio.timeout(DEADLINE_S):
            while not await self.evaluate(script):  # noqa: ASYNC110 - a fact of another process
                await asyncio.sleep(0.05)

    async def press(self, *keys: str) -> None:
        """Presses keys, one after the other: characters, or `Escape`."""
        for key in keys:
            code = _KEY_CODES.get(key)
            what: dict[str, Any] = (
                {"text": key} if code is None else {"code": key, "windowsVirtualKeyCode": code}
            )
            await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **what)
            what.pop("text", None)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **what)

    async def point_at(self, row: int, column: int) -> tuple[float, float]:
        """Moves the mouse to the middle of one cell of the terminal, counted from 0."""
        x, y = await self.evaluate(
            f"""(() => {{
              const terminal = window.__terminal;
              const area = document.querySelector(".xterm-screen").getBoundingClientRect();
              return [area.left + ({column} + 0.5) * area.width / terminal.cols,
                      area.top + ({row} + 0.5) * area.height / terminal.rows];
            }})()"""
        )
        await self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        return x, y

    async def click(self, row: int, column: int) -> None:
        """A left click into a cell."""
        x, y = await self.point_at(row, column)
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    async def screenshot(self) -> bytes:
        """A PNG of the page as it is painted."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])

    async def close(self) -> None:
        """Closes the tab."""
        await self.call("Page.close")

    def heard(self, method: str, params: dict[str, Any]) -> None:
        """Keeps what the tab asks for and complains of."""
        match method:
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Network.webSocketCreated":
                self.sockets.append(params["url"])
            case "Runtime.consoleAPICalled":
                self.console.append(" ".join(str(each.get("value")) for each in params["args"]))
            case "Runtime.exceptionThrown":
                self.console.append(json.dumps(params["exceptionDetails"])[:500])
            case "Log.entryAdded":
                self.console.append(params["entry"]["text"])


class Browser:
    """One browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}
        self._reading = asyncio.create_task(self._read())

    async def call(self, method: str, *, session: str | None = None, **params: Any) -> Any:
        """One command of the protocol; its answer."""
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        command = {"id": number, "method": method, "params": params}
        await self._socket.send_json(command | ({"sessionId": session} if session else {}))
        async with asyncio.timeout(DEADLINE_S):
            answer = await self._waiting[number]
        del self._waiting[number]
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    async def open(self, url: str, *, width: int = 1400, height: int = 900) -> Page:
        """A new tab on that address."""
        target = (await self.call("Target.createTarget", url="about:blank", newWindow=True))[
            "targetId"
        ]
        session = (await self.call("Target.attachToTarget", targetId=target, flatten=True))[
            "sessionId"
        ]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            await page.call(f"{domain}.enable")
        await page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=_FIND_TERMINAL)
        await page.go(url)
        return page

    async def targets(self) -> int:
        """How many tabs and windows there are."""
        infos = (await self.call("Target.getTargets"))["targetInfos"]
        return sum(info["type"] == "page" for info in infos)

    async def end(self) -> None:
        """Asks it to close; returns once it no longer listens."""
        with suppress(AssertionError, TimeoutError, ConnectionError):
            await self.call("Browser.close")
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if (waiting := self._waiting.get(said.get("id"))) is not None:
                waiting.set_result(said)
            elif (page := self._pages.get(said.get("sessionId", ""))) is not None:
                page.heard(said["method"], said["params"])
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the browser is gone"))


@asynccontextmanager
async def chromium(*hosts: str) -> AsyncIterator[Browser]:
    """A browser without a window and without a way out of this machine; it leaves nothing behind.

    `hosts`: names that it takes for this machine.
    """
    path = program()
    rules = [*(f"MAP {host} 127.0.0.1" for host in hosts), "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder) / "profile"
        process = await asyncio.create_subprocess_exec(
            path,
            "--headless=new",
            "--no-sandbox",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            f"--host-resolver-rules={', '.join(rules)}",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = await _address(process, profile / "DevToolsActivePort")
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(address, max_msg_size=0) as socket,
            ):
                browser = Browser(socket)
                try:
                    yield browser
                finally:
                    await browser.end()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _address(process: asyncio.subprocess.Process, said: Path) -> str:
    """Where it listens: it writes its port and a path into the file `said`."""
    async with asyncio.timeout(DEADLINE_S):
        while process.returncode is None:
            lines = _lines(said)
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            await asyncio.sleep(0.05)
    raise AssertionError(f"Chromium ended with exit code {process.returncode} before it began")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split() if path.exists() else []
