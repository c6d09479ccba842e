"""A whole migration out of real programs: what mission control shows is what they themselves say.

Two services behind a real Envoy that sends a part of their requests to new and a copy to a shadow,
its counters in a real Prometheus, work items in a real Redmine. The backends count for themselves.
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from goliath_tui.clock import now_ms
from goliath_tui.status import rfc3339
from tests.e2e.metric_stores import metric_store
from tests.e2e.redmine import Redmine, redmine
from tests.e2e.split_gateways import Backend, Split, backend, envoy, send, set_weights
from tests.e2e.terminal import COMMAND, Terminal

PATIENCE_S = 90.0
SERVICES = ("users", "progress")
CONFIG = """\
migration: Moving house
time_zone: UTC
sources:
  traffic:
    kind: prometheus
    url: {prometheus}
    preset: envoy
    step: 1s
    delay: 1s
    history: 0s
    every: 1s
  intended:
    kind: envoy
    url: {admin}
    every: 1s
  tracker:
    kind: redmine
    url: {redmine}
    token: {{env: REDMINE_KEY}}
    projects: [backend]
    points: Story points
    every: 1s
    services:
      - {{service: "*", component: "svc *"}}
"""
Status = dict[str, Any]


class MissionControl:
    """The app in a terminal, and what `status` says of the same cache."""

    def __init__(self, terminal: Terminal, folder: Path, key: str) -> None:
        self._terminal = terminal
        self._folder = folder
        self._key = key

    async def shows(self, condition: Callable[[str], bool] | str) -> str:
        """Waits until the screen shows something."""
        return await asyncio.to_thread(self._terminal.wait_for, condition)

    async def press(self, keys: str) -> None:
        """Types."""
        self._terminal.send(keys)

    async def says(self, true: Callable[[Status], bool]) -> Status:
        """Waits until `status --json` says something; the last it said is in the failure."""
        deadline = time.monotonic() + PATIENCE_S
        while not true(found := await asyncio.to_thread(self._status)):
            assert time.monotonic() < deadline, json.dumps(found, indent=1)
            # The screen must be read, or its program would wait for us.
            await asyncio.to_thread(self._terminal.pump, 0.2)
        return found

    def _status(self) -> Status:
        done = subprocess.run(
            [*COMMAND, "--config", "config.yaml", "status", "--json"],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, 4}, done.stderr
        status: Status = json.loads(done.stdout)
        return status


class Backends:
    """Both sides, and the shadow, of both services."""

    def __init__(self, legacy: Backend, new: Backend, shadow: Backend) -> None:
        self.legacy, self.new, self.shadow = legacy, new, shadow

    def splits(self) -> list[Split]:
        """Each service sends 30 of 100 requests to new."""
        return [
            Split(service, legacy=self.legacy, new=self.new, weights=(70, 30), shadow=self.shadow)
            for service in SERVICES
        ]

    def all_in(self, status: Status) -> bool:
        """Whether the cache has every request that was answered."""
        answered = self.legacy.requests + self.new.requests
        return bool(status["traffic"]["requests"] == answered)

    def share(self, service: str) -> float:
        """new / (legacy + new), by the backends themselves."""
        new, legacy = self.new.asked(service), self.legacy.asked(service)
        return new / (legacy + new)

    def agree(self, status: Status) -> None:
        """Each service's share is what the backends counted."""
        shares = {row["name"]: row["new_share"] for row in status["services"]}
        assert shares == {service: self.share(service) for service in SERVICES}


def states(status: Status) -> dict[str, str]:
    return {source["name"]: source["state"] for source in status["sources"]}


def answered(status: Status) -> dict[str, str]:
    """When each source last answered; moments of one form are in order as text."""
    return {source["name"]: source["last_success"] for source in status["sources"]}


async def plan(tracker: Redmine) -> list[int]:
    """A project with a sprint of 5 + 3 + 2 points, of which the last are nobody's; the issues."""
    due = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
    await tracker.project("backend")
    sprint = await tracker.version("backend", "Sprint 7", due)
    points = tracker.custom_field("Story points")
    issues = []
    for subject, estimate, category in (
        ("Move the profile", 5, "svc users"),
        ("Move the streak", 3, "svc progress"),
        ("Clean up", 2, None),
    ):
        more = (
            {} if category is None else {"category_id": await tracker.category("backend", category)}
        )
        issues.append(
            await tracker.issue(
                "backend",
                subject,
                fixed_version_id=sprint,
                custom_fields=[{"id": points, "value": str(estimate)}],
                **more,
            )
        )
    return issues


async def test_mission_control_over_envoy_prometheus_and_redmine(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        backends = Backends(
            *[
                await stack.enter_async_context(backend(side))
                for side in ("legacy", "new", "shadow")
            ]
        )
        splits = backends.splits()
        gateway = await stack.enter_async_context(envoy(tmp_path, splits))
        store = await stack.enter_async_context(
            metric_store("prometheus", tmp_path, targets=[gateway.admin], path="/stats/prometheus")
        )
        tracker = await stack.enter_async_context(redmine())
        issues = await plan(tracker)
        config = tmp_path / "config.yaml"
        config.write_text(
            CONFIG.format(prometheus=store.url, admin=gateway.admin, redmine=tracker.url)
        )
        terminal = stack.enter_context(
            Terminal(
                *COMMAND, "--config", "config.yaml", cwd=tmp_path, env={"REDMINE_KEY": tracker.key}
            )
        )
        control = MissionControl(terminal, tmp_path, tracker.key)
        await control.says(lambda status: set(states(status).values()) == {"ok"})

        async def looked_again() -> None:
            later = rfc3339(now_ms() + 3_000)
            await control.says(lambda status: answered(status)["intended"] > later)

        # What is configured is known for traffic between two looks at it.
        await looked_again()
        # The share on the screen is what the backends counted; what the shadow got is left out.
        await send(f"{gateway.url}/users", 1500)
        await send(f"{gateway.url}/progress", 500)
        assert backends.shadow.requests == 2000
        status = await control.says(
            lambda status: backends.all_in(status) and status["traffic"]["intended_share"] == 0.3
        )
        backends.agree(status)
        assert not status["traffic"]["off_intended"]
        share = f"{status['traffic']['new_share'] * 100:.1f} %"
        await control.shows(share)

        # The burndown is what was entered.
        assert status["sprint"]["name"] == "Sprint 7"
        assert (status["sprint"]["remaining"], status["sprint"]["done"]) == (10, 0)
        assert status["unmapped"] == {"done": 0, "total": 2}
        await control.shows("10 pt left")
        await control.shows("2 pt unmapped")

        # A weight that is changed at run time is seen: as what is intended, and as what is served.
        await set_weights(gateway, splits[0], legacy=0, new=100)
        served = backends.new.asked("users")
        await send(f"{gateway.url}/users", 300)
        # Nobody has looked yet: what was answered meanwhile is not held against the old weights.
        status = await control.says(backends.all_in)
        assert not status["traffic"]["off_intended"]
        await looked_again()
        await send(f"{gateway.url}/users", 300)
        assert backends.new.asked("users") == served + 600
        status = await control.says(
            lambda status: backends.all_in(status) and status["traffic"]["intended_share"] > 0.3
        )
        backends.agree(status)
        assert not status["traffic"]["off_intended"]

        # Prometheus is killed: its pane says so, and everything else lives on.
        store.program.kill()
        await store.program.ended()
        await control.says(lambda status: states(status)["traffic"] == "failing")
        await control.shows(lambda text: "✕" in text and share[:2] in text)
        closed = (await tracker.statuses())["Closed"]
        await tracker.change(issues[0], status_id=closed)
        status = await control.says(lambda status: status["sprint"]["done"] == 5)
        assert states(status) == {"intended": "ok", "tracker": "ok", "traffic": "failing"}
        await control.shows("5 pt left")

        # It comes back, and tells what was answered while it was away, once.
        await send(f"{gateway.url}/progress", 200)
        port = urlsplit(store.url).port
        await stack.enter_async_context(
            metric_store(
                "prometheus",
                tmp_path,
                targets=[gateway.admin],
                path="/stats/prometheus",
                port=port,
            )
        )
        status = await control.says(
            lambda status: states(status)["traffic"] == "ok" and backends.all_in(status)
        )
        backends.agree(status)
        await control.press("q")
        assert await asyncio.to_thread(terminal.wait_for_end) == 0
