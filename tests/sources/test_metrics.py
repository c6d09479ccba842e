"""The kind `metrics`: what grew between two looks is told once, through every kind of restart."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goliath_tui.domain import Batch, Side, SourceError, SourceErrorKind, Traffic
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.metrics import Options
from goliath_tui.sources.metrics.page import MOST_SERIES
from goliath_tui.sources.metrics.reading import LONGEST_MS, SLOTS
from goliath_tui.sources.sides import OwnWords
from tests.polling import polling
from tests.polling import source as polled
from tests.sources.hostile_server import Request, Server, answer, eventually, serving

NOW = 1_700_000_000_000
SECOND = 1000
ENVOY = "envoy_cluster_upstream_rq_total"
COURSES = {"courses-legacy": 0, "courses-new": 0}


class Gateway:
    """A gateway's page of counters. `counters`: cluster → requests; `rest`: further lines."""

    def __init__(self) -> None:
        self.counters: dict[str, float] = dict(COURSES)
        self.rest = ""
        self.page: bytes | None = None
        self.status = "200 OK"

    def text(self) -> bytes:
        """The page as it is now."""
        lines = [f'{ENVOY}{{envoy_cluster_name="{name}"}} {n}' for name, n in self.counters.items()]
        return "".join(f"{line}\n" for line in (*lines, *self.rest.splitlines())).encode()

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        page = self.text() if self.page is None else self.page
        writer.write(answer(page if self.status == "200 OK" else b"", status=self.status))


class Looker:
    """A source that looks at a gateway at moments that a test sets."""

    def __init__(self, gateway: Gateway, server: Server, number: int, options: Options) -> None:
        self.gateway = gateway
        self.server = server
        self.number = number
        self.now = NOW
        self.client = Client(Connection(base_url=server.url), clock=lambda: self.now)
        self.cursor: str | None = None
        self.notes: tuple[str, ...] = ()
        self.use(options)

    def use(self, options: Options) -> None:
        """Goes on with these settings, as after a restart with another config."""
        assert not list(options.problems())
        setup = Setup(parts=frozenset({"traffic"}), options=options, number=self.number)
        self.source = KINDS["metrics"].make(setup)

    async def look(self, after_ms: int = 10 * SECOND) -> Batch:
        """One batch, as good as committed."""
        self.now += after_ms
        batch = await self.source.poll(self.client, self.cursor)
        self.cursor, self.notes = batch.cursor, batch.notes
        return batch

    async def grew(self, after_ms: int = 10 * SECOND) -> dict[tuple[str, Side], int]:
        """Requests of each side of each service that a look tells."""
        return requests(await self.look(after_ms))

    async def refused(self) -> str:
        """What a look is refused for."""
        with pytest.raises(SourceError) as caught:
            await self.look()
        assert str(caught.value).isprintable()
        assert caught.value.kind is SourceErrorKind.CONFIG
        return str(caught.value)


def requests(batch: Batch) -> dict[tuple[str, Side], int]:
    found = {}
    for row in batch.rows:
        assert isinstance(row, Traffic)
        for side in Side:
            if (part := getattr(row, side)) is not None:
                found[row.service, side] = part.requests
    return found


@asynccontextmanager
async def looking(
    options: Options | None = None, *, number: int = 0, first: bool = True
) -> AsyncIterator[Looker]:
    """A source that has looked once."""
    gateway = Gateway()
    async with serving(gateway) as server:
        looker = Looker(gateway, server, number, options or Options(preset="envoy"))
        if first:
            assert (await looker.look(0)).rows == ()
        try:
            yield looker
        finally:
            await looker.client.close()


LEGACY, NEW, SHADOW = (("courses", side) for side in (Side.LEGACY, Side.NEW, Side.SHADOW))


async def test_a_bucket_is_what_grew_between_two_looks() -> None:
    async with looking() as looker:
        assert "counts 1 service: courses" in looker.notes[0]
        assert "counted from 2023-11-14 22:13 UTC on" in looker.notes[1]
        looker.gateway.counters |= {"courses-legacy": 70, "courses-new": 30, "courses-shadow": 100}
        batch = await looker.look()
        assert requests(batch) == {LEGACY: 70, NEW: 30, SHADOW: 100}
        [row] = batch.rows
        assert isinstance(row, Traffic)
        assert (row.width_ms, row.field, row.intended) == (9_984, None, None)  # 39 times 256
        looker.gateway.counters["courses-legacy"] = 71
        later = await looker.look(7 * SECOND)
        assert requests(later) == {LEGACY: 1, NEW: 0, SHADOW: 0}
        [following] = later.rows
        assert isinstance(following, Traffic)
        assert following.at == row.at + row.width_ms
        assert not any("counts 1 service" in note for note in looker.notes)
        assert any("counted from" in note for note in looker.notes)


async def test_what_was_counted_before_the_first_look_belongs_to_no_time() -> None:
    async with looking(first=False) as looker:
        looker.gateway.counters |= {"courses-legacy": 1_000_000}
        assert (await looker.look()).rows == ()
        assert await looker.grew() == {LEGACY: 0, NEW: 0}


async def test_since_when_all_is_counted_is_said_for_a_day() -> None:
    async with looking() as looker:
        await looker.look(LONGEST_MS - SLOTS)
        assert any("counted from" in note for note in looker.notes)
        await looker.look()
        assert looker.notes == ()


async def test_hive_is_counted_by_its_subgraphs() -> None:
    series = (
        'graphql_gateway_subgraph_execute_{}{{subgraphName="courses-{}",operationType="query"}}'
    )

    def page(legacy: int, new: int, failed: int) -> bytes:
        lines = (
            "# TYPE graphql_gateway_subgraph_execute_duration histogram",
            f"{series.format('duration_count', 'legacy')} {legacy}",
            f"{series.format('duration_sum', 'legacy')} 0.5",
            f"{series.format('duration_count', 'new')} {new}",
            "",
            "# TYPE graphql_gateway_subgraph_execute_errors counter",
            f"{series.format('errors', 'new')} {failed}",
        )
        return "".join(f"{line}\n" for line in lines).encode()

    async with looking(Options(preset="hive"), first=False) as looker:
        looker.gateway.page = page(10, 20, 1)
        await looker.look(0)
        looker.gateway.page = page(80, 50, 4)
        [row] = (await looker.look()).rows
        assert isinstance(row, Traffic)
        assert row.legacy is not None
        assert row.new is not None
        assert (row.legacy.requests, row.new.requests, row.new.errors) == (70, 30, 3)


async def test_a_look_whose_commit_is_lost_makes_the_next_bucket_longer() -> None:
    async with looking() as looker:
        cursor = looker.cursor
        looker.gateway.counters["courses-new"] = 10
        await looker.look()
        looker.cursor = cursor
        looker.gateway.counters["courses-new"] = 25
        assert await looker.grew() == {LEGACY: 0, NEW: 25}


async def test_counters_that_fell_began_again() -> None:
    async with looking() as looker:
        looker.gateway.counters |= {"courses-legacy": 500, "courses-new": 500}
        await looker.look()
        looker.gateway.counters |= {"courses-legacy": 20, "courses-new": 500}
        assert await looker.grew() == {LEGACY: 20, NEW: 0}


@pytest.mark.parametrize(
    "metric", ["process_start_time_seconds", "haproxy_process_start_time_seconds"]
)
async def test_a_restart_is_seen_though_no_counter_fell(metric: str) -> None:
    async with looking(first=False) as looker:
        looker.gateway.rest = f"{metric} {NOW / 1000 - 3600}"
        looker.gateway.counters["courses-new"] = 100
        await looker.look(0)
        looker.gateway.rest = f"{metric} {NOW / 1000 + 3}"
        looker.gateway.counters["courses-new"] = 150
        assert await looker.grew() == {LEGACY: 0, NEW: 150}
        looker.gateway.counters["courses-new"] = 160
        assert await looker.grew() == {LEGACY: 0, NEW: 10}


async def test_a_restart_of_envoy_is_seen_by_its_age() -> None:
    async with looking(first=False) as looker:
        looker.gateway.rest = "envoy_server_uptime{} 3600"
        looker.gateway.counters["courses-new"] = 100
        await looker.look(0)
        looker.gateway.rest = "envoy_server_uptime{} 4"
        looker.gateway.counters["courses-new"] = 150
        assert await looker.grew() == {LEGACY: 0, NEW: 150}
        looker.gateway.rest = "envoy_server_uptime{} 9"
        looker.gateway.counters["courses-new"] = 151
        assert await looker.grew() == {LEGACY: 0, NEW: 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("process_start_time_seconds 1699990000", "process_start_time_seconds 1699980000"),
        ("envoy_server_uptime{} 5000", "envoy_server_uptime{} 100"),
        ("envoy_server_uptime{} 100", "envoy_server_uptime{} 5000"),
    ],
)
async def test_an_address_of_several_instances_is_noticed_and_nothing_is_made_up(
    one: str, other: str
) -> None:
    async with looking(first=False) as looker:
        looker.gateway.rest = one
        looker.gateway.counters["courses-new"] = 100
        await looker.look(0)
        looker.gateway.rest = other
        looker.gateway.counters["courses-new"] = 1_000_000
        assert (await looker.look()).rows == ()
        assert any("another process answered" in note for note in looker.notes)
        # From there on it counts again.
        looker.gateway.counters["courses-new"] = 1_000_005
        looker.gateway.rest = other.replace("} 100", "} 110").replace("} 5000", "} 5010")
        assert await looker.grew() == {LEGACY: 0, NEW: 5}


async def test_a_new_counter_counts_from_nothing_and_one_that_went_is_remembered() -> None:
    async with looking() as looker:
        looker.gateway.counters["quiz-new"] = 7
        assert await looker.grew() == {LEGACY: 0, NEW: 0, ("quiz", Side.NEW): 7}
        assert any("legacy side of quiz" in note for note in looker.notes)
        del looker.gateway.counters["quiz-new"]
        assert await looker.grew() == {LEGACY: 0, NEW: 0}
        looker.gateway.counters["quiz-new"] = 9
        assert (await looker.grew())["quiz", Side.NEW] == 2
        del looker.gateway.counters["quiz-new"]
        await looker.look()
        looker.gateway.counters["quiz-new"] = 1
        assert (await looker.grew())["quiz", Side.NEW] == 1


async def test_after_a_day_without_a_look_counting_begins_anew() -> None:
    async with looking() as looker:
        looker.gateway.counters["courses-new"] = 5
        assert await looker.grew(LONGEST_MS - SLOTS) == {LEGACY: 0, NEW: 5}
        looker.gateway.counters["courses-new"] = 500
        assert (await looker.look(LONGEST_MS + SLOTS)).rows == ()
        assert any("was not asked from 2023-11-15" in note for note in looker.notes)
        looker.gateway.counters["courses-new"] = 501
        assert await looker.grew() == {LEGACY: 0, NEW: 1}


async def test_a_clock_that_is_set_back_loses_and_doubles_nothing() -> None:
    async with looking() as looker:
        looker.gateway.counters["courses-new"] = 5
        assert (await looker.look(-3600 * SECOND)).rows == ()
        looker.gateway.counters["courses-new"] = 8
        batch = await looker.look()
        assert requests(batch) == {LEGACY: 0, NEW: 8}
        looker.gateway.counters["courses-new"] = 9
        assert (await looker.look(-5 * SECOND)).rows == ()
        assert await looker.grew(20 * SECOND) == {LEGACY: 0, NEW: 1}


async def test_other_settings_begin_anew_instead_of_counting_the_past() -> None:
    async with looking() as looker:
        looker.gateway.counters |= {"legacy.quiz": 1_000_000, "new.quiz": 1_000_000}
        looker.use(Options(preset="envoy", labels={"envoy_cluster_name": "{side}.{service}"}))
        assert (await looker.look()).rows == ()
        assert await looker.grew() == {("quiz", Side.LEGACY): 0, ("quiz", Side.NEW): 0}


@pytest.mark.parametrize("cursor", ["", "{", "[1]", '{"what":1}', "null"])
async def test_a_cursor_that_cannot_be_read_begins_anew(cursor: str) -> None:
    async with looking() as looker:
        looker.gateway.counters["courses-new"] = 5
        looker.cursor = cursor
        assert (await looker.look()).rows == ()


async def test_errors_are_told_by_a_counter_of_their_own_or_by_the_status() -> None:
    async with looking(first=False) as looker:
        failed = 'envoy_cluster_upstream_rq_xx{envoy_response_code_class="5",envoy_cluster_name='
        looker.gateway.rest = f'{failed}"courses-new"}} 1'
        await looker.look(0)
        looker.gateway.counters["courses-new"] = 10
        looker.gateway.rest = f'{failed}"courses-new"}} 4'.replace('"5"', '"2"')
        looker.gateway.rest += f'\n{failed}"courses-new"}} 3'
        [row] = (await looker.look()).rows
        assert isinstance(row, Traffic)
        assert row.new is not None
        assert (row.new.requests, row.new.errors) == (10, 2)
    async with looking(Options(preset="traefik"), first=False) as looker:
        metric = 'traefik_service_requests_total{service="courses-new@file",code='
        looker.gateway.page = f'{metric}"200"}} 1\n{metric}"503"}} 1\n'.encode()
        await looker.look(0)
        looker.gateway.page = f'{metric}"200"}} 6\n{metric}"503"}} 3\n{metric}"404"}} 1\n'.encode()
        [row] = (await looker.look()).rows
        assert isinstance(row, Traffic)
        assert row.new is not None
        assert (row.new.requests, row.new.errors) == (8, 2)


async def test_latency_is_what_the_histogram_grew_by() -> None:
    options = Options(preset="traefik", latency=True)
    metric = "traefik_service_request_duration_seconds_bucket"

    def page(fast: int, slow: int) -> bytes:
        lines = [
            f'traefik_service_requests_total{{service="courses-new@file",code="200"}} {fast + slow}'
        ]
        lines += [
            f'{metric}{{service="courses-new@file",code="200",le="{le}"}} {n}'
            for le, n in (("0.001", fast), ("0.1", fast), ("1", fast + slow), ("+Inf", fast + slow))
        ]
        return "".join(f"{line}\n" for line in lines).encode()

    async with looking(options, first=False) as looker:
        looker.gateway.page = page(1000, 1000)
        await looker.look(0)
        looker.gateway.page = page(1090, 1010)
        [row] = (await looker.look()).rows
        assert isinstance(row, Traffic)
        assert row.new is not None
        assert row.new.requests == sum(row.new.latency) == 100
        # Up to a millisecond: bin 0. From 100 ms to a second: around bins 14 to 20.
        assert row.new.latency[0] == 90
        assert sum(row.new.latency[13:21]) == 10


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (b"", "no page of counters (it begins with nothing): check `url:` and `endpoint:`"),
        (b"<html>\n<p>hi</p>\n", "no page of counters (it begins with <html>"),
        (b'{"status": "ok"}\n', "no page of counters"),
        (b"other_total 1\n", "there is no envoy_cluster_upstream_rq_total on this page"),
        (
            f'{ENVOY}{{envoy_cluster_name="xds"}} 1\n'.encode(),
            "envoy_cluster_name=xds does not fit",
        ),
        (f"{ENVOY} 1\n".encode(), 'envoy_cluster_name="" does not fit'),
    ],
)
async def test_a_page_without_what_is_wanted_says_what_to_change(page: bytes, why: str) -> None:
    async with looking(first=False) as looker:
        looker.gateway.page = page
        assert why in await looker.refused()


async def test_a_metric_of_ones_own_that_is_not_there_is_told_with_one_that_is_like_it() -> None:
    options = Options(metric="edge_requests", labels={"backend": "{service}/{side}"})
    async with looking(options, first=False) as looker:
        looker.gateway.page = b'edge_requests_total{backend="a/new"} 1\nedge_other 2\n'
        assert "on this page, but edge_requests_total: check `metric:`" in await looker.refused()
        looker.use(Options(metric="edge_requests_total", labels={"backend": "{service}/{side}"}))
        assert (await looker.look()).rows == ()
        assert "counts 1 service: a" in looker.notes[0]


async def test_a_wrong_address_says_which_settings_lead_there() -> None:
    async def nowhere(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"", status="404 Not Found"))

    async with serving(nowhere) as server:
        looker = Looker(Gateway(), server, 0, Options(preset="haproxy"))
        assert "where `url:`, `preset:` and `endpoint:` say" in await looker.refused()
        await looker.client.close()


@pytest.mark.parametrize("status", ["304 Not Modified", "410 Gone"])
async def test_an_answer_that_is_none_is_refused_and_nothing_counts_as_gone(status: str) -> None:
    async with looking() as looker:
        looker.gateway.counters["courses-new"] = 5
        looker.gateway.status = status
        with pytest.raises(SourceError) as caught:
            await looker.look()
        assert caught.value.kind is SourceErrorKind.MALFORMED
        looker.gateway.status = "200 OK"
        assert await looker.grew() == {LEGACY: 0, NEW: 5}


async def test_words_of_two_sides_and_a_where_that_fits_nothing_are_told() -> None:
    words = OwnWords(new=("*",))
    async with looking(Options(preset="envoy", sides=words), first=False) as looker:
        looker.gateway.counters = {"courses-legacy": 1}
        assert "legacy is legacy and new by the words of `sides:`" in await looker.refused()
    async with looking(Options(preset="envoy", where={"zone": "eu"}), first=False) as looker:
        assert "none of 2 series" in await looker.refused()
        assert "zone=eu: mend `where:`" in await looker.refused()


async def test_a_gateway_that_nobody_has_asked_yet_has_no_counter_and_is_not_wrong() -> None:
    async with looking(Options(preset="traefik"), first=False) as looker:
        looker.gateway.page = b"traefik_config_reloads_total 1\n"
        assert (await looker.look(0)).rows == ()
        assert any("from the first request on" in note for note in looker.notes)
        metric = 'traefik_service_requests_total{service="courses-new@file",code="200"}'
        looker.gateway.page = f"{metric} 3\n".encode()
        assert await looker.grew() == {NEW: 3}
        # Restarted, and not asked since.
        looker.gateway.page = b"traefik_config_reloads_total 1\n"
        assert await looker.grew() == {}


async def test_what_is_odd_is_left_out_and_told() -> None:
    async with looking() as looker:
        looker.gateway.counters |= {"quiz-new": -1, "quiz-legacy": float("inf"), "xds": 1}
        looker.gateway.counters |= {"a\u202e-new": 2}
        batch = await looker.look()
        assert ("quiz", Side.NEW) not in requests(batch)
        assert any("2 values are no counts" in note for note in looker.notes)
        assert any("envoy_cluster_name=xds does not fit" in note for note in looker.notes)
        assert all(row.service.isprintable() for row in batch.rows if isinstance(row, Traffic))
        assert all(note.isprintable() for note in looker.notes)


async def test_a_page_that_is_cut_off_is_refused_and_the_next_one_counts_all() -> None:
    async with looking() as looker:
        looker.gateway.counters |= {"courses-legacy": 12_345, "courses-new": 12_345}
        looker.gateway.page = looker.gateway.text()[:-3]
        with pytest.raises(SourceError, match="ends in the middle of a line") as caught:
            await looker.look()
        assert caught.value.kind is SourceErrorKind.MALFORMED
        looker.gateway.page = None
        assert await looker.grew() == {LEGACY: 12_345, NEW: 12_345}


async def test_there_is_an_end_to_what_is_remembered() -> None:
    async with looking(first=False) as looker:
        looker.gateway.counters = {f"s{n}-new": 1 for n in range(4000)}
        await looker.look(0)
        for turn in range(1, 8):
            looker.gateway.counters = {f"s{turn}-{n}-new": 1 for n in range(4000)}
            await looker.look()
            assert len(msgspec.json.decode(looker.cursor or "")["values"]) <= MOST_SERIES
        looker.gateway.counters = {f"s{n}-new": 1 for n in range(5001)}
        assert "more than 5,000 services" in await looker.refused()
        looker.gateway.counters = {f"s{n}-new": 1 for n in range(MOST_SERIES + 1)}
        assert "more than 20,000 series" in await looker.refused()


async def test_sources_end_their_buckets_in_milliseconds_of_their_own() -> None:
    ends: set[int] = set()
    for number in (0, 1, 255):
        async with looking(number=number) as looker:
            looker.gateway.counters["courses-new"] = 1
            [row] = (await looker.look()).rows
            assert isinstance(row, Traffic)
            ends.add(row.at + row.width_ms)
            assert (row.at + row.width_ms) % SLOTS == number
    assert len(ends) == 3


async def test_two_instances_add_up_in_the_cache(tmp_path: Path) -> None:
    one, other = Gateway(), Gateway()
    async with serving(one) as first, serving(other) as second:
        sources = [
            msgspec.structs.replace(
                polled(name, server.url, kind="metrics"),
                setup=Setup(
                    parts=frozenset({"traffic"}), options=Options(preset="envoy"), number=number
                ),
            )
            for number, (name, server) in enumerate([("one", first), ("other", second)])
        ]
        async with polling(tmp_path / "cache.db", *sources) as running:
            await eventually(lambda: bool(first.requests) and bool(second.requests))
            await eventually(lambda: running.snapshot().traffic is not None)
            for step in range(1, 4):
                one.counters = {"courses-legacy": 60 * step, "courses-new": 10 * step}
                other.counters = {"courses-legacy": 20 * step, "courses-new": 10 * step}

                def told(expected: int = 100 * step) -> bool:
                    traffic = running.snapshot().traffic
                    assert traffic is not None
                    assert traffic.requests <= expected
                    return traffic.requests == expected

                await eventually(told)
            traffic = running.snapshot().traffic
            assert traffic is not None
            assert traffic.new_share == 0.2


CLUSTERS = ("courses-legacy", "courses-new", "quiz-new")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("count"), st.sampled_from(CLUSTERS), st.integers(0, 1000)),
        st.tuples(st.just("look"), st.just(""), st.integers(SLOTS, 60_000)),
        st.tuples(st.just("lost look"), st.just(""), st.integers(SLOTS, 60_000)),
        st.tuples(st.just("restart"), st.just(""), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
async def test_all_that_can_be_known_is_told_once(steps: list[tuple[str, str, int]]) -> None:
    """Against a plain account: what was counted since the last look is lost with the process."""
    async with looking(first=False) as looker:
        gateway = looker.gateway
        gateway.counters = dict.fromkeys(CLUSTERS, 0)
        started = NOW / 1000 - 60
        gateway.rest = f"process_start_time_seconds {started}"
        await looker.look(0)
        known: dict[str, int] = dict.fromkeys(CLUSTERS, 0)
        since: dict[str, int] = dict.fromkeys(CLUSTERS, 0)
        told: defaultdict[str, int] = defaultdict(int)
        for what, cluster, amount in (*steps, ("look", "", SLOTS)):
            if what == "count":
                gateway.counters[cluster] += amount
                since[cluster] += amount
            elif what == "restart":
                looker.now += SLOTS + 1000
                gateway.counters = dict.fromkeys(CLUSTERS, 0)
                since = dict.fromkeys(CLUSTERS, 0)
                gateway.rest = f"process_start_time_seconds {looker.now / 1000}"
            else:
                cursor = looker.cursor
                batch = await looker.look(amount)
                if what == "lost look":
                    looker.cursor = cursor
                    continue
                for (service, side), n in requests(batch).items():
                    told[f"{service}-{side}"] += n
                for name in CLUSTERS:
                    known[name] += since[name]
                since = dict.fromkeys(CLUSTERS, 0)
        assert {name: told[name] for name in CLUSTERS} == known


@pytest.mark.parametrize(
    ("settings", "place", "advice"),
    [
        ({}, (), "expected `preset:`"),
        ({"preset": "apache"}, ("preset",), "unknown preset"),
        ({"metric": "x"}, ("metric",), "expected `labels:` too"),
        ({"metric": "x{", "preset": "envoy"}, ("metric",), "without labels"),
        ({"preset": "envoy", "labels": {"a-b": "{service}-{side}"}}, ("labels", "a-b"), "a label"),
        ({"preset": "envoy", "where": {"a b": "c"}}, ("where", "a b"), "name of a label"),
        ({"preset": "traefik", "code": "%"}, ("code",), "name of a label"),
        ({"preset": "envoy", "endpoint": "metrics"}, ("endpoint",), "begins with /"),
        ({"preset": "envoy", "service": "a"}, ("service",), "remove this"),
        ({"preset": "haproxy", "latency": True}, ("latency",), "no histogram"),
        ({"preset": "envoy", "labels": {"a": "{service}"}}, ("labels",), "{side} once"),
    ],
)
def test_settings_that_cannot_be_meant(
    settings: dict[str, object], place: tuple[str, ...], advice: str
) -> None:
    found = list(msgspec.convert(settings, Options).problems())
    assert any(where == place and advice in what for where, what in found), found


def test_envoy_is_asked_only_for_what_is_wanted() -> None:
    path, params = Options(preset="envoy").place()
    assert path == "/stats/prometheus"
    assert "upstream_rq_" in params["filter"]
    assert Options(preset="hive").place() == ("/metrics", {})
    assert Options(preset="envoy", endpoint="/x").place() == ("/x", {})


async def test_counters_that_add_up_to_more_than_can_be_kept_are_cut() -> None:
    labels = {"envoy_cluster_name": "{service}-{side}*"}
    async with looking(Options(preset="envoy", labels=labels)) as looker:
        looker.gateway.counters |= {f"courses-new-{n}": 2.0**53 for n in range(3)}
        assert (await looker.grew())[NEW] == 2**53
