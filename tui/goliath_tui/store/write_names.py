"""Names from outside ↔ integer keys of the file, held in memory by the writer.

A name that is only referred to gets its row at once: a fact about a field that nobody has announced
is still a fact.
"""

import sqlite3
from collections.abc import Iterable

_ANNOUNCED = -1


class Names:
    """The keys of one table. `forget()` after a rollback: keys given since the commit are void."""

    def __init__(self, conn: sqlite3.Connection, table: str, column: str) -> None:
        self._conn = conn
        self._select = f"SELECT id, {column} FROM {table}"  # noqa: S608 - names of our own
        self._insert = f"INSERT INTO {table} ({column}) VALUES (?)"  # noqa: S608
        self._keys: dict[str, int] | None = None
        self._names: dict[int, str] = {}

    def forget(self) -> None:
        """Reads the table again at the next question."""
        self._keys = None

    def key(self, name: str) -> int:
        """The key of `name`, made if it has none."""
        keys = self._known()
        key = keys.get(name)
        if key is None:
            cursor = self._conn.execute(self._insert, (name,))
            key = keys[name] = int(cursor.lastrowid or 0)
            self._names[key] = name
        return key

    def key_or_none(self, name: str | None) -> int | None:
        """The key of `name`, None for None."""
        return None if name is None else self.key(name)

    def name(self, key: int) -> str:
        """The name behind a key."""
        self._known()
        return self._names[key]

    def _known(self) -> dict[str, int]:
        if self._keys is None:
            self._names = dict(self._conn.execute(self._select))
            self._keys = {name: key for key, name in self._names.items()}
        return self._keys


class Homes:
    """Which service each field belongs to.

    The field's own announcement decides. Until there is one, the earliest bucket that names a
    service for it does (of two at one moment, the service that sorts first), so that the order of
    arrival does not matter.
    """

    def __init__(self, conn: sqlite3.Connection, services: Names) -> None:
        self._conn = conn
        self._services = services
        self._homes: dict[int, tuple[int | None, int | None]] | None = None
        self._moved: set[int] = set()

    def forget(self) -> None:
        """Reads the table again at the next question."""
        self._homes = None
        self._moved.clear()

    def announce(self, field: int, service: int) -> None:
        """The field said it itself."""
        self._set(field, service, _ANNOUNCED)

    def mention(self, field: int, service: int, at: int) -> None:
        """A bucket of time named both."""
        home, said_at = self._known().get(field, (None, None))
        if said_at is not None:
            if at > said_at:
                return
            if at == said_at and (
                home is None or self._services.name(home) <= self._services.name(service)
            ):
                return
        self._set(field, service, at)

    def flush(self) -> None:
        """Writes what changed."""
        homes = self._known()
        self._conn.executemany(
            "UPDATE fields SET service = ?, said_at = ? WHERE id = ?",
            ((*homes[field], field) for field in self._moved),
        )
        self._moved.clear()

    def _set(self, field: int, service: int, said_at: int) -> None:
        homes = self._known()
        if homes.get(field) != (service, said_at):
            homes[field] = (service, said_at)
            self._moved.add(field)

    def _known(self) -> dict[int, tuple[int | None, int | None]]:
        if self._homes is None:
            rows: Iterable[tuple[int, int | None, int | None]] = self._conn.execute(
                "SELECT id, service, said_at FROM fields"
            )
            self._homes = {key: (service, said_at) for key, service, said_at in rows}
        return self._homes
