"""The fields of a service: how far each has moved, and what is known of its two backends."""

from collections.abc import Callable, Hashable, Sequence
from datetime import tzinfo

from goliath_tui.domain import MigrationState, Snapshot
from goliath_tui.domain.subjects import Detail, FieldOf, FieldRow, ServiceDetail, Subject
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.rate import SURE, bound, bound_text, rate
from goliath_tui.panes.state_marks import ORDER, state_runs, state_words
from goliath_tui.panes.worry import is_worrying
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Line, Run, fit
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import MOMENT, SHARE, SheetColumn, Value
from goliath_tui.widgets.table import Column, Table


class FieldsPane(Pane, Table[FieldRow]):
    """All fields of the screen's service."""

    TITLE = "Fields"
    ONE = "field"
    NEEDS = ("fields", "traffic", "comparisons")
    WHAT = "fields"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="fields")
        self.zone = zone
        self.detail: ServiceDetail | None = None
        self._worrying = 0
        self._columns = _columns(self)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The service's fields."""
        self.detail = detail if isinstance(detail, ServiceDetail) else None
        rows = self.detail.fields if self.detail else ()
        if rows is not self.rows:
            self._worrying = sum(worrying(row) for row in rows)
        self.put(rows)

    def known(self) -> bool:
        """Whether the service is known."""
        return self.detail is not None

    def parts(self) -> tuple[object, ...]:
        """The rows, their span, and the minute, since a time of day becomes a date one day."""
        span = self.detail.span_ms if self.detail else 0
        return (self.seen, span, self.moment.pictured // 60_000)

    def opens(self) -> Subject | None:
        """The field under the cursor."""
        row = self.row()
        return None if row is None else FieldOf(row.id)

    def label(self, row: FieldRow) -> str:
        """Its coordinate."""
        return row.id

    def columns(self) -> Sequence[Column[FieldRow]]:
        """All columns."""
        return self._columns

    def key(self, row: FieldRow) -> Hashable:
        """Its coordinate."""
        return row.id

    def haystack(self, row: FieldRow) -> str:
        """Coordinate and state."""
        return f"{row.id} {state_words(row.state, None)}"

    def sheet_columns(self) -> list[tuple[SheetColumn, Callable[[FieldRow], Value]]]:
        """Every figure of a field."""
        return [
            (SheetColumn("field"), lambda row: row.id),
            (SheetColumn("service"), lambda row: row.service),
            (SheetColumn("state"), lambda row: row.state and row.state.value),
            (SheetColumn("canary", "percent"), lambda row: row.percentage),
            (SheetColumn("changed", MOMENT), lambda row: row.changed_at),
            (SheetColumn("requests"), lambda row: row.requests),
            (SheetColumn("share", SHARE), lambda row: row.new_share),
            (SheetColumn("compared"), lambda row: row.compared),
            (SheetColumn("mismatched"), lambda row: row.mismatched),
            (SheetColumn("failed"), lambda row: row.failed),
            (SheetColumn("mismatched-at-most", SHARE), _bound),
            (SheetColumn("p95-legacy", "ms"), lambda row: row.p95_legacy_ms),
            (SheetColumn("p95-new", "ms"), lambda row: row.p95_new_ms),
            (SheetColumn("errors-legacy", SHARE), lambda row: row.errors_legacy),
            (SheetColumn("errors-new", SHARE), lambda row: row.errors_new),
        ]

    def surroundings(self) -> Hashable:
        """The minute, since a time of day becomes a date one day."""
        return self.moment.pictured // 60_000

    def nothing(self) -> str:
        """No field, or none that passes the filter."""
        return f"no field matches {self.lens.text}" if self.lens else "no field of it is known yet"

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How many there are, how many differ too often, and the span of their figures."""
        if self.detail is None or self.condition.blank:
            return ()
        if self.lens:
            return self.lens_figure(palette)
        runs: list[Run] = [(fmt.count(len(self.rows)), palette.text)]
        if self._worrying:
            runs += [(" · ", palette.muted), (f"{self._worrying:,} differ", palette.warn)]
        runs.append((f" · last {fmt.period(self.detail.span_ms)}", palette.muted))
        return runs

    def origins(self, desk: Desk) -> list[Origin]:
        """What each column is made of."""
        rows, detail = self.rows, self.detail
        fields = fmt.plural(len(rows), "field")
        requests = sum(row.requests or 0 for row in rows)
        compared = sum(row.compared or 0 for row in rows)
        mismatched = sum(row.mismatched or 0 for row in rows)
        failed = sum(row.failed or 0 for row in rows)
        span = f" in {fmt.period(detail.span_ms)}" if detail else ""
        if detail and detail.resolution_ms:
            span += f", in steps of {fmt.period(detail.resolution_ms)}"
        return [
            desk.origin(
                "state, changed",
                fields,
                "the state that the gateway said last; changed: when the field entered it",
                fields,
                ("fields",),
            ),
            desk.origin(
                "share, p95, errors",
                "",
                "share: requests answered by new / requests answered; p95 from added histograms "
                "(within 41 %); errors: failed answers of a side / its requests, shadow calls are "
                "new's",
                f"{fmt.plural(requests, 'request')}{span}",
                ("traffic",),
            ),
            desk.origin(
                "diff/1k",
                fmt.per_thousand(mismatched, compared),
                "comparisons that differed × 1,000 / comparisons made; those that failed are not "
                "in it",
                f"{fmt.plural(compared, 'comparison')}{span}, {failed:,} could not be compared",
                ("comparisons",),
            ),
            desk.origin(
                "at most",
                "",
                f"what diff/1k is at most, with {SURE} confidence: the one-sided Clopper-Pearson "
                "bound of the comparisons that differed",
                "each field's own comparisons; without any it is unknown",
                ("comparisons",),
            ),
        ]


def worrying(row: FieldRow) -> bool:
    """Whether it differs so often that the figure is a warning."""
    return is_worrying(row.mismatched, row.compared)


def differing_runs(row: FieldRow, width: int, palette: Palette) -> list[Run]:
    """Differences per thousand comparisons; a warning has a mark, too."""
    text = fmt.per_thousand(row.mismatched, row.compared)
    if worrying(row):
        return [(f"{'!' + text:>{width}}", palette.warn)]
    return figure_runs(text, width, palette)


def figure_runs(text: str, width: int, palette: Palette) -> list[Run]:
    """A figure at the right; an unknown one is faint."""
    return [(f"{text:>{width}}", palette.faint if text == fmt.UNKNOWN else palette.text)]


def _columns(pane: FieldsPane) -> tuple[Column[FieldRow], ...]:
    def name(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        unmoved = row.state is MigrationState.LEGACY
        return [(fit(row.id, width), palette.muted if unmoved else palette.text)]

    def state(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        short = len(state_words(row.state, row.percentage)) + 2 > width
        runs = state_runs(row.state, None if short else row.percentage, palette)
        return Line(runs).cropped(width)

    def share(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        return figure_runs(fmt.percent(row.new_share), width, palette)

    def at_most(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        text = bound_text(row.mismatched, row.compared)
        return [(f"{text:>{width}}", palette.faint if text == fmt.UNKNOWN else palette.muted)]

    def compared(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        return figure_runs(fmt.short_count(row.compared), width, palette)

    def failed(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        return figure_runs(fmt.short_count(row.failed), width, palette)

    def requests(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        return figure_runs(fmt.short_count(row.requests), width, palette)

    def p95_legacy(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        return figure_runs(fmt.milliseconds(row.p95_legacy_ms), width, palette)

    def p95_new(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        return figure_runs(fmt.milliseconds(row.p95_new_ms), width, palette)

    def errors_legacy(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        return figure_runs(fmt.percent(row.errors_legacy), width, palette)

    def errors_new(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        return figure_runs(fmt.percent(row.errors_new), width, palette)

    def changed(row: FieldRow, width: int, palette: Palette) -> list[Run]:
        if row.changed_at is None:
            return [(f"{fmt.UNKNOWN:>{width}}", palette.faint)]
        text = fmt.clock_or_day(row.changed_at, pane.moment.pictured, pane.zone)
        return [(f"{text:>{width}}", palette.muted)]

    return (
        Column("field", "field", 18, name, lambda row: row.id, most=56),
        Column("state", "state", 14, state, _way, rank=1, falling=True, most=16),
        Column("share", "share", 7, share, lambda row: row.new_share, "right", 2, falling=True),
        Column(
            "compared", "compared", 8, compared, lambda row: row.compared, "right", 5, falling=True
        ),
        Column("differing", "diff/1k", 7, differing_runs, _rate, "right", 3, falling=True),
        Column("bound", "at most", 7, at_most, _bound, "right", 4, falling=True),
        Column(
            "p95-legacy",
            "p95 legacy",
            10,
            p95_legacy,
            lambda row: row.p95_legacy_ms,
            "right",
            7,
            falling=True,
        ),
        Column(
            "p95-new", "p95 new", 8, p95_new, lambda row: row.p95_new_ms, "right", 6, falling=True
        ),
        Column(
            "errors", "errors", 7, errors_new, lambda row: row.errors_new, "right", 8, falling=True
        ),
        Column(
            "err-legacy",
            "err legacy",
            10,
            errors_legacy,
            lambda row: row.errors_legacy,
            "right",
            11,
            falling=True,
        ),
        Column(
            "requests", "requests", 8, requests, lambda row: row.requests, "right", 10, falling=True
        ),
        Column("failed", "failed", 6, failed, lambda row: row.failed, "right", 12, falling=True),
        Column(
            "changed", "changed", 8, changed, lambda row: row.changed_at, "right", 9, falling=True
        ),
    )


def _way(row: FieldRow) -> tuple[int, float] | None:
    return None if row.state is None else (ORDER[row.state], row.percentage or 0.0)


def _rate(row: FieldRow) -> float | None:
    return rate(row.mismatched, row.compared)


def _bound(row: FieldRow) -> float | None:
    return bound(row.mismatched, row.compared)
