"""Whose requests a metric counts: labels and names of a gateway → a service and a side.

Gateways name what they send to by themselves: clusters, backends, destinations, versions. A pattern
such as `{service}-{side}` says where in such a name the service and the side stand; the words for
the sides are the config's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from goliath_tui.clean import clean_text
from goliath_tui.domain import Side
from goliath_tui.sources.patterns import is_like

LONGEST_NAME = 512
_PLACES = re.compile(r"\{(service|side)\}")


class SideWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a side is called in names; `*` in a word stands for anything."""

    legacy: tuple[str, ...] = ("legacy", "old", "monolith")
    new: tuple[str, ...] = ("new",)
    shadow: tuple[str, ...] = ("shadow", "mirror")

    def all(self) -> tuple[str, ...]:
        """The words of every side."""
        return self.legacy + self.new + self.shadow

    def sides(self, word: str) -> list[Side]:
        """Every side that the word fits; more than one is a mistake in the config."""
        of = {Side.LEGACY: self.legacy, Side.NEW: self.new, Side.SHADOW: self.shadow}
        return [side for side, words in of.items() if any(is_like(word, w) for w in words)]


class OwnWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of those sides that are not called as is usual for the gateway."""

    legacy: tuple[str, ...] | None = None
    new: tuple[str, ...] | None = None
    shadow: tuple[str, ...] | None = None

    def over(self, words: SideWords) -> SideWords:
        """The words with these in the place of theirs."""
        told = {side: getattr(self, side) for side in ("legacy", "new", "shadow")}
        return replace(words, **{side: own for side, own in told.items() if own is not None})


class Whose(Struct, frozen=True):
    """The service and the side of one series."""

    service: str
    side: Side


class Unclear(Exception):  # noqa: N818 - it says what is the matter with a name
    """A name that is nobody's, or two sides' at once. `str()` says which and why, and is clean."""


class Patterns:
    """Reads services and sides from labels.

    `labels`: label → pattern, with `{service}` and `{side}` once each among them all, and `*` for
    anything. A label whose pattern has neither must only match. `service`: the one service of all
    series, where no label tells.
    """

    def __init__(
        self, labels: Mapping[str, str], words: SideWords, service: str | None = None
    ) -> None:
        self.labels = tuple(labels)
        self._words = words
        self._service = service
        self._patterns = dict(labels)
        self._readers = {label: _reader(pattern, words) for label, pattern in labels.items()}

    def whose(self, labels: Mapping[str, str]) -> Whose:
        """Whose series it is with these labels. Raises Unclear."""
        found: dict[str, str] = {} if self._service is None else {"service": self._service}
        for label, reader in self._readers.items():
            value = labels.get(label, "")
            match = reader.fullmatch(value) if len(value) <= LONGEST_NAME else None
            if match is None:
                shown = clean_text(value, 60) or '""'
                raise Unclear(f"{label}={shown} does not fit {self._patterns[label]}")
            found |= match.groupdict()
        sides = self._words.sides(found["side"])
        if len(sides) != 1:
            word, fits = clean_text(found["side"], 60), " and ".join(sides) or "no side"
            raise Unclear(f"{word} is {fits} by the words of `sides:`")
        return Whose(found["service"], sides[0])


def pattern_problems(
    labels: Mapping[str, str], service: str | None
) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with the patterns of a config: (place, advice)."""
    places = [place for pattern in labels.values() for place in _PLACES.findall(pattern)]
    if places.count("side") != 1:
        yield ("labels",), "expected {side} once among the patterns, as in {service}-{side}"
    if service is None and places.count("service") != 1:
        yield ("labels",), "expected {service} once among the patterns, or `service: NAME`"
    if service is not None and "service" in places:
        yield ("service",), "the patterns tell the service already: remove this, or {service}"


def unclear_notes(unclear: Iterable[str], *, most: int = 5) -> tuple[str, ...]:
    """One note that names the first few of what was nobody's; none when there was nothing."""
    names = sorted(set(unclear))
    if not names:
        return ()
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return (f"not counted: {'; '.join(names[:most])}{more}",)


def _reader(pattern: str, words: SideWords) -> re.Pattern[str]:
    # The longest word first: of `new` and `new-blue` the latter is meant where both fit.
    sides = "|".join(map(_literal, sorted(words.all(), key=len, reverse=True)))
    groups = {"service": "(?P<service>.+)", "side": f"(?P<side>{sides})"}
    parts = _PLACES.split(pattern)
    return re.compile(
        "".join(groups[part] if i % 2 else _literal(part) for i, part in enumerate(parts)),
        re.DOTALL,
    )


def _literal(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*")
