"""Field states from GraphQL schemas: a federation supergraph, or subgraphs with `@migrate`.

A schema says which graphs can answer a field, and which of them is to: it is the one place where
the state of a migration is written down before any request is made. It is read from a file, a
folder of files, or a URL.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from msgspec import field

from goliath_tui.domain import MigrationState
from goliath_tui.sources import Options as _Options
from goliath_tui.sources import Setup
from goliath_tui.sources.patterns import is_like

if TYPE_CHECKING:
    from goliath_tui.sources.supergraph.polling import Supergraph


_STATES = frozenset(MigrationState)


class Options(_Options, frozen=True, kw_only=True):
    """What the graphs, labels and words of a schema mean; `*` in a name stands for anything.

    `legacy`: the graphs that are the legacy backend; without it, what `@migrate(from:)` names.
    `services`: graph → service, where a service is not called as its graph. `service`: whose schema
    it is, for one subgraph. `owners`: field → service, for fields that only legacy has. `labels`:
    label of an override → state, or the percentage of a canary. `states`: word of
    `@migrate(state:)` → state. `shared`: the state of fields that legacy and new both have, without
    an override. `directive`: what `@migrate` is called. `vanished`: whether a field that no graph
    has any more is retired, or keeps its state. `by_field`: services whose traffic is counted by
    calls of fields, so that one percentage on all fields is the intended share. `ask`: a URL gives
    the document itself, or is asked for its subgraph's schema.
    """

    legacy: tuple[str, ...] = ()
    services: dict[str, str] = field(default_factory=dict)
    service: str | None = None
    owners: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str | float] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    shared: str | None = None
    directive: str = "migrate"
    vanished: Literal["keep", "retired"] = "keep"
    by_field: tuple[str, ...] = ()
    ask: Literal["document", "subgraph"] = "document"

    def problems(self) -> Iterable[tuple[tuple[str, ...], str]]:
        """What is wrong with the settings: (the setting's place below the source, advice)."""
        known = ", ".join(MigrationState)
        for label, meaning in self.labels.items():
            if not (meaning in _STATES if isinstance(meaning, str) else 0 <= meaning <= 100):
                yield ("labels", label), f"expected a percentage from 0 to 100, or one of {known}"
        for word, state in self.states.items():
            if state not in _STATES:
                yield ("states", word), f"expected one of {known}"
        if self.shared is not None and self.shared not in _STATES:
            yield ("shared",), f"expected one of {known}"
        for name in ("services", "owners"):
            for key, service in getattr(self, name).items():
                if not 0 < len(service) <= 512:
                    yield (name, key), "expected the name of a service, at most 512 characters"
        if self.service is not None and not 0 < len(self.service) <= 512:
            yield ("service",), "expected the name of a service, at most 512 characters"
        if any(is_like("", pattern) for pattern in self.legacy):
            yield ("legacy",), "one of the names fits every graph: then nothing would be new"
        if not self.directive.replace("_", "a").isalnum() or not self.directive.isascii():
            yield ("directive",), "expected the name of a directive, without @"


def make(setup: Setup) -> Supergraph:
    """A source that starts wherever the cursor it is given says."""
    from goliath_tui.sources.supergraph.polling import Supergraph

    options = setup.options if isinstance(setup.options, Options) else Options()
    return Supergraph(setup, options)


def requests_per_poll(setup: Setup) -> float:
    """One for a URL, none for files."""
    return 0 if setup.path is not None else 1
