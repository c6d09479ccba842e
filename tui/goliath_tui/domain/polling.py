"""What a poll returns, what it may raise, and how a source feels."""

from enum import StrEnum

from msgspec import Struct

from goliath_tui.domain.facts import Fact


class SourceState(StrEnum):
    """The health of a source, as shown.

    ok: answered within three of its periods. stale: it did answer, but longer ago, or nobody is
    polling it. failing: its last poll ended in an error. refused: it refuses the credentials.
    off: it is switched off, or was never asked.
    """

    OK = "ok"
    STALE = "stale"
    FAILING = "failing"
    REFUSED = "refused"
    OFF = "off"


class SourceErrorKind(StrEnum):
    """Why a poll failed; `AUTH` alone makes a source `refused`, the rest make it `failing`."""

    AUTH = "auth"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    STATUS = "status"
    RATE_LIMIT = "rate-limit"
    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    REDIRECT = "redirect"
    IDENTITY = "identity"
    CONFIG = "config"


class SourceError(Exception):
    """A poll failed. `str(error)` is one clean line that says what happened and what to do.

    `retry_after_ms` is what the server asked for, if it did; `status` its HTTP status, where that
    was the trouble. Never holds a secret.
    """

    def __init__(
        self,
        kind: SourceErrorKind,
        message: str,
        *,
        retry_after_ms: int | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.retry_after_ms = retry_after_ms
        self.status = status


class SourceSpec(Struct, frozen=True, kw_only=True):
    """What the rest of the program needs to know about a configured source: nothing secret.

    `gives`: the measures that rest on it.
    """

    name: str
    kind: str
    every_ms: int
    enabled: bool = True
    gives: frozenset[str] = frozenset()


class Progress(Struct, frozen=True, kw_only=True):
    """How far a first fill has come. `remaining` rows: the source's estimate, if it has one."""

    pages: int
    rows: int
    remaining: int | None = None


class Batch(Struct, frozen=True, kw_only=True):
    """What is new since a cursor. Rows and cursor are committed together or not at all.

    `cursor` is opaque to all but its source. `more`: ask again at once. `instance` names the data
    set behind the API; a cache never mixes two. `skew_ms` is the source's clock minus ours.
    `notes`: what to know about the rows though nothing failed, each one clean line: warnings of the
    server, what is ambiguous, since when there is a history.
    """

    rows: tuple[Fact, ...]
    cursor: str
    more: bool = False
    remaining: int | None = None
    instance: str | None = None
    skew_ms: int | None = None
    requests: int = 0
    bytes_read: int = 0
    notes: tuple[str, ...] = ()


class Poll(Struct, frozen=True, kw_only=True):
    """One line of the poll log. `error` is None after a success. `next_at`: the next try."""

    source: str
    at: int
    took_ms: int
    rows: int = 0
    requests: int = 0
    bytes_read: int = 0
    error_kind: SourceErrorKind | None = None
    error: str | None = None
    next_at: int | None = None
    skew_ms: int | None = None
    progress: Progress | None = None
    notes: tuple[str, ...] = ()
