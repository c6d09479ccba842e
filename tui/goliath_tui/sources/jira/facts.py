"""An issue as Jira has it → a work item and its events. Pure.

Events are told with ids of their own: the history that they come from, and their kind. So an issue
may be told again whenever it was touched, and only what is new leaves a trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from msgspec import Struct

from goliath_tui.domain import EventKind, Fact, ItemEvent, WorkItem
from goliath_tui.sources.jira import Options
from goliath_tui.sources.jira.answers import History, IssueRow, moment
from goliath_tui.sources.jira.history import Aspects, Fields, State, replayed
from goliath_tui.sources.work import STATUS_EVENTS, Stands, Status, stand_events

#: Resolutions under which nothing was done, beside those that the config names.
NOTHING_DONE = frozenset(
    {
        "won't do",
        "won't fix",
        "wont do",
        "wont fix",
        "duplicate",
        "cannot reproduce",
        "declined",
        "not a bug",
        "invalid",
        "incomplete",
        "abandoned",
        "obsolete",
        "rejected",
    }
)
#: Issues that are taken out of a sprint this shortly before it is completed are taken out by its
#: completion: Jira writes the two one after the other.
COMPLETING_MS = 60_000
_CATEGORIES = {"new": Status.OPEN, "indeterminate": Status.STARTED, "done": Status.DONE}


class Place(Struct, frozen=True, kw_only=True):
    """What is known of one Jira beside its issues.

    `site`: its host, which names its sprints and versions. `statuses`: id → name and category.
    `left_out`: ids of the types that are no work items. `closed`: sprint → when it was completed.
    `epics`: key → title, of those that were seen. `milestones`: ids of the versions that are some.
    """

    base: str
    site: str
    fields: Fields
    statuses: Mapping[str, tuple[str, str]]
    left_out: frozenset[str]
    closed: Mapping[str, int]
    epics: Mapping[str, str]
    milestones: frozenset[str]


class Told(Struct, frozen=True, kw_only=True):
    """What an issue tells. `item`: its name, the key that it was created with; `key`: of now.

    `counts`: whether it is or was a work item; one that never was tells nothing. `odd`: what to
    know about it, in words.
    """

    item: str
    key: str
    counts: bool
    rows: tuple[Fact, ...] = ()
    odd: tuple[str, ...] = ()


class _Standing(Struct, frozen=True):
    points: float | None
    service: str | None
    sprint: str | None
    status: Status
    milestone: str | None
    listed: frozenset[str] = frozenset()


def told(
    row: IssueRow,
    histories: Iterable[History],
    place: Place,
    options: Options,
    *,
    stands_at: int | None = None,
) -> Told:
    """The item and all its events. Raises UnreadableError.

    `stands_at`: tells also how it stands, as of then or, if that was later, of when it was touched
    last: an item may have been told by other rules, or been thought to be gone.
    """
    timeline = replayed(row, histories, place.fields)
    first, last = timeline.states[0].aspects, timeline.states[-1].aspects
    item = first["key"] or row.key
    if all(_is_left_out(state.aspects, place) for state in timeline.states):
        return Told(item=item, key=row.key, counts=False)
    odd: list[str] = []
    events: list[ItemEvent] = []
    stands = _standing(timeline.states[0], None, place, options)
    events += _beginning(item, timeline.states[0], stands, place)
    for state in timeline.states[1:]:
        now = _standing(state, stands, place, options)
        events += _changes(item, state, stands, now, place)
        stands = now
    if any(state.aspects["status"][0] not in place.statuses for state in timeline.states):
        odd.append(
            "was in a status that Jira has no more: it counts as open unless `done:` names it"
        )
    odd += _no_estimates(last, place, options)
    if stands_at is not None:
        events += stand_events(
            item,
            Stands(
                at=max(
                    stands_at,
                    moment(row.fields.get("updated")) or 0,
                    *(event.at for event in events),
                ),
                points=stands.points,
                service=stands.service,
                sprint=_named(stands.sprint, place),
                milestone=_named(stands.milestone, place),
                status=stands.status,
            ),
        )
    if stands.status is not Status.DROPPED:
        if options.services and stands.service is None:
            odd.append("no rule of `services:` fits")
        if stands.points is None and stands.status is not Status.DONE:
            odd.append("no estimate")
    title = last["title"] if item == row.key else f"{row.key} {last['title']}"
    url = f"{place.base}/browse/{quote(row.key)}"
    return Told(
        item=item,
        key=row.key,
        counts=True,
        rows=(WorkItem(id=item, title=title or row.key, url=url), *events),
        odd=tuple(dict.fromkeys(odd)),
    )


def named(site: str, number: str | int) -> str:
    """What a sprint or a version is called in the cache, which may hold those of another Jira."""
    return f"{site}:{number}"


def _beginning(item: str, state: State, stands: _Standing, place: Place) -> Iterator[ItemEvent]:
    """How an issue was created. The ids come before those of any history."""
    at = state.at
    yield ItemEvent(
        id="!0:created",
        item=item,
        at=at,
        kind=EventKind.CREATED,
        points=stands.points,
        service=stands.service,
        milestone=_named(stands.milestone, place),
    )
    if stands.sprint is not None:
        name = _named(stands.sprint, place)
        yield ItemEvent(id="!1:sprint", item=item, at=at, kind=EventKind.ENTERED, sprint=name)
    if stands.status is not Status.OPEN:
        for kind in STATUS_EVENTS[stands.status]:
            yield ItemEvent(id=f"!2:{kind}", item=item, at=at, kind=kind)


def _changes(
    item: str, state: State, before: _Standing, now: _Standing, place: Place
) -> Iterator[ItemEvent]:
    """What one history changed, or what was corrected."""
    at, name = state.at, state.id or f"~{state.at}"

    def event(what: str, kind: EventKind, when: int = at, **how: object) -> ItemEvent:
        return ItemEvent(id=f"{name}:{what}", item=item, at=when, kind=kind, **how)  # type: ignore[arg-type] # the callers below give what fits the kind

    if before.milestone != now.milestone:
        milestone = _named(now.milestone, place)
        yield event("1:milestone", EventKind.PLANNED, milestone=milestone)
    if before.service != now.service:
        yield event("2:service", EventKind.MOVED, service=now.service)
    if before.points != now.points:
        yield event("3:points", EventKind.ESTIMATED, points=now.points)
    if before.sprint != now.sprint:
        when = at
        completed = place.closed.get(before.sprint) if before.sprint is not None else None
        if completed is not None and 0 < completed - at <= COMPLETING_MS:
            when = completed
        if now.sprint is None:
            yield event("4:sprint", EventKind.LEFT, when)
        else:
            sprint = _named(now.sprint, place)
            yield event("4:sprint", EventKind.ENTERED, when, sprint=sprint)
    if before.status is not now.status:
        for order, kind in enumerate(STATUS_EVENTS[now.status]):
            yield event(f"5:{order}:{kind}", kind)


def _standing(state: State, before: _Standing | None, place: Place, options: Options) -> _Standing:
    """What a state comes to, after the one before."""
    aspects = state.aspects
    return _Standing(
        points=_points(aspects, place, options),
        service=options.service_of(_facets(aspects, place)),
        sprint=_sprint_of(aspects["sprints"], before, state.at, place),
        status=_status(aspects, place, options),
        milestone=_milestone_of(aspects["versions"] & place.milestones, before),
        listed=frozenset(aspects["sprints"]),
    )


def _sprint_of(
    sprints: tuple[str, ...], before: _Standing | None, at: int, place: Place
) -> str | None:
    """The one sprint, of those that an issue is listed in, that it is in.

    Jira's field keeps the sprints that are over; what is done stays in the one that it was done
    in. Of those that are not over, an issue is in the one that it came into last.
    """
    listed = before.listed if before is not None else frozenset[str]()
    was = before.sprint if before is not None else None
    if set(sprints) == listed:
        return was
    running = [one for one in sprints if place.closed.get(one, at + 1) > at]
    came = [one for one in running if one not in listed]
    if came:
        return came[-1]
    if was in running:
        return was
    return running[-1] if running else None


def _milestone_of(versions: frozenset[str], before: _Standing | None) -> str | None:
    """The one milestone of several: the one that an issue is in stays it, else the oldest is."""
    if before is not None and before.milestone in versions:
        return before.milestone
    return min(versions, default=None, key=_by_number)


def _points(aspects: Aspects, place: Place, options: Options) -> float | None:
    for field in place.fields.points:
        try:
            points = options.points_of(aspects[f"points:{field}"])
        except ValueError:
            continue
        if points is not None:
            return points
    return None


def _no_estimates(aspects: Aspects, place: Place, options: Options) -> Iterator[str]:
    for field in place.fields.points:
        try:
            options.points_of(aspects[f"points:{field}"])
        except ValueError:
            yield "the estimate is no number of points: give its word one with `scale:`"


def _facets(aspects: Aspects, place: Place) -> dict[str, list[str]]:
    epic = aspects["epic"]
    key = aspects["key"] or ""
    return {
        "component": sorted(aspects["components"]),
        "label": sorted(aspects["labels"]),
        "epic": [name for name in (epic, place.epics.get(epic or "")) if name],
        "project": [key.rpartition("-")[0]],
        "title": [aspects["title"]],
        "type": [aspects["type"][1]],
    }


def _status(aspects: Aspects, place: Place, options: Options) -> Status:
    if _is_left_out(aspects, place):
        return Status.DROPPED
    known = place.statuses.get(aspects["status"][0])
    name, category = known or (aspects["status"][1], "new")
    status = options.status_of(name, _CATEGORIES.get(category, Status.OPEN))
    resolution = (aspects["resolution"] or "").lower()
    nothing_done = resolution in NOTHING_DONE | {name.lower() for name in options.dropped}
    return Status.DROPPED if status is Status.DONE and nothing_done else status


def _is_left_out(aspects: Aspects, place: Place) -> bool:
    return aspects["type"][0] in place.left_out


def _named(number: str | None, place: Place) -> str | None:
    return None if number is None else named(place.site, number)


def _by_number(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isdecimal() else (0, version)
