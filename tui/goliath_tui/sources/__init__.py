"""The kinds of API that can be polled, and what a source is.

A source answers one question: given my cursor, what is new? It knows its API's pages, increments
and limits, and nothing of time tables, storage or screens. Listing the kinds imports neither a
source nor the HTTP client; a kind's own module is imported when such a source is configured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from goliath_tui.domain import Batch
    from goliath_tui.sources.client import Client

#: The parts that a migration is put together from, and the measures that rest on each.
PARTS: dict[str, frozenset[str]] = {
    "traffic": frozenset({"traffic"}),
    "intended": frozenset({"intended"}),
    "fields": frozenset({"services", "fields"}),
    "mismatches": frozenset({"comparisons", "mismatches"}),
    "tracker": frozenset({"points", "sprint"}),
}


class Source(Protocol):
    """One API, asked in steps. Not shared between pollers: it may remember where a round stands."""

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """What is new since `cursor` (None: everything), in bounded steps. Raises SourceError.

        The rows are cleaned. `Batch.more` asks to be polled again at once with the batch's cursor,
        after it has been committed. Polling again with the same cursor is harmless.
        """


class Place(Enum):
    """Where a kind of source is found: at a `url:`, in the file of a `path:`, or at either."""

    URL = "url"
    FILE = "path"
    EITHER = "url or path"


class Proof(Enum):
    """How a kind of source is given the secret of `token:`.

    BEARER: as a bearer token. BASIC: the same, or with `user:` as name and password. REDMINE: in a
    header of its own.
    """

    BEARER = "bearer"
    BASIC = "basic"
    REDMINE = "X-Redmine-API-Key"


class Options(Struct, frozen=True, kw_only=True):
    """The settings that only this kind of source has; those of a kind without any are empty.

    A kind's module refines it as `Options`. What msgspec cannot tell by the types is told by
    `problems`.
    """

    def problems(self) -> Iterable[tuple[tuple[str, ...], str]]:
        """What is wrong with the settings: (the setting's place below the source, advice)."""
        return ()

    def headers(self) -> dict[str, str]:
        """What each request has to say beside the token."""
        return {}


class Setup(Struct, frozen=True, kw_only=True):
    """What a configured source is made from.

    `parts`: which of its kind's `gives` are wanted. `path`: the file to read where there is no URL.
    `has_stdin`: standard input is there to be read, and not for commands.
    `number`: which of the config's sources it is, so that two that tell of one service at one
    moment can be told apart.
    """

    parts: frozenset[str]
    options: Options = Options()
    path: Path | None = None
    has_stdin: bool = True
    number: int = 0


class _Module(Protocol):
    """What the module of a kind has. `Options` may be absent: then it has no settings."""

    def make(self, setup: Setup) -> Source:
        """A source that starts wherever the cursor it is given says."""

    def requests_per_poll(self, setup: Setup) -> float:
        """What a poll costs when there is nothing new, in requests."""


class SourceKind(Struct, frozen=True, kw_only=True):
    """A kind of source. `module`: its name below this package. `gives`: names of `PARTS`."""

    kind: str
    module: str
    gives: frozenset[str]
    default_every_ms: int
    place: Place = Place.URL
    proof: Proof = Proof.BEARER

    @property
    def options(self) -> type[Options]:
        """The type of the settings that only this kind has."""
        found: type[Options] = getattr(self._module(), "Options", Options)
        return found

    def measures(self, parts: Iterable[str]) -> frozenset[str]:
        """The measures that rest on these parts."""
        return frozenset[str]().union(*(PARTS[part] for part in parts))

    def whole(self) -> Setup:
        """A setup with all that the kind gives, and no settings."""
        return Setup(parts=self.gives, options=self.options())

    def make(self, setup: Setup) -> Source:
        """A source that starts wherever the cursor it is given says."""
        return self._module().make(setup)

    def requests_per_poll(self, setup: Setup) -> float:
        """What a poll costs when there is nothing new, in requests."""
        return self._module().requests_per_poll(setup)

    def _module(self) -> _Module:
        module: _Module = import_module(f"goliath_tui.sources.{self.module}")
        return module


#: Every kind by its name, as the config's `kind:` has it.
KINDS: Mapping[str, SourceKind] = {
    known.kind: known
    for known in (
        SourceKind(
            kind="goliath-gateway",
            module="goliath_gateway",
            gives=frozenset({"traffic", "fields", "mismatches"}),
            default_every_ms=10_000,
        ),
        SourceKind(
            kind="goliath-tracker",
            module="goliath_tracker",
            gives=frozenset({"tracker"}),
            default_every_ms=60_000,
        ),
        SourceKind(
            kind="supergraph",
            module="supergraph",
            gives=frozenset({"fields", "intended"}),
            default_every_ms=60_000,
            place=Place.EITHER,
        ),
        SourceKind(
            kind="jira",
            module="jira",
            gives=frozenset({"tracker"}),
            default_every_ms=60_000,
            proof=Proof.BASIC,
        ),
        SourceKind(
            kind="github",
            module="github",
            gives=frozenset({"tracker"}),
            default_every_ms=60_000,
        ),
        SourceKind(
            kind="redmine",
            module="redmine",
            gives=frozenset({"tracker"}),
            default_every_ms=60_000,
            proof=Proof.REDMINE,
        ),
        SourceKind(
            kind="jsonl",
            module="jsonl",
            gives=frozenset({"mismatches"}),
            default_every_ms=10_000,
            place=Place.EITHER,
        ),
        SourceKind(
            kind="diffy",
            module="diffy",
            gives=frozenset({"mismatches"}),
            default_every_ms=60_000,
        ),
        SourceKind(
            kind="prometheus",
            module="prometheus",
            gives=frozenset({"traffic"}),
            default_every_ms=15_000,
            proof=Proof.BASIC,
        ),
        SourceKind(
            kind="metrics",
            module="metrics",
            gives=frozenset({"traffic"}),
            default_every_ms=10_000,
            proof=Proof.BASIC,
        ),
        SourceKind(
            kind="envoy",
            module="envoy",
            gives=frozenset({"intended"}),
            default_every_ms=10_000,
            proof=Proof.BASIC,
        ),
        SourceKind(
            kind="traefik",
            module="traefik",
            gives=frozenset({"intended"}),
            default_every_ms=10_000,
            proof=Proof.BASIC,
        ),
        SourceKind(
            kind="haproxy",
            module="haproxy",
            gives=frozenset({"intended"}),
            default_every_ms=10_000,
            proof=Proof.BASIC,
        ),
    )
}
