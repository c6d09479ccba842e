"""Details of a service and of a field out of a formula, to go with the factory's snapshot."""

from goliath_tui.domain import MigrationState, ServiceRow, SharePoint, ShareSeries
from goliath_tui.domain.subjects import (
    FieldDetail,
    FieldOf,
    FieldRow,
    ItemRow,
    ServiceDetail,
    ServiceOf,
    SidePoint,
    StateMark,
)
from tests.ui import factory
from tests.ui.factory import DAY, HOUR, MINUTE, NOW, _wave
from tests.ui.still import StillStore

SERVICE = "assignments"
FIELD = "Assignment.dueDate"
_TYPES = ("Assignment", "AssignmentDraft", "Classroom", "Mutation", "Query", "StudentAssignment")
_NAMES = (
    "dueDate",
    "items",
    "contentDescriptor",
    "scores",
    "createdAt",
    "isHidden",
    "progress",
    "subjectMasteryLevelAtAssignmentTime",
)
_TITLES = (
    "Serve the resolvers from the new service",
    "Backfill the mastery snapshots",
    "Compare the answers of both sides",
    "Dates without a zone in old records",
    "Delete the legacy handlers",
    "Alarm on the error rate",
)


def service_row(name: str = SERVICE) -> ServiceRow:
    """A service as the factory's snapshot has it."""
    return next(row for row in factory.snapshot().services if row.name == name)


def field_id(i: int) -> str:
    """The i-th coordinate; the first is `FIELD`."""
    lap, at = divmod(i, len(_TYPES) * len(_NAMES))
    name = f"{_TYPES[at % len(_TYPES)]}.{_NAMES[at // len(_TYPES)]}"
    return name if lap == 0 else f"{name}{lap + 1}"


def field_row(i: int) -> FieldRow:
    """The i-th field: its state moves on with `i`, its comparisons and differences with chance."""
    state = tuple(MigrationState)[(5 - i - i // 6) % 6] if i else MigrationState.CANARY
    called = state not in {MigrationState.LEGACY, MigrationState.RETIRED}
    both = state in {MigrationState.SIDE_BY_SIDE, MigrationState.CANARY}
    percentage = 25.0 if state is MigrationState.CANARY else None
    share = {
        MigrationState.MIGRATED: 1.0,
        MigrationState.RETIRED: 1.0,
        MigrationState.CANARY: 0.248,
    }
    requests = round(800 + 24_000 * _wave(i, 21))
    compared = round(requests * 0.6) if both else None
    mismatched = None if compared is None else round(compared * 0.012 * _wave(i, 22) ** 4)
    return FieldRow(
        id=field_id(i),
        service=SERVICE,
        state=state,
        changed_at=NOW - 9 * DAY
        if i == 0
        else NOW - round((1 + 400 * _wave(i, 23) ** 2) * 6 * HOUR),
        percentage=percentage,
        requests=requests,
        new_share=share.get(state, 0.0),
        compared=compared,
        mismatched=mismatched,
        failed=2 if both else None,
        p95_legacy_ms=None if state is MigrationState.RETIRED else 180 + 400 * _wave(i, 24),
        p95_new_ms=None if state is MigrationState.LEGACY else 40 + 90 * _wave(i, 25),
        errors_legacy=None if state is MigrationState.RETIRED else 0.004 * _wave(i, 26),
        errors_new=0.003 * _wave(i, 27) if called else None,
    )


def series() -> ShareSeries:
    """A day of one service: a step up in the morning, and an hour without statistics."""
    step = 10 * MINUTE
    starts = NOW // step * step - DAY
    points = []
    for k in range(144):
        if 40 <= k < 46:
            continue
        share = 0.42 if k < 62 else 0.52 if k < 110 else 0.62
        requests = round(900 + 500 * _wave(k, 31))
        new = round(requests * (share + 0.02 * _wave(k, 32)))
        points.append(
            SharePoint(
                at=starts + k * step, legacy=requests - new, new=new, intended_share=share + 0.01
            )
        )
    return ShareSeries(starts=starts, ends=starts + DAY, step_ms=step, points=tuple(points))


def marks(starts: int) -> tuple[StateMark, ...]:
    """A lone change, three at once, a roll-out of twelve within the hour, and two at the end."""

    def mark(minutes: int, i: int, state: MigrationState) -> StateMark:
        percentage = 25.0 if state is MigrationState.CANARY else None
        return StateMark(
            at=starts + minutes * MINUTE, field=field_id(i), state=state, percentage=percentage
        )

    return (
        mark(95, 0, MigrationState.SIDE_BY_SIDE),
        *(mark(620 + i, i, MigrationState.CANARY) for i in range(3)),
        *(mark(1080 + 4 * i, i, MigrationState.MIGRATED) for i in range(12)),
        mark(1400, 3, MigrationState.RETIRED),
        mark(1435, 4, MigrationState.CANARY),
    )


def item(i: int) -> ItemRow:
    """The i-th work item."""
    return ItemRow(
        id=f"GOL-{4210 + 7 * i}",
        title=_TITLES[i % len(_TITLES)],
        url=f"https://tracker.example/items/{4210 + 7 * i}" if i != 3 else "file:///etc/passwd",
        service=SERVICE,
        status=("started", "open", "done", "open", "done", "dropped")[i % 6],
        points=None if i == 1 else 1.0 + i % 5,
        carried=i % 4 == 0,
        added=i % 4 == 3,
    )


def service_detail(fields: int = 48, name: str = SERVICE) -> ServiceDetail:
    """All that there is to know about a service."""
    share = series()
    picture = factory.snapshot()
    assert picture.mismatches is not None
    rows = sorted((field_row(i) for i in range(fields)), key=lambda row: row.id)
    blocking = [row for row in picture.services if row.name in {"content-library", "billing"}]
    row = service_row(name)
    return ServiceDetail(
        name=name,
        row=_needing(row),
        span_ms=HOUR,
        resolution_ms=10_000,
        series=share,
        marks=marks(share.starts),
        fields=tuple(rows),
        groups=picture.mismatches.feed[:14],
        items=tuple(item(i) for i in range(9)),
        blocked_by=tuple(blocking),
    )


def _needing(row: ServiceRow) -> ServiceRow:
    from msgspec.structs import replace

    return replace(row, depends_on=("billing", "content-library", "identity"))


def history() -> tuple[StateMark, ...]:
    """Forwards, once back, and forwards again."""
    way = (
        (410, MigrationState.LEGACY, None),
        (96, MigrationState.MANUAL, None),
        (61, MigrationState.SIDE_BY_SIDE, None),
        (24, MigrationState.CANARY, 5.0),
        (23, MigrationState.SIDE_BY_SIDE, None),
        (9, MigrationState.CANARY, 5.0),
        (7, MigrationState.CANARY, 25.0),
    )
    return tuple(
        StateMark(at=NOW - days * DAY, field=FIELD, state=state, percentage=percentage)
        for days, state, percentage in way
    )


def side_points() -> tuple[SidePoint, ...]:
    """A day of both sides: legacy slow by day, one bad hour of new, one hour that nobody saw."""
    step = 10 * MINUTE
    starts = NOW // step * step - DAY
    points = []
    for k in range(144):
        if 40 <= k < 46:
            continue
        bad = 100 <= k < 106
        compared = round(300 + 200 * _wave(k, 41))
        points.append(
            SidePoint(
                at=starts + k * step,
                legacy_requests=400,
                new_requests=500,
                legacy_errors=0.004 * _wave(k, 42),
                new_errors=0.021 if bad else 0.002 * _wave(k, 43),
                legacy_p95_ms=210 + 90 * abs(70 - k) / 70 + 30 * _wave(k, 44),
                new_p95_ms=300 if bad else 60 + 25 * _wave(k, 45),
                compared=compared,
                mismatched=round(compared * (0.03 if bad else 0.002 * _wave(k, 46))),
            )
        )
    return tuple(points)


def field_detail() -> FieldDetail:
    """All that there is to know about a field."""
    points = side_points()
    picture = factory.snapshot()
    assert picture.mismatches is not None
    starts = points[0].at
    return FieldDetail(
        row=field_row(0),
        span_ms=HOUR,
        resolution_ms=10_000,
        history=history(),
        starts=starts,
        ends=starts + DAY,
        step_ms=10 * MINUTE,
        points=points,
        compared_since=1_240_551,
        mismatched_since=4_102,
        groups=picture.mismatches.feed[2:8],
    )


def store() -> StillStore:
    """A store that knows the service and the field."""
    found = StillStore(factory.snapshot())
    found.details[ServiceOf(SERVICE)] = service_detail()
    found.details[FieldOf(FIELD)] = field_detail()
    return found
