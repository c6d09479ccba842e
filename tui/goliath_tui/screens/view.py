"""What every screen of ours can do: take a picture, tick, show its keys.

The app hands each new snapshot to the screen in front, and once a second the moment. A screen that
comes to the front is given both at once, so screens behind it cost nothing.
"""

from collections.abc import Mapping
from datetime import tzinfo

from msgspec import Struct
from textual.app import ScreenStackError
from textual.message import Message
from textual.screen import Screen

from goliath_tui.domain import Snapshot
from goliath_tui.panes.condition import Moment
from goliath_tui.widgets.hints import Hint, HintBar
from goliath_tui.widgets.keys import HINT_ORDER, key_name


class Stage(Struct, frozen=True):
    """What screens need to know beside the snapshot.

    `gives`: source name → measures it gives. `rebound`: binding id → keys that the config gave it.
    """

    zone: tzinfo
    gives: Mapping[str, frozenset[str]]
    rebound: Mapping[str, str] = {}


class AskSources(Message):
    """Somebody wants these sources asked now; empty: all of them."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.names = names


class Freeze(Message):
    """Somebody wants the picture held, or let go."""


class View(Screen[None], inherit_bindings=False):
    """Base of our screens. `inherit_bindings` is off: only keys that are ours exist."""

    AUTO_FOCUS = ""
    BINDING_GROUP_TITLE = "screen"

    def __init__(self, stage: Stage, snapshot: Snapshot, moment: Moment) -> None:
        super().__init__()
        self.stage = stage
        self.snapshot = snapshot
        self.moment = moment
        self.hint_bar = HintBar()

    def show(self, snapshot: Snapshot, moment: Moment) -> None:
        """Draw a new picture."""
        self.snapshot = snapshot
        self.tick(moment)

    def tick(self, moment: Moment) -> None:
        """The clock went on: redraw what shows it."""
        self.moment = moment

    def say(self, text: str, *, alarm: bool = False) -> None:
        """A sentence in the hint bar."""
        self.hint_bar.say(text, alarm=alarm)

    def offer_hints(self) -> None:
        """Show the keys that work now."""
        try:
            active = self.active_bindings
        except ScreenStackError:
            return
        hints: dict[str, Hint] = {}
        for bound in active.values():
            binding = bound.binding
            if binding.show and bound.enabled and binding.action not in hints:
                hints[binding.action] = Hint(
                    key_name(binding.key), binding.description, binding.action
                )
        known = [key.action for key in HINT_ORDER]
        ours = [hint for hint in hints.values() if hint.action in known]
        self.hint_bar.offer(sorted(ours, key=lambda hint: known.index(hint.action)))

    async def on_hint_bar_pressed(self, message: HintBar.Pressed) -> None:
        """A click on a hint does what its key does."""
        message.stop()
        for bound in self.active_bindings.values():
            if bound.binding.action == message.action:
                await self.app.run_action(message.action, bound.node)
                return
