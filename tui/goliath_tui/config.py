"""config.yaml → one typed, frozen Config, with errors that say file, line, what and how.

Trust: a config that was merely found in the working directory may have come with a clone. It may
use no secret, whose receiver it would name as well, read no file and keep no cache outside its own
directory, and send the browser to no host but its sources'. Name it with `--config` and it may do
all of that.
"""

import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

import msgspec

from goliath_tui.clean import clean_text
from goliath_tui.config_reading import Reading
from goliath_tui.config_sources import SourceConfig, Sources
from goliath_tui.config_values import did_you_mean, local_time_zone, nearest, zone
from goliath_tui.domain.wall import LONGEST_S, PAGES, SHORTEST_S, WallSettings
from goliath_tui.sources import SourceKind
from goliath_tui.yaml_lines import YamlError, parse

_LARGEST = 4_000_000
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")


class ConfigError(Exception):
    """The config is wrong. Each problem is one line: `file:line: where: what, and what to do`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RehearsalConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The training simulator instead of real sources. `scenario` None: the one that is built in.

    `began`: the story is that of the week of this moment, UTC ms; None: of whatever week it is.
    """

    seed: int = 1
    scenario: Path | None = None
    began: int | None = None


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. Exactly one of `rehearsal` and `sources` is set. `path` None: built in.

    `cache_dir` is the folder for cache files; `trusted`: the user named the file. `link_hosts`:
    hosts beside the sources' own that a browser may be sent to.
    """

    migration: str
    cache_dir: Path
    time_zone: tzinfo
    window_ms: int = 3_600_000
    theme: str | None = None
    keys: dict[str, str] = {}
    link_hosts: frozenset[str] = frozenset()
    wall: WallSettings = WallSettings()
    rehearsal: RehearsalConfig | None = None
    sources: tuple[SourceConfig, ...] = ()
    path: Path | None = None
    warnings: tuple[str, ...] = ()
    trusted: bool = False


class _LinksShape(msgspec.Struct):
    hosts: list[str] = []


class _RehearsalShape(msgspec.Struct):
    seed: int = 1
    scenario: str | None = None


class _WallShape(msgspec.Struct):
    pages: tuple[str, ...] = PAGES
    seconds: int = WallSettings().seconds


class _ConfigShape(msgspec.Struct):
    migration: str = "migration"
    cache: str | None = None
    time_zone: str | None = None
    window: str | float | None = None
    theme: str | None = None
    keys: dict[str, str] = {}
    links: Any = None
    wall: Any = None
    rehearsal: Any = None
    sources: Any = None


def load(path: Path, *, kinds: Mapping[str, SourceKind], trusted: bool, cache_dir: Path) -> Config:
    """The config in the file at `path`. Raises ConfigError with every problem found.

    `kinds`: the known kinds of source. `trusted`: the user named the file, or keeps it in their own
    config directory. `cache_dir` is where caches go when the config does not say.
    """
    try:
        document = parse(_text(path))
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: is not UTF-8 text"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror or 'cannot be read'}"]) from None
    except YamlError as error:
        raise ConfigError([f"{path}:{error.line}: {error}"]) from None
    reading = Reading(path, document, trusted=trusted)
    config = _Settings(reading).config(cache_dir, Sources(reading, kinds))
    if reading.problems:
        # A setting that nobody knows may be the one that is missed.
        raise ConfigError([*reading.problems, *reading.warnings])
    return config


def _text(path: Path) -> str:
    """What the file says. One that was merely found may be of any length, or have no end."""
    with path.open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise YamlError("is larger than 4 MB: that is no config", 1)
    return data.decode("utf-8")


def built_in(cache_dir: Path, time_zone: tzinfo) -> Config:
    """The config without a file: the rehearsal."""
    return Config(
        migration="Goliath",
        cache_dir=cache_dir,
        time_zone=time_zone,
        rehearsal=RehearsalConfig(),
        trusted=True,
    )


class _Settings:
    """The settings of one document, but for its sources."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def config(self, cache_dir: Path, sources: Sources) -> Config:
        shape = self.reading.shape(_ConfigShape, self.reading.document.value, ()) or _ConfigShape()
        read = tuple(sources.read(shape.sources))
        rehearsal = self.rehearsal(shape.rehearsal)
        if rehearsal and read:
            self.reading.problem(
                ("rehearsal",), "the rehearsal brings its own sources: remove one of both"
            )
        if not rehearsal and not read and not self.reading.problems:
            self.reading.problem(
                (), "expected `sources:` with at least one entry, or `rehearsal: {}`"
            )
        return Config(
            migration=clean_text(shape.migration, limit=80),
            cache_dir=self.cache_dir(shape.cache, cache_dir),
            time_zone=self.time_zone(shape.time_zone),
            window_ms=self.reading.duration(("window",), shape.window, 3_600_000, least=60_000),
            theme=shape.theme,
            keys=shape.keys,
            link_hosts=self.link_hosts(shape.links),
            wall=self.wall(shape.wall),
            rehearsal=rehearsal,
            sources=read,
            path=self.reading.path,
            warnings=tuple(self.reading.warnings),
            trusted=self.reading.trusted,
        )

    def rehearsal(self, raw: Any) -> RehearsalConfig | None:
        if raw is None or raw is False:
            return None
        shape = self.reading.shape(_RehearsalShape, {} if raw is True else raw, ("rehearsal",))
        if shape is None:
            return None
        where = ("rehearsal", "scenario")
        scenario = self.reading.file(shape.scenario, where) if shape.scenario else None
        if scenario and not scenario.is_file():
            self.reading.problem(where, f"there is no file {scenario}")
        return RehearsalConfig(seed=shape.seed, scenario=scenario)

    def wall(self, raw: Any) -> WallSettings:
        if raw is None:
            return WallSettings()
        shape = self.reading.shape(_WallShape, raw, ("wall",))
        if shape is None:
            return WallSettings()
        known = ", ".join(PAGES)
        for name in shape.pages:
            if name not in PAGES:
                what = f"there is no page {name}; known are {known}{did_you_mean(name, PAGES)}"
                self.reading.problem(("wall", "pages"), what)
        if not shape.pages:
            self.reading.problem(("wall", "pages"), f"expected at least one of {known}")
        if not SHORTEST_S <= shape.seconds <= LONGEST_S:
            limits = f"expected seconds from {SHORTEST_S} to {LONGEST_S}"
            self.reading.problem(("wall", "seconds"), limits)
        return WallSettings(shape.pages, shape.seconds)

    def link_hosts(self, raw: Any) -> frozenset[str]:
        where = ("links", "hosts")
        shape = None if raw is None else self.reading.shape(_LinksShape, raw, ("links",))
        if shape is None:
            return frozenset()
        if not all(map(_HOST.fullmatch, shape.hosts)):
            self.reading.problem(where, "expected names of hosts, such as [tracker.example]")
        if shape.hosts and not self.reading.trusted:
            self.reading.problem(
                where,
                "a config that was only found in the working directory may send the browser to "
                f"its sources alone: {self.reading.trust_it()}",
            )
        return frozenset(host.lower() for host in shape.hosts)

    def cache_dir(self, raw: str | None, default: Path) -> Path:
        path = default if raw is None else self.reading.relative(raw)
        if not self.reading.trusted and not path.resolve().is_relative_to(
            self.reading.path.parent.resolve()
        ):
            self.reading.problem(
                ("cache",),
                "a config that was only found in the working directory keeps its cache below it: "
                f"{self.reading.trust_it()}",
            )
        elif (place := nearest(path)) and not place.is_dir():
            self.reading.problem(("cache",), f"expected a folder, but {place} is a file")
        return path

    def time_zone(self, raw: str | None) -> tzinfo:
        if raw is None:
            return local_time_zone()
        try:
            return zone(raw)
        except ValueError as error:
            self.reading.problem(("time_zone",), str(error))
            return UTC
