"""The palette: one line over a list in which everything that has a name is found by a few letters.

Names come from the cache while it is open; what can be done, and the screens, are there at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, Names, NamesOf
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.header import Header
from goliath_tui.screens.catalogue import (
    Catalogue,
    Entry,
    Found,
    Known,
    Target,
    Write,
    typed_moment,
)
from goliath_tui.screens.view import Stage, View
from goliath_tui.travel import parse_moment
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.frame import FRAME_WIDTH, Frame
from goliath_tui.widgets.fuzzy import marks
from goliath_tui.widgets.ink import Line, Run, cut_end, cut_middle, fit, printable
from goliath_tui.widgets.keys import PALETTE_KEYS, bindings
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.prompt import settled

#: For how long a key waits for names that have come and are being made ready.
_LEARNS_WITHIN_S = 0.5
_LONGEST = 200
_MOST_WIDTH = 116
_WHEEL = 3
_KIND, _KEY = 9, 7
_MARKED = Style(bold=True, underline=True)


class FoundList(Frame):
    """What was found; its first line is left to what is typed."""

    TITLE = "Find"

    class Clicked(Message):
        """An entry was clicked."""

    def __init__(self) -> None:
        super().__init__(id="found")
        self.can_focus = False
        self.found = Found(())
        self.typed = ""
        self.total = 0
        self.complaint = ""
        self.waiting = False
        self.cursor = 0
        self.page = 1
        self._top = 0

    def entry(self) -> Entry | None:
        """What is under the cursor."""
        return self.found[self.cursor] if self.cursor < len(self.found) else None

    def cut_name(self) -> str:
        """The whole name under the cursor, if it had to be cut."""
        entry = self.entry()
        if entry is None:
            return ""
        room, _ = _rooms(entry, self.size.width - FRAME_WIDTH)
        return entry.name if cell_len(printable(entry.name)) > room else ""

    def show(self, found: Found, typed: str, complaint: str) -> None:
        """Show what was found, the best under the cursor."""
        self.found, self.typed, self.complaint = found, typed, complaint
        self.cursor = self._top = 0
        self.redraw()

    def move(self, rows: int) -> None:
        """Move the cursor."""
        self.cursor = max(0, min(self.cursor + rows, len(self.found) - 1))
        self.redraw()

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How many were found, of how many."""
        if not self.typed.strip():
            return [(f"{self.total:,}", palette.text)]
        return [(f"{len(self.found):,} of {self.total:,}", palette.text)]

    def note(self, palette: Palette) -> Sequence[Run]:
        """That names are still to come."""
        return [("names are under way …", palette.muted)] if self.waiting else ()

    def thumb(self, height: int) -> tuple[int, int] | None:
        """The scroll thumb beside the entries."""
        rows, page = len(self.found), height - 2
        if page < 2 or rows <= page:
            return None
        size = max(1, page * page // rows)
        start = 2 + round(self._top * (page - size) / (rows - page))
        return start, start + size

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The sign of the prompt, a rule, and the entries in sight."""
        rule = Line().to(width, "─", palette.border)
        lines = [Line([(":", palette.strong)]), rule]
        self.page = page = max(1, height - len(lines))
        if self.complaint:
            lines.append(Line([(cut_end(printable(self.complaint), width), palette.warn)]))
        elif not len(self.found):
            words = f"nothing is called {self.typed.strip()}"
            lines.append(Line([(cut_end(printable(words), width), palette.muted)]))
        least = self.cursor - page + 1
        self._top = max(0, min(max(self._top, least), self.cursor, len(self.found) - 1))
        in_sight = range(self._top, min(self._top + page, len(self.found)))
        return lines + [
            self._row(self.found[i], width, palette, current=i == self.cursor) for i in in_sight
        ]

    def _row(self, entry: Entry, width: int, palette: Palette, *, current: bool) -> Line:
        room, about_width = _rooms(entry, width)
        ground = palette.cursor if current else None
        line = Line([(fit(entry.kind, _KIND), palette.muted)], ground=ground)
        line.mark = "▸" if current else " "
        line.extend(name_runs(entry.name, self.typed, room, palette))
        if about_width:
            line.to(_KIND + room + 2)
            line.add(fit(entry.about, about_width, cut="end").rstrip(), palette.muted)
        line.right([(printable(entry.key), palette.strong)], width)
        if current and palette.flat:
            line.runs = [(text, (ground or style) + _weight(style)) for text, style in line.runs]
        return line

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.move(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self.move(-_WHEEL)

    def on_click(self, event: events.Click) -> None:
        """A click on an entry picks it."""
        at = self._top + event.y - 3
        if event.y >= 3 and at < min(len(self.found), self._top + self.page):
            self.cursor = at
            self.redraw()
            self.post_message(self.Clicked())


def _rooms(entry: Entry, width: int) -> tuple[int, int]:
    """The cells of an entry's name, and of what is said about it."""
    about = max(0, min(48, width // 2 - _KIND)) if entry.about else 0
    return max(8, width - _KIND - about - _KEY - 4), about


def _weight(style: Style) -> Style:
    return Style(bold=style.bold, underline=style.underline)


def name_runs(name: str, typed: str, width: int, palette: Palette) -> list[Run]:
    """A name in at most `width` cells, the letters that were typed marked in it."""
    shown = cut_middle(printable(name), width)
    hits = marks(name, typed)
    if shown != printable(name):
        pairs = enumerate(zip(shown, printable(name), strict=False))
        head = next((at for at, (one, other) in pairs if one != other), len(shown))
        gap = len(name) - len(shown)
        hits = tuple(at if at < head else at - gap for at in hits if at < head or at - gap > head)
    styles = (palette.text, palette.text + _MARKED)
    letters = ((letter, at in hits) for at, letter in enumerate(shown))
    return [
        ("".join(letter for letter, _ in piece), styles[hit])
        for hit, piece in groupby(letters, key=itemgetter(1))
    ]


class PaletteScreen(View):
    """Opaque, so that the screen behind costs nothing while it is open.

    `known`: the names as they were when it was open last; `keep` is handed newer ones. `pick` goes
    to what was picked, instead of the palette.
    """

    NAME = "find"
    BINDINGS = bindings(PALETTE_KEYS)
    DEFAULT_CSS = """
    PaletteScreen { layers: base; overflow: hidden hidden; background: $background; }
    PaletteScreen > * { position: absolute; }
    PaletteScreen Input, PaletteScreen Input:focus {
        border: none; height: 1; padding: 0; background: $background; color: $foreground;
        background-tint: $background 0%;
    }
    """

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        trail: tuple[str, ...],
        catalogue: Catalogue,
        *,
        keep: Callable[[Known], None],
        pick: Callable[[Target], Awaitable[None]],
    ) -> None:
        super().__init__(stage, snapshot, moment, (*trail, self.NAME), NamesOf())
        self.catalogue = catalogue
        # Names of the last time will do until newer ones come.
        self.answered = catalogue.known is not None
        self._keep = keep
        self._go = pick
        self.header = Header(self.trail, stage.zone)
        self.header.take(snapshot, moment)
        self.list = FoundList()
        self.line = Input(
            placeholder="service, field, sprint, screen, action, at 2026-03-01",
            compact=True,
            max_length=_LONGEST,
            select_on_focus=False,
        )
        self.list.waiting = catalogue.known is None
        self._learned = asyncio.Event()
        self._learned.set()
        self._looked_for = ""
        self._wanted = ""
        self._find("")

    def compose(self) -> ComposeResult:
        """Header, list, the line over it, hints."""
        yield self.header
        yield self.list
        yield self.line
        yield self.hint_bar

    def on_mount(self) -> None:
        """The line takes what is typed."""
        self._place()
        self.set_focus(self.line, scroll_visible=False)
        self.offer_hints()

    def on_resize(self) -> None:
        """Place everything anew."""
        self._place()

    def _place(self) -> None:
        width, height = self.app.size
        across = min(width, _MOST_WIDTH)
        x = (width - across) // 2
        top = 2 if height >= 30 else 1
        for widget, box in (
            (self.header, (0, 0, width, 1)),
            (self.list, (x, top, across, max(5, height - top - 1))),
            (self.line, (x + 4, top + 1, max(4, across - 6), 1)),
            (self.hint_bar, (0, height - 1, width, 1)),
        ):
            widget.styles.offset = box[:2]
            widget.styles.width, widget.styles.height = box[2:]

    # -- names

    def fill(self, detail: Detail | None) -> None:
        """Take the names; they are made ready beside, so that typing goes on."""
        super().fill(detail)
        names = detail if isinstance(detail, Names) else Names()
        known = self.catalogue.known
        if known is None or known.names != names:
            self._learned.clear()
            self.run_worker(self._learn(names), exclusive=True)

    async def _learn(self, names: Names) -> None:
        known = await asyncio.to_thread(Known, names)
        self._learned.set()
        self._keep(known)
        self.catalogue.known = known
        self.list.waiting = False
        held = self.list.entry() if self.list.cursor else None
        self._find(self.line.value)
        if held is not None:
            self._hold(held)
        elif self._wanted and self._wanted == self.line.value:
            self.app.call_later(self._pick)

    def _hold(self, held: Entry) -> None:
        near = range(min(len(self.list.found), 10 * self.list.page))
        at = next((i for i in near if self.list.found[i] == held), 0)
        self.list.move(at)

    def show(self, snapshot: Snapshot, moment: Moment) -> None:
        """The first line goes on."""
        self.snapshot = snapshot
        self.tick(moment)

    def tick(self, moment: Moment) -> None:
        """The clock."""
        self.moment = moment
        self.header.take(self.snapshot, moment)
        self.header.redraw()

    # -- hands

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find as it is typed."""
        event.stop()
        self._catch_up()

    def _catch_up(self) -> None:
        """Find what stands in the line, unless that was found already."""
        if self.line.value != self._looked_for:
            self._find(self.line.value)

    def _find(self, typed: str) -> None:
        self._looked_for = typed
        # A second colon, as those type it who begin a command with one.
        typed = typed.lstrip().removeprefix(":")
        zone = self.stage.zone
        moment = typed_moment(
            typed,
            self.moment.now,
            lambda text: parse_moment(text, zone),
            lambda at: fmt.full_moment(at, zone),
        )
        self.list.total = len(self.catalogue)
        if moment is None:
            self.list.show(self.catalogue.find(typed), typed, "")
        else:
            entry, complaint = moment
            found = Found([([entry], range(1))] if entry is not None else ())
            self.list.show(found, "", complaint)
        self._tell_whole_name()

    def _tell_whole_name(self) -> None:
        self.hint_bar.name_whole(self.list.cut_name())

    # These keys come before those that are typed, which the line has yet to take.

    async def action_choose(self, rows: int) -> None:
        """Another entry."""
        await settled(self.line)
        self._catch_up()
        self.list.move(rows)
        self._tell_whole_name()

    async def action_choose_page(self, pages: int) -> None:
        """A page of entries further."""
        await self.action_choose(pages * self.list.page)

    async def action_pick(self) -> None:
        """Go where the entry under the cursor leads."""
        await settled(self.line)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._learned.wait(), _LEARNS_WITHIN_S)
        await self._pick()

    async def _pick(self) -> None:
        if not self.is_current:
            return
        self._catch_up()
        entry = self.list.entry()
        if self.list.complaint:
            self.say(self.list.complaint, alarm=True)
        elif entry is None:
            # Typed and entered in one go: what it is may come with the names.
            self._wanted = self.line.value if self.list.waiting else ""
        elif isinstance(entry.target, Write):
            self.line.value = entry.target.text
            self.line.cursor_position = len(entry.target.text)
        else:
            await self._go(entry.target)

    # The way leads out of this screen, which is no way for its own worker or handler to go.

    def on_found_list_clicked(self) -> None:
        """A click picks."""
        self.app.call_later(self._pick)

    def action_close(self) -> None:
        """Back to the screen behind."""
        self.way.leave()
