"""The sprint screen: every sprint in place by moving, its states, and what opens from it."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from goliath_tui.app import GoliathApp
from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, ServiceOf, SprintOf, Subject
from goliath_tui.screens.plan import Box
from goliath_tui.screens.sprint import SprintScreen, columns
from tests.ui import factory, sprints
from tests.ui.pictures import SIZES, check
from tests.ui.states import STATES
from tests.ui.still import Seconds, make_app, text
from tests.ui.waiting import until

SIZE = (120, 36)


async def opened(app: GoliathApp, pilot: Pilot[None], subject: SprintOf) -> SprintScreen:
    await pilot.pause()
    await app.open(subject)
    await until(pilot, lambda: isinstance(app.screen, SprintScreen) and app.screen.answered)
    assert isinstance(app.screen, SprintScreen)
    return app.screen


def figures(view: SprintScreen) -> str:
    return view.burndown.sprint.name if view.burndown.sprint else ""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", ["live", "stale", "failing", "past"])
async def test_state(state: str, size: tuple[int, int]) -> None:
    picture = STATES[state]()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=size) as pilot:
        if state == "past":
            app.go_to(picture.at)
        await opened(app, pilot, SprintOf("43"))
        await check(pilot, f"sprint-screen-{state}-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("ended", (80, 24), ("j", "j")),
        ("ended", (120, 36), ("j", "j")),
        ("scope", (80, 24), ("3",)),
        ("work", (80, 24), ("4",)),
        ("full", (120, 36), ("f",)),
        ("frozen", (120, 36), ("space",)),
        ("filter", (120, 36), ("slash", *"4[12]")),
        ("help", (120, 36), ("question_mark",)),
    ],
)
async def test_after_keys(name: str, size: tuple[int, int], keys: Sequence[str]) -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=size) as pilot:
        view = await opened(app, pilot, SprintOf("43"))
        await pilot.press(*keys)
        await until(pilot, lambda: view.answered)
        await check(pilot, f"sprint-screen-{name}-{size[0]}x{size[1]}", lambda: text(app))


async def test_what_is_on_its_way_and_what_was_not_known_is_said() -> None:
    picture = factory.snapshot()
    store = sprints.PastStore(picture)
    store.knows = lambda _number: False
    app = make_app(picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await app.open(SprintOf("12"))
        view = app.screen
        await until(pilot, lambda: isinstance(app.screen, SprintScreen))
        await until(pilot, lambda: SprintOf() in store.asked and app.screen.answered)  # type: ignore[attr-defined]
        view = app.screen
        assert isinstance(view, SprintScreen)
        assert view.sprints.condition.blank
        assert "is not known" in text(app)
        view.forget()
        view.show(view.snapshot, view.moment)
        assert view.sprints.condition.sentence == "…"
        assert view.scope.condition.sentence == "…"
        assert not view.burndown.condition.blank, "the sprint in progress is in the snapshot"


async def test_moving_shows_the_sprint_under_the_cursor_in_place() -> None:
    picture = factory.snapshot()
    store = sprints.PastStore(picture)
    app = make_app(picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot, SprintOf("43"))
        for key, number in (("j", 42), ("j", 41), ("G", 1), ("g", 43), ("ctrl+d", None)):
            await pilot.press(key)
            row = view.sprints.row()
            assert row is not None
            assert number is None or row.id == str(number)
            name = row.name
            await until(pilot, lambda: figures(view) == name)  # noqa: B023
            assert view.trail == ("overview", row.name)
            assert f"GOLIATH ▸ {row.name} " in text(app)
        assert app.screen is view
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


async def test_what_was_shown_stays_until_the_next_sprint_has_come() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot, SprintOf("43"))
        view.sprints.action_move(1)
        view.on_table_moved()
        assert (view.subject, view.answered) == (SprintOf("42"), False)
        view.show(view.snapshot, view.moment)
        assert figures(view) == "Sprint 43"
        assert not view.sprints.condition.blank
        assert view.sprints.cursor == 1


async def test_any_sprint_opens_with_the_cursor_on_it_and_a_frozen_picture_turns_too() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot, SprintOf("7"))
        row = view.sprints.row()
        assert row is not None
        assert (row.id, figures(view), view.trail[-1]) == ("7", "Sprint 7", "Sprint 7")
        await pilot.press("space", "k")
        await until(pilot, lambda: figures(view) == "Sprint 8")
        assert app.frozen_at is not None


async def test_a_sprint_that_begins_does_not_take_the_place_of_the_one_shown() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot, SprintOf("43"))
        before = sprints.detail(43)
        assert isinstance(view.detail, type(before))
        older = tuple(row for row in sprints.ROWS if row.id != "43")
        for rows in (older[:0] + sprints.ROWS[:1] + older, sprints.ROWS):
            view.sprints.put(rows)
            row = view.sprints.row()
            assert row is not None
            assert row.id == "43"
        newer = sprints.row(44)
        view.sprints.put((newer, *sprints.ROWS))
        row = view.sprints.row()
        assert row is not None
        assert (row.id, view.sprints.cursor) == ("43", 1)


async def test_in_the_past_the_sprint_that_ran_then_is_shown_and_live_comes_back() -> None:
    picture = factory.snapshot()
    store, seconds = Travelling(picture), Seconds()
    app = make_app(picture, store=store, seconds=seconds)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot, SprintOf("43"))
        app.go_to(sprints.past_of(picture, 20).at)
        await until(pilot, lambda: figures(view) == "Sprint 20")
        assert "AS OF" in text(app)
        assert "Sprint 43 had not begun at this moment" in text(app)
        seconds.now += 5
        app._tick()
        await pilot.pause()
        assert "had not begun" not in text(app)
        row = view.sprints.row()
        assert row is not None
        assert row.id == "20"
        await pilot.press("j")
        await until(pilot, lambda: figures(view) == "Sprint 19")
        await pilot.press("0")
        await until(pilot, lambda: app.at is None and figures(view) == "Sprint 19")
        await pilot.press("g")
        await until(pilot, lambda: figures(view) == "Sprint 43")


class Travelling(sprints.PastStore):
    """A store that lists at each moment the sprints that had begun, and knows those to come."""

    def snapshot(self, at: int | None = None) -> Snapshot:
        if at is None:
            return self.picture
        number = max(n for n in range(1, 44) if sprints.begins(n) <= at)
        self.knows = lambda asked: sprints.begins(asked) <= at
        past = sprints.past_of(self.picture, number)
        return replace(past, at=at, sprint=sprints.figures(number))

    def detail(self, subject: Subject, at: int | None = None) -> Detail | None:
        moment = factory.NOW if at is None else at
        begun = [row for row in sprints.ROWS if row.starts <= moment]
        self.asked.append(subject)
        if not isinstance(subject, SprintOf) or not begun:
            return None
        number = int(subject.id or begun[0].id)
        return replace(sprints.detail(number), sprints=tuple(begun))


async def test_enter_opens_the_service_under_the_cursor() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot, SprintOf("43"))
        assert view.sprints.opens() is None
        await pilot.press("3")
        row = view.scope.row()
        assert row is not None
        assert row.service is not None
        assert view.scope.opens() == ServiceOf(row.service)


async def test_a_thousand_items_scroll_to_the_end() -> None:
    picture = factory.snapshot()
    store = sprints.PastStore(picture)
    store.items = 1000
    app = make_app(picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot, SprintOf("43"))
        await pilot.press("4", "G")
        assert view.work.cursor == 999
        assert "GOL-5299" in text(app)


def test_places_cover_the_area_at_every_size() -> None:
    for width, height in ((100, 28), (118, 34), (199, 50), (200, 50), (240, 58), (400, 118)):
        boxes = columns(Box(0, 1, width, height)).values()
        assert sum(box.width * box.height for box in boxes) == width * height
        assert all(box.x + box.width <= width and box.height >= 10 for box in boxes)
