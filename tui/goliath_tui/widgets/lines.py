"""A widget that draws itself as lines and repaints only the cells that changed.

Drawing is immediate: a widget draws its whole picture as lines, the difference to the picture on
the screen is found here, and only that is repainted. A changed figure costs its own cells.
"""

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from goliath_tui.widgets.ink import Line, changed_span
from goliath_tui.widgets.palette import Palette, palette_of

_BLANK = Line()


class LineWidget(Widget):
    """Base of everything on our screens. Subclasses implement `draw` and call `redraw`.

    A line object that `draw` gives again is taken as it was: lines are not changed once drawn.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "LineWidget { width: 1fr; height: 1fr; background: $background; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._strips: list[Strip] = []
        # The last drawing by the identity of its lines; holding the line keeps the identity taken.
        self._made: dict[int, tuple[Line, Strip]] = {}
        self._made_for: tuple[int, Palette] | None = None
        self._drawn: tuple[int, int, Palette] | None = None
        self._wants: tuple[int, int, Palette] | None = None

    @property
    def palette(self) -> Palette:
        """The styles of the theme that is on."""
        return palette_of(self.app)

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The whole picture, at most `height` lines of `width` cells."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again and repaint what differs. Hidden widgets wait until they are shown."""
        if self._drawn is None:
            return
        if not self.is_on_screen or self._drawn != self._wanted():
            self._drawn = None
            self.refresh()
            return
        before, self._strips = self._strips, self._render_strips()
        regions = []
        for y, (old, new) in enumerate(zip(before, self._strips, strict=True)):
            if old is not new and (span := changed_span(old, new)) is not None:
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if regions:
            self.refresh(*regions)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region, for the compositor."""
        # Asked once for all lines: size and theme are found by way of the whole app.
        self._wants = self._wanted()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the picture, for `render_lines`."""
        wanted = self._wants or self._wanted()
        if self._drawn != wanted:
            self._strips = self._render_strips()
            self._drawn = wanted
        return self._strips[y] if y < len(self._strips) else Strip.blank(wanted[0])

    def _wanted(self) -> tuple[int, int, Palette]:
        return (self.size.width, self.size.height, self.palette)

    def _render_strips(self) -> list[Strip]:
        width, height, palette = self._wanted()
        lines = list(self.draw(width, height, palette))[:height]
        lines.extend(_BLANK for _ in range(height - len(lines)))
        known = self._made if self._made_for == (width, palette) else {}
        made = {}
        for line in lines:
            made[id(line)] = known.get(id(line)) or (line, line.strip(width, palette.base))
        self._made, self._made_for = made, (width, palette)
        return [made[id(line)][1] for line in lines]
