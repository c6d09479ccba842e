"""An app on a store that stands still, on a clock that does, and its picture as text."""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from pathlib import Path

from rich.segment import Segment

from goliath_tui.app import GoliathApp
from goliath_tui.app_settings import AppSettings
from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, Subject
from tests.ui import factory


class Clock:
    """UTC milliseconds that move only when told to."""

    def __init__(self, now: int = factory.NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Seconds:
    """Seconds by a monotonic clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


class StillStore:
    """A store with one picture; a test may exchange it and move the version."""

    def __init__(self, picture: Snapshot) -> None:
        self.picture = picture
        self.details: dict[Subject, Detail] = {}
        self.revision = 1

    def snapshot(self, _at: int | None = None) -> Snapshot:
        return self.picture

    def detail(self, subject: Subject, _at: int | None = None) -> Detail | None:
        return self.details.get(subject)

    def version(self) -> int:
        return self.revision

    def close(self) -> None:
        """Nothing is open."""

    def replace(self, picture: Snapshot) -> None:
        """What another process committing looks like."""
        self.picture = picture
        self.revision += 1


def make_app(
    picture: Snapshot,
    *,
    store: StillStore | None = None,
    clock: Clock | None = None,
    seconds: Seconds | None = None,
    theme: str | None = None,
    zone: tzinfo = UTC,
    keys: Mapping[str, str] | None = None,
    poller_command: Sequence[str] | None = None,
    warnings: Sequence[str] = (),
    exports: Path | None = None,
    link_hosts: frozenset[str] = frozenset(),
    read_only: bool = False,
    week: tuple[int, int] | None = None,
) -> GoliathApp:
    """The app as the command line makes it, but for the store, the clock and the poller."""
    door = store or StillStore(picture)
    settings = AppSettings(
        time_zone=zone,
        gives=factory.GIVES,
        theme=theme,
        keys=dict(keys or {}),
        warnings=warnings,
        exports=exports,
        link_hosts=link_hosts,
        read_only=read_only,
        week=week,
        clock=clock or Clock(),
        monotonic=seconds or Seconds(),
    )
    return GoliathApp(lambda: door, picture, settings, poller_command)


def rows(app: GoliathApp) -> list[list[Segment]]:
    """What the compositor would send to the terminal, line by line."""
    return [list(strip) for strip in app.screen._compositor.render_strips()]


def text(app: GoliathApp) -> str:
    """The picture as text, without trailing spaces."""
    lines = ("".join(segment.text for segment in row).rstrip() for row in rows(app))
    return "\n".join(lines) + "\n"
