"""What the writer and the reader both know about the cache file. Light: no sqlite-utils.

Time accounts (traffic, comparisons) hold rows for END-stamped buckets: a bucket of `width` ms that
covers [ends - width, ends). A bucket belongs to the period in which it ends, so that every window
(A, T] of ends splits exactly into smaller ones. `grain` sorts buckets by width, so that the rows
that are due to be rolled up are one stretch of the primary key.

Beside the accounts of services stand sums that hold nothing that the buckets do not, but let a
picture of the last day read hundreds of rows instead of a hundred thousand:

- steps: per service and width of `STEP_WIDTHS`, the buckets narrower than that which end within one
  step of the clock.
- share steps: per width of `SHARE_WIDTHS`, requests answered by each side in buckets as wide at
  most; over all services (key 0), and from an hour on per service too.

- the window: per service, side and width of bucket, what ended in the last hour of the data,
  (window_until - an hour, window_until]; the picture that is live needs next to nothing else.

Step and share sums that end at or before the meta value `sums_from(…)` are gone: buckets there have
been rolled up, and are no finer than the sums were.

Amounts that are not whole (points, expected requests) are stored in millionths: whole numbers add
up to the same sum in every order.
"""

from math import inf
from typing import NamedTuple

from goliath_tui.domain import (
    LATENCY_BINS,
    DifferenceClass,
    EventKind,
    MigrationState,
    Side,
)

#: "GOLI", in the file's header: what the cache is told from other people's databases by.
APPLICATION_ID = 0x474F4C49
#: `PRAGMA user_version`: the number of migrations that made the file what it is.
SCHEMA_VERSION = 6

SECOND = 1000
MINUTE = 60 * SECOND
TEN_MINUTES = 10 * MINUTE
HOUR = 60 * MINUTE
DAY = 24 * HOUR

MILLIONTHS = 1_000_000

# The position of a member is what the file holds: add new ones at the end.
SIDES = (Side.LEGACY, Side.NEW, Side.SHADOW)
STATES = (
    MigrationState.LEGACY,
    MigrationState.MANUAL,
    MigrationState.SIDE_BY_SIDE,
    MigrationState.CANARY,
    MigrationState.MIGRATED,
    MigrationState.RETIRED,
)
DIFFERENCE_CLASSES = (
    DifferenceClass.VALUE,
    DifferenceClass.TYPE,
    DifferenceClass.MISSING,
    DifferenceClass.EXTRA,
    DifferenceClass.ORDER,
    DifferenceClass.LENGTH,
    DifferenceClass.NULL_AGAINST_EMPTY,
    DifferenceClass.DATE,
    DifferenceClass.FLOAT,
    DifferenceClass.ENCODING,
)
EVENT_KINDS = (
    EventKind.CREATED,
    EventKind.ESTIMATED,
    EventKind.MOVED,
    EventKind.ENTERED,
    EventKind.LEFT,
    EventKind.STARTED,
    EventKind.DONE,
    EventKind.REOPENED,
    EventKind.DROPPED,
    EventKind.PLANNED,
)

STEP_WIDTHS = (MINUTE, TEN_MINUTES)
SHARE_WIDTHS = (TEN_MINUTES, HOUR, DAY)
#: Share steps narrower than this exist over all services only.
SHARE_PER_SERVICE = HOUR
#: The key of the sums over all services; keys of services start at 1.
ALL_SERVICES = 0
#: The window is this long, and holds buckets that are at most as wide.
WINDOW = HOUR
#: The meta key of the moment at which the window ends; absent while there is none.
WINDOW_UNTIL = "window_until"
#: Mismatches of a group are counted in buckets that start out this wide.
MISMATCH_BUCKET = TEN_MINUTES

_GRAINS = (MINUTE, HOUR, DAY)
GRAINS = range(len(_GRAINS) + 1)

LATENCY_COLUMNS = tuple(f"l{bin_}" for bin_ in range(LATENCY_BINS))


class Account(NamedTuple):
    """A table of time buckets: who a row is about, and what it counts. `steps`: its step sums."""

    table: str
    steps: str | None
    who: tuple[str, ...]
    counts: tuple[str, ...]


# `intended`: millionths of requests that the gateway was configured to send to new, among the
# `intended_of` requests for which it said so.
_TRAFFIC = ("requests", "errors", "intended", "intended_of", *LATENCY_COLUMNS)
_COMPARISONS = ("matched", "mismatched", "ignored", "failed")

SERVICE_TRAFFIC = Account("service_traffic", "service_traffic_steps", ("key", "side"), _TRAFFIC)
FIELD_TRAFFIC = Account("field_traffic", None, ("key", "side"), _TRAFFIC)
SERVICE_COMPARISONS = Account(
    "service_comparisons", "service_comparison_steps", ("key",), _COMPARISONS
)
FIELD_COMPARISONS = Account("field_comparisons", None, ("key",), _COMPARISONS)
ACCOUNTS = (SERVICE_TRAFFIC, FIELD_TRAFFIC, SERVICE_COMPARISONS, FIELD_COMPARISONS)


def grain(width: int) -> int:
    """0 for buckets under a minute wide, 1 under an hour, 2 under a day, 3 for the rest."""
    return sum(width >= limit for limit in _GRAINS)


def width_limit(fine: int) -> float:
    """What no bucket of a grain is wider than, in ms; infinity for the widest grain."""
    return _GRAINS[fine] if fine < len(_GRAINS) else inf


def sums_from(table: str, width: int) -> str:
    """The meta key of the moment up to which the sums of this width are gone."""
    return f"{table}_{width}_from"


def floor(moment: int, width: int) -> int:
    """The last multiple of `width` that is not after `moment`."""
    return moment - moment % width


def ceil(moment: int, width: int) -> int:
    """The first multiple of `width` that is not before `moment`."""
    return moment + -moment % width
