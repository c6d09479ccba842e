"""One example of a difference, whole: its two answers over the full size of the terminal."""

from collections.abc import Mapping
from typing import ClassVar

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Example, GroupDetail, GroupOf
from goliath_tui.panes.answers import AnswersPane
from goliath_tui.panes.classes import class_word
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.facts import ON_ITS_WAY, Fact, FactsStrip
from goliath_tui.screens.group import subject_beside
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.plan import Plan, frame_plan
from goliath_tui.screens.view import Stage, Turned
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.keys import ANSWERS_KEYS, EXAMPLE_KEYS, KeyLine, bindings, key_lines
from goliath_tui.widgets.lines import LineWidget

_FACTS = 2


class ExampleScreen(PanedView):
    """The answers under what is known of the comparison; the next one is a key away."""

    NAME = "example"
    FIRST: ClassVar[str] = "answers"
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
        self.answers = AnswersPane(number=1)
        super().__init__(stage, snapshot, moment, trail, subject, panes=(self.answers,))

    def plan(self, width: int, height: int) -> Plan:
        """Two lines of facts; the answers have the rest."""
        boxes, area = frame_plan(width, height, 0 if self.full else _FACTS)
        return Plan(boxes | {"answers": area})

    def title_of(self) -> str:
        """Of which difference it is an example."""
        return " ".join(self.trail[-2:])

    def strips(self) -> Mapping[str, LineWidget]:
        """The facts."""
        return {"facts": self.facts}

    def put_strips(self) -> None:
        """What is known of the comparison."""
        unknown = fmt.UNKNOWN if self.answered else ON_ITS_WAY
        detail = self.detail if isinstance(self.detail, GroupDetail) else None
        self.facts.rows = facts_of(detail, self.stage, unknown)
        self.facts.faded = self.condition("examples", ("mismatches",), known=True).faded

    def strip_parts(self) -> Mapping[LineWidget, tuple[object, ...]]:
        """The facts."""
        return {self.facts: self.facts.parts()}

    def key_groups(self) -> list[tuple[str, list[KeyLine]]]:
        """Those of the answers too."""
        keys = key_lines((*EXAMPLE_KEYS, *ANSWERS_KEYS), self.stage.rebound)
        return [*super().key_groups(), ("In the answers", keys)]

    def action_example(self, step: int) -> None:
        """The next or the previous example of the same difference."""
        beside = subject_beside(self.subject, self.detail, step)
        if beside is None:
            self.say("this is the oldest example" if step > 0 else "this is the newest example")
            return
        self.subject, self.answered = beside, False
        self.post_message(Turned())


def facts_of(
    detail: GroupDetail | None, stage: Stage, unknown: str
) -> tuple[tuple[Fact, ...], ...]:
    """Operation, moment, trace and group. `unknown` stands for what is not there."""
    shown: Example | None = None if detail is None else detail.shown
    if detail is None or shown is None:
        facts = [Fact(name, unknown) for name in ("operation", "when", "trace")]
        return (tuple(facts), ())
    row = shown.row
    keys = [example.key for example in detail.examples]
    which = f"{keys.index(row.key) + 1:,} of {len(keys):,}" if row.key in keys else fmt.UNKNOWN
    return (
        (
            Fact("operation", row.operation or fmt.UNKNOWN, "strong"),
            Fact("when", fmt.full_moment(row.key.at, stage.zone)),
            Fact("example", which),
        ),
        (
            Fact("trace", row.trace_id or fmt.UNKNOWN),
            Fact("class", class_word(detail.row.kind)),
            Fact("path", detail.row.path),
        ),
    )
