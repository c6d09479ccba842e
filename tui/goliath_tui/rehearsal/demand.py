"""How many requests there are: when, for which field, and for which side they are meant.

The load generator sends by these figures and the history is counted by them, so the one goes on
where the other ends.
"""

from math import cos, pi

from goliath_tui.domain import MigrationState
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.chance import dice
from goliath_tui.rehearsal.scenario import Load, Scenario
from goliath_tui.rehearsal.travel import Stop, Timeline, state_at
from goliath_tui.rehearsal.weeks import DAY, HOUR, Calendar

#: The load at the beginning of the story, against that at the anchor.
_AT_FIRST = 0.7

#: The busiest hour of the day, UTC.
_BUSIEST = 18 * HOUR

_SATURDAY = 2 * DAY  # 1970-01-03


def intended(stop: Stop) -> float:
    """The share of a field's requests that the gateway means to send to new."""
    if stop.state is MigrationState.CANARY:
        return (stop.percentage or 0.0) / 100
    return float(stop.state in {MigrationState.MIGRATED, MigrationState.RETIRED})


def rate(load: Load, calendar: Calendar, at: int, width: int = 0) -> float:
    """Requests per second of all fields in [at, at + width), on average.

    The mean is the scenario's at the anchor on a weekday, less before it. Day and night follow a
    cosine, of which a bucket of whole days sees nothing; widths in between are read in the middle.
    """
    middle = at + width // 2
    age = (middle - calendar.begins) / (calendar.anchor - calendar.begins)
    growth = _AT_FIRST + (1 - _AT_FIRST) * min(1.0, max(0.0, age))
    weekend = load.weekend if (middle - _SATURDAY) % (7 * DAY) < 2 * DAY else 1.0
    daily = 0.0 if width >= DAY else load.daily * cos(2 * pi * (middle - _BUSIEST) / DAY)
    return load.per_second * growth * weekend * (1 + daily)


def weights(
    scenario: Scenario,
    seed: int,
    calendar: Calendar,
    fields: tuple[FieldPlan, ...],
    timelines: tuple[Timeline, ...],
) -> tuple[float, ...]:
    """The share of all requests that each field gets, in the order of the catalogue; sums to 1.

    Within a service they fall off as 1 / rank^zipf. What has not moved is then weighed so that at
    the anchor the gateway means to send the scenario's `intended_share` to new: with moved weight
    m, other weight u and its canaries' part c, their factor f solves (m + f c) / (m + f u) = share.
    """
    raw = _by_rank(scenario, seed, fields)
    moved = rest = canary = 0.0
    shares = [intended(state_at(timeline, calendar.anchor)) for timeline in timelines]
    for weight, share in zip(raw, shares, strict=True):
        if share == 1:
            moved += weight
        else:
            rest += weight
            canary += weight * share
    wanted = scenario.load.intended_share
    slope = wanted * rest - canary
    factor = moved * (1 - wanted) / slope if slope > 0 else 1.0
    scaled = [
        weight if share == 1 else weight * factor for weight, share in zip(raw, shares, strict=True)
    ]
    total = sum(scaled)
    return tuple(weight / total for weight in scaled)


def _by_rank(scenario: Scenario, seed: int, fields: tuple[FieldPlan, ...]) -> list[float]:
    by_service: list[list[int]] = [[] for _ in scenario.services]
    for field in fields:
        by_service[field.service].append(field.index)
    raw = [0.0] * len(fields)
    for service, own in zip(scenario.services, by_service, strict=True):
        dice(seed, "demand", service.name).shuffle(own)
        falling = [(rank + 3) ** -scenario.load.zipf for rank in range(len(own))]
        scale = service.load / sum(falling)
        for index, weight in zip(own, falling, strict=True):
            raw[index] = weight * scale
    return raw
