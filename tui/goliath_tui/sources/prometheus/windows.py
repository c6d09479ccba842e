"""Which windows of time are asked for next, and which were told already.

Time is cut at multiples of the window's width, so that the same window is always the same bucket.
New windows are told forwards from `until`, in steps of the configured width; whoever slept for long
is told the past more coarsely. History is told backwards from `back` to `first`, so that what is
going on now is on the screen first. The newest windows are asked again each time: a sample may be
late, and of two counts of one bucket the fuller one stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

MINUTE_MS = 60_000
TEN_MINUTES_MS = 10 * MINUTE_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
#: What is older than this is told by ten minutes, and by the hour.
COARSE_AFTER_MS = 2 * HOUR_MS
HOURLY_AFTER_MS = 26 * HOUR_MS
#: A clock that is set back by more than this, and a step, is believed.
SET_BACK_MS = MINUTE_MS
#: So many windows are asked again each time; after warnings, all of the last ten minutes.
AGAIN = 2
AGAIN_WARNED_MS = TEN_MINUTES_MS


class Windows(Struct, frozen=True):
    """`count` windows of `width` ms side by side, from `start` on."""

    start: int
    width: int
    count: int

    @property
    def first_end(self) -> int:
        """The end of the first window."""
        return self.start + self.width

    @property
    def end(self) -> int:
        """The end of the last window."""
        return self.start + self.width * self.count

    def ends(self) -> Iterator[int]:
        """The end of each window."""
        return iter(range(self.first_end, self.end + 1, self.width))


class Place(Struct, frozen=True, kw_only=True):
    """What was told: all of (back, until], and how.

    `again`: the windows of (again, until] have the width `width` and are asked again. History is
    told back to `first`: by steps of `fine_width` down to `fine`, by ten minutes down to `day`, and
    by the hour before. `found`: something was counted once.
    """

    until: int
    again: int
    width: int
    back: int
    fine_width: int
    fine: int
    day: int
    first: int
    found: bool = False


def begin(edge: int, history_ms: int, step: int, most: int) -> Place:
    """Where a first run begins: up to ten minutes ago, in at most `most` steps."""
    start = edge - min(most, TEN_MINUTES_MS // step) * step
    fine = start // TEN_MINUTES_MS * TEN_MINUTES_MS if history_ms else start
    day = max(fine - DAY_MS, fine - history_ms)
    day = min(fine, -(-day // HOUR_MS) * HOUR_MS)
    return Place(
        until=start,
        again=start,
        width=step,
        back=start,
        fine_width=step,
        fine=fine,
        day=day,
        first=min(day, (start - history_ms) // HOUR_MS * HOUR_MS) if history_ms else start,
    )


def newest(place: Place, edge: int, step: int, most: int) -> Windows | None:
    """The next windows up to `edge`, at most about `most`; None when no time has passed."""
    age = edge - place.until
    width, until = step, edge
    if age > HOURLY_AFTER_MS:
        width, until = HOUR_MS, edge - HOURLY_AFTER_MS + HOUR_MS
    elif age > COARSE_AFTER_MS:
        width, until = TEN_MINUTES_MS, edge - COARSE_AFTER_MS + TEN_MINUTES_MS
    if (over := place.until % width) and place.until + width - over <= edge:
        # One odd window leads to where windows of this width may begin.
        return Windows(place.until, width - over, 1)
    start = place.again if place.width == width == step else place.until
    again = (place.until - start) // width
    count = min((until - start) // width, most + again)
    return Windows(start, width, count) if count > 0 else None


def set_back(place: Place, edge: int, step: int) -> Place:
    """The place, where the clock was set back to `edge`: from there on all is told anew.

    What was told of that time before, when it was still to come, was next to nothing; and of two
    counts of one bucket the fuller one stands.
    """
    if place.until - edge <= SET_BACK_MS + step:
        return place
    return replace(place, until=edge, again=edge, back=min(place.back, edge))


def after(place: Place, told: Windows, *, warned: bool) -> Place:
    """The place once these newest windows were told."""
    again = max(told.start, told.end - AGAIN * told.width)
    if warned:
        again = max(told.start, min(again, told.end - AGAIN_WARNED_MS))
    return replace(place, until=told.end, again=again, width=told.width)


def older(place: Place, most: int) -> Windows | None:
    """The next windows of history, at most `most`; None when all of it was told."""
    for begins, width in _ages(place):
        if place.back > begins:
            count = min((place.back - begins) // width, most)
            return Windows(place.back - count * width, width, count)
    return None


def to_come(place: Place, edge: int, step: int) -> int:
    """How many windows there are still to be told."""
    windows, back = max(0, edge - place.until) // step, place.back
    for begins, width in _ages(place):
        windows += max(0, back - begins) // width
        back = min(back, begins)
    return windows


def _ages(place: Place) -> tuple[tuple[int, int], ...]:
    """(where it begins, the width of its windows) for each age of history, the youngest first."""
    return (
        (place.fine, place.fine_width),
        (place.day, TEN_MINUTES_MS),
        (place.first, HOUR_MS),
    )
