"""The filter's input line, and how to wait for one. Imported only when somebody types into one:
Textual's Input is not light.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from goliath_tui.widgets.lens import LONGEST

#: A line that is being taken away may not answer any more.
_SETTLES_WITHIN_S = 1.0


async def settled(line: Input) -> None:
    """Wait until all that was typed so far is in the line."""
    taken = asyncio.Event()
    if line.call_later(taken.set):
        with suppress(TimeoutError):
            await asyncio.wait_for(taken.wait(), _SETTLES_WITHIN_S)


class FilterPrompt(Input):
    """One line over the hint bar. `typed` gets the text at each change; `kept`: it is as wanted."""

    # Before what is typed behind it reaches anything, or the line would take that too.
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "keep", show=False, priority=True)]
    DEFAULT_CSS = """
    FilterPrompt, FilterPrompt:focus {
        border: none; height: 1; padding: 0; background: $background; color: $foreground;
        background-tint: $background 0%;
    }
    """

    def __init__(self, text: str, typed: Callable[[str], None], kept: Callable[[], None]) -> None:
        super().__init__(
            text,
            placeholder="regular expression, ! inverts",
            compact=True,
            max_length=LONGEST,
            select_on_focus=False,
        )
        self._typed = typed
        self._kept = kept

    async def action_keep(self) -> None:
        """It is as wanted."""
        await settled(self)
        self._kept()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another text."""
        event.stop()
        self._typed(event.value)
