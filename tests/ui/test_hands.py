"""Every key, and the mouse, through the app's own pilot."""

import pytest
from msgspec.structs import replace
from textual.events import Key, MouseScrollDown

from goliath_tui.app import GoliathApp
from goliath_tui.domain import Points
from goliath_tui.domain.subjects import ServiceOf
from goliath_tui.screens.overview import Overview
from goliath_tui.screens.service import ServiceScreen
from goliath_tui.widgets.keys import ALL_KEYS, SCREEN_KEYS, TABLE_KEYS
from goliath_tui.widgets.table import Table
from tests.ui import factory
from tests.ui.still import Clock, Seconds, StillStore, make_app, text
from tests.ui.waiting import until

SIZE = (120, 36)


def overview(app: GoliathApp) -> Overview:
    screen = app.screen
    assert isinstance(screen, Overview)
    return screen


def first_rows(app: GoliathApp, count: int = 3) -> list[str]:
    return [row.name for row in overview(app).services.seen[:count]]


async def test_numbers_focus_panes_and_tab_goes_round() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        assert view.focused is view.services
        for number, name in enumerate(view.panes, start=1):
            await pilot.press(str(number))
            assert view.current == name
            assert view.focused is view.panes[name]
        await pilot.press("6")
        assert view.current == "sources"
        order = list(view.panes)
        for step in range(1, 6):
            await pilot.press("tab")
            assert view.current == order[(4 + step) % 5]
        await pilot.press("shift+tab")
        assert view.current == order[3]


async def test_moving_in_a_table() -> None:
    app = make_app(factory.snapshot(1000))
    async with app.run_test(size=SIZE) as pilot:
        table = overview(app).services
        page = table._page
        expected = (
            ("j", 1), ("down", 2), ("k", 1), ("up", 0), ("k", 0), ("G", 999), ("j", 999),
            ("g", 0), ("end", 999), ("home", 0), ("ctrl+d", page // 2), ("ctrl+u", 0),
            ("pagedown", page // 2 * 2), ("pageup", 0),
        )  # fmt: skip
        for key, row in expected:
            await pilot.press(key)
            assert table.cursor == row, key
            selected = table.row()
            assert selected is not None
            assert f"▸{selected.name}" in text(app)


async def test_sort_by_a_column_again_reverses_a_third_time_undoes() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        table = overview(app).services
        natural = [row.name for row in table.seen]
        await pilot.press("s")
        assert [row.name for row in table.seen] == sorted(natural)
        assert "service▴" in text(app)
        await pilot.press("s")
        assert [row.name for row in table.seen] == sorted(natural, reverse=True)
        assert "service▾" in text(app)
        await pilot.press("s")
        assert [row.name for row in table.seen] == natural
        await pilot.press("l", "right", "s")
        assert table.sorted_by == ("fields", True)
        shares = [row.fields.moved / row.fields.total for row in table.seen if row.fields]
        assert shares == sorted(shares, reverse=True)
        await pilot.press("l", "l", "s")
        assert table.sorted_by == ("differing", True)
        assert [row.compared for row in table.seen[-4:]] == [None] * 4
        await pilot.press("s")
        assert [row.compared for row in table.seen[-4:]] == [None] * 4
        await pilot.press(*["h"] * 9, "left")
        assert table._current_column() == "service"


async def test_the_cursor_stays_on_its_row_when_rows_move() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        table = overview(app).services
        await pilot.press("j", "j", "j")
        held = table.row()
        await pilot.press("s", "s")
        assert table.row() == held


async def test_filter_as_you_type_over_both_tables() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        await pilot.press("slash", *"^co")
        assert first_rows(app, 9) == ["coaches", "content", "content-library", "courses"]
        assert "/^co" in text(app)
        await pilot.press("left_parenthesis")
        assert "not a regular expression yet" in text(app)
        assert len(view.services.seen) == 4
        await pilot.press("backspace", "enter")
        assert view.focused is view.services
        assert "4 of 32 · /^co" in text(app)
        await pilot.press("escape")
        assert len(view.services.seen) == 32


async def test_an_inverted_filter_and_leaving_the_prompt_by_tab_keeps_it() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        await pilot.press("slash", *"!a", "tab")
        await pilot.pause()
        assert view.focused is view.sprint
        assert view.services.seen
        assert all("a" not in f"{row.name} {row.team}" for row in view.services.seen)
        await pilot.press("2", "slash", "backspace", "backspace", *"zzz")
        assert "no service matches zzz" in text(app)
        await pilot.press("escape", "q")
    assert app.return_code == 0


async def test_digits_and_letters_typed_into_the_filter_are_text() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"q1?f s")
        assert overview(app).lens.text == "q1?f s"
        assert overview(app).current == "services"
        assert app.frozen_at is None


async def test_full_and_back() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        await pilot.press("3", "f")
        assert not view.services.display
        assert not view.headline.display
        assert view.sprint.size.width == SIZE[0]
        await pilot.press("1")
        assert view.traffic.size.width == SIZE[0]
        await pilot.press("escape")
        assert view.services.display
        assert view.headline.display


async def test_escape_peels_one_layer_at_a_time_and_never_quits() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        await pilot.press("f", "slash", *"co", "enter", "question_mark")
        assert app.screen is not view
        await pilot.press("escape")
        assert app.screen is view
        assert view.lens
        await pilot.press("escape")
        assert not view.lens
        assert view.full
        await pilot.press("escape")
        assert not view.full
        await pilot.press(*["escape"] * 3)
        assert app.is_running
        await pilot.press("5")
        assert not view.traffic.display
        await pilot.press("escape")
        assert view.traffic.display


async def test_freeze_holds_the_picture_and_says_for_how_long() -> None:
    clock = Clock()
    store = StillStore(factory.snapshot())
    app = make_app(store.picture, store=store, clock=clock)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("space")
        store.replace(factory.snapshot(3))
        await until(pilot, lambda: len(app.latest.services) == 3)
        clock.now += 130 * factory.SECOND
        app._tick()
        await pilot.pause()
        assert "FROZEN  2 m" in text(app)
        assert len(overview(app).services.rows) == 32
        await pilot.press("space")
        assert len(overview(app).services.rows) == 3
        assert "FROZEN" not in text(app)


async def test_a_sentence_ends_after_a_few_seconds_whatever_the_time_of_day_does() -> None:
    clock, seconds = Clock(), Seconds()
    app = make_app(factory.snapshot(), clock=clock, seconds=seconds)
    async with app.run_test(size=SIZE) as pilot:
        for say in (app.say, overview(app).say):
            say("just so", alarm=True)
            clock.now -= 5 * 60 * factory.MINUTE
            seconds.now += 3.0
            app._tick()
            await pilot.pause()
            assert "just so" in text(app)
            seconds.now += 1.1
            app._tick()
            await pilot.pause()
            assert "just so" not in text(app)


async def test_what_a_filter_finds_stands_for_as_long_as_it_is_typed() -> None:
    seconds = Seconds()
    app = make_app(factory.snapshot(), seconds=seconds)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"^co")
        await pilot.pause()
        assert "4 services" in text(app)
        app.say("something went wrong", alarm=True)
        await pilot.pause()
        assert "something went wrong" in text(app)
        seconds.now += 60
        app._tick()
        await pilot.pause()
        assert "4 services" in text(app)
        await pilot.press("enter")
        assert "4 services" not in text(app)


async def test_refresh_without_a_poller_says_so() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        for key in "rR":
            await pilot.press(key)
            await pilot.pause()
            assert "no process polls for this screen" in text(app)


async def test_help_shows_keys_with_their_ids_and_the_focused_panes_origins() -> None:
    app = make_app(factory.snapshot(), keys={"freeze": "z"})
    async with app.run_test(size=(160, 60)) as pilot:
        await pilot.press("3", "question_mark")
        picture = text(app)
        for key in (*SCREEN_KEYS, *TABLE_KEYS):
            if not key.id.removeprefix("pane.").isdigit():
                # Nothing on this screen has an address.
                assert (key.id in picture) is (key.id != "browse"), key.id
        assert "z           freeze" in picture
        assert "Where the figures of Sprint come from" in picture
        assert "committed + added − removed + re-estimated − done" in " ".join(picture.split())
        assert "tracker · 2026-08-19 14:03:23 UTC" in picture
        await pilot.press("q")
        assert overview(app).current == "sprint"


async def test_help_scrolls() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        top = text(app)
        await pilot.press("G")
        assert "legacy retired" in text(app) or "intended share" in text(app)
        await pilot.press("g")
        assert text(app) == top
        for there, back in (("j", "k"), ("down", "up"), ("pagedown", "pageup")):
            await pilot.press(there)
            assert text(app) != top
            await pilot.press(back)
            assert text(app) == top


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quit(key: str) -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(key)
    assert app.return_code == 0


async def test_ctrl_c_quits_from_the_prompt_and_from_help() -> None:
    for keys in (("slash", "x"), ("question_mark",)):
        app = make_app(factory.snapshot())
        async with app.run_test(size=SIZE) as pilot:
            await pilot.press(*keys, "ctrl+c")
        assert app.return_code == 0


async def test_keys_can_be_rebound_and_the_hints_follow() -> None:
    app = make_app(factory.snapshot(), keys={"freeze": "ctrl+z", "pane.full": "F"})
    async with app.run_test(size=SIZE) as pilot:
        assert "ctrl-z freeze" in text(app)
        await pilot.press("space")
        assert app.frozen_at is None
        await pilot.press("ctrl+z")
        assert app.frozen_at is not None
        await pilot.press("F")
        assert overview(app).full


async def test_a_clash_is_said_at_the_start() -> None:
    app = make_app(factory.snapshot(), keys={"freeze": "f"})
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "f would mean both" in text(app))


async def test_only_keys_that_do_something_are_hinted() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        hints = text(app).splitlines()[-1]
        for useless in ("live", "esc", "browser"):
            assert useless not in hints
        assert "⏎ open" in hints
        await pilot.press("1")
        assert "open" not in text(app).splitlines()[-1]
        assert " sort" not in text(app).splitlines()[-1]
        actions = {key.action for key in ALL_KEYS}
        assert {hint.action for hint in overview(app).hint_bar.hints} <= actions


async def test_the_mouse() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        await pilot.click(offset=(10, 10))
        assert view.current == "traffic"
        await pilot.click("#services", offset=(6, 5))
        assert view.current == "services"
        assert view.services.cursor == 3
        await pilot.click("#services", offset=(4, 1))
        assert view.services.sorted_by == ("service", False)
        await pilot.click("#services", offset=(60, 1))
        assert view.services.sorted_by is not None
        assert view.services.sorted_by[0] in {"share", "differing"}
        top = view.services._top
        await pilot._post_mouse_events([MouseScrollDown], "#services", button=0)
        assert view.services._top > top
        hints = text(app).splitlines()[-1]
        await pilot.click("#hints", offset=(hints.index("freeze"), 0))
        assert app.frozen_at is not None
        await pilot.pause()
        hints = text(app).splitlines()[-1]
        await pilot.click("#hints", offset=(hints.index("sort"), 0))
        await pilot.pause()
        assert isinstance(view.focused, Table)


async def test_a_click_on_a_tab_goes_there() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=(80, 24)) as pilot:
        view = overview(app)
        at = text(app).splitlines()[4].index("Differences")
        await pilot.click("#services", offset=(at, 0))
        assert view.current == "differences"


async def test_keys_typed_in_one_go_reach_what_the_first_of_them_opened() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        type_in_one_go(app, "slash", *"^co")
        await until(pilot, lambda: overview(app).lens.text == "^co")
        type_in_one_go(app, "escape", "4", "j", "j")
        await until(pilot, lambda: overview(app).differences.cursor == 2)
        assert overview(app).services.cursor == 0


def type_in_one_go(app: GoliathApp, *keys: str) -> None:
    for key in keys:
        app.post_message(Key(key, {"slash": "/"}.get(key, key if len(key) == 1 else None)))


async def test_a_filter_and_two_enters_in_one_go_open_the_row_that_is_left() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        type_in_one_go(app, "slash", *"progress", "enter", "enter")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert view.lens.text == "progress"
        assert isinstance(app.screen, ServiceScreen)
        assert app.screen.subject == ServiceOf("progress")
        await pilot.press("escape")
        assert view.focused is view.services
        assert not view.last_line.asks


async def test_a_filter_and_tab_in_one_go_keep_all_that_was_typed() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        type_in_one_go(app, "slash", *"progress", "tab", "j")
        await until(pilot, lambda: view.current == "sprint" and not view.last_line.asks)
        assert view.lens.text == "progress"
        assert first_rows(app) == ["progress"]


async def test_a_filter_that_is_dropped_in_one_go_does_not_come_back() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        type_in_one_go(app, "slash", *"progress", "escape", "j", "j")
        await until(pilot, lambda: view.services.cursor == 2)
        await pilot.pause()
        assert not view.lens
        assert len(view.services.seen) == 32


async def test_questions_that_are_asked_again_and_again_take_each_others_place() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(8):
            for key in ("e", "tab", "slash", "tab"):
                letter = {"e": "e", "slash": "/"}.get(key)
                app.post_message(Key(key, letter))
        await pilot.pause(0.5)
        await pilot.press("escape")
        assert app.is_running


async def test_a_screen_that_comes_to_have_rows_says_that_enter_opens_them() -> None:
    store = StillStore(factory.nothing_yet())
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        assert "⏎ open" not in text(app).splitlines()[-1]
        store.replace(factory.snapshot())
        await until(pilot, lambda: "⏎ open" in text(app).splitlines()[-1])


async def test_points_of_no_service_are_named_where_the_services_are() -> None:
    unmapped = Points(done=3.0, total=41.0, unestimated=2)
    app = make_app(replace(factory.snapshot(), unmapped=unmapped))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert "41 pt unmapped" in text(app)


async def test_who_gives_an_action_another_ones_key_gets_that_action() -> None:
    keys = {"table.sort": "f", "freeze": "j", "row.first": "w"}
    app = make_app(factory.snapshot(), keys=keys)
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        await pilot.press("f")
        assert view.services.sorted_by is not None
        assert not view.full
        await pilot.press("down", "w")
        assert view.services.cursor == 0
        assert view is app.screen
        await pilot.press("j")
        assert view.services.cursor == 0
        assert app.frozen_at is not None
        view.say("")
        assert "f sort" in text(app)
        assert "f full" not in text(app)


@pytest.mark.parametrize("down", ["j", "down"])
async def test_moving_and_opening_in_one_go_opens_the_row_that_was_moved_to(down: str) -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        wanted = overview(app).services.seen[3].name
        type_in_one_go(app, down, down, down, "enter")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.pause()
        view = app.front()
        assert view is not None
        assert view.subject == ServiceOf(wanted)


async def test_what_is_typed_behind_a_key_that_leaves_is_for_the_screen_that_comes() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        view = overview(app)
        for away in ("escape", "q"):
            await pilot.press("enter")
            assert app.screen is not view
            before = view.services.cursor
            type_in_one_go(app, away, "j", "j")
            await until(pilot, lambda: app.screen is view)
            await pilot.pause()
            assert view.services.cursor == before + 2
        type_in_one_go(app, "question_mark", "q", "w", "escape", "j")
        await pilot.pause()
        assert app.screen is view
        assert view.services.cursor == 5


async def test_help_is_opened_once_and_closed_by_its_own_key() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("question_mark")
        assert len(app.screen_stack) == 2
        await pilot.press("j", "question_mark")
        assert len(app.screen_stack) == 1
