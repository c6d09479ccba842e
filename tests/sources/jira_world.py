"""A Jira in memory: issues that people create, estimate, move, finish, delete, and its boards."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_700_000_000_000

POINTS, SPRINT, EPIC_LINK = "customfield_10016", "customfield_10020", "customfield_10014"
STATUSES = {
    "1": ("To Do", "new"),
    "3": ("In Progress", "indeterminate"),
    "4": ("In Review", "indeterminate"),
    "5": ("Done", "done"),
}
TYPES = {"10": ("Story", 0), "11": ("Epic", 1), "12": ("Sub-task", -1), "13": ("Bug", 0)}
FIELDS = {
    POINTS: ("Story Points", "com.atlassian.jira.plugin.system.customfieldtypes:float"),
    SPRINT: ("Sprint", "com.pyxis.greenhopper.jira:gh-sprint"),
    EPIC_LINK: ("Epic Link", "com.pyxis.greenhopper.jira:gh-epic-link"),
    "summary": ("Summary", None),
    "status": ("Status", None),
}


def written(at: int, zone: timezone = UTC) -> str:
    """A moment as Jira writes it."""
    moment = datetime.fromtimestamp(at / 1000, zone)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}{moment:%z}"


@dataclass
class Issue:
    """An issue. `log`: (id, at, changes), each change as Jira tells it."""

    id: int
    key: str
    created: int
    updated: int
    summary: str
    status: str = "1"
    kind: str = "10"
    points: Any = None
    resolution: str | None = None
    sprints: list[int] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    epic: str | None = None
    log: list[tuple[int, int, list[dict[str, str]]]] = field(default_factory=list)

    @property
    def project(self) -> str:
        """Its project's key."""
        return self.key.rpartition("-")[0]


@dataclass
class Jira:
    """A Jira and its clock. `projects`: key → the number that was given last."""

    cloud: bool = True
    now: int = START
    zone: timezone = timezone(timedelta(hours=9))
    issues: dict[int, Issue] = field(default_factory=dict)
    projects: dict[str, int] = field(default_factory=lambda: {"PAY": 0})
    boards: dict[int, dict[str, Any]] = field(default_factory=dict)
    sprints: dict[int, dict[str, Any]] = field(default_factory=dict)
    versions: dict[int, dict[str, Any]] = field(default_factory=dict)
    fields: dict[str, tuple[str, str | None]] = field(default_factory=lambda: dict(FIELDS))
    statuses: dict[str, tuple[str, str]] = field(default_factory=lambda: dict(STATUSES))
    last_id: int = 10_000
    last_history: int = 50_000

    def __post_init__(self) -> None:
        self.board(12, "Payments")

    def board(self, number: int, name: str, kind: str = "scrum", **config: Any) -> None:
        """A board that shows project PAY, through the filter of its own number."""
        self.boards[number] = {
            "name": name,
            "type": kind,
            "projects": ["PAY"],
            "estimation": {
                "type": "field",
                "field": {"fieldId": POINTS, "displayName": "Story Points"},
            },
            **config,
        }

    def tick(self, ms: int = MINUTE) -> int:
        """Time goes on; what time it is then."""
        self.now += ms
        return self.now

    def create(self, summary: str = "Something", project: str = "PAY", **own: Any) -> Issue:
        """A new issue, with what it has from the beginning."""
        self.last_id += 1
        self.projects[project] = self.projects.get(project, 0) + 1
        key = f"{project}-{self.projects[project]}"
        issue = Issue(self.last_id, key, self.now, self.now, summary, **own)
        self.issues[issue.id] = issue
        return issue

    def change(self, issue: Issue, *changes: dict[str, str | None]) -> None:
        """Writes into an issue's log, as everything that is changed does."""
        issue.updated = self.now
        kept = [{k: v for k, v in one.items() if v is not None} for one in changes]
        self.last_history += 1
        issue.log.append((self.last_history, self.now, kept))

    def estimate(self, issue: Issue, points: Any, *, log: bool = True) -> None:
        """A new estimate; with `log` off, by something that writes none."""
        before, issue.points = issue.points, points
        issue.updated = self.now
        if log:
            change = _change("Story Points", POINTS, None, _plain(before), None, _plain(points))
            self.change(issue, change)

    def move(self, issue: Issue, *sprints: int) -> None:
        """Now it is listed in these sprints."""
        before, issue.sprints = issue.sprints, list(sprints)
        ids = [", ".join(map(str, one)) for one in (before, issue.sprints)]
        names = [
            ", ".join(str(self.sprints.get(s, {"name": "?"})["name"]) for s in one)
            for one in (before, issue.sprints)
        ]
        self.change(issue, _change("Sprint", SPRINT, ids[0], names[0], ids[1], names[1]))

    def transition(self, issue: Issue, status: str, resolution: str | None = None) -> None:
        """Another status, by its name."""
        (after,) = (key for key, (name, _) in self.statuses.items() if name == status)
        before, issue.status = issue.status, after
        changes = [
            _change("status", "status", before, self.statuses[before][0], after, status),
        ]
        if resolution != issue.resolution:
            was, issue.resolution = issue.resolution, resolution
            changes.append(_change("resolution", "resolution", None, was, None, resolution))
        self.change(issue, *changes)

    def label(self, issue: Issue, *labels: str) -> None:
        """Other labels."""
        before, issue.labels = " ".join(issue.labels), list(labels)
        self.change(issue, _change("labels", "labels", None, before, None, " ".join(labels)))

    def component(self, issue: Issue, *components: str) -> None:
        """Other components: a change for each that came or went."""
        before, issue.components = issue.components, list(components)
        gone = [one for one in before if one not in components]
        came = [one for one in components if one not in before]
        self.change(
            issue,
            *(_change("Component", "components", f"9{one}", one, None, None) for one in gone),
            *(_change("Component", "components", None, None, f"9{one}", one) for one in came),
        )

    def parent(self, issue: Issue, epic: Issue | None) -> None:
        """Another epic; on Cloud the change has no field's id."""
        before, issue.epic = issue.epic, epic.key if epic is not None else None
        name = "IssueParentAssociation" if self.cloud else "Epic Link"
        field = None if self.cloud else EPIC_LINK
        ids = {one.key: str(one.id) for one in self.issues.values()}
        was, now = ids.get(before or ""), ids.get(issue.epic or "")
        self.change(issue, _change(name, field, was, before, now, issue.epic))

    def retype(self, issue: Issue, kind: str) -> None:
        """Another type, by its id."""
        before, issue.kind = issue.kind, kind
        change = _change("issuetype", "issuetype", before, TYPES[before][0], kind, TYPES[kind][0])
        self.change(issue, change)

    def version(self, issue: Issue, *versions: int) -> None:
        """Other fix versions."""
        before, issue.versions = issue.versions, list(versions)
        names = {key: str(one["name"]) for key, one in self.versions.items()}
        gone = [one for one in before if one not in versions]
        came = [one for one in versions if one not in before]
        self.change(
            issue,
            *(_change("Fix Version", "fixVersions", str(v), names[v], None, None) for v in gone),
            *(_change("Fix Version", "fixVersions", None, None, str(v), names[v]) for v in came),
        )

    def move_project(self, issue: Issue, project: str) -> None:
        """Into another project, with a key of that."""
        before, was = issue.key, issue.project
        self.projects[project] = self.projects.get(project, 0) + 1
        issue.key = f"{project}-{self.projects[project]}"
        self.change(
            issue,
            _change("project", "project", "1", f"Project {was}", "2", f"Project {project}"),
            _change("Key", None, None, before, None, issue.key),
        )

    def touch(self, issue: Issue) -> None:
        """A comment: nothing changes but the moment."""
        issue.updated = self.now

    def delete(self, issue: Issue) -> None:
        """Gone."""
        del self.issues[issue.id]

    def plan(self, number: int, name: str, days: int = 14, board: int = 12) -> None:
        """A sprint to come, without dates."""
        self.sprints[number] = {"name": name, "state": "future", "board": board, "days": days}

    def start(self, number: int) -> None:
        """A sprint begins now."""
        sprint = self.sprints[number]
        sprint.pop("completed", None)
        sprint |= {"state": "active", "starts": self.now, "ends": self.now + sprint["days"] * DAY}

    def complete(self, number: int, *carried: Issue, into: int | None = None) -> None:
        """A sprint is closed; what is not done moves on, a moment before the sprint is closed."""
        for issue in carried:
            self.move(issue, *issue.sprints, *([into] if into is not None else []))
        self.now += 40
        self.sprints[number] |= {"state": "closed", "completed": self.now}

    def reopen(self, number: int) -> None:
        """A closed sprint is active again."""
        self.sprints[number].pop("completed")
        self.sprints[number]["state"] = "active"


def _plain(points: Any) -> str | None:
    if isinstance(points, dict):
        return str(points["value"])
    return None if points is None else f"{points:g}" if isinstance(points, float) else str(points)


def _change(
    name: str,
    field: str | None,
    *values: str | None,
) -> dict[str, str | None]:
    before, before_text, after, after_text = values
    return {
        "field": name,
        "fieldtype": "custom" if (field or "").startswith("customfield") else "jira",
        "fieldId": field,
        "from": before,
        "fromString": before_text,
        "to": after,
        "toString": after_text,
    }
