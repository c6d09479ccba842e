"""Learns of new data in the cache and takes the picture, in a thread of its own.

The screen never reads the database. This thread looks at the cache's version twice a second, which
costs next to nothing, builds a snapshot when the version has moved (and every few seconds without
that, since windows slide and sources grow stale by time alone), and hands it over. What the screen
in front looks into comes with it; another subject alone is answered at once, from the moment of
the last snapshot, so that opening something never waits for the whole picture.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, Subject

LOOK_EVERY_S = 0.5
REBUILD_EVERY_S = 10.0


class Picture(Struct, frozen=True):
    """A snapshot, and the detail of `subject` at its moment; None where it was not known then."""

    snapshot: Snapshot
    subject: Subject | None = None
    detail: Detail | None = None


class StoreLike(Protocol):
    """The door out of the cache; opened, used and closed in one thread."""

    def snapshot(self, at: int | None = None) -> Snapshot:
        """The picture as of `at`; None: now."""

    def detail(self, subject: Subject, at: int | None = None) -> Detail | None:
        """What there is to know about a subject as of `at`; None: it was not known."""

    def version(self) -> int:
        """Changes whenever another process has committed."""

    def close(self) -> None:
        """Let go of the file."""


class Watcher:
    """Calls `deliver` with each new picture and `fail` with what went wrong, from its thread.

    Neither may block. A failure is said once, then the cache is opened anew until it answers.
    """

    def __init__(
        self,
        open_store: Callable[[], StoreLike],
        deliver: Callable[[Picture], None],
        fail: Callable[[str], None],
    ) -> None:
        self._open_store = open_store
        self._deliver = deliver
        self._fail = fail
        self._wake = threading.Condition()
        self._stopped = False
        self._at: int | None = None
        self._subject: Subject | None = None
        self._asked = True
        self._turned = False
        self._last: Snapshot | None = None
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End; a snapshot under way is finished first."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def look_at(self, at: int | None) -> None:
        """Take the picture of another moment from now on; None: live."""
        with self._wake:
            self._at, self._asked = at, True
            self._wake.notify()

    def look_into(self, subject: Subject | None) -> None:
        """Take the detail of another subject from now on; None: of none."""
        with self._wake:
            self._subject, self._turned = subject, True
            self._wake.notify()

    def _run(self) -> None:
        said = ""
        while not self._stopped:
            try:
                store = self._open_store()
                try:
                    said = ""
                    self._watch(store)
                finally:
                    store.close()
            except Exception as error:  # noqa: BLE001 - a dead thread would leave a picture that looks alive
                if str(error) != said:
                    said = str(error)
                    self._fail(f"the cache cannot be read: {said or type(error).__name__}")
                with self._wake:
                    # What is asked for while it waits wakes it; what was asked before must not.
                    self._asked = self._turned = False
                self._sleep(4 * LOOK_EVERY_S)
                with self._wake:
                    self._asked = True

    def _watch(self, store: StoreLike) -> None:
        seen: int | None = None
        taken = 0.0
        while not self._stopped:
            with self._wake:
                at, asked, self._asked = self._at, self._asked, False
                subject, turned, self._turned = self._subject, self._turned, False
            last = self._last
            if turned and last is not None and (at is None) == last.live and not asked:
                detail = store.detail(subject, last.at) if subject is not None else None
                self._deliver(Picture(last, subject, detail))
            version = store.version()
            old = at is None and time.monotonic() - taken >= REBUILD_EVERY_S
            if asked or version != seen or old:
                snapshot = store.snapshot(at)
                detail = store.detail(subject, snapshot.at) if subject is not None else None
                seen, taken, self._last = version, time.monotonic(), snapshot
                self._deliver(Picture(snapshot, subject, detail))
            self._sleep(LOOK_EVERY_S)

    def _sleep(self, seconds: float) -> None:
        with self._wake:
            if not (self._stopped or self._asked or self._turned):
                self._wake.wait(seconds)
