"""What trackers call things → what this program calls them: services, points, done and dropped.

Every tracker names what belongs together in its own way; these settings are the same for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from math import isfinite

from msgspec import Struct, field

from goliath_tui.clean import clean_text
from goliath_tui.domain import EventKind, ItemEvent
from goliath_tui.sources import Options
from goliath_tui.sources.patterns import starred

#: No single item is this large; a larger one is a slip of the keyboard.
MOST_POINTS = 1e6
_FACETS = ("component", "label", "epic", "project", "title", "type")


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to tell an item's service: whoever has all of these belongs to `service`.

    Each is a pattern in which `*` stands for anything, compared without regard to case. In
    `service`, `*` is what the `*` of the rule's only pattern stood for, which may not be nothing:
    a service needs a name.
    """

    service: str
    component: str | None = None
    label: str | None = None
    epic: str | None = None
    project: str | None = None
    title: str | None = None
    type: str | None = None

    def patterns(self) -> dict[str, str]:
        """Facet → pattern, of those that are set."""
        return {name: getattr(self, name) for name in _FACETS if getattr(self, name) is not None}

    def service_of(self, facets: Mapping[str, Sequence[str]]) -> str | None:
        """The service of an item with these facets, if the rule fits it."""
        named, star = "*" in self.service, ""
        for name, pattern in self.patterns().items():
            fits = starred(pattern, any_case=True).fullmatch
            matches = [match for value in facets.get(name, ()) if (match := fits(value))]
            stars = [match[1].strip() if match.re.groups else "" for match in matches]
            found = next((one for one in stars if one or not named), None)
            if found is None:
                return None
            star = found
        return self.service.replace("*", star)


class Status(StrEnum):
    """How an item stands, as its tracker says it."""

    OPEN = "open"
    STARTED = "started"
    DONE = "done"
    DROPPED = "dropped"


#: The events that bring an item into a status, whichever it had.
STATUS_EVENTS = {
    Status.OPEN: (EventKind.REOPENED,),
    Status.STARTED: (EventKind.REOPENED, EventKind.STARTED),
    Status.DONE: (EventKind.DONE,),
    Status.DROPPED: (EventKind.DROPPED,),
}


class WorkOptions(Options, frozen=True, kw_only=True):
    """Settings that every kind of tracker has.

    `services`: rules, of which the first that fits decides; an item that none fits is unmapped.
    `done`, `started`, `dropped`: names of states, without regard to case; empty: what the tracker
    itself says. `scale`: words for sizes → points, such as `{S: 1, M: 3}`. `points_per_day`: what
    the tracker's own points are in engineer-days, which are ours.
    """

    services: tuple[Rule, ...] = ()
    done: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    scale: dict[str, float] = field(default_factory=dict)
    points_per_day: float = 1.0

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Rules that say nothing, and scales that make no points."""
        for rule in self.services:
            patterns = rule.patterns()
            if not rule.service.strip():
                yield ("services",), "a rule needs `service: NAME`"
            if not patterns:
                words = ", ".join(_FACETS)
                yield ("services",), f"a rule for {rule.service} needs one of {words}"
            if "*" in rule.service and [p.count("*") for p in patterns.values()] != [1]:
                yield ("services",), f"{rule.service}: a * in a service needs one * in one pattern"
        if any(not 0 <= points <= MOST_POINTS for points in self.scale.values()):
            yield ("scale",), f"expected points from 0 to {MOST_POINTS:,.0f}"
        if not 0 < self.points_per_day <= MOST_POINTS:
            yield ("points_per_day",), "expected a number above 0"

    def service_of(self, facets: Mapping[str, Sequence[str]]) -> str | None:
        """The service of an item, by the first rule that fits; None: unmapped.

        `facets`: component, label, epic, project, title, type → the item's own.
        """
        for rule in self.services:
            if (service := rule.service_of(facets)) is not None:
                return service
        return None

    def points_of(self, raw: object) -> float | None:
        """An estimate as engineer-days; None: there is none. Raises ValueError for what is none.

        Numbers may come as text; words are looked up in `scale`.
        """
        if raw is None or raw == "":
            return None
        if isinstance(raw, str):
            known = {word.lower(): points for word, points in self.scale.items()}
            if (scaled := known.get(raw.strip().lower())) is not None:
                return scaled
        try:
            points = float(raw) / self.points_per_day  # type: ignore[arg-type] # what is no number raises
        except (TypeError, ValueError, OverflowError):
            points = -1.0
        if not isfinite(points) or not 0 <= points <= MOST_POINTS or isinstance(raw, bool):
            raise ValueError(f"{clean_text(str(raw), 40)} is no estimate")
        return points

    def status_of(self, name: str, otherwise: Status) -> Status:
        """The status that a state's name stands for; `otherwise`: what the tracker itself says."""
        for status, names in (
            (Status.DROPPED, self.dropped),
            (Status.DONE, self.done),
            (Status.STARTED, self.started),
        ):
            if any(name.lower() == known.lower() for known in names):
                return status
        if self.done and otherwise is Status.DONE:
            return Status.OPEN
        return otherwise


class Stands(Struct, frozen=True, kw_only=True):
    """How an item stands at `at`, for trackers that tell states and no history."""

    at: int
    points: float | None
    service: str | None
    sprint: str | None
    milestone: str | None
    status: Status


def stand_events(item: str, stands: Stands) -> Iterable[ItemEvent]:
    """What brings an item to where it stands, wherever it was before.

    Told again they change nothing, for each is known by the item, the moment and its kind; so an
    item is told whenever it was touched, and what was not changed by that leaves no trace.
    """

    def event(kind: EventKind, **what: object) -> ItemEvent:
        return ItemEvent(id=f"{stands.at}:{kind}", item=item, at=stands.at, kind=kind, **what)  # type: ignore[arg-type] # the callers below give what fits the kind

    yield event(EventKind.ESTIMATED, points=stands.points)
    yield event(EventKind.MOVED, service=stands.service)
    yield event(EventKind.PLANNED, milestone=stands.milestone)
    if stands.sprint is None:
        yield event(EventKind.LEFT)
    else:
        yield event(EventKind.ENTERED, sprint=stands.sprint)
    for kind in STATUS_EVENTS[stands.status]:
        yield event(kind)
