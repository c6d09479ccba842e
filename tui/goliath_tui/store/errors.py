"""What can be wrong with a cache file. `str(error)` says what happened and what to do."""

import sqlite3
from pathlib import Path

from goliath_tui.store.schema import SCHEMA_VERSION

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class CacheError(Exception):
    """The cache cannot be used as it is."""


class CacheTooNew(CacheError):  # noqa: N818 - says what the cache is
    """A newer version of the program has written the file; nothing was changed."""


class CacheBroken(CacheError):  # noqa: N818 - says what the cache is
    """The file is damaged. When the writer found it, it lies aside and a fresh one is in place."""


class CacheUnavailable(CacheError):  # noqa: N818 - says what the cache is
    """The file may be fine, but not now or not for us: locked, disk full, no permission."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file's content is broken, rather than out of reach."""
    # Errors of Python's own, such as a value of the wrong type, carry no code.
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE


def too_new(path: Path, version: int) -> CacheTooNew:
    """The error for a file that a newer version has written."""
    return CacheTooNew(
        f"{path}: was written by a newer goliath-tui (cache version {version}, this one knows"
        f" {SCHEMA_VERSION}): upgrade, or set another `cache` in the config"
    )


def unavailable(path: Path, error: sqlite3.Error) -> CacheUnavailable:
    """The error for a file that SQLite cannot use now."""
    return CacheUnavailable(
        f"{path}: cannot be used: {error}: check that the disk has room, that the folder is yours,"
        " and that no other program holds the file"
    )
