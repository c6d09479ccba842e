"""A FIFO, or standard input: bytes that come once.

A pipe holds little, and whoever writes to a full one stands still; so what comes between two polls
is taken in by a thread. It is kept until the cursor that covers it is known to be committed, so
that a commit that fails loses nothing. What was taken in by a process that was killed is gone; a
file forgets nothing and is the better choice.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import threading
from pathlib import Path

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources.jsonl.places import News, Piece, Place

#: What is kept at most; while there is more, writers wait.
MOST_KEPT = 16 * 2**20
_ONE_READ = 2**16
#: How long it is let be while nobody writes to it, or there is no room.
_REST_S = 1.0


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
        #: Guards all of the following; told of at each poll.
        self._polled = threading.Condition()
        self._kept = bytearray()
        self._start = 0
        self._safe = 0
        self._heard = False
        self._ended = False

    def news(self, place: Place, most: int) -> News:
        """What has come since `place`, which is moved as its piece is consumed. Raises SourceError.

        Called with a place before the one of the call before, gives the same bytes again.
        """
        with self._polled:
            if self._handle < 0:
                self._handle = self._opened()
                threading.Thread(target=self._take_in, name="pipe", daemon=True).start()
            if not self._start <= place.offset <= self._start + len(self._kept):
                self._start = self._safe = place.offset
            del self._kept[: self._safe - self._start]
            self._start = self._safe
            self._safe = place.offset
            if self._ended or not self._heard:
                self._renew()
            self._receive()
            self._polled.notify()
            data = bytes(self._kept[place.offset - self._start :][:most])
            left = len(self._kept) - (place.offset - self._start) - len(data)
            ended = self._ended
        notes = ["standard input has ended"] if ended and self._path is None else []
        return News([Piece(place, data, last=ended and not left)], left, notes)

    def _take_in(self) -> None:
        """Receives what comes between two polls, for as long as there is room for it."""
        while True:
            try:
                select.select([self._handle], [], [], _REST_S)
                with self._polled:
                    self._receive()
                    if self._ended and self._path is None:
                        return
                    if self._ended or len(self._kept) >= MOST_KEPT:
                        self._polled.wait(_REST_S)
            except (OSError, SourceError):
                # The next poll meets it as well, and tells it.
                return

    def _receive(self) -> None:
        """Takes what is there, and waits for nothing. Raises SourceError."""
        if self._ended and self._path is None:
            return
        self._ended = False
        while len(self._kept) < MOST_KEPT and select.select([self._handle], [], [], 0)[0]:
            try:
                data = os.read(self._handle, _ONE_READ)
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
            self._heard = True
            self._kept += data

    def _renew(self) -> None:
        """Turns to the FIFO that has taken the place of the one that its writers have left."""
        if self._path is None or not is_fifo(self._path):
            return
        there, ours = self._path.stat(), os.fstat(self._handle)
        if (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino):
            renewed = self._opened()
            os.dup2(renewed, self._handle, inheritable=False)
            os.close(renewed)

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
