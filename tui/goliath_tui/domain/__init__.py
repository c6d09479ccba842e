"""The vocabulary of a migration as frozen structs and enums: no I/O, no screen, no database.

- `facts`: what a source can tell (services, fields, traffic, comparisons, work items, events).
- `polling`: what a poll returns and how a source feels.
- `snapshot`: the frozen, complete picture that the panes draw, as of one moment.
- `subjects`: what can be looked into beyond the snapshot, and what is found there. Imported by its
  own name: the first picture does not need it.

Every moment is UTC milliseconds since 1970 (an int named `at`, or ending in a participle such as
`starts`, `last_seen`). Every duration is milliseconds and ends in `_ms`. Every share is 0 to 1.
One point is one engineer-day. `None` always means unknown, never zero.
"""

from goliath_tui.domain.facts import (
    LATENCY_BINS,
    Answers,
    Approval,
    Comparison,
    ComparisonCounts,
    Difference,
    DifferenceClass,
    EventKind,
    Fact,
    Field,
    ItemEvent,
    Loan,
    MigrationState,
    Milestone,
    Person,
    Service,
    Side,
    SideTraffic,
    Sprint,
    StateChange,
    TimeOff,
    Traffic,
    WorkItem,
)
from goliath_tui.domain.polling import (
    Batch,
    Poll,
    Progress,
    SourceError,
    SourceErrorKind,
    SourceSpec,
    SourceState,
)
from goliath_tui.domain.snapshot import (
    BurndownPoint,
    FieldCounts,
    GroupRow,
    MilestoneRow,
    Mismatches,
    Points,
    Retired,
    ServiceRow,
    SharePoint,
    ShareSeries,
    SideFigures,
    Snapshot,
    SourceHealth,
    SprintFigures,
    TrafficFigures,
)

__all__ = [
    "LATENCY_BINS",
    "Answers",
    "Approval",
    "Batch",
    "BurndownPoint",
    "Comparison",
    "ComparisonCounts",
    "Difference",
    "DifferenceClass",
    "EventKind",
    "Fact",
    "Field",
    "FieldCounts",
    "GroupRow",
    "ItemEvent",
    "Loan",
    "MigrationState",
    "Milestone",
    "MilestoneRow",
    "Mismatches",
    "Person",
    "Points",
    "Poll",
    "Progress",
    "Retired",
    "Service",
    "ServiceRow",
    "SharePoint",
    "ShareSeries",
    "Side",
    "SideFigures",
    "SideTraffic",
    "Snapshot",
    "SourceError",
    "SourceErrorKind",
    "SourceHealth",
    "SourceSpec",
    "SourceState",
    "Sprint",
    "SprintFigures",
    "StateChange",
    "TimeOff",
    "Traffic",
    "TrafficFigures",
    "WorkItem",
]
