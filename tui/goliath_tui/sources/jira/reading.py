"""How a Jira is read: everything once, then what was touched, and now and then what is gone.

The first fill reads all issues in the order of their creation, which no edit changes, and ends with
a listing of their keys: what was listed and not read is read, so nothing that slid from one page to
another is lost. From then on each poll asks for what was updated since the one before, and a few
minutes more, for Jira's index lags behind: what comes again as it was is not read again.

A page is followed by asking for what is not older than its last issue. Only where a page is full of
issues of the same two minutes is the server's own mark of the next page used; such a mark does not
outlive this process. When an issue turns up twice in a round in which such marks were used, it was
edited meanwhile and others may have slid: the next poll reads the same time again.

Every `POLLS_PER_LISTING` polls the keys of all issues are listed. One that is missing twice in a
row is gone, deleted or moved where we do not look: its item is dropped. One that is there and was
never told is read.

The cursor says what its rows have told: the moment up to which all is told, and the keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from goliath_tui.clean import clean_fact, clean_text
from goliath_tui.domain import Batch, Fact, Milestone, SourceError, Sprint
from goliath_tui.sources.client import Client
from goliath_tui.sources.jira import POLLS_PER_LISTING, POLLS_PER_LOOK_AROUND, Options
from goliath_tui.sources.jira.answers import IssueRow, created, updated
from goliath_tui.sources.jira.api import Api, reached
from goliath_tui.sources.jira.cursor import Cursor, Haul, Round
from goliath_tui.sources.jira.issues import Desk
from goliath_tui.sources.jira.place import Surroundings, look_around

#: How far Jira's index may lag behind: what was updated this long before the last poll is asked
#: for again.
OVERLAP_MS = 5 * 60_000
#: A page that reaches this far from where it began is followed by time, else by the server's mark.
_FOLLOWED_BY_TIME_MS = 3 * 60_000
#: What was touched this shortly before is left to the next poll, which asks for it again.
_SETTLED_MS = 2_000


class JiraSource:
    """A source that reads one Jira. See the module for how."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._api: Api | None = None
        self._around: Surroundings | None = None
        self._instance = ""
        self._looked_at = 0
        self._continues: str | None = None
        self._raise_next: SourceError | None = None
        self._round = Round()
        #: Issue → its `updated`, of those told lately; and the sprints and milestones told.
        self._lately: dict[str, int] = {}
        self._told: dict[str, Fact] = {}

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """The next batch after `cursor`. Raises SourceError."""
        if cursor is None or cursor != self._continues:
            self._round, self._raise_next = Round(), None
            self._lately.clear()
            self._told.clear()
        if (error := self._raise_next) is not None:
            self._raise_next, self._round = None, Round()
            raise error
        place, haul = Cursor.read_from(cursor), Haul(client)
        try:
            desk = await self._desk(client, place, haul)
        except SourceError:
            self._api = self._around = None
            raise
        try:
            more = await (self._news(desk) if place.filled else self._fill(desk))
        except SourceError as error:
            if not haul.rows:
                self._round = Round()
                raise
            self._raise_next, more = error, True
        desk.issues.pack(place)
        place.batch += 1
        self._continues = msgspec.json.encode(place).decode()
        return Batch(
            rows=tuple(haul.rows),
            cursor=self._continues,
            more=more,
            remaining=haul.rows_of(max(0, place.total - place.read)) if more else 0,
            instance=self._instance,
            skew_ms=desk.api.ahead_ms[0],
            requests=haul.requests,
            bytes_read=haul.bytes_read,
            notes=tuple(_notes(desk)),
        )

    async def _desk(self, client: Client, place: Cursor, haul: Haul) -> Desk:
        """What the step works with; looks around first where that is due. Raises SourceError."""
        due = place.polls - self._looked_at >= POLLS_PER_LOOK_AROUND and not self._round.started
        if self._api is None or self._around is None or due:
            before = self._around
            self._api, instance = await reached(client, self._options.deployment)
            self._instance = clean_text(instance, 128)
            self._around = await look_around(client, self._api, self._options)
            if before is not None:
                self._around.epics |= before.epics
                self._around.left_out |= before.left_out
            self._looked_at = place.polls
        around = self._around
        rules = _digest(self._options, around)
        if (place.rules, place.scope) != (rules, around.scope):
            if place.rules:
                place.again_at = self._api.now(client)
            if place.rules not in {"", rules}:
                place.again_since = place.again_at
            place.rules, place.scope = rules, around.scope
            place.start_over()
            self._round = Round()
        return Desk(
            client=client,
            api=self._api,
            around=around,
            options=self._options,
            cursor=place,
            this_round=self._round,
            haul=haul,
        )

    async def _fill(self, desk: Desk) -> bool:
        """Reads on in the fill, then what it missed. Says that there is more."""
        this, place, scope = desk.round, desk.cursor, desk.around.scope
        if not place.began:
            place.began = desk.now()
            place.total = await desk.api.count(desk.client, scope)
        if not this.started:
            self._tell_around(desk)
            this.started, this.anchor = True, place.after
        while not this.read_all and desk.haul.has_room():
            since = ""
            if this.anchor:
                since = f" AND {desk.api.since(desk.client, 'created', this.anchor)}"
            issues, this.read_all = await desk.page(f"{scope}{since} ORDER BY created ASC, key ASC")
            fresh = [issue for issue in issues if issue.id not in this.in_round]
            await desk.tell(fresh, stands_at=place.again_at or None)
            this.in_round |= {issue.id: 0 for issue in fresh}
            place.after = max([place.after, *map(created, issues)])
            place.read += len(fresh)
        if this.read_all and desk.haul.has_room() and await desk.list_keys():
            await desk.compare()
            place.filled, place.again_at, place.seen = True, 0, place.began
            self._round = Round()
        return True

    async def _news(self, desk: Desk) -> bool:
        """Reads what was touched, and now and then what is gone. Says whether there is more."""
        this, place = desk.round, desk.cursor
        if not this.started:
            this.started, this.began = True, desk.now()
            # One of the two clocks may have been set back since.
            this.search_from(max(0, min(place.seen, this.began) - OVERLAP_MS))
        looked = False
        while not this.read_all and desk.haul.has_room():
            since = desk.api.since(desk.client, "updated", this.anchor)
            issues, this.read_all = await desk.page(
                f"{desk.around.scope} AND {since} ORDER BY updated ASC, key ASC"
            )
            if not looked:
                # After the search, so that a sprint that it shows as left is known as completed.
                await desk.around.look_at_sprints(desk.client, desk.api, all_of_them=False)
                self._tell_around(desk)
                looked = True
            await self._tell_touched(desk, {issue.id: issue for issue in issues})
            last = max([this.anchor, *map(updated, issues)])
            if this.read_all or last - this.anchor <= _FOLLOWED_BY_TIME_MS:
                this.used_marks = this.used_marks or not this.read_all
                continue
            if not this.used_marks:
                place.seen = max(place.seen, min(last, this.began))
            this.search_from(last)
        if not this.read_all:
            return True
        if place.polls % POLLS_PER_LISTING == 0 or place.missing:
            if not await desk.list_keys():
                return True
            await desk.compare()
        if not (this.slid and this.used_marks):
            place.seen = max(place.seen, this.began)
        place.polls += 1
        oldest = place.seen - 2 * OVERLAP_MS
        self._lately = {issue: at for issue, at in self._lately.items() if at >= oldest}
        self._round = Round()
        return False

    async def _tell_touched(self, desk: Desk, issues: dict[str, IssueRow]) -> None:
        """Tells of a page's issues those that are not as they were told, and are at rest.

        Some databases keep whole seconds: what was touched in this one can be touched again in it.
        """
        this, settled = desk.round, desk.api.now_at_most(desk.client) - _SETTLED_MS
        touched = {key: updated(issue) for key, issue in issues.items()}
        this.slid = this.slid or any(
            this.in_round.get(key, at) != at for key, at in touched.items()
        )
        this.in_round |= touched
        at_rest = {key: at for key, at in touched.items() if at <= settled}
        fresh = [issues[key] for key, at in at_rest.items() if self._lately.get(key) != at]
        await desk.tell(fresh, stands_at=0)
        self._lately |= at_rest

    def _tell_around(self, desk: Desk) -> None:
        """Tells sprints and milestones that are news."""
        sprints, _ = desk.around.sprint_facts(desk.now())
        facts: tuple[Sprint | Milestone, ...] = (*sprints, *desk.around.milestones)
        for fact in map(clean_fact, facts):
            if self._told.get(fact.id) != fact:
                desk.haul.rows.append(fact)
                self._told[fact.id] = fact


def _digest(options: Options, around: Surroundings) -> str:
    """A name for the rules by which issues are told."""
    rules = [
        options.services,
        (options.done, options.started, options.dropped, options.leave_out),
        (sorted(options.scale.items()), options.points_per_day),
        around.fields.points,
    ]
    return hashlib.sha256(msgspec.json.encode(rules)).hexdigest()[:16]


def _notes(desk: Desk) -> Iterator[str]:
    yield from desk.around.notes
    yield from desk.around.sprint_facts(desk.now())[1]
    if not desk.around.sprints and desk.around.running:
        yield "there is no sprint on the board yet, and so no burndown"
    yield from desk.api.warnings
    if since := desk.cursor.again_since:
        day = datetime.fromtimestamp(since / 1000, UTC)
        yield (
            f"told by other rules since {day:%Y-%m-%d %H:%M} UTC; what was told before stays as it "
            "was: with an empty cache all history is told by the rules of now"
        )
    for words, keys in sorted(desk.issues.odd.items()):
        if count := len(keys):
            such = f", such as {next(iter(keys))}"
            yield f"{count:,} issue{'s' if count > 1 else ''}{such}: {words}"
