"""What was told of each field, and which graphs have ever had it: kept in the cursor.

A field that only new services have was either finished, or never in legacy at all; no schema says
which. So which graphs a field was ever seen in is remembered from the first poll on: one that was
seen in a legacy graph and is there no more has been retired.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from goliath_tui.clean import clean_fact
from goliath_tui.domain import Fact, Field, IntendedShare, MigrationState, StateChange
from goliath_tui.sources.supergraph.reading import Graph, Served
from goliath_tui.sources.supergraph.states import Standing, States, counted, named

#: Fields told in one batch; each is two rows at most.
MOST_FIELDS = 2_400


class Known(msgspec.Struct, array_like=True):
    """A field, as it was told; `state` None: not yet. `seen`: a number of `Memory.seen`."""

    state: MigrationState | None = None
    percentage: float | None = None
    service: str | None = None
    seen: int = 0

    def told(self, change: Change) -> None:
        """Remembers what was told."""
        self.state, self.percentage, self.service = change.state, change.percentage, change.service


class Memory(msgspec.Struct):
    """All that a cursor holds.

    `rules`: under which settings it was read. `digest`, `etag`: of what was read and told to its
    end. `at`: the moment of the newest change told. `legacy`: the graphs that were legacy. `seen`:
    sets of graphs, each given once. `shares`: the intended shares known. `notes`: what was odd.
    """

    rules: str = ""
    digest: str = ""
    etag: str | None = None
    at: int = 0
    legacy: list[str] = []
    seen: list[tuple[str, ...]] = []
    fields: dict[str, Known] = {}
    shares: dict[str, float | None] = {}
    notes: list[str] = []

    def cursor(self) -> str:
        """As text."""
        return base64.b85encode(zlib.compress(msgspec.json.encode(self), 6)).decode()


def remembered(cursor: str | None) -> Memory:
    """What a cursor holds; one that cannot be read starts from the beginning."""
    try:
        return msgspec.json.decode(zlib.decompress(base64.b85decode(cursor or "")), type=Memory)
    except (ValueError, zlib.error, RecursionError):
        return Memory()


class Change(msgspec.Struct, frozen=True):
    """What is to be told of a field."""

    id: str
    state: MigrationState
    percentage: float | None
    service: str | None


@dataclass
class Round:
    """What one reading brought, told step by step. All its changes are of one moment."""

    memory: Memory
    at: int
    digest: str
    etag: str | None
    notes: list[str]
    changes: list[Change]
    shares: Mapping[str, float | None]
    told: int = 0
    rows: list[Fact] = field(default_factory=list)

    @property
    def remaining(self) -> int:
        """Fields still to be told."""
        return len(self.changes) - self.told

    def step(self) -> tuple[tuple[Fact, ...], str]:
        """The next rows, and the cursor that belongs to them."""
        rows: list[Fact] = []
        memory = self.memory
        for change in self.changes[self.told : self.told + MOST_FIELDS]:
            known = memory.fields[change.id]
            if change.service is not None and change.service != known.service:
                rows.append(clean_fact(Field(id=change.id, service=change.service)))
            if (change.state, change.percentage) != (known.state, known.percentage):
                rows.append(
                    StateChange(
                        field=change.id,
                        at=self.at,
                        state=change.state,
                        percentage=change.percentage,
                    )
                )
            known.told(change)
        self.told = min(self.told + MOST_FIELDS, len(self.changes))
        if not self.remaining:
            rows += self._shares()
            memory.digest, memory.etag = self.digest, self.etag
        if rows:
            memory.at = self.at
        memory.notes = self.notes
        return tuple(rows), memory.cursor()

    def _shares(self) -> Iterator[Fact]:
        """The intended shares, and those that are none any more."""
        gone = self.memory.shares.keys() - self.shares.keys()
        self.memory.shares = {k: share for k, share in self.shares.items() if share is not None}
        yield from looks({**self.shares, **dict.fromkeys(sorted(gone))}, self.at)


def looks(shares: Mapping[str, float | None], at: int) -> Iterator[Fact]:
    """Intended shares as they are at a moment; that nothing has changed is told too."""
    for service, share in shares.items():
        yield clean_fact(IntendedShare(service=service, at=at, share=share))


class _View(NamedTuple):
    """What follows for all fields that are served alike and were seen in the same graphs."""

    standing: Standing
    service: str | None
    seen: int
    ambiguous: bool
    odd: str | None


class Observation:
    """What a reading says against what is remembered.

    Which graphs have a field now is put into the memory at once; what is to be told of it, is told
    by and by.
    """

    def __init__(self, memory: Memory, graph: Graph, states: States) -> None:
        self._memory = memory
        self._graph = graph
        self._states = states
        self._numbers = {graphs: number for number, graphs in enumerate(memory.seen)}
        self.changes: list[Change] = []
        self.standings: set[tuple[str | None, Standing]] = set()
        self.only_new: list[str] = []
        self.vanished: list[str] = []

    def look(self, *, retire_vanished: bool) -> None:
        """Goes through all fields."""
        fields, nowhere = self._memory.fields, self._number(())
        views: dict[tuple[int, int], _View] = {}
        for id_, served in self._graph.fields.items():
            known = fields.get(id_)
            if known is None:
                known = fields[id_] = Known(seen=nowhere)
            alike = id(served), known.seen
            view = views.get(alike)
            if view is None:
                view = views[alike] = self._view(served, known.seen)
                self.standings.add((view.service, view.standing))
            standing, service, known.seen, ambiguous, odd = view
            if ambiguous:
                self.only_new.append(id_)
            if odd is not None:
                self._states.oddities.add(odd, id_)
            if service is None:
                service = self._states.owner(id_) or known.service
                self.standings.add((service, standing))
            self._compare(id_, known, standing, service)
        for id_, known in fields.items():
            if id_ not in self._graph.fields and known.state is not None:
                if retire_vanished:
                    gone = Standing(MigrationState.RETIRED)
                    self._compare(id_, known, gone, known.service)
                elif known.state is not MigrationState.RETIRED:
                    self.vanished.append(id_)
        self._memory.legacy = sorted(self._states.legacy)

    def notes(self) -> Iterator[str]:
        """What cannot be told apart, and what is not there any more."""
        if self.only_new:
            yield (
                f"{counted(len(self.only_new))} in new services only and never seen in legacy: "
                "told as migrated, though some may be finished (retired); from now on that is told "
                f"as it happens ({named(self.only_new)})"
            )
        if self.vanished:
            yield (
                f"{counted(len(self.vanished))} in no graph any more: the last state stands "
                f"({named(self.vanished)})"
            )

    def _compare(self, id_: str, known: Known, standing: Standing, service: str | None) -> None:
        state, percentage = standing.state, standing.percentage
        if state is not None and (
            state is not known.state or percentage != known.percentage or service != known.service
        ):
            self.changes.append(Change(id_, state, percentage, service))

    def _view(self, served: Served, before: int) -> _View:
        """`before`: the number of the graphs in which the field was seen until now."""
        graphs = {each.graph for each in served.by}
        graphs |= {each.takes_from for each in served.by if each.takes_from is not None}
        graphs.update(self._memory.seen[before])
        standing, odd = self._states.standing(served)
        ambiguous = standing.only_new and graphs.isdisjoint(self._states.legacy)
        if standing.only_new and not ambiguous:
            standing = standing._replace(state=MigrationState.RETIRED)
        service = None if standing.graph is None else self._states.service_of(standing.graph)
        return _View(standing, service, self._number(tuple(sorted(graphs))), ambiguous, odd)

    def _number(self, graphs: tuple[str, ...]) -> int:
        number = self._numbers.get(graphs)
        if number is None:
            number = self._numbers[graphs] = len(self._memory.seen)
            self._memory.seen.append(graphs)
        return number
