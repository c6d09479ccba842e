"""How a Jira is read: page by page, in increments, and whatever comes between."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from goliath_tui.domain import (
    EventKind,
    ItemEvent,
    SourceError,
    SourceErrorKind,
    WorkItem,
)
from goliath_tui.sources import Setup, jira
from goliath_tui.sources.jira import POLLS_PER_LISTING
from tests.sources.jira_team import BOTH, SEARCH, team
from tests.sources.jira_world import DAY, HOUR, MINUTE


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


@BOTH
async def test_what_is_done_twice_in_one_second_with_a_poll_between_is_told(
    tmp_path: Path, cloud: bool
) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        issue = j.create(points=1.0)
        await t.catch_up(2)
        # A database that keeps whole seconds.
        j.now = j.now // 1000 * 1000
        j.estimate(issue, 2.0)
        await t.poll()
        j.estimate(issue, 3.0)
        j.transition(issue, "In Progress")
        await t.catch_up(2)
        assert (t.stands(issue.key).points, t.stands(issue.key).status) == (3.0, "started")


@BOTH
async def test_a_clock_that_is_set_while_we_run_loses_nothing(tmp_path: Path, cloud: bool) -> None:
    async with team(tmp_path, cloud=cloud) as t:
        j = t.jira
        issue = j.create(points=1.0)
        await t.catch_up(2)
        for points, ahead_ms in ((2.0, HOUR), (3.0, 0), (4.0, -HOUR), (5.0, 0)):
            t.clock_ahead_ms = ahead_ms
            t.served.lag_ms = 3 * MINUTE
            j.estimate(issue, points)
            await t.catch_up(5)
            assert t.stands(issue.key).points == points


async def test_changelogs_that_are_too_long_for_one_answer_are_asked_for_in_parts(
    tmp_path: Path,
) -> None:
    async with team(tmp_path) as t:
        j = t.jira
        issue = j.create()
        for n in range(200):
            j.tick(HOUR)
            j.estimate(issue, float(n))
        t.restart(max_body=20_000)
        for _ in range(3):
            assert (await t.refused()).kind is SourceErrorKind.TOO_LARGE
        await t.catch_up()
        points = {e.points for e in t.rows(ItemEvent) if e.kind is EventKind.ESTIMATED}
        assert points == {float(n) for n in range(200)}


async def test_an_address_of_its_own_that_is_none_breaks_nothing(tmp_path: Path) -> None:
    async with team(tmp_path) as t:
        t.jira.create()
        t.served.answers["/rest/api/3/serverInfo"] = lambda told: told | {"baseUrl": "http://[x"}
        await t.catch_up()
        assert t.rows(WorkItem)
