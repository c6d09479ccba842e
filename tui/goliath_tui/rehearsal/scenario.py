"""The scenario: what a rehearsal is about, as a YAML file that a user can copy and change."""

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from goliath_tui.domain import MigrationState
from goliath_tui.rehearsal.instance import scenario_text
from goliath_tui.yaml_lines import YamlError
from goliath_tui.yaml_lines import parse as parse_yaml

Positive = Annotated[float, Meta(gt=0, le=1e6)]
AtLeastZero = Annotated[float, Meta(ge=0, le=1e6)]
Share = Annotated[float, Meta(ge=0, le=1)]
Number = Annotated[int, Meta(ge=0, le=100_000)]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Word = Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z0-9]{0,40}$")]
Words = Annotated[tuple[Word, ...], Meta(min_length=1, max_length=400)]

#: The kinds of bugs that a port can be seeded with; `faults` knows what each does to an answer.
BUG_KINDS = (
    "null-against-empty",
    "date-precision",
    "float-rounding",
    "order",
    "missing-field",
    "wrong-type",
    "stale-value",
    "encoding",
    "extra-field",
    "short-list",
)


class ScenarioError(Exception):
    """The scenario is wrong. Each line of the text is `file:line: where: what`."""


class _Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the file: a key that nobody knows is a mistake, never a comment."""


class FieldsAtAnchor(_Part, frozen=True, rename={"side_by_side": "side-by-side"}):
    """How many fields of a service are in which state at the anchor."""

    legacy: Number = 0
    manual: Number = 0
    side_by_side: Number = 0
    canary: Number = 0
    migrated: Number = 0
    retired: Number = 0

    def by_state(self) -> dict[MigrationState, int]:
        """The counts, in the order of travel."""
        counts = self.legacy, self.manual, self.side_by_side, self.canary, self.migrated
        return dict(zip(MigrationState, (*counts, self.retired), strict=True))

    @property
    def total(self) -> int:
        """All fields of the service."""
        return sum(self.by_state().values())


class ServicePoints(_Part, frozen=True):
    """Points of a service in the baseline of each milestone."""

    mve: Number = 0
    endgame: Number = 0


class ServiceScenario(_Part, frozen=True):
    """One service; `sprints` are the first and the last of its port, None: not started."""

    name: Name
    team: Name
    types: Words
    fields: FieldsAtAnchor
    points: ServicePoints
    load: Positive
    sprints: tuple[Number, Number] | None = None
    depends_on: tuple[Name, ...] = ()
    routes: Annotated[tuple[Name, ...], Meta(max_length=50)] = ()


class Sprints(_Part, frozen=True):
    """`velocity`: points done per sprint, relative; `days`: per working day of the last sprint."""

    count: Annotated[int, Meta(ge=2, le=200)]
    velocity: tuple[Positive, ...]
    days: tuple[AtLeastZero, ...]


class MilestoneName(_Part, frozen=True):
    """`sprints_after`: how many sprints after the sprint in progress it is due."""

    name: Name
    sprints_after: Number = 0


class Milestones(_Part, frozen=True):
    """The two milestones, and the points that move between plan and truth."""

    mve: MilestoneName
    endgame: MilestoneName
    endgame_before: Number = 0
    added: Number = 0


class People(_Part, frozen=True):
    """Who works on it."""

    engineers: Annotated[int, Meta(ge=1, le=1000)]
    at_start: Annotated[int, Meta(ge=1, le=1000)]
    skills: Annotated[tuple[Name, ...], Meta(min_length=1)]
    teams: Annotated[tuple[Name, ...], Meta(min_length=1)]


class Load(_Part, frozen=True):
    """What the load generator sends."""

    per_second: Annotated[float, Meta(gt=0, le=1000)]
    daily: Annotated[float, Meta(ge=0, le=0.9)]
    weekend: Positive
    zipf: AtLeastZero
    keys: Annotated[int, Meta(ge=1, le=500)]
    intended_share: Annotated[float, Meta(gt=0, lt=1)]


class Backend(_Part, frozen=True):
    """Simulated work: log-normal with this median and this sigma; `errors` of it fail."""

    median_ms: Positive
    spread: Annotated[float, Meta(gt=0, le=3)]
    errors: Share


class Differences(_Part, frozen=True):
    """Which seeded bugs the new services have."""

    fields: Share
    hits: tuple[Share, Share]
    kinds: dict[str, AtLeastZero]
    ignore: tuple[str, ...] = ()


class Scenario(_Part, frozen=True):
    """Everything that a rehearsal is about, except the seed and the moment."""

    name: Name
    sprints: Sprints
    milestones: Milestones
    people: People
    load: Load
    legacy: Backend
    new: Backend
    canary: Annotated[
        tuple[Annotated[float, Meta(ge=0, le=100)], ...], Meta(min_length=1, max_length=20)
    ]
    differences: Differences
    field_names: Words
    verbs: Words
    services: Annotated[tuple[ServiceScenario, ...], Meta(min_length=1, max_length=500)]
    approvals: Number = 0


def load(path: Path | None) -> tuple[Scenario, str]:
    """The scenario in the file at `path` (None: the packaged one), and its text.

    Raises ScenarioError.
    """
    name = str(path or "scenario.yaml")
    try:
        text = scenario_text(path)
    except UnicodeDecodeError:
        raise ScenarioError(f"{name}: is not UTF-8 text") from None
    except OSError as error:
        raise ScenarioError(f"{name}: {error.strerror or 'cannot be read'}") from None
    return parse(text, name), text


def parse(text: str, name: str) -> Scenario:
    """The scenario in a YAML text. `name` is what errors call it. Raises ScenarioError."""
    try:
        document = parse_yaml(text)
    except YamlError as error:
        raise ScenarioError(f"{name}:{error.line}: {error}") from None
    try:
        scenario = msgspec.convert(document.value, Scenario)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        problems = [(where.rstrip("`").removeprefix("$").removeprefix("."), message)]
    else:
        problems = _problems(scenario)
        if not problems:
            return scenario
    raise ScenarioError(
        "\n".join(
            f"{name}:{document.line(_keys(where))}: {where}: {what}"
            if where
            else f"{name}:1: {what}"
            for where, what in problems
        )
    )


def _keys(where: str) -> tuple[str, ...]:
    """`services[3].load` as the keys on the way there."""
    return tuple(key or index for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", where))


def _problems(scenario: Scenario) -> list[tuple[str, str]]:
    """What types cannot say: each problem as (place, what is wrong)."""
    found: list[tuple[str, str]] = []
    count = scenario.sprints.count
    if len(scenario.sprints.velocity) != count:
        given = len(scenario.sprints.velocity)
        found.append(("sprints.velocity", f"expected one number per sprint: {count}, not {given}"))
    if len(scenario.sprints.days) != 10 or not sum(scenario.sprints.days):
        found.append(("sprints.days", "expected ten numbers, not all of them 0"))
    found += [
        (key, "the same name stands here twice")
        for key, words in (("field_names", scenario.field_names), ("verbs", scenario.verbs))
        if len(set(words)) < len(words)
    ]
    found += [
        (f"differences.kinds.{kind}", f"unknown kind of bug; known are {', '.join(BUG_KINDS)}")
        for kind in scenario.differences.kinds
        if kind not in BUG_KINDS
    ]
    if not any(scenario.differences.kinds.values()):
        found.append(("differences.kinds", "expected one kind at least with more than 0"))
    if scenario.differences.hits[0] > scenario.differences.hits[1]:
        found.append(("differences.hits", "expected the smaller share first"))
    if scenario.people.at_start > scenario.people.engineers:
        found.append(("people.at_start", "more than there are engineers"))
    if not any(service.points.mve for service in scenario.services):
        found.append(("services", "the first milestone needs points in one service at least"))
    if not any(service.fields.migrated + service.fields.retired for service in scenario.services):
        found.append(("services", "expected migrated or retired fields in one service at least"))
    names = [service.name for service in scenario.services]
    owners: dict[str, str] = {}
    for i, service in enumerate(scenario.services):
        here = f"services[{i}]"
        found += [(f"{here}.{key}", what) for key, what in _service_problems(service, scenario)]
        if names.index(service.name) != i:
            found.append((f"{here}.name", f"{service.name} stands here twice"))
        found += [
            (f"{here}.depends_on", f"there is no other service {other}")
            for other in service.depends_on
            if other not in names or other == service.name
        ]
        for kind in (*service.types, *service.routes):
            if kind in owners:
                found.append((f"{here}.types", f"{kind} belongs to {owners[kind]} already"))
            owners[kind] = service.name
    return found


def _service_problems(service: ServiceScenario, scenario: Scenario) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if service.team not in scenario.people.teams:
        found.append(("team", f"{service.team} is not among people.teams"))
    fields = service.fields
    if service.sprints is None:
        if fields.legacy != fields.total or service.points.mve:
            found.append(("sprints", "a service with fields on the move or mve points needs them"))
    elif not 1 <= service.sprints[0] < service.sprints[1] <= scenario.sprints.count:
        found.append(("sprints", f"expected first < last, from 1 to {scenario.sprints.count}"))
    if not fields.total:
        found.append(("fields", "expected one field at least"))
    if len(service.routes) > fields.total - fields.canary:
        found.append(("routes", "more routes than fields that are no mutations"))
    room = len(service.types) * len(scenario.field_names)
    if fields.total - fields.canary > room:
        found.append(("fields", f"types and field_names give {room} coordinates: add types"))
    room = len(service.types) * len(scenario.verbs)
    if fields.canary > room:
        found.append(("fields.canary", f"types and verbs give {room} mutations: add types"))
    return found
