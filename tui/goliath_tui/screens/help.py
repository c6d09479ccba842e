"""Help for the screen behind it: its keys, and where the focused pane's figures come from."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult

from goliath_tui.domain import Snapshot
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.header import Header
from goliath_tui.panes.origins import Desk, Origin, origins
from goliath_tui.screens.view import Stage, View
from goliath_tui.widgets.frame import Frame
from goliath_tui.widgets.ink import Line, fit, wrap
from goliath_tui.widgets.keys import HELP_KEYS, KeyLine, bindings
from goliath_tui.widgets.palette import Palette

_WHEEL = 3
_KEYS_WIDTH = 58
_HELP_AT = 28
_ORIGIN_AT = 10
_GUTTER = 4
_LEAST_ORIGINS = 44


class HelpText(Frame):
    """Lines that scroll."""

    TITLE = "Help"

    def __init__(self) -> None:
        super().__init__(id="help")
        self.groups: Sequence[tuple[str, Sequence[KeyLine]]] = ()
        self.figures: Sequence[tuple[str, Sequence[Origin]]] = ()
        self.top = 0
        self._length = 0
        self._seen = 1

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """Keys and origins side by side where there is room, one below the other where not."""
        if width >= _KEYS_WIDTH + _GUTTER + _LEAST_ORIGINS:
            keys = self._key_lines(_KEYS_WIDTH, palette)
            figures = self._origin_lines(width - _KEYS_WIDTH - _GUTTER, palette)
            lines = []
            for y in range(max(len(keys), len(figures))):
                line = Line(keys[y].runs if y < len(keys) else ())
                if y < len(figures):
                    line.to(_KEYS_WIDTH + _GUTTER).extend(figures[y].runs)
                lines.append(line)
        else:
            keys, figures = self._key_lines(width, palette), self._origin_lines(width, palette)
            lines = [*keys, Line(), *figures]
        self._length, self._seen = len(lines), height
        self.top = max(0, min(self.top, len(lines) - height))
        return lines[self.top :]

    def thumb(self, height: int) -> tuple[int, int] | None:
        """The part that is seen."""
        if self._length <= height or height < 2:
            return None
        size = max(1, height * height // self._length)
        start = round(self.top * (height - size) / (self._length - height))
        return start, start + size

    def scroll(self, lines: int) -> None:
        """Move by lines."""
        self.top = max(0, min(self.top + lines, self._length - self._seen))
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls."""
        event.stop()
        self.scroll(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel scrolls."""
        event.stop()
        self.scroll(-_WHEEL)

    def _key_lines(self, width: int, palette: Palette) -> list[Line]:
        lines: list[Line] = []
        for title, keys in self.groups:
            lines += _heading(title, width, palette, first=not lines)
            for key in keys:
                text, *more = wrap(key.help, max(8, width - _HELP_AT)) or [""]
                lines.append(
                    Line([(fit(key.keys, 12), palette.strong), (fit(key.id, 16), palette.muted)])
                    .to(_HELP_AT)
                    .add(text, palette.text)
                )
                lines += [Line().to(_HELP_AT).add(rest, palette.text) for rest in more]
        return lines

    def _origin_lines(self, width: int, palette: Palette) -> list[Line]:
        lines: list[Line] = []
        for title, figures in self.figures:
            lines += _heading(title, width, palette, first=not lines)
            for i, origin in enumerate(figures):
                lines += [Line()] if i else []
                lines.append(
                    Line([(origin.figure, palette.strong), (f"  {origin.value}", palette.text)])
                )
                for name, text in (
                    ("formula", origin.formula),
                    ("rests on", origin.samples),
                    ("source", f"{origin.source} · {origin.moment}"),
                ):
                    first, *more = wrap(text, max(8, width - _ORIGIN_AT)) or [""]
                    lines.append(
                        Line([(f"{name:<{_ORIGIN_AT}}", palette.muted), (first, palette.text)])
                    )
                    lines += [Line().to(_ORIGIN_AT).add(rest, palette.text) for rest in more]
        return lines


def _heading(title: str, width: int, palette: Palette, *, first: bool) -> list[Line]:
    line = Line([(f"{title} ", palette.muted)]).to(width, "─", palette.border)
    return [line] if first else [Line(), line]


class HelpScreen(View):
    """Opaque, so that the screen behind costs nothing while it is open."""

    NAME = "help"
    BINDINGS = bindings(HELP_KEYS)
    DEFAULT_CSS = """
    HelpScreen { background: $background; overflow: hidden hidden; }
    HelpScreen Header, HelpScreen HintBar { height: 1; }
    """

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        behind: View,
    ) -> None:
        super().__init__(stage, snapshot, moment, (*behind.trail, self.NAME))
        self.behind = behind
        self.header = Header(self.trail, stage.zone)
        self.text = HelpText()
        self.text.groups = behind.key_groups()
        self._put()

    def compose(self) -> ComposeResult:
        """Header, text, hints."""
        yield self.header
        yield self.text
        yield self.hint_bar

    def on_mount(self) -> None:
        """The text takes the keys."""
        self.text.focus()
        self.offer_hints()

    def show(self, snapshot: Snapshot, moment: Moment) -> None:
        """The figures go on while they are explained."""
        self.snapshot = snapshot
        self.moment = moment
        self._put()
        self.header.redraw()
        self.text.redraw()

    def tick(self, moment: Moment) -> None:
        """The clock."""
        self.moment = moment
        self.header.moment = moment
        self.header.redraw()

    def _put(self) -> None:
        self.header.take(self.snapshot, self.moment)
        desk = Desk(self.snapshot, self.stage.gives, self.stage.zone)
        self.text.figures = (
            *self.behind.figures(desk),
            ("Where the big four come from", origins("headline", desk)),
        )

    def action_scroll(self, lines: int) -> None:
        """Move the text."""
        self.text.scroll(lines)

    def action_close(self) -> None:
        """Back to where help was asked for."""
        self.way.leave()
