"""Details say what the facts say, worked out in the plainest way."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import (
    Answers,
    Comparison,
    Difference,
    DifferenceClass,
    Fact,
    MigrationState,
    Poll,
    Progress,
    StateChange,
)
from goliath_tui.domain.subjects import (
    ExampleKey,
    FieldDetail,
    FieldOf,
    FieldRow,
    GroupDetail,
    GroupOf,
    Names,
    NamesOf,
    ServiceDetail,
    ServiceOf,
    SidePoint,
    SourcesDetail,
    SourcesOf,
    SprintDetail,
    SprintOf,
    StateMark,
)
from goliath_tui.measures.burndown import current_sprint, figures
from goliath_tui.measures.completion import finished
from goliath_tui.measures.histogram import quantile
from goliath_tui.measures.velocity import velocities
from goliath_tui.store.errors import CacheTooNew
from goliath_tui.store.limits import Limits
from goliath_tui.store.read_sources import POLLS
from goliath_tui.store.schema import SCHEMA_VERSION
from goliath_tui.store.writer import Writer
from tests.store import naive
from tests.store.worlds import (
    DAY,
    FIELDS,
    HOUR,
    MINUTE,
    PLAN,
    SERVICES,
    SOURCES,
    SPRINTS,
    START,
    facts,
    fill,
    look_into,
    moments_near,
    picture,
    put,
    thorough,
)

windows = st.sampled_from([10 * MINUTE, HOUR, 7 * HOUR])


def latest_states(found: Sequence[Fact], field: str, at: int) -> list[StateChange]:
    """The changes that stand, by moment, without what only says the same again."""
    order = list(MigrationState)
    at_once: dict[int, StateChange] = {}
    for fact in found:
        if isinstance(fact, StateChange) and fact.field == field and fact.at <= at:
            rank = (order.index(fact.state), fact.percentage or -1)
            other = at_once.get(fact.at, fact)
            if rank >= (order.index(other.state), other.percentage or -1):
                at_once[fact.at] = fact
    changes: list[StateChange] = []
    for _, change in sorted(at_once.items()):
        said = changes and (changes[-1].state, changes[-1].percentage)
        if said != (change.state, change.percentage):
            changes.append(change)
    return changes


def since(changes: Sequence[StateChange]) -> int | None:
    """When the last of an unbroken run of one state began."""
    begun = None
    for change in reversed(changes):
        if change.state is not changes[-1].state:
            break
        begun = change.at
    return begun


Sums = dict[str, tuple[float, ...]]


def sides_of(account: naive.Account, field: str, after: int, until: int, widest: int) -> Sums:
    sums = naive.summed(account, after, until, widest)
    return {side: counts for (whose, side), counts in sums.items() if whose == field}


def worked(sides: Sums) -> tuple[float, ...] | None:
    parts = [sides[side] for side in ("new", "shadow") if side in sides]
    return tuple(map(sum, zip(*parts, strict=True))) if parts else None


def errors(counts: tuple[float, ...] | None) -> float | None:
    return counts[1] / counts[0] if counts and counts[0] else None


def p95(counts: tuple[float, ...] | None) -> float | None:
    return quantile([int(count) for count in counts[4:]], 0.95) if counts else None


def check_row(row: FieldRow, found: Sequence[Fact], at: int, span: int) -> None:
    changes = latest_states(found, row.id, at)
    assert row.service == FIELDS[row.id]
    assert row.changed_at == since(changes)
    states = naive.states(found, at)
    assert row.state == (None if states is None else states[row.id])
    assert row.percentage == (changes[-1].percentage if changes else None)
    traffic = naive.traffic(found, of_fields=True)
    sides = sides_of(traffic, row.id, at - span, at, span)
    legacy, new = sides.get("legacy"), sides.get("new")
    assert row.requests == (sum(int(part[0]) for part in (legacy, new) if part) if sides else None)
    served = (legacy[0] if legacy else None, new[0] if new else None)
    assert row.new_share == naive.share(*served)
    assert (row.errors_legacy, row.errors_new) == (errors(legacy), errors(worked(sides)))
    assert (row.p95_legacy_ms, row.p95_new_ms) == (p95(legacy), p95(worked(sides)))
    counted = naive.comparisons(found, of_fields=True)
    outcomes = sides_of(counted, row.id, at - span, at, span).get("")
    told = (row.compared, row.mismatched, row.failed)
    assert told == (
        (sum(outcomes[:3]), outcomes[1], outcomes[3]) if outcomes else (None, None, None)
    )


def field_span(found: Sequence[Fact], at: int, window: int) -> int:
    accounts = [
        naive.traffic(found, of_fields=True),
        naive.comparisons(found, of_fields=True),
    ]
    return naive.span(accounts, at, window)


@thorough(60)
@given(st.data(), facts, windows)
def test_a_service(data: st.DataObject, found: list[Fact], window: int) -> None:
    at = data.draw(moments_near(found))
    name = data.draw(st.sampled_from(SERVICES))
    with TemporaryDirectory() as folder:
        path = Path(folder, "cache")
        fill(path, [*PLAN, *found]).close()
        snapshot = picture(path, at, window_ms=window)
        shown = look_into(path, ServiceOf(name), at, window_ms=window)
    assert isinstance(shown, ServiceDetail)
    rows = {row.name: row for row in snapshot.services}
    assert shown.row == rows[name]
    assert shown.span_ms == field_span(found, at, window)
    assert [row.id for row in shown.fields] == sorted(f for f in FIELDS if FIELDS[f] == name)
    for row in shown.fields:
        check_row(row, found, at, shown.span_ms)
    within = [
        bucket.width
        for account in (
            naive.traffic(found, of_fields=True),
            naive.comparisons(found, of_fields=True),
        )
        for bucket in account
        if at - shown.span_ms < bucket.ends <= at
        and bucket.width <= shown.span_ms
        and FIELDS[bucket.service] == name
    ]
    assert shown.resolution_ms == max(within, default=None)
    feed = snapshot.mismatches.feed if snapshot.mismatches else ()
    assert shown.groups == tuple(group for group in feed if group.service == name)
    assert shown.blocked_by == tuple(
        rows[other]
        for other in rows[name].depends_on
        if not finished(rows[other].points, rows[other].fields)
    )
    check_series(shown, found, at)


def check_series(shown: ServiceDetail, found: Sequence[Fact], at: int) -> None:
    """Its points are its own, and in hours they are the shares of its row."""
    own = {
        bucket: counts
        for bucket, counts in naive.traffic(found).items()
        if bucket.service == shown.name
    }
    series = shown.series
    if series is None:
        assert shown.marks == ()
        assert shown.row is not None
        assert all(share is None for share in shown.row.shares)
        return
    assert series.ends == -(-at // series.step_ms) * series.step_ms
    expected = naive.series(own, series.starts, at, series.step_ms)
    assert [(p.at, p.legacy, p.new) for p in series.points] == [
        (p.at, p.legacy, p.new) for p in expected
    ]
    assert shown.marks == tuple(
        sorted(
            (
                StateMark(
                    at=change.at, field=field, state=change.state, percentage=change.percentage
                )
                for field in FIELDS
                if FIELDS[field] == shown.name
                for change in latest_states(found, field, at)
                if change.at >= series.starts
            ),
            key=lambda mark: (mark.at, mark.field),
        )
    )


@thorough(60)
@given(st.data(), facts, windows)
def test_a_field(data: st.DataObject, found: list[Fact], window: int) -> None:
    at = data.draw(moments_near(found))
    name = data.draw(st.sampled_from(sorted(FIELDS)))
    with TemporaryDirectory() as folder:
        path = Path(folder, "cache")
        fill(path, [*PLAN, *found]).close()
        feed = picture(path, at).mismatches
        shown = look_into(path, FieldOf(name), at, window_ms=window)
    assert isinstance(shown, FieldDetail)
    assert shown.span_ms == field_span(found, at, window)
    check_row(shown.row, found, at, shown.span_ms)
    changes = latest_states(found, name, at)
    assert [(mark.at, mark.field, mark.state, mark.percentage) for mark in shown.history] == [
        (change.at, name, change.state, change.percentage) for change in changes
    ]
    counted = naive.comparisons(found, of_fields=True)
    begun = -1 if not changes else since(changes) or 0
    outcomes = sides_of(counted, name, begun, at, 60 * DAY).get("")
    assert (shown.compared_since, shown.mismatched_since) == (
        (sum(outcomes[:3]), outcomes[1]) if outcomes else (None, None)
    )
    mine = [b for b in counted if b.service == name and begun < b.ends <= at]
    assert shown.counted_from == min((b.ends - b.width for b in mine), default=None)
    groups = feed.feed if feed else ()
    assert shown.groups == tuple(group for group in groups if group.field == name)
    check_points(shown, found, at)


def check_points(shown: FieldDetail, found: Sequence[Fact], at: int) -> None:
    traffic = naive.traffic(found, of_fields=True)
    counted = naive.comparisons(found, of_fields=True)
    own = [b for b in (*traffic, *counted) if b.service == shown.row.id and b.ends <= at]
    begins = -(-at // HOUR) * HOUR - DAY
    hours = [b for b in own if b.ends > begins and b.width <= HOUR]
    if hours:
        tens = [-(-b.ends // (10 * MINUTE)) for b in hours if b.width <= 10 * MINUTE]
        wide = [-(-b.ends // HOUR) * 6 for b in hours if b.width > 10 * MINUTE]
        fine = bool(tens) and (not wide or min(tens) <= min(wide))
        step = 10 * MINUTE if fine else HOUR
    else:
        begins, step = -(-at // DAY) * DAY - 60 * DAY, DAY
        if not any(b.ends > begins and b.width <= DAY for b in own):
            assert (shown.points, shown.step_ms) == ((), 0)
            return
    assert (shown.starts, shown.step_ms) == (begins, step)
    assert shown.ends == -(-at // step) * step
    expected = []
    for starts in range(begins, at, step):
        until = min(starts + step, at)
        sides = sides_of(traffic, shown.row.id, starts, until, step)
        outcomes = sides_of(counted, shown.row.id, starts, until, step).get("")
        legacy, new = sides.get("legacy"), worked(sides)
        if not sides and not outcomes:
            continue
        expected.append(
            SidePoint(
                at=starts,
                legacy_requests=None if legacy is None else int(legacy[0]),
                new_requests=None if new is None else int(new[0]),
                legacy_errors=errors(legacy),
                new_errors=errors(new),
                legacy_p95_ms=p95(legacy),
                new_p95_ms=p95(new),
                compared=None if outcomes is None else int(sum(outcomes[:3])),
                mismatched=None if outcomes is None else int(outcomes[1]),
            )
        )
    assert shown.points == tuple(expected)


@thorough(60)
@given(st.data(), facts)
def test_a_sprint(data: st.DataObject, found: list[Fact]) -> None:
    at = data.draw(moments_near(found))
    with TemporaryDirectory() as folder:
        path = Path(folder, "cache")
        fill(path, [*PLAN, *found]).close()
        snapshot = picture(path, at)
        current = look_into(path, SprintOf(), at)
        services = [look_into(path, ServiceOf(name), at) for name in SERVICES]
        shown = {sprint.id: look_into(path, SprintOf(sprint.id), at) for sprint in SPRINTS}
    running = current_sprint(SPRINTS, at)
    if running is None:
        assert current is None
    else:
        assert current == shown[running.id]
        assert isinstance(current, SprintDetail)
        assert current.figures == snapshot.sprint
        for service in services:
            assert isinstance(service, ServiceDetail)
            assert service.items == tuple(i for i in current.items if i.service == service.name)
    _, entries = naive.ledger(found, at)
    expected = {sprint.id: figures(sprint, entries, at, UTC) for sprint in SPRINTS}
    ended = [sprint for sprint in SPRINTS if sprint.ends <= at]
    paces = dict(
        zip(
            (sprint.id for sprint in ended),
            velocities([expected[sprint.id].done for sprint in ended]),
            strict=True,
        )
    )
    for id_, detail in shown.items():
        assert isinstance(detail, SprintDetail)
        whole = expected[id_]
        assert abs(detail.figures.remaining - whole.remaining) < 1e-6
        assert [row.id for row in detail.sprints] == [
            sprint.id for sprint in reversed(SPRINTS) if sprint.starts <= at
        ]
        for row in detail.sprints:
            for name in ("committed", "added", "removed", "done", "remaining"):
                assert abs(getattr(row, name) - getattr(expected[row.id], name)) < 1e-6, name
            pace = paces.get(row.id)
            assert (row.velocity is None) == (pace is None)
            assert abs((row.velocity or 0) - (pace or 0)) < 1e-6
        # Its items are what its scope is made of.
        open_scope = whole.committed + whole.added - whole.removed + whole.re_estimated
        assert abs(sum(part.scope for part in detail.by_service) - open_scope) < 1e-6
        assert abs(sum(part.done for part in detail.by_service) - whole.done) < 1e-6
        kept = [item for item in detail.items if item.status != "dropped"]
        assert sum(part.items for part in detail.by_service) == len(kept)
        carried = sum(item.points or 0 for item in kept if item.carried)
        assert abs(carried - whole.carried_over) < 1e-6 or whole.re_estimated


DIFFERENCE = Difference(path="$.items[3].due", kind=DifferenceClass.DATE)


def comparison(n: int, *, at: int = START, answers: Answers | None = None) -> Comparison:
    return Comparison(
        id=f"c{n}",
        at=at,
        field="User.id",
        differences=(DIFFERENCE,),
        operation="getUser",
        trace_id=f"t{n}",
        answers=answers,
    )


def group_of(path: Path, at: int) -> int:
    found = picture(path, at).mismatches
    assert found is not None
    return found.feed[0].id


def group(path: Path, subject: GroupOf, at: int) -> GroupDetail:
    found = look_into(path, subject, at)
    assert isinstance(found, GroupDetail)
    return found


def test_a_group_with_its_examples_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    answers = Answers(legacy=msgspec.Raw(b'{"due":1}'), new=msgspec.Raw(b'{"due":null}'))
    found = [comparison(n, at=START + n, answers=answers if n else None) for n in range(3)]
    fill(path, [*PLAN, *found]).close()
    number = group_of(path, START + 9)
    newest = group(path, GroupOf(number), START + 9)
    assert [row.id for row in newest.examples] == ["c2", "c1", "c0"]
    assert [row.size for row in newest.examples] == [21, 21, 0]
    assert newest.row.count == 3
    assert newest.shown is not None
    assert newest.shown.row == newest.examples[0]
    assert (newest.shown.legacy, newest.shown.new) == (b'{"due":1}', b'{"due":null}')
    assert newest.shown.differences == (DIFFERENCE,)
    assert (newest.shown.row.operation, newest.shown.row.trace_id) == ("getUser", "t2")
    oldest = group(path, GroupOf(number, newest.examples[2].key), START + 9)
    assert oldest.shown is not None
    assert (oldest.shown.row.id, oldest.shown.legacy, oldest.shown.new) == ("c0", None, None)
    then = group(path, GroupOf(number), START + 1)
    assert ([row.id for row in then.examples], then.row.count) == (["c1", "c0"], 2)
    assert look_into(path, GroupOf(number), START - 1) is None


def test_an_example_that_was_let_go_is_not_replaced_by_another(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path, limits=Limits(examples_per_group=2))
    put(writer, [*PLAN, comparison(0)])
    number = group_of(path, START)
    key = group(path, GroupOf(number), START).examples[0].key
    put(writer, [comparison(n, at=START + n) for n in range(1, 9)], cursor="2")
    assert writer.tidy(START + 9)
    writer.close()
    found = group(path, GroupOf(number, key), START + 9)
    assert found.shown is None
    assert len(found.examples) == 2
    assert group(path, GroupOf(number), START).examples == ()


@pytest.mark.parametrize("number", [-1, 0, 16**13, 2**70])
def test_a_group_that_nobody_saw_is_not_known(tmp_path: Path, number: int) -> None:
    path = tmp_path / "cache"
    fill(path, [*PLAN, comparison(0)]).close()
    assert look_into(path, GroupOf(number), START) is None
    assert look_into(path, GroupOf(number, ExampleKey(START, 1)), START) is None


def test_what_has_no_such_name_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    assert look_into(path, NamesOf(), START) is None
    fill(path, PLAN).close()
    for subject in (ServiceOf("nobody"), FieldOf("No.field"), SprintOf("s99")):
        assert look_into(path, subject, START) is None


def test_everything_by_name(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    fill(path, PLAN).close()
    assert look_into(path, NamesOf(), START) == Names(
        services=SERVICES,
        fields=tuple(sorted(FIELDS.items())),
        sprints=tuple((sprint.id, sprint.name) for sprint in reversed(SPRINTS)),
    )


def test_the_newest_polls_of_each_source(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, PLAN)
    for n in range(POLLS + 9):
        at = START + MINUTE + n
        writer.fail(Poll(source="gateway", at=at, took_ms=n % 2, error=f"error {n}"))
    writer.close()
    last = START + MINUTE + POLLS
    found = look_into(path, SourcesOf(), last, sources=SOURCES)
    assert isinstance(found, SourcesDetail)
    assert list(found.polls) == ["gateway"]
    shown = found.polls["gateway"]
    assert [poll.at for poll in shown] == [last - n for n in range(POLLS)]
    assert shown[0].error == f"error {POLLS}"


def test_while_a_fill_has_not_told_states_and_points_they_are_not_known(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, PLAN)
    progress = Progress(pages=1, rows=20)
    writer.fail(Poll(source="gateway", at=START + MINUTE, took_ms=0, progress=progress))
    writer.close()
    at = START + HOUR

    def ask(subject: ServiceOf | FieldOf | SprintOf) -> object:
        return look_into(path, subject, at, sources=SOURCES)

    service = ask(ServiceOf("progress"))
    assert isinstance(service, ServiceDetail)
    assert (service.fields, service.row and service.row.fields) == ((), None)
    assert ask(FieldOf("User.id")) is None
    assert ask(SprintOf()) is None


def test_a_cache_that_cannot_be_read_is_told_as_for_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    fill(path, PLAN).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(CacheTooNew, match=r"newer goliath-tui.*upgrade"):
        look_into(path, ServiceOf("progress"), START)
    path.write_bytes(b"This is not a database, but it is more than a hundred bytes." * 99)
    assert look_into(path, ServiceOf("progress"), START) is None


def test_live_is_the_moment_that_the_clock_tells(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    change = StateChange(field="User.id", at=START + HOUR, state=MigrationState.CANARY)
    fill(path, [*PLAN, change]).close()
    for now, state in ((START, None), (START + HOUR, MigrationState.CANARY)):
        found = look_into(path, FieldOf("User.id"), now=now)
        assert isinstance(found, FieldDetail)
        assert found.row.state is state
    live = look_into(path, FieldOf("User.id"))
    assert isinstance(live, FieldDetail)
    assert live.row.state is MigrationState.CANARY
