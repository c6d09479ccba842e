"""The API of an OpenDiffy, answered from comparisons in memory.

Built from what its published source does: which parameters there are, what they are by default,
what is left out at the ends of a span, which moment a listed result has, how a path is named. A
request that has a parameter which the real one does not know, or lacks `start` and `end` where it
would fall back on its defaults, fails the test.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.sources.hostile_server import Request, answer

#: What `end` is where a request does not say.
DEFAULT_END = 1_701_001_001_000
_NO_DIFFERENCE = {"request.method.NoDifference": {"type": "NoDifference"}}
_KNOWN = {
    "info": set[str](),
    "endpoints": {"exclude_noise", "start", "end"},
    "stats": {"exclude_noise", "include_weights", "start", "end"},
    "results": {"include_request", "start", "end"},
    "request": {"include_request", "start", "end"},
}


@dataclass
class Compared:
    """One request: what differed between old and new, and between old and old.

    Both map a path, such as `response.body.name.PrimitiveDifference`, to its two values.
    """

    id: str
    endpoint: str
    at: int
    raw: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    noise: dict[str, tuple[Any, Any]] = field(default_factory=dict)


class DiffyServer:
    """What was compared, and how it is told. `wrong` lists what no client should ask."""

    def __init__(self) -> None:
        self.compared: list[Compared] = []
        self.marked: dict[str, list[str]] = {}
        self.purged: set[str] = set()
        self.now = 0
        self.info: dict[str, Any] = {
            "name": "Users",
            "candidate": {"target": "a:1"},
            "primary": {"target": "b:1"},
            "secondary": {"target": "c:1"},
            "relativeThreshold": 20.0,
            "absoluteThreshold": 0.03,
            "protocol": "http",
        }
        self.wrong: list[str] = []

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(self._told(request)))

    def _told(self, request: Request) -> Any:
        parts = request.path.strip("/").split("/")
        names = [unquote(part) for part in parts]
        query = request.query
        match names:
            case ["api", "1", "info"]:
                self._check("info", request)
                return self.info
            case ["api", "1", "endpoints"]:
                self._check("endpoints", request)
                return self._endpoints(query)
            case ["api", "1", "endpoints", endpoint, "stats"]:
                self._check("stats", request)
                return self._stats(endpoint, query)
            case ["api", "1", "endpoints", endpoint, "fields", prefix, "results"]:
                self._check("results", request)
                return self._results(endpoint, prefix, query)
            case ["api", "1", "requests", ident]:
                self._check("request", request)
                return self._request(ident, query)
        self.wrong.append(f"{request.path} is not there")
        return {"status": 404, "error": "Not Found"}

    def _check(self, what: str, request: Request) -> None:
        known = _KNOWN[what]
        if unknown := set(request.query) - known:
            self.wrong.append(f"{request.path} does not know {unknown}")
        if missing := known - set(request.query):
            self.wrong.append(f"{request.path} is asked without {missing}")

    def _within(self, query: dict[str, str]) -> list[Compared]:
        start, end = int(query.get("start", "0")), int(query.get("end", DEFAULT_END))
        return [one for one in self.compared if start < one.at < end]

    def _endpoints(self, query: dict[str, str]) -> Any:
        found: dict[str, dict[str, int]] = {}
        for one in self._within(query):
            entry = found.setdefault(one.endpoint, {"total": 0, "differences": 0})
            entry["total"] += 1
            entry["differences"] += bool(one.raw)
        return found

    def _stats(self, endpoint: str, query: dict[str, str]) -> Any:
        within = [one for one in self._within(query) if one.endpoint == endpoint]
        if not within:
            return {"error": f"key not found: {endpoint}"}
        raw = Counter[str]()
        noise = Counter[str]()
        for one in within:
            raw.update({**dict.fromkeys(one.raw, 1), **dict.fromkeys(_NO_DIFFERENCE, 1)})
            noise.update({**dict.fromkeys(one.noise, 1), **dict.fromkeys(_NO_DIFFERENCE, 1)})
        fields = {}
        for path, count in raw.items():
            gap = abs(count - noise[path])
            relative, absolute = gap / (count + noise[path]) * 100, gap / len(within) * 100
            told = (
                count > noise[path]
                and relative > self.info["relativeThreshold"]
                and absolute > self.info["absoluteThreshold"]
                and not any(path.startswith(p) for p in self.marked.get(endpoint, ()))
            )
            if told or query["exclude_noise"] == "false":
                fields[path] = {
                    "differences": count,
                    "noise": noise[path],
                    "relative_difference": relative,
                    "absolute_difference": absolute,
                }
        total = {"total": len(within), "differences": sum(bool(one.raw) for one in within)}
        return {"endpoint": total, "fields": fields}

    def _results(self, endpoint: str, prefix: str, query: dict[str, str]) -> Any:
        kept: dict[str, list[Compared]] = {}
        for one in self._within(query):
            if one.endpoint == endpoint:
                for path in (*one.raw, *_NO_DIFFERENCE):
                    queue = kept.setdefault(path, [])
                    if len(queue) < 5:
                        queue.append(one)
        found = {
            one.id: one for path, queue in kept.items() if path.startswith(prefix) for one in queue
        }
        requests = [{**self._shown(one), "timestamp_msec": self.now} for one in found.values()]
        return {"endpoint": endpoint, "path": prefix, "requests": requests}

    def _request(self, ident: str, query: dict[str, str]) -> Any:
        one = next((one for one in self.compared if one.id == ident), None)
        if one is None or ident in self.purged:
            return {"error": "Request purged"}
        sides = [{"status": "200 OK", "body": {"side": side}} for side in ("primary", "candidate")]
        return {**self._shown(one), "request": {}, "left": sides[0], "right": sides[1]}

    @staticmethod
    def _shown(one: Compared) -> dict[str, Any]:
        differences = {
            path: {"type": path.rpartition(".")[2], "left": left, "right": right}
            for path, (left, right) in one.raw.items()
        }
        return {
            "id": one.id,
            "trace_id": "0" * 32,
            "timestamp_msec": one.at,
            "endpoint": one.endpoint,
            "differences": {**differences, **_NO_DIFFERENCE},
        }
