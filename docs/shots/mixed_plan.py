"""The migration of `mixed*`: its services, schema and past traffic, and what answers differ in.

The names are those of the rehearsal's scenario; how far each service is stands here.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

from goliath_tui.domain import MigrationState
from goliath_tui.rehearsal.scenario import load

LEGACY, _, SIDE_BY_SIDE, CANARY, MIGRATED, RETIRED = MigrationState

#: Requests a second, of all services together.
RATE = 120.0
#: Comparisons a second.
COMPARED = 12.0
#: How far back the metric store and the log go.
PAST_H, LOG_H = 36.0, 60.0
#: Seconds between two samples of the past.
SAMPLED_S = 120


class Service(NamedTuple):
    """`fields`: retired, migrated, canary, side by side, legacy. `done`, `left`: points.

    `load`: relative to the other services. `new`: the weight of new, of 100. `before`: hours ago →
    what it was until then.
    """

    name: str
    types: tuple[str, ...]
    load: float
    new: int
    fields: tuple[int, int, int, int, int]
    done: int
    left: int
    before: tuple[tuple[float, int], ...] = ()


#: The canary of which one gateway has missed the change, and the weight it is left with.
CANARY_OFF, MISSED = "search", 2
SERVICES = (
    Service("assignments", ("Assignment", "AssignmentDraft"), 9, 90, (24, 40, 14, 6, 4), 71, 16,
            ((7.5, 75),)),
    Service("badges", ("Badge", "BadgeAward"), 4, 100, (22, 20, 0, 0, 0), 38, 0),
    Service("captions", ("Caption", "CaptionTrack"), 3, 100, (31, 5, 0, 0, 0), 29, 0),
    Service("classrooms", ("Classroom", "ClassroomCode"), 7, 75, (10, 38, 16, 5, 7), 46, 19,
            ((13, 50),)),
    Service("content", ("Content", "ContentRevision"), 14, 100, (58, 52, 0, 0, 0), 96, 3),
    Service("districts", ("District", "DistrictLicence"), 3, 0, (0, 0, 0, 14, 30), 5, 34),
    Service("exercises", ("Exercise", "ExerciseHint"), 13, 100, (20, 61, 0, 0, 0), 66, 8,
            ((19, 75),)),
    Service("goals", ("Goal", "GoalStep"), 2, 5, (0, 0, 12, 10, 16), 8, 22),
    Service("mastery", ("Mastery", "MasteryLevel"), 8, 25, (0, 12, 30, 26, 14), 31, 40,
            ((4, 10),)),
    Service("progress", ("Progress", "ProgressSummary"), 15, 50, (8, 34, 42, 20, 12), 58, 35,
            ((10, 25),)),
    Service("rosters", ("Roster", "RosterSync"), 2, 0, (0, 0, 0, 0, 34), 0, 41),
    Service(CANARY_OFF, ("SearchResult", "SearchFacet"), 9, 10, (0, 0, 18, 9, 15), 17, 21,
            ((2, MISSED),)),
)  # fmt: skip


class Difference(NamedTuple):
    """A field of which one comparison in `one_in` differs, and how. `since`: hours ago."""

    service: str
    field: str
    one_in: int
    legacy: object
    new: object
    since: float = LOG_H


DIFFERENCES = (
    Difference("progress", "Progress.completedAt", 9, "2026-03-04T10:12:31Z", "2026-03-04"),
    Difference("mastery", "Mastery.bestScore", 7, "12", 12),
    Difference("mastery", "Mastery.attempts", 30, [3, 5, 8], [3, 5]),
    Difference("search", "SearchResult.tags", 9, ["video", "article"], ["article", "video"], 5),
    Difference("search", "SearchFacet.related", 40, None, []),
    Difference("assignments", "Assignment.dueDate", 60, "2026-04-01T00:00:00Z", "2026-04-01"),
    Difference("goals", "GoalStep.title", 6, "Ratios &amp; rates", "Ratios & rates"),
    Difference("progress", "Progress.score", 50, 0.6666666667, 0.6666667),
    Difference("classrooms", "Classroom.memberCount", 80, 28, 29),
)


# --- The schema. ---


def fields_of(service: Service) -> list[tuple[str, MigrationState]]:
    """Its fields, each with its state. What differs is tried; the rest is as it comes."""
    scenario, _ = load(None)
    names = [f"{kind}.{name}" for kind, name in product(service.types, scenario.field_names)]
    Random(service.name).shuffle(names)
    differing = {difference.field for difference in DIFFERENCES}
    retired, migrated, canary, beside, legacy = service.fields
    counts = {CANARY: canary, SIDE_BY_SIDE: beside, MIGRATED: migrated, RETIRED: retired}
    states = [state for state, count in counts.items() for _ in range(count)]
    states += [LEGACY] * legacy
    return list(zip(sorted(names, key=lambda name: name not in differing), states, strict=False))


def schema(*, cleaned_up: bool) -> str:
    """The supergraph. Until it is `cleaned_up`, new still overrides what is retired after that."""
    graphs = ["monolith", *(service.name for service in SERVICES)]
    lines = [
        'schema @link(url: "https://specs.apollo.dev/link/v1.0")',
        '       @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }',
        "enum join__Graph {",
        *(f'  {g.upper()} @join__graph(name: "{g}", url: "http://{g}.example")' for g in graphs),
        "}",
    ]
    for service in SERVICES:
        own = service.name.upper()
        by_type: dict[str, list[str]] = {kind: [] for kind in service.types}
        for n, (name, state) in enumerate(fields_of(service)):
            kind, field = name.split(".")
            # Nobody has told mission control what this label of two fields means.
            label = "ring-2" if service.name == "goals" and n in {4, 5} else None
            joins = _joins(own, service.new, state, label=label, cleaned_up=cleaned_up)
            by_type[kind].append(f"  {field}: String {joins}")
        for kind, fields in by_type.items():
            keys = " ".join(f'@join__type(graph: {g}, key: "id")' for g in ("MONOLITH", own))
            lines += [f"type {kind} {keys} {{", *fields, "}"]
    return "\n".join([*lines, ""])


def _joins(
    own: str, percent: int, state: MigrationState, *, label: str | None, cleaned_up: bool
) -> str:
    monolith = "@join__field(graph: MONOLITH)"
    if state is LEGACY:
        return monolith
    if state is RETIRED and cleaned_up:
        return f"@join__field(graph: {own})"
    if state in {RETIRED, MIGRATED}:
        return f'@join__field(graph: {own}, override: "monolith")'
    label = label or (f"percent({percent})" if state is CANARY else "mirrored")
    over = f'override: "monolith", overrideLabel: "{label}"'
    return f"{monolith} @join__field(graph: {own}, {over})"


# --- The past. ---


def history(now: float) -> Mapping[str, Sequence[tuple[float, float]]]:
    """What a gateway of the days before has counted, in the words of Envoy, up to `now`."""
    found = {}
    whole = sum(service.load for service in SERVICES)
    for service in SERVICES:
        counted = {"legacy": 0.0, "new": 0.0}
        points: dict[str, list[tuple[float, float]]] = {side: [] for side in counted}
        for step in range(int(PAST_H * 3600 / SAMPLED_S), -1, -1):
            ago = step * SAMPLED_S
            share = observed(service, ago / 3600)
            sent = RATE * service.load / whole * SAMPLED_S * _tide(ago / 3600)
            counted["new"] += sent * share
            counted["legacy"] += sent * (1 - share)
            for side, count in counted.items():
                points[side].append((now - ago, float(round(count))))
        for side, of_side in points.items():
            labels = f'envoy_cluster_name="{service.name}-{side}",instance="edge-0",job="gateway"'
            found[f"envoy_cluster_upstream_rq_total{{{labels}}}"] = of_side
    return found


def observed(service: Service, hours_ago: float) -> float:
    """The share of new then, or now: half of a canary's gateways may not know of it."""
    weight: float = service.new
    if service.name == CANARY_OFF:
        weight = (service.new + MISSED) / 2
    for until, was in service.before:
        if hours_ago > until:
            weight = was
    return weight / 100


def _tide(hours_ago: float) -> float:
    """Day and night, against now."""
    return 1 + 0.3 * (math.cos(hours_ago * math.tau / 24) - 1)


def comparison(random: Random, at: float, hours_ago: float = 0) -> dict[str, Any]:
    """A line of the log: most are equal."""
    one = random.choice(DIFFERENCES)
    line: dict[str, Any] = {"field": one.field, "service": one.service, "at": round(at * 1000)}
    if hours_ago > one.since or random.randrange(one.one_in * 10):
        return {**line, "outcome": "matched"}
    name, number = one.field.split(".")[1], random.randrange(10_000)
    answers = {"legacy": {"id": number, name: one.legacy}, "new": {"id": number, name: one.new}}
    return {**line, "operation": f"{one.service}Page", **answers}


def past_lines(random: Random, now: float, count: int) -> Iterator[str]:
    """The log so far, and one line that is none."""
    for n in range(count):
        hours = LOG_H * (1 - n / count) + 0.02
        yield json.dumps(comparison(random, now - hours * 3600, hours))
    yield "comparer restarted"
