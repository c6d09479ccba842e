"""A GitHub project: its fields have no history of their own, so ours is what was seen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from goliath_tui.domain import SourceErrorKind, Sprint
from goliath_tui.sources.github import Options, Project
from tests.sources.github_team import (
    BOARD,
    DAY,
    FIELDS,
    HOUR,
    MINUTE,
    MONDAY,
    REPOSITORY,
    Team,
    team,
)
from tests.sources.github_world import Item
from tests.sources.github_world import Project as Board
from tests.sources.hostile_server import answer

NAME = "project 7 of acme"


class Planned(Team):
    """A team with a project."""

    board: Board

    def add(self, title: str, **values: Any) -> Item:
        """An issue in the project."""
        repository = self.hub.repositories[REPOSITORY]
        number = repository.create(title, "svc/users")
        return self.board.add(repository.issues[number], **values)


@asynccontextmanager
async def planned(folder: Path, options: Options = FIELDS) -> AsyncIterator[Planned]:
    """A team whose board has points and two iterations, the first of them now."""
    async with team(folder, now=MONDAY - DAY) as ours:
        ours.__class__ = Planned
        assert isinstance(ours, Planned)
        ours.board = board = ours.hub.project(BOARD)
        board.field("Points", "number")
        board.field("Sprint", "iteration")
        board.iteration("i0", "Sprint 0", date(2026, 1, 26), 14, completed=True)
        board.iteration("i1", "Sprint 1", date(2026, 2, 9), 14)
        board.iteration("i2", "Sprint 2", date(2026, 2, 23), 14)
        ours.use(options)
        yield ours


async def test_the_burndown_is_what_was_entered_since_the_first_poll(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        first = ours.add("First", Points=3, Sprint="i1")
        second = ours.add("Second", Points=5, Sprint="i1")
        late = ours.add("Late", Points=2.5)
        ours.later(HOUR)
        batch = await ours.poll()
        history = "GitHub keeps no history of project fields"
        assert batch.notes == (f"{history}: ours of {NAME} begins 2026-02-08 01:00 UTC",)
        sprints = [row for row in batch.rows if isinstance(row, Sprint)]
        assert [(one.name, one.starts, one.ends) for one in sprints] == [
            ("Sprint 0", MONDAY - 14 * DAY, MONDAY),
            ("Sprint 1", MONDAY, MONDAY + 14 * DAY),
            ("Sprint 2", MONDAY + 14 * DAY, MONDAY + 28 * DAY),
        ]
        ours.hub.now = MONDAY + DAY
        ours.board.set(late, Sprint="i1")
        await ours.poll()
        ours.hub.now = MONDAY + 2 * DAY
        assert first.issue is not None
        repository.close(first.issue.number)
        ours.board.set(first, Status="Done")
        ours.later(MINUTE)
        await ours.poll()
        ours.hub.now = MONDAY + 3 * DAY
        ours.board.set(second, Points=8)
        await ours.poll()
        ours.hub.now = MONDAY + 4 * DAY
        ours.board.set(late, Sprint="i2")
        await ours.poll()
        found = ours.picture().sprint
        assert found is not None
        assert (found.id, found.committed, found.added, found.removed) == (
            "iteration/i1",
            8,
            2.5,
            2.5,
        )
        assert (found.re_estimated, found.done, found.remaining) == (3, 3, 8)
        assert [(point.at, point.remaining) for point in found.burndown] == [
            (MONDAY, 8),
            (MONDAY + DAY, 10.5),
            (MONDAY + 2 * DAY, 7.5),
            (MONDAY + 3 * DAY, 10.5),
            (MONDAY + 4 * DAY, 8),
        ]


async def test_polls_without_news_cost_nothing(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        ours.add("First", Points=3, Sprint="i1")
        ours.later(HOUR)
        await ours.poll()
        ours.later(HOUR)
        await ours.poll()
        charged = ours.hub.charged
        for _ in range(3):
            ours.later(MINUTE)
            batch = await ours.poll()
            assert batch.rows == ()
            assert batch.requests == 5
        assert ours.hub.charged == charged


async def test_a_change_within_one_second_or_without_a_moment_is_told(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        item = ours.add("First", Points=3, Sprint="i1")
        await ours.poll()
        ours.board.set(item, Points=5)
        await ours.poll()
        ours.later(HOUR)
        await ours.poll()
        assert ours.items()[f"{REPOSITORY}#1"][1] == 5
        ours.later(HOUR)
        ours.board.set(item, unseen=True, Points=8)
        ours.use(FIELDS)
        await ours.poll()
        ours.later(MINUTE)
        assert ours.items()[f"{REPOSITORY}#1"][1] == 8
        then = ours.picture(ours.hub.now - 90 * MINUTE).points
        assert then is not None
        assert then.total == 5


async def test_a_field_that_is_renamed_is_still_read(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        item = ours.add("First", Points=3, Sprint="i1")
        ours.later(HOUR)
        await ours.poll()
        ours.board.rename("Sprint", "Iteration")
        item.values["Iteration"] = "i2"
        ours.board.set(item)
        ours.use(FIELDS)
        ours.later(HOUR)
        notes = (await ours.poll()).notes
        assert (
            "the field Sprint of project 7 of acme is called Iteration now: change `iteration:`"
            in notes
        )
        sql = "SELECT ref FROM item_events JOIN sprints ON sprints.id = sprint ORDER BY at"
        assert ours.ask(sql) == [("iteration/i1",), ("iteration/i2",)]


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("points", "Story points", "it has no field Story points; it has Status, Points"),
        ("iteration", "Cycle", "it has no field Cycle; it has Sprint: change `iteration:`"),
        ("iteration", "Points", "the field Points is of type number, not iteration"),
        ("status", "Stage", "it has no field Stage; it has Status: change `status:`"),
    ],
)
async def test_fields_that_are_not_there_are_told(
    tmp_path: Path, setting: str, value: str, says: str
) -> None:
    async with planned(tmp_path, replace(FIELDS, **{setting: value})) as ours:
        error = await ours.fails()
        assert error.kind is SourceErrorKind.CONFIG
        assert f"project 7 of acme: {says}" in str(error)


async def test_a_board_without_iterations_is_told(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        ours.board.iterations.clear()
        ours.add("First", Points=3)
        ours.later(HOUR)
        notes = (await ours.poll()).notes
        assert "the field Sprint of project 7 of acme has no iterations yet" in notes
    (tmp_path / "other").mkdir()
    async with planned(tmp_path / "other", replace(FIELDS, iteration=None)) as ours:
        notes = (await ours.poll()).notes
        assert "no sprints are read: name one with `iteration:` (Sprint?)" in notes


async def test_estimates_that_are_text_or_words_or_none(tmp_path: Path) -> None:
    options = replace(FIELDS, points="Size", scale={"S": 1, "M": 3})
    async with planned(tmp_path, options) as ours:
        ours.board.field("Size", "text")
        for size in ("5", "m", "soon", None):
            ours.add(f"Size {size}", Size=size)
        ours.later(HOUR)
        for _ in range(2):
            notes = (await ours.poll()).notes
            assert [points for _, points in ours.items().values()] == [5, 3, 0, 0]
            assert "acme/users#3 has `soon`: no estimate, so none is counted" in notes
            assert "2 items open without an estimate: acme/users#3, acme/users#4" in notes
            ours.later(HOUR)
        ours.board.set(ours.board.items[2], Size="S")
        assert ours.board.items[3].issue is not None
        ours.hub.repositories[REPOSITORY].close(ours.board.items[3].issue.number)
        ours.later(HOUR)
        notes = (await ours.poll()).notes
        assert [note for note in notes if "estimate" in note] == []


async def test_single_select_sizes(tmp_path: Path) -> None:
    options = replace(FIELDS, points="Size", scale={"XL": 8}, points_per_day=2)
    async with planned(tmp_path, options) as ours:
        ours.board.field("Size", "single_select")
        ours.add("Large", Size="XL")
        ours.later(HOUR)
        await ours.poll()
        assert ours.items()[f"{REPOSITORY}#1"][1] == 8


async def test_status_says_what_is_started_and_a_closed_issue_is_done(tmp_path: Path) -> None:
    options = replace(FIELDS, started=("In Progress",), done=("Shipped",), dropped=("Won't do",))
    async with planned(tmp_path, options) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        items = [ours.add(f"Item {n}", Points=1, Sprint="i1") for n in range(4)]
        ours.later(HOUR)
        await ours.poll()
        for item, status in zip(items, ("In Progress", "Shipped", "Won't do", None), strict=True):
            ours.later(HOUR)
            ours.board.set(item, Status=status)
        repository.close(4)
        ours.later(HOUR)
        await ours.poll()
        # A comment on each changes nothing.
        for number in range(1, 5):
            repository.touch(number)
        ours.later(HOUR)
        await ours.poll()
        points = ours.picture().points
        assert points is not None
        assert (points.total, points.done) == (3, 2)
        started = (
            "SELECT ref FROM item_events JOIN work_items ON work_items.id = item WHERE kind = 5"
        )
        assert {ref for (ref,) in ours.ask(started)} == {f"{REPOSITORY}#1"}
        ours.board.set(items[1], Status="In Progress")
        ours.later(HOUR)
        await ours.poll()
        points = ours.picture().points
        assert points is not None
        assert (points.total, points.done) == (3, 1)


async def test_what_is_closed_later_was_not_done_before(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        item = ours.add("First", Points=3, Sprint="i1", Status="In Progress")
        assert item.issue is not None
        ours.hub.now = MONDAY + DAY
        ours.hub.repositories[REPOSITORY].close(item.issue.number)
        ours.hub.now = MONDAY + 2 * DAY
        await ours.poll()
        found = ours.picture().sprint
        assert found is not None
        assert [(point.at, point.remaining) for point in found.burndown] == [
            (MONDAY, 3),
            (MONDAY + DAY, 0),
        ]


async def test_an_item_that_leaves_the_project_leaves_its_sprint(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        kept, taken, archived = (ours.add(f"Item {n}", Points=2, Sprint="i1") for n in range(3))
        assert archived.issue is not None
        ours.hub.now = MONDAY + HOUR
        ours.hub.repositories[REPOSITORY].close(archived.issue.number)
        ours.later(HOUR)
        await ours.poll()
        ours.board.items = [kept]
        ours.later(HOUR)
        await ours.poll()
        found = ours.picture().sprint
        assert found is not None
        assert found.remaining == 4, "an item can move from page to page while they are read"
        ours.later(HOUR)
        await ours.poll()
        ours.later(MINUTE)
        found = ours.picture().sprint
        assert found is not None
        assert (found.removed, found.done, found.remaining) == (2, 2, 2)
        ours.board.items = [kept, taken]
        ours.later(HOUR)
        await ours.poll()
        ours.later(MINUTE)
        found = ours.picture().sprint
        assert found is not None
        assert found.remaining == 4


async def test_an_open_item_that_is_archived_leaves_its_sprint_and_a_closed_one_stays(
    tmp_path: Path,
) -> None:
    async with planned(tmp_path) as ours:
        given_up, done = (ours.add(f"Item {n}", Points=2, Sprint="i1") for n in range(2))
        assert done.issue is not None
        ours.hub.now = MONDAY + HOUR
        ours.hub.repositories[REPOSITORY].close(done.issue.number)
        for item in (given_up, done):
            item.archived = True
        for _ in range(3):
            ours.later(HOUR)
            await ours.poll()
        found = ours.picture().sprint
        assert found is not None
        assert (found.done, found.remaining) == (2, 0)
        given_up.archived = False
        ours.later(HOUR)
        await ours.poll()
        found = ours.picture().sprint
        assert found is not None
        assert (found.done, found.remaining) == (2, 2)


async def test_what_is_no_issue_of_ours_is_left_out_and_told(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        elsewhere = ours.hub.repository("acme/secret")
        ours.board.add(elsewhere.issues[elsewhere.create("There")], Points=5)
        ours.board.add(None, "DraftIssue", Points=5)
        ours.board.add(None, "Issue", Points=5)
        pull = ours.hub.repositories[REPOSITORY].create("A change", is_pull=True)
        ours.board.add(ours.hub.repositories[REPOSITORY].issues[pull], "PullRequest", Points=5)
        ours.add("Ours", Points=1)
        ours.later(HOUR)
        notes = (await ours.poll()).notes
        assert list(ours.items().values()) == [("#2 Ours", 1)]
        name = NAME
        assert f"drafts in {name} are left out (1): they are no issues" in notes
        assert f"{name} has issues of acme/secret, which `repositories:` does not name" in notes
        assert any(
            note.startswith(f"items of {name} are hidden from this token (1)") for note in notes
        )


async def test_many_items_are_read_page_by_page(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        for number in range(420):
            ours.add(f"Item {number}", Points=1, Sprint="i1")
            ours.later(2000)
        for _ in range(900):
            ours.hub.repositories[REPOSITORY].create("Not in the project")
            ours.later(2000)
        ours.later(HOUR)
        seen = 0
        while (await ours.step()).more:
            # Each poll is another process; the project is not read again by every one of them.
            seen += 1
            ours.use(FIELDS)
        assert seen
        assert sum("/items?" in asked for asked in ours.hub.asked) == 5
        batch = await ours.poll()
        assert (
            "project 7 of acme is read in 5 pages: that is 4 requests a poll more than counted"
            in batch.notes
        )
        points = ours.picture().points
        assert points is not None
        assert points.total == 420


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (404, SourceErrorKind.CONFIG, "there is no project 7 of acme for this token"),
        (403, SourceErrorKind.AUTH, "project 7 of acme may not be read with this token"),
    ],
)
async def test_a_project_that_cannot_be_read_is_told(
    tmp_path: Path, status: int, kind: SourceErrorKind, says: str
) -> None:
    async with planned(tmp_path) as ours:
        ours.hub.says_no[BOARD] = status
        error = await ours.fails()
        assert error.kind is kind
        assert says in str(error)
        assert "`read:project`" in str(error)


async def test_a_wrong_number_and_a_project_of_a_user(tmp_path: Path) -> None:
    mine = Project(user="somebody", number=3)
    async with planned(tmp_path, replace(FIELDS, project=mine)) as ours:
        error = await ours.fails()
        assert "there is no project 3 of somebody for this token: check `project:`" in str(error)
        board = ours.hub.project("/users/somebody/projectsV2/3")
        board.fields, board.iterations = ours.board.fields, ours.board.iterations
        ours.board = board
        ours.add("First", Points=3, Sprint="i1")
        ours.later(HOUR)
        await ours.poll()
        assert ours.items()[f"{REPOSITORY}#1"][1] == 3


async def test_values_that_no_github_sends_break_nothing(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        odd: list[Any] = [{"raw": []}, [], {"id": 7}, {"name": {}}, "x" * 5000, True, 1e300, -1, {}]
        for value in odd:
            ours.add("Odd", Points=value, Sprint=value, Status=value)
        ours.hub.description.check_answer = lambda *_: None  # type: ignore[method-assign]
        ours.board.fields["Sprint"] = (ours.board.fields["Sprint"][0], "iteration")
        found = ours.board.hub._item

        def raw(project: Board, item: Item, wanted: set[int]) -> dict[str, object]:
            values = dict(item.values)
            item.values = {}
            made = found(project, item, wanted)
            item.values = values
            made["fields"] = [
                {"id": project.fields[name][0], "value": value} for name, value in values.items()
            ]
            return made

        ours.hub._item = raw  # type: ignore[method-assign]
        ours.later(HOUR)
        try:
            await ours.poll()
        finally:
            del ours.hub.description.check_answer
        assert {points for _, points in ours.items().values()} == {0}
        assert len(ours.items()) == 9


async def test_the_last_page_is_not_asked_for_ever(tmp_path: Path) -> None:
    async with planned(tmp_path) as ours:
        ours.add("First", Points=3)
        link = {"Link": '<https://elsewhere.example/x?after=abc>; rel="next"'}

        async def repeating(request: object, writer: object) -> bool:
            if not getattr(request, "path", "").endswith("/items"):
                return False
            writer.write(answer([], headers=link))  # type: ignore[attr-defined]
            return True

        ours.hub.intercept = repeating
        error = await ours.fails()
        assert error.kind is SourceErrorKind.MALFORMED
