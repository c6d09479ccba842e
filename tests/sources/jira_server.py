"""A Jira on loopback, over a `Jira` in memory, in the manner of Cloud or of Data Center.

Every request is compared with Jira's published description, and so is every answer; the first that
is not as described is kept in `wrong`, answered with 500, and fails the test at its end. Marks of
next pages are plain offsets into the search of this moment, so whatever changes between two pages
moves rows across them.
"""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import Any

from tests.description import NotAsDescribedError
from tests.sources.hostile_server import Request, Server, answer, serving
from tests.sources.jira_world import EPIC_LINK, POINTS, SPRINT, TYPES, Issue, Jira, written
from tests.sources.jql import JqlError, Parsed
from tests.specs import JIRA, JIRA_SOFTWARE, described

USER, TOKEN = "lead@example.com", "s3cret"
BASIC = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()


class RefusedError(Exception):
    """An answer other than 200."""

    def __init__(self, status: str, *messages: str) -> None:
        super().__init__(status)
        self.status = status
        self.messages = messages


class JiraServer:
    """What serves a `Jira`. `before`: called ahead of each request, with its path and number.

    `limits`: path → how many times it answers 429. `lag_ms`: how far the index of the search is
    behind. `most`: issues in a page with fields, at the most.
    """

    def __init__(self, jira: Jira) -> None:
        self.jira = jira
        self.before: Callable[[str, int], None] = _nothing
        self.accepts = {BASIC} if jira.cloud else {f"Bearer {TOKEN}"}
        self.asked: Counter[str] = Counter()
        self.limits: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.most = 100
        self.lag_ms = 0
        self.log_page = 5000
        self.inline_log = 10_000
        self.answers: dict[str, Callable[[Any], Any]] = {}
        self.date_ahead_ms = 0
        self.headers: dict[str, str] = {}
        self._last_found: tuple[object, list[Issue]] = (None, [])

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.asked[request.path] += 1
        self.before(request.path, self.asked.total())
        date = formatdate((self.jira.now + self.date_ahead_ms) / 1000, usegmt=True)
        headers = {"Date": date, **self.headers}
        try:
            writer.write(answer(self._answered(request), headers=headers))
        except RefusedError as refused:
            if refused.status.startswith("429"):
                headers |= {
                    "Retry-After": "7",
                    "X-RateLimit-Limit": "350",
                    "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": "2026-01-01T00:00Z",
                }
            body = {"errorMessages": list(refused.messages), "errors": {}}
            writer.write(answer(body, status=refused.status, headers=headers))
        except NotAsDescribedError as error:
            self.wrong.append(str(error))
            writer.write(answer({"errorMessages": [str(error)]}, status="500 Wrong"))

    def _answered(self, request: Request) -> object:
        path = request.path
        if self.limits[path] > 0:
            self.limits[path] -= 1
            raise RefusedError("429 Too Many Requests", "Rate limit exceeded.")
        description = described(JIRA_SOFTWARE if "/agile/" in path else JIRA)
        version = "/rest/api/3/" if self.jira.cloud else "/rest/api/2/"
        if "/rest/api/" in path and not path.startswith(version):
            raise RefusedError("404 Not Found", "null for uri")
        # Data Center's is not described in a machine's words; what is asked of it has the same
        # shape as in the third version.
        as_described = path.replace("/rest/api/2/", "/rest/api/3/")
        method = request.method
        description.check_request(as_described, request.asked, method=method, body=request.body)
        if not path.endswith("/serverInfo") and (
            request.headers.get("authorization") not in self.accepts
        ):
            raise RefusedError("401 Unauthorized", "Client must be authenticated.")
        body = json.loads(request.body) if request.body else {}
        told = self._told(path, request.query, body)
        description.check_answer(as_described, 200, told, method=method)
        change = self.answers.get(path)
        return told if change is None else change(told)

    def _told(self, path: str, query: dict[str, str], body: dict[str, Any]) -> object:
        parts = path.strip("/").split("/")
        if parts[1] == "agile":
            return self._agile(parts[3:], query)
        match parts[3:]:
            case ["serverInfo"]:
                return {
                    "baseUrl": "https://ours.example",
                    "deploymentType": "Cloud" if self.jira.cloud else "Server",
                    "serverTime": written(self.jira.now, self.jira.zone),
                    "version": "1001.0.0",
                }
            case ["field"]:
                return [
                    {
                        "id": key,
                        "name": name,
                        "custom": custom is not None,
                        "schema": {"type": "any"} | ({"custom": custom} if custom else {}),
                    }
                    for key, (name, custom) in self.jira.fields.items()
                ]
            case ["status"]:
                return [
                    {"id": key, "name": name, "statusCategory": {"key": category}}
                    for key, (name, category) in self.jira.statuses.items()
                ]
            case ["search", "jql"] if self.jira.cloud:
                return self._search(body)
            case ["search"] if not self.jira.cloud:
                return self._search(body)
            case ["search", "approximate-count"]:
                return {"count": len(self._found(body["jql"]))}
            case ["changelog", "bulkfetch"]:
                return self._changes(body)
            case ["project", key, "versions"]:
                return [self._version(one) for one in self.jira.versions]
            case ["issue", key]:
                issue = self.jira.issues[int(key)]
                return self._issue(issue, ["updated"]) | {"changelog": self._log(issue, 10**9)}
        raise RefusedError("404 Not Found", "No such thing here.")

    def _type(self, key: str) -> dict[str, Any]:
        name, level = TYPES[key]
        told: dict[str, Any] = {"id": key, "name": name, "subtask": level < 0}
        return told | ({"hierarchyLevel": level} if self.jira.cloud else {})

    def _agile(self, parts: list[str], query: dict[str, str]) -> object:
        jira = self.jira
        if parts == ["board"]:
            boards = [
                {"id": key, "name": one["name"], "type": one["type"]}
                for key, one in jira.boards.items()
                if query.get("name", "").lower() in one["name"].lower()
            ]
            return _paged(boards, query)
        number = int(parts[1])
        if number not in jira.boards:
            raise RefusedError("404 Not Found", f"Could not find board {number}.")
        board = jira.boards[number]
        match parts[2:]:
            case []:
                return {"id": number, "name": board["name"], "type": board["type"]}
            case ["configuration"]:
                told = {"id": number, "name": board["name"], "estimation": board["estimation"]}
                if board.get("filter", True):
                    told["filter"] = {"id": str(number)}
                else:
                    told["location"] = {"type": "project", "projectKeyOrId": "PAY"}
                return told
            case ["sprint"]:
                if board["type"] == "kanban" or board.get("sprintless"):
                    raise RefusedError("400 Bad Request", "The board does not support sprints")
                states = query.get("state", "closed,active,future").split(",")
                order = ["closed", "active", "future"]
                sprints = sorted(
                    (key for key, one in jira.sprints.items() if one["board"] == number),
                    key=lambda key: (order.index(jira.sprints[key]["state"]), key),
                )
                wanted = [key for key in sprints if jira.sprints[key]["state"] in states]
                return _paged([self._sprint(key) for key in wanted], query)
            case ["version"]:
                rows = [
                    {"id": key, "name": one["name"], "projectId": 1}
                    | ({"releaseDate": one["due"]} if "due" in one else {})
                    for key, one in jira.versions.items()
                ]
                return _paged(rows, query)
        raise RefusedError("404 Not Found")

    def _sprint(self, number: int) -> dict[str, Any]:
        sprint = self.jira.sprints[number]
        dates = {"startDate": "starts", "endDate": "ends", "completeDate": "completed"}
        return {
            "id": number,
            "state": sprint["state"],
            "name": sprint["name"],
            "originBoardId": sprint["board"],
        } | {
            name: written(sprint[own], self.jira.zone)
            for name, own in dates.items()
            if own in sprint
        }

    def _version(self, number: int) -> dict[str, Any]:
        version = self.jira.versions[number]
        told = {"id": str(number), "name": version["name"], "released": False}
        dates = {"releaseDate": "due", "startDate": "starts"}
        return told | {name: version[own] for name, own in dates.items() if own in version}

    def _found(self, text: str) -> list[Issue]:
        jira = self.jira
        stands = (text, jira.now, jira.last_history, jira.last_id, len(jira.issues), self.lag_ms)
        if self._last_found[0] == stands:
            return self._last_found[1]
        known = {
            "filter": {str(key) for key in jira.boards},
            "project": set(jira.projects),
            "id": set(map(str, jira.issues)),
            "issuekey": {issue.key for issue in jira.issues.values()},
        }
        try:
            jql = Parsed(text, jira.now, self._values, known)
            found = [issue for issue in jira.issues.values() if jql.matches(issue)]
            for name, downwards in reversed(jql.order):
                found.sort(key=lambda issue: self._values(issue, name)[0], reverse=downwards)
        except JqlError as error:
            raise RefusedError("400 Bad Request", str(error)) from None
        found = [issue for issue in found if issue.created <= jira.now - self.lag_ms]
        self._last_found = (stands, found)
        return found

    def _values(self, issue: Issue, name: str) -> list[Any]:
        match name:
            case "filter":
                return [
                    key for key, board in self.jira.boards.items()
                    if issue.project in board["projects"]
                ]  # fmt: skip
            case "updated":
                # Before the index has caught up, it has an issue as it was.
                seen = self.jira.now - self.lag_ms
                ats = [issue.created, *(at for _, at, _ in issue.log), issue.updated]
                return [max([at for at in ats if at <= seen], default=issue.created)]
            case "created":
                return [issue.created]
            case "key":
                return [(issue.project, int(issue.key.rpartition("-")[2]))]
            case "id":
                return [issue.id]
            case "issuekey":
                return [issue.key]
            case "project":
                return [issue.project]
            case "type" | "issuetype":
                return [TYPES[issue.kind][0]]
            case "labels":
                return list(issue.labels)
        raise JqlError(f"Field '{name}' does not exist.")

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self._found(body["jql"])
        fields = body.get("fields", ["id"])
        most = min(body["maxResults"], 5000 if fields == ["id"] else self.most)
        if not self.jira.cloud:
            most = min(most, 1000)
        start = int(body.get("nextPageToken") or body.get("startAt") or 0)
        rows = [self._issue(issue, fields) for issue in found[start : start + most]]
        ends = start + len(rows)
        if self.jira.cloud:
            more = ends < len(found)
            told: dict[str, Any] = {"issues": rows, "isLast": not more}
            return told | ({"nextPageToken": str(ends)} if more else {})
        if "changelog" in body.get("expand", ()):
            rows = [
                row | {"changelog": self._log(issue, self.inline_log)}
                for row, issue in zip(rows, found[start : start + most], strict=True)
            ]
        return {"startAt": start, "maxResults": most, "total": len(found), "issues": rows}

    def _issue(self, issue: Issue, fields: list[str]) -> dict[str, Any]:
        status = self.jira.statuses.get(issue.status, ("Gone", "new"))
        told = {
            "summary": issue.summary,
            "status": {"id": issue.status, "name": status[0]},
            "resolution": {"name": issue.resolution} if issue.resolution else None,
            "issuetype": self._type(issue.kind),
            "created": written(issue.created, self.jira.zone),
            "updated": written(issue.updated, self.jira.zone),
            "components": [{"id": f"9{one}", "name": one} for one in issue.components],
            "labels": issue.labels,
            "fixVersions": [{"id": str(one)} for one in issue.versions],
            POINTS: issue.points,
            SPRINT: [self._sprint_value(one) for one in issue.sprints] or None,
        }
        if issue.epic is not None and self.jira.cloud:
            (epic,) = (one for one in self.jira.issues.values() if one.key == issue.epic)
            own = {"summary": epic.summary, "issuetype": self._type(epic.kind)}
            told["parent"] = {"id": str(epic.id), "key": epic.key, "fields": own}
        elif issue.epic is not None:
            told[EPIC_LINK] = issue.epic
        wanted = {name: told.get(name) for name in fields if name in told}
        base = {"id": str(issue.id), "key": issue.key}
        return base if fields == ["id"] else base | {"fields": wanted}

    def _sprint_value(self, number: int) -> object:
        if number not in self.jira.sprints:
            return {"id": number} if self.jira.cloud else f"x.Sprint@1[id={number},name=Other]"
        sprint = self._sprint(number)
        if self.jira.cloud:
            return {"id": number, "name": sprint["name"], "state": sprint["state"]}
        inside = f"id={number},rapidViewId=12,state=CLOSED,name={sprint['name']}"
        return f"com.atlassian.greenhopper.service.sprint.Sprint@7f[{inside}]"

    def _histories(self, issue: Issue, fields: list[str] | None = None) -> list[dict[str, Any]]:
        told = []
        for number, at, changes in issue.log:
            kept = [one for one in changes if fields is None or one.get("fieldId") in fields]
            if kept:
                created = written(at, self.jira.zone)
                told.append({"id": str(number), "created": created, "items": kept})
        return told

    def _log(self, issue: Issue, most: int) -> dict[str, Any]:
        histories = self._histories(issue)
        kept = histories[:most]
        return {"startAt": 0, "maxResults": most, "total": len(histories), "histories": kept}

    def _changes(self, body: dict[str, Any]) -> dict[str, Any]:
        ids = [int(one) for one in body["issueIdsOrKeys"]]
        rows = [
            (history, issue)
            for issue in ids
            if issue in self.jira.issues
            for history in self._histories(self.jira.issues[issue], body.get("fieldIds"))
        ]
        start = int(body.get("nextPageToken", 0))
        most = min(body.get("maxResults", 1000), self.log_page)
        some = rows[start : start + most]
        found: dict[int, list[dict[str, Any]]] = {}
        for history, issue in some:
            found.setdefault(issue, []).append(history)
        told: dict[str, Any] = {
            "issueChangeLogs": [
                {"issueId": str(issue), "changeHistories": histories}
                for issue, histories in found.items()
            ]
        }
        ends = start + len(some)
        return told | ({"nextPageToken": str(ends)} if ends < len(rows) else {})


def _nothing(path: str, number: int) -> None:
    """Nothing happens before a request."""


def _paged(rows: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    start, most = int(query.get("startAt", 0)), min(int(query.get("maxResults", 50)), 50)
    some = rows[start : start + most]
    return {
        "startAt": start,
        "maxResults": most,
        "total": len(rows),
        "isLast": start + len(some) >= len(rows),
        "values": some,
    }


@asynccontextmanager
async def serving_jira(jira: Jira) -> AsyncIterator[tuple[Server, JiraServer]]:
    """Serves until the block ends; then fails if a request or an answer was not as described."""
    served = JiraServer(jira)
    async with serving(served) as server:
        yield server, served
    assert not served.wrong, served.wrong
