"""What a Jira is asked, in the ways of Cloud and of Data Center.

Times in searches are told as minutes before now. That is the one form that both kinds document and
that does not depend on the time zone in the profile of the token's user, which every date in a
search otherwise does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec

from goliath_tui.clean import clean_text, mend_surrogates
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer, Client, Outcome
from goliath_tui.sources.jira import Deployment
from goliath_tui.sources.jira.answers import (
    Changelog,
    ChangesPage,
    Counted,
    History,
    IssueRow,
    Page,
    SearchPage,
    ServerInfo,
    moment,
)

T = TypeVar("T")

MINUTE_MS = 60_000
#: Issues in a page with their fields, and in one that only names them.
PAGE = 100
PAGE_OF_NAMES = {Deployment.CLOUD: 5000, Deployment.DATA_CENTER: 1000}
PAGE_OF_CHANGES = 5000
#: By so much the time that answers tell may differ from one to the next.
_STEADY_MS = 5_000
#: Pages of one list, and requests for one issue's history, after which a server is not believed.
MOST_PAGES = 1000
_REFUSED = {"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"}


class Api:
    """One Jira. `base`: its address for people, without a slash at the end.

    `ahead_ms`: its clock minus ours, as (least, most): its own word and that of the answers' Date
    need not be the same.
    """

    def __init__(
        self, deployment: Deployment, base: str, ahead_ms: tuple[int, int], skew_ms: int | None
    ) -> None:
        self.deployment = deployment
        self.base = base
        self.ahead_ms = ahead_ms
        self._skew_ms = skew_ms
        self.page = PAGE
        self.page_of_changes = PAGE_OF_CHANGES
        self.warnings: dict[str, None] = {}

    @property
    def cloud(self) -> bool:
        """Whether it is Jira Cloud."""
        return self.deployment is Deployment.CLOUD

    def now(self, client: Client) -> int:
        """Its clock, at the least."""
        return client.clock() + self.ahead_ms[0]

    def now_at_most(self, client: Client) -> int:
        """Its clock, at the most."""
        return client.clock() + self.ahead_ms[1]

    def since(self, client: Client, field: str, at: int) -> str:
        """The condition that `field` is not before `at`, and up to two minutes more."""
        ago = self.now_at_most(client) - at
        return f'{field} >= "-{max(0, -(-ago // MINUTE_MS)) + 1}m"'

    async def get(self, client: Client, path: str, kind: type[T], **params: object) -> T:
        """What `path` says. Raises SourceError."""
        pairs = {name: str(value) for name, value in params.items()}
        return decoded(self._heard(await client.get(path, pairs)), kind)

    async def post(self, client: Client, path: str, kind: type[T], body: object) -> T:
        """What `path` says to `body`. Raises SourceError."""
        return decoded(self._heard(await client.post(path, body)), kind)

    def _heard(self, answer: Answer) -> Answer:
        """The answer, whose Date may say that one of the two clocks was set."""
        skew, before = answer.skew_ms, self._skew_ms
        if skew is not None and before is not None and abs(skew - before) > _STEADY_MS:
            least, most = self.ahead_ms
            self.ahead_ms = least + skew - before, most + skew - before
            self._skew_ms = skew
        return answer

    def rest(self, path: str) -> str:
        """The path below the version of the API that this Jira has."""
        return f"/rest/api/{'3' if self.cloud else '2'}/{path}"

    async def listed(
        self, client: Client, path: str, kind: type[T], **params: object
    ) -> AsyncIterator[T]:
        """All rows of a list that is told in pages. Raises SourceError."""
        start = 0
        for _ in range(MOST_PAGES):
            page = await self.get(
                client,
                path,
                Page[kind],  # type: ignore[valid-type] # a type made at run time
                startAt=start,
                maxResults=50,
                **params,
            )
            for row in page.values:
                yield row
            if page.isLast or not page.values:
                return
            if page.startAt != start:
                raise faults.malformed(path, "is not the page that was asked for")
            start += len(page.values)
            if page.isLast is None and (page.total is None or start >= page.total):
                return
        raise faults.malformed(path, f"has more than {MOST_PAGES} pages")

    async def search(
        self, client: Client, jql: str, fields: Sequence[str], *, after: str, most: int
    ) -> tuple[SearchPage, str]:
        """A page of what `jql` finds, and where the next one is; empty: there is none.

        `after`: where this one is; empty: at the beginning. With its changelogs where they come
        with the issues. Raises SourceError.
        """
        body: dict[str, object] = {"jql": jql, "fields": list(fields), "maxResults": most}
        if self.cloud:
            if after:
                body["nextPageToken"] = after
            page = await self._searched(client, self.rest("search/jql"), body)
            return page, "" if page.isLast else page.nextPageToken or ""
        start = int(after or 0)
        body["startAt"] = start
        if len(fields) > 1:
            body["expand"] = ["changelog"]
        page = await self._searched(client, self.rest("search"), body)
        if page.startAt != start:
            raise faults.malformed("/rest/api/2/search", "is not the page that was asked for")
        ends = start + len(page.issues)
        return page, str(ends) if page.issues and ends < (page.total or 0) else ""

    async def count(self, client: Client, jql: str) -> int:
        """About how many issues `jql` finds. Raises SourceError."""
        if self.cloud:
            path = self.rest("search/approximate-count")
            return max(0, (await self._asked(client, path, Counted, {"jql": jql})).count)
        page, _ = await self.search(client, jql, ["id"], after="", most=1)
        return max(0, page.total or 0)

    async def histories(
        self, client: Client, issues: Sequence[IssueRow], fields: Sequence[str]
    ) -> dict[str, list[History]]:
        """Issue id → its changelog; `fields`: of these alone, where that can be asked; empty: of
        all. Raises SourceError.
        """
        if not self.cloud:
            return {issue.id: await self._whole(client, issue) for issue in issues}
        found: dict[str, list[History]] = {issue.id: [] for issue in issues}
        if not issues:
            return found
        body: dict[str, object] = {
            "issueIdsOrKeys": [issue.id for issue in issues],
            "maxResults": self.page_of_changes,
        }
        if fields:
            body["fieldIds"] = list(fields)
        path = self.rest("changelog/bulkfetch")
        seen: set[str] = set()
        while True:
            page = await self._changes(client, path, body)
            for one in page.issueChangeLogs:
                if one.issueId in found:
                    found[one.issueId] += one.changeHistories
            token = page.nextPageToken
            if not token:
                return {issue: _once(histories) for issue, histories in found.items()}
            if token in seen or len(seen) > MOST_PAGES:
                raise faults.malformed(path, "promises more behind a page that was already asked")
            seen.add(token)
            body["nextPageToken"] = token

    async def _changes(self, client: Client, path: str, body: object) -> ChangesPage:
        try:
            return await self.post(client, path, ChangesPage, body)
        except SourceError as error:
            if error.kind is SourceErrorKind.TOO_LARGE:
                # Changes of long descriptions are long.
                self.page_of_changes = max(1, self.page_of_changes // 4)
            raise

    async def _whole(self, client: Client, issue: IssueRow) -> list[History]:
        """The changelog that came with an issue, or the rest of it where it was cut short."""
        log = issue.changelog or Changelog()
        if log.total is None or len(log.histories) >= log.total:
            return _once(log.histories)
        path = self.rest(f"issue/{issue.id}")
        whole = await self.get(client, path, IssueRow, expand="changelog", fields="updated")
        return _once((whole.changelog or Changelog()).histories)

    async def _asked(self, client: Client, path: str, kind: type[T], body: object) -> T:
        """What `path` says to a search, which may be refused. Raises SourceError."""
        try:
            return await self.post(client, path, kind, body)
        except SourceError as error:
            if error.status != 400:
                raise
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{error}; the search is made of `board:`, `project:` and `jql:`",
                status=400,
            ) from None

    async def _searched(self, client: Client, path: str, body: Mapping[str, object]) -> SearchPage:
        page = await self._asked(client, path, SearchPage, body)
        for warning in page.warningMessages:
            self.warnings[f"Jira warns: {clean_text(warning, 200)}"] = None
        return page


async def reached(client: Client, wanted: Deployment) -> tuple[Api, str]:
    """The Jira behind the client's address, and who it says it is. Raises SourceError."""
    versions = {Deployment.CLOUD: "3", Deployment.DATA_CENTER: "2"}
    tried = [versions[wanted]] if wanted in versions else ["3", "2"]
    for version in tried:
        path = f"/rest/api/{version}/serverInfo"
        started = client.clock()
        try:
            answer = await client.get(path)
        except SourceError as error:
            if error.status != 404:
                raise
            if version != tried[-1]:
                continue
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{error}; `url:` is the address of Jira itself, as in https://ours.atlassian.net, "
                "or with its path where it has one",
                status=404,
            ) from None
        info = decoded(answer, ServerInfo)
        halfway = (started + client.clock()) // 2
        said = moment(info.serverTime)
        ahead = [
            one
            for one in (answer.skew_ms, None if said is None else said - halfway)
            if one is not None
        ] or [0]
        is_cloud = info.deploymentType.lower() == "cloud"
        deployment = Deployment.CLOUD if is_cloud else Deployment.DATA_CENTER
        if wanted is not Deployment.DETECT and wanted is not deployment:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{answer.where} is {deployment.value}: say so with `deployment:`, or leave it out",
            )
        base = info.baseUrl.rstrip("/")
        if not base.startswith(("http://", "https://")):
            base = answer.where.removesuffix(path)
        clocks = min(ahead), max(ahead)
        api = Api(deployment, clean_text(base, 200), clocks, answer.skew_ms)
        return api, info.baseUrl or base
    raise AssertionError("one of the versions was tried last")


def decoded(answer: Answer, kind: type[T]) -> T:
    """An answer's body as `kind`. Raises SourceError."""
    if answer.outcome is Outcome.GONE:
        raise SourceError(
            SourceErrorKind.CONFIG,
            f"{answer.where} answers that it is there no more (410): this Jira is asked in another "
            "way, so leave out `deployment:`",
            status=410,
        )
    if answer.outcome is not Outcome.FRESH:
        raise faults.malformed(answer.where, "says unchanged (304), but was never asked so")
    if answer.headers.get("x-seraph-loginreason", "").upper() in _REFUSED:
        # Jira goes on as nobody, who sees less: it must not look as if the rest were deleted.
        raise SourceError(
            SourceErrorKind.AUTH, f"{answer.where} refuses the credentials: check the token"
        )
    body = answer.body
    if b"\\ud" in body or b"\\uD" in body:
        body = mend_surrogates(body)
    try:
        decoder: msgspec.json.Decoder[T] = _decoder(kind)  # type: ignore[arg-type] # a type can be hashed
        return decoder.decode(body)
    except (ValueError, RecursionError) as error:
        fault = faults.from_decoder(error, answer.where)
    raise fault


@cache
def _decoder(kind: Any) -> Any:
    return msgspec.json.Decoder(kind)


def _once(histories: Sequence[History]) -> list[History]:
    """Without those that came twice, as when something was changed between two pages."""
    return list({str(history.id): history for history in histories}.values())
