"""config.yaml → one typed, frozen Config, with errors that say file, line, what and how.

Trust: a config that was merely found in the working directory may have come with a clone. It may
use no secret, whose receiver it would name as well, keep no cache outside its own directory, and
send the browser to no host but its sources'. Name it with `--config` and it may do all three.
"""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

import msgspec

from goliath_tui.clean import clean_text
from goliath_tui.config_values import (
    check_address,
    did_you_mean,
    duration_ms,
    local_time_zone,
    nearest,
    secret_shape,
    zone,
)
from goliath_tui.domain import SourceSpec
from goliath_tui.domain.wall import LONGEST_S, PAGES, SHORTEST_S, WallSettings
from goliath_tui.secrets import Secret
from goliath_tui.yaml_lines import Document, YamlError, parse

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
SHORTEST_PERIOD_MS = 1000


class ConfigError(Exception):
    """The config is wrong. Each problem is one line: `file:line: where: what, and what to do`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SourceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One API to poll. `every_ms` None: the kind's own period."""

    name: str
    kind: str
    url: str
    every_ms: int | None = None
    timeout_ms: int = 15_000
    token: Secret | None = None
    ca_file: Path | None = None
    enabled: bool = True

    def spec(self, default_every_ms: int) -> SourceSpec:
        """What the rest of the program may know about this source."""
        return SourceSpec(
            name=self.name,
            kind=self.kind,
            every_ms=self.every_ms or default_every_ms,
            enabled=self.enabled,
        )


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


class _SourceShape(msgspec.Struct):
    kind: str
    url: str
    every: str | float | None = None
    timeout: str | float | None = None
    token: Any = None
    ca_file: str | None = None
    enabled: bool = True


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


def load(path: Path, *, kinds: Collection[str], trusted: bool, cache_dir: Path) -> Config:
    """The config in the file at `path`. Raises ConfigError with every problem found.

    `kinds`: the known kinds of source. `trusted`: the user named the file, or keeps it in their own
    config directory. `cache_dir` is where caches go when the config does not say.
    """
    try:
        document = parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: is not UTF-8 text"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror or 'cannot be read'}"]) from None
    except YamlError as error:
        raise ConfigError([f"{path}:{error.line}: {error}"]) from None
    reading = _Reading(path, document, trusted, kinds)
    config = reading.config(cache_dir)
    if reading.problems:
        raise ConfigError(reading.problems)
    return config


def built_in(cache_dir: Path, time_zone: tzinfo) -> Config:
    """The config without a file: the rehearsal."""
    return Config(
        migration="Goliath",
        cache_dir=cache_dir,
        time_zone=time_zone,
        rehearsal=RehearsalConfig(),
        trusted=True,
    )


class _Reading:
    """One pass over one document, collecting every problem instead of stopping at the first."""

    def __init__(
        self, path: Path, document: Document, trusted: bool, kinds: Collection[str]
    ) -> None:
        self.path = path
        self.document = document
        self.trusted = trusted
        self.kinds = kinds
        self.problems: list[str] = []
        self.warnings: list[str] = []

    def config(self, cache_dir: Path) -> Config:
        shape = self.shape(_ConfigShape, self.document.value, ()) or _ConfigShape()
        sources = tuple(self.sources(shape.sources))
        rehearsal = self.rehearsal(shape.rehearsal)
        if rehearsal and sources:
            self.problem(("rehearsal",), "the rehearsal brings its own sources: remove one of both")
        if not rehearsal and not sources and not self.problems:
            self.problem((), "expected `sources:` with at least one entry, or `rehearsal: {}`")
        return Config(
            migration=clean_text(shape.migration, limit=80),
            cache_dir=self.cache_dir(shape.cache, cache_dir),
            time_zone=self.time_zone(shape.time_zone),
            window_ms=self.duration(("window",), shape.window, 3_600_000, least=60_000),
            theme=shape.theme,
            keys=shape.keys,
            link_hosts=self.link_hosts(shape.links),
            wall=self.wall(shape.wall),
            rehearsal=rehearsal,
            sources=sources,
            path=self.path,
            warnings=tuple(self.warnings),
            trusted=self.trusted,
        )

    def rehearsal(self, raw: Any) -> RehearsalConfig | None:
        if raw is None or raw is False:
            return None
        shape = self.shape(_RehearsalShape, {} if raw is True else raw, ("rehearsal",))
        if shape is None:
            return None
        scenario = self.relative(shape.scenario) if shape.scenario else None
        if scenario and not scenario.is_file():
            self.problem(("rehearsal", "scenario"), f"there is no file {scenario}")
        return RehearsalConfig(seed=shape.seed, scenario=scenario)

    def wall(self, raw: Any) -> WallSettings:
        if raw is None:
            return WallSettings()
        shape = self.shape(_WallShape, raw, ("wall",))
        if shape is None:
            return WallSettings()
        known = ", ".join(PAGES)
        for name in shape.pages:
            if name not in PAGES:
                what = f"there is no page {name}; known are {known}{did_you_mean(name, PAGES)}"
                self.problem(("wall", "pages"), what)
        if not shape.pages:
            self.problem(("wall", "pages"), f"expected at least one of {known}")
        if not SHORTEST_S <= shape.seconds <= LONGEST_S:
            limits = f"expected seconds from {SHORTEST_S} to {LONGEST_S}"
            self.problem(("wall", "seconds"), limits)
        return WallSettings(shape.pages, shape.seconds)

    def sources(self, raw: Any) -> Iterator[SourceConfig]:
        if raw is None:
            return
        if not isinstance(raw, dict):
            self.problem(
                ("sources",), "expected a name for each source, as in `gateway: {kind: …}`"
            )
            return
        for name, body in raw.items():
            where = ("sources", name)
            if not _NAME.fullmatch(name):
                self.problem(where, "a source's name has letters, digits, - and _, at most 32")
            elif shape := self.shape(_SourceShape, body, where):
                yield self.source(name, shape, where)

    def source(self, name: str, shape: _SourceShape, where: tuple[str, ...]) -> SourceConfig:
        if shape.kind not in self.kinds:
            known = ", ".join(sorted(self.kinds))
            self.problem(
                (*where, "kind"),
                f"unknown kind; known are {known}{did_you_mean(shape.kind, self.kinds)}",
            )
        token = self.secret(shape.token, (*where, "token"))
        try:
            check_address(shape.url, has_token=token is not None)
        except ValueError as error:
            self.problem((*where, "url"), str(error))
        every = (
            self.duration((*where, "every"), shape.every, 0, least=SHORTEST_PERIOD_MS)
            if shape.every is not None
            else None
        )
        return SourceConfig(
            name=name,
            kind=shape.kind,
            url=shape.url.rstrip("/"),
            every_ms=every,
            timeout_ms=self.duration((*where, "timeout"), shape.timeout, 15_000, least=100),
            token=token,
            ca_file=self.relative(shape.ca_file) if shape.ca_file else None,
            enabled=shape.enabled,
        )

    def secret(self, raw: Any, where: tuple[str, ...]) -> Secret | None:
        if raw is None:
            return None
        try:
            shape = secret_shape(raw)
        except ValueError as error:
            self.problem(where, str(error))
            return None
        if not self.trusted:
            self.problem(
                where,
                "a config that was only found in the working directory may use no secret, for it "
                f"also says where the secret goes: start with --config {self.path.name} if you "
                "trust it",
            )
            return None
        return Secret(
            env=shape.env,
            file=self.relative(shape.file) if shape.file else None,
            command=tuple(shape.command) if shape.command else None,
        )

    def link_hosts(self, raw: Any) -> frozenset[str]:
        where = ("links", "hosts")
        shape = None if raw is None else self.shape(_LinksShape, raw, ("links",))
        if shape is None:
            return frozenset()
        if not all(map(_HOST.fullmatch, shape.hosts)):
            self.problem(where, "expected names of hosts, such as [tracker.example]")
        if shape.hosts and not self.trusted:
            self.problem(
                where,
                "a config that was only found in the working directory may send the browser to "
                f"its sources alone: start with --config {self.path.name} if you trust it",
            )
        return frozenset(host.lower() for host in shape.hosts)

    def cache_dir(self, raw: str | None, default: Path) -> Path:
        path = default if raw is None else self.relative(raw)
        if not self.trusted and not path.resolve().is_relative_to(self.path.parent.resolve()):
            self.problem(
                ("cache",),
                "a config that was only found in the working directory keeps its cache below it: "
                f"start with --config {self.path.name} if you trust it",
            )
        elif (place := nearest(path)) and not place.is_dir():
            self.problem(("cache",), f"expected a folder, but {place} is a file")
        return path

    def time_zone(self, raw: str | None) -> tzinfo:
        if raw is None:
            return local_time_zone()
        try:
            return zone(raw)
        except ValueError as error:
            self.problem(("time_zone",), str(error))
            return UTC

    def duration(
        self, where: tuple[str, ...], raw: str | float | None, default: int, *, least: int
    ) -> int:
        if raw is None:
            return default
        try:
            return duration_ms(raw, least)
        except ValueError as error:
            self.problem(where, str(error))
            return default

    def relative(self, raw: str) -> Path:
        path = Path(raw)
        try:
            path = path.expanduser()
        except RuntimeError:
            self.problem((), f"{raw}: there is no such user")
        return self.path.parent / path

    def shape(self, kind: type[Any], raw: Any, where: tuple[str, ...]) -> Any:
        """`raw` as a struct of `kind`, or None after noting the problem; unknown keys warn."""
        if not isinstance(raw, dict):
            self.problem(where, "expected `name: value` lines")
            return None
        known = kind.__struct_fields__
        for key in raw:
            if key not in known:
                self.warnings.append(
                    self.line((*where, key), f"unknown setting, ignored{did_you_mean(key, known)}")
                )
        try:
            return msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            message, _, at = str(error).partition(" - at ")
            inside = re.findall(r"\.(\w+)", at.strip("`"))
            self.problem((*where, *inside), message.replace("`", ""))
            return None

    def problem(self, where: tuple[str, ...], what: str) -> None:
        self.problems.append(self.line(where, what))

    def line(self, where: tuple[str, ...], what: str) -> str:
        place = ".".join(where)
        text = f"{place}: {what}" if place else what
        return clean_text(f"{self.path}:{self.document.line(where)}: {text}", limit=400)
