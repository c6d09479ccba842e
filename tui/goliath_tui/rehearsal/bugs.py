"""The seeded bugs: which field's new answer is wrong, in what way, how often, and until when.

A bug is there as long as the field is served by new code, but it shows only where somebody looks:
side by side. It is fixed before its field is migrated, at the moment its work item is done.
"""

from random import Random

from msgspec import Struct

from goliath_tui.domain import MigrationState
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.chance import dice
from goliath_tui.rehearsal.scenario import Scenario
from goliath_tui.rehearsal.travel import Timeline
from goliath_tui.rehearsal.weeks import DAY, HOUR, Calendar, working


class Bug(Struct, frozen=True):
    """A bug of `kind` in one field, which shows with the arguments in `keys`.

    Comparisons find it over [seen, fixed); `fixed` None: not within the story. `place` (0 to 1)
    says where in the answer it sits.
    """

    field: int
    kind: str
    keys: frozenset[int]
    place: float
    seen: int
    fixed: int | None

    def shows(self, at: int) -> bool:
        """Whether comparisons can find it at a moment."""
        return self.seen <= at and self.is_there(at)

    def is_there(self, at: int) -> bool:
        """Whether it has not been fixed yet."""
        return self.fixed is None or at < self.fixed


def bugs(
    scenario: Scenario,
    seed: int,
    calendar: Calendar,
    fields: tuple[FieldPlan, ...],
    timelines: tuple[Timeline, ...],
) -> tuple[Bug, ...]:
    """All bugs that comparisons find within the story, in the order of the catalogue."""
    random = dice(seed, "bugs")
    kinds = [kind for kind, weight in scenario.differences.kinds.items() if weight]
    weights = [scenario.differences.kinds[kind] for kind in kinds]
    found = []
    for field, timeline in zip(fields, timelines, strict=True):
        chance, kind = random.random(), random.choices(kinds, weights)[0]
        place, hits = random.random(), random.uniform(*scenario.differences.hits)
        seen, until = _looked_at(timeline)
        if seen is None or chance >= scenario.differences.fields:
            continue
        fixed = _fixed(seen, until, random)
        within = fixed if fixed < calendar.horizon else None
        keys = scenario.load.keys
        hit = frozenset(random.sample(range(keys), max(1, round(keys * hits))))
        found.append(Bug(field.index, kind, hit, place, seen, within))
    return tuple(found)


def _looked_at(timeline: Timeline) -> tuple[int | None, int | None]:
    """When a field's comparisons begin and end, if they do within the story."""
    for i, stop in enumerate(timeline):
        if stop.state is MigrationState.SIDE_BY_SIDE:
            return stop.at, timeline[i + 1].at if i + 1 < len(timeline) else None
    return None, None


def _fixed(seen: int, until: int | None, random: Random) -> int:
    if until is None:
        return working(seen + random.uniform(5, 50) * DAY)
    fixed = working(seen + (until - seen) * random.uniform(0.35, 0.92))
    # Working hours may push a fix past the migration that waits for it.
    return min(max(fixed, seen + 1), max(seen + 1, until - HOUR))
