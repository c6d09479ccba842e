"""The only door into the cache: a batch, its cursor and its line in the poll log go in together.

Kill the process at any instant: the file holds the whole of a batch or nothing of it, and the
cursor that belongs to what it holds. What is derived from facts (step sums, ledgers, counts of
groups, current states) is brought up to date in the same transaction.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec
from sqlite_utils import Database

from goliath_tui.domain import (
    Approval,
    Batch,
    Comparison,
    ComparisonCounts,
    Field,
    IntendedShare,
    Inventory,
    ItemEvent,
    Loan,
    Milestone,
    Person,
    Poll,
    Service,
    SourceError,
    SourceErrorKind,
    Sprint,
    StateChange,
    TimeOff,
    Traffic,
    WorkItem,
)
from goliath_tui.store import files
from goliath_tui.store.errors import CacheBroken, is_damage, unavailable
from goliath_tui.store.limits import Limits
from goliath_tui.store.migrations import migrate
from goliath_tui.store.schema import STATES
from goliath_tui.store.tidy import tidying
from goliath_tui.store.write_mismatches import MismatchWriter
from goliath_tui.store.write_names import Homes, Names
from goliath_tui.store.write_traffic import TrafficWriter
from goliath_tui.store.write_work import WorkWriter

_STATE = {state: code for code, state in enumerate(STATES)}
#: Facts of the plan, which are stored as they are, by id: the newest word stands.
_PLAN: dict[type[msgspec.Struct], str] = {
    Person: "people",
    TimeOff: "time_off",
    Loan: "loans",
    Approval: "approvals",
}

_Row = TypeVar("_Row")


class Writer:
    """Writes the cache at `path`; there must be one at a time, used by one thread at a time.

    Opening creates the file, migrates an older one, and moves a broken or foreign one aside
    (`moved_aside` then says where it went). Raises CacheTooNew, CacheUnavailable.
    """

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        self.path = path
        self.moved_aside: Path | None = None
        self._limits = limits or Limits()
        self._damage: sqlite3.Error | None = None
        files.make(path)
        try:
            self._open()
        except CacheBroken:
            self._start_afresh()

    def cursor(self, source: str) -> str | None:
        """Where to go on with this source; None to begin."""
        with self._faults():
            row = self._conn.execute(
                "SELECT cursor FROM sources WHERE name = ?", (source,)
            ).fetchone()
        return None if row is None else row[0]

    def commit(self, batch: Batch, poll: Poll) -> int:
        """Stores a batch with its cursor and its poll, and returns the new revision.

        Committing the same batch twice changes nothing. Raises SourceError (IDENTITY) when the
        cache was filled from another instance of this source, CacheUnavailable, and CacheBroken:
        then the damaged file lies aside, a fresh one is in place, and every cursor is None again.
        """
        facts: defaultdict[type, list[Any]] = defaultdict(list)
        for fact in batch.rows:
            facts[type(fact)].append(fact)
        with self._transaction():
            source = self._sources.key(poll.source)
            self._check_instance(source, poll.source, batch.instance)
            self._write(facts)
            self._conn.execute(
                "UPDATE sources SET cursor = ?1, instance = coalesce(?2, instance) WHERE id = ?3"
                # A cursor may hold a lot, and is written when it moves.
                " AND (cursor IS NOT ?1 OR instance IS NOT coalesce(?2, instance))",
                (batch.cursor, batch.instance, source),
            )
            self._log(source, poll)
            return self._next_revision()

    def fail(self, poll: Poll) -> None:
        """Logs a poll that brought nothing. Raises CacheUnavailable, CacheBroken."""
        with self._transaction():
            self._log(self._sources.key(poll.source), poll)
            self._next_revision()

    def tidy(self, now: int, *, steps: int = 1000) -> bool:
        """Rolls up buckets that have aged and lets go of what is over the limits.

        Each step is one short transaction. Returns whether all is done, after at most `steps`.
        """
        work = tidying(self._conn, now, self._limits)
        for _ in range(steps):
            with self._transaction():
                if next(work, None) is None:
                    return True
        return False

    def check(self) -> None:
        """Reads the whole file through, since a reader has met damage that writing never touches.

        Raises CacheBroken when there is some, as `commit` does, and CacheUnavailable.
        """
        with self._faults():
            try:
                files.check(self.path)
            except CacheBroken as error:
                self._damage = sqlite3.DatabaseError(str(error))
                self.close()
                self._replace()

    def close(self) -> None:
        """Lets go of the file."""
        self._db.close()

    def _open(self) -> None:
        try:
            files.recognise(self.path)
            conn = files.connect(self.path)
            try:
                # Plugins of other people's have no business in this file.
                self._db = Database(conn, execute_plugins=False)
                self._conn = conn
                migrate(self._db)
            except BaseException:
                conn.close()
                raise
        except sqlite3.Error as error:
            if is_damage(error):
                raise CacheBroken(f"{self.path}: is damaged: {error}") from error
            raise unavailable(self.path, error) from error
        self._services = Names(conn, "services", "name")
        self._fields = Names(conn, "fields", "name")
        self._sources = Names(conn, "sources", "name")
        self._homes = Homes(conn, self._services)
        self._traffic = TrafficWriter(conn, self._services, self._fields, self._homes)
        self._mismatches = MismatchWriter(conn, self._fields, self._limits)
        self._work = WorkWriter(conn, self._services)

    def _start_afresh(self) -> None:
        self.moved_aside = files.move_aside(self.path)
        files.make(self.path)
        self._open()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Turns what SQLite says into what the caller can act on."""
        if self._damage is not None:
            self._replace()
        try:
            yield
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                self._damage = error
                self.close()
                self._replace()
            if isinstance(error, sqlite3.OperationalError):
                raise unavailable(self.path, error) from error
            raise

    def _replace(self) -> NoReturn:
        """Moves the damaged file aside; where that fails, the next call tries again."""
        damage = self._damage
        self._start_afresh()
        self._damage = None
        raise CacheBroken(
            f"{self.path}: was damaged ({damage}): it lies at {self.moved_aside}, and a fresh one"
            " is being filled"
        ) from damage

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._faults():
            # IMMEDIATE: a transaction that reads first and then finds that somebody else has
            # written in between could only be thrown away.
            self._conn.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._conn.execute("COMMIT")
            except BaseException:
                if self._conn.in_transaction:
                    self._conn.execute("ROLLBACK")
                for names in (self._services, self._fields, self._sources, self._homes):
                    names.forget()
                self._mismatches.forget()
                self._work.forget()
                raise

    def _check_instance(self, source: int, name: str, instance: str | None) -> None:
        (known,) = self._conn.execute(
            "SELECT instance FROM sources WHERE id = ?", (source,)
        ).fetchone()
        if instance is not None and known is not None and instance != known:
            raise SourceError(
                SourceErrorKind.IDENTITY,
                f"{name} answers for the data set {instance}, but {self.path.name} was filled from"
                f" {known}: check the url, or give this migration a cache of its own",
            )

    def _write(self, facts: dict[type, list[Any]]) -> None:
        self._write_services(facts.get(Service, []))
        for field in _only(Field, facts):
            self._homes.announce(self._fields.key(field.id), self._services.key(field.service))
        self._write_states(facts.get(StateChange, []))
        self._traffic.intended(facts.get(IntendedShare, []))
        self._traffic.traffic(facts.get(Traffic, []))
        self._traffic.comparisons(facts.get(ComparisonCounts, []))
        self._homes.flush()
        self._mismatches.write(facts.get(Comparison, []))
        self._work.write(
            facts.get(Sprint, []),
            facts.get(Milestone, []),
            facts.get(WorkItem, []),
            facts.get(ItemEvent, []),
            facts.get(Inventory, []),
        )
        for kind, table in _PLAN.items():
            if rows := facts.get(kind):
                self._db.table(table).upsert_all(map(msgspec.structs.asdict, rows), pk="id")

    def _write_services(self, services: Sequence[Service]) -> None:
        for service in services:
            for other in service.depends_on:
                self._services.key(other)
        self._conn.executemany(
            "UPDATE services SET team = ?, depends_on = ? WHERE id = ?",
            [
                (
                    service.team,
                    msgspec.json.encode(service.depends_on).decode(),
                    self._services.key(service.name),
                )
                for service in services
            ],
        )

    def _write_states(self, changes: Sequence[StateChange]) -> None:
        """Of two changes of a field at one moment the one that is further on its way stands."""
        rows = [
            (self._fields.key(change.field), change.at, _STATE[change.state], change.percentage)
            for change in changes
        ]
        self._conn.executemany(
            "INSERT INTO field_states VALUES (?, ?, ?, ?) ON CONFLICT (field, at) DO UPDATE SET"
            " state = excluded.state, percentage = excluded.percentage"
            " WHERE (excluded.state, coalesce(excluded.percentage, -1))"
            " > (state, coalesce(percentage, -1))",
            rows,
        )
        self._conn.executemany(
            "UPDATE fields SET (state, state_at) = (SELECT state, at FROM field_states"
            " WHERE field = fields.id ORDER BY at DESC LIMIT 1) WHERE id = ?",
            [(field,) for field in {row[0] for row in rows}],
        )

    def _log(self, source: int, poll: Poll) -> None:
        known = self._conn.execute(
            "SELECT rows FROM polls WHERE source = ? AND at = ?", (source, poll.at)
        ).fetchone()
        self._conn.execute(
            "UPDATE sources SET rows = rows + ? WHERE id = ?",
            (poll.rows - (0 if known is None else known[0]), source),
        )
        progress = None if poll.progress is None else msgspec.json.encode(poll.progress).decode()
        self._conn.execute(
            "INSERT OR REPLACE INTO polls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                source,
                poll.at,
                poll.took_ms,
                poll.rows,
                poll.requests,
                poll.bytes_read,
                poll.error_kind,
                poll.error,
                poll.next_at,
                poll.skew_ms,
                progress,
                msgspec.json.encode(poll.notes).decode() if poll.notes else None,
            ),
        )

    def _next_revision(self) -> int:
        self._conn.execute(
            "INSERT INTO meta VALUES ('revision', 1)"
            " ON CONFLICT (key) DO UPDATE SET value = value + 1"
        )
        (revision,) = self._conn.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()
        return int(revision)


def _only(kind: type[_Row], facts: dict[type, list[Any]]) -> list[_Row]:
    return facts.get(kind, [])
