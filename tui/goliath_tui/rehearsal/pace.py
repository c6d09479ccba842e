"""How long simulated work takes: log-normal, as the latencies of real backends nearly are."""

from bisect import bisect_left
from math import erf, exp, inf, log, sqrt
from operator import sub
from random import Random

from msgspec import Struct

from goliath_tui.domain import LATENCY_BINS, Side
from goliath_tui.measures.histogram import bounds
from goliath_tui.rehearsal.chance import unit
from goliath_tui.rehearsal.scenario import Scenario

#: What HTTP on loopback adds to the work, so that told and measured latencies agree.
_ON_THE_WIRE_MS = 5.0

#: Work never takes longer: whoever waits has given up before.
LONGEST_MS = 8000.0

#: Tails of the distribution beyond this are cut off.
_NEGLIGIBLE = 1e-5

_BINS = range(LATENCY_BINS)
_ZEROS = (0,) * LATENCY_BINS
_SINGLE = tuple((*_ZEROS[:i], 1) for i in _BINS)


class Pace(Struct, frozen=True):
    """The latency of one side of one service.

    `reach[i]` is the share that is in bins up to `first` + i; below them is nothing.
    """

    median_ms: float
    spread: float
    first: int
    reach: tuple[float, ...]

    def draw(self, random: Random) -> float:
        """How many ms one piece of work takes."""
        return min(LONGEST_MS, self.median_ms * exp(random.gauss(0, self.spread)))

    def histogram(self, requests: int, offset: float) -> tuple[int, ...]:
        """Counts per bin of so many requests; they sum to `requests`.

        Every request is taken from its own equal slice of the distribution, at `offset` (0 to 1)
        in the slice: exact for many, and unbiased for few if the offset is left to chance.
        """
        if not requests:
            return ()
        if requests == 1:
            return _SINGLE[self.first + bisect_left(self.reach, offset)]
        rest = 1 - offset
        upto = [int(requests * share + rest) for share in self.reach]
        upto[-1] = requests
        return (*_ZEROS[: self.first], upto[0], *map(sub, upto[1:], upto))


def paces(scenario: Scenario) -> tuple[dict[Side, Pace], ...]:
    """The paces of every service by side; some services have more to do than others."""
    made = []
    for service in scenario.services:
        burden = 0.6 + 1.6 * unit(service.name, "burden") ** 2
        legacy = _pace(scenario.legacy.median_ms * burden, scenario.legacy.spread)
        new = _pace(scenario.new.median_ms * burden, scenario.new.spread)
        made.append({Side.LEGACY: legacy, Side.NEW: new, Side.SHADOW: new})
    return tuple(made)


def _pace(median_ms: float, spread: float) -> Pace:
    reach = [_share_below(bounds(i)[1] - _ON_THE_WIRE_MS, median_ms, spread) for i in _BINS]
    first = sum(share < _NEGLIGIBLE for share in reach)
    last = sum(share < 1 - _NEGLIGIBLE for share in reach)
    return Pace(median_ms, spread, first, (*reach[first:last], 1.0))


def _share_below(ms: float, median_ms: float, spread: float) -> float:
    if ms <= 0:
        return 0.0
    if ms == inf or ms >= LONGEST_MS:
        return 1.0
    return (1 + erf(log(ms / median_ms) / (spread * sqrt(2)))) / 2
