"""Traffic and comparisons of a snapshot: the span's figures, and shares over time."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import add
from typing import Any, NamedTuple

from goliath_tui.domain import (
    SharePoint,
    ShareSeries,
    Side,
    SideFigures,
    TrafficFigures,
)
from goliath_tui.measures.histogram import quantile
from goliath_tui.measures.intended import is_off
from goliath_tui.measures.share import error_rate, new_share
from goliath_tui.store import read_accounts
from goliath_tui.store.read_accounts import Window, any_later, ready, sums
from goliath_tui.store.read_single import single_sums
from goliath_tui.store.schema import (
    ALL_SERVICES,
    DAY,
    HOUR,
    MILLIONTHS,
    SERVICE_COMPARISONS,
    SERVICE_TRAFFIC,
    SIDES,
    TEN_MINUTES,
    ceil,
    floor,
)

#: Widest bucket, requests, errors, intended, intended_of, latency…
_Sums = Sequence[Any]
_DAYS_SHOWN = 60
_TRAFFIC = tuple(f"total({count})" for count in SERVICE_TRAFFIC.counts)
_OUTCOMES = ("total(matched + mismatched + ignored)", "total(mismatched)", "total(failed)")


class Compared(NamedTuple):
    """Outcomes of comparisons in the span; `compared` is all but those that failed.

    `widest`: of the buckets that were added up.
    """

    compared: int
    mismatched: int
    failed: int
    widest: int


class _Answered(NamedTuple):
    """Requests of each side, None where it was not measured, and millionths intended for new."""

    legacy: float | None
    new: float | None
    intended: float
    intended_of: float


class Shares(NamedTuple):
    """The share series of all, and each service's share in wider steps over the same span."""

    series: ShareSeries | None
    by_service: dict[int, tuple[float | None, ...]]


def span_ms(conn: sqlite3.Connection, at: int, window_ms: int) -> int:
    """How far back the figures of services reach; traffic decides, comparisons without it."""
    return read_accounts.span_ms(conn, (SERVICE_TRAFFIC, SERVICE_COMPARISONS), at, window_ms)


def figures(
    conn: sqlite3.Connection, at: int, span: int
) -> tuple[TrafficFigures | None, dict[int, TrafficFigures]]:
    """Traffic in (at - span, at]: of all services together, and of each by its key."""
    window = Window(at - span, at, span)
    rows = ready(conn, window)
    if rows is None:
        rows = sums(
            conn,
            SERVICE_TRAFFIC,
            window,
            columns=("key", "side", *SERVICE_TRAFFIC.counts),
            totals=("max(widest)", *_TRAFFIC),
            per=("key", "side"),
        )
    by_service: dict[int, dict[int, _Sums]] = {}
    by_side: dict[int, list[_Sums]] = {}
    for key, side, *amounts in rows:
        sides = by_service.setdefault(key, {})
        sides[side] = _together(sides.get(side), amounts)
        by_side.setdefault(side, []).append(amounts)
    everything: dict[int, _Sums] = {}
    for side, parts in by_side.items():
        widest, *counts = zip(*parts, strict=True)
        everything[side] = (max(widest), *map(sum, counts))
    return (
        _figures(everything, span) if everything else None,
        {key: _figures(sides, span) for key, sides in by_service.items()},
    )


def figures_of(
    conn: sqlite3.Connection, at: int, span: int, keys: Collection[int]
) -> dict[int, TrafficFigures]:
    """The same of some services only, by key."""
    by_service: dict[int, dict[int, _Sums]] = {}
    for key, side, *amounts in single_sums(
        conn,
        SERVICE_TRAFFIC,
        Window(at - span, at, span),
        keys,
        columns=("key", "side", *SERVICE_TRAFFIC.counts),
        per=("key", "side"),
        totals=("max(widest)", *_TRAFFIC),
    ):
        by_service.setdefault(key, {})[side] = amounts
    return {key: _figures(sides, span) for key, sides in by_service.items()}


def _together(one: _Sums | None, other: _Sums | None) -> _Sums:
    """What two sides, or two widths of bucket, add up to; at least one must be there."""
    if one is None or other is None:
        return one or other or ()
    return (max(one[0], other[0]), *map(add, one[1:], other[1:]))


def _figures(sides: Mapping[int, _Sums], span: int) -> TrafficFigures:
    legacy, new, shadow = (sides.get(side) for side in range(len(SIDES)))
    served, judged = (
        [None if side is None else int(side[n]) for side in (legacy, new)] for n in (1, 4)
    )
    answered = sum(requests or 0 for requests in served)
    meant, meant_of = (sum(side[n] for side in sides.values()) for n in (3, 4))
    intended = _share(meant, meant_of)
    return TrafficFigures(
        requests=answered,
        span_ms=span,
        resolution_ms=int(max(side[0] for side in sides.values())),
        new_share=new_share(*served),
        intended_share=intended,
        off_intended=is_off(judged[0], judged[1], intended),
        legacy=None if legacy is None else _side(legacy),
        new=None if new is None and shadow is None else _side(_together(new, shadow)),
    )


def _side(sums: _Sums) -> SideFigures:
    _, requests, errors, _, _, *latency = sums
    return SideFigures(
        requests=int(requests),
        error_rate=error_rate(errors, requests),
        p50_ms=quantile(latency, 0.5),
        p95_ms=quantile(latency, 0.95),
    )


def compared(conn: sqlite3.Connection, at: int, span: int) -> dict[int, Compared]:
    """Comparisons in (at - span, at] by the service's key."""
    rows = sums(
        conn,
        SERVICE_COMPARISONS,
        Window(at - span, at, span),
        columns=("key", *SERVICE_COMPARISONS.counts),
        totals=(*_OUTCOMES, "max(widest)"),
        per=("key",),
    )
    return {key: Compared(*map(int, outcomes)) for key, *outcomes in rows}


def compared_of(
    conn: sqlite3.Connection, at: int, span: int, keys: Collection[int]
) -> dict[int, Compared]:
    """The same of some services only."""
    rows = single_sums(
        conn,
        SERVICE_COMPARISONS,
        Window(at - span, at, span),
        keys,
        columns=("key", *SERVICE_COMPARISONS.counts),
        per=("key",),
        totals=(*_OUTCOMES, "max(widest)"),
    )
    return {key: Compared(*map(int, outcomes)) for key, *outcomes in rows}


def shares(conn: sqlite3.Connection, at: int) -> Shares:
    """The last day in steps of ten minutes, or of an hour where not all data is that fine.

    Where only wider buckets are left, the last 60 days in steps of a day. Services: 24 steps of an
    hour, or the 60 days.
    """
    cut = any_later(conn, SERVICE_TRAFFIC, at)
    hourly, fine = _last_day(HOUR, at, cut=cut), _last_day(TEN_MINUTES, at, cut=cut)
    hours, tens = hourly.of_all(conn), fine.of_all(conn)
    if not hours:
        days = _last_days(at, cut=cut)
        return Shares(days.series(days.of_all(conn)), days.of_services(conn))
    series = fine.series(tens) if _reaches(tens, hours) else hourly.series(hours)
    return Shares(series, hourly.of_services(conn))


def shares_of(
    conn: sqlite3.Connection, at: int, key: int, others: Collection[int]
) -> tuple[ShareSeries | None, dict[int, tuple[float | None, ...]]]:
    """The share series of one service, and its and the others' shares as `shares` gives them."""
    cut, keys = any_later(conn, SERVICE_TRAFFIC, at), {key, *others}
    hourly = _last_day(HOUR, at, cut=cut)
    if not hourly.of_all(conn):
        days = _last_days(at, cut=cut)
        return days.series(days.of_one(conn, key)), days.of_services(conn, keys)
    hours = hourly.of_one(conn, key)
    fine = _last_day(TEN_MINUTES, at, cut=cut)
    tens = fine.of_one(conn, key)
    series = fine.series(tens) if _reaches(tens, hours) else hourly.series(hours)
    return series, hourly.of_services(conn, keys)


def _reaches(tens: Mapping[int, object], hours: Mapping[int, object]) -> bool:
    """Whether data as fine as ten minutes reach as far back as hourly data do."""
    return bool(tens) and min(tens) <= min(hours)


class _Steps(NamedTuple):
    """Equal steps from `begins` to the one that `at` is in.

    `cut`: there are buckets after `at`, so that of the last step only a part counts.
    """

    step: int
    begins: int
    at: int
    cut: bool

    def of_all(self, conn: sqlite3.Connection) -> dict[int, _Answered]:
        """End of step → what all services together answered."""
        found = {
            ends: _Answered(*amounts)
            for ends, *amounts in conn.execute(
                "SELECT ends, legacy, new, intended, intended_of FROM share_steps"
                " WHERE width = ? AND ends > ? AND ends <= ? AND key = ?",
                (self.step, self.begins, self._summed_until(), ALL_SERVICES),
            )
        }
        for part in self._cut_step(conn, ()):
            if part != _NOTHING:
                found[ceil(self.at, self.step)] = _Answered(*part)
        return found

    def of_one(self, conn: sqlite3.Connection, key: int) -> dict[int, _Answered]:
        """End of step → what one service answered, from its buckets."""
        rows = single_sums(
            conn,
            SERVICE_TRAFFIC,
            Window(self.begins, self.at, self.step),
            [key],
            columns=_SERVED,
            per=(f"(ends - {self.begins} - 1) / {self.step} + 1",),
            totals=_ANSWERED_ALL,
        )
        return {
            self.begins + n * self.step: _Answered(legacy, new, *intended)
            for n, legacy, new, *intended in rows
            if legacy is not None or new is not None
        }

    def of_services(
        self, conn: sqlite3.Connection, only: Collection[int] | None = None
    ) -> dict[int, tuple[float | None, ...]]:
        """New's share per step, by the service's key; of all services, or of `only` some."""
        steps = (ceil(self.at, self.step) - self.begins) // self.step
        shares: dict[int, list[float | None]] = {}
        until = self._summed_until()
        which = f"ends > ?2 AND ends <= ?3 AND key > {ALL_SERVICES}"
        if only is not None:
            # Named one by one, they are looked up one by one.
            ends = range(self.begins + self.step, until + 1, self.step)
            which = f"ends IN ({_listed(ends)}) AND key IN ({_listed(only)})"
        complete = conn.execute(
            "SELECT key, (ends - ?2) / ?1 - 1, 1.0 * new / nullif(legacy + new, 0) FROM share_steps"  # noqa: S608
            f" WHERE width = ?1 AND {which}",
            (self.step, self.begins, until) if only is None else (self.step, self.begins),
        )
        for key, index, share in complete:
            of_service = shares.get(key)
            if of_service is None:
                of_service = shares[key] = [None] * steps
            of_service[index] = share
        for key, legacy, new, *_ in self._cut_step(conn, ("key",), only):
            if legacy is None and new is None:
                continue
            shares.setdefault(key, [None] * steps)[-1] = new_share(legacy, new)
        return {key: tuple(of_service) for key, of_service in shares.items()}

    def series(self, found: Mapping[int, _Answered]) -> ShareSeries | None:
        """The steps in which both sides were measured; None without any."""
        points = tuple(
            SharePoint(
                at=ends - self.step,
                legacy=int(answered.legacy),
                new=int(answered.new),
                intended_share=_share(answered.intended, answered.intended_of),
            )
            for ends, answered in sorted(found.items())
            if answered.legacy is not None and answered.new is not None
        )
        if not points:
            return None
        ends = ceil(self.at, self.step)
        return ShareSeries(starts=self.begins, ends=ends, step_ms=self.step, points=points)

    def _summed_until(self) -> int:
        return floor(self.at, self.step) if self.cut else ceil(self.at, self.step)

    def _cut_step(
        self,
        conn: sqlite3.Connection,
        per: tuple[str, ...],
        only: Collection[int] | None = None,
    ) -> list[tuple[Any, ...]]:
        if not self.cut:
            return []
        window = Window(floor(self.at, self.step), self.at, self.step)
        if only is not None:
            return single_sums(
                conn,
                SERVICE_TRAFFIC,
                window,
                only,
                columns=(*per, *_SERVED),
                per=per,
                totals=_ANSWERED_ALL,
            )
        return sums(
            conn,
            SERVICE_TRAFFIC,
            window,
            columns=(*per, *_SERVED),
            totals=_ANSWERED_ALL,
            per=per,
        )


def _last_day(step: int, at: int, *, cut: bool) -> _Steps:
    return _Steps(step, ceil(at, HOUR) - DAY, at, cut)


def _last_days(at: int, *, cut: bool) -> _Steps:
    return _Steps(DAY, ceil(at, DAY) - _DAYS_SHOWN * DAY, at, cut)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


_SERVED = ("side", "requests", "intended", "intended_of")
#: Requests of each serving side; NULL where it was not measured.
_ANSWERED = tuple(
    f"sum(CASE side WHEN {SIDES.index(side)} THEN 1.0 * requests END)"
    for side in (Side.LEGACY, Side.NEW)
)
_ANSWERED_ALL = (*_ANSWERED, "total(intended)", "total(intended_of)")
#: What a sum over no rows gives.
_NOTHING = (None, None, 0.0, 0.0)


def _share(expected: float, expected_of: float) -> float | None:
    return expected / MILLIONTHS / expected_of if expected_of else None
