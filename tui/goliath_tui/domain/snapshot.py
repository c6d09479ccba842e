"""The frozen, complete picture that the panes draw, as of one moment.

`store.snapshot(at)` is the only maker. Structs compare by value, so a pane redraws what changed by
comparing the part that it draws with the part that it drew. Lists are sorted by name unless said
otherwise. `None` is unknown: a screen shows it as `–`, and JSON as null.
"""

from msgspec import Struct

from goliath_tui.domain.facts import DifferenceClass, MigrationState
from goliath_tui.domain.polling import Progress, SourceErrorKind, SourceState


class Points(Struct, frozen=True, kw_only=True):
    """Points of a set of work items. `added`: points not in the baseline (unknown without one).

    `unestimated` counts open items that nobody has estimated: they are in no other figure.
    """

    done: float
    total: float
    added: float | None = None
    unestimated: int = 0


class FieldCounts(Struct, frozen=True, kw_only=True):
    """Fields by migration state; every state is a key. `moved` = migrated + retired."""

    total: int
    by_state: dict[MigrationState, int]

    @property
    def moved(self) -> int:
        """Fields that new answers: migrated or retired."""
        return self.by_state[MigrationState.MIGRATED] + self.by_state[MigrationState.RETIRED]


class SideFigures(Struct, frozen=True, kw_only=True):
    """One backend's requests in the span. New includes its shadow calls: they are its work too.

    `error_rate` is a share; `p50_ms` and `p95_ms` come from the added histograms.
    """

    requests: int
    error_rate: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None


class TrafficFigures(Struct, frozen=True, kw_only=True):
    """Traffic in (at - span_ms, at]. `requests` = answered by legacy or new; shadow never counts.

    `resolution_ms` is the width of the coarsest bucket summed: the span's edges are that exact.
    `off_intended`: of the requests for which it is known what was intended, new had another share
    than it was to have, by more than chance can explain.
    """

    requests: int
    span_ms: int
    resolution_ms: int
    new_share: float | None = None
    intended_share: float | None = None
    off_intended: bool = False
    legacy: SideFigures | None = None
    new: SideFigures | None = None


class Retired(Struct, frozen=True, kw_only=True):
    """Fields whose legacy code is deleted, and their share of all fields."""

    fields: int
    share: float | None = None


class ServiceRow(Struct, frozen=True, kw_only=True):
    """One service. `compared` counts matched, mismatched and ignored in the span, not failed.

    `started`: any field has left `legacy`, or any point is done.
    `resolution_ms`: the coarsest bucket in its traffic and comparisons.
    `shares`: new's share in equal steps over the share series' span, oldest first, None = no data.
    """

    name: str
    team: str | None = None
    depends_on: tuple[str, ...] = ()
    started: bool = False
    points: Points | None = None
    fields: FieldCounts | None = None
    traffic: TrafficFigures | None = None
    compared: int | None = None
    mismatched: int | None = None
    failed: int | None = None
    resolution_ms: int | None = None
    shares: tuple[float | None, ...] = ()


class SharePoint(Struct, frozen=True, kw_only=True):
    """Requests answered by each side in [at, at + step)."""

    at: int
    legacy: int
    new: int
    intended_share: float | None = None


class ShareSeries(Struct, frozen=True, kw_only=True):
    """Traffic share over time, oldest first; steps without data are absent, never zero."""

    starts: int
    ends: int
    step_ms: int
    points: tuple[SharePoint, ...]


class BurndownPoint(Struct, frozen=True, kw_only=True):
    """The sprint just after `at`: points in its scope, and points of those not done."""

    at: int
    scope: float
    remaining: float


class SprintFigures(Struct, frozen=True, kw_only=True):
    """A sprint replayed from events up to the snapshot's moment.

    remaining = committed + added - removed + re_estimated - done, always.
    `carried_over` is the part of committed and added that came unfinished from an earlier sprint.
    `day` of `days` counts working days (Monday to Friday) in the display time zone, 1-based.
    `burndown` has a point at the start and one per change, oldest first.
    """

    id: str
    name: str
    starts: int
    ends: int
    day: int
    days: int
    committed: float
    added: float
    removed: float
    re_estimated: float
    carried_over: float
    done: float
    remaining: float
    unestimated: int = 0
    burndown: tuple[BurndownPoint, ...] = ()


class MilestoneRow(Struct, frozen=True, kw_only=True):
    """A milestone and the points of its items."""

    id: str
    name: str
    due: int | None
    points: Points | None


class GroupRow(Struct, frozen=True, kw_only=True):
    """All mismatches with one fingerprint. `recent` counts per equal step, oldest first.

    `is_new`: first seen within the last day.
    """

    id: int
    service: str
    field: str
    path: str
    kind: DifferenceClass
    count: int
    first_seen: int
    last_seen: int
    is_new: bool
    recent: tuple[int, ...] = ()


class Mismatches(Struct, frozen=True, kw_only=True):
    """The mismatch feed: groups by `last_seen`, newest first, as many as a screen can want (200).

    `groups` counts all groups seen in the last 7 days. `per_minute` is over the last `span_ms`: ten
    minutes, or what buckets that have been rolled up allow. `resolution_ms`: how wide the coarsest
    bucket is that these figures rest on; 1 where single mismatches are known.
    """

    groups: int
    new_groups: int
    per_minute: float | None
    recent_step_ms: int
    feed: tuple[GroupRow, ...] = ()
    span_ms: int = 600_000
    resolution_ms: int = 1


class SourceHealth(Struct, frozen=True, kw_only=True):
    """How a source feels. `latencies_ms`: last polls, oldest first. `error` is one clean line.

    `notes`: what its last good poll said of its rows though nothing failed, one clean line each.
    """

    name: str
    kind: str
    state: SourceState
    every_ms: int
    enabled: bool = True
    last_poll: int | None = None
    last_success: int | None = None
    failing_since: int | None = None
    next_at: int | None = None
    error_kind: SourceErrorKind | None = None
    error: str | None = None
    rows: int = 0
    requests_per_hour: float | None = None
    skew_ms: int | None = None
    progress: Progress | None = None
    latencies_ms: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything a screen, a report or `status --json` shows, as of `at`.

    `live`: `at` is now, not a moment that was asked for. `revision` grows with every commit.
    A part is None while nothing is known about it. `unmapped`: points of the work items that belong
    to no service, which are in `points` and in no row of `services`.
    """

    at: int
    live: bool
    revision: int
    migration: str
    rehearsal: bool
    points: Points | None = None
    fields: FieldCounts | None = None
    traffic: TrafficFigures | None = None
    retired: Retired | None = None
    unmapped: Points | None = None
    services: tuple[ServiceRow, ...] = ()
    share_series: ShareSeries | None = None
    sprint: SprintFigures | None = None
    milestones: tuple[MilestoneRow, ...] = ()
    mismatches: Mismatches | None = None
    sources: tuple[SourceHealth, ...] = ()
