"""What is seen, as a file: CSV for spreadsheets, JSON for programs, SVG for people.

The first half is pure: a sheet or a drawing in, text out. `save` is the one that writes.
"""

import csv
import io
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec
from msgspec import Struct

from goliath_tui.status import rfc3339
from goliath_tui.widgets.ink import printable
from goliath_tui.widgets.sheet import MOMENT, Sheet, Value

#: Spreadsheets take a cell that begins so for a formula, full-width forms included, also behind
#: blanks and quotes. Where `;` or a tab separates, what follows one inside a text is a cell, too.
_FORMULA = re.compile(r"(^|[;\t\r\n])([\s\"'`]*)(?=[=+\-@\t\r\n＝＋－＠﹢﹣﹦﹫−])")
_NO_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 80
_MOST_OF_A_NAME = 1000
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")


class ExportError(Exception):
    """The file cannot be written; `str()` says why."""


class Caption(Struct, frozen=True):
    """The picture that a file was taken of: its moment in UTC milliseconds, its migration."""

    as_of: int
    live: bool
    migration: str
    rehearsal: bool


def csv_bytes(sheet: Sheet) -> bytes:
    """RFC 4180 in UTF-8, with the mark by which spreadsheets know that; unknown is empty.

    A title names its unit: `p95-new (ms)`. Texts that a spreadsheet would calculate are disarmed.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        disarmed(f"{column.name} ({column.unit})" if column.unit else column.name)
        for column in sheet.columns
    )
    units = [column.unit for column in sheet.columns]
    for row in sheet.rows:
        writer.writerow(_csv_cell(value, unit) for value, unit in zip(row, units, strict=True))
    return out.getvalue().encode("utf-8-sig")


def _csv_cell(value: Value, unit: str) -> str:
    raw = _raw(value, unit)
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return repr(raw)
    if isinstance(raw, list):
        return disarmed("; ".join("" if part is None else str(part) for part in raw))
    return disarmed(raw)


def disarmed(text: str) -> str:
    """`text` with a `'` before what a spreadsheet would take for a formula, in one line."""
    return printable(_FORMULA.sub(r"\1'\2", text))


def json_bytes(sheet: Sheet, caption: Caption) -> bytes:
    """One object: the picture, the filter, the order, the columns' units, the rows as objects, and
    what belongs to all of them.
    """
    names = [column.name for column in sheet.columns]
    units = [column.unit for column in sheet.columns]
    order = sheet.sorted_by
    whole = {
        "as_of": rfc3339(caption.as_of),
        "live": caption.live,
        "migration": caption.migration,
        "rehearsal": caption.rehearsal,
        "pane": sheet.name,
        "filter": sheet.filtered or None,
        "sorted_by": order and {"column": order[0], "falling": order[1]},
        "units": {column.name: column.unit for column in sheet.columns if column.unit},
        "rows": [
            {name: _raw(value, unit) for name, value, unit in zip(names, row, units, strict=True)}
            for row in sheet.rows
        ],
        **{column.name: _beside(value, column.unit) for column, value in sheet.beside},
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def _beside(value: Value | bytes, unit: str) -> Any:
    """A value, or a JSON text as it is: no number in it is read and written anew."""
    if not isinstance(value, bytes):
        return _raw(value, unit)
    try:
        value.decode()
        msgspec.json.format(value)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return value.decode(errors="replace")
    return msgspec.Raw(value)


def _raw(value: Value, unit: str) -> Any:
    """A value as JSON knows it; a figure that is none is unknown."""
    if isinstance(value, tuple):
        return [_raw(part, unit) for part in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - that is NaN
            return None
        return rfc3339(int(value)) if unit == MOMENT else value
    # Half of a pair from UTF-16 is no text that could be written.
    return str(value).encode(errors="replace").decode()


def svg_bytes(drawing: str) -> bytes:
    """A drawing that loads nothing from anywhere: fonts are those of whoever looks at it."""
    return _FONT_FACE.sub("", drawing).encode(errors="replace")


def file_stem(names: Iterable[str], as_of: int) -> str:
    """`progress-fields-2026-11-24T14-03-27Z`: what is in it and its moment, for any file system."""
    words = (_NO_NAME.sub("-", name[:_MOST_OF_A_NAME].lower()).strip("-") for name in names)
    what = "-".join(filter(None, words))[:_LONGEST_NAME].strip("-") or "export"
    return f"{what}-{datetime.fromtimestamp(as_of // 1000, UTC):%Y-%m-%dT%H-%M-%SZ}"


def save(folder: Path, stem: str, suffix: str, content: bytes) -> Path:
    """Write a file for the user alone, whole or not at all, beside any that is there already.

    Its name is taken first, so nothing that has it is written over; a second file of one name gets
    a number. Raises ExportError.
    """
    path = folder
    try:
        _make(folder)
        path = _take_name(folder, stem, suffix)
        try:
            with NamedTemporaryFile(dir=folder, prefix=f".{stem}-", delete=False) as file:
                try:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ExportError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def _make(folder: Path) -> None:
    # A link in somebody's checkout could lead anywhere.
    if folder.is_symlink():
        raise ExportError(f"{folder}: is a link; exports go into a folder of their own")
    for parent in reversed((folder, *folder.parents)):
        if not parent.exists():
            parent.mkdir(mode=0o700, exist_ok=True)


def _take_name(folder: Path, stem: str, suffix: str) -> Path:
    number = 1
    while True:
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}.{suffix}"
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            number += 1
        else:
            return path
