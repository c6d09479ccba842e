"""The filter's input line. Imported only when somebody filters: Textual's Input is not light."""

from textual.widgets import Input

from goliath_tui.widgets.lens import LONGEST


class FilterPrompt(Input):
    """One line over the hint bar."""

    DEFAULT_CSS = """
    FilterPrompt, FilterPrompt:focus {
        border: none; height: 1; padding: 0; background: $background; color: $foreground;
        background-tint: $background 0%;
    }
    """

    def __init__(self, text: str) -> None:
        super().__init__(
            text,
            placeholder="regular expression, ! inverts",
            compact=True,
            max_length=LONGEST,
            select_on_focus=False,
            id="prompt",
        )
