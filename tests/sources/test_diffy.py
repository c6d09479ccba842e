"""A Diffy, asked bucket by bucket: nothing twice, nothing left out at the ends, noise set aside."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import (
    Batch,
    Comparison,
    ComparisonCounts,
    DifferenceClass,
    SourceError,
    SourceErrorKind,
)
from goliath_tui.sources import KINDS, Setup, Source
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.diffy import Options
from goliath_tui.sources.diffy.reading import MOST_REQUESTS
from goliath_tui.sources.diffy.shapes import EndpointRoutes, Sides, difference
from tests.sources.diffy_server import Compared, DiffyServer
from tests.sources.hostile_server import Handler, Request, Server, answer, serving

MINUTE, HOUR = 60_000, 3_600_000
WIDTH = 5 * MINUTE
#: The start of a bucket.
START = 1_790_000_100_000
assert START % WIDTH == 0
NAME = "response.body.name.PrimitiveDifference"
STAMP = "response.body.at.PrimitiveDifference"
ENDPOINT = "GET:-v1-users-7"


class Asker:
    """A source and what it has told."""

    def __init__(self, server: Server, diffy: DiffyServer, **options: Any) -> None:
        self.server = server
        self.diffy = diffy
        self.options = msgspec.convert({"service": "s", "history_hours": 1, **options}, Options)
        assert not list(self.options.problems())
        self.now = START + WIDTH + 20_000
        self.client = Client(Connection(base_url=server.url), clock=lambda: self.now)
        self.cursor: str | None = None
        self.counts: dict[tuple[str, str | None, int], tuple[int, ...]] = {}
        self.comparisons: dict[str, Comparison] = {}
        self.notes: list[str] = []
        self.source: Source
        self.restart()

    def restart(self) -> None:
        """The process was killed, and another one begins."""
        setup = Setup(parts=frozenset({"mismatches"}), options=self.options)
        self.source = KINDS["diffy"].make(setup)

    async def poll(self, *, commits: bool = True) -> Batch:
        """One batch."""
        self.diffy.now = self.now
        batch = await self.source.poll(self.client, self.cursor)
        if commits:
            self.cursor = batch.cursor
            self.notes += batch.notes
            for row in batch.rows:
                if isinstance(row, ComparisonCounts):
                    key = (row.service, row.field, row.at)
                    told = (row.matched, row.mismatched, row.ignored, row.failed)
                    assert self.counts.get(key, told) == told
                    self.counts[key] = told
                elif isinstance(row, Comparison):
                    self.comparisons[row.id] = row
        return batch

    async def fill(self) -> list[Batch]:
        """Batches until there is no more."""
        batches = [await self.poll()]
        while batches[-1].more:
            batches.append(await self.poll())
            assert len(batches) < 200
        assert not self.diffy.wrong
        return batches

    async def refused(self) -> SourceError:
        """What a poll is refused for."""
        with pytest.raises(SourceError) as caught:
            await self.poll()
        assert str(caught.value).isprintable()
        return caught.value


@asynccontextmanager
async def diffy(*compared: Compared, **options: Any) -> AsyncIterator[Asker]:
    served = DiffyServer()
    served.compared += compared
    async with serving(served) as server:
        asker = Asker(server, served, **options)
        try:
            yield asker
        finally:
            await asker.client.close()


def same(number: int, at: int, endpoint: str = ENDPOINT) -> Compared:
    return Compared(f"same{number}", endpoint, at)


def other(number: int, at: int, *, noise: bool = False, endpoint: str = ENDPOINT) -> Compared:
    """A request whose name differs, and whose time stamp does because it always does."""
    raw: dict[str, tuple[Any, Any]] = {STAMP: ("2026-01-01", "2026-01-02")}
    if not noise:
        raw[NAME] = ("Ann", "Anne")
    return Compared(f"other{number}", endpoint, at, raw, {STAMP: ("2026-01-01", "2026-01-03")})


async def test_what_was_compared_is_counted_and_what_differs_is_told() -> None:
    compared = [same(n, START + n) for n in range(7)]
    compared += [other(n, START + 100 + n) for n in range(2)]
    compared += [other(n, START + 200 + n, noise=True) for n in range(10, 13)]
    async with diffy(*compared) as asker:
        await asker.fill()
        assert asker.counts == {
            ("s", ENDPOINT, START): (7, 2, 3, 0),
            ("s", None, START): (7, 2, 3, 0),
        }
        assert sorted(asker.comparisons) == ["other0", "other1"]
        told = asker.comparisons["other1"]
        assert (told.at, told.field, told.trace_id) == (START + 101, ENDPOINT, None)
        assert [(d.path, d.kind) for d in told.differences] == [
            ("$.body.name", DifferenceClass.VALUE)
        ]
        assert told.answers is not None
        assert b"candidate" in bytes(told.answers.new)
        assert b"primary" in bytes(told.answers.legacy)
        assert not asker.notes
        before = len(asker.server.requests)
        batch = await asker.poll()
        assert (len(batch.rows), len(asker.server.requests) - before) == (0, 1)
        assert KINDS["diffy"].requests_per_poll(KINDS["diffy"].whole()) == 1


async def test_each_comparison_is_in_one_bucket() -> None:
    """Both ends of a span are left out of what Diffy counts."""
    moments = [START - 1, START, START + 1, START + WIDTH - 1, START + WIDTH, START + WIDTH + 1]
    async with diffy(*(same(n, at) for n, at in enumerate(moments))) as asker:
        asker.now = START + 3 * WIDTH
        await asker.fill()
        assert {
            at - START: counts[0] for (_, field, at), counts in asker.counts.items() if field
        } == {
            -WIDTH: 1,
            0: 3,
            WIDTH: 2,
        }


async def test_a_bucket_is_told_when_it_is_over_and_has_settled() -> None:
    async with diffy(same(0, START)) as asker:
        asker.now = START + WIDTH + 14_999
        await asker.fill()
        assert not asker.counts
        asker.now += 1
        await asker.fill()
        assert asker.counts["s", None, START] == (1, 0, 0, 0)


def with_date(served: DiffyServer, date: str) -> Handler:
    """The same, with a clock."""

    async def handler(request: Request, writer: Any) -> None:
        writer.write(answer(served._told(request), headers={"Date": date}))

    return handler


async def test_a_clock_that_is_days_ahead_is_refused() -> None:
    served = DiffyServer()
    async with serving(with_date(served, "Mon, 28 Sep 2026 14:10:00 GMT")) as server:
        asker = Asker(server, served)
        error = await asker.refused()
        await asker.client.close()
        assert error.kind is SourceErrorKind.CONFIG
        assert "more than a day ahead" in str(error)


async def test_the_clock_that_counts_is_diffys_own() -> None:
    served = DiffyServer()
    served.compared.append(same(0, START))
    async with serving(with_date(served, "Mon, 21 Sep 2026 14:10:00 GMT")) as server:
        asker = Asker(server, served)
        asker.now = START + WIDTH + HOUR
        batch = await asker.poll()
        await asker.client.close()
        assert batch.skew_ms is not None
        assert batch.skew_ms < -HOUR
        assert not batch.more
        assert not asker.counts


async def test_what_was_marked_as_noise_by_hand_is_ignored() -> None:
    async with diffy(*(other(n, START + n) for n in range(4))) as asker:
        asker.diffy.marked[ENDPOINT] = ["response.body.name"]
        await asker.fill()
        assert asker.counts["s", None, START] == (0, 0, 4, 0)
        assert not asker.comparisons


async def test_what_is_noise_is_judged_over_more_than_a_bucket() -> None:
    """One request in which the noise did not show does not make a difference of it."""
    unlucky = Compared("unlucky", ENDPOINT, START + 5, {STAMP: ("a", "b")})
    earlier = [other(n, START - HOUR // 2 + n, noise=True) for n in range(20)]
    async with diffy(unlucky, *earlier) as asker:
        await asker.fill()
        assert asker.counts["s", None, START] == (0, 0, 1, 0)
    async with diffy(unlucky, *earlier, noise_hours=0.05) as asker:
        await asker.fill()
        assert asker.counts["s", None, START] == (0, 1, 0, 0)


async def test_mismatched_is_the_most_that_it_can_be() -> None:
    third = "response.body.age.PrimitiveDifference"
    both = Compared("both", ENDPOINT, START, {NAME: ("a", "b"), third: (1, 2)})
    noise = [other(n, START + n, noise=True) for n in range(1, 9)]
    async with diffy(both, *noise) as asker:
        await asker.fill()
        assert asker.counts["s", None, START] == (0, 2, 7, 0)


async def test_examples_are_those_that_diffy_keeps() -> None:
    async with diffy(*(other(n, START + n) for n in range(30))) as asker:
        await asker.fill()
        assert asker.counts["s", None, START] == (0, 30, 0, 0)
        assert len(asker.comparisons) == 5
        [note] = asker.notes
        assert note.startswith("25 differences beyond the examples that Diffy keeps")
    async with diffy(*(other(n, START + n) for n in range(30)), examples=0) as asker:
        await asker.fill()
        assert not asker.comparisons
    async with diffy(*(other(n, START + n) for n in range(3)), examples=2) as asker:
        asker.diffy.purged.add("other0")
        await asker.fill()
        assert sorted(asker.comparisons) == ["other1"]


async def test_endpoints_become_routes_and_routes_have_services() -> None:
    routes = ["GET /v1/users/{id}", "GET /v1/users/{id}/posts", "GET /v1/top-ten"]
    names = [
        "GET:-v1-users-7",
        "GET:-v1-users-a-b",
        "GET:-v1-users-7-posts",
        "GET:-v1-top-ten",
        "x y",
    ]
    services = [{"field": "* /v1/users*", "service": "users"}]
    compared = [same(n, START + n, name) for n, name in enumerate(names)]
    async with diffy(*compared, routes=routes, services=services, service=None) as asker:
        await asker.fill()
        assert {key[:2]: counts[0] for key, counts in asker.counts.items()} == {
            ("users", "GET /v1/users/{id}"): 2,
            ("users", "GET /v1/users/{id}/posts"): 1,
            ("users", None): 3,
            ("unmapped", "GET /v1/top-ten"): 1,
            ("unmapped", "x y"): 1,
            ("unmapped", None): 2,
        }
        [note] = asker.notes
        assert note.startswith("no rule of `services:` fits GET /v1/top-ten, x y: counted as")


def test_a_route_that_says_more_comes_first() -> None:
    routes = EndpointRoutes(["GET /a/{x}", "GET /a/{x}/b"])
    assert routes.field_of("GET:-a-1-b") == "GET /a/{x}/b"
    assert routes.field_of("POST:-a-1") == "POST:-a-1"


@pytest.mark.parametrize(
    ("path", "left", "right", "place", "kind"),
    [
        ("response.body.a.PrimitiveDifference", 1.0, 1.0000001, "$.body.a", DifferenceClass.FLOAT),
        ("response.body.a.PrimitiveDifference", "1", "2", "$.body.a", DifferenceClass.VALUE),
        ("response.status.PrimitiveDifference", "200 OK", "500", "$.status", DifferenceClass.VALUE),
        (
            "response.headers.x-id.PrimitiveDifference",
            "a",
            "b",
            '$.headers["x-id"]',
            DifferenceClass.VALUE,
        ),
        ("response.body.TypeDifference", "Long: 1", "String: a", "$.body", DifferenceClass.TYPE),
        ("response.body.a.MissingField", "present", "nil", "$.body.a", DifferenceClass.MISSING),
        ("response.body.a.ExtraField$", "nil", "present", "$.body.a", DifferenceClass.EXTRA),
        ("response.body.a.OrderingDifference", [0, 1], [1, 0], "$.body.a", DifferenceClass.ORDER),
        ("response.body.a.SeqSizeDifference", "x", "y", "$.body.a", DifferenceClass.LENGTH),
        ("response.body.m.keys.SetDifference", [1], [], "$.body.m.keys", DifferenceClass.VALUE),
        ("", None, None, "$", DifferenceClass.VALUE),
    ],
)
def test_a_path_becomes_ours(
    path: str, left: Any, right: Any, place: str, kind: DifferenceClass
) -> None:
    found = difference(path, Sides(left=left, right=right))
    assert (found.path, found.kind) == (place, kind)


async def test_time_without_comparisons_is_passed_in_strides() -> None:
    async with diffy(same(0, START), history_hours=24 * 7) as asker:
        await asker.fill()
        assert asker.counts["s", None, START] == (1, 0, 0, 0)
        assert len(asker.server.requests) < 80


async def test_many_endpoints_are_read_in_steps() -> None:
    compared = [other(n, START + n, endpoint=f"e{n}") for n in range(40)]
    async with diffy(*compared) as asker:
        batches = await asker.fill()
        assert len(batches) > 4
        assert max(batch.requests for batch in batches) <= MOST_REQUESTS + 13
        assert asker.counts["s", None, START] == (0, 40, 0, 0)
        assert len(asker.comparisons) == 40


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 40),
    fates=st.lists(st.sampled_from(["go on", "kill", "fail", "fail and kill"]), max_size=12),
)
async def test_whatever_is_killed_each_comparison_counts_once(
    seed: int, count: int, fates: list[str]
) -> None:
    rng = random.Random(seed)
    compared = []
    for n in range(count):
        at, endpoint = START + rng.randrange(-3 * WIDTH, 3 * WIDTH), f"e{rng.randrange(6)}"
        made = same(n, at, endpoint) if rng.random() < 0.5 else other(n, at, endpoint=endpoint)
        compared.append(made)
    async with diffy(*compared) as asker:
        asker.now = START + 3 * WIDTH + 20_000
        for fate in fates:
            await asker.poll(commits="fail" not in fate)
            if "kill" in fate:
                asker.restart()
        await asker.fill()
        totals = [
            sum(counts[n] for (_, name, _), counts in asker.counts.items() if name is None)
            for n in range(4)
        ]
        differ = sum(bool(one.raw) for one in compared)
        assert totals[0] == count - differ
        assert totals[1] + totals[2] == differ
        assert totals[3] == 0


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"last_reset": 1, "protocol": "http"}, "cannot say when: an OpenDiffy whose API takes"),
        ({}, "is no Diffy: expected the address of Diffy's own pages"),
        ({"relativeThreshold": "x"}, "is no Diffy"),
        ([], "is no Diffy"),
    ],
)
async def test_what_is_no_diffy_is_refused(info: Any, words: str) -> None:
    async with diffy() as asker:
        asker.diffy.info = info
        error = await asker.refused()
        assert error.kind is SourceErrorKind.CONFIG
        assert words in str(error)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("404 Not Found", SourceErrorKind.CONFIG),
        ("401 Unauthorized", SourceErrorKind.AUTH),
        ("503 Service Unavailable", SourceErrorKind.STATUS),
    ],
)
async def test_a_server_that_refuses_is_told(status: str, kind: SourceErrorKind) -> None:
    async def handler(request: Request, writer: Any) -> None:
        writer.write(answer(status=status))

    async with serving(handler) as server:
        asker = Asker(server, DiffyServer())
        assert (await asker.refused()).kind is kind
        await asker.client.close()


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/api/1/endpoints", {"e": {"total": -1, "differences": 0}}, "is not as agreed"),
        ("/api/1/endpoints", {"e": {"total": "1", "differences": 0}}, "is not as agreed"),
        ("/api/1/endpoints", [], "is not as agreed"),
        ("stats", {"error": "\x1b[31mboom"}, "tells of an error (␛[31mboom)"),
        ("results", {"requests": [{"id": 5}]}, "is not as agreed"),
    ],
)
async def test_answers_that_are_not_diffys_are_refused(path: str, body: Any, words: str) -> None:
    served = DiffyServer()
    served.compared.append(other(0, START))

    async def handler(request: Request, writer: Any) -> None:
        lies = request.path.endswith(path)
        writer.write(answer(body if lies else served._told(request)))

    async with serving(handler) as server:
        asker = Asker(server, served)
        error = await asker.refused()
        await asker.client.close()
        assert error.kind is SourceErrorKind.MALFORMED
        assert words in str(error)


async def test_paths_that_are_endpoints_are_too_many() -> None:
    async with diffy(*(same(n, START, f"GET:-{n}") for n in range(5001))) as asker:
        error = await asker.refused()
        assert "tells of 5,001 endpoints" in str(error)
        assert error.kind is SourceErrorKind.CONFIG


async def test_a_clock_that_was_set_back_is_told() -> None:
    async with diffy(same(0, START)) as asker:
        await asker.fill()
        asker.now -= HOUR
        error = await asker.refused()
        assert "has a clock that was set back by 60 min" in str(error)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"bucket_minutes": 7}, "of which a day is a multiple"),
        ({"bucket_minutes": 0}, "of which a day is a multiple"),
        ({"history_hours": -1}, "from 0 to a year"),
        ({"noise_hours": 0}, "above 0"),
        ({"examples": 6}, "0 to 5"),
    ],
)
def test_settings_that_cannot_be_meant_are_told(setting: dict[str, Any], words: str) -> None:
    [(place, advice)] = msgspec.convert(setting, Options).problems()
    assert place == tuple(setting)
    assert words in advice


@pytest.mark.parametrize(("before", "after"), [(5, 60), (60, 5), (45, 60), (1, 1440), (1440, 1)])
async def test_buckets_of_another_width_go_on_where_the_old_ones_ended(
    before: int, after: int
) -> None:
    moments = range(START - 2 * HOUR, START + 2 * HOUR, 7 * MINUTE)
    async with diffy(
        *(same(n, at) for n, at in enumerate(moments)), bucket_minutes=before, history_hours=48
    ) as asker:
        asker.now = START + 23 * MINUTE
        await asker.fill()
        asker.options = msgspec.structs.replace(asker.options, bucket_minutes=after)
        asker.restart()
        asked = len(asker.server.requests)
        asker.now = START + 3 * HOUR
        await asker.fill()
        asker.now += 48 * HOUR
        await asker.fill()
        assert len(asker.server.requests) - asked < 500
        counts = [counts[0] for (_, field, _), counts in asker.counts.items() if field]
        assert sum(counts) == len(moments)


@pytest.mark.parametrize(
    ("path", "body", "words", "counts"),
    [
        ("/e1/stats", {"error": "No such endpoint"}, "tells of an error", (2, 3, 0, 0)),
        ("/e1/stats", {"error": None}, "tells of no paths", (2, 3, 0, 0)),
        ("/e1/stats", b"{", "cannot be read", (2, 3, 0, 0)),
        ("/e1/stats", None, "answers 500", (2, 3, 0, 0)),
        ("/e1/fields/response/results", None, "answers 500", (2, 2, 1, 0)),
    ],
)
async def test_one_endpoint_that_cannot_be_told_of_does_not_keep_all_others_back(
    path: str, body: Any, words: str, counts: tuple[int, ...]
) -> None:
    served = DiffyServer()
    # Not the same in both buckets, so that an answer for the wrong one shows.
    for start in (START, START + WIDTH):
        served.compared += [other(n, start + n, endpoint=f"e{n}") for n in range(2)]
        served.compared += [same(n, start + n, endpoint=f"e{n}") for n in range(2)]
        served.compared.append(other(7, start + 7, noise=True, endpoint="e1"))
    broken = True

    async def handler(request: Request, writer: Any) -> None:
        if broken and request.path.endswith(path):
            status = "200 OK" if body is not None else "500 Internal Server Error"
            writer.write(answer(body if body is not None else {}, status=status))
        else:
            writer.write(answer(served._told(request)))

    async with serving(handler) as server:
        asker = Asker(server, served)
        asker.now += WIDTH
        for _ in range(2):
            assert words in str(await asker.refused())
        await asker.fill()
        assert [asker.counts["s", None, at] for at in (START, START + WIDTH)] == [counts] * 2
        assert any(words in note and "for 1 of its endpoints" in note for note in asker.notes)
        broken = False
        served.compared.append(other(9, START + 2 * WIDTH, endpoint="e1"))
        asker.now += WIDTH
        asker.notes.clear()
        await asker.fill()
        assert asker.counts["s", None, START + 2 * WIDTH] == (0, 1, 0, 0)
        assert not asker.notes
        await asker.client.close()
