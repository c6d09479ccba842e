"""The sources of a config: which APIs and files are read, and what each of them is to give.

Settings that every source may have are read here; the rest is its kind's, as its `Options` say.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from goliath_tui.config_reading import Reading
from goliath_tui.config_values import check_address, did_you_mean, secret_shape
from goliath_tui.domain import SourceSpec
from goliath_tui.secrets import Secret
from goliath_tui.sources import PARTS, Options, Place, Proof, Setup, SourceKind

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
SHORTEST_PERIOD_MS = 1000
#: The `path:` that stands for standard input.
STDIN = "-"


class SourceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One API to poll, at a `url`, or one file to read, at a `path`.

    `parts`: what it gives (names of `sources.PARTS`). `every_ms` None: the kind's own period.
    `user`: whose `token` it is, where the API wants both. `options`: settings of its kind.
    """

    name: str
    kind: str
    parts: frozenset[str]
    url: str | None = None
    path: Path | None = None
    every_ms: int | None = None
    timeout_ms: int = 15_000
    token: Secret | None = None
    user: str | None = None
    ca_file: Path | None = None
    enabled: bool = True
    options: Options = Options()

    def spec(self, kind: SourceKind) -> SourceSpec:
        """What the rest of the program may know about this source."""
        return SourceSpec(
            name=self.name,
            kind=self.kind,
            every_ms=self.every_ms or kind.default_every_ms,
            enabled=self.enabled,
            gives=kind.measures(self.parts),
        )

    def setup(self) -> Setup:
        """What the source is made from."""
        return Setup(parts=self.parts, options=self.options, path=self.path)


class _SourceShape(msgspec.Struct):
    kind: str
    url: str | None = None
    path: str | None = None
    gives: tuple[str, ...] | None = None
    user: str | None = None
    every: str | float | None = None
    timeout: str | float | None = None
    token: Any = None
    ca_file: str | None = None
    enabled: bool = True


_SOURCE_SETTINGS = _SourceShape.__struct_fields__


class Sources:
    """Reads the block `sources:`. `kinds`: the known kinds, by name."""

    def __init__(self, reading: Reading, kinds: Mapping[str, SourceKind]) -> None:
        self.reading = reading
        self.kinds = kinds

    def read(self, raw: Any) -> Iterator[SourceConfig]:
        """Every source that could be read; what is wrong with them is noted."""
        if raw is None:
            return
        if not isinstance(raw, dict):
            self.reading.problem(
                ("sources",), "expected a name for each source, as in `gateway: {kind: …}`"
            )
            return
        for name, body in raw.items():
            where = ("sources", name)
            if not _NAME.fullmatch(name):
                self.reading.problem(
                    where, "a source's name has letters, digits, - and _, at most 32"
                )
            elif not isinstance(body, dict):
                self.reading.problem(where, "expected `name: value` lines")
            elif source := self.source(name, body, where):
                yield source

    def source(
        self, name: str, body: dict[str, Any], where: tuple[str, ...]
    ) -> SourceConfig | None:
        """One source, or None when too little of it is clear."""
        common = {key: value for key, value in body.items() if key in _SOURCE_SETTINGS}
        shape = self.reading.shape(_SourceShape, common, where)
        if shape is None:
            return None
        kind = self.kinds.get(shape.kind)
        if kind is None:
            known = ", ".join(sorted(self.kinds))
            self.reading.problem(
                (*where, "kind"),
                f"unknown kind; known are {known}{did_you_mean(shape.kind, self.kinds)}",
            )
            return None
        options = self.options(kind, body, where)
        token = self.secret(shape.token, (*where, "token"))
        self.check_place(kind, shape, where, has_token=token is not None)
        if shape.user is not None and kind.proof is not Proof.BASIC:
            self.reading.problem((*where, "user"), f"{kind.kind} takes a token alone: remove this")
        every = (
            self.reading.duration((*where, "every"), shape.every, 0, least=SHORTEST_PERIOD_MS)
            if shape.every is not None
            else None
        )
        return SourceConfig(
            name=name,
            kind=shape.kind,
            parts=self.parts(name, shape.gives, kind, where),
            url=shape.url.rstrip("/") if shape.url else None,
            path=self.file(shape.path, (*where, "path")) if shape.path else None,
            every_ms=every,
            timeout_ms=self.reading.duration((*where, "timeout"), shape.timeout, 15_000, least=100),
            token=token,
            user=shape.user,
            ca_file=self.reading.file(shape.ca_file, (*where, "ca_file"))
            if shape.ca_file
            else None,
            enabled=shape.enabled,
            options=options,
        )

    def options(self, kind: SourceKind, body: dict[str, Any], where: tuple[str, ...]) -> Options:
        """The settings of its kind alone; its defaults after noting a problem."""
        own = {key: value for key, value in body.items() if key not in _SOURCE_SETTINGS}
        options = self.reading.shape(kind.options, own, where, beside=_SOURCE_SETTINGS)
        if options is None:
            return Options()
        for place, what in options.problems():
            self.reading.problem((*where, *place), what)
        return options  # type: ignore[no-any-return] # it is of that very type

    def parts(
        self,
        name: str,
        gives: tuple[str, ...] | None,
        kind: SourceKind,
        where: tuple[str, ...],
    ) -> frozenset[str]:
        """What the source is to give: `gives:`, else what its name says, else all it can."""
        if gives is None:
            if name not in PARTS:
                return kind.gives
            gives, place = (name,), where
        else:
            place = (*where, "gives")
        for part in gives:
            if part not in kind.gives:
                can = ", ".join(sorted(kind.gives))
                self.reading.problem(place, f"{kind.kind} does not give {part}: it gives {can}")
        if not gives:
            self.reading.problem(place, f"expected some of {', '.join(sorted(kind.gives))}")
        return frozenset(gives) & kind.gives

    def check_place(
        self, kind: SourceKind, shape: _SourceShape, where: tuple[str, ...], *, has_token: bool
    ) -> None:
        """Notes a problem unless the source has the one place that its kind wants."""
        if shape.url is not None and kind.place is Place.FILE:
            self.reading.problem((*where, "url"), f"{kind.kind} reads a file: name it with `path:`")
        elif shape.path is not None and kind.place is Place.URL:
            self.reading.problem(
                (*where, "path"), f"{kind.kind} asks a server: name it with `url:`"
            )
        elif (shape.url is None) == (shape.path is None):
            wanted = " or ".join(f"`{word}:`" for word in kind.place.value.split(" or "))
            only = "only one of " if shape.url is not None else ""
            self.reading.problem(where, f"expected {only}{wanted}")
        elif shape.url is not None:
            try:
                check_address(shape.url, has_token=has_token)
            except ValueError as error:
                self.reading.problem((*where, "url"), str(error))

    def file(self, raw: str, where: tuple[str, ...]) -> Path:
        """The file of a `path:`; `-` is standard input."""
        if raw == STDIN:
            return Path(STDIN)
        return self.reading.file(raw, where)

    def secret(self, raw: Any, where: tuple[str, ...]) -> Secret | None:
        """Where the source's token is."""
        if raw is None:
            return None
        try:
            shape = secret_shape(raw)
        except ValueError as error:
            self.reading.problem(where, str(error))
            return None
        if not self.reading.trusted:
            self.reading.problem(
                where,
                "a config that was only found in the working directory may use no secret, for it "
                f"also says where the secret goes: {self.reading.trust_it()}",
            )
            return None
        return Secret(
            env=shape.env,
            file=self.reading.relative(shape.file) if shape.file else None,
            command=tuple(shape.command) if shape.command else None,
        )
