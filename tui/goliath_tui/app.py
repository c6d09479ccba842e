"""The Textual app: screens, keys, theme, and the life of the poller and the watcher.

First paint draws a snapshot that was taken before the app began. Only then do the poller process
and the watcher's thread start. New snapshots land in a slot that holds one: a screen that is slow
skips pictures and never queues them.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

from msgspec import Struct
from textual.app import App, ScreenStackError
from textual.message import Message

from goliath_tui.clock import now_ms
from goliath_tui.domain import Snapshot
from goliath_tui.panes.condition import Moment
from goliath_tui.poller_child import PollerChild, Report, Role
from goliath_tui.screens.overview import Overview
from goliath_tui.screens.view import AskSources, Freeze, Stage, View
from goliath_tui.watcher import StoreLike, Watcher
from goliath_tui.widgets.format import listed
from goliath_tui.widgets.keys import APP_KEYS, bindings, problems
from goliath_tui.widgets.themes import DEFAULT, THEMES

_SAID_FOR_MS = 4_000
_BEGIN_WITHIN_S = 0.5
#: Names by which themes are known elsewhere.
_ALIASES = {"textual-ansi": "ansi-dark", "ansi": "ansi-dark"}


class AppSettings(Struct, frozen=True):
    """What the command line knows and the screens need.

    `gives`: source name → the measures that rest on it. `keys`: binding id → keys,
    comma-separated. `theme` None: our own.
    """

    time_zone: tzinfo
    gives: Mapping[str, frozenset[str]] = {}
    theme: str | None = None
    keys: Mapping[str, str] = {}
    warnings: Sequence[str] = ()
    clock: Callable[[], int] = now_ms


class GoliathApp(App[None]):
    """Mission control."""

    TITLE = "goliath-tui"
    BINDINGS = bindings(APP_KEYS)
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False

    class Arrived(Message):
        """The slot holds a new snapshot."""

        def can_replace(self, message: Message) -> bool:
            """One is enough: the slot holds the newest."""
            return isinstance(message, GoliathApp.Arrived)

    class CacheFailed(Message):
        """The cache cannot be read."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        open_store: Callable[[], StoreLike],
        first: Snapshot,
        settings: AppSettings,
        poller_command: Sequence[str] | None = None,
    ) -> None:
        # Without colour no colour code may come out at all, which Textual does in ANSI mode only.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        for theme in THEMES:
            self.register_theme(theme)
        self.settings = settings
        self.stage = Stage(
            zone=settings.time_zone,
            gives=settings.gives,
            rebound=settings.keys,
        )
        self.latest = first
        self.shown = first
        self.frozen_at: int | None = None
        self._slot: Snapshot | None = None
        self._said_at: int | None = None
        self._begun = False
        self._complaints: list[str] = list(settings.warnings)
        self._watcher = Watcher(open_store, self._deliver, self._cache_failed)
        self._child = PollerChild(poller_command, self._heard) if poller_command else None
        self._wear(settings.theme)
        self._complaints += problems(settings.keys)
        self.set_keymap({name: keys for name, keys in settings.keys.items() if keys})

    def _wear(self, wanted: str | None) -> None:
        name = _ALIASES.get(wanted or DEFAULT, wanted or DEFAULT)
        if name not in self.available_themes:
            self._complaints.append(f"there is no theme {name}; {DEFAULT} is on")
            name = DEFAULT
        self.theme = name

    def get_default_screen(self) -> View:
        """The overview, with the first snapshot in it."""
        return Overview(self.stage, self.shown, self.moment())

    def on_mount(self) -> None:
        """Everything that is not needed for the first frame waits for it."""
        self.call_after_refresh(self._begin)
        # A key that opens another screen before the first refresh would leave that call waiting.
        self.set_timer(_BEGIN_WITHIN_S, self._begin)

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        # Ended from outside, the terminal is given back as it was.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)
        if self._child is not None:
            self._child.start()
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
        if self._child is not None:
            await self._child.stop()
        await asyncio.to_thread(self._watcher.stop)

    # -- the picture

    def moment(self) -> Moment:
        """Which moment the screens show."""
        past = None if self.shown.live else self.shown.at
        return Moment(self.settings.clock(), frozen_at=self.frozen_at, past=past)

    def _deliver(self, snapshot: Snapshot) -> None:
        """From the watcher's thread: the newest snapshot replaces one that was not taken yet."""
        self._slot = snapshot
        self.post_message(self.Arrived())

    def _cache_failed(self, text: str) -> None:
        self.post_message(self.CacheFailed(text))

    def on_goliath_app_arrived(self) -> None:
        """Show what the slot holds, unless the picture is frozen."""
        snapshot, self._slot = self._slot, None
        if snapshot is None:
            return
        self.latest = snapshot
        if self.frozen_at is None:
            self._show(snapshot)

    def on_goliath_app_cache_failed(self, message: CacheFailed) -> None:
        """Say it; the header stops calling the picture live by itself."""
        self.say(message.text, alarm=True)

    def _show(self, snapshot: Snapshot) -> None:
        self.shown = snapshot
        if (view := self._front()) is not None:
            with self.batch_update():
                view.show(snapshot, self.moment())

    def _tick(self) -> None:
        if (view := self._front()) is not None:
            view.tick(self.moment())
            if self._said_at is not None and self.settings.clock() - self._said_at > _SAID_FOR_MS:
                self._said_at = None
                view.say("")

    def _front(self) -> View | None:
        """The screen in front; None while the app ends, when timers may still call."""
        try:
            screen = self.screen
        except ScreenStackError:
            return None
        return screen if isinstance(screen, View) else None

    def say(self, text: str, *, alarm: bool = False) -> None:
        """A sentence in the hint bar, for a few seconds."""
        if (view := self._front()) is not None:
            view.say(text, alarm=alarm)
            self._said_at = self.settings.clock()

    # -- hands

    def on_freeze(self, message: Freeze) -> None:
        """Hold the picture, or let it go on with the newest."""
        message.stop()
        self.frozen_at = self.settings.clock() if self.frozen_at is None else None
        self._show(self.shown if self.frozen_at is not None else self.latest)

    def on_ask_sources(self, message: AskSources) -> None:
        """Ask these sources now; every one when none is named."""
        message.stop()
        self._ask(message.names)

    def _ask(self, names: Sequence[str]) -> None:
        whom = listed(names) or "every source"
        if self._child is None:
            self.say("no process polls for this screen", alarm=True)
        elif self._child.report.role is Role.STANDBY:
            self.say(f"process {self._child.report.holder} polls, at its own pace", alarm=True)
        elif self._child.refresh(names):
            self.say(f"asked {whom}")
        else:
            self.say("the polling process is not running", alarm=True)

    def action_help(self) -> None:
        """Keys of the screen in front, and where its focused pane's figures come from."""
        from goliath_tui.screens.help import HelpScreen

        view = self._front()
        if isinstance(view, Overview):
            help_screen = HelpScreen(
                self.stage,
                self.shown,
                self.moment(),
                place="overview",
                pane=view.current,
                groups=view.key_groups(),
            )
            self.push_screen(help_screen, lambda _: view.show(self.shown, self.moment()))

    def _heard(self, report: Report) -> None:
        for view in self.screen_stack:
            if isinstance(view, Overview):
                view.polling(describe(report))
        if trouble := report.problem or (report.error if report.role is Role.ERROR else None):
            self.say(trouble, alarm=True)


def describe(report: Report) -> str:
    """Who polls, in a few words."""
    if report.role is Role.POLLING:
        return f"this window polls, but {report.problem}" if report.problem else "this window polls"
    if report.role is Role.STANDBY:
        holder = "another process" if report.holder is None else f"process {report.holder}"
        return f"{holder} polls"
    if report.role is Role.STARTING:
        return "polling starts"
    return f"nobody polls: {report.error}" if report.error else "nobody polls"
