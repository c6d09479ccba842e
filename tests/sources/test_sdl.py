"""The scanner of schemas against graphql-core, which reads the whole language."""

from collections.abc import Callable
from typing import Any

import graphql
import pytest
from graphql.language import ast
from hypothesis import example, given, settings
from hypothesis import strategies as st

from goliath_tui.sources import sdl

KINDS = {
    ast.SchemaDefinitionNode: "schema",
    ast.SchemaExtensionNode: "schema",
    ast.ScalarTypeDefinitionNode: "scalar",
    ast.ScalarTypeExtensionNode: "scalar",
    ast.ObjectTypeDefinitionNode: "type",
    ast.ObjectTypeExtensionNode: "type",
    ast.InterfaceTypeDefinitionNode: "interface",
    ast.InterfaceTypeExtensionNode: "interface",
    ast.UnionTypeDefinitionNode: "union",
    ast.UnionTypeExtensionNode: "union",
    ast.EnumTypeDefinitionNode: "enum",
    ast.EnumTypeExtensionNode: "enum",
    ast.InputObjectTypeDefinitionNode: "input",
    ast.InputObjectTypeExtensionNode: "input",
    ast.DirectiveDefinitionNode: "directive",
}

Told = list[tuple[str, str, bool, list[Any], list[Any]]]


def by_oracle(text: str) -> Told:
    """What graphql-core reads."""

    def applied(node: Any) -> list[Any]:
        return [
            (
                each.name.value,
                {
                    arg.name.value: graphql.value_from_ast_untyped(arg.value)
                    for arg in each.arguments or ()
                },
            )
            for each in getattr(node, "directives", None) or ()
        ]

    found: Told = []
    for node in graphql.parse(text, no_location=True).definitions:
        kind = KINDS[type(node)]
        members: Any = ()
        if kind in {"type", "interface"}:
            members = node.fields  # type: ignore[attr-defined]
        elif kind == "enum":
            members = node.values  # type: ignore[attr-defined]
        name = getattr(node, "name", None)
        found.append(
            (
                kind,
                name.value if name else "",
                type(node).__name__.endswith("ExtensionNode"),
                applied(node),
                [(member.name.value, applied(member)) for member in members or ()],
            )
        )
    return found


def by_ours(text: str) -> Told:
    """What the scanner reads."""

    def applied(written: str) -> list[Any]:
        return [(name, arguments) for name, arguments in sdl.directives(written)]

    return [
        (
            one.kind,
            one.name,
            one.extends,
            applied(one.directives),
            [(name, applied(written)) for name, written in one.members],
        )
        for one in sdl.definitions(text)
    ]


def refusal(work: Callable[[], None]) -> str | None:
    """What the scanner says when it refuses; None: it does not."""
    try:
        work()
    except sdl.Malformed as error:
        return str(error)
    return None


# What is between two tokens; never nothing, so that they stay two.
GAPS = st.sampled_from([" ", "\n", "\r\n", "\t", ",", " , ", "\ufeff", ' # } "a" { @x(\n', "\r"])
NAMES = st.one_of(
    st.sampled_from(
        ["a", "User", "type", "on", "implements", "extend", "enum", "input", "schema", "_", "x1"]
    ),
    st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,8}", fullmatch=True),
)
ENUM_NAMES = NAMES.filter(lambda name: name not in {"true", "false", "null"})
CHARACTERS = st.sampled_from(
    [*'ab(){}[]@#:!&|=,.$ \t"\\', "é", "→", "😀", "\u2028", "'", "\\n", "\\u0041", "\\u{1F600}"]
)


def quoted(characters: list[str]) -> str:
    """A string of these characters, as it is written."""
    escaped = (c if len(c) > 1 else c.replace("\\", "\\\\").replace('"', '\\"') for c in characters)
    return f'"{"".join(escaped)}"'


def block(lines: list[list[str]]) -> str:
    """A block string; a closing mark inside it is escaped, and it ends in no quote or backslash."""
    text = "\n".join("".join(line) for line in lines).replace('"""', '\\"""')
    return f'"""{text}\n"""'


STRINGS = st.one_of(
    st.lists(CHARACTERS, max_size=8).map(quoted),
    st.lists(st.lists(CHARACTERS, max_size=6), max_size=4).map(block),
    st.sampled_from(['""', '""""""', '"""\\""""""', '"""a \\\\ """', '"""\n    a\n\n   b\n"""']),
)
SCALARS = st.one_of(
    STRINGS,
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(["0.5", "-1.5e10", "3E-2", "true", "false", "null"]),
    ENUM_NAMES,
)


@st.composite
def written(draw: st.DrawFn, *parts: st.SearchStrategy[str] | str) -> str:
    """The parts with gaps between them."""
    found = [part if isinstance(part, str) else draw(part) for part in parts]
    return "".join(f"{part}{draw(GAPS)}" for part in found if part)


def many(part: st.SearchStrategy[str], least: int = 0, most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(part, min_size=least, max_size=most).map("".join)


def perhaps(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), part)


def listed(separator: str) -> st.SearchStrategy[str]:
    """Names with a separator between them, and perhaps one before."""
    return written(
        perhaps(st.just(separator)),
        NAMES,
        many(written(st.just(separator), NAMES)),
    )


VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        written("[", many(written(inner)), "]"),
        written("{", many(written(NAMES, ":", inner)), "}"),
    ),
    max_leaves=5,
)
ARGUMENTS = written("(", many(written(NAMES, ":", VALUES), 1), ")")
DIRECTIVES = many(written("@", NAMES, perhaps(ARGUMENTS)))
DESCRIPTION = perhaps(STRINGS)
TYPES = st.recursive(
    written(NAMES),
    lambda inner: written(perhaps(st.just("[")).map(lambda _: "["), inner, "]"),
    max_leaves=2,
).flatmap(lambda text: written(text, perhaps(st.just("!"))))
PARAMETER = written(DESCRIPTION, NAMES, ":", TYPES, perhaps(written("=", VALUES)), DIRECTIVES)
FIELD = written(
    DESCRIPTION, NAMES, perhaps(written("(", many(PARAMETER, 1), ")")), ":", TYPES, DIRECTIVES
)
FIELDS = written("{", many(FIELD, 1, 5), "}")
ROOTS = written("{", many(written(st.sampled_from(["query", "mutation"]), ":", NAMES), 1), "}")
OBJECT = written(NAMES, perhaps(written("implements", listed("&"))), DIRECTIVES)

DEFINITION = st.one_of(
    written(DESCRIPTION, "schema", DIRECTIVES, ROOTS),
    written(DESCRIPTION, "scalar", NAMES, DIRECTIVES),
    written(DESCRIPTION, st.sampled_from(["type", "interface"]), OBJECT, perhaps(FIELDS)),
    written("extend", st.sampled_from(["type", "interface"]), OBJECT, FIELDS),
    written(DESCRIPTION, "union", NAMES, DIRECTIVES, perhaps(written("=", listed("|")))),
    written(
        DESCRIPTION,
        "enum",
        NAMES,
        DIRECTIVES,
        perhaps(written("{", many(written(DESCRIPTION, ENUM_NAMES, DIRECTIVES), 1), "}")),
    ),
    written(
        DESCRIPTION, "input", NAMES, DIRECTIVES, perhaps(written("{", many(PARAMETER, 1), "}"))
    ),
    written(
        DESCRIPTION,
        "directive",
        "@",
        NAMES,
        perhaps(written("(", many(PARAMETER, 1), ")")),
        perhaps(st.just("repeatable")),
        "on",
        st.sampled_from(["OBJECT", "| OBJECT | FIELD_DEFINITION"]),
    ),
)
DOCUMENTS = many(DEFINITION, 1, 5)


@settings(max_examples=120, deadline=None)
@given(DOCUMENTS)
@example('type A { a: Int @b(c: "\\ud83d\\ude00", d: """\n  x\n    y\n""") }')
@example('"""\\"""} type B { b: Int }""" type A { a(b: [C] = {d: "}"} @e(f: ")")): [Int!]! }')
@example("union type = | type | union extend scalar input @on")
def test_types_fields_and_directives_are_those_that_graphql_core_reads(text: str) -> None:
    assert by_ours(text) == by_oracle(text)


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS, st.data())
def test_a_document_that_is_cut_off_brings_no_field_that_the_whole_one_has_not(
    text: str, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(text)))
    whole = {(one.name, *member) for one in sdl.definitions(text) for member in one.members}
    part: list[sdl.Definition] = []
    refused = refusal(lambda: part.extend(sdl.definitions(text[:cut])))
    assert refused is None or refused.isprintable()
    if refused is None:
        assert {(one.name, *member) for one in part for member in one.members} <= whole


PIECES = st.sampled_from(
    [*'{}()[]@:!=|&$"# \n,', '"""', "type", "extend", "enum", "a", "A", "schema", "1", "\\", "on"]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=30).map(" ".join))
@example("type A { a: Int @b(c: [[[) }")
@example("type A { a: Int @b(c: 1x) }")
@example('type A { a: Int @b(c: "" "") }')
def test_what_is_no_schema_is_refused_in_one_clean_line_or_read_as_graphql_core_does(
    text: str,
) -> None:
    ours: Told = []
    refused = refusal(lambda: ours.extend(by_ours(text)))
    try:
        oracle = by_oracle(text)
    except (graphql.GraphQLError, KeyError):
        oracle = None
    if refused is None:
        assert oracle in (None, ours)
    else:
        assert oracle is None
        assert refused.isprintable()
        assert len(refused) < 200


def test_an_error_says_where() -> None:
    text = 'type A {\n  a: Int\n  """\nb\n"""\n  b Int\n}\n'
    with pytest.raises(sdl.Malformed, match=r"^is no GraphQL schema at line 6, in type A: b Int$"):
        list(sdl.definitions(text))
    with pytest.raises(sdl.Malformed, match=r"^ends in the middle, in type A, line 3$"):
        list(sdl.definitions(text[:18]))
    with pytest.raises(sdl.Malformed, match="where a definition should begin: query"):
        list(sdl.definitions("scalar A query { a }"))


def test_values_nested_beyond_all_measure_end_in_an_error() -> None:
    with pytest.raises((sdl.Malformed, RecursionError)):
        sdl.directives(f"@a(b: {'[' * 200_000})")


def test_megabytes_without_an_end_are_refused_at_once() -> None:
    for start in ('type A { """', 'type A { a(b: "', "type A { a: Int @b(", "type A { a" + "(" * 9):
        with pytest.raises(sdl.Malformed):
            list(sdl.definitions(start + "x {@a: " * 400_000))
