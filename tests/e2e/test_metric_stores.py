"""The kind `prometheus` against real stores: what is told is what was counted."""

import asyncio
import random
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from goliath_tui.clock import now_ms
from goliath_tui.domain import Batch, Side, SideTraffic, SourceError, SourceErrorKind, Traffic
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.prometheus import Options
from tests.e2e.metric_stores import Gateway, MetricStore, gateway, metric_store
from tests.polling import polling, source

STORES = ("prometheus", "victoria-metrics")
SCRAPE = 15.0
SEEN = 900.0
METRIC = "envoy_cluster_upstream_rq_total"
#: (cluster, instance, anything else that tells series apart)
Key = tuple[str, str, str]
Points = list[tuple[float, float]]


class Asker:
    """A source that is polled, and the buckets it told: of two for one bucket the fuller one."""

    def __init__(self, client: Client, options: Options) -> None:
        self.client = client
        self.source = KINDS["prometheus"].make(Setup(parts=frozenset({"traffic"}), options=options))
        self.cursor: str | None = None
        self.buckets: dict[tuple[str, int, int], dict[Side, SideTraffic]] = defaultdict(dict)
        self.notes: tuple[str, ...] = ()

    async def poll(self) -> Batch:
        batch = await self.source.poll(self.client, self.cursor)
        self.cursor, self.notes = batch.cursor, batch.notes
        for row in batch.rows:
            assert isinstance(row, Traffic)
            known = self.buckets[row.service, row.at, row.width_ms]
            for side in Side:
                part: SideTraffic | None = getattr(row, side)
                if part is not None and part.requests >= known.get(side, part).requests:
                    known[side] = part
        return batch

    async def fill(self) -> None:
        """Polls until all there is was told."""
        while (await self.poll()).more:
            pass

    def totals(self) -> dict[tuple[str, Side], int]:
        """(service, side) → requests in all."""
        found: dict[tuple[str, Side], int] = defaultdict(int)
        for (service, _, _), sides in self.buckets.items():
            for side, part in sides.items():
                found[service, side] += part.requests
        return dict(found)

    async def until(self, expected: dict[tuple[str, Side], int], seconds: float = 30.0) -> None:
        """Polls until the totals are as expected; fails when they are beyond, or not in time."""
        deadline = time.monotonic() + seconds
        while (totals := self.totals()) != expected:
            beyond = {key: n for key, n in totals.items() if n > expected.get(key, -1)}
            assert not beyond, (totals, expected)
            assert time.monotonic() < deadline, (totals, expected)
            await asyncio.sleep(0.1)
            await self.poll()


@asynccontextmanager
async def asking(store: MetricStore, options: Options) -> AsyncIterator[Asker]:
    client = Client(Connection(base_url=store.url), clock=now_ms)
    try:
        yield Asker(client, options)
    finally:
        await client.close()


def envoy(**settings: str) -> Options:
    return Options(preset="envoy", **settings)  # type: ignore[arg-type] # texts, all of them


# What comes out of a history that a store was given at once.


def history(now: float, hours: int) -> dict[Key, Points]:
    """Counters as gateways have them: scraped unsteadily, with gaps, births and restarts."""
    chance = random.Random(7)
    series: dict[Key, Points] = {}
    for number in range(24):
        service, side = f"s{number % 3}", chance.choice(["legacy", "new", "shadow"])
        key = (f"{service}-{side}", f"10.0.0.{number % 4}:9901", f"x{number}")
        at = now - hours * 3600 + chance.choice([0.0, 0.0, chance.random() * hours * 3600])
        value, points = float(chance.choice([0, 5, 40_000])), []
        while at < now - 3:
            if chance.random() < 0.002:
                at += chance.uniform(20, 1800)
            if chance.random() < 0.0015:
                value = float(chance.randint(0, 3))
            value += chance.randint(0, 9)
            if chance.random() > 0.02:
                points.append((round(at, 3), value))
            at += SCRAPE + chance.random() * 0.02
        series[key] = points
    return series


def growth(series: dict[Key, Points], ends: float, width: float) -> dict[str, tuple[float, bool]]:
    """Cluster → how much its counters grew in (ends - width, ends], and whether one was reset."""
    found: dict[str, tuple[float, bool]] = {}
    before: dict[Key, float] = {}
    inside: dict[Key, list[float]] = {}
    for key, points in series.items():
        first = bisect_right(points, (ends - width, float("inf")))
        last = bisect_right(points, (ends, float("inf")))
        inside[key] = [value for _, value in points[first:last]]
        if first and points[first - 1][0] > ends - width - SEEN:
            before[key] = points[first - 1][1]
    for key, values in inside.items():
        if not values:
            continue
        cluster, instance, _ = key
        known = any(other[1] == instance for other in before)
        renamed = any(other[:2] == key[:2] for other in before)
        base = before.get(key)
        if base is None:
            base = 0.0 if known and not renamed else values[0]
        steps = [b - a if b >= a else b for a, b in zip([base, *values], values, strict=False)]
        reset = any(b < a for a, b in zip([base, *values], values, strict=False))
        total, ever = found.get(cluster, (0.0, False))
        found[cluster] = (total + sum(steps), ever or reset)
    return found


def as_text(series: dict[Key, Points]) -> dict[str, Points]:
    return {
        f'{METRIC}{{envoy_cluster_name="{cluster}",instance="{instance}",job="e",x="{x}"}}': points
        for (cluster, instance, x), points in series.items()
        if points
    }


@pytest.mark.parametrize("name", STORES)
async def test_each_bucket_is_what_the_counters_say(name: str, tmp_path: Path) -> None:
    # VictoriaMetrics repeats older answers for its newest 30 s here, as it comes.
    series = history(time.time(), hours=30)
    async with metric_store(name, tmp_path, history=as_text(series), hides="30s") as store:
        async with asking(store, envoy(history="28h")) as asker:
            await asker.fill()
        windows = sorted({(at, width) for _, at, width in asker.buckets})
        assert {width for _, width in windows} == {30_000, 600_000, 3_600_000}
        for (at, width), (after, _) in pairwise(windows):
            assert at + width <= after
        exact, guessed, counted = 0, 0.0, 0.0
        for at, width in windows:
            expected = growth(series, (at + width) / 1000, width / 1000)
            told = {
                f"{service}-{side}": part.requests
                for service in ("s0", "s1", "s2")
                for side, part in asker.buckets.get((service, at, width), {}).items()
            }
            assert set(told) == set(expected), (at, width)
            for cluster, (grown, reset) in expected.items():
                if not reset:
                    assert told[cluster] == grown, (cluster, at, width)
                    exact += 1
                elif width < 600_000:
                    assert told[cluster] == pytest.approx(grown, abs=30)
                else:
                    assert told[cluster] <= 1.1 * grown + 30
                    guessed += told[cluster]
                    counted += grown
        assert exact > 400
        assert guessed >= 0.9 * counted > 0
        assert windows[-1][0] / 1000 > time.time() - 120


# What comes out of a gateway that is scraped while all kinds of things happen to it.


@asynccontextmanager
async def scraped(name: str, folder: Path) -> AsyncIterator[tuple[Gateway, MetricStore, Asker]]:
    """A gateway that counts since long, a store that scrapes it, and a source that begins."""
    async with gateway() as (counts, server):
        counts.count("orders-legacy", 1_000)
        counts.count("orders-new", 0)
        counts.count("orders-shadow", 500)
        counts.count("users-legacy", 50)
        counts.count("xds", 3)
        async with metric_store(name, folder, targets=[server.url]) as store:
            await store.until(f'{METRIC}{{envoy_cluster_name="xds"}}', 3)
            options = envoy(step="1s", delay="0s", history="1h")
            async with asking(store, options) as asker:
                deadline = time.monotonic() + 20
                while not asker.buckets:
                    assert time.monotonic() < deadline
                    await asker.fill()
                yield counts, store, asker


def shown(store: MetricStore, cluster: str) -> str:
    return f'{METRIC}{{envoy_cluster_name="{cluster}"}}'


@pytest.mark.parametrize("name", STORES)
async def test_live_counts_are_those_of_the_gateway(name: str, tmp_path: Path) -> None:
    async with scraped(name, tmp_path) as (counts, store, asker):
        orders, users = ("orders", Side.LEGACY), ("users", Side.LEGACY)
        expected = {orders: 0, ("orders", Side.NEW): 0, ("orders", Side.SHADOW): 0, users: 0}
        # What was counted before anybody looked is nobody's. Zero is counted, no series is not.
        await asker.until(expected)
        assert ("users", Side.NEW) not in asker.totals()

        counts.count("orders-legacy", 70)
        counts.count("orders-new", 30)
        counts.count("orders-shadow", 30)
        # A cluster that is new at a gateway that was counting already began from nothing.
        counts.count("payments-new", 4)
        expected |= {
            orders: 70,
            ("orders", Side.NEW): 30,
            ("orders", Side.SHADOW): 30,
            ("payments", Side.NEW): 4,
        }
        await store.until(shown(store, "payments-new"), 4)
        await asker.until(expected)

        # Away for some scrapes, counting all the same.
        counts.away = True
        await store.until("up", 0)
        counts.count("orders-legacy", 7)
        counts.away = False
        await store.until(shown(store, "orders-legacy"), 1_077)
        await asker.until(expected | {orders: 77})
        expected[orders] = 77

        # Restarted: all counters begin again.
        for counter in counts.counters:
            counts.counters[counter] = 0
        counts.count("orders-legacy", 2)
        await store.until(shown(store, "orders-legacy"), 2)
        await asker.until(expected | {orders: 79})
        share = [note for note in asker.notes if "share is unknown" in note]
        assert any("new side of users" in note for note in share)
        assert any("envoy_cluster_name=xds" in note for note in asker.notes)


async def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    async with scraped("prometheus", tmp_path) as (_, store, _):
        for options, words in (
            (Options(preset="istio"), ("istio_requests_total", "`preset:` or `metric:`")),
            (Options(preset="envoy", metric=f"{METRIC}s"), ("it has", METRIC, "`metric:`")),
            (
                Options(preset="envoy", labels={"cluster": "{service}-{side}"}),
                ("has no label cluster", "envoy_cluster_name", "`labels:`"),
            ),
            (
                Options(preset="envoy", labels={"envoy_cluster_name": "{service}_{side}"}),
                ("envoy_cluster_name=orders-legacy does not fit", "`labels:`"),
            ),
            (
                Options(preset="envoy", where={"job": "gatewy"}),
                ('fits {job="gatewy"}', "job is gateway", "`where:`"),
            ),
            (Options(promql="sum by (service increase(x[$window])"), ("increase", "`promql:`")),
            (Options(promql="sum(increase(nothing_at_all[$window]))"), ("nothing", "`promql:`")),
        ):
            async with asking(store, options) as asker:
                with pytest.raises(SourceError) as caught:
                    await asker.fill()
                assert caught.value.kind is SourceErrorKind.CONFIG, str(caught.value)
                assert all(word in str(caught.value) for word in words), str(caught.value)


async def test_a_query_of_ones_own(tmp_path: Path) -> None:
    own = (
        "sum by (service, side) (label_replace(label_replace(increase("
        f'{METRIC}[$window]), "service", "$1", "envoy_cluster_name", "([a-z]+)-.*"),'
        ' "side", "$1", "envoy_cluster_name", ".*-([a-z]+)")) # ends in a comment'
    )
    async with scraped("victoria-metrics", tmp_path) as (counts, store, _):
        options = Options(promql=own, step="2s", delay="0s", history="0s")
        async with asking(store, options) as asker:
            counts.count("orders-new", 100)
            await store.until(shown(store, "orders-new"), 100)
            deadline = time.monotonic() + 20
            while not asker.totals().get(("orders", Side.NEW), 0) > 50:
                assert time.monotonic() < deadline, asker.totals()
                await asyncio.sleep(0.1)
                with suppress(SourceError):  # until it has found something
                    await asker.poll()


async def test_a_store_that_is_killed_and_comes_back(tmp_path: Path) -> None:
    """Over the poller and the cache: the share on the screen, and how the source feels."""
    options = envoy(step="1s", delay="0s", history="1h")
    kind = KINDS["prometheus"]
    setup = Setup(parts=frozenset({"traffic"}), options=options)
    async with scraped("prometheus", tmp_path) as (counts, store, _):
        asked = source("gw", store.url, kind="prometheus", make=lambda: kind.make(setup))
        cache = tmp_path / "cache.db"
        async with polling(cache, asked) as running:

            async def until(condition: str) -> None:
                deadline = time.monotonic() + 30
                while True:
                    health = running.health("gw")
                    rows = {row.name: row.traffic for row in running.snapshot().services}
                    orders = rows.get("orders")
                    share = None if orders is None else orders.new_share
                    if condition in {str(share), health.state}:
                        return
                    assert time.monotonic() < deadline, (condition, share, health)
                    await asyncio.sleep(0.1)

            await until("ok")
            counts.count("orders-legacy", 3)
            counts.count("orders-new", 1)
            counts.count("orders-shadow", 9)
            await until("0.25")
            store.program.kill()
            await store.program.ended()
            await until("failing")
            counts.count("orders-legacy", 1)
            counts.count("orders-new", 3)
            port = urlsplit(store.url).port
            again = metric_store("prometheus", tmp_path, targets=store.targets, port=port)
            async with again:
                # What was counted while nobody looked is told as well.
                await until("0.5")
                await until("ok")
