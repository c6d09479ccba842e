"""The two backends of a field beside one another: latency, errors, and how often they differ."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from rich.style import Style

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, FieldDetail, SidePoint
from goliath_tui.panes.chart import LABEL, dashed, framed, time_line, time_path
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.rate import SURE, bound_text, rate
from goliath_tui.panes.worry import is_worrying
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.axis import Scale, TimeScale, round_ceiling
from goliath_tui.widgets.bars import sparkline
from goliath_tui.widgets.canvas import Canvas
from goliath_tui.widgets.ink import Line, Run, fit
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import MOMENT, SHARE, Sheet, SheetColumn, Value

_LEGACY, _NEW = range(2)
_SMALLEST_CHART = 3
#: From this many lines on, errors have a chart of their own.
_TALL = 15
_SECONDS_FROM_MS = 5_000
_Value = Callable[[SidePoint], float | None]
#: What both sides have, legacy first.
_P95S: tuple[_Value, _Value] = (lambda p: p.legacy_p95_ms, lambda p: p.new_p95_ms)
_ERRORS: tuple[_Value, _Value] = (lambda p: p.legacy_errors, lambda p: p.new_errors)
_SHEET: tuple[tuple[SheetColumn, Callable[[SidePoint], Value]], ...] = (
    (SheetColumn("at", MOMENT), lambda p: p.at),
    (SheetColumn("legacy", "requests"), lambda p: p.legacy_requests),
    (SheetColumn("new", "requests"), lambda p: p.new_requests),
    (SheetColumn("p95-legacy", "ms"), lambda p: p.legacy_p95_ms),
    (SheetColumn("p95-new", "ms"), lambda p: p.new_p95_ms),
    (SheetColumn("errors-legacy", SHARE), lambda p: p.legacy_errors),
    (SheetColumn("errors-new", SHARE), lambda p: p.new_errors),
    (SheetColumn("compared"), lambda p: p.compared),
    (SheetColumn("mismatched"), lambda p: p.mismatched),
)


class SidesPane(Pane):
    """Latency and errors of both sides over time; the rate, its bound and what that rests on."""

    TITLE = "Sides"
    NEEDS = ("traffic", "comparisons")
    WHAT = "traffic"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="sides")
        self.zone = zone
        self.detail: FieldDetail | None = None

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The field's two backends."""
        self.detail = detail if isinstance(detail, FieldDetail) else None

    def known(self) -> bool:
        """Whether the field is known."""
        return self.detail is not None

    def parts(self) -> tuple[object, ...]:
        """Everything but the groups."""
        detail = self.detail
        if detail is None:
            return ()
        return (detail.row, detail.points, detail.starts, detail.compared_since)

    def named(self) -> str:
        """The field's coordinate."""
        return self.detail.row.id if self.detail else ""

    def sheet(self) -> Sheet | None:
        """The steps of the charts."""
        if self.detail is None:
            return None
        rows = [tuple(read(point) for _, read in _SHEET) for point in self.detail.points]
        return Sheet(str(self.id), tuple(column for column, _ in _SHEET), rows)

    def figure(self, palette: Palette) -> Sequence[Run]:
        """The span that the charts show."""
        detail = self.detail
        if detail is None or self.condition.blank or not detail.points:
            return ()
        return [(f"last {fmt.about(detail.ends - detail.starts)}", palette.muted)]

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """Charts above their axis of time, then the rates; the rates alone where nothing fits."""
        detail = self.detail
        if detail is None:
            return ()
        rates = rate_lines(detail, width, palette)
        room = height - len(rates) - 1
        if not detail.points:
            words = "neither side has been measured lately"
            return [Line([(words, palette.muted)]), Line(), *rates][: max(height, 0)]
        if room < _SMALLEST_CHART + 3:
            return rates[:height]
        return [*self._charts(detail, width, room, palette), Line(), *rates]

    def _charts(self, detail: FieldDetail, width: int, height: int, palette: Palette) -> list[Line]:
        across = max(2, width - LABEL - 1)
        lower = (height - 4) * 2 // 5 if height >= _TALL else 0
        upper = height - 3 - (lower + 1 if lower else 0)
        row = detail.row
        p95s = _both(row.p95_new_ms, row.p95_legacy_ms, fmt.milliseconds)
        unit, ms = ("s", 1000.0) if _highest(detail, _P95S) >= _SECONDS_FROM_MS else ("ms", 1.0)
        lines = [_caption(unit, "p95", p95s, palette)]
        lines += _latency(detail, Canvas(across, upper), palette, ms)
        if lower:
            shown = _both(row.errors_new, row.errors_legacy, fmt.percent)
            lines.append(_caption("%", "errors", shown, palette))
            lines += _errors(detail, Canvas(across, lower), palette)
        lines.append(_differing(detail, across, palette))
        lines.append(time_line(detail.starts, detail.ends, across, self.zone, palette))
        return lines

    def origins(self, desk: Desk) -> list[Origin]:
        """Latency, errors, the rate and its bound."""
        detail = self.detail
        row = detail.row if detail else None
        span = f" in {fmt.period(detail.span_ms)}" if detail else ""
        if detail and detail.resolution_ms:
            span += f", in steps of {fmt.period(detail.resolution_ms)}"
        compared = row.compared if row else None
        failed = (row.failed or 0) if row else 0
        mismatched = row.mismatched if row else None
        since = (detail.mismatched_since, detail.compared_since) if detail else (None, None)
        requests = f"{fmt.plural(row.requests or 0, 'request')}{span}" if row else "no request"
        steps = f"{fmt.plural(len(detail.points), 'step')}" if detail else "no step"
        width = f" of {fmt.period(detail.step_ms)}" if detail and detail.step_ms else ""
        return [
            desk.origin(
                "p95",
                _words((row.p95_new_ms, row.p95_legacy_ms) if row else None, fmt.milliseconds),
                "95th percentile of added histograms, within 41 %; shadow calls are new's work too",
                f"{requests}; the lines: {steps}{width}",
                ("traffic",),
            ),
            desk.origin(
                "errors",
                _words((row.errors_new, row.errors_legacy) if row else None, fmt.percent),
                "failed answers of a side / its requests; shadow calls are new's work too",
                requests,
                ("traffic",),
            ),
            desk.origin(
                "differs",
                fmt.per_thousand(mismatched, compared),
                "comparisons that differed × 1,000 / comparisons made; those that failed are not "
                "in it; unknown without any",
                f"{fmt.plural(compared or 0, 'comparison')}{span}, {failed:,} could not be "
                "compared",
                ("comparisons",),
            ),
            desk.origin(
                "at most",
                bound_text(*since),
                f"the rate that the true one exceeds in 5 of 100 cases at most ({SURE}, one-sided, "
                "Clopper and Pearson)",
                f"{fmt.plural(since[1] or 0, 'comparison')} since it entered its state",
                ("comparisons",),
            ),
        ]


def _latency(detail: FieldDetail, canvas: Canvas, palette: Palette, ms: float) -> list[Line]:
    top = round_ceiling(_highest(detail, _P95S) / ms)
    return _chart(detail, _P95S, Scale(0.0, top, canvas.dots_down), canvas, palette, unit=ms)


def _errors(detail: FieldDetail, canvas: Canvas, palette: Palette) -> list[Line]:
    top = max(1.0, round_ceiling(_highest(detail, _ERRORS) * 100))
    return _chart(detail, _ERRORS, Scale(0.0, top, canvas.dots_down), canvas, palette, unit=0.01)


def _highest(detail: FieldDetail, sides: tuple[_Value, _Value]) -> float:
    values = (side(point) for point in detail.points for side in sides)
    return max((value for value in values if value is not None), default=0.0)


def _differing(detail: FieldDetail, across: int, palette: Palette) -> Line:
    """One line: when its answers differed; a column without comparisons is a gap."""
    line = Line().add("differ ".rjust(LABEL), palette.muted)
    return line.add(sparkline(rates_over(detail, across), across), palette.text)


def rates_over(detail: FieldDetail, columns: int) -> list[float | None]:
    """Differences per comparison in `columns` equal parts of the chart; None: nothing compared."""
    time = TimeScale(detail.starts, detail.ends, columns)
    mismatched, compared = [0] * columns, [0] * columns
    for point in detail.points:
        # A step that is wider than a column tells of all columns that it covers.
        first = max(0, time.position(point.at))
        last = max(first, time.position(point.at + detail.step_ms - 1))
        for x in range(first, min(last, columns - 1) + 1):
            mismatched[x] += point.mismatched or 0
            compared[x] += point.compared or 0
    return [m / c if c else None for m, c in zip(mismatched, compared, strict=True)]


def rate_lines(detail: FieldDetail, width: int, palette: Palette) -> list[Line]:
    """How often it differs, at most how often, and of how many: in the span, and in its state."""
    row = detail.row
    name = max(8, min(16, width - 33))
    title = f"{'per 1,000':<{name}}{'differ':>9}{'at most':>10}{'compared':>14}"
    lines = [Line([(title[:width], palette.muted)])]
    for words, mismatched, compared in (
        (f"last {fmt.period(detail.span_ms)}", row.mismatched, row.compared),
        (since_words(detail), detail.mismatched_since, detail.compared_since),
    ):
        found = rate(mismatched, compared)
        worrying = is_worrying(mismatched, compared)
        differ = f"{'!' if worrying else ''}{fmt.per_thousand(mismatched, compared)}"
        line = Line([(fit(words, name), palette.muted)])
        line.add(f"{differ:>9}", palette.warn if worrying else _ink(differ, palette))
        for text, cells in ((bound_text(mismatched, compared), 10), (fmt.count(compared), 14)):
            line.add(f"{text:>{cells}}", _ink(text, palette))
        if found is not None and line.width + 14 <= width:
            line.add(f"   {SURE} sure", palette.muted)
        lines.append(line)
    return lines


def since_words(detail: FieldDetail) -> str:
    """`as canary` where the counts reach back to when it began, else how far they reach."""
    row, first = detail.row, detail.counted_from
    if row.state is None:
        return "so far" if first is None else f"known {fmt.about(detail.ends - first)}"
    if first is None or row.changed_at is None or first - row.changed_at <= detail.step_ms:
        return f"as {row.state.value}"
    return f"known {fmt.about(detail.ends - first)}"


def _ink(text: str, palette: Palette) -> Style:
    return palette.faint if text == fmt.UNKNOWN else palette.text


def _both(
    new: float | None, legacy: float | None, form: Callable[[float | None], str]
) -> tuple[str, str]:
    return form(new), form(legacy)


def _words(
    sides: tuple[float | None, float | None] | None, form: Callable[[float | None], str]
) -> str:
    if sides is None:
        return fmt.UNKNOWN
    return f"{form(sides[0])} new, {form(sides[1])} legacy"


def _caption(unit: str, name: str, values: tuple[str, str], palette: Palette) -> Line:
    """`ms   p95  ⠤ new 84 ms   ⠂⠂ legacy 240 ms`: the axis' unit, and the figures of the span."""
    new, legacy = values
    line = Line().add(f"{unit} ".rjust(LABEL), palette.muted).add(f"  {name:<6}", palette.strong)
    line.add("  ⠤ ", palette.new).add("new ", palette.muted).add(new, _ink(new, palette))
    line.add("   ⠂⠂ ", palette.legacy).add("legacy ", palette.muted)
    return line.add(legacy, _ink(legacy, palette))


def _chart(
    detail: FieldDetail,
    sides: tuple[_Value, _Value],
    scale: Scale,
    canvas: Canvas,
    palette: Palette,
    *,
    unit: float,
) -> list[Line]:
    """Both sides over time; legacy is dashed. `scale` counts in `unit` of what `sides` give."""
    time = TimeScale(detail.starts, detail.ends, canvas.dots_across)
    legacy, new = (
        time_path(
            [(point.at, side(point)) for point in detail.points],
            detail.step_ms,
            time,
            lambda value: scale.position(value / unit),
        )
        for side in sides
    )
    dashed(canvas, legacy, _LEGACY)
    canvas.path(new, _NEW)
    return framed(canvas, scale, (palette.legacy, palette.new), palette)
