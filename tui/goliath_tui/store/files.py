"""The cache file itself: made for the user alone, recognised, and moved aside when it is broken."""

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from goliath_tui.clock import now_ms
from goliath_tui.store.errors import CacheBroken, CacheUnavailable, too_new
from goliath_tui.store.schema import APPLICATION_ID, SCHEMA_VERSION

#: Files up to this size are read through once when the writer opens them (half a second at most).
CHECKED_BYTES = 64 * 1024 * 1024

_SIDECARS = ("-wal", "-shm")
_WAIT_S = 10.0


def make(path: Path) -> None:
    """Creates missing folders (0700) and the file (0600); an existing file loses foreign access.

    A link is not followed: whoever may write into the folder could have it point at any file.
    Raises CacheUnavailable.
    """
    try:
        for folder in reversed(path.parents):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        for beside in ("", *_SIDECARS, "-journal"):
            if path.with_name(path.name + beside).is_symlink():
                raise CacheUnavailable(f"{path}{beside}: is a link; a cache is a file of its own")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if os.fstat(descriptor).st_nlink > 1:
                raise CacheUnavailable(f"{path}: has another name; a cache is a file of its own")
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CacheUnavailable(f"{path}: cannot be created: {error.strerror or error}") from error


def recognise(path: Path) -> None:
    """Raises CacheTooNew for a newer version's file, CacheBroken for a damaged or foreign one.

    Looks without touching: whatever is moved aside is what was found, with its write-ahead log.
    """
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)
    try:
        (application,) = conn.execute("PRAGMA application_id").fetchone()
        (version,) = conn.execute("PRAGMA user_version").fetchone()
        (tables,) = conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != APPLICATION_ID:
            raise CacheBroken(f"{path}: is somebody else's database")
        if tables and version > SCHEMA_VERSION:
            raise too_new(path, version)
        if path.stat().st_size <= CHECKED_BYTES:
            (found,) = conn.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise CacheBroken(f"{path}: is damaged: {found}")
    finally:
        conn.close()


def check(path: Path) -> None:
    """Reads the whole file through, however large. Raises CacheBroken, sqlite3.Error.

    On a connection of its own: what a writer still holds in memory says nothing about the file.
    """
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)
    try:
        (found,) = conn.execute("PRAGMA quick_check(1)").fetchone()
    finally:
        conn.close()
    if found != "ok":
        raise CacheBroken(f"{path}: is damaged: {found}")


def connect(path: Path) -> sqlite3.Connection:
    """A connection that writes, for one thread at a time, whichever that is.

    WAL with synchronous=NORMAL: a commit survives the death of the process at any instant. Only the
    machine's own death can take the newest commits, rows and cursors alike, and never more than
    that.
    """
    conn = sqlite3.connect(path, timeout=_WAIT_S, check_same_thread=False)
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "temp_store = MEMORY",
            "cache_size = -8000",
            "journal_size_limit = 67108864",
        ):
            conn.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        conn.close()
        raise
    return conn


def move_aside(path: Path) -> Path:
    """Renames the file with its sidecars to `NAME.broken-<UTC time>` and returns that name.

    The write-ahead log goes first: SQLite would delete one that it finds beside a new file.
    """
    stamp = datetime.fromtimestamp(now_ms() / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.broken-{stamp}")
    count = 1
    try:
        while aside.exists():
            count += 1
            aside = path.with_name(f"{path.name}.broken-{stamp}-{count}")
        for sidecar in _SIDECARS:
            found = path.with_name(path.name + sidecar)
            if found.exists():
                found.rename(aside.with_name(aside.name + sidecar))
        path.rename(aside)
    except OSError as error:
        raise CacheUnavailable(
            f"{path}: is broken and cannot be moved aside: {error.strerror or error}"
        ) from error
    return aside
