"""Which graphs can answer which field, as one supergraph or several subgraphs say it.

Only fields of object types are fields here: an interface's are answered by those of its objects,
and inputs and enums are answered by nobody. An exception is a field that a graph gives to all
objects of an interface at once (an interface object): that is a field of the interface.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import Struct, field

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources import sdl

LONGEST_ID = 512
MOST_FIELDS = 200_000
#: The versions of the join specification that were tried; others below 1.0 are read with a note.
OLDEST_JOIN, NEWEST_JOIN = (0, 2), (0, 5)

_JOIN = re.compile(r"https?://[^\s]*/join/v(\d{1,4})\.(\d{1,4})/?")
_FIELD_SET = re.compile(r"[{}]|[_A-Za-z][_0-9A-Za-z]*")
#: What every subgraph answers beside its fields.
_OF_THE_PROTOCOL = {"_service", "_entities"}


class Document(NamedTuple):
    """A schema as it was found. `service`: whose it is, if it is a subgraph's."""

    where: str
    text: str
    service: str | None


class Serving(NamedTuple):
    """A graph that can answer a field. `takes_from`: the graph that it takes the field from.

    `held`: that graph is said to have it still. `label`: that of a progressive override. `word`,
    `percentage`: the state in `@migrate`; a `word` that is not None says that there was one.
    """

    graph: str
    takes_from: str | None = None
    label: str | None = None
    word: str | None = None
    percentage: float | str | None = None
    held: bool = False


class Served(NamedTuple):
    """Who can answer a field. `key`: it is part of what its type is known by.

    Fields that are alike share one of these, as far as that is easy to see: what is found out about
    it may be remembered by its identity.
    """

    by: tuple[Serving, ...]
    key: bool


class Graph(Struct):
    """All that was read. `whole`: a supergraph, which has every graph there is.

    `froms`: the graphs that `@migrate` takes fields from. `notes`: what was odd.
    """

    whole: bool
    names: set[str]
    fields: dict[str, Served] = field(default_factory=dict)
    froms: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    too_long: list[str] = field(default_factory=list)

    def add(self, id_: str, served: Served) -> None:
        """A field, or another graph that has it."""
        if (known := self.fields.get(id_)) is not None:
            served = Served((*known.by, *served.by), known.key or served.key)
        elif len(id_) > LONGEST_ID:
            self.too_long.append(id_)
            return
        elif len(self.fields) >= MOST_FIELDS:
            raise sdl.Malformed(f"has more than {MOST_FIELDS:,} fields, which nobody has")
        self.fields[id_] = served


def read(documents: Sequence[Document], directive: str) -> Graph:
    """What the documents say together. `directive`: what `@migrate` is called.

    Raises SourceError.
    """
    graph: Graph | None = None
    for document in documents:
        try:
            found = list(sdl.definitions(document.text))
            joined = _is_supergraph(found)
            if joined and len(documents) > 1:
                raise _wrong(document, "is a supergraph: name it alone with `path:`")
            if joined:
                return _supergraph(found, document)
            graph = graph or Graph(whole=False, names=set())
            _add_subgraph(graph, found, document, directive)
        except sdl.Malformed as error:
            raise SourceError(
                SourceErrorKind.MALFORMED,
                f"{document.where} {error}: nothing of it was taken, what was read before stands",
            ) from None
        except RecursionError:
            raise SourceError(
                SourceErrorKind.MALFORMED, f"{document.where} is nested too deeply"
            ) from None
    return graph or Graph(whole=False, names=set())


def _wrong(document: Document, what: str) -> SourceError:
    return SourceError(SourceErrorKind.CONFIG, f"{document.where} {what}")


def _is_supergraph(found: Iterable[sdl.Definition]) -> bool:
    return any(
        (one.kind == "enum" and one.name.endswith("__Graph"))
        or (one.kind == "schema" and _JOIN.search(one.directives) is not None)
        for one in found
    )


def _supergraph(found: Sequence[sdl.Definition], document: Document) -> Graph:
    """A composed supergraph."""
    prefix, notes = _join(found, document)
    names = _graph_names(found, f"{prefix}__Graph", document)
    graph = Graph(whole=True, names=set(names.values()), notes=notes)
    reader = _Joined(names, prefix)
    for one in found:
        if one.kind in {"type", "interface"}:
            reader.add(graph, one)
    return graph


def _join(found: Iterable[sdl.Definition], document: Document) -> tuple[str, list[str]]:
    """What the join specification is called here, and what is odd about it. Raises SourceError."""
    for one in found:
        if one.kind != "schema":
            continue
        for each in sdl.directives(one.directives):
            url = each.arguments.get("url", each.arguments.get("feature"))
            match = _JOIN.fullmatch(url) if isinstance(url, str) else None
            if match is None:
                continue
            version = int(match[1]), int(match[2])
            told = f"join v{version[0]}.{version[1]}"
            if version < OLDEST_JOIN:
                raise _wrong(
                    document, f"is of {told}, before federation 2: compose it with federation 2"
                )
            if version >= (1, 0):
                raise _wrong(
                    document, f"is of {told}, which is not known here: compose it for join v0.5"
                )
            alias = each.arguments.get("as")
            notes = [] if version <= NEWEST_JOIN else [f"{told} is newer than what was tried, v0.5"]
            return alias if isinstance(alias, str) else "join", notes
    return "join", [f"{document.where} does not say which version of join it is of"]


def _graph_names(found: Iterable[sdl.Definition], enum: str, document: Document) -> dict[str, str]:
    """Member of the enum → name of the graph. Raises SourceError."""
    for one in found:
        if (one.kind, one.name) == ("enum", enum):
            names = {}
            for member, written in one.members:
                told = [
                    each.arguments.get("name")
                    for each in sdl.directives(written)
                    if each.name.endswith("__graph")
                ]
                name = told[0] if told and isinstance(told[0], str) and told[0] else member
                names[member] = clean_text(name, LONGEST_ID)
            return names
    raise _wrong(document, f"has no `enum {enum}`, which says what the graphs are")


class _Joined:
    """Reads the types of a supergraph. The directives of most fields recur: each is read once."""

    def __init__(self, names: dict[str, str], prefix: str) -> None:
        self._names = names
        self._prefix = prefix
        self._seen: dict[str, tuple[Serving, ...] | None] = {}
        self._alike: dict[Served, Served] = {}

    def add(self, graph: Graph, one: sdl.Definition) -> None:
        """The fields of a type."""
        keys: set[str] = set()
        serving: dict[str, None] = {}
        as_interface: set[str] = set()
        for each in sdl.directives(one.directives):
            if each.name != f"{self._prefix}__type":
                continue
            name = self._name(each.arguments, f"type {one.name}")
            keys.update(_top_level(each.arguments.get("key")))
            if name is not None:
                serving[name] = None
            if each.arguments.get("isInterfaceObject") is not True and name is not None:
                as_interface.add(name)
        usual = tuple(map(Serving, serving))
        interface = one.kind == "interface"
        alike: dict[tuple[str, bool], Served] = {}
        for name, directives in one.members:
            written = directives, name in keys
            served = alike.get(written)
            if served is None:
                by = self._servings(directives, f"{one.name}.{name}")
                by = usual if by is None else by
                if interface and any(serving.graph in as_interface for serving in by):
                    by = ()
                new = Served(by, written[1])
                served = alike[written] = self._alike.setdefault(new, new)
            if served.by:
                id_ = f"{one.name}.{name}"
                if id_ in graph.fields:
                    raise _twice(id_)
                graph.add(id_, served)

    def _servings(self, written: str, at: str) -> tuple[Serving, ...] | None:
        """Who answers a field; None: it does not say, so all that have the type do."""
        if written not in self._seen:
            joined = [
                each for each in sdl.directives(written) if each.name == f"{self._prefix}__field"
            ]
            self._seen[written] = tuple(self._serving(joined, at)) if joined else None
        return self._seen[written]

    def _serving(self, joined: Sequence[sdl.Directive], at: str) -> Iterator[Serving]:
        said = [(self._name(arguments, at), arguments) for _, arguments in joined]
        kept = {name for name, arguments in said if arguments.get("usedOverridden") is True}
        for name, arguments in said:
            if name is None or name in kept or arguments.get("external") is True:
                continue
            taken = _text(arguments.get("override"))
            label = _text(arguments.get("overrideLabel"))
            yield Serving(name, taken, label, held=taken in kept)

    def _name(self, arguments: dict[str, Any], at: str) -> str | None:
        member = arguments.get("graph")
        if member is None:
            return None
        if not isinstance(member, str) or member not in self._names:
            raise sdl.Malformed(
                f"names the graph {clean_text(str(member), 60)} at {clean_text(at, 100)}, but "
                f"`enum {self._prefix}__Graph` does not have it"
            )
        return self._names[member]


def _add_subgraph(
    graph: Graph, found: Iterable[sdl.Definition], document: Document, directive: str
) -> None:
    """The fields that one subgraph answers."""
    if document.service is None:
        raise _wrong(document, "is the schema of one subgraph: say whose with `service:`")
    name = clean_text(document.service, LONGEST_ID)
    graph.names.add(name)
    seen: dict[str, Serving | None] = {}
    had: set[str] = set()
    for one in found:
        if one.kind != "type":
            continue
        own = tuple(_plain(one.directives))
        if any(each.name == "external" for each in own):
            continue
        keys = {
            key
            for each in own
            if each.name == "key"
            for key in _top_level(each.arguments.get("fields"))
        }
        for member, written in one.members:
            if written not in seen:
                seen[written] = _answering(graph, name, written, directive)
            serving = seen[written]
            if serving is not None and member not in _OF_THE_PROTOCOL:
                id_ = f"{one.name}.{member}"
                if id_ in had:
                    raise _twice(id_)
                had.add(id_)
                graph.add(id_, Served((serving,), member in keys))


def _answering(graph: Graph, name: str, written: str, directive: str) -> Serving | None:
    """How a subgraph answers a field with these directives; None: another does."""
    serving = Serving(name)
    for each in _plain(written):
        arguments = each.arguments
        if each.name == "external":
            return None
        taken = _text(arguments.get("from"))
        if each.name == directive:
            word = arguments.get("state")
            percentage = arguments.get("percentage", arguments.get("percent"))
            serving = Serving(
                name,
                taken,
                word=str(word) if word is not None else "",
                percentage=percentage if type(percentage) in {int, float} else _said(percentage),
            )
            if taken is not None:
                graph.froms.add(taken)
        elif each.name == "override" and serving.word is None:
            serving = Serving(name, taken, _text(arguments.get("label")))
    return serving


def _twice(id_: str) -> sdl.Malformed:
    return sdl.Malformed(f"has the field {clean_text(id_, 100)} twice")


def _plain(written: str) -> Iterator[sdl.Directive]:
    """Directives by the names that they have when imported."""
    for name, arguments in sdl.directives(written):
        yield sdl.Directive(name.removeprefix("federation__"), arguments)


def _text(value: object) -> str | None:
    return clean_text(value, LONGEST_ID) if isinstance(value, str) and value else None


def _said(value: object) -> str | None:
    return None if value is None else str(value)


def _top_level(fields: object) -> Iterator[str]:
    """The fields of a field set that stand on its first level."""
    depth = 0
    for word in _FIELD_SET.findall(fields) if isinstance(fields, str) else ():
        if word in "{}":
            depth += 1 if word == "{" else -1
        elif depth == 0:
            yield word
