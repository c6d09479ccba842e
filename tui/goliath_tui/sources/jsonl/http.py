"""Lines at a URL: a file that grows behind a web server, read from where it was read up to.

Asked for with `Range`, a server sends what is new and a little of what is known, by which a file
that was replaced is noticed. One that knows no ranges sends the whole each time that its ETag has
changed.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer, Client, Outcome
from goliath_tui.sources.jsonl.places import News, Piece, Place

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15}|\*)")


class UrlPlace(Struct, omit_defaults=True):
    """How far the lines at an address have been read. `etag`: of when there was no more."""

    place: Place = field(default_factory=Place)
    etag: str | None = None


class UrlNews(Struct):
    """What is new, and how to take note of what was consumed of it."""

    news: News
    base: int = 0
    body: bytes = b""
    etag: str | None = None

    def read(self, start: int, end: int) -> bytes:
        """Bytes [start, end) of what is at the address, of those that were sent."""
        return self.body[max(0, start - self.base) : max(0, end - self.base)]

    def note(self, at: UrlPlace, *, left: int) -> None:
        """What was consumed has been read; `left` bytes that are there have not."""
        for piece in self.news.pieces:
            at.place.advance(at.place.offset + piece.consumed, self.read)
        # Asked with an ETag, the server would not send what was left behind.
        at.etag = None if left else self.etag


async def url_news(client: Client, at: UrlPlace, most: int) -> UrlNews:
    """What is new at the client's address, at most `most` bytes. Raises SourceError."""
    found = await _after(client, at, most)
    if found is None:
        # It is not what it was: whatever it is now is new.
        at.place, at.etag = Place(number=at.place.number + 1), None
        found = await _after(client, at, most)
        if found is None:
            raise faults.malformed(faults.shown(client.base_url), "changes while it is being read")
        found.news.notes.append(
            "what was at this address was replaced: what was written just before may be missing"
        )
    return found


async def _after(client: Client, at: UrlPlace, most: int) -> UrlNews | None:
    """What is after a place, or None when that is not there (any more)."""
    place = at.place
    start = place.offset - place.tail_size
    try:
        answer = await client.get(
            "", etag=at.etag, accept="*/*", span=(start, place.offset + most - 1)
        )
    except SourceError as error:
        if error.status == 416:
            return None if place.offset else UrlNews(News([]))
        if error.kind is SourceErrorKind.TOO_LARGE:
            raise SourceError(
                error.kind,
                f"{faults.shown(client.base_url)} has grown too large to be sent whole each time: "
                "let the server answer `Range`, or rotate what is there",
            ) from None
        raise
    if answer.outcome is Outcome.UNCHANGED:
        return UrlNews(News([]), etag=at.etag)
    if answer.outcome is Outcome.GONE:
        raise faults.from_status(410, answer.where, None, None)
    base, total = _span(answer, start) if answer.partial else (0, len(answer.body))
    found = UrlNews(News([]), base, answer.body, answer.etag)
    known = place.offset - base
    if answer.partial:
        same = len(answer.body) >= known and place.tail_fits(found.read)
    else:
        same = place.fits(len(answer.body), found.read)
    if not same:
        return None
    data = answer.body[known : known + most]
    found.news.pieces.append(Piece(place, data))
    found.news.left = max(0, total - place.offset - len(data))
    return found


def _span(answer: Answer, start: int) -> tuple[int, int]:
    """(first byte, size of the whole) of a part. Raises SourceError."""
    match = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
    if match is None or int(match[1]) != start or int(match[2]) + 1 - start != len(answer.body):
        raise faults.malformed(answer.where, "is another part than was asked for")
    end = int(match[2]) + 1
    return start, end if match[3] == "*" else int(match[3])
