"""The schemas at a path: one file, all files of a folder, or those that fit a pattern.

A schema may be written anew at any moment. A file that changes under our eyes is read again, and
one that was written a moment ago counts as being written still.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind

MOST_BYTES = 16 * 2**20
MOST_FILES = 1000
MOST_TRIES = 3
#: How long after its last change a file is not yet taken for whole, nor for what it was.
SETTLES_MS = 2_000
SUFFIXES = (".graphql", ".graphqls", ".gql")
#: File names that say nothing of the service: then the folder does.
_COMMON_NAMES = {"schema", "subgraph", "index", "types"}


class Mark(NamedTuple):
    """What tells a file from its other versions."""

    path: Path
    device: int
    inode: int
    size: int
    changed_ns: int


class Found(NamedTuple):
    """The files at a path, and how many of them lead out of its folder and are left alone."""

    marks: tuple[Mark, ...]
    outside: int = 0

    def settled(self, now: int) -> bool:
        """No file was written just before `now` (UTC ms), or just after."""
        return all(abs(now - mark.changed_ns // 10**6) >= SETTLES_MS for mark in self.marks)


def find(path: Path) -> Found:
    """The files at a path, in the order of their names. Raises SourceError."""
    shown = clean_text(str(path), 200)
    try:
        if not glob.has_magic(str(path)) or path.exists():
            if not path.is_dir():
                return Found((_mark(path),))
            root, names = path, _in_folder(path)
        else:
            fixed = next(parent for parent in path.parents if not glob.has_magic(str(parent)))
            root, names = fixed, fixed.glob(str(path.relative_to(fixed)))
        inside = root.resolve()
        every = sorted(name for name in names if name.is_file())
        kept = [name for name in every if name.resolve().is_relative_to(inside)]
        marks = tuple(map(_mark, kept[: MOST_FILES + 1]))
    except OSError as error:
        raise _unreadable(shown, error) from None
    except ValueError:
        why = "`**` stands alone between two `/`"
        raise _config(f"{shown} is no pattern ({why}): check `path:`") from None
    if not kept:
        raise _config(f"no schema ({', '.join(SUFFIXES)}) is at {shown}: check `path:`")
    if len(kept) > MOST_FILES:
        raise _config(f"{shown} are more than {MOST_FILES} files: name fewer with `path:`")
    return Found(marks, len(every) - len(kept))


def contents(found: Found, again: Callable[[], Found]) -> tuple[Found, list[bytes]]:
    """The files' contents, all of one moment. `again` looks anew for the files.

    Raises SourceError.
    """
    for _ in range(MOST_TRIES):
        bodies = list(_bodies(found))
        now = again()
        if now == found:
            return found, bodies
        found = now
    where = clean_text(str(found.marks[0].path), 200)
    raise SourceError(
        SourceErrorKind.UNREACHABLE,
        f"{where} changes again and again while it is read: it is read once it rests",
    )


def service_of(path: Path) -> str:
    """The service that a subgraph's file is called after: its own name, or its folder's."""
    name = path.name.partition(".")[0]
    return path.absolute().parent.name or name if name in _COMMON_NAMES else name


def _in_folder(folder: Path) -> Iterator[Path]:
    """All schemas below, but for what is hidden, where copies and other versions lie."""
    for name in folder.rglob("*"):
        if name.suffix in SUFFIXES:
            steps = name.relative_to(folder).parts
            if not any(step.startswith(".") for step in steps):
                yield name


def _bodies(found: Found) -> Iterator[bytes]:
    left = MOST_BYTES
    for mark in found.marks:
        try:
            with mark.path.open("rb") as file:
                body = file.read(left + 1)
        except OSError as error:
            raise _unreadable(clean_text(str(mark.path), 200), error) from None
        left -= len(body)
        if left < 0:
            size = f"{MOST_BYTES // 2**20} MB"
            raise SourceError(
                SourceErrorKind.TOO_LARGE,
                f"{clean_text(str(mark.path), 200)}: there is more than {size}, which is no schema",
            )
        yield body


def _mark(path: Path) -> Mark:
    told = path.stat()
    if not stat.S_ISREG(told.st_mode):
        raise _config(f"{clean_text(str(path), 200)} is no file: name one with `path:`")
    if not os.access(path, os.R_OK):
        raise PermissionError(13, os.strerror(13))
    return Mark(path, told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns)


def _unreadable(shown: str, error: OSError) -> SourceError:
    reason = (error.strerror or type(error).__name__).lower()
    return _config(f"{shown} cannot be read ({reason}): check `path:` and who may read it")


def _config(what: str) -> SourceError:
    return SourceError(SourceErrorKind.CONFIG, what)
