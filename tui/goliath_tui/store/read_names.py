"""Everything that can be opened, by name. Names have no moments: the latest are shown."""

import sqlite3

from goliath_tui.domain.subjects import Names


def names(conn: sqlite3.Connection) -> Names:
    """Services and fields by name, sprints newest first."""
    return Names(
        services=tuple(row[0] for row in conn.execute("SELECT name FROM services ORDER BY name")),
        fields=tuple(
            conn.execute(
                "SELECT f.name, s.name FROM fields f LEFT JOIN services s ON s.id = f.service"
                " ORDER BY f.name"
            )
        ),
        sprints=tuple(
            conn.execute(
                "SELECT ref, name FROM sprints WHERE name IS NOT NULL ORDER BY starts DESC, ref"
            )
        ),
    )
