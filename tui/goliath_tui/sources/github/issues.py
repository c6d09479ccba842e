"""The issues of one repository, in the order in which they were last updated.

The way through them is by that moment and not by the number of a page: each page is asked for from
the moment at which the last one ended, so an issue that is updated meanwhile moves ahead of us and
is met again, and none slips through between two pages. Where more than a page was updated within
one second that second is read twice, until it reads the same.

What was updated within the last seconds is left to the next poll, for more can happen within a
second than GitHub's moments can tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from goliath_tui.domain import EventKind, Fact, ItemEvent, WorkItem
from goliath_tui.sources import faults
from goliath_tui.sources.github.asking import PAGE, Haul, Page, Params, iso, shown
from goliath_tui.sources.github.cursor import (
    RepositoryPlace,
    Second,
    Values,
    packed,
    unpacked,
)
from goliath_tui.sources.github.milestones import milestone_id
from goliath_tui.sources.github.rules import Rules
from goliath_tui.sources.github.shapes import Issue
from goliath_tui.sources.work import STATUS_EVENTS, Stands, Status, stand_events

OVERLAP_MS = 60_000
SETTLED_MS = 2_000
MOST_READINGS = 5
MOST_ODD = 50
_STATUS_KINDS = {kind for kinds in STATUS_EVENTS.values() for kind in kinds}
_SPRINT_KINDS = {EventKind.ENTERED, EventKind.LEFT}


class Issues:
    """Reads the issues of one repository, a page at a time. `as_of`: see the cursor's."""

    def __init__(self, repository: str, rules: Rules) -> None:
        self._repository = repository
        self._rules = rules
        self._path = f"/repos/{repository}/issues"
        self._last_numbers: list[int] = []
        self._pages = 0
        self.held_back = False

    async def survey(self, haul: Haul, place: RepositoryPlace) -> None:
        """Finds out about how many there are, before they are all read for the first time."""
        if place.filled or place.total:
            return
        newest = (("state", "all"), ("sort", "created"), ("direction", "desc"), ("per_page", "1"))
        page = await haul.page(self._path, newest, Issue)
        place.total = max((issue.number for issue in page.rows), default=0)

    async def step(
        self,
        haul: Haul,
        place: RepositoryPlace,
        values: Callable[[int], Values | None],
        as_of: int,
    ) -> bool:
        """Reads one page; says whether all is told. `values`: what the project has for a number."""
        params: Params = (
            ("state", "all"),
            ("sort", "updated"),
            ("direction", "asc"),
            ("per_page", str(PAGE)),
        )
        if place.from_at:
            params += (("since", iso(place.from_at)),)
        second = place.second
        page = await haul.page(
            self._path, (*params, *(second.next if second else ())), Issue, keep=second is None
        )
        if page.unchanged and second is None:
            return True
        asked_from, held = place.from_at, self._tell(haul, place, page, values, as_of)
        if page.next and not held:
            haul.known.pop((self._path, params), None)
            self._go_on(haul, place, page)
            self._pages += 1
            return False
        self._last_numbers = []
        if second is not None and not self._is_same_again(place, second):
            return False
        place.second = None
        place.from_at = self._next_from(place, page.date - OVERLAP_MS)
        self.held_back = held
        if held or asked_from != place.from_at:
            haul.known.pop((self._path, params), None)
        if not held:
            place.before = {}
        place.filled = True
        return True

    def _next_from(self, place: RepositoryPlace, settled: int) -> int:
        """Where the next round begins: what was updated after `settled` may come to be seen late.

        A moment that does not move costs nothing while nothing is new, if all is on one page.
        """
        pages, self._pages = self._pages, 0
        if pages and place.newest + 1000 <= settled:
            return place.newest + 1000
        return max(0, min(max(place.from_at, place.newest - OVERLAP_MS), settled))

    def remaining(self, place: RepositoryPlace) -> int:
        """About how many issues a first fill has still to read."""
        return max(0, place.total - place.read) if not place.filled else 0

    def _go_on(self, haul: Haul, place: RepositoryPlace, page: Page) -> None:
        """Where the next page begins: at a later moment, or within one that is not over."""
        numbers = [issue.number for issue in page.rows]
        if not numbers:
            raise faults.malformed(page.where, "promises more issues, but has none")
        if place.second is not None and numbers == self._last_numbers:
            raise faults.malformed(page.where, "repeats the page before it")
        self._last_numbers = numbers
        upto = haul.moment(page.rows[-1].updated_at, page.where) - 1000
        if upto <= place.from_at:
            if place.second is None:
                place.second = Second(seen=numbers)
            place.second.next = page.next
            return
        if place.second is not None and not self._is_same_again(place, place.second):
            return
        place.second = None
        place.from_at = upto

    def _is_same_again(self, place: RepositoryPlace, second: Second) -> bool:
        """Whether a second of many issues was read twice alike; if not, it is read again."""
        if second.seen == second.before or second.readings >= MOST_READINGS:
            return True
        place.second = Second(before=second.seen, readings=second.readings + 1)
        self._last_numbers = []
        return False

    def _tell(
        self,
        haul: Haul,
        place: RepositoryPlace,
        page: Page,
        values: Callable[[int], Values | None],
        as_of: int,
    ) -> bool:
        """Tells a page's issues; says whether the last of them are left to the next poll."""
        items, unestimated = unpacked(place.items), unpacked(place.unestimated)
        unmapped = unpacked(place.unmapped)
        had = set((place.second and place.second.before) or ())
        held = False
        for issue in page.rows:
            updated = haul.moment(issue.updated_at, page.where)
            if updated > page.date - SETTLED_MS:
                held = True
                break
            place.newest = max(place.newest, updated)
            place.called = shown(issue.home, 200) or place.called
            place.read += not place.filled
            if place.second is not None and updated <= place.from_at + 1000:
                place.second.seen.append(issue.number)
                if issue.number in had:
                    continue
            if issue.is_pull:
                continue
            number = issue.number
            stands, odd = self._stands(issue, max(updated, as_of), values(number), place)
            haul.rows += self._facts(haul, page.where, issue, stands, place)
            items.add(number)
            is_open = stands.status in {Status.OPEN, Status.STARTED}
            _keep(unestimated, number, is_open and stands.points is None)
            _keep(unmapped, number, is_open and stands.service is None)
            place.odd.pop(str(number), None)
            if odd is not None and len(place.odd) < MOST_ODD:
                place.odd[str(number)] = shown(odd)
            place.before.pop(str(number), None)
        place.items, place.unestimated = packed(items), packed(unestimated)
        place.unmapped = packed(unmapped)
        return held

    def _stands(
        self, issue: Issue, at: int, values: Values | None, place: RepositoryPlace
    ) -> tuple[Stands, str | None]:
        """How an issue stands, and what is there for an estimate if that is none."""
        labels = issue.label_names
        points, odd = self._rules.points(labels)
        sprint = None
        if self._rules.options.sprints == "milestones":
            number = issue.milestone.number if issue.milestone else None
            sprint = place.milestones.get(str(number))
        planned = None
        if issue.milestone is not None and self._rules.options.sprints != "milestones":
            planned = milestone_id(self._repository, issue.milestone.number or 0)
        names = labels
        if values is not None:
            points = points if values[0] is None else values[0]
            sprint = values[1] if self._rules.options.iteration else sprint
            names = [*labels, values[2]] if values[2] else labels
        return Stands(
            at=at,
            points=points,
            service=self._rules.service(self._repository, issue, labels),
            sprint=sprint,
            milestone=planned,
            status=self._rules.status(issue.state, issue.state_reason, names),
        ), odd

    def _facts(
        self, haul: Haul, where: str, issue: Issue, stands: Stands, place: RepositoryPlace
    ) -> Iterator[Fact]:
        """An issue, its beginning, its last closing, and how it stands."""
        options = self._rules.options
        item = f"{self._repository}#{issue.number}"
        yield WorkItem(id=item, title=f"#{issue.number} {issue.title}", url=issue.html_url)
        created = haul.moment(issue.created_at, where)
        first = place.before.get(str(issue.number))
        labels = issue.label_names if first is None else first
        yield ItemEvent(
            id="!created",
            item=item,
            at=created,
            kind=EventKind.CREATED,
            points=self._rules.points(labels)[0],
            service=self._rules.service(self._repository, issue, labels),
        )
        if issue.closed_at is not None and issue.state == "closed":
            status = self._rules.status(issue.state, issue.state_reason, issue.label_names)
            yield ItemEvent(
                id="!closed",
                item=item,
                at=haul.moment(issue.closed_at, where),
                kind=STATUS_EVENTS[status][-1],
            )
        kinds = {EventKind.MOVED, EventKind.PLANNED} | _STATUS_KINDS
        if options.point_labels is not None:
            kinds.add(EventKind.ESTIMATED)
        if options.sprints == "milestones":
            kinds |= _SPRINT_KINDS
        yield from (event for event in stand_events(item, stands) if event.kind in kinds)


def _keep(numbers: set[int], number: int, there: bool) -> None:
    if there:
        numbers.add(number)
    else:
        numbers.discard(number)
