"""Which feed answers which endpoint of the two APIs. A feed is made when it is first asked."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from goliath_tui.domain import Field, Service, StateChange
from goliath_tui.native import Page
from goliath_tui.rehearsal.accounts import Accounts
from goliath_tui.rehearsal.backlog import Draft, backlog
from goliath_tui.rehearsal.counters import Counters
from goliath_tui.rehearsal.lanes import Books, BucketFeed
from goliath_tui.rehearsal.mismatches import MismatchFeed
from goliath_tui.rehearsal.paging import Feed, ListFeed
from goliath_tui.rehearsal.people import Staff, staff
from goliath_tui.rehearsal.plan import Plan, plan
from goliath_tui.rehearsal.story import Story


class _Later:
    """A feed that is made when somebody first asks for it, so that the start is quick."""

    def __init__(self, make: Callable[[], Feed]) -> None:
        self._make = make
        self._feed: Feed | None = None

    def page(self, cursor: str | None, limit: int, now: int) -> Page[Any]:
        """As a Feed does."""
        if self._feed is None:
            self._feed = self._make()
        return self._feed.page(cursor, limit, now)


def gateway_feeds(story: Story, counters: Counters, mismatches: MismatchFeed) -> Mapping[str, Feed]:
    """The gateway's endpoints."""

    @cache
    def accounts() -> Accounts:
        return Accounts(story)

    def buckets(books: Callable[[Accounts], Books]) -> Feed:
        services = len(story.scenario.services)
        return _Later(lambda: BucketFeed(story.calendar, counters, books(accounts()), services))

    return {
        "services": _Later(lambda: ListFeed(_services(story))),
        "fields": _Later(lambda: ListFeed(_fields(story))),
        "states": _Later(lambda: ListFeed(_states(story))),
        "traffic": buckets(_traffic),
        "comparisons": buckets(_comparisons),
        "mismatches": mismatches,
    }


def tracker_feeds(story: Story) -> Mapping[str, Feed]:
    """The tracker's endpoints."""

    @cache
    def drafts() -> list[Draft]:
        return backlog(story)

    @cache
    def planned() -> Plan:
        return plan(story, drafts())

    @cache
    def people() -> Staff:
        return staff(story, drafts())

    return {
        "sprints": _Later(lambda: _at_once(planned().sprints)),
        "milestones": _Later(lambda: _at_once(planned().milestones)),
        "items": _Later(lambda: ListFeed(planned().items)),
        "events": _Later(lambda: ListFeed([(x.at, x) for x in planned().events])),
        "people": _Later(lambda: _at_once(people().people)),
        "time-off": _Later(lambda: _at_once(people().time_off)),
        "loans": _Later(lambda: ListFeed(people().loans)),
        "approvals": _Later(lambda: ListFeed(people().approvals)),
    }


def _at_once(rows: Iterable[Struct]) -> Feed:
    """A feed of what has always been known."""
    return ListFeed([(0, row) for row in rows])


def _services(story: Story) -> list[tuple[int, Service]]:
    return [
        (0, Service(name=service.name, team=service.team, depends_on=service.depends_on))
        for service in story.scenario.services
    ]


def _fields(story: Story) -> list[tuple[int, Field]]:
    names = [service.name for service in story.scenario.services]
    return [(0, Field(id=field.id, service=names[field.service])) for field in story.fields]


def _states(story: Story) -> list[tuple[int, StateChange]]:
    changes = [
        (
            stop.at,
            StateChange(field=field.id, at=stop.at, state=stop.state, percentage=stop.percentage),
        )
        for field, timeline in zip(story.fields, story.timelines, strict=True)
        for stop in timeline
    ]
    changes.sort(key=lambda change: (change[0], change[1].field))
    return changes


def _traffic(accounts: Accounts) -> Books:
    return Books(
        services=accounts.service_traffic,
        fields=accounts.field_traffic,
        counted=lambda bucket: bucket.traffic,
        expected=accounts.rows_expected,
    )


def _comparisons(accounts: Accounts) -> Books:
    return Books(
        services=accounts.service_comparisons,
        fields=accounts.field_comparisons,
        counted=lambda bucket: bucket.comparisons,
        expected=accounts.comparisons_expected,
    )
