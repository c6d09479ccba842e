"""Opening a screen: it comes with what is to be seen on it, or without where that takes long."""

import asyncio
import threading

import pytest
from textual.events import Key

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, FieldOf, ServiceOf, Subject
from goliath_tui.screens.field import FieldScreen
from goliath_tui.screens.group import GroupScreen
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.service import ServiceScreen
from goliath_tui.slot import Slot
from goliath_tui.sweeping import Sweeper
from goliath_tui.watcher import Picture
from tests.sources.hostile_server import eventually
from tests.ui import details, factory
from tests.ui.still import Seconds, StillStore, make_app
from tests.ui.waiting import until

SIZE = (120, 36)
SUBJECT = ServiceOf(details.SERVICE)


class HeldStore(StillStore):
    """Details come only when they are let go."""

    def __init__(self, picture: Snapshot) -> None:
        super().__init__(picture)
        self.details = dict(details.store().details)
        self.free = threading.Event()

    def detail(self, subject: Subject, at: int | None = None) -> Detail | None:
        assert self.free.wait(30)
        return super().detail(subject, at)


# -- the slot


def picture(subject: Subject | None = None) -> Picture:
    return Picture(factory.snapshot(), subject)


def test_the_slot_holds_the_newest_picture_once() -> None:
    announced: list[bool] = []
    slot = Slot(lambda: announced.append(True))
    assert slot.take() is None
    first, second = picture(), picture()
    slot.put(first)
    slot.put(second)
    assert slot.take() is second
    assert slot.take() is None
    assert len(announced) == 2


async def test_a_picture_that_is_waited_for_ends_the_waiting_and_is_left_to_who_waits() -> None:
    taken: list[Picture | None] = []
    slot = Slot(lambda: taken.append(slot.take()))
    answer = picture(SUBJECT)

    def ask() -> None:
        threading.Thread(target=slot.put, args=(answer,)).start()

    async with asyncio.timeout(30):
        await slot.wait_for(SUBJECT, ask, seconds=60)
    assert taken == [None]
    assert slot.take() is answer


async def test_other_pictures_pass_by_who_waits_and_waiting_ends() -> None:
    slot = Slot(lambda: None)
    others = [picture(), picture(FieldOf("Query.other"))]
    taken: list[Picture | None] = []

    def ask() -> None:
        for other in others:
            slot.put(other)
            taken.append(slot.take())

    await slot.wait_for(SUBJECT, ask, seconds=0.01)
    assert taken == others


async def test_a_picture_that_is_here_already_is_not_waited_for() -> None:
    slot = Slot(lambda: None)
    answer = picture(SUBJECT)
    slot.put(answer)
    async with asyncio.timeout(30):
        await slot.wait_for(SUBJECT, lambda: None, seconds=60)
    assert slot.take() is answer


# -- the screen


async def test_a_screen_comes_with_its_detail() -> None:
    store = HeldStore(factory.snapshot())
    store.free.set()
    app = make_app(store.picture, store=store)
    answered: list[bool] = []
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app._watcher._last is not None)
        push = app.push_screen

        def pushed(screen: PanedView) -> object:
            awaitable = push(screen)
            app.call_next(lambda: answered.append(screen.answered))
            return awaitable

        app.push_screen = pushed  # type: ignore[method-assign,assignment]
        await app.open(SUBJECT)
        await until(pilot, lambda: bool(answered))
        assert answered == [True]


async def test_a_screen_whose_detail_takes_long_comes_without_and_is_filled_later() -> None:
    store = HeldStore(factory.snapshot())
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await app.open(SUBJECT)
        view = app.screen
        assert isinstance(view, ServiceScreen)
        assert not view.answered
        assert view.fields.condition.sentence == "…"
        store.free.set()
        await until(pilot, lambda: view.answered)
        assert view.fields.rows


async def test_keys_behind_enter_are_for_the_screen_that_it_opens() -> None:
    store = HeldStore(factory.snapshot())
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.post_message(Key("enter", None))
        await until(pilot, lambda: app._slot._awaited is not None or len(app.screen_stack) > 1)
        app.post_message(Key("escape", None))
        store.free.set()
        await until(pilot, lambda: app._left is not None)
        assert len(app.screen_stack) == 1


async def test_keys_wait_for_the_rows_that_they_are_meant_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("goliath_tui.app._KEYS_WAIT_S", 60)
    store = HeldStore(factory.snapshot())
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await app.open(SUBJECT)
        assert isinstance(app.screen, ServiceScreen)
        assert not app.screen.answered
        app.post_message(Key("3", "3"))
        app.post_message(Key("enter", None))
        # The pilot would wait for the app, which waits for the detail.
        await eventually(lambda: app._slot._awaited is not None)
        store.free.set()
        await until(pilot, lambda: isinstance(app.screen, GroupScreen))


async def test_keys_do_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("goliath_tui.app._KEYS_WAIT_S", 0.01)
    store = HeldStore(factory.snapshot())
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await app.open(SUBJECT)
        app.post_message(Key("escape", None))
        await until(pilot, lambda: len(app.screen_stack) == 1)
        store.free.set()


async def test_keys_that_come_together_open_one_screen() -> None:
    app = make_app(factory.snapshot(), store=details.store())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for _ in range(3):
            app.post_message(Key("enter", None))
        await until(pilot, lambda: len(app.screen_stack) > 1)
        # What was asked for first is opened first: once this is, the others were.
        await app.open(FieldOf(details.FIELD))
        assert [type(screen) for screen in app.screen_stack[1:]] == [ServiceScreen, FieldScreen]


async def test_two_that_are_opened_at_once_stand_in_their_order_and_both_are_filled() -> None:
    store = HeldStore(factory.snapshot())
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        opening = asyncio.gather(app.open(SUBJECT), app.open(FieldOf(details.FIELD)))
        store.free.set()
        await opening
        service, field = app.screen_stack[1:]
        assert isinstance(service, ServiceScreen)
        assert isinstance(field, FieldScreen)
        await until(pilot, lambda: field.answered)
        await pilot.press("escape")
        await until(pilot, lambda: service.answered)


async def test_hands_that_move_hold_off_the_sweep() -> None:
    seconds = Seconds()
    app = make_app(factory.snapshot())
    moved: list[float] = []

    class Told(Sweeper):
        def begin(self) -> None:
            """Nothing is set for the whole process here."""

        def moved(self) -> None:
            moved.append(seconds.now)

    app._sweeper = Told(seconds)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("j")
        assert moved
