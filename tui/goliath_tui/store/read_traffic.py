"""Traffic and comparisons of a snapshot: the span's figures, and shares over time."""

import sqlite3
from collections.abc import Mapping, Sequence
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
from goliath_tui.measures.share import error_rate, new_share
from goliath_tui.store import read_accounts
from goliath_tui.store.read_accounts import Window, any_later, ready, sums
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


class Compared(NamedTuple):
    """Outcomes of comparisons in the span; `compared` is all but those that failed."""

    compared: int
    mismatched: int
    failed: int


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
    rows = ready(conn, Window(at - span, at, span))
    if rows is None:
        rows = sums(
            conn,
            SERVICE_TRAFFIC,
            Window(at - span, at, span),
            columns=("key", "side", *SERVICE_TRAFFIC.counts),
            totals=("max(widest)", *(f"total({count})" for count in SERVICE_TRAFFIC.counts)),
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


def _together(one: _Sums | None, other: _Sums | None) -> _Sums:
    """What two sides, or two widths of bucket, add up to; at least one must be there."""
    if one is None or other is None:
        return one or other or ()
    return (max(one[0], other[0]), *map(add, one[1:], other[1:]))


def _figures(sides: Mapping[int, _Sums], span: int) -> TrafficFigures:
    legacy, new, shadow = (sides.get(side) for side in range(len(SIDES)))
    served = [None if side is None else int(side[1]) for side in (legacy, new)]
    return TrafficFigures(
        requests=sum(requests or 0 for requests in served),
        span_ms=span,
        resolution_ms=int(max(side[0] for side in sides.values())),
        new_share=new_share(*served),
        intended_share=_share(
            sum(side[3] for side in sides.values()), sum(side[4] for side in sides.values())
        ),
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
        totals=("total(matched + mismatched + ignored)", "total(mismatched)", "total(failed)"),
        per=("key",),
    )
    return {key: Compared(*map(int, outcomes)) for key, *outcomes in rows}


def shares(conn: sqlite3.Connection, at: int) -> Shares:
    """The last day in steps of ten minutes, or of an hour where not all data is that fine.

    Where only wider buckets are left, the last 60 days in steps of a day. Services: 24 steps of an
    hour, or the 60 days.
    """
    begins = ceil(at, HOUR) - DAY
    cut = any_later(conn, SERVICE_TRAFFIC, at)
    hourly = _Steps(HOUR, begins, at, cut)
    fine = _Steps(TEN_MINUTES, begins, at, cut)
    hours, tens = hourly.of_all(conn), fine.of_all(conn)
    if not hours:
        days = _Steps(DAY, ceil(at, DAY) - _DAYS_SHOWN * DAY, at, cut)
        return Shares(days.series(days.of_all(conn)), days.of_services(conn))
    # Ten minutes if data that fine reach as far back as hourly data do.
    reaches = tens and min(tens) <= min(hours)
    series = fine.series(tens) if reaches else hourly.series(hours)
    return Shares(series, hourly.of_services(conn))


def series_of(conn: sqlite3.Connection, at: int, key: int) -> ShareSeries | None:
    """One service's last day in steps of an hour, or 60 days where only wider buckets are left."""
    cut = any_later(conn, SERVICE_TRAFFIC, at)
    hourly = _Steps(HOUR, ceil(at, HOUR) - DAY, at, cut)
    if hourly.of_all(conn):
        return hourly.series(hourly.of_one(conn, key))
    days = _Steps(DAY, ceil(at, DAY) - _DAYS_SHOWN * DAY, at, cut)
    return days.series(days.of_one(conn, key))


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
        return self._of_key(conn, ALL_SERVICES, self._cut_step(conn, ()))

    def of_one(self, conn: sqlite3.Connection, key: int) -> dict[int, _Answered]:
        """End of step → what one service answered; from steps of an hour on."""
        cut = [amounts for of, *amounts in self._cut_step(conn, ("key",)) if of == key]
        return self._of_key(conn, key, cut)

    def _of_key(
        self, conn: sqlite3.Connection, key: int, cut_step: Sequence[Sequence[Any]]
    ) -> dict[int, _Answered]:
        found = {
            ends: _Answered(*amounts)
            for ends, *amounts in conn.execute(
                "SELECT ends, legacy, new, intended, intended_of FROM share_steps"
                " WHERE width = ? AND ends > ? AND ends <= ? AND key = ?",
                (self.step, self.begins, self._summed_until(), key),
            )
        }
        for part in cut_step:
            if tuple(part) != _NOTHING:
                found[ceil(self.at, self.step)] = _Answered(*part)
        return found

    def of_services(self, conn: sqlite3.Connection) -> dict[int, tuple[float | None, ...]]:
        """New's share per step, by the service's key."""
        steps = (ceil(self.at, self.step) - self.begins) // self.step
        shares: dict[int, list[float | None]] = {}
        complete = conn.execute(
            "SELECT key, (ends - ?2) / ?1 - 1, 1.0 * new / nullif(legacy + new, 0) FROM share_steps"
            " WHERE width = ?1 AND ends > ?2 AND ends <= ?3 AND key > ?4",
            (self.step, self.begins, self._summed_until(), ALL_SERVICES),
        )
        for key, index, share in complete:
            of_service = shares.get(key)
            if of_service is None:
                of_service = shares[key] = [None] * steps
            of_service[index] = share
        for key, legacy, new, *_ in self._cut_step(conn, ("key",)):
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

    def _cut_step(self, conn: sqlite3.Connection, per: tuple[str, ...]) -> list[tuple[Any, ...]]:
        if not self.cut:
            return []
        return sums(
            conn,
            SERVICE_TRAFFIC,
            Window(floor(self.at, self.step), self.at, self.step),
            columns=(*per, "side", "requests", "intended", "intended_of"),
            totals=(*_ANSWERED, "total(intended)", "total(intended_of)"),
            per=per,
        )


#: Requests of each serving side; NULL where it was not measured.
_ANSWERED = tuple(
    f"sum(CASE side WHEN {SIDES.index(side)} THEN 1.0 * requests END)"
    for side in (Side.LEGACY, Side.NEW)
)
#: What a sum over no rows gives.
_NOTHING = (None, None, 0.0, 0.0)


def _share(expected: float, expected_of: float) -> float | None:
    return expected / MILLIONTHS / expected_of if expected_of else None
