"""The rehearsal's process: both APIs, the gateway, the backends and the load, on loopback.

One event loop serves four ports that the system picks: the gateway (its API, and the requests for
fields), the tracker, and the two backends, which only the gateway calls.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import msgspec
import uvicorn
from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from goliath_tui.domain import Side
from goliath_tui.native import GATEWAY_API, TRACKER_API
from goliath_tui.rehearsal.api import Clock, problem, routes
from goliath_tui.rehearsal.backends import Backend
from goliath_tui.rehearsal.counters import Counters
from goliath_tui.rehearsal.driver import drive
from goliath_tui.rehearsal.feeds import gateway_feeds, tracker_feeds
from goliath_tui.rehearsal.found import Found
from goliath_tui.rehearsal.gateway import Gateway
from goliath_tui.rehearsal.mismatches import MismatchFeed
from goliath_tui.rehearsal.scenario import ScenarioError, load
from goliath_tui.rehearsal.story import Story, tell
from goliath_tui.rehearsal.wire import Caller

__all__ = ["Rehearsal", "ScenarioError", "rehearsal", "serve"]

_HOST = "127.0.0.1"


class Rehearsal(Struct, frozen=True):
    """A rehearsal that runs. `served` are the backends, with their own counts.

    `jobs` go on until the end; one that is done before has failed.
    """

    gateway: str
    tracker: str
    story: Story
    router: Gateway
    served: dict[Side, Backend]
    jobs: tuple[asyncio.Task[None], ...]


def serve(
    scenario_path: Path | None, seed: int, *, child: bool = False, began: int | None = None
) -> None:
    """Runs the rehearsal until SIGTERM or SIGINT; as a child, until standard input closes.

    `began`: it is the rehearsal of the week of that moment, UTC ms; None: of this week.

    When it is ready it prints one line of JSON with the addresses of `gateway` and `tracker` and
    the name of the `instance`; for people, a config that uses them follows. Raises ScenarioError.
    """
    scenario, text = load(scenario_path)
    began = _now() if began is None else began
    asyncio.run(_serve(tell(scenario, text, seed, began), child=child))


async def _serve(story: Story, *, child: bool) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if child:
        _when_parent_ends(lambda: loop.call_soon_threadsafe(stop.set))
    async with rehearsal(story, _now) as running:
        # The story stays as it is: nobody needs to look for garbage in it again and again.
        gc.freeze()
        _announce(running, with_config=not child)
        told = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([told, *running.jobs], return_when=asyncio.FIRST_COMPLETED)
        for job in done:
            job.result()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _announce(running: Rehearsal, *, with_config: bool) -> None:
    ready = {
        "gateway": running.gateway,
        "tracker": running.tracker,
        "instance": running.story.instance,
    }
    lines = [msgspec.json.encode(ready).decode()]
    if with_config:
        lines += [
            "",
            f"migration: {running.story.scenario.name}",
            "sources:",
            f"  gateway: {{kind: goliath-gateway, url: {running.gateway}}}",
            f"  tracker: {{kind: goliath-tracker, url: {running.tracker}}}",
        ]
    # A parent that is gone already hears nothing; its end is noticed elsewhere.
    with suppress(BrokenPipeError):
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()


def _when_parent_ends(then: Callable[[], object]) -> None:
    """Calls `then` when standard input comes to its end, which it does with the parent's."""

    def wait() -> None:
        # os.read, because a reader of sys.stdin would hold its lock when the interpreter ends.
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        # The loop may have ended first, for another reason.
        with suppress(RuntimeError):
            then()

    threading.Thread(target=wait, name="parent", daemon=True).start()


@asynccontextmanager
async def rehearsal(story: Story, clock: Clock, *, driven: bool = True) -> AsyncIterator[Rehearsal]:
    """Runs a rehearsal for the length of the block. `driven`: with the load generator."""
    scenario = story.scenario
    counters = Counters(scenario, story.fields, clock())
    mismatches = MismatchFeed(Found(story), clock())
    sockets = [socket.create_server((_HOST, 0)) for _ in range(4)]
    ports = [one.getsockname()[1] for one in sockets]
    callers = {Side.LEGACY: Caller(ports[2]), Side.NEW: Caller(ports[3])}
    router = Gateway(story, callers, counters, mismatches, clock)
    backends = {side: Backend(story, side, clock) for side in callers}
    apps: dict[int, ASGIApp] = {
        ports[0]: Starlette(
            routes=[
                *routes(
                    GATEWAY_API,
                    f"{scenario.name} gateway",
                    story.instance,
                    gateway_feeds(story, counters, mismatches),
                    clock,
                ),
                router.route(),
            ],
            exception_handlers={HTTPException: problem},
        ),
        ports[1]: Starlette(
            routes=routes(
                TRACKER_API,
                f"{scenario.name} tracker",
                story.instance,
                tracker_feeds(story),
                clock,
            ),
            exception_handlers={HTTPException: problem},
        ),
        ports[2]: backends[Side.LEGACY].app,
        ports[3]: backends[Side.NEW].app,
    }
    driver = Caller(ports[0])
    async with _serving(apps, sockets):
        jobs = [asyncio.create_task(_tick(counters, clock))]
        if driven:
            jobs.append(asyncio.create_task(drive(story, driver, clock)))
        try:
            yield Rehearsal(
                gateway=f"http://{_HOST}:{ports[0]}",
                tracker=f"http://{_HOST}:{ports[1]}",
                story=story,
                router=router,
                served=backends,
                jobs=tuple(jobs),
            )
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            for caller in (driver, *callers.values()):
                caller.close()
            await router.settle()


async def _tick(counters: Counters, clock: Clock) -> None:
    """Closes buckets in which nobody asks for anything."""
    while True:
        counters.advance(clock())
        await asyncio.sleep(1)


class _Server(uvicorn.Server):
    """Says when it has started, and leaves the signals to whoever runs it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _serving(apps: dict[int, ASGIApp], sockets: list[socket.socket]) -> AsyncIterator[None]:
    """Serves each app on its port for the length of the block."""

    async def by_port(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[scope["server"][1]](scope, receive, send)

    server = _Server(
        uvicorn.Config(
            by_port,
            lifespan="off",
            http="h11",
            ws="none",
            log_config=None,
            log_level="error",
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=sockets))
    try:
        await server.ready.wait()
        yield
    finally:
        # What is cut off from here on is cut off on purpose.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        server.should_exit = True
        await serving
