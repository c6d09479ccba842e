"""A service's share over time, legacy against new, and when its fields changed their states."""

from collections.abc import Sequence
from datetime import tzinfo

from msgspec import Struct

from goliath_tui.domain import MigrationState, Snapshot
from goliath_tui.domain.subjects import Detail, ServiceDetail, StateMark
from goliath_tui.panes.chart import LABEL, time_line
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.sheets import series_sheet
from goliath_tui.panes.state_marks import counted
from goliath_tui.panes.traffic import share_lines, steps_of, volume_lines
from goliath_tui.panes.worry import OFF, OFF_MEANS, intended_words
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.axis import TimeScale
from goliath_tui.widgets.ink import Line, Run, cut_end
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import Sheet

MARK = "▲"
#: From this many lines on, the volumes of both backends are drawn below the share.
_TALL = 16
_VOLUMES = 5
#: What the mark before the intended share means.
_WHY_OFF = "by more than chance"
#: Fewer letters of a state's name tell nothing.
_LEAST_WORD = 6


class Cluster(Struct, frozen=True):
    """State changes that stand too close to be told apart: where the first is, and all states."""

    x: int
    states: tuple[MigrationState, ...]

    @property
    def least(self) -> str:
        """What it says where there is no room: `▲`, `▲12`."""
        return MARK if len(self.states) == 1 else f"{MARK}{len(self.states):,}"


class SharePane(Pane):
    """The share of new as a line over its area; state changes on the axis; volumes when tall."""

    TITLE = "Share"
    NEEDS = ("traffic",)
    WHAT = "traffic"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="share")
        self.zone = zone
        self.detail: ServiceDetail | None = None
        self.at = 0

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The service's series and the states that its fields entered."""
        self.detail = detail if isinstance(detail, ServiceDetail) else None
        self.at = snapshot.at

    def known(self) -> bool:
        """Whether any traffic is known in the chart's span."""
        return bool(self.detail and self.detail.series and self.detail.series.points)

    def parts(self) -> tuple[object, ...]:
        """The series, the marks, the share now, and the minute that cuts the last step."""
        detail = self.detail
        if detail is None:
            return ()
        return (detail.series, detail.marks, detail.row, self.at // 60_000)

    def named(self) -> str:
        """The service's name."""
        return self.detail.name if self.detail else ""

    def sheet(self) -> Sheet | None:
        """The steps of the chart."""
        series = self.detail.series if self.detail else None
        return None if series is None else series_sheet(str(self.id), series)

    def figure(self, palette: Palette) -> Sequence[Run]:
        """The share now, and the span that the chart shows."""
        detail = self.detail
        if detail is None or detail.series is None or self.condition.blank:
            return ()
        span = fmt.about(detail.series.ends - detail.series.starts)
        return [(fmt.percent(self._now()), palette.new), (f" · last {span}", palette.muted)]

    def _now(self) -> float | None:
        row = self.detail.row if self.detail else None
        return row.traffic.new_share if row is not None and row.traffic else None

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """Chart, marks, hours, legend; volumes above the legend when there is room."""
        detail = self.detail
        series = detail.series if detail else None
        if detail is None or series is None:
            return ()
        across = max(2, width - LABEL - 1)
        tall, legend = height >= _TALL, 2 if height >= 9 else 0
        rows = max(2, height - 2 - legend - (_VOLUMES + 1 if tall else 0))
        lines = share_lines(steps_of(series, across * 2), across, rows, palette, target=None)
        time = TimeScale(series.starts, series.ends, across)
        lines.append(_marks_line(clusters(detail.marks, time), across, palette))
        lines.append(time_line(series.starts, series.ends, across, self.zone, palette))
        if tall:
            volumes = steps_of(series, across, self.at)
            lines += [Line(), *volume_lines(volumes, across, palette), Line()]
        if legend:
            lines += self._legend(detail, width, palette)
        return lines

    def _legend(self, detail: ServiceDetail, width: int, palette: Palette) -> list[Line]:
        traffic = detail.row.traffic if detail.row else None
        off = traffic is not None and traffic.off_intended
        line = Line()
        for mark, words, style in (
            (("⣤ ", palette.new), "new", palette.muted),
            (
                ("⠒ ", palette.text),
                intended_words(traffic),
                palette.warn if off else palette.muted,
            ),
        ):
            if line.width + 2 + len(words) <= width:
                line.extend([mark, (words, style)]).add("   ", palette.muted)
        if off and line.width + len(_WHY_OFF) <= width:
            line.add(_WHY_OFF, palette.warn)
        changes = [mark.state for mark in detail.marks]
        words = f"entered: {counted(changes)}" if changes else "no field changed its state"
        return [
            line,
            Line([(f"{MARK} ", palette.strong), (cut_end(words, width - 2), palette.muted)]),
        ]

    def origins(self, desk: Desk) -> list[Origin]:
        """The line and the marks."""
        series = self.detail.series if self.detail else None
        marks = self.detail.marks if self.detail else ()
        steps = fmt.plural(len(series.points), "step") if series else "no step"
        width = f" of {fmt.period(series.step_ms)}" if series else ""
        requests = sum(point.legacy + point.new for point in series.points) if series else 0
        return [
            desk.origin(
                "share",
                fmt.percent(self._now()),
                "requests of the service answered by new / requests answered; shadow calls never "
                f"count; a step without data is a gap; {OFF}: {OFF_MEANS}",
                f"{steps}{width}, {fmt.plural(requests, 'request')}",
                self.NEEDS,
            ),
            desk.origin(
                "marks",
                fmt.count(len(marks)),
                "moments at which a field of the service entered a state, or another percentage of "
                "canary; those that are too close to be told apart are counted together",
                fmt.plural(len({mark.field for mark in marks}), "field"),
                ("fields",),
            ),
        ]


def clusters(marks: Sequence[StateMark], time: TimeScale) -> list[Cluster]:
    """The marks of a chart, oldest first, so that what each has to say at least stands free.

    Nothing is left out: marks without room for their own place are counted with the one before.
    """
    found: list[Cluster] = []
    for mark in marks:
        x = time.position(mark.at)
        if 0 <= x < time.steps:
            found.append(Cluster(x, (mark.state,)))
            _join(found)
    while found and found[-1].x > (last := max(0, time.steps - len(found[-1].least))):
        found[-1] = Cluster(last, found[-1].states)
        _join(found)
    return found


def _join(found: list[Cluster]) -> None:
    """Count the newest with the one before it, as long as they would touch."""
    while len(found) > 1 and found[-1].x <= found[-2].x + len(found[-2].least):
        later, before = found.pop(), found.pop()
        found.append(Cluster(before.x, (*before.states, *later.states)))


def _marks_line(found: Sequence[Cluster], across: int, palette: Palette) -> Line:
    """`▲ canary      ▲3 migrated  ▲12`: as many words as fit before the next one."""
    line = Line().to(LABEL + 1)
    for i, cluster in enumerate(found):
        ends = found[i + 1].x if i + 1 < len(found) else across + 1
        room = min(ends - 1, across) - cluster.x
        several = len(set(cluster.states)) > 1
        words = counted(cluster.states) if several else cluster.states[0].value
        left = room - len(cluster.least) - 1
        said = f" {cut_end(words, left)}" if left >= min(_LEAST_WORD, len(words)) else ""
        line.to(LABEL + 1 + cluster.x).add(cluster.least, palette.strong).add(said, palette.muted)
    return line
