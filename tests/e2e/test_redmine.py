"""The kind `redmine` against a real Redmine: histories, pages, deletions, and what is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from goliath_tui.domain import EventKind, SourceError, SourceErrorKind
from goliath_tui.sources.redmine import Options
from goliath_tui.sources.work import Rule
from tests.commands.programs import run
from tests.e2e.redmine import Redmine, redmine
from tests.sources.redmine_asker import Asker

OPTIONS = Options(
    projects=("backend",),
    points="Story points",
    labels=("Tags",),
    dropped=("Rejected",),
    services=(
        Rule(service="*", component="svc *"),
        Rule(service="shop", label="shop"),
        Rule(service="mobile", epic="Move mobile*"),
    ),
)
CONFIG = """\
migration: Ours
sources:
  tracker:
    kind: redmine
    url: {url}
    token: {{env: REDMINE_API_KEY}}
    projects: [{project}]
"""


@asynccontextmanager
async def asking(tracker: Redmine, options: Options = OPTIONS) -> AsyncIterator[Asker]:
    asker = Asker(tracker.url, tracker.key, options)
    try:
        yield asker
    finally:
        await asker.client.close()


def stands(asker: Asker, number: int) -> tuple[str, float | None, str | None, str | None]:
    found = asker.stand(number)
    return found.status, found.points, found.service, found.sprint


def kinds(asker: Asker, number: int) -> list[EventKind]:
    return [event.kind for event in asker.of(number)]


async def test_a_real_tracker_is_read_as_it_was_worked_in() -> None:
    async with redmine() as tracker, asking(tracker) as asker:
        await tracker.project("backend")
        below = await tracker.project("below", parent_id=1)
        away = await tracker.project("away")
        await tracker.project("wiki", parent_id=1, enabled_module_names=["wiki"])
        points = tracker.custom_field("Story points")
        tags = tracker.custom_field("Tags", values=("shop", "urgent"))
        status = await tracker.statuses()
        users = await tracker.category("backend", "svc users")
        sprint = await tracker.version("backend", "Sprint 1", "2026-09-25")
        later = await tracker.version("backend", "Later", None)

        def estimate(value: str) -> list[dict[str, object]]:
            return [{"id": points, "value": value}]

        done = await tracker.issue(
            "backend", "Login", category_id=users, custom_fields=estimate("3")
        )
        epic = await tracker.issue("backend", "Move mobile clients")
        child = await tracker.issue(below, "Port", custom_fields=estimate("5"))
        tagged = await tracker.issue("backend", "Cart", fixed_version_id=later)
        moving = await tracker.issue("backend", "Elsewhere", custom_fields=estimate("2"))
        doomed = await tracker.issue("backend", "Doomed")
        await tracker.change(done, fixed_version_id=sprint, status_id=status["In Progress"])
        await tracker.change(done, custom_fields=estimate("8"), status_id=status["Closed"])
        await tracker.change(child, parent_issue_id=epic, fixed_version_id=sprint)
        await tracker.change(tagged, custom_fields=[{"id": tags, "value": ["urgent", "shop"]}])
        await tracker.change(tagged, custom_fields=[{"id": tags, "value": ["shop"]}])

        await asker.fill()
        in_sprint = f"#version-{sprint}"
        assert stands(asker, done) == ("done", 8.0, "users", in_sprint)
        assert stands(asker, child) == ("open", 5.0, "mobile", in_sprint)
        assert stands(asker, tagged) == ("open", None, "shop", None)
        assert asker.items[f"#{done}"].url == f"{tracker.url}/issues/{done}"
        created, *rest = asker.of(done)
        assert (created.kind, created.points, created.service) == (EventKind.CREATED, 3.0, "users")
        assert [event.kind for event in rest] == [
            EventKind.ENTERED,
            EventKind.REOPENED,
            EventKind.STARTED,
            EventKind.ESTIMATED,
            EventKind.DONE,
        ]
        quiet = await asker.poll()
        assert (quiet.rows, quiet.more, quiet.requests) == ((), False, 2)

        await tracker.change(moving, project_id=away)
        await tracker.delete(doomed)
        await tracker.change(tagged, status_id=status["Rejected"])
        # Made after the lists were read.
        second = await tracker.version("backend", "Sprint 2", "2026-10-09")
        await tracker.change(done, fixed_version_id=second, status_id=status["Feedback"])
        await asker.fill()
        assert asker.stand(moving).status == "dropped"
        assert any(event.id.startswith("j") for event in asker.of(moving))
        assert kinds(asker, doomed)[-1] is EventKind.DROPPED
        assert asker.stand(tagged).status == "dropped"
        assert stands(asker, done) == ("started", 8.0, "users", f"#version-{second}")

        await tracker.change(moving, project_id="backend")
        await tracker.change(child, status_id=status["Closed"])
        await asker.fill()
        assert stands(asker, moving)[:2] == ("open", 2.0)

        # Whoever is done closes the project: then nobody can change it, but it counts.
        tracker.sql("UPDATE projects SET status = 5 WHERE id = ?", below)
        asker.source = asker.start()
        await asker.fill()
        assert stands(asker, child)[:2] == ("done", 5.0)


async def test_more_issues_of_one_second_than_a_page_are_all_read_while_others_change() -> None:
    async with redmine() as tracker, asking(tracker, Options(projects=("backend",))) as asker:
        await tracker.project("backend")
        numbers = [await tracker.issue("backend", f"Work {n}") for n in range(45)]
        # As after an import: in one second, and in no order of their numbers.
        tracker.sql(
            "UPDATE issues SET created_on = '2026-03-01 10:00:00',"
            " updated_on = '2026-03-01 10:00:00.' || printf('%06d', (id * 37 % 97) * 10000)"
        )
        first = await asker.poll()
        assert first.more
        assert first.remaining
        await tracker.change(numbers[20], subject="Changed meanwhile", estimated_hours=16)
        await asker.fill()
        assert set(asker.items) == {f"#{number}" for number in numbers}
        assert asker.items[f"#{numbers[20]}"].title == "Changed meanwhile"
        assert asker.stand(numbers[20]).points == 2.0

        # What nobody changed may come and go: a count of the issues tells, halving finds which.
        tracker.sql("UPDATE issues SET is_private = 0, project_id = 99 WHERE id = ?", numbers[7])
        await asker.fill()
        assert asker.stand(numbers[7]).status == "dropped"
        tracker.sql("UPDATE issues SET project_id = 1 WHERE id = ?", numbers[7])
        await asker.fill()
        assert asker.stand(numbers[7]).status == "open"

        # A history in the past is one in the past here too.
        tracker.age(400)
        again = Asker(tracker.url, tracker.key, Options(projects=("backend",)))
        await again.fill()
        await again.client.close()
        assert set(again.items) == set(asker.items)
        assert max(event.at for event in again.events.values()) < asker.clock() - 399 * 86_400_000


async def test_a_reader_needs_to_view_issues_and_no_more() -> None:
    async with redmine() as tracker:
        await tracker.project("backend", is_public=False)
        users = await tracker.category("backend", "svc users")
        issue = await tracker.issue("backend", "Login", category_id=users)
        tracker.custom_field("Story points")
        tracker.custom_field("Tags", values=("shop",))
        key = await tracker.reader("backend", "Reporter")
        asker = Asker(tracker.url, key, OPTIONS)
        [last] = await asker.fill()
        await asker.client.close()
        assert asker.stand(issue).service == "users"
        assert any("categories of backend may not be listed" in note for note in last.notes)


async def test_what_a_real_redmine_refuses_is_told_in_one_line(tmp_path: Path) -> None:
    async with redmine() as tracker:
        await tracker.project("backend")
        config = tmp_path / "config.yaml"

        async def check(url: str, key: str, project: str = "backend") -> tuple[int, str]:
            config.write_text(CONFIG.format(url=url, project=project), encoding="utf-8")
            env = {"REDMINE_API_KEY": key}
            done = await run("--config", config, "check", cwd=tmp_path, env=env)
            assert key not in done.out + done.err
            return done.code, done.out + done.err

        code, said = await check(tracker.url, tracker.key)
        assert (code, "requests an hour" in said) == (0, True), said
        code, said = await check(tracker.url, "wrong-key-of-nobody")
        assert (code, "refuses the credentials: check the token" in said) == (5, True), said
        code, said = await check(f"{tracker.url}/nowhere", tracker.key)
        assert (code, "at which Redmine itself begins" in said) == (6, True), said
        code, said = await check(tracker.url, tracker.key, "bakend")
        assert (code, "did you mean backend: check `projects:`" in said) == (6, True), said
        tracker.setting("rest_api_enabled", "0")
        code, said = await check(tracker.url, tracker.key)
        assert (code, "its REST API is off (Administration" in said) == (5, True), said


async def test_what_was_read_stays_while_redmine_is_down() -> None:
    async with redmine() as tracker, asking(tracker, Options(projects=("backend",))) as asker:
        await tracker.project("backend")
        await tracker.issue("backend", "Work")
        await asker.fill()
        tracker.program.kill()
        await tracker.program.ended()
        with pytest.raises(SourceError) as caught:
            await asyncio.wait_for(asker.poll(), 60)
        assert caught.value.kind is SourceErrorKind.UNREACHABLE
        assert list(asker.items) == ["#1"]
