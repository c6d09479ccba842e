"""Where the watcher's threads leave the newest picture for the screen to take.

It holds one: a screen that is slow skips pictures and never queues them. Whoever is about to open a
screen can wait a moment here for the picture that answers it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from goliath_tui.domain.subjects import Subject
from goliath_tui.watcher import Picture


class Slot:
    """`announce` is called, in the thread that brings it, for every picture."""

    def __init__(self, announce: Callable[[], object]) -> None:
        self._announce = announce
        self._picture: Picture | None = None
        self._awaited: Subject | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._came = asyncio.Event()

    def put(self, picture: Picture) -> None:
        """From any thread: the newest replaces one that was not taken yet."""
        self._picture = picture
        self._announce()
        if self._is_awaited(picture) and self._loop is not None:
            self._loop.call_soon_threadsafe(self._came.set)

    def take(self) -> Picture | None:
        """The newest picture, once; one that somebody waits for is left to them."""
        picture = self._picture
        if picture is None or self._is_awaited(picture):
            return None
        self._picture = None
        return picture

    async def wait_for(self, subject: Subject, ask: Callable[[], None], seconds: float) -> None:
        """`ask`, and give the picture of `subject` so many seconds to come, unless it is here."""
        self._awaited, self._loop = subject, asyncio.get_running_loop()
        self._came.clear()
        ask()
        try:
            if self._picture is not None and self._is_awaited(self._picture):
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._came.wait()
        finally:
            self._awaited = None

    def _is_awaited(self, picture: Picture) -> bool:
        return self._awaited is not None and picture.subject == self._awaited
