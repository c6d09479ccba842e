"""What the gateway counts while it runs: buckets of ten seconds, the last quarter of an hour kept.

A bucket is closed when its time is over, and never changes then. Older ones are forgotten: whoever
asks for them later is told what must have been in them (see `lanes`).
"""

from collections import deque

from msgspec import Struct

from goliath_tui.domain import LATENCY_BINS, ComparisonCounts, Side, SideTraffic, Traffic
from goliath_tui.measures.histogram import bin_of
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.scenario import Scenario
from goliath_tui.rehearsal.verdict import Outcome
from goliath_tui.rehearsal.weeks import SECOND, floor

WIDTH = 10 * SECOND
_KEPT = 90


class Bucket(Struct, frozen=True):
    """A closed bucket. Rows come with their places: services first, then the fields after them."""

    starts: int
    ends: int
    traffic: list[tuple[int, Traffic]]
    comparisons: list[tuple[int, ComparisonCounts]]


class _Tally:
    """One service's or field's counts in the open bucket."""

    __slots__ = ("answered", "errors", "intended", "latency", "outcomes", "requests")

    def __init__(self) -> None:
        self.requests = dict.fromkeys(Side, 0)
        self.errors = dict.fromkeys(Side, 0)
        self.latency: dict[Side, list[int]] = {}
        self.outcomes = dict.fromkeys(Outcome, 0)
        self.answered = 0
        self.intended = 0.0

    def called(self, side: Side, ms: float, failed: bool) -> None:
        self.requests[side] += 1
        self.errors[side] += failed
        if side not in self.latency:
            self.latency[side] = [0] * LATENCY_BINS
        self.latency[side][bin_of(ms)] += 1

    def side(self, side: Side) -> SideTraffic:
        counts = self.latency.get(side, [])
        while counts and not counts[-1]:
            counts.pop()
        return SideTraffic(
            requests=self.requests[side], errors=self.errors[side], latency=tuple(counts)
        )


class Counters:
    """The gateway's books. All moments given to it must be its clock's, as it goes."""

    def __init__(self, scenario: Scenario, fields: tuple[FieldPlan, ...], now: int) -> None:
        """The first bucket begins with the first full ten seconds from `now` on."""
        self._services = [service.name for service in scenario.services]
        self._fields = fields
        self._closed: deque[Bucket] = deque(maxlen=_KEPT)
        self._starts = floor(now + WIDTH - 1, WIDTH)
        self._tallies: dict[int, _Tally] = {}

    def called(self, now: int, field: FieldPlan, side: Side, ms: float, failed: bool) -> None:
        """A backend was called for a field and took `ms`."""
        for tally in self._both(now, field):
            tally.called(side, ms, failed)

    def answered(self, now: int, field: FieldPlan, intended: float) -> None:
        """A request for a field was answered, whoever did it; `intended` for new by this share."""
        for tally in self._both(now, field):
            tally.answered += 1
            tally.intended += intended

    def compared(self, now: int, field: FieldPlan, outcome: Outcome) -> None:
        """Two answers were compared."""
        for tally in self._both(now, field):
            tally.outcomes[outcome] += 1

    def _both(self, now: int, field: FieldPlan) -> tuple[_Tally, ...]:
        self.advance(now)
        if now < self._starts:
            return ()
        places = field.service, len(self._services) + field.index
        return tuple(self._tallies.setdefault(place, _Tally()) for place in places)

    def advance(self, now: int) -> None:
        """Closes the open bucket if its time is over.

        What was slept through is not counted as nothing: there is no bucket for it.
        """
        if now >= self._starts + WIDTH:
            self._closed.append(self._close())
            self._tallies = {}
            following = self._starts + WIDTH
            self._starts = following if now < following + WIDTH else floor(now, WIDTH)

    def next_start(self, at: int) -> int:
        """Where the first bucket begins that is kept, or open, and does not begin before `at`."""
        for bucket in self._closed:
            if bucket.starts >= at:
                return bucket.starts
        return max(at, self._starts)

    def bucket(self, starts: int) -> Bucket | None:
        """The closed bucket that begins then, if it is kept."""
        if not self._closed or starts < self._closed[0].starts:
            return None
        return next((bucket for bucket in self._closed if bucket.starts == starts), None)

    def _close(self) -> Bucket:
        traffic = []
        comparisons = []
        for place in range(len(self._services)):
            self._tallies.setdefault(place, _Tally())
        for place in sorted(self._tallies):
            tally = self._tallies[place]
            service, field = self._names(place)
            traffic.append((place, self._traffic(service, field, tally)))
            if any(tally.outcomes.values()):
                comparisons.append((place, self._comparisons(service, field, tally)))
        return Bucket(self._starts, self._starts + WIDTH, traffic, comparisons)

    def _names(self, place: int) -> tuple[str, str | None]:
        if place < len(self._services):
            return self._services[place], None
        field = self._fields[place - len(self._services)]
        return self._services[field.service], field.id

    def _traffic(self, service: str, field: str | None, tally: _Tally) -> Traffic:
        return Traffic(
            at=self._starts,
            width_ms=WIDTH,
            service=service,
            field=field,
            legacy=tally.side(Side.LEGACY),
            new=tally.side(Side.NEW),
            shadow=tally.side(Side.SHADOW),
            intended=round(tally.intended / tally.answered, 6) if tally.answered else None,
        )

    def _comparisons(self, service: str, field: str | None, tally: _Tally) -> ComparisonCounts:
        return ComparisonCounts(
            at=self._starts,
            width_ms=WIDTH,
            service=service,
            field=field,
            matched=tally.outcomes[Outcome.MATCHED],
            mismatched=tally.outcomes[Outcome.MISMATCHED],
            ignored=tally.outcomes[Outcome.IGNORED],
            failed=tally.outcomes[Outcome.FAILED],
        )
