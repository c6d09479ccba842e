"""A work item's events, replayed into a ledger: what each moment added to points and to a sprint.

Entries are deltas, so a figure at any moment T is the sum of the entries with `at` <= T, over any
set of items. Entries up to T depend on events up to T alone.

What an item counts for, after each event:
- It exists from its first event. `created` gives the first points, service and milestone; one that
  comes late or twice only fills in what is still unknown, and what it fills in was so all along.
- `planned` puts it into another milestone, or into none.
- It is open, done or dropped, whichever was said last; `reopened` makes it open again, with no work
  begun. `done` counts for a dropped item too: the work is there.
- Scope is its points unless dropped; done is its points while done. So a new estimate of a done
  item changes both. Without an estimate both are 0, and it is `unestimated` while open.
- Added is what its scope exceeds its scope at its milestone's baseline by (0 before the baseline,
  or without one); an item that did not exist then, or was not in the milestone, is added whole.
- It is in one sprint at most: entering another leaves the first. `left` counts only for the sprint
  that it is in. Done, dropped and reopened items stay in their sprint.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct

from goliath_tui.domain import EventKind, ItemEvent, Sprint


class PointsEntry(Struct, frozen=True, kw_only=True):
    """What changed at `at` for the points of a service and a milestone (None: the item has none).

    All but the key are deltas: points in scope, points done, points added since the milestone's
    baseline, and open items without an estimate. `added` means something only to a milestone that
    has a baseline; over all it is unknown when no milestone has one.
    """

    at: int
    service: str | None
    milestone: str | None
    scope: float = 0.0
    done: float = 0.0
    added: float = 0.0
    unestimated: int = 0


class SprintEntry(Struct, frozen=True, kw_only=True):
    """What changed at `at` for a sprint, and why.

    `kind` is one of entered, left, estimated, done, reopened, dropped. A dropped item that is
    reopened (or done) brings its points back as `reopened` (or `done`).
    `carried`: the item had come to this sprint unfinished from an earlier one; it is set on every
    entry of such a stay, so that what was carried over and taken out again adds up to nothing.
    """

    at: int
    sprint: str
    kind: EventKind
    scope: float = 0.0
    done: float = 0.0
    unestimated: int = 0
    carried: bool = False


class Stand(Struct, frozen=True, kw_only=True):
    """An item after its events. `status` is open, started, done or dropped: an open item is
    started from its `started` on, until it is done or dropped.

    `since`, `carried`: when it entered the sprint that it is in, and whether it came there
    unfinished from an earlier one.
    """

    status: str
    points: float | None
    service: str | None
    sprint: str | None
    since: int
    carried: bool


class _Status(Enum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


_STATUS_AFTER = {
    EventKind.DONE: _Status.DONE,
    EventKind.REOPENED: _Status.OPEN,
    EventKind.DROPPED: _Status.DROPPED,
}


class _Counts(Struct, frozen=True):
    """What an item counts for at one moment."""

    scope: float = 0.0
    done: float = 0.0
    unestimated: int = 0


_NOTHING = _Counts()


def replay(
    events: Sequence[ItemEvent],
    baselines: Mapping[str, int | None],
    sprints: Mapping[str, Sprint] | None = None,
) -> tuple[list[PointsEntry], list[SprintEntry]]:
    """The ledger entries of one item's events, which are sorted by (at, id); entries by `at`.

    `baselines`: milestone id → `baseline_at`; a milestone that is absent has no baseline.
    `sprints`: sprint id → sprint, which only `carried` needs. An item is carried into a sprint when
    it enters it open after a stay in another that had begun, and was open at the end of that stay
    or of that sprint, whichever came first. So an item that was planned for a sprint and moved
    before it began is not carried, nor one that was done there and reopened later. A sprint that
    is absent counts as one that had begun and not ended.
    """
    item = _Item(baselines, sprints or {})
    for event in events:
        item.take(event)
    return item.account.entries, item.stays.entries


def stand(events: Sequence[ItemEvent], sprints: Mapping[str, Sprint]) -> Stand:
    """How one item stands after its events, which are sorted by (at, id).

    `sprints`: as in `replay`.
    """
    item = _Item({}, sprints)
    for event in events:
        item.take(event)
    return item.stand()


def _count(points: float | None, status: _Status) -> _Counts:
    if status is _Status.DROPPED:
        return _NOTHING
    if points is None:
        return _Counts(0.0, 0.0, 1 if status is _Status.OPEN else 0)
    return _Counts(points, points if status is _Status.DONE else 0.0, 0)


class _Item:
    """One item, replayed event by event."""

    def __init__(self, baselines: Mapping[str, int | None], sprints: Mapping[str, Sprint]) -> None:
        self.account = _Account(baselines)
        self.stays = _Stays(sprints)
        self._points: float | None = None
        self._service: str | None = None
        self._milestone: str | None = None
        self._status = _Status.OPEN
        self._started = False
        self._was_planned = False

    def take(self, event: ItemEvent) -> None:
        """The next event."""
        kind = event.kind
        if kind is EventKind.CREATED:
            self._points = event.points if self._points is None else self._points
            self._service = event.service if self._service is None else self._service
            self._find_milestone(event.milestone)
        elif kind is EventKind.ESTIMATED:
            self._points = event.points
        elif kind is EventKind.MOVED:
            self._service = event.service
        elif kind is EventKind.PLANNED:
            self._milestone, self._was_planned = event.milestone, True
        elif kind is EventKind.STARTED:
            self._started = True
        elif kind in _STATUS_AFTER:
            self._started = False
            self._status = _STATUS_AFTER[kind]
        counts = _count(self._points, self._status)
        self.account.update(event.at, self._service, self._milestone, counts)
        if kind is EventKind.ENTERED:
            self.stays.enter(event.at, event.sprint)
        elif kind is EventKind.LEFT:
            self.stays.leave(event.at, event.sprint)
        else:
            self.stays.update(event.at, kind, counts, self._status)

    def stand(self) -> Stand:
        """How it stands now."""
        started = self._started and self._status is _Status.OPEN
        return Stand(
            status="started" if started else self._status.value,
            points=self._points,
            service=self._service,
            sprint=self.stays.sprint,
            since=self.stays.since,
            carried=self.stays.carried,
        )

    def _find_milestone(self, milestone: str | None) -> None:
        """A `created` names the milestone, perhaps late."""
        if self._milestone is None and milestone is not None:
            self._milestone = milestone
            if not self._was_planned:
                self.account.was_in(milestone)


class _Account:
    """The points side of one item: whose they are, how many, and the entries so far."""

    def __init__(self, baselines: Mapping[str, int | None]) -> None:
        self.entries: list[PointsEntry] = []
        self._baselines = baselines
        self._service: str | None = None
        self._milestone: str | None = None
        self._counts = _NOTHING
        self._added = 0.0
        self._history: list[tuple[int, str | None, float]] = []

    def was_in(self, milestone: str) -> None:
        """All along it was in this one."""
        self._history = [(at, milestone, scope) for at, _, scope in self._history]

    def update(self, at: int, service: str | None, milestone: str | None, counts: _Counts) -> None:
        """Enters what an event changed: two entries when the points changed hands."""
        self._history.append((at, milestone, counts.scope))
        added = self._added_at(at, milestone, counts.scope)
        if (service, milestone) != (self._service, self._milestone):
            self._enter(at, _NOTHING, 0.0)
            self._service, self._milestone = service, milestone
        self._enter(at, counts, added)

    def _added_at(self, at: int, milestone: str | None, scope: float) -> float:
        baseline_at = None if milestone is None else self._baselines.get(milestone)
        if baseline_at is None or at <= baseline_at:
            return 0.0
        before = bisect_right(self._history, baseline_at, key=lambda known: known[0])
        _, was_in, was = self._history[before - 1] if before else (0, None, 0.0)
        return max(0.0, scope - (was if was_in == milestone else 0.0))

    def _enter(self, at: int, counts: _Counts, added: float) -> None:
        was, was_added = self._counts, self._added
        if counts == was and added == was_added:
            return
        self._counts, self._added = counts, added
        self.entries.append(
            PointsEntry(
                at=at,
                service=self._service,
                milestone=self._milestone,
                scope=counts.scope - was.scope,
                done=counts.done - was.done,
                added=added - was_added,
                unestimated=counts.unestimated - was.unestimated,
            )
        )


class _Stays:
    """The sprint side of one item: the sprint that it is in, where it came from, the entries."""

    def __init__(self, sprints: Mapping[str, Sprint]) -> None:
        self.entries: list[SprintEntry] = []
        self._sprints = sprints
        self._counts = _count(None, _Status.OPEN)
        self._status = _Status.OPEN
        self._history: list[tuple[int, _Status]] = []
        self.sprint: str | None = None
        self.since = 0
        self.carried = False
        self._unfinished_in: set[str] = set()

    def update(self, at: int, kind: EventKind, counts: _Counts, status: _Status) -> None:
        """An event changed what the item counts for, wherever it is."""
        if self.sprint is not None:
            # A late `created` that brings the points is the first estimate the sprint sees.
            kind = EventKind.ESTIMATED if kind is EventKind.CREATED else kind
            self._enter(at, kind, self._counts, counts)
        self._counts, self._status = counts, status
        self._history.append((at, status))

    def enter(self, at: int, sprint: str | None) -> None:
        """A stay begins, and with it ends the one before."""
        if sprint is None or sprint == self.sprint:
            return
        self.leave(at, self.sprint)
        self.sprint, self.since = sprint, at
        self.carried = self._status is _Status.OPEN and bool(self._unfinished_in - {sprint})
        self._enter(at, EventKind.ENTERED, _NOTHING, self._counts)

    def leave(self, at: int, sprint: str | None) -> None:
        """A stay ends; one that is over already, or never was, ends without a trace."""
        if self.sprint is None or sprint not in {None, self.sprint}:
            return
        self._enter(at, EventKind.LEFT, self._counts, _NOTHING)
        if self._unfinished(self.sprint, at):
            self._unfinished_in.add(self.sprint)
        self.sprint = None

    def _unfinished(self, sprint: str, at: int) -> bool:
        """Whether the stay that ends at `at` leaves the sprint something undone."""
        known = self._sprints.get(sprint)
        if known is None or known.starts < at < known.ends:
            return self._status is _Status.OPEN
        if at <= known.starts or self.since >= known.ends:
            return False
        status = _Status.OPEN
        for moment, later in self._history:
            if moment >= known.ends:
                break
            status = later
        return status is _Status.OPEN

    def _enter(self, at: int, kind: EventKind, was: _Counts, now: _Counts) -> None:
        if self.sprint is None or now == was:
            return
        self.entries.append(
            SprintEntry(
                at=at,
                sprint=self.sprint,
                kind=kind,
                scope=now.scope - was.scope,
                done=now.done - was.done,
                unestimated=now.unestimated - was.unestimated,
                carried=self.carried,
            )
        )
