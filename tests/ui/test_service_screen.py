"""The service screen: its states and sizes, what opens from it, and that unknown stays unknown."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from goliath_tui.app import GoliathApp
from goliath_tui.domain import MigrationState, Snapshot
from goliath_tui.domain.subjects import FieldOf, GroupOf, ServiceDetail, ServiceOf
from goliath_tui.panes.origins import Desk
from goliath_tui.panes.pane import Pane
from goliath_tui.screens.plan import Box
from goliath_tui.screens.service import ServiceScreen, service_plan
from tests.ui import details, factory
from tests.ui.pictures import SIZES, check
from tests.ui.states import STATES
from tests.ui.still import StillStore, make_app, rows, text
from tests.ui.waiting import until

SIZE = (120, 36)
SUBJECT = ServiceOf(details.SERVICE)


def store_of(picture: Snapshot, detail: ServiceDetail | None = None) -> StillStore:
    store = details.store()
    store.picture = picture
    if detail is not None:
        store.details[SUBJECT] = detail
    return store


async def opened(app: GoliathApp, pilot: Pilot[None]) -> ServiceScreen:
    await pilot.pause()
    await app.open(SUBJECT)
    await until(pilot, lambda: isinstance(app.screen, ServiceScreen) and app.screen.answered)
    assert isinstance(app.screen, ServiceScreen)
    return app.screen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", ["live", "stale", "failing", "past"])
async def test_state(state: str, size: tuple[int, int]) -> None:
    picture = STATES[state]()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=size) as pilot:
        if state == "past":
            app.go_to(picture.at)
        await opened(app, pilot)
        await check(pilot, f"service-{state}-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("share", (80, 24), ("1",)),
        ("differences", (80, 24), ("3",)),
        ("work", (80, 24), ("4",)),
        ("blocked", (80, 24), ("5",)),
        ("full", (120, 36), ("f",)),
        ("share-full", (120, 36), ("1", "f")),
        ("frozen", (120, 36), ("space",)),
        ("filter", (120, 36), ("slash", *"due")),
    ],
)
async def test_after_keys(name: str, size: tuple[int, int], keys: Sequence[str]) -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await pilot.press(*keys)
        await pilot.pause()
        await check(pilot, f"service-{name}-{size[0]}x{size[1]}", lambda: text(app))


async def test_from_the_overview_and_back_with_the_keyboard() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, ServiceScreen) and app.screen.answered)
        assert app.screen.focused is app.screen.fields  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_each_table_opens_what_it_lists() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        assert view.fields.opens() == FieldOf("Assignment.contentDescriptor")
        assert view.groups.opens() == GroupOf(1)
        await pilot.press("5", "j")
        assert view.blocked.opens() == ServiceOf("content-library")
        assert view.work.opens() is None
        assert view.share.opens() is None
        await pilot.press("2", "j", "j", "enter")
        await until(pilot, lambda: app.screen is not view)
        assert app.screen.subject == FieldOf(details.FIELD)  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is view)
        assert view.fields.cursor == 2, "the cursor is where it was left"


async def test_a_work_item_has_an_address_only_on_the_web() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        await pilot.press("4")
        assert view.work.address() == "https://tracker.example/items/4210"
        await pilot.press("j", "j", "j")
        assert view.work.named() == "GOL-4231 Dates without a zone in old records"
        assert view.work.address() == "", "a file is no page"
        assert view.fields.address() == ""


async def test_its_four_are_there_before_the_detail_and_the_rest_says_quietly_that_it_comes() -> (
    None
):
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        view.forget()
        view.show(view.snapshot, view.moment)
        await pilot.pause()
        for pane in view.panes.values():
            assert pane.condition.sentence == "…"
        shown = text(app)
        assert "points done 39.4 %" in shown
        assert "blocked by …" in shown
        assert "–" not in shown.splitlines()[2]


async def test_a_service_that_was_not_known_then_says_so() -> None:
    app = make_app(factory.snapshot(), store=StillStore(factory.snapshot()))
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        assert text(app).count(f"{details.SERVICE} is not known") == 5


async def test_nothing_to_show_is_said_in_each_pane() -> None:
    picture = factory.snapshot()
    detail = details.service_detail()
    assert detail.row is not None
    row = replace(detail.row, depends_on=(), mismatched=0, compared=0)
    bare = replace(
        detail, row=row, series=None, marks=(), fields=(), groups=(), items=(), blocked_by=()
    )
    app = make_app(picture, store=store_of(picture, bare))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        shown = text(app)
        for sentence in (
            "no traffic yet",
            "no field of it is known yet",
            "nothing was compared lately, and no difference is known",
            "nothing of it in Sprint 43",
            "it depends on no other service",
            "diff/1k –",
            "blocked by 0",
        ):
            assert sentence in shown
        assert view.fields.opens() is None
        assert view.work.address() == ""


async def test_a_thousand_fields_sort_and_filter_and_only_those_in_sight_are_drawn() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture, details.service_detail(1000)))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        table = view.fields
        assert len(table.rows) == 1000
        assert len(table._drawn_rows) < 40
        await pilot.press("G")
        last = table.row()
        assert last is not None
        assert text(app).splitlines()[-1].endswith(last.id), "its whole name, which had to be cut"
        await pilot.press("l", "l", "l", "s")
        assert table.sorted_by == ("differing", True)
        rates = [row.mismatched / row.compared for row in table.seen if row.compared]  # type: ignore[operator]
        assert rates == sorted(rates, reverse=True)
        assert table.seen[-1].compared is None, "unknown comes last"
        await pilot.press("s")
        assert table.seen[-1].compared is None, "in both directions"
        await pilot.press("slash", *"^Query.*canary", "enter")
        assert table.seen
        assert {row.state for row in table.seen} == {MigrationState.CANARY}
        assert all(row.id.startswith("Query") for row in table.seen)


async def test_the_cursor_stays_on_its_field_when_figures_move() -> None:
    picture = factory.snapshot()
    detail = details.service_detail()
    store = store_of(picture, detail)
    app = make_app(picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        await pilot.press("j", "j")
        held = view.fields.row()
        assert held is not None
        changed = replace(held, requests=1)
        fields = tuple(changed if row.id == held.id else row for row in detail.fields[1:])
        store.details[SUBJECT] = replace(detail, fields=fields)
        store.replace(replace(picture, revision=2))
        await until(pilot, lambda: len(view.fields.rows) == len(fields))
        assert view.fields.row() == changed


async def test_only_what_has_changed_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = factory.snapshot()
    detail = details.service_detail()
    app = make_app(picture, store=store_of(picture, detail))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        drawn: list[str] = []
        for pane in view.panes.values():
            monkeypatch.setattr(pane, "redraw", lambda name=str(pane.id): drawn.append(name))
        view.fill(details.service_detail())
        view.show(view.snapshot, view.moment)
        assert drawn == []
        view.fill(replace(detail, items=detail.items[1:]))
        view.show(view.snapshot, view.moment)
        assert drawn == ["work"]


async def test_every_pane_can_be_asked_where_its_figures_come_from() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=store_of(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        desk = Desk(picture, factory.GIVES, view.stage.zone)
        for name, pane in view.panes.items():
            view.current = name
            found = view.figures(desk)
            assert [title for title, _ in found] == [
                f"Where the figures of {pane.TITLE} come from",
                f"Where the four of {details.SERVICE} come from",
            ]
            for _, given in found:
                assert all(one.formula and one.samples for one in given)
                assert all(
                    one.source in {"gateway", "tracker", "gateway and tracker"} for one in given
                )


def test_every_pane_has_a_place_of_its_own_or_the_focused_one_has_it_all() -> None:
    names = {"share", "fields", "differences", "work", "blocked"}
    for width, height in ((1, 1), (30, 9), (80, 24), (80, 60), (100, 30), (160, 40), (400, 120)):
        for focus in names:
            for full in (False, True):
                plan = service_plan(width, height, focus=focus, full=full, fields=300, needs=30)
                shown = names & set(plan.boxes)
                assert focus in shown
                assert plan.tabs == (len(shown) == 1 and not full)
                boxes = [plan.boxes[name] for name in shown]
                if height >= 9:
                    assert all(box.x >= 0 and box.x + box.width <= width for box in boxes)
                    assert all(box.y + box.height <= height - 1 for box in boxes)
                assert not any(_meet(a, b) for a in boxes for b in boxes if a is not b)
    assert service_plan(80, 24, focus="fields", full=False).tabs
    assert names <= set(service_plan(120, 36, focus="fields", full=False).boxes)


def _meet(a: Box, b: Box) -> bool:
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


@pytest.mark.parametrize("size", [(80, 24), (240, 60)])
async def test_hostile_text_is_drawn_as_text(size: tuple[int, int]) -> None:
    from tests.ui.test_safety import HOSTILE

    picture = factory.snapshot()
    detail = details.service_detail()
    assert detail.row is not None
    evil = replace(
        detail,
        row=replace(detail.row, team=HOSTILE, depends_on=(HOSTILE,)),
        fields=tuple(replace(row, id=f"{HOSTILE}{i}") for i, row in enumerate(detail.fields)),
        groups=tuple(replace(row, field=HOSTILE, path=HOSTILE) for row in detail.groups),
        items=tuple(
            replace(row, id=f"{HOSTILE}{i}", title=HOSTILE) for i, row in enumerate(detail.items)
        ),
        blocked_by=tuple(
            replace(row, name=f"{HOSTILE}{i}") for i, row in enumerate(detail.blocked_by)
        ),
    )
    app = make_app(picture, store=store_of(picture, evil))
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        for key in "12345":
            await pilot.press(key)
            await pilot.pause()
            for row in rows(app):
                assert "".join(segment.text for segment in row).isprintable()
                assert all("@click" not in (s.style.meta if s.style else {}) for s in row)


async def test_light_and_dark_draw_the_same_picture_and_without_colour_marks_say_it_all(
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
        view = await opened(app, pilot)
        shown = text(app)
        for said in ("✓ retired", "◕ canary 25 %", "● migrated", "!7.48", "▲12", "NEW"):
            assert said in shown
        for row in rows(app):
            for segment in row:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default
                assert style is None or style.bgcolor is None or style.bgcolor.is_default
        assert all(isinstance(pane, Pane) for pane in view.panes.values())
