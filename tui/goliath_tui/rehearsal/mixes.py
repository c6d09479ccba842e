"""What part of the requests goes which way, at any time: per field, and summed up per service."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from goliath_tui.domain import MigrationState
from goliath_tui.rehearsal.bugs import Bug
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.demand import intended
from goliath_tui.rehearsal.travel import Stop, Timeline


class Mix(NamedTuple):
    """Parts of the requests of a field or service, 0 to 1 each, on average over some time.

    `intended` is meant for new; `caught` would be answered by legacy if new failed; `compared` is
    answered by both; `differing` differs, `ignored` differs only where it does not count.
    """

    intended: float = 0.0
    caught: float = 0.0
    compared: float = 0.0
    differing: float = 0.0
    ignored: float = 0.0


#: From when on which mix holds, oldest first.
Steps = Sequence[tuple[int, Mix]]

_NONE = Mix()


def steps(field: FieldPlan, timeline: Timeline, bug: Bug | None, keys: int) -> Steps:
    """A field's mix over time; `keys` is how many arguments there are for a bug to show with."""
    made: list[tuple[int, Mix]] = []
    for stop, until in _stays(timeline):
        if stop.state is not MigrationState.SIDE_BY_SIDE:
            caught = stop.state is MigrationState.MIGRATED and not field.mutation
            made.append((stop.at, Mix(intended(stop), float(caught))))
            continue
        differing = len(bug.keys) / keys if bug else 0.0
        if differing:
            made.append((stop.at, Mix(0, 0, 1, differing, field.volatile * (1 - differing))))
        if bug is None:
            made.append((stop.at, Mix(0, 0, 1, 0, field.volatile)))
        elif bug.fixed is not None and (until is None or bug.fixed < until):
            made.append((bug.fixed, Mix(0, 0, 1, 0, field.volatile)))
    return made


def _stays(timeline: Timeline) -> Iterator[tuple[Stop, int | None]]:
    return zip(timeline, [*[stop.at for stop in timeline[1:]], None], strict=True)


def mix_over(own: Steps, starts: int, ends: int) -> Mix:
    """The mean of a field's mix over [starts, ends)."""
    at, mix = own[-1]
    if at <= starts:
        return mix
    total, until = _NONE, ends
    for at, mix in reversed(own):
        if at < until:
            if at <= starts and until == ends:
                return mix
            total = _plus(total, mix, (until - max(at, starts)) / (ends - starts))
            until = at
            if at <= starts:
                break
    return total


class Blend:
    """A service's mix over time: its fields' mixes by weight, integrated once."""

    def __init__(self, parts: Iterable[tuple[float, Steps]]) -> None:
        changes: list[tuple[int, float, Mix, Mix]] = []
        for weight, own in parts:
            was = _NONE
            for at, mix in own:
                if mix != was:
                    changes.append((at, weight, was, mix))
                was = mix
        changes.sort(key=lambda change: change[0])
        self._ats = [0]
        self._levels = [_NONE]
        self._sums = [_NONE]
        for at, weight, was, mix in changes:
            level = self._levels[-1]
            self._sums.append(_plus(self._sums[-1], level, at - self._ats[-1]))
            self._levels.append(_plus(_plus(level, mix, weight), was, -weight))
            self._ats.append(at)
        # What is left of adding and taking away is rounded off.
        self._means = [Mix(*[round(part, 9) + 0.0 for part in level]) for level in self._levels]

    def over(self, starts: int, ends: int) -> Mix:
        """The mean mix over [starts, ends)."""
        first, last = bisect_right(self._ats, starts) - 1, bisect_right(self._ats, ends) - 1
        if first == last:
            return self._means[last]
        upto = _plus(self._sums[last], self._levels[last], ends - self._ats[last])
        before = _plus(self._sums[first], self._levels[first], starts - self._ats[first])
        width = ends - starts
        return Mix(*[max(0.0, (b - a) / width) for a, b in zip(before, upto, strict=True)])


def _plus(a: Mix, b: Mix, times: float) -> Mix:
    return Mix(
        a[0] + b[0] * times,
        a[1] + b[1] * times,
        a[2] + b[2] * times,
        a[3] + b[3] * times,
        a[4] + b[4] * times,
    )
