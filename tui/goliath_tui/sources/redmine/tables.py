"""The lists of a Redmine that seldom change: projects, statuses, trackers, versions, categories.

They say what the numbers in issues and journals mean, and which versions are sprints or milestones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches

import msgspec

from goliath_tui.clean import clean_fact, clean_text
from goliath_tui.domain import Milestone, SourceError, SourceErrorKind, Sprint
from goliath_tui.sources import work
from goliath_tui.sources.redmine import Options
from goliath_tui.sources.redmine.wire import (
    PAGE,
    Asking,
    Categories,
    CustomValue,
    Issue,
    Project,
    Projects,
    Statuses,
    Trackers,
    Version,
    Versions,
)

MOST_PROJECT_PAGES = 50
_ACTIVE_OR_CLOSED = "1|5"
_SHOWN = 5


@dataclass
class Tables:
    """What numbers mean. All numbers are text, as in journals; `rows`: sprints and milestones.

    `unlisted`: projects whose categories may not be listed; those are learned from issues.
    `hidden`: projects below ours without issues, or whose issues may not be seen.
    """

    home: str
    inside: frozenset[str]
    projects: dict[str, tuple[str, ...]]
    statuses: dict[str, tuple[str, bool]]
    trackers: dict[str, str]
    begins: dict[str, str]
    versions: dict[str, Version] = field(default_factory=dict)
    sprints: dict[str, Sprint] = field(default_factory=dict)
    milestones: dict[str, Milestone] = field(default_factory=dict)
    categories: dict[str, str] | None = None
    unlisted: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> tuple[Sprint | Milestone, ...]:
        """What is to be told."""
        return (*self.sprints.values(), *self.milestones.values())

    def print(self) -> str:
        """Stands for the rows: another one means that they are to be told again."""
        return hashlib.sha256(msgspec.json.encode(self.rows)).hexdigest()[:16]

    def of_ours(self) -> tuple[str, str, str]:
        """The filter for issues of the projects that are read."""
        return "project_id", "=", "|".join(sorted(self.inside))

    def learn(self, issue: Issue) -> None:
        """Takes from an issue the name of its category."""
        if self.unlisted and self.categories is not None and issue.category is not None:
            self.categories[str(issue.category.id)] = issue.category.name

    def remember(self, before: Tables) -> None:
        """Takes over what was learned."""
        if self.unlisted and self.categories is not None:
            self.categories = (before.categories or {}) | self.categories

    def unknown(self, issue: Issue) -> set[str]:
        """What an issue speaks of that was not there when the lists were read."""
        found = set()
        for what, ref, known in (
            ("version", issue.fixed_version, self.versions),
            ("status", issue.status, self.statuses),
            ("project", issue.project, self.projects),
            ("tracker", issue.tracker, self.trackers),
            ("category", issue.category, self.categories),
        ):
            if ref is not None and known is not None and str(ref.id) not in known:
                found.add(f"{what} {ref.id}")
        return found

    def status(self, number: str, tracker: str, options: Options) -> work.Status:
        """What a status stands for. What is neither closed nor where issues begin is started."""
        name, closed = self.statuses.get(number, ("", False))
        if closed:
            return options.status_of(name, work.Status.DONE)
        begins = self.begins.get(tracker) in {None, number}
        return options.status_of(name, work.Status.OPEN if begins else work.Status.STARTED)


async def read(asking: Asking, options: Options) -> Tables:
    """All lists. Raises SourceError, also for settings that fit nothing in them."""
    home = await asking.known()
    projects = await _projects(asking)
    statuses = (await asking.get("/issue_statuses.json", Statuses)).issue_statuses
    trackers = (await asking.get("/trackers.json", Trackers)).trackers
    inside = _inside(projects, options, home)
    tables = Tables(
        home=home,
        inside=frozenset(str(project.id) for project in inside),
        projects={str(p.id): tuple(w for w in (p.identifier, p.name) if w) for p in projects},
        statuses={str(status.id): (status.name, status.is_closed) for status in statuses},
        trackers={str(tracker.id): tracker.name for tracker in trackers},
        begins={str(t.id): str(t.default_status.id) for t in trackers if t.default_status},
    )
    _check_statuses(tables, options)
    for project in inside:
        if not await _read_versions(asking, tables, project, options):
            continue
        if "component" in options.facets():
            await _read_categories(asking, tables, project)
    _sort_versions(tables, options)
    _note_what_is_hidden(tables)
    return tables


async def _read_versions(
    asking: Asking, tables: Tables, project: Project, options: Options
) -> bool:
    """Adds a project's versions; says whether its issues may be seen. Raises SourceError."""
    try:
        found = await asking.get(f"/projects/{project.id}/versions.json", Versions)
    except SourceError as error:
        named = {name.lower() for name in options.projects}
        if error.status != 403 or project.identifier.lower() in named:
            raise
        tables.hidden.append(project.identifier)
        return False
    tables.versions |= {str(version.id): version for version in found.versions}
    return True


async def _read_categories(asking: Asking, tables: Tables, project: Project) -> None:
    """Adds a project's categories, as far as they may be listed. Raises SourceError."""
    tables.categories = tables.categories or {}
    try:
        kept = await asking.get(f"/projects/{project.id}/issue_categories.json", Categories)
    except SourceError as error:
        # Only who may change them may list them, and in a closed project nobody may.
        if error.status != 403:
            raise
        tables.unlisted.append(project.identifier)
        return
    tables.categories |= {str(each.id): each.name for each in kept.issue_categories}


async def _projects(asking: Asking) -> list[Project]:
    """All that may be seen."""
    found: dict[int, Project] = {}
    for _ in range(MOST_PROJECT_PAGES):
        # Unasked, Redmine leaves out those that are closed, whose work is done but still counts.
        params = {"status": _ACTIVE_OR_CLOSED, "limit": str(PAGE), "offset": str(len(found))}
        page = await asking.get("/projects.json", Projects, params)
        before = len(found)
        found |= {project.id: project for project in page.projects}
        if len(found) >= page.total_count or len(found) == before:
            break
    return list(found.values())


def _inside(projects: list[Project], options: Options, home: str) -> list[Project]:
    """Those that are read: the ones of the config, and what is below them."""
    by_name = {project.identifier.lower(): project for project in projects}
    wanted: dict[int, Project] = {}
    for name in options.projects:
        project = by_name.get(name.lower())
        if project is None:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{home} shows no project {clean_text(name, 60)}"
                f"{_near(name, by_name, 'it shows')}: check `projects:`, and that the user of the "
                "key is a member",
            )
        wanted[project.id] = project
    grew = options.subprojects
    while grew:
        below = {
            project.id: project
            for project in projects
            if project.parent and project.parent.id in wanted and project.id not in wanted
        }
        wanted |= below
        grew = bool(below)
    return list(wanted.values())


def _check_statuses(tables: Tables, options: Options) -> None:
    """Raises SourceError for names that no status has; notes what would count as done unasked."""
    known = {name.lower(): name for name, _ in tables.statuses.values()}
    for setting in ("done", "started", "dropped"):
        for name in getattr(options, setting):
            if name.lower() not in known:
                raise SourceError(
                    SourceErrorKind.CONFIG,
                    f"{tables.home} has no status {clean_text(name, 60)}"
                    f"{_near(name, known, 'it has')}: check `{setting}:`",
                )
    closed = [clean_text(name, 60) for name, is_closed in tables.statuses.values() if is_closed]
    if len(closed) > 1 and not options.done and not options.dropped:
        tables.notes.append(
            f"done are items that are {' or '.join(closed)}: name in `dropped:` what ends an item "
            "without its work"
        )


def _sort_versions(tables: Tables, options: Options) -> None:
    """Which versions are sprints, which milestones, and what is odd about them."""
    zone = options.zone()
    undated: list[str] = []
    fields: set[str] = set()

    def begins(day: date) -> int:
        return int(datetime.combine(day, time(), zone).timestamp() * 1000)

    for number, version in tables.versions.items():
        name = version.name or f"version {number}"
        fields |= {each.name for each in version.custom_fields}
        due = _day(version.due_date)
        end = None if due is None else begins(due + timedelta(days=1))
        if options.is_milestone(name):
            baseline = _baseline(name, options)
            tables.milestones[number] = clean_fact(
                Milestone(
                    id=f"{options.prefix}version-{number}",
                    name=name,
                    due=end,
                    baseline_at=None if baseline is None else begins(baseline + timedelta(days=1)),
                )
            )
        elif not options.is_sprint(name):
            continue
        elif due is None or end is None:
            undated.append(name)
        else:
            first = _first_day(version.custom_fields, options) or due - timedelta(
                days=options.sprint_days - 1
            )
            tables.sprints[number] = clean_fact(
                Sprint(
                    id=f"{options.prefix}version-{number}",
                    name=name,
                    starts=begins(min(first, due)),
                    ends=end,
                )
            )
    _note_versions(tables, options, undated, fields)


def _note_versions(tables: Tables, options: Options, undated: list[str], fields: set[str]) -> None:
    if undated:
        what = "version without a due date is" if len(undated) == 1 else "versions without one are"
        tables.notes.append(
            f"{len(undated)} {what} no sprint ({_some(undated)}): give a due date, or name the "
            "sprints with `sprints:`"
        )
    names = [version.name for version in tables.versions.values()]
    for setting in ("sprints", "milestones"):
        told = tables.sprints if setting == "sprints" else tables.milestones
        patterns: tuple[str, ...] = getattr(options, setting)
        if patterns and not told and not undated:
            has = f"it has {_some(names)}" if names else "it has no versions"
            tables.notes.append(
                f"no version is one of the {setting} ({_some(patterns)}); {has}: check `{setting}:`"
            )
    if (
        options.sprint_start
        and names
        and options.sprint_start.lower() not in {name.lower() for name in fields}
    ):
        tables.notes.append(
            f"versions have no field {clean_text(options.sprint_start, 60)}, so sprints are "
            f"{options.sprint_days} days long: check `sprint_start:`"
        )
    known = {milestone.name.lower() for milestone in tables.milestones.values()}
    tables.notes += [
        f"no milestone is called {clean_text(name, 60)}: check `baselines:`"
        for name in options.baselines
        if name.lower() not in known
    ]


def _note_what_is_hidden(tables: Tables) -> None:
    if tables.hidden:
        tables.notes.append(
            f"{_some(tables.hidden)} below the projects that are read has no issues, or none that "
            "the user of the key may see"
        )
    if tables.unlisted:
        tables.notes.append(
            f"the categories of {_some(tables.unlisted)} may not be listed: of those that issues "
            "had in the past only the ones that some issue still has are known"
        )


def _baseline(name: str, options: Options) -> date | None:
    days = {known.lower(): day for known, day in options.baselines.items()}
    return _day(days.get(name.lower()))


def _first_day(fields: Iterable[CustomValue], options: Options) -> date | None:
    wanted = (options.sprint_start or "").lower()
    return next((_day(each.value) for each in fields if each.name.lower() == wanted), None)


def _day(text: object) -> date | None:
    """A day; None for what is none, or so far off that no zone can place it."""
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return day if day is not None and 1971 <= day.year <= 9000 else None


def _near(name: str, known: Iterable[str], has: str) -> str:
    """What a name may have been meant to be, else what there is."""
    names = sorted(known)
    if close := get_close_matches(name.lower(), names, 1):
        return f", did you mean {clean_text(close[0], 60)}"
    return f"; {has} {_some(names)}" if names else ""


def _some(names: Iterable[str]) -> str:
    many = [clean_text(name, 40) for name in names]
    return ", ".join(many[:_SHOWN]) + (", …" if len(many) > _SHOWN else "")


def broken(home: str, how: str) -> SourceError:
    """The list of issues is not what was asked for."""
    return SourceError(
        SourceErrorKind.MALFORMED,
        f"{home}/issues.json {how}: is this a Redmine, and what stands before it?",
    )


def unknown_field(home: str, name: str, known: Iterable[str], setting: str) -> SourceError:
    """No issue has a custom field of this name."""
    return SourceError(
        SourceErrorKind.CONFIG,
        f"{home}: none of the issues changed last has a custom field {clean_text(name, 60)}"
        f"{_near(name, known, 'they have')}: check `{setting}:`",
    )
