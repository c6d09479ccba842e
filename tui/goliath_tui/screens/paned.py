"""A screen of panes: their places at any size, focus, full size, filter, and what is redrawn.

A screen of this kind names its panes and where they stand; everything that hands do with panes is
here. Each pane takes its part of a picture and tells what its drawing rests on, so that only panes
whose parts have changed draw again.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Subject
from goliath_tui.panes.condition import Condition, Moment, Mood, condition, givers
from goliath_tui.panes.header import Header
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.screens.last_line import LastLine
from goliath_tui.screens.plan import Plan
from goliath_tui.screens.view import (
    AskSources,
    Browse,
    Copy,
    Export,
    Freeze,
    Polled,
    Stage,
    View,
)
from goliath_tui.widgets.choice import Choice, ChoiceLine
from goliath_tui.widgets.frame import Frame
from goliath_tui.widgets.keys import APP_KEYS, SCREEN_KEYS, TABLE_KEYS, KeyLine, bindings, key_lines
from goliath_tui.widgets.lens import NO_LENS, Lens
from goliath_tui.widgets.lines import LineWidget
from goliath_tui.widgets.table import Table

#: What keys still do while something is asked in the last line.
_BESIDE_THE_PROMPT = frozenset({"back", "next_pane"})
#: What is not for those who may only look.
_HANDS_ON = frozenset({"refresh_pane", "refresh_all", "export", "copy", "browse"})
_FORMATS = (
    Choice("c", "CSV, for spreadsheets", "csv"),
    Choice("j", "JSON, for programs", "json"),
    Choice("s", "SVG, the screen", "svg"),
)


class PanedView(View):
    """Panes under a header, hints below. Subclasses give `plan` and, if they have some, strips."""

    BINDINGS = bindings(SCREEN_KEYS)
    DEFAULT_CSS = """
    PanedView { layers: base; overflow: hidden hidden; background: $background; }
    PanedView > * { position: absolute; }
    """
    #: The pane that has the focus at first.
    FIRST: ClassVar[str] = ""

    def __init__(
        self,
        stage: Stage,
        snapshot: Snapshot,
        moment: Moment,
        trail: tuple[str, ...] = (),
        subject: Subject | None = None,
        *,
        panes: Sequence[Pane],
    ) -> None:
        super().__init__(stage, snapshot, moment, trail, subject)
        self.header = Header(trail, stage.zone)
        self.panes: dict[str, Pane] = {str(pane.id): pane for pane in panes}
        self.current = self.FIRST or next(iter(self.panes))
        self.full = False
        tables = [pane for pane in panes if isinstance(pane, Table) and pane.FILTERED]
        self.last_line = LastLine(self, tables, self._focus_current)
        self._placed: Plan | None = None
        self._put()
        self._feel()

    # -- what a screen of panes gives

    def plan(self, width: int, height: int) -> Plan:
        """Where each pane and strip stands."""
        raise NotImplementedError

    def strips(self) -> Mapping[str, LineWidget]:
        """What is drawn beside the panes, by its name in the plan."""
        return {}

    def strip_parts(self) -> Mapping[LineWidget, tuple[object, ...]]:
        """What the drawing of each strip rests on."""
        return {}

    def put_strips(self) -> None:
        """Hand each strip its part of the picture; the snapshot, detail and moment are set."""

    # -- picture

    @property
    def lens(self) -> Lens:
        """The filter through which tables are seen."""
        return self.last_line.lens

    def compose(self) -> ComposeResult:
        """Every widget there will ever be; the plan says where, and which are seen."""
        yield self.header
        yield from self.strips().values()
        yield from self.panes.values()
        yield self.hint_bar

    def on_mount(self) -> None:
        """Place everything before the first frame."""
        self._place()
        self.panes[self.current].focus(scroll_visible=False)

    def on_resize(self) -> None:
        """Place everything anew."""
        self._place()

    def on_descendant_focus(self) -> None:
        """The pane that has the focus is the current one, however it got it."""
        focused = self.focused
        if isinstance(focused, Pane) and focused.id != self.current:
            self.current = str(focused.id)
        self._tell_whole_name()
        self.offer_hints()

    def show(self, snapshot: Snapshot, moment: Moment) -> None:
        """Hand every widget its part and redraw what differs."""
        before = self._inputs()
        self.snapshot = snapshot
        self.moment = moment
        self._put()
        self._feel()
        self._place()
        after = self._inputs()
        for widget, parts in after.items():
            if parts != before[widget]:
                widget.redraw()
        self._tell_whole_name()
        self.offer_hints()

    def tick(self, moment: Moment) -> None:
        """The clock, and whatever shows an age that has changed."""
        before = self._inputs()
        self.moment = moment
        self._feel()
        after = self._inputs()
        for widget, parts in after.items():
            if parts != before[widget]:
                widget.redraw()

    def _inputs(self) -> dict[LineWidget, tuple[object, ...]]:
        """All that each widget draws, to tell whether it has to draw again."""
        mode = (self.moment.frozen_at, self.moment.past)
        parts: dict[LineWidget, tuple[object, ...]] = {
            self.header: (self.snapshot.sources, self.snapshot.migration, self.header.moment),
            **self.strip_parts(),
        }
        for pane in self.panes.values():
            parts[pane] = (*pane.parts(), pane.condition, mode)
        return parts

    def _put(self) -> None:
        self.header.take(self.snapshot, self.moment)
        for pane in self.panes.values():
            pane.moment = self.moment
            pane.take(self.snapshot, self.detail)

    def _feel(self) -> None:
        self.header.moment = self.moment
        for pane in self.panes.values():
            pane.moment = self.moment
            if pane.NEEDS:
                known = pane.known()
                pane.condition = self.condition(pane.WHAT, pane.NEEDS, known=known)
                if not known and pane.condition.mood in _QUIET:
                    pane.condition = self._missing(pane)
        self.put_strips()

    def _missing(self, pane: Pane) -> Condition:
        """Why a pane has nothing although its sources are well."""
        if not self.answered:
            return Condition(Mood.LOADING, blank=True, sentence="…")
        if self.subject is None or self.detail is not None:
            return pane.condition
        then = self.moment.past is not None
        when = " at this moment" if then else " any more, or not yet"
        return Condition(Mood.EMPTY, blank=True, sentence=f"{self.title_of()} is not known{when}")

    def condition(self, what: str, needs: Sequence[str], *, known: bool) -> Condition:
        """How figures feel that need these measures."""
        return condition(
            what=what,
            needs=needs,
            known=known,
            sources=self.snapshot.sources,
            gives=self.stage.gives,
            moment=self.moment,
        )

    def polling(self, polled: Polled) -> None:
        """Who polls, for the header of a window that only reads, and whether that is in trouble."""
        told = (polled.elsewhere, bool(polled.troubles))
        if told != (self.header.polled_by, self.header.troubled):
            self.header.polled_by, self.header.troubled = told
            self.header.redraw()

    # -- place

    def _place(self) -> None:
        wanted = self.plan(*self.app.size)
        if wanted == self._placed:
            return
        self._placed = wanted
        tabs = tuple((pane.number or 0, name.capitalize()) for name, pane in self.panes.items())
        widgets: Mapping[str, LineWidget] = {
            "header": self.header,
            "hints": self.hint_bar,
            **self.strips(),
            **self.panes,
        }
        for name, widget in widgets.items():
            box = wanted.boxes.get(name)
            widget.display = box is not None
            if box is not None:
                widget.styles.offset = (box.x, box.y)
                widget.styles.width = box.width
                widget.styles.height = box.height
        for pane in self.panes.values():
            pane.tabs = tabs if wanted.tabs and len(tabs) > 1 else ()
            pane.redraw()
        self.last_line.lay()
        self.offer_hints()

    # -- hands

    def action_pane(self, number: int) -> None:
        """Go to a pane by its number."""
        names = list(self.panes)
        if number <= len(names):
            self._go(names[number - 1])

    def on_frame_tab_pressed(self, message: Frame.TabPressed) -> None:
        """A click on a pane's name goes there."""
        self.action_pane(message.number)

    def on_table_moved(self) -> None:
        """Another row is under the cursor: its whole name, where the table had to cut it."""
        self._tell_whole_name()
        self.offer_hints()

    async def on_table_opened(self) -> None:
        """A row was clicked twice."""
        await self.action_open()

    def _tell_whole_name(self) -> None:
        pane = self.panes[self.current]
        self.hint_bar.name_whole(pane.cut_name() if isinstance(pane, Table) else "")

    async def action_next_pane(self, step: int) -> None:
        """Go round the panes."""
        await self.last_line.settle()
        names = list(self.panes)
        self._go(names[(names.index(self.current) + step) % len(names)])

    def _go(self, name: str) -> None:
        self.current = name
        self._place()
        self._focus_current()

    def _focus_current(self) -> None:
        self.set_focus(self.panes[self.current], scroll_visible=False)

    async def action_open(self) -> None:
        """Look into what is under the cursor."""
        subject = self.panes[self.current].opens()
        if subject is not None:
            await self.way.open(subject)

    def action_freeze(self) -> None:
        """Hold the picture, or let it go on."""
        self.post_message(Freeze())

    def action_refresh_all(self) -> None:
        """Ask every source."""
        self.post_message(AskSources())

    def action_full(self) -> None:
        """Give the current pane the whole screen, or put it back."""
        self.full = not self.full
        self._place()

    def action_refresh_pane(self) -> None:
        """Ask the sources of the current pane."""
        names = self.sources_of(self.panes[self.current])
        if names:
            self.post_message(AskSources(names))
        else:
            self.say("no configured source gives this", alarm=True)

    def sources_of(self, pane: Pane) -> tuple[str, ...]:
        """The names of the sources that a pane's figures come from."""
        found = givers(pane.NEEDS, self.snapshot.sources, self.stage.gives)
        return tuple(source.name for source in found)

    def action_back(self) -> None:
        """Peel one layer: the prompt, the filter, the full size, the screen."""
        if self.last_line.asks:
            self.last_line.close(keep=False)
        elif self.lens:
            self.last_line.look_through(NO_LENS)
        elif self.full:
            self.action_full()
        elif self._alone():
            self._go(self.FIRST or next(iter(self.panes)))
        elif self.is_above():
            self.way.leave()

    def is_above(self) -> bool:
        """Whether there is a screen of ours behind this one."""
        return len(self.trail) > 1

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is typed into the prompt is text; keys that could do nothing are no keys."""
        # Keys behind the one that quits find a screen that is being taken down.
        if not self.is_attached:
            return False
        if self.last_line.has_keys:
            return action in _BESIDE_THE_PROMPT
        if self.stage.read_only and action in _HANDS_ON:
            return False
        if action == "pane":
            return isinstance(parameters[0], int) and parameters[0] <= len(self.panes)
        if action == "next_pane":
            return len(self.panes) > 1
        if action == "filter":
            return any(isinstance(pane, Table) for pane in self.panes.values())
        if action == "open":
            return self.panes[self.current].opens() is not None
        if action == "browse":
            return bool(self.panes[self.current].address())
        if action == "copy":
            return bool(self.panes[self.current].named())
        if action == "back":
            layers = self.last_line.asks or bool(self.lens) or self.full
            return layers or self._alone() or self.is_above()
        return True

    def _alone(self) -> bool:
        """Whether a pane that has no place of its own has taken the others' place."""
        placed = self._placed
        return placed is not None and placed.alone

    def key_groups(self) -> list[tuple[str, list[KeyLine]]]:
        """The keys of this screen by group, as the help shows them, after any rebinding."""
        rebound = self.stage.rebound
        keys = [key for key in (*APP_KEYS, *SCREEN_KEYS) if key.id not in self.idle_keys()]
        groups = [("Everywhere", key_lines(keys, rebound, panes=len(self.panes)))]
        if any(isinstance(pane, Table) for pane in self.panes.values()):
            groups.append(("In a table", key_lines(TABLE_KEYS, rebound)))
        return groups

    def idle_keys(self) -> frozenset[str]:
        """Ids of keys that never do anything on this screen."""
        panes = self.panes.values()
        idle = set()
        if len(self.panes) == 1:
            idle |= {"pane.next", "pane.previous"}
        if not any(isinstance(pane, Table) for pane in panes):
            idle |= {"filter"}
        if all(type(pane).opens is Pane.opens for pane in panes):
            idle |= {"open"}
        if all(type(pane).address is Pane.address for pane in panes):
            idle |= {"browse"}
        return frozenset(idle)

    def figures(self, desk: Desk) -> list[tuple[str, Sequence[Origin]]]:
        """Those of the current pane."""
        pane = self.panes[self.current]
        found = pane.origins(desk)
        return [(f"Where the figures of {pane.TITLE} come from", found)] if found else []

    def action_copy(self) -> None:
        """Copy the name under the cursor."""
        self.post_message(Copy(self.panes[self.current].named()))

    def action_browse(self) -> None:
        """Show what is under the cursor in the browser."""
        self.post_message(Browse(self.panes[self.current].address()))

    async def action_export(self) -> None:
        """Ask in which form what is seen goes into a file."""
        has_rows = self.panes[self.current].sheet() is not None
        formats = _FORMATS if has_rows else _FORMATS[-1:]
        await self.last_line.ask(ChoiceLine("export as", formats, self._export))

    def _export(self, kind: str) -> None:
        """Take the question away, then what is seen."""
        self.last_line.close(keep=True)
        sheet = self.panes[self.current].sheet()
        wanted = Export(kind, sheet, self, self.snapshot)
        if kind == "svg":
            # The question is not to be in it.
            self.call_after_refresh(self.post_message, wanted)
        else:
            self.post_message(wanted)

    async def action_filter(self) -> None:
        """Open the filter line."""
        await self.last_line.ask_filter()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """What is asked in the last line may be over."""
        self.last_line.blurred(event.widget)


#: Moods of a pane that waits for nothing but an answer from the cache.
_QUIET = frozenset({Mood.EMPTY, Mood.LIVE})
