"""GraphQL's schema language, as far as needed to know who serves what: names and directives.

A schema of 20,000 fields has to be read while the others are being polled, so this is no parser
that builds a tree of everything. In a schema parentheses nest at most twice (the arguments of a
field, and those of a directive on one of them) and all else that nests can be skipped, so one
regular expression takes a whole field, with its description, arguments, type and directives.
Directives are told apart only where somebody looks, and once for all fields that carry the very
same ones.

What is read is what the language allows; of what it does not allow, some is let pass. A document
that ends in the middle is always refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from goliath_tui.clean import clean_text

_W = "[_0-9A-Za-z]"
_NAME = f"[_A-Za-z]{_W}*+"
_COMMENT = r"\#[^\r\n]*+"
_IGN = rf"(?:[ \t\r\n,\ufeff]++|{_COMMENT})*+"
_BLOCK = r'"""(?:[^"\\]++|\\"""|\\(?!""")|"(?!""))*+"""'
_STRING = rf'(?:{_BLOCK}|"(?!"")(?:[^"\\\r\n]++|\\[^\r\n])*+")'
_ARGUMENTS = rf'\((?:[^()"\#]++|{_STRING}|{_COMMENT})*+\)'
_PARAMETERS = rf'\((?:[^()"\#]++|{_STRING}|{_COMMENT}|{_ARGUMENTS})*+\)'
_DIRECTIVES = rf"((?:{_IGN}@{_IGN}{_NAME}(?:{_IGN}{_ARGUMENTS})?+)*+)"
_DESCRIPTION = rf"(?:{_STRING}{_IGN})?+"
_TYPE = rf"(?:\[{_IGN})*+{_NAME}(?:{_IGN}[\]!])*+"

_GAP = re.compile(_IGN)
_DESCRIBED = re.compile(_IGN + _DESCRIPTION)
_START = re.compile(
    rf"{_IGN}{_DESCRIPTION}(extend(?!{_W}){_IGN})?+"
    rf"(schema|scalar|type|interface|union|enum|input|directive)(?!{_W})"
)
_FIELD = re.compile(
    rf"{_IGN}{_DESCRIPTION}({_NAME}){_IGN}(?:{_PARAMETERS}{_IGN})?+:{_IGN}{_TYPE}{_DIRECTIVES}"
)
_ENUM_VALUE = re.compile(rf"{_IGN}{_DESCRIPTION}({_NAME}){_DIRECTIVES}")
_BRACE = re.compile(rf'(?:[^{{}}"\#]++|{_STRING}|{_COMMENT})*+([{{}}])')
_OPEN = re.compile(rf"{_IGN}\{{")
_CLOSE = re.compile(rf"{_IGN}\}}")


def _many(separator: str) -> str:
    return rf"(?:{separator}{_IGN})?+{_NAME}(?:{_IGN}{separator}{_IGN}{_NAME})*+"


_SIMPLE = rf"{_IGN}({_NAME}){_DIRECTIVES}"
_OBJECT = rf"{_IGN}({_NAME}){_IGN}(?:implements(?!{_W}){_IGN}{_many('&')})?+{_DIRECTIVES}"
#: What stands between the word that begins a definition and its braces: name and directives.
_HEADS = {
    "schema": re.compile(rf"(){_DIRECTIVES}"),
    "scalar": re.compile(_SIMPLE),
    "type": re.compile(_OBJECT),
    "interface": re.compile(_OBJECT),
    "union": re.compile(rf"{_SIMPLE}(?:{_IGN}={_IGN}{_many('[|]')})?+"),
    "enum": re.compile(_SIMPLE),
    "input": re.compile(_SIMPLE),
    "directive": re.compile(
        rf"{_IGN}@{_IGN}({_NAME})(){_IGN}(?:{_PARAMETERS}{_IGN})?+(?:repeatable(?!{_W}){_IGN})?+"
        rf"on(?!{_W}){_IGN}{_many('[|]')}"
    ),
}
_MEMBERS = {"type": _FIELD, "interface": _FIELD, "enum": _ENUM_VALUE}
_BODIES = {"schema", "input", *_MEMBERS}

_TOKEN = re.compile(
    rf"{_IGN}(?:(?P<string>{_STRING})|(?P<name>{_NAME})"
    r"|(?P<number>-?[0-9][0-9A-Za-z.+-]*+)|(?P<mark>[][{}():@]))"
)
_END = ("", "")
_ESCAPE = re.compile(r'\\(?:u\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LINE_END = re.compile(r"\r\n|[\r\n]")


class Malformed(ValueError):  # noqa: N818 - it says what is the matter with a schema
    """No schema, or one that is damaged. `str()` says where, and is clean."""


class Word(str):
    """A name as a value: a member of an enum."""

    __slots__ = ()


class Directive(NamedTuple):
    """A directive and its arguments, as Python has such values; what is an enum's is a `Word`."""

    name: str
    arguments: dict[str, Any]


#: A field of a type, or a value of an enum: its name, and its directives as they are written.
Member = tuple[str, str]


class Definition(NamedTuple):
    """One definition, or extension, in the order of the document.

    `kind`: the word that it begins with. `members` are given for types, interfaces and enums.
    """

    kind: str
    name: str
    extends: bool
    directives: str
    members: list[Member]


def definitions(text: str) -> Iterator[Definition]:
    """The definitions of a schema, one by one. Raises Malformed where it cannot go on."""
    at = 0
    while start := _START.match(text, at):
        kind = start[2]
        head = _HEADS[kind].match(text, start.end())
        if head is None:
            raise _malformed(text, start.end(), f"in what `{kind}` begins")
        name, directives, at = head[1], head[2], head.end()
        members: list[Member] = []
        if kind in _BODIES and (opened := _OPEN.match(text, at)):
            within = f"in {kind} {name}".rstrip()
            if (pattern := _MEMBERS.get(kind)) is None:
                at = _skipped(text, opened.end(), within)
            else:
                at = _read_members(text, opened.end(), pattern, members, within)
        yield Definition(kind, name, start[1] is not None, directives, members)
    if _gap(text, at) != len(text):
        raise _malformed(text, at, "where a definition should begin")


@lru_cache(maxsize=4096)
def directives(text: str) -> tuple[Directive, ...]:
    """The directives of a definition or a member, from how they are written. Raises Malformed.

    Many have the same: what is returned is not to be changed.
    """
    return tuple(_directives(text))


def _read_members(
    text: str, at: int, pattern: re.Pattern[str], members: list[Member], within: str
) -> int:
    match_member, add = pattern.match, members.append
    while member := match_member(text, at):
        add((member[1], member[2]))
        at = member.end()
    closed = _CLOSE.match(text, at)
    if closed is None:
        raise _malformed(text, at, within)
    return closed.end()


def _skipped(text: str, at: int, within: str) -> int:
    """Where a body ends that began before `at`."""
    depth = 1
    while depth:
        brace = _BRACE.match(text, at)
        if brace is None:
            raise _malformed(text, len(text), within)
        depth += 1 if brace[1] == "{" else -1
        at = brace.end()
    return at


def _gap(text: str, at: int) -> int:
    """Where what is ignored at `at` ends."""
    gap = _GAP.match(text, at)
    return at if gap is None else gap.end()


def _malformed(text: str, at: int, within: str) -> Malformed:
    described = _DESCRIBED.match(text, at)
    at = at if described is None else described.end()
    line = len(_LINE_END.findall(text, 0, at)) + 1
    # What began and is never closed was cut off, wherever that was.
    if at == len(text) or (within.startswith("in ") and text.find("}", at) < 0):
        return Malformed(f"ends in the middle, {within}, line {line}")
    found = clean_text(text[at : at + 30].split("\n", 1)[0].strip(), 30)
    return Malformed(f"is no GraphQL schema at line {line}, {within}: {found}")


def _directives(text: str) -> Iterator[Directive]:
    tokens = _tokens(text)
    following = next(tokens)
    while following == ("mark", "@"):
        _, name = next(tokens)
        arguments: dict[str, Any] = {}
        following = next(tokens)
        if following == ("mark", "("):
            arguments = _pairs(tokens, ")")
            following = next(tokens)
        yield Directive(name, arguments)
    if following != _END:
        raise Malformed(f"has a directive that cannot be read: {clean_text(text.strip(), 60)}")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """(kind, token) each; after the last one `_END` for ever."""
    at = 0
    while match := _TOKEN.match(text, at):
        kind = match.lastgroup or ""
        yield kind, match[kind]
        at = match.end()
    if _gap(text, at) != len(text):
        raise Malformed(f"has a value that cannot be read: {clean_text(text[at:].strip(), 60)}")
    while True:
        yield _END


def _pairs(tokens: Iterator[tuple[str, str]], end: str) -> dict[str, Any]:
    """`name: value` up to `end`."""
    pairs: dict[str, Any] = {}
    while True:
        kind, name = next(tokens)
        if name == end and kind == "mark":
            return pairs
        if kind != "name" or next(tokens) != ("mark", ":"):
            raise Malformed(f"has no `name: value` at {clean_text(name, 40) or 'the end'}")
        pairs[name] = _value(tokens, *next(tokens))


def _value(tokens: Iterator[tuple[str, str]], kind: str, token: str) -> Any:
    match kind, token:
        case "string", _:
            block = token.startswith('"""')
            return _block(token[3:-3]) if block else _string(token[1:-1])
        case "number", _:
            return _number(token)
        case "name", "true" | "false":
            return token.startswith("t")
        case "name", "null":
            return None
        case "name", _:
            return Word(token)
        case "mark", "{":
            return _pairs(tokens, "}")
        case "mark", "[":
            values = []
            while (following := next(tokens)) != ("mark", "]"):
                values.append(_value(tokens, *following))
            return values
    raise Malformed(f"has no value at {clean_text(token, 40) or 'the end'}")


def _number(token: str) -> int | float:
    try:
        return int(token) if token.lstrip("-").isdecimal() else float(token)
    except ValueError:
        raise Malformed(f"has a number that cannot be read: {clean_text(token, 40)}") from None


def _string(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_unescaped, text)
    # Two escapes may be the halves of one character.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if code is None:
        return _ESCAPED.get(match[3], match[3])
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"


def _block(text: str) -> str:
    """A block string's value: without common indentation, and without blank lines around it."""
    lines = _LINE_END.split(text.replace('\\"""', '"""'))
    indents = [len(line) - len(line.lstrip(" \t")) for line in lines]
    filled = [number for number, line in enumerate(lines) if line.strip(" \t")]
    common = min((indents[number] for number in filled if number), default=0)
    lines = [line[common:] if number else line for number, line in enumerate(lines)]
    return "\n".join(lines[filled[0] : filled[-1] + 1]) if filled else ""
