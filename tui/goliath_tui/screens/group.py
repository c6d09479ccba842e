"""A difference: what is known of it, its examples, and the two answers of the one under the cursor.

Moving in the examples shows each in place. What was shown stays until the next one has come.
"""

from collections.abc import Mapping
from typing import ClassVar

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, GroupDetail, GroupOf, Subject
from goliath_tui.panes.answers import AnswersPane
from goliath_tui.panes.classes import class_word
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.examples import ExamplesPane
from goliath_tui.panes.facts import ON_ITS_WAY, Fact, FactsStrip
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.plan import Box, Plan, frame_plan
from goliath_tui.screens.view import Stage, Turned
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import sparkline
from goliath_tui.widgets.keys import ANSWERS_KEYS, EXAMPLE_KEYS, KeyLine, bindings, key_lines
from goliath_tui.widgets.lines import LineWidget

_FACTS = 3
#: Lines that the examples want beside their border and their heading.
_EXAMPLES = 6
#: Lines below which the answers cannot be read: one pane only is shown there.
_LEAST_ANSWERS = 8


class GroupScreen(PanedView):
    """Two panes under a few facts."""

    NAME = "difference"
    FIRST: ClassVar[str] = "examples"
    BINDINGS = bindings(EXAMPLE_KEYS)

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        trail: tuple[str, ...],
        subject: GroupOf,
    ) -> None:
        self.facts = FactsStrip()
        self.examples = ExamplesPane(number=1, zone=stage.zone)
        self.answers = AnswersPane(number=2)
        panes = (self.examples, self.answers)
        super().__init__(stage, snapshot, moment, trail, subject, panes=panes)

    def plan(self, width: int, height: int) -> Plan:
        """Facts, examples, answers."""
        return group_plan(width, height, focus=self.current, full=self.full)

    def strips(self) -> Mapping[str, LineWidget]:
        """The facts."""
        return {"facts": self.facts}

    def put_strips(self) -> None:
        """The facts of the group; they are all in its detail."""
        detail = self.detail if isinstance(self.detail, GroupDetail) else None
        unknown = fmt.UNKNOWN if self.answered else ON_ITS_WAY
        mismatches = self.snapshot.mismatches
        step = None if mismatches is None else mismatches.recent_step_ms
        self.facts.rows = facts_of(detail, step, self.stage, unknown)
        self.facts.faded = self.condition("examples", ("mismatches",), known=True).faded

    def strip_parts(self) -> Mapping[LineWidget, tuple[object, ...]]:
        """The facts."""
        return {self.facts: self.facts.parts()}

    def key_groups(self) -> list[tuple[str, list[KeyLine]]]:
        """Those of the answers too."""
        keys = key_lines((*EXAMPLE_KEYS, *ANSWERS_KEYS), self.stage.rebound)
        return [*super().key_groups(), ("In the answers", keys)]

    # -- which example

    def fill(self, detail: Detail | None) -> None:
        """Take the group; its name goes into the trail."""
        super().fill(detail)
        if isinstance(detail, GroupDetail):
            name = f"{detail.row.field} {class_word(detail.row.kind)}"
            if self.trail and self.trail[-1] != name:
                self.trail = (*self.trail[:-1], name)
                self.header.trail = self.trail
                self.header.redraw()
            if detail.shown is None and detail.examples:
                # The one that was looked at has been let go, or was not there at this moment.
                self._turn_to(GroupOf(detail.row.id))

    def on_table_moved(self) -> None:
        """The example under the cursor is shown."""
        super().on_table_moved()
        row = self.examples.row()
        if row is None or not isinstance(self.subject, GroupOf):
            return
        # The newest by its place, not by its key: when there is a newer one, that is shown.
        newest = row.key == self.examples.newest()
        wanted = GroupOf(self.subject.id, None if newest else row.key)
        if wanted != self.subject:
            self._turn_to(wanted)

    def _turn_to(self, subject: GroupOf) -> None:
        self.subject, self.answered = subject, False
        self.post_message(Turned())

    def reopens(self) -> Subject | None:
        """The difference: with an example, its subject would open that one's own screen."""
        return GroupOf(self.subject.id) if isinstance(self.subject, GroupOf) else None

    def action_example(self, step: int) -> None:
        """The next or the previous example, wherever the focus is."""
        self.examples.action_move(step)


def group_plan(width: int, height: int, *, focus: str, full: bool) -> Plan:
    """Facts over the examples, the answers in all the room below. Pure."""
    above = height >= 34
    boxes, area = frame_plan(width, height, 0 if full else _FACTS + above + (height >= 44))
    if full:
        return Plan({**boxes, focus: area})
    if "facts" in boxes:
        boxes["facts"] = Box(0, 1 + above, width, _FACTS)
    upper = min(_EXAMPLES + 3, area.height * 36 // 100)
    if area.height - upper < _LEAST_ANSWERS:
        return Plan(boxes | {focus: area}, tabs=True)
    examples = Box(0, area.y, width, upper)
    answers = Box(0, area.y + upper, width, area.height - upper)
    return Plan(boxes | {"examples": examples, "answers": answers})


def facts_of(
    detail: GroupDetail | None, step_ms: int | None, stage: Stage, unknown: str
) -> tuple[tuple[Fact, ...], ...]:
    """Where, in what way and how often, in three columns. `unknown` stands for no detail."""
    if detail is None:
        return ((Fact("field", unknown), Fact("class", unknown), Fact("seen", unknown)), (), ())
    row = detail.row
    span = "lately" if step_ms is None else f"in {fmt.about(step_ms * len(row.recent))}"
    recent = sparkline(row.recent, len(row.recent)).rstrip() or "none"
    first = fmt.minute(row.first_seen, stage.zone)
    last = fmt.minute(row.last_seen, stage.zone)
    times = fmt.plural(row.count, "time")
    return (
        (
            Fact("field", row.field, "strong"),
            Fact("class", class_word(row.kind), "strong"),
            Fact("seen", f"{times} · NEW" if row.is_new else times, "strong"),
        ),
        (
            Fact("path", row.path),
            Fact("last seen", last, short="last"),
            Fact(span, recent, "legacy"),
        ),
        (
            Fact("service", row.service),
            Fact("first seen", first, short="first"),
            Fact("examples", fmt.count(len(detail.examples))),
        ),
    )


def subject_beside(subject: Subject | None, detail: Detail | None, step: int) -> GroupOf | None:
    """The example `step` further on in its group, towards the older; None: there is none."""
    if not isinstance(subject, GroupOf) or not isinstance(detail, GroupDetail):
        return None
    keys = [row.key for row in detail.examples]
    if subject.example not in keys:
        return GroupOf(subject.id, keys[0]) if keys else None
    at = keys.index(subject.example) + step
    return GroupOf(subject.id, keys[at]) if 0 <= at < len(keys) else None
