"""What is on a GitHub: repositories with issues and milestones, projects; what is done there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sources.github_server import Hub


@dataclass
class Issue:
    """An issue or a pull request."""

    repository: str
    number: int
    title: str
    created: int
    updated: int
    labels: list[str] = field(default_factory=list)
    milestone: int | None = None
    closed: int | None = None
    reason: str | None = None
    type: str | None = None
    is_pull: bool = False
    body: str = ""


@dataclass
class Event:
    """What happened to an issue."""

    id: int
    at: int
    kind: str
    issue: Issue
    label: str | None = None
    milestone: str | None = None
    reason: str | None = None


@dataclass
class Milestone:
    """A milestone."""

    number: int
    title: str
    due: int | None = None


class Repository:
    """One repository, and what is done in it."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.hub = hub
        self.name = name
        self.issues: dict[int, Issue] = {}
        self.events: list[Event] = []
        self.milestones: dict[int, Milestone] = {}
        self.last_number = 0

    def milestone(self, title: str, due: int | None = None) -> int:
        """Adds a milestone, and returns its number."""
        number = len(self.milestones) + 1
        self.milestones[number] = Milestone(number, title, due)
        return number

    def create(self, title: str, *labels: str, is_pull: bool = False) -> int:
        """Opens an issue, and returns its number."""
        self.last_number += 1
        issue = Issue(
            self.name, self.last_number, title, self.hub.now, self.hub.now, is_pull=is_pull
        )
        self.issues[issue.number] = issue
        for label in labels:
            self.label(issue.number, label)
        return issue.number

    def touch(self, number: int) -> None:
        """A comment: it leaves no event that issues have."""
        self.issues[number].updated = self.hub.now

    def _happened(self, number: int, kind: str, **what: Any) -> Issue:
        issue = self.issues[number]
        issue.updated = self.hub.now
        self.hub.last_id += 1
        self.events.append(Event(self.hub.last_id, self.hub.now, kind, issue, **what))
        return issue

    def label(self, number: int, label: str) -> None:
        """Gives it a label."""
        self._happened(number, "labeled", label=label).labels.append(label)

    def unlabel(self, number: int, label: str) -> None:
        """Takes a label away."""
        self._happened(number, "unlabeled", label=label).labels.remove(label)

    def close(self, number: int, reason: str = "completed") -> None:
        """Closes it."""
        issue = self._happened(number, "closed", reason=reason)
        issue.closed, issue.reason = self.hub.now, reason

    def reopen(self, number: int) -> None:
        """Opens it again."""
        issue = self._happened(number, "reopened")
        issue.closed, issue.reason = None, "reopened"

    def plan(self, number: int, milestone: int | None) -> None:
        """Puts it into a milestone, out of the one before."""
        before = self.issues[number].milestone
        if before is not None:
            title = self.milestones[before].title
            self._happened(number, "demilestoned", milestone=title)
        if milestone is not None:
            title = self.milestones[milestone].title
            self._happened(number, "milestoned", milestone=title)
        self.issues[number].milestone = milestone

    def delete(self, number: int) -> None:
        """Deletes it, and with it its events."""
        issue = self.issues.pop(number)
        self.events = [event for event in self.events if event.issue is not issue]

    def transfer(self, number: int, other: Repository) -> int:
        """Transfers it, and returns its new number."""
        issue = self.issues[number]
        self.delete(number)
        other.last_number += 1
        self.hub.moved[self.name, number] = other.name, other.last_number
        issue.repository, issue.number, issue.milestone = other.name, other.last_number, None
        issue.updated = self.hub.now
        other.issues[issue.number] = issue
        return issue.number


@dataclass
class Item:
    """One item of a project: an issue, or a draft or a hidden one where that is None."""

    id: int
    issue: Issue | None
    updated: int
    kind: str = "Issue"
    values: dict[str, Any] = field(default_factory=dict)
    archived: bool = False


class Project:
    """A project, its fields and its items. `fields`: name → (id, type)."""

    def __init__(self, hub: Hub, path: str) -> None:
        self.hub = hub
        self.path = path
        self.fields: dict[str, tuple[int, str]] = {
            "Title": (1, "title"),
            "Status": (2, "single_select"),
        }
        self.iterations: list[dict[str, Any]] = []
        self.items: list[Item] = []

    def field(self, name: str, kind: str) -> None:
        """Adds a field."""
        self.fields[name] = len(self.fields) + 1, kind

    def rename(self, name: str, new: str) -> None:
        """Renames a field, which keeps its id."""
        self.fields[new] = self.fields.pop(name)

    def iteration(
        self, id_: str, title: str, start: date, days: int, *, completed: bool = False
    ) -> None:
        """Adds an iteration."""
        self.iterations.append(
            {
                "id": id_,
                "title": {"raw": title, "html": title},
                "start_date": start.isoformat(),
                "duration": days,
                "completed": completed,
            }
        )

    def add(self, issue: Issue | None, kind: str = "Issue", **values: Any) -> Item:
        """Adds an item with these values of fields."""
        item = Item(1000 + len(self.items), issue, self.hub.now, kind, dict(values))
        self.items.append(item)
        return item

    def set(self, item: Item, *, unseen: bool = False, **values: Any) -> None:
        """Changes values; `unseen`: without a new moment of change."""
        item.values.update(values)
        item.updated = item.updated if unseen else self.hub.now
