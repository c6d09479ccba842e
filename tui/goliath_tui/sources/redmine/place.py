"""Where the reading of a Redmine stands: its cursor, and the numbers of all issues that were told.

Redmine tells moments by the second, and an issue that is being saved while we read becomes visible
a little after its moment. So a place is a second, together with the issues from a while before it
that were told already: what comes again is passed over if it looks as it did.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable

import msgspec
from msgspec import Struct, field

#: How long an issue may take from its moment to being visible.
OVERLAP_S = 120
#: What is older than this by our clock, which may be wrong, is taken to be visible.
SETTLED_S = 3600
#: More numbers than this are no Redmine's.
_MOST_UNPACKED = 64 * 2**20


class Place(Struct, omit_defaults=True):
    """The cursor.

    - `since`: what was changed before this second is told; `newest`: the latest that was told;
      `recent`: issue → second and looks, of those told that `since` does not cover; `ids_from`:
      where to go on within the second `since`, if that is gone through by number.
    - `filled`: when the first fill ended. `known`: all numbers that were told, packed.
    - `listed`: stands for the sprints and milestones that were told; `dated`: the versions that
      they were; `again`: versions whose issues are read again, each with the number to go on from.
    - `suspects`: ranges of numbers in which ours and theirs may differ; `counting`: this round has
      begun to compare; `verified`: when all numbers were last compared; `missing`, `moved`,
      `strangers`: what that found.
    - `odd`: issue → what is wrong with it. `fits`: the rules that have fitted an item. `lacking`:
      custom field of the config → how many issues in a row were told that have no such field.
    - `latest`: the last second of all that was told; `ours`: the last that we made up for what has
      none; `turn`: counts the polls.
    """

    since: int = 0
    recent: dict[int, tuple[int, int]] = field(default_factory=dict)
    newest: int = 0
    ids_from: int = 0
    filled: int = 0
    known: str = ""
    listed: str = ""
    dated: list[str] = field(default_factory=list)
    again: list[tuple[str, int]] = field(default_factory=list)
    suspects: list[tuple[int, int]] = field(default_factory=list)
    counting: bool = False
    verified: int = 0
    missing: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    strangers: list[int] = field(default_factory=list)
    odd: dict[int, str] = field(default_factory=dict)
    fits: list[int] = field(default_factory=list)
    lacking: dict[str, int] = field(default_factory=dict)
    latest: int = 0
    ours: int = 0
    turn: int = 0

    def tell(self, number: int, moment: int, looks: int) -> None:
        """An issue was told as it stood since `moment`."""
        self.recent[number] = moment, looks
        self.newest = max(self.newest, moment)

    def advance(self, since: int, now: int) -> None:
        """What was changed before `since` is told; what the overlap may need stays known."""
        self.since = max(self.since, since)
        self._forget(min(self.since, self.newest, now) - OVERLAP_S)

    def settle(self, now: int) -> None:
        """All is told. The next reading begins a little earlier, unless nothing stirs there.

        A moment that is yet to come holds up nothing.
        """
        stirs = self.newest > now - SETTLED_S
        self.since = min(self.newest, now) - OVERLAP_S if stirs else self.newest
        self.ids_from = 0
        self._forget(self.since)

    def _forget(self, before: int) -> None:
        if any(moment < before for moment, _ in self.recent.values()):
            self.recent = {n: told for n, told in self.recent.items() if told[0] >= before}

    def encode(self) -> str:
        """As a cursor."""
        return msgspec.json.encode(self).decode()


def placed(cursor: str | None) -> Place:
    """The place in a cursor; one that cannot be read starts from the beginning."""
    try:
        place = msgspec.json.decode(cursor or "{}", type=Place)
        unpack(place.known)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Place()
    return place


def pack(numbers: Iterable[int]) -> str:
    """A set of numbers in as little text as may be: what each is more than the one before it."""
    steps, last = [], 0
    for number in sorted(numbers):
        steps.append(number - last)
        last = number
    if not steps:
        return ""
    return base64.b85encode(zlib.compress(" ".join(map(str, steps)).encode())).decode()


def unpack(packed: str) -> set[int]:
    """The numbers again. Raises ValueError."""
    if not packed:
        return set()
    try:
        text = zlib.decompressobj().decompress(base64.b85decode(packed), _MOST_UNPACKED)
    except (zlib.error, binascii.Error) as error:
        raise ValueError(str(error)) from None
    numbers, last = set(), 0
    for step in text.split():
        last += int(step)
        numbers.add(last)
    return numbers
