"""The native API, read page by page: what is told, what is remembered, what is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from goliath_tui import native
from goliath_tui.domain import (
    Answers,
    Batch,
    Comparison,
    Difference,
    DifferenceClass,
    MigrationState,
    Service,
    SourceError,
    SourceErrorKind,
    StateChange,
    Traffic,
)
from goliath_tui.sources import KINDS, Source
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.native_pages import FUTURE_MS, MOST_EMPTY_PAGES, MOST_ROWS
from tests.sources.hostile_server import Api, Request, Server, answer, hangs, serving

NOW = 1_700_000_000_000
MALFORMED = SourceErrorKind.MALFORMED


class Asker:
    """A source and what it remembers, as a poller would ask it."""

    def __init__(self, server: Server, api: Api, kind: str) -> None:
        self.server = server
        self.api = api
        self.source: Source = KINDS[kind].make(KINDS[kind].whole())
        connection = Connection(base_url=server.url, timeout_ms=5_000)
        self.client = Client(connection, clock=lambda: NOW)
        self.cursor: str | None = None

    async def poll(self) -> Batch:
        """One batch, as good as committed."""
        batch = await self.source.poll(self.client, self.cursor)
        self.cursor = batch.cursor
        return batch

    async def fill(self) -> list[Batch]:
        """Batches until there are no more."""
        batches = [await self.poll()]
        while batches[-1].more:
            batches.append(await self.poll())
        return batches

    async def refused(self) -> str:
        """What a poll is refused for."""
        with pytest.raises(SourceError) as caught:
            await self.poll()
        assert caught.value.kind is MALFORMED
        assert str(caught.value).isprintable()
        return str(caught.value)


@asynccontextmanager
async def gateway(kind: str = "goliath-gateway") -> AsyncIterator[Asker]:
    api_name = native.GATEWAY_API if kind == "goliath-gateway" else native.TRACKER_API
    api = Api(api_name, lambda: NOW + 2_000)
    async with serving(api) as server:
        asker = Asker(server, api, kind)
        try:
            yield asker
        finally:
            await asker.client.close()


def traffic(first: int, count: int) -> list[Traffic]:
    return [
        Traffic(at=NOW - 10_000_000 + i, width_ms=1000, service="progress")
        for i in range(first, first + count)
    ]


def page(rows: list[Any], cursor: str, *, more: bool = False, remaining: int | None = None) -> Any:
    return native.Page(rows=tuple(rows), cursor=cursor, more=more, remaining=remaining)


def traffic_pages(pages: int, rows: int) -> dict[str | None, Any]:
    """That many full pages behind each other; their cursors are 1, 2, …"""
    return {
        (str(n) if n else None): page(
            traffic(n * rows, rows),
            str(n + 1),
            more=n < pages - 1,
            remaining=rows * (pages - n - 1),
        )
        for n in range(pages)
    }


@pytest.mark.parametrize("kind", ["goliath-gateway", "goliath-tracker"])
async def test_every_endpoint_is_asked_in_order_and_an_empty_api_gives_an_empty_batch(
    kind: str,
) -> None:
    async with gateway(kind) as asker:
        await asker.fill()
        seen = len(asker.server.requests)
        batch = await asker.poll()
        endpoints = (
            native.GATEWAY_ENDPOINTS if kind == "goliath-gateway" else native.TRACKER_ENDPOINTS
        )
        assert [r.path for r in asker.server.requests[seen:]] == [
            f"/v1/{name}" for name in ("about", *endpoints)
        ]
        assert (
            KINDS[kind].requests_per_poll(KINDS[kind].whole())
            == len(endpoints) + 1
            == batch.requests
        )
        assert (batch.rows, batch.more, batch.remaining) == ((), False, 0)
        assert (batch.instance, batch.skew_ms) == ("one", 2_000)
        assert batch.bytes_read > 0


async def test_rows_come_cleaned() -> None:
    async with gateway() as asker:
        asker.api.instance = "in\x1bstance"
        asker.api.pages["services"] = {None: page([Service(name="a\x1b]0;b\u202e")], "1")}
        asker.api.pages["mismatches"] = {
            None: page(
                [
                    Comparison(
                        id="1",
                        at=NOW,
                        field="User.name",
                        differences=(Difference(path="$.\x07", kind=DifferenceClass.VALUE),),
                        answers=Answers(
                            legacy=msgspec.Raw(b'"\\u202e"'), new=msgspec.Raw(b" null ")
                        ),
                    )
                ],
                "1",
            )
        }
        [batch] = await asker.fill()
    service, comparison = batch.rows
    assert batch.instance == "in␛stance"
    assert service == Service(name="a␛]0;b‹U+202E›")
    assert isinstance(comparison, Comparison)
    assert comparison.differences[0].path == "$.␇"
    assert comparison.answers is not None
    assert msgspec.json.decode(comparison.answers.legacy) == "‹U+202E›"
    assert msgspec.json.decode(comparison.answers.new) is None


async def test_a_large_fill_comes_in_bounded_batches_that_say_how_much_is_left() -> None:
    async with gateway() as asker:
        asker.api.pages["traffic"] = traffic_pages(12, 1000)
        asker.api.pages["services"] = {None: page([Service(name="progress")], "1")}
        batches = await asker.fill()
    rows = [row for batch in batches for row in batch.rows if isinstance(row, Traffic)]
    assert rows == traffic(0, 12_000)
    assert all(len(batch.rows) <= MOST_ROWS for batch in batches)
    assert [batch.more for batch in batches] == [True, True, False]
    assert [batch.remaining for batch in batches] == [12_001 - 4001, 12_001 - 9001, 0]
    # The endpoints before traffic are not asked again for every batch of it.
    assert asker.server.count("/v1/services") == 2
    assert asker.server.count("/v1/about") == 3


async def test_a_batch_that_was_not_committed_is_told_again() -> None:
    async with gateway() as asker:
        asker.api.pages["traffic"] = traffic_pages(8, 1000)
        first = await asker.source.poll(asker.client, None)
        again = await asker.source.poll(asker.client, None)
        assert again.rows == first.rows
        asker.cursor = again.cursor
        rest = await asker.fill()
        assert len(first.rows) + sum(len(batch.rows) for batch in rest) == 8_000


async def test_another_process_goes_on_where_the_cursor_says() -> None:
    async with gateway() as asker:
        asker.api.pages["traffic"] = traffic_pages(8, 1000)
        first = await asker.poll()
        other = Asker(asker.server, asker.api, "goliath-gateway")
        other.cursor = first.cursor
        rest = [row for batch in await other.fill() for row in batch.rows]
        await other.client.close()
        assert [*first.rows, *rest] == traffic(0, 8_000)


async def test_a_cursor_that_nobody_can_read_starts_from_the_beginning() -> None:
    async with gateway() as asker:
        asker.api.pages["traffic"] = traffic_pages(1, 3)
        for cursor in ("", "not json", "[]", '{"traffic": 1}'):
            asker.cursor = cursor
            [batch] = await asker.fill()
            assert batch.rows == tuple(traffic(0, 3))


async def test_an_unchanged_page_costs_a_304_and_an_etag_belongs_to_its_cursor() -> None:
    async with gateway() as asker:

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            cursor = request.query.get("cursor")
            if request.headers.get("if-none-match") == f'"{cursor}"':
                writer.write(answer(status="304 Not Modified"))
            else:
                rows = [] if cursor else traffic(0, 2)
                writer.write(answer(page(rows, "1"), headers={"ETag": f'"{cursor}"'}))

        asker.api.overrides["traffic"] = handler
        await asker.poll()
        sent = []
        for _ in range(3):
            batch = await asker.poll()
            assert (batch.rows, batch.remaining) == ((), 0)
            [request] = [r for r in asker.server.requests[-7:] if r.path == "/v1/traffic"]
            sent.append(request.headers.get("if-none-match"))
        assert sent == [None, '"1"', '"1"']


async def test_new_rows_are_found_by_the_next_poll() -> None:
    async with gateway() as asker:
        asker.api.pages["states"] = {
            None: page([StateChange(field="A.b", at=NOW, state=MigrationState.MANUAL)], "1"),
        }
        await asker.fill()
        asker.api.pages["states"]["1"] = page(
            [StateChange(field="A.b", at=NOW, state=MigrationState.CANARY)], "2"
        )
        [batch] = await asker.fill()
        assert [row.state for row in batch.rows if isinstance(row, StateChange)] == [
            MigrationState.CANARY
        ]
        [batch] = await asker.fill()
        assert batch.rows == ()


async def test_another_api_or_nothing_at_the_address_is_told_so() -> None:
    async with gateway() as asker:
        asker.api.api = "goliath-tracker/1"
        with pytest.raises(SourceError, match="speaks goliath-tracker/1, not goliath-gateway/1"):
            await asker.poll()

        async def missing(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(status="404 Not Found"))

        asker.api.overrides["about"] = missing
        with pytest.raises(SourceError, match="404 Not Found: check the address"):
            await asker.poll()


async def test_a_page_that_is_too_large_is_asked_for_smaller_next_time() -> None:
    async with gateway() as asker:
        await asker.fill()
        sizes: list[int] = []

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            sizes.append(int(request.query["limit"]))
            fits = sizes[-1] < 100
            writer.write(answer(page([], "1") if fits else b" " * (17 * 2**20)))

        asker.api.overrides["traffic"] = handler
        for _ in range(2):
            with pytest.raises(SourceError) as caught:
                await asker.poll()
            assert caught.value.kind is SourceErrorKind.TOO_LARGE
        await asker.poll()
        assert sizes == [1000, 250, 62]


async def test_a_server_that_lost_our_cursor_is_read_again_from_its_start() -> None:
    async with gateway() as asker:
        asker.api.pages["traffic"] = traffic_pages(1, 3)
        await asker.fill()

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            known = request.query.get("cursor") in {None, "new"}
            body = page(traffic(5, 2), "new")
            writer.write(answer(body) if known else answer(status="410 Gone"))

        asker.api.overrides["traffic"] = handler
        [batch] = await asker.fill()
        assert batch.rows == tuple(traffic(5, 2))

        async def gone(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(status="410 Gone"))

        asker.api.overrides["traffic"] = gone
        with pytest.raises(SourceError, match="410 Gone"):
            await asker.poll()


async def test_buckets_read_before_the_cursor_was_lost_do_not_come_twice() -> None:
    async with gateway() as asker:
        known = {"a"}

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            cursor = request.query.get("cursor")
            if cursor is not None and cursor not in known:
                writer.write(answer(status="410 Gone"))
                return
            rows = [] if cursor else traffic(0, 3)
            writer.write(answer(page(list(rows), min(known))))

        asker.api.overrides["traffic"] = handler
        [first] = await asker.fill()
        assert first.rows == tuple(traffic(0, 3))
        known.clear()
        known.add("b")
        batches = await asker.fill()
        assert [row for batch in batches for row in batch.rows] == []


async def test_unchanged_without_having_been_asked_is_no_answer() -> None:
    async with gateway() as asker:

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(status="304 Not Modified"))

        asker.api.overrides["services"] = handler
        with pytest.raises(SourceError, match="304"):
            await asker.fill()


async def test_what_was_read_before_an_endpoint_failed_is_told_first() -> None:
    async with gateway() as asker:
        await asker.fill()
        asker.api.pages["services"] = {None: page([Service(name="new")], "1")}
        asker.cursor = None

        async def limited(request: Request, writer: asyncio.StreamWriter) -> None:
            if request.query["limit"] != "1":
                headers = {"Retry-After": "30"}
                writer.write(answer(status="429 Slow", headers=headers))
            else:
                writer.write(answer(page([], "")))

        asker.api.overrides["states"] = limited
        batch = await asker.poll()
        assert batch.rows == (Service(name="new"),)
        assert batch.more
        asked = len(asker.server.requests)
        with pytest.raises(SourceError, match="429") as caught:
            await asker.poll()
        assert caught.value.retry_after_ms == 30_000
        assert len(asker.server.requests) == asked
        del asker.api.overrides["states"]
        asker.api.pages["states"] = {
            None: page([StateChange(field="A.b", at=NOW, state=MigrationState.MANUAL)], "1"),
        }
        [batch] = await asker.fill()
        assert len(batch.rows) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"rows": [{"at": 1, "width', "truncated"),
        (b"", "truncated"),
        (b"<html>", "malformed"),
        (b"[]", "Expected object, got array"),
        (b'{"rows": [], "cursor": 5}', "at $.cursor: Expected str, got int"),
        (b'{"rows": [{"at": "x"}], "cursor": ""}', "at $.rows[0].at"),
        (
            b'{"rows": [{"at": 1, "width_ms": 0, "service": ""}], "cursor": ""}',
            "$.rows[0].width_ms",
        ),
        (b'{"rows": [{"service": "\xff"}], "cursor": ""}', "UTF-8"),
        (b'{"rows": ' + b"[" * 100_000 + b"]" * 100_000 + b', "cursor": ""}', "as agreed"),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b', "rows": []}', "too deeply"),
        (b'{"rows": [], "cursor": "%s"}' % (b"x" * 600), "length <= 512"),
        (b'{"rows": [{"\x1b": 1}], "cursor": ""}', "malformed"),
    ],
)
async def test_a_page_that_is_not_as_agreed_is_refused_with_the_place(
    body: bytes, says: str
) -> None:
    async with gateway() as asker:

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(body))

        asker.api.overrides["traffic"] = handler
        message = await asker.refused()
        assert says in message
        assert f"{asker.server.url}/v1/traffic" in message


async def test_half_an_emoji_in_a_title_does_not_stop_the_tracker() -> None:
    async with gateway("goliath-tracker") as asker:

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(rb'{"rows": [{"id": "1", "title": "Ship \ud83d"}], "cursor": "1"}'))

        asker.api.overrides["items"] = handler
        batch = await asker.poll()
        assert [getattr(row, "title", None) for row in batch.rows] == ["Ship ‹U+D83D›"]


async def test_an_answer_that_nobody_could_decode_is_refused() -> None:
    deep = b"[" * 900 + b"]" * 900
    body = (
        b'{"rows": [{"id": "1", "at": 1, "field": "A.b", "differences": [],'
        b' "answers": {"legacy": 1, "new": %s}}], "cursor": "1"}' % deep
    )
    async with gateway() as asker:

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(body))

        asker.api.overrides["mismatches"] = handler
        assert "$.rows[0]" in await asker.refused()


@pytest.mark.parametrize("cursor", ["", "1"])
async def test_a_cursor_that_does_not_move_is_refused(cursor: str) -> None:
    async with gateway() as asker:
        asker.api.pages["traffic"] = {
            None: page(traffic(0, 1), "1", more=True),
            "1": page(traffic(1, 1), cursor, more=True),
        }
        assert len((await asker.poll()).rows) == 1
        assert "cursor" in await asker.refused()


async def test_cursors_that_go_round_in_a_circle_are_refused() -> None:
    async with gateway() as asker:
        asker.api.pages["traffic"] = {
            None: page(traffic(0, 1), "a", more=True),
            "a": page(traffic(1, 1), "b", more=True),
            "b": page(traffic(2, 1), "a", more=True),
        }
        assert (await asker.poll()).more
        assert "cursor" in await asker.refused()


async def test_pages_without_rows_for_ever_are_refused() -> None:
    async with gateway() as asker:

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            number = int(request.query.get("cursor", "0"))
            writer.write(answer(page([], str(number + 1), more=True)))

        asker.api.overrides["traffic"] = handler
        with pytest.raises(SourceError, match="page after page"):
            await asker.fill()
        assert asker.server.count("/v1/traffic") <= MOST_EMPTY_PAGES + 2


async def test_more_rows_than_a_page_can_have_are_refused() -> None:
    async with gateway() as asker:
        asker.api.pages["services"] = {None: page([Service(name="x")] * 5_001, "1")}
        assert "5001 rows" in await asker.refused()


async def test_rows_from_the_future_are_refused_with_their_moment() -> None:
    async with gateway() as asker:
        late = Traffic(at=NOW + FUTURE_MS - 999, width_ms=1000, service="x")
        asker.api.pages["traffic"] = {None: page([*traffic(0, 2), late], "1")}
        assert "$.rows[2]`, 2023-11-15" in await asker.refused()
        soon = msgspec.structs.replace(late, at=NOW + FUTURE_MS - 1000)
        asker.api.pages["traffic"] = {None: page([soon], "1")}
        assert len((await asker.poll()).rows) == 1


async def test_large_pages_are_decoded_too() -> None:
    async with gateway() as asker:
        rows = [Service(name=f"{n:0500}") for n in range(1000)]
        asker.api.pages["services"] = {None: page(rows, "1")}
        assert (await asker.poll()).rows == tuple(rows)


async def test_a_hanging_endpoint_ends_in_a_timeout() -> None:
    async with gateway() as asker:
        asker.api.overrides["states"] = hangs
        asker.client = Client(
            Connection(base_url=asker.server.url, timeout_ms=100), clock=lambda: NOW
        )
        with pytest.raises(SourceError) as caught:
            await asker.poll()
        assert caught.value.kind is SourceErrorKind.TIMEOUT
        assert "/v1/states" in str(caught.value)
