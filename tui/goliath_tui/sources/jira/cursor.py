"""Where the reading of a Jira stands: what is kept in the cursor, and what only in this process."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from goliath_tui.domain import Fact, WorkItem
from goliath_tui.sources.client import Client
from goliath_tui.sources.jira.facts import Told
from goliath_tui.sources.jira.names import Keys

MOST_ROWS = 5000
MOST_BYTES = 8 * 2**20
MOST_REQUESTS = 20


class Cursor(msgspec.Struct, omit_defaults=True):
    """Where the source stands. Moments are Jira's own, in UTC ms.

    `batch` counts the batches, so that no two cursors are the same. `rules`, `scope`: by which all
    was told. `after`: up to which creation the fill has come, `began`: when it did; of `total`
    issues `read` were. `seen`: up to which update all is told. `told`, `out`: issues that are work
    items, and others; `missing`: work items that the last listing did not have; `odd`: what is odd
    → issues. `moved`: key of now → the key that names the item. `again_at`: set while all is told
    once more; `again_since`: when the rules changed.
    """

    batch: int = 0
    rules: str = ""
    scope: str = ""
    filled: bool = False
    after: int = 0
    began: int = 0
    total: int = 0
    read: int = 0
    seen: int = 0
    polls: int = 0
    told: str = ""
    out: str = ""
    missing: tuple[str, ...] = ()
    odd: dict[str, str] = {}
    moved: dict[str, str] = {}
    again_at: int = 0
    again_since: int = 0

    @classmethod
    def read_from(cls, text: str | None) -> Cursor:
        """The cursor in a text; one that cannot be read starts from the beginning."""
        try:
            cursor = msgspec.json.decode(text or "{}", type=cls)
            Issues(cursor)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return cls()
        return cursor

    def start_over(self) -> None:
        """Everything is to be read again; what was told stays known."""
        self.filled, self.after, self.began, self.total, self.read = False, 0, 0, 0, 0


class Issues:
    """The issues of a cursor, unpacked for a step."""

    def __init__(self, cursor: Cursor) -> None:
        self.told, self.out = Keys.unpack(cursor.told), Keys.unpack(cursor.out)
        self.odd = {words: Keys.unpack(keys) for words, keys in cursor.odd.items()}

    def took(self, told: Told, cursor: Cursor) -> None:
        """Notes an issue that was told."""
        self.forget(told.item)
        (self.told if told.counts else self.out).add(told.item)
        for words in told.odd:
            self.odd.setdefault(words, Keys()).add(told.item)
        if told.item != told.key:
            moved = {key: item for key, item in cursor.moved.items() if item != told.item}
            cursor.moved = {**moved, told.key: told.item}

    def forget(self, item: str) -> None:
        """Takes an issue out of everything."""
        for keys in (self.told, self.out, *self.odd.values()):
            keys.discard(item)

    def pack(self, cursor: Cursor) -> None:
        """Packs all of it into the cursor again."""
        cursor.told, cursor.out = self.told.pack(), self.out.pack()
        cursor.odd = {words: keys.pack() for words, keys in self.odd.items() if len(keys)}


@dataclass
class Haul:
    """The batch that is being filled."""

    client: Client
    rows: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._requests, self._bytes_read = self.client.requests, self.client.bytes_read

    @property
    def requests(self) -> int:
        """Sent for this batch."""
        return self.client.requests - self._requests

    @property
    def bytes_read(self) -> int:
        """Received for this batch."""
        return self.client.bytes_read - self._bytes_read

    def has_room(self) -> bool:
        """Another page may be asked for."""
        return (
            self.requests < MOST_REQUESTS
            and self.bytes_read < MOST_BYTES
            and len(self.rows) < MOST_ROWS
        )

    def rows_of(self, issues: int) -> int:
        """How many rows so many more issues will bring, by those that were brought."""
        items = sum(isinstance(row, WorkItem) for row in self.rows)
        return round(issues * len(self.rows) / items) if items else issues


@dataclass
class Round:
    """What is remembered between the batches of one round of reading.

    `anchor`: where the search begins, `mark`: where the server says that its next page is. `marks`,
    `in_search`: those and the issues that this search has given; `in_round`: issue → its `updated`.
    `listed`: key → issue, as far as all were listed.
    """

    started: bool = False
    began: int = 0
    anchor: int = 0
    mark: str = ""
    marks: set[str] = field(default_factory=set)
    in_search: set[str] = field(default_factory=set)
    in_round: dict[str, int] = field(default_factory=dict)
    used_marks: bool = False
    slid: bool = False
    read_all: bool = False
    listed: dict[str, str] = field(default_factory=dict)
    listing_mark: str = ""

    def search_from(self, at: int) -> None:
        """The next search begins at `at`."""
        self.anchor, self.mark = at, ""
        self.marks.clear()
        self.in_search.clear()
