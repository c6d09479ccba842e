"""What a screen of panes asks in its last line: a filter as it is typed, or one key of a few.

One question at a time. While it has the focus its keys are its own; whoever leaves it for a pane
keeps the filter.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from goliath_tui.screens.view import View
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.choice import ChoiceLine
from goliath_tui.widgets.lens import NO_LENS, Lens, LensError, parse_lens
from goliath_tui.widgets.table import Table

if TYPE_CHECKING:
    from goliath_tui.widgets.prompt import FilterPrompt

_SIGN = "/"


class LastLine:
    """The question in front of `view`, and the filter through which `tables` are seen.

    `give_back` puts the focus on a pane.
    """

    def __init__(
        self, view: View, tables: Sequence[Table[Any]], give_back: Callable[[], None]
    ) -> None:
        self.lens: Lens = NO_LENS
        self._view = view
        self._tables = tables
        self._give_back = give_back
        self._line: Widget | None = None
        self._filter: FilterPrompt | None = None

    @property
    def asks(self) -> bool:
        """Whether there is a question."""
        return self._line is not None

    @property
    def has_keys(self) -> bool:
        """Whether what is typed is an answer."""
        return self._line is not None and self._view.focused is self._line

    async def ask_filter(self) -> None:
        """Open the filter's line, or go back to it."""
        from goliath_tui.widgets.prompt import FilterPrompt

        if self._line is None:
            self._view.say("")
            self._filter = FilterPrompt(self.lens.text, self._typed, self._kept)
            await self._put(self._filter)
        self._view.set_focus(self._line, scroll_visible=False)
        self._tell_matches()

    async def ask(self, line: ChoiceLine) -> None:
        """Ask for one key of a few; the answer is the line's message."""
        await self._put(line)
        self._view.set_focus(line, scroll_visible=False)

    async def _put(self, line: Widget) -> None:
        self._line = line
        self.lay()
        await self._view.mount(line)

    def lay(self) -> None:
        """Place the question, at the terminal's size as it is now."""
        if self._line is not None:
            width, height = self._view.app.size
            whole = self._filter is None
            self._line.styles.offset = (0 if whole else len(_SIGN) + 1, height - 1)
            self._line.styles.width = width if whole else max(10, width // 2 - 4)
            self._line.styles.height = 1

    async def settle(self) -> None:
        """Wait until all that was typed so far is in the filter's line."""
        if self._filter is not None:
            from goliath_tui.widgets.prompt import settled

            await settled(self._filter)

    def blurred(self, widget: Widget) -> None:
        """`widget` has lost the focus: a question that was left for a pane is over."""
        if widget is self._line:
            self._view.call_later(self._leave)

    def _leave(self) -> None:
        # Without any focus the terminal itself has lost it, which says nothing about the question.
        if self._view.focused is not None and self._view.focused is not self._line:
            self.close(keep=True)

    def close(self, *, keep: bool) -> None:
        """Take the question away, and the filter too unless it is to be kept."""
        line, typed = self._line, self._filter
        if line is None:
            return
        if typed is not None:
            if keep:
                self._typed(typed.value)
            else:
                self.look_through(NO_LENS)
        self._line = self._filter = None
        if self._view.focused in {line, None}:
            self._give_back()
        line.remove()
        self._view.hint_bar.ask("")
        self._view.offer_hints()

    def _kept(self) -> None:
        self.close(keep=True)

    def _typed(self, text: str) -> None:
        """What is no expression yet leaves the last filter in place."""
        if self._filter is None:
            return
        try:
            self.look_through(parse_lens(text))
        except LensError as error:
            answer = f"not a regular expression yet: {error}"
            self._view.hint_bar.ask(_SIGN, answer, wrong=True)

    def look_through(self, lens: Lens) -> None:
        """See the tables through `lens`."""
        self.lens = lens
        for table in self._tables:
            table.look_through(lens)
        self._tell_matches()
        self._view.offer_hints()

    def _tell_matches(self) -> None:
        if self._filter is not None:
            found = [fmt.plural(len(table.seen), table.ONE) for table in self._tables]
            self._view.hint_bar.ask(_SIGN, " · ".join(found))
