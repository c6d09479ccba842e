"""Schemas at a URL: what is asked, what is unwrapped, and what a server can do wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from goliath_tui.domain import Batch, SourceError, SourceErrorKind
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.supergraph import Options
from tests.sources.hostile_server import Handler, Request, Server, always, answer, serving
from tests.sources.schemas import CANARY, LEGACY, NOW, PROGRESS, labelled, told

KIND = KINDS["supergraph"]
SDL = labelled("percent(7)")
STATES = {"f0": (CANARY, 7)}


class Asker:
    """The source at a URL, and what it remembers."""

    def __init__(self, server: Server, options: Options) -> None:
        self.server = server
        self.source = KIND.make(Setup(parts=KIND.gives, options=options))
        connection = Connection(base_url=f"{server.url}/schema", token=lambda: "secret")
        self.client = Client(connection, clock=lambda: NOW)
        self.cursor: str | None = None

    async def poll(self) -> Batch:
        """One batch, as good as committed."""
        batch = await self.source.poll(self.client, self.cursor)
        self.cursor = batch.cursor
        return batch


@asynccontextmanager
async def asking(handler: Handler, options: Options | None = None) -> AsyncIterator[Asker]:
    async with serving(handler) as server:
        asker = Asker(server, options or Options(legacy=("monolith",)))
        try:
            yield asker
        finally:
            await asker.client.close()


async def test_a_schema_is_got_as_text_and_not_again_while_its_etag_stands() -> None:
    etag, text = '"1"', SDL

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.headers.get("if-none-match") == etag:
            writer.write(answer(status="304 Not Modified"))
        else:
            writer.write(answer(text.encode(), headers={"ETag": etag}))

    async with asking(handler) as asker:
        batch = await asker.poll()
        assert told(list(batch.rows)) == STATES
        assert (batch.requests, batch.bytes_read) == (1, len(text))
        [request] = asker.server.requests
        assert (request.method, request.path) == ("GET", "/schema")
        assert request.headers["accept"].startswith("text/plain")
        assert request.headers["authorization"] == "Bearer secret"
        asker.source = KIND.make(Setup(parts=KIND.gives, options=Options(legacy=("monolith",))))
        again = await asker.poll()
        assert (again.rows, again.cursor, again.bytes_read) == ((), batch.cursor, 0)
        assert asker.server.requests[-1].headers["if-none-match"] == etag
        # The same content under another tag: nothing is told, and the new tag is kept.
        etag = '"2"'
        assert (await asker.poll()).rows == ()
        await asker.poll()
        assert asker.server.requests[-1].headers["if-none-match"] == etag
        etag, text = '"3"', labelled("percent(8)")
        assert told(list((await asker.poll()).rows)) == {"f0": (CANARY, 8)}
        assert KIND.requests_per_poll(KIND.whole()) == 1


async def test_other_settings_ask_for_the_schema_itself_though_its_etag_is_known() -> None:
    async with asking(always(answer(labelled("a").encode(), headers={"ETag": '"1"'}))) as asker:
        await asker.poll()
        options = Options(legacy=("monolith",), labels={"a": LEGACY})
        asker.source = KIND.make(Setup(parts=KIND.gives, options=options))
        assert told(list((await asker.poll()).rows)) == {"f0": LEGACY}
        assert "if-none-match" not in asker.server.requests[-1].headers


@pytest.mark.parametrize(
    "body",
    [
        {"supergraphSdl": SDL},
        {"data": {"supergraphSdl": SDL, "id": 1}},
        {"data": {"routerConfig": {"__typename": "RouterConfigResult", "supergraphSdl": SDL}}},
        {"data": {"_service": {"sdl": SDL}}},
        {"sdl": SDL},
        {"data": {"sdl": SDL}},
    ],
)
async def test_a_schema_may_come_in_json(body: object) -> None:
    async with asking(always(answer(body))) as asker:
        assert told(list((await asker.poll()).rows)) == STATES


async def test_a_subgraph_is_asked_for_its_own_schema() -> None:
    options = Options(ask="subgraph", service="progress")
    async with asking(always(answer({"data": {"_service": {"sdl": PROGRESS}}})), options) as asker:
        assert told(list((await asker.poll()).rows))["streak"] == (CANARY, 12.5)
        [request] = asker.server.requests
        assert request.method == "POST"
        assert msgspec.json.decode(request.body) == {"query": "{ _service { sdl } }"}
        assert (await asker.poll()).rows == ()


async def test_whose_schema_a_subgraph_at_a_url_is_has_to_be_said() -> None:
    async with asking(always(answer(PROGRESS.encode()))) as asker:
        with pytest.raises(SourceError, match="say whose with `service:`") as caught:
            await asker.poll()
        assert caught.value.kind is SourceErrorKind.CONFIG


@pytest.mark.parametrize(
    ("raw", "kind", "says"),
    [
        (answer(status="404 Not Found"), "status", "check the address"),
        (answer(status="410 Gone"), "status", "410 Gone"),
        (answer(status="401 Unauthorized"), "auth", "refuses the credentials: check the token"),
        (answer(status="304 Not Modified"), "malformed", "was never asked so"),
        (answer(b"<html>"), "malformed", "is a web page, not a schema"),
        (answer(SDL.encode()[:-9]), "malformed", "ends in the middle, in type User"),
        (
            answer(status="429 Too Many Requests", headers={"Retry-After": "7"}),
            "rate-limit",
            "asked again in 7 s",
        ),
    ],
)
async def test_what_a_server_does_wrong_is_one_clean_line(raw: bytes, kind: str, says: str) -> None:
    async with asking(always(raw)) as asker:
        with pytest.raises(SourceError) as caught:
            await asker.poll()
        assert caught.value.kind == kind
        assert says in str(caught.value)
        assert "secret" not in str(caught.value)


async def test_a_bad_answer_changes_nothing_and_the_next_good_one_goes_on() -> None:
    bodies = [SDL.encode(), b"<html>", labelled("percent(8)").encode()]

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(bodies.pop(0)))

    async with asking(handler) as asker:
        await asker.poll()
        with pytest.raises(SourceError):
            await asker.poll()
        assert told(list((await asker.poll()).rows)) == {"f0": (CANARY, 8)}
