"""GitHub as a tracker, against a server that is held to GitHub's published description."""

import asyncio
import itertools
from pathlib import Path

import pytest
from msgspec.structs import replace

from goliath_tui.domain import EventKind, Inventory, ItemEvent, SourceError, SourceErrorKind
from goliath_tui.sources.work import Rule
from tests.sources.github_server import Interception
from tests.sources.github_team import DAY, HOUR, LABELS, MINUTE, MONDAY, REPOSITORY, team
from tests.sources.hostile_server import Request, answer

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


async def test_polls_without_news_cost_nothing(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        repository.create("Work", "points: 2")
        ours.later(HOUR)
        await ours.poll()
        ours.later(HOUR)
        await ours.poll()
        charged, asked = ours.hub.charged, len(ours.hub.asked)
        for _ in range(5):
            ours.later(MINUTE)
            batch = await ours.poll()
            assert batch.rows == ()
            assert batch.requests == 3
        assert ours.hub.charged == charged
        assert len(ours.hub.asked) == asked + 15
        repository.label(1, "svc/users")
        ours.later(MINUTE)
        assert (await ours.poll()).rows
        assert ours.hub.charged == charged + 2


async def test_after_a_restart_nothing_is_told_twice(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        repository.close(repository.create("Work", "points: 2"))
        ours.later(HOUR)
        await ours.poll()
        before = ours.ask("SELECT * FROM item_events ORDER BY item, at, event")
        ours.use(LABELS)
        ours.later(HOUR)
        await ours.poll()
        assert ours.ask("SELECT * FROM item_events ORDER BY item, at, event") == before


@pytest.mark.parametrize("kill_every", [None, 1])
async def test_a_long_fill_goes_page_by_page_and_survives_being_killed(
    tmp_path: Path, kill_every: int | None
) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        for number in range(1250):
            repository.create(f"Issue {number}", f"points: {number % 5}")
            ours.hub.now += 1000 * (number % 3)
            if number % 2:
                repository.label(repository.last_number, "svc/users")
        for number in range(1, 1251, 7):
            repository.close(number)
        ours.later(HOUR)
        seen, left = 0, []
        while True:
            batch = await ours.step()
            seen += 1
            left.append(batch.remaining)
            assert batch.requests <= 20
            assert len(batch.rows) <= 6000
            if kill_every is not None and seen % kill_every == 0:
                ours.use(LABELS)
            if not batch.more:
                break
            # Meanwhile the team goes on.
            repository.label(7 * seen, "svc/content")
            repository.close(11 * seen)
            ours.later(3000)
        assert not ours.hub.wrong
        ours.later(HOUR)
        await ours.poll()
        assert seen >= 3
        known = [count for count in left if count is not None]
        assert len(known) == len(left)
        assert known == sorted(known, reverse=True)
        issues = repository.issues.values()
        assert set(ours.items()) == {f"{REPOSITORY}#{one.number}" for one in issues}
        expected = {
            f"{REPOSITORY}#{one.number}": float(one.labels[0].partition(": ")[2]) for one in issues
        }
        assert {item: points for item, (_, points) in ours.items().items()} == expected
        points = ours.picture().points
        assert points is not None
        done = sum(expected[f"{REPOSITORY}#{one.number}"] for one in issues if one.closed)
        assert points.done == done


async def test_what_changes_between_pages_is_not_lost(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        for number in range(350):
            repository.create(f"Issue {number}")
            ours.later(2000)
        moved = iter(range(1, 350, 50))

        def touch(request: Request) -> None:
            if request.path.endswith("/issues") and (number := next(moved, None)):
                # It leaves the page that was just read, and all behind it move up.
                repository.label(number, "points: 1")
                ours.later(1000)

        ours.later(MINUTE)
        ours.hub.after_answer = touch
        await ours.poll()
        ours.hub.after_answer = None
        ours.later(MINUTE)
        await ours.poll()
        assert len(ours.items()) == 350
        points = ours.picture().points
        assert points is not None
        labelled = sum(len(issue.labels) for issue in repository.issues.values())
        assert labelled >= 5
        assert points.total == labelled


async def test_hundreds_of_issues_within_one_second_are_all_read(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        for number in range(330):
            repository.create(f"Issue {number}")
        ours.later(HOUR)
        repository.create("Later")
        left = iter([5, 150])

        def touch(request: Request) -> None:
            if "page" in request.query and request.path.endswith("/issues"):
                # It leaves the second that is being read, and all behind it move up.
                number = next(left, None)
                if number is not None:
                    repository.touch(number)

        ours.later(MINUTE)
        ours.hub.after_answer = touch
        await ours.poll()
        ours.later(MINUTE)
        await ours.poll()
        assert len([title for title, _ in ours.items().values() if title]) == 331


async def test_more_issues_than_pages_can_be_numbered_are_read_by_cursor(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        ours.hub.most_numbered = 600
        for number in range(950):
            repository.create(f"Issue {number}")
            ours.hub.now += 300
        repository.delete(77)
        ours.later(HOUR)
        await ours.poll()
        assert len(ours.items()) == 949
        # Counted again after some hours, which is done by cursor and in small steps.
        repository.delete(78)
        ours.later(7 * HOUR)
        for _ in range(5):
            ours.later(MINUTE)
            batch = await ours.poll()
            assert batch.requests <= 8
        gone = "SELECT count(*) FROM item_events WHERE event LIKE 'gone:%'"
        assert ours.ask(gone) == [(1,)]


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


async def test_events_that_github_no_longer_has_are_told_of(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        for number in range(150):
            repository.create(f"Issue {number}", "points: 1", "svc/users")
            repository.close(repository.last_number)
            ours.later(MINUTE)
        ours.hub.most_event_pages = 2
        ours.later(HOUR)
        batch = await ours.poll()
        assert any("has no events of acme/users before" in note for note in batch.notes)
        points = ours.picture().points
        assert points is not None
        assert (points.total, points.done) == (150, 150)


async def test_a_page_that_repeats_ends_in_an_error(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        for number in range(250):
            repository.create(f"Issue {number}", "points: 1")
        ours.later(HOUR)
        found = ours.hub._found

        def repeating(request: Request) -> tuple[int, object, dict[str, object]]:
            page = int(request.query.pop("page", "1"))
            status, body, links = found(request)
            return status, body, {**links, "next": ("page", str(page + 1))} if links else links

        ours.hub._found = repeating  # type: ignore[method-assign]
        error = await ours.fails()
        assert error.kind is SourceErrorKind.MALFORMED
        assert "repeats the page before it" in str(error)


async def test_a_label_that_comes_while_events_are_read_is_not_put_into_the_past(
    tmp_path: Path,
) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        first = repository.create("First", "points: 1")
        for number in range(120):
            ours.later(MINUTE)
            repository.create(f"Issue {number}", "points: 2")
        ours.later(HOUR)
        once = iter([True])

        def relabel(request: Request) -> None:
            if request.path.endswith("/events") and next(once, False):
                repository.label(first, "points: 50")

        ours.hub.after_answer = relabel
        await ours.poll()
        ours.later(MINUTE)
        await ours.poll()
        then = ours.picture(MONDAY + MINUTE)
        assert then.points is not None
        assert then.points.total == 3
        now = ours.picture().points
        assert now is not None
        assert now.total == 290


async def test_what_happens_within_the_second_of_a_poll_is_read_by_the_next(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        number = repository.create("Work", "points: 1")
        await ours.poll()
        repository.unlabel(number, "points: 1")
        repository.label(number, "points: 4")
        repository.close(number)
        await ours.poll()
        ours.later(MINUTE)
        await ours.poll()
        points = ours.picture().points
        assert points is not None
        assert (points.total, points.done) == (4, 4)


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


async def test_limits_are_obeyed(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        ours.hub.repositories[REPOSITORY].create("Work")
        ours.later(HOUR)
        reset = str(ours.hub.now // 1000 + 120)
        replies = [
            answer(
                {"message": "API rate limit exceeded"},
                status="403 Forbidden",
                headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset},
            ),
            answer(
                {"message": "You have exceeded a secondary rate limit"},
                status="429 Too Many Requests",
                headers={"Retry-After": "77"},
            ),
            answer(
                {"message": "You have exceeded a secondary rate limit. Please wait a few minutes"},
                status="403 Forbidden",
                headers={"X-RateLimit-Remaining": "4711"},
            ),
        ]
        waits = []
        for reply in replies:
            ours.hub.intercept = _always(reply)
            error = await ours.fails()
            assert error.kind is SourceErrorKind.RATE_LIMIT
            waits.append(error.retry_after_ms)
        assert waits == [120_000, 77_000, 60_000]
        ours.hub.intercept = None
        await ours.poll()
        assert len(ours.items()) == 1


async def test_a_limit_in_the_middle_of_a_fill_loses_nothing(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        for number in range(450):
            repository.create(f"Issue {number}", "points: 1")
            ours.later(2000)
        ours.later(HOUR)
        limited = answer({}, status="429 No", headers={"Retry-After": "1"})
        countdown = itertools.count()

        async def sometimes(request: Request, writer: asyncio.StreamWriter) -> bool:
            if next(countdown) % 4 == 3:
                writer.write(limited)
                return True
            return False

        ours.hub.intercept = sometimes
        waits: list[int | None] = []
        for _ in range(200):
            try:
                if not (await ours.step()).more:
                    break
            except SourceError as error:
                waits.append(error.retry_after_ms)
        assert len(waits) >= 3
        assert set(waits) == {1000}
        assert len(ours.items()) == 450
        points = ours.picture().points
        assert points is not None
        assert points.total == 450


def _always(reply: bytes) -> Interception:
    async def intercept(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(reply)
        return True

    return intercept


async def test_a_wrong_token_is_told(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        ours.present("expired")
        with pytest.raises(SourceError) as caught:
            # The very first answer, as `check` asks for it.
            await ours.step()
        error = caught.value
        assert error.kind is SourceErrorKind.AUTH
        assert "refuses the credentials: check the token" in str(error)
        assert "expired" not in str(error)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (403, "acme/users may not be read with this token: it needs the scope `repo`"),
        (404, "there is no repository acme/users for this token: check `repositories:`"),
        (410, "acme/users has its issues switched off"),
    ],
)
async def test_a_repository_that_cannot_be_read_is_told(
    tmp_path: Path, status: int, says: str
) -> None:
    async with team(tmp_path) as ours:
        reply = answer({"message": "Not Found"}, status=f"{status} No")
        ours.hub.intercept = _always(reply)
        error = await ours.fails()
        kind = SourceErrorKind.AUTH if status == 403 else SourceErrorKind.CONFIG
        assert error.kind is kind
        assert says in str(error)


async def test_a_moment_in_the_future_is_refused(tmp_path: Path) -> None:
    async with team(tmp_path) as ours:
        repository = ours.hub.repositories[REPOSITORY]
        repository.create("Work")
        repository.issues[1].created = repository.issues[1].updated = MONDAY + 3 * DAY
        error = await ours.fails()
        assert error.kind is SourceErrorKind.MALFORMED
        assert "not in the past by this machine's clock" in str(error)


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
