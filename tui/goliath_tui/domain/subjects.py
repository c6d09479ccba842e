"""What can be looked into beyond the snapshot, and what is found there.

A subject names one thing: a service, a field, a mismatch group, a sprint. `store.detail(subject,
at)` answers with that subject's detail as of a moment, or None if it was not known then. Structs
compare by value, as those of the snapshot do; `None` is unknown.
"""

from msgspec import Struct

from goliath_tui.domain.facts import Difference, MigrationState
from goliath_tui.domain.snapshot import GroupRow, ServiceRow, ShareSeries, SprintFigures


class ServiceOf(Struct, frozen=True):
    """A service, by its name."""

    name: str


class FieldOf(Struct, frozen=True):
    """A field, by its schema coordinate or route."""

    id: str


class ExampleKey(Struct, frozen=True, order=True):
    """Which comparison: its moment, and a number that tells those of one millisecond apart."""

    at: int
    number: int


class GroupOf(Struct, frozen=True):
    """A mismatch group, by its number, and which of its examples; None: the newest."""

    id: int
    example: ExampleKey | None = None


class SprintOf(Struct, frozen=True):
    """A sprint, by the tracker's id; None: the one in progress, or that ended last."""

    id: str | None = None


class NamesOf(Struct, frozen=True):
    """Everything that can be opened, by name."""


class SourcesOf(Struct, frozen=True):
    """The sources, with more of their past than the snapshot has."""


Subject = ServiceOf | FieldOf | GroupOf | SprintOf | NamesOf | SourcesOf


class FieldRow(Struct, frozen=True, kw_only=True):
    """One field. Figures are over the detail's span; `compared` leaves out what failed.

    `state` None: by then no source had told of the state of any field; once one has, a field whose
    state was never told is in legacy. `changed_at`: when it entered its state, whatever percentages
    it has had since; None: before anything is known of it. `percentage` (0 to 100) belongs to
    canary. `requests` and `new_share` are of what legacy and new answered; latency and errors of
    new include its shadow calls.
    """

    id: str
    service: str | None
    state: MigrationState | None
    changed_at: int | None = None
    percentage: float | None = None
    requests: int | None = None
    new_share: float | None = None
    compared: int | None = None
    mismatched: int | None = None
    failed: int | None = None
    p95_legacy_ms: float | None = None
    p95_new_ms: float | None = None
    errors_legacy: float | None = None
    errors_new: float | None = None


class StateMark(Struct, frozen=True, kw_only=True):
    """A field entered a state at `at`, or its percentage changed."""

    at: int
    field: str
    state: MigrationState
    percentage: float | None = None


class ItemRow(Struct, frozen=True, kw_only=True):
    """A work item as it stood at the moment, or when its sprint ended: `status` is open, started,
    done or dropped; `points` None: nobody has estimated it. `carried`: it came unfinished from an
    earlier sprint. `added`: it entered after the sprint began.
    """

    id: str
    title: str
    url: str | None
    service: str | None
    status: str
    points: float | None
    carried: bool = False
    added: bool = False


class SidePoint(Struct, frozen=True, kw_only=True):
    """A field's two backends in [at, at + step): requests, share of errors, 95th percentile.

    New includes its shadow calls: they are its work too. Steps without data are absent.
    """

    at: int
    legacy_requests: int | None = None
    new_requests: int | None = None
    legacy_errors: float | None = None
    new_errors: float | None = None
    legacy_p95_ms: float | None = None
    new_p95_ms: float | None = None
    compared: int | None = None
    mismatched: int | None = None


class ServiceDetail(Struct, frozen=True, kw_only=True):
    """A service: `row` as in the snapshot, its share over time, its fields, groups and work items.

    `span_ms` and `resolution_ms`: what the figures of `fields` reach back over, and the coarsest
    bucket in them. `marks`: states that its fields entered within the series' span, oldest first.
    `groups`: newest first, however old, as many as in the feed at most. `items`: those in the
    sprint in progress, or that ended last. `blocked_by`: services that it depends on and that are
    not finished. `recent` of groups counts in the snapshot's steps.
    """

    name: str
    row: ServiceRow | None
    span_ms: int
    resolution_ms: int | None
    series: ShareSeries | None
    marks: tuple[StateMark, ...] = ()
    fields: tuple[FieldRow, ...] = ()
    groups: tuple[GroupRow, ...] = ()
    items: tuple[ItemRow, ...] = ()
    blocked_by: tuple[ServiceRow, ...] = ()


class FieldDetail(Struct, frozen=True, kw_only=True):
    """A field: its states oldest first, its figures in the span and over time, its groups.

    `compared_since` and `mismatched_since`: all comparisons that are known since it entered its
    state, in whole buckets; the first of those begins at `counted_from`. `points`: the last day in
    steps of ten minutes or of an hour, or the last 60 days.
    """

    row: FieldRow
    span_ms: int
    resolution_ms: int | None
    history: tuple[StateMark, ...] = ()
    starts: int = 0
    ends: int = 0
    step_ms: int = 0
    points: tuple[SidePoint, ...] = ()
    compared_since: int | None = None
    mismatched_since: int | None = None
    counted_from: int | None = None
    groups: tuple[GroupRow, ...] = ()


class ExampleRow(Struct, frozen=True, kw_only=True):
    """A comparison that is kept in full. `size`: bytes of both answers, 0 if they were not kept."""

    key: ExampleKey
    id: str
    operation: str | None
    trace_id: str | None
    differences: int
    size: int


class Example(Struct, frozen=True, kw_only=True):
    """One comparison with its two answers as JSON texts; None: they were not kept."""

    row: ExampleRow
    differences: tuple[Difference, ...]
    legacy: bytes | None
    new: bytes | None


class GroupDetail(Struct, frozen=True, kw_only=True):
    """A mismatch group, its kept examples newest first, and the one that was asked for.

    Only the newest examples are kept. `shown` is None if the one that was asked for has gone.
    """

    row: GroupRow
    examples: tuple[ExampleRow, ...] = ()
    shown: Example | None = None


class SprintRow(Struct, frozen=True, kw_only=True):
    """A sprint in a list. `velocity`: mean points done of it and the two before; None before it has
    ended, or with fewer than three ended sprints.
    """

    id: str
    name: str
    starts: int
    ends: int
    committed: float
    added: float
    removed: float
    done: float
    remaining: float
    velocity: float | None = None


class ServicePoints(Struct, frozen=True, kw_only=True):
    """What a service has in a sprint, without what was dropped; `service` None: items of none."""

    service: str | None
    scope: float
    done: float
    items: int


class SprintDetail(Struct, frozen=True, kw_only=True):
    """A sprint, replayed up to the moment or to its end, beside all that had begun, newest first.

    `items` and `by_service` are what its scope is made of at that point. A sprint that has not
    begun stands as it is planned.
    """

    figures: SprintFigures
    by_service: tuple[ServicePoints, ...] = ()
    items: tuple[ItemRow, ...] = ()
    sprints: tuple[SprintRow, ...] = ()


class Names(Struct, frozen=True, kw_only=True):
    """What the palette can find: names of services, (field, service), (sprint id, its name)."""

    services: tuple[str, ...] = ()
    fields: tuple[tuple[str, str | None], ...] = ()
    sprints: tuple[tuple[str, str], ...] = ()


class PollRow(Struct, frozen=True, kw_only=True):
    """One poll of a source. `error` None: it succeeded."""

    at: int
    took_ms: int
    rows: int
    requests: int
    bytes_read: int
    error: str | None = None


class SourcesDetail(Struct, frozen=True, kw_only=True):
    """The newest polls of each source by its name, newest first."""

    polls: dict[str, tuple[PollRow, ...]]


Detail = ServiceDetail | FieldDetail | GroupDetail | SprintDetail | Names | SourcesDetail
