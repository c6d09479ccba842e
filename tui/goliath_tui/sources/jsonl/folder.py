"""A log and its rotated like, as they lie in their folder at one moment.

While files are renamed, two looks at their folder do not fit together: a file can have left the one
name before the first look and have its other name after the second. So all questions are answered
from one look, and `is_still_so` tells afterwards whether the answers were good.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources.jsonl.places import Place

_SUFFIX = r"[.-]([0-9][0-9T_.:-]*)"
_NUMBER = re.compile(r"[0-9]{1,5}")

#: The place of a rotated file among its like, the oldest first.
Rank = tuple[int, ...]


class OpenFile(Struct):
    """A file of the folder, open. `rank`: None for one that is not rotated."""

    handle: int
    info: os.stat_result
    rank: Rank | None = None

    def read(self, start: int, end: int) -> bytes:
        """The bytes [start, end), fewer where the file ends before."""
        data = bytearray()
        while start + len(data) < end:
            part = os.pread(self.handle, end - start - len(data), start + len(data))
            if not part:
                break
            data += part
        return bytes(data)

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from all other files that are there."""
        return self.info.st_dev, self.info.st_ino

    def is_file_of(self, place: Place) -> bool:
        """Whether it is the very file of a place, by its inode."""
        return self.key == (place.device, place.inode)

    def holds(self, place: Place) -> bool:
        """Whether it is what was read, grown or not."""
        return place.fits(self.info.st_size, self.read)


class Folder:
    """One look at the folder of the log at `path`. What it opens is open as long as `stack`.

    `here`: the log itself, if it is there. Raises SourceError where that cannot be read.
    """

    def __init__(self, stack: ExitStack, path: Path) -> None:
        self._stack = stack
        self._path = path
        stem, extension = re.escape(path.stem), re.escape(path.suffix)
        self._names = re.compile(f"{stem}{extension}{_SUFFIX}|{stem}{_SUFFIX}{extension}")
        self._look = self._listed()
        self.here = opened(stack, path)
        self._rotated = sorted(
            (rank, name) for name in self._look if (rank := self._rank(name)) is not None
        )

    def is_still_so(self) -> bool:
        """Whether the log and its rotated like are those that they were at the look."""
        return self._relevant(self._listed()) == self._relevant(self._look)

    def file_of(self, place: Place) -> OpenFile | None:
        """The file of a place, wherever it is now."""
        here = self.here
        if here is not None and here.is_file_of(place) and here.holds(place):
            return here
        ranked = [name for _, name in self._rotated]
        if file := self._renamed(ranked, place):
            return file
        if here is not None and place.left_at is None and place.offset and here.holds(place):
            return here
        if file := self._renamed(self._look, place):
            return file
        copies = self._opened(ranked) if place.offset else ()
        return next((file for file in copies if file.holds(place)), None)

    def newer(self, file: OpenFile) -> list[OpenFile]:
        """The files that came after one, oldest first; none if it is the newest."""
        if file is self.here:
            return []
        rank = file.rank
        names = [name for other, name in self._rotated if rank is not None and other > rank]
        newer = list(self._opened(names))
        return newer if self.here is None else [*newer, self.here]

    def since(self, place: Place, file: OpenFile | None, known: Iterable[Place]) -> list[OpenFile]:
        """Rotated files that were written to since a place was looked at, and came before `file`.

        For want of what was read there, to go on from; copies of it are no news.
        """
        if not place.modified:
            return []
        rank = None if file is None else file.rank
        names = [name for other, name in self._rotated if rank is None or other < rank]
        keys = {(other.device, other.inode) for other in known if other is not place}
        return [
            other
            for other in self._opened(names)
            if other.info.st_mtime_ns > place.modified
            and other.key not in keys
            and not (place.head_size and place.is_head_of(other.read))
        ]

    def _renamed(self, names: Iterable[str], place: Place) -> OpenFile | None:
        """The very file of a place, under another name."""
        found = self._opened(name for name in names if self._look[name] == place.inode)
        return next((f for f in found if f.is_file_of(place) and f.holds(place)), None)

    def _opened(self, names: Iterable[str]) -> Iterator[OpenFile]:
        """Those of some files that can be read, opened as they are asked for."""
        for name in names:
            path = self._path.parent / name
            if name != self._path.name and (file := opened(self._stack, path, quietly=True)):
                file.rank = self._rank(name)
                yield file

    def _listed(self) -> dict[str, int]:
        """The files of the folder, and their inodes."""
        try:
            with os.scandir(self._path.parent) as entries:
                return {e.name: e.inode() for e in entries if e.is_file(follow_symlinks=False)}
        except OSError:
            return {}

    def _relevant(self, look: dict[str, int]) -> dict[str, int]:
        return {
            name: inode
            for name, inode in look.items()
            if name == self._path.name or self._rank(name) is not None
        }

    def _rank(self, name: str) -> Rank | None:
        match = self._names.fullmatch(name)
        if match is None:
            return None
        suffix = match[1] or match[2]
        if _NUMBER.fullmatch(suffix):
            return (1, -int(suffix))
        return (0, *(int(part) for part in re.findall("[0-9]+", suffix)))


def opened(stack: ExitStack, path: Path, *, quietly: bool = False) -> OpenFile | None:
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
    return OpenFile(handle, info)
