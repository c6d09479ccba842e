"""Envoy's routes as it has them now, and the weights that its runtime says.

A request is sent on by the first route of its virtual host that matches. A route leads to one
cluster or to several with weights, each of which the runtime may say otherwise
(`runtime_key_prefix` and the cluster's name). A route may also match a part of its requests only
(`runtime_fraction`); the others go on, to the next route with the same match. Requests that are
mirrored are answered by somebody else, so mirrors have no part in this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from goliath_tui.domain import Batch, SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer, Client, Outcome
from goliath_tui.sources.intended import SAME, Backend, Meant, Way, meant, reading, told
from goliath_tui.sources.intended_options import IntendedOptions

LABEL = "envoy_cluster_name"
#: Of all that Envoy dumps, the routes.
MASK = "static_route_configs,dynamic_route_configs"
LARGEST = 2**32 - 1
_DENOMINATORS = {"HUNDRED": 100, "TEN_THOUSAND": 10_000, "MILLION": 1_000_000}
#: What a match may want beside a path: only those who know of it send it.
_ASKED = ("query_parameters", "dynamic_metadata", "filter_state", "cookies")
#: A number as the runtime tells it.
_NUMBER = re.compile(r"\d{1,19}(?:\.\d{1,19})?")
#: A fraction as the runtime tells it: as JSON or YAML, or as protobuf writes a struct for people.
_FRACTION = re.compile(
    r"\b(numerator|denominator)\b[\"']?"
    r"(?:\s*:|\s+value\s*\{\s*(?:number|string)_value:)\s*([\"']?)([\w.+-]+)"
)
LONGEST_FRACTION = 500


class _Fraction(Struct):
    numerator: int = 0
    denominator: str = "HUNDRED"


class _RuntimeFraction(Struct):
    default_value: _Fraction = field(default_factory=_Fraction)
    runtime_key: str = ""


class _Cluster(Struct):
    name: str = ""
    weight: int = 0
    cluster_header: str = ""


class _Weighted(Struct):
    clusters: list[_Cluster] = []
    runtime_key_prefix: str = ""


class _Action(Struct):
    cluster: str = ""
    weighted_clusters: _Weighted | None = None


class _Route(Struct):
    match: dict[str, Any] = {}
    route: _Action | None = None


class _VirtualHost(Struct):
    routes: list[_Route] = []


class _RouteConfig(Struct):
    virtual_hosts: list[_VirtualHost] = []


class _Holder(Struct):
    route_config: _RouteConfig | None = None


class _Dump(Struct):
    static_route_configs: list[_Holder] = []
    dynamic_route_configs: list[_Holder] = []


class _Dumps(Struct):
    configs: list[_Dump]


class _Entry(Struct):
    final_value: str


class _Runtime(Struct):
    entries: dict[str, _Entry]


_DUMPS = msgspec.json.Decoder(_Dumps)
_RUNTIME = msgspec.json.Decoder(_Runtime)


class Envoy:
    """A source that reads the admin interface of one Envoy."""

    def __init__(self, options: IntendedOptions) -> None:
        self._patterns = options.patterns()

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """What is configured now. Raises SourceError."""
        at = client.clock()
        answer = await _asked(client, "/config_dump", {"mask": MASK})
        runtime = await _asked(client, "/runtime", {})
        entries: _Runtime = await reading(runtime, lambda: _RUNTIME.decode(runtime.body))
        values = {key: entry.final_value for key, entry in entries.entries.items()}

        def read() -> Meant:
            return meant(ways(_DUMPS.decode(answer.body), values), self._patterns, answer.where)

        return told(await reading(answer, read), at)


async def _asked(client: Client, path: str, params: Mapping[str, str]) -> Answer:
    try:
        answer = await client.get(path, params)
    except SourceError as error:
        if error.status in {400, 404, 405}:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{error}; `url:` is to be where Envoy's admin interface listens",
                status=error.status,
            ) from None
        raise
    if answer.outcome is not Outcome.FRESH:
        raise faults.malformed(answer.where, "is none, though nothing of it is known yet")
    return answer


def ways(dumps: _Dumps, runtime: Mapping[str, str]) -> list[Way]:
    """Every match of every virtual host, with the clusters that its requests are to go to."""
    found: list[Way] = []
    for dump in dumps.configs:
        for holder in dump.static_route_configs + dump.dynamic_route_configs:
            for host in holder.route_config.virtual_hosts if holder.route_config else ():
                found += _ways_of(host, runtime)
    return found


def _ways_of(host: _VirtualHost, runtime: Mapping[str, str]) -> list[Way]:
    found: dict[bytes, Way] = {}
    for route in host.routes:
        match = dict(route.match)
        part = _fraction(match.pop("runtime_fraction", None), runtime)
        key = msgspec.json.encode(match, order="sorted")
        way = found.setdefault(key, Way(rest=1.0, asked_for=_is_asked_for(match)))
        taken = way.rest * part
        way.rest -= taken
        if way.rest <= SAME:
            way.rest = 0.0
        for cluster, share in _clusters(route.route, runtime):
            way.add(Backend(((LABEL, cluster),)), taken * share)
    return list(found.values())


def _clusters(action: _Action | None, runtime: Mapping[str, str]) -> list[tuple[str, float]]:
    """The clusters of a route, and the part of its requests that each is to get."""
    if action is None:
        return []
    weighted = action.weighted_clusters
    if weighted is None:
        return [(action.cluster, 1.0)] if action.cluster else []
    weights = []
    for cluster in weighted.clusters:
        weight = cluster.weight
        if weighted.runtime_key_prefix:
            said = runtime.get(f"{weighted.runtime_key_prefix}.{cluster.name}", "")
            weight = _whole(said, weight)
        weights.append(min(max(weight, 0), LARGEST))
    total = sum(weights)
    return [
        (cluster.name, weight / total if total else 0.0)
        for cluster, weight in zip(weighted.clusters, weights, strict=True)
        if cluster.name
    ]


def _fraction(told: object, runtime: Mapping[str, str]) -> float:
    """The part of its requests that a route matches."""
    if told is None:
        return 1.0
    fraction = msgspec.convert(told, _RuntimeFraction)
    said = runtime.get(fraction.runtime_key, "") if fraction.runtime_key else ""
    percent = _whole(said, -1)
    if percent >= 0:
        return min(1.0, percent / 100)
    default = fraction.default_value
    numerator, denominator = _struct(said) or (default.numerator, default.denominator)
    return min(1.0, min(max(0, numerator), LARGEST) / _DENOMINATORS.get(denominator, 100))


def _struct(said: str) -> tuple[int, str] | None:
    """A fraction that the runtime tells as a struct: (numerator, denominator), as Envoy reads it.

    A numerator that is no number is 0; a denominator that is no name makes it no fraction.
    """
    found = {
        name: (mark, value) for name, mark, value in _FRACTION.findall(said[:LONGEST_FRACTION])
    }
    mark, value = found.get("numerator", ("", "0"))
    _, denominator = found.get("denominator", ("", "HUNDRED"))
    if not found or denominator not in _DENOMINATORS:
        return None
    return 0 if mark else _whole(value, 0), denominator


def _whole(said: str, otherwise: int) -> int:
    """A number of the runtime as Envoy reads it: what is behind its point is cut off.

    Anything else counts as unsaid, one below zero too.
    """
    if said.isascii() and _NUMBER.fullmatch(said):
        return int(said.partition(".")[0])
    return otherwise


def _is_asked_for(match: Mapping[str, Any]) -> bool:
    headers = match.get("headers")
    names = [
        header.get("name") if isinstance(header, dict) else None
        for header in (headers if isinstance(headers, list) else ())
    ]
    wanted = any(isinstance(name, str) and not name.startswith(":") for name in names)
    return wanted or any(match.get(name) for name in _ASKED)
