"""What every pane shares: its condition in words, and what it says instead of missing figures."""

from collections.abc import Sequence

from rich.style import Style

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, Subject
from goliath_tui.panes.condition import LIVE, Condition, Moment, Mood, filled_share
from goliath_tui.panes.origins import Desk, Origin, origins
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import bar
from goliath_tui.widgets.frame import Frame
from goliath_tui.widgets.ink import Line, Run, printable, wrap
from goliath_tui.widgets.palette import Palette

_FILL_BAR = 32
_DETAIL_WIDTH = 64


class Pane(Frame):
    """A frame with a condition. Subclasses draw their figures in `content`.

    `NEEDS`: measures that it draws, any of which a source may give; empty: it has no condition.
    `WHAT`: its figures in words.
    """

    NEEDS: Sequence[str] = ()
    WHAT = "figures"

    condition: Condition = LIVE
    moment: Moment = Moment(0)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """Take its part of a picture; `detail` is what is known about the screen's subject."""
        raise NotImplementedError

    def known(self) -> bool:
        """Whether it has figures to show, however old."""
        raise NotImplementedError

    def parts(self) -> tuple[object, ...]:
        """All that its drawing rests on beside condition and size: equal parts, equal drawing."""
        raise NotImplementedError

    def opens(self) -> Subject | None:
        """What the enter key opens here."""
        return None

    def origins(self, desk: Desk) -> list[Origin]:
        """Where its figures come from: source, moment, formula, what they rest on."""
        return origins(str(self.id), desk)

    def address(self) -> str:
        """Where a browser shows what is under the cursor; empty: nowhere."""
        return ""

    def body(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The figures, faded when they are old, or why there are none."""
        if self.condition.blank:
            return waiting_lines(self.condition, width, height, palette)
        return self.content(width, height, self.ink(palette))

    def ink(self, palette: Palette) -> Palette:
        """Figures that are kept but old are faded."""
        return palette.faded if self.condition.faded else palette

    def note(self, palette: Palette) -> Sequence[Run]:
        """The condition in the bottom border: quiet when live."""
        runs: list[Run] = []
        if self.condition.note:
            runs.append((printable(self.condition.note), mood_style(self.condition.mood, palette)))
        if self.moment.frozen_at is not None:
            runs += [(" · ", palette.muted)] if runs else []
            runs.append(("‖ frozen", palette.frozen))
        elif self.moment.past is not None:
            runs += [(" · ", palette.muted)] if runs else []
            runs.append(("◂ in the past", palette.past))
        return runs


def mood_style(mood: Mood, palette: Palette) -> Style:
    """The colour that goes with a mood's mark."""
    if mood in {Mood.FAILING, Mood.REFUSED}:
        return palette.bad
    return palette.warn if mood in {Mood.STALE, Mood.OFF} else palette.muted


def waiting_lines(state: Condition, width: int, height: int, palette: Palette) -> list[Line]:
    """A few centred lines in words: what is missing, what it waits for, how far a fill has come."""
    words: list[list[Run]] = [
        [(text, mood_style(state.mood, palette) if state.mood in _BAD else palette.text)]
        for text in wrap(state.sentence, width)
    ]
    if state.progress is not None:
        share = filled_share(state.progress)
        cells = min(_FILL_BAR, width - 8)
        if share is not None and cells > 4:
            words.append(
                [
                    *bar(share, cells, palette.new, palette.faint, palette.behind(palette.faint)),
                    (f" {fmt.percent(share):>7}", palette.text),
                ]
            )
    for detail in state.details:
        words += [[(text, palette.muted)] for text in wrap(detail, min(width, _DETAIL_WIDTH))]
    words = words[:height]
    lines = [Line() for _ in range(max(0, (height - len(words)) // 2))]
    for runs in words:
        line = Line(runs)
        lines.append(Line().to(max(0, (width - line.width) // 2)).extend(runs))
    return lines


_BAD = {Mood.FAILING, Mood.REFUSED}
