"""The wall in the app: every page and state as a picture that a person has looked at, its keys, its
second, and that nothing stops it.
"""

from collections.abc import Mapping
from datetime import UTC

import pytest
from msgspec.structs import replace

from goliath_tui.app import GoliathApp
from goliath_tui.app_settings import AppSettings
from goliath_tui.domain import Snapshot
from goliath_tui.domain.wall import PAGES, WallSettings
from goliath_tui.panes.wall import Sight
from goliath_tui.panes.wall_sheet import Sheet
from goliath_tui.panes.wall_sprint import SprintPage
from goliath_tui.screens.overview import Overview
from goliath_tui.screens.wall import WallScreen
from goliath_tui.widgets.palette import Palette
from tests.ui import factory
from tests.ui.big import reads_figure, reads_words
from tests.ui.factory import HOUR
from tests.ui.pictures import SIZES, check
from tests.ui.states import STATES
from tests.ui.still import Clock, Seconds, StillStore, rows, text
from tests.ui.test_safety import HOSTILE, hostile


def wall_app(
    picture: Snapshot,
    *,
    pages: tuple[str, ...] = PAGES,
    clock: Clock | None = None,
    theme: str | None = None,
    keys: Mapping[str, str] | None = None,
    on_wall: bool = True,
) -> GoliathApp:
    """The app as `goliath-tui wall` makes it, but for the store and the clock."""
    door = StillStore(picture)
    return GoliathApp(
        lambda: door,
        picture,
        AppSettings(
            time_zone=UTC,
            gives=factory.GIVES,
            theme=theme,
            keys=dict(keys or {}),
            clock=clock or Clock(),
            monotonic=Seconds(),
            wall=WallSettings(pages=pages),
            on_wall=on_wall,
        ),
    )


def wall_of(app: GoliathApp, seconds: Seconds | None = None) -> WallScreen:
    """The wall in front, from now on by a clock that moves only when told to."""
    wall = app.screen
    assert isinstance(wall, WallScreen)
    if seconds is not None:
        wall.monotonic = seconds
        wall.action_turn(0)
    return wall


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("page", PAGES)
async def test_page(page: str, size: tuple[int, int]) -> None:
    app = wall_app(factory.snapshot(), pages=(page,))
    async with app.run_test(size=size) as pilot:
        wall_of(app, Seconds())
        await pilot.pause()
        await check(pilot, f"wall-{page}-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", [state for state in STATES if state != "live"])
async def test_state(state: str, size: tuple[int, int]) -> None:
    app = wall_app(STATES[state]())
    async with app.run_test(size=size) as pilot:
        wall_of(app, Seconds())
        await pilot.pause()
        await check(pilot, f"wall-{state}-{size[0]}x{size[1]}", lambda: text(app))


async def test_the_largest_wall() -> None:
    app = wall_app(factory.snapshot())
    async with app.run_test(size=(400, 120)) as pilot:
        wall_of(app, Seconds())
        await pilot.pause()
        await check(pilot, "wall-four-400x120", lambda: text(app))


async def test_a_thousand_services() -> None:
    app = wall_app(factory.snapshot(1000), pages=("services",))
    async with app.run_test(size=(120, 36)) as pilot:
        wall_of(app, Seconds())
        await pilot.pause()
        await check(pilot, "wall-thousand-120x36", lambda: text(app))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_what_is_no_rehearsal_bears_its_name_instead(size: tuple[int, int]) -> None:
    app = wall_app(replace(factory.snapshot(), rehearsal=False, migration="Ours"))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert not reads_words(text(app), "REHEARSAL")
        assert reads_words(text(app), "Ours")


async def test_a_picture_of_the_past_says_so() -> None:
    app = wall_app(replace(factory.snapshot(), live=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "AS OF 2026-08-19 14:03:27 UTC" in text(app)


# -- time


async def test_a_second_moves_the_clock_the_heart_and_the_line_of_the_page() -> None:
    clock, seconds = Clock(), Seconds()
    app = wall_app(factory.snapshot(), clock=clock)
    async with app.run_test(size=(120, 36)) as pilot:
        wall_of(app, seconds)
        await pilot.pause()
        before = text(app).splitlines()
        clock.now += 1000
        seconds.now += 1
        app._tick()
        await pilot.pause()
        after = text(app).splitlines()
        assert reads_figure("\n".join(before[:3]), "14:03:27")
        assert reads_figure("\n".join(after[:3]), "14:03:28")
        assert before[3:-2] == after[3:-2]
        assert before[-1] == after[-1]


async def test_pages_turn_in_the_order_of_the_config_and_begin_again() -> None:
    seconds = Seconds()
    app = wall_app(factory.snapshot(), pages=("sprint", "four", "traffic"))
    async with app.run_test(size=(120, 36)) as pilot:
        wall = wall_of(app, seconds)
        seen = []
        for _ in range(5):
            seen.append(wall.page.name)
            seconds.now += 19.9
            app._tick()
            assert wall.page.name == seen[-1], "too early"
            seconds.now += 0.2
            app._tick()
        assert seen == ["sprint", "four", "traffic", "sprint", "four"]
        await pilot.pause()
        assert reads_words(text(app), "traffic")


async def test_pages_with_nothing_to_show_are_passed_over_until_they_have_something() -> None:
    seconds = Seconds()
    full = factory.snapshot()
    half = replace(full, traffic=None, share_series=None, mismatches=None, services=())
    app = wall_app(half)
    async with app.run_test(size=(120, 36)):
        wall = wall_of(app, seconds)

        def turned() -> str:
            seconds.now += 20.1
            app._tick()
            return wall.page.name

        assert [turned() for _ in range(3)] == ["sprint", "four", "sprint"]
        app._show(full)
        assert [turned() for _ in range(5)] == [
            "differences",
            "four",
            "traffic",
            "services",
            "sprint",
        ]
        app._show(factory.nothing_yet())
        assert [turned() for _ in range(3)] == ["sprint"] * 3


async def test_after_a_sleep_it_is_one_page_further_and_every_age_is_right_at_once() -> None:
    clock, seconds = Clock(), Seconds()
    app = wall_app(factory.snapshot(), clock=clock)
    async with app.run_test(size=(120, 36)) as pilot:
        wall = wall_of(app, seconds)
        clock.now += 9 * HOUR
        seconds.now += 9 * 3600
        app._tick()
        await pilot.pause()
        assert wall.turner.at == 1
        picture = text(app)
        assert "oldest 9 h" in picture
        assert reads_words(picture, "◷ 9 h")
        assert "the picture is 9 h old" in picture


async def test_a_clock_that_was_turned_back_is_said_and_no_age_is_made_up() -> None:
    clock = Clock()
    app = wall_app(factory.snapshot(), clock=clock)
    async with app.run_test(size=(120, 36)) as pilot:
        clock.now -= 3 * HOUR
        app._tick()
        await pilot.pause()
        assert "the clock was turned back" in text(app)
        assert "oldest –" in text(app)


# -- hands


async def test_keys_turn_and_hold() -> None:
    seconds = Seconds()
    app = wall_app(factory.snapshot())
    async with app.run_test(size=(120, 36)) as pilot:
        wall = wall_of(app, seconds)
        names = []
        for key in ("right", "l", "h", "left", "left"):
            await pilot.press(key)
            names.append(wall.page.name)
        assert names == ["traffic", "services", "traffic", "four", "differences"]
        await pilot.press("space")
        assert "held" in text(app)
        seconds.now += 500
        app._tick()
        assert wall.page.name == "differences"
        await pilot.press("space")
        seconds.now += 20.1
        app._tick()
        assert wall.page.name == "four"
        assert "held" not in text(app)


async def test_help_and_back_again() -> None:
    app = wall_app(factory.snapshot())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("right", "question_mark")
        await pilot.pause()
        picture = text(app)
        assert "hold this page" in picture
        assert "next row" not in picture
        assert "back to where the wall was opened" not in picture
        await pilot.press("escape")
        await pilot.pause()
        assert wall_of(app).page.name == "traffic"


async def test_w_opens_it_from_the_overview_and_esc_goes_back() -> None:
    app = wall_app(factory.snapshot(), on_wall=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("w")
        await pilot.pause()
        assert isinstance(app.screen, WallScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, Overview)
        await pilot.press("w", "question_mark")
        assert "back to where the wall was" in text(app)
        await pilot.press("q", "q")
        await pilot.pause()
        assert isinstance(app.screen, Overview)


async def test_its_keys_can_be_rebound() -> None:
    app = wall_app(factory.snapshot(), keys={"wall.next": "n"})
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("right")
        assert wall_of(app).page.name == "four"
        await pilot.press("n")
        assert wall_of(app).page.name == "traffic"


# -- nothing stops it


async def test_a_page_that_cannot_be_drawn_says_so_and_the_others_turn_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: SprintPage, sight: Sight, sheet: Sheet, scale: int, palette: Palette) -> None:
        raise ZeroDivisionError("no days")

    monkeypatch.setattr(SprintPage, "draw", broken)
    seconds = Seconds()
    app = wall_app(factory.snapshot(), pages=("sprint", "four"))
    async with app.run_test(size=(120, 36)) as pilot:
        wall_of(app, seconds)
        await pilot.pause()
        assert "this page cannot be drawn: ZeroDivisionError" in text(app)
        seconds.now += 20.1
        app._tick()
        await pilot.pause()
        assert reads_figure(text(app), "82.4")


async def test_a_cache_that_cannot_be_read_is_said_for_a_while_whatever_the_clock_does() -> None:
    clock, seconds = Clock(), Seconds()
    app = wall_app(factory.snapshot(), clock=clock)
    async with app.run_test(size=(120, 36)) as pilot:
        wall_of(app, seconds)
        app._cache_failed("the cache cannot be read: disk on holiday")
        await pilot.pause()
        assert "the cache cannot be read: disk on holiday" in text(app)
        clock.now -= 5 * HOUR
        seconds.now += 11
        app._tick()
        await pilot.pause()
        assert "disk on holiday" not in text(app)


@pytest.mark.parametrize("size", [(80, 24), (240, 60)])
async def test_hostile_text_is_drawn_as_text(size: tuple[int, int]) -> None:
    app = wall_app(hostile())
    async with app.run_test(size=size) as pilot:
        for _ in PAGES:
            await pilot.press("right")
            await pilot.pause()
            for row in rows(app):
                assert "".join(segment.text for segment in row).isprintable()
                assert all("@click" not in (s.style.meta if s.style else {}) for s in row)
    assert HOSTILE


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("state", ["live", "failing"])
async def test_without_colour_there_is_none(
    page: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = wall_app(STATES[state](), pages=(page,))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        for row in rows(app):
            for segment in row:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default
                assert style is None or style.bgcolor is None or style.bgcolor.is_default
        if state == "failing":
            assert reads_words(text(app), "✕") or reads_words(text(app), "⊘")


async def test_a_storm_of_sizes_ends_in_the_right_picture() -> None:
    app = wall_app(factory.snapshot())
    async with app.run_test(size=(120, 36)) as pilot:
        wall_of(app, Seconds())
        await pilot.pause()
        calm = text(app)
        for n in range(40):
            await pilot.resize_terminal(1 + n * 37 % 400, 1 + n * 23 % 120)
        await pilot.resize_terminal(120, 36)
        await pilot.pause()
        assert text(app) == calm
