"""The pictures of a migration that several real programs tell of, each a part of it.

Two Envoys send a part of the requests to new and a copy of some to a shadow, a Prometheus scrapes
them, a Redmine has the work; schema and log are files. The config is the one that
docs/sources/README.md shows, with the addresses of what was started here. Of the days before,
Prometheus is given a history, and so is the log; what the window holds was sent and counted
meanwhile.
"""

import asyncio
import json
import re
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random

from docs.shots.camera import Album, camera, wait_until_filled
from docs.shots.mixed_plan import (
    CANARY_OFF,
    COMPARED,
    MISSED,
    RATE,
    SERVICES,
    comparison,
    history,
    past_lines,
    schema,
)
from docs.shots.mixed_work import enter
from tests.e2e.metric_stores import metric_store
from tests.e2e.redmine import redmine
from tests.e2e.split_gateways import Gateway, Split, backend, envoy, send

NAMES = ("mixed", "mixed-sources")
PAGE = Path(__file__).resolve().parents[1] / "sources" / "README.md"
HEADING = "## One from five"
#: What the page calls the programs.
ADDRESSES = ("https://prometheus.example", "http://envoy.example:9901", "https://redmine.example")
MIRRORED = ("mastery", "progress", CANARY_OFF)
TICK_S = 0.5
PAST_LINES = 40_000
#: The window in the config and a little: all that it holds was sent since the shares are known.
WINDOW_S = 200.0


def photographed(folder: Path, album: Album) -> None:
    """Starts all of it, lets it run for a window, and takes the pictures."""
    own = folder / "mixed"
    own.mkdir()
    asyncio.run(_photographed(own, album))


async def _photographed(folder: Path, album: Album) -> None:
    random = Random(1)
    async with AsyncExitStack() as stack:
        tracker = await stack.enter_async_context(redmine())
        await enter(tracker, random)
        legacy, new, shadow = [
            await stack.enter_async_context(backend(side)) for side in ("legacy", "new", "shadow")
        ]
        splits = [
            Split(
                service.name,
                legacy,
                new,
                (100 - service.new, service.new),
                shadow if service.name in MIRRORED else None,
            )
            for service in SERVICES
        ]
        behind = [
            split.weighing(100 - MISSED, MISSED) if split.service == CANARY_OFF else split
            for split in splits
        ]
        gateways = []
        for number, of_gateway in enumerate((splits, behind), 1):
            place = folder / f"edge-{number}"
            place.mkdir()
            gateways.append(await stack.enter_async_context(envoy(place, of_gateway)))
        store = await stack.enter_async_context(
            metric_store(
                "prometheus",
                folder,
                targets=[gateway.admin for gateway in gateways],
                path="/stats/prometheus",
                history=history(time.time()),
            )
        )
        log, graph = folder / "comparisons.log", folder / "supergraph.graphql"
        graph.write_text(schema(cleaned_up=False), encoding="utf-8")
        log.write_text("\n".join([*past_lines(random, time.time(), PAST_LINES), ""]))
        addresses = dict(zip(ADDRESSES, (store.url, gateways[0].admin, tracker.url), strict=True))
        (folder / "config.yaml").write_text(config(addresses), encoding="utf-8")
        running = asyncio.create_task(_traffic(gateways, log, random))
        try:
            await asyncio.to_thread(_shoot, folder, album, tracker.key)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def config(addresses: dict[str, str]) -> str:
    """The config that the page shows, with other addresses."""
    section = PAGE.read_text(encoding="utf-8").split(f"{HEADING}\n", 1)[1]
    text: str = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)[0]
    for told, real in addresses.items():
        if text.count(told) != 1:
            raise SystemExit(f"{PAGE.name} does not have {told} once below {HEADING}")
        text = text.replace(told, real)
    return text


async def _traffic(gateways: list[Gateway], log: Path, random: Random) -> None:
    """Requests for all services, half of them to each gateway, and comparisons, until cancelled."""
    whole = sum(service.load for service in SERVICES)
    due: Counter[tuple[str, str]] = Counter()
    begun, ticks, lines = time.monotonic(), 0, 0
    with log.open("a", encoding="utf-8") as out:
        while True:
            ticks += 1
            asked = []
            for gateway in gateways:
                for service in SERVICES:
                    all_of_it = RATE * TICK_S * ticks * service.load / whole / len(gateways)
                    url = f"{gateway.url}/{service.name}"
                    count = int(all_of_it) - due[url, service.name]
                    due[url, service.name] += count
                    asked.append(send(url, count, connections=1))
            await asyncio.gather(*asked)
            while lines < COMPARED * TICK_S * ticks:
                out.write(json.dumps(comparison(random, time.time())) + "\n")
                lines += 1
            out.flush()
            await asyncio.sleep(max(0.0, begun + ticks * TICK_S - time.monotonic()))


def _shoot(folder: Path, album: Album, key: str) -> None:
    env = {"REDMINE_API_KEY": key}
    with camera(folder, album, env=env) as shot:
        wait_until_filled(folder, shot)
        fresh = folder / "supergraph.fresh"
        fresh.write_text(schema(cleaned_up=True), encoding="utf-8")
        fresh.replace(folder / "supergraph.graphql")
        shot.watch(WINDOW_S)
        # The last service is the one whose canary is off.
        shot.terminal.send("2G")
        shot.take("mixed", "A migration told by five sources: one canary is off its share")
        shot.terminal.send("5")
        shot.settle()
        shot.terminal.send("\r")
        shot.settle()
        shot.terminal.send("jj")
        shot.take("mixed-sources", "The five sources of that migration, with what they remarked")
        shot.back()
