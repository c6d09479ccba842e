"""The one thread that owns the cache's writer, and nothing waits for but who asked it.

It survives what happens to the file: one that was damaged, removed or replaced while we run is
opened afresh. Whoever read a cursor before that must not commit after it, or the new file would
have a gap; generations see to it.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from goliath_tui.store.errors import CacheBroken, CacheError, CacheUnavailable

if TYPE_CHECKING:
    from goliath_tui.store.writer import Writer

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Identity = tuple[int, int] | None


class CacheReplaced(CacheError):  # noqa: N818 - named like its siblings
    """The cache is not the one that the generation belongs to: begin again from its cursor."""


class WriteThread:
    """Runs jobs on the writer of `cache`, one after the other, in a thread of its own.

    `say(problem)` is told in the event loop what is wrong with the cache, and None when it is well
    again. `ours()`, asked in the thread before a file is opened, says whether we may write; it may
    raise OSError. `replaced()` is called in the event loop when another, empty cache has taken the
    place of the one that was filled, whichever job it was that found out.
    """

    def __init__(
        self,
        cache: Path,
        say: Callable[[str | None], None],
        ours: Callable[[], bool] = lambda: True,
        replaced: Callable[[], None] = lambda: None,
    ) -> None:
        self.generation = 0
        self._cache = cache
        self._say = say
        self._ours = ours
        self._replaced = replaced
        self._known = 0
        self._said: str | None = None
        self._writer: Writer | None = None
        self._identity: Identity = None
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        # A daemon: stuck in a slow disk, it must not keep the process alive. SQLite undoes what it
        # had not committed.
        self._thread = threading.Thread(target=self._work, name="cache writer", daemon=True)
        self._thread.start()

    async def do(
        self, job: Callable[[Writer], Result], *, generation: int | None = None
    ) -> tuple[Result, int]:
        """What `job` returns, and the generation of the cache that it was done on.

        Raises CacheReplaced, undone, when that is not the `generation` asked for; else what `job`
        or opening the cache raises. Cancelled while it waits, the job may still be done, whole.
        """
        outcome: Future[tuple[Result, int]] = Future()

        def run() -> None:
            if not outcome.set_running_or_notify_cancel():
                return
            try:
                outcome.set_result((self._run(job, generation), self.generation))
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for it
                outcome.set_exception(error)

        self._jobs.put(run)
        try:
            done = await asyncio.wrap_future(outcome)
        except CacheReplaced:
            raise
        except CacheError as error:
            self._report(str(error))
            raise
        finally:
            self._look_for_another()
        self._report(None)
        return done

    async def close(self, within_ms: int) -> bool:
        """Ends the thread after the job in hand; says whether it ended within that time."""
        self._jobs.put(None)
        for _ in range(max(1, within_ms // 10)):
            if not self._thread.is_alive():
                return True
            await asyncio.sleep(0.01)
        return False

    def _report(self, problem: str | None) -> None:
        if problem != self._said:
            self._said = problem
            self._say(problem)

    def _look_for_another(self) -> None:
        before, self._known = self._known, self.generation
        if 0 < before < self._known:
            self._replaced()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        self._let_go()

    def _run(self, job: Callable[[Writer], Result], generation: int | None) -> Result:
        if self._writer is not None and self._identity != _identity(self._cache):
            self._let_go()
        if self._writer is None:
            self._check_that_it_is_ours()
            from goliath_tui.store.writer import Writer

            self._writer = Writer(self._cache)
            self._opened()
        if generation not in {None, self.generation}:
            raise CacheReplaced
        try:
            return job(self._writer)
        except CacheBroken:
            self._opened()
            raise

    def _check_that_it_is_ours(self) -> None:
        try:
            ours = self._ours()
        except OSError as error:
            raise CacheUnavailable(
                f"{self._cache}: cannot be locked: {error.strerror or error}"
            ) from None
        if not ours:
            raise CacheUnavailable(f"{self._cache}: another process has taken it over")

    def _opened(self) -> None:
        self._identity = _identity(self._cache)
        self.generation += 1

    def _let_go(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


class UnwaitedThreads(ThreadPoolExecutor):
    """An executor for calls that may hang, such as looking up a name: nobody waits for them.

    The default one keeps the process alive until its last call returns.
    """

    def submit(
        self,
        fn: Callable[Parameters, Result],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Future[Result]:
        """Runs the call in a daemon thread of its own."""
        outcome: Future[Result] = Future()

        def run() -> None:
            if not outcome.set_running_or_notify_cancel():
                return
            try:
                outcome.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for it
                outcome.set_exception(error)

        threading.Thread(target=run, name="unwaited", daemon=True).start()
        return outcome

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Returns at once, whatever is asked for."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)


def _identity(cache: Path) -> Identity:
    try:
        status = cache.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
