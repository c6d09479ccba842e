"""How any native API is read: endpoint by endpoint, page by page, in batches that stay small.

A round asks `about` and then every endpoint, in the order of the API's table, until each says that
it has no more. Rows are told a batch at a time; a batch ends early when it holds enough, and the
round goes on with the next. When an endpoint fails, what was read before it is told first and the
error is raised next, so that one bad endpoint never holds back the ones before it.

The cursor is JSON, `{endpoint: {"cursor": …, "etag": …}}`. Everything else that is remembered about
a round is dropped unless the next poll continues with the very cursor that was returned last.

A hostile or broken server ends in an error, never in a loop: a cursor that does not move or comes
back, page after page without rows, more rows than can be asked for, and rows from the future are
refused. From the future means more than a day ahead of this machine's clock: such a moment would
stay the newest for ever. The whole page is refused, for a server that is wrong about one moment
can be wrong about any, and its error says which row it was.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec

from goliath_tui import native
from goliath_tui.clean import clean_fact, clean_text, mend_surrogates
from goliath_tui.domain import (
    Batch,
    Comparison,
    ComparisonCounts,
    Fact,
    SourceError,
    SourceErrorKind,
    Traffic,
)
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer, Client, Outcome

#: A batch ends when the next page could make it larger than this.
MOST_ROWS = 5000
MOST_BYTES = 8 * 2**20
MOST_PAGES = 20
#: Rows to ask for in one page. A comparison carries two whole answers.
PAGE_ROWS = native.DEFAULT_LIMIT
PAGE_COMPARISONS = 200
#: Pages in a row without rows, each promising more, after which a server is not believed.
MOST_EMPTY_PAGES = 100
FUTURE_MS = 86_400_000
#: Bodies larger than this are decoded beside the event loop.
DECODE_ASIDE = 256 * 2**10

_SURROGATE_ESCAPES = (b"\\ud", b"\\uD")

Result = TypeVar("Result")


class _Place(msgspec.Struct, omit_defaults=True):
    """Where an endpoint stands. `etag` is that of the last answer to this very cursor.

    `until`: the end of the newest bucket that was read. After the server lost our cursor, `again`
    holds until it knows one again, and buckets that end by `had` are those that we have.
    """

    cursor: str | None = None
    etag: str | None = None
    until: int = 0
    had: int = 0
    again: bool = False


@dataclass
class _Round:
    """What is remembered between the batches of one round."""

    continues: str | None = None
    endpoint: int = 0
    seen: set[str] = field(default_factory=set)
    empty_pages: int = 0
    remaining: dict[str, int | None] = field(default_factory=dict)
    raise_next: SourceError | None = None

    def next_endpoint(self) -> None:
        """Goes on to the next endpoint of the table."""
        self.endpoint += 1
        self.seen.clear()
        self.empty_pages = 0

    def rows_to_come(self) -> int | None:
        """The sum of what the endpoints estimate, or None when none of them does."""
        known = [rows for rows in self.remaining.values() if rows is not None]
        return sum(known) if known else None


@dataclass
class _Haul:
    """The batch that is being filled."""

    rows: list[Fact] = field(default_factory=list)
    pages: int = 0
    body_bytes: int = 0

    def has_room(self, page_rows: int) -> bool:
        """Another page of `page_rows` may be asked for."""
        return (
            self.pages < MOST_PAGES
            and self.body_bytes < MOST_BYTES
            and len(self.rows) + page_rows <= MOST_ROWS
        )


class NativePages:
    """A source that reads one native API. See the module for how."""

    def __init__(self, api: str, endpoints: Mapping[str, type[msgspec.Struct]]) -> None:
        self._api = api
        self._endpoints = list(endpoints.items())
        self._round = _Round()
        self._page_rows = {
            name: PAGE_COMPARISONS if kind is Comparison else PAGE_ROWS
            for name, kind in self._endpoints
        }

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """The next batch after `cursor`. Raises SourceError."""
        if self._round.continues is None or cursor != self._round.continues:
            self._round = _Round()
        this_round = self._round
        if this_round.raise_next is not None:
            self._round = _Round()
            raise this_round.raise_next
        requests, bytes_read = client.requests, client.bytes_read
        about, skew_ms = await self._about(client)
        places = _places(cursor)
        if not places:
            await self._survey(client)
        haul = _Haul()
        try:
            more = await self._fill(client, haul, places)
        except SourceError as error:
            if not haul.rows:
                self._round = _Round()
                raise
            more, this_round.raise_next = True, error
        this_round.continues = msgspec.json.encode(places).decode()
        if not more:
            self._round = _Round()
        return Batch(
            rows=tuple(haul.rows),
            cursor=this_round.continues,
            more=more,
            remaining=this_round.rows_to_come() if more else 0,
            instance=about.instance,
            skew_ms=skew_ms,
            requests=client.requests - requests,
            bytes_read=client.bytes_read - bytes_read,
        )

    async def _fill(self, client: Client, haul: _Haul, places: dict[str, _Place]) -> bool:
        """Reads pages until the haul is full or the round is over; says whether it goes on."""
        while self._round.endpoint < len(self._endpoints):
            name, kind = self._endpoints[self._round.endpoint]
            if not haul.has_room(self._page_rows[name]):
                return True
            if not await self._page(client, name, kind, places.setdefault(name, _Place()), haul):
                self._round.next_endpoint()
        return False

    async def _about(self, client: Client) -> tuple[native.About, int]:
        """Who answers, and its clock minus ours."""
        started = client.clock()
        answer = await client.get("/v1/about")
        ended = client.clock()
        if answer.outcome is not Outcome.FRESH:
            raise faults.malformed(answer.where, "is not about anybody")
        about = await _decoded(answer, _decoder(native.About))
        if about.api != self._api:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{answer.where} speaks {clean_text(about.api, 60)}, not {self._api}: "
                "check `url:` and `kind:`",
            )
        skew_ms = about.now - (started + ended) // 2
        return msgspec.structs.replace(about, instance=clean_text(about.instance, 128)), skew_ms

    async def _survey(self, client: Client) -> None:
        """Asks each endpoint for one row, to know how much a first fill will bring."""
        for name, kind in self._endpoints:
            answer = await client.get(f"/v1/{name}", {"limit": "1"})
            if answer.outcome is Outcome.FRESH:
                page = await _decoded(answer, _decoder(kind, paged=True))
                ahead = page.remaining if page.more else 0
                self._round.remaining[name] = None if ahead is None else ahead + len(page.rows)

    async def _page(
        self, client: Client, name: str, kind: type[msgspec.Struct], place: _Place, haul: _Haul
    ) -> bool:
        """Reads one page into the haul and moves the place on; says whether to ask again."""
        params = {"limit": str(self._page_rows[name])}
        if place.cursor:
            params["cursor"] = place.cursor
        try:
            answer = await client.get(f"/v1/{name}", params, etag=place.etag)
        except SourceError as error:
            if error.kind is SourceErrorKind.TOO_LARGE:
                self._page_rows[name] = max(1, self._page_rows[name] // 4)
            raise
        haul.pages += 1
        haul.body_bytes += len(answer.body)
        if answer.outcome is Outcome.UNCHANGED:
            if place.etag is None:
                raise faults.malformed(answer.where, "says unchanged (304), but was never asked so")
            self._round.remaining[name] = 0
            return False
        if answer.outcome is Outcome.GONE:
            return self._start_over(name, answer, place)
        page = await _decoded(answer, _decoder(kind, paged=True))
        self._check(page, answer, place)
        rows = await _cleaned(page.rows, answer, client.clock())
        place.again = place.again and place.cursor is None
        rows = _not_had(rows, place)
        moved = page.cursor != place.cursor
        place.cursor, place.etag = page.cursor, None if moved else answer.etag
        self._round.remaining[name] = page.remaining if page.more else 0
        haul.rows += rows
        return bool(page.more)

    def _start_over(self, name: str, answer: Answer, place: _Place) -> bool:
        """The server no longer knows our cursor: what it has is read again, once."""
        if place.cursor is None or place.again:
            raise faults.from_status(410, answer.where, None, None)
        self._round.seen.clear()
        place.cursor = place.etag = None
        place.again, place.had = True, place.until
        return True

    def _check(self, page: native.Page[Any], answer: Answer, place: _Place) -> None:
        """Raises SourceError for a page that leads nowhere."""
        if len(page.rows) > native.MAX_LIMIT:
            raise faults.malformed(
                answer.where, f"has {len(page.rows)} rows, more than a page can have"
            )
        if not page.more:
            return
        if page.cursor in {"", place.cursor} or page.cursor in self._round.seen:
            raise faults.malformed(
                answer.where, "promises more rows behind a cursor that was already asked"
            )
        self._round.seen.add(page.cursor)
        self._round.empty_pages = 0 if page.rows else self._round.empty_pages + 1
        if self._round.empty_pages > MOST_EMPTY_PAGES:
            raise faults.malformed(
                answer.where, "promises more rows, page after page, but has none"
            )


def _not_had(rows: list[Fact], place: _Place) -> list[Fact]:
    """The rows without buckets that were read before the server lost our cursor.

    A bucket that has been rolled up since cannot be told from news any more; everything else is
    known by its name when it comes again.
    """
    kept: list[Fact] = []
    for row in rows:
        if isinstance(row, Traffic | ComparisonCounts):
            ends = row.at + row.width_ms
            if ends <= place.had:
                continue
            place.until = max(place.until, ends)
        kept.append(row)
    return kept


def _places(cursor: str | None) -> dict[str, _Place]:
    """The places in a cursor; one that cannot be read starts from the beginning."""
    try:
        return msgspec.json.decode(cursor or "{}", type=dict[str, _Place])
    except (msgspec.DecodeError, RecursionError):
        return {}


@cache
def _decoder(kind: type[msgspec.Struct], *, paged: bool = False) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(native.Page[kind] if paged else kind)  # type: ignore[valid-type] # a type made at run time


async def _decoded(answer: Answer, decoder: msgspec.json.Decoder[Any]) -> Any:
    """The body of an answer as the decoder's type. Raises SourceError."""

    def decode() -> Any:
        body = answer.body
        if any(escape in body for escape in _SURROGATE_ESCAPES):
            body = mend_surrogates(body)
        return decoder.decode(body)

    return await _aside(decode, answer)


async def _cleaned(rows: Sequence[Any], answer: Answer, now: int) -> list[Fact]:
    """The rows as they may be stored and drawn. Raises SourceError."""

    def clean() -> list[Fact]:
        cleaned: list[Fact] = []
        for index, row in enumerate(rows):
            at = getattr(row, "at", 0) + getattr(row, "width_ms", 0)
            if at > now + FUTURE_MS:
                raise faults.malformed(
                    answer.where,
                    f"has a row from the future (`$.rows[{index}]`, {_moment(at)}), "
                    "by this machine's clock",
                )
            try:
                cleaned.append(clean_fact(row))
            except ValueError as error:
                raise faults.malformed(
                    answer.where, f"cannot be read at $.rows[{index}] ({error})"
                ) from None
        return cleaned

    return await _aside(clean, answer)


async def _aside(work: Callable[[], Result], answer: Answer) -> Result:
    """Runs `work` on an answer, beside the event loop if it is large. Raises SourceError."""
    try:
        if len(answer.body) <= DECODE_ASIDE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(None, work)
    except (ValueError, RecursionError) as error:
        fault = faults.from_decoder(error, answer.where)
    raise fault


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
