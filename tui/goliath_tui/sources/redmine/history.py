"""An issue and its journals → what happened to the work item, as events.

A journal says what a value was and what it became, by number. The first values are found by going
back to the oldest journal that has one; from there the journals are replayed forwards, and what
changes for us (points, service, sprint, milestone, status) is told at the journal's moment. An
issue in a project that is not read counts as dropped for as long as it is there.

Redmine also changes things without a journal: a category is deleted, a parent recalculated. What
the journals do not explain is told as how the item stands, at its latest moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec import Struct, structs

from goliath_tui.clean import clean_text
from goliath_tui.domain import EventKind, ItemEvent, WorkItem
from goliath_tui.sources.redmine import Options
from goliath_tui.sources.redmine.tables import Tables
from goliath_tui.sources.redmine.wire import Detail, Issue, Journal, second
from goliath_tui.sources.work import STATUS_EVENTS, Stands, Status, stand_events

#: An issue is saved a moment before its journal.
SLACK_S = 2
_REFS = ("project", "tracker", "status", "category", "fixed_version", "parent")

Value = str | tuple[str, ...] | None
State = Mapping[str, Value]


class Now(Struct, frozen=True, kw_only=True):
    """What a state is for us. `rule`: the number of the rule that named the service."""

    points: float | None
    service: str | None
    sprint: str | None
    milestone: str | None
    status: Status
    rule: int | None = None
    odd: str | None = None


class Tell(Struct, frozen=True, kw_only=True):
    """How it is told how an item stands: not before `at_least`, and after what was told of that
    very moment with a smaller `mark`.
    """

    at_least: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Reading:
    """What is needed to understand an issue. `subjects`: of parents, by number."""

    options: Options
    tables: Tables
    subjects: Mapping[str, str]

    def item(self, number: int) -> str:
        """The name of the work item."""
        return f"{self.options.prefix}{number}"

    def work_item(self, issue: Issue) -> WorkItem:
        """What is fixed about it."""
        url = f"{self.tables.home}/issues/{issue.id}"
        return WorkItem(id=self.item(issue.id), title=issue.subject, url=url)

    def now(self, state: State) -> Now:
        """What a state is for us."""
        options, tables = self.options, self.tables
        version = str(state.get("fixed_version_id") or "")
        tracker = str(state.get("tracker_id") or "")
        project = str(state.get("project_id") or "")
        raw = state.get("points")
        points, odd = None, None
        try:
            points = options.points_of(raw)
        except ValueError as error:
            odd = str(error)
        rule, service = self._service(state)
        if project not in tables.inside:
            return Now(
                points=points, service=service, sprint=None, milestone=None, status=Status.DROPPED
            )
        sprint, milestone = tables.sprints.get(version), tables.milestones.get(version)
        return Now(
            points=points,
            service=service,
            sprint=None if sprint is None else sprint.id,
            milestone=None if milestone is None else milestone.id,
            status=tables.status(str(state.get("status_id") or ""), tracker, options),
            rule=rule,
            odd=odd,
        )

    def _service(self, state: State) -> tuple[int | None, str | None]:
        tables, categories = self.tables, self.tables.categories or {}
        category, parent = state.get("category_id"), state.get("parent_id")
        labels = [v for name in self.options.labels for v in _several(state.get(f"label {name}"))]
        facets = {
            "component": [categories[str(category)]] if str(category) in categories else [],
            "label": labels,
            "epic": [self.subjects.get(str(parent), ""), f"#{parent}"] if parent else [],
            "project": tables.projects.get(str(state.get("project_id")), ()),
            "title": [str(state.get("subject") or "")],
            "type": [tables.trackers.get(str(state.get("tracker_id")), "")],
        }
        for number, rule in enumerate(self.options.services):
            if (service := rule.service_of(facets)) is not None:
                return number, clean_text(service, 512)
        return None, None

    def state(self, issue: Issue) -> dict[str, Value]:
        """An issue as it stands, in the terms of journals."""
        state: dict[str, Value] = {"subject": issue.subject}
        for name in _REFS:
            ref = getattr(issue, name)
            state[f"{name}_id"] = None if ref is None else str(ref.id)
        wanted = self._fields(issue)
        for field in issue.custom_fields:
            if (called := wanted.get(str(field.id))) is not None:
                state[called] = (
                    tuple(map(str, field.value))
                    if isinstance(field.value, list)
                    else _text(field.value)
                )
        if self.options.points is None:
            state["points"] = _text(issue.estimated_hours)
        return state

    def _fields(self, issue: Issue) -> dict[str, str]:
        """Number of a custom field → what it is called in a state, of those that matter."""
        found: dict[str, str] = {}
        for field in issue.custom_fields:
            if is_called(self.options.points, field.name, field.id):
                found[str(field.id)] = "points"
            for label in self.options.labels:
                if is_called(label, field.name, field.id):
                    found[str(field.id)] = f"label {label}"
        return found

    def events(
        self, issue: Issue, *, limit_ms: int, tell: Tell | None = None
    ) -> tuple[list[ItemEvent], Now, bool]:
        """What happened to it, how it stands, and whether any of it is said to be yet to come.

        With `tell` how it stands is told in any case, for what was told of it before may have left
        something out. What is later than `limit_ms` is left out.
        """
        now = self.now(self.state(issue))
        told = [*self._told(issue, now, tell)]
        kept = [event for event in told if event.at <= limit_ms]
        return kept, now, len(kept) < len(told)

    def _told(self, issue: Issue, now: Now, tell: Tell | None) -> Iterator[ItemEvent]:
        item = self.item(issue.id)
        created = second(issue.created_on) * 1000
        latest = second(issue.updated_on) * 1000
        explained = latest <= created + SLACK_S * 1000
        was = now
        if self.options.history == "none":
            yield from _begins(item, created, at_first(now))
            if now.status is Status.DONE and issue.closed_on is not None:
                at = max(created, second(issue.closed_on) * 1000)
                yield ItemEvent(id="0closed", item=item, at=at, kind=EventKind.DONE)
            explained = False
        else:
            names = {"estimated_hours": "points"} if self.options.points is None else {}
            changes = [
                (
                    max(created, second(journal.created_on) * 1000),
                    journal.id,
                    list(_changes(journal, names, self._fields(issue))),
                )
                for journal in issue.journals
            ]
            changes.sort(key=lambda change: change[:2])
            state = self.state(issue)
            for _, _, details in reversed(changes):
                for detail in reversed(details):
                    state[detail.name] = _without(state, detail)
            was = self.now(state)
            yield from _begins(item, created, was)
            for at, number, details in changes:
                for detail in details:
                    state[detail.name] = _with(state, detail)
                after = self.now(state)
                yield from _between(item, at, f"j{number:016d}", was, after)
                was = after
                explained = explained or latest <= at + SLACK_S * 1000
                latest = max(latest, at)
        drifted = _what_counts(was) != _what_counts(now)
        if tell is not None or drifted or not explained:
            yield from _stands(item, latest, now, tell or Tell())


def is_called(wanted: str | None, name: str, number: int) -> bool:
    """Whether a custom field is the one that the config names, by its name or number."""
    return wanted is not None and wanted.lower() in {name.lower(), str(number)}


def gone(item: str, tell: Tell) -> ItemEvent:
    """It was deleted, or nobody lets us see it any more."""
    at = tell.at_least
    return ItemEvent(id=f"{at}{tell.mark}:gone", item=item, at=at, kind=EventKind.DROPPED)


def moves_of(issue: Issue) -> list[int]:
    """The seconds in which it went from one project to another."""
    return [
        second(journal.created_on)
        for journal in issue.journals
        if any(detail.name == "project_id" for detail in journal.details)
    ]


def parents_of(issue: Issue) -> set[str]:
    """The numbers of all parents that an issue has or had."""
    found = {str(issue.parent.id)} if issue.parent else set()
    for journal in issue.journals:
        for detail in journal.details:
            if detail.property == "attr" and detail.name == "parent_id":
                found |= {str(each) for each in (detail.old_value, detail.new_value) if each}
    return {number for number in found if number.isascii() and number.isdecimal()}


def at_first(now: Now) -> Now:
    """Without a history nobody knows since when it is in a sprint: it did not begin there."""
    return Now(
        points=now.points,
        service=now.service,
        sprint=None,
        milestone=now.milestone,
        status=Status.OPEN,
    )


def _what_counts(now: Now) -> tuple[object, ...]:
    return now.points, now.service, now.sprint, now.milestone, now.status


def _begins(item: str, at: int, now: Now) -> Iterator[ItemEvent]:
    yield ItemEvent(
        id="a0",
        item=item,
        at=at,
        kind=EventKind.CREATED,
        points=now.points,
        service=now.service,
        milestone=now.milestone,
    )
    nothing = Now(
        points=now.points,
        service=now.service,
        sprint=None,
        milestone=now.milestone,
        status=Status.OPEN,
    )
    yield from _between(item, at, "a1", nothing, now)


def _between(item: str, at: int, name: str, was: Now, now: Now) -> Iterator[ItemEvent]:
    """What changed; the ids put first what must come first of two changes of one moment.

    Dropping comes before what brings an item back: another source may tell of the same move
    between projects from its end.
    """

    def event(rank: int, kind: EventKind, **what: object) -> ItemEvent:
        return ItemEvent(id=f"{name}:{rank}", item=item, at=at, kind=kind, **what)  # type: ignore[arg-type] # the callers below give what fits the kind

    if was.points != now.points:
        yield event(1, EventKind.ESTIMATED, points=now.points)
    if was.service != now.service:
        yield event(2, EventKind.MOVED, service=now.service)
    if was.milestone != now.milestone:
        yield event(3, EventKind.PLANNED, milestone=now.milestone)
    if was.sprint is not None and was.sprint != now.sprint:
        yield event(4, EventKind.LEFT, sprint=was.sprint)
    if now.sprint is not None and was.sprint != now.sprint:
        yield event(5, EventKind.ENTERED, sprint=now.sprint)
    if was.status != now.status:
        if now.status is Status.DROPPED:
            yield event(6, EventKind.DROPPED)
        else:
            for rank, kind in enumerate(STATUS_EVENTS[now.status], 7):
                yield event(rank, kind)


def _stands(item: str, latest: int, now: Now, tell: Tell) -> Iterator[ItemEvent]:
    at = max(latest, tell.at_least)
    stands = Stands(
        at=at,
        points=now.points,
        service=now.service,
        sprint=now.sprint,
        milestone=now.milestone,
        status=now.status,
    )
    for event in stand_events(item, stands):
        yield structs.replace(event, id=f"{at}{tell.mark}:{event.kind}")


def _changes(
    journal: Journal, names: Mapping[str, str], fields: Mapping[str, str]
) -> Iterator[Detail]:
    """The changes of a journal that matter, each by the name that it has in a state."""
    for detail in journal.details:
        if detail.property == "cf" and detail.name in fields:
            name = fields[detail.name]
        elif detail.property == "attr" and detail.name in names:
            name = names[detail.name]
        elif detail.property == "attr" and detail.name.removesuffix("_id") in {*_REFS, "subject"}:
            name = detail.name
        else:
            continue
        yield Detail(detail.property, name, _text(detail.old_value), _text(detail.new_value))


def _without(state: State, detail: Detail) -> Value:
    """What a value was before a change."""
    return _swapped(state.get(detail.name), detail.new_value, detail.old_value)


def _with(state: State, detail: Detail) -> Value:
    """What a value is after a change."""
    return _swapped(state.get(detail.name), detail.old_value, detail.new_value)


def _swapped(value: Value, away: str | None, there: str | None) -> Value:
    if not isinstance(value, tuple):
        return there
    left = tuple(each for each in value if each != away)
    return left if there is None or there in left else (*left, there)


def _several(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if value else ()


def _text(value: object) -> str | None:
    """A value as journals write it; what nobody could have entered stays what it is, as text."""
    if value is None or value == "":
        return None
    return str(value)
