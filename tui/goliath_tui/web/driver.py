"""What a viewer's process has in the place of a terminal: the pipes to the server.

Textual's own driver for the web, made harmless: a viewer opens nothing and is handed no file, in
whatever way a screen may come to ask for it, and the process ends when its server does.
"""

from pathlib import Path
from typing import BinaryIO, Literal, TextIO

from textual import events, messages
from textual.drivers.web_driver import WebDriver
from textual.geometry import Size


class ViewerDriver(WebDriver):
    """Draws into the server's pipe."""

    def run_input_thread(self) -> None:
        """Hands on what is typed, until the server has gone; then the app ends."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self.send_message(messages.ExitApp())

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Does what the server says. A new size takes the road of the first and stays behind it.

        A page may say it before the app has taken in the first.
        """
        if packet_type != "resize":
            super().on_meta(packet_type, payload)
            return
        width, height = payload["width"], payload["height"]
        assert isinstance(width, int)  # noqa: S101 - our own server's
        assert isinstance(height, int)  # noqa: S101
        self._size = width, height
        self.send_message(events.Resize(Size(width, height), Size(width, height)))

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
        refused = PermissionError("viewers are handed no files")
        self.send_message(events.DeliveryFailed(key=delivery_key, exception=refused, name=name))
