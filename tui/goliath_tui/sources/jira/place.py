"""What of a Jira seldom changes: its boards, fields, statuses and types, sprints and versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from goliath_tui.clean import clean_text
from goliath_tui.domain import Milestone, SourceError, SourceErrorKind, Sprint
from goliath_tui.sources.client import Client
from goliath_tui.sources.jira import Options
from goliath_tui.sources.jira.answers import (
    Board,
    BoardConfig,
    FieldRow,
    IssueRow,
    SprintRow,
    StatusRow,
    VersionRow,
    moment,
    noon,
    updated,
)
from goliath_tui.sources.jira.api import Api
from goliath_tui.sources.jira.facts import Place, named
from goliath_tui.sources.jira.history import Fields

_DAY_MS = 86_400_000
#: How far two clocks may be apart when it is asked which of two things came first.
_APART_MS = 300_000
_SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"
_EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
#: What the fields for estimates are called where nobody renamed them.
_POINTS = ("story points", "story point estimate")
_MOST_NAMED = 5


@dataclass
class Surroundings:
    """What was found around the issues. `scope`: the search that finds all of them.

    `site`: the host, which names the sprints.
    """

    site: str
    boards: list[Board] = field(default_factory=list)
    scope: str = ""
    fields: Fields = field(default_factory=Fields)
    statuses: dict[str, tuple[str, str]] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    sprints: dict[int, SprintRow] = field(default_factory=dict)
    versions: dict[str, VersionRow] = field(default_factory=dict)
    epics: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    no_sprints: set[int] = field(default_factory=set)
    running: dict[int, set[int]] = field(default_factory=dict)
    read_at: int = 0
    puzzles: set[str] = field(default_factory=set)

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """The versions, as milestones."""
        return tuple(
            Milestone(
                id=named(self.site, key),
                name=row.name or key,
                due=noon(row.releaseDate),
                baseline_at=noon(row.startDate),
            )
            for key, row in self.versions.items()
        )

    def place(self, api: Api) -> Place:
        """What the issues are read with."""
        completed = {
            str(sprint.id): at
            for sprint in self.sprints.values()
            if sprint.state == "closed" and (at := _ended(sprint)) is not None
        }
        return Place(
            base=api.base,
            site=self.site,
            fields=self.fields,
            statuses=self.statuses,
            left_out=frozenset(self.left_out),
            closed=completed,
            epics=self.epics,
            milestones=frozenset(self.versions),
        )

    def meet(self, issue: IssueRow, options: Options) -> None:
        """Remembers of an issue what matters to others: its type, its title and its parent's."""
        kind = issue.fields.get("issuetype")
        if isinstance(kind, Mapping) and _is_left_out(kind, options):
            self.left_out.add(str(kind.get("id")))
            self.epics[issue.key] = clean_text(str(issue.fields.get("summary") or ""), 200)
        parent = issue.fields.get("parent")
        if isinstance(parent, Mapping) and isinstance(own := parent.get("fields"), Mapping):
            self.epics[str(parent.get("key"))] = clean_text(str(own.get("summary") or ""), 200)

    async def learn(
        self, client: Client, api: Api, options: Options, issues: Iterable[IssueRow]
    ) -> None:
        """Reads statuses and versions again where issues have some that were made since. Raises
        SourceError.
        """
        touched = [one for one in issues if updated(one) >= self.read_at - _APART_MS]
        if not self._unknown(touched, options) - self.puzzles:
            return
        await self.read_tables(client, api, options)
        self.puzzles |= self._unknown(touched, options)

    def _unknown(self, issues: Iterable[IssueRow], options: Options) -> set[str]:
        found = set()
        for issue in issues:
            statuses = _ids([issue.fields.get("status")]) - self.statuses.keys()
            versions = _ids(issue.fields.get("fixVersions")) - self.versions.keys()
            found |= {f"status {one}" for one in statuses}
            found |= {f"version {one}" for one in versions} if options.milestones else set()
        return found

    async def read_tables(self, client: Client, api: Api, options: Options) -> None:
        """Reads what statuses mean, and the versions that are milestones. Raises SourceError."""
        self.read_at = api.now(client)
        statuses = await api.get(client, api.rest("status"), list[StatusRow])
        self.statuses = {row.id: (row.name, row.statusCategory.key) for row in statuses}
        if options.milestones:
            self.versions |= await _versions(client, api, options, self.boards)

    async def look_at_sprints(self, client: Client, api: Api, *, all_of_them: bool) -> None:
        """Reads the sprints; only those that are not closed, unless one has just been. Raises
        SourceError.
        """
        for board in self.boards:
            if board.id in self.no_sprints:
                continue
            known = self.running.get(board.id)
            if not all_of_them and known is not None:
                seen = await self._sprints(client, api, board, state="active,future")
                self.sprints |= seen
                if known <= set(seen):
                    self.running[board.id] = set(seen)
                    continue
            seen = await self._sprints(client, api, board)
            self.sprints |= seen
            self.running[board.id] = {key for key, one in seen.items() if one.state != "closed"}

    async def _sprints(
        self, client: Client, api: Api, board: Board, **params: str
    ) -> dict[int, SprintRow]:
        path = f"/rest/agile/1.0/board/{board.id}/sprint"
        try:
            return {
                sprint.id: sprint async for sprint in api.listed(client, path, SprintRow, **params)
            }
        except SourceError as error:
            if error.status != 400:
                raise
            self.no_sprints.add(board.id)
            self.notes.append(_without_sprints(board))
            return {}

    def sprint_facts(self, now: int) -> tuple[list[Sprint], list[str]]:
        """The sprints that have dates, and what is odd about the others."""
        facts, notes = [], []
        for row in self.sprints.values():
            name = clean_text(row.name, 80) or str(row.id)
            starts = moment(row.startDate)
            ends = _ended(row) if row.state == "closed" else moment(row.endDate)
            if starts is None or ends is None:
                if row.state != "future":
                    notes.append(f"sprint {name} has no dates: it is not shown")
                continue
            if row.state == "active" and ends <= now:
                notes.append(f"sprint {name} is over since its planned end, but not completed")
                ends = (now // _DAY_MS + 1) * _DAY_MS
            if ends <= starts:
                notes.append(f"sprint {name} ends before it starts: it is not shown")
                continue
            facts.append(Sprint(id=named(self.site, row.id), name=name, starts=starts, ends=ends))
        return facts, notes


async def look_around(client: Client, api: Api, options: Options) -> Surroundings:
    """Reads all that is not issues. Raises SourceError."""
    found = Surroundings(site=_site(api.base))
    rows = await api.get(client, api.rest("field"), list[FieldRow])
    found.boards = [await _board(client, api, wanted) for wanted in options.boards]
    configs = [
        await api.get(client, f"/rest/agile/1.0/board/{board.id}/configuration", BoardConfig)
        for board in found.boards
    ]
    found.scope = _scope(options, found.boards, configs)
    found.fields = _fields(rows, _points_fields(options, rows, found, configs))
    if not found.boards:
        found.notes.append("without a `board:` there are no sprints, and so no burndown")
    for board in found.boards:
        if board.type == "kanban":
            found.no_sprints.add(board.id)
            found.notes.append(_without_sprints(board))
    await found.look_at_sprints(client, api, all_of_them=True)
    await found.read_tables(client, api, options)
    return found


def _ids(refs: object) -> set[str]:
    many = refs if isinstance(refs, list) else []
    return {str(one.get("id")) for one in many if isinstance(one, Mapping)}


def _site(base: str) -> str:
    try:
        return urlsplit(base).netloc.rpartition("@")[2] or "jira"
    except ValueError:
        return "jira"


def _fields(rows: Sequence[FieldRow], points: tuple[str, ...]) -> Fields:
    """Where the fields are. Of several that share a name the name means the one that is used, for
    in changelogs of Data Center there is no more than that.
    """
    sprint = next((row.id for row in rows if row.schema.custom == _SPRINT), None)
    epic = next((row.id for row in rows if row.schema.custom == _EPIC_LINK), None)
    used = [row for key in (epic, sprint, *reversed(points)) for row in rows if row.id == key]
    return Fields(
        points=points,
        sprint=sprint,
        epic=epic,
        names={row.name.lower(): row.id for row in (*rows, *used)},
    )


async def _board(client: Client, api: Api, wanted: int | str) -> Board:
    """The board of that id or name. Raises SourceError."""
    if isinstance(wanted, int):
        try:
            return await api.get(client, f"/rest/agile/1.0/board/{wanted}", Board)
        except SourceError as error:
            if error.status not in {400, 404}:
                raise
            raise await _no_board(client, api, str(wanted)) from None
    path = "/rest/agile/1.0/board"
    named = [
        board
        async for board in api.listed(client, path, Board, name=wanted)
        if board.name.lower() == wanted.lower()
    ]
    if not named:
        raise await _no_board(client, api, wanted)
    if len(named) > 1:
        ids = ", ".join(str(board.id) for board in named[:_MOST_NAMED])
        raise SourceError(
            SourceErrorKind.CONFIG,
            f"{api.base} has several boards named {clean_text(wanted, 60)}: "
            f"put the id of the right one into `board:` ({ids})",
        )
    return named[0]


async def _no_board(client: Client, api: Api, wanted: str) -> SourceError:
    boards: list[Board] = []
    async for board in api.listed(client, "/rest/agile/1.0/board", Board):
        boards.append(board)
        if len(boards) > _MOST_NAMED:
            break
    some = ", ".join(f"{board.id} ({_named(board)})" for board in boards[:_MOST_NAMED])
    more = " and more" if len(boards) > _MOST_NAMED else ""
    seen = f"it shows this token {some}{more}" if boards else "it shows this token no board at all"
    return SourceError(
        SourceErrorKind.CONFIG,
        f"{api.base} has no board {clean_text(wanted, 60)}: {seen}; change `board:`, or let the "
        "token's user see it",
    )


def _scope(options: Options, boards: Sequence[Board], configs: Sequence[BoardConfig]) -> str:
    """The search that finds every issue. Raises SourceError."""
    if options.jql is not None:
        scope = f"({options.jql.strip()})"
    elif options.projects:
        scope = f"project in ({', '.join(_quoted(key) for key in options.projects)})"
    else:
        filters, projects = [], []
        for board, config in zip(boards, configs, strict=True):
            if config.filter is not None and str(config.filter.id or "").isdecimal():
                filters.append(str(config.filter.id))
            elif config.location is not None and (
                key := config.location.key or config.location.projectKeyOrId
            ):
                projects.append(key)
            else:
                raise SourceError(
                    SourceErrorKind.CONFIG,
                    f"board {_named(board)} does not tell its filter: name its `project:`",
                )
        parts = [f"filter in ({', '.join(filters)})"] if filters else []
        if projects:
            parts.append(f"project in ({', '.join(_quoted(key) for key in projects)})")
        scope = parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"
    if options.since is not None:
        scope = f'{scope} AND updated >= "{options.since.isoformat()}"'
    return scope


def _points_fields(
    options: Options, rows: Sequence[FieldRow], found: Surroundings, configs: Iterable[BoardConfig]
) -> tuple[str, ...]:
    """The fields that hold estimates, the first one first. Raises SourceError."""
    by_id = {row.id: row for row in rows}
    if options.points_field is not None:
        wanted = options.points_field.lower()
        fitting = [row.id for row in rows if wanted in {row.id.lower(), row.name.lower()}]
        if not fitting:
            likely = [row for row in rows if "point" in row.name.lower()] or [
                row for row in rows if row.name.lower().startswith(wanted[:3])
            ]
            some = ", ".join(f"{row.id} ({clean_text(row.name, 40)})" for row in likely[:5])
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"no field is called {clean_text(options.points_field, 60)}: change "
                f"`points_field:`{f' to one of {some}' if some else ''}",
            )
        return tuple(fitting)
    named: dict[str, None] = {}
    for board, config in zip(found.boards, configs, strict=True):
        estimation = config.estimation
        if estimation is not None and estimation.field is not None:
            named[estimation.field.fieldId] = None
            if estimation.field.fieldId not in by_id:
                found.notes.append(
                    f"board {_named(board)} estimates by {estimation.field.fieldId}, which this "
                    "token may not see: name another with `points_field:`"
                )
        elif estimation is not None and estimation.type == "issueCount":
            found.notes.append(
                f"board {_named(board)} counts issues, not points: name a field with "
                "`points_field:`, or there are no points"
            )
    if named:
        return tuple(named)
    usual = tuple(row.id for row in rows if row.name.lower() in _POINTS)
    if not usual:
        found.notes.append("no field for story points was found: name it with `points_field:`")
    return usual


async def _versions(
    client: Client, api: Api, options: Options, boards: Sequence[Board]
) -> dict[str, VersionRow]:
    versions: dict[str, VersionRow] = {}
    if options.projects or not boards:
        for key in options.projects:
            path = api.rest(f"project/{key}/versions")
            for row in await api.get(client, path, list[VersionRow]):
                versions[str(row.id)] = row
    else:
        for board in boards:
            path = f"/rest/agile/1.0/board/{board.id}/version"
            async for row in api.listed(client, path, VersionRow):
                versions[str(row.id)] = row
    return versions


def _is_left_out(kind: Mapping[str, object], options: Options) -> bool:
    """Whether issues of a type are no work items: what holds others, and parts of others.

    Only Cloud tells levels: those of epics and of what holds epics are above 0.
    """
    level, name = kind.get("hierarchyLevel"), str(kind.get("name") or "").lower()
    if kind.get("subtask") is True or name in {one.lower() for one in options.leave_out}:
        return True
    return level != 0 if isinstance(level, int) else name == "epic"


def _ended(sprint: SprintRow) -> int | None:
    """When a closed sprint was over: when it was completed."""
    return moment(sprint.completeDate) or moment(sprint.endDate)


def _without_sprints(board: Board) -> str:
    return f"board {_named(board)} is one without sprints, so there is no burndown"


def _named(board: Board) -> str:
    return clean_text(board.name, 60) or str(board.id)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
