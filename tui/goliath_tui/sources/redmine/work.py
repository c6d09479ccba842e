"""How a Redmine is read: what was changed since, in the order of change; then what is gone.

A poll goes on from the second up to which all is told. Issues are taken in the order in which they
were changed, each with its journals, which Redmine gives one issue at a time; so a first fill comes
in many small batches and can be interrupted between any two. Pages are never counted off: an issue
that is changed while we read would push another off its page. The next page begins with the second
that the last one ended in. Only a second with more issues than a page is gone through by number.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from goliath_tui.clean import clean_fact
from goliath_tui.domain import Fact
from goliath_tui.sources.redmine import Options
from goliath_tui.sources.redmine import notes as redmine_notes
from goliath_tui.sources.redmine.compare import compare
from goliath_tui.sources.redmine.history import Reading, Tell, gone, moves_of, parents_of
from goliath_tui.sources.redmine.place import Place, pack, unpack
from goliath_tui.sources.redmine.tables import Tables, broken
from goliath_tui.sources.redmine.wire import (
    MOST_REQUESTS,
    MOST_ROWS,
    PAGE,
    Asking,
    Issue,
    Issues,
    looks,
    second,
    stamp,
)

DAY_S = 86_400
#: Of the requests of a poll that fills, one is for the page; the rest are for the issues on it.
FILL_PAGE = MOST_REQUESTS - 2
MOST_SUBJECTS = 50_000


class Work:
    """The work of one poll. `rows`: what it has to tell. `ahead`: the issues to come.

    `renew` gives lists that know what an issue speaks of. `subjects` (parent → subject) is kept
    from poll to poll.
    """

    def __init__(
        self,
        options: Options,
        tables: Tables,
        subjects: dict[str, str],
        *,
        asking: Asking,
        place: Place,
        page: int,
        renew: Callable[[Issue], Awaitable[Tables]],
    ) -> None:
        self.tables = tables
        self.rows: list[Fact] = []
        self.ahead = 0
        self._options = options
        self._subjects = subjects
        self._reading = Reading(options, tables, subjects)
        self._asking = asking
        self._place = place
        self._page = page
        self._renew = renew
        self._known = unpack(place.known)
        self._told = 0
        place.turn += 1
        self._mark = f"~{place.turn:012d}"
        self._ours: int | None = None

    def remaining(self) -> int:
        """The rows to come, if the issues to come are as the ones that came."""
        each = len(self.rows) / self._told if self._told else 1.0
        return round(self.ahead * max(1.0, each))

    async def go_on(self) -> bool:
        """Tells what there is room for; whether there is more to do at once. Raises SourceError."""
        place = self._place
        self._tell_lists()
        done = await self._changed() and await self._again() and await self._different()
        if done:
            place.counting = False
            place.filled = place.filled or self._asking.now() // 1000
        place.known = pack(self._known)
        return not done

    def _tell_lists(self) -> None:
        """Sprints and milestones, when they are not what was told last."""
        place, stands_for = self._place, self.tables.print()
        if place.listed == stands_for:
            return
        self.rows += self.tables.rows
        dated = sorted({*self.tables.sprints, *self.tables.milestones})
        if place.listed:
            # The issues of a version that had no date were told as being in no sprint.
            place.again += [(number, 1) for number in dated if number not in place.dated]
        place.listed, place.dated = stands_for, dated

    @property
    def _has_room(self) -> bool:
        return self._asking.has_room and len(self.rows) < MOST_ROWS

    def _now(self) -> int:
        return self._asking.now() // 1000

    async def _changed(self) -> bool:
        """Takes what was changed since; whether that was all."""
        place = self._place
        filling = not place.filled and self._options.history == "journals"
        limit = min(self._page, FILL_PAGE if filling else PAGE)
        while self._has_room:
            if place.ids_from:
                if not await self._one_second(limit):
                    return False
                continue
            horizon = self._now() + DAY_S
            page = await self._issues(place.since, horizon, sort="updated_on,id", limit=limit)
            moments = [second(issue.updated_on) for issue in page.issues]
            if moments != sorted(moments):
                raise broken(self.tables.home, "does not sort by `updated_on`")
            fresh = [issue for issue in page.issues if self._is_news(issue)]
            self.ahead = page.total_count - len(page.issues) + len(fresh)
            if not await self._take_all(fresh):
                return False
            if len(page.issues) < limit:
                place.settle(self._now())
                return True
            if not fresh and moments[-1] <= place.since:
                place.ids_from = 1
            place.advance(moments[-1], self._now())
        return False

    async def _one_second(self, limit: int) -> bool:
        """Goes through the second `since` by number; whether there was room for what came."""
        place = self._place
        from_here = ("issue_id", ">=", str(place.ids_from))
        page = await self._issues(place.since, place.since + 1, from_here, sort="id", limit=limit)
        for issue in self._from(page, place.ids_from):
            if second(issue.updated_on) == place.since and self._is_news(issue):
                if not self._has_room:
                    return False
                await self._take(issue)
            place.ids_from = issue.id + 1
        if len(page.issues) < limit:
            place.ids_from = 0
            place.advance(place.since + 1, self._now())
        return True

    async def _issues(
        self, since: int, until: int, *filters: tuple[str, str, str], sort: str, limit: int
    ) -> Issues:
        moments = ("updated_on", "><", f"{stamp(since)}|{stamp(until)}")
        page = await self._asking.issues(
            self.tables.of_ours(), moments, *filters, sort=sort, limit=limit
        )
        # What Redmine keeps is finer than what it tells: a second more or less is no fault.
        if any(not since - 1 <= second(issue.updated_on) <= until for issue in page.issues):
            raise broken(self.tables.home, "does not keep to the filter `updated_on`")
        return page

    def _from(self, page: Issues, first: int) -> Sequence[Issue]:
        """The issues of a page by number, which begin with `first`. Raises SourceError."""
        numbers = [issue.id for issue in page.issues]
        if numbers != sorted(set(numbers)) or min(numbers, default=first) < first:
            raise broken(self.tables.home, "does not keep to the filter `issue_id`")
        return page.issues

    def _is_news(self, issue: Issue) -> bool:
        moment = second(issue.updated_on)
        told = self._place.recent.get(issue.id)
        return moment >= self._place.since and told != (moment, looks(issue))

    async def _take_all(self, issues: Sequence[Issue]) -> bool:
        """Takes issues in the order of change; whether there was room for all."""
        await self._learn(str(issue.parent.id) for issue in issues if issue.parent)
        for issue in issues:
            if not self._has_room:
                return False
            await self._take(issue)
            self._place.advance(second(issue.updated_on), self._now())
        return True

    async def _take(self, listed: Issue) -> None:
        """Tells an issue that was changed."""
        place = self._place
        # What was told of it before may have left out what no journal says.
        moment = second(listed.updated_on)
        # One that is not known but not new either may have been known and gone.
        is_new = not place.filled or moment == second(listed.created_on)
        was_told = listed.id in self._known or not is_new
        # Changed twice in a second, and read in between: the first was told of this second.
        twice = place.recent.get(listed.id, (0, 0))[0] == moment
        tell = self._told_before(listed, twice=twice) if was_told else None
        await self._tell(listed.id, listed, tell)
        place.tell(listed.id, moment, looks(listed))
        self.ahead -= 1

    def _told_before(self, issue: Issue, *, twice: bool = False) -> Tell:
        """How it is told how an issue stands of which something was told before."""
        ours = self._place.ours
        spoke_later = second(issue.updated_on) <= ours
        return Tell(
            at_least=ours * 1000 if spoke_later else 0,
            mark=self._mark if spoke_later or twice else "",
        )

    def _tell_now(self) -> Tell:
        """How what Redmine has no moment for is told: in a second after all that was told."""
        place = self._place
        if self._ours is None:
            place.ours = self._ours = max(self._now(), place.latest + 1, place.ours + 1)
        return Tell(at_least=self._ours * 1000, mark=self._mark)

    async def _tell(self, number: int, listed: Issue | None, tell: Tell | None) -> None:
        issue = listed
        if listed is None or self._options.history == "journals":
            issue = await self._asking.issue(number)
        if issue is None:
            # Deleted a moment ago: the comparison will say so.
            return
        await self._tell_read(issue, tell)

    async def _tell_read(self, issue: Issue, tell: Tell | None) -> None:
        await self._learn(parents_of(issue))
        self.tables.learn(issue)
        if self.tables.unknown(issue):
            self.tables = await self._renew(issue)
            self._reading = Reading(self._options, self.tables, self._subjects)
            self._tell_lists()
        limit_ms = self._asking.now() + DAY_S * 1000
        events, now, cut = self._reading.events(issue, limit_ms=limit_ms, tell=tell)
        self.rows.append(clean_fact(self._reading.work_item(issue)))
        self.rows += map(clean_fact, events)
        self._told += 1
        latest = max((event.at for event in events), default=0)
        self._place.latest = max(self._place.latest, latest // 1000)
        redmine_notes.remember(self._place, issue, now, self._options, yet_to_come=cut)
        if str(issue.project.id) in self.tables.inside:
            self._known.add(issue.id)
        else:
            self._known.discard(issue.id)

    async def _learn(self, parents: Iterable[str]) -> None:
        """Asks for the subjects of parents, where a rule wants them."""
        if "epic" not in self._options.facets():
            return
        unknown = sorted({parent for parent in parents if parent not in self._subjects})
        for first in range(0, len(unknown), PAGE):
            some = unknown[first : first + PAGE]
            page = await self._asking.issues(_numbered(some), sort="id", limit=PAGE)
            if len(self._subjects) > MOST_SUBJECTS:
                self._subjects.clear()
            self._subjects |= dict.fromkeys(some, "")
            self._subjects |= {str(issue.id): issue.subject for issue in page.issues}

    async def _again(self) -> bool:
        """Takes the issues of versions that have become sprints or milestones; whether all."""
        place, limit = self._place, min(self._page, FILL_PAGE)
        while place.again:
            if not self._has_room:
                return False
            number, first = place.again[0]
            page = await self._asking.issues(
                self.tables.of_ours(),
                ("fixed_version_id", "=", number),
                ("issue_id", ">=", str(first)),
                sort="id",
                limit=limit,
            )
            for issue in self._from(page, first):
                if not self._has_room:
                    return False
                await self._tell(issue.id, issue, self._told_before(issue))
                place.again[0] = (number, issue.id + 1)
            if len(page.issues) < limit:
                place.again.pop(0)
        return True

    async def _different(self) -> bool:
        """Takes what the comparison of numbers finds; whether that was all."""
        place = self._place
        if not await compare(self._asking, place, self.tables, self._known):
            return False
        while place.missing:
            if not self._has_room:
                return False
            await self._look_for(place.missing[:PAGE])
            place.missing = place.missing[PAGE:]
        while place.moved:
            if not self._has_room:
                return False
            await self._follow(place.moved[0])
            place.moved.pop(0)
        while place.strangers:
            if not self._has_room:
                return False
            # It may have been there before and been told as gone.
            await self._tell(place.strangers[0], None, self._tell_now())
            place.strangers.pop(0)
        return True

    async def _look_for(self, numbers: Sequence[int]) -> None:
        """Of issues that are no longer among ours: which moved away, and which are gone."""
        page = await self._asking.issues(_numbered(numbers), sort="id", limit=PAGE)
        elsewhere = {issue.id for issue in page.issues}
        self._known -= set(numbers)
        self._place.moved += [number for number in numbers if number in elsewhere]
        for number in numbers:
            if number not in elsewhere:
                self._gone(number)

    def _gone(self, number: int) -> None:
        self.rows.append(gone(self._reading.item(number), self._tell_now()))
        self._place.odd.pop(number, None)

    async def _follow(self, number: int) -> None:
        """Tells of an issue that moved away when it did so, if that can be known."""
        issue = await self._asking.issue(number)
        if issue is None:
            self._gone(number)
        elif str(issue.project.id) in self.tables.inside:
            await self._tell_read(issue, self._tell_now())
        elif self._options.history == "journals" and (moves := moves_of(issue)):
            # Another source may tell the rest of it; so we say no more than we have to.
            spoke_later = max(moves) <= self._place.ours
            await self._tell_read(issue, self._told_before(issue) if spoke_later else None)
        else:
            self._gone(number)


def _numbered(numbers: Iterable[object]) -> tuple[str, str, str]:
    return "issue_id", "=", ",".join(map(str, numbers))
