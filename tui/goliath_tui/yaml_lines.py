"""YAML text → plain values, with the line that each value stands on.

Plain means mappings with text keys, lists, text, numbers, booleans and null. Tags, merge keys
(`<<`), duplicate keys and documents that grow by aliases are refused.
"""

from typing import Any

import yaml
from msgspec import Struct

MOST_VALUES = 20_000
DEEPEST = 32

#: What plain text means by itself; dates and times stay text.
_TAGS = {"map", "seq", "str", "int", "float", "bool", "null", "timestamp", "value"}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlError(Exception):
    """The text is no YAML that we read; `line` is 1-based."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Document(Struct, frozen=True):
    """The value, and the line of each place in it by its path of keys."""

    value: Any
    lines: dict[tuple[str, ...], int]

    def line(self, where: tuple[str, ...]) -> int:
        """The line of the innermost known part of `where`, 1-based."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)


def parse(text: str) -> Document:
    """The one document in `text`; an empty text is an empty mapping. Raises YamlError."""
    _refuse_depth(text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[tuple[str, ...], int] = {(): 1}
        if node is None:
            return Document({}, lines)
        return Document(_Builder(loader, lines).value(node, ()), lines)
    except yaml.YAMLError as error:
        raise _fault(error, text) from None
    finally:
        loader.dispose()


def _refuse_depth(text: str) -> None:
    """Raises YamlError for what is nested so deeply that making nodes of it would need the stack.

    libyaml's composer calls itself for every level, and takes the process with it.
    """
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                mark = event.start_mark
                raise _too_deep(mark.line + 1 if mark else 1)
    except yaml.YAMLError as error:
        raise _fault(error, text) from None


def _fault(error: yaml.YAMLError, text: str) -> YamlError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "is no YAML"
    if mark is None:
        return YamlError(problem, 1)
    # The parser names the sign that it met, not what is wrong with it.
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        problem = "is indented with a tab: YAML wants blanks"
    elif problem == "but found another document":
        problem = "a second document begins here: only one is read"
    return YamlError(problem, mark.line + 1)


def _too_deep(line: int) -> YamlError:
    return YamlError(f"is nested more than {DEEPEST} deep", line)


class _Builder:
    def __init__(self, loader: Any, lines: dict[tuple[str, ...], int]) -> None:
        self.loader = loader
        self.lines = lines
        self.left = MOST_VALUES

    def value(self, node: yaml.Node, where: tuple[str, ...]) -> Any:
        line = node.start_mark.line + 1
        self.left -= 1
        if self.left < 0:
            raise YamlError(f"has more than {MOST_VALUES} values", line)
        # An alias can lead back to what it stands in.
        if len(where) > DEEPEST:
            raise _too_deep(line)
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _TAGS:
            raise YamlError("tags (!…) are not read", line)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.item(child, (*where, str(i))) for i, child in enumerate(node.value)]
        if node.tag.endswith((":int", ":float", ":bool", ":null")):
            try:
                return self.loader.construct_object(node)
            except ValueError:
                raise YamlError("is no number", line) from None
        # Dates and the like stay the text that was written.
        return node.value

    def item(self, node: yaml.Node, where: tuple[str, ...]) -> Any:
        self.lines[where] = node.start_mark.line + 1
        return self.value(node, where)

    def mapping(self, node: yaml.MappingNode, where: tuple[str, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise YamlError("a key must be plain text", line)
            if key_node.tag == "tag:yaml.org,2002:merge":
                raise YamlError("<< is not read: write the settings out", line)
            key = key_node.value
            if key in result:
                raise YamlError(f"{key} stands here twice", line)
            self.lines[*where, key] = line
            result[key] = self.value(value_node, (*where, key))
        return result
