"""OpenDiffy: a proxy that asks the old code twice and the new code once, and compares.

What differs between the two old answers is noise; what differs beyond that between old and new is
told as differences.
"""

from __future__ import annotations

from collections.abc import Iterator

from goliath_tui.sources import Setup, Source
from goliath_tui.sources.homes import HomeOptions

MOST_MINUTES = 1440


class Options(HomeOptions, frozen=True, kw_only=True):
    """Settings of a Diffy.

    `bucket_minutes`: how fine its counts are. `history_hours`: how far back the first poll begins.
    `noise_hours`: over how much time it is judged what is noise. `examples`: how many are read for
    each place that differs, in each bucket; Diffy itself keeps five.
    """

    bucket_minutes: int = 5
    history_hours: float = 24.0
    noise_hours: float = 1.0
    examples: int = 5

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Buckets that cannot be, and times that are none."""
        yield from super().problems()
        if not 1 <= self.bucket_minutes <= MOST_MINUTES or MOST_MINUTES % self.bucket_minutes:
            yield (
                ("bucket_minutes",),
                "expected minutes of which a day is a multiple, as 1, 5 or 60",
            )
        if not 0 <= self.history_hours <= 24 * 366:
            yield ("history_hours",), "expected hours, from 0 to a year"
        if not 0 < self.noise_hours <= 24 * 31:
            yield ("noise_hours",), "expected hours above 0, up to a month"
        if not 0 <= self.examples <= 5:
            yield ("examples",), "expected 0 to 5"


def make(setup: Setup) -> Source:
    """A source that starts wherever the cursor it is given says."""
    from goliath_tui.sources.diffy.reading import Diffy

    return Diffy(setup)


def requests_per_poll(setup: Setup) -> float:
    """One for who it is; what has been compared is asked for once for each bucket."""
    return 1
