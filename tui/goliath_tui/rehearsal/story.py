"""One rehearsal's story: everything that follows from scenario, seed and anchor alone."""

from msgspec import Struct

from goliath_tui.domain import Side
from goliath_tui.rehearsal.bugs import Bug, bugs
from goliath_tui.rehearsal.catalogue import FieldPlan, catalogue
from goliath_tui.rehearsal.demand import weights
from goliath_tui.rehearsal.instance import instance
from goliath_tui.rehearsal.pace import Pace, paces
from goliath_tui.rehearsal.scenario import Scenario
from goliath_tui.rehearsal.travel import Stop, Timeline, state_at, travel
from goliath_tui.rehearsal.weeks import Calendar, wednesday


class Story(Struct, frozen=True):
    """Who, what and when. Lists by field are in the order of the catalogue; `bugs` by field."""

    scenario: Scenario
    seed: int
    instance: str
    calendar: Calendar
    fields: tuple[FieldPlan, ...]
    timelines: tuple[Timeline, ...]
    bugs: dict[int, Bug]
    weights: tuple[float, ...]
    paces: tuple[dict[Side, Pace], ...]

    def stop(self, field: int, at: int) -> Stop:
        """Where a field is at a moment."""
        return state_at(self.timelines[field], at)


def tell(scenario: Scenario, text: str, seed: int, now: int) -> Story:
    """The story in whose last sprint `now` is; `text` is what the scenario was read from."""
    calendar = Calendar(wednesday(now), scenario.sprints.count)
    fields = catalogue(scenario, seed)
    timelines = travel(scenario, seed, calendar, fields)
    found = bugs(scenario, seed, calendar, fields, timelines)
    return Story(
        scenario=scenario,
        seed=seed,
        instance=instance(text, seed, now),
        calendar=calendar,
        fields=fields,
        timelines=timelines,
        bugs={bug.field: bug for bug in found},
        weights=weights(scenario, seed, calendar, fields, timelines),
        paces=paces(scenario),
    )
