"""Jira, both kinds of it: what people did there is what the cache has, whatever comes between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from goliath_tui.domain import (
    Batch,
    EventKind,
    Fact,
    ItemEvent,
    Poll,
    SourceError,
    SourceErrorKind,
    Sprint,
    SprintFigures,
    WorkItem,
)
from goliath_tui.measures.ledger import Stand, stand
from goliath_tui.sources import KINDS, Proof, Setup, jira
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.jira import POLLS_PER_LISTING, Options
from goliath_tui.store.reader import Store
from goliath_tui.store.writer import Writer
from tests.sources.jira_server import TOKEN, USER, JiraServer, serving_jira
from tests.sources.jira_world import DAY, HOUR, MINUTE, Issue, Jira

BOTH = pytest.mark.parametrize("cloud", [True, False], ids=["cloud", "data-center"])
SEARCH = {True: "/rest/api/3/search/jql", False: "/rest/api/2/search"}


class Team:
    """A Jira, its server, and a cache that is filled from it."""

    def __init__(self, world: Jira, served: JiraServer, url: str, cache: Path) -> None:
        self.jira = world
        self.served = served
        self.url = url
        self.cache = cache
        self.clock_ahead_ms = 0
        self.token = TOKEN
        self.batches: list[Batch] = []
        self.cursor: str | None = None
        self.clients: list[Client] = []
        self.restart(board=12)

    def restart(self, **options: Any) -> None:
        """Another process, with these settings, that goes on from what was committed."""
        if options:
            self.options = msgspec.convert(options, Options)
        assert not list(self.options.problems())
        setup = Setup(parts=frozenset({"tracker"}), options=self.options)
        self.source = KINDS["jira"].make(setup)
        self.client = Client(
            Connection(
                base_url=self.url,
                token=lambda: self.token,
                proof=Proof.BASIC,
                user=USER if self.jira.cloud else None,
                timeout_ms=20_000,
            ),
            clock=lambda: self.jira.now + self.clock_ahead_ms,
        )
        self.clients.append(self.client)

    async def poll(self) -> Batch:
        """One batch, committed to the cache."""
        batch = await self.source.poll(self.client, self.cursor)
        await asyncio.to_thread(self._commit, batch)
        self.cursor = batch.cursor
        self.batches.append(batch)
        return batch

    async def catch_up(self, polls: int = 1) -> Batch:
        """Polls until there is no more, seconds after what was done; and again, minutes later."""
        self.jira.tick(3000)
        for _ in range(polls):
            while (await self.poll()).more:
                pass
            self.jira.tick()
        return self.batches[-1]

    def _commit(self, batch: Batch) -> None:
        writer = Writer(self.cache)
        writer.commit(batch, Poll(source="tracker", at=self.jira.now, took_ms=1))
        writer.close()

    def rows(self, kind: type[Any]) -> list[Any]:
        """All rows of a kind that were ever told."""
        return [row for batch in self.batches for row in batch.rows if isinstance(row, kind)]

    def stands(self, item: str) -> Stand:
        """How an item stands, by what was told."""
        events: dict[tuple[int, str], ItemEvent] = {}
        for event in self.rows(ItemEvent):
            if event.item == item:
                events.setdefault((event.at, event.id), event)
        sprints: dict[str, Sprint] = {sprint.id: sprint for sprint in self.rows(Sprint)}
        return stand([events[key] for key in sorted(events)], sprints)

    def sprint(self, at: int | None = None) -> SprintFigures:
        """The sprint's figures in the cache."""
        store = Store(self.cache, migration="Test", rehearsal=False, sources=(), time_zone=UTC)
        try:
            figures = store.snapshot(now=self.jira.now, at=at).sprint
        finally:
            store.close()
        assert figures is not None
        return figures

    async def refused(self) -> SourceError:
        """What the next poll is refused for."""
        with pytest.raises(SourceError) as caught:
            await self.poll()
        assert "\n" not in str(caught.value)
        assert TOKEN not in str(caught.value)
        return caught.value


@asynccontextmanager
async def team(tmp_path: Path, *, cloud: bool = True) -> AsyncIterator[Team]:
    """A team with a Jira that is empty but for its board."""
    world = Jira(cloud=cloud)
    async with serving_jira(world) as (server, served):
        one = Team(world, served, server.url, tmp_path / "cache.db")
        try:
            yield one
        finally:
            for client in one.clients:
                await client.close()


@BOTH
async def test_the_burndown_is_what_was_entered(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        j.plan(37, "Sprint 1")
        j.plan(38, "Sprint 2")
        three, five, two, spike = (j.create(f"Item {n}") for n in range(4))
        for issue, points in ((three, 3.0), (five, 5.0), (two, 2.0)):
            j.tick()
            j.estimate(issue, points)
            j.move(issue, 37)
        j.tick(DAY)
        j.start(37)
        await t.catch_up()
        assert t.sprint().committed == 10.0
        j.tick(DAY)
        j.transition(three, "In Progress")
        j.tick(HOUR)
        j.transition(three, "Done", "Done")
        j.tick(HOUR)
        j.estimate(five, 8.0)
        j.move(spike, 37)
        await t.catch_up()
        j.estimate(spike, 1.0)
        await t.catch_up()
        figures = t.sprint()
        assert (figures.committed, figures.added, figures.re_estimated) == (10.0, 0.0, 4.0)
        assert (figures.done, figures.remaining, figures.unestimated) == (3.0, 11.0, 0)
        halfway = j.now
        j.tick(DAY)
        j.move(two)
        j.transition(three, "In Progress")
        await t.catch_up()
        figures = t.sprint()
        assert (figures.removed, figures.done, figures.remaining) == (2.0, 0.0, 12.0)
        assert t.sprint(at=halfway).remaining == 11.0
        j.transition(three, "Done", "Done")
        j.tick(12 * DAY)
        j.complete(37, five, spike, into=38)
        j.tick(HOUR)
        j.start(38)
        await t.catch_up(2)
        first, second = t.sprint(at=j.now - HOUR + 10 * MINUTE), t.sprint()
        assert (first.name, first.done, first.remaining, first.removed) == ("Sprint 1", 3, 9, 2)
        assert (second.name, second.committed, second.carried_over) == ("Sprint 2", 9.0, 9.0)


def one_step(j: Jira, issue: Issue, n: int, step: int) -> None:
    """What happens to each issue, one after the other."""
    match step:
        case 0:
            j.label(issue, "svc-users", "other")
        case 1:
            j.estimate(issue, float(n))
        case 2:
            j.move(issue, 37)
        case 3:
            j.transition(issue, "In Review")
        case 4:
            j.label(issue)
        case 5:
            j.component(issue, "P", "Q")
        case 6:
            j.transition(issue, "Done", "Done")


@BOTH
async def test_history_is_the_same_however_late_it_is_read(tmp_path: Path, cloud: bool) -> None:
    told = []
    for often in (True, False):
        (tmp_path / str(often)).mkdir()
        async with team(tmp_path / str(often), cloud=cloud) as t:
            j = t.jira
            t.restart(
                board=12,
                services=[{"service": "*", "label": "svc-*"}, {"service": "pay", "component": "P"}],
            )
            j.plan(37, "Sprint 1")
            j.start(37)
            issues = [j.create(f"Item {n}") for n in range(3)]
            for n, step in [(n, step) for n in range(3) for step in range(7)]:
                j.tick(HOUR)
                one_step(j, issues[n], n, step)
                if often:
                    await t.catch_up()
                else:
                    j.tick()
            await t.catch_up()
            events = {(e.item, e.at, e.id): e for e in t.rows(ItemEvent) if e.id[:1] in {"!", "0"}}
            told.append(events)
            assert t.stands(issues[2].key).service == "pay"
    assert told[0] == told[1]
    kinds = [event.kind for key, event in sorted(told[0].items()) if key[0] == "PAY-3"]
    assert kinds == [
        EventKind.CREATED,
        EventKind.MOVED,
        EventKind.ESTIMATED,
        EventKind.ENTERED,
        EventKind.REOPENED,
        EventKind.STARTED,
        EventKind.MOVED,
        EventKind.MOVED,
        EventKind.DONE,
    ]


@BOTH
async def test_an_issue_is_told_as_it_was_created(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        t.restart(board=12, services=[{"service": "users", "label": "users"}])
        j.versions[900] = {"name": "MVE", "due": "2024-05-02" if not cloud else DATE_TIME}
        j.plan(37, "Sprint 1")
        issue = j.create(points=5.0, labels=["users"], sprints=[37], versions=[900], status="3")
        at = j.now
        j.tick(HOUR)
        j.estimate(issue, 3.0)
        await t.catch_up()
        [item] = set(t.rows(WorkItem))
        assert item == WorkItem(
            id="PAY-1", title="Something", url="https://ours.example/browse/PAY-1"
        )
        begins = sorted({e for e in t.rows(ItemEvent) if e.at == at}, key=lambda e: e.id)
        assert begins[0] == ItemEvent(
            id="!0:created", item="PAY-1", at=at, kind=EventKind.CREATED, points=5.0,
            service="users", milestone="900",
        )  # fmt: skip
        assert [e.kind for e in begins[1:]] == [
            EventKind.ENTERED, EventKind.REOPENED, EventKind.STARTED,
        ]  # fmt: skip
        assert t.stands("PAY-1").points == 3.0


DATE_TIME = "2024-05-02T01:02:00.000+10:00"


@BOTH
async def test_nothing_new_costs_what_was_estimated(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        for _ in range(30):
            t.jira.create()
            t.jira.tick(HOUR)
        await t.catch_up(2)
        before = t.served.asked.total()
        rows = [await t.catch_up() for _ in range(60)]
        assert not any(batch.rows for batch in rows)
        asked = (t.served.asked.total() - before) / 60
        expected = jira.requests_per_poll(Setup(parts=frozenset({"tracker"}), options=t.options))
        assert asked == pytest.approx(expected, abs=0.05)


@BOTH
async def test_a_first_fill_is_killed_and_goes_on(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        j.plan(37, "Sprint 1")
        j.start(37)
        for n in range(10_000):
            if n % 3:  # some of them at the very same moment, as an import makes them
                j.tick(20_000)
            issue = j.create(f"Item {n}", sprints=[37])
            if n % 10 == 0:
                j.estimate(issue, 1.0)
        remaining: list[int] = []
        while True:
            batch = await t.poll()
            assert batch.remaining is not None
            remaining.append(batch.remaining)
            if len(remaining) in {3, 7}:
                t.restart()
            if len(remaining) == 5:  # answered, but the process ended before it was committed
                await t.source.poll(t.client, t.cursor)
                t.restart()
            if not batch.more:
                break
        assert remaining[0] > 10_000
        assert all(later < before for before, later in pairwise(filter(None, remaining)))
        assert {item.id for item in t.rows(WorkItem)} == {f"PAY-{n + 1}" for n in range(10_000)}
        assert t.sprint().committed + t.sprint().added + t.sprint().re_estimated == 1000.0
        assert t.served.asked.total() < 300
        assert max(batch.requests for batch in t.batches) <= 25
        assert max(len(batch.rows) for batch in t.batches) < 6000


@BOTH
async def test_what_changes_between_pages_is_not_lost(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j, t.served.most = t.jira, 5
        issues = []
        for n in range(40):
            issues.append(j.create(f"Item {n}"))
            j.tick(0 if n < 20 else HOUR)
        deleted = {issues[1].key, issues[30].key}

        def meddle(path: str, number: int) -> None:
            if path == SEARCH[cloud] and number == 14:
                j.delete(issues[1])
            if path == SEARCH[cloud] and number == 17:
                j.delete(issues[30])
                j.estimate(issues[0], 8.0)

        t.served.before = meddle
        await t.catch_up(2)
        there = {issue.key for issue in j.issues.values()}
        assert {item.id for item in t.rows(WorkItem)} >= there
        assert t.stands("PAY-1").points == 8.0
        j.tick(3 * DAY)
        for issue in issues:
            if issue.key not in deleted:
                j.estimate(issue, 1.0)
                j.tick(0 if issue.id % 2 else HOUR)
        asked = iter(range(100))

        def slide(path: str, number: int) -> None:
            if path == SEARCH[cloud] and (n := next(asked)) in {1, 3}:
                j.estimate(issues[2 + n], 13.0)

        t.served.before = slide
        await t.catch_up(3)
        for issue in j.issues.values():
            assert t.stands(issue.key).points == issue.points


async def test_a_crowd_of_issues_of_one_moment_slides_and_is_read_again(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j, t.served.most = t.jira, 5
        issues = [j.create(f"Item {n}") for n in range(30)]
        await t.catch_up(2)
        j.tick(DAY)
        for issue in issues:
            j.estimate(issue, 2.0)
        j.tick(DAY)
        seconds = iter(range(100))

        def slide(path: str, number: int) -> None:
            if path == SEARCH[True] and (n := next(seconds)) in {2, 3}:
                j.tick(1000)
                j.estimate(issues[n], 13.0)

        t.served.before = slide
        await t.catch_up(3)
        for issue in issues:
            assert t.stands(issue.key).points == issue.points


async def test_an_index_that_lags_loses_nothing(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        issue = j.create()
        await t.catch_up(2)
        t.served.lag_ms = 3 * MINUTE
        j.tick(DAY)
        j.estimate(issue, 5.0)
        late = j.create("Late", points=1.0)
        await t.catch_up(5)
        assert t.stands(issue.key).points == 5.0
        assert t.stands(late.key).points == 1.0


@BOTH
async def test_a_deleted_issue_is_dropped_and_one_that_comes_back_is_back(
    tmp_path: Path, cloud: bool
) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        stays, goes = j.create(points=1.0), j.create(points=2.0)
        await t.catch_up(2)
        j.delete(goes)
        await t.catch_up(POLLS_PER_LISTING + 1)
        assert t.stands(goes.key).status == "dropped"
        assert t.stands(stays.key).status == "open"
        j.issues[goes.id] = goes
        await t.catch_up(POLLS_PER_LISTING)
        assert t.stands(goes.key).status == "open"
        assert t.stands(goes.key).points == 2.0


async def test_one_listing_that_misses_an_issue_drops_nothing(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        issues = [t.jira.create(points=1.0) for _ in range(3)]
        await t.catch_up(2)
        missed: list[str] = []

        def miss(page: dict[str, Any]) -> dict[str, Any]:
            if missed or len(page["issues"]) < 3 or "fields" in page["issues"][0]:
                return page
            missed.append(page["issues"][1]["key"])
            return {**page, "issues": [page["issues"][0], page["issues"][2]]}

        t.served.answers[SEARCH[True]] = miss
        await t.catch_up(POLLS_PER_LISTING * 2)
        assert missed == [issues[1].key]
        assert not [e for e in t.rows(ItemEvent) if e.kind is EventKind.DROPPED]


async def test_what_was_done_stays_in_its_sprint(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        t.restart(board=12, services=[{"service": "*", "label": "*"}])
        j.plan(37, "Sprint 1")
        j.start(37)
        issue = j.create(points=1.0, sprints=[37])
        j.tick(DAY)
        j.transition(issue, "Done", "Done")
        j.tick(DAY)
        j.complete(37)
        j.tick(DAY)
        j.label(issue, "late")
        await t.catch_up(2)
        stands = t.stands(issue.key)
        assert (stands.sprint, stands.status, stands.service) == ("ours.example:37", "done", "late")


async def test_when_all_issues_are_gone_from_sight_nothing_is_dropped(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        issue = t.jira.create()
        await t.catch_up(2)
        t.jira.issues.clear()
        with pytest.raises(SourceError, match="shows none of the 1 issues") as caught:
            await t.catch_up(POLLS_PER_LISTING + 1)
        assert caught.value.kind is SourceErrorKind.CONFIG
        assert t.stands(issue.key).status == "open"


@BOTH
async def test_an_issue_that_moved_between_projects_stays_one_item(
    tmp_path: Path, cloud: bool
) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        j.boards[12]["projects"] = ["PAY", "USR"]
        t.restart(
            board=12,
            services=[{"service": "users", "project": "USR"}, {"service": "pay", "project": "*"}],
        )
        issue = j.create(points=3.0)
        await t.catch_up(2)
        at = j.tick(HOUR)
        j.move_project(issue, "USR")
        await t.catch_up(POLLS_PER_LISTING * 2)
        assert {item.id for item in t.rows(WorkItem)} == {"PAY-1"}
        assert t.rows(WorkItem)[-1].title == "USR-1 Something"
        assert t.stands("PAY-1").service == "users"
        assert t.stands("PAY-1").status == "open"
        moved = [e for e in t.rows(ItemEvent) if e.kind is EventKind.MOVED and e.id[:1] == "0"]
        assert {(e.at, e.service) for e in moved} == {(at, "users")}


@BOTH
async def test_epics_and_sub_tasks_are_no_work_items_but_name_services(
    tmp_path: Path, cloud: bool
) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        t.restart(board=12, services=[{"service": "*", "epic": "Move *"}])
        epic, other = j.create("Move users", kind="11"), j.create("Move pay", kind="11")
        issue, child = j.create(epic=epic.key), j.create(kind="12")
        await t.catch_up(2)
        at = j.tick(HOUR)
        j.parent(issue, other)
        await t.catch_up()
        assert {item.id for item in t.rows(WorkItem)} == {issue.key}
        assert t.stands(issue.key).service == "pay"
        [created] = {e for e in t.rows(ItemEvent) if e.kind is EventKind.CREATED}
        assert created.service == "users"
        assert at in {e.at for e in t.rows(ItemEvent) if e.service == "pay"}
        j.tick(HOUR)
        j.retype(issue, "12")
        j.retype(child, "13")
        await t.catch_up()
        assert t.stands(issue.key).status == "dropped"
        assert t.stands(child.key).status == "open"


async def test_an_estimate_without_a_log_has_a_history_from_the_first_poll_on(
    tmp_path: Path,
) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        issue = j.create(points=3.0)
        await t.catch_up(2)
        at = j.tick(DAY)
        j.estimate(issue, 8.0, log=False)
        await t.catch_up()
        assert t.stands(issue.key).points == 8.0
        assert at in {e.at for e in t.rows(ItemEvent) if e.points == 8.0}


async def test_points_as_texts_and_words(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        t.restart(board=12, scale={"M": 3, "XL": 8}, points_per_day=2)
        number, word, chosen = j.create(points="5"), j.create(points=" xl "), j.create()
        odd, none = j.create(points="soon"), j.create()
        await t.catch_up()
        j.estimate(chosen, {"value": "M", "id": "1"})
        batch = await t.catch_up(2)
        assert [t.stands(i.key).points for i in (number, word, chosen)] == [2.5, 8.0, 3.0]
        assert t.stands(odd.key).points is None
        assert (
            "1 issue, such as PAY-4: the estimate is no number of points: give its word one with "
            "`scale:`"
        ) in batch.notes
        assert f"2 issues, such as {odd.key}: no estimate" in batch.notes
        t.restart()
        assert f"2 issues, such as {odd.key}: no estimate" in (await t.catch_up()).notes
        j.estimate(none, 1.0)
        j.estimate(odd, 1.0)
        assert [note for note in (await t.catch_up()).notes if "issue" in note] == []


async def test_done_started_and_dropped(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        t.restart(board=12, done=["Done"], started=["In Progress"], dropped=["In Review", "Parked"])
        j.statuses["6"] = ("Parked", "indeterminate")
        names = ("In Progress", "In Review", "Done", "Parked")
        issues = [j.create(points=1.0) for _ in names]
        wont = j.create(points=1.0)
        for issue, name in zip(issues, names, strict=True):
            j.transition(issue, name)
        j.transition(wont, "Done", "Won't Do")
        await t.catch_up()
        assert [t.stands(i.key).status for i in issues] == ["started", "dropped", "done", "dropped"]
        assert t.stands(wont.key).status == "dropped"
        del j.statuses["6"]
        j.touch(issues[3])
        t.restart()
        batch = await t.catch_up()
        assert any("a status that Jira has no more" in note for note in batch.notes)


async def test_other_rules_hold_from_now_on(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        t.restart(board=12, services=[{"service": "a", "label": "x"}])
        issue = j.create(labels=["x"], points=4.0)
        await t.catch_up(2)
        assert t.stands(issue.key).service == "a"
        t.restart(board=12, services=[{"service": "b", "label": "x"}], points_per_day=2)
        batch = await t.catch_up()
        assert (t.stands(issue.key).service, t.stands(issue.key).points) == ("b", 2.0)
        assert any("told by other rules since 2023-11-14" in note for note in batch.notes)


def sprint_names(rows: list[Fact]) -> list[tuple[str, int, int]]:
    return [(row.name, row.starts, row.ends) for row in rows if isinstance(row, Sprint)]


@BOTH
async def test_sprints_are_renamed_completed_and_reopened(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        for number in range(100, 160):
            j.plan(number, f"Old {number}")
            j.start(number)
            j.complete(number)
            j.tick(HOUR)
        j.plan(200, "Next")
        j.plan(201, "Later")
        await t.catch_up(2)
        assert len(t.rows(Sprint)) == 60
        began = j.now
        j.start(200)
        j.sprints[200]["name"] = "Now"
        [sprint] = [s for b in [await t.catch_up()] for s in b.rows if isinstance(s, Sprint)]
        assert (sprint.name, sprint.starts) == ("Now", began)
        assert sprint.ends == began + 14 * DAY
        j.tick(DAY)
        j.complete(200)
        [sprint] = [s for s in (await t.catch_up()).rows if isinstance(s, Sprint)]
        assert sprint.ends == j.sprints[200]["completed"]
        j.reopen(200)
        [sprint] = [s for s in (await t.catch_up()).rows if isinstance(s, Sprint)]
        assert sprint.ends == began + 14 * DAY
        j.tick(15 * DAY)
        batch = await t.catch_up()
        [sprint] = [s for s in batch.rows if isinstance(s, Sprint)]
        assert sprint.ends > j.now
        assert "sprint Now is over since its planned end, but not completed" in batch.notes


async def test_an_issue_in_two_sprints_is_in_the_one_it_came_into_last(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        for number in (37, 38):
            j.plan(number, f"Sprint {number}")
            j.start(number)
        issue = j.create(points=1.0)
        for sprints, now in (((37,), 37), ((37, 38), 38), ((37,), 37), ((), None), ((99,), 99)):
            j.tick(HOUR)
            j.move(issue, *sprints)
            await t.catch_up()
            expected = None if now is None else f"ours.example:{now}"
            assert t.stands(issue.key).sprint == expected


@pytest.mark.parametrize("kind", ["kanban", "sprintless", "empty"])
async def test_boards_without_sprints(tmp_path: Path, kind: str) -> None:
    async with team(tmp_path) as t:
        t.jira.create(points=1.0)
        if kind == "kanban":
            t.jira.boards[12]["type"] = "kanban"
        elif kind == "sprintless":
            t.jira.boards[12]["sprintless"] = True
        batch = await t.catch_up(2)
        assert any("no burndown" in note for note in batch.notes)
        assert t.rows(WorkItem)
        assert (await t.catch_up()).notes == batch.notes


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"board": 13}, "no board 13: it shows this token 12 (Payments)"),
        ({"board": "Paymnts"}, "no board Paymnts: it shows this token 12 (Payments)"),
        ({"board": "Twin"}, "several boards named Twin: put the id of the right one into `board:`"),
        (
            {"board": 12, "points_field": "Story Point"},
            "change `points_field:` to one of customfield_10016 (Story Points)",
        ),
        ({"project": "NOPE"}, "The value 'NOPE' does not exist for the field 'project'"),
        ({"board": 12, "jql": "colour = red"}, "Field 'colour' does not exist"),
        ({"board": 12, "deployment": "data-center"}, "`url:` is the address of Jira itself"),
    ],
)
async def test_what_the_config_has_wrong(
    tmp_path: Path, options: dict[str, Any], advice: str
) -> None:
    async with team(tmp_path) as t:
        t.jira.create()
        t.jira.board(20, "Twin")
        t.jira.board(21, "Twin")
        t.restart(**options)
        error = await t.refused()
        assert advice in str(error)
        assert error.kind is SourceErrorKind.CONFIG


async def test_a_wrong_address(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        t.url += "/wiki"
        t.restart()
        assert "`url:` is the address of Jira itself" in str(await t.refused())


async def test_names_and_projects_in_place_of_ids(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        j.create(points=2.0)
        j.board(14, "No filter", filter=False, estimation={"type": "issueCount"})
        for options in (
            {"board": "payments"},
            {"board": 14},
            {"project": "PAY"},
            {"jql": "labels = no OR project = PAY", "board": [12, "No filter"]},
            {"project": ["PAY"], "points_field": "story points", "since": "2020-01-01"},
        ):
            t.cursor, t.cache = None, tmp_path / f"{len(t.batches)}.db"
            t.batches = []
            t.restart(**options)
            batch = await t.catch_up(2)
            assert t.stands("PAY-1").points == 2.0, options
            without = {"project": "without a `board:`", "board": "counts issues, not points"}
            if options == {"board": 14}:
                assert any(without["board"] in note for note in batch.notes)
            if "board" not in options:
                assert any(without["project"] in note for note in batch.notes)


@BOTH
async def test_credentials_that_are_refused_at_once_and_in_the_middle(
    tmp_path: Path, cloud: bool
) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j, t.served.most = t.jira, 10
        for n in range(60):
            j.create(f"Item {n}", points=1.0)
            j.tick(HOUR)
        right, t.token = t.token, "wrong"
        assert (await t.refused()).kind is SourceErrorKind.AUTH
        t.token = right
        t.restart()
        accepted = set(t.served.accepts)

        def expire(path: str, number: int) -> None:
            if path == SEARCH[cloud] and t.served.asked[path] == 4:
                t.served.accepts.clear()

        t.served.before = expire
        batch = await t.poll()
        assert batch.more
        told = {item.id for item in t.rows(WorkItem)}
        assert 0 < len(told) < 60
        assert (await t.refused()).kind is SourceErrorKind.AUTH
        t.served.accepts |= accepted
        await t.catch_up()
        assert len({item.id for item in t.rows(WorkItem)}) == 60


async def test_a_login_that_jira_does_not_believe_is_refused(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        t.served.headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
        assert (await t.refused()).kind is SourceErrorKind.AUTH


@BOTH
async def test_limits_are_obeyed_and_nothing_is_lost(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j, t.served.most = t.jira, 10
        for n in range(40):
            j.create(f"Item {n}")
            j.tick(HOUR)
        await t.poll()
        t.restart()
        t.served.limits[SEARCH[cloud]] = 1
        error = await t.refused()
        assert (error.kind, error.retry_after_ms) == (SourceErrorKind.RATE_LIMIT, 7000)
        await t.catch_up()
        assert len({item.id for item in t.rows(WorkItem)}) == 40


@pytest.mark.parametrize("ahead_ms", [-2 * HOUR, 2 * HOUR])
@BOTH
async def test_clocks_that_disagree(tmp_path: Path, cloud: bool, ahead_ms: int) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        t.clock_ahead_ms = ahead_ms
        issue = j.create(points=1.0)
        await t.catch_up(2)
        for n in range(5):
            j.tick(HOUR)
            j.estimate(issue, float(n))
            j.tick(30 * MINUTE)
            batch = await t.catch_up()
            assert t.stands(issue.key).points == float(n)
        assert batch.skew_ms == pytest.approx(-ahead_ms, abs=1000)
        assert batch.requests <= 4


async def test_a_proxy_whose_clock_is_wrong(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j, t.served.date_ahead_ms = t.jira, -HOUR
        issue = j.create(points=1.0)
        await t.catch_up(2)
        j.tick(HOUR)
        j.estimate(issue, 2.0)
        j.tick(30 * MINUTE)
        await t.catch_up()
        assert t.stands(issue.key).points == 2.0


async def test_changes_from_the_future_are_refused(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        t.jira.create()
        t.clock_ahead_ms = -3 * DAY
        assert "from the future by this machine's clock" in str(await t.refused())


@BOTH
async def test_pages_that_repeat_end(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        for _ in range(30):
            t.jira.create()
        t.served.most = 10

        def repeat(page: dict[str, Any]) -> dict[str, Any]:
            issues = sorted(page["issues"], key=lambda one: int(one["id"]))
            same = {**page, "issues": [{**one, "id": str(n), "key": f"PAY-{n + 1}"}
                                       for n, one in enumerate(issues)]}  # fmt: skip
            return {**same, "isLast": False, "nextPageToken": "7"} if cloud else same

        t.served.answers[SEARCH[cloud]] = repeat
        await t.poll()
        assert "repeats those it gave before" in str(await t.refused())


async def test_a_long_changelog_is_read_whole(tmp_path: Path) -> None:
    for cloud in (True, False):
        (tmp_path / str(cloud)).mkdir()
        async with team(tmp_path / str(cloud), cloud=cloud) as t:
            t.served.log_page, t.served.inline_log = 3, 4
            issue = t.jira.create()
            for n in range(10):
                t.jira.tick(HOUR)
                t.jira.estimate(issue, float(n))
            await t.catch_up()
            points = {e.points for e in t.rows(ItemEvent) if e.kind is EventKind.ESTIMATED}
            assert points == {float(n) for n in range(10)}


async def test_what_is_read_while_it_changes_is_told_right(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        issue = j.create(points=1.0, labels=["a"])
        t.restart(board=12, services=[{"service": "*", "label": "*"}])

        def change(path: str, number: int) -> None:
            if path.endswith("bulkfetch") and t.served.asked[path] == 1:
                j.tick(2000)
                j.estimate(issue, 5.0)
                j.label(issue, "b")

        t.served.before = change
        await t.poll()
        events = [e for e in t.rows(ItemEvent) if e.kind is EventKind.CREATED]
        assert {(e.points, e.service) for e in events} == {(1.0, "a")}
        await t.catch_up(2)
        assert (t.stands(issue.key).points, t.stands(issue.key).service) == (5.0, "b")


async def test_the_first_fix_version_is_the_milestone(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        j.versions |= {900: {"name": "MVE"}, 901: {"name": "Later"}}
        issue = j.create(points=1.0)
        at = j.tick(HOUR)
        j.version(issue, 900)
        batch = await t.catch_up()
        assert not batch.notes or all("fix version" not in note for note in batch.notes)
        [event] = {e for e in t.rows(ItemEvent) if e.milestone is not None}
        assert (event.at, event.kind, event.milestone) == (at, EventKind.CREATED, "900")
        j.tick(HOUR)
        j.version(issue, 901)
        batch = await t.catch_up()
        assert any("the fix version was changed" in note for note in batch.notes)
