"""The wall's first page: the big four, side by side, so that traffic never stands alone."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace
from rich.style import Style

from goliath_tui.domain import Snapshot
from goliath_tui.panes.condition import Condition
from goliath_tui.panes.headline import (
    fields_measure,
    points_measure,
    retired_measure,
    traffic_measure,
)
from goliath_tui.panes.pane import mood_style
from goliath_tui.panes.wall import Sight
from goliath_tui.panes.wall_figures import (
    Figure,
    Labels,
    draw_figure,
    draw_label,
    labels_that_fit,
    rows_that_fit,
    share_text,
)
from goliath_tui.panes.wall_sheet import LIGHT, Sheet, common_scale, said_rows, said_width
from goliath_tui.panes.worry import intended_words
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Run
from goliath_tui.widgets.palette import Palette

#: Measure that each of the four rests on, in their order.
NEEDS = ("points", "fields", "traffic", "fields")
_LABELS = (
    ("points done", "points"),
    ("fields migrated", "fields"),
    ("traffic on new", "traffic"),
    ("legacy retired", "retired"),
)
_WHAT = ("points", "fields", "traffic", "retired fields")
#: A figure keeps this many rows before its labels may become glyphs.
_WORTH = 6


class FourPage:
    """Points done, fields migrated, traffic on new, legacy retired."""

    name = "four"
    title = "overview"

    def condition(self, sight: Sight) -> Condition:
        """Blank only when none of the four is known."""
        known = any(share is not None for share in shares(sight.snapshot))
        return sight.condition("figures", NEEDS, known=known)

    def parts(self, sight: Sight) -> tuple[object, ...]:
        """The four, and the state of each."""
        snapshot = sight.snapshot
        figures = (snapshot.points, snapshot.fields, snapshot.traffic, snapshot.retired)
        return (*figures, *conditions(sight))

    def draw(self, sight: Sight, sheet: Sheet, scale: int, palette: Palette) -> None:
        """Two by two, or in one row where that makes them larger."""
        figures = four_figures(sight, palette)
        texts = [some[0] for some in notes(sight.snapshot) if some]
        wide = _plan(figures, texts, sheet, 4, scale)
        square = _plan(figures, texts, sheet, 2, scale)
        best = wide if (wide.rows or 0) > (square.rows or 0) else square
        states = conditions(sight)
        for i, figure in enumerate(figures):
            x = 1 + i % best.columns * (best.width + best.gap)
            y = i // best.columns * best.height
            state = states[i]
            ink = palette.faded if state.faded else palette
            y += max(0, (best.height - best.used) // 2)
            draw_label(
                sheet, x, y, figure, best.labels.texts[i], scale=best.labels.scale, ink=palette
            )
            y += best.labels.rows + 1
            draw_figure(sheet, x, y, figure, rows=best.rows, width=best.width, ink=ink)
            y += (best.rows or 1) + 1
            for bar_row in range(best.bar_rows):
                sheet.put(x, y + bar_row, _bar(i, sight.snapshot, best.width, ink))
            y += best.bar_rows + best.air
            if note := _note(i, sight.snapshot, best):
                sheet.say(x, y, note, ink.muted, best.note_scale, best.width)
            else:
                why = state.sentence or fmt.UNKNOWN
                sheet.text(x, y, why, mood_style(state.mood, palette), best.width)


class _Plan(Struct, frozen=True):
    """How the four stand: cells of one of them, rows of its digits, sizes of its words."""

    columns: int
    gap: int
    width: int
    height: int
    rows: int | None
    labels: Labels
    note_scale: int
    bar_rows: int
    air: int

    @property
    def used(self) -> int:
        """The rows that one of them takes."""
        return (self.rows or 1) + self.beside

    @property
    def beside(self) -> int:
        """The rows that its words, its bar and the gaps between them take."""
        return self.labels.rows + 2 + self.bar_rows + self.air + said_rows(self.note_scale)


def shares(snapshot: Snapshot) -> tuple[float | None, ...]:
    """The four as shares, None where unknown."""
    points, fields = snapshot.points, snapshot.fields
    return (
        points.done / points.total if points and points.total else None,
        fields.moved / fields.total if fields and fields.total else None,
        snapshot.traffic.new_share if snapshot.traffic else None,
        snapshot.retired.share if snapshot.retired else None,
    )


def conditions(sight: Sight) -> list[Condition]:
    """The state of each of the four."""
    return [
        sight.condition(what, (need,), known=share is not None)
        for what, need, share in zip(_WHAT, NEEDS, shares(sight.snapshot), strict=True)
    ]


def four_figures(sight: Sight, palette: Palette) -> list[Figure]:
    """The four, faded and marked with their age where they are old."""
    figures = []
    for share, state, (label, short) in zip(
        shares(sight.snapshot), conditions(sight), _LABELS, strict=True
    ):
        ink = palette.faded if state.faded else palette
        style = ink.strong if share is not None else ink.muted
        mark = state.short if state.faded else ""
        figures.append(
            Figure(
                share_text(share),
                label,
                short,
                style + LIGHT,
                unit="%",
                mark=mark,
                mark_style=mood_style(state.mood, palette) if mark else Style.null(),
            )
        )
    return figures


def notes(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """What stands below each of the four: the counts behind the share, then what else there is."""
    points, fields, traffic = snapshot.points, snapshot.fields, snapshot.traffic
    of_points: tuple[str, ...] = ()
    if points:
        of_points = (f"{fmt.points(points.done)} of {fmt.points(points.total)}",)
        if points.added is not None:
            of_points += (f"{fmt.signed_points(points.added)} added",)
    of_fields: tuple[str, ...] = ()
    if fields:
        of_fields = (f"{fmt.count(fields.moved)} of {fmt.count(fields.total)}",)
    of_traffic: tuple[str, ...] = ()
    if traffic:
        of_traffic = (intended_words(traffic),)
    of_retired: tuple[str, ...] = ()
    if snapshot.retired and fields:
        of_retired = (f"{fmt.count(snapshot.retired.fields)} of {fmt.count(fields.total)}",)
    return [of_points, of_fields, of_traffic, of_retired]


def _plan(
    figures: Sequence[Figure], texts: Sequence[str], sheet: Sheet, columns: int, scale: int
) -> _Plan:
    """The largest words beside which the figures keep `_WORTH` rows; else plain text."""
    gap = 2 if sheet.width < 120 else max(4, sheet.width // 30)
    width = (sheet.width - 2 - gap * (columns - 1)) // columns
    height = sheet.height * columns // len(_LABELS)
    for size in range(scale, -1, -1):
        labels = labels_that_fit(figures, width, size)
        note_scale = common_scale(texts, width, min(labels.scale, max(0, height // 11 - 1)))
        bar_rows = 1 + (height >= 22) + (height >= 44)
        air = int(note_scale > 0 or height >= 22)
        plan = _Plan(columns, gap, width, height, None, labels, note_scale, bar_rows, air)
        between = 3 if height >= 24 else 1 if height >= 12 else 0
        rows = rows_that_fit(figures, width, height - plan.beside - between)
        if rows is not None and (rows >= _WORTH or size == 0):
            return replace(plan, rows=rows)
    return plan


def _bar(i: int, snapshot: Snapshot, width: int, ink: Palette) -> Sequence[Run]:
    if i == 0:
        return points_measure(snapshot.points, width, ink).bar
    if i == 1:
        return fields_measure(snapshot.fields, width, ink).bar
    if i == 2:
        return traffic_measure(snapshot.traffic, width, ink).bar
    return retired_measure(snapshot.retired, width, ink).bar


def _note(i: int, snapshot: Snapshot, plan: _Plan) -> str:
    """As many of a figure's notes as fit, behind its whole name where its label is short."""
    kept = list(notes(snapshot)[i])
    if kept and plan.labels.short and not plan.note_scale:
        kept.insert(0, _LABELS[i][0])
    while len(kept) > 1 and said_width("   ".join(kept), plan.note_scale) > plan.width:
        kept.pop()
    return "   ".join(kept)
