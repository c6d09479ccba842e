"""Looking at the past from the keyboard: every screen and pane shows the moment that was asked."""

from msgspec.structs import replace

from goliath_tui.domain import Snapshot
from goliath_tui.screens.overview import Overview
from goliath_tui.watcher import Picture
from tests.ui import factory
from tests.ui.still import Clock, StillStore, make_app, text
from tests.ui.waiting import until

HOUR = 3_600_000
DAY = 24 * HOUR


class History(StillStore):
    """A store that remembers: a picture of the past has one service for each hour gone by."""

    def __init__(self) -> None:
        super().__init__(factory.snapshot())
        self.asked: list[int | None] = []

    def snapshot(self, at: int | None = None) -> Snapshot:
        self.asked.append(at)
        if at is None:
            return self.picture
        hours = (factory.NOW - at) // HOUR
        return replace(factory.snapshot(max(1, min(32, hours))), at=at, live=False)


async def test_steps_back_and_forward_and_live_again() -> None:
    store = History()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=(120, 36)) as pilot:
        assert "time ±" not in text(app)
        for hours in (1, 2, 3):
            await pilot.press("left_square_bracket")
            assert app.at == factory.NOW - hours * HOUR
        await until(pilot, lambda: app.shown.at == factory.NOW - 3 * HOUR)
        await pilot.pause()
        picture = text(app)
        assert "AS OF 2026-08-19 11:03:27 UTC" in picture
        assert "in the past" in picture
        assert "time ±1 h" in picture
        view = app.screen
        assert isinstance(view, Overview)
        assert len(view.services.rows) == 3
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: app.shown.at == factory.NOW - 2 * HOUR)
        await pilot.press("0")
        await pilot.pause()
        assert app.at is None
        assert "AS OF" not in text(app)
        assert len(view.services.rows) == 32


async def test_longer_and_shorter_steps() -> None:
    store = History()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("plus", "left_square_bracket")
        assert app.at == factory.NOW - DAY
        await until(pilot, lambda: "time ±1 day" in text(app))
        await pilot.press("plus", "plus", "left_square_bracket")
        sprint = factory.snapshot().sprint
        assert sprint is not None
        assert app.at == factory.NOW - DAY - (sprint.ends - sprint.starts)
        await pilot.press(*["minus"] * 5, "right_square_bracket")
        assert app.at == factory.NOW - DAY - (sprint.ends - sprint.starts) + HOUR // 6


async def test_a_slow_store_skips_moments_and_never_shows_one_that_is_not_wanted() -> None:
    store = History()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=(120, 36)) as pilot:
        shown: list[int] = []
        show = app._show

        def note(snapshot: Snapshot) -> None:
            shown.append(snapshot.at)
            show(snapshot)

        app._show = note  # type: ignore[method-assign]  # what was shown is all that matters here
        await pilot.press(*["left_square_bracket"] * 20)
        await until(pilot, lambda: app.shown.at == factory.NOW - 20 * HOUR)
        past = [at for at in shown if at != factory.NOW]
        assert past == sorted(past, reverse=True)


async def test_a_key_that_is_held_down_shows_pictures_on_the_way() -> None:
    store = History()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: not app.shown.live)
        app.at = factory.NOW - 9 * HOUR
        app._slot.put(Picture(replace(factory.snapshot(7), at=factory.NOW - 8 * HOUR, live=False)))
        await until(pilot, lambda: app.shown.at == factory.NOW - 8 * HOUR)


async def test_new_data_does_not_pull_the_past_back_to_the_present() -> None:
    store = History()
    clock = Clock()
    app = make_app(store.picture, store=store, clock=clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: not app.shown.live)
        before = len(store.asked)
        store.replace(factory.snapshot(5))
        await until(pilot, lambda: len(store.asked) > before)
        await pilot.pause()
        assert app.shown.at == factory.NOW - HOUR
        assert set(store.asked[before:]) == {factory.NOW - HOUR}


async def test_space_in_the_past_says_that_it_stands_still_anyway() -> None:
    store = History()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("left_square_bracket", "space")
        await pilot.pause()
        assert app.frozen_at is None
        assert "the past stands still" in text(app)
        await pilot.press("0")
        assert "0 live" not in text(app)


async def test_zero_ends_a_freeze_too() -> None:
    store = History()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("space")
        store.replace(factory.snapshot(3))
        await until(pilot, lambda: len(app.latest.services) == 3)
        await pilot.press("0")
        await until(pilot, lambda: len(app.shown.services) == 3)
        assert app.frozen_at is None
