"""Traffic and comparisons of times when nobody was there to count: what a bucket must have held.

Every figure follows from the demand, from what state each field was in during the bucket, and from
a chance of the bucket's own, so the same bucket always holds the same. Services and fields are two
accounts of the same demand, and neither is the sum of the other, as in the API.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from goliath_tui.domain import ComparisonCounts, Side, SideTraffic, Traffic
from goliath_tui.rehearsal.chance import counted, mixed, salted, units
from goliath_tui.rehearsal.demand import rate
from goliath_tui.rehearsal.mixes import Blend, Mix, mix_over, steps
from goliath_tui.rehearsal.pace import Pace
from goliath_tui.rehearsal.story import Story
from goliath_tui.rehearsal.weeks import SECOND, WEEK

#: How long before the anchor a field must have been compared to have an account of that.
_COMPARED_WITHIN = 2 * WEEK


_NOTHING = SideTraffic(requests=0)


class _Counts(NamedTuple):
    """A bucket's account: requests and errors by side, comparisons by outcome."""

    intended: float
    legacy: int
    legacy_errors: int
    new: int
    new_errors: int
    shadow: int
    shadow_errors: int
    matched: int
    mismatched: int
    ignored: int
    failed: int

    @property
    def compared(self) -> int:
        """All comparisons, failed ones too."""
        return self.matched + self.mismatched + self.ignored + self.failed


class Accounts:
    """The books of one story. Rows come with the place of their service or field in its list."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._errors = story.scenario.legacy.errors, story.scenario.new.errors
        self._paces = [(paces[Side.LEGACY], paces[Side.NEW]) for paces in story.paces]
        self._steps = [
            steps(field, timeline, story.bugs.get(field.index), story.scenario.load.keys)
            for field, timeline in zip(story.fields, story.timelines, strict=True)
        ]
        own: list[list[int]] = [[] for _ in story.scenario.services]
        for field in story.fields:
            own[field.service].append(field.index)
        self._weights = [sum(story.weights[i] for i in indexes) for indexes in own]
        self._blends = [
            Blend((story.weights[i] / weight, self._steps[i]) for i in indexes)
            for weight, indexes in zip(self._weights, own, strict=True)
        ]
        since, until = story.calendar.anchor - _COMPARED_WITHIN, story.calendar.horizon
        self._compared = [
            i for i, made in enumerate(self._steps) if mix_over(made, since, until).compared
        ]

    def service_traffic(self, starts: int, ends: int) -> Iterator[tuple[int, Traffic]]:
        """A row for every service."""
        for i, counts, key in self._services(starts, ends):
            yield i, self._traffic((starts, ends), i, None, counts, key)

    def service_comparisons(self, starts: int, ends: int) -> Iterator[tuple[int, ComparisonCounts]]:
        """A row for every service of which anything was compared."""
        for i, counts, _ in self._services(starts, ends):
            if counts.compared:
                yield i, self._comparisons((starts, ends), i, None, counts)

    def field_traffic(
        self, starts: int, ends: int, after: int = -1
    ) -> Iterator[tuple[int, Traffic]]:
        """A row for every field in a place after `after` that was asked for."""
        requests = self._requests(starts, ends)
        salt = salted(starts // SECOND, ends // SECOND)
        weights, steps = self._story.weights, self._steps
        for field in self._story.fields[after + 1 :]:
            index = field.index
            key = mixed(~index, salt)
            total = counted(requests * weights[index], key)
            if total:
                counts = self._split(total, mix_over(steps[index], starts, ends), key)
                row = self._traffic((starts, ends), field.service, field.id, counts, key)
                yield index, row

    def field_comparisons(
        self, starts: int, ends: int, after: int = -1
    ) -> Iterator[tuple[int, ComparisonCounts]]:
        """A row for every field in a place after `after` that was compared."""
        requests = self._requests(starts, ends)
        salt = salted(starts // SECOND, ends // SECOND)
        for index in self._compared[bisect_right(self._compared, after) :]:
            key = mixed(~index, salt)
            total = counted(requests * self._story.weights[index], key)
            counts = self._split(total, mix_over(self._steps[index], starts, ends), key)
            if counts.compared:
                field = self._story.fields[index]
                yield index, self._comparisons((starts, ends), field.service, field.id, counts)

    def rows_expected(self, services: bool, width: int) -> float:
        """About how many rows of traffic a bucket of this width has now, of one of the levels."""
        if services:
            return float(len(self._weights))
        requests = self._requests(self._story.calendar.anchor, self._story.calendar.anchor + width)
        return sum(min(1.0, requests * weight) for weight in self._story.weights)

    def comparisons_expected(self, services: bool, width: int) -> float:
        """The same for rows of comparisons; long ago there were fewer."""
        if services:
            return len(self._weights) / 2
        requests = self._requests(self._story.calendar.anchor, self._story.calendar.anchor + width)
        return sum(min(1.0, requests * self._story.weights[i]) for i in self._compared)

    def _services(self, starts: int, ends: int) -> Iterator[tuple[int, _Counts, int]]:
        """Every service's place, account and key of chance."""
        requests = self._requests(starts, ends)
        salt = salted(starts // SECOND, ends // SECOND)
        for place, (weight, blend) in enumerate(zip(self._weights, self._blends, strict=True)):
            key = mixed(place, salt)
            counts = self._split(counted(requests * weight, key), blend.over(starts, ends), key)
            yield place, counts, key

    def _requests(self, starts: int, ends: int) -> float:
        story, width = self._story, ends - starts
        return rate(story.scenario.load, story.calendar, starts, width) * width / SECOND

    def _split(self, total: int, mix: Mix, key: int) -> _Counts:
        """`total` requests as the gateway would count them; fractions are rounded by chance.

        A failed call of new that legacy made up for is a call of legacy and a shadow call of new.
        """
        intended, caught, compared_part, differing_part, ignored_part = mix
        legacy_share, new_share = self._errors
        one, two, three, _ = units(key)
        # Each part is 1 at most and each chance below 1, so no part comes out above the whole.
        meant = int(total * intended + one)
        saved = int(total * caught * new_share + two) if caught and meant else 0
        new, legacy = meant - saved, total - meant + saved
        legacy_errors = int(legacy * legacy_share + two) if legacy else 0
        kept = total * (intended - caught)
        new_errors = int(kept * new_share + three) if kept > 0 and new else 0
        compared = int(total * compared_part + three) if compared_part else 0
        if not compared:
            return _Counts(
                intended, legacy, legacy_errors, new, new_errors, saved, saved, 0, 0, 0, 0
            )
        compared = min(compared, legacy)
        failed = min(compared, int(compared * (legacy_share + new_share) + one))
        told = compared - failed
        differing = min(told, int(total * differing_part + two))
        ignored = min(told - differing, int(total * ignored_part + three))
        errors = saved + min(failed, int(compared * new_share + one))
        matched = told - differing - ignored
        return _Counts(
            intended, legacy, legacy_errors, new, new_errors, compared + saved, errors,
            matched, differing, ignored, failed,
        )  # fmt: skip

    def _traffic(
        self, span: tuple[int, int], place: int, field: str | None, counts: _Counts, key: int
    ) -> Traffic:
        legacy, new = self._paces[place]
        offset = units(key)[3]
        return Traffic(
            at=span[0],
            width_ms=span[1] - span[0],
            service=self._story.scenario.services[place].name,
            field=field,
            legacy=_side(counts.legacy, counts.legacy_errors, legacy, offset),
            new=_side(counts.new, counts.new_errors, new, offset),
            shadow=_side(counts.shadow, counts.shadow_errors, new, offset),
            intended=round(counts.intended, 6),
        )

    def _comparisons(
        self, span: tuple[int, int], place: int, field: str | None, counts: _Counts
    ) -> ComparisonCounts:
        return ComparisonCounts(
            at=span[0],
            width_ms=span[1] - span[0],
            service=self._story.scenario.services[place].name,
            field=field,
            matched=counts.matched,
            mismatched=counts.mismatched,
            ignored=counts.ignored,
            failed=counts.failed,
        )


def _side(requests: int, errors: int, pace: Pace, offset: float) -> SideTraffic:
    if not requests:
        return _NOTHING
    latency = pace.histogram(requests, offset)
    return SideTraffic(requests=requests, errors=errors, latency=latency)
