"""The native API over HTTP: feeds as pages, with ETags, and every problem as one clear sentence."""

from collections.abc import Callable, Mapping
from hashlib import blake2s

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from goliath_tui.native import DEFAULT_LIMIT, MAX_LIMIT, About, Problem
from goliath_tui.rehearsal.paging import CursorError, Feed

#: UTC milliseconds, now.
Clock = Callable[[], int]

_encode = msgspec.json.Encoder().encode

#: What to say instead of a status's own phrase.
_SENTENCES = {
    "Not Found": "there is no such endpoint; GET /v1/about says who answers",
    "Method Not Allowed": "this endpoint answers GET and HEAD only",
}


def routes(
    api: str, name: str, instance: str, feeds: Mapping[str, Feed], clock: Clock
) -> list[Route]:
    """The routes of one API: `/v1/about` and one per feed."""

    async def about(_request: Request) -> Response:
        body = _encode(About(api=api, name=name, instance=instance, now=clock()))
        return Response(body, media_type="application/json")

    def endpoint(path: str, feed: Feed) -> Route:
        async def page(request: Request) -> Response:
            return _page(feed, request, clock())

        return Route(f"/v1/{path}", page, methods=["GET"])

    return [
        Route("/v1/about", about, methods=["GET"]),
        *[endpoint(path, feed) for path, feed in feeds.items()],
    ]


def _page(feed: Feed, request: Request, now: int) -> Response:
    limit = _limit(request.query_params.get("limit"))
    try:
        page = feed.page(request.query_params.get("cursor") or None, limit, now)
    except CursorError:
        raise HTTPException(
            400, "cursor: none of this endpoint's; leave it out to start from the beginning"
        ) from None
    body = _encode(page)
    etag = f'"{blake2s(body, digest_size=16).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    wanted = request.headers.get("if-none-match", "")
    if wanted == "*" or etag in [one.strip().removeprefix("W/") for one in wanted.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    # isdecimal alone would take digits of other scripts, and int() underscores and signs.
    if text.isascii() and text.isdecimal() and len(text) < 8 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    raise HTTPException(400, f"limit: expected a whole number from 1 to {MAX_LIMIT}")


async def problem(_request: Request, error: Exception) -> Response:
    """Any HTTPException as a Problem; to be installed as the applications' handler."""
    if not isinstance(error, HTTPException):
        raise error
    return Response(
        _encode(Problem(error=_SENTENCES.get(error.detail, error.detail))),
        status_code=error.status_code,
        media_type="application/json",
        headers=error.headers,
    )
