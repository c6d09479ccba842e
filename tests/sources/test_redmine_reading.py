"""How a Redmine is read: increments, crowds of one second, what is gone, whatever comes between."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import (
    EventKind,
    ItemEvent,
)
from goliath_tui.sources.redmine.place import Place, pack, placed, unpack
from tests.sources.hostile_server import Request
from tests.sources.redmine_team import (
    OPTIONS,
    assert_as_it_is,
    found,
    redmine,
)
from tests.sources.redmine_world import START, STATUSES, World


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


@given(st.sets(st.integers(min_value=1, max_value=2**53)))
def test_a_set_of_numbers_is_packed_and_unpacked(numbers: set[int]) -> None:
    assert unpack(pack(numbers)) == numbers


def test_ten_thousand_numbers_take_a_few_kilobytes() -> None:
    chance = random.Random(1)
    place = Place(known=pack(chance.sample(range(60_000), 10_000)))
    assert len(place.encode()) < 10_000
    assert placed(place.encode()) == place
