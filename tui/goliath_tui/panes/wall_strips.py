"""What is always there on the wall: above the clock with its heartbeat, below the sources.

Above: which page, REHEARSAL when it is one, the time of day and a mark that turns every second.
Below: the pages as a row of lines of which the present one fills, the state of the sources and the
age of the oldest figure; in trouble, the sentence of the source that fails.
"""

from collections.abc import Sequence

from msgspec import Struct
from rich.style import Style

from goliath_tui.domain import SourceHealth, SourceState
from goliath_tui.panes.condition import MARKS, Moment, in_short, worst
from goliath_tui.panes.header import OLD_PICTURE_MS, state_style
from goliath_tui.panes.wall import AHEAD_MS, Sight, age_of, oldest_ms
from goliath_tui.panes.wall_sheet import LIGHT, Sheet, said_rows, said_width
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.digits import NARROW, big_width, spells, word_rows
from goliath_tui.widgets.ink import Line, Run, cut_end, fit, printable, runs_width
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import BOLD, Palette

_TURNS = "◐◓◑◒"
_BEATS = "♥♡"
_MARK = "REHEARSAL"


class Turning(Struct, frozen=True):
    """Where the wall is: `at` of `pages`, `share` of the page's time is over, `held` by hand."""

    titles: tuple[str, ...]
    at: int
    share: float
    held: bool = False


class TopStrip(LineWidget):
    """The page's title, the mark of a rehearsal, the clock."""

    def __init__(self) -> None:
        super().__init__(id="wall-top")
        self.sight: Sight | None = None
        self.title = ""
        self.scale = 0

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """One line of text, or glyphs."""
        sight = self.sight
        if sight is None:
            return ()
        sheet = Sheet(width, height)
        clock = fmt.clock(sight.moment.now, sight.zone)
        second, badge = sight.moment.now // 1000, _badge(sight)
        if self.scale == 0 or height < said_rows(1):
            turn = _TURNS[second % len(_TURNS)]
            _small(sheet, sight, self.title, f"{clock}{turn}", palette)
            return sheet.lines()
        beat = _BEATS[second % len(_BEATS)]
        left = sheet_word(sheet, 1, self.title, palette.strong + LIGHT, self.scale)
        beat_width = said_width(beat, self.scale)
        right = width - 1 - beat_width
        sheet.say(right, 0, beat, palette.new + LIGHT, self.scale, beat_width)
        right -= 3
        sheet.figure(right, 0, clock, height, palette.strong)
        right -= big_width(clock, height)
        zone = f"{fmt.local(sight.moment.now, sight.zone):%Z}"
        wide = said_width(zone, NARROW if width >= 160 and spells(zone) else 0)
        if right - left > wide + 4:
            sheet.say(
                right - wide - 3,
                height - word_rows(NARROW) if wide > len(zone) else height - 1,
                zone,
                palette.muted + LIGHT,
                NARROW if wide > len(zone) else 0,
                wide,
            )
            right -= wide + 3
        name = fit(sight.snapshot.migration, 24).rstrip()
        if badge:
            wide = said_width(badge, self.scale)
            start = (width - wide) // 2
            if spells(badge) and left + 4 <= start and start + wide <= right - 4:
                sheet.say(start, 0, badge, palette.warn + LIGHT, self.scale, wide)
                return sheet.lines()
            start = max(left + 3, min((width - len(badge) - 2) // 2, right - len(badge) - 5))
            sheet.put(start, height - 2, [(f" {badge} ", palette.badge)])
            sheet.put(start, height - 1, [(fit(name, len(badge) + 2), palette.muted)])
        return sheet.lines()


def sheet_word(sheet: Sheet, x: int, text: str, style: Style, scale: int) -> int:
    """Words from column `x` on; the column behind them."""
    wide = said_width(text, scale)
    sheet.say(x, 0, text, style, scale, wide)
    return x + wide


def _badge(sight: Sight) -> str:
    if sight.moment.past is not None:
        return f"AS OF {fmt.full_moment(sight.moment.past, sight.zone)}"
    return _MARK if sight.snapshot.rehearsal else ""


def _small(sheet: Sheet, sight: Sight, title: str, clock: str, palette: Palette) -> None:
    """All of it in one line of text; `clock` ends in the mark that turns."""
    badge = _badge(sight)
    zone = f" {fmt.local(sight.moment.now, sight.zone):%Z} "
    right: list[Run] = [(clock[:-1], palette.strong), (zone, palette.muted)]
    right.append((clock[-1], palette.text))
    start = sheet.width - runs_width(right) - 1
    left: list[Run] = [("GOLIATH", palette.strong), (" ▸ ", palette.muted), (title, palette.text)]
    if runs_width(left) + 2 < start:
        sheet.put(1, 0, left)
    sheet.put(max(0, start), 0, right)
    if badge:
        text = f" {badge} "
        at = max(runs_width(left) + 3, (sheet.width - len(text)) // 2)
        if at + len(text) < start:
            sheet.put(at, 0, [(text, palette.badge)])


class BottomStrip(LineWidget):
    """The pages, the sources, the age of the oldest figure."""

    def __init__(self) -> None:
        super().__init__(id="wall-bottom")
        self.sight: Sight | None = None
        self.turning = Turning((), 0, 0.0)
        self.said = ""
        self.alarm = False
        self.scale = 0

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """One line; larger, the pages in a line of their own and the state in glyphs."""
        sight = self.sight
        if sight is None:
            return ()
        sheet = Sheet(width, height)
        state, trouble = self._words(sight, palette)
        if height == 1:
            pages = page_runs(self.turning, min(width // 4, 8 * len(self.turning.titles)), palette)
            sheet.put(width - 1 - runs_width(pages), 0, pages)
            room = width - runs_width(pages) - 4
            sheet.put(1, 0, _in_a_line([*state, *trouble], room, palette))
            return sheet.lines()
        sheet.put(1, 0, page_runs(self.turning, width - 2, palette))
        size = min(self.scale, NARROW) if trouble else self.scale
        if size == 0 or said_rows(size) > height - 1:
            sheet.put(1, height - 1, _in_a_line([*state, *trouble], width - 2, palette))
            return sheet.lines()
        x = 1
        for text, style in [*state, *trouble]:
            fits = size if spells(text) and x + said_width(text, size) < width else 0
            y = 1 if fits else 1 + (height - 1) // 2
            sheet.say(x, y, text, style + (LIGHT if fits else BOLD), fits, width - x - 1)
            x += said_width(text, fits) + 8
        return sheet.lines()

    def _words(self, sight: Sight, palette: Palette) -> tuple[list[Run], list[Run]]:
        """State and ages; then what is said, or what the sources that are not well say in turn."""
        on = [source for source in sight.sources if source.enabled]
        bad = worst(on)
        if bad is None:
            return [(f"{MARKS[SourceState.OFF]} no sources", palette.warn)], []
        trouble = _trouble(sight, self.turning.at, palette)
        if self.said:
            trouble = [(printable(self.said), palette.warn if self.alarm else palette.text)]
        fine = sum(source.state is SourceState.OK for source in on)
        age = fmt.age(oldest_ms(on, sight.moment))
        calm = palette.text if fine == len(on) else palette.warn
        state: list[Run] = [
            (MARKS[bad.state], state_style(bad.state, palette)),
            (f"{fine}/{len(on)}" if trouble else f"sources {fine}/{len(on)}", palette.text),
            (f"oldest {age}" if trouble else f"oldest figure {age}", calm),
        ]
        return state, trouble


def _in_a_line(runs: Sequence[Run], width: int, palette: Palette) -> list[Run]:
    """Runs in one line, the mark right before its word, the rest apart; the last one is cut."""
    spaced: list[Run] = []
    for i, run in enumerate(runs):
        if i:
            spaced.append((" " if i == 1 else "   ", palette.text))
        spaced.append(run)
    text, style = spaced[-1]
    room = max(0, width - runs_width(spaced[:-1]))
    return Line([*spaced[:-1], (cut_end(text, room), style)]).cropped(width)


def page_runs(turning: Turning, width: int, palette: Palette) -> list[Run]:
    """`━━━━━━ ━━━╸── ──────`: pages gone, the one in front filling up, pages to come."""
    count = max(1, len(turning.titles))
    cell = max(2, (width - (count - 1)) // count)
    runs: list[Run] = []
    for i in range(count):
        if i:
            runs.append((" ", palette.text))
        if i != turning.at:
            runs.append(("━" * cell if i < turning.at else "─" * cell, palette.faint))
        elif turning.held:
            runs.append((("‖ held " + "━" * cell)[:cell], palette.warn))
        else:
            filled = max(1, min(cell, round(turning.share * cell)))
            runs += [("━" * filled, palette.new), ("─" * (cell - filled), palette.faint)]
    return runs


def _trouble(sight: Sight, turn: int, palette: Palette) -> list[Run]:
    moment, snapshot = sight.moment, sight.snapshot
    if moment.past is None and snapshot.at - moment.now > AHEAD_MS:
        return [("the clock was turned back", palette.warn)]
    if moment.past is None and moment.now - snapshot.at > OLD_PICTURE_MS:
        return [(f"the picture is {fmt.age(moment.now - snapshot.at)} old", palette.warn)]
    said = [
        (printable(text), state_style(source.state, palette))
        for source in sight.sources
        if source.enabled and (text := sentence(source, moment))
    ]
    return [said[turn % len(said)]] if said else []


def _reason(error: str) -> str:
    """What went wrong, without the address before it and the advice behind the last colon."""
    text = in_short(error)
    return text.rpartition(": ")[0] or text


def sentence(source: SourceHealth, moment: Moment) -> str:
    """What a source that is not well has to say; empty when it is well."""
    name, age = source.name, fmt.age(age_of(source.last_success, moment))
    if source.state is SourceState.AUTH:
        return f"{name} refuses the credentials"
    if source.state is SourceState.FAILING:
        return f"{name} {_reason(source.error)}" if source.error else f"{name} fails"
    if source.state is SourceState.STALE:
        return f"{name} answered {age} ago"
    if source.state is SourceState.OFF:
        return f"{name} was not asked yet"
    return ""
