"""Whose a field is: the names under which gateways compare → fields and the services they are of.

Sources that tell comparisons know a name for what was compared, and often nothing of services.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from goliath_tui.clean import clean_text
from goliath_tui.sources import Options
from goliath_tui.sources.patterns import starred

#: The service of fields that no rule fits: shown, so that it is noticed.
UNMAPPED = "unmapped"
_METHOD = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /\S*")
_SEGMENT = re.compile(r"\{\w+\}")
#: Path segments that are data, not names: whole numbers, UUIDs, long hexadecimal keys.
_DATA = re.compile(
    r"[0-9]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}",
)


class HomeRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields that fit the pattern `field`, in which `*` stands for anything, are of `service`.

    In `service`, `*` is what the only `*` of the pattern stood for.
    """

    field: str
    service: str

    def service_of(self, field: str) -> str | None:
        """The service of a field, if the rule fits it."""
        match = starred(self.field).fullmatch(field)
        if match is None:
            return None
        return self.service.replace("*", match[1] if match.re.groups else "")


class HomeOptions(Options, frozen=True, kw_only=True):
    """Settings that say whose a field is.

    `services`: rules, of which the first that fits decides. `service`: the service of all fields
    that no rule fits. `routes`: REST routes such as `GET /v1/users/{id}`, of which the first that
    fits a request is its field.
    """

    services: tuple[HomeRule, ...] = ()
    service: str | None = None
    routes: tuple[str, ...] = ()

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Rules that can mean nothing."""
        for rule in self.services:
            if not rule.field or not rule.service:
                yield ("services",), "a rule needs `field: PATTERN` and `service: NAME`"
            elif "*" in rule.service and rule.field.count("*") != 1:
                yield ("services",), f"{rule.service}: a * in a service needs one * in its pattern"
        for route in self.routes:
            if not _METHOD.fullmatch(route):
                yield ("routes",), f"{route}: expected a route such as GET /v1/users/{{id}}"


class Homes:
    """Tells services of fields, and remembers which fields nobody's rule fits."""

    def __init__(self, options: HomeOptions) -> None:
        self._options = options
        self._known: dict[str, str] = {}
        self._unmapped: set[str] = set()

    def service_of(self, field: str) -> str:
        """The service of a field; `UNMAPPED` when no rule fits."""
        service = self._known.get(field)
        if service is None:
            if len(self._known) >= 100_000:
                self._known.clear()
            rules = (rule.service_of(field) for rule in self._options.services)
            found = next((s for s in rules if s), self._options.service)
            service = self._known[field] = clean_text(found or UNMAPPED, 512)
            if found is None and len(self._unmapped) < 10_000:
                self._unmapped.add(field)
        return service

    def notes(self) -> Iterable[str]:
        """One line on the fields without a service."""
        if not self._unmapped:
            return
        names = sorted(self._unmapped)
        more = f", and {len(names) - 3:,} more" if len(names) > 3 else ""
        yield (
            f"no rule of `services:` fits {', '.join(names[:3])}{more}: "
            f"counted as the service {UNMAPPED}"
        )


class Routes:
    """Finds the route of a request. Without a route that fits, segments that are data become {}."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._routes = [(_reader(route, "[^/]+"), route) for route in routes]

    def field_of(self, method: str, path: str) -> str:
        """The route of a request whose path has no query."""
        request = f"{method} {path}"
        for reader, route in self._routes:
            if reader.fullmatch(request):
                return route
        return f"{method} {'/'.join('{}' if _DATA.fullmatch(s) else s for s in path.split('/'))}"


def _reader(route: str, segment: str) -> re.Pattern[str]:
    parts = _SEGMENT.split(route)
    return re.compile(segment.join(map(re.escape, parts)))
