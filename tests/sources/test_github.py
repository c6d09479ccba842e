"""GitHub as a tracker: what people did there is what the cache has."""

from pathlib import Path

from msgspec.structs import replace

from goliath_tui.domain import EventKind, Inventory, ItemEvent
from goliath_tui.sources.work import Rule
from tests.sources.github_team import DAY, HOUR, LABELS, MINUTE, MONDAY, REPOSITORY, team

POINTS = """
    SELECT at, work_items.ref, services.name, scope, done FROM points_ledger
    JOIN work_items ON work_items.id = item LEFT JOIN services ON services.id = service
    WHERE scope OR done ORDER BY at, item, n
"""


SPRINTED = """
    SELECT at, work_items.ref, sprints.ref, scope, done, unestimated FROM sprint_ledger
    JOIN work_items ON work_items.id = item JOIN sprints ON sprints.id = sprint
    ORDER BY at, item, n
"""


async def test_the_burndown_is_what_was_entered(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        sprint = repository.milestone("Sprint 1", due=MONDAY + 13 * DAY + 7 * HOUR)
        ours.hub.now = MONDAY - DAY
        first = repository.create("First", "svc/users", "points: 3")
        second = repository.create("Second", "svc/users", "points: 5")
        repository.plan(first, sprint)
        repository.plan(second, sprint)
        ours.hub.now = MONDAY + DAY
        late = repository.create("Late", "points: 2")
        ours.later(HOUR)
        repository.plan(late, sprint)
        ours.hub.now = MONDAY + 2 * DAY
        repository.close(first)
        ours.hub.now = MONDAY + 3 * DAY
        # As people do it: the new one first, then the old one is taken away.
        repository.label(second, "points: 8")
        ours.later(5000)
        repository.unlabel(second, "points: 5")
        ours.hub.now = MONDAY + 4 * DAY
        repository.plan(late, None)
        ours.later(HOUR)
        repository.reopen(first)
        ours.later(HOUR)
        repository.close(first)
        ours.later(MINUTE)
        await ours.poll()
        found = ours.picture().sprint
        assert found is not None
        assert (found.starts, found.ends) == (MONDAY, MONDAY + 14 * DAY)
        assert (found.committed, found.added, found.removed) == (8, 2, 2)
        assert (found.re_estimated, found.done, found.remaining) == (3, 3, 8)
        steps = [(point.at, point.scope, point.remaining) for point in found.burndown]
        assert steps == [
            (MONDAY, 8, 8),
            (MONDAY + DAY + HOUR, 10, 10),
            (MONDAY + 2 * DAY, 10, 7),
            (MONDAY + 3 * DAY, 13, 10),
            (MONDAY + 4 * DAY, 11, 8),
            (MONDAY + 4 * DAY + HOUR, 11, 11),
            (MONDAY + 4 * DAY + 2 * HOUR, 11, 8),
        ]
        points = {row.name: row.points for row in ours.picture().services}
        assert points["users"] is not None
        assert points["users"].total == 11
        assert ours.items()[f"{REPOSITORY}#1"][0] == "#1 First"
        [(url,)] = ours.ask(f"SELECT url FROM work_items WHERE ref = '{REPOSITORY}#1'")
        assert url == f"https://github.com/{REPOSITORY}/issues/1"


async def test_read_in_one_go_or_as_it_happens_the_story_is_the_same(tmp_path: Path) -> None:
    stories = []
    for name in ("at once", "step by step"):
        (tmp_path / name).mkdir()
        async with team(tmp_path / name) as ours:
            repository = ours.hub.repositories[REPOSITORY]
            sprint = repository.milestone("Sprint 1", due=MONDAY + 13 * DAY)
            for number in range(1, 7):
                repository.create(f"Issue {number}", "svc/users")
                ours.later(MINUTE)
            for what, *where in (
                (repository.label, 1, "points: 1"),
                (repository.label, 2, "points: 2"),
                (repository.plan, 1, sprint),
                (repository.plan, 2, sprint),
                (repository.label, 1, "points: 5"),
                (repository.unlabel, 1, "points: 1"),
                (repository.close, 1),
                (repository.label, 3, "svc/content"),
                (repository.unlabel, 3, "svc/users"),
                (repository.close, 4, "not_planned"),
                (repository.plan, 2, None),
                (repository.reopen, 1),
                (repository.unlabel, 2, "points: 2"),
            ):
                what(*where)
                ours.later(10 * MINUTE)
                if name == "step by step":
                    await ours.poll()
            await ours.poll()
            stories.append((ours.ask(POINTS), ours.ask(SPRINTED)))
    assert stories[0][0]
    assert stories[0][1]
    assert stories[0] == stories[1]


async def test_pull_requests_are_left_out(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        pull = repository.create("A change", "points: 40", is_pull=True)
        repository.close(pull)
        repository.create("Work", "points: 2")
        ours.later(MINUTE)
        await ours.poll()
        assert list(ours.items()) == [f"{REPOSITORY}#2"]
        points = ours.picture().points
        assert points is not None
        assert (points.total, points.done) == (2, 0)


async def test_closed_as_not_planned_is_dropped(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        for reason in ("completed", "not_planned", "duplicate"):
            repository.close(repository.create(reason, "points: 3"), reason)
        ours.later(MINUTE)
        await ours.poll()
        points = ours.picture().points
        assert points is not None
        assert (points.total, points.done) == (3, 3)


async def test_two_repositories_may_have_the_same_numbers(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        other = ours.hub.repository("acme/content")
        due = MONDAY + 13 * DAY
        for repository in (ours.hub.repositories[REPOSITORY], other):
            repository.milestone("Sprint 1", due=due)
            repository.plan(repository.create(f"In {repository.name}", "points: 3"), 1)
        ours.use(replace(LABELS, repositories=(REPOSITORY, "acme/content")))
        ours.later(MINUTE)
        await ours.poll()
        assert ours.items() == {
            "acme/users#1": ("#1 In acme/users", 3),
            "acme/content#1": ("#1 In acme/content", 3),
        }
        # Milestones of one title are one sprint.
        sprint = ours.picture().sprint
        assert sprint is not None
        assert sprint.remaining == 6


async def test_deleted_and_transferred_issues_are_dropped(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        elsewhere = ours.hub.repository("acme/elsewhere")
        for number in range(6):
            repository.create(f"Issue {number}", "points: 1")
        ours.later(HOUR)
        await ours.poll()
        repository.delete(2)
        repository.transfer(5, elsewhere)
        ours.later(HOUR)
        await ours.poll()
        points = ours.picture().points
        assert points is not None
        assert points.total == 6
        ours.later(6 * HOUR)
        batch = await ours.poll()
        [inventory] = [row for row in batch.rows if isinstance(row, Inventory)]
        assert inventory.items == tuple(f"{REPOSITORY}#{n}" for n in (1, 3, 4, 6))
        points = ours.picture().points
        assert points is not None
        assert points.total == 4


async def test_a_repository_that_is_no_longer_named_is_dropped(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        other = ours.hub.repository("acme/content")
        for repository in (ours.hub.repositories[REPOSITORY], other):
            repository.create("Work", "points: 3")
        ours.use(replace(LABELS, repositories=(REPOSITORY, "acme/content")))
        ours.later(HOUR)
        await ours.poll()
        ours.use(LABELS)
        ours.later(HOUR)
        await ours.poll()
        points = ours.picture().points
        assert points is not None
        assert points.total == 3


async def test_rules_that_change_hold_from_then_on(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        repository.create("Work on login", "points: 3")
        ours.later(HOUR)
        await ours.poll()
        ours.later(HOUR)
        ours.use(replace(LABELS, services=(Rule(service="login", title="*login*"),)))
        changed = ours.hub.now
        await ours.poll()
        before, after = ours.picture(changed - 1), ours.picture()
        assert [row.name for row in before.services if row.points] == []
        assert [row.name for row in after.services if row.points] == ["login"]
        assert after.points is not None
        assert after.points.total == 3


async def test_odd_and_missing_estimates_are_told_on_every_poll(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        repository.create("Odd", "points: soon", "svc/users")
        repository.create("None", "svc/users")
        repository.create("Fine", "points: 3")
        repository.milestone("Some day")
        ours.later(HOUR)
        for _ in range(2):
            notes = (await ours.poll()).notes
            assert notes == (
                "acme/users: no due date, so no sprint: Some day",
                "acme/users#1 has `points: soon`: no estimate, so none is counted",
                "2 items open without an estimate: acme/users#1, acme/users#2",
                "1 item open that no rule of `services:` fits: acme/users#3",
            )
            ours.later(HOUR)
        repository.unlabel(1, "points: soon")
        repository.label(1, "points: 5")
        repository.close(2)
        repository.label(3, "svc/users")
        ours.later(HOUR)
        assert (await ours.poll()).notes == ("acme/users: no due date, so no sprint: Some day",)


async def test_sizes_are_points_by_the_scale(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        repository.create("Small", "size/S")
        repository.create("Medium", "size/M")
        ours.use(replace(LABELS, point_labels="size/*", scale={"S": 1, "M": 3}))
        ours.later(HOUR)
        await ours.poll()
        assert [points for _, points in ours.items().values()] == [1, 3]


async def test_the_first_state_of_an_issue_is_not_what_it_became(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        number = repository.create("Work")
        ours.later(DAY)
        repository.label(number, "points: 3")
        ours.later(HOUR)
        batch = await ours.poll()
        created = [
            row
            for row in batch.rows
            if isinstance(row, ItemEvent) and row.kind is EventKind.CREATED
        ]
        assert [(row.at, row.points) for row in created] == [(MONDAY, None)]
        before = ours.picture(MONDAY + HOUR).points
        assert before is not None
        assert (before.total, before.unestimated) == (0, 1)


async def test_an_issue_counts_for_the_milestone_that_it_has(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        ours.use(replace(LABELS, sprints="iterations"))
        repository = ours.hub.repositories[REPOSITORY]
        for title in ("MVE", "Later"):
            repository.milestone(title)
        for number in range(1, 4):
            repository.create(f"Issue {number}", "points: 3")
            ours.later(HOUR)
            repository.plan(number, 1)
        ours.later(HOUR)
        repository.plan(2, 2)
        moved = ours.hub.now
        ours.later(HOUR)
        await ours.poll()
        assert ours.milestones() == {"MVE": 6, "Later": 3}
        assert ours.milestones(moved - 1) == {"MVE": 9, "Later": 0}
        assert ours.milestones(MONDAY + HOUR - 1) == {"MVE": 0, "Later": 0}
        repository.plan(1, None)
        repository.plan(3, 2)
        ours.later(HOUR)
        await ours.poll()
        assert ours.milestones() == {"MVE": 0, "Later": 6}


async def test_work_that_is_not_in_hand_any_more_is_not_started(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        ours.use(replace(LABELS, started=("doing",)))
        repository = ours.hub.repositories[REPOSITORY]
        sprint = repository.milestone("Sprint 1", due=MONDAY + 13 * DAY)
        number = repository.create("Work", "points: 3")
        repository.plan(number, sprint)
        seen = []
        for what in (repository.label, repository.unlabel, repository.label):
            ours.later(HOUR)
            what(number, "doing")
            ours.later(HOUR)
            await ours.poll()
            seen.append(ours.status(number))
        assert seen == ["started", "open", "started"]


async def test_labels_with_brackets_are_what_they_say(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        rule = Rule(service="*", label="[svc] *")
        ours.use(replace(LABELS, services=(rule,), point_labels="[*] points"))
        repository = ours.hub.repositories[REPOSITORY]
        number = repository.create("Work", "[3] points", "s users")
        ours.later(HOUR)
        repository.label(number, "[svc] users")
        ours.later(HOUR)
        await ours.poll()
        assert ours.items()[f"{REPOSITORY}#1"][1] == 3
        assert [row.name for row in ours.picture().services if row.points] == ["users"]
        assert not [row.name for row in ours.picture(MONDAY + HOUR - 1).services if row.points]
