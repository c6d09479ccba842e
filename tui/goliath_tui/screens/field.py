"""One field: its states, its two backends beside one another, and in what their answers differ."""

from collections.abc import Mapping
from typing import ClassVar

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import FieldDetail, FieldOf
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.facts import ON_ITS_WAY, Fact, FactsStrip
from goliath_tui.panes.groups import GroupsPane
from goliath_tui.panes.rate import bound_text
from goliath_tui.panes.sides import SidesPane
from goliath_tui.panes.state_marks import marked_words
from goliath_tui.panes.states import StatesPane
from goliath_tui.panes.worry import is_worrying
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.plan import Box, Plan, frame_plan, is_roomy, stack
from goliath_tui.screens.view import Stage
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.lines import LineWidget

#: Two of them do not fit into 80 × 24: there each stands alone, and its border names the others.
_WANTED = {"sides": 16, "states": 10, "differences": 10}
_STACKED_FIRST = ("differences", "sides", "states")
_FACTS = 3
#: States that have room where the differences are below them.
_STATES = 7
#: From this width on the differences stand beside the charts, not below them.
_WIDE = 200


class FieldScreen(PanedView):
    """Three panes under a few facts."""

    NAME = "field"
    FIRST: ClassVar[str] = "differences"

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        trail: tuple[str, ...],
        subject: FieldOf,
    ) -> None:
        self.facts = FactsStrip()
        self.sides = SidesPane(number=1, zone=stage.zone)
        self.states = StatesPane(number=2, zone=stage.zone)
        self.groups = GroupsPane(number=3, zone=stage.zone, of_field=True)
        panes = (self.sides, self.states, self.groups)
        super().__init__(stage, snapshot, moment, trail, subject, panes=panes)

    def plan(self, width: int, height: int) -> Plan:
        """Facts over the panes."""
        return field_plan(width, height, focus=self.current, full=self.full)

    def strips(self) -> Mapping[str, LineWidget]:
        """The facts."""
        return {"facts": self.facts}

    def put_strips(self) -> None:
        """The facts of the field; they are all in its detail."""
        detail = self.detail if isinstance(self.detail, FieldDetail) else None
        unknown = fmt.UNKNOWN if self.answered else ON_ITS_WAY
        self.facts.rows = facts_of(detail, self.moment, unknown)
        needs = ("fields", "traffic", "comparisons")
        self.facts.faded = self.condition("fields", needs, known=True).faded

    def strip_parts(self) -> Mapping[LineWidget, tuple[object, ...]]:
        """The facts."""
        return {self.facts: self.facts.parts()}


def facts_of(
    detail: FieldDetail | None, moment: Moment, unknown: str
) -> tuple[tuple[Fact, ...], ...]:
    """State, traffic, differences and latency in four columns. `unknown` stands for no detail."""
    if detail is None:
        names = ("state", "on new", "differs", "p95 new")
        return (tuple(Fact(name, unknown) for name in names), (), ())
    row = detail.row
    state = marked_words(row.state, row.percentage)
    since = fmt.UNKNOWN
    if row.changed_at is not None:
        since = fmt.about(max(0, moment.pictured - row.changed_at))
    span = fmt.period(detail.span_ms)
    requests = fmt.UNKNOWN if row.requests is None else f"{fmt.count(row.requests)} in {span}"
    worrying = is_worrying(row.mismatched, row.compared)
    differs = f"{'!' if worrying else ''}{fmt.per_thousand(row.mismatched, row.compared)}"
    errors = f"{fmt.percent(row.errors_new)} / {fmt.percent(row.errors_legacy)}"
    if row.errors_new is None and row.errors_legacy is None:
        errors = fmt.UNKNOWN
    return (
        (
            Fact("state", state, "strong"),
            Fact("traffic on new", fmt.percent(row.new_share), "strong", "on new"),
            Fact("diff/1k", differs, "warn" if worrying else "strong"),
            Fact("p95 new", fmt.milliseconds(row.p95_new_ms), "strong"),
        ),
        (
            Fact("for", since),
            Fact("requests", requests, short="req"),
            Fact("at most", bound_text(row.mismatched, row.compared)),
            Fact("p95 legacy", fmt.milliseconds(row.p95_legacy_ms), short="legacy"),
        ),
        (
            Fact("service", row.service or fmt.UNKNOWN),
            Fact("could not be compared", fmt.count(row.failed), short="failed"),
            Fact("compared", fmt.count(row.compared)),
            Fact("errors new / legacy", errors, short="err"),
        ),
    )


def field_plan(width: int, height: int, *, focus: str, full: bool) -> Plan:
    """Where everything stands. Pure. With room: charts beside the states, differences below, or
    all three beside one another.
    """
    above = height >= 34
    boxes, area = frame_plan(width, height, 0 if full else _FACTS + above + (height >= 44))
    if full:
        return Plan({**boxes, focus: area})
    if "facts" in boxes:
        boxes["facts"] = Box(0, 1 + above, width, _FACTS)
    if not is_roomy(width, height):
        stacked = stack(area, focus, _WANTED, _STACKED_FIRST)
        return Plan(boxes | stacked, tabs=len(stacked) == 1)
    left = min(116, round(width * 0.58))
    x, right = left, width - left
    if width >= _WIDE:
        upper = min(_STATES + 3, area.height // 2)
        return Plan(
            boxes
            | {
                "sides": Box(0, area.y, left, area.height),
                "states": Box(x, area.y, right, upper),
                "differences": Box(x, area.y + upper, right, area.height - upper),
            }
        )
    upper = round(area.height * 0.58)
    return Plan(
        boxes
        | {
            "sides": Box(0, area.y, left, upper),
            "states": Box(x, area.y, right, upper),
            "differences": Box(0, area.y + upper, width, area.height - upper),
        }
    )
