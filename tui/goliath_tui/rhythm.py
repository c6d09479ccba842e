"""When a source is asked next: its period after a success, a growing pause after failures. Pure.

After the n-th failure in a row the pause is base x 2^(n-1), up to a most, both by the kind of
error: what the user must mend first (credentials, config, identity) starts slow, and what could not
even be reached stays quick, for it burdens nobody. After `breaker_after` failures the breaker is
open: from then on only a probe now and then, at the most. Everything is jittered by up to a tenth,
so that many pollers do not march in step. `Retry-After` is obeyed up to an hour, whatever else
would be due earlier, a user's refresh included. A source that told something new before it failed
is asked again after its period: most of it works, so it is not given up.
"""

import random

from msgspec import Struct

from goliath_tui.domain import SourceError, SourceErrorKind

_USER_MUST_ACT = {SourceErrorKind.AUTH, SourceErrorKind.CONFIG, SourceErrorKind.IDENTITY}
_NOBODY_THERE = {SourceErrorKind.UNREACHABLE}


class Timing(Struct, frozen=True, kw_only=True):
    """Every pause of the poller, in ms but for `jitter` (a share) and `breaker_after` (a count)."""

    jitter: float = 0.1
    retry_ms: int = 5_000
    retry_after_user_ms: int = 60_000
    most_ms: int = 300_000
    most_unreachable_ms: int = 60_000
    most_retry_after_ms: int = 3_600_000
    breaker_after: int = 6
    refresh_gap_ms: int = 1_000
    cache_retry_ms: int = 2_000
    cache_most_ms: int = 60_000
    tidy_ms: int = 300_000
    standby_ms: int = 1_000
    clock_check_ms: int = 1_000
    sleep_ms: int = 5_000
    stop_ms: int = 800


class Rhythm:
    """The pauses of one source that wants to be asked every `every_ms`."""

    def __init__(self, every_ms: int, timing: Timing, chance: random.Random) -> None:
        self._every_ms = every_ms
        self._timing = timing
        self._chance = chance
        self.failures = 0

    @property
    def open(self) -> bool:
        """Whether the breaker is open: the source failed too often and is only probed."""
        return self.failures >= self._timing.breaker_after

    def after_success(self) -> int:
        """The pause before the next poll, in ms: the period, give or take the jitter."""
        self.failures = 0
        return round(self._every_ms * (1 + self._chance.uniform(-1, 1) * self._timing.jitter))

    def after_failure(self, error: SourceError, *, brought_rows: bool = False) -> int:
        """The pause before the next try, in ms; never shorter than what the server asked for."""
        timing = self._timing
        self.failures = 1 if brought_rows else self.failures + 1
        most = timing.most_unreachable_ms if error.kind in _NOBODY_THERE else timing.most_ms
        base = min(self._every_ms, timing.retry_ms)
        if error.kind in _USER_MUST_ACT:
            base = timing.retry_after_user_ms
        pause = most if self.open else min(most, base * 2 ** (self.failures - 1))
        if brought_rows:
            pause = max(pause, self._every_ms)
        return max(
            round(pause * (1 - self._chance.random() * timing.jitter)),
            round(self.asked_for(error) * (1 + self._chance.random() * timing.jitter)),
        )

    def asked_for(self, error: SourceError) -> int:
        """How long the server asked to be left alone, in ms, as far as that is obeyed."""
        return min(error.retry_after_ms or 0, self._timing.most_retry_after_ms)
