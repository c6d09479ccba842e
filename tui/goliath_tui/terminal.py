"""The terminal that the screen is drawn into, and what comes from it."""

from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """Textual's driver, but nothing that a terminal sends ends the program.

    Not all of it can be read: a paste of something binary, keys of a terminal that is not UTF-8, a
    click beyond column 95 in one that reports the mouse the old way, numbers that are no character.
    """

    def run_input_thread(self) -> None:
        """Reads keys until the end. What cannot be read is dropped, with what came along."""
        while not self.exit_event.is_set():
            try:
                super().run_input_thread()
            except (ValueError, OverflowError):
                # The bytes are taken already; the next ones meet a new decoder and parser.
                continue
