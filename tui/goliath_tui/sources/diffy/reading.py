"""How a Diffy is read: bucket by bucket, each once it is closed.

Its API counts what lies between two moments, both left out; without them it counts up to a day in
2023. Each endpoint that differs is asked for the counts of its paths, for those among them that are
more than noise, and for examples. When an example came is only told by the request's own page: in
lists it has the moment of the question.

Its verdict on noise is taken as it is (its thresholds, and what was marked as noise by hand), over
a longer time than a bucket, for in few requests everything is noise. How many comparisons differ in
nothing but noise it does not say. Counted as mismatched is the most that it can be, the sum over
the paths that are no noise; the rest are ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from goliath_tui.clean import clean_text
from goliath_tui.domain import (
    Answers,
    Batch,
    Comparison,
    ComparisonCounts,
    Fact,
    SourceError,
    SourceErrorKind,
)
from goliath_tui.sources import Setup, faults
from goliath_tui.sources.client import Answer, Client, Outcome
from goliath_tui.sources.diffy import Options
from goliath_tui.sources.diffy.shapes import (
    LONGEST_NAME,
    Endpoint,
    EndpointRoutes,
    Example,
    Info,
    Results,
    Stats,
    difference,
)
from goliath_tui.sources.homes import Homes
from goliath_tui.sources.jsonl.seen import cleaned

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
#: Diffy writes a comparison down some moments after it was made.
SETTLE_MS = 15_000
MOST_REQUESTS = 20
#: Examples of one endpoint in one bucket, over all its paths.
MOST_EXAMPLES = 10
MOST_ENDPOINTS = 5_000
#: While nothing was compared, as many buckets are asked for at once.
MOST_STRIDE = 64
#: How often a bucket is begun of which some endpoint answers with an error.
MOST_TRIES = 3
_OF_THE_ENDPOINT = {400, 404, 500}
Told = TypeVar("Told")

_EVERYTHING = "response"
_NOTHING = ".NoDifference"


class Cursor(Struct, omit_defaults=True):
    """`until`: the end of the last bucket that was told. `step`: batches of the next one."""

    until: int = 0
    step: int = 0


@dataclass
class _Bucket:
    """A bucket that is being read. `counts`: (service, field) → matched, mismatched, ignored."""

    start: int
    end: int
    todo: list[tuple[str, Endpoint]]
    counts: dict[tuple[str, str | None], list[int]] = field(default_factory=dict)
    by_examples: int = 0
    untold: list[str] = field(default_factory=list)

    def add(self, service: str, name: str, outcomes: Iterable[int]) -> None:
        """Counts an endpoint into its field and its service."""
        told = list(outcomes)
        for key in ((service, name), (service, None)):
            entry = self.counts.setdefault(key, [0, 0, 0])
            for n, count in enumerate(told):
                entry[n] += count

    def rows(self) -> Iterator[ComparisonCounts]:
        """What was counted."""
        for (service, name), (matched, mismatched, ignored) in self.counts.items():
            yield ComparisonCounts(
                at=self.start,
                width_ms=self.end - self.start,
                service=service,
                field=name,
                matched=matched,
                mismatched=mismatched,
                ignored=ignored,
            )


class Diffy:
    """A source that reads one Diffy. See the module for how."""

    def __init__(self, setup: Setup) -> None:
        options = setup.options
        assert isinstance(options, Options)  # noqa: S101 - it is this kind's
        self._options = options
        self._width = options.bucket_minutes * MINUTE_MS
        self._homes = Homes(options)
        self._routes = EndpointRoutes(options.routes)
        self._open: _Bucket | None = None
        self._continues: str | None = None
        self._stride = 1
        self._failures = 0, 0
        self._hopeless = set[str]()

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """The next batch after `cursor`. Raises SourceError."""
        if cursor is None or cursor != self._continues:
            self._open, self._stride = None, 1
        self._continues = None
        requests, bytes_read = client.requests, client.bytes_read
        skew = await self._about(client)
        place = _cursor(cursor)
        now = client.clock() + (skew or 0)
        closed = _floor(now - SETTLE_MS, self._width)
        until = place.until or _floor(
            closed - int(self._options.history_hours * HOUR_MS), self._width
        )
        if until > closed + self._width:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{faults.shown(client.base_url)} has a clock that was set back by "
                f"{(until - closed) // MINUTE_MS:,} min: nothing is read before it has caught up",
            )
        rows: list[Fact] = []
        notes: list[str] = []
        while client.requests - requests < MOST_REQUESTS and (self._open or until < closed):
            if self._open is None:
                until = await self._begin(client, until, closed)
            elif self._open.todo:
                rows += await self._endpoint(client, self._open, *self._open.todo.pop())
            else:
                rows += self._open.rows()
                notes += _shortcomings(self._open)
                until, self._open = self._open.end, None
        more = self._open is not None or until < closed
        step = place.step + 1 if self._open is not None else 0
        self._continues = msgspec.json.encode(Cursor(until=until, step=step)).decode()
        return Batch(
            rows=tuple(rows),
            cursor=self._continues,
            more=more,
            remaining=None,
            skew_ms=skew,
            requests=client.requests - requests,
            bytes_read=client.bytes_read - bytes_read,
            notes=(*notes, *self._homes.notes()),
        )

    async def _about(self, client: Client) -> int | None:
        """Makes sure that it is a Diffy that knows times; its clock minus ours.

        Raises SourceError.
        """
        where = faults.shown(client.base_url)
        expected = "expected the address of Diffy's own pages, such as http://diffy.example:8888"
        try:
            answer = await client.get("/api/1/info")
            info = _decoded(answer, Info)
        except SourceError as error:
            if error.status in {400, 404, 405} or error.kind is SourceErrorKind.MALFORMED:
                raise SourceError(
                    SourceErrorKind.CONFIG, f"{where} is no Diffy: {expected}", status=error.status
                ) from None
            raise
        if info.last_reset is not None:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{where} is a Diffy that counts since its last reset and cannot say when: an "
                "OpenDiffy whose API takes `start` and `end` is needed",
            )
        if info.relative is None or info.absolute is None:
            raise SourceError(SourceErrorKind.CONFIG, f"{where} is no Diffy: {expected}")
        if answer.skew_ms is not None and answer.skew_ms > DAY_MS:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{where} has a clock that is more than a day ahead: set it, for what it tells "
                "would be of the future",
            )
        return answer.skew_ms

    async def _begin(self, client: Client, until: int, closed: int) -> int:
        """Opens the next bucket in which something was compared; says how far there was none."""
        # Where the buckets had another width before, the first one is shorter.
        begin = _floor(until, self._width)
        stride = min(self._stride, (closed - begin) // self._width)
        end = begin + stride * self._width
        params = {"exclude_noise": "false", **_between(until, end)}
        answer = await client.get("/api/1/endpoints", params)
        found = _decoded(answer, dict[str, Endpoint])
        if len(found) > MOST_ENDPOINTS:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{answer.where} tells of {len(found):,} endpoints, so each path is one: start "
                "Diffy with --resource.mapping",
            )
        if not any(endpoint.total for endpoint in found.values()):
            self._stride = min(2 * stride, MOST_STRIDE)
            return end
        self._stride = 1
        if stride == 1:
            self._open = _Bucket(until, end, sorted(found.items(), reverse=True))
        return until

    async def _endpoint(
        self, client: Client, bucket: _Bucket, name: str, endpoint: Endpoint
    ) -> list[Comparison]:
        """Counts one endpoint, and returns its examples."""
        differed = min(endpoint.differences, endpoint.total)
        field_name = self._routes.field_of(name)
        paths: dict[str, int] | None = None if differed else {}
        examples: list[Comparison] = []
        try:
            if differed:
                paths = await self._paths(client, bucket, name)
            if paths and self._options.examples:
                examples = await self._examples(client, bucket, name, field_name, paths)
        except SourceError as error:
            if not self._gives_up(bucket, name, error):
                raise
            bucket.untold.append(f"{field_name}: {error}")
        else:
            self._hopeless.discard(name)
        # Of how much it differs is not told: then the most that it can be is all.
        mismatched = differed if paths is None else min(differed, sum(paths.values()))
        service = self._homes.service_of(field_name)
        outcomes = (endpoint.total - differed, mismatched, differed - mismatched)
        bucket.add(service, field_name, outcomes)
        if paths and self._options.examples:
            told = sum(len(example.differences) for example in examples)
            bucket.by_examples += max(0, sum(paths.values()) - told)
        return examples

    def _gives_up(self, bucket: _Bucket, name: str, error: SourceError) -> bool:
        """Whether to do without what an endpoint does not tell; else all others would wait for it.

        What passes is waited for, once for each endpoint.
        """
        if error.kind is not SourceErrorKind.MALFORMED and error.status not in _OF_THE_ENDPOINT:
            return False
        if name not in self._hopeless:
            start, count = self._failures
            self._failures = bucket.start, count + 1 if start == bucket.start else 1
            if self._failures[1] < MOST_TRIES:
                return False
            self._hopeless.add(name)
        return True

    async def _examples(
        self, client: Client, bucket: _Bucket, name: str, field_name: str, paths: Mapping[str, int]
    ) -> list[Comparison]:
        """What Diffy has kept of these paths."""
        listed = await self._listed(client, bucket, name, paths)
        found = [await self._example(client, bucket, ident, field_name, paths) for ident in listed]
        return [example for example in found if example is not None]

    async def _paths(self, client: Client, bucket: _Bucket, name: str) -> dict[str, int]:
        """How often each path differed in the bucket, of those that are more than noise."""
        where = f"/api/1/endpoints/{quote(name, safe='')}/stats"
        counts = await self._stats(client, where, bucket.start, bucket.end, noise=True)
        if not counts:
            return {}
        since = bucket.end - max(int(self._options.noise_hours * HOUR_MS), self._width)
        signal = await self._stats(client, where, since, bucket.end, noise=False)
        return {path: count for path, count in counts.items() if path in signal}

    async def _stats(
        self, client: Client, where: str, start: int, end: int, *, noise: bool
    ) -> dict[str, int]:
        params = {
            "exclude_noise": "false" if noise else "true",
            "include_weights": "false",
            **_between(start, end),
        }
        answer = await client.get(where, params)
        stats = _decoded(answer, Stats)
        _refuse(answer, stats.error)
        if stats.fields is None:
            raise faults.malformed(answer.where, "tells of no paths")
        return {
            path: found.differences
            for path, found in stats.fields.items()
            if path.startswith(f"{_EVERYTHING}.") and not path.endswith(_NOTHING)
        }

    async def _listed(
        self, client: Client, bucket: _Bucket, name: str, paths: Mapping[str, int]
    ) -> list[str]:
        """The ids of examples, so many for each path."""
        answer = await client.get(
            f"/api/1/endpoints/{quote(name, safe='')}/fields/{_EVERYTHING}/results",
            {"include_request": "false", **_between(bucket.start, bucket.end)},
        )
        results = _decoded(answer, Results)
        _refuse(answer, results.error)
        chosen: dict[str, None] = {}
        told = dict.fromkeys(paths, 0)
        for listed in results.requests:
            wanted = [
                path
                for path in listed.differences
                if path in told and told[path] < self._options.examples
            ]
            if wanted and 0 < len(listed.id) <= LONGEST_NAME and len(chosen) < MOST_EXAMPLES:
                chosen[listed.id] = None
                for path in wanted:
                    told[path] += 1
        return list(chosen)

    async def _example(
        self, client: Client, bucket: _Bucket, ident: str, name: str, paths: Mapping[str, int]
    ) -> Comparison | None:
        """One request with both answers; None when Diffy has let go of it."""
        answer = await client.get(
            f"/api/1/requests/{quote(ident, safe='')}",
            {"include_request": "true", **_between(bucket.start, bucket.end)},
        )
        example = _decoded(answer, Example)
        if example.error is not None or example.id != ident:
            return None
        found = [
            difference(path, sides) for path, sides in example.differences.items() if path in paths
        ]
        if not found:
            return None
        both = bytes(example.left) and bytes(example.right)
        return cleaned(
            Comparison(
                id=clean_text(ident, LONGEST_NAME),
                at=min(max(example.timestamp_msec, bucket.start), bucket.end - 1),
                field=name,
                differences=tuple(found[:1000]),
                trace_id=_trace(example.trace_id),
                answers=Answers(legacy=example.left, new=example.right) if both else None,
            )
        )


def _between(start: int, end: int) -> dict[str, str]:
    """[start, end) as Diffy takes it: both ends are left out of what it counts."""
    return {"start": str(start - 1), "end": str(end)}


def _shortcomings(bucket: _Bucket) -> Iterator[str]:
    """What could not be told of a bucket."""
    if bucket.untold:
        yield (
            f"what differed is not told by Diffy for {len(bucket.untold):,} of its endpoints: all "
            f"that did is counted as mismatched, or is without examples ({bucket.untold[0]})"
        )
    if bucket.by_examples:
        yield (
            f"{bucket.by_examples:,} differences beyond the examples that Diffy keeps are counted "
            "as comparisons, but not in their groups"
        )


def _trace(trace_id: str | None) -> str | None:
    """None for the id that stands for none."""
    return clean_text(trace_id, LONGEST_NAME) if trace_id and trace_id.strip("0") else None


def _refuse(answer: Answer, error: str | None) -> None:
    if error is not None:
        raise faults.malformed(answer.where, f"tells of an error ({clean_text(error, 100)})")


def _decoded(answer: Answer, kind: type[Told]) -> Told:
    """The body of an answer. Raises SourceError."""
    if answer.outcome is not Outcome.FRESH:
        raise faults.malformed(answer.where, "is not there")
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (ValueError, RecursionError) as error:
        fault = faults.from_decoder(error, answer.where)
    raise fault


def _floor(moment: int, width: int) -> int:
    return moment - moment % width


def _cursor(cursor: str | None) -> Cursor:
    """What is in a cursor; one that cannot be read starts from the beginning."""
    try:
        return msgspec.json.decode(cursor or "{}", type=Cursor)
    except (msgspec.DecodeError, RecursionError):
        return Cursor()
