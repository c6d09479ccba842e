"""The top of the wall: which page, REHEARSAL when it is one, the time of day and its heartbeat.

What moves every second is a widget of its own: a line that changes is sent to the terminal from
end to end, and the seconds are the only end that does.
"""

from collections.abc import Sequence

from goliath_tui.panes.header import rehearsal_mark
from goliath_tui.panes.wall import Sight
from goliath_tui.panes.wall_sheet import LIGHT, Sheet, said_width
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.digits import NARROW, big_width, measure, spells, word_rows
from goliath_tui.widgets.ink import Line, Run, fit, runs_width
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import Palette

_TURNS = "◐◓◑◒"
_BEATS = "♥♡"
_BEFORE_BEAT = 3
#: From this many columns on the zone is written in glyphs too.
_ROOMY = 160


class Beat(LineWidget):
    """The seconds and a mark that beats with them: as long as it does, the picture is alive."""

    def __init__(self) -> None:
        super().__init__(id="wall-beat")
        self.sight: Sight | None = None
        self.scale = 0

    @staticmethod
    def cells(scale: int) -> int:
        """The width it needs, with a margin behind it."""
        if scale == 0:
            return 5
        seconds = big_width("88", word_rows(scale))
        return seconds + _BEFORE_BEAT + said_width(_BEATS[0], scale) + 1

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """`27 ◐`, or digits and a heart."""
        sight = self.sight
        if sight is None:
            return ()
        sheet = Sheet(width, height)
        second, seconds = sight.moment.now // 1000, fmt.clock(sight.moment.now, sight.zone)[-2:]
        if self.scale == 0:
            turn = _TURNS[second % len(_TURNS)]
            sheet.put(0, 0, [(f"{seconds} {turn}", palette.strong)])
            return sheet.lines()
        rows = word_rows(self.scale)
        right = big_width("88", rows)
        sheet.figure(right, 0, seconds, rows, palette.strong)
        beat = _BEATS[second % len(_BEATS)]
        sheet.say(right + _BEFORE_BEAT, 0, beat, palette.new + LIGHT, self.scale, width)
        return sheet.lines()


class TopStrip(LineWidget):
    """The page's title, the mark of a rehearsal, the hour and the minute."""

    def __init__(self) -> None:
        super().__init__(id="wall-top")
        self.sight: Sight | None = None
        self.title = ""
        self.scale = 0

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """One line of text, or glyphs; it ends in the colon before the seconds."""
        sight = self.sight
        if sight is None:
            return ()
        sheet = Sheet(width, height)
        clock = fmt.clock(sight.moment.now, sight.zone)[:-2]
        zone = f"{fmt.local(sight.moment.now, sight.zone):%Z}"
        if self.scale == 0:
            _in_text(sheet, sight, self.title, (zone, clock), palette)
            return sheet.lines()
        rows = word_rows(self.scale)
        left = 1 + said_width(self.title, self.scale)
        sheet.say(1, 0, self.title, palette.strong + LIGHT, self.scale, left)
        right = width - measure(rows).gap
        sheet.figure(right, 0, clock, rows, palette.strong)
        right -= big_width(clock, rows)
        size = NARROW if width >= _ROOMY and spells(zone) else 0
        wide = said_width(zone, size)
        if right - left > wide + 4:
            right -= wide + 3
            foot = rows - (word_rows(size) if size else 1)
            sheet.say(right, foot, zone, palette.muted + LIGHT, size, wide)
        self._middle(sheet, sight, left, right, palette)
        return sheet.lines()

    def _middle(self, sheet: Sheet, sight: Sight, left: int, right: int, palette: Palette) -> None:
        """The badge, or else the migration's name, in glyphs where they fit, else in text."""
        badge, rows = badge_of(sight), word_rows(self.scale)
        name = fit(sight.snapshot.migration, 24).rstrip()
        text, style = (badge, palette.warn) if badge else (name, palette.muted)
        whole = sheet.width + Beat.cells(self.scale)
        wide = said_width(text, self.scale)
        start = (whole - wide) // 2
        if spells(text) and left + 4 <= start and start + wide <= right - 4:
            sheet.say(start, 0, text, style + LIGHT, self.scale, wide)
            return
        text = f" {badge} " if badge else name
        start = max(left + 3, min((whole - len(text)) // 2, right - len(text) - 3))
        if start + len(text) >= right:
            return
        if badge:
            sheet.put(start, rows - 2, [(text, palette.badge)])
        sheet.put(start, rows - 1, [(fit(name, len(text)), palette.muted)])


def badge_of(sight: Sight) -> str:
    """What must not be overlooked: another moment than now, or simulated figures."""
    moment = sight.moment
    if moment.past is not None:
        return f"AS OF {fmt.full_moment(moment.past, sight.zone)}"
    if moment.frozen_at is not None:
        return f"FROZEN {fmt.age(moment.now - moment.frozen_at)}"
    return rehearsal_mark(moment) if sight.snapshot.rehearsal else ""


def _in_text(
    sheet: Sheet, sight: Sight, title: str, when: tuple[str, str], palette: Palette
) -> None:
    """All of it in one line of text; `when`: the zone and the time up to its last colon."""
    zone, clock = when
    left: list[Run] = [("GOLIATH", palette.strong), (" ▸ ", palette.muted), (title, palette.text)]
    right: list[Run] = [(f"{zone} ", palette.muted), (clock, palette.strong)]
    start = sheet.width - runs_width(right)
    end = 1
    if runs_width(left) + 2 < start:
        sheet.put(1, 0, left)
        end += runs_width(left)
    sheet.put(max(0, start), 0, right)
    badge, name = badge_of(sight), fit(sight.snapshot.migration, 24).rstrip()
    if text := f" {badge} " if badge else name:
        at = max(end + 2, (sheet.width + Beat.cells(0) - len(text)) // 2)
        if at + len(text) < start:
            sheet.put(at, 0, [(text, palette.badge if badge else palette.muted)])
