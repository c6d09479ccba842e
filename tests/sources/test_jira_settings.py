"""What a config says of a Jira, and what is told where it fits nothing."""

from pathlib import Path
from typing import Any

import pytest

from goliath_tui.domain import (
    SourceErrorKind,
    WorkItem,
)
from tests.sources.jira_team import team


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
