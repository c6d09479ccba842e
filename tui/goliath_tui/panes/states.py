"""The way of a field through the states: when it entered each, and how long it stayed."""

from collections.abc import Callable, Hashable, Sequence
from datetime import tzinfo

from msgspec import Struct

from goliath_tui.domain import MigrationState, Snapshot
from goliath_tui.domain.subjects import Detail, FieldDetail, StateMark
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.state_marks import ORDER, state_runs, state_words
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Line, Run, fit
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import MOMENT, SheetColumn, Value
from goliath_tui.widgets.table import Column, Table


class Stay(Struct, frozen=True):
    """A state of a field over [since, until); `until` None: it is in it. `back`: it went back."""

    state: MigrationState
    percentage: float | None
    since: int
    until: int | None
    back: bool = False


class StatesPane(Pane, Table[Stay]):
    """All states that the screen's field has been in, the present one on top."""

    TITLE = "States"
    ONE = "state"
    FILTERED = False
    NEEDS = ("fields",)
    WHAT = "states"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="states")
        self.zone = zone
        self.detail: FieldDetail | None = None
        self._columns = _columns(self)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The field's history."""
        self.detail = detail if isinstance(detail, FieldDetail) else None
        self.put(stays(self.detail.history) if self.detail else ())

    def known(self) -> bool:
        """Whether the field is known."""
        return self.detail is not None

    def parts(self) -> tuple[object, ...]:
        """The rows, and the minute, which the stay in the present state grows by."""
        return (self.seen, self.moment.pictured // 60_000)

    def columns(self) -> Sequence[Column[Stay]]:
        """State, when it was entered, how long it lasted."""
        return self._columns

    def key(self, row: Stay) -> Hashable:
        """The moment at which it was entered, and the state."""
        return (row.since, row.state, row.percentage)

    def haystack(self, row: Stay) -> str:
        """The state in words."""
        return state_words(row.state, row.percentage)

    def sheet_columns(self) -> list[tuple[SheetColumn, Callable[[Stay], Value]]]:
        """State and percentage, and when it was entered and left."""
        return [
            (SheetColumn("state"), lambda row: row.state.value),
            (SheetColumn("canary", "percent"), lambda row: row.percentage),
            (SheetColumn("since", MOMENT), lambda row: row.since),
            (SheetColumn("until", MOMENT), lambda row: row.until),
        ]

    def surroundings(self) -> Hashable:
        """The minute, which the stay in the present state grows by."""
        return self.moment.pictured // 60_000

    def nothing(self) -> str:
        """No change is known, or no source tells of states."""
        if self.detail is not None and self.detail.row.state is None:
            return "no source has told of any state"
        return "no change is known: legacy from the beginning"

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How many changes there were."""
        if self.condition.blank:
            return ()
        return [(fmt.plural(len(self.rows), "change"), palette.text)]

    def origins(self, desk: Desk) -> list[Origin]:
        """What an entry is."""
        return [
            desk.origin(
                "states",
                fmt.count(len(self.rows)) if self.detail else fmt.UNKNOWN,
                "every state, and every percentage of canary, that the gateway said the field "
                "entered; it stayed until it entered the next one",
                fmt.plural(len(self.rows), "change"),
                self.NEEDS,
            )
        ]


def stays(history: Sequence[StateMark]) -> tuple[Stay, ...]:
    """A history, oldest first, as stays, newest first."""
    found: list[Stay] = []
    for i, mark in enumerate(history):
        until = history[i + 1].at if i + 1 < len(history) else None
        before = _way(history[i - 1]) if i else (0, 0.0)
        back = _way(mark) < before
        found.append(Stay(mark.state, mark.percentage, mark.at, until, back))
    return tuple(reversed(found))


def _way(mark: StateMark) -> tuple[int, float]:
    return (ORDER[mark.state], mark.percentage or 0.0)


def _columns(pane: StatesPane) -> tuple[Column[Stay], ...]:
    def state(row: Stay, width: int, palette: Palette) -> list[Run]:
        return Line(state_runs(row.state, row.percentage, palette)).cropped(width)

    def since(row: Stay, width: int, palette: Palette) -> list[Run]:
        text = fmt.full_moment(row.since, pane.zone)[:16]
        return [(fit(text, width), palette.muted)]

    def lasted(row: Stay, width: int, palette: Palette) -> list[Run]:
        return [(f"{fmt.about(_lasted(row, pane)):>{width}}", palette.text)]

    def word(row: Stay, width: int, palette: Palette) -> list[Run]:
        text = "now" if row.until is None else "back" if row.back else ""
        return [(fit(text, width), palette.new if row.until is None else palette.warn)]

    return (
        Column("state", "state", 14, state, lambda row: ORDER[row.state], most=18, falling=True),
        Column("since", "since", 16, since, lambda row: row.since, rank=2, falling=True),
        Column("for", "for", 5, lasted, lambda row: _lasted(row, pane), "right", 1, falling=True),
        Column("word", "", 4, word, rank=3),
    )


def _lasted(row: Stay, pane: StatesPane) -> int:
    until = pane.moment.pictured if row.until is None else row.until
    return max(0, until - row.since)
