"""The first screen: the big four, and a pane for each thing that a migration is watched by."""

from collections.abc import Mapping
from typing import ClassVar

from goliath_tui.domain import Snapshot
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.differences import DifferencesPane
from goliath_tui.panes.headline import Headline
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.services import ServicesPane
from goliath_tui.panes.sources import SourcesPane, trouble_lines
from goliath_tui.panes.sprint import SprintPane
from goliath_tui.panes.traffic import TrafficPane
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.plan import Plan, left_width, plan
from goliath_tui.screens.view import Polled, Stage
from goliath_tui.widgets.frame import FRAME_WIDTH
from goliath_tui.widgets.lines import LineWidget


class Overview(PanedView):
    """Five panes under the big four."""

    NAME = "overview"
    FIRST: ClassVar[str] = "services"

    def __init__(self, stage: Stage, snapshot: Snapshot, moment: Moment) -> None:
        zone = stage.zone
        self.headline = Headline()
        self.traffic = TrafficPane(number=1, zone=zone)
        self.services = ServicesPane(number=2)
        self.sprint = SprintPane(number=3, zone=zone)
        self.differences = DifferencesPane(number=4, zone=zone)
        self.sources = SourcesPane(number=5, zone=zone)
        panes = (self.traffic, self.services, self.sprint, self.differences, self.sources)
        super().__init__(stage, snapshot, moment, (self.NAME,), panes=panes)

    def plan(self, width: int, height: int) -> Plan:
        """The overview's own plan: the big four, then the panes."""
        inner = left_width(width) - FRAME_WIDTH
        return plan(
            width,
            height,
            focus=self.current,
            full=self.full,
            services=len(self.snapshot.services),
            sources=len(self.snapshot.sources),
            troubles=len(trouble_lines(self.sources.troubles, inner, self.sources.palette)),
        )

    def strips(self) -> Mapping[str, LineWidget]:
        """The big four."""
        return {"headline": self.headline}

    def put_strips(self) -> None:
        """The big four, each with its own condition; the services' points have one too."""
        snapshot, headline = self.snapshot, self.headline
        headline.points, headline.fields = snapshot.points, snapshot.fields
        headline.traffic, headline.retired = snapshot.traffic, snapshot.retired
        measured = {
            "points": snapshot.points,
            "fields": snapshot.fields,
            "traffic": snapshot.traffic,
        }
        headline.conditions = {
            need: self.condition(need, (need,), known=part is not None)
            for need, part in measured.items()
        }
        self.services.points_condition = self.condition("points", ("points",), known=True)

    def strip_parts(self) -> Mapping[LineWidget, tuple[object, ...]]:
        """The four and their conditions."""
        snapshot = self.snapshot
        four = (snapshot.points, snapshot.fields, snapshot.traffic, snapshot.retired)
        return {self.headline: (four, self.headline.conditions)}

    def sources_of(self, pane: Pane) -> tuple[str, ...]:
        """In the sources' own pane: the one under the cursor."""
        if pane is self.sources:
            row = self.sources.row()
            return () if row is None else (row.name,)
        return super().sources_of(pane)

    def polling(self, polled: Polled) -> None:
        """Who polls, for the sources' pane too."""
        super().polling(polled)
        self.sources.poller, self.sources.troubles = polled.words, polled.troubles
        if self.is_mounted:
            self._place()
        self.sources.redraw()
