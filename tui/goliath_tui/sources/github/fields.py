"""The fields of a project: which of them the config means, and the iterations that are sprints."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from goliath_tui.domain import SourceError, SourceErrorKind, Sprint
from goliath_tui.sources.github import Project
from goliath_tui.sources.github.asking import PAGE, Haul, Params, millis, shown
from goliath_tui.sources.github.cursor import ProjectPlace
from goliath_tui.sources.github.rules import Rules
from goliath_tui.sources.github.shapes import Iteration, ProjectField

MOST_DAYS = 366
_POINT_TYPES = {"number", "single_select", "text"}


def sprint_id(iteration: str) -> str:
    """The id of the sprint that an iteration is."""
    return f"iteration/{shown(iteration, 200)}"


class Fields:
    """Reads the fields of one project. `ids`: setting → the field's id. `notes`: what is odd."""

    def __init__(self, project: Project, rules: Rules) -> None:
        self._project = project
        self._rules = rules
        self._iterations: set[str] = set()
        self.ids: dict[str, int] = {}
        self.notes: set[str] = set()

    async def read(self, haul: Haul, place: ProjectPlace) -> None:
        """Finds the fields that the config names, and tells the iterations. Raises SourceError."""
        fields: list[ProjectField] = []
        more: Params = ()
        unchanged = True
        for _ in range(10):
            page = await haul.page(
                f"{self._project.path}/fields",
                (("per_page", str(PAGE)), *more),
                ProjectField,
                keep=True,
            )
            fields += page.rows
            unchanged = unchanged and page.unchanged
            if not page.next:
                break
            more = page.next
        self.notes = set()
        self.ids = {}
        for setting, types in (
            ("points", _POINT_TYPES),
            ("iteration", {"iteration"}),
            ("status", {"single_select", "text"}),
        ):
            found = self._field(setting, types, fields, place)
            if found is not None:
                self.ids[setting] = place.fields[setting] = found.id
        self._note_what_is_not_named(fields)
        iterations = [field for field in fields if field.id == self.ids.get("iteration")]
        told = [
            iteration
            for field in iterations
            if field.configuration is not None
            for iteration in (
                *field.configuration.completed_iterations,
                *field.configuration.iterations,
            )
        ]
        if iterations and not told:
            name = shown(iterations[0].name)
            self.notes.add(f"the field {name} of {self._project.name} has no iterations yet")
        if not unchanged:
            self._iterations = set()
            haul.rows += (row for iteration in told if (row := self.sprint(iteration)))

    def _field(
        self, setting: str, types: set[str], fields: list[ProjectField], place: ProjectPlace
    ) -> ProjectField | None:
        """The field that a setting names, by its name or, once known, its id."""
        wanted = getattr(self._rules.options, setting)
        if wanted is None:
            return None
        named = [field for field in fields if field.name.lower() == wanted.lower()]
        known = [field for field in fields if field.id == place.fields.get(setting)]
        if known and not named:
            self.notes.add(
                f"the field {shown(wanted)} of {self._project.name} is called "
                f"{shown(known[0].name)} now: change `{setting}:`"
            )
        fit = [field for field in named or known if field.data_type in types]
        if fit:
            return fit[0]
        if setting == "status" and wanted == "Status":
            return None
        if named:
            kind, kinds = shown(named[0].data_type), ", ".join(sorted(types))
            what = f"the field {shown(wanted)} is of type {kind}, not {kinds}"
        else:
            able = [shown(field.name) for field in fields if field.data_type in types]
            there = ", ".join(able[:10]) or "none that fits"
            what = f"it has no field {shown(wanted)}; it has {there}"
        raise SourceError(
            SourceErrorKind.CONFIG, f"{self._project.name}: {what}: change `{setting}:`"
        )

    def _note_what_is_not_named(self, fields: list[ProjectField]) -> None:
        options = self._rules.options
        for setting, kind, what in (
            ("points", "number", "estimates"),
            ("iteration", "iteration", "sprints"),
        ):
            able = [shown(field.name) for field in fields if field.data_type == kind]
            missing = getattr(options, setting) is None
            if setting == "points":
                missing = missing and options.point_labels is None
            else:
                missing = missing and options.sprints == "iterations"
            if missing and able:
                self.notes.add(f"no {what} are read: name one with `{setting}:` ({able[0]}?)")

    def sprint(self, iteration: Iteration) -> Sprint | None:
        """An iteration as a sprint, from its first day to its last."""
        if iteration.id in self._iterations or not 0 < iteration.duration <= MOST_DAYS:
            return None
        self._iterations.add(iteration.id)
        starts = datetime.combine(iteration.start_date, time(), UTC)
        try:
            ends = starts + timedelta(days=iteration.duration)
        except OverflowError:
            return None
        if millis(starts) < 0:
            return None
        return Sprint(
            id=sprint_id(iteration.id),
            name=iteration.name or "unnamed",
            starts=millis(starts),
            ends=millis(ends),
        )
