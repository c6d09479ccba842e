"""The sources: who asks them, how each feels, and its newest polls."""

from typing import ClassVar

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Subject
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.polls import PollsPane
from goliath_tui.panes.source import SourcePane
from goliath_tui.panes.sources import SourcesPane, trouble_lines
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.plan import Box, Plan, frame_plan, is_roomy, stack
from goliath_tui.screens.view import Polled, Stage
from goliath_tui.widgets.frame import FRAME_WIDTH

_FIRST = ("sources", "source", "polls")
_LEAST_POLLS = 7


class SourcesScreen(PanedView):
    """All sources above; below them the one under the cursor, in facts and in polls."""

    NAME = "sources"
    FIRST: ClassVar[str] = "sources"

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        trail: tuple[str, ...],
        subject: Subject,
    ) -> None:
        self.sources = SourcesPane(number=1, zone=stage.zone, leads=False)
        self.source = SourcePane(number=2, zone=stage.zone)
        self.polls = PollsPane(number=3, zone=stage.zone)
        panes = (self.sources, self.source, self.polls)
        super().__init__(stage, snapshot, moment, trail, subject, panes=panes)

    def plan(self, width: int, height: int) -> Plan:
        """The table as high as it is long, the rest below it."""
        boxes, area = frame_plan(width, height)
        if self.full:
            return Plan(boxes | {self.current: area})
        inner = width - FRAME_WIDTH
        troubles = len(trouble_lines(self.sources.troubles, inner, self.sources.palette))
        table = len(self.snapshot.sources) + 3 + troubles
        if is_roomy(width, height):
            return Plan(boxes | columns(area, min(table, area.height // 2)))
        wanted = {"sources": table, "source": self.source.wanted(inner) + 2, "polls": _LEAST_POLLS}
        stacked = stack(area, self.current, wanted, _FIRST)
        return Plan(boxes | stacked, tabs=len(stacked) == 1)

    def show(self, snapshot: Snapshot, moment: Moment) -> None:
        """Rows may have come before the one under the cursor."""
        super().show(snapshot, moment)
        self._follow()

    def on_table_moved(self) -> None:
        """The panes below show the source under the cursor."""
        super().on_table_moved()
        self._follow()

    def _follow(self) -> None:
        row = self.sources.row()
        if row is not None and row.name != self.source.named():
            self.source.look_at(row.name)
            self.polls.look_at(row.name)
            self._place()
            self.source.redraw()
            self.polls.redraw()

    def sources_of(self, pane: Pane) -> tuple[str, ...]:
        """The one that is shown."""
        return (self.source.named(),) if self.source.source is not None else ()

    def polling(self, polled: Polled) -> None:
        """Who polls, and what is wrong with that."""
        super().polling(polled)
        self.sources.poller, self.sources.troubles = polled.words, polled.troubles
        if self.is_mounted:
            self._place()
        self.sources.redraw()


def columns(area: Box, table: int) -> dict[str, Box]:
    """The table across the top, facts at the left, polls at the right."""
    left = max(46, min(90, area.width * 42 // 100))
    y, rest = area.y + table, area.height - table
    return {
        "sources": Box(area.x, area.y, area.width, table),
        "source": Box(area.x, y, left, rest),
        "polls": Box(area.x + left, y, area.width - left, rest),
    }
