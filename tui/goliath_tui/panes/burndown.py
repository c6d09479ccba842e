"""The burndown of the sprint that a screen looks into, whichever that is."""

from datetime import tzinfo

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, SprintDetail, Subject
from goliath_tui.panes.sprint import SprintPane


class BurndownPane(SprintPane):
    """One sprint, replayed. `of`: the id of the sprint that is looked into; None: the latest.

    The sprint in progress is in the snapshot, so it is there before its detail has come.
    """

    def __init__(self, *, number: int, zone: tzinfo, of: str | None = None) -> None:
        super().__init__(number=number, zone=zone, name="burndown")
        self.of = of

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The sprint of the detail."""
        self.at = snapshot.at
        current = snapshot.sprint
        if isinstance(detail, SprintDetail):
            self.sprint = detail.figures
        elif current is not None and self.of in {None, current.id}:
            self.sprint = current
        else:
            self.sprint = None

    def opens(self) -> Subject | None:
        """Nothing: it is what was opened."""
        return None
