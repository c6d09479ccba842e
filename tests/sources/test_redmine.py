"""Redmine, read from a small server on loopback: increments, histories, deletions, bad answers."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import (
    EventKind,
    ItemEvent,
    SourceError,
    SourceErrorKind,
    WorkItem,
)
from goliath_tui.sources import Proof
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.redmine import Options
from goliath_tui.sources.redmine_place import Place, pack, placed, unpack
from goliath_tui.sources.work import Rule
from tests.sources.hostile_server import Request, Server, answer, serving
from tests.sources.redmine_asker import Asker
from tests.sources.redmine_world import KEY, START, STATUSES, World
from tests.specs import REDMINE, described

OPTIONS = Options(
    projects=("backend",),
    points="Story points",
    labels=("Tags",),
    dropped=("Rejected",),
    services=(Rule(service="*", component="svc *"), Rule(service="shop", label="shop")),
)


class WorldAsker(Asker):
    """One that reads a small world."""

    def __init__(self, server: Server, world: World, options: Options) -> None:
        super().__init__(server.url, KEY, options, lambda: round(world.now * 1000))
        self.server = server
        self.world = world


@asynccontextmanager
async def redmine(options: Options = OPTIONS) -> AsyncIterator[WorldAsker]:
    world = World()
    async with serving(world) as server:
        asker = WorldAsker(server, world, options)
        try:
            yield asker
        finally:
            await asker.client.close()


def expected(world: World, number: int) -> tuple[Any, ...]:
    """How an issue stands: status, points, service, sprint."""
    issue = world.issues.get(number)
    if issue is None or issue["project_id"] == 2:
        return ("dropped",)
    category = world.categories.get(issue["category_id"])
    service = category.removeprefix("svc ") if category else None
    if service is None and "shop" in issue["labels"]:
        service = "shop"
    version = world.versions.get(issue["fixed_version_id"], {})
    return (
        {1: "open", 2: "started", 5: "done", 6: "dropped"}[issue["status_id"]],
        None if issue["points"] is None else float(issue["points"]),
        service,
        f"#version-{version['id']}" if version.get("due_date") else None,
    )


def found(asker: WorldAsker, number: int, until: int | None = None) -> tuple[Any, ...]:
    """The same, by what was told."""
    stands = asker.stand(number, until)
    return stands.status, stands.points, stands.service, stands.sprint


def assert_as_it_is(asker: WorldAsker, numbers: range) -> None:
    for number in numbers:
        wanted = expected(asker.world, number)
        if not asker.of(number) and wanted == ("dropped",):
            continue
        told = found(asker, number)
        events = "\n".join(f"{e.at} {e.id} {e.points} {e.sprint}" for e in asker.of(number))
        assert told[: len(wanted)] == wanted, f"{number}\n{events}"


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


async def test_what_is_new_costs_two_requests_to_find_out() -> None:
    async with redmine() as asker:
        for _ in range(30):
            asker.world.issue()
            asker.world.now += 1
        await asker.fill()
        before = len(asker.server.requests)
        batch = await asker.poll()
        assert (batch.rows, batch.more, batch.requests) == ((), False, 2)
        assert len(asker.server.requests) - before == 2
        asker.world.change(7, status_id=2)
        batch = await asker.poll()
        assert {row.item for row in batch.rows if isinstance(row, ItemEvent)} == {"#7"}
        assert batch.requests == 3


async def test_a_first_fill_comes_in_small_batches_and_shows_how_far_it_is() -> None:
    async with redmine() as asker:
        for _ in range(150):
            asker.world.now += 60
            asker.world.issue(points=1)
        batches = await asker.fill()
        assert all(batch.requests <= 20 for batch in batches)
        left = [batch.remaining or 0 for batch in batches]
        assert left == sorted(left, reverse=True)
        assert left[0] > 100
        assert left[-1] == 0
        assert "one request each" in " ".join(batches[0].notes)
        assert len(asker.items) == 150
        assert sum("/issues/" in r.path for r in asker.server.requests) == 150


async def test_without_history_a_page_is_one_request() -> None:
    options = msgspec.structs.replace(OPTIONS, history="none")
    async with redmine(options) as asker:
        world = asker.world
        sprint = world.version("Sprint 1", "2026-09-25")
        for _ in range(150):
            world.now += 60
            world.issue(points=1)
        world.change(3, status_id=5, fixed_version_id=sprint)
        await asker.fill()
        assert not [r for r in asker.server.requests if "/issues/" in r.path]
        assert found(asker, 3) == ("done", 1.0, None, "#version-1")
        world.change(3, status_id=2)
        await asker.fill()
        world.change(3, points=5)
        await asker.fill()
        assert found(asker, 3) == ("started", 5.0, None, "#version-1")
        assert_as_it_is(asker, range(1, 151))


async def test_more_issues_than_a_page_in_one_second_are_all_told() -> None:
    async with redmine() as asker:
        for number in range(1, 251):
            asker.world.issue()
            # In no order of their numbers.
            asker.world.issues[number]["updated"] = START + 500 + (number * 37 % 97) / 100
        asker.world.now = START + 900
        for _ in range(5):
            asker.world.issue()
        await asker.fill()
        assert len(asker.items) == 255
        read = [r.path for r in asker.server.requests if "/issues/" in r.path]
        assert len(read) == len(set(read))


@pytest.mark.parametrize("tells_time", [True, False])
async def test_what_is_saved_late_is_found(tells_time: bool) -> None:
    async with redmine() as asker:
        world = asker.world
        world.tells_time = tells_time
        world.issue()
        world.issue()
        world.now += 100
        world.change(2, status_id=2)
        await asker.fill()
        world.now -= 60
        world.change(1, status_id=5)
        world.now += 70
        await asker.fill()
        assert_as_it_is(asker, range(1, 3))


async def test_two_changes_in_one_second_with_a_poll_between_them_are_two() -> None:
    async with redmine() as asker:
        asker.world.issue()
        asker.world.change(1, status_id=2)
        await asker.fill()
        asker.world.change(1, status_id=5)
        await asker.fill()
        assert found(asker, 1)[0] == "done"


async def test_a_deleted_issue_is_dropped_and_found_with_few_requests() -> None:
    async with redmine() as asker:
        world = asker.world
        for _ in range(600):
            world.issue(points=1)
            world.now += 1
        world.now += 7200
        await asker.fill()
        del world.issues[517]
        before = len(asker.server.requests)
        world.now += 60
        await asker.fill()
        assert len(asker.server.requests) - before <= 12
        assert [e.kind for e in asker.of(517)][-1] is EventKind.DROPPED
        assert asker.stand(516).status == "open"


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


async def test_what_becomes_visible_without_a_change_is_told_and_what_was_gone_comes_back() -> None:
    async with redmine() as asker:
        world = asker.world
        for _ in range(5):
            world.issue(points=2)
        world.change(4, status_id=5)
        await asker.fill()
        hidden = world.issues.pop(4)
        world.now += 600
        await asker.fill()
        assert asker.stand(4).status == "dropped"
        world.now += 600
        world.issues[4] = hidden
        await asker.fill()
        assert_as_it_is(asker, range(1, 6))


async def test_a_loss_and_a_gain_at_once_are_found_within_a_day() -> None:
    async with redmine() as asker:
        world = asker.world
        for _ in range(250):
            world.issue()
            world.now += 1
        hidden = world.issues.pop(7)
        world.now += 7200
        await asker.fill()
        del world.issues[200]
        world.issues[7] = hidden
        await asker.fill()
        assert asker.stand(200).status == "open"
        world.now += 86_400
        await asker.fill()
        assert_as_it_is(asker, range(1, 251))


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


async def test_moments_that_are_yet_to_come_are_left_out_and_hold_up_nothing() -> None:
    async with redmine() as asker:
        world = asker.world
        for _ in range(3):
            world.issue(points=1)
        world.now += 3 * 86_400
        world.change(2, status_id=5)
        world.now -= 3 * 86_400
        [*_, last] = await asker.fill()
        assert any("1 issue changed more than a day from now (#2)" in n for n in last.notes)
        assert asker.stand(2).status == "open"
        world.now += 60
        world.change(3, status_id=2)
        await asker.fill()
        assert asker.stand(3).status == "started"
        world.now += 3 * 86_400
        await asker.fill()
        assert asker.stand(2).status == "done"


OPERATIONS = ("create", "status", "points", "version", "category", "move", "touch", "delete")


def disturb(world: World, chance: random.Random, *, longest: float = 400) -> None:
    """Somebody does something in Redmine, at most so long after what was done before."""
    what = chance.choice(OPERATIONS)
    world.now += min(longest, chance.choice((0, 0, 0.3, 1, 5, 400)))
    if what == "create" or not world.issues:
        world.issue(points=chance.choice((None, 1, 5)), project_id=chance.choice((1, 1, 2, 3)))
        return
    number = chance.choice(list(world.issues))
    match what:
        case "status":
            world.change(number, status_id=chance.choice(list(STATUSES)))
        case "points":
            world.change(number, points=chance.choice((None, 2, 3)))
        case "version":
            world.change(number, fixed_version_id=chance.choice((None, *world.versions)))
        case "category":
            world.change(number, category_id=chance.choice((None, *world.categories)))
        case "move":
            world.change(number, project_id=chance.choice((1, 2, 3)))
        case "touch":
            # A second of its own: what leaves no journal is known by that alone.
            world.now += 2
            world.touch(number, category_id=chance.choice((None, *world.categories)))
            world.now += 2
        case "delete":
            del world.issues[number]


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_happens_while_it_is_read_all_is_told_as_it_is(seed: int) -> None:
    chance = random.Random(seed)
    history: Any = chance.choice(("journals", "journals", "none"))
    async with redmine(msgspec.structs.replace(OPTIONS, history=history)) as asker:
        world = asker.world
        world.tells_time = chance.random() < 0.5
        for name, due in (("S1", "2026-09-20"), ("S2", "2026-10-04"), ("Later", None)):
            world.version(name, due)
        for name in ("svc users", "svc cart"):
            world.category(name)
        for _ in range(chance.choice((0, 3, 60))):
            disturb(world, chance)
        odds = chance.choice((0.0, 0.05, 0.5))

        def meanwhile(_: Request) -> None:
            if chance.random() < odds:
                disturb(world, chance, longest=1)

        world.before = meanwhile
        for _ in range(60):
            if chance.random() < 0.2:
                asker.source = asker.start()
            await asker.poll(lost=chance.random() < 0.2)
            if chance.random() < 0.3:
                disturb(world, chance)
        world.before = lambda _: None
        world.now += 700
        await asker.fill()
        world.now += 86_400
        await asker.fill()
        assert_as_it_is(asker, range(1, world._issues + 1))


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


@given(st.sets(st.integers(min_value=1, max_value=2**53)))
def test_a_set_of_numbers_is_packed_and_unpacked(numbers: set[int]) -> None:
    assert unpack(pack(numbers)) == numbers


def test_ten_thousand_numbers_take_a_few_kilobytes() -> None:
    chance = random.Random(1)
    place = Place(known=pack(chance.sample(range(60_000), 10_000)))
    assert len(place.encode()) < 10_000
    assert placed(place.encode()) == place


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
