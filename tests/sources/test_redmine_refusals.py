"""What a Redmine refuses or answers wrongly, and what of a config fits nothing in it."""

from typing import Any

import pytest

from goliath_tui.domain import (
    SourceError,
    SourceErrorKind,
)
from goliath_tui.sources import Proof
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.redmine import Options
from tests.sources.hostile_server import answer
from tests.sources.redmine_team import OPTIONS, found, redmine
from tests.sources.redmine_world import KEY
from tests.specs import REDMINE, described


async def test_categories_that_may_not_be_listed_are_learned_from_issues() -> None:
    async with redmine() as asker:
        world = asker.world
        world.denied = {("1", "issue_categories"), ("3", "issue_categories")}
        users = world.category("svc users")
        number = world.issue(points=1, category_id=users)
        [last] = await asker.fill()
        assert found(asker, number)[2] == "users"
        assert any(
            note.startswith("the categories of backend, users may not be listed")
            for note in last.notes
        )
        world.now += 601
        before = len(asker.server.requests)
        world.change(number, category_id=world.category("svc cart"))
        world.now += 60
        world.change(number, points=2)
        await asker.fill()
        assert found(asker, number)[:3] == ("open", 2.0, "cart")
        assert len(asker.server.requests) - before < 20


async def test_a_project_below_that_has_no_issues_to_see_spoils_nothing() -> None:
    async with redmine() as asker:
        asker.world.denied = {("3", "versions")}
        asker.world.issue()
        [last] = await asker.fill()
        assert list(asker.items) == ["#1"]
        assert any(note.startswith("users below the projects") for note in last.notes)
        asker.world.denied = {("1", "versions")}
        asker.source = asker.start()
        assert (await asker.refused()).kind is SourceErrorKind.AUTH


async def test_a_wrong_key_is_told_although_redmine_answers_it() -> None:
    async with redmine() as asker:
        asker.world.issue()
        asker.client = asker.connect("wrong")
        error = await asker.refused()
        assert error.kind is SourceErrorKind.AUTH
        assert "check the token" in str(error)


async def test_without_a_key_what_is_public_is_read() -> None:
    async with redmine() as asker:
        asker.world.issue()
        asker.client = asker.connect(None)
        await asker.fill()
        assert list(asker.items) == ["#1"]


HTML = answer(b"<html>log in</html>", headers={"Content-Type": "text/html; charset=utf-8"})


CONFIG, MALFORMED, AUTH = (
    SourceErrorKind.CONFIG,
    SourceErrorKind.MALFORMED,
    SourceErrorKind.AUTH,
)


@pytest.mark.parametrize(
    ("path", "raw", "kind", "words"),
    [
        ("/users/current.json", HTML, CONFIG, "answers a page (text/html"),
        ("/users/current.json", answer(status="404 Not Found"), CONFIG, "at which Redmine itself"),
        ("/users/current.json", answer(status="403 Forbidden"), AUTH, "its REST API is off"),
        ("/projects.json", answer({"projects": 1}), MALFORMED, "not as agreed at $.projects"),
        ("/issues.json", answer({"issues": []}), MALFORMED, "total_count"),
        ("/issues/1.json", answer({"issue": {}}), MALFORMED, "not as agreed"),
        ("/issues.json", answer(b'{"issues": [' + b"[" * 5000), MALFORMED, "issues.json"),
    ],
)
async def test_what_is_no_redmine_is_told_in_one_line(
    path: str, raw: bytes, kind: SourceErrorKind, words: str
) -> None:
    async with redmine(Options(projects=("backend",))) as asker:
        asker.world.issue()
        asker.world.overrides[path] = raw
        error = await asker.refused()
        assert error.kind is kind
        assert words in str(error)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options(projects=("bakend",)), "no project bakend, did you mean backend: check"),
        (Options(projects=("zzz",)), "it shows backend, ops, users: check `projects:`"),
        (
            Options(projects=("backend",), points="Story pionts"),
            "field Story pionts, did you mean Story points: check `points:`",
        ),
        (Options(projects=("backend",), labels=("Flags",)), "check `labels:`"),
        (Options(projects=("backend",), done=("Closd",)), "did you mean closed: check `done:`"),
    ],
)
async def test_settings_that_fit_nothing_are_told_with_what_there_is(
    options: Options, words: str
) -> None:
    async with redmine(options) as asker:
        asker.world.issue()
        error = await asker.refused()
        assert error.kind is CONFIG
        assert words in str(error)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        (Options(), ()),
        (Options(projects=("a",), hours_per_day=0), ("hours_per_day",)),
        (Options(projects=("a",), points_per_day=2), ("points_per_day",)),
        (Options(projects=("a",), sprint_days=0), ("sprint_days",)),
        (Options(projects=("a",), time_zone="Mars/Olympus"), ("time_zone",)),
        (Options(projects=("a",), time_zone="../etc"), ("time_zone",)),
        (Options(projects=("a",), baselines={"MVE": "soon"}), ("baselines", "MVE")),
        (Options(projects=("a",), prefix="x" * 40), ("prefix",)),
    ],
)
def test_settings_that_mean_nothing_are_refused(options: Options, place: tuple[str, ...]) -> None:
    assert [where for where, _ in options.problems()] == [place]
    assert not list(OPTIONS.problems())


def page(*issues: dict[str, Any], total: int | None = None) -> bytes:
    return answer({"issues": issues, "total_count": len(issues) if total is None else total})


@pytest.mark.parametrize("history", ["journals", "none"])
async def test_a_server_that_repeats_a_page_or_heeds_no_filter_ends_in_an_error(
    history: Any,
) -> None:
    options = Options(projects=("backend",), history=history)
    async with redmine(options) as asker:
        world = asker.world
        for _ in range(100):
            world.issue()
            world.now += 1
        full = [world.told(issue) for issue in world.issues.values()]
        limit = 18 if history == "journals" else 100
        world.overrides["/issues.json"] = page(*full[:limit], total=500)
        with pytest.raises(SourceError) as caught:
            await asker.fill()
        assert caught.value.kind is MALFORMED
        assert "does not keep to the filter" in str(caught.value)


async def test_pages_out_of_order_or_too_long_are_refused() -> None:
    async with redmine(Options(projects=("backend",))) as asker:
        world = asker.world
        for _ in range(30):
            world.issue()
            world.now += 1
        told = [world.told(issue) for issue in world.issues.values()]
        world.overrides["/issues.json"] = page(told[1], told[0])
        assert "does not sort" in str(await asker.refused())
        world.overrides["/issues.json"] = page(*told)
        assert "more than the 18 issues" in str(await asker.refused())


async def test_a_page_that_is_too_large_is_asked_for_in_parts() -> None:
    async with redmine() as asker:
        for _ in range(10):
            asker.world.issue("x" * 4000)
            asker.world.now += 1
        connection = Connection(
            base_url=asker.server.url, token=lambda: KEY, proof=Proof.REDMINE, max_body=30_000
        )
        asker.client = Client(connection, clock=lambda: round(asker.world.now * 1000))
        for _ in range(2):
            assert (await asker.refused()).kind is SourceErrorKind.TOO_LARGE
        await asker.fill()
        assert len(asker.items) == 10


async def test_a_cursor_that_cannot_be_read_starts_over() -> None:
    async with redmine() as asker:
        asker.world.issue()
        for cursor in ("", "nonsense", '{"known": "?"}', '{"since": []}'):
            asker.cursor, asker.items = cursor, {}
            await asker.fill()
            assert list(asker.items) == ["#1"]


async def test_it_asks_what_the_published_description_has_and_is_answered_as_it_says() -> None:
    description = described(REDMINE)
    paths = (
        *("/users/current.json", "/projects.json", "/issue_statuses.json", "/trackers.json"),
        *("/projects/1/versions.json", "/projects/1/issue_categories.json"),
        *("/issues.json", "/issues/1.json"),
    )
    async with redmine() as asker:
        world = asker.world
        world.projects = {1: world.projects[1]}
        world.issue(
            points="3",
            fixed_version_id=world.version("Sprint 1", "2026-09-25"),
            category_id=world.category("svc users"),
        )
        world.change(1, status_id=2)
        await asker.fill()
        assert {path for path, _ in world.answered} == set(paths)
        for path, body in world.answered:
            description.check_answer(path, 200, body)
