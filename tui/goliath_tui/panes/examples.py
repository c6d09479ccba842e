"""The examples of a difference: comparisons that are kept in full, newest first."""

from collections.abc import Hashable, Sequence
from datetime import tzinfo

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import (
    Detail,
    ExampleKey,
    ExampleRow,
    GroupDetail,
    GroupOf,
    Subject,
)
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Run, fit
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import MOMENT
from goliath_tui.widgets.table import Column, Table


class ExamplesPane(Pane, Table[ExampleRow]):
    """All examples of a group. The cursor stands on the one that is shown."""

    TITLE = "Examples"
    ONE = "example"
    NEEDS = ("mismatches",)
    WHAT = "examples"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="examples")
        self.zone = zone
        self.shown: ExampleKey | None = None
        self._group: int | None = None
        self._columns = _columns(self)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """Every example; the cursor goes to the one that is shown when that has changed."""
        if not isinstance(detail, GroupDetail):
            self.put(())
            self._group = self.shown = None
            return
        self._group = detail.row.id
        self.put(detail.examples)
        shown = None if detail.shown is None else detail.shown.row.key
        if shown is not None and shown != self.shown:
            self._held = shown
            self._arrange()
        self.shown = shown

    def _move_to(self, index: int) -> None:
        super()._move_to(index)
        # The first row is held too: an example that comes must not take the place of the one shown.
        row = self.row()
        self._held = None if row is None else row.key

    def newest(self) -> ExampleKey | None:
        """The newest example there is."""
        return self.rows[0].key if self.rows else None

    def known(self) -> bool:
        """Whether the group is known."""
        return self._group is not None

    def parts(self) -> tuple[object, ...]:
        """The rows, and the minute, since a time of day becomes a date one day."""
        return (self.seen, self.shown, self.known(), self.moment.pictured // 60_000)

    def opens(self) -> Subject | None:
        """The example under the cursor, whole."""
        row = self.row()
        return None if row is None or self._group is None else GroupOf(self._group, row.key)

    def origins(self, desk: Desk) -> list[Origin]:
        """Where the examples come from."""
        count = fmt.plural(len(self.rows), "example")
        formula = (
            "comparisons in which this difference was found; the newest of each group are kept with"
            " both answers"
        )
        return [desk.origin("examples", count, formula, count, self.NEEDS)]

    def label(self, row: ExampleRow) -> str:
        """Its trace, which other tools know it by."""
        return row.trace_id or row.id

    def cut_name(self) -> str:
        """Nothing: no name stands first in the row."""
        return ""

    def columns(self) -> Sequence[Column[ExampleRow]]:
        """All columns."""
        return self._columns

    def key(self, row: ExampleRow) -> Hashable:
        """Its moment and number."""
        return row.key

    def haystack(self, row: ExampleRow) -> str:
        """Operation, trace, id and moment."""
        when = fmt.full_moment(row.key.at, self.zone)
        return f"{row.operation or ''} {row.trace_id or ''} {row.id} {when}"

    def surroundings(self) -> Hashable:
        """The minute, since a time of day becomes a date one day."""
        return self.moment.pictured // 60_000

    def nothing(self) -> str:
        """No example is kept, or none passes the filter."""
        return f"no example matches {self.lens.text}" if self.lens else "no example is kept"

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How many are kept."""
        if self.condition.blank:
            return ()
        if self.lens:
            return self.lens_figure(palette)
        whole = sum(row.size > 0 for row in self.rows)
        return [
            (f"{len(self.rows):,}", palette.text),
            (f" · {whole:,} with answers", palette.muted),
        ]


def _columns(pane: ExamplesPane) -> tuple[Column[ExampleRow], ...]:
    def when(row: ExampleRow, width: int, palette: Palette) -> list[Run]:
        if width < _MOMENT:
            text = fmt.clock_or_day(row.key.at, pane.moment.pictured, pane.zone)
        else:
            text = fmt.full_moment(row.key.at, pane.zone)[:_MOMENT]
        return [(fit(text, width), palette.muted)]

    def operation(row: ExampleRow, width: int, palette: Palette) -> list[Run]:
        if row.operation is None:
            return [(fmt.UNKNOWN, palette.faint)]
        return [(fit(row.operation, width), palette.text)]

    def differences(row: ExampleRow, width: int, palette: Palette) -> list[Run]:
        return [(f"{row.differences:>{width},}", palette.text)]

    def size(row: ExampleRow, width: int, palette: Palette) -> list[Run]:
        if not row.size:
            return [(fit("not kept", width, align="right"), palette.faint)]
        return [(fit(fmt.size(row.size), width, align="right"), palette.muted)]

    def trace(row: ExampleRow, width: int, palette: Palette) -> list[Run]:
        if row.trace_id is None:
            return [(fmt.UNKNOWN, palette.faint)]
        return [(fit(row.trace_id, width), palette.muted)]

    return (
        Column(
            "time",
            "when",
            8,
            when,
            lambda row: row.key,
            most=_MOMENT,
            falling=True,
            value=lambda row: row.key.at,
            unit=MOMENT,
        ),
        Column("operation", "operation", 14, operation, lambda row: row.operation, rank=1, most=40),
        Column(
            "differences",
            "differences",
            11,
            differences,
            lambda row: row.differences,
            "right",
            2,
            falling=True,
        ),
        Column("size", "size", 8, size, lambda row: row.size or None, "right", 3, falling=True),
        Column("trace", "trace id", 12, trace, lambda row: row.trace_id, rank=4, most=36),
    )


#: Cells of a whole moment: `2026-03-01 14:03:27`.
_MOMENT = 19
