"""The Textual app: screens, keys, theme, and the life of the poller and the watcher.

First paint draws a snapshot that was taken before the app began. Only then do the poller process
and the watcher's thread start. New snapshots land in a slot that holds one: a screen that is slow
skips pictures and never queues them.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App, ScreenStackError
from textual.binding import BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from goliath_tui import hands
from goliath_tui.app_settings import AppSettings
from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import NamesOf, Subject
from goliath_tui.panes.condition import Moment
from goliath_tui.screens.overview import Overview
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.view import (
    AskSources,
    Browse,
    Copy,
    Export,
    Freeze,
    Polled,
    Stage,
    Turned,
    View,
)
from goliath_tui.slot import Slot
from goliath_tui.sweeping import Sweeper
from goliath_tui.terminal import TerminalDriver
from goliath_tui.travel import FIRST_STEP, STEPS, moved, other_step
from goliath_tui.watcher import StoreLike, Watcher
from goliath_tui.who_polls import WhoPolls
from goliath_tui.widgets.keys import APP_KEYS, bindings, in_force, problems
from goliath_tui.widgets.themes import DEFAULT, THEMES

if TYPE_CHECKING:
    from goliath_tui.screens.catalogue import Known, Target

_BEGIN_WITHIN_S = 0.5
#: How long a screen may be held back for what is to be seen on it.
_DETAIL_WITHIN_S = 0.06
#: For how long keys wait for it, once the screen is there without: they may be meant for its rows.
_KEYS_WAIT_S = 1.0
_MOST_RECENT = 9
#: What only a screen of panes is for.
_ABOVE_PANES = frozenset({"palette", "travel", "step", "live", "last", "wall"})
#: What no terminal sends. A keymap takes an empty name for none at all, and the keys stay.
_NO_KEY = "no-key"
#: Names by which themes are known elsewhere.
_ALIASES = {"textual-ansi": "ansi-dark", "ansi": "ansi-dark"}


class GoliathApp(App[None]):
    """Mission control."""

    TITLE = "goliath-tui"
    BINDINGS: ClassVar[list[BindingType]] = bindings(APP_KEYS)
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False

    class Arrived(Message):
        """The slot holds a new snapshot."""

        def can_replace(self, message: Message) -> bool:
            """One is enough: the slot holds the newest."""
            return isinstance(message, GoliathApp.Arrived)

    class CacheFailed(Message):
        """The cache cannot be read. `damaged`: nor will it ever be, as it is."""

        def __init__(self, text: str, damaged: bool = False) -> None:
            super().__init__()
            self.text = text
            self.damaged = damaged

    def __init__(
        self,
        open_store: Callable[[], StoreLike],
        first: Snapshot,
        settings: AppSettings,
        poller_command: Sequence[str] | None = None,
        sweeper: Sweeper | None = None,
    ) -> None:
        # Without colour no colour code may come out at all, which Textual does in ANSI mode only.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        for theme in THEMES:
            self.register_theme(theme)
        self.settings = settings
        self.stage = Stage(
            zone=settings.time_zone,
            gives=settings.gives,
            rebound=in_force(settings.keys),
            read_only=settings.read_only,
            monotonic=settings.monotonic,
        )
        self.latest = first
        self.shown = first
        #: The moment that was asked for; None: live.
        self.at: int | None = None
        self.step = FIRST_STEP
        self.frozen_at: int | None = None
        #: What was looked into, newest first, and the names that the palette knew last.
        self.recent: Sequence[Subject] = ()
        self.known: Known | None = None
        self._left: Subject | None = None
        self._slot = Slot(lambda: self.post_message(self.Arrived()))
        self._opening = asyncio.Lock()
        #: A screen that came without its detail, and until when keys wait for that.
        self._bare: tuple[View, float] | None = None
        self._sweeper = sweeper
        self._begun = False
        self._complaints: list[str] = list(settings.warnings)
        self._watcher = Watcher(open_store, self._slot.put, self._cache_failed)
        self._who = WhoPolls(poller_command, self.say, self._tell_who_polls)
        self._wear(settings.theme)
        self._complaints += problems(settings.keys)
        self.set_keymap({name: keys or _NO_KEY for name, keys in self.stage.rebound.items()})

    def _wear(self, wanted: str | None) -> None:
        name = _ALIASES.get(wanted or DEFAULT, wanted or DEFAULT)
        if name not in self.available_themes:
            self._complaints.append(f"there is no theme {name}; {DEFAULT} is on")
            name = DEFAULT
        self.theme = name

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice, but for its driver of real terminals."""
        chosen = super().get_driver_class()
        return TerminalDriver if chosen is LinuxDriver else chosen

    def get_default_screen(self) -> View:
        """The overview or the wall, with the first snapshot in it."""
        if self.settings.on_wall:
            return self._wall(())
        return Overview(self.stage, self.shown, self.moment())

    def _wall(self, trail: tuple[str, ...]) -> View:
        from goliath_tui.screens.wall import WallScreen

        return WallScreen(self.stage, self.shown, self.moment(), self.settings.wall, trail)

    def on_mount(self) -> None:
        """Everything that is not needed for the first frame waits for it."""
        self.call_after_refresh(self._begin)
        # A key that opens another screen before the first refresh would leave that call waiting.
        self.set_timer(_BEGIN_WITHIN_S, self._begin)

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        if self._sweeper is not None:
            self._sweeper.begin()
        # Ended from outside, the terminal is given back as it was.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)
        self._who.start()
        self._watcher.start()
        to_next_second = 1.02 - self.settings.clock() % 1000 / 1000
        self.set_timer(to_next_second, self._start_ticking)
        if self._complaints:
            more = len(self._complaints) - 1
            self.say(f"{self._complaints[0]}{f' (and {more} more)' if more else ''}", alarm=True)

    def _start_ticking(self) -> None:
        self._tick()
        self.set_interval(1.0, self._tick)

    async def on_unmount(self) -> None:
        """Nothing of ours outlives the screen."""
        await self._who.stop()
        await asyncio.to_thread(self._watcher.stop)

    async def on_event(self, event: events.Event) -> None:
        """Hands that move hold off what would stop everything for a moment."""
        if self._sweeper is not None and isinstance(event, events.InputEvent):
            self._sweeper.moved()
        if isinstance(event, events.Key):
            await self._until_filled()
        await super().on_event(event)

    async def _until_filled(self) -> None:
        bare, self._bare = self._bare, None
        if bare is None:
            return
        view, until = bare
        left = until - time.monotonic()
        if left > 0 and view is self.front() and view.subject is not None and not view.answered:
            await self._slot.wait_for(view.subject, lambda: None, left)
            self.on_goliath_app_arrived()

    # -- the picture

    def moment(self) -> Moment:
        """Which moment the screens show."""
        past = None if self.shown.live else self.shown.at
        now, week = self.settings.clock(), self.settings.week
        begun = week[0] if week is not None and now >= week[1] else None
        return Moment(now, frozen_at=self.frozen_at, past=past, week=begun)

    def _cache_failed(self, text: str, damaged: bool = False) -> None:
        self.post_message(self.CacheFailed(text, damaged))

    def on_goliath_app_arrived(self) -> None:
        """Show what the slot holds, unless the picture is frozen or of another moment."""
        picture = self._slot.take()
        if picture is None:
            return
        snapshot = picture.snapshot
        self._who.cache_answers()
        if snapshot.live:
            self.latest = snapshot
        # On the way through the past every picture counts: with a key held down, another moment is
        # wanted by the time that one comes.
        if snapshot.live is not (self.at is None):
            return
        view = self.front()
        if view is not None and picture.subject is not None and picture.subject == view.subject:
            if self.frozen_at is None or not view.answered:
                view.fill(picture.detail)
                self._show(snapshot if self.frozen_at is None else self.shown)
        elif self.frozen_at is None:
            self._show(snapshot)

    def on_goliath_app_cache_failed(self, message: CacheFailed) -> None:
        """Say it; the header stops calling the picture live by itself."""
        self._who.cache_failed(message.text, damaged=message.damaged)

    def _show(self, snapshot: Snapshot) -> None:
        self.shown = snapshot
        if (view := self.front()) is not None:
            with self.batch_update():
                view.show(snapshot, self.moment())

    def _tick(self) -> None:
        if (view := self.front()) is not None:
            view.tick(self.moment())
            view.hush()
        if self._sweeper is not None:
            self._sweeper.tick()

    def front(self) -> View | None:
        """The screen in front; None while the app ends, when timers may still call."""
        try:
            screen = self.screen
        except ScreenStackError:
            return None
        return screen if isinstance(screen, View) else None

    def say(self, text: str, *, alarm: bool = False) -> None:
        """A sentence in the hint bar, for a few seconds."""
        if (view := self.front()) is not None:
            view.say(text, alarm=alarm)

    # -- from screen to screen

    async def open(self, subject: Subject) -> None:
        """Put the screen of a subject in front; the watcher is asked for its detail at once.

        The screen comes with the detail, if that is there in a moment: drawn without it first, it
        would be drawn twice, in the time in which the watcher's thread needs Python for itself.
        Keys that are pressed meanwhile wait, also for a detail that comes later than the screen,
        and reach the screen that they are meant for; but some come together with the first, as
        over a slow line, and are the old screen's.
        """
        from goliath_tui.screens.places import screen_for

        async with self._opening:
            if (view := self.front()) is not None and view.reopens() == subject:
                return
            ask = partial(self._watcher.look_into, subject)
            await self._slot.wait_for(subject, ask, _DETAIL_WITHIN_S)
            others = (other for other in self.recent if other != subject)
            self.recent = (subject, *others)[:_MOST_RECENT]
            view = self.front()
            trail = view.trail if view is not None else ()
            screen = screen_for(subject, self.stage, self.shown, self.moment(), trail)
            screen.polling(self._who.polled)
            await self._put(screen)

    async def _put(self, screen: View) -> None:
        mounted = self.push_screen(screen)
        screen.step_is(self._step_name())
        self.on_goliath_app_arrived()
        await mounted
        self._bare = (screen, time.monotonic() + _KEYS_WAIT_S)

    def on_turned(self, message: Turned) -> None:
        """The screen in front looks into something else."""
        message.stop()
        if (view := self.front()) is not None:
            self._watcher.look_into(view.subject)

    def leave(self) -> None:
        """Take the screen in front away; the one behind goes on where it was left."""
        if len(self.screen_stack) <= 1:
            return
        left = self.front()
        again = None if left is None else left.reopens()
        if again not in {None, NamesOf()}:
            self._left = again
        self.pop_screen()
        if (view := self.front()) is not None:
            self._watcher.look_into(view.subject)
            both_live = view.snapshot.live and self.shown.live
            if not both_live and view.snapshot.at != self.shown.at:
                view.forget()
            view.polling(self._who.polled)
            view.say("")
            view.show(self.shown, self.moment())
            view.step_is(self._step_name())

    async def action_wall(self) -> None:
        """The wall, above the overview."""
        view = self.front()
        await self.push_screen(self._wall(view.trail if view is not None else ()))

    async def action_last(self) -> None:
        """Open again what was left last."""
        if self._left is not None:
            await self.open(self._left)

    def action_quit_or_leave(self) -> None:
        """Quit at the top, else go back one screen."""
        if len(self.screen_stack) > 1:
            self.leave()
        else:
            self.exit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that could do nothing now are no keys."""
        view = self.front()
        if action in _ABOVE_PANES and not isinstance(view, PanedView):
            return False
        if action == "help":
            return view is not None and view.NAME != "help"
        if self.settings.read_only and (
            action in {"quit", "suspend_process"}
            or (action == "quit_or_leave" and len(self.screen_stack) == 1)
        ):
            return False
        if action == "live":
            return self.at is not None or self.frozen_at is not None
        if action == "last":
            return self._left is not None
        return True

    async def action_palette(self) -> None:
        """Find anything by its name."""
        from goliath_tui.picking import palette

        async with self._opening:
            ask = partial(self._watcher.look_into, NamesOf())
            if self.known is None:
                await self._slot.wait_for(NamesOf(), ask, _DETAIL_WITHIN_S)
            else:
                ask()
            if (view := self.front()) is not None:
                await self._put(palette(self, view))

    async def pick(self, target: "Target") -> None:
        """Go where the palette points."""
        from goliath_tui.picking import go

        await go(self, target)

    async def action_help(self) -> None:
        """Keys of the screen in front, and where its focused pane's figures come from."""
        from goliath_tui.screens.help import HelpScreen

        if (view := self.front()) is not None:
            await self.push_screen(HelpScreen(self.stage, self.shown, self.moment(), view))

    # -- time

    def action_travel(self, by: int) -> None:
        """Go `by` steps through time."""
        sprint = self.latest.sprint
        length = sprint.ends - sprint.starts if sprint else None
        now = self.settings.clock()
        self.go_to(moved(self.at, by, STEPS[self.step], now, length))

    def action_step(self, by: int) -> None:
        """Choose a longer or a shorter step."""
        self.step = other_step(self.step, by)
        if (view := self.front()) is not None:
            view.step_is(STEPS[self.step].name)

    def _step_name(self) -> str:
        return "" if self.at is None else STEPS[self.step].name

    def action_live(self) -> None:
        """Back to now."""
        self.go_to(None)

    def go_to(self, at: int | None) -> None:
        """Show the moment `at` on every screen from now on; None: live."""
        thawed = self.frozen_at is not None
        self.at, self.frozen_at = at, None
        self._watcher.look_at(at)
        if (view := self.front()) is not None:
            view.step_is(self._step_name())
        if at is None and not self.shown.live:
            view = self.front()
            if view is not None:
                view.forget()
            self._show(self.latest)
        elif thawed:
            self._show(self.latest if at is None else self.shown)

    # -- hands

    def on_freeze(self, message: Freeze) -> None:
        """Hold the picture, or let it go on with the newest. The past stands still by itself."""
        message.stop()
        if self.at is not None:
            self.say("the past stands still; 0 goes back to live")
            return
        self.frozen_at = self.settings.clock() if self.frozen_at is None else None
        self._show(self.shown if self.frozen_at is not None else self.latest)

    def on_copy(self, message: Copy) -> None:
        """Put it into the clipboard."""
        message.stop()
        hands.copy(self, message.text)

    def on_browse(self, message: Browse) -> None:
        """Open it, if it may be opened."""
        message.stop()
        self.run_worker(hands.browse(self, message.address))

    def on_export(self, message: Export) -> None:
        """Put what is seen into a file."""
        message.stop()
        self.run_worker(hands.export(self, message))

    def on_ask_sources(self, message: AskSources) -> None:
        """Ask these sources now; every one when none is named."""
        message.stop()
        self._who.ask(message.names)

    def _tell_who_polls(self, polled: Polled) -> None:
        if (view := self.front()) is not None:
            view.polling(polled)
