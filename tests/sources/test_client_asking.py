"""How the client asks APIs that want more than a GET with a bearer token."""

import base64

import msgspec
import pytest

from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources import Proof
from tests.sources.hostile_server import always, answer, serving
from tests.sources.test_client import NOW, SECRET, client_of

REDIRECT = answer(status="307 Temporary Redirect", headers={"Location": "/elsewhere"})
OK = always(answer(b"{}", headers={"X-Total": "7"}))


async def test_a_question_can_be_posted() -> None:
    async with serving(OK) as server, client_of(server) as client:
        got = await client.post("/search", {"jql": "updated >= 1"})
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/search")
    assert msgspec.json.decode(request.body) == {"jql": "updated >= 1"}
    assert request.headers["content-type"] == "application/json"
    assert got.headers["x-total"] == "7"


async def test_a_path_keeps_its_own_query_and_a_name_may_come_twice() -> None:
    async with serving(OK) as server, client_of(server) as client:
        await client.get("/q?a=1", [("match[]", "x"), ("match[]", "y")], accept="text/plain")
    [request] = server.requests
    assert request.query == {"a": "1", "match[]": "x"}
    assert request.headers["accept"] == "text/plain"


@pytest.mark.parametrize(
    ("proof", "user", "header", "value"),
    [
        (Proof.BEARER, None, "authorization", f"Bearer {SECRET}"),
        (Proof.BASIC, None, "authorization", f"Bearer {SECRET}"),
        (
            Proof.BASIC,
            "me@team.example",
            "authorization",
            f"Basic {base64.b64encode(f'me@team.example:{SECRET}'.encode()).decode()}",
        ),
        (Proof.REDMINE, None, "x-redmine-api-key", SECRET),
    ],
)
async def test_the_secret_is_shown_as_the_api_wants_it(
    proof: Proof, user: str | None, header: str, value: str
) -> None:
    own = {"X-Scope-OrgID": "team"}
    async with (
        serving(OK) as server,
        client_of(server, lambda: SECRET, proof=proof, user=user, headers=own) as client,
    ):
        await client.get("/")
        assert SECRET not in repr(client)
    [request] = server.requests
    assert request.headers[header] == value
    assert request.headers["x-scope-orgid"] == "team"
    assert len([name for name in request.headers if SECRET in request.headers[name]]) <= 1


async def test_what_is_posted_follows_no_redirect() -> None:
    async with serving(always(REDIRECT)) as server, client_of(server) as client:
        with pytest.raises(SourceError, match=r"redirects to .*/elsewhere: configure that") as got:
            await client.post("/search", {})
    assert got.value.kind is SourceErrorKind.REDIRECT
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "headers", "wait_ms"),
    [
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW // 1000 + 90)}, 90_000),
        (403, {"Retry-After": "30"}, 30_000),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW // 1000 - 5)}, 0),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, None),
    ],
)
async def test_a_limit_that_is_used_up_is_no_refusal(
    status: int, headers: dict[str, str], wait_ms: int | None
) -> None:
    limited = always(answer(b"{}", status=f"{status} No", headers=headers))
    async with serving(limited) as server, client_of(server, lambda: SECRET) as client:
        with pytest.raises(SourceError) as got:
            await client.get("/")
    assert (got.value.kind, got.value.status) == (SourceErrorKind.RATE_LIMIT, status)
    assert got.value.retry_after_ms == wait_ms


async def test_a_forbidden_page_with_some_of_the_limit_left_is_a_refusal() -> None:
    left = always(answer(b"{}", status="403 Forbidden", headers={"X-RateLimit-Remaining": "10"}))
    async with serving(left) as server, client_of(server, lambda: SECRET) as client:
        with pytest.raises(SourceError) as got:
            await client.get("/")
    assert got.value.kind is SourceErrorKind.AUTH


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"status":"error","errorType":"bad_data","error":"parse error"}', "parse error"),
        (b'{"message":"Not Found","documentation_url":"x"}', "Not Found"),
        (b'{"errorMessages":["no such field"],"errors":{}}', "no such field"),
        (b'{"errorMessages":[],"errors":{"jql":"is wrong"}}', "jql: is wrong"),
        (b'{"errors":["Subject is empty",{"message":"Also"},7]}', "Subject is empty; Also"),
        (b"[1]", None),
        (b"<html>", None),
    ],
)
async def test_the_words_of_an_error_are_found_where_apis_put_them(
    body: bytes, words: str | None
) -> None:
    async with (
        serving(always(answer(body, status="400 Bad Request"))) as server,
        client_of(server) as client,
    ):
        with pytest.raises(SourceError) as got:
            await client.get("/")
    assert got.value.status == 400
    assert (f"saying: {words}: " if words else "400 Bad Request: ") in str(got.value)
