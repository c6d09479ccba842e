"""A GitHub on loopback: an in-memory model of repositories and projects behind the published API.

Every request is held to GitHub's description and every answer too, so neither we nor this server
can invent anything. `now` is its clock; what happens to an issue leaves the events that GitHub
would keep. Moments are to the second, events are newest first, and ETags are free.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from tests.description import Description
from tests.sources.github_world import Event, Issue, Item, Milestone, Project, Repository
from tests.sources.hostile_server import Request, answer

TOKEN = "a token of forty letters, or thereabouts"


#: GitHub gives and takes this, though its description does not say so.
UNDESCRIBED = {"/repos/{owner}/{repo}/issues": {"after"}}


Row = TypeVar("Row")


Interception = Callable[[Request, asyncio.StreamWriter], Awaitable[bool]]


def iso(at: int) -> str:
    """To the second, as GitHub keeps moments."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user(login: str) -> dict[str, Any]:
    """Somebody, with all the addresses that GitHub gives everybody."""
    api = f"https://api.github.com/users/{login}"
    names = ("events", "followers", "following", "gists", "organizations", "received_events")
    return {
        "login": login,
        "id": 1,
        "node_id": "U_1",
        "avatar_url": "https://github.example/a.png",
        "gravatar_id": "",
        "url": api,
        "html_url": f"https://github.com/{login}",
        **{f"{name}_url": f"{api}/{name}" for name in (*names, "repos", "starred")},
        "subscriptions_url": f"{api}/subscriptions",
        "type": "User",
        "site_admin": False,
    }


class Hub:
    """All of GitHub. `charged`: requests that count against the limit. `intercept` comes first."""

    def __init__(self, description: Description, now: int) -> None:
        self.description = description
        self.now = now
        self.last_id = 0
        self.repositories: dict[str, Repository] = {}
        self.projects: dict[str, Project] = {}
        self.moved: dict[tuple[str, int], tuple[str, int]] = {}
        self.token: str | None = TOKEN
        self.charged = 0
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.most_event_pages = 1000
        #: Rows that GitHub lists by the numbers of pages; beyond that it wants a cursor.
        self.most_numbered = 10_000
        self.says_no: dict[str, int] = {}
        self.intercept: Interception | None = None
        self.after_answer: Callable[[Request], None] | None = None

    def repository(self, name: str) -> Repository:
        """A new repository."""
        made = self.repositories[name] = Repository(self, name)
        return made

    def project(self, path: str) -> Project:
        """A new project, at `/orgs/acme/projectsV2/7` or so."""
        made = self.projects[path] = Project(self, path)
        return made

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """Answers one request."""
        self.asked.append(f"{request.path}?{urlencode(request.query)}")
        if self.intercept is not None and await self.intercept(request, writer):
            return
        try:
            writer.write(self._answer(request))
        except AssertionError as error:
            self.wrong.append(str(error))
            writer.write(answer({"message": str(error)}, status="500 Wrong"))
        if self.after_answer is not None:
            self.after_answer(request)

    def _answer(self, request: Request) -> bytes:
        stamp = {"Date": formatdate(self.now / 1000, usegmt=True)}
        if self.token is not None and request.headers.get("authorization") != (
            f"Bearer {self.token}"
        ):
            return answer({"message": "Bad credentials"}, status="401 No", headers=stamp)
        assert request.headers.get("x-github-api-version") == "2022-11-28"
        assert request.headers.get("accept") == "application/vnd.github+json"
        self.description.check_request(request.path, request.asked, UNDESCRIBED)
        status, body, links = self._found(request)
        self.description.check_answer(request.path, status, body)
        if status == 301:
            stamp["Location"] = links["to"]
            return answer(body, status="301 Moved", headers=stamp)
        raw = msgspec.json.encode(body)
        tag = '"' + hashlib.blake2b(raw, digest_size=8).hexdigest() + '"'
        if status == 200 and request.headers.get("if-none-match") == tag:
            return answer(status="304 Not Modified", headers=stamp)
        self.charged += 1
        if status == 200:
            stamp["ETag"] = tag
        base = f"https://api.github.com{request.path}"
        stamp |= {
            "Link": ", ".join(
                f'<{base}?{urlencode({**request.query, **dict([pair])})}>; rel="{relation}"'
                for relation, pair in links.items()
            )
        }
        return answer(raw, status=f"{status} X", headers={k: v for k, v in stamp.items() if v})

    def _found(self, request: Request) -> tuple[int, Any, dict[str, Any]]:
        """Status, body and links: relation → parameter."""
        for path, status in self.says_no.items():
            if request.path.startswith(path):
                return status, {"message": "Not Found"}, {}
        parts = request.path.strip("/").split("/")
        if parts[0] == "repos":
            repository = self.repositories.get("/".join(parts[1:3]))
            if repository is None:
                return 404, {"message": "Not Found"}, {}
            return self._of_repository(repository, "/".join(parts[3:]), request.query)
        project = self.projects.get("/" + "/".join(parts[:4]))
        if project is None:
            return 404, {"message": "Not Found"}, {}
        if parts[4:] == ["fields"]:
            return 200, self._fields(project), {}
        return self._items(project, request.query)

    def _of_repository(
        self, repository: Repository, what: str, query: dict[str, str]
    ) -> tuple[int, Any, dict[str, Any]]:
        if what == "milestones":
            rows = [self._milestone(repository, one) for one in repository.milestones.values()]
            return self._numbered(rows, query)
        if what == "issues/events":
            if int(query.get("page", "1")) > self.most_event_pages:
                return 422, {"message": "In order to keep the API fast …"}, {}
            newest = repository.events[::-1]
            rows = [self._event(repository, one) for one in _page(newest, query)]
            return self._numbered(rows, query, newest)
        if what == "issues":
            return self._issues(repository, query)
        number = int(what.rpartition("/")[2])
        if number in repository.issues:
            return 200, self.issue(repository.issues[number]), {}
        if (repository.name, number) in self.moved:
            name, other = self.moved[repository.name, number]
            return 301, {"message": "Moved"}, {"to": f"/repos/{name}/issues/{other}"}
        return 410, {"message": "This issue was deleted"}, {}

    def _issues(
        self, repository: Repository, query: dict[str, str]
    ) -> tuple[int, Any, dict[str, Any]]:
        assert query["state"] == "all"
        found = [
            one for one in repository.issues.values() if iso(one.updated) >= query.get("since", "")
        ]
        moment = {"updated": lambda one: one.updated // 1000, "created": lambda one: one.created}
        found.sort(key=lambda one: (moment[query["sort"]](one), one.number))
        if query["direction"] == "desc":
            found.reverse()
        size = int(query["per_page"])
        if len(found) <= self.most_numbered:
            return self._numbered([self.issue(one) for one in _page(found, query)], query, found)
        # So many are only told by a cursor.
        if "page" in query:
            return 422, {"message": "Pagination with the page parameter is not supported"}, {}
        numbers = [one.number for one in found]
        start = numbers.index(int(query["after"])) + 1 if "after" in query else 0
        rows = [self.issue(one) for one in found[start : start + size]]
        more = start + size < len(found)
        return 200, rows, {"next": ("after", str(rows[-1]["number"]))} if more else {}

    def _numbered(
        self, rows: list[Any], query: dict[str, str], found: list[Any] | None = None
    ) -> tuple[int, Any, dict[str, Any]]:
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        total = len(rows if found is None else found)
        links: dict[str, Any] = {}
        if page * size < total:
            last = min(-(-total // size), self.most_event_pages)
            if page < last:
                links = {"next": ("page", str(page + 1)), "last": ("page", str(last))}
        return 200, rows[(page - 1) * size : page * size] if found is None else rows, links

    def _items(self, project: Project, query: dict[str, str]) -> tuple[int, Any, dict[str, Any]]:
        size = int(query.get("per_page", "30"))
        ids = [item.id for item in project.items]
        start = ids.index(int(query["after"])) + 1 if "after" in query else 0
        wanted = {int(one) for one in query.get("fields", "1").split(",")}
        rows = [self._item(project, one, wanted) for one in project.items[start : start + size]]
        more = start + size < len(ids)
        return 200, rows, {"next": ("after", str(rows[-1]["id"]))} if more else {}

    def _fields(self, project: Project) -> list[dict[str, Any]]:
        rows = []
        for name, (id_, kind) in project.fields.items():
            row: dict[str, Any] = {
                "id": id_,
                "node_id": f"PVTF_{id_}",
                "name": name,
                "data_type": kind,
                "project_url": f"https://api.github.com{project.path}",
                "created_at": iso(0),
                "updated_at": iso(0),
            }
            if kind == "iteration":
                row["configuration"] = {
                    "start_day": 1,
                    "duration": 14,
                    "iterations": project.iterations,
                }
            rows.append(row)
        return rows

    def _item(self, project: Project, item: Item, wanted: set[int]) -> dict[str, Any]:
        content: dict[str, Any] | None = None
        if item.issue is not None:
            content = self.issue(item.issue)
        elif item.kind == "DraftIssue":
            content = {"id": 5, "title": "A draft"}
        iterations = {one["id"]: one for one in project.iterations}
        fields = []
        for name, (id_, kind) in project.fields.items():
            if id_ not in wanted:
                continue
            value = item.values.get(name)
            if kind == "iteration" and isinstance(value, str):
                value = iterations[value]
            elif kind == "single_select" and value is not None:
                text = {"raw": value, "html": value}
                value = {"id": "x", "name": text, "description": text, "color": "RED"}
            elif kind == "text" and value is not None:
                value = {"raw": value, "html": value}
            fields.append({"id": id_, "name": name, "data_type": kind, "value": value})
        return {
            "id": item.id,
            "node_id": f"PVTI_{item.id}",
            "content_type": item.kind,
            "content": content,
            "created_at": iso(0),
            "updated_at": iso(item.updated),
            "archived_at": iso(item.updated) if item.archived else None,
            "fields": fields,
        }

    def _milestone(self, repository: Repository, one: Milestone) -> dict[str, Any]:
        api = f"https://api.github.com/repos/{repository.name}/milestones/{one.number}"
        return {
            "url": api,
            "html_url": f"https://github.com/{repository.name}/milestone/{one.number}",
            "labels_url": f"{api}/labels",
            "id": one.number,
            "node_id": f"MI_{one.number}",
            "number": one.number,
            "state": "open",
            "title": one.title,
            "description": None,
            "creator": user("planner"),
            "open_issues": 0,
            "closed_issues": 0,
            "created_at": iso(0),
            "updated_at": iso(0),
            "closed_at": None,
            "due_on": None if one.due is None else iso(one.due),
        }

    def issue(self, one: Issue) -> dict[str, Any]:
        """An issue as the API tells it."""
        repository = self.repositories[one.repository]
        home = f"https://api.github.com/repos/{one.repository}"
        api, web = f"{home}/issues/{one.number}", f"https://github.com/{one.repository}"
        pull = {"url": api, "html_url": web, "diff_url": web, "patch_url": web}
        milestone = repository.milestones.get(one.milestone or 0)
        return {
            "id": one.number,
            "node_id": f"I_{one.number}",
            "url": api,
            "repository_url": home,
            "labels_url": f"{api}/labels{{/name}}",
            "comments_url": f"{api}/comments",
            "events_url": f"{api}/events",
            "html_url": f"{web}/issues/{one.number}",
            "number": one.number,
            "state": "open" if one.closed is None else "closed",
            "state_reason": one.reason,
            "title": one.title,
            "body": one.body,
            "user": user("somebody"),
            "labels": [
                {"id": 1, "name": name, "color": "ededed", "default": False} for name in one.labels
            ],
            "assignee": None,
            "assignees": [],
            "milestone": None if milestone is None else self._milestone(repository, milestone),
            "locked": False,
            "comments": 0,
            "closed_at": None if one.closed is None else iso(one.closed),
            "created_at": iso(one.created),
            "updated_at": iso(one.updated),
            "author_association": "MEMBER",
            **({"pull_request": pull} if one.is_pull else {}),
            **(
                {"type": {"id": 1, "node_id": "IT_1", "name": one.type, "description": None}}
                if one.type
                else {}
            ),
        }

    def _event(self, repository: Repository, one: Event) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": one.id,
            "node_id": f"E_{one.id}",
            "url": f"https://api.github.com/repos/{repository.name}/issues/events/{one.id}",
            "actor": user("somebody"),
            "event": one.kind,
            "commit_id": None,
            "commit_url": None,
            "created_at": iso(one.at),
            "issue": self.issue(one.issue),
        }
        if one.label is not None:
            row["label"] = {"name": one.label, "color": "ededed"}
        if one.milestone is not None:
            row["milestone"] = {"title": one.milestone}
        if one.reason is not None:
            row["state_reason"] = one.reason
        return row


def _page(found: list[Row], query: dict[str, str]) -> list[Row]:
    """Only the page that is asked for is worth making."""
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return found[(page - 1) * size : page * size]
