"""How a command begins: which config, which cache, which moment. The one place that ties them.

A cache of the rehearsal is named after the history that it holds, so that another week's or
another seed's history starts its own file.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from goliath_tui.clock import now_ms
from goliath_tui.config import Config, ConfigError, built_in, load
from goliath_tui.config_values import local_time_zone
from goliath_tui.domain import Snapshot, SourceSpec
from goliath_tui.sources import KINDS
from goliath_tui.store.errors import CacheBroken
from goliath_tui.store.reader import Store

if TYPE_CHECKING:
    from goliath_tui.app import GoliathApp

#: Short for hands, long for the bytes of one key on a slow line.
_ESCAPE_MS = "40"
REHEARSAL_KINDS = {"gateway": "goliath-gateway", "tracker": "goliath-tracker"}


def load_config(path: Path | None, began: int | None = None) -> Config:
    """The config at `path`, else ./config.yaml, else the user's own, else the rehearsal's.

    A rehearsal is that of the week of `began` (None: now), however long we then run: a new week
    tells another story, which must not be mixed into the cache of this one. Raises ConfigError.
    """
    config = _found_config(path)
    if config.rehearsal is None:
        return config
    rehearsal = replace(config.rehearsal, began=now_ms() if began is None else began)
    return replace(config, rehearsal=rehearsal)


def _found_config(path: Path | None) -> Config:
    if path is None and (here := Path("config.yaml")).is_file():
        return load(here, kinds=KINDS, trusted=False, cache_dir=Path("data"))
    import platformdirs

    own = platformdirs.user_config_path("goliath-tui") / "config.yaml"
    cache_dir = platformdirs.user_cache_path("goliath-tui")
    # The user's own config has one cache, however it comes to be used.
    if path is not None and path.absolute() != own:
        return load(path, kinds=KINDS, trusted=True, cache_dir=path.parent / "data")
    if path is not None or own.is_file():
        return load(own, kinds=KINDS, trusted=True, cache_dir=cache_dir)
    return built_in(cache_dir, local_time_zone())


def cache_file(config: Config) -> Path:
    """The cache of this config's migration. Raises ConfigError when its scenario is unreadable."""
    if config.rehearsal is None:
        name = re.sub(r"[^a-z0-9]+", "-", config.migration.lower()).strip("-") or "migration"
        return config.cache_dir / f"{name}.sqlite3"
    from goliath_tui.rehearsal.instance import instance, scenario_text

    scenario = config.rehearsal.scenario
    try:
        text = scenario_text(scenario)
    except (OSError, UnicodeDecodeError):
        raise ConfigError([f"{scenario}: cannot be read as UTF-8 text"]) from None
    began = config.rehearsal.began
    name = instance(text, config.rehearsal.seed, now_ms() if began is None else began)
    return config.cache_dir / f"{name}.sqlite3"


def source_specs(config: Config) -> tuple[SourceSpec, ...]:
    """The configured sources, without anything secret."""
    if config.rehearsal is not None:
        return tuple(
            SourceSpec(
                name=name,
                kind=kind,
                every_ms=KINDS[kind].default_every_ms,
                gives=KINDS[kind].measures(KINDS[kind].gives),
            )
            for name, kind in REHEARSAL_KINDS.items()
        )
    return tuple(source.spec(KINDS[source.kind]) for source in config.sources)


def measures_expected(config: Config) -> dict[str, frozenset[str]]:
    """The measures that each source which is switched on gives, by its name."""
    return {spec.name: spec.gives for spec in source_specs(config) if spec.enabled}


def link_hosts(config: Config) -> frozenset[str]:
    """The hosts that a browser may be sent to: those of the sources, and what the config adds."""
    own = {urlsplit(source.url).hostname for source in config.sources if source.url}
    return config.link_hosts.union(host for host in own if host)


def open_store(config: Config) -> Store:
    """The cache, to read from. Raises CacheError."""
    return Store(
        cache_file(config),
        migration=config.migration,
        rehearsal=config.rehearsal is not None,
        sources=source_specs(config),
        time_zone=config.time_zone,
        window_ms=config.window_ms,
    )


def own_command(*arguments: str) -> list[str]:
    """This program as a command line; `-P` keeps the working directory out of its imports."""
    return [sys.executable, "-P", "-m", "goliath_tui", *arguments]


def poll_command(config: Config) -> list[str]:
    """The command line of the poller for this config."""
    return own_command(*_named(config), "poll", "--child", *_began(config))


def viewer_command(config: Config) -> list[str]:
    """The command line of what a viewer in a browser looks at: it polls and writes nothing."""
    return own_command(*_named(config), "wall", "--viewer", *_began(config))


def _named(config: Config) -> list[str]:
    return ["--config", str(config.path)] if config.path is not None and config.trusted else []


def _week(config: Config) -> tuple[int, int] | None:
    """The week of a rehearsal, which it stays in however long it runs."""
    if config.rehearsal is None or config.rehearsal.began is None:
        return None
    from goliath_tui.rehearsal.weeks import WEEK, wednesday

    begins = wednesday(config.rehearsal.began)
    return begins, begins + WEEK


def _began(config: Config) -> list[str]:
    began = config.rehearsal.began if config.rehearsal is not None else None
    return [] if began is None else ["--began", str(began)]


def mission_control(config: Config, *, on_wall: bool = False, viewer: bool = False) -> GoliathApp:
    """The app with the first picture already taken from the cache. Raises CacheError.

    `on_wall`: it begins on the wall, not on the overview. `viewer`: somebody looks at it through
    a server, which polls for all; it asks, writes and opens nothing.
    A damaged cache starts with an empty picture: the poller moves the file aside and fills it anew.
    """
    store = open_store(config)
    try:
        first = store.snapshot()
    except CacheBroken:
        first = Snapshot(
            at=now_ms(),
            live=True,
            revision=0,
            migration=config.migration,
            rehearsal=config.rehearsal is not None,
        )
    store.close()
    # An escape key is told from the beginning of another key by waiting for the rest. Textual waits
    # a tenth of a second unless the environment says otherwise, which hands feel.
    os.environ.setdefault("ESCDELAY", _ESCAPE_MS)
    from goliath_tui.app import GoliathApp
    from goliath_tui.app_settings import AppSettings
    from goliath_tui.sweeping import Sweeper

    settings = AppSettings(
        time_zone=config.time_zone,
        theme=config.theme,
        keys=config.keys,
        gives={spec.name: spec.gives for spec in source_specs(config)},
        warnings=config.warnings,
        wall=config.wall,
        on_wall=on_wall,
        exports=config.cache_dir / "exports",
        link_hosts=link_hosts(config),
        read_only=viewer,
        week=_week(config),
    )
    return GoliathApp(
        open_store=lambda: open_store(config),
        first=first,
        settings=settings,
        poller_command=None if viewer else poll_command(config),
        sweeper=Sweeper(time.monotonic),
    )
