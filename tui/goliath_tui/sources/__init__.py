"""The kinds of API that can be polled, and what a source is.

A source answers one question: given my cursor, what is new? It knows its API's pages, increments
and limits, and nothing of time tables, storage or screens. Listing the kinds imports neither a
source nor the HTTP client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from goliath_tui.domain import Batch
    from goliath_tui.sources.client import Client


class Source(Protocol):
    """One API, asked in steps. Not shared between pollers: it may remember where a round stands."""

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """What is new since `cursor` (None: everything), in bounded steps. Raises SourceError.

        The rows are cleaned. `Batch.more` asks to be polled again at once with the batch's cursor,
        after it has been committed. Polling again with the same cursor is harmless.
        """


class SourceKind(Struct, frozen=True, kw_only=True):
    """A kind of source. `gives`: the measures that rest on it.

    `requests_per_poll` is what a poll costs when there is nothing new.
    """

    kind: str
    gives: frozenset[str]
    default_every_ms: int
    requests_per_poll: int
    make: Callable[[], Source]


def _gateway() -> Source:
    from goliath_tui.sources.goliath_gateway import make

    return make()


def _tracker() -> Source:
    from goliath_tui.sources.goliath_tracker import make

    return make()


#: Every kind by its name, as the config's `kind:` has it.
KINDS: dict[str, SourceKind] = {
    known.kind: known
    for known in (
        SourceKind(
            kind="goliath-gateway",
            gives=frozenset({"services", "fields", "traffic", "comparisons", "mismatches"}),
            default_every_ms=10_000,
            requests_per_poll=7,
            make=_gateway,
        ),
        SourceKind(
            kind="goliath-tracker",
            gives=frozenset({"points", "sprint"}),
            default_every_ms=60_000,
            requests_per_poll=9,
            make=_tracker,
        ),
    )
}
