"""Jira, both kinds of it: what people did there is what the cache has."""

from pathlib import Path

from goliath_tui.domain import (
    EventKind,
    ItemEvent,
    Milestone,
    Sprint,
    WorkItem,
)
from goliath_tui.sources.jira import POLLS_PER_LISTING
from tests.sources.jira_team import BOTH, team
from tests.sources.jira_world import DAY, HOUR, MINUTE, POINTS, Issue, Jira


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
                    j.tick(MINUTE + 3000)
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
            service="users", milestone="ours.example:900",
        )  # fmt: skip
        assert [e.kind for e in begins[1:]] == [
            EventKind.ENTERED, EventKind.REOPENED, EventKind.STARTED,
        ]  # fmt: skip
        assert t.stands("PAY-1").points == 3.0


DATE_TIME = "2024-05-02T01:02:00.000+10:00"


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


@BOTH
async def test_an_issue_counts_for_the_fix_version_that_it_has(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        j.versions |= {900: {"name": "MVE"}, 901: {"name": "Later"}}
        issue = j.create(points=1.0)
        planned = []
        # One that is added to another takes nothing from it.
        for versions, now in (((900,), 900), ((901, 900), 900), ((901,), 901), ((), None)):
            planned.append((j.tick(HOUR), None if now is None else f"ours.example:{now}"))
            j.version(issue, *versions)
            await t.catch_up()
            assert t.milestone(issue.key) == planned[-1][1]
        del planned[1]
        told = {e for e in t.rows(ItemEvent) if e.kind is EventKind.PLANNED and e.id[:1] == "0"}
        assert sorted((e.at, e.milestone) for e in told) == planned


async def test_a_version_that_was_made_lately_is_looked_up(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        issues = [j.create(points=1.0) for _ in range(3)]
        await t.catch_up(2)
        j.versions[900] = {"name": "MVE"}
        j.statuses["7"] = ("Shipped", "done")
        j.version(issues[0], 900)
        j.transition(issues[1], "Shipped")
        before = t.served.asked["/rest/api/3/status"]
        await t.catch_up(2)
        assert t.milestone(issues[0].key) == "ours.example:900"
        assert [row.name for row in t.rows(Milestone)] == ["MVE"]
        assert t.stands(issues[1].key).status == "done"
        assert t.served.asked["/rest/api/3/status"] == before + 1
        # What the lists do not know either is not asked for again and again.
        issues[2].versions = [900, 999]
        for _ in range(3):
            j.touch(issues[2])
            await t.catch_up()
        assert t.served.asked["/rest/api/3/status"] == before + 2


@BOTH
async def test_what_goes_back_to_do_is_not_started(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        issue = t.jira.create(points=1.0)
        for status, stands in (("In Progress", "started"), ("To Do", "open"), ("Done", "done")):
            t.jira.tick(HOUR)
            t.jira.transition(issue, status)
            await t.catch_up()
            assert t.stands(issue.key).status == stands


@BOTH
async def test_the_title_of_an_epic_is_known_to_a_new_process_too(
    tmp_path: Path, cloud: bool
) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        t.restart(board=12, services=[{"service": "*", "epic": "Move *"}])
        issue = j.create("Made before its epic", points=1.0)
        epic, gone = j.create("Move users", kind="11"), j.create("Move pay", kind="11")
        for one in (gone, epic):
            j.tick(HOUR)
            j.parent(issue, one)
        await t.catch_up(2)
        assert t.stands(issue.key).service == "users"
        j.delete(gone)
        t.restart()
        j.tick(HOUR)
        j.estimate(issue, 2.0)
        await t.catch_up()
        assert (t.stands(issue.key).service, t.stands(issue.key).points) == ("users", 2.0)


async def test_two_fields_of_one_name_do_not_hide_the_history_of_the_one_that_is_used(
    tmp_path: Path,
) -> None:
    async with team(tmp_path, cloud=False) as t:
        j = t.jira
        j.fields["customfield_10999"] = j.fields[POINTS]
        issue = j.create(points=1.0)
        at = j.tick(HOUR)
        j.estimate(issue, 5.0)
        for change in issue.log[0][2]:
            del change["fieldId"]
        j.tick(HOUR)
        j.touch(issue)
        await t.catch_up()
        assert at in {e.at for e in t.rows(ItemEvent) if e.points == 5.0}
