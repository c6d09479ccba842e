"""A full-size snapshot out of a formula: the same figures on every machine, at any size."""

import math
from datetime import UTC, datetime

from msgspec.structs import replace

from goliath_tui.domain import (
    BurndownPoint,
    DifferenceClass,
    FieldCounts,
    GroupRow,
    MigrationState,
    MilestoneRow,
    Mismatches,
    Points,
    Retired,
    ServiceRow,
    SharePoint,
    ShareSeries,
    SideFigures,
    Snapshot,
    SourceHealth,
    SourceState,
    SprintFigures,
    TrafficFigures,
)
from goliath_tui.sources import KINDS

#: Wednesday of a sprint's second week.
NOW = round(datetime(2026, 8, 19, 14, 3, 27, tzinfo=UTC).timestamp() * 1000)
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
GIVES = {
    "gateway": KINDS["goliath-gateway"].measures(KINDS["goliath-gateway"].gives),
    "tracker": KINDS["goliath-tracker"].measures(KINDS["goliath-tracker"].gives),
}
_NAMES = [
    "analytics",
    "assignments",
    "badges",
    "billing",
    "coaches",
    "content",
    "content-library",
    "courses",
    "districts",
    "email",
    "events",
    "exercises",
    "flags",
    "graphql-gateway",
    "groups",
    "identity",
    "locale",
    "mastery",
    "messaging",
    "notifications",
    "payments",
    "profiles",
    "progress",
    "render-server",
    "reports",
    "rosters",
    "search",
    "sessions",
    "translations",
    "users",
    "videos",
    "webhooks",
]
_TEAMS = ("classroom", "content", "platform", "learner", "districts", "growth")
_FIELDS = ("lastSeen", "avatarUrl", "dueDate", "masteryPercent", "displayName", "items", "roles")
_PATHS = ("$.lastSeen", "$.owner.avatarUrl", "$.items[].due", "$.progress.percent", "$.name")


def _wave(i: int, salt: int = 0) -> float:
    """A number in [0, 1) that looks like chance and is none."""
    return math.modf(math.sin((i + 1) * 12.9898 + salt * 78.233) * 43_758.5453)[0] % 1.0


def service_name(i: int) -> str:
    """A name out of the list, numbered when the list is used up."""
    lap, at = divmod(i, len(_NAMES))
    return _NAMES[at] if lap == 0 else f"{_NAMES[at]}-{lap + 1}"


def field_counts(total: int, progress: float) -> FieldCounts:
    """`total` fields, about `progress` of them moved."""
    moved = round(total * progress)
    retired = round(moved * progress * 0.5)
    rest = total - moved
    canary, side = round(rest * 0.2), round(rest * 0.3)
    manual = round(rest * 0.2)
    counts = (rest - canary - side - manual, manual, side, canary, moved - retired, retired)
    return FieldCounts(total=total, by_state=dict(zip(MigrationState, counts, strict=True)))


def service(i: int) -> ServiceRow:
    """The i-th service."""
    started = i % 7 != 6
    progress = min(1.0, 0.35 + 0.75 * _wave(i)) if started else 0.0
    total = 40 + round(_wave(i, 1) * 240)
    scope = 180.0 + round(_wave(i, 2) * 900)
    requests = round(4_000 + _wave(i, 3) * 60_000)
    share = round(progress**0.5, 4) if started else 0.0
    compared = round(requests * 0.2) if started else None
    return ServiceRow(
        name=service_name(i),
        team=_TEAMS[i % len(_TEAMS)],
        started=started,
        points=Points(done=round(scope * progress), total=scope, added=round(scope * 0.06)),
        fields=field_counts(total, progress),
        traffic=TrafficFigures(
            requests=requests,
            span_ms=HOUR,
            resolution_ms=10 * SECOND,
            new_share=share,
            intended_share=share,
            legacy=SideFigures(
                requests=round(requests * (1 - share)),
                error_rate=0.002,
                p50_ms=90.0,
                p95_ms=240 + 400 * _wave(i, 4),
            ),
            new=SideFigures(
                requests=round(requests * share),
                error_rate=0.001 + 0.004 * _wave(i, 5),
                p50_ms=20.0,
                p95_ms=60 + 120 * _wave(i, 6),
            )
            if started
            else None,
        ),
        compared=compared,
        mismatched=round(compared * 0.004 * _wave(i, 7) ** 3) if compared is not None else None,
        failed=3 if compared is not None else None,
        shares=tuple(
            None if not started else max(0.0, share - 0.12 * (1 - k / 47) - 0.02 * _wave(k, i))
            for k in range(48)
        ),
    )


def group(i: int, services: int) -> GroupRow:
    """The i-th mismatch group, the newest first."""
    kinds = tuple(DifferenceClass)
    return GroupRow(
        id=i + 1,
        service=service_name(round(_wave(i, 11) * (services - 1))),
        field=f"{('User', 'Assignment', 'Course', 'Exercise')[i % 4]}.{_FIELDS[i % len(_FIELDS)]}",
        path=_PATHS[i % len(_PATHS)],
        kind=kinds[(i * 7 + 7) % len(kinds)],
        count=1 + round(_wave(i, 12) ** 4 * 30_000),
        first_seen=NOW - round((i + 1) ** 1.6 * HOUR),
        last_seen=NOW - 2 * SECOND - round(i**2.2 * 7 * SECOND),
        is_new=i in {1, 4, 5},
        recent=tuple(round(12 * _wave(k, i) ** (1 + i / 6)) for k in range(24)),
    )


def share_series() -> ShareSeries:
    """A day in ten-minute steps, with one outage of the gateway's statistics."""
    step = 10 * MINUTE
    starts = NOW // step * step - DAY
    points = []
    for k in range(144):
        if 60 <= k < 64:
            continue
        day = 0.55 + 0.45 * math.sin((k - 20) / 144 * 2 * math.pi)
        share = 0.86 + 0.08 / (1 + math.exp(-(k - 70) / 14)) - 0.012 * _wave(k)
        requests = round(9_000 * day + 900)
        points.append(
            SharePoint(
                at=starts + k * step,
                legacy=round(requests * (1 - share)),
                new=round(requests * share),
                intended_share=0.87 if k < 50 else 0.92 if k < 90 else 0.942,
            )
        )
    return ShareSeries(starts=starts, ends=starts + DAY, step_ms=step, points=tuple(points))


def sprint() -> SprintFigures:
    """Sprint 43, its eighth day."""
    monday = datetime(2026, 8, 10, tzinfo=UTC)
    starts = round(monday.timestamp() * 1000)
    scope, remaining = 380.0, 380.0
    points = [BurndownPoint(at=starts, scope=scope, remaining=remaining)]
    at = starts
    while at < NOW:
        at += 3 * HOUR
        when = datetime.fromtimestamp(at / 1000, UTC)
        if at >= NOW or when.weekday() >= 5 or not 9 <= when.hour <= 18:
            continue
        day = (at - starts) // DAY
        if when.hour == 12 and day in {2, 4, 8}:
            scope, remaining = scope + 12, remaining + 12
        remaining -= 8 + round(8 * _wave(len(points), 3))
        points.append(BurndownPoint(at=at, scope=scope, remaining=remaining))
    done = scope - remaining
    return SprintFigures(
        id="43",
        name="Sprint 43",
        starts=starts,
        ends=starts + 14 * DAY,
        day=8,
        days=10,
        committed=380,
        added=31,
        removed=12,
        re_estimated=scope - 380 - 19,
        carried_over=58,
        done=done,
        remaining=remaining,
        unestimated=3,
        burndown=tuple(points),
    )


def sources(**changes: SourceState) -> tuple[SourceHealth, ...]:
    """A gateway and a tracker that are well, unless `changes` say otherwise."""
    base = (("gateway", "goliath-gateway", 10), ("tracker", "goliath-tracker", 60))
    return tuple(
        SourceHealth(
            name=name,
            kind=kind,
            state=changes.get(name, SourceState.OK),
            every_ms=every * SECOND,
            last_poll=NOW - 4 * SECOND,
            last_success=NOW - 4 * SECOND,
            next_at=NOW + 6 * SECOND,
            rows=1_204_112 if name == "gateway" else 48_204,
            requests_per_hour=2_520.0 if name == "gateway" else 540.0,
            skew_ms=12,
            latencies_ms=tuple(30 + round(40 * _wave(k, every)) for k in range(24)),
        )
        for name, kind, every in base
    )


def snapshot(services: int = 32) -> Snapshot:
    """Everything is known and everybody is well."""
    rows = tuple(sorted((service(i) for i in range(services)), key=lambda row: row.name))
    by_state = {
        state: sum(row.fields.by_state[state] for row in rows if row.fields)
        for state in MigrationState
    }
    fields = FieldCounts(total=sum(by_state.values()), by_state=by_state)
    retired = by_state[MigrationState.RETIRED]
    return Snapshot(
        at=NOW,
        live=True,
        revision=1,
        migration="Goliath",
        rehearsal=True,
        points=Points(done=16_480, total=20_010, added=1_203, unestimated=17),
        fields=fields,
        traffic=TrafficFigures(
            requests=812_400,
            span_ms=HOUR,
            resolution_ms=10 * SECOND,
            new_share=0.938,
            intended_share=0.942,
        ),
        retired=Retired(fields=retired, share=retired / fields.total),
        services=rows,
        share_series=share_series(),
        sprint=sprint(),
        milestones=(
            MilestoneRow(
                id="m1",
                name="Minimum viable experience",
                due=NOW + 12 * DAY,
                points=Points(done=14_100, total=14_900, added=800),
            ),
            MilestoneRow(id="m2", name="Endgame", due=None, points=Points(done=2_380, total=5_110)),
        ),
        mismatches=Mismatches(
            groups=48,
            new_groups=3,
            per_minute=14.2,
            recent_step_ms=HOUR,
            feed=tuple(group(i, services) for i in range(48)),
        ),
        sources=sources(),
    )


def nothing_yet() -> Snapshot:
    """The first start: nobody has been asked."""
    fresh = tuple(
        replace(
            source,
            state=SourceState.OFF,
            last_poll=None,
            last_success=None,
            next_at=None,
            rows=0,
            requests_per_hour=None,
            skew_ms=None,
            latencies_ms=(),
        )
        for source in sources()
    )
    return Snapshot(
        at=NOW, live=True, revision=0, migration="Goliath", rehearsal=True, sources=fresh
    )
