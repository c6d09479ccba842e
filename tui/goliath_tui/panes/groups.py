"""The mismatch groups of a service or a field."""

from collections.abc import Sequence
from datetime import tzinfo

from msgspec.structs import replace

from goliath_tui.domain import GroupRow, Snapshot
from goliath_tui.domain.subjects import Detail, FieldDetail, ServiceDetail
from goliath_tui.panes.classes import class_word
from goliath_tui.panes.differences import DifferencesPane
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Run
from goliath_tui.widgets.palette import Palette


class GroupsPane(DifferencesPane):
    """Differences as on the overview, but of the screen's subject alone, whenever they were seen.

    `of_field`: all are of one field, so that is no column.
    """

    def __init__(self, *, number: int, zone: tzinfo, of_field: bool = False) -> None:
        super().__init__(number=number, zone=zone)
        self.of_field = of_field
        self._known = False
        self._compared = 0
        same = {"service", "field"} if of_field else {"service"}
        shown = [column for column in self._columns if column.name not in same]
        if of_field:
            shown = [
                replace(column, rank=0) if column.name == "path" else column for column in shown
            ]
        self._columns = tuple(shown)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The subject's groups, and how many comparisons differed in its span."""
        row = detail.row if isinstance(detail, FieldDetail | ServiceDetail) else None
        self._known = isinstance(detail, FieldDetail | ServiceDetail)
        self._differed = (row.mismatched or 0) if row is not None else 0
        self._compared = (row.compared or 0) if row is not None else 0
        self.put(detail.groups if isinstance(detail, FieldDetail | ServiceDetail) else ())

    def known(self) -> bool:
        """Whether the subject is known."""
        return self._known

    def parts(self) -> tuple[object, ...]:
        """The rows, and the minute, since a time of day becomes a date one day."""
        return (self.seen, self._differed, self._compared, self.moment.pictured // 60_000)

    def label(self, row: GroupRow) -> str:
        """Path and class, behind the field where that is not known anyway."""
        path = f"{row.path} {class_word(row.kind)}"
        return path if self.of_field else f"{row.field} {path}"

    def nothing(self) -> str:
        """No difference, or none that passes the filter."""
        if self.lens or self._differed:
            return super().nothing()
        if not self._compared:
            return "nothing was compared lately, and no difference is known"
        return "no difference has been seen"

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How many groups there are, and how many are new."""
        if self.condition.blank:
            return ()
        if self.lens:
            return self.lens_figure(palette)
        runs: list[Run] = [(fmt.plural(len(self.rows), "group"), palette.text)]
        if new := sum(row.is_new for row in self.rows):
            words = "1 is new" if new == 1 else f"{new:,} are new"
            runs += [(" · ", palette.muted), (words, palette.warn)]
        return runs

    def origins(self, desk: Desk) -> list[Origin]:
        """What a group is, and what makes it new."""
        counted = sum(row.count for row in self.rows)
        new = sum(row.is_new for row in self.rows)
        return [
            desk.origin(
                "a group",
                fmt.count(len(self.rows)) if self._known else fmt.UNKNOWN,
                "all mismatches with one field, one path without list indexes and one class",
                f"{fmt.plural(counted, 'mismatch', 'mismatches')} since each was first seen",
                self.NEEDS,
            ),
            desk.origin(
                "new",
                fmt.count(new) if self._known else fmt.UNKNOWN,
                "groups first seen within the last day",
                fmt.plural(len(self.rows), "group"),
                self.NEEDS,
            ),
        ]
