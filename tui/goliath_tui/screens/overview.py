"""The first screen: the big four, and a pane for each thing that a migration is watched by."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.widget import Widget

from goliath_tui.domain import Snapshot
from goliath_tui.panes.condition import Condition, Moment, condition, givers
from goliath_tui.panes.differences import DifferencesPane
from goliath_tui.panes.header import Header
from goliath_tui.panes.headline import Headline
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.services import ServicesPane
from goliath_tui.panes.sources import SourcesPane
from goliath_tui.panes.sprint import SprintPane
from goliath_tui.panes.traffic import TrafficPane
from goliath_tui.screens.plan import PANES, Plan, plan
from goliath_tui.screens.view import AskSources, Freeze, Stage, View
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.frame import Frame
from goliath_tui.widgets.keys import APP_KEYS, SCREEN_KEYS, TABLE_KEYS, KeyLine, bindings, key_lines
from goliath_tui.widgets.lens import NO_LENS, Lens, LensError, parse_lens
from goliath_tui.widgets.lines import LineWidget

_MINUTE_MS = 60_000
#: What keys still do while a filter is typed.
_BESIDE_THE_PROMPT = frozenset({"back", "next_pane"})
#: Header, headline, hints and a single pane.
_ALONE = 4

if TYPE_CHECKING:
    from textual.widgets import Input


class Overview(View):
    """Five panes under the big four."""

    BINDINGS = bindings(SCREEN_KEYS, first=True)
    DEFAULT_CSS = """
    Overview { layers: base; overflow: hidden hidden; background: $background; }
    Overview > * { position: absolute; }
    """

    def __init__(self, stage: Stage, snapshot: Snapshot, moment: Moment) -> None:
        super().__init__(stage, snapshot, moment)
        zone = stage.zone
        self.header = Header("overview", zone)
        self.headline = Headline()
        self.traffic = TrafficPane(number=1, zone=zone)
        self.services = ServicesPane(number=2)
        self.sprint = SprintPane(number=3, zone=zone)
        self.differences = DifferencesPane(number=4, zone=zone)
        self.sources = SourcesPane(number=5, zone=zone)
        self.panes: dict[str, Pane] = {
            "traffic": self.traffic,
            "services": self.services,
            "sprint": self.sprint,
            "differences": self.differences,
            "sources": self.sources,
        }
        self.current = "services"
        self.full = False
        self.lens: Lens = NO_LENS
        self._prompt: Widget | None = None
        self._placed: Plan | None = None
        self._put(snapshot)
        self._feel(moment)

    def compose(self) -> ComposeResult:
        """Every widget there will ever be; the plan says where, and which are seen."""
        yield self.header
        yield self.headline
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
        self.offer_hints()

    # -- picture

    def show(self, snapshot: Snapshot, moment: Moment) -> None:
        """Hand every widget its part and redraw what differs."""
        before = self._inputs()
        self.snapshot = snapshot
        self.moment = moment
        self._put(snapshot)
        self._feel(moment)
        self._place()
        after = self._inputs()
        for widget, parts in after.items():
            if parts != before[widget]:
                widget.redraw()

    def tick(self, moment: Moment) -> None:
        """The clock, and whatever shows an age that has changed."""
        self.moment = moment
        before = {name: pane.condition for name, pane in self.panes.items()}
        headline = self.headline.conditions
        self._feel(moment)
        self.header.redraw()
        if self.headline.conditions != headline:
            self.headline.redraw()
        for name, pane in self.panes.items():
            if pane.condition != before[name] or pane is self.sources:
                pane.redraw()

    def _inputs(self) -> dict[LineWidget, tuple[object, ...]]:
        """All that each widget draws, to tell whether it has to draw again."""
        snapshot, moment = self.snapshot, self.moment
        headline = (snapshot.points, snapshot.fields, snapshot.traffic, snapshot.retired)
        mode = (moment.frozen_at, moment.past)
        parts: dict[LineWidget, tuple[object, ...]] = {
            self.header: (snapshot.sources, snapshot.migration, moment, snapshot.at),
            self.headline: (headline, self.headline.conditions),
            self.traffic: (snapshot.share_series, snapshot.traffic),
            self.services: (self.services.seen, self.services.points_condition),
            self.sprint: (snapshot.sprint, snapshot.milestones, snapshot.at // _MINUTE_MS),
            self.differences: (
                self.differences.seen,
                snapshot.mismatches,
                moment.pictured // _MINUTE_MS,
            ),
            self.sources: (snapshot.sources, moment.pictured // 1000),
        }
        for pane in self.panes.values():
            parts[pane] = (*parts[pane], pane.condition, mode)
        return parts

    def _put(self, snapshot: Snapshot) -> None:
        self.header.take(snapshot, self.moment)
        headline = self.headline
        headline.points, headline.fields = snapshot.points, snapshot.fields
        headline.traffic, headline.retired = snapshot.traffic, snapshot.retired
        self.traffic.series, self.traffic.traffic = snapshot.share_series, snapshot.traffic
        self.services.put(snapshot.services)
        self.sprint.sprint, self.sprint.milestones = snapshot.sprint, snapshot.milestones
        self.sprint.at = snapshot.at
        self.differences.mismatches = snapshot.mismatches
        self.differences.put(snapshot.mismatches.feed if snapshot.mismatches else ())
        self.sources.put(snapshot.sources)

    def _feel(self, moment: Moment) -> None:
        snapshot = self.snapshot
        self.header.moment = moment
        series, mismatches = snapshot.share_series, snapshot.mismatches
        known = {
            "traffic": series is not None and bool(series.points),
            "services": bool(snapshot.services),
            "sprint": snapshot.sprint is not None,
            "differences": mismatches is not None,
        }
        for name, pane in self.panes.items():
            pane.moment = moment
            if pane.NEEDS:
                pane.condition = self._condition(pane.WHAT, pane.NEEDS, known[name], moment)
        self.services.points_condition = self._condition("points", ("points",), True, moment)
        measured = {
            "points": snapshot.points,
            "fields": snapshot.fields,
            "traffic": snapshot.traffic,
        }
        self.headline.conditions = {
            need: self._condition(need, (need,), part is not None, moment)
            for need, part in measured.items()
        }

    def _condition(self, what: str, needs: Sequence[str], known: bool, moment: Moment) -> Condition:
        return condition(
            what=what,
            needs=needs,
            known=known,
            sources=self.snapshot.sources,
            gives=self.stage.gives,
            moment=moment,
        )

    # -- place

    def _place(self) -> None:
        width, height = self.app.size
        wanted = plan(
            width,
            height,
            focus=self.current,
            full=self.full,
            services=len(self.snapshot.services),
            sources=len(self.snapshot.sources),
        )
        if wanted == self._placed:
            return
        self._placed = wanted
        tabs = tuple((number, PANES[number - 1].capitalize()) for number in range(1, 6))
        widgets: Mapping[str, LineWidget] = {
            "header": self.header,
            "headline": self.headline,
            "hints": self.hint_bar,
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
            pane.tabs = tabs if wanted.tabs else ()
            pane.redraw()
        if self._prompt is not None:
            self._lay_prompt()
        self.offer_hints()

    # -- hands

    def action_pane(self, number: int) -> None:
        """Go to a pane by its number."""
        if number <= len(PANES):
            self._go(PANES[number - 1])

    def on_frame_tab_pressed(self, message: Frame.TabPressed) -> None:
        """A click on a pane's name goes there."""
        self.action_pane(message.number)

    def action_next_pane(self, step: int) -> None:
        """Go round the panes."""
        self._go(PANES[(PANES.index(self.current) + step) % len(PANES)])

    def _go(self, name: str) -> None:
        self.current = name
        self._place()
        self.set_focus(self.panes[name], scroll_visible=False)

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
        pane = self.panes[self.current]
        sources = self.snapshot.sources
        if pane.NEEDS:
            sources = tuple(givers(pane.NEEDS, sources, self.stage.gives))
        elif isinstance(pane, SourcesPane):
            row = pane.row()
            sources = (row,) if row is not None else ()
        if sources:
            self.post_message(AskSources(tuple(source.name for source in sources)))
        else:
            self.say("no configured source gives this", alarm=True)

    def action_back(self) -> None:
        """Peel one layer: the prompt, the filter, the full size. Never more."""
        if self._prompt is not None:
            self._close_prompt(keep=False)
        elif self.lens:
            self._look_through(NO_LENS)
        elif self.full:
            self.action_full()
        elif self._alone():
            self._go("services")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is typed into the prompt is text; keys that could do nothing are no keys."""
        if self._prompt is not None and self.focused is self._prompt:
            return action in _BESIDE_THE_PROMPT
        if action == "pane":
            return isinstance(parameters[0], int) and parameters[0] <= len(PANES)
        if action == "back":
            return self._prompt is not None or bool(self.lens) or self.full or self._alone()
        return True

    def _alone(self) -> bool:
        """Whether a pane that has no place of its own has taken the others' place."""
        placed = self._placed
        return placed is not None and not placed.tabs and len(placed.boxes) == _ALONE

    def key_groups(self) -> list[tuple[str, list[KeyLine]]]:
        """The keys of this screen by group, as the help shows them, after any rebinding."""
        rebound = self.stage.rebound
        return [
            ("Everywhere", key_lines((*APP_KEYS, *SCREEN_KEYS), rebound, panes=len(PANES))),
            ("In a table", key_lines(TABLE_KEYS, rebound)),
        ]

    def polling(self, words: str) -> None:
        """Who polls, for the sources' pane."""
        self.sources.poller = words
        self.sources.redraw()

    # -- filter

    async def action_filter(self) -> None:
        """Open the filter line."""
        from goliath_tui.widgets.prompt import FilterPrompt

        if self._prompt is None:
            self._prompt = FilterPrompt(self.lens.text)
            self._lay_prompt()
            await self.mount(self._prompt)
        self.set_focus(self._prompt, scroll_visible=False)
        self._tell_matches()

    def _lay_prompt(self) -> None:
        if self._prompt is not None:
            width, height = self.app.size
            self._prompt.styles.offset = (2, height - 1)
            self._prompt.styles.width = max(10, width // 2 - 4)

    def on_input_changed(self, event: "Input.Changed") -> None:
        """Filter as it is typed; what is no expression yet leaves the last filter in place."""
        event.stop()
        try:
            self._look_through(parse_lens(event.value))
        except LensError as error:
            self.say(f"not a regular expression yet: {error}", alarm=True)

    def on_input_submitted(self, event: "Input.Submitted") -> None:
        """Keep the filter and go back to the pane."""
        event.stop()
        self._close_prompt(keep=True)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Leaving the prompt for a pane keeps the filter."""
        if event.widget is self._prompt and self._prompt is not None:
            self.call_later(self._leave_prompt)

    def _leave_prompt(self) -> None:
        # Without any focus the terminal itself has lost it, which says nothing about the prompt.
        if self.focused is not None and self.focused is not self._prompt:
            self._close_prompt(keep=True)

    def _close_prompt(self, *, keep: bool) -> None:
        prompt, self._prompt = self._prompt, None
        if prompt is None:
            return
        if self.focused is prompt or self.focused is None:
            self.set_focus(self.panes[self.current], scroll_visible=False)
        prompt.remove()
        self.hint_bar.ask("")
        self.say("")
        if not keep:
            self._look_through(NO_LENS)
        self.offer_hints()

    def _look_through(self, lens: Lens) -> None:
        self.lens = lens
        self.services.look_through(lens)
        self.differences.look_through(lens)
        self._tell_matches()
        self.offer_hints()

    def _tell_matches(self) -> None:
        if self._prompt is not None:
            self.hint_bar.ask("/")
            self.say(
                f"{fmt.plural(len(self.services.seen), 'service')} · "
                f"{fmt.plural(len(self.differences.seen), 'difference')}"
            )
