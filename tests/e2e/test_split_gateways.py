"""Real gateways, asked by themselves: what is told is what their backends counted, and what they
are told to do is known."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from goliath_tui.clock import now_ms
from goliath_tui.domain import Side, SourceError
from goliath_tui.measures.intended import is_off
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.exposition import samples
from tests.e2e.asking import Asker, asking
from tests.e2e.programs import free_port
from tests.e2e.split_gateways import (
    Backend,
    Gateway,
    Split,
    backend,
    envoy,
    haproxy,
    post,
    send,
    set_weights,
    traefik,
    write_traefik,
)
from tests.sources.hostile_server import eventually


@asynccontextmanager
async def splits(*services: str, mirrored: bool = True) -> AsyncIterator[list[Split]]:
    """A split of 70 to 30 for each service, whose backends all services share."""
    async with AsyncExitStack() as stack:
        old, new, shadow = [
            await stack.enter_async_context(backend(side)) for side in ("legacy", "new", "shadow")
        ]
        yield [
            Split(service, old, new, (70, 30), shadow if mirrored else None) for service in services
        ]


def counted(splits: list[Split]) -> dict[tuple[str, Side], int]:
    """What the backends themselves counted."""
    return {
        (split.service, Side(side)): to.asked(split.service)
        for split in splits
        for side, to in split.sides().items()
    }


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """Waits until something that has to be asked for is so."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def old_enough(traffic: Asker) -> None:
    """Polls until the process would be seen to be younger, were it started again."""

    async def is_so() -> bool:
        await traffic.poll()
        place = msgspec.json.decode(traffic.cursor or "{}")
        age = now_ms() / 1000 - place.get("started", now_ms())
        return bool(max(uptime_in(traffic), age) >= 3)

    await until(is_so)


async def told(asker: Asker, expected: dict[tuple[str, Side], int]) -> None:
    """Polls until the totals are as expected: a gateway counts a moment after it has answered."""

    async def there() -> bool:
        await asyncio.sleep(0.02)
        await asker.poll()
        beyond = {key: n for key, n in asker.totals.items() if n > expected.get(key, -1)}
        assert not beyond, (dict(asker.totals), expected)
        return dict(asker.totals) == expected

    await until(there)


async def means(asker: Asker, **shares: float | None) -> None:
    """Polls until these shares are what is intended."""

    async def there() -> bool:
        await asker.poll()
        return asker.shares == pytest.approx(shares)

    await until(there)


def uptime_in(traffic: Asker) -> float:
    """The uptime that a source remembers of its gateway."""
    return float(msgspec.json.decode(traffic.cursor or "{}").get("uptime", 0))


async def uptime(gateway: Gateway) -> float:
    """The uptime that an Envoy tells."""
    client = Client(Connection(base_url=gateway.admin), clock=now_ms)
    answer = await client.get("/stats/prometheus")
    await client.close()
    return next(samples(answer.body, ("envoy_server_uptime",))).value


async def mirrored(split: Split, requests: int) -> None:
    assert split.shadow is not None
    shadow: Backend = split.shadow
    await eventually(lambda: shadow.asked(split.service) == requests)


async def test_envoy_is_told_as_its_backends_counted_through_a_change_and_a_restart(
    tmp_path: Path,
) -> None:
    ports = (free_port(), free_port())
    async with splits("courses", "quiz") as both, AsyncExitStack() as stack:
        courses = both[0]
        gateway = await stack.enter_async_context(envoy(tmp_path, both, ports=ports))
        admin = gateway.admin
        # What was answered before we looked belongs to no time that we know.
        await send(f"{gateway.url}/quiz", 20)
        await mirrored(both[1], 20)
        before = counted(both)
        traffic = await stack.enter_async_context(asking("metrics", admin, preset="envoy"))
        intended = await stack.enter_async_context(asking("envoy", admin))
        assert (await traffic.poll()).rows == ()
        assert "counts 2 services: courses, quiz" in traffic.notes[0]
        await means(intended, courses=0.3, quiz=0.3)

        assert await send(f"{gateway.url}/courses", 600) == {200: 600}
        await mirrored(courses, 600)
        now = counted(both)
        assert now["courses", Side.LEGACY] > now["courses", Side.NEW] > 100
        await told(traffic, {key: n - before[key] for key, n in now.items()})

        await set_weights(gateway, courses, 10, 90)
        await means(intended, courses=0.9, quiz=0.3)
        await send(f"{gateway.url}/courses", 300)
        await mirrored(courses, 900)
        now = counted(both)
        await told(traffic, {key: n - before[key] for key, n in now.items()})

        await old_enough(traffic)
        gateway.program.kill()
        await gateway.program.ended()
        with pytest.raises(SourceError):
            await traffic.poll()
        restarted = await stack.enter_async_context(envoy(tmp_path, both, ports=ports))
        while await uptime(restarted) >= uptime_in(traffic):
            # It took as long to start as the other one was old, which nobody could tell apart.
            restarted.program.kill()
            await restarted.program.ended()
            restarted = await stack.enter_async_context(envoy(tmp_path, both, ports=ports))
        # More than before the restart, so that no counter stands lower than it did.
        await send(f"{restarted.url}/courses", 1000)
        await mirrored(courses, 1900)
        await told(traffic, {key: n - before[key] for key, n in counted(both).items()})
        # Only the configuration outlives a restart.
        await means(intended, courses=0.3, quiz=0.3)


async def test_envoys_counters_that_are_reset_go_on_from_nothing(tmp_path: Path) -> None:
    async with (
        splits("courses") as [split],
        envoy(tmp_path, [split]) as gateway,
        asking("metrics", gateway.admin, preset="envoy") as traffic,
    ):
        await traffic.poll()
        await send(f"{gateway.url}/courses", 200)
        await mirrored(split, 200)
        await told(traffic, counted([split]))
        await post(f"{gateway.admin}/reset_counters")
        await send(f"{gateway.url}/courses", 50)
        await mirrored(split, 250)
        await told(traffic, counted([split]))


@pytest.mark.parametrize(
    ("fraction", "share"),
    [
        (30, 0.3),
        ({"numerator": 400_000, "denominator": "MILLION"}, 0.4),
        ({"numerator": 50}, 0.5),
        ({"numerator": 50, "denominator": 0}, 0.01),
        (40.9, 0.4),
        (-5, 0.01),
    ],
)
async def test_a_fraction_in_envoys_runtime_is_read_as_envoy_reads_it(
    tmp_path: Path, fraction: object, share: float
) -> None:
    async with (
        splits("courses", mirrored=False) as [split],
        envoy(tmp_path, [split], fraction=fraction) as gateway,
        asking("envoy", gateway.admin) as intended,
    ):
        await means(intended, courses=share)
        await send(f"{gateway.url}/courses", 1500)
        assert not is_off(split.legacy.requests, split.new.requests, share)
        # It could have been told from what the configuration says without the runtime.
        assert share == 0.01 or is_off(split.legacy.requests, split.new.requests, 0.01)


async def test_a_backend_that_fails_has_errors(tmp_path: Path) -> None:
    async with splits("courses") as [split], envoy(tmp_path, [split]) as gateway:
        split.new.status = "503 Service Unavailable"
        async with asking("metrics", gateway.admin, preset="envoy") as traffic:
            await traffic.poll()
            statuses = await send(f"{gateway.url}/courses", 200)
            await mirrored(split, 200)
            await told(traffic, counted([split]))
            assert traffic.errors["courses", Side.NEW] == statuses[503] == split.new.requests
            assert traffic.errors["courses", Side.LEGACY] == 0


async def test_traefik_is_told_as_its_backends_counted_and_its_weights_are_known(
    tmp_path: Path,
) -> None:
    async with (
        splits("courses") as [split],
        traefik(tmp_path, [split]) as gateway,
        asking("metrics", gateway.admin, preset="traefik") as traffic,
        asking("traefik", gateway.admin) as intended,
    ):
        await traffic.poll()
        assert any("from the first request on" in note for note in traffic.notes)
        await means(intended, courses=0.3)
        assert await send(f"{gateway.url}/courses", 200) == {200: 200}
        await mirrored(split, 200)
        # Its turns are taken in order: no chance is in it.
        assert split.new.requests == 60
        await told(traffic, counted([split]))
        write_traefik(tmp_path, [split.weighing(1, 3)])
        await means(intended, courses=0.75)
        await send(f"{gateway.url}/courses", 100)
        await mirrored(split, 300)
        await told(traffic, counted([split]))


@pytest.mark.parametrize("endpoint", ["/metrics", "/stats;csv"])
async def test_haproxy_is_told_as_its_backends_counted_and_its_weights_are_known(
    tmp_path: Path, endpoint: str
) -> None:
    ports = (free_port(), free_port())
    async with splits("courses", mirrored=False) as both, AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(haproxy(tmp_path, both, ports=ports))
        traffic = await stack.enter_async_context(
            asking("metrics", gateway.admin, preset="haproxy")
        )
        intended = await stack.enter_async_context(
            asking("haproxy", gateway.admin, endpoint=endpoint)
        )
        await traffic.poll()
        await means(intended, courses=0.3)
        await send(f"{gateway.url}/courses", 300)
        await told(traffic, counted(both))

        await gateway.tell("set weight courses/new 140")
        await means(intended, courses=140 / 210)
        for state in ("maint", "ready", "drain"):
            await gateway.tell(f"set server courses/new state {state}")
            await means(intended, courses=140 / 210 if state == "ready" else 0)
        await send(f"{gateway.url}/courses", 100)
        await told(traffic, counted(both))

        await old_enough(traffic)
        gateway.program.kill()
        await gateway.program.ended()
        again = await stack.enter_async_context(haproxy(tmp_path, both, ports=ports))
        await send(f"{again.url}/courses", 900)
        await told(traffic, counted(both))
        await means(intended, courses=0.3)
