"""A FIFO, or standard input: bytes that come once.

What was read is kept until the cursor that covers it is known to be committed, so that a commit
that fails loses nothing. What was read by a process that was killed is gone; a file forgets nothing
and is the better choice.
"""

from __future__ import annotations

import os
import select
import stat
import sys
from pathlib import Path

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources.jsonl_places import News, Piece, Place

_ONE_READ = 2**16


def is_fifo(path: Path) -> bool:
    """Whether a path names a FIFO."""
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False


class Pipe:
    """Reads the FIFO at `path`; standard input for None."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._handle = -1
        self._kept = bytearray()
        self._start = 0
        self._safe = 0
        self._ended = False

    def __del__(self) -> None:
        if self._path is not None and self._handle >= 0:
            os.close(self._handle)

    def news(self, place: Place, most: int) -> News:
        """What has come since `place`, which is moved as its piece is consumed. Raises SourceError.

        Called with a place before the one of the call before, gives the same bytes again.
        """
        if not self._start <= place.offset <= self._start + len(self._kept):
            self._start = self._safe = place.offset
        del self._kept[: self._safe - self._start]
        self._start = self._safe
        self._safe = place.offset
        known = len(self._kept) - (place.offset - self._start)
        if known < most and not (self._ended and self._path is None):
            self._receive(most - known)
        data = bytes(self._kept[place.offset - self._start :][:most])
        left = len(self._kept) - (place.offset - self._start) - len(data)
        notes = ["standard input has ended"] if self._ended and self._path is None else []
        return News([Piece(place, data, last=self._ended and not left)], left, notes)

    def _receive(self, most: int) -> None:
        """Takes what is there, and waits for nothing."""
        if self._handle < 0:
            self._handle = self._opened()
        self._ended = False
        while most > 0 and select.select([self._handle], [], [], 0)[0]:
            try:
                data = os.read(self._handle, min(most, _ONE_READ))
            except BlockingIOError:
                return
            except OSError as error:
                why = clean_text((error.strerror or "error").lower(), 100)
                raise SourceError(
                    SourceErrorKind.UNREACHABLE, f"{self._shown()} cannot be read: {why}"
                ) from None
            if not data:
                # Another writer may open a FIFO again; standard input ends once.
                self._ended = True
                return
            self._kept += data
            most -= len(data)

    def _opened(self) -> int:
        if self._path is None:
            return sys.stdin.fileno()
        try:
            return os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            why = clean_text((error.strerror or "error").lower(), 100)
            raise SourceError(
                SourceErrorKind.CONFIG, f"{self._shown()} cannot be read: {why}: check `path:`"
            ) from None

    def _shown(self) -> str:
        return "standard input" if self._path is None else clean_text(str(self._path), 200)
