"""The one HTTP client that every source asks through, and the rules that no source can forget.

- A request ends within `timeout_ms`, redirects and body included, however slowly the server drips.
- A body is cut at `max_body` bytes, before and after decompression.
- Certificates are verified, against the authorities of the machine or those of `ca_file`. The
  environment is not asked for proxies or a `.netrc`: either could be handed our token.
- The token goes to the configured origin and nowhere else. It is in no repr, log line or error.
  A redirect is followed within the origin only, and only when asking; another one is an error that
  names it.
- One request at a time: a source never has two in flight.
- Whatever goes wrong is a `SourceError` of one clean line.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import zlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from goliath_tui import __version__
from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources import Proof, faults
from goliath_tui.sources.moments import Clock, http_date_ms, retry_after_ms

if TYPE_CHECKING:
    import httpx

MOST_REDIRECTS = 3
TOKEN_SECONDS = 30
PROBLEM_SECONDS = 2
PROBLEM_BYTES = 4096
LONGEST_ETAG = 256
#: How long to wait where a limit was met that does not say.
UNSAID_WAIT_MS = 60_000
_REDIRECTS = {301, 302, 303, 307, 308}


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach one API. `token()` gives the secret at the moment of use.

    `token` may block, and what it raises is shown, so that must not hold the secret. `proof`: how
    it is shown to the API, together with `user` if there is one. `headers` go with every request.
    `ca_file` replaces the certificate authorities of the machine. `timeout_ms` is for one whole
    request.
    """

    base_url: str
    token: Callable[[], str] | None = None
    proof: Proof = Proof.BEARER
    user: str | None = None
    headers: Mapping[str, str] = {}
    timeout_ms: int = 15_000
    connect_ms: int = 5_000
    ca_file: Path | None = None
    max_body: int = 16 * 2**20

    def __repr__(self) -> str:
        return f"Connection({faults.shown(self.base_url)})"


class Outcome(StrEnum):
    """What an answer is: new, unchanged since the ETag (304), or about something gone (410)."""

    FRESH = "fresh"
    UNCHANGED = "unchanged"
    GONE = "gone"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said. `where` is the address without its query, fit to be shown.

    `skew_ms`: the server's clock minus ours, to the second, from its Date. `headers`: their names
    are in lower case; their values come from outside. `partial`: the body is a part (206).
    """

    outcome: Outcome
    where: str
    body: bytes = b""
    etag: str | None = None
    skew_ms: int | None = None
    headers: Mapping[str, str] = {}
    partial: bool = False


Params = Mapping[str, str] | Sequence[tuple[str, str]]


class _Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: with a `body`, it is posted as JSON. `span`: the bytes that are wanted."""

    path: str
    params: tuple[tuple[str, str], ...] = ()
    etag: str | None = None
    accept: str = "application/json"
    body: bytes | None = None
    span: tuple[int, int] | None = None


class Client:
    """Asks one API. `requests` and `bytes_read` count what was sent and received over the wire."""

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self._connection = connection
        self.clock = clock
        self._http: httpx.AsyncClient | None = None
        self._token: str | None = None
        self._refusal: int | None = None
        self._turn = asyncio.Lock()
        self.requests = 0
        self.bytes_read = 0

    def __repr__(self) -> str:
        return f"Client({self._connection!r})"

    @property
    def has_token(self) -> bool:
        """Whether a token is configured."""
        return self._connection.token is not None

    @property
    def base_url(self) -> str:
        """The address below which it asks."""
        return self._connection.base_url

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        etag: str | None = None,
        accept: str = "application/json",
        span: tuple[int, int] | None = None,
    ) -> Answer:
        """GET `path` below the base address. Raises SourceError.

        With `etag`, the answer may be `UNCHANGED`. With `span`, the bytes from its first to its
        last are asked for, and the answer may be `partial`.
        """
        pairs = params.items() if isinstance(params, Mapping) else params or ()
        return await self._answered(
            _Request(path=path, params=tuple(pairs), etag=etag, accept=accept, span=span)
        )

    async def post(self, path: str, body: object) -> Answer:
        """POST `body` as JSON to `path`, for APIs that are asked so. Raises SourceError."""
        return await self._answered(_Request(path=path, body=msgspec.json.encode(body)))

    async def _answered(self, request: _Request) -> Answer:
        async with self._turn:
            await self._have_token()
            if (answer := await self._ask(request)) is not None:
                return answer
            refused, self._token = self._token, None
            await self._have_token()
            if self._token != refused and (answer := await self._ask(request)):
                return answer
        raise SourceError(
            SourceErrorKind.AUTH,
            f"{self._where(request.path)} refuses the credentials: "
            + ("check the token" if self.has_token else "configure a `token:`"),
            status=self._refusal,
        )

    async def forget_connections(self) -> None:
        """Drops open connections: after a sleep of the machine or an error none can be trusted."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    close = forget_connections

    async def _have_token(self) -> None:
        read = self._connection.token
        if read is None or self._token is not None:
            return
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TOKEN_SECONDS):
                self._token = await loop.run_in_executor(None, read)
        except TimeoutError:
            reason = f"no token within {TOKEN_SECONDS} s"
        except Exception as error:  # noqa: BLE001 - whoever gives the token says why it cannot
            reason = clean_text(str(error), 200)
        else:
            return
        raise SourceError(SourceErrorKind.CONFIG, f"the token cannot be had: {reason}")

    async def _ask(self, request: _Request) -> Answer | None:
        """The answer, or None when it refuses the credentials."""
        where = self._where(request.path)
        timeout_ms = self._connection.timeout_ms
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                return await self._follow(request)
        except TimeoutError:
            fault = faults.too_slow(where, timeout_ms)
        except SourceError:
            raise
        except Exception as error:  # noqa: BLE001 - each becomes one clean line
            fault = faults.from_http(error, where, timeout_ms)
        await self.forget_connections()
        raise fault

    async def _follow(self, request: _Request) -> Answer | None:
        import httpx

        if self._http is None:
            self._http = self._open()
        base = httpx.URL(self._connection.base_url)
        # Assigned, not given as `params`, which would replace what the path itself asks for.
        url = httpx.URL(f"{str(base).rstrip('/')}{request.path}")
        if request.params:
            url = url.copy_merge_params(httpx.QueryParams(request.params))
        method = "GET" if request.body is None else "POST"
        for _ in range(MOST_REDIRECTS + 1):
            started = self.clock()
            self.requests += 1
            async with self._http.stream(
                method, url, headers=self._headers(request), content=request.body
            ) as response:
                if response.status_code not in _REDIRECTS:
                    return await self._answer(response, started, is_part=request.span is not None)
                url = _next_url(base, url, response.headers.get("location", ""))
                if request.body is not None:
                    here, there = self._where(request.path), faults.shown(str(url))
                    raise SourceError(
                        SourceErrorKind.REDIRECT, f"{here} redirects to {there}: configure that"
                    )
        raise SourceError(
            SourceErrorKind.REDIRECT,
            f"{self._where(request.path)} redirects more than {MOST_REDIRECTS} times: check the "
            "address",
        )

    def _open(self) -> httpx.AsyncClient:
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx

        connection = self._connection
        seconds = connection.timeout_ms / 1000
        return httpx.AsyncClient(
            verify=_tls(connection),
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=httpx.Timeout(seconds, connect=min(seconds, connection.connect_ms / 1000)),
            # Kept only from page to page: one kept from poll to poll is closed under our feet.
            limits=httpx.Limits(max_connections=1, keepalive_expiry=1.0),
        )

    def _headers(self, request: _Request) -> dict[str, str]:
        headers = {
            "Accept": request.accept,
            "Accept-Encoding": "gzip",
            "User-Agent": f"goliath-tui/{__version__}",
            **self._connection.headers,
        }
        if request.span is not None:
            # Of a compressed body the bytes would be others.
            headers["Accept-Encoding"] = "identity"
            headers["Range"] = f"bytes={request.span[0]}-{request.span[1]}"
        if request.etag is not None:
            headers["If-None-Match"] = request.etag
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if self._token is not None:
            name, value = _proof(self._connection, self._token)
            headers[name] = value
        return headers

    async def _answer(
        self, response: httpx.Response, started: int, *, is_part: bool
    ) -> Answer | None:
        status, where = response.status_code, faults.shown(str(response.url))
        date = http_date_ms(response.headers.get("date"))
        skew = None if date is None else date + 500 - (started + self.clock()) // 2
        if status == 304:
            return Answer(outcome=Outcome.UNCHANGED, where=where, skew_ms=skew)
        if status == 410:
            return Answer(outcome=Outcome.GONE, where=where, skew_ms=skew)
        wait = _asked_to_wait(response.headers, date or self.clock())
        problem = None if status in {200, 206, 401} else await self._problem(response)
        if status == 403 and wait is None and "rate limit" in (problem or "").lower():
            # GitHub's second limit, which does not always say how long it lasts.
            wait = UNSAID_WAIT_MS
        if status in {401, 403} and wait is None:
            self._refusal = status
            return None
        if status != 200 and not (is_part and status == 206):
            raise faults.from_status(status, where, problem, wait)
        etag = response.headers.get("etag", "")
        usable = 0 < len(etag) <= LONGEST_ETAG and etag.isascii() and etag.isprintable()
        return Answer(
            outcome=Outcome.FRESH,
            where=where,
            body=await self._body(response, self._connection.max_body),
            etag=etag if usable else None,
            skew_ms=skew,
            headers=dict(response.headers),
            partial=status == 206,
        )

    async def _problem(self, response: httpx.Response) -> str | None:
        """What the body of an error says, if it says it soon, shortly and without our token."""
        try:
            async with asyncio.timeout(PROBLEM_SECONDS):
                body = await self._body(response, PROBLEM_BYTES)
            said = faults.said(body)
        except Exception:  # noqa: BLE001 - the status has been told, the rest is a courtesy
            return None
        if self._token is not None:
            said = said.replace(self._token, "(the token)")
        return clean_text(said, 200) or None

    async def _body(self, response: httpx.Response, most: int) -> bytes:
        """The body, decompressed; neither form grows beyond `most` bytes, not even for a moment."""
        where = faults.shown(str(response.url))
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > most:
            raise faults.too_large(where, most)
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"identity", "", "gzip", "x-gzip"}:
            raise faults.malformed(where, f"compressed as {clean_text(encoding, 20)}")
        gzip = zlib.decompressobj(wbits=31) if encoding.endswith("gzip") else None
        body = bytearray()
        read = 0
        async for chunk in response.aiter_raw():
            self.bytes_read += len(chunk)
            read += len(chunk)
            body += chunk if gzip is None else gzip.decompress(chunk, most + 1 - len(body))
            if max(read, len(body)) > most:
                raise faults.too_large(where, most)
        if gzip is not None and not gzip.eof:
            raise faults.malformed(where, "ends in the middle of its compressed body")
        return bytes(body)

    def _where(self, path: str) -> str:
        return faults.shown(f"{self._connection.base_url.rstrip('/')}{path}")


def _proof(connection: Connection, token: str) -> tuple[str, str]:
    """The header that shows the secret to the API."""
    if connection.proof is Proof.REDMINE:
        return connection.proof.value, token
    if connection.user is None:
        return "Authorization", f"Bearer {token}"
    pair = base64.b64encode(f"{connection.user}:{token}".encode()).decode()
    return "Authorization", f"Basic {pair}"


def _asked_to_wait(headers: Mapping[str, str], now: int) -> int | None:
    """How long the server wants to be left alone, in ms; None when it does not say.

    Said by `Retry-After`, or by a rate limit that is used up and the second at which it is reset
    (GitHub's headers, under which the status is 403 or 429).
    """
    wait = retry_after_ms(headers.get("retry-after"), now)
    reset = headers.get("x-ratelimit-reset", "").strip()
    used_up = headers.get("x-ratelimit-remaining", "").strip() == "0"
    if wait is None and used_up and reset.isascii() and reset.isdecimal() and len(reset) <= 12:
        return max(0, int(reset) * 1000 - now)
    return wait


def _tls(connection: Connection) -> ssl.SSLContext:
    """What verifies the server's certificate. Raises SourceError."""
    if not connection.base_url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if connection.ca_file is None:
        import certifi

        context = ssl.create_default_context()
        # Not every machine has authorities where OpenSSL looks for them.
        context.load_verify_locations(certifi.where())
        return context
    try:
        return ssl.create_default_context(cafile=str(connection.ca_file))
    except OSError as error:
        raise SourceError(
            SourceErrorKind.CONFIG,
            f"ca_file {connection.ca_file} cannot be used: {error.strerror or 'no certificates'}",
        ) from None


def _next_url(base: httpx.URL, url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect leads, if that is within the origin of `base`. Raises SourceError."""
    import httpx

    here = faults.shown(str(url))
    try:
        target = url.join(location)
    except (httpx.InvalidURL, ValueError):
        target = None
    if not location or target is None:
        raise faults.nowhere(here)
    if _origin(target) != _origin(base) or target.userinfo:
        raise SourceError(
            SourceErrorKind.REDIRECT,
            f"{here} redirects to {faults.shown(str(target))}, which is another server, so it was "
            "not asked and got no token: if that is right, configure that address",
        )
    return target


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)
