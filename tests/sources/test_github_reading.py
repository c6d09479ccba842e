"""How GitHub is read: page by page, at no cost where nothing is new, whatever comes between."""

import asyncio
import itertools
from pathlib import Path

import pytest

from goliath_tui.domain import SourceError, SourceErrorKind
from tests.sources.github_server import Interception
from tests.sources.github_team import DAY, HOUR, LABELS, MINUTE, MONDAY, REPOSITORY, team
from tests.sources.hostile_server import Request, answer


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
