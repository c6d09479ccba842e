"""The wall's page of the sprint: what is left, which day it is, and how it went down."""

from goliath_tui.domain import BurndownPoint, SprintFigures
from goliath_tui.panes.condition import Condition
from goliath_tui.panes.pane import mood_style
from goliath_tui.panes.wall import Sight
from goliath_tui.panes.wall_chart import (
    Mark,
    area,
    draw_labels,
    label_scale,
    labels_width,
    row_of,
)
from goliath_tui.panes.wall_figures import Figure, row_of_figures
from goliath_tui.panes.wall_sheet import LIGHT, Sheet, common_scale, said_rows
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.axis import Scale, TimeScale, days, round_ceiling
from goliath_tui.widgets.ink import Run
from goliath_tui.widgets.palette import Palette

_DAY = 86_400_000
_SATURDAY = 5
_NAMES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


class SprintPage:
    """The sprint in progress."""

    name = "sprint"
    title = "sprint"

    def condition(self, sight: Sight) -> Condition:
        """Blank while no sprint is known."""
        known = sight.snapshot.sprint is not None
        return sight.condition("sprint", ("sprint",), known=known)

    def parts(self, sight: Sight) -> tuple[object, ...]:
        """The figures, and the minute, which is where the line ends."""
        return (sight.snapshot.sprint, sight.snapshot.at // 60_000, self.condition(sight))

    def draw(self, sight: Sight, sheet: Sheet, scale: int, palette: Palette) -> None:
        """Figures above, chart below, then what it says in words."""
        sprint = sight.snapshot.sprint
        if sprint is None:
            return
        state, at = self.condition(sight), sight.snapshot.at
        ink = palette.faded if state.faded else palette
        mark = (state.short, mood_style(state.mood, palette)) if state.faded else ("", ink.text)
        height = max(5, sheet.height // 3)
        figures = _figures(sprint, ink, mark)
        used = row_of_figures(sheet, height, figures, scale=scale, ink=palette)
        words = _words(sprint, at)
        wanted = scale if sheet.height >= 28 else 0
        size = common_scale([words], sheet.width - 2, wanted)
        top = used + 1 + bool(wanted)
        cell = (sheet.width - 8) * _DAY // max(_DAY, sprint.ends - sprint.starts)
        names = common_scale(_NAMES, cell - 1, wanted)
        rows = sheet.height - top - said_rows(names) - 1 - said_rows(size)
        if rows < 3:
            return
        _chart(sight, sprint, sheet, top, rows, size=wanted, names=names, ink=ink)
        sheet.say(1, sheet.height - said_rows(size), words, ink.text, size, sheet.width - 2)


def _figures(sprint: SprintFigures, ink: Palette, mark: Run) -> list[Figure]:
    strong = ink.strong + LIGHT
    room = max(fmt.points(sprint.committed), "888", key=len)
    added = fmt.signed_points(sprint.added)
    return [
        Figure(
            fmt.points(sprint.remaining),
            "points left",
            "left",
            ink.new + LIGHT,
            room=room,
            mark=mark[0],
            mark_style=mark[1],
        ),
        Figure(fmt.points(sprint.done), "points done", "done", strong, room=room),
        Figure(added, "points added", "added", strong, room="+88"),
        Figure(f"{sprint.day}/{sprint.days}", "working day", "day", strong, room="88/88"),
    ]


def _words(sprint: SprintFigures, at: int) -> str:
    parts = [sprint.name]
    change = done_in_a_day(sprint, at)
    if change is not None:
        parts.append(f"{fmt.signed_points(change)} done in a day")
    if sprint.unestimated:
        parts.append(f"{sprint.unestimated} not estimated")
    return "   ".join(parts)


def done_in_a_day(sprint: SprintFigures, at: int) -> float | None:
    """Points done in the day before `at`, by the burndown; None when the sprint is younger."""
    if at - _DAY < sprint.starts or at > sprint.ends or not sprint.burndown:
        return None
    before = _at(sprint, at - _DAY)
    now = _at(sprint, at)
    if before is None or now is None:
        return None
    return (now.scope - now.remaining) - (before.scope - before.remaining)


def _at(sprint: SprintFigures, at: int) -> BurndownPoint | None:
    return next((point for point in reversed(sprint.burndown) if point.at <= at), None)


def _chart(
    sight: Sight,
    sprint: SprintFigures,
    sheet: Sheet,
    top: int,
    rows: int,
    *,
    size: int,
    names: int,
    ink: Palette,
) -> None:
    """What is left as an area, the ideal in dots, the scope as a line, and the working days."""
    at = sight.snapshot.at
    high = max([sprint.committed, 1.0, *(max(p.scope, p.remaining) for p in sprint.burndown)])
    scale = Scale(0.0, round_ceiling(high), rows)
    labels = label_scale(rows, size)
    left = labels_width(scale, labels)
    across = max(2, sheet.width - left - 1)
    calendar = days(sprint.starts, sprint.ends, sight.zone)
    working = [(b, e) for b, e, midnight in calendar if midnight.weekday() < _SATURDAY]
    total = sum(end - begin for begin, end in working) or 1
    values: list[float | None] = []
    marks: dict[tuple[int, int], Mark] = {}
    for x in range(across):
        begins = sprint.starts + (sprint.ends - sprint.starts) * x // across
        ends = sprint.starts + (sprint.ends - sprint.starts) * (x + 1) // across
        point = _at(sprint, min(ends, at)) if begins <= at else None
        values.append(point.remaining if point else None)
        worked = sum(max(0, min(end, ends) - begin) for begin, end in working)
        ideal = sprint.committed * (1 - worked / total)
        marks[x, row_of(ideal, scale, rows)] = ("·", ink.strong)
        if point is not None:
            marks[x, row_of(point.scope, scale, rows)] = ("─", ink.text)
    draw_labels(sheet, top, rows, scale, wanted=None, size=labels, ink=ink)
    for y, runs in enumerate(area(values, scale, rows, ink=ink, marks=marks)):
        sheet.put(left, top + y, runs)
    time = TimeScale(sprint.starts, sprint.ends, across)
    cell = across // max(1, len(calendar))
    for begin, end, midnight in calendar:
        if midnight.weekday() < _SATURDAY:
            style = ink.strong if begin <= at < end else ink.muted
            name = _NAMES[midnight.weekday()]
            sheet.say(left + time.position(begin), top + rows, name, style + LIGHT, names, cell)
