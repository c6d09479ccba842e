"""The client against servers that hang, lie, flood, redirect and refuse."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources.client import Client, Connection, Outcome
from tests.sources.hostile_server import (
    Handler,
    Request,
    Server,
    always,
    answer,
    drips,
    drips_headers,
    gzip_bomb,
    hanging_up_after,
    hangs,
    serving,
    two_hundred_megabytes,
)

NOW = 1_700_000_000_000
SECRET = "s3cr3t-token"
LOOPBACK = Path(__file__).with_name("loopback.pem")


@asynccontextmanager
async def client_of(
    server: Server | str, token: Callable[[], str] | None = None, **settings: Any
) -> AsyncIterator[Client]:
    url = server if isinstance(server, str) else server.url
    connection = Connection(base_url=url, token=token, **{"timeout_ms": 5_000, **settings})
    client = Client(connection, clock=lambda: NOW)
    try:
        yield client
    finally:
        await client.close()


async def failure_of(handler: Handler, **settings: Any) -> SourceError:
    """The error that asking such a server ends in: one clean line that hides what is secret."""
    async with serving(handler) as server, client_of(server, **settings) as client:
        with pytest.raises(SourceError) as caught:
            await client.get("/v1/traffic", {"cursor": "in-the-query"})
    return checked(caught.value, server.url)


def checked(error: SourceError, url: str) -> SourceError:
    text = str(error)
    assert text.isprintable()
    assert len(text) < 700
    assert SECRET not in text + repr(error)
    assert "in-the-query" not in text
    assert url in text
    return error


async def test_an_answer_is_read_whole() -> None:
    etag = {"ETag": '"one"', "Date": formatdate(NOW / 1000 + 60, usegmt=True)}
    async with serving(always(answer(b"[1]", headers=etag))) as server, client_of(server) as client:
        got = await client.get("/v1/about", {"cursor": "a b&c"})
    assert (got.outcome, got.body, got.etag) == (Outcome.FRESH, b"[1]", '"one"')
    assert got.skew_ms == 60_500
    assert got.where == f"{server.url}/v1/about"
    [request] = server.requests
    assert request.path == "/v1/about"
    assert request.query == {"cursor": "a b&c"}
    assert "authorization" not in request.headers
    assert (client.requests, client.bytes_read) == (1, 3)


async def test_an_unchanged_answer_costs_a_304() -> None:
    async with (
        serving(always(answer(status="304 Not Modified"))) as server,
        client_of(server) as client,
    ):
        got = await client.get("/v1/about", etag='"one"')
    assert got.outcome is Outcome.UNCHANGED
    assert server.requests[0].headers["if-none-match"] == '"one"'


@pytest.mark.parametrize("etag", ["x" * 300, "ÿ", ""])
async def test_an_etag_that_cannot_be_sent_back_is_not_kept(etag: str) -> None:
    raw = answer(b"[]", headers={"ETag": etag})
    async with serving(always(raw)) as server, client_of(server) as client:
        assert (await client.get("/v1/about")).etag is None


async def test_a_compressed_answer_is_unpacked() -> None:
    async with serving(always(gzip_bomb(1))) as server, client_of(server) as client:
        got = await client.get("/v1/about")
    assert got.body == bytes(2**20)
    assert client.bytes_read < 2**12


@pytest.mark.parametrize("handler", [hangs, drips, drips_headers])
async def test_a_server_that_hangs_or_drips_is_cut_off(handler: Handler) -> None:
    error = await failure_of(handler, timeout_ms=150)
    assert error.kind is SourceErrorKind.TIMEOUT


async def test_200_megabytes_are_cut_off_early() -> None:
    async with serving(two_hundred_megabytes) as server, client_of(server) as client:
        with pytest.raises(SourceError) as caught:
            await client.get("/v1/traffic")
    assert caught.value.kind is SourceErrorKind.TOO_LARGE
    assert 16 * 2**20 < client.bytes_read < 20 * 2**20
    assert "16 MB" in str(checked(caught.value, server.url))


async def test_a_body_that_announces_its_size_is_not_even_begun() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n"
    async with serving(always(raw)) as server, client_of(server) as client:
        with pytest.raises(SourceError) as caught:
            await client.get("/v1/traffic")
    assert caught.value.kind is SourceErrorKind.TOO_LARGE
    assert client.bytes_read == 0


async def test_a_small_body_that_unpacks_to_a_large_one_is_cut_off() -> None:
    error = await failure_of(always(gzip_bomb(64)), max_body=2**20)
    assert error.kind is SourceErrorKind.TOO_LARGE


STATUS = SourceErrorKind.STATUS
MALFORMED = SourceErrorKind.MALFORMED
REDIRECT = SourceErrorKind.REDIRECT
UNREACHABLE = SourceErrorKind.UNREACHABLE
RATE_LIMIT = SourceErrorKind.RATE_LIMIT
AUTH = SourceErrorKind.AUTH
GZIP = {"Content-Encoding": "gzip"}


@pytest.mark.parametrize(
    ("raw", "kind", "says"),
    [
        (answer(status="500 Oops"), STATUS, "500 Internal Server Error"),
        (answer(status="404 \x1b[31m"), STATUS, "check the address"),
        (answer(status="299 Odd"), STATUS, "299"),
        (answer(status="401 No"), AUTH, "configure a `token:`"),
        (answer(status="403 No"), AUTH, "credentials"),
        (answer(status="429 Slow"), RATE_LIMIT, "429 Too Many Requests"),
        (answer(status="503 Down"), STATUS, "503 Service Unavailable"),
        (answer(status="302 Gone", headers={"Location": ""}), REDIRECT, "nowhere"),
        (answer(status="302 Gone", headers={"Location": "http://x:port"}), REDIRECT, "nowhere"),
        (answer(status="302 Gone", headers={"Location": "/v1/traffic"}), REDIRECT, "3 times"),
        (answer(b"damaged", headers=GZIP), MALFORMED, "compression"),
        (answer(gzip_bomb(1)[200:300], headers=GZIP), MALFORMED, "compress"),
        (answer(b"{}", headers={"Content-Encoding": "br"}), MALFORMED, "compressed as br"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n", MALFORMED, "no HTTP"),
        (b"\x00\x1b]52;c;!\x07 SSH-2.0\r\n\r\n", MALFORMED, "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\n", MALFORMED, "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", MALFORMED, "ends in the middle"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
            MALFORMED,
            "ends in the middle",
        ),
        (b"", UNREACHABLE, "hung up"),
    ],
)
async def test_each_wrong_answer_is_an_error_that_says_so(
    raw: bytes, kind: SourceErrorKind, says: str
) -> None:
    error = await failure_of(hanging_up_after(raw))
    assert error.kind is kind
    assert says in str(error)


async def test_a_body_that_is_longer_than_announced_costs_one_more_answer_at_most() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\nevil"
    async with serving(always(raw)) as server, client_of(server, timeout_ms=150) as client:
        assert (await client.get("/v1/about")).body == b"{}"
        with pytest.raises(SourceError):
            await client.get("/v1/about")
        assert (await client.get("/v1/about")).body == b"{}"


async def test_where_nobody_listens_cannot_be_reached() -> None:
    async with serving(hangs) as server:
        pass
    async with client_of(server) as client:
        with pytest.raises(SourceError) as caught:
            await client.get("/v1/about")
    assert caught.value.kind is UNREACHABLE
    assert "refused" in str(checked(caught.value, server.url))


async def test_a_name_that_does_not_exist_cannot_be_reached() -> None:
    async with client_of("http://nobody.invalid") as client:
        with pytest.raises(SourceError) as caught:
            await client.get("/v1/about")
    assert caught.value.kind is UNREACHABLE


@pytest.mark.parametrize(
    ("status", "headers", "kind", "wait"),
    [
        (429, {"Retry-After": "7"}, RATE_LIMIT, 7_000),
        (503, {"Retry-After": " 120 "}, RATE_LIMIT, 120_000),
        (503, {}, STATUS, None),
        (429, {"Retry-After": formatdate(NOW / 1000 + 30, usegmt=True)}, RATE_LIMIT, 30_000),
        (429, {"Retry-After": formatdate(NOW / 1000 - 30, usegmt=True)}, RATE_LIMIT, 0),
        (429, {"Retry-After": "soon"}, RATE_LIMIT, None),
        (429, {"Retry-After": "-5"}, RATE_LIMIT, None),
        (429, {"Retry-After": "9" * 400}, RATE_LIMIT, None),
        (
            429,
            {
                "Date": formatdate(NOW / 1000 + 3600, usegmt=True),
                "Retry-After": formatdate(NOW / 1000 + 3605, usegmt=True),
            },
            RATE_LIMIT,
            5_000,
        ),
        (500, {"Retry-After": "9"}, STATUS, 9_000),
    ],
)
async def test_a_wish_to_be_left_alone_is_understood(
    status: int, headers: dict[str, str], kind: SourceErrorKind, wait: int | None
) -> None:
    error = await failure_of(always(answer(status=f"{status} X", headers=headers)))
    assert (error.kind, error.retry_after_ms) == (kind, wait)


async def test_what_a_server_says_about_its_trouble_is_passed_on_cleaned_and_short() -> None:
    body = {"error": "disk \x1b[31mfull\u202e " + "x" * 900 + SECRET}
    error = await failure_of(always(answer(body, status="500 X")))
    assert "saying: disk ␛[31mfull‹U+202E› xxx" in str(error)


async def test_a_server_that_repeats_the_token_is_not_quoted() -> None:
    body = {"error": f"bad token {SECRET}"}
    error = await failure_of(always(answer(body, status="500 X")), token=lambda: SECRET)
    assert "bad token (the token)" in str(error)


async def test_trouble_that_drips_is_told_by_its_status() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\n")
        await asyncio.Event().wait()

    error = await failure_of(handler)
    assert error.kind is AUTH


async def test_the_token_is_sent_to_its_origin_and_shown_nowhere() -> None:
    async with serving(always(answer(b"{}"))) as server:
        async with client_of(server, token=lambda: SECRET) as client:
            await client.get("/v1/about")
            assert SECRET not in repr(client)
            assert server.url in repr(client)
        assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"


async def test_a_token_that_is_refused_is_read_again_once() -> None:
    tokens = iter(["old", "new", "unused"])

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        fresh = request.headers["authorization"] == "Bearer new"
        writer.write(answer(b"{}") if fresh else answer(status="401 No"))

    async with serving(handler) as server, client_of(server, token=lambda: next(tokens)) as client:
        assert (await client.get("/v1/about")).body == b"{}"
        assert (await client.get("/v1/about")).body == b"{}"
    assert next(tokens) == "unused"
    assert len(server.requests) == 3


async def test_a_token_that_stays_refused_is_not_tried_again() -> None:
    error = await failure_of(always(answer(status="401 No")), token=lambda: SECRET)
    assert error.kind is AUTH
    assert "check the token" in str(error)


async def test_a_token_that_cannot_be_had_is_an_error_before_anything_is_asked() -> None:
    def token() -> str:
        raise RuntimeError("environment variable X is not set\x1b")

    async with serving(hangs) as server, client_of(server, token=token) as client:
        with pytest.raises(SourceError, match="environment variable X is not set␛") as caught:
            await client.get("/v1/about")
    assert caught.value.kind is SourceErrorKind.CONFIG
    assert server.requests == []


async def test_a_redirect_within_the_origin_is_followed_with_the_token() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        moved = answer(status="307 Moved", headers={"Location": "/there?x=1"})
        writer.write(answer(b"{}") if request.path == "/there" else moved)

    async with serving(handler) as server, client_of(server, token=lambda: SECRET) as client:
        assert (await client.get("/v1/about")).body == b"{}"
    assert [r.headers["authorization"] for r in server.requests] == [f"Bearer {SECRET}"] * 2


@pytest.mark.parametrize(
    "location",
    ["{other}/x", "//{other_host}/x", "https://{host}/x", "http://user:pass@{host}/x", "ftp://x/"],
)
async def test_a_redirect_to_another_origin_is_refused_and_the_token_stays_home(
    location: str,
) -> None:
    async with serving(always(answer(b"{}"))) as other:
        hosts = {"other": other.url, "other_host": other.url.removeprefix("http://")}

        async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
            there = location.format(host=request.headers["host"], **hosts)
            writer.write(answer(status="302 Moved", headers={"Location": there}))

        error = await failure_of(handler, token=lambda: SECRET)
        assert error.kind is REDIRECT
        assert "got no token" in str(error)
        assert "pass" not in str(error)
        assert other.requests == []


async def test_cookies_are_not_kept() -> None:
    raw = answer(b"{}", headers={"Set-Cookie": "session=1; Path=/"})
    async with serving(always(raw)) as server, client_of(server) as client:
        await client.get("/v1/about")
        await client.get("/v1/about")
    assert all("cookie" not in request.headers for request in server.requests)


async def test_the_environment_is_not_asked_for_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(hangs) as proxy, serving(always(answer(b"{}"))) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with client_of(server, token=lambda: SECRET) as client:
            assert (await client.get("/v1/about")).body == b"{}"
    assert proxy.requests == []


async def test_one_request_is_in_flight_at_a_time() -> None:
    in_flight = most = 0

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0)
        in_flight -= 1
        writer.write(answer(b"{}"))

    async with serving(handler) as server, client_of(server) as client:
        await asyncio.gather(*(client.get("/v1/about") for _ in range(5)))
    assert (most, len(server.requests)) == (1, 5)


async def test_after_an_error_the_next_answer_is_not_the_last_ones_rest() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path == "/slow":
            await asyncio.sleep(0.2)
        writer.write(answer({"path": request.path}))

    async with serving(handler) as server, client_of(server, timeout_ms=100) as client:
        with pytest.raises(SourceError):
            await client.get("/slow")
        assert (await client.get("/quick")).body == b'{"path":"/quick"}'


async def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"ca_file .* cannot be used") as caught:
        async with client_of("https://127.0.0.1:9", ca_file=tmp_path / "none.pem") as client:
            await client.get("/v1/about")
    assert caught.value.kind is SourceErrorKind.CONFIG


async def test_a_certificate_is_verified_and_an_authority_can_be_named() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(LOOPBACK)
    async with serving(always(answer(b"{}")), tls=tls) as server:
        async with client_of(server, token=lambda: SECRET) as client:
            with pytest.raises(SourceError, match=r"not trusted .* `ca_file:`") as no:
                await client.get("/v1/about")
        assert checked(no.value, server.url).kind is UNREACHABLE
        assert server.requests == []
        async with client_of(server, ca_file=LOOPBACK) as client:
            assert (await client.get("/v1/about")).body == b"{}"
        other_name = server.url.replace("127.0.0.1", "localhost")
        async with client_of(other_name, ca_file=LOOPBACK) as client:
            with pytest.raises(SourceError, match="certificate is not trusted"):
                await client.get("/v1/about")


async def test_https_to_a_server_that_has_none_says_so() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer(status="400 Bad"))
        writer.close()

    listener = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        async with client_of(f"https://127.0.0.1:{port}") as client:
            with pytest.raises(SourceError, match="no TLS") as caught:
                await client.get("/v1/about")
    assert caught.value.kind is UNREACHABLE
