"""The feeds of time buckets: history up to where counting began, then what was counted.

Services and fields run in two lanes beside each other, each from bucket to bucket, coarser the
longer ago; the feed gives the rows in the order in which their buckets closed. Where the gateway
has counted, its buckets are given; where it has not (before it started, while it was off, longer
ago than it keeps), the accounts say what must have been in a bucket of the lane's width.

A cursor says where both lanes are, and, in the middle of a bucket, which one and after which row.
So a client of a rehearsal that was started anew in the same week goes on without gap or duplicate.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from msgspec import Struct

from goliath_tui.native import Page
from goliath_tui.rehearsal.counters import WIDTH, Bucket, Counters
from goliath_tui.rehearsal.paging import CursorError
from goliath_tui.rehearsal.weeks import DAY, HOUR, MINUTE, Calendar, floor

_SERVICES, _FIELDS = "services", "fields"

#: The widths of a lane's buckets, each with how long ago such a bucket must have ended.
_WIDTHS = {
    _SERVICES: ((DAY, 14 * DAY), (HOUR, 2 * DAY), (10 * MINUTE, 0)),
    _FIELDS: (*((hours * HOUR, HOUR) for hours in (24, 12, 6, 3)), (HOUR, 0)),
}

#: How many whole days back fields have accounts of their own: with today, the last three. There are
#: thousands of fields; more days would be most of what a first fill has to carry.
_FIELDS_KEPT = 2 * DAY

_CURSOR = re.compile(
    r"at-([0-9]{1,15})-([0-9]{1,15})(?:-([0-9]{1,15})-(services|fields|both)-([0-9]{1,6}))?"
)


class Books(Struct, frozen=True):
    """Where the rows come from. Rows carry their place: services first, fields after them."""

    services: Callable[[int, int], Iterator[tuple[int, Any]]]
    fields: Callable[[int, int, int], Iterator[tuple[int, Any]]]
    counted: Callable[[Bucket], list[tuple[int, Any]]]
    expected: Callable[[bool, int], float]


class _Step(NamedTuple):
    """A bucket of one lane or of both."""

    starts: int
    ends: int
    lanes: tuple[str, ...]


class _Position(NamedTuple):
    """Where each lane is; `within`: the step that was begun, and the last place given of it."""

    services: int
    fields: int
    within: _Step | None = None
    after: int = -1

    def lane(self, lane: str) -> int:
        return self.services if lane == _SERVICES else self.fields

    def past(self, step: _Step) -> "_Position":
        return _Position(
            step.ends if _SERVICES in step.lanes else self.services,
            step.ends if _FIELDS in step.lanes else self.fields,
        )

    def text(self) -> str:
        if self.within is None:
            return f"at-{self.services}-{self.fields}"
        lanes = "both" if len(self.within.lanes) == 2 else self.within.lanes[0]
        return f"at-{self.services}-{self.fields}-{self.within.ends}-{lanes}-{self.after}"


class BucketFeed:
    """One kind of bucket rows, for services and fields."""

    def __init__(self, calendar: Calendar, counters: Counters, books: Books, services: int) -> None:
        """`services`: how many services there are; the fields' places come after theirs."""
        self._begins = calendar.starts(1)
        self._counters = counters
        self._books = books
        self._number = services

    def page(self, cursor: str | None, limit: int, now: int) -> Page[Any]:
        """As a Feed does."""
        self._counters.advance(now)
        until = floor(now, WIDTH)
        position = self._first(until) if cursor is None else self._position(cursor)
        rows: list[Any] = []
        more = False
        while step := self._step(position, until):
            room = limit - len(rows)
            if room == 0:
                more = True
                break
            found = list(islice(self._rows(step, position.after), room + 1))
            rows += [row for _, row in found[:room]]
            if len(found) > room:
                position = position._replace(within=step, after=found[room - 1][0])
                more = True
                break
            position = position.past(step)
        left = self._left(position, until) if more else 0
        return Page(rows=tuple(rows), cursor=position.text(), more=more, remaining=left)

    def _first(self, until: int) -> _Position:
        fields = max(self._begins, floor(until, DAY) - _FIELDS_KEPT)
        return _Position(self._begins, fields)

    def _position(self, cursor: str) -> _Position:
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            raise CursorError(cursor)
        services, fields = int(match[1]), int(match[2])
        if min(services, fields) < self._begins or services % WIDTH or fields % WIDTH:
            raise CursorError(cursor)
        position = _Position(services, fields)
        if match[3] is None:
            return position
        lanes = (_SERVICES, _FIELDS) if match[4] == "both" else (match[4],)
        starts, ends = position.lane(lanes[0]), int(match[3])
        if position.lane(lanes[-1]) != starts or not starts < ends <= starts + DAY or ends % WIDTH:
            raise CursorError(cursor)
        return position._replace(within=_Step(starts, ends, lanes), after=int(match[5]))

    def _step(self, position: _Position, until: int) -> _Step | None:
        """The next bucket to close, of those that are closed; both lanes' when it is the same."""
        if position.within is not None:
            return position.within if position.within.ends <= until else None
        ends = {lane: self._end(lane, position.lane(lane), until) for lane in _WIDTHS}
        closed = {lane: end for lane, end in ends.items() if end is not None}
        if not closed:
            return None
        lane = min(closed, key=lambda lane: closed[lane])
        starts, end = position.lane(lane), closed[lane]
        both = position.services == position.fields and ends[_SERVICES] == ends[_FIELDS]
        return _Step(starts, end, (_SERVICES, _FIELDS) if both else (lane,))

    def _end(self, lane: str, at: int, until: int) -> int | None:
        """Where the lane's bucket ends that begins at `at`; None: not before `until`."""
        counted = self._counters.next_start(at)
        if counted == at:
            return at + WIDTH if at + WIDTH <= until else None
        edge = min(counted, until)
        for width, age in _WIDTHS[lane]:
            end = floor(at, width) + width
            if end <= edge - age:
                return end
        return edge if edge > at else None

    def _rows(self, step: _Step, after: int) -> Iterator[tuple[int, Any]]:
        bucket = self._counters.bucket(step.starts)
        if bucket is not None and bucket.ends == step.ends:
            for place, row in self._books.counted(bucket):
                lane = _SERVICES if place < self._number else _FIELDS
                if place > after and lane in step.lanes:
                    yield place, row
            return
        if _SERVICES in step.lanes:
            for place, row in self._books.services(step.starts, step.ends):
                if place > after:
                    yield place, row
        if _FIELDS in step.lanes:
            first = max(-1, after - self._number)
            for place, row in self._books.fields(step.starts, step.ends, first):
                yield place + self._number, row

    def _left(self, position: _Position, until: int) -> int:
        """About how many rows there are still to come."""
        total = 0.0
        for lane, widths in _WIDTHS.items():
            at = position.lane(lane)
            for width, age in widths:
                steps = max(0, until - age - at) // width
                if steps:
                    total += steps * self._books.expected(lane == _SERVICES, width)
                at += steps * width
        return int(total)
