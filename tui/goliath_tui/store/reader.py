"""The only door out of the cache: the picture as of any moment, and what there is beyond it.

Only sqlite3 is needed here, so that the first picture is there before anything heavy is imported.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TypeVar

from goliath_tui.clock import now_ms
from goliath_tui.domain import Snapshot, SourceSpec
from goliath_tui.domain.subjects import Detail, Subject
from goliath_tui.measures.completion import all_fields, retired
from goliath_tui.store import (
    read_mismatches,
    read_points,
    read_services,
    read_sources,
    read_traffic,
)
from goliath_tui.store.errors import CacheBroken, CacheError, is_damage, too_new, unavailable
from goliath_tui.store.schema import APPLICATION_ID, HOUR, SCHEMA_VERSION

_WAIT_S = 5.0

_Answer = TypeVar("_Answer")


class Store:
    """Reads the cache at `path`, which another process fills. Threads take turns.

    A file that is missing, not (yet) a cache of this version, or not a database at all gives empty
    pictures until the writer has put a cache in its place. `window_ms`: how far back the traffic
    and comparison figures reach.
    """

    def __init__(
        self,
        path: Path,
        *,
        migration: str,
        rehearsal: bool,
        sources: Sequence[SourceSpec],
        time_zone: tzinfo,
        window_ms: int = HOUR,
    ) -> None:
        self.path = path
        self._migration = migration
        self._rehearsal = rehearsal
        self._specs = tuple(sources)
        self._time_zone = time_zone
        self._window_ms = window_ms
        self._lock = threading.Lock()
        self._conn: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._seen: object = None
        self._version = 0

    def snapshot(self, at: int | None = None, *, now: int | None = None) -> Snapshot:
        """The picture as of `at`, or live as of `now` (the clock's, unless given).

        Facts count by their own moments, so a picture of the past is the one that was live then.
        Raises CacheTooNew, CacheUnavailable (locked, no permission: the last picture still holds)
        and CacheBroken (damaged: the writer will put a fresh file in its place).
        """
        live = now_ms() if now is None else now
        moment = live if at is None else at
        found = self._read(lambda conn: self._picture(conn, moment, live=at is None))
        return self._empty(moment, live=at is None) if found is None else found

    def detail(
        self, subject: Subject, at: int | None = None, *, now: int | None = None
    ) -> Detail | None:
        """What there is to know about `subject` as of `at`, or as of `now` (the clock's, unless
        given); None if it was not known then.

        Goes by the same rules as the snapshot, and raises what that raises.
        """
        from goliath_tui.store.read_details import Asked, detail

        live = now_ms() if now is None else now
        moment = live if at is None else at
        asked = Asked(moment, self._window_ms, self._time_zone, self._specs)
        return self._read(lambda conn: detail(conn, subject, asked))

    def version(self) -> int:
        """A number that changes when another process has committed, or the file was replaced."""
        with self._lock:
            try:
                conn = self._connection()
                data = None if conn is None else conn.execute("PRAGMA data_version").fetchone()
            except sqlite3.DatabaseError as error:
                self._disconnect()
                raise self._fault(error) from error
            if (self._file, data) != self._seen:
                self._seen = (self._file, data)
                self._version += 1
            return self._version

    def close(self) -> None:
        """Lets go of the file; another call opens it again."""
        with self._lock:
            self._disconnect()

    def _read(self, question: Callable[[sqlite3.Connection], _Answer]) -> _Answer | None:
        """Asks in one transaction; None while there is no cache of ours."""
        with self._lock:
            try:
                conn = self._connection()
                if conn is None:
                    return None
                conn.execute("BEGIN")
                try:
                    return question(conn)
                finally:
                    conn.execute("ROLLBACK")
            except sqlite3.DatabaseError as error:
                self._disconnect()
                raise self._fault(error) from error

    def _picture(self, conn: sqlite3.Connection, at: int, *, live: bool) -> Snapshot:
        revision = conn.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()
        sources = read_sources.sources(conn, self._specs, at)
        # Rows come oldest first: what a fill has not reached yet is unknown, not zero.
        filling = any(source.progress is not None for source in sources)
        ledger = read_points.ledger(conn, at)
        points = ledger.by_service()
        fields = read_points.fields_by_service(conn, at) if read_points.has_states(conn, at) else {}
        sprint = read_points.sprint(conn, at, self._time_zone)
        if sprint and filling and not read_points.reaches(conn, sprint.starts, at):
            sprint = None
        span = read_traffic.span_ms(conn, at, self._window_ms)
        traffic, by_service = read_traffic.figures(conn, at, span)
        compared = read_traffic.compared(conn, at, span)
        shares = read_traffic.shares(conn, at)
        all_counts = all_fields(fields.values())
        measured = read_services.Measured(points, fields, by_service, compared, shares.by_service)
        return Snapshot(
            at=at,
            live=live,
            revision=0 if revision is None else revision[0],
            migration=self._migration,
            rehearsal=self._rehearsal,
            points=ledger.all(),
            fields=all_counts,
            traffic=traffic,
            retired=retired(all_counts),
            unmapped=points.get(read_points.NO_SERVICE),
            services=read_services.rows(conn, measured),
            share_series=shares.series,
            sprint=sprint,
            milestones=read_points.milestones(conn, at, ledger),
            mismatches=read_mismatches.mismatches(conn, at),
            sources=sources,
        )

    def _empty(self, at: int, *, live: bool) -> Snapshot:
        return Snapshot(
            at=at,
            live=live,
            revision=0,
            migration=self._migration,
            rehearsal=self._rehearsal,
            sources=read_sources.unasked(self._specs, at),
        )

    def _connection(self) -> sqlite3.Connection | None:
        """The connection to the file that is there now; None while it is no cache of ours."""
        try:
            found = self.path.stat()
        except OSError:
            self._disconnect()
            return None
        file = (found.st_dev, found.st_ino)
        if file != self._file:
            self._disconnect()
            self._file = file
        if self._conn is None:
            self._conn = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=ro",
                uri=True,
                timeout=_WAIT_S,
                isolation_level=None,
                check_same_thread=False,
            )
            self._conn.execute("PRAGMA query_only = ON")
        return self._conn if self._is_cache(self._conn) else None

    def _is_cache(self, conn: sqlite3.Connection) -> bool:
        try:
            (application,) = conn.execute("PRAGMA application_id").fetchone()
            (version,) = conn.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                return False
            raise
        if application == APPLICATION_ID and version > SCHEMA_VERSION:
            raise too_new(self.path, version)
        return bool(application == APPLICATION_ID and version == SCHEMA_VERSION)

    def _fault(self, error: sqlite3.DatabaseError) -> CacheError:
        if is_damage(error):
            return CacheBroken(
                f"{self.path}: is damaged ({error}): the next poll moves it aside and fills a"
                " fresh one"
            )
        return unavailable(self.path, error)

    def _disconnect(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = self._file = None
