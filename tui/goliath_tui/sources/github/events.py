"""What happened to the issues of one repository: its events, read back from the newest.

GitHub lists them newest first, with each the issue as it is now and no word of which labels it had
then. So the way goes back from what is: before a label was given it was not there. That needs the
issue as it was when the newest events were looked at. Where an issue has changed since, the newest
events are looked at again first.

A page that comes again because newer events have pushed it on is told by the events' ids, which
grow. A way back that is interrupted goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from goliath_tui.domain import EventKind, ItemEvent, SourceError
from goliath_tui.sources import faults
from goliath_tui.sources.github.asking import PAGE, Haul, Page
from goliath_tui.sources.github.cursor import RepositoryPlace, Walk
from goliath_tui.sources.github.rules import Rules
from goliath_tui.sources.github.shapes import IssueEvent
from goliath_tui.sources.work import Status

#: Events may come to be seen a little late: so much of what was told is looked at again.
OVERLAP_MS = 300_000
#: How often the newest events are looked at again for one page, where an issue never rests.
MOST_TRIES = 3
_STATUS = {
    Status.DONE: EventKind.DONE,
    Status.DROPPED: EventKind.DROPPED,
    Status.STARTED: EventKind.STARTED,
}


class Events:
    """Reads the events of one repository, a page at a time."""

    def __init__(self, repository: str, rules: Rules) -> None:
        self._repository = repository
        self._rules = rules
        self._path = f"/repos/{repository}/issues/events"
        self._base = (("per_page", str(PAGE)),)
        self._fresh = False
        self._tries = 0
        self._last_ids: list[int] = []

    def new_poll(self) -> None:
        """Some time has gone by: the newest events are to be looked at again."""
        self._fresh = False

    async def step(self, haul: Haul, place: RepositoryPlace, titles: dict[str, str]) -> bool:
        """Reads one page; says whether all is told. `titles`: of milestones → what they are."""
        walk = place.walk
        if walk is None:
            page = await haul.page(self._path, self._base, IssueEvent, keep=True)
            if page.unchanged:
                return True
            self._fresh, self._last_ids = True, []
            place.walk = Walk(until=max(0, place.head_at - OVERLAP_MS), seen_at=page.date)
            return self._take(haul, place, place.walk, page, titles)
        if not self._fresh:
            await self._refresh(haul, place, walk, titles)
            return False
        try:
            page = await haul.page(self._path, (*self._base, *walk.next), IssueEvent)
        except SourceError as error:
            if error.status != 422:
                raise
            # So far back, and no farther.
            return self._end(place, walk, cut=True)
        if self._is_ahead(haul, place, walk, page) and self._tries < MOST_TRIES:
            self._tries += 1
            self._fresh = False
            return False
        self._tries = 0
        return self._take(haul, place, walk, page, titles)

    def _take(
        self,
        haul: Haul,
        place: RepositoryPlace,
        walk: Walk,
        page: Page,
        titles: dict[str, str],
    ) -> bool:
        """Tells a page of the way back, and says whether that is its end."""
        events: list[IssueEvent] = page.rows
        ids = [event.id for event in events]
        if ids and ids == self._last_ids:
            raise faults.malformed(page.where, "repeats the page before it")
        self._last_ids = ids
        news = [event for event in events if not walk.oldest or event.id < walk.oldest]
        haul.rows += self._told(haul, page.where, news, place.before, titles)
        if news:
            newest, last = news[0], news[-1]
            if not walk.top:
                walk.top = max(ids)
                walk.top_at = haul.moment(newest.created_at, page.where)
            walk.oldest = min(event.id for event in news)
            walk.oldest_at = haul.moment(last.created_at, page.where)
        pages = (page.last or 0) - int(dict(walk.next).get("page", "1"))
        walk.left, walk.next = max(0, pages) * PAGE, page.next
        if walk.until and walk.oldest_at and walk.oldest_at < walk.until:
            return self._end(place, walk, cut=False)
        if not page.next:
            return self._end(place, walk, cut=len(ids) == PAGE)
        return False

    def _end(self, place: RepositoryPlace, walk: Walk, *, cut: bool) -> bool:
        if cut and not walk.until:
            place.horizon = walk.oldest_at
        place.head_at = max(place.head_at, walk.top_at)
        place.walk = None
        return True

    async def _refresh(
        self, haul: Haul, place: RepositoryPlace, walk: Walk, titles: dict[str, str]
    ) -> None:
        """Tells what is newer than the way back, which then goes on from issues as they are."""
        page = await haul.page(self._path, self._base, IssueEvent)
        news = [event for event in page.rows if event.id > walk.top]
        if news and len(news) == len(page.rows):
            # Too much has happened: nothing is told twice when the way begins anew.
            place.walk, place.before = None, {}
            return
        before: dict[str, list[str]] = {}
        haul.rows += self._told(haul, page.where, news, before, titles)
        for number, labels in before.items():
            place.before.setdefault(number, labels)
        if news:
            walk.top = max(event.id for event in news)
            walk.top_at = haul.moment(news[0].created_at, page.where)
        walk.seen_at = page.date
        self._fresh = True

    def _is_ahead(self, haul: Haul, place: RepositoryPlace, walk: Walk, page: Page) -> bool:
        """Whether an issue whose labels matter has changed since the newest events were seen."""
        return any(
            haul.moment(event.issue.updated_at, page.where) >= walk.seen_at
            for event in page.rows
            if event.issue is not None
            and event.label is not None
            and self._rules.relevant(event.label.name or "")
            and str(event.issue.number) not in place.before
        )

    def _told(
        self,
        haul: Haul,
        where: str,
        events: Sequence[IssueEvent],
        before: dict[str, list[str]],
        titles: dict[str, str],
    ) -> list[ItemEvent]:
        """What these events, newest first, say about items; takes them back in `before`."""
        told: list[ItemEvent] = []
        for event in events:
            if event.issue is None or event.issue.is_pull:
                continue
            told += self._of_one(event, haul, where, before, titles)
        return told

    def _of_one(
        self,
        event: IssueEvent,
        haul: Haul,
        where: str,
        before: dict[str, list[str]],
        titles: dict[str, str],
    ) -> Iterator[ItemEvent]:
        """What one event of an issue says."""
        assert event.issue is not None  # noqa: S101 - for the type checker
        at, number = haul.moment(event.created_at, where), str(event.issue.number)

        def told(kind: EventKind, **what: object) -> ItemEvent:
            # Sorts before what tells how an item stands at that very moment.
            name, item = f"!{event.id:020d}:{kind}", f"{self._repository}#{number}"
            return ItemEvent(id=name, item=item, at=at, kind=kind, **what)  # type: ignore[arg-type] # the lines below give what fits the kind

        match event.event:
            case "closed":
                yield told(_STATUS[self._closing(haul, where, event)])
            case "reopened":
                yield told(EventKind.REOPENED)
            case "milestoned" | "demilestoned" if event.milestone is not None:
                known = titles.get(event.milestone.title)
                entered = event.event == "milestoned"
                if self._rules.options.sprints != "milestones":
                    # Which one it was put into cannot be told once it has another title.
                    yield told(EventKind.PLANNED, milestone=known if entered else None)
                elif known is not None:
                    yield told(EventKind.ENTERED if entered else EventKind.LEFT, sprint=known)
            case "labeled" | "unlabeled" if event.label is not None:
                name = event.label.name or ""
                if not self._rules.relevant(name):
                    return
                labels = before.get(number)
                if labels is None:
                    labels = [*filter(self._rules.relevant, event.issue.label_names)]
                if self._rules.is_points(name):
                    yield told(EventKind.ESTIMATED, points=self._rules.points(labels)[0])
                if self._rules.options.services:
                    service = self._rules.service(self._repository, event.issue, labels)
                    yield told(EventKind.MOVED, service=service)
                status = self._rules.status(None, None, [name])
                if event.event == "labeled" and status in _STATUS:
                    yield told(_STATUS[status])
                without = [label for label in labels if label.lower() != name.lower()]
                before[number] = without if event.event == "labeled" else [*without, name]

    def _closing(self, haul: Haul, where: str, event: IssueEvent) -> Status:
        """Done or dropped: by its own reason, else by the issue's if that was closed then."""
        issue, reason = event.issue, event.state_reason
        if issue is not None and reason is None and issue.closed_at is not None:
            apart = haul.moment(issue.closed_at, where) - haul.moment(event.created_at, where)
            reason = issue.state_reason if abs(apart) <= 1000 else None
        return self._rules.status("closed", reason, ())
