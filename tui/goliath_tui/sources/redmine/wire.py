"""What Redmine says over the wire, and how it is asked.

Redmine answers a wrong key as it answers a stranger: with what is public. So the key is tried on
its own before anything else is believed.
"""

from __future__ import annotations

import asyncio
import zlib
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from goliath_tui.clean import clean_text, mend_surrogates
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer, Client, Outcome

MOST_REQUESTS = 20
MOST_ROWS = 5000
MOST_BYTES = 8 * 2**20
#: Redmine's own limit for a page.
PAGE = 100
#: Bodies larger than this are decoded beside the event loop.
DECODE_ASIDE = 256 * 2**10
_SURROGATE_ESCAPES = (b"\\ud", b"\\uD")

Id = Annotated[int, Meta(ge=1, le=2**53)]
T = TypeVar("T")


class Ref(Struct, frozen=True):
    """Something that has a number and, mostly, a name."""

    id: Id
    name: str = ""


class CustomValue(Struct, frozen=True):
    """What a custom field says; a list where it may say several things."""

    id: Id
    name: str = ""
    multiple: bool = False
    value: Any = None


class Detail(Struct, frozen=True):
    """One change of a journal: `property` is attr or cf; values are written as text."""

    property: str
    name: str
    old_value: Any = None
    new_value: Any = None


class Journal(Struct, frozen=True):
    """What somebody did to an issue at one moment."""

    id: Id
    created_on: datetime
    details: tuple[Detail, ...] = ()


class Issue(Struct, frozen=True):
    """An issue as it stands, and what happened to it if that was asked for."""

    id: Id
    project: Ref
    status: Ref
    created_on: datetime
    updated_on: datetime
    closed_on: datetime | None = None
    tracker: Ref | None = None
    category: Ref | None = None
    fixed_version: Ref | None = None
    parent: Ref | None = None
    subject: str = ""
    estimated_hours: Any = None
    custom_fields: tuple[CustomValue, ...] = ()
    journals: tuple[Journal, ...] = ()


class Issues(Struct, frozen=True):
    """A page of issues. `total_count`: how many there are on all pages."""

    issues: tuple[Issue, ...]
    total_count: Annotated[int, Meta(ge=0)]


class OneIssue(Struct, frozen=True):
    """The answer about one issue."""

    issue: Issue


class Project(Struct, frozen=True):
    """A project."""

    id: Id
    identifier: str
    name: str = ""
    parent: Ref | None = None


class Projects(Struct, frozen=True):
    """A page of projects."""

    projects: tuple[Project, ...]
    total_count: Annotated[int, Meta(ge=0)]


class Status(Struct, frozen=True):
    """A status that an issue can have."""

    id: Id
    name: str
    is_closed: bool = False


class Statuses(Struct, frozen=True):
    """All of them."""

    issue_statuses: tuple[Status, ...]


class Tracker(Struct, frozen=True):
    """A type of issue."""

    id: Id
    name: str
    default_status: Ref | None = None


class Trackers(Struct, frozen=True):
    """All of them."""

    trackers: tuple[Tracker, ...]


class Version(Struct, frozen=True):
    """A version. `due_date` is a day, as text."""

    id: Id
    name: str
    due_date: str | None = None
    custom_fields: tuple[CustomValue, ...] = ()


class Versions(Struct, frozen=True):
    """All that a project's issues can be given."""

    versions: tuple[Version, ...]


class Categories(Struct, frozen=True):
    """All of a project's."""

    issue_categories: tuple[Ref, ...]


class _User(Struct, frozen=True):
    user: Ref


class Asking:
    """Asks for the length of one poll, and knows how much of it is left.

    `skew_ms`: the server's clock minus ours, where it says what time it is.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.skew_ms: int | None = None
        self._before = (client.requests, client.bytes_read)

    @property
    def requests(self) -> int:
        """Requests sent in this poll."""
        return self.client.requests - self._before[0]

    @property
    def bytes_read(self) -> int:
        """What came over the wire in this poll."""
        return self.client.bytes_read - self._before[1]

    @property
    def has_room(self) -> bool:
        """Whether this poll may ask for more."""
        return self.requests < MOST_REQUESTS and self.bytes_read < MOST_BYTES

    def now(self) -> int:
        """The server's clock as far as it is known, in UTC milliseconds."""
        return self.client.clock() + (self.skew_ms or 0)

    async def known(self) -> str:
        """Makes sure that the key is one; returns the address of Redmine. Raises SourceError."""
        path = "/users/current.json"
        if self.client.has_token:
            answer = await self._answer(path, {})
            await _decoded(answer, _User)
        else:
            path = "/issue_statuses.json"
            answer = await self._answer(path, {})
        return answer.where.removesuffix(path)

    async def get(self, path: str, kind: type[T], params: dict[str, str] | None = None) -> T:
        """What is at a path. Raises SourceError."""
        return await _decoded(await self._answer(path, params or {}), kind)

    async def issues(self, *filters: tuple[str, str, str], sort: str, limit: int) -> Issues:
        """A page of issues in any status, by (field, operator, values with | between them).

        Asked in the way of Redmine's own forms: only so can several projects be named.
        """
        params = [("sort", sort), ("limit", str(limit))]
        for name, operator, values in (("status_id", "*", ""), *filters):
            params += [("f[]", name), (f"op[{name}]", operator)]
            params += [(f"v[{name}][]", value) for value in values.split("|") if value]
        answer = await self._answer("/issues.json", params)
        page = await _decoded(answer, Issues)
        if len(page.issues) > limit:
            raise faults.malformed(answer.where, f"has more than the {limit} issues asked for")
        return page

    async def issue(self, number: int) -> Issue | None:
        """An issue with its journals; None: it is gone. Raises SourceError."""
        path = f"/issues/{number}.json"
        try:
            found = await self.get(path, OneIssue, {"include": "journals"})
        except SourceError as error:
            if error.status == 404:
                return None
            raise
        if found.issue.id != number:
            raise faults.malformed(path, f"is about issue {found.issue.id}")
        return found.issue

    async def _answer(self, path: str, params: dict[str, str] | list[tuple[str, str]]) -> Answer:
        try:
            answer = await self.client.get(path, params)
        except SourceError as error:
            raise _advised(error) from None
        if answer.outcome is not Outcome.FRESH:
            raise faults.malformed(answer.where, "has nothing in it")
        if answer.skew_ms is not None:
            self.skew_ms = answer.skew_ms
        said = answer.headers.get("content-type", "json")
        if "json" not in said:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{answer.where} answers a page ({clean_text(said, 40)}), not JSON: `url:` must be "
                "the address at which Redmine itself begins",
            )
        return answer


def second(moment: datetime) -> int:
    """A moment → whole seconds since 1970; Redmine tells no less."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() // 1)


def looks(issue: Issue) -> int:
    """Stands for all that a list tells of an issue."""
    return zlib.crc32(msgspec.json.encode(issue))


def stamp(seconds: int) -> str:
    """Seconds since 1970 → as Redmine's filters want it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _advised(error: SourceError) -> SourceError:
    """The same error with what to look at in a Redmine."""
    if error.kind is SourceErrorKind.AUTH and error.status == 403:
        return SourceError(
            error.kind,
            f"{error}; or its REST API is off (Administration, Settings, API), or this user may "
            "not see the project",
            status=error.status,
        )
    if error.status == 404 and "/users/current.json" in str(error):
        return SourceError(
            SourceErrorKind.CONFIG,
            f"{error}; `url:` must be the address at which Redmine itself begins",
            status=404,
        )
    return error


@cache
def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


async def _decoded(answer: Answer, kind: type[T]) -> T:
    """The body of an answer. Raises SourceError."""
    decoder = _decoder(kind)  # type: ignore[arg-type] # a type is hashable

    def decode() -> T:
        body = answer.body
        if any(escape in body for escape in _SURROGATE_ESCAPES):
            body = mend_surrogates(body)
        return decoder.decode(body)  # type: ignore[no-any-return] # of that very kind

    try:
        if len(answer.body) <= DECODE_ASIDE:
            return decode()
        return await asyncio.get_running_loop().run_in_executor(None, decode)
    except (ValueError, RecursionError) as error:
        fault = faults.from_decoder(error, answer.where)
    raise fault
