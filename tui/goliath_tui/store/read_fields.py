"""Fields: how they stood, what their two backends did in the span, and one of them in detail."""

import sqlite3
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from operator import add
from typing import Any, NamedTuple

from goliath_tui.domain import Side
from goliath_tui.domain.subjects import FieldDetail, FieldRow, SidePoint, StateMark
from goliath_tui.measures.histogram import quantile
from goliath_tui.measures.share import error_rate, new_share
from goliath_tui.store.read_accounts import Window, span_ms
from goliath_tui.store.read_groups import groups_of
from goliath_tui.store.read_single import single_sums
from goliath_tui.store.read_states import Standing, marks, standing
from goliath_tui.store.schema import (
    DAY,
    FIELD_COMPARISONS,
    FIELD_TRAFFIC,
    HOUR,
    SIDES,
    TEN_MINUTES,
    Account,
    ceil,
)

_DAYS_SHOWN = 60
#: Requests, errors, latency…
_WORK = ("key", "side", "requests", "errors", *FIELD_TRAFFIC.counts[4:])
_TRAFFIC = ("total(requests)", "total(errors)", *(f"total({c})" for c in FIELD_TRAFFIC.counts[4:]))
_COMPARED = ("key", *FIELD_COMPARISONS.counts)
_OUTCOMES = ("total(matched + mismatched + ignored)", "total(mismatched)", "total(failed)")
#: Requests, errors, latency… of one side.
_Sums = Sequence[float]
_Sides = dict[Side, _Sums]


class Named(NamedTuple):
    """A field with its key, and the name of its service."""

    key: int
    id: str
    service: str | None


class FieldsKnown(Enum):
    """What is known of fields at a moment."""

    #: A fill has not reached them.
    NOT_YET = auto()
    #: No source has told of any state.
    BY_NAME = auto()
    WITH_STATES = auto()


class Reach(NamedTuple):
    """What figures of fields reach back over, and the coarsest bucket in them."""

    span_ms: int
    resolution_ms: int | None


def field_rows(
    conn: sqlite3.Connection,
    at: int,
    window_ms: int,
    fields: Sequence[Named],
    history: Mapping[int, Sequence[StateMark]],
    *,
    told: bool,
) -> tuple[tuple[FieldRow, ...], Reach]:
    """The fields in their order, with the figures of (at - span, at].

    `told`: whether the state of any field was, also of others.
    """
    span = span_ms(conn, (FIELD_TRAFFIC, FIELD_COMPARISONS), at, window_ms)
    window, keys = Window(at - span, at, span), [field.key for field in fields]
    resolution = 0
    traffic: dict[int, _Sides] = {}
    for key, side, widest, *sums in single_sums(
        conn,
        FIELD_TRAFFIC,
        window,
        keys,
        columns=_WORK,
        per=("key", "side"),
        totals=("max(widest)", *_TRAFFIC),
    ):
        traffic.setdefault(key, {})[SIDES[side]] = sums
        resolution = max(resolution, widest)
    outcomes: dict[int, list[int]] = {}
    for key, widest, *sums in single_sums(
        conn,
        FIELD_COMPARISONS,
        window,
        keys,
        columns=_COMPARED,
        per=("key",),
        totals=("max(widest)", *_OUTCOMES),
    ):
        outcomes[key] = [int(count) for count in sums]
        resolution = max(resolution, widest)
    rows = tuple(
        _row(
            field,
            standing(history.get(field.key, ()), told=told),
            traffic.get(field.key, {}),
            outcomes.get(field.key),
        )
        for field in fields
    )
    return rows, Reach(span, resolution or None)


def _row(field: Named, now: Standing, sides: _Sides, outcomes: Sequence[int] | None) -> FieldRow:
    compared, mismatched, failed = outcomes or (None, None, None)
    served = [int(sides[side][0]) if side in sides else None for side in (Side.LEGACY, Side.NEW)]
    legacy, new = sides.get(Side.LEGACY), _worked(sides)
    return FieldRow(
        id=field.id,
        service=field.service,
        state=now.state,
        changed_at=now.since,
        percentage=now.percentage,
        requests=sum(count or 0 for count in served) if sides else None,
        new_share=new_share(*served),
        compared=compared,
        mismatched=mismatched,
        failed=failed,
        p95_legacy_ms=_p95(legacy),
        p95_new_ms=_p95(new),
        errors_legacy=_errors(legacy),
        errors_new=_errors(new),
    )


def _worked(sides: _Sides) -> _Sums | None:
    """All that new did: its shadow calls are its work too."""
    new, shadow = sides.get(Side.NEW), sides.get(Side.SHADOW)
    if new is None or shadow is None:
        return new or shadow
    return [*map(add, new, shadow)]


def _p95(sums: _Sums | None) -> float | None:
    return None if sums is None else quantile([int(count) for count in sums[2:]], 0.95)


def _errors(sums: _Sums | None) -> float | None:
    return None if sums is None else error_rate(int(sums[1]), int(sums[0]))


def field_detail(
    conn: sqlite3.Connection, at: int, window_ms: int, name: str, known: FieldsKnown
) -> FieldDetail | None:
    """A field by its name; None if there is none, or if fields are not `known` yet."""
    found = conn.execute(
        "SELECT f.id, f.name, s.name FROM fields f LEFT JOIN services s ON s.id = f.service"
        " WHERE f.name = ?",
        (name,),
    ).fetchone()
    if found is None or known is FieldsKnown.NOT_YET:
        return None
    field = Named(*found)
    history = marks(conn, at, [field.key])
    told = known is FieldsKnown.WITH_STATES
    [row], reach = field_rows(conn, at, window_ms, [field], history, told=told)
    since = -1 if row.changed_at is None else row.changed_at
    compared = single_sums(
        conn,
        FIELD_COMPARISONS,
        Window(since, at, at - since),
        [field.key],
        columns=_COMPARED,
        per=("key",),
        totals=(*_OUTCOMES[:2], "min(ends - widest)"),
    )
    counted = map(int, compared[0][1:4]) if compared else (None, None, None)
    all_compared, all_mismatched, counted_from = counted
    steps = _steps(conn, at, field.key)
    return FieldDetail(
        row=row,
        span_ms=reach.span_ms,
        resolution_ms=reach.resolution_ms,
        history=tuple(history.get(field.key, ())),
        starts=steps.begins if steps else 0,
        ends=ceil(at, steps.step) if steps else 0,
        step_ms=steps.step if steps else 0,
        points=_points(conn, at, field.key, steps) if steps else (),
        compared_since=all_compared,
        mismatched_since=all_mismatched,
        counted_from=counted_from,
        groups=groups_of(conn, at, [field.key]),
    )


class _Steps(NamedTuple):
    step: int
    begins: int


def _steps(conn: sqlite3.Connection, at: int, key: int) -> _Steps | None:
    """The last day in steps of ten minutes, or of an hour where not all its data is that fine; the
    last 60 days in steps of a day where only wider buckets are left; None without data.
    """
    begins = ceil(at, HOUR) - DAY
    firsts: dict[bool, int] = {}
    for account in (FIELD_TRAFFIC, FIELD_COMPARISONS):
        for fine, first in single_sums(
            conn,
            account,
            Window(begins, at, HOUR),
            [key],
            columns=("key",),
            per=(f"widest <= {TEN_MINUTES}",),
            totals=("min(ends)",),
        ):
            firsts[bool(fine)] = min(first, firsts.get(bool(fine), first))
    if firsts:
        coarse = firsts.get(False)
        reaches = True in firsts and (
            coarse is None or ceil(firsts[True], TEN_MINUTES) <= ceil(coarse, HOUR)
        )
        return _Steps(TEN_MINUTES if reaches else HOUR, begins)
    days = _Steps(DAY, ceil(at, DAY) - _DAYS_SHOWN * DAY)
    window = Window(days.begins, at, DAY)
    if any(
        single_sums(
            conn, account, window, [key], columns=("key",), per=("key",), totals=("min(ends)",)
        )
        for account in (FIELD_TRAFFIC, FIELD_COMPARISONS)
    ):
        return days
    return None


def _points(conn: sqlite3.Connection, at: int, key: int, steps: _Steps) -> tuple[SidePoint, ...]:
    """The steps in which anything was counted."""

    def summed(
        account: Account, columns: Sequence[str], per: Sequence[str], totals: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        index = f"(ends - {steps.begins} - 1) / {steps.step}"
        window = Window(steps.begins, at, steps.step)
        return single_sums(
            conn, account, window, [key], columns=columns, per=(index, *per), totals=totals
        )

    traffic: dict[int, _Sides] = {}
    for index, side, *sums in summed(FIELD_TRAFFIC, _WORK, ("side",), _TRAFFIC):
        traffic.setdefault(index, {})[SIDES[side]] = sums
    outcomes = {
        index: (int(compared), int(mismatched))
        for index, compared, mismatched, _ in summed(FIELD_COMPARISONS, _COMPARED, (), _OUTCOMES)
    }
    points = []
    for index in sorted({*traffic, *outcomes}):
        sides = traffic.get(index, {})
        legacy, new = sides.get(Side.LEGACY), _worked(sides)
        compared, mismatched = outcomes.get(index, (None, None))
        points.append(
            SidePoint(
                at=steps.begins + index * steps.step,
                legacy_requests=None if legacy is None else int(legacy[0]),
                new_requests=None if new is None else int(new[0]),
                legacy_errors=_errors(legacy),
                new_errors=_errors(new),
                legacy_p95_ms=_p95(legacy),
                new_p95_ms=_p95(new),
                compared=compared,
                mismatched=mismatched,
            )
        )
    return tuple(points)
