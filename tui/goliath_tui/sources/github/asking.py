"""How GitHub is asked: one page at a time, never twice for what has not changed.

The address of the next page comes from the server, but only its `page` or `after` is taken from
there: what is asked, and of whom, is ours alone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from goliath_tui.clean import clean_text, mend_surrogates
from goliath_tui.domain import Fact, SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer, Client, Outcome
from goliath_tui.sources.moments import http_date_ms

PAGE = 100
#: What one poll may take: answers, questions (most of which are answered with 304), rows, bytes.
MOST_ANSWERS = 18
MOST_REQUESTS = 100
MOST_ROWS = 4500
MOST_BYTES = 8 * 2**20
#: Bodies larger than this are decoded beside the event loop.
DECODE_ASIDE = 256 * 2**10
#: A moment this far ahead of us is nobody's clock being a little fast.
FUTURE_MS = 86_400_000
LONGEST_AFTER = 1000
MOST_PAGE_NUMBER = 100_000
ACCEPT = "application/vnd.github+json"

Params = tuple[tuple[str, str], ...]
When = Annotated[datetime, msgspec.Meta(tz=True)]

_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[a-z]+="[^"]*")*)')


@dataclass
class Page:
    """What one request brought. `next`: what to add to ask for the page after it.

    `unchanged`: it is what it was when it was last asked. `last`: the number of the last page, if
    pages have numbers. `date`: the server's clock.
    """

    rows: list[Any]
    where: str
    date: int
    next: Params = ()
    last: int | None = None
    etag: str | None = None
    unchanged: bool = False


@dataclass
class Haul:
    """The batch that is being filled, and what it has cost so far."""

    client: Client
    known: dict[tuple[str, Params], Page]
    rows: list[Fact] = field(default_factory=list)
    asked: int = 0
    answers: int = 0
    body_bytes: int = 0
    skew_ms: int | None = None

    def has_room(self) -> bool:
        """Another page may be asked for."""
        return (
            self.answers < MOST_ANSWERS
            and self.asked < MOST_REQUESTS
            and self.body_bytes < MOST_BYTES
            and len(self.rows) < MOST_ROWS
        )

    def now(self) -> int:
        """The server's clock, as far as it was told; never ahead of it."""
        return self.client.clock() + (0 if self.skew_ms is None else self.skew_ms - 500)

    async def page(
        self, path: str, params: Sequence[tuple[str, str]], row: type, *, keep: bool = False
    ) -> Page:
        """One page of `row`s. Raises SourceError.

        `keep`: remember it, so that it costs nothing while it stays the same.
        """
        key = path, tuple(params)
        before = self.known.pop(key, None)
        self.asked += 1
        answer = await self.client.get(
            path, params, etag=before.etag if before else None, accept=ACCEPT
        )
        self.skew_ms = answer.skew_ms if answer.skew_ms is not None else self.skew_ms
        if answer.outcome is Outcome.GONE:
            raise SourceError(SourceErrorKind.STATUS, f"{answer.where} is gone (410)", status=410)
        if answer.outcome is Outcome.UNCHANGED:
            if before is None:
                raise faults.malformed(answer.where, "says unchanged (304), but was never asked so")
            before.unchanged, before.date = True, self.now()
            self.known[key] = before
            return before
        self.answers += 1
        self.body_bytes += len(answer.body)
        page = Page(
            rows=await _decoded(answer, list[row]),  # type: ignore[valid-type] # made at run time
            where=answer.where,
            date=http_date_ms(answer.headers.get("date")) or self.client.clock(),
            etag=answer.etag,
        )
        links = _links(answer.headers.get("link", ""))
        page.next = tuple(links.get("next", {}).items())
        if page.next and not set(page.next) - set(key[1]):
            raise faults.malformed(answer.where, "names itself as its next page")
        last = links.get("last", {}).get("page")
        page.last = int(last) if last else None
        if len(page.rows) > PAGE:
            raise faults.malformed(answer.where, f"has {len(page.rows)} rows; {PAGE} were asked")
        if keep and page.etag is not None:
            self.known[key] = page
        return page

    async def one(self, path: str, row: type) -> Any:
        """One object. Raises SourceError."""
        self.asked += 1
        self.answers += 1
        answer = await self.client.get(path, accept=ACCEPT)
        if answer.outcome is not Outcome.FRESH:
            raise SourceError(SourceErrorKind.STATUS, f"{answer.where} is gone (410)", status=410)
        self.body_bytes += len(answer.body)
        return await _decoded(answer, row)

    def moment(self, when: datetime, where: str) -> int:
        """A moment of the server's as UTC milliseconds. Raises SourceError for the far future."""
        at = millis(when)
        if not 0 <= at <= self.client.clock() + FUTURE_MS:
            shown = when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
            raise faults.malformed(
                where, f"tells of {shown}, which is not in the past by this machine's clock"
            )
        return at


def millis(when: datetime) -> int:
    """UTC milliseconds."""
    return round(when.timestamp() * 1000)


def iso(at: int) -> str:
    """As GitHub writes a moment: to the second, which is all that it keeps."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _links(header: str) -> dict[str, dict[str, str]]:
    """The relations of a `Link` header, each with its `page` or `after` and nothing else."""
    found: dict[str, dict[str, str]] = {}
    for address, attributes in _LINK.findall(header[:8000]):
        relation = re.search(r'rel="(next|last)"', attributes)
        if relation is None:
            continue
        try:
            query = dict(parse_qsl(urlsplit(address).query))
        except ValueError:
            continue
        after, page = query.get("after", ""), query.get("page", "")
        if 0 < len(after) <= LONGEST_AFTER and after.isprintable():
            found[relation[1]] = {"after": after}
        elif page.isascii() and page.isdecimal() and 1 <= int(page[:9]) <= MOST_PAGE_NUMBER:
            found[relation[1]] = {"page": page}
    return found


@cache
def _decoder(row: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(row)


async def _decoded(answer: Answer, row: type) -> Any:
    """The body of an answer, beside the event loop if it is large. Raises SourceError."""

    def decode() -> Any:
        body = answer.body
        if b"\\ud" in body or b"\\uD" in body:
            body = mend_surrogates(body)
        return _decoder(row).decode(body)

    try:
        if len(answer.body) <= DECODE_ASIDE:
            return decode()
        return await asyncio.get_running_loop().run_in_executor(None, decode)
    except (ValueError, RecursionError) as error:
        fault = faults.from_decoder(error, answer.where)
    raise fault


def shown(text: str, limit: int = 60) -> str:
    """Text from outside within a line of ours."""
    return clean_text(text, limit)
