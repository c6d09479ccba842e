"""How far something has been read, so that it is known again after a restart or a rotation.

A name and an inode say little: names are given on, inodes are used again, and copies have others.
What has been read says more: its first bytes, and those just before the place where reading ends.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from msgspec import Struct

SAMPLE = 512

#: Gives the bytes [start, end) of something; fewer where it ends before.
Bytes = Callable[[int, int], bytes]


class Place(Struct, omit_defaults=True, kw_only=True):
    """How far one file, pipe or address has been read: up to `offset`.

    `head`, `tail`: prints of the first `head_size` bytes, and of the last `tail_size` before
    `offset`. `number`: its own among all that were read. `device`, `inode`, `modified` (ns): of a
    file. `left_at`: since when a newer one has been there. `skipping`: in the middle of a line that
    is too long.
    """

    number: int = 0
    offset: int = 0
    head: str = ""
    head_size: int = 0
    tail: str = ""
    tail_size: int = 0
    device: int = 0
    inode: int = 0
    modified: int = 0
    left_at: int | None = None
    skipping: bool = False

    def fits(self, size: int, read: Bytes) -> bool:
        """Whether this is what was read, or has grown from it; always, if nothing was read yet."""
        return size >= self.offset and self.is_head_of(read) and self.tail_fits(read)

    def tail_fits(self, read: Bytes) -> bool:
        """Whether something has, just before the place, what was read there."""
        start = self.offset - self.tail_size
        return not self.tail_size or self.tail == _print(read(start, self.offset))

    def is_head_of(self, read: Bytes) -> bool:
        """Whether something begins as this did."""
        return not self.head_size or self.head == _print(read(0, self.head_size))

    def advance(self, offset: int, read: Bytes) -> None:
        """It has been read up to `offset`."""
        if offset == self.offset:
            return
        self.offset = offset
        if self.head_size < SAMPLE:
            begins = read(0, min(SAMPLE, offset))
            # Of something that is only read in parts, the beginning may not be at hand.
            if len(begins) == min(SAMPLE, offset):
                self.head_size, self.head = len(begins), _print(begins)
        self._print_tail(read)

    def go_on(self, size: int, read: Bytes) -> None:
        """What was read is not as it was, but begins as it did: reading goes on where it ended."""
        self.offset = min(self.offset, size)
        self._print_tail(read)
        # What follows in the middle of a line is none; a hole is left by a writer that goes on.
        before = read(self.offset - 1, self.offset)
        self.skipping = self.offset < size and before not in {b"\n", b"\0"}

    def _print_tail(self, read: Bytes) -> None:
        self.tail_size = min(SAMPLE, self.offset)
        self.tail = _print(read(self.offset - self.tail_size, self.offset))


class Piece(Struct):
    """Bytes that were read from a place on, and that lines are to be taken from.

    `last`: a line without its end is all of a line, for nothing will be added to it. `consumed`:
    how many of the bytes were made use of.
    """

    place: Place
    data: bytes
    last: bool = False
    consumed: int = 0


class News(Struct):
    """What there is to read. `left`: bytes that are there beyond these pieces."""

    pieces: list[Piece]
    left: int = 0
    notes: list[str] = []


def _print(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()
