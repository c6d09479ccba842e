"""A metric store being asked: how much each side of each service answered, step by step.

A poll asks about the newest steps, and about a piece of history while that is still to be told.
All is evaluated at moments of the server's clock, which is what its samples are stamped with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isnan

import msgspec
from msgspec.structs import replace

from goliath_tui.clean import clean_fact, clean_text
from goliath_tui.domain import Batch, Side, SideTraffic, SourceError, SourceErrorKind, Traffic
from goliath_tui.sources.client import Answer, Client
from goliath_tui.sources.latency import bins
from goliath_tui.sources.moments import duration_ms
from goliath_tui.sources.presets import is_error
from goliath_tui.sources.prometheus import Options, answers
from goliath_tui.sources.prometheus.answers import Found
from goliath_tui.sources.prometheus.query import MOMENT, PART, seconds
from goliath_tui.sources.prometheus.question import SAMPLED_STEPS, UNUSUAL, Question
from goliath_tui.sources.prometheus.trouble import better, explain_nothing
from goliath_tui.sources.prometheus.windows import (
    Place,
    Windows,
    after,
    begin,
    newest,
    older,
    set_back,
    to_come,
)
from goliath_tui.sources.sides import Patterns, Unclear, Whose, unclear_notes

LARGEST = 2**53
#: Rows of a batch are kept below this, by asking for fewer steps where there are many services.
MOST_ROWS = 4000
MOST_STEPS = 1000
#: How many services to expect before any have been seen.
FIRST_GUESS = 32
#: A clock is told by its Date, to the second; less than this is no difference.
LEAST_SKEW_MS = 2_000
SKEW_WORTH_A_NOTE_MS = 5_000
HIDDEN_WORTH_A_NOTE_MS = 5_000
#: No series tells more than this of one service in notes.
NAMED = 5
#: What fewer steps may help against: limits of time and of size, ours and the server's own.
_TOO_MUCH = {SourceErrorKind.TIMEOUT, SourceErrorKind.TOO_LARGE}
_TOO_MUCH_STATUS = {422, 503}
#: What is no less true of the next question: history waits for none of it.
_OTHER_TROUBLE = {SourceErrorKind.AUTH, SourceErrorKind.UNREACHABLE, SourceErrorKind.RATE_LIMIT}

#: Who, and the end of which step.
_Bucket = tuple[Whose, int]


@dataclass
class _Counts:
    """What one answer, or two, say."""

    requests: dict[_Bucket, float] = field(default_factory=dict)
    errors: dict[_Bucket, float] = field(default_factory=dict)
    latency: dict[_Bucket, dict[float, float]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    warned: bool = False
    unclear: set[str] = field(default_factory=set)
    odd: int = 0
    #: The moments that are answered for, and the last of them.
    true: set[int] = field(default_factory=set)
    upto: int | None = None
    #: How far samples are apart, at least.
    interval_ms: float = 0

    @property
    def services(self) -> set[str]:
        """The services of which anything was counted."""
        return {whose.service for whose, _ in self.requests}

    def one_sided(self) -> dict[str, list[str]]:
        """Side → the services of which that side alone has no series."""
        sides: dict[str, set[Side]] = {}
        for whose, _ in self.requests:
            sides.setdefault(whose.service, set()).add(whose.side)
        return {
            side: sorted(name for name, has in sides.items() if side not in has)
            for side in (Side.LEGACY, Side.NEW)
        }


class MetricStore:
    """A source that reads one metric store. See the module for how."""

    def __init__(self, options: Options) -> None:
        counted = options.chosen()
        self._options = options
        self._question = Question(counted, where=options.where, promql=options.promql)
        self._patterns = Patterns(counted.labels, counted.sides, options.service)
        self._code = counted.code
        self._step = duration_ms(options.step, least=0, most=LARGEST)
        self._delay = duration_ms(options.delay, least=0, most=LARGEST)
        self._history = duration_ms(options.history, least=0, most=LARGEST)
        self._services = FIRST_GUESS
        self._most_steps = MOST_STEPS
        self._skew_ms: int | None = None

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """The newest steps after `cursor`, and a piece of history. Raises SourceError."""
        requests, bytes_read = client.requests, client.bytes_read
        ahead_ms = -1
        while ahead_ms != self._ahead_ms():
            # Asked once more where the first answer tells that its clock is another one.
            ahead_ms = self._ahead_ms()
            edge = (client.clock() + ahead_ms - self._delay) // self._step * self._step
            place = _place(cursor) or begin(edge, self._history, self._step, self._most())
            place = set_back(place, edge, self._step)
            new = newest(place, edge, self._step, self._most())
            # Without a new step the server is asked all the same, to know that it is there.
            windows = new or Windows(edge - self._step, self._step, 1)
            counts = await self._count(client, windows)
        rows = self._rows(counts, windows) if new else []
        if counts.requests:
            place = replace(place, found=True)
        elif not place.found and counts.upto is not None:
            if counts.unclear:
                raise SourceError(
                    SourceErrorKind.CONFIG,
                    f"{unclear_notes(counts.unclear)[0]}: nothing else is there, "
                    "so mend `labels:` or `sides:`",
                )
            await explain_nothing(client, self._question, self._patterns, self._options)
        if new and counts.upto is not None:
            told = Windows(
                windows.start, windows.width, (counts.upto - windows.start) // windows.width
            )
            place = after(place, told, warned=counts.warned)
        caught_up = counts.upto != windows.end or place.until >= edge
        history = older(place, self._most()) if caught_up else None
        past = [] if history is None else await self._past(client, history, counts)
        if history is not None and past is not None:
            rows += past
            place = replace(place, back=history.start)
        ahead = to_come(place, place.until if caught_up else edge, self._step)
        return Batch(
            rows=tuple(rows),
            cursor=msgspec.json.encode(place).decode(),
            more=ahead > 0 and past is not None,
            remaining=ahead * self._services,
            skew_ms=self._skew_ms,
            requests=client.requests - requests,
            bytes_read=client.bytes_read - bytes_read,
            notes=self._notes(counts, windows, settled=place.found and cursor is not None),
        )

    async def _past(
        self, client: Client, history: Windows, counts: _Counts
    ) -> list[Traffic] | None:
        """The rows of a piece of history; None where it cannot be had now, and `counts` says why.

        What goes on now must not wait for what has been. Raises SourceError where it has to.
        """
        try:
            past = await self._count(client, history)
        except SourceError as error:
            if error.kind in _OTHER_TROUBLE:
                raise
            counts.said.append(f"history is told later: {error}")
            return None
        counts.said += past.said
        return self._rows(past, history)

    def _ahead_ms(self) -> int:
        """How far the server's clock is ahead, where that is more than its Date can be wrong."""
        skew = self._skew_ms or 0
        return skew if abs(skew) >= LEAST_SKEW_MS else 0

    def _most(self) -> int:
        """How many steps to ask for at once."""
        return max(1, min(self._most_steps, MOST_ROWS // self._services))

    async def _count(self, client: Client, windows: Windows) -> _Counts:
        """What was counted in some steps. Raises SourceError."""
        counts, ask = _Counts(), self._question
        questions = [(ask.counts, ask.counts_exactly)]
        if self._options.latency:
            questions.append((ask.latency, ask.latency_exactly))
        for plainly, exactly in questions:
            found = await self._found(client, plainly(windows.width), windows, counts)
            self._note_moments(counts, found, windows)
            unusual = {
                end
                for series in found.series
                if series.labels.get(PART, "").startswith(UNUSUAL)
                for end, value in series.points
                if value > 0 and end in counts.true
            }
            self._add(counts, found, counts.true - unusual)
            if unusual:
                first = min(unusual) - windows.width
                some = Windows(first, windows.width, (max(unusual) - first) // windows.width)
                found = await self._found(client, exactly(windows.width), some, counts)
                self._add(counts, found, unusual)
        self._services = max(1, len(counts.services)) if counts.requests else self._services
        return counts

    async def _found(self, client: Client, query: str, windows: Windows, counts: _Counts) -> Found:
        """What one question finds; what the server says about it is kept. Raises SourceError."""
        answer = await self._ask(
            client,
            "/api/v1/query_range",
            {
                "query": query,
                "start": seconds(windows.first_end),
                "end": seconds(windows.end),
                "step": seconds(windows.width),
            },
        )
        moments = range(windows.first_end, windows.end + 1, windows.width)
        found = await answers.matrix(answer, moments)
        counts.warned = counts.warned or bool(found.warnings)
        counts.said += [f"the server warns: {line}" for line in found.warnings]
        counts.said += [f"the server says: {line}" for line in found.infos]
        return found

    def _note_moments(self, counts: _Counts, found: Found, windows: Windows) -> None:
        """Keeps which moments an answer is true about, and how far samples are apart."""
        for series in found.series:
            part = series.labels.get(PART)
            if part == MOMENT:
                true = {end for end, value in series.points if abs(value * 1000 - end) < 0.5}
                counts.true |= true
                counts.upto = max(true, default=None)
            elif part == "samples":
                seen = max((value for _, value in series.points), default=0)
                counts.interval_ms = SAMPLED_STEPS * windows.width / max(seen, 1)

    def _add(self, counts: _Counts, found: Found, moments: set[int]) -> None:
        """Adds up what an answer says of these moments."""
        for series in found.series:
            part = series.labels.get(PART, "requests")
            if part not in {"requests", "errors", "latency"}:
                continue
            try:
                whose = self._patterns.whose(series.labels)
            except Unclear as error:
                counts.unclear.add(str(error))
                continue
            failed = self._code is not None and is_error(series.labels.get(self._code, ""))
            for end, value in series.points:
                if end not in moments:
                    continue
                if not 0 <= value <= LARGEST:
                    counts.odd += not isnan(value)  # which says that nothing was measured
                    continue
                bucket = (whose, end)
                if part == "latency":
                    by_le = counts.latency.setdefault(bucket, {})
                    le = _limit(series.labels.get("le", ""))
                    by_le[le] = by_le.get(le, 0.0) + value
                    continue
                if part == "requests":
                    counts.requests[bucket] = counts.requests.get(bucket, 0.0) + value
                if part == "errors" or failed:
                    counts.errors[bucket] = counts.errors.get(bucket, 0.0) + value

    def _rows(self, counts: _Counts, windows: Windows) -> list[Traffic]:
        """The rows of an answer, in the order of time."""
        sides: dict[tuple[int, str], dict[Side, SideTraffic]] = {}
        for (whose, end), requests in counts.requests.items():
            answered = min(round(requests), LARGEST)
            bucket = (whose, end)
            sides.setdefault((end, whose.service), {})[whose.side] = SideTraffic(
                requests=answered,
                errors=min(round(counts.errors.get(bucket, 0.0)), answered),
                latency=bins(counts.latency.get(bucket, {}), self._question.unit_ms),
            )
        return [
            clean_fact(
                Traffic(
                    at=end - windows.width,
                    width_ms=windows.width,
                    service=service,
                    legacy=of.get(Side.LEGACY),
                    new=of.get(Side.NEW),
                    shadow=of.get(Side.SHADOW),
                )
            )
            for (end, service), of in sorted(sides.items())
        ]

    async def _ask(self, client: Client, path: str, params: Mapping[str, str]) -> Answer:
        """What the server answers. Raises SourceError that says which setting to look at."""
        try:
            # VictoriaMetrics hides the newest 30 s and moves what is asked to moments that it
            # has cached; these keep it from that, and mean nothing to the others.
            answer = await client.get(path, {**params, "nocache": "1", "latency_offset": "1ms"})
        except SourceError as error:
            if error.kind in _TOO_MUCH or error.status in _TOO_MUCH_STATUS:
                self._most_steps = max(1, self._most() // 4)
            raise better(error, self._options) from None
        if answer.skew_ms is not None:
            self._skew_ms = answer.skew_ms
        return answer

    def _notes(self, counts: _Counts, windows: Windows, *, settled: bool) -> tuple[str, ...]:
        notes = list(dict.fromkeys(counts.said))
        # What has only just begun to be scraped has few samples too.
        ends = {end for _, end in counts.requests}
        settled = settled or (len(ends) > 1 and max(ends) - min(ends) >= SAMPLED_STEPS * self._step)
        if settled and counts.interval_ms > 1.2 * self._step and windows.width == self._step:
            notes.append(
                f"samples come about every {counts.interval_ms / 1000:.0f} s, so many steps of "
                f"{self._step / 1000:g} s have none: set a longer `step:`"
            )
        hidden = windows.end - (windows.start if counts.upto is None else counts.upto)
        if hidden > max(self._step, HIDDEN_WORTH_A_NOTE_MS):
            notes.append(
                f"the server keeps its newest {hidden / 1000:g} s to itself: an old "
                "VictoriaMetrics shows them with -search.latencyOffset=1s"
            )
        elif not hidden and not counts.requests:
            notes.append(f"nothing of {self._question.what()} was there to be counted just now")
        notes += unclear_notes(counts.unclear, most=NAMED)
        for side, services in counts.one_sided().items():
            if services:
                notes.append(
                    f"no series for the {side} side of {_named(services)}: "
                    "their share is unknown, not 0"
                )
        if counts.odd:
            notes.append(f"{counts.odd:,} values are no counts (negative or infinite): left out")
        skew = self._skew_ms or 0
        if abs(skew) > SKEW_WORTH_A_NOTE_MS:
            notes.append(
                f"the server's clock is {abs(skew) / 1000:,.0f} s "
                f"{'ahead of' if skew > 0 else 'behind'} this machine's: set one of them right"
            )
        return tuple(notes)


def _named(names: Iterable[str]) -> str:
    known = [clean_text(name, 60) for name in names]
    more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
    return ", ".join(known[:NAMED]) + more


def _limit(le: str) -> float:
    try:
        return float(le)
    except ValueError:
        return float("nan")


def _place(cursor: str | None) -> Place | None:
    """The place in a cursor; None for none, and for one that cannot be read."""
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(cursor, type=Place)
    except (msgspec.DecodeError, RecursionError):
        return None
