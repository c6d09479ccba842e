"""What is committed: all of a batch or nothing, once, and nothing is refused for want of a name."""

import sqlite3
from pathlib import Path

import msgspec
import pytest

from goliath_tui.domain import (
    Answers,
    Approval,
    Batch,
    Comparison,
    ComparisonCounts,
    Difference,
    DifferenceClass,
    EventKind,
    Fact,
    Field,
    IntendedShare,
    Inventory,
    ItemEvent,
    Loan,
    MigrationState,
    Milestone,
    Person,
    Poll,
    Service,
    SideTraffic,
    SourceError,
    SourceErrorKind,
    SourceSpec,
    Sprint,
    StateChange,
    TimeOff,
    Traffic,
)
from goliath_tui.store.errors import CacheUnavailable
from goliath_tui.store.limits import Limits
from goliath_tui.store.writer import Writer
from tests.store.worlds import DAY, HOUR, MINUTE, START, fill, picture, put


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables but those that count commits, and the window, which is what pictures
    are drawn from faster: it may be forgotten at any time, and pictures are compared as well."""
    names = query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return {
        str(name): query(path, f"SELECT * FROM {name}")
        for (name,) in names
        if name not in {"meta", "_sqlite_migrations", "service_window"}
    }


def differing(id_: str, at: int, *paths: str, field: str = "User.id") -> Comparison:
    found = tuple(Difference(path=path, kind=DifferenceClass.VALUE) for path in paths)
    return Comparison(id=id_, at=at, field=field, differences=found)


#: Until somebody tells a state, no field has one: pictures count fields from then on.
TOLD = StateChange(field="User.id", at=START, state=MigrationState.MANUAL)

EVERYTHING: list[Fact] = [
    Service(name="progress", team="learning", depends_on=("users",)),
    Field(id="User.id", service="progress"),
    StateChange(field="User.id", at=START, state=MigrationState.CANARY, percentage=5),
    Traffic(
        at=START,
        width_ms=MINUTE,
        service="progress",
        legacy=SideTraffic(requests=3, errors=1, latency=(1, 2)),
        new=SideTraffic(requests=1),
        intended=0.2,
    ),
    Traffic(
        at=START,
        width_ms=MINUTE,
        service="progress",
        field="User.id",
        new=SideTraffic(requests=1),
    ),
    ComparisonCounts(at=START, width_ms=MINUTE, service="progress", matched=2),
    ComparisonCounts(at=START, width_ms=MINUTE, service="progress", field="User.id", failed=2),
    msgspec.structs.replace(
        differing("c1", START, "$.a", "$.b[3]", "$.b[4]"),
        answers=Answers(legacy=msgspec.Raw(b"null"), new=msgspec.Raw(b'{"a":1}')),
        operation="getUser",
        trace_id="t1",
    ),
    Sprint(id="s1", name="Sprint 1", starts=START, ends=START + 14 * DAY),
    Milestone(id="m1", name="MVE", baseline_at=START),
    ItemEvent(
        id="e1",
        item="i1",
        at=START,
        kind=EventKind.CREATED,
        points=3,
        service="progress",
        milestone="m1",
    ),
    ItemEvent(id="e2", item="i1", at=START + 1, kind=EventKind.ENTERED, sprint="s1"),
    Person(id="p1", name="Engineer 1", team="learning", skills=("go", "python")),
    TimeOff(id="o1", person="p1", starts=START, ends=START + DAY),
    Loan(id="l1", person="p1", team="content", starts=START),
    IntendedShare(service="progress", at=START, share=0.25),
    Inventory(at=START + DAY, prefix="i", items=("i1",)),
    Approval(id="a1", at=START, title="One more report", service="progress", points=2),
]


def test_a_batch_committed_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, EVERYTHING)
    before = tables(path)
    assert all(before[table] for table in before)
    put(writer, EVERYTHING, cursor="0")
    assert tables(path) == before
    writer.close()


def test_the_revision_grows_with_every_commit(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "cache")
    assert [put(writer, [], at=START + n) for n in range(3)] == [1, 2, 3]
    assert picture(writer.path, now=START).revision == 3
    writer.close()


def test_the_answers_are_kept_byte_by_byte(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    fill(path, EVERYTHING).close()
    assert query(path, "SELECT name, operation, trace_id, legacy, new FROM comparisons") == [
        ("c1", "getUser", "t1", b"null", b'{"a":1}')
    ]
    [(differences,)] = query(path, "SELECT differences FROM comparisons")
    assert msgspec.json.decode(str(differences), type=tuple[Difference, ...])[1].path == "$.b[3]"


def test_a_batch_that_fails_leaves_nothing_behind_not_even_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, [Service(name="progress")])
    before = tables(path)
    broken = Service(name="\ud800")
    with pytest.raises(UnicodeEncodeError):
        put(
            writer,
            [
                Field(id="User.id", service="content"),
                differing("c", START, "$.a"),
                ItemEvent(id="e", item="i", at=START, kind=EventKind.CREATED, points=1),
                broken,
            ],
        )
    assert tables(path) == before
    put(
        writer,
        [
            Field(id="Video.id", service="search"),
            Field(id="User.id", service="content"),
            TOLD,
            differing("c", START, "$.a"),
            ItemEvent(id="e", item="i", at=START, kind=EventKind.CREATED, points=1),
        ],
    )
    snapshot = picture(path, now=START)
    assert [(row.name, row.fields and row.fields.total) for row in snapshot.services] == [
        ("content", 1),
        ("progress", None),
        ("search", 1),
    ]
    assert snapshot.mismatches is not None
    assert [(row.field, row.count) for row in snapshot.mismatches.feed] == [("User.id", 1)]
    assert snapshot.points is not None
    assert snapshot.points.total == 1
    writer.close()


def test_cursors_are_per_source_and_go_with_their_batch(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "cache")
    assert writer.cursor("gateway") is None
    put(writer, [], cursor="g7")
    put(writer, [], cursor="t9", source="tracker")
    assert (writer.cursor("gateway"), writer.cursor("tracker")) == ("g7", "t9")
    writer.fail(Poll(source="gateway", at=START, took_ms=1, error_kind=SourceErrorKind.TIMEOUT))
    assert writer.cursor("gateway") == "g7"
    writer.close()


def test_two_data_sets_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)

    def commit(instance: str | None, service: str, source: str = "gateway") -> None:
        batch = Batch(rows=(Service(name=service),), cursor=service, instance=instance)
        writer.commit(batch, Poll(source=source, at=START, took_ms=1))

    commit(None, "a")
    commit("one", "b")
    commit(None, "c")
    commit("two", "d", source="tracker")
    with pytest.raises(SourceError, match=r"set two.*filled from one.*check the url") as raised:
        commit("two", "e")
    assert raised.value.kind is SourceErrorKind.IDENTITY
    assert writer.cursor("gateway") == "c"
    assert [row.name for row in picture(path).services] == ["a", "b", "c", "d"]
    writer.close()


def test_facts_about_what_nobody_announced_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    fill(
        path,
        [
            Traffic(
                at=START,
                width_ms=MINUTE,
                service="progress",
                field="User.id",
                new=SideTraffic(requests=1),
            ),
            StateChange(field="Video.id", at=START, state=MigrationState.RETIRED),
            differing("c", START, "$.a", field="Video.title"),
            ItemEvent(
                id="e", item="i", at=START, kind=EventKind.CREATED, points=2, service="content"
            ),
            ItemEvent(id="f", item="i", at=START, kind=EventKind.ENTERED, sprint="s"),
        ],
    ).close()
    snapshot = picture(path, now=START)
    assert [row.name for row in snapshot.services] == ["content", "progress"]
    assert snapshot.fields is not None
    assert snapshot.fields.total == 3
    assert snapshot.services[1].fields is not None
    assert snapshot.services[1].fields.total == 1
    assert snapshot.mismatches is not None
    assert [(row.service, row.field) for row in snapshot.mismatches.feed] == [("", "Video.title")]
    assert snapshot.sprint is None


@pytest.mark.parametrize("announced_first", [True, False])
def test_a_field_knows_best_which_service_it_belongs_to(
    tmp_path: Path, announced_first: bool
) -> None:
    path = tmp_path / "cache"
    facts: list[Fact] = [
        Field(id="User.id", service="users"),
        ComparisonCounts(at=START, width_ms=MINUTE, service="progress", field="User.id"),
    ]
    fill(path, [TOLD], *([fact] for fact in (facts if announced_first else facts[::-1]))).close()
    assert [row.name for row in picture(path).services if row.fields] == ["users"]


@pytest.mark.parametrize("first", [0, 1])
def test_until_then_the_earliest_bucket_decides(tmp_path: Path, first: int) -> None:
    path = tmp_path / "cache"
    facts = [
        ComparisonCounts(at=START + n, width_ms=MINUTE, service=service, field="User.id")
        for n, service in enumerate(["users", "progress"])
    ]
    fill(path, [TOLD], [facts[first]], [facts[1 - first]]).close()
    assert [row.name for row in picture(path).services if row.fields] == ["users"]


def test_a_service_that_is_announced_keeps_what_refers_to_it(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    field = Field(id="User.id", service="users")
    fill(path, [TOLD], [field], [Service(name="users", team="identity")], [field]).close()
    [row] = picture(path).services
    assert row.team == "identity"
    assert row.fields is not None
    assert row.fields.total == 1


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_accounts_of_one_bucket_the_fuller_one_stands(tmp_path: Path, first: int) -> None:
    path = tmp_path / "cache"
    accounts = [
        Traffic(
            at=START,
            width_ms=10_000,
            service="users",
            legacy=SideTraffic(requests=10, latency=(4,)),
            new=SideTraffic(requests=requests, latency=(requests,)),
        )
        for requests in (10, 30)
    ]
    fill(path, [accounts[first]], [accounts[1 - first]]).close()
    # The second moment is past the minute: there the sums of steps are read.
    for at in (START + 10_000, START + 20 * MINUTE):
        [row] = picture(path, at).services
        assert row.traffic is not None
        assert (row.traffic.requests, row.traffic.new_share) == (40, 0.75)


def test_counts_that_no_traffic_has_break_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    most = 2**53
    facts = [
        Traffic(
            at=START + n * 10_000,
            width_ms=10_000,
            service="users",
            legacy=SideTraffic(requests=most, errors=most, latency=(most,) * 32),
            new=SideTraffic(requests=most, errors=most, latency=(most,) * 32),
            intended=1.0,
        )
        for n in range(1500)
    ]
    writer = fill(path, facts, [facts[0]])
    assert picture(path, START + 4 * HOUR).share_series is not None
    assert writer.tidy(START + 60 * DAY)
    writer.close()
    assert picture(path, START + 60 * DAY).services[0].name == "users"


def test_only_the_newest_comparisons_of_a_group_are_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    facts = [
        msgspec.structs.replace(
            differing(f"c{n:02}", START + n, "$.a" if n % 2 else "$.b", "$.c"),
            answers=Answers(legacy=msgspec.Raw(b"1"), new=msgspec.Raw(b"2")),
        )
        for n in range(40)
    ]
    limits = Limits(examples_per_group=3)
    writer = Writer(path, limits=limits)
    for batch in (facts[20:30], facts[:10], facts[30:], facts[10:20]):
        put(writer, batch)
        kept = [name for (name,) in query(path, "SELECT name FROM comparisons ORDER BY name")]
        assert len(kept) <= 3 * 2 * limits.examples_per_group
    newest = ["c34", "c35", "c36", "c37", "c38", "c39"]
    assert kept[-6:] == newest
    assert writer.tidy(START)
    writer.close()
    assert query(path, "SELECT name FROM comparisons ORDER BY name") == [(name,) for name in newest]
    assert query(path, "SELECT grp, count(*) FROM examples GROUP BY grp") == [
        (1, 3),
        (2, 3),
        (3, 3),
    ]
    mismatches = picture(path, START + 40).mismatches
    assert mismatches is not None
    assert sorted(row.count for row in mismatches.feed) == [20, 20, 40]


def test_answers_that_are_too_long_are_counted_but_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    long = msgspec.structs.replace(
        differing("c", START, "$.a"),
        answers=Answers(legacy=msgspec.Raw(b"1" * 100), new=msgspec.Raw(b"2" * 100)),
    )
    writer = Writer(path, limits=Limits(answers_bytes_each=199))
    put(writer, [long])
    writer.close()
    assert query(path, "SELECT name, legacy, new FROM comparisons") == [("c", None, None)]
    mismatches = picture(path, START).mismatches
    assert mismatches is not None
    assert mismatches.feed[0].count == 1


def test_two_answers_of_five_million_bytes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    legacy, new = b'"' + b"1" * 5_000_000 + b'"', b'"' + b"2" * 5_000_000 + b'"'
    answers = Answers(legacy=msgspec.Raw(legacy), new=msgspec.Raw(new))
    fill(path, [msgspec.structs.replace(differing("c", START, "$.a"), answers=answers)]).close()
    assert query(path, "SELECT legacy, new FROM comparisons") == [(legacy, new)]


def test_a_list_of_differences_that_is_too_long_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path, limits=Limits(differences_bytes_each=99))
    put(writer, [differing("c", START, *(f"$.a{n}" for n in range(10)))])
    writer.close()
    assert query(path, "SELECT differences FROM comparisons") == [("[]",)]
    mismatches = picture(path, START).mismatches
    assert mismatches is not None
    assert len(mismatches.feed) == 10


def test_dates_that_come_late_replay_the_items_they_concern(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    events: list[Fact] = [
        ItemEvent(
            id="1", item="i", at=START, kind=EventKind.CREATED, points=1, milestone="m", service="a"
        ),
        ItemEvent(id="2", item="i", at=START + DAY, kind=EventKind.ESTIMATED, points=5),
    ]
    writer = fill(path, events, [Milestone(id="m", name="MVE")])
    points = picture(path, START + 2 * DAY).points
    assert points is not None
    assert points.added is None
    put(writer, [Milestone(id="m", name="MVE", baseline_at=START + HOUR)])
    points = picture(path, START + 2 * DAY).points
    assert points is not None
    assert (points.total, points.added) == (5, 4)
    writer.close()


def test_a_sprint_that_turns_out_to_begin_later_has_carried_nothing_over(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    events: list[Fact] = [
        ItemEvent(id="1", item="i", at=START, kind=EventKind.CREATED, points=3, service="a"),
        ItemEvent(id="2", item="i", at=START + HOUR, kind=EventKind.ENTERED, sprint="later"),
        ItemEvent(id="3", item="i", at=START + 2 * HOUR, kind=EventKind.ENTERED, sprint="now"),
    ]
    now = Sprint(id="now", name="Now", starts=START + 3 * HOUR, ends=START + DAY)
    writer = fill(path, [*events, now])
    sprint = picture(path, START + 4 * HOUR).sprint
    assert sprint is not None
    assert (sprint.committed, sprint.carried_over) == (3, 3)
    put(writer, [Sprint(id="later", name="Later", starts=START + DAY, ends=START + 2 * DAY)])
    sprint = picture(path, START + 4 * HOUR).sprint
    assert sprint is not None
    assert (sprint.committed, sprint.carried_over) == (3, 0)
    writer.close()


def test_a_disk_without_room_is_said_and_outlived(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = fill(path, [Service(name="users")])
    [(pages,)] = query(path, "PRAGMA page_count")
    writer._conn.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CacheUnavailable, match="check that the disk has room"):
        put(writer, [Service(name="x" * 500 + str(n)) for n in range(500)], cursor="9")
    writer._conn.execute("PRAGMA max_page_count = 1000000")
    assert writer.cursor("gateway") == "0"
    put(writer, [Service(name="content")], cursor="9")
    assert [row.name for row in picture(path).services] == ["content", "users"]
    writer.close()


def test_what_a_tracker_no_longer_has_is_dropped_once_and_comes_back_when_it_does(
    tmp_path: Path,
) -> None:
    def event(item: str, at: int, kind: EventKind, points: float | None = None) -> ItemEvent:
        return ItemEvent(id=f"{at}:{kind}", item=item, at=at, kind=kind, points=points)

    created = [event(f"A-{n}", START, EventKind.CREATED, 2) for n in (1, 2)]
    path = tmp_path / "cache"
    writer = fill(path, [*created, event("B-1", START, EventKind.CREATED, 2)])
    gone = Inventory(at=START + HOUR, prefix="A-", items=("A-1", "A-9"))
    put(writer, [gone], cursor="2")
    put(writer, [msgspec.structs.replace(gone, at=START + 2 * HOUR)], cursor="3")

    def total(at: int) -> float:
        points = picture(path, at).points
        assert points is not None
        return points.total

    assert [total(START + MINUTE), total(START + 3 * HOUR)] == [6, 4]
    assert query(path, "SELECT count(*) FROM item_events") == [(4,)]
    put(writer, [event("A-2", START + 4 * HOUR, EventKind.REOPENED)], cursor="4")
    assert total(START + 5 * HOUR) == 6


def test_what_a_poll_had_to_say_of_its_rows_is_kept_until_the_next_good_one(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    batch = Batch(rows=(), cursor="1")
    spec = SourceSpec(name="gateway", kind="goliath-gateway", every_ms=MINUTE)
    poll = Poll(source="gateway", at=START, took_ms=1, notes=("one thing", "another"))
    writer.commit(batch, poll)
    failed = Poll(
        source="gateway", at=START + 1, took_ms=1, error="no", error_kind=SourceErrorKind.STATUS
    )
    writer.fail(failed)

    def notes(at: int) -> tuple[str, ...]:
        (gateway,) = picture(path, at, sources=[spec]).sources
        return gateway.notes

    assert notes(START + 10) == ("one thing", "another")
    writer.commit(batch, Poll(source="gateway", at=START + 20, took_ms=1))
    assert notes(START + 30) == ()
    assert notes(START + 10) == ("one thing", "another")


def test_points_of_items_of_no_service_stand_apart(tmp_path: Path) -> None:
    mapped, unmapped = (
        ItemEvent(id="1", item=name, at=START, kind=EventKind.CREATED, points=n, service=service)
        for name, n, service in (("a", 3, "progress"), ("b", 5, None))
    )
    path = tmp_path / "cache"
    writer = fill(path, [mapped])
    assert picture(path, START).unmapped is None
    put(writer, [unmapped], cursor="2")
    found = picture(path, START)
    assert found.points is not None
    assert found.points.total == 8
    assert found.unmapped is not None
    assert (found.unmapped.total, [row.points.total for row in found.services if row.points]) == (
        5,
        [3],
    )
