"""Who can answer a field → its migration state, by what the config says of graphs and labels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple, TypeVar

from goliath_tui.clean import clean_text
from goliath_tui.domain import MigrationState, SourceError, SourceErrorKind
from goliath_tui.sources.patterns import is_like
from goliath_tui.sources.supergraph import Options
from goliath_tui.sources.supergraph.reading import Graph, Served, Serving

_PERCENT = re.compile(r"percent\((\d{1,3}(?:\.\d{1,12})?)\)")
Meaning = TypeVar("Meaning")
_CANARY = MigrationState.CANARY
_OVERRIDDEN = (
    "{} taken from legacy by an override without a label, which is the same before and after "
    "legacy is cleaned up: told as migrated until the override goes"
)
#: Names that one note lists.
MOST_NAMED = 3


class Standing(NamedTuple):
    """A field's state; None: nothing can be told of it. `graph`: which new graph has it.

    `only_new`: no legacy graph has it, which is either the end of its way or was always so.
    """

    state: MigrationState | None
    percentage: float | None = None
    graph: str | None = None
    only_new: bool = False


class Oddities:
    """What is to be said of fields without failing: kinds of oddity, each with its fields."""

    def __init__(self) -> None:
        self._found: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, what: str, field: str) -> None:
        """A field of which this is to be said."""
        self._found[what].append(field)

    def notes(self) -> Iterator[str]:
        """One line for each oddity; `{}` in it stands for how many fields."""
        for what, fields in self._found.items():
            yield f"{what.format(counted(len(fields)))} ({named(fields)})"


class States:
    """Tells the states of a graph's fields.

    `remembered`: the graphs that were legacy before. Raises SourceError when the config names
    none of the graphs as legacy.
    """

    def __init__(self, options: Options, graph: Graph, remembered: Collection[str]) -> None:
        self._options = options
        self._graph = graph
        self._patterns = options.legacy
        self._froms = graph.froms | set(remembered)
        self.oddities = Oddities()
        known = graph.names | self._froms | _taken_from(graph)
        self.legacy = {name for name in known if self._is_legacy(name)}
        self._check(known, remembered)

    def standing(self, served: Served) -> tuple[Standing, str | None]:
        """The state of a field, and what is odd about it."""
        by, key = served
        # Subgraphs still have what another takes from them; a supergraph has left that out.
        taken_over = {each.takes_from for each in by if each.label is None and each.word is None}
        left = [each for each in by if each.graph not in taken_over] or by
        old = [each for each in left if each.graph in self.legacy]
        new = [each for each in left if each.graph not in self.legacy]
        if not new:
            return Standing(MigrationState.LEGACY), None
        moved = [each for each in new if each.word is not None and self._from_legacy(each)]
        taken = [each for each in new if each.word is None and each.takes_from in self.legacy]
        labelled = [each for each in taken if each.label is not None]
        if moved:
            return self._by_word(moved[0])
        if labelled:
            return self._by_label(labelled[0])
        if old:
            back = [each for each in old if each.label is not None and each.takes_from is not None]
            if back and back[0].takes_from not in self.legacy:
                return self._by_label(back[0], back=new[0].graph)
            return self._shared(new[0].graph, key=key)
        here = [each for each in taken if self._may_be_there(each.takes_from, by)]
        if here:
            has_it = any(each.held for each in here) or not taken_over.isdisjoint(
                each.graph for each in by
            )
            odd = None if has_it else _OVERRIDDEN
            return Standing(MigrationState.MIGRATED, graph=here[0].graph), odd
        return Standing(MigrationState.MIGRATED, graph=new[0].graph, only_new=True), None

    def owner(self, id_: str) -> str | None:
        """The service that will have a field of legacy, as far as the config says so."""
        return _first(self._options.owners, id_)

    def service_of(self, graph: str) -> str:
        """The service whose graph it is."""
        return clean_text(_first(self._options.services, graph) or graph, 512)

    def notes(self) -> Iterator[str]:
        """What is odd about the config and the fields."""
        graphs = self._graph.names
        if not self._graph.whole:
            graphs = graphs | self._froms
        settings = {"services": self._options.services, "legacy": self._options.legacy}
        for setting, patterns in settings.items():
            for pattern in patterns:
                if any(is_like(name, pattern) for name in graphs):
                    continue
                shown = clean_text(pattern, 60)
                if setting == "legacy" and any(is_like(n, pattern) for n in self.legacy):
                    yield f"the legacy graph {shown} is no longer in the supergraph"
                else:
                    meant = did_you_mean(pattern, graphs)
                    yield f"`{setting}:` names {shown}, which is no graph{meant}"
        yield from self.oddities.notes()

    def _is_legacy(self, name: str) -> bool:
        if self._patterns:
            return any(is_like(name, pattern) for pattern in self._patterns)
        return not self._graph.whole and name in self._froms

    def _check(self, known: Collection[str], remembered: Collection[str]) -> None:
        """Raises SourceError where nothing would be legacy, or nothing new."""
        graphs = ", ".join(clean_text(name, 60) for name in sorted(self._graph.names)[:8])
        if not self._graph.whole:
            if not self.legacy and not remembered:
                raise _config(
                    f"no field has `@{self._options.directive}(from: …)`, and `legacy:` names none "
                    f"of the subgraphs {graphs}: name a supergraph, or say with `legacy:` and "
                    "`directive:` what tells legacy from new"
                )
            return
        if not self._patterns:
            raise _config(f"say with `legacy:` which of these graphs are legacy: {graphs}")
        if not self.legacy and not any(map(self._is_legacy, remembered)):
            wanted = ", ".join(clean_text(pattern, 60) for pattern in self._patterns)
            meant = did_you_mean(self._patterns[0], known)
            raise _config(f"`legacy:` names {wanted}, but the graphs are {graphs}{meant}")

    def _from_legacy(self, moved: Serving) -> bool:
        return moved.takes_from is None or moved.takes_from in self.legacy

    def _may_be_there(self, graph: str | None, by: Iterable[Serving]) -> bool:
        """Whether legacy may still have what is taken from it.

        A supergraph has every graph there is, but not what is taken from one; of subgraphs, each
        that is known says all that it has.
        """
        if graph not in self._graph.names:
            return not self._graph.whole
        return self._graph.whole or any(each.graph == graph for each in by)

    def _shared(self, graph: str, *, key: bool) -> tuple[Standing, str | None]:
        if key:
            return Standing(None, graph=graph), None
        if self._options.shared is not None:
            return Standing(MigrationState(self._options.shared), graph=graph), None
        return Standing(_CANARY, graph=graph), (
            "{} in legacy and new without an override, so that either may answer: told as canary "
            "without a percentage, unless `shared:` says otherwise"
        )

    def _by_label(self, each: Serving, back: str | None = None) -> tuple[Standing, str | None]:
        """`back`: the new graph that legacy takes the field back from, by and by."""
        label, graph = each.label or "", back or each.graph
        percent = _PERCENT.fullmatch(label)
        if percent is not None and float(percent[1]) <= 100:
            share = float(percent[1])
            return Standing(_CANARY, share if back is None else 100 - share, graph), None
        meaning = _first(self._options.labels, label)
        if meaning is None:
            return Standing(_CANARY, graph=graph), (
                "{} under the label "
                f"{_braceless(label)}, which is no percent(0 to 100) and not in `labels:`: "
                "told as canary without a percentage"
            )
        if isinstance(meaning, str):
            state = _CANARY if back else MigrationState(meaning)
            return Standing(state, graph=graph), None
        return Standing(_CANARY, meaning if back is None else 100 - meaning, graph), None

    def _by_word(self, each: Serving) -> tuple[Standing, str | None]:
        """A state in `@migrate`, as the config or this program calls it."""
        word = each.word or ""
        meant = self._options.states.get(word, re.sub(r"[\s_]+", "-", word.lower()))
        try:
            state = MigrationState(meant)
        except ValueError:
            known = [*self._options.states, *MigrationState]
            return Standing(None, graph=each.graph), (
                f"{{}} with the state {_braceless(word)}, of which nothing is told: `states:` "
                f"does not have it{did_you_mean(meant, known)}"
            )
        if state is not _CANARY or each.percentage is None:
            return Standing(state, graph=each.graph), None
        share = _share(each.percentage)
        odd = None if share is not None else "{} with a percentage that is not from 0 to 100"
        return Standing(_CANARY, share, each.graph), odd


def counted(number: int) -> str:
    """`1 field is`, `2 fields are`."""
    return "1 field is" if number == 1 else f"{number:,} fields are"


def named(names: Collection[str]) -> str:
    """The first few of some names."""
    first = [clean_text(name, 80) for name in list(names)[:MOST_NAMED]]
    more = f", and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(first)}{more}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean x?` where something known is close; else empty."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {clean_text(close[0], 60)}?" if close else ""


def common_shares(
    fields: Iterable[tuple[str | None, Standing]], wanted: Callable[[str], bool]
) -> dict[str, float | None]:
    """The share that all fields of a service have in common; None where they have no common one."""
    found: dict[str, float | None] = {}
    for service, standing in fields:
        if service is None or standing.state is None or not wanted(service):
            continue
        share = _told_share(standing)
        if found.setdefault(service, share) != share:
            found[service] = None
    return found


def _told_share(standing: Standing) -> float | None:
    match standing.state:
        case MigrationState.CANARY:
            return None if standing.percentage is None else standing.percentage / 100
        case MigrationState.MIGRATED | MigrationState.RETIRED:
            return 1.0
        case _:
            return 0.0


def _taken_from(graph: Graph) -> set[str]:
    return {
        each.takes_from
        for by in {served.by for served in graph.fields.values()}
        for each in by
        if each.takes_from is not None
    }


def _first(meanings: Mapping[str, Meaning], name: str) -> Meaning | None:
    """What the first pattern that fits a name means."""
    for pattern, meaning in meanings.items():
        if is_like(name, pattern):
            return meaning
    return None


def _share(percentage: float | str) -> float | None:
    """A percentage as a schema writes it, if it is one."""
    try:
        share = float(percentage)
    except (ValueError, OverflowError):
        return None
    return share if 0 <= share <= 100 else None


def _braceless(text: str) -> str:
    """A text that `format` leaves alone."""
    return (clean_text(text, 60) or '""').replace("{", "{{").replace("}", "}}")


def _config(what: str) -> SourceError:
    return SourceError(SourceErrorKind.CONFIG, what)
