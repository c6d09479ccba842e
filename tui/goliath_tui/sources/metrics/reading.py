"""How pages of counters become buckets: what grew from one look to the next, told once.

A bucket covers the time between two looks and ends at the later one. The cursor holds when we
looked, which process showed the page, and what each series stood at; rows and cursor are committed
together, so that a look whose commit is lost makes the next bucket longer and nothing else.

- The first look tells nothing: it says only where to count from.
- A series that was not there before began at 0 while we watched.
- One that stands lower than before was reset, and so did all others where the process behind the
  page is another one, as its start or its uptime says: they began at 0 again, and what was counted
  between the last look and the reset nobody knows.
- A process that started before our last look is not the one that we looked at then: the address
  leads to several. Nothing can be told of what is between them.
- A series that is not there any more is remembered, and goes on where it was if it comes back.
- After a time too long for one bucket, counting begins anew, and says so.

Two sources may count for one service, one per instance of its gateway. The store knows a bucket by
its end and its width, so each source ends its buckets at milliseconds of its own: `SLOTS` sources
can never meet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from goliath_tui.clean import clean_fact, clean_text
from goliath_tui.domain import Batch, Side, SideTraffic, SourceError, SourceErrorKind, Traffic
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer, Client, Outcome
from goliath_tui.sources.latency import bins
from goliath_tui.sources.metrics import Options
from goliath_tui.sources.metrics.page import LARGEST, MOST_SERIES, Counts, Page, nobodys, read
from goliath_tui.sources.sides import Whose, unclear_notes

SLOTS = 256
DAY_MS = 86_400_000
#: The longest bucket: a longer one would belong to no day.
LONGEST_MS = DAY_MS
#: A clock that was set back further than this is believed; one that is less so is waited for.
WAIT_MS = 60_000
#: How exactly starts and moments of different clocks agree.
SLACK_S = 10.0
#: How far apart the start of one process may be told: some work it out anew from its age.
SAME_START_S = 0.5
MOST_SERVICES = 5_000
#: Pages larger than this are read beside the event loop.
READ_ASIDE = 64 * 2**10
#: Accepted in this order; both are read.
ACCEPT = "text/plain;version=0.0.4;q=1,application/openmetrics-text;q=0.5,*/*;q=0.1"
NAMED = 5


class _Place(msgspec.Struct, omit_defaults=True):
    """Where counting stands.

    `what`: a digest of what the config counts. `since`: from when on all is counted, and `why` not
    before. `at`: our last look; `started` and `uptime`: of the process that was seen then.
    """

    what: str
    since: int
    at: int
    why: str = ""
    started: float | None = None
    uptime: float | None = None
    values: dict[str, int] = {}


class Scraper:
    """A source that reads one gateway's page of counters. See the module for how."""

    def __init__(self, options: Options, number: int) -> None:
        self._options = options
        self._number = number % SLOTS
        counted = options.counted()
        self._unit_ms = counted.latency.unit_ms if counted.latency else 1.0
        told = (counted, options.service)
        self._what = blake2b(msgspec.json.encode(told), digest_size=8).hexdigest()

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """What grew since `cursor`. Raises SourceError."""
        requests, bytes_read = client.requests, client.bytes_read
        path, params = self._options.place()
        answer = await _asked(client, path, params)
        now = client.clock()
        page = await self._read(answer)
        place = self._place(cursor)
        counted = page.whose
        if page.unclear and not counted and not (place and place.values):
            raise nobodys(answer.where, page)
        if len({whose.service for whose in counted}) > MOST_SERVICES:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{answer.where}: counts more than {MOST_SERVICES:,} services: look at where "
                "{service} stands in `labels:`",
            )
        end = now - (now - self._number) % SLOTS
        rows, after = _told(place, page, end, skew_ms=answer.skew_ms or 0, unit_ms=self._unit_ms)
        after.what = self._what
        notes = self._notes(page, after)
        if cursor is None:
            notes = (_found(counted), *notes)
        return Batch(
            rows=rows,
            cursor=msgspec.json.encode(after).decode(),
            skew_ms=answer.skew_ms,
            requests=client.requests - requests,
            bytes_read=client.bytes_read - bytes_read,
            notes=notes,
        )

    async def _read(self, answer: Answer) -> Page:
        if len(answer.body) <= READ_ASIDE:
            return read(answer, self._options)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, read, answer, self._options)

    def _place(self, cursor: str | None) -> _Place | None:
        """The place in a cursor; None to begin: without one, and after other settings."""
        try:
            place = msgspec.json.decode(cursor or "null", type=_Place | None)
        except (msgspec.DecodeError, RecursionError):
            return None
        return place if place is not None and place.what == self._what else None

    def _notes(self, page: Page, place: _Place) -> tuple[str, ...]:
        notes = []
        if place.at - place.since < DAY_MS:
            why = place.why or "a gateway remembers nothing of before"
            notes.append(f"counted from {_moment(place.since)} on: {why}")
        if page.absent is not None:
            notes.append(page.absent)
        notes += unclear_notes(page.unclear, most=NAMED)
        notes += _one_sided(page.whose)
        if page.odd:
            notes.append(
                f"{page.odd:,} values are no counts (negative, infinite or none): left out"
            )
        return tuple(notes)


async def _asked(client: Client, path: str, params: Mapping[str, str]) -> Answer:
    try:
        answer = await client.get(path, params, accept=ACCEPT)
    except SourceError as error:
        if error.status == 404:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{error}; the page of counters is where `url:`, `preset:` and `endpoint:` say",
                status=error.status,
            ) from None
        raise
    if answer.outcome is not Outcome.FRESH:
        raise faults.malformed(answer.where, "is none, though nothing of it is known yet")
    return answer


def _told(
    place: _Place | None, page: Page, end: int, *, skew_ms: int, unit_ms: float
) -> tuple[tuple[Traffic, ...], _Place]:
    """The rows of a look, and where counting stands after it. `skew_ms`: of the page's clock."""
    after = _Place(
        what="", since=end, at=end, started=page.started, uptime=page.uptime, values=page.values
    )
    if place is None:
        return (), after
    width = end - place.at
    after.since, after.why = place.since, place.why
    if width <= 0:
        # No bucket can end here; what was counted is told with the next one.
        after.at = end if width < -WAIT_MS else place.at
        after.values = place.values
        after.started, after.uptime = place.started, place.uptime
        return (), after
    before = place.values
    if (born := _born(place, page, end, skew_ms)) is not None:
        before = {}
        if born < place.at / 1000 - SLACK_S:
            after.since, after.why = end, _SEVERAL
            return (), after
    if width > LONGEST_MS:
        after.since = end
        after.why = f"it was not asked from {_moment(place.at)} on, which is too long for one count"
        return (), after
    grown = {
        key: value - last if value >= (last := before.get(key, 0)) else value
        for key, value in page.values.items()
    }
    if before and len(before) + len(page.values) <= MOST_SERIES:
        after.values = {**before, **page.values}
    return _rows(page, grown, end - width, width, unit_ms), after


_SEVERAL = (
    "another process answered, which had been running for longer; if this comes again, `url:` "
    "leads to several instances of the gateway: name each as a source of its own"
)


def _born(place: _Place, page: Page, now: int, skew_ms: int) -> float | None:
    """When the process behind the page started, by our clock, if it is another than before."""
    if page.started is not None and place.started is not None:
        if abs(page.started - place.started) <= SAME_START_S:
            return None
        return page.started - skew_ms / 1000
    if page.uptime is not None and place.uptime is not None:
        longer = page.uptime - place.uptime
        if not 0 <= longer <= (now - place.at) / 1000 + SLACK_S:
            return now / 1000 - page.uptime
    return None


def _rows(
    page: Page, grown: dict[str, int], at: int, width: int, unit_ms: float
) -> tuple[Traffic, ...]:
    """A row for each service that has a counter, with the sides that have one."""
    requests = dict.fromkeys(page.whose, 0)
    errors: dict[Whose, int] = {}
    latency: dict[Whose, dict[float, float]] = {}
    for key, more in grown.items():
        whose, counts, limit = page.series[key]
        if counts is Counts.LATENCY:
            of_limit = latency.setdefault(whose, {})
            of_limit[limit] = of_limit.get(limit, 0) + more
        if counts in {Counts.REQUESTS, Counts.FAILED_REQUESTS}:
            requests[whose] += more
        if counts in {Counts.ERRORS, Counts.FAILED_REQUESTS}:
            errors[whose] = errors.get(whose, 0) + more
    sides: dict[str, dict[Side, SideTraffic]] = {}
    for whose, counted in requests.items():
        answered = min(counted, LARGEST)
        sides.setdefault(whose.service, {})[whose.side] = SideTraffic(
            requests=answered,
            errors=min(errors.get(whose, 0), answered),
            latency=bins(latency.get(whose, {}), unit_ms),
        )
    return tuple(
        clean_fact(
            Traffic(
                at=at,
                width_ms=width,
                service=service,
                legacy=of.get(Side.LEGACY),
                new=of.get(Side.NEW),
                shadow=of.get(Side.SHADOW),
            )
        )
        for service, of in sorted(sides.items())
    )


def _found(counted: set[Whose]) -> str:
    """What the first look found, though it can tell no figure yet."""
    services = sorted({whose.service for whose in counted})
    if not services:
        return "no service is counted on the page yet"
    many = "" if len(services) == 1 else "s"
    found = f"counts {len(services):,} service{many}: {_named(services)}"
    return f"{found}; figures come with the next look"


def _one_sided(counted: set[Whose]) -> list[str]:
    """Notes on services of which one side has no counter."""
    notes = []
    for side in (Side.LEGACY, Side.NEW):
        having = {whose.service for whose in counted if whose.side is side}
        lacking = sorted({whose.service for whose in counted} - having)
        if lacking:
            notes.append(
                f"no counter for the {side} side of {_named(lacking)}: their share is unknown, "
                "not 0"
            )
    return notes


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(clean_text(name, 60) for name in names[:NAMED]) + more


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
