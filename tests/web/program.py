"""A small app for viewers, which says its size and the keys that were typed."""

import io
import time

from textual.app import App, ComposeResult
from textual.events import Key, Resize
from textual.widgets import Static


class Echo(App[None]):
    """`S` hangs, `O` opens an address, `D` delivers a file, `Q` quits."""

    CSS = "Screen { overflow: hidden }"
    ENABLE_COMMAND_PALETTE = False
    keys = ""
    wide = high = 0

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static()

    def on_resize(self, event: Resize) -> None:
        """Draws the new size."""
        self.wide, self.high = event.size
        self.draw()

    def on_key(self, event: Key) -> None:
        """Draws the key, or does what it stands for."""
        self.keys += event.character or ""
        self.draw()
        match event.character:
            case "Q":
                self.exit()
            case "S":
                self.call_after_refresh(time.sleep, 600)
            case "O":
                self.open_url("http://evil.example/")
            case "D":
                self.deliver_text(io.StringIO("secret"), save_filename="secret.txt")

    def draw(self) -> None:
        """Draws what is known."""
        self.query_one(Static).update(f"size {self.wide}x{self.high} keys {self.keys} .")


if __name__ == "__main__":
    Echo().run()
