"""What the gateways that many teams run call their counters: data for all that read metrics.

A preset says which counter counts what a gateway sent to each backend, and where in its labels the
service and the side stand when backends are named in the usual way; a config may say otherwise. It
says so of names and labels alone, so it serves a question to a metric store and a scrape of the
gateway itself alike.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from goliath_tui.sources.patterns import is_like
from goliath_tui.sources.sides import SideWords

#: Label → what its value must be. `*` stands for anything, a leading `!` for anything but the rest:
#: `{env: prod}`, `{env: prod-*}`, `{env: "!test"}`, and `{env: "!"}` for one that is not empty.
Where = Mapping[str, str]


class Counter(Struct, frozen=True, kw_only=True):
    """Series that only grow: all of `metric` that fit `where`."""

    metric: str
    where: Where = {}


class Histogram(Struct, frozen=True, kw_only=True):
    """Latencies, as `<metric>_bucket` with the label `le`. `unit_ms`: one unit of `le`, in ms."""

    metric: str
    unit_ms: float


class Preset(Struct, frozen=True, kw_only=True):
    """What one gateway counts, and for whom.

    `requests`: the counter of all requests. `labels`: label → pattern, as `sides.Patterns` takes
    them; `errors` and `latency` carry the same labels. `code`: the label of `requests` that holds
    the status or its class; those that begin with 5 are errors. `errors`: a counter of its own for
    them, where `requests` has no such label.
    """

    requests: Counter
    labels: Mapping[str, str]
    sides: SideWords = SideWords()
    code: str | None = None
    errors: Counter | None = None
    latency: Histogram | None = None


def fits(where: Where, labels: Mapping[str, str]) -> bool:
    """Whether a series with these labels is one of those that `where` asks for."""
    return all(_is(labels.get(label, ""), wanted) for label, wanted in where.items())


def is_error(code: str) -> bool:
    """Whether a status or its class (`503`, `5xx`, `5`) says that the backend failed."""
    return code.startswith("5")


def _is(value: str, wanted: str) -> bool:
    if wanted.startswith("!"):
        return not is_like(value, wanted[1:])
    return is_like(value, wanted)


PRESETS: Mapping[str, Preset] = {
    # Counts what was sent, retries too. Status classes are counters of their own.
    "envoy": Preset(
        requests=Counter(metric="envoy_cluster_upstream_rq_total"),
        labels={"envoy_cluster_name": "{service}-{side}"},
        errors=Counter(
            metric="envoy_cluster_upstream_rq_xx", where={"envoy_response_code_class": "5"}
        ),
        latency=Histogram(metric="envoy_cluster_upstream_rq_time", unit_ms=1),
    ),
    # Both ends of a call count it: only the caller's count knows of answers that never came.
    "istio": Preset(
        requests=Counter(metric="istio_requests_total", where={"reporter": "source"}),
        labels={"destination_service_name": "{service}", "destination_version": "{side}"},
        sides=SideWords(
            legacy=("legacy", "old", "monolith", "v1"),
            new=("new", "v2"),
            shadow=("shadow", "mirror"),
        ),
        code="response_code",
        latency=Histogram(metric="istio_request_duration_milliseconds", unit_ms=1),
    ),
    # A service is called NAME@PROVIDER.
    "traefik": Preset(
        requests=Counter(metric="traefik_service_requests_total"),
        labels={"service": "{service}-{side}@*"},
        code="code",
        latency=Histogram(metric="traefik_service_request_duration_seconds", unit_ms=1000),
    ),
    # One backend (proxy) for a service, with servers of both sides in it: legacy1, legacy2, new1.
    "haproxy": Preset(
        requests=Counter(metric="haproxy_server_http_responses_total"),
        labels={"proxy": "{service}", "server": "{side}"},
        sides=SideWords(
            legacy=("legacy*", "old*", "monolith*"),
            new=("new*",),
            shadow=("shadow*", "mirror*"),
        ),
        code="code",
    ),
    # `source` is `kong` where no backend was asked, because of a limit or of refused credentials.
    "kong": Preset(
        requests=Counter(metric="kong_http_requests_total", where={"source": "service"}),
        labels={"service": "{service}-{side}"},
        code="code",
        latency=Histogram(metric="kong_upstream_latency_ms", unit_ms=1),
    ),
    "hive": Preset(
        requests=Counter(metric="graphql_gateway_subgraph_execute_duration_count"),
        labels={"subgraphName": "{service}-{side}"},
        errors=Counter(metric="graphql_gateway_subgraph_execute_errors"),
        latency=Histogram(metric="graphql_gateway_subgraph_execute_duration", unit_ms=1000),
    ),
    "apollo-router": Preset(
        requests=Counter(
            metric="http_client_request_duration_seconds_count", where={"subgraph_name": "!"}
        ),
        labels={"subgraph_name": "{service}-{side}"},
        code="http_response_status_code",
        latency=Histogram(metric="http_client_request_duration_seconds", unit_ms=1000),
    ),
    # Without a subgraph it is a request of a client.
    "cosmo": Preset(
        requests=Counter(metric="router_http_requests_total", where={"wg_subgraph_name": "!"}),
        labels={"wg_subgraph_name": "{service}-{side}"},
        code="http_status_code",
        latency=Histogram(metric="router_http_request_duration_milliseconds", unit_ms=1),
    ),
}
