"""Learns of new data in the cache and takes the picture, in threads of its own.

The screen never reads the database. One thread looks at the cache's version twice a second, which
costs next to nothing, builds a snapshot when the version has moved (and every few seconds without
that, since windows slide and sources grow stale by time alone), and hands it over, with what the
screen in front looks into. Another subject is answered by a second thread, from the moment of the
last snapshot, so that opening something never waits for a whole picture.
"""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Protocol

from msgspec import Struct

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, Subject
from goliath_tui.store.errors import CacheBroken

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
    """Calls `deliver` with each new picture, from its threads, and `fail` with what went wrong and
    whether the cache is damaged.

    Neither may block. A failure is said once, then the cache is opened anew until it answers.
    """

    def __init__(
        self,
        open_store: Callable[[], StoreLike],
        deliver: Callable[[Picture], None],
        fail: Callable[[str, bool], None],
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
        self._said = ""
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._watch, "watcher"), (self._look, "looker"))
        ]

    def start(self) -> None:
        """Begin to look."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End; a snapshot under way is finished first."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s)

    def look_at(self, at: int | None) -> None:
        """Take the picture of another moment from now on; None: live."""
        with self._wake:
            self._at, self._asked = at, True
            self._wake.notify_all()

    def look_into(self, subject: Subject | None) -> None:
        """Take the detail of another subject from now on; None: of none."""
        with self._wake:
            self._subject, self._turned = subject, True
            self._wake.notify_all()

    # -- snapshots

    def _watch(self) -> None:
        while not self._stopped:
            try:
                with closing(self._open_store()) as store:
                    self._said = ""
                    self._take_pictures(store)
            except Exception as error:  # noqa: BLE001 - a dead thread would leave a picture that looks alive
                self._complain(error)
                with self._wake:
                    # What is asked for while it waits wakes it; what was asked before must not.
                    self._asked = False
                    self._sleep(4 * LOOK_EVERY_S, lambda: self._asked)
                    self._asked = True

    def _take_pictures(self, store: StoreLike) -> None:
        seen: int | None = None
        taken = 0.0
        while not self._stopped:
            version = store.version()
            with self._wake:
                at, subject = self._at, self._subject
                asked, self._asked = self._asked, False
            old = at is None and time.monotonic() - taken >= REBUILD_EVERY_S
            if asked or version != seen or old:
                snapshot = store.snapshot(at)
                detail = store.detail(subject, snapshot.at) if subject is not None else None
                seen, taken = version, time.monotonic()
                self._hand_over(Picture(snapshot, subject, detail))
            with self._wake:
                self._sleep(LOOK_EVERY_S, lambda: self._asked)

    def _hand_over(self, picture: Picture) -> None:
        with self._wake:
            self._last = picture.snapshot
            if picture.subject != self._subject:
                # The screen has turned meanwhile: the looker answers from this snapshot.
                picture = Picture(picture.snapshot)
                self._turned = True
                self._wake.notify_all()
            self._deliver(picture)

    # -- details

    def _look(self) -> None:
        store: StoreLike | None = None
        while not self._stopped:
            with self._wake:
                self._sleep(None, lambda: self._turned)
                subject, self._turned = self._subject, False
                last = self._last
                # A moment that is asked for brings its details along.
                late = self._asked or last is None or (self._at is None) != last.live
            if subject is None or last is None or late or self._stopped:
                continue
            try:
                store = store or self._open_store()
                picture = Picture(last, subject, store.detail(subject, last.at))
            except Exception as error:  # noqa: BLE001 - as above; the next snapshot brings the detail
                self._complain(error)
                continue
            with self._wake:
                if self._last is last and self._subject == subject:
                    self._deliver(picture)
                else:
                    self._turned = True
        if store is not None:
            store.close()

    def _complain(self, error: Exception) -> None:
        if str(error) != self._said:
            self._said = str(error)
            words = f"the cache cannot be read: {self._said or type(error).__name__}"
            self._fail(words, isinstance(error, CacheBroken))

    def _sleep(self, seconds: float | None, until: Callable[[], bool]) -> None:
        """Waits, with `_wake` held, until the time is over, it is so, or all ends."""
        self._wake.wait_for(lambda: self._stopped or until(), seconds)
