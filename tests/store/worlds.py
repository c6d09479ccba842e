"""Facts for the store's tests: a small world whose moments crowd around the edges of steps."""

from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from goliath_tui.domain import (
    Answers,
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
    Service,
    SideTraffic,
    Snapshot,
    SourceSpec,
    Sprint,
    StateChange,
    Traffic,
    WorkItem,
)
from goliath_tui.domain.subjects import Detail, Subject
from goliath_tui.store.reader import Store
from goliath_tui.store.writer import Writer


def thorough(examples: int) -> settings:
    """Settings for tests on real files: no clock decides whether they hold."""
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )


SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
#: A Tuesday, midnight UTC.
START = 1_770_076_800_000
END = START + 2 * DAY
SOURCES = (SourceSpec(name="gateway", kind="goliath-gateway", every_ms=10_000),)
SERVICES = ("assignments", "content", "progress")
FIELDS = {"User.id": "progress", "User.seen": "progress", "Video.title": "content"}
SPRINTS = tuple(
    Sprint(
        id=f"s{n}",
        name=f"Sprint {n}",
        starts=START + n * 12 * HOUR,
        ends=START + (n + 1) * 12 * HOUR,
    )
    for n in range(4)
)
MILESTONES = (
    Milestone(id="mve", name="MVE", baseline_at=START + 10 * HOUR, due=END),
    Milestone(id="end", name="Endgame"),
)
#: What has no moment of its own.
PLAN: tuple[Fact, ...] = (
    *(Service(name=name, team=name[0], depends_on=SERVICES[:n]) for n, name in enumerate(SERVICES)),
    *(Field(id=field, service=service) for field, service in FIELDS.items()),
    *SPRINTS,
    *MILESTONES,
    *(WorkItem(id=f"i{n}", title=f"Item {n}") for n in range(3)),
)

moments = st.one_of(
    st.integers(START, END),
    # On and beside the edges of steps.
    st.builds(
        lambda step, n, beside: START + n * step + beside,
        st.sampled_from([10 * SECOND, MINUTE, 10 * MINUTE, HOUR]),
        st.integers(0, 48),
        st.integers(-1, 1),
    ),
)
widths = st.sampled_from(
    [10 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE, 25 * MINUTE, HOUR, 6 * HOUR, DAY]
)
counts = st.integers(0, 9)
sides = st.none() | st.builds(
    SideTraffic,
    requests=counts,
    errors=counts,
    latency=st.lists(counts, max_size=3).map(tuple),
)


@st.composite
def traffic(draw: st.DrawFn) -> Traffic:
    width = draw(widths)
    at = draw(moments)
    field = draw(st.none() | st.sampled_from(sorted(FIELDS)))
    return Traffic(
        # Most sources align their buckets.
        at=at - at % width if draw(st.booleans()) else at,
        width_ms=width,
        service=FIELDS[field] if field else draw(st.sampled_from(SERVICES)),
        field=field,
        legacy=draw(sides),
        new=draw(sides),
        shadow=draw(sides),
        intended=draw(st.none() | st.sampled_from([0.0, 0.1, 0.3, 1.0])),
    )


@st.composite
def comparison_counts(draw: st.DrawFn) -> ComparisonCounts:
    field = draw(st.none() | st.sampled_from(sorted(FIELDS)))
    return ComparisonCounts(
        at=draw(moments),
        width_ms=draw(widths),
        service=FIELDS[field] if field else draw(st.sampled_from(SERVICES)),
        field=field,
        matched=draw(counts),
        mismatched=draw(counts),
        ignored=draw(counts),
        failed=draw(counts),
    )


state_changes = st.builds(
    StateChange,
    field=st.sampled_from(sorted(FIELDS)),
    at=moments,
    state=st.sampled_from(MigrationState),
    percentage=st.none() | st.sampled_from([5.0, 50.0]),
)
differences = st.lists(
    st.builds(
        Difference,
        path=st.sampled_from(["$.due", "$.items[0].due", "$.items[7].due"]),
        kind=st.sampled_from([DifferenceClass.DATE, DifferenceClass.TYPE]),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
comparisons = st.builds(
    Comparison,
    id=st.uuids().map(str),
    at=moments,
    field=st.sampled_from(sorted(FIELDS)),
    differences=differences,
    answers=st.none()
    | st.just(Answers(legacy=msgspec.Raw(b'{"due":1}'), new=msgspec.Raw(b'{"due":null}'))),
)
item_events = st.builds(
    ItemEvent,
    id=st.uuids().map(str),
    item=st.sampled_from(["i0", "i1", "i2"]),
    at=moments,
    kind=st.sampled_from(EventKind),
    points=st.none() | st.sampled_from([0.0, 0.1, 0.3, 1.0, 2.5, 8.0]),
    service=st.none() | st.sampled_from(SERVICES),
    sprint=st.none() | st.sampled_from([sprint.id for sprint in SPRINTS]),
    milestone=st.none() | st.sampled_from([milestone.id for milestone in MILESTONES]),
)
facts: st.SearchStrategy[list[Fact]] = st.lists(
    st.one_of(traffic(), traffic(), comparison_counts(), state_changes, comparisons, item_events),
    max_size=40,
)


def known_at(fact: Fact) -> int:
    """The moment from which a fact counts."""
    if isinstance(fact, Traffic | ComparisonCounts):
        return fact.at + fact.width_ms
    if isinstance(fact, StateChange | Comparison | ItemEvent):
        return fact.at
    return 0


def moments_near(found: Sequence[Fact]) -> st.SearchStrategy[int]:
    """Moments at which there is something to see, mostly just after a fact of theirs."""
    known = [known_at(fact) for fact in found if known_at(fact)]
    if not known:
        return moments
    beside = st.one_of(st.just(0), st.integers(-1, 1), st.integers(-15 * MINUTE, 90 * MINUTE))
    return moments | st.builds(int.__add__, st.sampled_from([max(known), *known]), beside)


def fill(path: Path, *batches: Sequence[Fact]) -> Writer:
    """A cache into which the batches were committed, one a second from START on."""
    writer = Writer(path)
    for n, batch in enumerate(batches):
        put(writer, batch, cursor=str(n), at=START + n * SECOND)
    return writer


def put(
    writer: Writer,
    rows: Iterable[Fact],
    *,
    cursor: str = "1",
    at: int = START,
    source: str = "gateway",
) -> int:
    """Commits one batch; returns the revision."""
    found = tuple(rows)
    poll = Poll(source=source, at=at, took_ms=5, rows=len(found), requests=1)
    return writer.commit(Batch(rows=found, cursor=cursor), poll)


def open_store(path: Path, sources: Sequence[SourceSpec] = (), window_ms: int = HOUR) -> Store:
    return Store(
        path,
        migration="Goliath",
        rehearsal=False,
        sources=sources,
        time_zone=UTC,
        window_ms=window_ms,
    )


def picture(
    path: Path,
    at: int | None = None,
    *,
    now: int | None = None,
    sources: Sequence[SourceSpec] = (),
    window_ms: int = HOUR,
) -> Snapshot:
    """One snapshot, from a store that is opened for it."""
    store = open_store(path, sources, window_ms)
    try:
        return store.snapshot(at, now=now)
    finally:
        store.close()


def look_into(
    path: Path,
    subject: Subject,
    at: int | None = None,
    *,
    now: int | None = None,
    sources: Sequence[SourceSpec] = (),
    window_ms: int = HOUR,
) -> Detail | None:
    """One detail, from a store that is opened for it."""
    store = open_store(path, sources, window_ms)
    try:
        return store.detail(subject, at, now=now)
    finally:
        store.close()


def content(snapshot: Snapshot) -> bytes:
    """All of it but how it was asked for and how many commits made it."""
    return msgspec.json.encode(msgspec.structs.replace(snapshot, live=True, revision=0))
