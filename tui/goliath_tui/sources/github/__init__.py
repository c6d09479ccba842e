"""GitHub: issues and milestones of repositories, and the fields of a project (Projects v2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from goliath_tui.sources import Setup
from goliath_tui.sources.work import WorkOptions

if TYPE_CHECKING:
    from goliath_tui.sources.github.reading import GitHub

#: The version of the REST API that is asked for; a server tells what it no longer offers.
API_VERSION = "2022-11-28"

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class Project(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project, by its number and by the organization or the user it belongs to."""

    number: int
    org: str | None = None
    user: str | None = None

    @property
    def path(self) -> str:
        """Where the API has it."""
        owner = f"orgs/{self.org}" if self.org else f"users/{self.user}"
        return f"/{owner}/projectsV2/{self.number}"

    @property
    def name(self) -> str:
        """What it is called in a line for people."""
        return f"project {self.number} of {self.org or self.user}"


class Options(WorkOptions, frozen=True, kw_only=True):
    """Settings of a GitHub source.

    `repositories`: whose issues are the work, each as `owner/name`. `project`: where their points,
    iterations and status are. `points`: its number, single-select or text field with the estimate.
    `iteration`: its iteration field. `status`: its field whose options `started:`, `done:` and
    `dropped:` may name; labels may be named there too. `point_labels`: labels that hold an
    estimate, the `*` being the points or a word of `scale`, where the project has none. `sprints`:
    whether iterations or milestones are the sprints. `sprint_days`: how long before its due date a
    milestone begins, as a sprint.
    """

    repositories: tuple[str, ...] = ()
    project: Project | None = None
    points: str | None = None
    iteration: str | None = None
    status: str = "Status"
    point_labels: str | None = None
    sprints: Literal["iterations", "milestones"] = "iterations"
    sprint_days: int = 14

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """What the types cannot tell."""
        yield from super().problems()
        if not self.repositories:
            yield ("repositories",), "expected at least one `owner/name`"
        for name in self.repositories:
            if not _REPOSITORY.fullmatch(name) or name.endswith(("/.", "/..")):
                yield ("repositories",), f"{name[:100]!r} is no `owner/name`"
        if len({name.lower() for name in self.repositories}) < len(self.repositories):
            yield ("repositories",), "a repository is named twice"
        yield from self._project_problems()
        if any(rule.component is not None for rule in self.services):
            yield (
                ("services",),
                "GitHub has no components: use label, epic (a milestone) or project",
            )
        if self.point_labels is not None and self.point_labels.count("*") != 1:
            yield ("point_labels",), "expected one * where the points are, as in `points: *`"
        if not 1 <= self.sprint_days <= 366:
            yield ("sprint_days",), "expected 1 to 366 days"

    def _project_problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        project = self.project
        if project is not None:
            owners = [owner for owner in (project.org, project.user) if owner is not None]
            if len(owners) != 1 or not _OWNER.fullmatch(owners[0]):
                yield ("project",), "expected `org: NAME` or `user: NAME`"
            if project.number < 1:
                yield ("project", "number"), "expected the number in the project's address"
        else:
            for name in ("points", "iteration"):
                if getattr(self, name) is not None:
                    yield (name,), "this is a field of a project: name that with `project:`"
        if self.iteration is not None and self.sprints == "milestones":
            yield ("sprints",), "milestones are the sprints, so remove `iteration:`"

    def headers(self) -> dict[str, str]:
        """The version of the API that we understand."""
        return {"X-GitHub-Api-Version": API_VERSION}


def make(setup: Setup) -> GitHub:
    """A source that starts wherever the cursor it is given says."""
    from goliath_tui.sources.github.reading import GitHub

    options = setup.options
    return GitHub(options if isinstance(options, Options) else Options())


def requests_per_poll(setup: Setup) -> float:
    """Milestones, events and issues of each repository; the project's fields and first page."""
    options = setup.options
    if not isinstance(options, Options):
        return 0
    return 3 * len(options.repositories) + (2 if options.project is not None else 0)
