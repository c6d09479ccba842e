"""The floor: a bare Textual app that says hello; any key writes another figure."""

from textual.app import App, ComposeResult
from textual.events import Key
from textual.widgets import Static


class Hello(App[None]):
    """Nothing but one line."""

    presses = 0

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("hello", id="line")

    def on_key(self, _event: Key) -> None:
        """Writes another figure."""
        self.presses += 1
        self.query_one("#line", Static).update(f"hello {self.presses}")


Hello().run()
