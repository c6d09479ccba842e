"""How a GitHub source is polled: in rounds, each of which asks everything for what is new.

A round reads the project, then of each repository its milestones, its events, its issues, and a
little of the count of what is gone. Each part goes page by page and keeps in the cursor how far it
is. A batch ends when it has asked enough, and the round goes on with the next. When something
fails, what was read before is told first and the error raised next.

What is remembered beside the cursor (answers that are unchanged, where a round is) is dropped
unless the next poll goes on with the very cursor that was returned last.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from goliath_tui.clean import clean_fact
from goliath_tui.domain import Batch, Fact, Inventory, SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Client
from goliath_tui.sources.github import Options
from goliath_tui.sources.github import cursor as cursors
from goliath_tui.sources.github.asking import Haul, Page, Params
from goliath_tui.sources.github.cursor import Place, RepositoryPlace, unpacked
from goliath_tui.sources.github.events import Events
from goliath_tui.sources.github.issues import Issues
from goliath_tui.sources.github.milestones import Milestones
from goliath_tui.sources.github.project import ProjectReader
from goliath_tui.sources.github.recount import Recount
from goliath_tui.sources.github.rules import Rules

MOST_NAMED = 3
FRESH_MS = 600_000
#: Trouble that goes by.
_PASSING = {SourceErrorKind.RATE_LIMIT, SourceErrorKind.TIMEOUT, SourceErrorKind.UNREACHABLE}

Step = Callable[[Haul, Place], Awaitable[bool]]


class GitHub:
    """A source that reads repositories and a project. See the module for how."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._rules = Rules(options)
        self._fingerprint = self._rules.fingerprint()
        self._forget()

    def _forget(self) -> None:
        """Drops all that is not in the cursor."""
        self._continues: str | None = None
        self._raise_next: SourceError | None = None
        self._known: dict[tuple[str, Params], Page] = {}
        self._round = 0
        sprints: dict[str, str] = {}
        self._readers = [
            _Repository(name, self._rules, sprints) for name in self._options.repositories
        ]
        project = self._options.project
        self._project = None if project is None else ProjectReader(project, self._rules)
        self._steps: list[Step] = [] if self._project is None else [self._read_project]
        self._steps += [reader.survey for reader in self._readers]
        for reader in self._readers:
            self._steps += reader.steps()

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """The next batch after `cursor`. Raises SourceError."""
        if self._continues is None or cursor != self._continues:
            self._forget()
        if self._raise_next is not None:
            raise self._raised(self._raise_next)
        requests, bytes_read = client.requests, client.bytes_read
        haul = Haul(client=client, known=self._known)
        place = cursors.read(cursor, self._fingerprint, client.clock())
        self._settle(haul, place)
        began = msgspec.json.encode(place)
        for reader in self._readers:
            reader.events.new_poll()
        try:
            more = await self._fill(haul, place)
        except SourceError as error:
            if not haul.rows and msgspec.json.encode(place) == began:
                raise self._raised(error) from None
            more, self._raise_next = True, error
        try:
            rows = tuple(_cleaned(haul.rows))
        except SourceError:
            self._forget()
            raise
        self._continues = msgspec.json.encode(place).decode()
        return Batch(
            rows=rows,
            cursor=self._continues,
            more=more,
            remaining=self._remaining(place) if more else 0,
            skew_ms=haul.skew_ms,
            requests=client.requests - requests,
            bytes_read=client.bytes_read - bytes_read,
            notes=tuple(self._notes(place)),
        )

    def _raised(self, error: SourceError) -> SourceError:
        """The error, after which the round goes on where it was if that may help, or begins anew.

        What fails for long must not keep the parts before it from being read again.
        """
        self._raise_next = None
        if error.kind not in _PASSING:
            self._forget()
        return error

    async def _fill(self, haul: Haul, place: Place) -> bool:
        """Goes on with the round until the haul is full; says whether there is more of it."""
        while self._round < len(self._steps):
            if not haul.has_room():
                return True
            if await self._steps[self._round](haul, place):
                self._round += 1
        self._round = 0
        return False

    async def _read_project(self, haul: Haul, place: Place) -> bool:
        """Reads on in the project.

        Not right after it was read, while repositories are still read for the first time: who is
        interrupted then has to come to those at last.
        """
        assert self._project is not None  # noqa: S101 - for the type checker
        filling = any(not own.filled for own in place.repositories.values())
        if filling and haul.now() - place.project.read_at < FRESH_MS and not self._project.begun:
            return True
        return await self._project.step(haul, place)

    def _settle(self, haul: Haul, place: Place) -> None:
        """Gives every repository a place, and takes leave of those that are no longer named."""
        for name in [name for name in place.repositories if name not in self._options.repositories]:
            del place.repositories[name]
            place.project.items.pop(name, None)
            haul.rows.append(Inventory(at=haul.now(), prefix=f"{name}#", items=()))
        for name in self._options.repositories:
            place.repositories.setdefault(name, RepositoryPlace())

    def _remaining(self, place: Place) -> int | None:
        """About how many rows of GitHub's are still to be read."""
        total = 0
        for reader in self._readers:
            own = place.repositories[reader.name]
            total += reader.issues.remaining(own) + (own.walk.left if own.walk else 0)
        return total

    def _notes(self, place: Place) -> Iterator[str]:
        """What to know about what was told, most important first."""
        options, project = self._options, self._options.project
        if project is not None and place.project.since and (options.points or options.iteration):
            yield (
                f"GitHub keeps no history of project fields: ours of {project.name} begins "
                f"{_moment(place.project.since)}"
            )
        if options.points is None and options.point_labels is None:
            yield "no estimates are read: name a project's field with `points:`, or `point_labels:`"
        if options.iteration is None and options.sprints == "iterations":
            yield "there are no sprints: name an `iteration:` field, or set `sprints: milestones`"
        if self._project is not None:
            yield from self._project.notes
        places = [(reader, place.repositories[reader.name]) for reader in self._readers]
        for reader, own in places:
            yield from reader.notes(own)
        yield from _of_many(self._odd(places), "no estimate, so none is counted")
        if options.points is not None or options.point_labels is not None:
            yield from _counted(
                ((reader.name, own.unestimated) for reader, own in places),
                "open without an estimate",
            )
        if options.services:
            yield from _counted(
                ((reader.name, own.unmapped) for reader, own in places),
                "open that no rule of `services:` fits",
            )

    def _odd(self, places: Sequence[tuple[_Repository, RepositoryPlace]]) -> list[str]:
        odd = {
            (reader.name, number): text
            for reader, own in places
            for number, text in own.odd.items()
        }
        if self._project is not None:
            odd.update(self._project.odd)
        return [f"{name}#{number} has `{text}`" for (name, number), text in sorted(odd.items())]


class _Repository:
    """All that reads one repository."""

    def __init__(self, name: str, rules: Rules, sprints: dict[str, str]) -> None:
        self.name = name
        self.milestones = Milestones(name, rules.options, sprints)
        self.events = Events(name, rules)
        self.issues = Issues(name, rules)
        self.recount = Recount(name)

    def steps(self) -> list[Step]:
        """The parts of a round, in their order."""
        return [self._milestones, self._events, self._issues, self._recount]

    async def survey(self, haul: Haul, place: Place) -> bool:
        """How much a first fill will bring."""
        try:
            await self.issues.survey(haul, place.repositories[self.name])
        except SourceError as error:
            raise self._advised(error) from None
        return True

    async def _milestones(self, haul: Haul, place: Place) -> bool:
        try:
            return await self.milestones.step(haul, place.repositories[self.name])
        except SourceError as error:
            raise self._advised(error) from None

    async def _events(self, haul: Haul, place: Place) -> bool:
        own = place.repositories[self.name]
        return await self.events.step(haul, own, self.milestones.titles)

    async def _issues(self, haul: Haul, place: Place) -> bool:
        own = place.repositories[self.name]
        items = place.project.items.get(self.name, {})
        had = own.filled
        try:
            done = await self.issues.step(haul, own, lambda n: items.get(str(n)), place.as_of)
        except SourceError as error:
            raise self._advised(error) from None
        if done and not had and not place.as_of:
            # All have just been read for the first time: there is nothing that could be gone.
            own.counted_at = haul.now()
        return done

    async def _recount(self, haul: Haul, place: Place) -> bool:
        if not self.issues.held_back:
            await self.recount.step(haul, place.repositories[self.name])
        return True

    def _advised(self, error: SourceError) -> SourceError:
        """The same error with what to do, where it is the token's or the repository's."""
        if error.status == 404:
            return SourceError(
                SourceErrorKind.CONFIG,
                f"there is no repository {self.name} for this token: check `repositories:`; "
                "a private one needs the scope `repo` (classic) or Issues: read (fine-grained)",
                status=404,
            )
        if error.kind is SourceErrorKind.AUTH and error.status == 403:
            return SourceError(
                error.kind,
                f"{self.name} may not be read with this token: it needs the scope `repo` (classic) "
                "or Issues: read (fine-grained), and single sign-on where the owner wants it",
                status=403,
            )
        if error.status == 410:
            return SourceError(
                SourceErrorKind.CONFIG,
                f"{self.name} has its issues switched off: take it out of `repositories:`",
                status=410,
            )
        return error

    def notes(self, place: RepositoryPlace) -> Iterator[str]:
        """What is odd about this repository."""
        yield from self.milestones.notes()
        if place.called and place.called.lower() != self.name.lower():
            yield f"{self.name} is called {place.called} now: change `repositories:`"
        if place.horizon:
            yield (
                f"GitHub has no events of {self.name} before {_moment(place.horizon)}: what "
                "happened earlier is known from the issues alone"
            )


def _cleaned(rows: Sequence[Fact]) -> Iterator[Fact]:
    for row in rows:
        try:
            yield clean_fact(row)
        except ValueError as error:
            raise faults.malformed("GitHub", f"cannot be read ({error})") from None


def _of_many(lines: Sequence[str], what: str) -> Iterator[str]:
    if lines:
        more = f" and {len(lines) - MOST_NAMED} more" if len(lines) > MOST_NAMED else ""
        yield f"{', '.join(lines[:MOST_NAMED])}{more}: {what}"


def _counted(numbers: Iterator[tuple[str, str]], what: str) -> Iterator[str]:
    each = [(name, sorted(unpacked(ranges))) for name, ranges in numbers]
    total = sum(len(found) for _, found in each)
    if total:
        first = [f"{name}#{number}" for name, found in each for number in found[:MOST_NAMED]]
        shown = ", ".join(first[:MOST_NAMED]) + (" …" if total > MOST_NAMED else "")
        yield f"{total:,} {'item' if total == 1 else 'items'} {what}: {shown}"


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
