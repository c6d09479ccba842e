"""Issues of one Jira: searched page by page, told with their history, and listed by key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from goliath_tui.clean import clean_fact, clean_text
from goliath_tui.domain import EventKind, Fact, ItemEvent, SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Client
from goliath_tui.sources.jira import Options
from goliath_tui.sources.jira.answers import History, IssueRow
from goliath_tui.sources.jira.api import PAGE_OF_NAMES, Api
from goliath_tui.sources.jira.cursor import Cursor, Haul, Issues, Round
from goliath_tui.sources.jira.facts import told
from goliath_tui.sources.jira.history import UnreadableError, epics_of, moved_between_projects
from goliath_tui.sources.jira.place import Surroundings

_FUTURE_MS = 86_400_000
_MOST_BY_ID = 50
_KEY = re.compile(r"[A-Z][A-Z0-9_]*-[0-9]{1,12}")
_FIELDS = (
    *("summary", "status", "resolution", "issuetype", "created", "updated"),
    *("components", "labels", "fixVersions", "parent"),
)
#: Jira takes no more of them when it is asked for changes.
_MOST_FIELDS_OF_CHANGES = 10
_FIELD_OF_FACET = {"component": "components", "label": "labels", "title": "summary"}


class Desk:
    """What one step of reading works with."""

    def __init__(
        self,
        *,
        client: Client,
        api: Api,
        around: Surroundings,
        options: Options,
        cursor: Cursor,
        this_round: Round,
        haul: Haul,
    ) -> None:
        self.client = client
        self.api = api
        self.around = around
        self.options = options
        self.cursor = cursor
        self.round = this_round
        self.haul = haul
        self.issues = Issues(cursor)

    def now(self) -> int:
        """Jira's clock."""
        return self.api.now(self.client)

    async def page(self, jql: str) -> tuple[Sequence[IssueRow], bool]:
        """The next page of the round's search, and whether it was the last. Raises SourceError."""
        this, fields = self.round, self.around.fields
        own = [one for one in (*fields.points, fields.sprint, fields.epic) if one is not None]
        try:
            page, mark = await self.api.search(
                self.client,
                jql,
                list(dict.fromkeys((*_FIELDS, *own))),
                after=this.mark,
                most=self.api.page,
            )
        except SourceError as error:
            if error.kind is SourceErrorKind.TOO_LARGE:
                self.api.page = max(1, self.api.page // 4)
            raise
        ids = {issue.id for issue in page.issues}
        if mark and (mark in this.marks or ids <= this.in_search):
            raise self._repeats()
        this.marks.add(mark)
        this.in_search |= ids
        this.mark = mark
        return page.issues, not mark

    async def tell(self, issues: Sequence[IssueRow], *, stands_at: int | None = None) -> None:
        """Tells these issues with all their history. Raises SourceError.

        `stands_at`: tells also how each stands, as of then at the least.
        """
        if not issues:
            return
        for issue in issues:
            self.around.meet(issue, self.options)
        await self.around.learn(self.client, self.api, self.options, issues)
        histories = await self._histories(issues)
        if self._by_epic:
            await self._learn_epics(issues, histories)
        known = self.around.place(self.api)
        rows: list[Fact] = []
        results = []
        for issue in issues:
            try:
                result = told(issue, histories[issue.id], known, self.options, stands_at=stands_at)
                rows += self._cleaned(result.rows)
            except UnreadableError as error:
                where = f"{self.api.base}/browse/{clean_text(issue.key, 40)}"
                raise faults.malformed(where, str(error)) from None
            results.append(result)
        self.haul.rows += rows
        for result in results:
            self.issues.took(result, self.cursor)

    async def _histories(self, issues: Sequence[IssueRow]) -> Mapping[str, list[History]]:
        fields, rules = self.around.fields, self.options.services
        wanted = ["status", "resolution", "issuetype", "project", *fields.points]
        wanted += [fields.sprint] if fields.sprint else []
        wanted += ["fixVersions"] if self.options.milestones else []
        for facet, field in _FIELD_OF_FACET.items():
            if any(getattr(rule, facet) is not None for rule in rules):
                wanted.append(field)
        # A change of an epic has no field that could be asked for, nor has one of the key.
        if self._by_epic or len(wanted) > _MOST_FIELDS_OF_CHANGES:
            return await self.api.histories(self.client, issues, ())
        histories = await self.api.histories(self.client, issues, wanted)
        if self.api.cloud:
            moved = [one for one in issues if moved_between_projects(histories[one.id])]
            histories |= await self.api.histories(self.client, moved, ())
        return histories

    @property
    def _by_epic(self) -> bool:
        """Whether a rule looks at epics."""
        return any(rule.epic is not None for rule in self.options.services)

    async def _learn_epics(
        self, issues: Sequence[IssueRow], histories: Mapping[str, Sequence[History]]
    ) -> None:
        """Asks for the titles of epics that these issues have or had, if they are not known."""
        around = self.around
        keys = {
            key
            for issue in issues
            for key in epics_of(issue, histories[issue.id], around.fields)
            if key not in around.epics
        }
        wanted = sorted(key for key in keys if _KEY.fullmatch(key))
        for start in range(0, len(wanted), _MOST_BY_ID):
            await self._learn_titles(wanted[start : start + _MOST_BY_ID])

    async def _learn_titles(self, keys: Sequence[str]) -> None:
        """The titles of these; one that is there no more has none, and spoils no other."""
        epics = self.around.epics
        jql = f"issuekey in ({', '.join(keys)})"
        try:
            page, _ = await self.api.search(self.client, jql, ["summary"], after="", most=len(keys))
        except SourceError as error:
            if error.status != 400:
                raise
            half = len(keys) // 2
            for some in (keys[:half], keys[half:]) if half else ():
                await self._learn_titles(some)
        else:
            epics |= {
                issue.key: clean_text(str(issue.fields.get("summary") or ""), 200)
                for issue in page.issues
            }
        for key in keys:
            epics.setdefault(key, "")

    def _cleaned(self, rows: Iterable[Fact]) -> Iterator[Fact]:
        latest = self.client.clock() + _FUTURE_MS
        for row in rows:
            if isinstance(row, ItemEvent) and row.at > latest:
                raise UnreadableError(
                    "has a change from the future by this machine's clock, so one of the two "
                    "clocks is wrong"
                )
            try:
                yield clean_fact(row)
            except ValueError as error:
                raise UnreadableError(f"cannot be read ({error})") from None

    async def list_keys(self) -> bool:
        """Lists the keys of all issues, as far as there is room; says whether that is the end.

        Raises SourceError.
        """
        this, most = self.round, PAGE_OF_NAMES[self.api.deployment]
        jql = f"{self.around.scope} ORDER BY created ASC, key ASC"
        while self.haul.has_room():
            page, mark = await self.api.search(
                self.client, jql, ["id"], after=this.listing_mark, most=most
            )
            before = len(this.listed)
            this.listed |= {issue.key: issue.id for issue in page.issues}
            if not mark:
                return True
            if mark == this.listing_mark or len(this.listed) == before:
                raise self._repeats()
            this.listing_mark = mark
        return False

    async def compare(self) -> None:
        """Drops what is gone, and reads what was never told. Raises SourceError."""
        cursor, issues, now = self.cursor, self.issues, self.now()
        there = {cursor.moved.get(key, key): one for key, one in self.round.listed.items()}
        if len(issues.told) and not there:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{self.api.base} shows none of the {len(issues.told):,} issues that it had: check "
                "what the token's user may see, and what the board's filter or `jql:` finds",
            )
        before, missing = set(cursor.missing), [one for one in issues.told if one not in there]
        for item in missing:
            if item in before:
                gone = ItemEvent(id=f"gone:{now}", item=item, at=now, kind=EventKind.DROPPED)
                self.haul.rows.append(clean_fact(gone))
                issues.forget(item)
        cursor.missing = tuple(item for item in missing if item not in before)
        new = [
            one for item, one in there.items() if item not in issues.told and item not in issues.out
        ]
        for start in range(0, len(new), _MOST_BY_ID):
            await self._read(new[start : start + _MOST_BY_ID], now)

    async def _read(self, ids: Sequence[str], now: int) -> None:
        """Reads the issues of these ids; one that was deleted this moment spoils no other."""
        self.round.search_from(0)
        try:
            issues, _ = await self.page(f"id in ({', '.join(ids)})")
        except SourceError as error:
            if error.status != 400:
                raise
            half = len(ids) // 2
            for some in (ids[:half], ids[half:]) if half else ():
                await self._read(some, now)
            return
        await self.tell(issues, stands_at=now)

    def _repeats(self) -> SourceError:
        return faults.malformed(
            f"{self.api.base} (search)", "promises more issues, but repeats those it gave before"
        )
