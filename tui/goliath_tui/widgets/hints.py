"""The last line: what the keys do here, made from the bindings, and a word on what just happened.

Not Textual's Footer: this line lives for weeks and keeps no watchers.
"""

from collections.abc import Sequence

from msgspec import Struct
from rich.cells import cell_len
from textual import events
from textual.message import Message

from goliath_tui.widgets.ink import Line, Run, cut_end, cut_middle, printable
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import BOLD, Palette

_GAP = 2


class Hint(Struct, frozen=True):
    """One key: how it is printed, its word, the action that a click runs.

    `kept`: it goes last when there is not room for all.
    """

    key: str
    word: str
    action: str
    kept: bool = False

    @property
    def width(self) -> int:
        """Its cells."""
        return len(self.key) + 1 + len(self.word)


class HintBar(LineWidget):
    """`? help  / filter  space freeze …      asked gateway`."""

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self) -> None:
        super().__init__(id="hints")
        self.hints: Sequence[Hint] = ()
        self.said = ""
        self.alarm = False
        self.asking = ""
        self.answer = ""
        self.wrong = False
        self.whole = ""
        self._spans: list[tuple[int, int, str]] = []

    def say(self, text: str, *, alarm: bool = False) -> None:
        """Show a short sentence at the right; an empty one takes it away."""
        if (text, alarm) != (self.said, self.alarm):
            self.said, self.alarm = text, alarm
            self.redraw()

    def name_whole(self, name: str) -> None:
        """Show a name that had to be cut elsewhere, while there is nothing else to say."""
        if name != self.whole:
            self.whole = name
            self.redraw()

    def offer(self, hints: Sequence[Hint]) -> None:
        """Show these keys."""
        if hints != self.hints:
            self.hints = hints
            self.redraw()

    def ask(self, sign: str, answer: str = "", *, wrong: bool = False) -> None:
        """Make room for a prompt behind `sign`, with an `answer` to what has been typed at the
        right, while there is nothing to say; an empty sign brings the hints back.
        """
        if (sign, answer, wrong) != (self.asking, self.answer, self.wrong):
            self.asking, self.answer, self.wrong = sign, answer, wrong
            self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """One line: hints while there is room, a sentence before them all."""
        text, alarm = (self.said, self.alarm) if self.said else (self.answer, self.wrong)
        # A sentence goes away by itself, so the keys can make room for where a file is, say.
        most = width * 3 // 4 if self.said and not self.asking else width // 2
        said = cut_end(printable(text), max(0, most))
        style = palette.warn if alarm else palette.muted
        if not said and self.whole:
            said, style = cut_middle(printable(self.whole), max(0, width * 2 // 3)), palette.text
        right: list[Run] = [(said, style), (" ", style)] if said else []
        room = width - (cell_len(said) + 3 if said else 1)
        line = Line().to(1)
        self._spans = []
        if self.asking:
            return [line.add(self.asking, palette.text + BOLD).right(right, width)]
        for hint in fitting(self.hints, room - line.width):
            self._spans.append((line.width, line.width + hint.width, hint.action))
            line.add(hint.key, palette.text + BOLD).add(f" {hint.word}", palette.muted).add(
                " " * _GAP, palette.muted
            )
        return [line.right(right, width)]

    def on_click(self, event: events.Click) -> None:
        """A click on a hint does what its key does."""
        for start, end, action in self._spans:
            if start <= event.x < end:
                self.post_message(self.Pressed(action))


def fitting(hints: Sequence[Hint], room: int) -> list[Hint]:
    """The hints that stand in `room` cells with a gap between them, in their order; those that are
    kept have their places before all others.
    """
    chosen: set[int] = set()
    for i in sorted(range(len(hints)), key=lambda i: not hints[i].kept):
        if hints[i].width <= room:
            chosen.add(i)
            room -= hints[i].width + _GAP
    return [hint for i, hint in enumerate(hints) if i in chosen]
