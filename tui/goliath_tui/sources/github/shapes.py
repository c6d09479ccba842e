"""What of GitHub's answers is read; everything else in them is passed over."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType, field

from goliath_tui.sources.github.asking import When


def home_of(repository_url: str | None) -> str:
    """`owner/name`, as the end of a repository's address has it; empty without one."""
    parts = (repository_url or "").rstrip("/").split("/")[-2:]
    return "/".join(parts) if len(parts) == 2 else ""


class Label(Struct):
    """A label; in old answers a bare name stands for it."""

    name: str | None = None


class Titled(Struct):
    """A milestone as an issue names it, or an event, which has its title alone."""

    title: str
    number: int | None = None


class Named(Struct):
    """A type of issue."""

    name: str


class Issue(Struct):
    """An issue, or a pull request, which GitHub counts among them."""

    number: int
    title: str
    state: str
    created_at: When
    updated_at: When
    html_url: str | None = None
    closed_at: When | None = None
    state_reason: str | None = None
    labels: list[Label | str] = []
    milestone: Titled | None = None
    type: Named | None = None
    repository_url: str | None = None
    pull_request: Raw | UnsetType = UNSET

    @property
    def is_pull(self) -> bool:
        """Whether it is a pull request."""
        return self.pull_request is not UNSET and self.pull_request != b"null"

    @property
    def home(self) -> str:
        """The repository that it is in, as GitHub calls it now."""
        return home_of(self.repository_url)

    @property
    def label_names(self) -> list[str]:
        """The names of its labels."""
        names = (label if isinstance(label, str) else label.name for label in self.labels)
        return [name for name in names if name]


class IssueEvent(Struct):
    """One thing that happened to an issue; `issue` is what that is now."""

    id: int
    event: str
    created_at: When
    issue: Issue | None = None
    label: Label | None = None
    milestone: Titled | None = None
    state_reason: str | None = None


class Milestone(Struct):
    """A milestone of a repository."""

    number: int
    title: str
    due_on: When | None = None


class Text(Struct):
    """A text as it was written."""

    raw: str


class Iteration(Struct):
    """One iteration of an iteration field. `title` comes with its HTML, or plain."""

    id: str
    title: Text | str
    start_date: date
    duration: int

    @property
    def name(self) -> str:
        """Its title as it was written."""
        return self.title if isinstance(self.title, str) else self.title.raw


class Configuration(Struct):
    """The iterations of an iteration field; those that are over may be in a list of their own."""

    iterations: list[Iteration] = []
    completed_iterations: list[Iteration] = []


class ProjectField(Struct):
    """A field of a project."""

    id: int
    name: str
    data_type: str
    configuration: Configuration | None = None


class FieldValue(Struct):
    """What an item has in a field; the value's shape depends on the field's type."""

    id: int
    value: Any = None


class Content(Struct):
    """The issue behind an item of a project, as far as every kind of content has it."""

    number: int | None = None
    state: str | None = None
    state_reason: str | None = None
    closed_at: When | None = None
    repository_url: str | None = None
    html_url: str | None = None
    labels: list[Label | str] = []


class ProjectItem(Struct):
    """One item of a project."""

    id: float
    content_type: str
    updated_at: When
    archived_at: When | None = None
    content: Content | None = None
    fields: list[FieldValue] = field(default_factory=list)
