"""The field screen: its states and sizes, what opens from it, and that unknown stays unknown."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from goliath_tui.app import GoliathApp
from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import FieldDetail, FieldOf, GroupOf
from goliath_tui.panes.origins import Desk
from goliath_tui.screens.field import FieldScreen, field_plan
from tests.ui import details, factory
from tests.ui.pictures import SIZES, check
from tests.ui.states import STATES
from tests.ui.still import StillStore, make_app, rows, text
from tests.ui.waiting import until

SIZE = (120, 36)
SUBJECT = FieldOf(details.FIELD)


def store_of(picture: Snapshot, detail: FieldDetail | None = None) -> StillStore:
    store = details.store()
    store.picture = picture
    if detail is not None:
        store.details[SUBJECT] = detail
    return store


async def opened(app: GoliathApp, pilot: Pilot[None]) -> FieldScreen:
    await pilot.pause()
    await app.open(SUBJECT)
    await until(pilot, lambda: isinstance(app.screen, FieldScreen) and app.screen.answered)
    assert isinstance(app.screen, FieldScreen)
    return app.screen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", ["live", "stale", "past"])
async def test_state(state: str, size: tuple[int, int]) -> None:
    picture = STATES[state]()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=size) as pilot:
        if state == "past":
            app.go_to(picture.at)
        await opened(app, pilot)
        await check(pilot, f"field-{state}-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("sides", (80, 24), ("1",)),
        ("states", (80, 24), ("2",)),
        ("sides-full", (120, 36), ("1", "f")),
    ],
)
async def test_after_keys(name: str, size: tuple[int, int], keys: Sequence[str]) -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await pilot.press(*keys)
        await pilot.pause()
        await check(pilot, f"field-{name}-{size[0]}x{size[1]}", lambda: text(app))


async def test_the_focus_is_on_the_differences_and_they_open() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        assert view.focused is view.groups
        assert view.groups.opens() == GroupOf(3)
        assert view.sides.opens() is None
        assert view.states.opens() is None
        assert view.sides.named() == details.FIELD
        await pilot.press("slash", *"percent", "enter")
        assert [row.path for row in view.groups.seen] == ["$.progress.percent"]
        assert len(view.states.seen) == 7, "states are not filtered"


async def test_while_it_comes_and_when_it_was_not_known() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        view.forget()
        view.show(view.snapshot, view.moment)
        await pilot.pause()
        assert [pane.condition.sentence for pane in view.panes.values()] == ["…"] * 3
        assert "state …" in text(app)
    app = make_app(picture, store=StillStore(picture))
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        assert text(app).count(f"{details.FIELD} is not known") == 3
        assert "state –" in text(app)


async def test_nothing_measured_is_a_dash_never_a_zero() -> None:
    picture = factory.snapshot()
    row = details.field_row(0)
    bare = FieldDetail(
        row=replace(
            row,
            changed_at=None,
            requests=None,
            new_share=None,
            compared=None,
            mismatched=None,
            failed=None,
            p95_legacy_ms=None,
            p95_new_ms=None,
            errors_legacy=None,
            errors_new=None,
        ),
        span_ms=factory.HOUR,
        resolution_ms=None,
    )
    app = make_app(picture, store=store_of(picture, bare))
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        lines = text(app).splitlines()
        for fact in ("for –", "traffic on new –", "requests –", "diff/1k –", "at most –"):
            assert any(fact in line for line in lines[:6]), fact
        shown = "\n".join(lines)
        assert "neither side has been measured lately" in shown
        assert "no change is known" in shown
        assert "nothing was compared lately, and no difference is known" in shown
        assert "0" not in "".join(lines[2:5])


async def test_many_seconds_are_told_in_seconds_and_an_alarm_of_errors_in_percent() -> None:
    picture = factory.snapshot()
    detail = details.field_detail()
    slow = replace(
        detail,
        points=tuple(
            replace(point, legacy_p95_ms=12_000.0, new_errors=0.4) for point in detail.points
        ),
    )
    app = make_app(picture, store=store_of(picture, slow))
    async with app.run_test(size=(240, 60)) as pilot:
        await opened(app, pilot)
        lines = text(app).splitlines()
        top = next(i for i, line in enumerate(lines) if " s   p95" in line)
        assert "12 ┤" in lines[top + 1]
        errors = next(i for i, line in enumerate(lines) if "%   errors" in line)
        assert "40 ┤" in lines[errors + 1]


async def test_every_pane_can_be_asked_where_its_figures_come_from() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        desk = Desk(picture, factory.GIVES, view.stage.zone)
        for name in view.panes:
            view.current = name
            for _, given in view.figures(desk):
                assert given
                assert all(one.formula and one.samples for one in given)
                assert {one.source for one in given} == {"gateway"}
        bound = next(one for one in view.sides.origins(desk) if one.figure == "at most")
        assert bound.value == "3.40"
        assert bound.samples.startswith("1,240,551 comparisons")


async def test_what_is_seen_goes_into_a_file_unrounded() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        detail = details.field_detail()
        sides = view.sides.sheet()
        assert sides is not None
        assert len(sides.rows) == len(detail.points)
        assert sides.rows[0][4] == detail.points[0].new_p95_ms
        states = view.states.sheet()
        assert states is not None
        assert states.rows[0] == ("canary", 25.0, factory.NOW - 7 * factory.DAY, None)


def test_the_focused_pane_always_has_a_place() -> None:
    names = {"sides", "states", "differences"}
    for width, height in ((1, 1), (30, 9), (80, 24), (80, 60), (120, 36), (240, 60), (400, 120)):
        for focus in names:
            for full in (False, True):
                plan = field_plan(width, height, focus=focus, full=full)
                shown = names & set(plan.boxes)
                assert focus in shown
                boxes = [plan.boxes[name] for name in shown]
                assert all(box.x + box.width <= width for box in boxes)
                cells = {
                    (x, y)
                    for box in boxes
                    for x in range(box.x, box.x + box.width)
                    for y in range(box.y, box.y + box.height)
                }
                assert len(cells) == sum(box.width * box.height for box in boxes)
    assert field_plan(80, 24, focus="sides", full=False).tabs


async def test_no_size_breaks_the_picture() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        for size in ((1, 1), (30, 8), (60, 12), (99, 29), (300, 100)):
            await pilot.resize_terminal(*size)
            for key in "123":
                await pilot.press(key)
            lines = text(app).splitlines()
            assert len(lines) <= size[1]
            assert all(len(line) <= size[0] for line in lines)


async def test_light_and_dark_draw_the_same_picture_and_without_colour_sides_differ_by_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = factory.snapshot()
    pictures = []
    for theme in ("goliath", "goliath-light"):
        app = make_app(picture, store=store_of(picture), theme=theme)
        async with app.run_test(size=SIZE) as pilot:
            await opened(app, pilot)
            pictures.append(text(app))
    assert pictures[0] == pictures[1]
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        assert "⠤ new 93 ms   ⠂⠂ legacy 383 ms" in text(app)
        for row in rows(app):
            for segment in row:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default
