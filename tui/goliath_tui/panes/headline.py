"""The big four, side by side: traffic share never stands alone as the headline."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from goliath_tui.domain import FieldCounts, MigrationState, Points, Retired, TrafficFigures
from goliath_tui.panes.condition import LIVE, Condition
from goliath_tui.panes.pane import mood_style
from goliath_tui.panes.worry import intended_words
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import bar, shaded
from goliath_tui.widgets.ink import Line, Run, fit, runs_width
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import Palette

ON_TRIAL = (MigrationState.CANARY, MigrationState.SIDE_BY_SIDE)
HEIGHT = 3
#: Cells that say everything which matters about each of the four.
_WANTED = (31, 27, 24, 22)


class Measure(Struct, frozen=True):
    """One of the four. `below` is said in this order for as long as there is room."""

    name: str
    short_name: str
    value: str
    bar: Sequence[Run]
    below: Sequence[str]


class Headline(LineWidget):
    """Points done, fields migrated, traffic on new, legacy retired."""

    def __init__(self) -> None:
        super().__init__(id="headline")
        self.points: Points | None = None
        self.fields: FieldCounts | None = None
        self.traffic: TrafficFigures | None = None
        self.retired: Retired | None = None
        #: By measure: `points`, `fields`, `traffic`.
        self.conditions: Mapping[str, Condition] = {}

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """Three lines of four columns."""
        gap = 5 if width >= 140 else 3 if width >= 90 else 2
        cells = _columns(width - 2 - 3 * gap)
        needs = ("points", "fields", "traffic", "fields")
        states = [self.conditions.get(need, LIVE) for need in needs]
        inks = [palette.faded if state.faded else palette for state in states]
        measures = (
            points_measure(self.points, cells[0], inks[0]),
            fields_measure(self.fields, cells[1], inks[1]),
            traffic_measure(self.traffic, cells[2], inks[2]),
            retired_measure(self.retired, cells[3], inks[3]),
        )
        lines = [Line() for _ in range(HEIGHT)]
        start = 1
        for cell, measure, state, ink in zip(cells, measures, states, inks, strict=True):
            parts = (
                _title(measure, cell, ink),
                measure.bar,
                _below(measure, state, cell, palette, ink),
            )
            for line, runs in zip(lines, parts, strict=True):
                line.to(start).extend(Line(runs).cropped(cell))
            start += cell + gap
        return lines


def points_measure(points: Points | None, width: int, palette: Palette) -> Measure:
    """Points done of all points; what was added to the baseline stands apart."""
    share = points.done / points.total if points and points.total else None
    below: list[str] = []
    if points:
        below.append(f"{fmt.points(points.done)} of {fmt.points(points.total)}")
        if points.added is not None:
            below.append(f" ({fmt.signed_points(points.added)} added)")
        if points.unestimated:
            below.append(f" · {fmt.plural(points.unestimated, 'item')} not estimated")
    return Measure(
        "points done",
        "points done",
        fmt.percent(share),
        bar(share, width, palette.new, palette.faint, palette.behind(palette.faint)),
        below,
    )


def fields_measure(fields: FieldCounts | None, width: int, palette: Palette) -> Measure:
    """Fields that new answers, of all; the bar shades those on trial and those still to come."""
    if fields is None or not fields.total:
        empty = bar(None, width, palette.new, palette.faint)
        return Measure("fields migrated", "fields", fmt.UNKNOWN, empty, ())
    by_state, total = fields.by_state, fields.total
    trial = sum(by_state[state] for state in ON_TRIAL)
    parts = (
        (fields.moved / total, "█", palette.new),
        (trial / total, "▒", palette.new),
        ((total - fields.moved - trial) / total, "░", palette.faint),
    )
    below = [fmt.percent(fields.moved / total)]
    below += [
        f" {'·' if i else ''} {state.value} {fmt.count(by_state[state])}"
        for i, state in enumerate((*ON_TRIAL, MigrationState.MANUAL, MigrationState.LEGACY))
    ]
    value = f"{fmt.count(fields.moved)}/{fmt.count(total)}"
    return Measure("fields migrated", "fields", value, shaded(parts, width), below)


def traffic_measure(traffic: TrafficFigures | None, width: int, palette: Palette) -> Measure:
    """The share of requests that new answered; the rest of the bar is legacy's."""
    share = traffic.new_share if traffic else None
    track = palette.legacy_soft if share is not None else palette.faint
    below: list[str] = []
    if traffic:
        below.append(intended_words(traffic))
        rate = traffic.requests * 60_000 / traffic.span_ms if traffic.span_ms else None
        below.append(f" · {fmt.short_count(rate)} requests/min")
    return Measure(
        "traffic on new",
        "on new",
        fmt.percent(share),
        bar(share, width, palette.new, track, palette.behind(track)),
        below,
    )


def retired_measure(retired: Retired | None, width: int, palette: Palette) -> Measure:
    """Fields whose legacy code is gone."""
    share = retired.share if retired else None
    below = [fmt.plural(retired.fields, "field")] if retired else []
    return Measure(
        "legacy retired",
        "retired",
        fmt.percent(share),
        bar(share, width, palette.new, palette.faint, palette.behind(palette.faint)),
        below,
    )


def _columns(room: int) -> list[int]:
    """`room` cells for the four, by what each has to say."""
    spare = (room - sum(_WANTED)) // len(_WANTED)
    cells = [want + spare if spare >= 0 else room * want // sum(_WANTED) for want in _WANTED]
    cells[0] += room - sum(cells)
    return cells


def _title(measure: Measure, width: int, palette: Palette) -> list[Run]:
    name = measure.name
    if len(name) + 1 + len(measure.value) > width:
        name = fit(measure.short_name, min(len(measure.short_name), width - len(measure.value) - 1))
    return [(f"{name} ", palette.muted), (measure.value, palette.strong)]


def _below(
    measure: Measure, state: Condition, width: int, palette: Palette, ink: Palette
) -> list[Run]:
    runs: list[Run] = []
    if state.short:
        runs.append((f"{state.short}  ", mood_style(state.mood, palette)))
        if not measure.below:
            return runs
    room = width - runs_width(runs)
    text = ""
    for part in measure.below:
        if len(text) + len(part) > room:
            break
        text += part
    if not text and not runs:
        text = measure.below[0] if measure.below else fmt.UNKNOWN
    return [*runs, (text, ink.muted)]
