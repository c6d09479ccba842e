"""Which issues are gone: deleted, or transferred to a repository that we do not read.

GitHub says nothing of either to who asks for what was updated. So all issues are listed from time
to time, a few pages a poll, and those that are known but not met are asked for by themselves: only
GitHub's own word makes them gone, for a list can change while it is being read.
"""

from __future__ import annotations

from goliath_tui.domain import Inventory, SourceError
from goliath_tui.sources.github.asking import PAGE, Haul, Params
from goliath_tui.sources.github.cursor import RepositoryPlace, packed, unpacked
from goliath_tui.sources.github.shapes import Issue

EVERY_MS = 6 * 3_600_000
#: What it may ask for in one poll.
MOST_REQUESTS = 5


class Recount:
    """Lists the issues of one repository when it is time to."""

    def __init__(self, repository: str) -> None:
        self._repository = repository
        self._path = f"/repos/{repository}/issues"
        self._next: Params | None = None
        self._met: set[int] = set()
        self._doubtful: list[int] | None = None
        self._gone: set[int] = set()

    async def step(self, haul: Haul, place: RepositoryPlace) -> None:
        """Goes on a little."""
        if haul.now() - place.counted_at < EVERY_MS:
            return
        for _ in range(MOST_REQUESTS):
            if not haul.has_room():
                return
            if self._doubtful is None:
                await self._list(haul, place)
            elif self._doubtful:
                await self._ask(haul, place, self._doubtful[-1])
                self._doubtful.pop()
            else:
                self._tell(haul, place)
                return

    async def _list(self, haul: Haul, place: RepositoryPlace) -> None:
        params = (("state", "all"), ("sort", "created"), ("direction", "asc"))
        page = await haul.page(
            self._path, (*params, ("per_page", str(PAGE)), *(self._next or ())), Issue
        )
        self._met.update(issue.number for issue in page.rows if not issue.is_pull)
        self._next = page.next
        if not page.next:
            known = unpacked(place.items)
            self._doubtful = sorted(known - self._met)

    async def _ask(self, haul: Haul, place: RepositoryPlace, number: int) -> None:
        try:
            issue = await haul.one(f"{self._path}/{number}", Issue)
        except SourceError as error:
            if error.status not in {404, 410}:
                raise
            self._gone.add(number)
            return
        # Asked for a transferred issue GitHub leads to the one that it has become.
        own = {self._repository.lower(), place.called.lower()}
        if issue.number != number or (issue.home and issue.home.lower() not in own):
            self._gone.add(number)

    def _tell(self, haul: Haul, place: RepositoryPlace) -> None:
        there = unpacked(place.items) - self._gone
        haul.rows.append(
            Inventory(
                at=haul.now(),
                prefix=f"{self._repository}#",
                items=tuple(f"{self._repository}#{n}" for n in sorted(there | self._met)),
            )
        )
        place.items = packed(there)
        place.unestimated = packed(unpacked(place.unestimated) - self._gone)
        place.unmapped = packed(unpacked(place.unmapped) - self._gone)
        place.odd = {n: odd for n, odd in place.odd.items() if int(n) not in self._gone}
        place.counted_at = haul.now()
        self._next, self._met, self._doubtful, self._gone = None, set(), None, set()
