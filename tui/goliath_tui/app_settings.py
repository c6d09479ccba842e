"""What the command line hands to the app."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path

from msgspec import Struct

from goliath_tui.clock import now_ms
from goliath_tui.domain.wall import WallSettings


class AppSettings(Struct, frozen=True):
    """What the command line knows and the screens need.

    `gives`: source name → the measures that rest on it. `keys`: binding id → keys,
    comma-separated. `theme` None: our own. `on_wall`: the wall is the first screen. `exports`: the
    folder for files. `link_hosts`: where the browser may be sent. `read_only`: whoever looks may
    only look. `week`: begin and end of what a rehearsal tells. `clock`: UTC ms; `monotonic`:
    seconds by a clock that is never set.
    """

    time_zone: tzinfo
    gives: Mapping[str, frozenset[str]] = {}
    theme: str | None = None
    keys: Mapping[str, str] = {}
    warnings: Sequence[str] = ()
    wall: WallSettings = WallSettings()
    on_wall: bool = False
    exports: Path | None = None
    link_hosts: frozenset[str] = frozenset()
    read_only: bool = False
    week: tuple[int, int] | None = None
    clock: Callable[[], int] = now_ms
    monotonic: Callable[[], float] = time.monotonic
