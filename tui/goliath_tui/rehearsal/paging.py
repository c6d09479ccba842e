"""Pages by cursor: what every feed of the two APIs has in common, and the feed of a plain list."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from goliath_tui.native import Page

Row = TypeVar("Row", bound=Struct)

_PLACE = re.compile(r"list-([0-9]{1,9})")


class CursorError(ValueError):
    """A cursor that this feed has never given."""


class Feed(Protocol):
    """An endpoint's rows, in the order in which they became known."""

    def page(self, cursor: str | None, limit: int, now: int) -> Page[Any]:
        """At most `limit` rows after the cursor that are known at `now`. Raises CursorError."""
        ...


class ListFeed(Generic[Row]):
    """Rows that are known beforehand, each shown when its moment has come.

    The cursor is how many rows were given: the list is the same in every process of the story, so
    it goes on where another one stopped.
    """

    def __init__(self, rows: Sequence[tuple[int, Row]]) -> None:
        """`rows` with the moments at which they become known, oldest first."""
        self._moments = [at for at, _ in rows]
        self._rows = [row for _, row in rows]

    def page(self, cursor: str | None, limit: int, now: int) -> Page[Row]:
        """As a Feed does."""
        given = self._given(cursor)
        known = bisect_right(self._moments, now)
        rows = tuple(self._rows[given : min(known, given + limit)])
        place = given + len(rows)
        left = max(0, known - place)
        return Page(rows=rows, cursor=f"list-{place}", more=left > 0, remaining=left)

    def _given(self, cursor: str | None) -> int:
        if cursor is None:
            return 0
        match = _PLACE.fullmatch(cursor)
        if match is None or int(match[1]) > len(self._rows):
            raise CursorError(cursor)
        return int(match[1])
