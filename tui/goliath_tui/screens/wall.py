"""The wall: a screen that nobody touches, read from five metres. Pages turn by themselves.

It asks nothing and stops on nothing: pages turn by a monotonic clock, ages are counted from the
time of day as it is now, and what goes wrong is said in a line while the rest goes on.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from goliath_tui.domain import Snapshot
from goliath_tui.domain.wall import WallSettings
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.origins import Desk, Origin, origins
from goliath_tui.panes.wall import WallPage, sight, word_scale
from goliath_tui.panes.wall_sheet import said_rows
from goliath_tui.panes.wall_strips import BottomStrip, Turning
from goliath_tui.panes.wall_top import Beat, TopStrip
from goliath_tui.panes.wall_view import PageView, has_something, wall_pages
from goliath_tui.screens.plan import Box
from goliath_tui.screens.view import Stage, View
from goliath_tui.screens.wall_turning import Turner
from goliath_tui.widgets.keys import APP_KEYS, WALL_KEYS, KeyLine, bindings, key_lines
from goliath_tui.widgets.lines import LineWidget

#: From this height on the state of the sources is written in glyphs too.
_TALL = 50
#: Where the figures of a page come from: the pane that explains them.
_EXPLAINED = {"four": "headline"}


class WallScreen(View):
    """Clock above, a page, the sources below."""

    NAME = "wall"
    SAID_FOR_S: ClassVar[float] = 10.0
    BINDINGS = bindings(WALL_KEYS)
    DEFAULT_CSS = """
    WallScreen { layers: base; overflow: hidden hidden; background: $background; }
    WallScreen > * { position: absolute; }
    """

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        settings: WallSettings,
        trail: tuple[str, ...] = (),
    ) -> None:
        super().__init__(stage, snapshot, moment, (*trail, self.NAME))
        self.pages: list[WallPage] = wall_pages(settings.pages)
        self.turner = Turner(len(self.pages), max(1, settings.seconds), self.monotonic())
        self.top = TopStrip()
        self.beat = Beat()
        self.view = PageView()
        self.bottom = BottomStrip()
        self._placed: dict[LineWidget, Box] = {}
        self._hand()

    @property
    def page(self) -> WallPage:
        """The page in front."""
        return self.pages[self.turner.at]

    def compose(self) -> ComposeResult:
        """Clock, page, sources."""
        yield self.top
        yield self.beat
        yield self.view
        yield self.bottom

    def on_mount(self) -> None:
        """Place everything before the first frame."""
        self._place()

    def on_resize(self) -> None:
        """Place everything anew."""
        self._place()

    def show(self, snapshot: Snapshot, moment: Moment) -> None:
        """Take a new picture; the page draws what differs."""
        self.snapshot, self.moment = snapshot, moment
        self._hand()

    def tick(self, moment: Moment) -> None:
        """The clock went on: turn if it is time, redraw what shows it."""
        self.moment = moment
        self._hand()

    def put_said(self, text: str, *, alarm: bool) -> None:
        """In the last line, instead of the sources."""
        if (text, alarm) != (self.bottom.said, self.bottom.alarm):
            self.bottom.said, self.bottom.alarm = text, alarm
            self.bottom.redraw()

    def key_groups(self) -> list[tuple[str, list[KeyLine]]]:
        """The keys of the wall, after any rebinding."""
        usable = {"help"} if self.stage.read_only else {"help", "quit", "suspend", "quit.now"}
        everywhere = [key for key in APP_KEYS if key.id in usable]
        own = [key for key in WALL_KEYS if key.id != "wall.leave" or len(self.trail) > 1]
        return [("The wall", key_lines((*own, *everywhere), self.stage.rebound))]

    def figures(self, desk: Desk) -> list[tuple[str, Sequence[Origin]]]:
        """Where the figures of the page in front come from, and the big four's."""
        pane = _EXPLAINED.get(self.page.name, self.page.name)
        found: list[tuple[str, Sequence[Origin]]] = [
            ("Where the big four come from", origins("headline", desk))
        ]
        if pane != "headline":
            heading = f"Where the figures of {self.page.title.capitalize()} come from"
            found.insert(0, (heading, origins(pane, desk)))
        return found

    def action_turn(self, by: int) -> None:
        """Turn by hand."""
        self.turner.turn(by, self.monotonic())
        self._hand()

    def action_hold(self) -> None:
        """Hold the page, or let the pages turn on."""
        self.turner.hold(self.monotonic())
        self._hand()

    def action_back(self) -> None:
        """Back to where the wall was opened."""
        self.way.leave()

    def _hand(self) -> None:
        """Give every part what it draws; what looks the same as before is not drawn again."""
        now = self.monotonic()
        seen = sight(self.snapshot, self.moment, self.stage.zone, self.stage.gives)
        self.turner.tick(now, lambda i: has_something(self.pages[i], seen))
        self.top.sight = self.beat.sight = self.bottom.sight = seen
        self.top.title = self.page.title
        self.bottom.turning = Turning(
            tuple(page.title for page in self.pages),
            self.turner.at,
            self.turner.share(now),
            self.turner.held,
        )
        self.view.take(self.page, seen)
        for widget in (self.top, self.beat, self.bottom):
            widget.redraw()

    def _place(self) -> None:
        width, height = self.app.size
        scale = word_scale(width, height)
        for widget, box in self._boxes(width, height, scale).items():
            if self._placed.get(widget) != box:
                widget.styles.offset = (box.x, box.y)
                widget.styles.width, widget.styles.height = box.width, box.height
                self._placed[widget] = box
        for widget in (self.top, self.beat, self.view, self.bottom):
            if widget.scale != scale:
                widget.scale = scale
                widget.redraw()

    def _boxes(self, width: int, height: int, scale: int) -> dict[LineWidget, Box]:
        """Where each part stands; a margin where there is room for one."""
        top = min(height, said_rows(scale))
        bottom = 1 if scale == 0 else 1 + (said_rows(scale) if height >= _TALL else 1)
        bottom = min(bottom, max(0, height - top))
        air = 0 if height < 20 else 1 if height < _TALL else 2
        left = 0 if width < 100 else 1
        beat = Beat.cells(scale)
        middle = max(0, height - top - bottom - air - (1 if height >= 40 else 0))
        return {
            self.top: Box(left, 0, max(0, width - 2 * left - beat), top),
            self.beat: Box(max(left, width - left - beat), 0, min(beat, width), top),
            self.view: Box(left, top + air, width - 2 * left, middle),
            self.bottom: Box(left, height - bottom, width - 2 * left, bottom),
        }
