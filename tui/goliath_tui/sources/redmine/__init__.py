"""Redmine: its issues as work items, its versions as sprints and milestones.

Here is only what a config can say; `reading` reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Literal

from msgspec import field

from goliath_tui.sources import Setup, Source
from goliath_tui.sources.patterns import starred
from goliath_tui.sources.work import WorkOptions

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

#: The lists that seldom change (projects, statuses, trackers, versions) are read again this often.
TABLES_EVERY_S = 600
LONGEST_SPRINT_DAYS = 366
LONGEST_PREFIX = 32


class Options(WorkOptions, frozen=True, kw_only=True):
    """Settings of a Redmine.

    `projects`: identifiers, as in the addresses of Redmine. `subprojects`: whether theirs count
    too. `points`: the custom field that holds an item's points; without it an item's estimated time
    counts, `hours_per_day` to an engineer-day. `labels`: custom fields whose values are labels.
    `sprints`, `milestones`: patterns for the names of versions; what fits both is a milestone.
    `baselines`: milestone → the day after which what is added to it is scope added. `sprint_days`:
    how long a sprint is, for Redmine knows only its last day; `sprint_start` names a custom field
    of versions that knows the first. `time_zone`: where these days begin. `history`: `journals`
    reads what happened to each item, one request an item; `none` only how it stands. `prefix`: what
    item numbers begin with here.
    """

    projects: tuple[str, ...] = ()
    subprojects: bool = True
    points: str | None = None
    hours_per_day: float = 8.0
    labels: tuple[str, ...] = ()
    sprints: tuple[str, ...] = ("*",)
    milestones: tuple[str, ...] = ()
    baselines: dict[str, str] = field(default_factory=dict)
    sprint_days: int = 14
    sprint_start: str | None = None
    time_zone: str = "UTC"
    history: Literal["journals", "none"] = "journals"
    prefix: str = "#"

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """What types cannot tell."""
        yield from super().problems()
        if not self.projects:
            yield (), "expected `projects:`, a list of identifiers as in the addresses of Redmine"
        if not self.hours_per_day > 0:
            yield ("hours_per_day",), "expected a number above 0"
        if self.points is None and self.points_per_day != 1:
            yield (
                ("points_per_day",),
                "means nothing without `points:`; for estimated time there is `hours_per_day:`",
            )
        if not 1 <= self.sprint_days <= LONGEST_SPRINT_DAYS:
            yield ("sprint_days",), f"expected 1 to {LONGEST_SPRINT_DAYS}"
        if len(self.prefix) > LONGEST_PREFIX:
            yield ("prefix",), f"expected at most {LONGEST_PREFIX} characters"
        for name, day in self.baselines.items():
            try:
                date.fromisoformat(day)
            except ValueError:
                yield ("baselines", name), "expected a day, such as 2026-03-31"
        try:
            self.zone()
        except (ValueError, OSError):
            yield ("time_zone",), "expected a name such as Europe/Berlin"

    def zone(self) -> ZoneInfo:
        """The time zone of Redmine's days. Raises ValueError or OSError."""
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            return ZoneInfo(self.time_zone)
        except ZoneInfoNotFoundError:
            raise ValueError(self.time_zone) from None

    def points_of(self, raw: object) -> float | None:
        """An estimate as engineer-days. Raises ValueError for what is none."""
        points = super().points_of(raw)
        return points if self.points or points is None else points / self.hours_per_day

    def is_milestone(self, version: str) -> bool:
        """Whether a version of this name is a milestone."""
        return _fits(version, self.milestones)

    def is_sprint(self, version: str) -> bool:
        """Whether a version of this name is a sprint."""
        return not self.is_milestone(version) and _fits(version, self.sprints)

    def custom_fields(self) -> tuple[str, ...]:
        """The custom fields of issues that are read."""
        return (*self.labels, *([] if self.points is None else [self.points]))

    def facets(self) -> set[str]:
        """What the rules ask of an item."""
        return {facet for rule in self.services for facet in rule.patterns()}


def make(setup: Setup) -> Source:
    """A source that reads one Redmine."""
    from goliath_tui.sources.redmine.reading import Redmine

    return Redmine(_options(setup))


def requests_per_poll(setup: Setup) -> float:
    """One for what was changed, one for what was deleted, and now and then the lists."""
    options = _options(setup)
    each = 2 if "component" in options.facets() else 1
    return 2 + (4 + each * max(1, len(options.projects))) * 60 / TABLES_EVERY_S


def _options(setup: Setup) -> Options:
    return setup.options if isinstance(setup.options, Options) else Options()


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(starred(pattern, any_case=True).fullmatch(name) for pattern in patterns)
