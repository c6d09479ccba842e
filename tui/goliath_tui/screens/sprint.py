"""A sprint: its burndown, what its scope is made of, its work items; beside it all sprints.

Moving in the table of sprints shows the sprint under the cursor in place, so every sprint is one
key away. What was shown stays until the next one has come.
"""

from typing import ClassVar

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, SprintDetail, SprintOf, Subject
from goliath_tui.panes.burndown import BurndownPane
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.items import ItemsPane
from goliath_tui.panes.scope import ScopePane
from goliath_tui.panes.sprints import SprintsPane
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.plan import Box, Plan, frame_plan, is_roomy, stack
from goliath_tui.screens.view import Stage, Turned

#: What a pane wants at least when panes are stacked in one column.
_WANTED = {"burndown": 14, "sprints": 8, "scope": 8, "work": 8}
_FIRST = ("burndown", "sprints", "work", "scope")
_THREE_COLUMNS = 200


class SprintScreen(PanedView):
    """One sprint at a time, any of them."""

    NAME = "sprint"
    FIRST: ClassVar[str] = "sprints"

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        trail: tuple[str, ...],
        subject: Subject,
    ) -> None:
        of = subject.id if isinstance(subject, SprintOf) else None
        self.burndown = BurndownPane(number=1, zone=stage.zone, of=of)
        self.sprints = SprintsPane(number=2, zone=stage.zone)
        self.scope = ScopePane(number=3)
        self.work = ItemsPane(number=4, of_sprint=True)
        panes = (self.burndown, self.sprints, self.scope, self.work)
        super().__init__(stage, snapshot, moment, trail, subject, panes=panes)

    def plan(self, width: int, height: int) -> Plan:
        """Burndown above all sprints; beside them scope and items."""
        boxes, area = frame_plan(width, height)
        if self.full:
            return Plan(boxes | {self.current: area})
        if not is_roomy(width, height):
            stacked = stack(area, self.current, _WANTED, _FIRST)
            return Plan(boxes | stacked, tabs=len(stacked) == 1)
        return Plan(boxes | columns(area))

    # -- which sprint

    def fill(self, detail: Detail | None) -> None:
        """Take the sprint; where it had not begun yet, look into the one that ran then."""
        if isinstance(detail, SprintDetail) and _had_begun(detail):
            super().fill(detail)
            self._rename(detail.figures.name)
            return
        super().fill(None)
        if isinstance(self.subject, SprintOf) and self.subject.id is not None:
            self.say(f"{self.title_of()} had not begun at this moment")
            self._turn_to(SprintOf())

    def on_table_moved(self) -> None:
        """The sprint under the cursor is shown."""
        super().on_table_moved()
        row = self.sprints.row()
        if row is not None and row.id != self._looked_into():
            self._turn_to(SprintOf(row.id))

    def _looked_into(self) -> str | None:
        named = self.subject.id if isinstance(self.subject, SprintOf) else None
        return self.sprints.shown if named is None else named

    def _turn_to(self, subject: SprintOf) -> None:
        self.subject, self.answered = subject, False
        self.burndown.of = subject.id
        self.post_message(Turned())

    def _rename(self, name: str) -> None:
        if self.trail and self.trail[-1] != name:
            self.trail = (*self.trail[:-1], name)
            self.header.trail = self.trail
            self.header.redraw()


def _had_begun(detail: SprintDetail) -> bool:
    return any(row.id == detail.figures.id for row in detail.sprints)


def columns(area: Box) -> dict[str, Box]:
    """The panes' places in two or three columns."""
    left = max(46, min(84, area.width * 42 // 100))
    upper = max(14, area.height * 55 // 100)
    x, y, right = area.x + left, area.y, area.width - left
    boxes = {
        "burndown": Box(area.x, y, left, upper),
        "sprints": Box(area.x, y + upper, left, area.height - upper),
    }
    if area.width >= _THREE_COLUMNS:
        scope = min(72, right // 2)
        boxes["scope"] = Box(x, y, scope, area.height)
        return boxes | {"work": Box(x + scope, y, right - scope, area.height)}
    half = area.height * 55 // 100
    boxes["scope"] = Box(x, y, right, half)
    return boxes | {"work": Box(x, y + half, right, area.height - half)}
