"""The kind `prometheus`: its settings, its windows of time, and servers that answer oddly."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import formatdate
from itertools import pairwise
from math import inf
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import LATENCY_BINS, Batch, SourceError, SourceErrorKind, Traffic
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.latency import bins
from goliath_tui.sources.presets import PRESETS, fits
from goliath_tui.sources.prometheus import Options
from goliath_tui.sources.prometheus.query import label_set, quoted
from goliath_tui.sources.prometheus.windows import (
    HOUR_MS,
    TEN_MINUTES_MS,
    Place,
    Windows,
    after,
    begin,
    newest,
    older,
    set_back,
    to_come,
)
from goliath_tui.sources.sides import OwnWords
from tests.sources.hostile_server import Request, Server, answer, serving

NOW = 1_700_000_000_000
STEP = 30_000
CONFIG = SourceErrorKind.CONFIG
MALFORMED = SourceErrorKind.MALFORMED

Labels = Mapping[str, str]
#: What a server has: the end of a window → (labels, value) for each series.
Counts = Callable[[int], list[tuple[Labels, str]]]


def requests(cluster: str, value: object, **more: str) -> tuple[Labels, str]:
    return {"envoy_cluster_name": cluster, "goliath_part": "requests", **more}, str(value)


def both(end: int) -> list[tuple[Labels, str]]:
    """Two sides and a mirror of one service."""
    return [requests("orders-legacy", 70), requests("orders-new", 30), requests("orders-mirror", 9)]


class Store:
    """A metric store whose counts a test sets; it answers ranges as Prometheus documents them."""

    def __init__(self, counts: Counts = both) -> None:
        self.counts = counts
        self.instant: list[Labels] = []
        self.beside: dict[str, Any] = {}
        self.true_upto = NOW * 2
        self.now = NOW

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path.endswith("/query_range"):
            result = self.matrix(request.query)
        else:
            result = [{"metric": one, "value": [self.now / 1000, "1"]} for one in self.instant]
        data = {"resultType": "matrix", "result": result}
        writer.write(self.answer({"status": "success", "data": data, **self.beside}))

    def matrix(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        start, end, step = (round(float(query[name]) * 1000) for name in ("start", "end", "step"))
        series: dict[tuple[tuple[str, str], ...], list[Any]] = {}
        for at in range(start, end + 1, step):
            moment = min(at, self.true_upto) / 1000
            for labels, value in [({"goliath_part": "moment"}, str(moment)), *self.counts(at)]:
                series.setdefault(tuple(sorted(labels.items())), []).append([at / 1000, value])
        return [{"metric": dict(labels), "values": values} for labels, values in series.items()]

    def answer(self, body: object) -> bytes:
        return answer(body)


class Asker:
    def __init__(self, server: Server, store: Store, options: Options) -> None:
        self.server = server
        self.store = store
        self.source = KINDS["prometheus"].make(Setup(parts=frozenset({"traffic"}), options=options))
        connection = Connection(base_url=server.url, headers=options.headers(), timeout_ms=5_000)
        self.client = Client(connection, clock=lambda: NOW)
        self.cursor: str | None = None

    async def poll(self) -> Batch:
        batch = await self.source.poll(self.client, self.cursor)
        self.cursor = batch.cursor
        return batch

    async def refused(self, kind: SourceErrorKind = CONFIG) -> str:
        with pytest.raises(SourceError) as caught:
            await self.poll()
        said = str(caught.value)
        assert caught.value.kind is kind, said
        assert said.isprintable()
        return said


@asynccontextmanager
async def asking(
    store: Store | Callable[[Request, asyncio.StreamWriter], Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Asker]:
    handler = Store() if store is None else store
    options = Options(**{"preset": "envoy", "history": "0s", **settings})
    assert list(options.problems()) == []
    async with serving(handler) as server:
        asker = Asker(server, handler, options)  # type: ignore[arg-type] # only those with a store look at it
        try:
            yield asker
        finally:
            await asker.client.close()


def always(body: object, status: str = "200 OK") -> Any:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body, status=status))

    return handler


# Rows.


async def test_sides_are_told_apart_and_the_mirror_is_no_answer() -> None:
    async with asking() as asker:
        batch = await asker.poll()
        assert len(batch.rows) == 20
        row = batch.rows[-1]
        assert isinstance(row, Traffic)
        assert (row.service, row.width_ms, row.at + row.width_ms) == ("orders", STEP, NOW - 20_000)
        assert row.legacy
        assert row.new
        assert row.shadow
        assert (row.legacy.requests, row.new.requests, row.shadow.requests) == (70, 30, 9)
        assert batch.notes == ()
        assert batch.requests == 1


async def test_no_series_is_not_zero() -> None:
    store = Store(lambda _: [requests("orders-legacy", 7), requests("users-new", 0)])
    async with asking(store) as asker:
        batch = await asker.poll()
        orders, users = batch.rows[-2:]
        assert isinstance(orders, Traffic)
        assert isinstance(users, Traffic)
        assert orders.new is None
        assert users.new
        assert users.new.requests == 0
        assert any("no series for the new side of orders" in note for note in batch.notes)
        assert any("no series for the legacy side of users" in note for note in batch.notes)


async def test_errors_come_from_codes_or_from_a_counter_of_their_own() -> None:
    def coded(end: int) -> list[tuple[Labels, str]]:
        of = {"proxy": "orders", "goliath_part": "requests"}
        codes = {"2xx": "90", "4xx": "6", "5xx": "4"}
        return [({**of, "server": "new1", "code": code}, n) for code, n in codes.items()]

    async with asking(Store(coded), preset="haproxy") as asker:
        row = (await asker.poll()).rows[-1]
        assert isinstance(row, Traffic)
        assert row.new
        assert (row.new.requests, row.new.errors) == (100, 4)

    def apart(end: int) -> list[tuple[Labels, str]]:
        errors = {"envoy_cluster_name": "orders-new", "goliath_part": "errors"}
        return [requests("orders-new", 10), (errors, "12")]

    async with asking(Store(apart)) as asker:
        row = (await asker.poll()).rows[-1]
        assert isinstance(row, Traffic)
        assert row.new
        # Errors are part of the requests, whatever two counters say.
        assert (row.new.requests, row.new.errors) == (10, 10)


async def test_values_that_are_no_counts_are_left_out_and_said() -> None:
    odd = {0: "NaN", 1: "+Inf", 2: "-3", 3: "1e300", 4: "7.4"}
    store = Store(lambda end: [requests("orders-new", odd.get(end // STEP % 6, "5"))])
    async with asking(store) as asker:
        batch = await asker.poll()
        told = [row.new.requests for row in batch.rows if isinstance(row, Traffic) and row.new]
        assert set(told) == {5, 7}
        assert any("no counts" in note for note in batch.notes)


async def test_repeated_answers_are_not_told_before_they_are_true() -> None:
    """As VictoriaMetrics answers about its newest 30 s: with what it said of the moment before."""
    store = Store()
    edge = NOW - 20_000
    store.true_upto = edge - 2 * STEP
    async with asking(store) as asker:
        batch = await asker.poll()
        ends = [row.at + row.width_ms for row in batch.rows if isinstance(row, Traffic)]
        assert max(ends) == edge - 2 * STEP
        assert not batch.more
        assert any("newest 60 s" in note for note in batch.notes)
        store.true_upto = edge
        later = await asker.poll()
        ends = [row.at + row.width_ms for row in later.rows if isinstance(row, Traffic)]
        assert ends[-2:] == [edge - STEP, edge]


async def test_the_newest_steps_are_asked_again_and_after_warnings_more_of_them() -> None:
    store = Store()
    async with asking(store) as asker:
        await asker.poll()
        again = await asker.poll()
        assert len(again.rows) == 2
        store.beside = {"warnings": ["store 10.0.0.7 is away"], "infos": ["not a counter\x1b[2J"]}
        warned = await asker.poll()
        assert "the server warns: store 10.0.0.7 is away" in warned.notes
        assert any("not a counter" in note and note.isprintable() for note in warned.notes)
        place = msgspec.json.decode(asker.cursor or "", type=Place)
        assert place.until - place.again <= TEN_MINUTES_MS
        store.beside = {"isPartial": True}
        assert any("partial" in note for note in (await asker.poll()).notes)


async def test_many_services_are_asked_for_in_fewer_steps() -> None:
    def many(end: int) -> list[tuple[Labels, str]]:
        return [requests(f"s{n}-{side}", 1) for n in range(500) for side in ("legacy", "new")]

    async with asking(Store(many), history="14d") as asker:
        batches = [await asker.poll()]
        while batches[-1].more and len(batches) < 5:
            batches.append(await asker.poll())
        assert max(len(batch.rows) for batch in batches[1:]) <= 5_000
        assert (batches[1].remaining or 0) > (batches[2].remaining or 0) > 0


# Servers that say no, or odd things.


async def test_refusals_name_the_setting() -> None:
    def error(words: str) -> dict[str, str]:
        return {"status": "error", "errorType": "bad_data", "error": words}

    async with asking(always(error("parse error: x"), "400 Bad Request")) as asker:
        said = await asker.refused()
        assert "parse error: x" in said
        assert "`where:`" in said
    async with asking(always(b"<html>Login</html>")) as asker:
        assert "end `url:` where /api/v1 begins" in await asker.refused()
    async with asking(always(b"404 page not found", "404 Not Found")) as asker:
        assert "end `url:` where /api/v1 begins" in await asker.refused()
    async with asking(always(b"no org id", "401 Unauthorized")) as asker:
        assert "`tenant:`" in await asker.refused(SourceErrorKind.AUTH)
    async with asking(always(b"no", "401 Unauthorized"), tenant="team-a") as asker:
        assert "`tenant:`" not in await asker.refused(SourceErrorKind.AUTH)
    said_with_200 = b'{"status": "error", "error": "no luck", "data": null}'
    async with asking(always(said_with_200)) as asker:
        assert "answers no luck" in await asker.refused(SourceErrorKind.STATUS)
    async with asking(always(error("too many samples"), "422 Unprocessable Entity")) as asker:
        assert "too many samples" in await asker.refused()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"status": "success", "data": {"result": [{"metric": {"a": 1}, "values": []}]}}',
        b'{"status": "success", "data": {"result": [{"metric": {}, "values": [[1, "2"]]}]}}',
        b'{"status": "success", "data": {"result": [{"metric": {}, "values": [[1e300, "2"]]}]}}',
        b'{"status": "success", "data": {"result": [{"metric": {}}, {"metric": {}}]}}',
        b'{"status": "success", "data": {"result": {}}}',
        b'{"status": "success"',
        b"\xff\xfe",
    ],
)
async def test_what_is_no_answer_is_refused(body: bytes) -> None:
    async with asking(always(body)) as asker:
        await asker.refused(MALFORMED)


async def test_a_value_that_is_no_number_is_refused() -> None:
    async with asking(Store(lambda _: [requests("orders-new", "many")])) as asker:
        assert "many" in await asker.refused(MALFORMED)


async def test_labels_that_fit_nothing_and_words_of_two_sides() -> None:
    store = Store(lambda _: [requests("orders", 1), requests("xds", 2)])
    async with asking(store) as asker:
        assert "envoy_cluster_name=orders does not fit" in await asker.refused()
    two = Store(lambda _: [requests("orders-new", 1), requests("orders-legacy", 1)])
    sides = OwnWords(legacy=("legacy", "n*"))
    async with asking(two, sides=sides) as asker:
        batch = await asker.poll()
        assert any("new is legacy and new by the words" in note for note in batch.notes)
    escape = Store(lambda _: [requests("orders-new", 1), requests("\x1b[2J\u202e", 1)])
    async with asking(escape) as asker:
        assert all(note.isprintable() for note in (await asker.poll()).notes)


async def test_what_is_gone_later_is_a_note_and_no_error() -> None:
    store = Store()
    async with asking(store) as asker:
        await asker.poll()
        store.counts = lambda _: []
        batch = await asker.poll()
        assert batch.rows == ()
        assert any("was there to be counted" in note for note in batch.notes)


async def test_history_from_before_there_were_sides_is_passed_by() -> None:
    """A gateway has clusters of its own too, and before the migration it had no others."""
    began = NOW - 30 * HOUR_MS

    def counts(end: int) -> list[tuple[Labels, str]]:
        return [requests("xds", 1), *(both(end) if end > began else [])]

    async with asking(Store(counts), history="5d") as asker:
        batches = [await asker.poll()]
        while batches[-1].more:
            batches.append(await asker.poll())
        rows = [row for batch in batches for row in batch.rows]
        ends = sorted(row.at + row.width_ms for row in rows if isinstance(row, Traffic))
        assert began < ends[0] <= began + HOUR_MS
        assert ends[-1] == NOW - 20_000
        # Now that it is known that the settings are right, silence is no reason to doubt them.
        asker.store.counts = lambda _: [requests("xds", 1)]
        assert any("was there to be counted" in note for note in (await asker.poll()).notes)


async def test_what_is_too_much_at_once_is_asked_for_in_fewer_steps() -> None:
    class Limited(Store):
        most = 20

        async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
            start, end, step = (float(request.query[name]) for name in ("start", "end", "step"))
            if (end - start) / step < self.most:
                await super().__call__(request, writer)
                return
            said = {"status": "error", "error": "query would load too many samples into memory"}
            writer.write(answer(said, status="422 Unprocessable Entity"))

    async with asking(Limited(), history="26h") as asker:
        told: set[tuple[int, int]] = set()
        refused, done = 0, False
        while not done:
            batch = await asker.poll()
            told |= {(row.at, row.width_ms) for row in batch.rows if isinstance(row, Traffic)}
            # What goes on now does not wait for history.
            assert (NOW - 20_000 - STEP, STEP) in told
            late = any("history is told later" in note for note in batch.notes)
            refused += late
            done = not late and not batch.more
        assert refused >= 2
        windows = sorted(told)
        assert all(at + width == after for (at, width), (after, _) in pairwise(windows))
        assert windows[0][0] <= NOW - 26 * HOUR_MS


async def test_moments_that_are_no_numbers_are_none() -> None:
    def odd(store: Store, query: Mapping[str, str]) -> list[dict[str, Any]]:
        moments, *series = Store.matrix(store, query)
        values = [[at, word] for (at, _), word in zip(moments["values"], ODD, strict=False)]
        return [{**moments, "values": values}, *series]

    class Odd(Store):
        def matrix(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
            return odd(self, query)

    async with asking(Odd()) as asker:
        batch = await asker.poll()
        assert batch.rows == ()


ODD = ("NaN", "+Inf", "-Inf", "1e300")


async def test_a_clock_that_jumped_ahead_and_back_goes_on_from_where_it_is() -> None:
    class Jumpy(Store):
        ahead_s = 3600

        def answer(self, body: object) -> bytes:
            date = formatdate(clock[0] / 1000 + self.ahead_s, usegmt=True)
            return answer(body, headers={"Date": date})

    clock = [NOW]
    store = Jumpy()
    async with asking(store) as asker:
        asker.client = Client(Connection(base_url=asker.server.url), clock=lambda: clock[0])
        assert (await asker.poll()).rows
        store.ahead_s = 0
        await asker.poll()
        clock[0] += 2 * STEP
        ends = [
            row.at + row.width_ms for row in (await asker.poll()).rows if isinstance(row, Traffic)
        ]
        assert max(ends) == NOW - 20_000 + 2 * STEP


async def test_another_clock_is_followed_and_said() -> None:
    class Ahead(Store):
        def answer(self, body: object) -> bytes:
            return answer(body, headers={"Date": "Tue, 14 Nov 2023 22:14:20 GMT"})  # NOW + 60 s

    async with asking(Ahead()) as asker:
        batch = await asker.poll()
        last = batch.rows[-1]
        assert isinstance(last, Traffic)
        assert last.at + last.width_ms == NOW + 40_000
        assert batch.requests == 2
        assert any("60 s ahead of this machine's" in note for note in batch.notes)
        assert (await asker.poll()).requests == 1


async def test_tenant_prefix_and_the_parameters_of_victoria_go_with_each_question() -> None:
    async with asking(tenant="team-a") as asker:
        prefixed = Connection(
            base_url=f"{asker.server.url}/prometheus", headers={"X-Scope-OrgID": "team-a"}
        )
        asker.client = Client(prefixed, clock=lambda: NOW)
        await asker.poll()
        [request] = asker.server.requests
        assert request.path == "/prometheus/api/v1/query_range"
        assert request.headers["x-scope-orgid"] == "team-a"
        assert request.query["nocache"] == "1"
        assert request.query["latency_offset"] == "1ms"


async def test_latency_is_a_second_question() -> None:
    def with_latency(end: int) -> list[tuple[Labels, str]]:
        le = {"envoy_cluster_name": "orders-new", "goliath_part": "latency"}
        return [
            requests("orders-new", 10),
            ({**le, "le": "5"}, "4"),
            ({**le, "le": "10"}, "9"),
            ({**le, "le": "+Inf"}, "10"),
        ]

    async with asking(Store(with_latency), latency=True) as asker:
        batch = await asker.poll()
        row = batch.rows[-1]
        assert isinstance(row, Traffic)
        assert row.new
        # The fake answers both questions with both parts: what counts is the shape.
        assert sum(row.new.latency) in {10, 20}
        assert batch.requests == 2


# Windows of time.


def tell(place: Place, edge: int, step: int, most: int) -> tuple[Place, list[tuple[int, int]]]:
    """Everything that is told until it is all told: (start, width) of each new window."""
    told: list[tuple[int, int]] = []
    for _ in range(20_000):
        windows = newest(place, edge, step, most)
        if windows is not None and windows.end > place.until:
            told += [
                (end - windows.width, windows.width) for end in windows.ends() if end > place.until
            ]
            place = after(place, windows, warned=False)
            continue
        if (past := older(place, most)) is None:
            return place, told
        told += [(end - past.width, past.width) for end in past.ends()]
        place = msgspec.structs.replace(place, back=past.start)
    raise AssertionError("it never ends")


STEPS = st.sampled_from([1_000, 10_000, 15_000, 30_000, 60_000, 120_000, 600_000])


@given(
    edge=st.integers(NOW, NOW + 10 * HOUR_MS),
    step=STEPS,
    other=STEPS,
    history=st.sampled_from([0, HOUR_MS, 26 * HOUR_MS, 5 * 24 * HOUR_MS]),
    most=st.sampled_from([1, 7, 125, 1000]),
    asleep=st.sampled_from([0, 59_000, 3 * HOUR_MS, 40 * HOUR_MS]),
)
def test_windows_tile_time_whatever_happens(
    *, edge: int, step: int, other: int, history: int, most: int, asleep: int
) -> None:
    """First run, sleep, and another step in the config: no gap, and nothing twice."""
    place, told = tell(
        begin(edge // step * step, history, step, most), edge // step * step, step, most
    )
    woken = (edge + asleep) // other * other
    place, more = tell(place, woken, other, most)
    windows = sorted({*told, *more})
    for (start, width), (following, _) in pairwise(windows):
        assert start + width == following
    assert windows[0][0] <= edge - history
    assert place.until in range(woken - other, woken + 1) or place.until > woken
    assert to_come(place, place.until, other) == 0


@given(edge=st.integers(NOW, NOW + HOUR_MS), step=STEPS, warned=st.booleans())
def test_what_is_asked_again_are_the_same_buckets(edge: int, step: int, warned: bool) -> None:
    edge = edge // step * step
    first = newest(begin(edge, 0, step, 100), edge, step, 100)
    assert first is not None
    place = after(begin(edge, 0, step, 100), first, warned=warned)
    second = newest(place, edge + step, step, 100)
    assert second is not None
    assert {*second.ends()} - {edge + step} <= {*first.ends()}
    assert len({*second.ends()} & {*first.ends()}) >= min(2, first.count)


def test_a_clock_that_is_set_back_asks_for_nothing_new() -> None:
    place = after(begin(NOW, 0, 10_000, 9), Windows(NOW - 90_000, 10_000, 9), warned=False)
    assert newest(place, NOW - HOUR_MS, 10_000, 100) is None
    # By little it is waited for, by much it is believed.
    assert set_back(place, place.until - 70_000, 10_000) == place
    back = set_back(place, NOW - HOUR_MS, 10_000)
    assert newest(back, NOW - HOUR_MS + 20_000, 10_000, 100) == Windows(NOW - HOUR_MS, 10_000, 2)


# Words.


@given(st.text(max_size=20))
def test_any_text_can_be_asked_for(text: str) -> None:
    shown = quoted(text)
    assert shown[0] == shown[-1] == '"'
    assert "\n" not in shown
    inner = shown[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inner


def test_conditions_as_promql() -> None:
    where = {"a": "x.y", "b": "x.*", "c": "!", "d": "!t*", "e": 'q"\\'}
    assert label_set(where) == ('{a="x.y",b=~"x\\\\..*",c!="",d!~"t.*",e="q\\"\\\\"}')
    assert fits(where, {"a": "x.y", "b": "x.z", "c": "1", "d": "u", "e": 'q"\\'})
    assert not fits({"b": "x.*"}, {"b": "xyz"})
    assert not fits({"c": "!"}, {})
    assert fits({"a": "[x]?"}, {"a": "[x]?"})


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_is_a_config_by_itself(preset: str) -> None:
    assert list(Options(preset=preset).problems()) == []
    assert Options(preset=preset).chosen() == PRESETS[preset]


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({}, ()),
        ({"preset": "nginx"}, ("preset",)),
        ({"metric": "x"}, ("metric",)),
        ({"preset": "envoy", "metric": "x{a=1}"}, ("metric",)),
        ({"preset": "envoy", "labels": {"a": "{service}"}}, ("labels",)),
        ({"preset": "envoy", "labels": {"a-b": "{service}-{side}"}}, ("labels", "a-b")),
        ({"preset": "envoy", "where": {"1": "x"}}, ("where", "1")),
        ({"preset": "envoy", "step": "7s"}, ("step",)),
        ({"preset": "envoy", "step": "soon"}, ("step",)),
        ({"preset": "envoy", "history": "9000d"}, ("history",)),
        ({"preset": "envoy", "tenant": "a\r\nb: c"}, ("tenant",)),
        ({"preset": "haproxy", "latency": True}, ("latency",)),
        ({"promql": "x"}, ("promql",)),
        ({"promql": "x[$window]", "preset": "envoy"}, ("preset",)),
        ({"promql": "x[$window]", "where": {"a": "b"}}, ("where",)),
    ],
)
def test_settings_that_cannot_be_are_said(settings: dict[str, Any], place: tuple[str, ...]) -> None:
    assert place in [where for where, _ in Options(**settings).problems()]


def test_words_replace_those_of_the_preset_side_by_side() -> None:
    words = Options(preset="istio", sides=OwnWords(new=("v3",))).chosen().sides
    assert words.new == ("v3",)
    assert "v1" in words.legacy


# Latency.


@given(
    st.lists(st.integers(0, 1000), min_size=2, max_size=12),
    st.sampled_from([1.0, 1000.0]),
)
def test_histograms_keep_their_count(counts: list[int], unit_ms: float) -> None:
    limits = [*(0.005 * 3**i for i in range(len(counts) - 1)), float("inf")]
    total, grown = 0, {}
    for limit, count in zip(limits, counts, strict=True):
        total += count
        grown[limit] = float(total)
    found = bins(grown, unit_ms)
    assert sum(found) == total
    assert len(found) <= LATENCY_BINS


def test_limits_and_counts_beyond_all_measure_are_still_numbers() -> None:
    assert sum(bins({1e306: 5.0, 1e307: 6.0, inf: 7.0}, 1000)) == 7
    assert max(bins({1.0: 2.0**60, inf: 2.0**61}, 1)) == 2**53


def test_what_took_between_two_limits_stays_between_them() -> None:
    found = bins({8.0: 0.0, 16.0: 100.0, float("inf"): 100.0}, 1.0)
    assert [i for i, count in enumerate(found) if count] == [7, 8]
    assert bins({5.0: 9.0, 10.0: 3.0}, 1.0) == ()
    assert bins({float("nan"): 3.0}, 1.0) == ()
    assert bins({float("inf"): 4.0}, 1.0) == ()
