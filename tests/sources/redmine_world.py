"""A small Redmine for quick tests: its issues, their journals, and the filters that we use.

It keeps moments finer than it tells them, as Redmine does, and writes journals for what Redmine
writes them for. What it may be trusted in is what tests/e2e/test_redmine.py asks of a real one.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.sources.hostile_server import Request, answer

KEY = "s3cret-key"
START = 1_790_000_000
STATUSES = {
    1: ("New", False),
    2: ("In Progress", False),
    5: ("Closed", True),
    6: ("Rejected", True),
}
TRACKERS = {1: "Bug", 2: "Feature"}
POINTS, LABELS = 7, 8
DENIED = object()
_JOURNALED = ("project_id", "tracker_id", "status_id", "category_id", "fixed_version_id",
              "parent_id", "subject", "estimated_hours")  # fmt: skip


class World:
    """What is in it. `now`: its clock, in seconds. `before`: called with each request's path."""

    def __init__(self) -> None:
        self.now: float = START
        self.tells_time = True
        self.fieldless = False
        self.denied: set[tuple[str, str]] = set()
        self.projects: dict[int, dict[str, Any]] = {
            1: {"id": 1, "identifier": "backend", "name": "Backend"},
            2: {"id": 2, "identifier": "ops", "name": "Operations"},
            3: {"id": 3, "identifier": "users", "name": "Users", "parent": {"id": 1}},
        }
        self.versions: dict[int, dict[str, Any]] = {}
        self.categories: dict[int, str] = {}
        self.issues: dict[int, dict[str, Any]] = {}
        self.before: Callable[[Request], None] = lambda _: None
        self.overrides: dict[str, bytes] = {}
        self.answered: list[tuple[str, Any]] = []
        self._journals = 0
        self._issues = 0

    def version(self, name: str, due: str | None, **more: Any) -> int:
        """A new version of the first project; its number."""
        number = len(self.versions) + 1
        self.versions[number] = {"id": number, "name": name, "due_date": due, **more}
        return number

    def category(self, name: str) -> int:
        """A new category; its number."""
        number = len(self.categories) + 1
        self.categories[number] = name
        return number

    def issue(self, subject: str = "work", *, points: Any = None, **what: Any) -> int:
        """A new issue; its number."""
        self._issues += 1
        issue = dict.fromkeys(_JOURNALED) | {
            "id": self._issues,
            "project_id": 1,
            "tracker_id": 1,
            "status_id": 1,
            "subject": subject,
            "points": points,
            "labels": (),
            "created": self.now,
            "updated": self.now,
            "closed": None,
            "journals": [],
        }
        self.issues[self._issues] = issue | what
        return self._issues

    def change(self, number: int, **what: Any) -> None:
        """Changes an issue, with a journal."""
        issue = self.issues[number]
        details: list[tuple[str, object, Any, Any]] = []
        for name, new in what.items():
            old = issue[name]
            if old == new:
                continue
            if name == "labels":
                details += [("cf", LABELS, value, None) for value in old if value not in new]
                details += [("cf", LABELS, None, value) for value in new if value not in old]
            elif name == "points":
                details.append(("cf", POINTS, old, new))
            else:
                details.append(("attr", name, old, new))
        self._journals += 1
        # Saved a moment after the issue itself.
        issue["journals"].append((self._journals, self.now + 0.03, details))
        if STATUSES[what.get("status_id", 1)][1] and not STATUSES[issue["status_id"]][1]:
            issue["closed"] = self.now
        self.issues[number] = issue | what | {"updated": self.now}

    def touch(self, number: int, **what: Any) -> None:
        """Changes an issue without a journal."""
        self.issues[number] |= what | {"updated": self.now}

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.before(request)
        if request.path in self.overrides:
            writer.write(self.overrides[request.path])
            return
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.tells_time:
            moment = datetime.fromtimestamp(self.now, UTC)
            headers["Date"] = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
        if (
            request.path == "/users/current.json"
            and request.headers.get("x-redmine-api-key") != KEY
        ):
            writer.write(answer(status="401 Unauthorized", headers=headers))
            return
        body = self._body(request.path, parse_qsl(request.asked, keep_blank_values=True))
        if body is DENIED:
            writer.write(answer(status="403 Forbidden", headers=headers))
            return
        if body is None:
            writer.write(answer(status="404 Not Found", headers=headers))
            return
        self.answered.append((request.path, body))
        writer.write(answer(body, headers=headers))

    def _body(self, path: str, query: list[tuple[str, str]]) -> Any:
        match path.removesuffix(".json").split("/")[1:]:
            case ["users", "current"]:
                return {"user": {"id": 1, "login": "reader"}}
            case ["projects"]:
                asked = dict(query).get("status", "1").split("|")
                projects = [p for p in self.projects.values() if str(p.get("status", 1)) in asked]
                return {"projects": projects, "total_count": len(projects)}
            case ["issue_statuses"]:
                return {
                    "issue_statuses": [
                        {"id": number, "name": name, "is_closed": closed}
                        for number, (name, closed) in STATUSES.items()
                    ]
                }
            case ["trackers"]:
                return {
                    "trackers": [
                        {"id": n, "name": name, "default_status": {"id": 1, "name": "New"}}
                        for n, name in TRACKERS.items()
                    ]
                }
            case ["projects", number, what] if (number, what) in self.denied:
                return DENIED
            case ["projects", number, "versions"]:
                shown = [*self.versions.values()] if number == "1" else []
                return {"versions": shown, "total_count": len(shown)}
            case ["projects", number, "issue_categories"]:
                kept = [{"id": n, "name": name} for n, name in self.categories.items()]
                kept = kept if number == "1" else []
                return {"issue_categories": kept, "total_count": len(kept)}
            case ["issues"]:
                return self._page(query)
            case ["issues", number]:
                issue = self.issues.get(int(number))
                return None if issue is None else {"issue": self.told(issue, journals=True)}
        return None

    def _page(self, query: list[tuple[str, str]]) -> Any:
        asked = dict(query)
        found = list(self.issues.values())
        for name in [value for key, value in query if key == "f[]"]:
            values = [value for key, value in query if key == f"v[{name}][]"]
            found = [i for i in found if self.fits(i, name, asked[f"op[{name}]"], values)]
        for key in reversed(asked["sort"].split(",")):
            name, _, way = key.partition(":")
            name = {"updated_on": "updated"}.get(name, name)
            found.sort(key=lambda issue: issue[name], reverse=way == "desc")
        limit = int(asked["limit"])
        return {
            "issues": [self.told(issue) for issue in found[:limit]],
            "total_count": len(found),
            "offset": 0,
            "limit": limit,
        }

    def fits(self, issue: dict[str, Any], name: str, operator: str, values: list[str]) -> bool:
        """Whether an issue passes a filter."""
        match name, operator, values:
            case "status_id", "*", []:
                return True
            case (("project_id" | "fixed_version_id"), "=", _):
                return str(issue[name]) in values
            case "issue_id", "=", [listed]:
                return issue["id"] in {int(number) for number in re.findall(r"\d+", listed)}
            case "issue_id", ">=", [first]:
                return bool(issue["id"] >= int(first))
            case "issue_id", "><", [first, last]:
                return bool(int(first) <= issue["id"] <= int(last))
            case "updated_on", "><", [first, last]:
                return bool(_seconds(first) - 1 < issue["updated"] <= _seconds(last))
        raise AssertionError((name, operator, values))

    def told(self, issue: dict[str, Any], *, journals: bool = False) -> dict[str, Any]:
        """An issue as the REST API gives it."""
        names = {
            "project": {n: p["name"] for n, p in self.projects.items()},
            "tracker": TRACKERS,
            "status": {n: name for n, (name, _) in STATUSES.items()},
            "category": self.categories,
            "fixed_version": {n: v["name"] for n, v in self.versions.items()},
        }
        body: dict[str, Any] = {
            what: {"id": issue[f"{what}_id"], "name": named.get(issue[f"{what}_id"], "?")}
            for what, named in names.items()
            if issue[f"{what}_id"] is not None
        }
        body |= {
            "id": issue["id"],
            "subject": issue["subject"],
            "description": "…",
            "estimated_hours": issue["estimated_hours"],
            "custom_fields": []
            if self.fieldless
            else [
                {"id": POINTS, "name": "Story points", "value": issue["points"] or ""},
                {"id": LABELS, "name": "Tags", "multiple": True, "value": list(issue["labels"])},
            ],
            "created_on": _moment(issue["created"]),
            "updated_on": _moment(issue["updated"]),
            "closed_on": None if issue["closed"] is None else _moment(issue["closed"]),
        }
        if issue["parent_id"] is not None:
            body["parent"] = {"id": issue["parent_id"]}
        if journals:
            body["journals"] = [
                {
                    "id": number,
                    "created_on": _moment(at),
                    "notes": "",
                    "details": [
                        {
                            "property": kind,
                            "name": str(name),
                            "old_value": None if old is None else str(old),
                            "new_value": None if new is None else str(new),
                        }
                        for kind, name, old, new in details
                    ],
                }
                for number, at, details in issue["journals"]
            ]
        return body


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
