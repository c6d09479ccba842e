"""What every screen of ours can do: take a picture, tick, show its keys.

The app hands each new picture to the screen in front, and once a second the moment. A screen that
comes to the front is given both at once, so screens behind it cost nothing.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import ClassVar, Protocol, cast

from msgspec import Struct
from textual.app import ScreenStackError
from textual.message import Message
from textual.screen import Screen

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, Subject
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.widgets.hints import Hint, HintBar
from goliath_tui.widgets.keys import HINT_ORDER, KeyLine, key_name
from goliath_tui.widgets.sheet import Sheet


class Stage(Struct, frozen=True):
    """What screens need to know beside the snapshot.

    `gives`: source name → measures it gives. `rebound`: binding id → keys that the config gave it.
    `read_only`: whoever looks may only look. `monotonic`: seconds by a clock that is never set.
    """

    zone: tzinfo
    gives: Mapping[str, frozenset[str]]
    rebound: Mapping[str, str] = {}
    read_only: bool = False
    monotonic: Callable[[], float] = time.monotonic


class Polled(Struct, frozen=True):
    """Who polls, in words for the sources' pane, and for the header of a window that only reads.

    `troubles`: whole sentences on what keeps answers from being kept, read or asked for.
    """

    words: str = ""
    elsewhere: str = ""
    troubles: tuple[str, ...] = ()


class AskSources(Message):
    """Somebody wants these sources asked now; empty: all of them."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.names = names


class Freeze(Message):
    """Somebody wants the picture held, or let go."""


class Copy(Message):
    """Somebody wants this text in the clipboard."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Browse(Message):
    """Somebody wants to see this address in the browser."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


class Export(Message):
    """Somebody wants what is seen in a file: `sheet` as csv or json, or the screen as svg.

    `view` and `picture`: what was in front when it was asked for, whatever has come since.
    """

    def __init__(self, kind: str, sheet: Sheet | None, view: "View", picture: Snapshot) -> None:
        super().__init__()
        self.kind = kind
        self.sheet = sheet
        self.view = view
        self.picture = picture


class Turned(Message):
    """The screen in front looks into another subject from now on."""


class Way(Protocol):
    """From screen to screen, as the app goes it.

    No messages: those would arrive behind the keys that came with the one that sent them, and
    these would act on a screen that is left already.
    """

    async def open(self, subject: Subject) -> None:
        """Put the screen of a subject in front."""

    def leave(self) -> None:
        """Take the screen in front away."""


class View(Screen[None], inherit_bindings=False):
    """Base of our screens. `inherit_bindings` is off: only keys that are ours exist.

    `subject` is what the screen looks into, `detail` what is known of that as of the snapshot's
    moment; it is None until it has come, which `answered` tells, and if nothing was known then.
    `trail`: the names of the screens from the first to this one.
    """

    AUTO_FOCUS = ""
    BINDING_GROUP_TITLE = "screen"
    #: The screen's name, for help and for the palette.
    NAME: ClassVar[str] = ""
    #: For how many seconds a sentence stands, whatever the time of day does.
    SAID_FOR_S: ClassVar[float] = 4.0

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        trail: tuple[str, ...] = (),
        subject: Subject | None = None,
    ) -> None:
        super().__init__()
        self.stage = stage
        self.snapshot = snapshot
        self.moment = moment
        self.trail = trail
        self.subject = subject
        self.detail: Detail | None = None
        self.answered = subject is None
        self.hint_bar = HintBar()
        self.monotonic = stage.monotonic
        self._step = ""
        self._said_at: float | None = None

    @property
    def way(self) -> Way:
        """From this screen to others."""
        return cast("Way", self.app)

    def reopens(self) -> Subject | None:
        """The subject by which a screen of this kind opens again; None: it is opened otherwise."""
        return self.subject

    def step_is(self, name: str) -> None:
        """How far a step through time goes, for the hint."""
        self._step = name
        self.offer_hints()

    def fill(self, detail: Detail | None) -> None:
        """Take what is known of the subject; `show` draws it."""
        self.detail, self.answered = detail, True

    def forget(self) -> None:
        """The detail at hand is of another moment: the right one is under way."""
        self.detail, self.answered = None, self.subject is None

    def show(self, snapshot: Snapshot, moment: Moment) -> None:
        """Draw a new picture."""
        self.snapshot = snapshot
        self.tick(moment)

    def tick(self, moment: Moment) -> None:
        """The clock went on: redraw what shows it."""
        self.moment = moment

    def polling(self, polled: Polled) -> None:
        """Who polls."""

    def key_groups(self) -> list[tuple[str, list[KeyLine]]]:
        """The keys of this screen by group, as the help shows them, after any rebinding."""
        return []

    def figures(self, desk: Desk) -> list[tuple[str, Sequence[Origin]]]:
        """Where the figures in front come from, under headings, as the help shows them."""
        return []

    def title_of(self) -> str:
        """What the screen is about, in words."""
        return self.trail[-1] if self.trail else self.NAME

    def say(self, text: str, *, alarm: bool = False) -> None:
        """A sentence for a few seconds; an empty one takes away what stands there."""
        self._said_at = self.monotonic() if text else None
        self.put_said(text, alarm=alarm)

    def put_said(self, text: str, *, alarm: bool) -> None:
        """Draw what is said: in the hint bar, where the screen has no other place for it."""
        self.hint_bar.say(text, alarm=alarm)

    def hush(self) -> None:
        """Take away what has stood for long enough; to be called once a second."""
        if self._said_at is not None and self.monotonic() - self._said_at > self.SAID_FOR_S:
            self.say("")

    def offer_hints(self) -> None:
        """Show the keys that work now."""
        try:
            active = self.active_bindings
        except ScreenStackError:
            return
        pressed: dict[str, str] = {}
        for bound in active.values():
            if bound.enabled:
                pressed.setdefault(bound.binding.action, bound.binding.key)
        hints: list[Hint] = []
        for key in HINT_ORDER:
            if key.action in pressed and all(hint.action != key.action for hint in hints):
                rebound = key.id in self.stage.rebound
                name = "" if rebound else key.shown
                word = (
                    f"{key.hint} ±{self._step}"
                    if key.id == "time.back" and self._step
                    else key.hint
                )
                shown = name or key_name(pressed[key.action])
                hints.append(Hint(shown, word, key.action, kept=key.kept))
        self.hint_bar.offer(hints)

    async def on_hint_bar_pressed(self, message: HintBar.Pressed) -> None:
        """A click on a hint does what its key does."""
        message.stop()
        await self.press(message.action)

    async def press(self, action: str) -> None:
        """Do what the key of an action does here; nothing where it has none now."""
        for bound in self.active_bindings.values():
            if bound.binding.action == action:
                await self.app.run_action(action, bound.node)
                return
