"""The first line: where am I, of what, how are the sources, which moment, is the picture alive."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from rich.cells import cell_len
from rich.style import Style

from goliath_tui.domain import Snapshot, SourceHealth, SourceState
from goliath_tui.panes.condition import MARKS, Moment, worst
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.format import UNKNOWN
from goliath_tui.widgets.ink import Line, Run, cut_middle, fit, printable, runs_width
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import BOLD, Palette

_LEAST_NAME = 6
#: Cells for the name of a screen.
_PLACE = 12
_BEATS = "◐◓◑◒"
_GAP = 3
#: From this width on there is room for every word.
_ROOMY = 76
#: From this width on it is said who polls.
_SPACIOUS = 110
#: A live picture is taken anew every ten seconds at least; an older one is not called live.
OLD_PICTURE_MS = 25_000


class Header(LineWidget):
    """`GOLIATH ▸ overview  migration   REHEARSAL   sources 2/2 ●  live  14:03:27 UTC ◐`.

    `trail`: the names of the screens from the first to this one. `polled_by`: the process that
    polls where this one only reads. `troubled`: answers cannot be asked for, kept or read.
    """

    def __init__(self, trail: Sequence[str], zone: tzinfo) -> None:
        super().__init__(id="header")
        self.trail = tuple(trail)
        self.polled_by = ""
        self.troubled = False
        self.zone = zone
        self.migration = ""
        self.rehearsal = False
        self.at = 0
        self.moment = Moment(0)
        self.sources: Sequence[SourceHealth] = ()

    def take(self, snapshot: Snapshot, moment: Moment) -> None:
        """Its parts of a snapshot."""
        self.migration, self.rehearsal = snapshot.migration, snapshot.rehearsal
        self.sources, self.at = snapshot.sources, snapshot.at
        self.moment = moment

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """One line; what matters least goes first when the width runs out."""
        line = Line().add(" ", palette.text).add("GOLIATH", palette.strong)
        mark: list[Run] = []
        if self.rehearsal:
            mark.append((rehearsal_mark(self.moment), palette.warn + BOLD))
            if self.moment.week is not None and width >= _SPACIOUS:
                mark.append((", over: start again", palette.warn))
        right = self._right(palette, width, roomy=width >= _ROOMY)
        taken = line.width + runs_width(mark) + 3
        # Which moment it is must be read at any width: words give way to it, then all else.
        if taken + _PLACE + runs_width(right) > width:
            right = self._right(palette, width, roomy=False)
        if taken + runs_width(right) > width:
            right = self._when(palette)
        free = width - line.width - runs_width(right) - runs_width(mark) - 4
        if width >= _ROOMY or (len(self.trail) > 1 and free >= 12):
            place = trail_text(self.trail, free - 3)
            if place:
                line.add(" ▸ ", palette.muted).add(place, palette.text)
        free = width - line.width - runs_width(right) - 2
        room = min(40, free - runs_width(mark) - 3 * _GAP)
        if self.migration and room >= 8:
            name = fit(self.migration, room).rstrip()
            line.add("  ", palette.text).add(name, palette.muted)
        if mark:
            last = width - runs_width(right) - runs_width(mark) - 2
            centred = (width - runs_width(mark)) // 2
            line.to(max(line.width + 1, min(centred, last))).extend(mark)
        return [line.right([*right, (" ", palette.text)], width)]

    def _right(self, palette: Palette, width: int, *, roomy: bool) -> list[Run]:
        gap: Run = (" " * (_GAP if roomy else 1), palette.text)
        zone = f" {fmt.local(self.moment.now, self.zone):%Z}" if roomy else ""
        return [
            *self._sources(palette, words=roomy),
            *self._polled_by(palette, width),
            gap,
            *self._when(palette),
            (gap[0][1:] or " ", palette.text),
            (fmt.clock(self.moment.now, self.zone), palette.strong),
            (zone, palette.muted),
            (f" {_BEATS[self.moment.now // 1000 % len(_BEATS)]}", palette.text),
        ]

    def _sources(self, palette: Palette, *, words: bool) -> list[Run]:
        on = [source for source in self.sources if source.enabled]
        bad = worst(on)
        if bad is None:
            return [("no sources ", palette.muted), (MARKS[SourceState.OFF], palette.warn)]
        if self.moment.past is not None and all(source.last_poll is None for source in on):
            return [("sources " if words else "", palette.muted), (f"{UNKNOWN} ", palette.faint)]
        fine = sum(source.state is SourceState.OK for source in on)
        state = SourceState.FAILING if self.troubled else bad.state
        return [
            ("sources " if words else "", palette.muted),
            (f"{fine}/{len(on)} ", palette.text),
            (MARKS[state], state_style(state, palette)),
        ]

    def _polled_by(self, palette: Palette, width: int) -> list[Run]:
        if not self.polled_by:
            return []
        return [(f" {self.polled_by}" if width >= _SPACIOUS else " reads", palette.muted)]

    def _when(self, palette: Palette) -> list[Run]:
        if self.moment.frozen_at is not None:
            age = fmt.age(self.moment.now - self.moment.frozen_at)
            return [(f" FROZEN {age:>4} ", palette.frozen_badge)]
        if self.moment.past is not None:
            return [(f" AS OF {fmt.full_moment(self.moment.past, self.zone)} ", palette.past_badge)]
        if self.moment.now - self.at > OLD_PICTURE_MS:
            mark = MARKS[SourceState.STALE]
            return [(f"{mark} {fmt.age(self.moment.now - self.at)} old", palette.warn)]
        well = all(source.state is SourceState.OK or not source.enabled for source in self.sources)
        return [("live", palette.ok if well else palette.text)]


def rehearsal_mark(moment: Moment) -> str:
    """`REHEARSAL`; and of which week, once that has passed: it stays there until started anew."""
    week = "" if moment.week is None else f" of {fmt.local(moment.week, UTC):%d %b}"
    return f"REHEARSAL{week}"


def trail_text(trail: Sequence[str], width: int) -> str:
    """The screens from the first to this one in at most `width` cells: the last one is kept.

    Behind the first screen its own name says nothing any more.
    """
    names = [printable(name) for name in (trail[1:] if len(trail) > 1 else trail)]
    for start in range(len(names)):
        text = " ▸ ".join(names[start:] if start == 0 else ["…", *names[start:]])
        if cell_len(text) <= width:
            return text
    return cut_middle(names[-1], width) if names and width >= _LEAST_NAME else ""


def state_style(state: SourceState, palette: Palette) -> Style:
    """The colour that goes with a source's mark."""
    if state is SourceState.OK:
        return palette.ok
    return palette.warn if state in {SourceState.STALE, SourceState.OFF} else palette.bad
