"""A small migration: its facts, two APIs that serve it, its config, and what `status` says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from goliath_tui import native
from goliath_tui.clock import now_ms
from goliath_tui.domain import (
    Batch,
    Comparison,
    ComparisonCounts,
    Difference,
    DifferenceClass,
    EventKind,
    Fact,
    Field,
    ItemEvent,
    MigrationState,
    Milestone,
    Poll,
    Progress,
    Service,
    SideTraffic,
    SourceErrorKind,
    Sprint,
    StateChange,
    Traffic,
    WorkItem,
)
from goliath_tui.status import rfc3339
from goliath_tui.store.writer import Writer
from tests.commands.programs import NOWHERE
from tests.sources.hostile_server import Api, Server, serving

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
SOURCES = ("gateway", "tracker")


class Apis(msgspec.Struct, frozen=True):
    """Both APIs."""

    gateway: Server
    tracker: Server


def facts(now: int) -> dict[str, tuple[Fact, ...]]:
    """What each source tells: a field that has moved, one that came half a day ago, a sprint."""
    start = now - 3 * DAY
    return {
        "gateway": (
            Service(name="progress", team="Learning"),
            Field(id="User.id", service="progress"),
            Field(id="User.seen", service="progress"),
            StateChange(field="User.id", at=now - 2 * DAY, state=MigrationState.RETIRED),
            StateChange(field="User.seen", at=now - 12 * HOUR, state=MigrationState.SIDE_BY_SIDE),
            _traffic(now - 20 * MINUTE, legacy=30, new=10),
            _traffic(now - DAY - 20 * MINUTE, legacy=40, new=0),
            ComparisonCounts(
                at=now - 20 * MINUTE,
                width_ms=MINUTE,
                service="progress",
                matched=7,
                mismatched=2,
                ignored=1,
            ),
            Comparison(
                id="c1",
                at=now - 5 * MINUTE,
                field="User.seen",
                differences=(Difference(path="$.due", kind=DifferenceClass.DATE),),
            ),
        ),
        "tracker": (
            Sprint(id="s1", name="Sprint 1", starts=start, ends=now + 4 * DAY),
            Milestone(id="mve", name="MVE", baseline_at=now - 2 * DAY),
            *(WorkItem(id=f"i{n}", title=f"Item {n}") for n in (1, 2, 3)),
            *_item("i1", now - 4 * DAY, points=3, sprint_at=start - HOUR),
            *_item("i2", now - 4 * DAY, points=5, sprint_at=start - HOUR),
            *_item("i3", now - 6 * HOUR, points=2, sprint_at=now - 6 * HOUR + 1),
            ItemEvent(id="e9", item="i1", at=now - 12 * HOUR, kind=EventKind.DONE),
        ),
    }


def _traffic(at: int, *, legacy: int, new: int) -> Traffic:
    return Traffic(
        at=at,
        width_ms=MINUTE,
        service="progress",
        legacy=SideTraffic(requests=legacy),
        new=SideTraffic(requests=new),
        intended=0.5,
    )


def _item(item: str, at: int, *, points: float, sprint_at: int) -> tuple[ItemEvent, ItemEvent]:
    return (
        ItemEvent(
            id=f"{item}-1",
            item=item,
            at=at,
            kind=EventKind.CREATED,
            points=points,
            service="progress",
            milestone="mve",
        ),
        ItemEvent(id=f"{item}-2", item=item, at=sprint_at, kind=EventKind.ENTERED, sprint="s1"),
    )


def write_config(
    folder: Path, *, gateway: str = NOWHERE, tracker: str | None = NOWHERE, more: str = ""
) -> Path:
    """./config.yaml in `folder`, whose cache is then `cache_of(folder)`; `tracker` None: none."""
    lines = ["migration: Moving", "time_zone: UTC", more, "sources:"]
    lines.append(f"  gateway: {{kind: goliath-gateway, url: '{gateway}', every: 10s}}")
    if tracker is not None:
        lines.append(f"  tracker: {{kind: goliath-tracker, url: '{tracker}', every: 60s}}")
    path = folder / "config.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def cache_of(folder: Path) -> Path:
    """Where the config of `write_config` has its cache."""
    return folder / "data" / "moving.sqlite3"


def fill(
    folder: Path,
    now: int,
    *,
    polled_at: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Fills the cache as the poller would have, with a last poll at `polled_at`; None: now."""
    writer = Writer(cache_of(folder))
    at = now if polled_at is None else polled_at
    for source in SOURCES:
        rows = facts(now)[source]
        writer.commit(
            Batch(rows=rows, cursor="1", more=progress is not None),
            Poll(source=source, at=at, took_ms=5, rows=len(rows), requests=1, progress=progress),
        )
    writer.close()


def note_failure(folder: Path, source: str, at: int, kind: SourceErrorKind, error: str) -> None:
    """Writes a poll that failed into the cache."""
    writer = Writer(cache_of(folder))
    writer.fail(Poll(source=source, at=at, took_ms=5, error_kind=kind, error=error))
    writer.close()


@asynccontextmanager
async def apis(now: int) -> AsyncIterator[Apis]:
    """Serves the facts over HTTP."""
    gateway, tracker = Api(native.GATEWAY_API, now_ms), Api(native.TRACKER_API, now_ms)
    for api, source, endpoints in (
        (gateway, "gateway", native.GATEWAY_ENDPOINTS),
        (tracker, "tracker", native.TRACKER_ENDPOINTS),
    ):
        for name, kind in endpoints.items():
            rows = tuple(fact for fact in facts(now)[source] if type(fact) is kind)
            api.pages[name] = {None: native.Page(rows=rows, cursor="1")}
    async with serving(gateway) as first, serving(tracker) as second:
        yield Apis(first, second)


def expected_status(now: int) -> dict[str, Any]:
    """`status --json` of the facts as of `now`, without `at`, `live` and the sources."""
    by_state = {state.value: 0 for state in MigrationState} | {"retired": 1, "side-by-side": 1}
    return {
        "migration": "Moving",
        "points": {"done": 3, "total": 10, "added": 2},
        "fields": {"total": 2, "by_state": by_state},
        "traffic": {
            "new_share": 0.25,
            "intended_share": 0.5,
            "off_intended": False,
            "requests": 40,
            "span_ms": HOUR,
            "resolution_ms": MINUTE,
        },
        "retired": {"fields": 1, "share": 0.5},
        "services": [
            {
                "name": "progress",
                "team": "Learning",
                "points": {"done": 3, "total": 10},
                "fields": {"total": 2, "by_state": by_state},
                "new_share": 0.25,
                "intended_share": 0.5,
                "off_intended": False,
                "compared": 10,
                "mismatched": 2,
                "resolution_ms": MINUTE,
            }
        ],
        "unmapped": {"done": None, "total": None},
        "sprint": {
            "name": "Sprint 1",
            "starts": rfc3339(now - 3 * DAY),
            "ends": rfc3339(now + 4 * DAY),
            "committed": 8,
            "added": 2,
            "removed": 0,
            "done": 3,
            "remaining": 7,
        },
        "mismatches": {
            "groups": 1,
            "new_groups": 1,
            "per_minute": 0.1,
            "span_ms": 10 * MINUTE,
            "resolution_ms": 1,
        },
    }


def expected_a_day_before() -> dict[str, Any]:
    """What differs from `expected_status` in the picture of a day before."""
    by_state = {state.value: 0 for state in MigrationState} | {"retired": 1, "legacy": 1}
    return {
        "points": {"done": 0, "total": 8, "added": 0},
        "fields": {"total": 2, "by_state": by_state},
        "traffic": {
            "new_share": 0.0,
            "intended_share": 0.5,
            "off_intended": True,
            "requests": 40,
            "span_ms": HOUR,
            "resolution_ms": MINUTE,
        },
        "retired": {"fields": 1, "share": 0.5},
    }
