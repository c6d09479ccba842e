"""What a source can tell: the rows of the native API, of a batch, and of the store alike.

The same types decode the native API, generate its OpenAPI document, and travel to the store's
writer, so that a name means one thing everywhere.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Raw, Struct

#: Bins of a latency histogram. Bin i counts requests that took (2^((i-1)/2), 2^(i/2)] ms; bin 0
#: takes everything up to 1 ms, the last bin everything above 2^15 ms (33 s). Neighbours differ by
#: a factor of 1.41, so a quantile read from the histogram is within 41 % of the true one; counts
#: add up across fields, services and time, which quantiles never do.
LATENCY_BINS = 32

Moment = Annotated[
    int,
    Meta(ge=0, le=253_402_300_799_999, description="UTC milliseconds since 1970-01-01T00:00:00Z"),
]
Duration = Annotated[int, Meta(ge=1, le=31 * 86_400_000, description="milliseconds")]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Share = Annotated[float, Meta(ge=0, le=1, description="a part of one, 0 to 1")]
PointCount = Annotated[
    float, Meta(ge=0, le=1e9, description="points; one point is one engineer-day")
]
Name = Annotated[str, Meta(min_length=1, max_length=512)]


class Side(StrEnum):
    """Who answered. `shadow` is a call to the new backend whose answer nobody was given."""

    LEGACY = "legacy"
    NEW = "new"
    SHADOW = "shadow"


class MigrationState(StrEnum):
    """How far a field has moved; the order of the members is the order of travel."""

    LEGACY = "legacy"
    MANUAL = "manual"
    SIDE_BY_SIDE = "side-by-side"
    CANARY = "canary"
    MIGRATED = "migrated"
    RETIRED = "retired"


class DifferenceClass(StrEnum):
    """In what way two JSON values differ at one path."""

    VALUE = "value"
    TYPE = "type"
    MISSING = "missing"
    EXTRA = "extra"
    ORDER = "order"
    LENGTH = "length"
    NULL_AGAINST_EMPTY = "null-against-empty"
    DATE = "date"
    FLOAT = "float"
    ENCODING = "encoding"


class EventKind(StrEnum):
    """What happened to a work item. The event log, replayed, is the only truth about points."""

    CREATED = "created"
    ESTIMATED = "estimated"
    MOVED = "moved"
    PLANNED = "planned"
    ENTERED = "entered"
    LEFT = "left"
    STARTED = "started"
    DONE = "done"
    REOPENED = "reopened"
    DROPPED = "dropped"


class Service(Struct, frozen=True, kw_only=True):
    """A new service: has a team, may depend on other services."""

    name: Name
    team: str | None = None
    depends_on: tuple[Name, ...] = ()


class Field(Struct, frozen=True, kw_only=True):
    """The unit that moves: a schema coordinate `Type.field`, or a REST route `GET /v1/users`."""

    id: Name
    service: Name


class StateChange(Struct, frozen=True, kw_only=True):
    """A field entered a migration state. `percentage` (0 to 100) belongs to `canary`."""

    field: Name
    at: Moment
    state: MigrationState
    percentage: Annotated[float, Meta(ge=0, le=100)] | None = None


class SideTraffic(Struct, frozen=True, kw_only=True):
    """Requests one side handled in a bucket of time; `errors` are part of `requests`.

    `latency` holds counts per bin as defined at `LATENCY_BINS`; trailing zeros may be left out, and
    an empty list means that latency was not measured.
    """

    requests: Count
    errors: Count = 0
    latency: Annotated[tuple[Count, ...], Meta(max_length=LATENCY_BINS)] = ()


class Traffic(Struct, frozen=True, kw_only=True):
    """Requests in a closed bucket [at, at + width_ms).

    Without `field` the row is the service's own full account; with `field` it is the field's. The
    two levels are separate accounts of the same requests: neither is derived from the other.
    `intended` is the share that the gateway was configured to send to new for these requests.
    A side that is absent was not measured; zero requests is a measurement.
    """

    at: Moment
    width_ms: Duration
    service: Name
    field: Name | None = None
    legacy: SideTraffic | None = None
    new: SideTraffic | None = None
    shadow: SideTraffic | None = None
    intended: Share | None = None


class IntendedShare(Struct, frozen=True, kw_only=True):
    """A look at a gateway: at `at` it was to send this share of a service's requests to new.

    For gateways whose traffic is told by somebody else: traffic that does not say what was intended
    for it takes what looks around it agree on. None: there is no telling what is configured.
    """

    service: Name
    at: Moment
    share: Share | None


class ComparisonCounts(Struct, frozen=True, kw_only=True):
    """Outcomes of comparisons in a closed bucket [at, at + width_ms), for a service or a field.

    `ignored` differed only where differences are configured not to count; `failed` could not be
    compared (one side gave no answer, or no JSON).
    """

    at: Moment
    width_ms: Duration
    service: Name
    field: Name | None = None
    matched: Count = 0
    mismatched: Count = 0
    ignored: Count = 0
    failed: Count = 0


class Difference(Struct, frozen=True, kw_only=True):
    """One difference between two answers: where (a JSON path such as `$.items[3].due`) and how."""

    path: Annotated[str, Meta(max_length=4096)]
    kind: DifferenceClass


class Answers(Struct, frozen=True, kw_only=True):
    """The two whole JSON answers for one field, as they were given."""

    legacy: Raw
    new: Raw


class Comparison(Struct, frozen=True, kw_only=True):
    """One request answered by both sides that differed: each of its `differences` is a mismatch.

    `answers` is null when they were not kept.
    """

    id: Name
    at: Moment
    field: Name
    differences: Annotated[tuple[Difference, ...], Meta(max_length=1000)]
    operation: str | None = None
    trace_id: str | None = None
    answers: Answers | None = None


class Sprint(Struct, frozen=True, kw_only=True):
    """A sprint runs over [starts, ends)."""

    id: Name
    name: Name
    starts: Moment
    ends: Moment


class Milestone(Struct, frozen=True, kw_only=True):
    """A checkpoint. Points that its items did not have at `baseline_at` are scope added."""

    id: Name
    name: Name
    due: Moment | None = None
    baseline_at: Moment | None = None


class WorkItem(Struct, frozen=True, kw_only=True):
    """What is fixed about a work item; all that changes is in its events."""

    id: Name
    title: str
    url: str | None = None


class ItemEvent(Struct, frozen=True, kw_only=True):
    """One change of a work item.

    created: `points` (null: not estimated), `service`, `milestone`. estimated: `points`.
    moved: `service`. planned: `milestone` (null: for none). entered, left: `sprint`. reopened
    brings a done or a dropped item back, and says of an open one that no work on it has begun. `id`
    orders events of one item that share a moment.
    """

    id: Name
    item: Name
    at: Moment
    kind: EventKind
    points: PointCount | None = None
    service: Name | None = None
    sprint: Name | None = None
    milestone: Name | None = None


class Inventory(Struct, frozen=True, kw_only=True):
    """All work items that a tracker has at `at`, of those whose id starts with `prefix`.

    An item that is known and not in it was deleted, or moved where we do not look: from `at` on it
    is dropped.
    """

    at: Moment
    prefix: str
    items: tuple[Name, ...]


class Person(Struct, frozen=True, kw_only=True):
    """Somebody whose days the plan counts on, within [starts, ends)."""

    id: Name
    name: str
    team: str | None = None
    skills: tuple[str, ...] = ()
    starts: Moment | None = None
    ends: Moment | None = None


class TimeOff(Struct, frozen=True, kw_only=True):
    """Days on which a person does not work."""

    id: Name
    person: Name
    starts: Moment
    ends: Moment


class Loan(Struct, frozen=True, kw_only=True):
    """A person works for another team for a while."""

    id: Name
    person: Name
    team: str
    starts: Moment
    ends: Moment | None = None


class Approval(Struct, frozen=True, kw_only=True):
    """A feature that was allowed into the legacy code, and so adds to what must be moved."""

    id: Name
    at: Moment
    title: str
    service: Name | None = None
    approver: str | None = None
    points: PointCount | None = None


Fact = (
    Service
    | Field
    | StateChange
    | Traffic
    | IntendedShare
    | ComparisonCounts
    | Comparison
    | Sprint
    | Milestone
    | WorkItem
    | ItemEvent
    | Inventory
    | Person
    | TimeOff
    | Loan
    | Approval
)
