"""The fields of all services: schema coordinates, mutations and REST routes, by their names."""

from collections.abc import Iterator
from random import Random

from msgspec import Struct

from goliath_tui.domain import MigrationState
from goliath_tui.rehearsal.chance import dice
from goliath_tui.rehearsal.scenario import Scenario, ServiceScenario

#: Of the fields that new answers, and of those that are tried by hand, this share are mutations.
_MUTATIONS = {
    MigrationState.RETIRED: 0.08,
    MigrationState.MIGRATED: 0.08,
    MigrationState.MANUAL: 0.15,
}

#: Of the fields that are compared, this share has a part that always differs and never counts.
_VOLATILE = 0.06


class FieldPlan(Struct, frozen=True):
    """A field: its place in the catalogue, its name, its service's place, what it is like.

    `at_anchor` is the state that the scenario wants for it at the anchor. A `volatile` field's
    answer holds the moment at which it was made.
    """

    index: int
    id: str
    service: int
    at_anchor: MigrationState
    mutation: bool
    volatile: bool


def catalogue(scenario: Scenario, seed: int) -> tuple[FieldPlan, ...]:
    """All fields, service by service."""
    return tuple(
        FieldPlan(index, name, service, state, mutation, volatile)
        for index, (service, name, state, mutation, volatile) in enumerate(_fields(scenario, seed))
    )


def _fields(scenario: Scenario, seed: int) -> Iterator[tuple[int, str, MigrationState, bool, bool]]:
    for i, service in enumerate(scenario.services):
        random = dice(seed, "catalogue", service.name)
        mutations = _mutations(scenario, service)
        names = _mutation_names(scenario, service, random)
        queries = _query_names(scenario, service, random)
        for state, count in service.fields.by_state().items():
            for n in range(count):
                mutation = n < mutations[state]
                name = next(names if mutation else queries)
                yield i, name, state, mutation, not mutation and random.random() < _VOLATILE


def _mutations(scenario: Scenario, service: ServiceScenario) -> dict[MigrationState, int]:
    """How many fields in each state are mutations: every canary, and some of the others."""
    counts = service.fields.by_state()
    left = len(service.types) * len(scenario.verbs) - counts[MigrationState.CANARY]
    queries = service.fields.total - counts[MigrationState.CANARY] - len(service.routes)
    left = min(left, max(0, queries))
    mutations = dict.fromkeys(MigrationState, 0)
    mutations[MigrationState.CANARY] = counts[MigrationState.CANARY]
    for state, share in _MUTATIONS.items():
        mutations[state] = min(left, round(counts[state] * share))
        left -= mutations[state]
    return mutations


def _mutation_names(scenario: Scenario, service: ServiceScenario, random: Random) -> Iterator[str]:
    names = [f"Mutation.{verb}{kind}" for verb in scenario.verbs for kind in service.types]
    random.shuffle(names)
    return iter(names)


def _query_names(scenario: Scenario, service: ServiceScenario, random: Random) -> Iterator[str]:
    """Routes first among equals: all of them, and coordinates in no special order."""
    names = [f"{kind}.{name}" for kind in service.types for name in scenario.field_names]
    random.shuffle(names)
    routes = [f"GET /v1/{route}" for route in service.routes]
    for route in routes:
        names.insert(random.randrange(max(1, service.fields.total // 2)), route)
    return iter(names)
