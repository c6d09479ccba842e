"""One line over the hint bar that asks for one key."""

from collections.abc import Callable, Sequence
from string import ascii_lowercase
from typing import ClassVar

from msgspec import Struct
from textual import events
from textual.binding import Binding, BindingType

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
    """`export as  c CSV  j JSON  s SVG  esc back`. `chosen` gets the answer, and takes it away.

    Every key that writes is its own while it has the focus: no other meaning shines through.
    """

    # A letter is an answer at once, like every other key, so that the next one finds it given.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(letter, f"answer('{letter}')", show=False, priority=True)
        for letter in ascii_lowercase
    ]

    def __init__(
        self, question: str, choices: Sequence[Choice], chosen: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.question = question
        self.choices = choices
        self._chosen = chosen
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

    def action_answer(self, letter: str) -> None:
        """An answer, or nothing."""
        for choice in self.choices:
            if letter == choice.key:
                self._chosen(choice.value)

    def on_click(self, event: events.Click) -> None:
        """A click on an answer gives it."""
        for start, end, value in self._spans:
            if start <= event.x < end:
                self._chosen(value)
