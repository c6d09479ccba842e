"""What the palette offers on the screen behind it, and the way to what was picked there."""

from typing import TYPE_CHECKING

from goliath_tui.domain.subjects import FieldOf, GroupOf, ServiceOf, SprintOf, Subject
from goliath_tui.screens.catalogue import (
    Catalogue,
    Entry,
    Home,
    Jump,
    Known,
    Press,
    Target,
    actions,
    places,
)
from goliath_tui.screens.palette import PaletteScreen
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.places import name_of
from goliath_tui.screens.view import View

if TYPE_CHECKING:
    from goliath_tui.app import GoliathApp


def palette(app: "GoliathApp", view: "View") -> PaletteScreen:
    """The palette above `view`."""
    possible = {
        bound.binding.action: bound.binding.key
        for bound in reversed(view.active_bindings.values())
        if bound.enabled
    }
    fixed = [*places(possible), *_panes(view), *actions(possible)]
    catalogue = Catalogue(fixed, _recent(app, view))
    catalogue.known = app.known

    def keep(known: Known) -> None:
        app.known = known

    return PaletteScreen(
        app.stage, app.shown, app.moment(), view.trail, catalogue, keep=keep, pick=app.pick
    )


def _panes(view: "View") -> list[Entry]:
    if not isinstance(view, PanedView) or len(view.panes) < 2:
        return []
    return [
        Entry("pane", pane.title(), Press(f"pane({pane.number})"), key=str(pane.number))
        for pane in view.panes.values()
        if pane.number is not None
    ]


def _recent(app: "GoliathApp", view: "View") -> list[Entry]:
    found = []
    here = view.reopens()
    for subject in app.recent:
        kind = _KINDS.get(type(subject))
        if kind is not None and subject != here and not _is_part(subject):
            name = name_of(subject, app.shown)
            found.append(Entry(kind, name, subject, "looked into lately"))
    return found


_KINDS = {ServiceOf: "service", FieldOf: "field", GroupOf: "diff", SprintOf: "sprint"}


def _is_part(subject: Subject) -> bool:
    return isinstance(subject, GroupOf) and subject.example is not None


async def go(app: "GoliathApp", target: Target) -> None:
    """Leave the palette for what was picked in it."""
    app.leave()
    view = app.front()
    if view is None:
        return
    if isinstance(target, Jump):
        app.go_to(target.at)
    elif isinstance(target, Home):
        while len(app.screen_stack) > 1:
            app.leave()
    elif isinstance(target, Press):
        await view.press(target.action)
    else:
        await reach(app, target)


async def reach(app: "GoliathApp", subject: Subject) -> None:
    """The screen of `subject`: one that is open already, or a new one on top."""
    open_now = [screen.reopens() for screen in app.screen_stack if isinstance(screen, View)]
    if subject not in open_now:
        await app.open(subject)
        return
    while (view := app.front()) is not None and view.reopens() != subject:
        app.leave()
