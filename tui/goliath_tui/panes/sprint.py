"""The sprint in progress: what is left against the ideal, and how its scope moved."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from goliath_tui.domain import BurndownPoint, MilestoneRow, Snapshot, SprintFigures
from goliath_tui.domain.subjects import Detail, SprintOf, Subject
from goliath_tui.panes.origins import Desk, Origin, sprint_origins
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.sheets import burndown_sheet
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.axis import Scale, TimeScale, days, number, round_ceiling, value_ticks
from goliath_tui.widgets.canvas import Canvas
from goliath_tui.widgets.ink import Line, Run, fit, runs_width
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import Sheet

_LABEL = 6
_TODAY, _IDEAL, _SCOPE, _ACTUAL = range(4)
_SATURDAY = 5
_DAY_NAMES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_SMALLEST_CHART = 4
_NEVER = 2**63


class SprintPane(Pane):
    """Burndown with its ideal and its scope; the figures that add up to what remains."""

    TITLE = "Sprint"
    NEEDS = ("sprint",)
    WHAT = "sprint"

    def __init__(self, *, number: int, zone: tzinfo, name: str = "sprint") -> None:
        super().__init__(number=number, id=name)
        self.zone = zone
        self.sprint: SprintFigures | None = None
        self.milestones: Sequence[MilestoneRow] = ()
        self.at = 0

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The sprint in progress, and the milestones."""
        self.sprint, self.milestones = snapshot.sprint, snapshot.milestones
        self.at = snapshot.at

    def known(self) -> bool:
        """Whether there is a sprint."""
        return self.sprint is not None

    def parts(self) -> tuple[object, ...]:
        """The figures and the minute, which is where the line ends."""
        return (self.sprint, self.milestones, self.at // 60_000)

    def opens(self) -> Subject | None:
        """The sprint that is shown."""
        return None if self.sprint is None else SprintOf(self.sprint.id)

    def named(self) -> str:
        """The sprint's name."""
        return self.sprint.name if self.sprint else ""

    def sheet(self) -> Sheet | None:
        """What remained and what was in scope, change by change."""
        sprint = self.sprint
        return None if sprint is None else burndown_sheet(str(self.id), sprint, self.at)

    def title(self) -> str:
        """The sprint's own name."""
        return self.sprint.name if self.sprint else self.TITLE

    def subtitle(self, palette: Palette) -> Sequence[Run]:
        """`day 8 of 10`; its days once it has ended."""
        if self.sprint is None:
            return ()
        if self._ended(self.sprint):
            return [(f"ended {fmt.day(self.sprint.ends, self.zone)}", palette.muted)]
        return [(f"day {self.sprint.day} of {self.sprint.days}", palette.muted)]

    def _ended(self, sprint: SprintFigures) -> bool:
        return self.at >= sprint.ends

    def figure(self, palette: Palette) -> Sequence[Run]:
        """Points left."""
        if self.sprint is None:
            return ()
        ended = self._ended(self.sprint)
        day = "ended" if ended else f"day {self.sprint.day}/{self.sprint.days}"
        return [
            (f"{day} · " if self.tabs else "", palette.muted),
            (fmt.points(self.sprint.remaining), palette.text),
            (" pt left", palette.muted),
        ]

    def origins(self, desk: Desk) -> list[Origin]:
        """Of the sprint that is shown."""
        return sprint_origins(desk, self.sprint)

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """Chart, days, figures; milestones when there is room."""
        sprint = self.sprint
        if sprint is None:
            return ()
        figures = figure_lines(sprint, width, palette)
        milestones: list[Line] = []
        if self.milestones and height >= 20:
            milestones = self._milestone_lines(width, palette)[: 1 + (height - 18) // 2]
        rows = height - len(figures) - len(milestones) - 2
        if rows < _SMALLEST_CHART:
            return figures[:height]
        lines = self._chart(sprint, max(2, width - _LABEL - 1), rows, palette)
        legend = self._legend(width, palette, now=not self._ended(sprint))
        return [*lines, legend, *figures, *milestones]

    def _chart(self, sprint: SprintFigures, across: int, rows: int, palette: Palette) -> list[Line]:
        scopes = [point.scope for point in sprint.burndown]
        remaining = [point.remaining for point in sprint.burndown]
        top = max([sprint.committed, *scopes, *remaining, 1.0])
        scale = Scale(0.0, round_ceiling(top), rows * 4)
        time = TimeScale(sprint.starts, sprint.ends, across * 2)
        canvas = Canvas(across, rows)
        calendar = days(sprint.starts, sprint.ends, self.zone)
        today = time.position(self.at)
        if sprint.starts <= self.at < sprint.ends:
            for row in range(rows):
                canvas.character(today // 2, row, "┊", _TODAY)
        ideal = _ideal(sprint, calendar, time, scale)
        for x, y in ideal:
            if x % 2 == 0:
                canvas.dot(x, y, _IDEAL)
        until = min(self.at, sprint.ends)
        canvas.path(_stairs(sprint.burndown, "scope", until, time, scale), _SCOPE)
        canvas.path(_stairs(sprint.burndown, "remaining", until, time, scale), _ACTUAL)
        grounds = {
            x: palette.quiet_ground
            for begin, end, midnight in calendar
            if midnight.weekday() >= _SATURDAY
            for x in range(time.position(begin) // 2, time.position(end) // 2)
        }
        ticks = value_ticks(scale, rows)
        styles = (palette.muted, palette.muted, palette.text, palette.new)
        lines = []
        for y in range(rows):
            label = f"{number(ticks[y])} " if y in ticks else ""
            line = Line().add(label.rjust(_LABEL), palette.muted)
            line.add("┤" if y in ticks else "│", palette.faint)
            lines.append(line.extend(canvas.row(y, styles, grounds)))
        lines.append(self._days(calendar, TimeScale(sprint.starts, sprint.ends, across), palette))
        return lines

    def _days(
        self, calendar: Sequence[tuple[int, int, datetime]], time: TimeScale, palette: Palette
    ) -> Line:
        line = Line().to(_LABEL + 1)
        narrowest = time.steps // max(1, len(calendar))
        for begin, end, midnight in calendar:
            x = time.position(begin)
            weekend = midnight.weekday() >= _SATURDAY
            name = _DAY_NAMES[midnight.weekday()]
            if weekend:
                name = "·"
            elif narrowest >= 7:
                name = f"{name} {midnight.day}"
            elif narrowest < 4:
                name = name[0]
            style = palette.strong if begin <= self.at < end else palette.muted
            line.to(_LABEL + 1 + x).add(name, palette.faint if weekend else style)
        return line

    def _legend(self, width: int, palette: Palette, *, now: bool) -> Line:
        line = Line()
        marks: tuple[Run, ...] = (
            ("⠤ ", palette.new),
            ("⠒ ", palette.text),
            ("⠂⠂", palette.muted),
            ("┊ ", palette.muted),
        )
        for mark, words in zip(marks, ("left", "scope", " ideal", "now"), strict=True):
            if words == "now" and not now:
                continue
            if line.width + 2 + len(words) <= width:
                line.extend([mark, (words, palette.muted)]).add("   ", palette.muted)
        return line

    def _milestone_lines(self, width: int, palette: Palette) -> list[Line]:
        lines = [Line()]
        coming = [row for row in self.milestones if row.due is None or row.due >= self.at]
        for row in sorted(coming, key=lambda row: row.due or _NEVER):
            share = row.points.done / row.points.total if row.points and row.points.total else None
            left = f"in {fmt.age(row.due - self.at)}" if row.due is not None else "no date"
            tail: list[Run] = [
                (f"{fmt.percent(share):>8}", palette.text),
                (f"  {fmt.day(row.due, self.zone) if row.due else fmt.UNKNOWN:>11}", palette.muted),
                (f"  {left:>8}", palette.muted),
            ]
            room = max(6, width - runs_width(tail) - 2)
            lines.append(
                Line([("◆ ", palette.muted), (fit(row.name, room), palette.text)]).extend(tail)
            )
        return lines


def figure_lines(sprint: SprintFigures, width: int, palette: Palette) -> list[Line]:
    """The sum that leads to what remains, in as few aligned columns as fit."""
    figures = (
        ("committed", "committed", fmt.points(sprint.committed)),
        ("added", "added", fmt.signed_points(sprint.added)),
        ("removed", "removed", fmt.signed_points(-sprint.removed)),
        ("re-estimated", "re-est.", fmt.signed_points(sprint.re_estimated)),
        ("done", "done", fmt.signed_points(-sprint.done)),
        ("remaining", "remaining", fmt.points(sprint.remaining)),
        ("carried over", "carried", fmt.points(sprint.carried_over)),
        ("unestimated", "unest.", fmt.count(sprint.unestimated)),
    )
    columns = 4 if width >= 88 else 3 if width >= 64 else 2
    cell = min(24, (width - 3 * (columns - 1)) // columns)
    lines = []
    for start in range(0, len(figures), columns):
        line = Line()
        for i, (name, short, value) in enumerate(figures[start : start + columns]):
            line.to(i * (cell + 3))
            label = name if len(name) <= cell - 7 else short
            line.add(fit(label, max(1, cell - 7), cut="end"), palette.muted)
            line.add(f"{value:>7}", palette.strong if name == "remaining" else palette.text)
        lines.append(line)
    return lines


def _ideal(
    sprint: SprintFigures,
    calendar: Sequence[tuple[int, int, datetime]],
    time: TimeScale,
    scale: Scale,
) -> list[tuple[int, int]]:
    """From what was committed to nothing, evenly over the working days, level on the others."""
    working = [(b, e) for b, e, midnight in calendar if midnight.weekday() < _SATURDAY]
    total = sum(end - begin for begin, end in working) or 1
    dots = []
    for x in range(time.steps):
        moment = sprint.starts + (sprint.ends - sprint.starts) * x // max(1, time.steps - 1)
        worked = sum(max(0, min(end, moment) - begin) for begin, end in working)
        dots.append((x, scale.position(sprint.committed * (1 - worked / total))))
    return dots


def _stairs(
    burndown: Sequence[BurndownPoint], what: str, until: int, time: TimeScale, scale: Scale
) -> list[tuple[int, int] | None]:
    """A line that keeps its level until the next change, up to `until`."""
    path: list[tuple[int, int] | None] = []
    level = None
    for point in burndown:
        if point.at > until:
            break
        x = min(time.steps - 1, max(0, time.position(point.at)))
        if level is not None:
            path.append((x, level))
        level = scale.position(getattr(point, what))
        path.append((x, level))
    if level is not None:
        path.append((min(time.steps - 1, max(0, time.position(until))), level))
    return path
