"""A file that is appended to and rotated, read so that no line is lost and none is read twice.

Rotated by renaming, the file that was being read has another name in its folder: it is found by its
inode, and read to its end before those that are newer. Copied and truncated, what was being read is
found in the copy by its content. Files that were rotated more than once between two polls are read
in the order of their names (`app.log.2` before `app.log.1`, `app.log-20261121` before
`app.log-20261122`). Compressed ones are not read; but what is being read is kept open, so that the
end of it is there even if it was compressed, moved to another folder or removed meanwhile.

A file that was left is looked at for a while longer, for some writers keep it open.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path

from msgspec import Struct, field

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources.jsonl.folder import Folder, OpenFile
from goliath_tui.sources.jsonl.places import News, Piece, Place

LEFT_MS = 600_000
#: How often a folder is looked at in which files are just being renamed.
MOST_LOOKS = 20

_Found = list[tuple[Place, OpenFile]]


class FilePlaces(Struct, omit_defaults=True):
    """The files that are being read, the oldest first. `next`: the number of the next one."""

    places: list[Place] = field(default_factory=list)
    next: int = 0

    def add(self, files: Sequence[OpenFile], before: Place | None = None) -> _Found:
        """New places for these files, behind all others or before one."""
        added: _Found = []
        for file in files:
            device, inode = file.key
            place = Place(number=self.next, device=device, inode=inode)
            self.next += 1
            end = len(self.places) if before is None else self.places.index(before)
            self.places.insert(end, place)
            added.append((place, file))
        return added


class Files:
    """Follows the file at `path` through its rotations."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shown = clean_text(str(path), 200)
        #: Number of a place → its file, open from one poll to the next.
        self._held: dict[int, int] = {}

    def __del__(self) -> None:
        for handle in self._held.values():
            os.close(handle)

    @contextmanager
    def news(self, at: FilePlaces, now: int, most: int) -> Iterator[News]:
        """What is new, at most `most` bytes. Raises SourceError.

        What was consumed of it at the end of the block is taken note of in the places.
        """
        with ExitStack() as stack:
            found, notes = self._found(stack, at, now)
            pieces: list[Piece] = []
            left = 0
            for place, file in found:
                size = file.info.st_size - place.offset
                data = file.read(place.offset, place.offset + min(size, most))
                most -= len(data)
                left += size - len(data)
                if place.left_at is not None and place.modified != file.info.st_mtime_ns:
                    place.left_at = now
                # Until something is read of the newest file, its writer may not have moved on.
                is_over = (
                    place.left_at is not None
                    and now - place.left_at > LEFT_MS
                    and at.places[-1].offset > 0
                )
                pieces.append(Piece(place, data, last=is_over and len(data) == size))
            yield News(pieces, left, notes)
            for piece, (_, file) in zip(pieces, found, strict=True):
                place = piece.place
                place.advance(place.offset + piece.consumed, file.read)
                place.modified = file.info.st_mtime_ns
                if piece.last and piece.consumed == len(piece.data):
                    at.places.remove(place)
            self._hold((place, file) for place, file in found if place in at.places)

    def line_at(self, at: FilePlaces, number: int, start: int, size: int) -> bytes | None:
        """A line that was read before; None if its file cannot be found any more."""
        place = next((place for place in at.places if place.number == number), None)
        if place is None:
            return None
        for _ in range(MOST_LOOKS):
            with ExitStack() as stack:
                folder = Folder(stack, self.path)
                file = folder.file_of(place)
                data = b"" if file is None else file.read(start, start + size)
                if len(data) == size:
                    return data
                if folder.is_still_so():
                    break
        return None

    def _found(self, stack: ExitStack, at: FilePlaces, now: int) -> tuple[_Found, list[str]]:
        """The places that are to be read, with their files, and notes; new places are added."""
        for _ in range(MOST_LOOKS):
            with ExitStack() as tried:
                folder = Folder(tried, self.path)
                there, notes = deepcopy(at), list[str]()
                found = self._resolved(folder, there, now, notes)
                if folder.is_still_so():
                    if not there.places:
                        raise SourceError(
                            SourceErrorKind.CONFIG,
                            f"{self._shown} is not there: check `path:`, and that it is written on "
                            "this machine",
                        )
                    at.places, at.next = there.places, there.next
                    stack.push(tried.pop_all())
                    return found, notes
        return [], [f"{self._shown} is renamed faster than can be looked: read later"]

    def _resolved(self, folder: Folder, at: FilePlaces, now: int, notes: list[str]) -> _Found:
        """As `_found`, from one look at the folder."""
        found: _Found = []
        here = folder.here
        for place in at.places.copy():
            file = folder.file_of(place)
            if file is None and here is not None and _is_changed(here, place):
                place.go_on(here.info.st_size, here.read)
                notes.append(
                    f"{self._shown} was changed where it had been read: reading goes on where that "
                    "ended, and what was written just before may be missing"
                )
                file = here
            is_gone = file is None
            file = file or self._held_file(place)
            if file is None:
                if place.left_at is None:
                    if place.offset:
                        notes.append(self._lost(here, place))
                    newer = folder.since(place, None, at.places)
                    found += at.add(newer if here is None else [*newer, here])
                at.places.remove(place)
                continue
            if not place.offset:
                # Nothing was read of it, so a copy that was made of it before it was emptied is
                # not known by its content.
                found += at.add(folder.since(place, file, at.places), before=place)
            found.append((place, file))
            place.device, place.inode = file.key
            newer = folder.newer(file)
            if is_gone and place.left_at is None:
                newer = [*folder.since(place, None, at.places), *newer]
            if place.left_at is None and newer:
                place.left_at = now
                found += at.add(newer)
        if not at.places and here is not None:
            found += at.add([here])
        for place in at.places[:-1]:
            place.left_at = now if place.left_at is None else place.left_at
        if here is None:
            notes.append(f"{self._shown} is not there now: what it was is read under its new name")
        return found

    def _hold(self, found: Iterable[tuple[Place, OpenFile]]) -> None:
        """Keeps these files open, and no others."""
        before = self._held
        self._held = {place.number: os.dup(file.handle) for place, file in found}
        for handle in before.values():
            os.close(handle)

    def _held_file(self, place: Place) -> OpenFile | None:
        """The file of a place that has no name here any more."""
        handle = self._held.get(place.number)
        file = None if handle is None else OpenFile(handle, os.fstat(handle))
        return file if file and file.is_file_of(place) and file.holds(place) else None

    def _lost(self, here: OpenFile | None, place: Place) -> str:
        if here is not None and here.is_file_of(place):
            return f"{self._shown} was cut short: what was written just before may be missing"
        return (
            f"what {self._shown} was before cannot be found (removed, or compressed): what was "
            "written to it since it was read last is missing"
        )


def _is_changed(here: OpenFile, place: Place) -> bool:
    """Whether it is the file of a place, and begins as it did, but was cut or written over."""
    return place.head_size > 0 and here.is_file_of(place) and place.is_head_of(here.read)
