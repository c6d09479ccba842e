"""Where a GitHub source stands, between polls and across the life of a process.

What is kept is small for what it saves: numbers are kept as ranges, and the labels that issues had
in the past only while their history is being read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from msgspec import Struct, field

#: points, iteration and status of an item of the project, and whether its issue is closed.
Values = tuple[float | None, str | None, str | None, bool]

_RANGES = re.compile(r"(?:\d{1,10}(?:-\d{1,10})?(?:,|$))*", re.ASCII)
_MOST_NUMBERS = 1_000_000


def packed(numbers: Iterable[int]) -> str:
    """`{1, 2, 3, 7}` → `1-3,7`."""
    parts: list[str] = []
    first = last = -1
    for number in [*sorted(numbers), -1]:
        if number == last + 1 and last >= 0:
            last = number
            continue
        if last >= 0:
            parts.append(str(first) if first == last else f"{first}-{last}")
        first = last = number
    return ",".join(parts)


def unpacked(text: str) -> set[int]:
    """`1-3,7` → `{1, 2, 3, 7}`. Raises ValueError."""
    found: set[int] = set()
    if not _RANGES.fullmatch(text):
        raise ValueError("no numbers")
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        upto = int(last or first)
        if upto - int(first) + len(found) > _MOST_NUMBERS:
            raise ValueError("too many numbers")
        found.update(range(int(first), upto + 1))
    return found


class Walk(Struct, omit_defaults=True):
    """A way back through a repository's events, from the newest to those that were known.

    `top`, `top_at`: the newest event, which was the first that was seen. `oldest`: the last that
    was told. `until`: the moment at which the way ends; 0: with the first event of all. `next`: the
    page after the last one. `seen_at`: when the newest events were last looked at.
    """

    top: int = 0
    top_at: int = 0
    oldest: int = 0
    oldest_at: int = 0
    until: int = 0
    next: tuple[tuple[str, str], ...] = ()
    seen_at: int = 0
    left: int = 0


class Second(Struct, omit_defaults=True):
    """A second within which more issues were updated than a page has.

    `next`: the page after the last one. `seen`: the issues met in this reading, `before`: in the
    one before it. `readings`: how often it was read.
    """

    next: tuple[tuple[str, str], ...] = ()
    seen: list[int] = field(default_factory=list)
    before: list[int] | None = None
    readings: int = 0


class RepositoryPlace(Struct, omit_defaults=True):
    """Where one repository stands.

    `head_at`: the newest event that was told, with all before it. `horizon`: the oldest one, where
    GitHub has none before. `before`: number → the labels that an issue had before its events that
    were told, for issues that have not been told themselves since.
    `from_at`: issues that were updated since then are to be read; `second`: how far the first
    second of those is, if it is a long one. `filled`: all have been read once; until then `read` of
    about `total`. `items`, `unestimated`, `unmapped`: the issues' numbers, in ranges. `odd`: number
    → what stands there for an estimate. `milestones`: number → the id of its sprint. `called`: what
    GitHub calls the repository, which may have been renamed. `counted_at`: when all were last
    listed.
    """

    head_at: int = 0
    horizon: int = 0
    walk: Walk | None = None
    before: dict[str, list[str]] = field(default_factory=dict)
    from_at: int = 0
    second: Second | None = None
    newest: int = 0
    filled: bool = False
    total: int = 0
    read: int = 0
    items: str = ""
    unestimated: str = ""
    unmapped: str = ""
    odd: dict[str, str] = field(default_factory=dict)
    milestones: dict[str, str] = field(default_factory=dict)
    called: str = ""
    counted_at: int = 0


class ProjectPlace(Struct, omit_defaults=True):
    """Where the project stands.

    `since`: when it was read first, which is when our history of its fields begins. `read_at`: when
    it was read last. `fields`: setting → the id of its field, by which it is found again when it is
    renamed. `items`: repository → number → values.
    """

    since: int = 0
    read_at: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    items: dict[str, dict[str, Values]] = field(default_factory=dict)


class Place(Struct, omit_defaults=True):
    """The whole cursor. `rules`: the settings under which it was written.

    `as_of`: when these settings came to hold, if others did before: what they say about an item
    holds from then on.
    """

    rules: str = ""
    as_of: int = 0
    repositories: dict[str, RepositoryPlace] = field(default_factory=dict)
    project: ProjectPlace = field(default_factory=ProjectPlace)


def read(cursor: str | None, rules: str, now: int) -> Place:
    """The place in a cursor; one that cannot be read, or of other settings, begins anew."""
    if cursor is None:
        return Place(rules=rules)
    try:
        place = msgspec.json.decode(cursor, type=Place)
        for repository in place.repositories.values():
            for numbers in (repository.items, repository.unestimated, repository.unmapped):
                unpacked(numbers)
    except (ValueError, RecursionError):
        return Place(rules=rules, as_of=now)
    if place.rules == rules:
        return place
    anew = Place(rules=rules, as_of=now)
    anew.repositories = {name: RepositoryPlace() for name in place.repositories}
    return anew
