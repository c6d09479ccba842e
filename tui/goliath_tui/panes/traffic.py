"""How much of the traffic the new backend answers, over time, against target and intention."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from msgspec import Struct

from goliath_tui.domain import ShareSeries, Snapshot, TrafficFigures
from goliath_tui.domain.subjects import Detail
from goliath_tui.panes.chart import LABEL, framed
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.sheets import series_sheet
from goliath_tui.panes.worry import intended_words
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.axis import (
    Scale,
    TimeScale,
    hour_ticks,
    percent_range,
)
from goliath_tui.widgets.canvas import Canvas
from goliath_tui.widgets.ink import Line, Run
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import Sheet

#: The share of traffic at which the first milestone of a migration counts as reached.
TARGET = 0.95
_AREA, _TARGET, _INTENDED, _LINE = range(4)
#: From this many lines on, the volumes of both backends are drawn below the share.
_TALL = 18
_VOLUME_ROWS = 2
#: The part of a step that must be over before its volume is drawn.
_ENOUGH = 0.5
_BLOCKS = " ▁▂▃▄▅▆▇█"


class Step(Struct, frozen=True):
    """What both sides answered in one step of the chart.

    `minutes`: how much of it the figures cover, `whole` how long it lasts.
    """

    legacy: int
    new: int
    intended: float | None
    minutes: float
    whole: float = 0.0

    @property
    def share(self) -> float | None:
        """New's part of what was answered."""
        answered = self.legacy + self.new
        return self.new / answered if answered else None

    @property
    def per_minute(self) -> tuple[float, float] | None:
        """Requests a minute that new and legacy answered; None where too little of the step is
        over to tell: what comes late would weigh too much.
        """
        if self.minutes <= 0 or self.minutes < _ENOUGH * self.whole:
            return None
        return self.new / self.minutes, self.legacy / self.minutes


class TrafficPane(Pane):
    """The share of new as a line over its area; below it, when tall, both volumes."""

    TITLE = "Traffic share"
    NEEDS = ("traffic",)
    WHAT = "traffic"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="traffic")
        self.zone = zone
        self.series: ShareSeries | None = None
        self.traffic: TrafficFigures | None = None
        self.at = 0

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """All traffic."""
        self.series, self.traffic = snapshot.share_series, snapshot.traffic
        self.at = snapshot.at

    def known(self) -> bool:
        """Whether any traffic is known in the chart's span."""
        return self.series is not None and bool(self.series.points)

    def parts(self) -> tuple[object, ...]:
        """The series, the figures now, and the minute that cuts the last step."""
        return (self.series, self.traffic, self.at // 60_000)

    def sheet(self) -> Sheet | None:
        """The steps of its series."""
        return None if self.series is None else series_sheet(str(self.id), self.series)

    def figure(self, palette: Palette) -> Sequence[Run]:
        """The share now, and the span that the chart shows."""
        if self.series is None or self.condition.blank:
            return ()
        share = self.traffic.new_share if self.traffic else None
        span = fmt.about(self.series.ends - self.series.starts)
        return [(fmt.percent(share), palette.new), (f" · last {span}", palette.muted)]

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """Chart, hours, legend; volumes between them when there is room."""
        series = self.series
        if series is None:
            return ()
        across = max(2, width - LABEL - 1)
        tall, legend = height >= _TALL, height >= 6
        rows = height - 1 - legend - (2 * _VOLUME_ROWS + 2 if tall else 0)
        lines = share_lines(steps_of(series, across * 2), across, max(2, rows), palette)
        lines.append(self._hours(series, across, palette))
        if tall:
            volumes = volume_lines(steps_of(series, across, self.at), across, palette)
            lines += [Line(), *volumes, Line()]
        if legend:
            lines.append(self._legend(width, palette, volumes=tall))
        return lines

    def _hours(self, series: ShareSeries, across: int, palette: Palette) -> Line:
        line = Line().to(LABEL + 1)
        for x, text in hour_ticks(TimeScale(series.starts, series.ends, across), self.zone, 5):
            start = x - len(text) // 2
            if start >= 0 and start + len(text) <= across:
                line.to(LABEL + 1 + start).add(text, palette.muted)
        return line

    def _legend(self, width: int, palette: Palette, *, volumes: bool) -> Line:
        parts: tuple[tuple[Run, str], ...] = (
            (("⣤ ", palette.new), "new"),
            (("┈ ", palette.muted), f"target {TARGET * 100:.0f} %"),
            (("⠒ ", palette.text), intended_words(self.traffic)),
        )
        if volumes:
            parts = (*parts, (("▃▅ ", palette.muted), "requests/min"))
        line = Line()
        for mark, words in parts:
            if line.width + 2 + len(words) <= width:
                line.extend([mark, (words, palette.muted)]).add("   ", palette.muted)
        return line


def steps_of(series: ShareSeries, most: int, until: int | None = None) -> list[Step | None]:
    """The series in equal steps, at most `most`; a step without any data is None, never zero.

    `until`: the picture's moment, by which the last step may be cut.
    """
    own = max(1, (series.ends - series.starts) // series.step_ms)
    together = max(1, -(-own // max(1, most)))
    steps: list[Step | None] = [None] * -(-own // together)
    last = series.ends if until is None else until
    for point in series.points:
        index = (point.at - series.starts) // series.step_ms // together
        if not 0 <= index < len(steps):
            continue
        before = steps[index] or Step(0, 0, None, 0)
        intended = point.intended_share if point.intended_share is not None else before.intended
        covered = max(0, min(point.at + series.step_ms, last) - point.at)
        steps[index] = Step(
            before.legacy + point.legacy,
            before.new + point.new,
            intended,
            before.minutes + covered / 60_000,
            before.whole + series.step_ms / 60_000,
        )
    return steps


def share_lines(
    steps: Sequence[Step | None],
    across: int,
    rows: int,
    palette: Palette,
    *,
    target: float | None = TARGET,
) -> list[Line]:
    """A chart of the share of new, `across` × `rows` cells behind its axis: a line over its area,
    what was intended as dots, and the target.
    """
    known = [step for step in steps if step is not None]
    values = [step.share for step in known if step.share is not None]
    values += [step.intended for step in known if step.intended is not None]
    low, high = min(values, default=0.0) * 100, max(values, default=1.0) * 100
    wanted = None if target is None else target * 100
    if wanted is not None and high > 50:
        low = min(low, wanted)
    scale = Scale(*percent_range(low, high), rows * 4)
    canvas = Canvas(across, rows)
    if wanted is not None and scale.holds(wanted):
        row = Scale(scale.low, scale.high, rows).position(wanted)
        for x in range(across):
            canvas.character(x, row, "┈", _TARGET)
    share = _path(steps, lambda step: step.share, scale, across * 2)
    canvas.area(share, _AREA)
    intended = _path(steps, lambda step: step.intended, scale, across * 2)
    for x, point in enumerate(intended):
        if point is not None and x % 4 < 2:
            canvas.dot(*point, _INTENDED)
    canvas.path(share, _LINE)
    styles = (palette.new_soft, palette.muted, palette.text, palette.new)
    return framed(canvas, scale, styles, palette)


def _path(
    steps: Sequence[Step | None],
    value: Callable[[Step], float | None],
    scale: Scale,
    dots: int,
) -> list[tuple[int, int] | None]:
    path: list[tuple[int, int] | None] = []
    for i, step in enumerate(steps):
        known = value(step) if step is not None else None
        x = (2 * i + 1) * dots // (2 * len(steps))
        path.append(None if known is None else (x, scale.position(known * 100)))
    return path


def volume_lines(steps: Sequence[Step | None], across: int, palette: Palette) -> list[Line]:
    """Requests a minute of each side as bars on one common scale."""
    rates = [step.per_minute if step else None for step in steps]
    top = max((max(rate) for rate in rates if rate), default=0.0)
    latest = next((rate for rate in reversed(rates) if rate), None)
    lines: list[Line] = []
    for side, (name, style) in enumerate((("new", palette.new), ("legacy", palette.legacy))):
        columns = [rates[x * len(rates) // across] for x in range(across)]
        for row in reversed(range(_VOLUME_ROWS)):
            label = name if row else fmt.short_count(latest[side] if latest else None)
            line = Line().add(label.rjust(LABEL), style if row else palette.muted)
            line.add("│" if row else "┤", palette.faint)
            cells = "".join(_block(rate[side] if rate else None, top, row) for rate in columns)
            lines.append(line.add(cells, style))
    return lines


def _block(rate: float | None, top: float, row: int) -> str:
    if rate is None or top <= 0:
        return " "
    eighths = round(rate / top * _VOLUME_ROWS * 8)
    if row == 0 and rate > 0:
        eighths = max(1, eighths)
    return _BLOCKS[max(0, min(8, eighths - row * 8))]
