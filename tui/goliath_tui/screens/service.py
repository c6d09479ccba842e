"""One service: its four measures, its share over time, its fields, what differs, its work."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import ClassVar

from goliath_tui.domain import MigrationState, Retired, ServiceRow, Snapshot
from goliath_tui.domain.subjects import ServiceDetail, ServiceOf
from goliath_tui.panes.blockers import BlockersPane
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.facts import ON_ITS_WAY, Fact, FactsStrip
from goliath_tui.panes.fields import FieldsPane
from goliath_tui.panes.groups import GroupsPane
from goliath_tui.panes.headline import Headline
from goliath_tui.panes.items import ItemsPane
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.rate import bound_text
from goliath_tui.panes.share import SharePane
from goliath_tui.panes.worry import is_worrying
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.plan import Box, Plan, is_roomy, stack
from goliath_tui.screens.view import Stage
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.lines import LineWidget

#: Two of them do not fit into 80 × 24: there each stands alone, and its border names the others.
_WANTED = {"share": 13, "fields": 14, "differences": 12, "work": 12, "blocked": 8}
_STACKED_FIRST = ("fields", "differences", "share", "work", "blocked")
_HEADLINE = 3
_WIDEST_LEFT = 84


class ServiceScreen(PanedView):
    """Five panes under the service's own four."""

    NAME = "service"
    FIRST: ClassVar[str] = "fields"

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        trail: tuple[str, ...],
        subject: ServiceOf,
    ) -> None:
        zone: tzinfo = stage.zone
        self.name_of = subject.name
        self.headline = Headline()
        self.facts = FactsStrip()
        self.share = SharePane(number=1, zone=zone)
        self.fields = FieldsPane(number=2, zone=zone)
        self.groups = GroupsPane(number=3, zone=zone)
        self.work = ItemsPane(number=4)
        self.blocked = BlockersPane(number=5)
        panes = (self.share, self.fields, self.groups, self.work, self.blocked)
        super().__init__(stage, snapshot, moment, trail, subject, panes=panes)

    def plan(self, width: int, height: int) -> Plan:
        """The service's four over its panes.

        From its row in the snapshot, so that nothing moves when the detail comes.
        """
        row = self._row()
        return service_plan(
            width,
            height,
            focus=self.current,
            full=self.full,
            fields=row.fields.total if row and row.fields else len(self.fields.rows),
            needs=len(row.depends_on) if row else 0,
        )

    def strips(self) -> Mapping[str, LineWidget]:
        """Its four, and a line of facts."""
        return {"headline": self.headline, "facts": self.facts}

    def put_strips(self) -> None:
        """Its row is in the snapshot too, so its four are there before the detail is."""
        row, headline = self._row(), self.headline
        headline.points = row.points if row else None
        headline.fields = row.fields if row else None
        headline.traffic = row.traffic if row else None
        headline.retired = _retired(row)
        measured = {
            "points": headline.points,
            "fields": headline.fields,
            "traffic": headline.traffic,
        }
        headline.conditions = {
            need: self.condition(need, (need,), known=part is not None)
            for need, part in measured.items()
        }
        self.blocked.points_condition = self.condition("points", ("points",), known=True)
        self.facts.rows = (self._facts(row),)
        self.facts.faded = self.condition("services", ("services",), known=True).faded

    def strip_parts(self) -> Mapping[LineWidget, tuple[object, ...]]:
        """The four with their conditions, and the facts."""
        line = self.headline
        four = (line.points, line.fields, line.traffic, line.retired)
        return {line: (four, line.conditions), self.facts: self.facts.parts()}

    def figures(self, desk: Desk) -> list[tuple[str, Sequence[Origin]]]:
        """Those of the current pane, and of the service's four."""
        found = [*super().figures(desk)]
        if (row := self._row()) is not None:
            found.append((f"Where the four of {row.name} come from", _four(row, desk)))
        return found

    def _row(self) -> ServiceRow | None:
        if isinstance(self.detail, ServiceDetail) and self.detail.row is not None:
            return self.detail.row
        rows = self.snapshot.services
        return next((row for row in rows if row.name == self.name_of), None)

    def _facts(self, row: ServiceRow | None) -> tuple[Fact, ...]:
        if row is None:
            return ()
        role = "warn" if is_worrying(row.mismatched, row.compared) else "text"
        mark = "!" if role == "warn" else ""
        rests = (row.mismatched, row.compared)
        differs = f"{mark}{fmt.per_thousand(*rests)} ≤ {bound_text(*rests)}"
        needs = ", ".join(row.depends_on) or "no other service"
        detail = self.detail
        waits = len(detail.blocked_by) if isinstance(detail, ServiceDetail) else None
        blocked = ON_ITS_WAY if not self.answered else fmt.count(waits)
        return (
            Fact("team", row.team or fmt.UNKNOWN),
            Fact("diff/1k", differs if row.compared else fmt.UNKNOWN, role),
            Fact("compared", fmt.count(row.compared)),
            Fact("blocked by", blocked, "warn" if waits else "text"),
            Fact("depends on", needs, "muted", "needs"),
        )


def service_plan(
    width: int, height: int, *, focus: str, full: bool, fields: int = 0, needs: int = 0
) -> Plan:
    """Where everything stands. Pure. Two columns where there is room: on the left what moves over
    time and what is to be done, on the right the fields over the differences. `needs`: how many
    services it depends on.
    """
    boxes = {"header": Box(0, 0, width, 1), "hints": Box(0, height - 1, width, 1)}
    top = 1
    if not full and height >= 10:
        top += height >= 34
        boxes["headline"] = Box(0, top, width, _HEADLINE)
        top += _HEADLINE
        if height >= 30:
            top += height >= 44
            boxes["facts"] = Box(0, top, width, 1)
            top += 1 + (height >= 44)
    area = Box(0, top, width, max(0, height - 1 - top))
    if full:
        return Plan({**boxes, focus: area})
    if not is_roomy(width, height):
        stacked = stack(area, focus, _WANTED, _STACKED_FIRST)
        return Plan(boxes | stacked, tabs=len(stacked) == 1)
    left = max(40, min(_WIDEST_LEFT, round(width * 0.4)))
    x, right = area.x + left, width - left
    waiting = min(max(needs, 1) + 3, max(4, area.height // 4))
    share = round((area.height - waiting) * 0.55)
    work = area.height - waiting - share
    upper = min(max(fields + 3, 8), round(area.height * 0.62))
    return Plan(
        boxes
        | {
            "share": Box(area.x, area.y, left, share),
            "work": Box(area.x, area.y + share, left, work),
            "blocked": Box(area.x, area.y + share + work, left, waiting),
            "fields": Box(x, area.y, right, upper),
            "differences": Box(x, area.y + upper, right, area.height - upper),
        }
    )


def _retired(row: ServiceRow | None) -> Retired | None:
    if row is None or row.fields is None:
        return None
    fields, total = row.fields.by_state[MigrationState.RETIRED], row.fields.total
    return Retired(fields=fields, share=fields / total if total else None)


def _four(row: ServiceRow, desk: Desk) -> list[Origin]:
    points, fields, traffic, retired = row.points, row.fields, row.traffic, _retired(row)
    done = points.done / points.total if points and points.total else None
    total = fmt.plural(fields.total, "field") if fields else "no field"
    requests = "no request"
    if traffic:
        span, width = fmt.period(traffic.span_ms), fmt.period(traffic.resolution_ms)
        requests = f"{fmt.plural(traffic.requests, 'request')} in {span}, in steps of {width}"
    return [
        desk.origin(
            "points done",
            fmt.percent(done),
            "points of the service's done work items / points of all its work items",
            f"{fmt.points(points.total)} points" if points else "no point",
            ("points",),
        ),
        desk.origin(
            "fields migrated",
            fmt.count(fields.moved if fields else None),
            "its fields in the states migrated or retired, of all its fields",
            total,
            ("fields",),
        ),
        desk.origin(
            "traffic on new",
            fmt.percent(traffic.new_share if traffic else None),
            "its requests answered by new / its requests answered; shadow calls never count",
            requests,
            ("traffic",),
        ),
        desk.origin(
            "legacy retired",
            fmt.percent(retired.share if retired else None),
            "its fields in the state retired / all its fields",
            total,
            ("fields",),
        ),
        desk.origin(
            "diff/1k, ≤",
            fmt.per_thousand(row.mismatched, row.compared),
            "comparisons that differed × 1,000 / comparisons made; behind ≤ what that is at most, "
            "with 95 % confidence (one-sided, Clopper and Pearson)",
            f"{fmt.plural(row.compared or 0, 'comparison')}, {row.failed or 0:,} could not be "
            "compared",
            ("comparisons",),
        ),
    ]
