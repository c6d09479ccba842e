"""What a viewer's process has in the place of a terminal: the pipes to the server.

Textual's own driver for the web, made harmless: a viewer opens nothing and is handed no file, in
whatever way a screen may come to ask for it, and the process ends when its server does.
"""

from pathlib import Path
from typing import BinaryIO, Literal, TextIO

from textual import messages
from textual.drivers.web_driver import WebDriver


class ViewerDriver(WebDriver):
    """Draws into the server's pipe."""

    def run_input_thread(self) -> None:
        """Hands on what is typed, until the server has gone; then the app ends."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(messages.ExitApp())

    def open_url(self, url: str, new_tab: bool = True) -> None:
        """Opens nothing: not the server's browser, and not the viewer's."""

    def deliver_binary(
        self,
        binary: BinaryIO | TextIO,
        *,
        delivery_key: str,
        save_path: Path,
        open_method: Literal["browser", "download"] = "download",
        encoding: str | None = None,
        mime_type: str | None = None,
        name: str | None = None,
    ) -> None:
        """Delivers nothing."""
        self._delivery_failed(delivery_key, PermissionError("viewers are handed no files"), name)
