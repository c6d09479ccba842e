"""Forty-three sprints out of a formula, each with its replay, and the sources' polls."""

from collections.abc import Callable
from datetime import UTC, datetime

from msgspec.structs import replace

from goliath_tui.domain import BurndownPoint, Snapshot, SprintFigures
from goliath_tui.domain.subjects import (
    Detail,
    ItemRow,
    PollRow,
    ServicePoints,
    SourcesDetail,
    SourcesOf,
    SprintDetail,
    SprintOf,
    SprintRow,
    Subject,
)
from tests.ui import factory
from tests.ui.factory import DAY, HOUR, NOW, SECOND, _wave
from tests.ui.still import StillStore

LATEST = 43
_STATUS = ("done", "done", "started", "open", "done", "open", "dropped")


def begins(number: int) -> int:
    """The Monday on which a sprint begins; the latest is in its second week."""
    monday = datetime(2026, 8, 10, tzinfo=UTC)
    return round(monday.timestamp() * 1000) - (LATEST - number) * 14 * DAY


def figures(number: int) -> SprintFigures:
    """A sprint's replay: the one in progress is the snapshot's."""
    if number == LATEST:
        return factory.sprint()
    starts = begins(number)
    scope = remaining = 240.0 + round(160 * _wave(number))
    committed, added = scope, 0.0
    points = [BurndownPoint(at=starts, scope=scope, remaining=remaining)]
    for day in range(12):
        if day % 7 >= 5:
            continue
        if day in {2, 8}:
            scope, remaining, added = scope + 9, remaining + 9, added + 9
        remaining = max(0.0, remaining - round(committed / 11 * (0.6 + 0.6 * _wave(day, number))))
        points.append(
            BurndownPoint(at=starts + day * DAY + 14 * HOUR, scope=scope, remaining=remaining)
        )
    return SprintFigures(
        id=str(number),
        name=f"Sprint {number}",
        starts=starts,
        ends=starts + 14 * DAY,
        day=10,
        days=10,
        committed=committed,
        added=added,
        removed=0.0,
        re_estimated=0.0,
        carried_over=round(60 * _wave(number, 2)),
        done=scope - remaining,
        remaining=remaining,
        burndown=tuple(points),
    )


def row(number: int) -> SprintRow:
    """A sprint in the list."""
    found = figures(number)
    ended = [figures(n).done for n in range(number - 2, number + 1) if n >= 1]
    known = number != LATEST and len(ended) == 3
    return SprintRow(
        id=found.id,
        name=found.name,
        starts=found.starts,
        ends=found.ends,
        committed=found.committed,
        added=found.added,
        removed=found.removed,
        done=found.done,
        remaining=found.remaining,
        velocity=sum(ended) / 3 if known else None,
    )


ROWS = tuple(row(number) for number in range(LATEST, 0, -1))


def items(number: int, count: int = 60) -> tuple[ItemRow, ...]:
    """Work items of a sprint, the last ones of no service."""
    return tuple(
        ItemRow(
            id=f"GOL-{number * 100 + i}",
            title=f"Move {('resolver', 'loader', 'mutation', 'report')[i % 4]} {i} to the new side",
            url=f"https://tracker.example/GOL-{number * 100 + i}",
            service=factory.service_name(i % 9) if i < count - 3 else None,
            status=_STATUS[i % len(_STATUS)],
            points=None if i % 19 == 5 else (1.0, 2.0, 3.0, 5.0, 0.5, 8.0)[i % 6],
            carried=i % 8 == 3,
            added=i % 11 == 4,
        )
        for i in range(count)
    )


def detail(number: int = LATEST, count: int = 60) -> SprintDetail:
    """A sprint beside all sprints."""
    found = items(number, count)
    parts: dict[str | None, list[ItemRow]] = {}
    for item in found:
        if item.status != "dropped":
            parts.setdefault(item.service, []).append(item)
    return SprintDetail(
        figures=figures(number),
        by_service=tuple(
            ServicePoints(
                service=service,
                scope=sum(item.points or 0 for item in part),
                done=sum(item.points or 0 for item in part if item.status == "done"),
                items=len(part),
            )
            for service, part in parts.items()
        ),
        items=found,
        sprints=ROWS,
    )


def polls() -> SourcesDetail:
    """The newest polls of both sources; the gateway failed for a while."""

    def poll(i: int, every: int, failed: bool) -> PollRow:
        return PollRow(
            at=NOW - 4 * SECOND - i * every * SECOND,
            took_ms=30 + round(40 * _wave(i, every)),
            rows=0 if failed else round(900 * _wave(i, 3) ** 3),
            requests=1 + (i % 7 == 0),
            bytes_read=0 if failed else round(60_000 * _wave(i, 3) ** 3) + 210,
            error="gateway.example:443 refused the connection; is it up, and is the port the one"
            " that its config names? The last answer is kept meanwhile."
            if failed
            else None,
        )

    return SourcesDetail(
        polls={
            "gateway": tuple(poll(i, 10, 5 <= i < 9) for i in range(200)),
            "tracker": tuple(poll(i, 60, False) for i in range(200)),
        }
    )


class PastStore(StillStore):
    """A store that answers for the sprints that it `knows` and for the sources."""

    def __init__(self, picture: Snapshot) -> None:
        super().__init__(picture)
        self.asked: list[Subject] = []
        self.items = 60
        self.knows: Callable[[int], bool] = lambda _number: True

    def detail(self, subject: Subject, at: int | None = None) -> Detail | None:
        self.asked.append(subject)
        if isinstance(subject, SprintOf):
            number = LATEST if subject.id is None else int(subject.id)
            return detail(number, self.items) if self.knows(number) else None
        known = super().detail(subject, at)
        return polls() if known is None and isinstance(subject, SourcesOf) else known


def past_of(picture: Snapshot, number: int) -> Snapshot:
    """The picture on a sprint's ninth day, at noon."""
    return replace(picture, live=False, at=begins(number) + 8 * DAY + 12 * HOUR)
