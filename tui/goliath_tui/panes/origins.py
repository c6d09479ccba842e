"""Where the figures come from: source, moment, sample count, formula. Pure; `?` shows it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo

from msgspec import Struct

from goliath_tui.domain import Snapshot, SprintFigures
from goliath_tui.panes.condition import givers
from goliath_tui.panes.worry import ENOUGH, OFF, OFF_MEANS, WORRYING
from goliath_tui.widgets import format as fmt


class Origin(Struct, frozen=True):
    """One figure: its name and value, how it is computed, and what it rests on."""

    figure: str
    value: str
    formula: str
    samples: str
    source: str
    moment: str


class Desk(Struct, frozen=True):
    """What the answers are looked up in."""

    snapshot: Snapshot
    gives: Mapping[str, frozenset[str]]
    zone: tzinfo

    def origin(
        self, figure: str, value: str, formula: str, samples: str, needs: Sequence[str]
    ) -> Origin:
        """An origin whose source and moment are those of the sources that give `needs`."""
        sources = givers(needs, self.snapshot.sources, self.gives)
        answers = [s.last_success for s in sources if s.last_success is not None]
        moment = fmt.full_moment(min(answers), self.zone) if answers else "never answered"
        names = fmt.listed([source.name for source in sources]) or "no configured source"
        return Origin(figure, value, formula, samples, names, moment)


def origins(pane: str, desk: Desk) -> list[Origin]:
    """The origins of the figures of the overview's panes; `headline` is a pane here too.

    Empty for a pane that is not one of them.
    """
    known = _ORIGINS.get(pane)
    return known(desk) if known else []


def _headline(desk: Desk) -> list[Origin]:
    snapshot = desk.snapshot
    points, fields, traffic = snapshot.points, snapshot.fields, snapshot.traffic
    retired = snapshot.retired
    total = fmt.plural(fields.total, "field") if fields else "no field"
    return [
        desk.origin(
            "points done",
            fmt.percent(points.done / points.total if points and points.total else None),
            "points of done work items / points of all work items; added: points that were not in "
            "their milestone's baseline",
            f"{fmt.points(points.total)} points" if points else "no point",
            ("points",),
        ),
        desk.origin(
            "fields migrated",
            fmt.count(fields.moved if fields else None),
            "fields in the states migrated or retired, of all fields",
            total,
            ("fields",),
        ),
        _share(desk),
        desk.origin(
            "legacy retired",
            fmt.percent(retired.share if retired else None),
            "fields in the state retired / all fields",
            total,
            ("fields",),
        ),
        desk.origin(
            "intended share",
            fmt.percent(traffic.intended_share if traffic else None),
            "what the gateway was configured to send to new, weighted by requests; "
            f"{OFF}: observed is {OFF_MEANS}",
            _requests(desk),
            ("traffic", "intended"),
        ),
    ]


def _requests(desk: Desk) -> str:
    traffic = desk.snapshot.traffic
    if traffic is None:
        return "no request"
    span, width = fmt.period(traffic.span_ms), fmt.period(traffic.resolution_ms)
    return f"{fmt.plural(traffic.requests, 'request')} in {span}, in steps of {width}"


def _share(desk: Desk) -> Origin:
    traffic = desk.snapshot.traffic
    return desk.origin(
        "traffic on new",
        fmt.percent(traffic.new_share if traffic else None),
        "requests answered by new / requests answered; shadow calls never count",
        _requests(desk),
        ("traffic",),
    )


def _traffic(desk: Desk) -> list[Origin]:
    series = desk.snapshot.share_series
    steps = fmt.plural(len(series.points), "step") if series else "no step"
    width = f" of {fmt.period(series.step_ms)}" if series else ""
    return [
        _share(desk),
        desk.origin(
            "the line",
            steps,
            "per step: requests answered by new / requests answered; a step without data is a gap",
            f"{steps}{width}",
            ("traffic",),
        ),
        desk.origin(
            "volumes",
            "per minute",
            "requests answered by each side in a step / minutes of the step",
            f"{steps}{width}",
            ("traffic",),
        ),
    ]


def _services(desk: Desk) -> list[Origin]:
    rows = desk.snapshot.services
    compared = sum(row.compared or 0 for row in rows)
    failed = sum(row.failed or 0 for row in rows)
    services = fmt.plural(len(rows), "service")
    return [
        desk.origin(
            "points",
            services,
            "points of the service's done work items / of all its work items",
            services,
            ("points",),
        ),
        desk.origin(
            "fields",
            services,
            "fields migrated or retired / all; hollow blue steps: canary or side-by-side",
            services,
            ("fields",),
        ),
        desk.origin(
            "share, p95, errors",
            "",
            "share as above, per service; p95 from added histograms (within 41 %); errors: failed "
            "answers of new / its requests",
            _requests(desk),
            ("traffic",),
        ),
        desk.origin(
            "share, 24 h",
            "",
            "share as above in steps, drawn between 0 and 100 %; the figure: the last step less "
            "the first one, in percentage points",
            services,
            ("traffic",),
        ),
        desk.origin(
            "diff/1k",
            "",
            "comparisons that differed × 1,000 / comparisons made; those that failed are not in "
            f"it; ! from {WORRYING:g} on, where there are {ENOUGH} comparisons at least",
            f"{fmt.plural(compared, 'comparison')}, {failed:,} could not be compared",
            ("mismatches", "comparisons"),
        ),
    ]


def _sprint(desk: Desk) -> list[Origin]:
    return sprint_origins(desk, desk.snapshot.sprint)


def sprint_origins(desk: Desk, sprint: SprintFigures | None) -> list[Origin]:
    """The origins of a sprint's figures."""
    changes = fmt.plural(len(sprint.burndown), "change") if sprint else "no change"
    return [
        desk.origin(
            "remaining",
            fmt.points(sprint.remaining if sprint else None),
            "committed + added − removed + re-estimated − done, replayed from the items' events",
            changes,
            ("sprint",),
        ),
        desk.origin(
            "ideal",
            "",
            "from committed to 0, evenly over the working days (Monday to Friday)",
            f"{sprint.days} working days" if sprint else "",
            ("sprint",),
        ),
    ]


def _differences(desk: Desk) -> list[Origin]:
    found = desk.snapshot.mismatches
    return [
        desk.origin(
            "rate",
            fmt.per_minute(found.per_minute if found else None),
            "mismatches of the last 10 minutes / 10",
            fmt.plural(found.groups, "group") + " in 7 days" if found else "no group",
            ("mismatches",),
        ),
        desk.origin(
            "a group",
            fmt.count(found.groups if found else None),
            "all mismatches with one field, one path without list indexes and one class",
            f"{fmt.count(found.new_groups)} first seen within a day" if found else "",
            ("mismatches",),
        ),
    ]


def _sources(desk: Desk) -> list[Origin]:
    names = [source.name for source in desk.snapshot.sources]
    return [
        Origin(
            "state",
            fmt.plural(len(names), "source"),
            "ok: answered within three of its periods; stale: longer ago; failing: the last poll "
            "failed; refused: the credentials",
            "the log of polls",
            fmt.listed(names) or "no source",
            fmt.full_moment(desk.snapshot.at, desk.zone),
        )
    ]


_ORIGINS: dict[str, Callable[[Desk], list[Origin]]] = {
    "headline": _headline,
    "traffic": _traffic,
    "services": _services,
    "sprint": _sprint,
    "differences": _differences,
    "sources": _sources,
}
