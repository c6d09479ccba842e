"""The native API: two small HTTP APIs that a home-grown gateway or tracker can offer directly.

The rehearsal serves it, the `goliath` sources read it, docs/api/ describes it, all from the types
and the tables of this file. Every endpoint answers `GET {base}/v1/{name}?cursor=…&limit=…` with a
`Page` of one kind of fact, oldest first. A cursor is the server's own; asking again with the same
cursor is harmless. `GET {base}/v1/about` says who answers.
"""

from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct

from goliath_tui.domain import facts

Row = TypeVar("Row")

#: Rows in a page when the client does not say, and the most a client may ask for.
DEFAULT_LIMIT = 1000
MAX_LIMIT = 5000


class About(Struct, frozen=True, kw_only=True):
    """Who answers. `instance` names the data set: a cache filled from one never takes another."""

    api: str
    name: str
    instance: Annotated[str, Meta(min_length=1, max_length=128)]
    now: facts.Moment


class Page(Struct, Generic[Row], frozen=True, kw_only=True):
    """Rows after the given cursor. `cursor`: where to go on; `more`: ask again at once.

    `remaining` is an estimate of the rows still to come after this page.
    """

    rows: tuple[Row, ...]
    cursor: Annotated[str, Meta(max_length=512)]
    more: bool = False
    remaining: facts.Count | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """The body of every answer that is not 200 or 304: what happened and what to do."""

    error: str


GATEWAY_API = "goliath-gateway/1"
TRACKER_API = "goliath-tracker/1"

#: Endpoint name → the fact its pages hold, in the order in which a client should ask.
GATEWAY_ENDPOINTS: dict[str, type[Struct]] = {
    "services": facts.Service,
    "fields": facts.Field,
    "states": facts.StateChange,
    "traffic": facts.Traffic,
    "comparisons": facts.ComparisonCounts,
    "mismatches": facts.Comparison,
}
TRACKER_ENDPOINTS: dict[str, type[Struct]] = {
    "sprints": facts.Sprint,
    "milestones": facts.Milestone,
    "items": facts.WorkItem,
    "events": facts.ItemEvent,
    "people": facts.Person,
    "time-off": facts.TimeOff,
    "loans": facts.Loan,
    "approvals": facts.Approval,
}
