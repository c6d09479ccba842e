"""A sprint's burndown, and the migration's burnup, from ledger entries.

The identity of a sprint, which holds by construction because the ledger's entries are the only
source of all its terms:

    remaining = committed + added - removed + re_estimated - done
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from math import ceil

from msgspec import Struct

from goliath_tui.domain import BurndownPoint, EventKind, Sprint, SprintFigures
from goliath_tui.measures.ledger import PointsEntry, SprintEntry

_DAY_MS = 86_400_000

#: A clock change must not make a sprint look a day longer.
_CLOCK_CHANGE_MS = 2 * 3_600_000

#: What takes points out of a sprint.
_GONE = frozenset({EventKind.LEFT, EventKind.DROPPED})

#: The last millisecond of the year 9999.
_LAST_MOMENT = 253_402_300_799_999

#: The first weekday that nobody works on; Monday is 0.
_WEEKEND = 5


class BurnupPoint(Struct, frozen=True, kw_only=True):
    """The migration just after `at`: points in scope, and points done."""

    at: int
    scope: float
    done: float


def current_sprint(sprints: Iterable[Sprint], at: int) -> Sprint | None:
    """The sprint that runs at `at`, else the one that ended last, else None.

    Of several that run, the one that began last: it is the one that people talk about.
    """
    begun = [sprint for sprint in sprints if sprint.starts <= at]
    running = [sprint for sprint in begun if at < sprint.ends]
    if running:
        return max(running, key=lambda sprint: (sprint.starts, sprint.id))
    return max(begun, key=lambda sprint: (sprint.ends, sprint.id), default=None)


def figures(sprint: Sprint, entries: Iterable[SprintEntry], at: int, tz: tzinfo) -> SprintFigures:
    """The sprint as it stood at `at`. Of `entries` those of other sprints, those after `at` and
    those from the sprint's end on are left out: what happens then is another sprint's story.

    - committed: scope of all entries up to the start, whatever their kind.
    - After the start, by kind: added (entered, and dropped items that came back), removed (left,
      dropped), re_estimated (new estimates, first ones too). An item that was taken out and put
      back counts in removed and in added.
    - carried_over: the part of committed and added that came unfinished from an earlier sprint.
    - done: done less reopened, and as the points of done items changed.
    """
    counted = sorted(
        (e for e in entries if e.sprint == sprint.id and e.at <= at and e.at < sprint.ends),
        key=lambda entry: entry.at,
    )
    before = [entry for entry in counted if entry.at <= sprint.starts]
    during = counted[len(before) :]
    arrived = [e for e in during if e.kind not in _GONE and e.kind is not EventKind.ESTIMATED]
    committed = _scope(before)
    added = _scope(arrived)
    removed = 0.0 - _scope(e for e in during if e.kind in _GONE)
    re_estimated = _scope(e for e in during if e.kind is EventKind.ESTIMATED)
    done = sum((entry.done for entry in counted), 0.0)
    days = _working_days(sprint, tz)
    return SprintFigures(
        id=sprint.id,
        name=sprint.name,
        starts=sprint.starts,
        ends=sprint.ends,
        day=_working_day(sprint, at, tz, days),
        days=days,
        committed=committed,
        added=added,
        removed=removed,
        re_estimated=re_estimated,
        carried_over=_scope(e for e in (*before, *arrived) if e.carried),
        done=done,
        remaining=committed + added - removed + re_estimated - done,
        unestimated=sum(entry.unestimated for entry in counted),
        burndown=_burndown(sprint, before, during),
    )


def _scope(entries: Iterable[SprintEntry]) -> float:
    return sum((entry.scope for entry in entries), 0.0)


def _burndown(
    sprint: Sprint, before: list[SprintEntry], during: list[SprintEntry]
) -> tuple[BurndownPoint, ...]:
    """A point at the start and one per moment that changed scope or remaining."""
    scope = _scope(before)
    remaining = scope - sum(entry.done for entry in before)
    points = [BurndownPoint(at=sprint.starts, scope=scope, remaining=remaining)]
    for entry in during:
        scope += entry.scope
        remaining += entry.scope - entry.done
        point = BurndownPoint(at=entry.at, scope=scope, remaining=remaining)
        if entry.at == points[-1].at:
            points[-1] = point
        elif entry.scope or entry.done:
            points.append(point)
    return tuple(points)


def burnup(entries: Iterable[PointsEntry]) -> tuple[BurnupPoint, ...]:
    """Scope and done over time, oldest first: one point per moment that has an entry."""
    points: list[BurnupPoint] = []
    scope = done = 0.0
    for entry in sorted(entries, key=lambda entry: entry.at):
        scope += entry.scope
        done += entry.done
        if points and points[-1].at == entry.at:
            points.pop()
        points.append(BurnupPoint(at=entry.at, scope=scope, done=done))
    return tuple(points)


def ideal(sprint: Sprint, committed: float, tz: tzinfo) -> tuple[tuple[int, float], ...]:
    """The corners (at, points left) of the line from `committed` at the start to 0 at the end.

    It falls evenly over working time, Monday to Friday in `tz`, and is flat on the other days. A
    sprint without working time, or of more than a year, falls evenly throughout.
    """
    edges = [sprint.starts, *_midnights(sprint, tz), sprint.ends]
    worked = [0]
    for begins, ends in pairwise(edges):
        works = _local_date(begins, tz).weekday() < _WEEKEND
        worked.append(worked[-1] + (ends - begins if works else 0))
    if worked[-1] == 0:
        return ((sprint.starts, committed), (sprint.ends, 0.0))
    return tuple(
        (at, committed * (1 - done / worked[-1])) for at, done in zip(edges, worked, strict=True)
    )


def _midnights(sprint: Sprint, tz: tzinfo) -> list[int]:
    """The local midnights within the sprint; none if it is too long, or at the calendar's edge."""
    if sprint.ends - sprint.starts > 366 * _DAY_MS or sprint.ends > _LAST_MOMENT - 2 * _DAY_MS:
        return []
    day = _local_date(sprint.starts, tz)
    found: list[int] = []
    while True:
        day += timedelta(days=1)
        midnight = int(datetime.combine(day, time(), tz).timestamp() * 1000)
        if midnight >= sprint.ends:
            return found
        if midnight > sprint.starts:
            found.append(midnight)


def _working_days(sprint: Sprint, tz: tzinfo) -> int:
    """Working days among as many dates as the sprint has days, from the local date of its start.

    So a sprint from midnight to midnight UTC has the same number in every time zone, though it
    touches one date more where it begins in the middle of a day. At least 1.
    """
    lasts = ceil((sprint.ends - sprint.starts - _CLOCK_CHANGE_MS) / _DAY_MS)
    return max(1, _weekdays(_local_date(sprint.starts, tz), lasts))


def _working_day(sprint: Sprint, at: int, tz: tzinfo, days: int) -> int:
    """Which of the sprint's working days it is, or which was the last; 1 before the first."""
    first = _local_date(sprint.starts, tz)
    return min(days, max(1, _weekdays(first, (_local_date(at, tz) - first).days + 1)))


def _weekdays(first: date, days: int) -> int:
    """How many of `days` dates from `first` on are Monday to Friday."""
    weeks, rest = divmod(max(0, days), 7)
    return weeks * _WEEKEND + sum((first.weekday() + i) % 7 < _WEEKEND for i in range(rest))


def _local_date(at: int, tz: tzinfo) -> date:
    # A calendar ends a day earlier or later than UTC's, depending on the zone.
    safe = min(max(at, 2 * _DAY_MS), _LAST_MOMENT - 2 * _DAY_MS)
    return datetime.fromtimestamp(safe / 1000, tz).date()
