"""The page in front on the wall: drawn again only when what it rests on has changed.

Nothing that a page meets may stop the wall: a page that cannot be drawn says so, and the others go
on turning.
"""

from collections.abc import Sequence

from goliath_tui.panes.condition import Condition, Mood, filled_share
from goliath_tui.panes.pane import mood_style
from goliath_tui.panes.wall import Sight, WallPage
from goliath_tui.panes.wall_differences import DifferencesPage
from goliath_tui.panes.wall_four import FourPage
from goliath_tui.panes.wall_services import ServicesPage
from goliath_tui.panes.wall_sheet import Sheet, common_scale, said_rows, said_width
from goliath_tui.panes.wall_sprint import SprintPage
from goliath_tui.panes.wall_traffic import TrafficPage
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import bar
from goliath_tui.widgets.ink import Line, wrap
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.palette import Palette

_KINDS: tuple[type[WallPage], ...] = (
    FourPage,
    TrafficPage,
    ServicesPage,
    SprintPage,
    DifferencesPage,
)
_ALARMING = {Mood.FAILING, Mood.REFUSED}


def wall_pages(names: Sequence[str]) -> list[WallPage]:
    """The pages of these names, in their order; all of them when none of the names is one."""
    kinds = {kind.name: kind for kind in _KINDS}
    wanted = [kinds[name]() for name in names if name in kinds]
    return wanted or [kind() for kind in _KINDS]


class PageView(LineWidget):
    """Draws one page."""

    def __init__(self) -> None:
        super().__init__(id="wall-page")
        self.page: WallPage | None = None
        self.sight: Sight | None = None
        self.scale = 0
        self._parts: object = None

    def take(self, page: WallPage, sight: Sight) -> None:
        """Show this page of what is seen; nothing happens when it would look the same."""
        parts = _parts(page, sight)
        if page is not self.page and isinstance(page, ServicesPage):
            page.come(sight)
            parts = _parts(page, sight)
        if page is self.page and parts == self._parts:
            self.sight = sight
            return
        self.page, self.sight, self._parts = page, sight, parts
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The page, or what it waits for."""
        page, seen = self.page, self.sight
        if page is None or seen is None:
            return ()
        sheet = Sheet(width, height)
        try:
            state = page.condition(seen)
            if state.blank:
                waiting(state, sheet, self.scale, palette)
            else:
                page.draw(seen, sheet, self.scale, palette)
        except Exception as error:  # noqa: BLE001 - a wall that nobody touches must go on
            sheet = Sheet(width, height)
            problem = f"this page cannot be drawn: {type(error).__name__}"
            broken = Condition(Mood.FAILING, sentence=problem, details=(str(error),))
            waiting(broken, sheet, self.scale, palette)
        return sheet.lines()


def has_something(page: WallPage, sight: Sight) -> bool:
    """Whether a page has figures to show."""
    try:
        return not page.condition(sight).blank
    except Exception:  # noqa: BLE001 - as above
        return False


def _parts(page: WallPage, sight: Sight) -> object:
    try:
        return page.parts(sight), page.condition(sight)
    except Exception as error:  # noqa: BLE001 - as above
        return str(error)


def waiting(state: Condition, sheet: Sheet, scale: int, palette: Palette) -> None:
    """What a page waits for, centred: a sentence, the progress of a fill, details."""
    style = mood_style(state.mood, palette) if state.mood in _ALARMING else palette.text
    room = max(1, sheet.width - 4)
    size = common_scale([state.sentence], room, scale)
    sentences = [state.sentence] if size else wrap(state.sentence, room)
    details = [line for text in state.details for line in wrap(text, min(room, 72))]
    share = filled_share(state.progress) if state.progress is not None else None
    tall = said_rows(size) * len(sentences) + 1 + (2 if share is not None else 0) + len(details)
    y = max(0, (sheet.height - tall) // 2)
    for text in sentences:
        wide = said_width(text, size)
        sheet.say(max(0, (sheet.width - wide) // 2), y, text, style, size, room)
        y += said_rows(size)
    y += 1
    if share is not None:
        cells = max(4, min(room - 10, sheet.width // 2))
        runs = [
            *bar(share, cells, palette.new, palette.faint, palette.behind(palette.faint)),
            (f" {fmt.percent(share):>7}", style),
        ]
        sheet.put((sheet.width - cells - 8) // 2, y, runs)
        y += 2
    for text in details:
        sheet.text(max(0, (sheet.width - len(text)) // 2), y, text, palette.muted)
        y += 1
