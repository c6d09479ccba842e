"""One snapshot for each state that a pane must be able to show."""

from collections.abc import Callable

from msgspec.structs import replace

from goliath_tui.domain import Progress, Snapshot, SourceHealth, SourceState
from tests.ui import factory
from tests.ui.factory import MINUTE, NOW, SECOND

REFUSED = "gateway.example:443 refused the connection; is it up?"
UNAUTHORISED = "tracker.example answered 401: the token is not accepted"


def with_sources(picture: Snapshot, **changes: Callable[[SourceHealth], SourceHealth]) -> Snapshot:
    """The picture with sources changed by name."""
    changed = (changes.get(source.name, _same)(source) for source in picture.sources)
    return replace(picture, sources=tuple(changed))


def _same(source: SourceHealth) -> SourceHealth:
    return source


def stale() -> Snapshot:
    """The gateway answered last seven minutes ago."""

    def old(source: SourceHealth) -> SourceHealth:
        return replace(source, state=SourceState.STALE, last_success=NOW - 7 * MINUTE)

    return with_sources(factory.snapshot(), gateway=old)


def failing() -> Snapshot:
    """The gateway fails, the tracker refuses the credentials; both have been well before."""
    return with_sources(factory.snapshot(), gateway=_failing, tracker=_refused)


def failing_from_the_start() -> Snapshot:
    """The same, and nothing has ever been read."""

    def never(change: Callable[[SourceHealth], SourceHealth]) -> Callable[..., SourceHealth]:
        return lambda source: replace(change(source), last_success=None)

    return with_sources(factory.nothing_yet(), gateway=never(_failing), tracker=never(_refused))


def _failing(source: SourceHealth) -> SourceHealth:
    return replace(
        source,
        state=SourceState.FAILING,
        last_poll=NOW - 3 * SECOND,
        last_success=NOW - 4 * MINUTE,
        failing_since=NOW - 4 * MINUTE + 10 * SECOND,
        next_at=NOW + 12 * SECOND,
        error=REFUSED,
    )


def _refused(source: SourceHealth) -> SourceHealth:
    return replace(
        source, state=SourceState.REFUSED, last_success=NOW - 65 * MINUTE, error=UNAUTHORISED
    )


def loading() -> Snapshot:
    """Both sources are being read for the first time; the tracker cannot say how much there is."""

    def filling(remaining: int | None) -> Callable[[SourceHealth], SourceHealth]:
        return lambda source: replace(
            source,
            state=SourceState.OK,
            last_poll=NOW,
            last_success=NOW,
            progress=Progress(pages=12, rows=34_000, remaining=remaining),
        )

    return with_sources(factory.nothing_yet(), gateway=filling(61_000), tracker=filling(None))


def past() -> Snapshot:
    """Asked for a moment of the past."""
    return replace(factory.snapshot(), live=False)


STATES: dict[str, Callable[[], Snapshot]] = {
    "live": factory.snapshot,
    "empty": factory.nothing_yet,
    "loading": loading,
    "stale": stale,
    "failing": failing,
    "failing-from-the-start": failing_from_the_start,
    "past": past,
}
