"""One line over the hint bar that asks for one key."""

from collections.abc import Sequence

from msgspec import Struct
from textual import events
from textual.message import Message

from goliath_tui.widgets.ink import Line
from goliath_tui.widgets.keys import key_name
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import BOLD, Palette


class Choice(Struct, frozen=True):
    """A key, its word, and what it stands for."""

    key: str
    word: str
    value: str


class ChoiceLine(LineWidget, can_focus=True):
    """`export as  c CSV  j JSON  s SVG  esc back`. The screen takes it away, whatever is pressed.

    Every key that writes is its own while it has the focus: no other meaning shines through.
    """

    class Chosen(Message):
        """One was chosen."""

        def __init__(self, value: str) -> None:
            super().__init__()
            self.value = value

    def __init__(self, question: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self.question = question
        self.choices = choices
        self._spans: list[tuple[int, int, str]] = []

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The question and its answers."""
        line = Line([(f" {self.question}  ", palette.warn + BOLD)])
        self._spans = []
        for choice in self.choices:
            start = line.width
            line.add(key_name(choice.key), palette.text + BOLD).add(f" {choice.word}", palette.text)
            self._spans.append((start, line.width, choice.value))
            line.add("   ", palette.text)
        return [line.add(key_name("escape"), palette.text + BOLD).add(" back", palette.muted)]

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Keys that write mean nothing else now."""
        return character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """An answer, or nothing."""
        if not self.check_consume_key(event.key, event.character):
            return
        event.stop()
        for choice in self.choices:
            if event.key == choice.key:
                self.post_message(self.Chosen(choice.value))

    def on_click(self, event: events.Click) -> None:
        """A click on an answer gives it."""
        for start, end, value in self._spans:
            if start <= event.x < end:
                self.post_message(self.Chosen(value))
