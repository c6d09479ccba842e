"""One pass over a config's document, collecting every problem instead of stopping at the first."""

import re
from pathlib import Path
from typing import Any

import msgspec

from goliath_tui.clean import clean_text
from goliath_tui.config_values import did_you_mean, duration_ms, in_plain_words
from goliath_tui.yaml_lines import Document


class Reading:
    """What is common to all parts of a config: places, durations, shapes, and what is wrong.

    `trusted`: the user named the file.
    """

    def __init__(self, path: Path, document: Document, *, trusted: bool) -> None:
        self.path = path
        self.document = document
        self.trusted = trusted
        self.problems: list[str] = []
        self.warnings: list[str] = []

    def duration(
        self, where: tuple[str, ...], raw: str | float | None, default: int, *, least: int
    ) -> int:
        """`raw` in ms, or the default after noting a problem."""
        if raw is None:
            return default
        try:
            return duration_ms(raw, least)
        except ValueError as error:
            self.problem(where, str(error))
            return default

    def relative(self, raw: str) -> Path:
        """A path as the config's folder sees it."""
        path = Path(raw)
        try:
            path = path.expanduser()
        except RuntimeError:
            self.problem((), f"{raw}: there is no such user")
        return self.path.parent / path

    def file(self, raw: str, where: tuple[str, ...]) -> Path:
        """A file that the config names; a config that was merely found names those below it."""
        path = self.relative(raw)
        folder = self.path.parent.resolve()
        if not self.trusted and not path.resolve().is_relative_to(folder):
            self.problem(
                where,
                "a config that was only found in the working directory reads files below it: "
                f"{self.trust_it()}",
            )
        return path

    def trust_it(self) -> str:
        """What to do where more trust is needed."""
        return f"start with --config {self.path.name} if you trust it"

    def shape(
        self,
        kind: type[Any],
        raw: Any,
        where: tuple[str, ...],
        *,
        beside: tuple[str, ...] = (),
    ) -> Any:
        """`raw` as a struct of `kind`, or None after noting the problem; unknown keys warn.

        `beside`: names that would be known there too, and may have been meant.
        """
        if not isinstance(raw, dict):
            self.problem(where, "expected `name: value` lines")
            return None
        known = kind.__struct_fields__
        for key in raw:
            if key not in known:
                meant = did_you_mean(key, (*known, *beside))
                self.warnings.append(self.line((*where, key), f"unknown setting, ignored{meant}"))
        try:
            return msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            message, _, at = str(error).partition(" - at ")
            inside = re.findall(r"\.(\w+)", at.strip("`"))
            self.problem((*where, *inside), in_plain_words(message))
            return None

    def problem(self, where: tuple[str, ...], what: str) -> None:
        """Notes what is wrong at a place."""
        self.problems.append(self.line(where, what))

    def line(self, where: tuple[str, ...], what: str) -> str:
        """`file:line: place: what`, clean."""
        place = ".".join(where)
        text = f"{place}: {what}" if place else what
        return clean_text(f"{self.path}:{self.document.line(where)}: {text}", limit=400)
