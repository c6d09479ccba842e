"""Finding what is at paths of a line, decoding no more of it than that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from goliath_tui.sources.jsonl import Step, parse_path

_object = msgspec.json.Decoder(dict[str, Raw]).decode
_list = msgspec.json.Decoder(list[Raw]).decode
_BRACE, _BRACKET = b"{["


class _Path(NamedTuple):
    """A path: its first key, and each further step with the number of what it leads from."""

    head: str
    rest: tuple[tuple[int, Step], ...]


class Places:
    """Where names are found, made ready for many lines. Raises ValueError for what is no path."""

    def __init__(self, paths: Mapping[str, tuple[str, ...] | None]) -> None:
        numbers: dict[tuple[Step, ...], int] = {}
        self._paths: dict[str, tuple[_Path, ...]] = {}
        for name, told in paths.items():
            found = []
            for steps in map(parse_path, told or ()):
                rest = [
                    (numbers.setdefault(steps[:depth], len(numbers)), steps[depth])
                    for depth in range(1, len(steps))
                ]
                found.append(_Path(str(steps[0]), tuple(rest)))
            if found:
                self._paths[name] = tuple(found)

    def of(self, name: str) -> tuple[_Path, ...]:
        """The paths of a name, the likeliest first."""
        return self._paths.get(name, ())

    def heads(self, *names: str) -> frozenset[str]:
        """The first keys of these names: a line without any of them has none of the names."""
        return frozenset(path.head for name in names for path in self.of(name))


class Line:
    """A line that is a JSON object. Raises ValueError, RecursionError."""

    def __init__(self, line: bytes, places: Places) -> None:
        self._root = _object(line)
        self._places = places
        self._opened: dict[int, Any] = {}

    def has_any(self, heads: frozenset[str]) -> bool:
        """Whether it has any of these keys."""
        return not heads.isdisjoint(self._root)

    def all(self, name: str) -> Iterator[bytes]:
        """What is at each of the places of a name that are there."""
        for path in self._places.of(name):
            if (value := self._at(path)) is not None:
                yield bytes(value)

    def first(self, name: str) -> bytes | None:
        """What is at the first place of a name that is there."""
        for path in self._places.of(name):
            if (value := self._at(path)) is not None:
                return bytes(value)
        return None

    def _at(self, path: _Path) -> Raw | None:
        value = self._root.get(path.head)
        for number, step in path.rest:
            if value is None:
                return None
            opened = self._opened.get(number)
            if opened is None:
                opened = self._opened[number] = _members(value)
            if type(opened) is dict:
                value = opened.get(step)
            elif type(opened) is list and type(step) is int and step < len(opened):
                value = opened[step]
            else:
                return None
        return value


def _members(value: Raw) -> dict[str, Raw] | list[Raw] | tuple[()]:
    first = memoryview(value)[0]
    return _object(value) if first == _BRACE else _list(value) if first == _BRACKET else ()
