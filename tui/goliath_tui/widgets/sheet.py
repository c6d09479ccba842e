"""What a pane shows as rows of raw values, for a file: nothing rounded, nothing formatted."""

from collections.abc import Sequence

from msgspec import Struct

#: A value of a cell. None is unknown; several values stand in one cell as a tuple.
Value = str | int | float | bool | tuple[str | int | float | None, ...] | None
#: The unit of a column of moments: UTC milliseconds here, RFC 3339 in a file.
MOMENT = "moment"
#: The unit of a share from 0 to 1.
SHARE = "0 to 1"


class SheetColumn(Struct, frozen=True):
    """A column's name and its unit; without one it holds texts or counts."""

    name: str
    unit: str = ""


class Sheet(Struct, frozen=True):
    """Rows as they are seen: filtered by `filtered`, sorted by `sorted_by` (a column, falling).

    `name` is the pane's, for the name of a file. `beside`: what is no row but belongs to all of
    them, for JSON only; bytes are a JSON text of somebody else's, which stays as it is.
    """

    name: str
    columns: tuple[SheetColumn, ...]
    rows: Sequence[tuple[Value, ...]]
    filtered: str = ""
    sorted_by: tuple[str, bool] | None = None
    beside: Sequence[tuple[SheetColumn, Value | bytes]] = ()
