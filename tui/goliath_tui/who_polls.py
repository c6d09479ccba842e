"""The polling process as screens hear of it: who polls, what troubles that, and asking it now."""

from collections.abc import Callable, Sequence
from typing import Protocol

from goliath_tui.poller_child import PollerChild, Report, Role
from goliath_tui.screens.view import Polled
from goliath_tui.widgets.format import listed


class Say(Protocol):
    """Puts a sentence in front of whoever looks."""

    def __call__(self, text: str, *, alarm: bool = False) -> None:
        """`alarm`: something is wrong."""


class WhoPolls:
    """`command` None: no process of ours polls. `told` gets what is known when that changes."""

    def __init__(
        self, command: Sequence[str] | None, say: Say, told: Callable[[Polled], None]
    ) -> None:
        self.polled = Polled()
        self._say = say
        self._told = told
        self._trouble = self._unreadable = ""
        self._child = PollerChild(command, self.heard) if command else None

    def start(self) -> None:
        """Begin to poll."""
        if self._child is not None:
            self._child.start()

    async def stop(self) -> None:
        """End the process."""
        if self._child is not None:
            await self._child.stop()

    def ask(self, names: Sequence[str]) -> None:
        """Ask these sources now; every one when none is named."""
        if self._child is None:
            self._say("no process polls for this screen", alarm=True)
        elif self._child.report.role is Role.STANDBY:
            self._say(f"process {self._child.report.holder} polls, at its own pace", alarm=True)
        elif self._child.refresh(names):
            self._say(f"asked {listed(names) or 'every source'}")
        else:
            self._say("the polling process is not running", alarm=True)

    def heard(self, report: Report) -> None:
        """The process has told how it is."""
        if report.role is not Role.STARTING:
            # While a polling process starts anew, what ended the one before still holds.
            self._trouble = report.problem or report.error or ""
        self._tell(report)
        if trouble := report.problem or (report.error if report.role is Role.ERROR else None):
            self._say(trouble, alarm=True)

    def cache_failed(self, text: str, *, damaged: bool) -> None:
        """The cache cannot be read. `damaged`: nor will it ever be, as it is."""
        self._unreadable = text
        if damaged and self._child is not None:
            # Whoever writes may never touch the pages that are damaged.
            self._child.check()
        self._tell()
        self._say(text, alarm=True)

    def cache_answers(self) -> None:
        """The cache can be read."""
        if self._unreadable:
            self._unreadable = ""
            self._tell()

    def _tell(self, report: Report | None = None) -> None:
        report = report or (self._child.report if self._child is not None else None)
        words, elsewhere = (describe(report), reads(report)) if report else ("", "")
        troubles = tuple(dict.fromkeys(filter(None, (self._trouble, self._unreadable))))
        self.polled = Polled(words, elsewhere, troubles)
        self._told(self.polled)


def describe(report: Report) -> str:
    """Who polls, in a few words."""
    if report.role is Role.POLLING:
        return "this window polls"
    if report.role is Role.STANDBY:
        holder = "another process" if report.holder is None else f"process {report.holder}"
        return f"{holder} polls"
    if report.role is Role.STARTING:
        return "polling starts"
    return "nobody polls"


def reads(report: Report) -> str:
    """What the header of a window says that only reads; empty for one that polls."""
    if report.role is not Role.STANDBY:
        return ""
    return f"reads · process {report.holder} polls" if report.holder else "reads · another polls"
