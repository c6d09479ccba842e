"""Who polls for this window, and what is in the way of that: in the words of its screens."""

from collections.abc import Callable, Sequence
from typing import Protocol

from goliath_tui.poller_child import PollerChild, Report, Role
from goliath_tui.screens.view import Polled
from goliath_tui.widgets.format import listed


class Say(Protocol):
    """Says a sentence to whoever looks at the screen."""

    def __call__(self, text: str, *, alarm: bool = False) -> None: ...


class WhoPolls:
    """The polling process of this window, if it has one, and how the screens tell of it.

    `command` starts that process. `told` gets what the screens show, whenever that may have
    changed.
    """

    def __init__(
        self, command: Sequence[str] | None, say: Say, told: Callable[[Polled], None]
    ) -> None:
        self.polled = Polled()
        self._child = PollerChild(command, self.heard) if command else None
        self._say = say
        self._told = told
        self._trouble = self._unreadable = ""

    def start(self) -> None:
        """Start to poll, or to stand by."""
        if self._child is not None:
            self._child.start()

    async def stop(self) -> None:
        """No process of ours goes on."""
        if self._child is not None:
            await self._child.stop()

    def ask(self, names: Sequence[str]) -> None:
        """Have these sources asked now, every one when none is named, and say what came of that."""
        if self._child is None:
            self._say("no process polls for this screen", alarm=True)
        elif self._child.report.role is Role.STANDBY:
            holder = self._child.report.holder
            self._say(f"process {holder} polls, at its own pace", alarm=True)
        elif self._child.refresh(names):
            self._say(f"asked {listed(names) or 'every source'}")
        else:
            self._say("the polling process is not running", alarm=True)

    def heard(self, report: Report) -> None:
        """What the polling process says of itself."""
        if report.role is not Role.STARTING:
            # While a polling process starts anew, what ended the one before still holds.
            self._trouble = report.problem or report.error or ""
        self._tell(report)
        if trouble := report.problem or (report.error if report.role is Role.ERROR else None):
            self._say(trouble, alarm=True)

    def cache_failed(self, text: str) -> None:
        """Nothing can be read of what is polled."""
        self._unreadable = text
        self._tell()
        self._say(text, alarm=True)

    def cache_read(self) -> None:
        """What is polled can be read."""
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
