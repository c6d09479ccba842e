"""A project (Projects v2): iterations, and the points, iteration and status of its items.

GitHub keeps no history of these. So all items are read each time, which costs next to nothing for
pages that are unchanged, and compared with what they were: what differs was changed since the
last time, and no later than the item itself. What is seen for the first time has stood so since the
item was last changed, as far as anybody can say.

An item that is no longer there has lost its points and its iteration, unless its issue is closed:
those leave a project by being archived. Items can move from page to page while they are read, so
one has to be missed twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from goliath_tui.domain import (
    EventKind,
    Fact,
    ItemEvent,
    SourceError,
    SourceErrorKind,
)
from goliath_tui.sources import faults
from goliath_tui.sources.github import Project
from goliath_tui.sources.github.asking import PAGE, Haul, Page, Params, shown
from goliath_tui.sources.github.cursor import Place, ProjectPlace, Values, packed, unpacked
from goliath_tui.sources.github.fields import Fields, sprint_id
from goliath_tui.sources.github.rules import Rules, iteration_of, value_text
from goliath_tui.sources.github.shapes import (
    Content,
    Iteration,
    ProjectItem,
    home_of,
)
from goliath_tui.sources.work import STATUS_EVENTS, Stands, Status, stand_events

_STATUS_KINDS = {kind for kinds in STATUS_EVENTS.values() for kind in kinds}


class ProjectReader:
    """Reads one project, a page at a time. `begun`: a reading is under way."""

    def __init__(self, project: Project, rules: Rules) -> None:
        self._project = project
        self._rules = rules
        self._repositories = {name.lower(): name for name in rules.options.repositories}
        self._fields = Fields(project, rules)
        self.begun = False
        self._next: Params = ()
        self._seen: set[tuple[str, str]] = set()
        self._missed: set[tuple[str, str]] = set()
        self._pages = 0
        self.pages = 0
        self._others: dict[str, set[str]] = {}
        self.notes: list[str] = []
        self.odd: dict[tuple[str, str], str] = {}
        self._estimates: dict[str, dict[int, bool]] = {}

    async def step(self, haul: Haul, whole: Place) -> bool:
        """Reads one page; says whether all is told."""
        place = whole.project
        for name, repository in whole.repositories.items():
            if repository.called:
                self._repositories[repository.called.lower()] = name
        try:
            if not self.begun:
                await self._fields.read(haul, place)
                self.begun = True
                return False
            page = await haul.page(
                f"{self._project.path}/items",
                (*self._item_params(), *self._next),
                ProjectItem,
                keep=True,
            )
        except SourceError as error:
            raise self._advised(error) from None
        self._pages += 1
        place.since = place.since or haul.now()
        for item in page.rows:
            haul.rows += self._told(haul, page, item, place, whole.as_of)
        self._count_estimates(whole)
        if page.next:
            if page.next == self._next:
                raise faults.malformed(page.where, "repeats the page before it")
            self._next = page.next
            return False
        self._left_behind(haul, place)
        self._count_estimates(whole)
        place.read_at = max(place.read_at, haul.now())
        self.notes = self._all_notes()
        self.pages, self._pages, self._next = self._pages, 0, ()
        self._seen, self._others, self.begun = set(), {}, False
        return True

    def _item_params(self) -> Params:
        ids = ",".join(str(number) for number in sorted(self._fields.ids.values()))
        return (("per_page", str(PAGE)), *((("fields", ids),) if ids else ()))

    def _advised(self, error: SourceError) -> SourceError:
        """The same error with what to do, where it is the token's or the project's."""
        name = self._project.name
        if error.kind is SourceErrorKind.AUTH and error.status == 403:
            return SourceError(
                error.kind,
                f"{name} may not be read with this token: it needs `read:project` (classic) or "
                "Projects: read (fine-grained), and single sign-on where the organization wants it",
                status=403,
            )
        if error.status == 404:
            return SourceError(
                SourceErrorKind.CONFIG,
                f"there is no {name} for this token: check `project:`; without `read:project` "
                "(classic) or Projects: read (fine-grained) none is seen",
                status=404,
            )
        return error

    def _told(
        self, haul: Haul, page: Page, item: ProjectItem, place: ProjectPlace, as_of: int
    ) -> Iterator[Fact]:
        """What an item has, if that is news."""
        home = self._home(item)
        if home is None:
            return
        repository, number = home
        content = item.content or Content()
        if item.archived_at is not None and content.state != "closed":
            # Out of everybody's sight, and not because it was done.
            return
        values, points, odd, iteration = self._values(item, content)
        if isinstance(iteration, Iteration) and (sprint := self._fields.sprint(iteration)):
            yield sprint
        self._seen.add(home)
        self.odd.pop(home, None)
        if odd is not None:
            self.odd[home] = shown(odd)
        mine = place.items.setdefault(repository, {})
        before = mine.get(number)
        if before == values:
            return
        mine[number] = values
        at = haul.moment(item.updated_at, page.where)
        # What was not so when all was read last has come to be so since.
        at = max(min(at, haul.now()), place.read_at + 1) if place.read_at else max(at, as_of)
        state = content.state
        if content.closed_at is not None and haul.moment(content.closed_at, page.where) > at:
            state = "open"
        names = [_name(label) for label in content.labels] + [values[2] or ""]
        stands = Stands(
            at=at,
            points=points,
            service=None,
            sprint=values[1],
            milestone=None,
            status=self._rules.status(state, content.state_reason, names),
        )
        wanting = points is None and stands.status in {Status.OPEN, Status.STARTED}
        self._estimates.setdefault(repository, {})[int(number)] = wanting
        options = self._rules.options
        kinds = _STATUS_KINDS if values[2] or (before and before[2]) else set()
        if options.points is not None:
            kinds = kinds | {EventKind.ESTIMATED}
        if options.iteration is not None:
            kinds = kinds | {EventKind.ENTERED, EventKind.LEFT}
        for event in stand_events(f"{repository}#{number}", stands):
            if event.kind in kinds:
                yield event

    def _home(self, item: ProjectItem) -> tuple[str, str] | None:
        """The repository and the number of the issue that an item is about, if we read that."""
        content = item.content
        if item.content_type == "PullRequest":
            return None
        if content is None or content.number is None or item.content_type != "Issue":
            kind = "drafts" if item.content_type == "DraftIssue" else "unseen"
            self._others.setdefault(kind, set()).add(str(item.id))
            return None
        name = home_of(content.repository_url)
        repository = self._repositories.get(name.lower())
        if repository is None:
            self._others.setdefault("elsewhere", set()).add(shown(name))
            return None
        return repository, str(content.number)

    def _values(
        self, item: ProjectItem, content: Content
    ) -> tuple[Values, float | None, str | None, Iteration | str | None]:
        """What is kept of an item, its estimate, what is none though it is there, its iteration."""
        found = {value.id: value.value for value in item.fields}
        points, odd = None, None
        if "points" in self._fields.ids:
            points, odd = self._rules.estimate(found.get(self._fields.ids["points"]))
        best = points
        if points is None:
            best, _ = self._rules.points([_name(label) for label in content.labels])
        iteration = iteration_of(found.get(self._fields.ids.get("iteration", -1)))
        key = iteration.id if isinstance(iteration, Iteration) else iteration
        status = value_text(found.get(self._fields.ids.get("status", -1)))
        name = shown(status, 100) if isinstance(status, str) and status else None
        sprint = None if key is None else sprint_id(key)
        return (points, sprint, name, content.state == "closed"), best, odd, iteration

    def _left_behind(self, haul: Haul, place: ProjectPlace) -> None:
        """Tells of items that have been missed twice."""
        missing = {
            (repository, number)
            for repository, mine in place.items.items()
            for number in mine
            if (repository, number) not in self._seen
        }
        for repository, number in missing & self._missed:
            self.odd.pop((repository, number), None)
            if place.items[repository][number][3]:
                continue
            del place.items[repository][number]
            self._estimates.setdefault(repository, {})[int(number)] = True
            item, at = f"{repository}#{number}", haul.now()
            for n, kind in enumerate((EventKind.LEFT, EventKind.ESTIMATED)):
                haul.rows.append(ItemEvent(id=f"{at}:{n}:{kind}", item=item, at=at, kind=kind))
        self._missed = missing

    def _count_estimates(self, whole: Place) -> None:
        """Keeps count of the open items without an estimate."""
        for name, wanting in self._estimates.items():
            place = whole.repositories.get(name)
            if place is not None and self._rules.options.points is not None:
                numbers = unpacked(place.unestimated) - set(wanting)
                numbers |= {n for n, wants in wanting.items() if wants}
                place.unestimated = packed(numbers & unpacked(place.items))
        self._estimates = {}

    def _all_notes(self) -> list[str]:
        notes = set(self._fields.notes)
        if drafts := self._others.get("drafts"):
            notes.add(
                f"drafts in {self._project.name} are left out ({len(drafts)}): they are no issues"
            )
        if unseen := self._others.get("unseen"):
            notes.add(
                f"items of {self._project.name} are hidden from this token ({len(unseen)}): it "
                "needs Issues: read in their repositories"
            )
        if elsewhere := sorted(self._others.get("elsewhere", ())):
            names = ", ".join(elsewhere[:3]) + (" …" if len(elsewhere) > 3 else "")
            notes.add(
                f"{self._project.name} has issues of {names}, which `repositories:` does not name"
            )
        if self._pages > 1:
            more = self._pages - 1
            notes.add(
                f"{self._project.name} is read in {self._pages} pages: that is {more} "
                f"{'request' if more == 1 else 'requests'} a poll more than counted"
            )
        return sorted(notes)


def _name(label: object) -> str:
    return label if isinstance(label, str) else getattr(label, "name", None) or ""
