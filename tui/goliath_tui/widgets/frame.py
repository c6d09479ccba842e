"""A pane's frame: a thin rounded border that carries the title and the one figure that matters.

    ╭ ¹Traffic share ───────── 93.8 % · last 24 h ─╮
    │                                              ┃   ← the thumb of a scroll bar, when needed
    ╰──────────────────────────────────── ◷ 7 m ───╯   ← a note on the state, when there is one

Where the screen has room for one pane only, the numbers and names of the others follow the title.
"""

from collections.abc import Sequence

from rich.style import Style
from textual import events
from textual.message import Message

from goliath_tui.widgets.ink import Line, Run, cut_end, cut_middle, printable, runs_width
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import Sheet

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
#: Cells that a frame takes from its content's width: two borders and a margin each.
FRAME_WIDTH = 4


def superscript(number: int) -> str:
    """`3` as `³`: a pane's key, small beside its title."""
    return str(number).translate(_SUPERSCRIPTS)


class Frame(LineWidget, can_focus=True):
    """A bordered, focusable pane. Subclasses implement `content` and may set the labels."""

    TITLE = ""

    class TabPressed(Message):
        """The name of another pane in the border was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, *, number: int | None = None, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.number = number
        #: (number, title) of every pane, set where only one of them can be seen.
        self.tabs: tuple[tuple[int, str], ...] = ()
        # The last drawing by the identity of its lines: (content, right edge, framed line).
        self._sides: dict[int, tuple[Line, Run, Line]] = {}
        self._sides_for: tuple[int, Style, Palette] | None = None

    def ink(self, palette: Palette) -> Palette:
        """The styles for figures; old ones are drawn faded."""
        return palette

    def watch_has_focus(self, has_focus: bool) -> None:
        """The border and the cursor show who has the focus."""
        super().watch_has_focus(has_focus)
        self.redraw()

    def named(self) -> str:
        """What is under the cursor, by its whole name: what the copy key takes; empty: nothing."""
        return ""

    def sheet(self) -> Sheet | None:
        """What it shows as rows, for a file; None: it has no rows."""
        return None

    def title(self) -> str:
        """The text at the left of the top border."""
        return self.TITLE

    def subtitle(self, palette: Palette) -> Sequence[Run]:
        """What follows the title in the border, where there is room."""
        return ()

    def figure(self, palette: Palette) -> Sequence[Run]:
        """The one figure that matters, at the right of the top border."""
        return ()

    def note(self, palette: Palette) -> Sequence[Run]:
        """A word on the pane's state, at the right of the bottom border."""
        return ()

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """What the pane is for, as lines without margins."""
        raise NotImplementedError

    def body(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The lines inside the border: the content, unless something else has to be said."""
        return self.content(width, height, palette)

    def thumb(self, height: int) -> tuple[int, int] | None:
        """The body lines [start, end) of the scroll bar's thumb; None when all is seen."""
        return None

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """Border, body, border."""
        if width <= FRAME_WIDTH or height < 2:
            return ()
        edge = palette.border_focus if self.has_focus else palette.border
        if self._sides_for != (width, edge, palette):
            self._sides, self._sides_for = {}, (width, edge, palette)
        inner_height = height - 2
        body = list(self.body(width - FRAME_WIDTH, inner_height, palette))[:inner_height]
        body.extend(Line() for _ in range(inner_height - len(body)))
        first, last = self.thumb(inner_height) or (0, 0)
        ink = self.ink(palette)
        lines = [self._edge("╭╮", width, edge, self._labels(width, palette), self.figure(ink))]
        sides: dict[int, tuple[Line, Run, Line]] = {}
        for y, content in enumerate(body):
            right = ("┃", palette.muted) if first <= y < last else ("│", edge)
            before = self._sides.get(id(content))
            if before is not None and before[1] == right:
                line = before[2]
            else:
                line = _side(content, width, edge, right, palette)
            sides[id(content)] = (content, right, line)
            lines.append(line)
        self._sides = sides
        lines.append(self._edge("╰╯", width, edge, (), self.note(palette)))
        return lines

    def tab_at(self, x: int) -> int | None:
        """The number of the pane whose name stands at column `x` of the top border."""
        at = 2
        for number, title in self.tabs:
            name = self.title() if number == self.number else title
            width = runs_width(self._tab(number, name, self.palette))
            if at <= x < at + width:
                return number
            at += width + 1
        return None

    def on_click(self, event: events.Click) -> None:
        """A click on another pane's name goes there."""
        number = self.tab_at(event.x) if event.y == 0 else None
        if number is not None and number != self.number:
            self.post_message(self.TabPressed(number))

    def _labels(self, width: int, palette: Palette) -> list[Run]:
        if self.tabs:
            runs: list[Run] = []
            for i, (number, title) in enumerate(self.tabs):
                runs += [(" ", palette.border)] if i else []
                name = self.title() if number == self.number else title
                runs += self._tab(number, name, palette)
            return runs
        runs = self._tab(self.number, self.title(), palette)
        subtitle = list(self.subtitle(palette))
        taken = runs_width(runs) + runs_width(self.figure(palette)) + 10
        if subtitle and taken + runs_width(subtitle) <= width:
            edge = palette.border_focus if self.has_focus else palette.border
            runs += [(" ─ ", edge), *subtitle]
        return runs

    def _tab(self, number: int | None, title: str, palette: Palette) -> list[Run]:
        mine = number == self.number
        text = palette.strong if mine else palette.muted
        small = palette.text if mine and self.has_focus else palette.muted
        key = [(superscript(number), small)] if number is not None else []
        return [*key, (printable(title), text)]

    def _edge(
        self, corners: str, width: int, edge: Style, left: Sequence[Run], right: Sequence[Run]
    ) -> Line:
        line = Line().add(corners[0], edge)
        room = width - 4
        if left:
            if runs_width(left) + 2 > room:
                left = _cut_last(left, room - 2)
            line.add(" ", edge).extend(left).add(" ", edge)
        if right:
            left_over = width - line.width - 4
            if runs_width(right) > left_over:
                right = _cut_last(right, left_over) if not left else ()
        if right:
            line.to(width - runs_width(right) - 4, "─", edge)
            line.add(" ", edge).extend(right).add(" ", edge)
        return line.to(width - 1, "─", edge).add(corners[1], edge)


def _cut_last(runs: Sequence[Run], width: int) -> list[Run]:
    *first, (text, style) = runs
    room = width - runs_width(first)
    if room < 2:
        joined = "".join(text for text, _ in runs)
        return [(cut_end(joined, width), style)]
    return [*first, (cut_middle(text, room), style)]


def _side(content: Line, width: int, edge: Style, right: Run, palette: Palette) -> Line:
    ground = content.ground
    line = Line().add("│", edge)
    runs = content.cropped(width - FRAME_WIDTH)
    if ground is None:
        line.add(content.mark, palette.strong).extend(runs)
    else:
        line.add(content.mark, ground + palette.strong)
        line.extend((text, ground + style) for text, style in runs)
    return line.to(width - 1, style=ground or Style.null()).extend([right])
