"""The feed of mismatches: those of the days before, then those that the gateway finds now."""

import re
from collections import deque
from collections.abc import Iterator
from itertools import chain, islice

from goliath_tui.domain import Comparison
from goliath_tui.native import Page
from goliath_tui.rehearsal.found import KEPT, Found
from goliath_tui.rehearsal.paging import CursorError
from goliath_tui.rehearsal.weeks import DAY, floor

#: How many of its own finds the gateway keeps, both answers included.
_MOST = 1500

_CURSOR = re.compile(r"found-([0-9]{1,15})-([0-9]{1,6})")


class MismatchFeed:
    """All mismatches, oldest first. The cursor is a moment and how many of it were given."""

    def __init__(self, found: Found, now: int) -> None:
        """From `now` on the gateway finds them itself."""
        self._found = found
        self._begins = now
        self._kept: deque[Comparison] = deque(maxlen=_MOST)

    def add(self, comparison: Comparison) -> None:
        """The gateway has found one, later than all before."""
        if len(self._kept) == _MOST:
            self._begins = self._kept[0].at + 1
        self._kept.append(comparison)

    def page(self, cursor: str | None, limit: int, now: int) -> Page[Comparison]:
        """As a Feed does."""
        at, given = floor(now, DAY) - KEPT, 0
        if cursor is not None:
            match = _CURSOR.fullmatch(cursor)
            if match is None:
                raise CursorError(cursor)
            at, given = max(at, int(match[1])), int(match[2])
            given = given if at == int(match[1]) else 0
        rows = list(islice(self._after(at, given, now), limit + 1))
        more, rows = len(rows) > limit, rows[:limit]
        if rows:
            last = rows[-1].at
            same = sum(row.at == last for row in rows)
            at, given = last, same + (given if last == at else 0)
        left = self._found.expected(at, now) if more else 0
        return Page(rows=tuple(rows), cursor=f"found-{at}-{given}", more=more, remaining=left)

    def _after(self, at: int, given: int, now: int) -> Iterator[Comparison]:
        """What was found from `at` on, without the first `given` of that very moment."""
        before = self._found.between(at, min(self._begins, now + 1))
        counted = (row for row in list(self._kept) if at <= row.at <= now)
        for row in chain(before, counted):
            if row.at == at and given:
                given -= 1
            else:
                yield row
