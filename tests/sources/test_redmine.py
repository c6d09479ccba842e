"""Redmine, read from a small server on loopback: what people did there is what is told."""

from typing import Any

import msgspec
import pytest

from goliath_tui.domain import (
    EventKind,
    WorkItem,
)
from goliath_tui.sources.redmine import Options
from goliath_tui.sources.work import Rule
from tests.sources.redmine_team import OPTIONS, assert_as_it_is, expected, found, redmine
from tests.sources.redmine_world import START


async def test_a_history_is_told_as_it_went() -> None:
    async with redmine() as asker:
        world = asker.world
        sprint = world.version("Sprint 1", "2026-09-25")
        users, shop = world.category("svc users"), world.category("svc cart")
        number = world.issue("Move login", points=3, category_id=users)
        stood = []
        for change in (
            {"fixed_version_id": sprint},
            {"status_id": 2},
            {"points": 8, "subject": "Move login and logout"},
            {"status_id": 5, "category_id": shop},
            {"status_id": 2},
            {"labels": ("shop",), "category_id": None},
            {"project_id": 2},
            {"project_id": 1},
            {"status_id": 6},
        ):
            world.now += 100
            world.change(number, **change)
            stood.append((round((world.now + 1) * 1000), expected(world, number)))
        await asker.fill()
        for until, wanted in stood:
            assert found(asker, number, until)[: len(wanted)] == wanted
        assert asker.items == {
            "#1": WorkItem(
                id="#1", title="Move login and logout", url=f"{asker.server.url}/issues/1"
            )
        }
        [first, *_] = asker.of(number)
        assert (first.kind, first.points, first.service) == (EventKind.CREATED, 3.0, "users")


async def test_an_issue_that_moves_away_counts_until_then_and_again_when_it_is_back() -> None:
    async with redmine() as asker:
        world = asker.world
        world.issue(points=5)
        world.issue()
        await asker.fill()
        world.now += 1000
        world.change(1, project_id=2)
        moved = round(world.now * 1000)
        world.now += 1000
        await asker.fill()
        assert asker.stand(1, moved - 1).status == "open"
        assert asker.stand(1, moved + 999).status == "dropped"
        world.change(1, project_id=3)
        await asker.fill()
        assert found(asker, 1) == ("open", 5.0, None, None)


async def test_a_project_that_is_closed_keeps_its_items() -> None:
    async with redmine() as asker:
        world = asker.world
        number = world.issue(points=5, project_id=3)
        world.change(number, status_id=5)
        await asker.fill()
        world.projects[3]["status"] = 5
        world.now += 601
        await asker.fill()
        assert found(asker, number)[:2] == ("done", 5.0)
        world.projects[1]["status"] = 5
        asker.source = asker.start()
        await asker.fill()
        assert found(asker, number)[:2] == ("done", 5.0)


async def test_an_issue_counts_for_the_milestone_that_it_has() -> None:
    async with redmine(msgspec.structs.replace(OPTIONS, milestones=("[M]*",))) as asker:
        world = asker.world
        first, second = world.version("[M] one", "2026-10-01"), world.version("[M] two", None)
        other = world.version("M is a sprint", "2026-09-25")
        number = world.issue(points=5, fixed_version_id=first)
        told = []
        for version in (second, other, first, None):
            world.now += 100
            world.change(number, fixed_version_id=version)
            await asker.fill()
            planned = [e for e in asker.of(number) if e.kind is EventKind.PLANNED]
            told.append(planned[-1].milestone)
        assert told == ["#version-2", None, "#version-1", None]
        assert set(asker.milestones) == {"#version-1", "#version-2"}


@pytest.mark.parametrize("history", ["journals", "none"])
async def test_what_goes_back_to_new_is_not_started(history: Any) -> None:
    async with redmine(msgspec.structs.replace(OPTIONS, history=history)) as asker:
        number = asker.world.issue()
        for status, stands in ((2, "started"), (1, "open"), (2, "started"), (5, "done")):
            asker.world.now += 100
            asker.world.change(number, status_id=status)
            await asker.fill()
            assert asker.stand(number).status == stands


async def test_a_custom_field_that_was_deleted_is_told() -> None:
    async with redmine() as asker:
        world = asker.world
        for _ in range(25):
            world.issue(points=1)
        [*_, last] = await asker.fill()
        assert not [note for note in last.notes if "custom field" in note]
        world.fieldless = True
        world.now += 600
        for number in range(1, 26):
            world.touch(number)
        [*_, last] = await asker.fill()
        assert (
            "none of the last 25 issues that were read has a custom field Story points: was it "
            "renamed, deleted or hidden from the user of the key?"
        ) in last.notes


async def test_a_version_that_gets_a_date_becomes_a_sprint_and_its_issues_are_in_it() -> None:
    async with redmine() as asker:
        world = asker.world
        version = world.version("Later", None)
        for _ in range(30):
            world.issue(fixed_version_id=version)
        [*_, last] = await asker.fill()
        assert any("Later" in note and "due date" in note for note in last.notes)
        assert not asker.sprints
        world.versions[version]["due_date"] = "2026-10-02"
        world.now += 601
        await asker.fill()
        assert [sprint.name for sprint in asker.sprints.values()] == ["Later"]
        assert_as_it_is(asker, range(1, 31))


async def test_a_version_made_after_the_lists_were_read_is_known_when_an_issue_has_it() -> None:
    async with redmine() as asker:
        world = asker.world
        world.issue()
        await asker.fill()
        version = world.version("Sprint 2", "2026-10-02")
        world.change(1, fixed_version_id=version, category_id=world.category("svc new"))
        await asker.fill()
        assert found(asker, 1) == ("open", None, "new", "#version-1")


async def test_sprints_last_as_the_config_says_or_as_their_own_field_does() -> None:
    options = msgspec.structs.replace(
        OPTIONS,
        milestones=("MVE*",),
        baselines={"mve": "2026-09-30"},
        sprint_days=7,
        sprint_start="Begins",
        time_zone="Europe/Berlin",
    )
    async with redmine(options) as asker:
        world = asker.world
        world.version("Sprint 1", "2026-10-25")
        begins = [{"id": 3, "name": "Begins", "value": "2026-10-26"}]
        world.version("Sprint 2", "2026-11-01", custom_fields=begins)
        world.version("MVE", "2026-12-01")
        item = world.issue(fixed_version_id=3)
        await asker.fill()
        day = 86_400_000
        one, two = asker.sprints["#version-1"], asker.sprints["#version-2"]
        # The day on which summer time ends has 25 hours.
        assert one.ends - one.starts == 7 * day + 3_600_000
        assert two.starts == one.ends
        assert two.ends - two.starts == 7 * day
        [mve] = asker.milestones.values()
        assert mve.due is not None
        assert mve.baseline_at is not None
        assert mve.due - mve.baseline_at == (31 + 30 + 1) * day + 3_600_000
        [created] = [e for e in asker.of(item) if e.kind is EventKind.CREATED]
        assert created.milestone == mve.id


async def test_estimated_time_makes_points_and_epics_are_found_by_their_subject() -> None:
    options = Options(
        projects=("backend",),
        hours_per_day=6,
        services=(Rule(service="*", epic="Move *"),),
    )
    async with redmine(options) as asker:
        world = asker.world
        epic = world.issue("Move users")
        child = world.issue("part", estimated_hours="9.0")
        world.now += 10
        world.change(child, parent_id=epic)
        await asker.fill()
        assert found(asker, child) == ("open", 1.5, "users", None)
        assert found(asker, child, START * 1000 + 999) == ("open", 1.5, None, None)


async def test_what_is_no_estimate_is_none_and_a_note_says_which_item() -> None:
    async with redmine() as asker:
        world = asker.world
        for points in (3, "5", "soon", None, "-1"):
            world.issue(points=points)
        [*_, last] = await asker.fill()
        assert [asker.stand(n).points for n in range(1, 6)] == [3.0, 5.0, None, None, None]
        [note] = [note for note in last.notes if "points" in note]
        assert note.startswith("2 items without usable points: #3: soon is no estimate")
        world.now += 5
        world.change(3, points=2)
        del world.issues[5]
        await asker.fill()
        batch = await asker.poll()
        assert not [note for note in batch.notes if "points" in note]
        assert asker.stand(3).points == 2.0


async def test_rules_that_fit_nothing_are_told_once_all_is_read() -> None:
    async with redmine() as asker:
        asker.world.issue(labels=("shop",))
        [last] = await asker.fill()
        assert any("* (component svc *)" in note and "`services:`" in note for note in last.notes)
        assert not any("shop (label" in note for note in last.notes)
