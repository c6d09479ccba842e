"""The bottom of the wall: the pages, the state of the sources, the age of the oldest figure.

The pages are a row of lines of which the one in front fills. In trouble the sentences of the
sources that are not well stand there, one after the other as the pages turn.
"""

from collections.abc import Sequence

from msgspec import Struct

from goliath_tui.domain import SourceHealth, SourceState
from goliath_tui.panes.condition import MARKS, Moment, in_short, worst
from goliath_tui.panes.header import OLD_PICTURE_MS, state_style
from goliath_tui.panes.wall import AHEAD_MS, Sight, age_of, oldest_ms
from goliath_tui.panes.wall_sheet import LIGHT, Sheet, said_rows, said_width
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.digits import NARROW, spells
from goliath_tui.widgets.ink import Line, Run, cut_end, printable, runs_width
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import BOLD, Palette

#: Steps in which the line of the page in front fills, and ages below a minute grow: both are
#: repainted from end to end.
_STEPS = 10
_AGE_STEP_MS = 10_000
_MINUTE = 60_000


class Turning(Struct, frozen=True):
    """Where the wall is: `at` of `pages`, `share` of the page's time is over, `held` by hand."""

    titles: tuple[str, ...]
    at: int
    share: float
    held: bool = False


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
        age = calm_age(oldest_ms(on, sight.moment))
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


def calm_age(ms: int | None) -> str:
    """An age that is at most this: below a minute in steps of ten seconds, then as everywhere."""
    if ms is None or ms >= _MINUTE - _AGE_STEP_MS:
        return fmt.age(ms if ms is None or ms >= _MINUTE else _MINUTE)
    return fmt.age((ms // _AGE_STEP_MS + 1) * _AGE_STEP_MS)


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
            steps = int(turning.share * _STEPS) + 1
            filled = max(1, min(cell, cell * steps // _STEPS))
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
    if source.state is SourceState.REFUSED:
        return f"{name} refuses the credentials"
    if source.state is SourceState.FAILING:
        return f"{name} {_reason(source.error)}" if source.error else f"{name} fails"
    if source.state is SourceState.STALE:
        return f"{name} answered {age} ago"
    if source.state is SourceState.OFF:
        return f"{name} was not asked yet"
    return ""
