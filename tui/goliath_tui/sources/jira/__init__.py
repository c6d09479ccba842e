"""Jira, Cloud and Data Center: sprints, fix versions, issues, and their history from changelogs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import msgspec

from goliath_tui.sources import Setup, Source
from goliath_tui.sources.work import WorkOptions

#: Polls between two listings of all issues, which find those that were deleted.
POLLS_PER_LISTING = 15
#: Polls between two looks at what seldom changes: fields, statuses, boards, versions, old sprints.
POLLS_PER_LOOK_AROUND = 60

_ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Deployment(StrEnum):
    """Which of the two Jiras it is; they are asked in different ways."""

    DETECT = "detect"
    CLOUD = "cloud"
    DATA_CENTER = "data-center"


class Options(WorkOptions, frozen=True, kw_only=True):
    """What of a Jira belongs to the migration, and how it is read.

    `board`: whose sprints and estimates count, by id or name; several make a list. `project`: keys
    of projects whose issues are read, in place of those of the board's filter. `jql`: the same as
    a search, which replaces both. `since`: leaves out issues that were not touched from this day
    on. `points_field`: the estimate's field by id or name, where the board does not say which.
    `milestones`: whether fix versions are milestones. `leave_out`: types of issues that are no work
    items beside epics and sub-tasks. `deployment`: found out by asking, unless it is said.
    """

    board: int | str | tuple[int | str, ...] = ()
    project: str | tuple[str, ...] = ()
    jql: str | None = None
    since: date | None = None
    points_field: str | None = None
    milestones: bool = True
    leave_out: tuple[str, ...] = ()
    deployment: Deployment = Deployment.DETECT

    @property
    def boards(self) -> tuple[int | str, ...]:
        """The boards, however many were named."""
        return self.board if isinstance(self.board, tuple) else (self.board,)

    @property
    def projects(self) -> tuple[str, ...]:
        """The projects, however many were named."""
        return self.project if isinstance(self.project, tuple) else (self.project,)

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """What is missing, and what no search may hold."""
        yield from super().problems()
        if not self.boards and not self.projects and not self.jql:
            yield (), "expected `board:`, or `project:` or `jql:` where there is no board"
        if self.jql is not None and _ORDER_BY.search(self.jql):
            yield ("jql",), "leave out ORDER BY: the order is ours"
        if self.jql is not None and not self.jql.strip():
            yield ("jql",), "expected a search, as in `project = ABC`"
        for project in self.projects:
            if not _PROJECT.fullmatch(project):
                yield ("project",), "expected the key of a project, as in ABC"


def make(setup: Setup) -> Source:
    """A source that starts wherever the cursor it is given says."""
    from goliath_tui.sources.jira.reading import JiraSource

    return JiraSource(_options(setup))


def requests_per_poll(setup: Setup) -> float:
    """One search and one look at each board's sprints; now and then a listing and a look around."""
    boards = len(_options(setup).boards)
    around = 3 + 4 * boards
    return 1 + boards + 1 / POLLS_PER_LISTING + around / POLLS_PER_LOOK_AROUND


def _options(setup: Setup) -> Options:
    return msgspec.convert(setup.options, Options)
