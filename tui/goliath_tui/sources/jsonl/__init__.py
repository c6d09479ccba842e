"""Comparisons as JSON Lines: from a file that grows and is rotated, a pipe, or an HTTP endpoint.

Whoever compares two backends by themselves writes down what came of it, one line for each
comparison; this room reads that. Where the names in a line differ from ours, `map:` says which is
which, and presets know the lines of well-known publishers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, json

from goliath_tui.sources import Setup, Source
from goliath_tui.sources.homes import HomeOptions

#: One step of a path: the key of an object, or the index of a list.
Step = str | int
#: The paths at which something is looked for, the first that is there; None: nowhere.
Paths = str | tuple[str, ...] | None

_STEP = re.compile(r'\.?([^.\[\]"]+)|\[([0-9]{1,6})\]|\[("(?:[^"\\]|\\.)*")\]')


class LineMap(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where in a line our names are found; what is not set is where the preset has it.

    A path is `experiment.name`, `candidates[0].value` or `["odd.key"].x`; of several, the first
    that is there. `at` null: a comparison is of the moment at which its line is read.
    """

    field: Paths | UnsetType = UNSET
    service: Paths | UnsetType = UNSET
    at: Paths | UnsetType = UNSET
    id: Paths | UnsetType = UNSET
    operation: Paths | UnsetType = UNSET
    trace_id: Paths | UnsetType = UNSET
    legacy: Paths | UnsetType = UNSET
    new: Paths | UnsetType = UNSET
    legacy_error: Paths | UnsetType = UNSET
    new_error: Paths | UnsetType = UNSET
    outcome: Paths | UnsetType = UNSET
    matched: Paths | UnsetType = UNSET
    mismatched: Paths | UnsetType = UNSET
    ignored: Paths | UnsetType = UNSET
    failed: Paths | UnsetType = UNSET
    differences: Paths | UnsetType = UNSET

    def paths(self) -> Iterator[tuple[str, tuple[str, ...] | None]]:
        """Our names and where they are found, of those that are set."""
        for name in self.__struct_fields__:
            value: Paths | UnsetType = getattr(self, name)
            if isinstance(value, UnsetType):
                continue
            yield name, (value,) if isinstance(value, str) else value


class Options(HomeOptions, frozen=True, kw_only=True):
    """Settings of a source of lines.

    `preset`: whose lines they are. `map`: where our names are found in a line, where that is not as
    the preset has it. `ignore`: paths of differences that do not count, as in
    `$.items[].updatedAt`; `*` stands for anything.
    """

    preset: Literal["scientist", "goreplay"] | None = None
    map: LineMap = LineMap()
    ignore: tuple[str, ...] = ()

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Paths that are none, and settings that the preset has no use for."""
        yield from super().problems()
        for name, paths in self.map.paths():
            for path in paths or ():
                try:
                    parse_path(path)
                except ValueError as error:
                    yield ("map", name), str(error)
        if self.map.field is None:
            yield ("map", "field"), "each comparison is of a field: say where its name is"
        if self.preset == "goreplay" and any(True for _ in self.map.paths()):
            yield ("map",), "goreplay writes down HTTP messages, in which nothing can be mapped"
        for path in self.ignore:
            if not path.startswith(("$", "*")):
                yield ("ignore",), f"{path}: expected a path such as $.items[].updatedAt"


def make(setup: Setup) -> Source:
    """A source that starts wherever the cursor it is given says."""
    from goliath_tui.sources.jsonl.reading import JsonLines

    return JsonLines(setup)


def requests_per_poll(setup: Setup) -> float:
    """One, where the lines are at a URL."""
    return 1 if setup.path is None else 0


def parse_path(path: str) -> tuple[Step, ...]:
    """A path as the keys and indexes that lead to its place. Raises ValueError."""
    found: list[Step] = []
    place = 0
    while match := _STEP.match(path, place):
        key, index, quoted = match.groups()
        found.append(int(index) if index else json.decode(quoted) if quoted else key)
        place = match.end()
    if place != len(path) or not found or isinstance(found[0], int) or path.startswith("."):
        raise ValueError(f"{path}: expected a path such as experiment.name or candidates[0].value")
    return tuple(found)
