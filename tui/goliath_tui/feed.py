"""One source being polled: when it is asked, what becomes of its answer, how its trouble is told.

A feed never ends and never raises for what its source does. All scheduling is by the monotonic
clock, so that a clock that is set means nothing; `refresh` serves the wakening from a sleep.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Callable

from msgspec.structs import replace

from goliath_tui.clean import clean_text
from goliath_tui.domain import Batch, Poll, Progress, SourceError, SourceErrorKind, SourceSpec
from goliath_tui.rhythm import Rhythm, Timing
from goliath_tui.sources import Source
from goliath_tui.sources.client import Client
from goliath_tui.store.errors import CacheBroken, CacheError, CacheTooNew
from goliath_tui.write_thread import CacheReplaced, WriteThread

LONGEST_ERROR = 500
MOST_NOTES = 20

_log = logging.getLogger(__name__)


class Feed:
    """Polls one source into the cache, for ever."""

    def __init__(
        self,
        spec: SourceSpec,
        source: Source,
        client: Client,
        writing: WriteThread,
        rhythm: Rhythm,
        *,
        clock: Callable[[], int],
        timing: Timing,
    ) -> None:
        self.spec = spec
        self._source = source
        self._client = client
        self._writing = writing
        self._rhythm = rhythm
        self._clock = clock
        self._timing = timing
        self._wanted = asyncio.Event()
        self._due = 0.0
        self._not_before = 0.0
        self._cache_failures = 0
        self._last_at = 0
        self._progress: Progress | None = None
        self._brought_rows = False
        self._committing: asyncio.Task[tuple[object, int]] | None = None
        self._committing_cursor = ""
        self._generation: int | None = None

    def refresh(self) -> None:
        """Asks now, or once what is being asked has answered; never before a `Retry-After` ends.

        However often it is called, that is one poll.
        """
        self._wanted.set()

    async def follow(self) -> None:
        """Polls until cancelled. Raises CacheTooNew."""
        try:
            while True:
                await self._until_due()
                self._wanted.clear()
                pause_ms, at_least_ms = await self._poll_safely()
                now = time.monotonic()
                self._due = now + pause_ms / 1000
                self._not_before = now + at_least_ms / 1000
        finally:
            if self._committing is not None:
                await asyncio.gather(self._committing, return_exceptions=True)

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._client.close()

    async def _until_due(self) -> None:
        while True:
            earliest = self._not_before
            if not self._wanted.is_set():
                earliest = max(earliest, self._due)
            pause = earliest - time.monotonic()
            if pause <= 0:
                return
            if self._wanted.is_set():
                await asyncio.sleep(pause)
                continue
            try:
                async with asyncio.timeout(pause):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    async def _poll_safely(self) -> tuple[int, int]:
        """One poll; returns the pause until the next, and the least pause if it is wanted, in ms.

        Raises CacheTooNew.
        """
        gap_ms = self._timing.refresh_gap_ms
        try:
            pauses = await self._poll()
        except CacheTooNew:
            raise
        except (CacheReplaced, CacheBroken):
            # The fresh cache is to be filled from its own cursor.
            self._progress = None
            return gap_ms, gap_ms
        except CacheError:
            self._cache_failures += 1
            pause_ms = self._timing.cache_retry_ms * 2 ** min(self._cache_failures - 1, 16)
            return min(pause_ms, self._timing.cache_most_ms), gap_ms
        self._cache_failures = 0
        return pauses

    async def _poll(self) -> tuple[int, int]:
        started = time.monotonic()
        requests, bytes_read = self._client.requests, self._client.bytes_read
        cursor = await self._cursor()
        fault: SourceError
        try:
            batch = await self._source.poll(self._client, cursor)
            took_ms = round((time.monotonic() - started) * 1000)
            # Only what follows on from something that is committed may be committed.
            await self._committed()
            pause_ms = 0 if batch.more else self._rhythm.after_success()
            self._note_progress(batch)
            poll = replace(
                self._line(started, pause_ms),
                took_ms=took_ms,
                rows=len(batch.rows),
                requests=self._client.requests - requests,
                bytes_read=self._client.bytes_read - bytes_read,
                skew_ms=batch.skew_ms,
                notes=tuple(clean_text(note, LONGEST_ERROR) for note in batch.notes[:MOST_NOTES]),
            )
            self._commit(batch, poll)
            if not batch.more:
                await self._committed()
        except CacheError:
            raise
        except SourceError as error:
            fault = error
        except Exception as error:  # noqa: BLE001 - whatever a source does, the others go on
            fault = self._unexpected(error)
        else:
            self._brought_rows = batch.more
            return pause_ms, 0 if batch.more else self._timing.refresh_gap_ms
        await self._client.forget_connections()
        try:
            await self._committed()
        except CacheError:
            raise
        except SourceError as error:
            fault = error
        except Exception as error:  # noqa: BLE001 - whatever a batch does, the others go on
            fault = self._unexpected(error)
        pause_ms = self._rhythm.after_failure(fault, brought_rows=self._brought_rows)
        self._brought_rows = False
        failed = replace(
            self._line(started, pause_ms),
            requests=self._client.requests - requests,
            bytes_read=self._client.bytes_read - bytes_read,
            error_kind=fault.kind,
            error=clean_text(str(fault), LONGEST_ERROR),
        )
        await self._writing.do(lambda writer: writer.fail(failed))
        return pause_ms, max(self._timing.refresh_gap_ms, self._rhythm.asked_for(fault))

    async def _cursor(self) -> str | None:
        """Where to go on: after the batch being committed, else where the cache says."""
        if self._committing is not None:
            return self._committing_cursor
        name = self.spec.name
        cursor, self._generation = await self._writing.do(lambda writer: writer.cursor(name))
        return cursor

    def _commit(self, batch: Batch, poll: Poll) -> None:
        """Begins to commit; meanwhile the next page of a long fill can be on its way."""
        self._committing_cursor = batch.cursor
        self._committing = asyncio.create_task(
            self._writing.do(lambda writer: writer.commit(batch, poll), generation=self._generation)
        )

    async def _committed(self) -> None:
        """Waits for the commit that was begun. Raises what it raises."""
        committing, self._committing = self._committing, None
        if committing is not None:
            await committing

    def _line(self, started: float, pause_ms: int) -> Poll:
        """The line of the poll log for what has just ended."""
        at = self._clock()
        # Two polls may end within one millisecond, and are two lines all the same.
        self._last_at = at = self._last_at + 1 if 0 <= self._last_at - at < 1000 else at
        return Poll(
            source=self.spec.name,
            at=at,
            took_ms=round((time.monotonic() - started) * 1000),
            next_at=at + pause_ms,
            progress=self._progress,
        )

    def _note_progress(self, batch: Batch) -> None:
        """How far the fill has come; it is over with the first batch that has no more."""
        if not batch.more:
            self._progress = None
            return
        before = self._progress or Progress(pages=0, rows=0)
        self._progress = Progress(
            pages=before.pages + batch.requests,
            rows=before.rows + len(batch.rows),
            remaining=batch.remaining,
        )

    def _unexpected(self, error: Exception) -> SourceError:
        trace = "".join(traceback.format_exception(error))
        # The message of an error may quote what came from outside.
        _log.error("%s:\n%s", self.spec.name, "\n".join(map(clean_text, trace.splitlines())))
        return SourceError(
            SourceErrorKind.MALFORMED,
            f"could not be read ({type(error).__name__}): this is a fault of goliath-tui, "
            "please report it",
        )
