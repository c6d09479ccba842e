"""The wall's page of differences: how fast they come, and which kinds are new."""

from collections.abc import Sequence

from goliath_tui.domain import GroupRow, Mismatches
from goliath_tui.panes.classes import class_word
from goliath_tui.panes.condition import Condition
from goliath_tui.panes.differences import NEW_MARK
from goliath_tui.panes.pane import mood_style
from goliath_tui.panes.wall import Sight
from goliath_tui.panes.wall_chart import bars
from goliath_tui.panes.wall_figures import Figure, row_of_figures
from goliath_tui.panes.wall_sheet import LIGHT, Sheet, said_rows, said_width
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import sparkline
from goliath_tui.widgets.digits import NARROW
from goliath_tui.widgets.ink import Run, cut_middle, fit, printable
from goliath_tui.widgets.palette import BOLD, Palette

#: Lines of a page from which groups stand apart, and from which they are written in glyphs.
_AIRY, _GLYPHS = 24, 44


class DifferencesPage:
    """What still differs."""

    name = "differences"
    title = "differences"

    def condition(self, sight: Sight) -> Condition:
        """Blank while nothing has been compared."""
        known = sight.snapshot.mismatches is not None
        return sight.condition("differences", ("mismatches",), known=known)

    def parts(self, sight: Sight) -> tuple[object, ...]:
        """The figures and the feed."""
        return (sight.snapshot.mismatches, self.condition(sight))

    def draw(self, sight: Sight, sheet: Sheet, scale: int, palette: Palette) -> None:
        """Figures above, groups below: new ones first, then those that come most."""
        found = sight.snapshot.mismatches
        if found is None:
            return
        state = self.condition(sight)
        ink = palette.faded if state.faded else palette
        mark = (state.short, mood_style(state.mood, palette)) if state.faded else ("", ink.text)
        figures = _figures(found, ink, mark)
        height = max(5, sheet.height // 3)
        used = row_of_figures(sheet, height, figures, scale=scale, ink=palette)
        top = used + 1 + (sheet.height >= 30)
        rows = ordered(found.feed)
        if not rows:
            sheet.say(1, top, "no difference in 7 days", ink.text, scale, sheet.width - 2)
        elif scale and sheet.height >= _GLYPHS:
            _list_in_glyphs(rows, sheet, top, ink)
        else:
            step = 2 if sheet.height >= _AIRY else 1
            for i, row in enumerate(rows[: -(-(sheet.height - top) // step)]):
                sheet.put(1, top + i * step, _line(row, sheet.width - 2, ink))


def ordered(feed: Sequence[GroupRow]) -> list[GroupRow]:
    """New groups first; among equals those that were seen most lately, then by id."""
    return sorted(feed, key=lambda row: (not row.is_new, -sum(row.recent), row.id))


def _figures(found: Mismatches, ink: Palette, mark: Run) -> list[Figure]:
    strong = ink.strong + LIGHT
    rate = fmt.per_minute(found.per_minute).removesuffix("/min")
    new = ink.warn + LIGHT if found.new_groups else strong
    return [
        Figure(
            rate,
            "per minute",
            "a minute",
            strong,
            room="88.8",
            mark=mark[0],
            mark_style=mark[1],
        ),
        Figure(fmt.count(found.new_groups), "new in a day", "new", new, room="88"),
        Figure(fmt.count(found.groups), "kinds in 7 days", "kinds", strong, room="888"),
    ]


def _list_in_glyphs(rows: Sequence[GroupRow], sheet: Sheet, top: int, ink: Palette) -> None:
    """`NEW  2,423×  ORDER  ASSIGNMENT.AVATARURL`, and how often lately as a chart of its height."""
    tall, size = said_rows(NARROW), NARROW
    step = tall + 1
    times_right = 1 + said_width("NEW", size) + 4 + said_width("×88.8k", size)
    shown = rows[: (sheet.height - top + 1) // step]
    kind_width = max(said_width(class_word(row.kind), size) for row in rows)
    spark = min(48, sheet.width // 6)
    field = times_right + 6 + kind_width + 6
    for i, row in enumerate(shown):
        y = top + i * step
        if row.is_new:
            sheet.say(1, y, NEW_MARK, ink.warn + LIGHT, size, kind_width)
        times = f"×{fmt.short_count(row.count)}"
        wide = said_width(times, size)
        sheet.say(times_right - wide, y, times, ink.strong + LIGHT, size, wide)
        sheet.say(times_right + 6, y, class_word(row.kind), ink.muted + LIGHT, size, kind_width)
        room = sheet.width - field - spark - 6
        sheet.say(field, y, _spelled(row.field, room), ink.text + LIGHT, size, room)
        for line, cells in enumerate(bars(row.recent, spark, tall)):
            sheet.put(sheet.width - 1 - spark, y + line, [(cells, ink.new + LIGHT)])


def _spelled(text: str, room: int) -> str:
    """A name cut in its middle until its glyphs fit into `room` cells."""
    text = printable(text)
    for cells in range(len(text), 3, -1):
        short = cut_middle(text, cells)
        if said_width(short, NARROW) <= room:
            return short
    return text


def _line(row: GroupRow, width: int, ink: Palette) -> list[Run]:
    spark = 24 if width >= 110 else 12 if width >= 90 else 0
    kind = 18 if width >= 90 else 12
    service = 18 if width >= 110 else 0
    rest = width - 5 - 8 - kind - 2 - (spark + 2 if spark else 0) - (service + 2 if service else 0)
    field = max(10, rest * 2 // 5 if rest >= 50 else rest)
    runs: list[Run] = [
        (fit(NEW_MARK if row.is_new else "", 5), ink.warn + BOLD),
        (f"{'×' + fmt.short_count(row.count):>7} ", ink.strong),
        (fit(class_word(row.kind), kind), ink.text),
        ("  ", ink.text),
    ]
    if service:
        runs += [(fit(row.service, service), ink.muted), ("  ", ink.text)]
    runs.append((fit(row.field, field), ink.text))
    if rest >= 50:
        runs.append((fit(f"  {row.path}", rest - field), ink.muted))
    if spark:
        runs += [("  ", ink.text), (sparkline(row.recent, spark), ink.new)]
    return runs
