"""What a Diffy answers, and what its names for endpoints and differences mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from goliath_tui.clean import clean_text
from goliath_tui.domain import Difference, DifferenceClass
from goliath_tui.measures.differences import class_of, member_path

LONGEST_NAME = 512

_KINDS = {
    "PrimitiveDifference": DifferenceClass.VALUE,
    "TypeDifference": DifferenceClass.TYPE,
    "MissingField": DifferenceClass.MISSING,
    "ExtraField": DifferenceClass.EXTRA,
    "OrderingDifference": DifferenceClass.ORDER,
    "SeqSizeDifference": DifferenceClass.LENGTH,
}
_SEGMENT = re.compile(r"\{\w+\}")

Number = Annotated[int, Meta(ge=0, le=2**53)]


class Info(Struct):
    """Who answers. `relative`, `absolute`: thresholds, in %; `last_reset`: of a Diffy of old."""

    protocol: str = ""
    relative: float | None = msgspec.field(default=None, name="relativeThreshold")
    absolute: float | None = msgspec.field(default=None, name="absoluteThreshold")
    last_reset: object = None


class Endpoint(Struct):
    """How many requests were compared, and in how many of them anything differed."""

    total: Number
    differences: Number


class Path(Struct):
    """How often a path differed between old and new."""

    differences: Number


class Stats(Struct):
    """The paths of an endpoint; or the error that is told instead, which may be without words."""

    fields: dict[str, Path] | None = None
    error: str | None = None


class Sides(Struct):
    """One difference of an example, as it is shown."""

    type: str = ""
    left: object = None
    right: object = None


class Listed(Struct):
    """An example in a list. Its moment is not that of the request."""

    id: str
    differences: dict[str, object] = {}


class Results(Struct):
    """Examples of an endpoint; or the error that is told instead."""

    requests: list[Listed] = []
    error: str | None = None


class Example(Struct):
    """One request with its answers, empty if they are not there; or the error told instead."""

    id: str = ""
    timestamp_msec: int = 0
    trace_id: str | None = None
    differences: dict[str, Sides] = {}
    left: Raw = Raw()
    right: Raw = Raw()
    error: str | None = None


class EndpointRoutes:
    """Finds the route behind Diffy's name for an endpoint, which has `-` for each `/`.

    Of several that fit, the one that says the most. An endpoint without a route keeps its name.
    """

    def __init__(self, routes: Iterable[str]) -> None:
        by_words = sorted(routes, key=lambda route: -len(_SEGMENT.sub("", route)))
        self._routes = [(_reader(route), route) for route in by_words]

    def field_of(self, endpoint: str) -> str:
        """The field of an endpoint."""
        endpoint = clean_text(endpoint, LONGEST_NAME)
        for reader, route in self._routes:
            if reader.fullmatch(endpoint):
                return route
        return endpoint or "undefined_endpoint"


def difference(path: str, sides: Sides) -> Difference:
    """A path of Diffy's, which ends in how it differs, as ours."""
    *keys, kind = path.split(".")
    place = "$"
    for key in keys[1:]:
        place = member_path(place, key)
    found = _KINDS.get(kind.removesuffix("$"), DifferenceClass.VALUE)
    if found is DifferenceClass.VALUE and _is_plain(sides.left) and _is_plain(sides.right):
        found = class_of(sides.left, sides.right) or found
    return Difference(path=place, kind=found)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _reader(route: str) -> re.Pattern[str]:
    method, _, path = route.partition(" ")
    parts = [re.escape(part.replace("/", "-")) for part in _SEGMENT.split(path)]
    return re.compile(f"{re.escape(method)}:{'.+'.join(parts)}")
