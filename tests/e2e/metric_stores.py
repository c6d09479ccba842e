"""Real metric stores on loopback, what they scrape, and histories that they are given at once."""

import asyncio
import time
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from tests.e2e.programs import Program, free_port, program, started
from tests.sources.hostile_server import Request, Server, answer, serving

SCRAPE_S = 0.2

#: (name and labels as one text, as a gateway writes them) → (second, value) in the order of time.
History = Mapping[str, Sequence[tuple[float, float]]]


class Gateway:
    """Something to scrape: `counters` by name and labels, as text. `away`: it answers with 503."""

    def __init__(self) -> None:
        self.counters: dict[str, float] = {}
        self.away = False

    def count(self, cluster: str, requests: float) -> None:
        """Counts requests of an Envoy cluster."""
        name = f'envoy_cluster_upstream_rq_total{{envoy_cluster_name="{cluster}"}}'
        self.counters[name] = self.counters.get(name, 0) + requests

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self.away:
            writer.write(answer(b"", status="503 Service Unavailable"))
            return
        lines = "".join(f"{name} {value}\n" for name, value in self.counters.items())
        writer.write(answer(lines.encode(), headers={"Content-Type": "text/plain; version=0.0.4"}))


class MetricStore:
    """A running metric store."""

    def __init__(self, url: str, running: Program, targets: Sequence[str]) -> None:
        self.url = url
        self.targets = targets
        self.program = running

    async def ask(self, query: str) -> dict[str, float]:
        """An instant query: labels as sorted text → value."""
        params = {"query": query, "nocache": "1", "latency_offset": "1ms"}
        return await asyncio.to_thread(self._ask, urllib.parse.urlencode(params))

    def _ask(self, query: str) -> dict[str, float]:
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{query}", timeout=10) as response:
            result = msgspec.json.decode(response.read())["data"]["result"]
        return {
            ",".join(f"{k}={v}" for k, v in sorted(one["metric"].items())): float(one["value"][1])
            for one in result
        }

    async def until(self, query: str, expected: float, seconds: float = 30.0) -> None:
        """Waits until the only value of a query is the expected one."""
        deadline = time.monotonic() + seconds
        while (found := list((await self.ask(query)).values())) != [expected]:
            assert time.monotonic() < deadline, (query, expected, found)
            await asyncio.sleep(0.05)


@asynccontextmanager
async def gateway() -> AsyncIterator[tuple[Gateway, Server]]:
    """A gateway that serves its counters."""
    serves = Gateway()
    async with serving(serves) as server:
        yield serves, server


@asynccontextmanager
async def metric_store(
    name: str,
    folder: Path,
    *,
    targets: Sequence[str] = (),
    history: History | None = None,
    hides: str = "1ms",
    port: int | None = None,
    path: str = "/metrics",
) -> AsyncIterator[MetricStore]:
    """Prometheus or VictoriaMetrics (`name`) that scrapes these addresses, and knows a history.

    `hides`: how much of what is newest VictoriaMetrics hides; 30s unless it is told otherwise.
    `path`: where targets show their counters.
    With the folder and the `port` of another one that has ended, it is that one, started again.
    """
    port = port or free_port()
    folder = folder / name
    folder.mkdir(exist_ok=True)
    scrape = folder / "scrape.yml"
    hosts = [urllib.parse.urlsplit(target).netloc for target in targets]
    scrape.write_text(_scrape_config(hosts, path), encoding="utf-8")
    if name == "prometheus":
        argv = _prometheus(folder, scrape, port)
        if history:
            await _backfill(folder, history)
        ready = "/-/ready"
    else:
        argv = [*_victoria(folder, scrape, port), f"-search.latencyOffset={hides}"]
        ready = "/health"
    url = f"http://127.0.0.1:{port}"
    async with started(argv, url + ready, folder) as running:
        store = MetricStore(url, running, targets)
        if history and name != "prometheus":
            await asyncio.to_thread(_import, url, history)
            [(series, points)] = list(history.items())[-1:]
            await store.until(f"last_over_time({series}[400d])", points[-1][1])
        yield store


def _prometheus(folder: Path, scrape: Path, port: int) -> list[str]:
    return [
        program("prometheus", package="Debian's prometheus"),
        f"--config.file={scrape}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=400d",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]


def _victoria(folder: Path, scrape: Path, port: int) -> list[str]:
    return [
        program("victoria-metrics", package="Debian's victoria-metrics"),
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder / 'data'}",
        f"-promscrape.config={scrape}",
        "-retentionPeriod=400d",
        "-loggerLevel=WARN",
    ]


def _scrape_config(hosts: Sequence[str], path: str) -> str:
    config = {
        "global": {"scrape_interval": f"{SCRAPE_S}s", "scrape_timeout": f"{SCRAPE_S}s"},
        "scrape_configs": [
            {
                "job_name": "gateway",
                "metrics_path": path,
                "static_configs": [{"targets": hosts}],
            }
        ],
    }
    text = msgspec.json.encode(config).decode()
    return text.replace(f'"{SCRAPE_S}s"', f'"{round(SCRAPE_S * 1000)}ms"')


async def _backfill(folder: Path, history: History) -> None:
    """Writes a history as blocks, before Prometheus starts."""
    lines = [
        f"{series} {value} {at:.3f}" for series, points in history.items() for at, value in points
    ]
    source = folder / "history.txt"
    source.write_text("\n".join([*lines, "# EOF\n"]), encoding="utf-8")
    tool = program("promtool", package="Debian's prometheus")
    argv = [tool, "tsdb", "create-blocks-from", "openmetrics", "-q", source, folder / "data"]
    process = await asyncio.create_subprocess_exec(*map(str, argv))
    assert await process.wait() == 0


def _import(url: str, history: History) -> None:
    """Gives VictoriaMetrics a history."""
    lines = [
        f"{series} {value} {round(at * 1000)}"
        for series, points in history.items()
        for at, value in points
    ]
    body = "\n".join([*lines, ""]).encode()
    request = urllib.request.Request(f"{url}/api/v1/import/prometheus", data=body)
    with urllib.request.urlopen(request, timeout=30) as response:
        assert response.status == 204
