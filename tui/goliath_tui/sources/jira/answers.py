"""What Jira answers, as far as it is read. Whatever else an answer holds is ignored."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")

#: The last moment that a fact can have.
_LAST_MS = 253_402_300_799_999


class ServerInfo(Struct, frozen=True):
    """Who answers."""

    baseUrl: str = ""  # noqa: N815 - Jira's own names, here and below
    deploymentType: str = ""  # noqa: N815
    serverTime: str | None = None  # noqa: N815


class Page(Struct, Generic[T], frozen=True):
    """A page of what is counted from `startAt` on."""

    values: tuple[T, ...] = ()
    startAt: int = 0  # noqa: N815
    total: int | None = None
    isLast: bool | None = None  # noqa: N815


class Board(Struct, frozen=True):
    """A board. `type`: scrum, kanban or simple."""

    id: int
    name: str = ""
    type: str = ""


class _Ref(Struct, frozen=True):
    id: str | int | None = None
    key: str | None = None
    projectKeyOrId: str | None = None  # noqa: N815


class _EstimateField(Struct, frozen=True):
    fieldId: str  # noqa: N815
    displayName: str = ""  # noqa: N815


class Estimation(Struct, frozen=True):
    """What a board estimates by: `none`, `issueCount`, or a `field`."""

    type: str = "none"
    field: _EstimateField | None = None


class BoardConfig(Struct, frozen=True):
    """What a board shows, and by which field it estimates."""

    filter: _Ref | None = None
    location: _Ref | None = None
    estimation: Estimation | None = None


class SprintRow(Struct, frozen=True):
    """A sprint. One that is planned may have no dates; one that is closed has `completeDate`."""

    id: int
    name: str = ""
    state: str = ""
    startDate: str | None = None  # noqa: N815
    endDate: str | None = None  # noqa: N815
    completeDate: str | None = None  # noqa: N815


class VersionRow(Struct, frozen=True):
    """A version that issues are to be fixed in."""

    id: str | int
    name: str = ""
    releaseDate: str | None = None  # noqa: N815
    startDate: str | None = None  # noqa: N815


class _Category(Struct, frozen=True):
    key: str = ""


class StatusRow(Struct, frozen=True):
    """A status, and what kind it is: `new`, `indeterminate` or `done`."""

    id: str
    name: str = ""
    statusCategory: _Category = _Category()  # noqa: N815


class _FieldSchema(Struct, frozen=True):
    custom: str | None = None


class FieldRow(Struct, frozen=True):
    """A field of issues."""

    id: str
    name: str = ""
    schema: _FieldSchema = _FieldSchema()


class Change(Struct, frozen=True):
    """One field that was changed."""

    field: str = ""
    fieldId: str | None = None  # noqa: N815
    before: str | int | float | None = msgspec.field(default=None, name="from")
    beforeString: str | None = msgspec.field(default=None, name="fromString")  # noqa: N815
    after: str | int | float | None = msgspec.field(default=None, name="to")
    afterString: str | None = msgspec.field(default=None, name="toString")  # noqa: N815


class History(Struct, frozen=True):
    """What was changed at once. `created`: a date, or (bulk) UTC milliseconds."""

    id: str | int
    created: str | int | float
    items: tuple[Change, ...] = ()


class Changelog(Struct, frozen=True):
    """The histories of one issue, or some of them."""

    histories: tuple[History, ...] = ()
    total: int | None = None


class IssueRow(Struct, frozen=True):
    """An issue with the fields that were asked for."""

    id: str
    key: str
    fields: dict[str, object] = {}
    changelog: Changelog | None = None


class SearchPage(Struct, frozen=True):
    """What a search found: with `nextPageToken` on Cloud, with `startAt` and `total` elsewhere."""

    issues: tuple[IssueRow, ...] = ()
    nextPageToken: str | None = None  # noqa: N815
    isLast: bool | None = None  # noqa: N815
    startAt: int = 0  # noqa: N815
    total: int | None = None
    warningMessages: tuple[str, ...] = ()  # noqa: N815


class Counted(Struct, frozen=True):
    """About how many issues a search finds."""

    count: int


class IssueChanges(Struct, frozen=True):
    """Histories of one of several issues."""

    issueId: str  # noqa: N815
    changeHistories: tuple[History, ...] = ()  # noqa: N815


class ChangesPage(Struct, frozen=True):
    """Histories of several issues."""

    issueChangeLogs: tuple[IssueChanges, ...] = ()  # noqa: N815
    nextPageToken: str | None = None  # noqa: N815


def updated(issue: IssueRow) -> int:
    """When an issue was last touched."""
    return moment(issue.fields.get("updated")) or 0


def created(issue: IssueRow) -> int:
    """When an issue was created."""
    return moment(issue.fields.get("created")) or 0


def moment(raw: object) -> int | None:
    """A date with time, as Jira writes it, or UTC ms → UTC ms; None for what is neither."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float):
        return round(raw) if math.isfinite(raw) and 0 <= raw <= _LAST_MS else None
    if not isinstance(raw, str) or len(raw) > 40:
        return None
    if raw.isascii() and raw.isdecimal():
        return int(raw) if int(raw) <= _LAST_MS else None
    try:
        parsed = datetime.fromisoformat(raw)
        at = round((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return at if 0 <= at <= _LAST_MS else None


def noon(raw: str | None) -> int | None:
    """A day → its noon in UTC, which is the same day in nearly every time zone."""
    try:
        day = date.fromisoformat((raw or "")[:10])
    except ValueError:
        return None
    at = round(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000)
    return at if 0 <= at <= _LAST_MS else None
