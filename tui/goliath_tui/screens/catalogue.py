"""What the palette offers: places, things to do, moments, and every name in the cache. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from goliath_tui.domain.subjects import (
    FieldOf,
    Names,
    ServiceOf,
    SourcesOf,
    SprintOf,
    Subject,
)
from goliath_tui.widgets.fuzzy import Finder
from goliath_tui.widgets.keys import ALL_KEYS, Key, key_name

_AT = re.compile(r"at\s+(.*)", re.DOTALL | re.IGNORECASE)
_HOW = "a moment such as 2026-03-01 or 2026-03-01T12:00"
#: Keys that move, and those that the palette has its own entries for.
_NO_ACTIONS = (
    *("row.", "column.", "page.", "pane.", "palette", "open", "back", "quit.now"),
    *("wall.", "find.", "help.", "answers.left", "answers.right", "answers.far"),
)
_PLACES = frozenset({"help", "wall", "time.live"})


class Press(Struct, frozen=True):
    """Do what a key does on the screen behind."""

    action: str


class Jump(Struct, frozen=True):
    """Go to a moment; None: live."""

    at: int | None


class Home(Struct, frozen=True):
    """Go to the first screen."""


class Write(Struct, frozen=True):
    """Write this into the palette's own line."""

    text: str


Target = Subject | Press | Jump | Home


class Entry(Struct, frozen=True):
    """One line of the palette: its kind, its name, where it leads, more on it, its key."""

    kind: str
    name: str
    target: Target | Write
    about: str = ""
    key: str = ""


class Known:
    """The names of the cache, ready to be searched. Making one of 20,000 takes a tenth of a second,
    so it is made in a thread.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.entries: list[Entry] = [
            *(Entry("service", name, ServiceOf(name)) for name in names.services),
            *(Entry("sprint", name, SprintOf(id_)) for id_, name in names.sprints),
            *(Entry("field", id_, FieldOf(id_), about or "") for id_, about in names.fields),
        ]
        self.finder = Finder([entry.name for entry in self.entries])


class Found:
    """Entries by their indexes in lists of them; one is looked up when somebody sees it."""

    def __init__(self, parts: Sequence[tuple[Sequence[Entry], Sequence[int]]]) -> None:
        self._parts = [(entries, indexes) for entries, indexes in parts if indexes]
        self._length = sum(len(indexes) for _, indexes in self._parts)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, at: int) -> Entry:
        for entries, indexes in self._parts:
            if at < len(indexes):
                return entries[indexes[at]]
            at -= len(indexes)
        raise IndexError


class Catalogue:
    """All entries of one opening of the palette. `recent`: what was looked into, newest first."""

    def __init__(self, fixed: Sequence[Entry], recent: Sequence[Entry] = ()) -> None:
        self.fixed = list(fixed)
        self.recent = list(recent)
        self.known: Known | None = None
        self._finder = Finder([entry.name for entry in fixed])

    def __len__(self) -> int:
        return len(self.fixed) + (len(self.known.entries) if self.known else 0)

    def find(self, typed: str) -> Found:
        """The entries that `typed` finds, best first; without letters what is near at hand.

        Of equally good ones, what can be done comes before names. Scattered letters find names
        only: in a sentence they find nearly everything.
        """
        if not typed.strip():
            near = [*self.recent, *self.fixed]
            return Found([(near, range(len(near)))])
        *own, _ = self._finder.tiers(typed)
        if self.known is None:
            return Found([(self.fixed, tier) for tier in own])
        *names, scattered = self.known.finder.tiers(typed)
        entries = self.known.entries
        parts = [
            part
            for mine, theirs in zip(own, names, strict=True)
            for part in ((self.fixed, mine), (entries, theirs))
        ]
        return Found([*parts, (entries, scattered)])


def places(possible: Mapping[str, str]) -> list[Entry]:
    """The screens, and the moments. `possible`: action → the key that it is bound to now."""
    keys = {action: key_name(key) for action, key in possible.items()}
    return [
        Entry("screen", "overview", Home(), "the first screen"),
        Entry("screen", "sprints", SprintOf(), "each sprint's burndown"),
        Entry("screen", "sources", SourcesOf(), "their health and their polls"),
        *(
            Entry("screen", name, Press(name), about, keys[name])
            for name, about in (
                ("wall", "big figures, from five metres"),
                ("help", "keys, origins of the figures"),
            )
            if name in keys
        ),
        Entry("time", "at …", Write("at "), "jump to a moment: 2026-03-01"),
        Entry("time", "live", Jump(None), "back to now", keys.get("live", "")),
    ]


def actions(possible: Mapping[str, str]) -> list[Entry]:
    """What keys do on the screen behind. `possible`: action → the key that it is bound to now."""
    found: dict[str, Entry] = {}
    for key in ALL_KEYS:
        if key.action in possible and key.action not in found and _is_action(key):
            pressed = key_name(possible[key.action])
            found[key.action] = Entry("action", key.help, Press(key.action), key=pressed)
    return list(found.values())


def _is_action(key: Key) -> bool:
    return key.id not in _PLACES and (key.id == "pane.full" or not key.id.startswith(_NO_ACTIONS))


def typed_moment(
    typed: str, now: int, read: Callable[[str], int], show: Callable[[int], str]
) -> tuple[Entry | None, str] | None:
    """What `at 2026-03-01` means: where it leads, or why it leads nowhere; None: it is not that.

    `read` makes a moment of a text or raises ValueError; `show` makes words of a moment.
    """
    found = _AT.fullmatch(typed.lstrip())
    if found is None:
        return None
    text = found[1].strip()
    if not text:
        return None, f"at …: {_HOW}"
    try:
        at = read(text)
    except ValueError as error:
        return None, str(error)
    if at >= now:
        return None, f"{show(at)} is still to come"
    return Entry("time", f"at {text}", Jump(at), show(at)), ""
