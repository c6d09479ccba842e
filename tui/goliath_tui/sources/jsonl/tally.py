"""Outcomes of comparisons on their way into buckets of time, so that none is lost or counted twice.

A bucket is a minute of the stream's own moments. It is held, with all that was counted into it, for
as long as lines for it may still come: until the stream has told of a moment `LATE_MS` later. What
is held is part of the cursor, so it goes the way of the rows: kill the process anywhere, and it
stands where the rows do.

While a bucket is young it is told in full whenever it has grown: of two rows for one bucket the
fuller one stands. The cache adds old buckets up to wider ones, and one that came again after that
would be counted twice; so what is older than `YOUNG_MS` is told once, when it is let go, and what
was told before it grew that old is let go then. A line that comes after its bucket was let go is
counted in the oldest one that was not.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from msgspec import Struct, field

from goliath_tui.domain import ComparisonCounts

WIDTH_MS = 60_000
#: How much later than the end of a bucket the stream must be before the bucket is let go.
LATE_MS = 120_000
#: The cache adds up buckets of a minute when they are three hours old.
YOUNG_MS = 3_600_000
#: Fields of one bucket; there is no end to names that a broken publisher can make.
MOST_FIELDS = 20_000


class Outcome(IntEnum):
    """What became of a comparison; the position in a bucket's counts."""

    MATCHED = 0
    MISMATCHED = 1
    IGNORED = 2
    FAILED = 3


_SEPARATOR = "\n"  # no cleaned name has one
_TOLD = 4


class Tally(Struct, omit_defaults=True):
    """`buckets`: start → service and field → the four counts, and 1 once they have been told.

    `newest`: the newest moment that was counted. `floor`: buckets that start before it are let go.
    """

    buckets: dict[int, dict[str, list[int]]] = field(default_factory=dict)
    newest: int = 0
    floor: int = 0

    def let_go_of_old(self, now: int) -> None:
        """To be called before counting: what was told and is no longer young takes no more."""
        for start, counts in self.buckets.items():
            old = start + WIDTH_MS <= now - YOUNG_MS
            if old and any(entry[_TOLD] for entry in counts.values()):
                self.floor = max(self.floor, start + WIDTH_MS)

    def add(self, at: int, service: str, name: str, outcome: Outcome) -> bool:
        """Counts a comparison; whether its own bucket had been let go, so that it went elsewhere.

        `at` must not be later than now.
        """
        start = at - at % WIDTH_MS
        late = start < self.floor
        if late:
            start = self.floor
        counts = self.buckets.get(start)
        if counts is None:
            counts = self.buckets[start] = {}
        keys = (f"{service}{_SEPARATOR}{name}", f"{service}{_SEPARATOR}")
        for key in keys if len(counts) < MOST_FIELDS or keys[0] in counts else keys[1:]:
            entry = counts.get(key)
            if entry is None:
                entry = counts[key] = [0, 0, 0, 0, 0]
            entry[outcome] += 1
            entry[_TOLD] = 0
        if at > self.newest:
            self.newest = at
            floor = at - LATE_MS
            self.floor = max(self.floor, floor - floor % WIDTH_MS)
        return late

    def tell(self, now: int, *, caught_up: bool) -> Iterator[ComparisonCounts]:
        """What is to be told now. `caught_up`: there was nothing more to read."""
        if caught_up:
            floor = now - LATE_MS
            ended = [s + WIDTH_MS for s in self.buckets if s + WIDTH_MS <= floor]
            self.floor = max(self.floor, *ended, 0)
        for start in sorted(self.buckets):
            let_go, ends = start < self.floor, start + WIDTH_MS
            if not let_go and not now - YOUNG_MS < ends <= now:
                continue
            for key, entry in self.buckets[start].items():
                if not entry[_TOLD]:
                    entry[_TOLD] = 1
                    yield _row(start, key, entry)
            if let_go:
                del self.buckets[start]


def _row(start: int, key: str, entry: list[int]) -> ComparisonCounts:
    service, _, name = key.partition(_SEPARATOR)
    matched, mismatched, ignored, failed, _ = entry
    return ComparisonCounts(
        at=start,
        width_ms=WIDTH_MS,
        service=service,
        field=name or None,
        matched=matched,
        mismatched=mismatched,
        ignored=ignored,
        failed=failed,
    )
