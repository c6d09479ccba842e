"""A Redmine as a source: one poll, and what is remembered from one to the next."""

from __future__ import annotations

from goliath_tui.domain import Batch, SourceError, SourceErrorKind
from goliath_tui.sources.client import Client
from goliath_tui.sources.redmine import TABLES_EVERY_S, Options
from goliath_tui.sources.redmine import tables as redmine_tables
from goliath_tui.sources.redmine.history import is_called
from goliath_tui.sources.redmine.notes import notes
from goliath_tui.sources.redmine.place import placed
from goliath_tui.sources.redmine.tables import Tables
from goliath_tui.sources.redmine.wire import PAGE, Asking, Issue
from goliath_tui.sources.redmine.work import Work


class Redmine:
    """One Redmine. What it remembers between polls it can also find out again."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._tables: Tables | None = None
        self._tables_at = 0
        self._puzzles: set[str] = set()
        self._subjects: dict[str, str] = {}
        self._page = PAGE

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """The next batch after `cursor`. Raises SourceError."""
        asking = Asking(client)
        place = placed(cursor)
        try:
            tables = await self._lists(asking)
            if not place.known and not place.filled:
                await self._check_fields(asking, tables)

            async def renew(issue: Issue) -> Tables:
                return await self._renewed(asking, issue)

            work = Work(
                self._options,
                tables,
                self._subjects,
                asking=asking,
                place=place,
                page=self._page,
                renew=renew,
            )
            more = await work.go_on()
        except SourceError as error:
            if error.kind is SourceErrorKind.TOO_LARGE:
                self._page = max(1, self._page // 4)
            raise
        said = notes(place, self._options, work.ahead, any_item=bool(place.known))
        return Batch(
            rows=tuple(work.rows),
            cursor=place.encode(),
            more=more,
            remaining=work.remaining() if more else 0,
            skew_ms=asking.skew_ms,
            requests=asking.requests,
            bytes_read=asking.bytes_read,
            notes=(*work.tables.notes, *said),
        )

    async def _lists(self, asking: Asking) -> Tables:
        now = asking.client.clock() // 1000
        if self._tables is None or not 0 <= now - self._tables_at < TABLES_EVERY_S:
            before, self._tables = self._tables, await redmine_tables.read(asking, self._options)
            if before is not None:
                self._tables.remember(before)
            self._tables_at = now
            self._puzzles.clear()
        return self._tables

    async def _renewed(self, asking: Asking, issue: Issue) -> Tables:
        """The lists, read again if they do not know the numbers in an issue: those were made since.

        What they still do not know is not looked for again until they are next due.
        """
        tables = await self._lists(asking)
        puzzles = tables.unknown(issue) - self._puzzles
        if puzzles:
            self._tables_at = 0
            tables = await self._lists(asking)
            self._puzzles |= puzzles
        return tables

    async def _check_fields(self, asking: Asking, tables: Tables) -> None:
        """Raises SourceError for a custom field that none of the newest issues has."""
        wanted = [("points", name) for name in (self._options.points,) if name is not None]
        wanted += [("labels", name) for name in self._options.labels]
        if not wanted:
            return
        page = await asking.issues(tables.of_ours(), sort="updated_on:desc", limit=self._page)
        fields = {(each.name, each.id) for issue in page.issues for each in issue.custom_fields}
        for setting, name in wanted:
            if page.issues and not any(is_called(name, *known) for known in fields):
                known = [known for known, _ in fields]
                raise redmine_tables.unknown_field(tables.home, name, known, setting)
