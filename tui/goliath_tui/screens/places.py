"""Which screen shows a subject. Screens are imported when somebody opens one."""

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import (
    FieldOf,
    GroupOf,
    NamesOf,
    ServiceOf,
    SourcesOf,
    SprintOf,
    Subject,
)
from goliath_tui.panes.classes import class_word
from goliath_tui.panes.condition import Moment
from goliath_tui.screens.view import Stage, View


def screen_for(
    subject: Subject, stage: Stage, snapshot: Snapshot, moment: Moment, trail: tuple[str, ...]
) -> View:
    """The screen that looks into `subject`, above those named in `trail`."""
    trail = (*trail, name_of(subject, snapshot))
    if isinstance(subject, ServiceOf):
        from goliath_tui.screens.service import ServiceScreen

        return ServiceScreen(stage, snapshot, moment, trail, subject)
    if isinstance(subject, FieldOf):
        from goliath_tui.screens.field import FieldScreen

        return FieldScreen(stage, snapshot, moment, trail, subject)
    if isinstance(subject, GroupOf):
        if subject.example is not None:
            from goliath_tui.screens.example import ExampleScreen

            return ExampleScreen(stage, snapshot, moment, trail, subject)
        from goliath_tui.screens.group import GroupScreen

        return GroupScreen(stage, snapshot, moment, trail, subject)
    if isinstance(subject, SprintOf):
        from goliath_tui.screens.sprint import SprintScreen

        return SprintScreen(stage, snapshot, moment, trail, subject)
    assert isinstance(subject, SourcesOf)  # noqa: S101 - names are for the palette, not for a screen
    from goliath_tui.screens.sources import SourcesScreen

    return SourcesScreen(stage, snapshot, moment, trail, subject)


def name_of(subject: Subject, snapshot: Snapshot) -> str:
    """A subject's name in a trail."""
    if isinstance(subject, ServiceOf):
        return subject.name
    if isinstance(subject, FieldOf):
        return subject.id
    if isinstance(subject, GroupOf):
        if subject.example is not None:
            return "example"
        feed = snapshot.mismatches.feed if snapshot.mismatches else ()
        row = next((row for row in feed if row.id == subject.id), None)
        return "difference" if row is None else f"{row.field} {class_word(row.kind)}"
    if isinstance(subject, SprintOf):
        current = snapshot.sprint
        is_current = current is not None and subject.id in {None, current.id}
        return current.name if current is not None and is_current else f"sprint {subject.id}"
    return "everything" if isinstance(subject, NamesOf) else "sources"
