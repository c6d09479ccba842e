"""A migration state as a mark and a word: how full the mark is tells how far the field has come."""

from collections import Counter
from collections.abc import Sequence

from goliath_tui.domain import MigrationState
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Run
from goliath_tui.widgets.palette import Palette

MARKS = {
    MigrationState.LEGACY: "○",
    MigrationState.MANUAL: "◌",
    MigrationState.SIDE_BY_SIDE: "◐",
    MigrationState.CANARY: "◕",
    MigrationState.MIGRATED: "●",
    MigrationState.RETIRED: "✓",
}
_ROLES = {
    MigrationState.LEGACY: "legacy",
    MigrationState.MANUAL: "legacy",
    MigrationState.MIGRATED: "new",
    MigrationState.RETIRED: "new",
}
#: How far each state is on the way; for sorting.
ORDER = {state: i for i, state in enumerate(MigrationState)}


def state_words(state: MigrationState | None, percentage: float | None) -> str:
    """`canary 25 %`, `side-by-side`; None: unknown."""
    if state is None:
        return fmt.UNKNOWN
    if percentage is None or state is not MigrationState.CANARY:
        return state.value
    return f"{state.value} {percentage:.3g} %"


def marked_words(state: MigrationState | None, percentage: float | None) -> str:
    """The mark and the words; of an unknown state there is no mark."""
    words = state_words(state, percentage)
    return words if state is None else f"{MARKS[state]} {words}"


def state_runs(
    state: MigrationState | None, percentage: float | None, palette: Palette
) -> list[Run]:
    """The mark in its side's hue, and the words; an unknown state is faint and has no mark."""
    if state is None:
        return [(fmt.UNKNOWN, palette.faint)]
    mark = getattr(palette, _ROLES.get(state, "text"))
    return [(f"{MARKS[state]} ", mark), (state_words(state, percentage), palette.text)]


def counted(states: Sequence[MigrationState]) -> str:
    """`9 migrated, 5 canary`: most first, of equals the one that is further on its way."""
    counts = Counter(states)
    order = sorted(counts, key=lambda state: (-counts[state], -ORDER[state]))
    return ", ".join(f"{counts[state]:,} {state.value}" for state in order)
