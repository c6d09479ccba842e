"""What every page of the wall is given to see, and what it has to be able to say of itself.

A page is a pure drawing: it gets a `Sight` and a sheet. It is drawn again only when its `parts`
differ, so that a wall on which nothing happens costs nothing but its clock.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from goliath_tui.domain import Snapshot, SourceHealth, SourceState
from goliath_tui.measures.health import source_state
from goliath_tui.panes.condition import Condition, Moment, condition
from goliath_tui.panes.wall_sheet import Sheet
from goliath_tui.widgets.digits import DOUBLED, REGULAR
from goliath_tui.widgets.palette import Palette

#: A moment this far ahead of the clock means that the clock was turned back: its age is unknown.
AHEAD_MS = 5_000
#: Sizes from which words are drawn as glyphs, once and doubled: what is small on a large screen
#: is read from nowhere.
_GLYPHS_FROM, _DOUBLED_FROM = (100, 30), (300, 90)


class Sight(Struct, frozen=True):
    """What a page may look at. `gives`: source name → what it gives; `sources` are as of now."""

    snapshot: Snapshot
    moment: Moment
    zone: tzinfo
    gives: Mapping[str, frozenset[str]]
    sources: tuple[SourceHealth, ...] = ()

    def condition(self, what: str, needs: Sequence[str], *, known: bool) -> Condition:
        """The state of figures that rest on `needs`."""
        return condition(
            what=what,
            needs=needs,
            known=known,
            sources=self.sources,
            gives=self.gives,
            moment=self.moment,
        )


class WallPage(Protocol):
    """One page. `name` is what the config calls it."""

    name: str
    title: str

    def condition(self, sight: Sight) -> Condition:
        """The state of the page as a whole; blank: it has nothing to show."""

    def parts(self, sight: Sight) -> tuple[object, ...]:
        """All that the drawing rests on beside the size: equal parts, equal drawing."""

    def draw(self, sight: Sight, sheet: Sheet, scale: int, palette: Palette) -> None:
        """Draw on the sheet, words at most as large as `scale`."""


def sight(
    snapshot: Snapshot, moment: Moment, zone: tzinfo, gives: Mapping[str, frozenset[str]]
) -> Sight:
    """What there is to see at a moment, with the sources as they are by now."""
    return Sight(snapshot, moment, zone, gives, aged(snapshot.sources, moment))


def aged(sources: Sequence[SourceHealth], moment: Moment) -> tuple[SourceHealth, ...]:
    """The sources as of `moment`: after a sleep an old picture says so before a new one comes."""
    return tuple(
        replace(source, state=_by_now(source, moment)) if source.state is SourceState.OK else source
        for source in sources
    )


def _by_now(source: SourceHealth, moment: Moment) -> SourceState:
    return source_state(
        enabled=source.enabled,
        every_ms=source.every_ms,
        now=moment.pictured,
        last_poll=source.last_poll,
        last_success=source.last_success,
        last_error_kind=None,
    )


def age_of(at: int | None, moment: Moment) -> int | None:
    """How long ago `at` was; None for never, and for a moment that is still to come."""
    if at is None or at - moment.pictured > AHEAD_MS:
        return None
    return max(0, moment.pictured - at)


def oldest_ms(sources: Sequence[SourceHealth], moment: Moment) -> int | None:
    """The age of the oldest figure: of the source that answered longest ago; None is unknown."""
    ages = [age_of(source.last_success, moment) for source in sources if source.enabled]
    known = [age for age in ages if age is not None]
    return max(known) if known and len(known) == len(ages) else None


def word_scale(width: int, height: int) -> int:
    """How large words are at most on a screen: 0 is plain text."""
    for scale, (columns, rows) in ((DOUBLED, _DOUBLED_FROM), (REGULAR, _GLYPHS_FROM)):
        if width >= columns and height >= rows:
            return scale
    return 0
