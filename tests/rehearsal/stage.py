"""What the tests of the rehearsal share: a clock that stands still, stories, readers of feeds."""

from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from goliath_tui.rehearsal.paging import Feed
from goliath_tui.rehearsal.scenario import Scenario, load
from goliath_tui.rehearsal.story import Story, tell
from goliath_tui.rehearsal.weeks import DAY, HOUR, wednesday
from tests.rehearsal.process import SMALL

#: A Saturday, in the second week of the sprint in progress.
NOW = wednesday(1_790_000_000_000) + 3 * DAY + 20 * HOUR


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@cache
def small() -> tuple[Scenario, str]:
    """The small scenario and its text."""
    return load(SMALL)


@cache
def small_story(seed: int = 1) -> Story:
    """The small scenario's story as of NOW."""
    return tell(*small(), seed, NOW)


@cache
def full_story() -> Story:
    """The packaged scenario's story as of NOW."""
    return tell(*load(None), 1, NOW)


def changed(scenario: Scenario, **parts: Struct | dict[str, Any]) -> Scenario:
    """A scenario with some of its parts replaced, or changed in some of their values."""
    made = {
        name: msgspec.structs.replace(getattr(scenario, name), **part)
        if isinstance(part, dict)
        else part
        for name, part in parts.items()
    }
    return msgspec.structs.replace(scenario, **made)


def read_all(
    feed: Feed, now: int, cursor: str | None = None, limits: Iterable[int] = ()
) -> tuple[list[Any], str]:
    """Everything after a cursor, in pages of the given limits, then of 5000."""
    rows: list[Any] = []
    sizes = iter(limits)
    while True:
        limit = next(sizes, 5000)
        page = feed.page(cursor, limit, now)
        assert len(page.rows) <= limit
        rows += page.rows
        cursor = page.cursor
        if not page.more:
            return rows, cursor


def assert_tiles(rows: Iterable[Any], begins: int, ends: int, name: Callable[[Any], Any]) -> None:
    """Each name's buckets follow each other from `begins` to `ends` without gap or overlap."""
    spans: dict[Any, list[tuple[int, int]]] = {}
    for row in rows:
        spans.setdefault(name(row), []).append((row.at, row.at + row.width_ms))
    for own in spans.values():
        assert own[0][0] == begins
        assert own[-1][1] == ends
        assert all(before[1] == after[0] for before, after in pairwise(own))
