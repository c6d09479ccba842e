"""How a cache comes to be damaged while somebody has it open."""

import sqlite3
from pathlib import Path


def damage(cache: Path) -> None:
    """Overwrites every page but the first, beneath whoever has the file open."""
    connection = sqlite3.connect(cache, timeout=10)
    connection.execute("UPDATE meta SET value = value + 1")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with cache.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * (cache.stat().st_size - 4096))
