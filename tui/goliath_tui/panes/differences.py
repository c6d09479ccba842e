"""What still differs: the groups of mismatches, the one seen last on top."""

from collections.abc import Callable, Hashable, Sequence
from datetime import tzinfo

from goliath_tui.domain import GroupRow, Mismatches, Snapshot
from goliath_tui.domain.subjects import Detail, GroupOf, Subject
from goliath_tui.panes.classes import WIDTH, class_word, class_words
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.sheets import group_columns
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import sparkline
from goliath_tui.widgets.ink import Run, fit
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import SheetColumn, Value
from goliath_tui.widgets.table import Column, Table

NEW_MARK = "NEW"
#: Mismatches in a step that fill its bar at least: one alone is no alarm.
_FEW = 6


class DifferencesPane(Pane, Table[GroupRow]):
    """The feed of mismatch groups."""

    TITLE = "Differences"
    ONE = "difference"
    NEEDS = ("mismatches",)
    WHAT = "differences"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="differences")
        self.zone = zone
        self.mismatches: Mismatches | None = None
        self._differed = 0
        self._columns = _columns(self)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The snapshot's feed."""
        self.mismatches = snapshot.mismatches
        self._differed = sum(row.mismatched or 0 for row in snapshot.services)
        self.put(snapshot.mismatches.feed if snapshot.mismatches else ())

    def known(self) -> bool:
        """Whether anything has been compared."""
        return self.mismatches is not None

    def parts(self) -> tuple[object, ...]:
        """The rows, the figures, and the minute, since a time of day becomes a date one day."""
        return (self.seen, self.mismatches, self.moment.pictured // 60_000)

    def opens(self) -> Subject | None:
        """The group under the cursor."""
        row = self.row()
        return None if row is None else GroupOf(row.id)

    def label(self, row: GroupRow) -> str:
        """Field and path."""
        return f"{row.field} {row.path} {class_word(row.kind)}"

    def columns(self) -> Sequence[Column[GroupRow]]:
        """All columns."""
        return self._columns

    def key(self, row: GroupRow) -> Hashable:
        """The group's id."""
        return row.id

    def haystack(self, row: GroupRow) -> str:
        """Service, field, path and class of difference."""
        return f"{row.service} {row.field} {row.path} {class_words(row.kind)}"

    def sheet_columns(self) -> list[tuple[SheetColumn, Callable[[GroupRow], Value]]]:
        """Every figure of a group."""
        return group_columns()

    def surroundings(self) -> Hashable:
        """The minute, since a time of day becomes a date one day."""
        return self.moment.pictured // 60_000

    def nothing(self) -> str:
        """No difference, or none that passes the filter."""
        if self.lens:
            return f"no difference matches {self.lens.text}"
        if self._differed:
            counted = fmt.plural(self._differed, "comparison")
            return f"{counted} differed, but in what is not recorded for this moment"
        return "no difference in the last 7 days"

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How fast they come, and how many groups are new."""
        mismatches = self.mismatches
        if mismatches is None or self.condition.blank:
            return ()
        if self.lens:
            return self.lens_figure(palette)
        runs: list[Run] = [(fmt.per_minute(mismatches.per_minute), palette.text)]
        if new := mismatches.new_groups:
            words = "1 group is new" if new == 1 else f"{new:,} groups are new"
            runs += [(" · ", palette.muted), (words, palette.warn)]
        else:
            runs.append((f" · {fmt.plural(mismatches.groups, 'group')}", palette.muted))
        return runs


def _columns(pane: DifferencesPane) -> tuple[Column[GroupRow], ...]:
    def when(row: GroupRow, width: int, palette: Palette) -> list[Run]:
        text = fmt.clock_or_day(row.last_seen, pane.moment.pictured, pane.zone)
        return [(fit(text, width), palette.muted)]

    def first(row: GroupRow, width: int, palette: Palette) -> list[Run]:
        text = fmt.clock_or_day(row.first_seen, pane.moment.pictured, pane.zone)
        return [(fit(text, width), palette.muted)]

    def service(row: GroupRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(row.service, width), palette.muted)]

    def field(row: GroupRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(row.field, width), palette.text)]

    def path(row: GroupRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(row.path, width), palette.muted)]

    def kind(row: GroupRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(class_word(row.kind), width), palette.text)]

    def times(row: GroupRow, width: int, palette: Palette) -> list[Run]:
        return [(f"{'×' + fmt.short_count(row.count):>{width}}", palette.text)]

    def recent(row: GroupRow, width: int, palette: Palette) -> list[Run]:
        return [(sparkline(row.recent, width, least=_FEW), palette.muted)]

    def new(row: GroupRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(NEW_MARK if row.is_new else "", width), palette.warn)]

    return (
        Column("time", "seen", 8, when, lambda row: row.last_seen, rank=3, falling=True),
        Column("service", "service", 10, service, lambda row: row.service, rank=4, most=16),
        Column("field", "field", 20, field, lambda row: row.field, most=34),
        Column("path", "path", 14, path, lambda row: row.path, rank=6, most=40),
        Column("class", "class", WIDTH, kind, lambda row: row.kind.value, rank=2),
        Column("times", "times", 6, times, lambda row: row.count, "right", 1, falling=True),
        Column("recent", "recent", 6, recent, None, rank=5, most=24),
        Column("first", "first seen", 10, first, lambda row: row.first_seen, rank=8, falling=True),
        Column("new", "", 3, new, lambda row: row.is_new, rank=1, falling=True),
    )
