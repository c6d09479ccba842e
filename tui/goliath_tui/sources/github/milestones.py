"""The milestones of one repository: checkpoints, or the sprints of a team that plans with them."""

from __future__ import annotations

from collections.abc import Iterator

from goliath_tui.domain import Fact, Milestone, Sprint
from goliath_tui.sources import faults
from goliath_tui.sources.github import Options
from goliath_tui.sources.github.asking import PAGE, Haul, Params, millis, shown
from goliath_tui.sources.github.cursor import RepositoryPlace
from goliath_tui.sources.github.shapes import Milestone as Shape

DAY_MS = 86_400_000
MOST_NAMED = 3


class Milestones:
    """Reads all milestones of one repository, a page at a time.

    `sprints`: title → sprint, of all repositories: milestones of one title are one sprint, which
    belongs to whichever was met first. `titles`: title → what it is the name of, a sprint or a
    milestone.
    """

    def __init__(self, repository: str, options: Options, sprints: dict[str, str]) -> None:
        self._repository = repository
        self._options = options
        self._sprints = sprints
        self._path = f"/repos/{repository}/milestones"
        self._next: Params = ()
        self._undated: list[str] = []
        self._names: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        self.undated: list[str] = []

    async def step(self, haul: Haul, place: RepositoryPlace) -> bool:
        """Reads one page; says whether all is told."""
        params = (("state", "all"), ("sort", "due_on"), ("direction", "asc"))
        page = await haul.page(
            self._path, (*params, ("per_page", str(PAGE)), *self._next), Shape, keep=True
        )
        for milestone in page.rows:
            facts = list(self._facts(milestone, place))
            haul.rows += () if page.unchanged else facts
        if page.next:
            if page.next == self._next:
                raise faults.malformed(page.where, "repeats the page before it")
            self._next = page.next
            return False
        self.undated, self._undated, self._next = self._undated, [], ()
        self.titles, self._names = self._names, {}
        return True

    def _facts(self, milestone: Shape, place: RepositoryPlace) -> Iterator[Fact]:
        own = milestone_id(self._repository, milestone.number)
        due = None if milestone.due_on is None else _end_of_day(millis(milestone.due_on))
        name = milestone.title or "unnamed"
        if self._options.sprints != "milestones":
            self._names[milestone.title] = own
            yield Milestone(id=own, name=name, due=due)
            return
        sprint = place.milestones.get(str(milestone.number))
        if sprint is None:
            sprint = self._sprints.get(name.lower(), own)
            place.milestones[str(milestone.number)] = sprint
        self._sprints.setdefault(name.lower(), sprint)
        self._names[milestone.title] = sprint
        if due is None:
            self._undated.append(shown(name))
        elif sprint == own:
            starts = max(0, due - self._options.sprint_days * DAY_MS)
            yield Sprint(id=own, name=name, starts=starts, ends=due)

    def notes(self) -> Iterator[str]:
        """What is odd about them."""
        if self._options.sprints == "milestones" and self.undated:
            names = ", ".join(self.undated[:MOST_NAMED])
            more = " …" if len(self.undated) > MOST_NAMED else ""
            yield f"{self._repository}: no due date, so no sprint: {names}{more}"


def milestone_id(repository: str, number: int) -> str:
    """What a milestone is called in the cache."""
    return f"{repository}/milestone/{number}"


def _end_of_day(due: int) -> int:
    """The end of the day that a milestone is due on: GitHub keeps some hour within it."""
    return (due // DAY_MS + 1) * DAY_MS
