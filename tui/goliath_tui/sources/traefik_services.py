"""Traefik's routers and services as its API has them, and the weights among them.

A router leads to a service. A service is a load balancer, or is made of others: weighted among
several, one that is mirrored to others, one that stands in when another is down. Names without
`@provider` are of the provider of whoever names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from goliath_tui.domain import Batch, SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer, Client, Outcome
from goliath_tui.sources.intended import Backend, Way, meant, reading, told
from goliath_tui.sources.intended_options import IntendedOptions

LABEL = "service"
PER_PAGE = 1_000
LARGEST = 2**32
MOST_PAGES = 20
#: Services within services within services: deeper than this is a circle.
DEEPEST = 16
#: The provider of what Traefik serves by itself.
OWN = "internal"
#: Rules that only those requests fit which say so.
_ASKED = re.compile(r"\b(?:Header|HeaderRegexp|Headers|HeadersRegexp|Query|QueryRegexp)\(")


class _Part(Struct):
    name: str
    weight: int | None = None


class _Weighted(Struct):
    services: list[_Part] = []
    sticky: dict[str, Any] | None = None


class _Mirroring(Struct):
    service: str


class _Failover(Struct):
    service: str


class _Service(Struct, rename="camel"):
    name: str
    provider: str = ""
    status: str = ""
    weighted: _Weighted | None = None
    highest_random_weight: _Weighted | None = None
    mirroring: _Mirroring | None = None
    failover: _Failover | None = None


class _Router(Struct):
    name: str
    service: str = ""
    provider: str = ""
    rule: str = ""
    status: str = ""


_Row = TypeVar("_Row")
_SERVICES = msgspec.json.Decoder(list[_Service])
_ROUTERS = msgspec.json.Decoder(list[_Router])


class Traefik:
    """A source that reads the API of one Traefik."""

    def __init__(self, options: IntendedOptions) -> None:
        self._patterns = options.patterns()

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """What is configured now. Raises SourceError."""
        at = client.clock()
        routers, _ = await _all(client, "/api/http/routers", _ROUTERS)
        services, where = await _all(client, "/api/http/services", _SERVICES)
        found = meant(ways(routers, services), self._patterns, where)
        return told(found, at)


async def _all(
    client: Client, path: str, decoder: msgspec.json.Decoder[list[_Row]]
) -> tuple[list[_Row], str]:
    """All rows of a list, page by page, and where they are from. Raises SourceError."""
    rows: list[_Row] = []
    page = 1
    for _ in range(MOST_PAGES):
        answer = await _asked(client, path, page)
        rows += await reading(answer, partial(decoder.decode, answer.body))
        following = answer.headers.get("x-next-page", "1").strip()
        if following == "1":
            return rows, answer.where
        if not (following.isascii() and following.isdecimal()) or int(following[:9]) <= page:
            raise faults.malformed(answer.where, "promises a next page that was already asked")
        page = int(following[:9])
    raise faults.malformed(answer.where, f"goes on after {MOST_PAGES} pages of {PER_PAGE:,} rows")


async def _asked(client: Client, path: str, page: int) -> Answer:
    try:
        answer = await client.get(path, {"per_page": str(PER_PAGE), "page": str(page)})
    except SourceError as error:
        if error.status == 404:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{error}; `url:` is to be where Traefik's API is, which `api:` in its own "
                "configuration switches on",
                status=error.status,
            ) from None
        raise
    if answer.outcome is not Outcome.FRESH:
        raise faults.malformed(answer.where, "is none, though nothing of it is known yet")
    return answer


def ways(routers: Iterable[_Router], services: Iterable[_Service]) -> list[Way]:
    """Every router, with the load balancers that its requests are to go to."""
    split = _Split({service.name: service for service in services})
    found = []
    for router in routers:
        if router.service and router.status != "disabled" and router.provider != OWN:
            way = Way(asked_for=_ASKED.search(router.rule) is not None)
            first = _qualified(router.service, router.provider)
            way.by_client = split.keeps_clients(first)
            for name, part in split.of(first).items():
                way.add(Backend(((LABEL, name),)), part)
            found.append(way)
    return found


class _Split:
    """Which part of a service's requests each load balancer is to get."""

    def __init__(self, services: Mapping[str, _Service]) -> None:
        self._services = services
        self._known: dict[str, dict[str, float]] = {}

    def of(self, name: str, depth: int = 0) -> dict[str, float]:
        """Load balancer → part. Of one that leads to itself, nothing."""
        if depth > DEEPEST:
            return {}
        if name not in self._known:
            self._known[name] = {}
            self._known[name] = self._worked_out(name, depth)
        return self._known[name]

    def keeps_clients(self, name: str, depth: int = 0) -> bool:
        """Whether a client stays where it is sent first, here or further down."""
        service = self._services.get(name)
        if service is None or depth > DEEPEST:
            return False
        if service.highest_random_weight or (service.weighted and service.weighted.sticky):
            return True
        return any(self.keeps_clients(inner, depth + 1) for inner in _leads_to(service))

    def _worked_out(self, name: str, depth: int) -> dict[str, float]:
        service = self._services.get(name)
        if service is None:
            return {name: 1.0}
        instead = service.mirroring or service.failover
        if instead is not None:
            return self.of(_qualified(instead.service, service.provider), depth + 1)
        weighted = service.weighted or service.highest_random_weight
        if weighted is None:
            return {name: 1.0}
        weights = [
            1 if part.weight is None else min(max(0, part.weight), LARGEST)
            for part in weighted.services
        ]
        total = sum(weights)
        parts: dict[str, float] = {}
        for part, weight in zip(weighted.services, weights, strict=True):
            inner = self.of(_qualified(part.name, service.provider), depth + 1)
            for leaf, share in inner.items():
                parts[leaf] = parts.get(leaf, 0.0) + (share * weight / total if total else 0.0)
        return parts


def _leads_to(service: _Service) -> list[str]:
    """The services that a service sends requests on to, all of them."""
    instead = service.mirroring or service.failover
    parts = service.weighted.services if service.weighted else []
    names = [instead.service] if instead else [part.name for part in parts]
    return [_qualified(name, service.provider) for name in names]


def _qualified(name: str, provider: str) -> str:
    return name if "@" in name or not provider else f"{name}@{provider}"
