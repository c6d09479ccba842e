"""A file that is appended to and rotated, read so that no line is lost and none is read twice.

Rotated by renaming, the file that was being read has another name in its folder: it is found by its
inode, and read to its end before those that are newer. Copied and truncated, what was being read is
found in the copy by its content. Files that were rotated more than once between two polls are read
in the order of their names (`app.log.2` before `app.log.1`, `app.log-20261121` before
`app.log-20261122`). Compressed ones are not read.

A file that was left is looked at for a while longer, for some writers keep it open.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import Struct, field

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources.jsonl_places import News, Piece, Place

LEFT_MS = 600_000
_SUFFIX = r"[.-](?P<suffix>[0-9][0-9T_.:-]*)"
_NUMBER = re.compile(r"[0-9]{1,5}")


class FilePlaces(Struct, omit_defaults=True):
    """The files that are being read, the oldest first. `next`: the number of the next one."""

    places: list[Place] = field(default_factory=list)
    next: int = 0


class _Open(Struct):
    """A file of the folder, open. `path`: its name now."""

    path: Path
    handle: int
    info: os.stat_result

    def read(self, start: int, end: int) -> bytes:
        """The bytes [start, end), fewer where the file ends before."""
        data = bytearray()
        while start + len(data) < end:
            part = os.pread(self.handle, end - start - len(data), start + len(data))
            if not part:
                break
            data += part
        return bytes(data)

    def is_file_of(self, place: Place) -> bool:
        """Whether it is the very file of a place, by its inode."""
        return (self.info.st_dev, self.info.st_ino) == (place.device, place.inode)

    def holds(self, place: Place) -> bool:
        """Whether it is what was read, grown or not."""
        return place.fits(self.info.st_size, self.read)


class Files:
    """Follows the file at `path` through its rotations."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def news(self, at: FilePlaces, now: int, most: int) -> Iterator[News]:
        """What is new, at most `most` bytes. Raises SourceError.

        What was consumed of it at the end of the block is taken note of in the places.
        """
        with ExitStack() as stack:
            here = _opened(stack, self.path)
            notes: list[str] = []
            found = self._resolved(stack, here, at, now, notes)
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

    def line_at(self, at: FilePlaces, number: int, start: int, size: int) -> bytes | None:
        """A line that was read before; None if its file cannot be found any more."""
        place = next((place for place in at.places if place.number == number), None)
        if place is None:
            return None
        with ExitStack() as stack:
            here = _opened(stack, self.path)
            file = self._file_of(stack, here, place)
            data = b"" if file is None else file.read(start, start + size)
        return data if len(data) == size else None

    def _resolved(
        self, stack: ExitStack, here: _Open | None, at: FilePlaces, now: int, notes: list[str]
    ) -> list[tuple[Place, _Open]]:
        """The places that are to be read, with their files; places of new files are added."""
        found: list[tuple[Place, _Open]] = []
        for place in at.places.copy():
            file = self._file_of(stack, here, place)
            if file is None:
                at.places.remove(place)
                if place.left_at is None:
                    if place.offset:
                        notes.append(self._lost(here, place))
                    found += self._added(self._since(stack, here, place, at), at)
                continue
            if not place.offset:
                # Nothing was read of it, so a copy that was made of it before it was emptied is
                # not known by its content.
                rank = self._rank(file.path.name)
                older = [
                    other
                    for other in self._since(stack, None, place, at)
                    if rank is None or (self._rank(other.path.name) or rank) < rank
                ]
                found += self._added(older, at, before=place)
            found.append((place, file))
            place.device, place.inode = file.info.st_dev, file.info.st_ino
            if place.left_at is None and (newer := self._newer(stack, here, file)):
                place.left_at = now
                found += self._added(newer, at)
        if not at.places:
            if here is None:
                raise self._absent()
            found += self._added([here], at)
        for place in at.places[:-1]:
            place.left_at = now if place.left_at is None else place.left_at
        if here is None:
            shown = clean_text(str(self.path), 200)
            notes.append(f"{shown} is not there now: what was read so far was renamed, and goes on")
        return found

    def _added(
        self, files: Sequence[_Open], at: FilePlaces, before: Place | None = None
    ) -> list[tuple[Place, _Open]]:
        """New places for these files, behind all others or before one."""
        added = []
        for file in files:
            place = Place(number=at.next, device=file.info.st_dev, inode=file.info.st_ino)
            at.next += 1
            at.places.insert(len(at.places) if before is None else at.places.index(before), place)
            added.append((place, file))
        return added

    def _file_of(self, stack: ExitStack, here: _Open | None, place: Place) -> _Open | None:
        """The file of a place, wherever it is now."""
        if here is not None and here.is_file_of(place) and here.holds(place):
            return here
        folder = self._folder()
        ranked = [(path, inode) for path, inode in folder if self._rank(path.name) is not None]
        if file := self._renamed(stack, ranked, place):
            return file
        if here is not None and place.left_at is None and place.offset and here.holds(place):
            return here
        if file := self._renamed(stack, folder, place):
            return file
        copies = _all_opened(stack, [path for path, _ in ranked]) if place.offset else ()
        return next((file for file in copies if file.holds(place)), None)

    def _renamed(
        self, stack: ExitStack, files: Sequence[tuple[Path, int]], place: Place
    ) -> _Open | None:
        """The very file of a place, under another name."""
        paths = [path for path, inode in files if inode == place.inode]
        found = _all_opened(stack, paths)
        return next((f for f in found if f.is_file_of(place) and f.holds(place)), None)

    def _newer(self, stack: ExitStack, here: _Open | None, file: _Open) -> list[_Open]:
        """The files that came after one, oldest first; none if it is the newest."""
        if here is not None and file.path == self.path:
            return []
        rank = self._rank(file.path.name)
        newer: list[_Open] = []
        if rank is not None:
            newer = list(_all_opened(stack, self._rotated(after=rank)))
        return newer if here is None else [*newer, here]

    def _since(
        self, stack: ExitStack, here: _Open | None, place: Place, at: FilePlaces
    ) -> list[_Open]:
        """The files that were written to since one was looked at, for want of it to go on from."""
        if not place.modified:
            return []
        known = {(other.device, other.inode) for other in at.places if other is not place}
        newer = [
            file
            for file in _all_opened(stack, self._rotated())
            if file.info.st_mtime_ns > place.modified
            and (file.info.st_dev, file.info.st_ino) not in known
            # A copy of what was read is no news, however young it is.
            and not (place.head_size and place.is_head_of(file.read))
        ]
        return newer if here is None else [*newer, here]

    def _lost(self, here: _Open | None, place: Place) -> str:
        shown = clean_text(str(self.path), 200)
        if here is not None and here.is_file_of(place):
            return f"{shown} was cut short: what was written just before may be missing"
        return (
            f"what {shown} was before cannot be found (removed, or compressed): what was written "
            "to it since it was read last is missing"
        )

    def _rotated(self, after: tuple[int, ...] = ()) -> list[Path]:
        """The rotated files that rank after some other, the oldest first."""
        ranked = ((self._rank(path.name), path) for path, _ in self._folder())
        return [path for rank, path in sorted((r, p) for r, p in ranked if r and r > after)]

    def _folder(self) -> list[tuple[Path, int]]:
        """The other files of the folder, and their inodes."""
        try:
            with os.scandir(self.path.parent) as entries:
                return [
                    (self.path.parent / entry.name, entry.inode())
                    for entry in entries
                    if entry.name != self.path.name and entry.is_file(follow_symlinks=False)
                ]
        except OSError:
            return []

    def _rank(self, name: str) -> tuple[int, ...] | None:
        """The place of a rotated file among its like, the oldest first; None if it is none."""
        stem, extension = self.path.stem, self.path.suffix
        for pattern in (
            f"{re.escape(self.path.name)}{_SUFFIX}",
            f"{re.escape(stem)}{_SUFFIX}{re.escape(extension)}",
        ):
            if match := re.fullmatch(pattern, name):
                suffix = match["suffix"]
                if _NUMBER.fullmatch(suffix):
                    return (1, -int(suffix))
                return (0, *(int(part) for part in re.findall("[0-9]+", suffix)))
        return None

    def _absent(self) -> SourceError:
        return SourceError(
            SourceErrorKind.CONFIG,
            f"{clean_text(str(self.path), 200)} is not there: check `path:`, and that it is written"
            " on this machine",
        )


def _all_opened(stack: ExitStack, paths: Sequence[Path]) -> Iterator[_Open]:
    """Those of some files that can be read, opened as they are asked for."""
    for path in paths:
        if (file := _opened(stack, path, quietly=True)) is not None:
            yield file


def _opened(stack: ExitStack, path: Path, *, quietly: bool = False) -> _Open | None:
    """A file, open for as long as the stack is; None when it is not there. Raises SourceError.

    `quietly`: None as well when it cannot be read, or is no file.
    """
    shown = clean_text(str(path), 200)
    try:
        # A pipe that nobody writes to would keep an ordinary open waiting.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if quietly:
            return None
        why = clean_text((error.strerror or "error").lower(), 100)
        raise SourceError(
            SourceErrorKind.CONFIG, f"{shown} cannot be read: {why}: check `path:` and its rights"
        ) from None
    stack.callback(os.close, handle)
    info = os.fstat(handle)
    if not stat.S_ISREG(info.st_mode):
        if quietly:
            return None
        raise SourceError(
            SourceErrorKind.CONFIG, f"{shown} is no file: `path:` names a file, a FIFO, or -"
        )
    return _Open(path, handle, info)
