"""Which services need somebody's eyes, why, and in which order. Pure."""

from collections.abc import Sequence
from enum import IntEnum

from msgspec import Struct

from goliath_tui.domain import ServiceRow
from goliath_tui.panes.worry import OFF, has_begun, is_worrying
from goliath_tui.widgets import format as fmt

#: New fails this share of its requests, and twice as many as legacy: it is failing.
FAILING_RATE = 0.01
#: Fewer requests say nothing about a rate.
ENOUGH_REQUESTS = 100


class Need(IntEnum):
    """Why a service needs attention; the first first."""

    FAILING = 0
    DIFFERING = 1
    OFF_INTENDED = 2
    NONE = 3
    NOT_STARTED = 4
    FINISHED = 5


MARKS = {Need.FAILING: "✕", Need.DIFFERING: "!", Need.OFF_INTENDED: OFF}
URGENT = tuple(MARKS)


class Attention(Struct, frozen=True):
    """What a service needs. `worth`: how much of it, larger is worse; `why`: in a few words."""

    need: Need
    worth: float = 0.0
    why: str = ""

    @property
    def mark(self) -> str:
        """The sign that says it without colour."""
        return MARKS.get(self.need, "")


def attention(row: ServiceRow) -> Attention:
    """The first need of a service that holds, in the order of `Need`."""
    traffic = row.traffic
    new = traffic.new if traffic else None
    if new is not None and new.error_rate is not None and new.requests >= ENOUGH_REQUESTS:
        legacy = traffic.legacy.error_rate if traffic and traffic.legacy else None
        if new.error_rate >= FAILING_RATE and new.error_rate >= 2 * (legacy or 0.0):
            return Attention(Need.FAILING, new.error_rate, f"{fmt.percent(new.error_rate)} errors")
    if row.mismatched is not None and row.compared and is_worrying(row.mismatched, row.compared):
        text = fmt.per_thousand(row.mismatched, row.compared)
        rate = row.mismatched * 1000 / row.compared
        return Attention(Need.DIFFERING, rate, f"{text}/1k differ")
    if traffic is not None and traffic.off_intended:
        share, meant = fmt.percent(traffic.new_share), fmt.percent(traffic.intended_share)
        by = abs((traffic.intended_share or 0.0) - (traffic.new_share or 0.0))
        return Attention(Need.OFF_INTENDED, by, f"{share} on new, not {meant}")
    if not has_begun(row):
        return Attention(Need.NOT_STARTED, 0.0, "not started")
    moved = moved_share(row)
    if moved is not None and moved >= 1:
        return Attention(Need.FINISHED, 0.0, _on_new(row))
    return Attention(Need.NONE, -(moved or 0.0), _on_new(row))


def moved_share(row: ServiceRow) -> float | None:
    """Fields that new answers, of all of the service's."""
    return row.fields.moved / row.fields.total if row.fields and row.fields.total else None


def _on_new(row: ServiceRow) -> str:
    share = row.traffic.new_share if row.traffic else None
    return f"{fmt.percent(share)} on new" if share is not None else "no traffic known"


def by_urgency(rows: Sequence[ServiceRow]) -> list[str]:
    """The names of services, those that need attention first, the worst of each kind first."""
    seen = [(row.name, attention(row)) for row in rows]
    seen.sort(key=lambda pair: (pair[1].need, -pair[1].worth, pair[0]))
    return [name for name, _ in seen]


def chosen(rows: Sequence[ServiceRow], most: int, order: Sequence[str]) -> list[ServiceRow]:
    """At most `most` services: all of them by name, where eyes find them again, if that many fit.

    Where there are more, as many as fit in the given order; services that it lacks come last.
    """
    if len(rows) <= most:
        return list(rows)
    rank = {name: i for i, name in enumerate(order)}
    return sorted(rows, key=lambda row: rank.get(row.name, len(rank)))[:most]
