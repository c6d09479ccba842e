"""The gateway routes by state, calls both where the state says so, and counts what it did."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

from goliath_tui.domain import (
    Comparison,
    ComparisonCounts,
    DifferenceClass,
    MigrationState,
    Side,
    Traffic,
)
from goliath_tui.measures.differences import compare
from goliath_tui.native import Page
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.counters import WIDTH
from goliath_tui.rehearsal.scenario import Scenario
from goliath_tui.rehearsal.server import Rehearsal, rehearsal
from goliath_tui.rehearsal.story import tell
from goliath_tui.rehearsal.weeks import DAY, HOUR, MINUTE
from tests.rehearsal.stage import NOW, Clock, changed, small
from tests.rehearsal.test_faults import CLASSES

#: With this one all kinds of bugs are there at NOW, and some are fixed later in the week.
SEED = 3


class Stage:
    """A rehearsal without load in the test's own loop, on a clock that the test moves."""

    def __init__(self, running: Rehearsal, client: httpx.AsyncClient, clock: Clock) -> None:
        self.running = running
        self.client = client
        self.clock = clock
        self.story = running.story
        self._room = asyncio.Semaphore(20)

    def fields(self, *states: MigrationState, mutation: bool | None = None) -> list[FieldPlan]:
        return [
            field
            for field in self.story.fields
            if self.story.stop(field.index, self.clock()).state in states
            and (mutation is None or field.mutation is mutation)
        ]

    async def ask(
        self, field: FieldPlan, key: int = 0, name: str | None = None, **more: str
    ) -> httpx.Response:
        async with self._room:
            return await self.client.get(
                f"{self.running.gateway}/request",
                params={"field": field.id, "key": key, **more},
                headers={"X-Request-Id": name} if name else None,
            )

    async def ask_all(self, asked: Iterable[tuple[FieldPlan, int]]) -> list[httpx.Response]:
        """Asks for all of them, and waits until all that was compared has been compared."""
        answers = await asyncio.gather(*[self.ask(field, key) for field, key in asked])
        await self.running.router.settle()
        return answers

    async def rows(self, name: str, kind: type[Any], cursor: str | None) -> tuple[list[Any], str]:
        """All rows of a gateway's endpoint after a cursor."""
        rows: list[Any] = []
        while True:
            params: dict[str, str | int] = {"limit": 5000}
            if cursor is not None:
                params["cursor"] = cursor
            answer = await self.client.get(f"{self.running.gateway}/v1/{name}", params=params)
            page = msgspec.json.decode(answer.content, type=Page[kind])  # type: ignore[valid-type]  # told at run time
            rows += page.rows
            cursor = page.cursor
            if not page.more:
                return rows, page.cursor

    async def next_bucket(self) -> None:
        self.clock.now += WIDTH

    def served(self, side: Side) -> Counter[str]:
        return self.running.served[side].served


@asynccontextmanager
async def staged(
    scenario: Scenario | None = None, now: int = NOW, *, driven: bool = False
) -> AsyncIterator[Stage]:
    plain, text = small()
    clock = Clock(now)
    async with (
        rehearsal(tell(scenario or plain, text, SEED, clock()), clock, driven=driven) as running,
        httpx.AsyncClient(timeout=30) as client,
    ):
        yield Stage(running, client, clock)


_LEGACY_ONLY = (MigrationState.LEGACY, MigrationState.MANUAL)
_NEW_ONLY = (MigrationState.MIGRATED, MigrationState.RETIRED)


async def test_each_state_calls_the_backends_that_it_should() -> None:
    async with staged() as stage:
        legacy, new = stage.served(Side.LEGACY), stage.served(Side.NEW)
        for states, calls, answered_by in (
            (_LEGACY_ONLY, (1, 0), "legacy"),
            ((MigrationState.SIDE_BY_SIDE,), (1, 1), "legacy"),
            (_NEW_ONLY, (0, 1), "new"),
        ):
            fields = stage.fields(*states)
            assert len(fields) >= 3
            answers = await stage.ask_all((field, 1) for field in fields)
            assert {answer.status_code for answer in answers} == {200}
            assert {answer.headers["x-answered-by"] for answer in answers} == {answered_by}
            for field in fields:
                assert (legacy[field.id], new[field.id]) == calls


async def test_a_canary_sends_its_percentage_and_the_same_request_the_same_way() -> None:
    async with staged() as stage:
        sent: dict[float, list[str]] = {}
        for field in stage.fields(MigrationState.CANARY):
            stop = stage.story.stop(field.index, stage.clock())
            names = [f"{field.id}-{n}" for n in range(30)]
            answers = await asyncio.gather(*[stage.ask(field, 0, name) for name in names])
            again = await asyncio.gather(*[stage.ask(field, 0, name) for name in names[:5]])
            by = [answer.headers["x-answered-by"] for answer in answers]
            assert [answer.headers["x-answered-by"] for answer in again] == by[:5]
            sent.setdefault(stop.percentage or 0, []).extend(by)
        assert set(sent) <= {10, 50}
        for percentage, by in sent.items():
            share = by.count("new") / len(by)
            # Five standard deviations of a fair draw.
            spread = 5 * (percentage / 100 * (1 - percentage / 100) / len(by)) ** 0.5
            assert abs(share - percentage / 100) < spread


async def test_a_developer_may_ask_for_new_where_there_is_one() -> None:
    async with staged() as stage:
        for state, by in ((MigrationState.LEGACY, "legacy"), (MigrationState.MANUAL, "new")):
            field = stage.fields(state)[0]
            answer = await stage.ask(field, 1, **{"try": "new"})
            assert answer.headers["x-answered-by"] == by


async def test_it_counts_what_the_backends_served_and_no_shadow_as_answered() -> None:
    async with staged() as stage:
        stage.clock.now += WIDTH
        _, traffic = await stage.rows("traffic", Traffic, None)
        _, comparisons = await stage.rows("comparisons", ComparisonCounts, None)
        compared = stage.fields(MigrationState.SIDE_BY_SIDE)
        plain = stage.fields(*_LEGACY_ONLY)
        moved = stage.fields(*_NEW_ONLY)
        asked = [(field, key) for field in (*compared, *plain, *moved) for key in (0, 1)]
        await stage.ask_all(asked)
        await stage.next_bucket()

        rows, _ = await stage.rows("traffic", Traffic, traffic)
        for level in ([x for x in rows if x.field is None], [x for x in rows if x.field]):
            counted = [
                sum(getattr(row, side).requests for row in level)
                for side in ("legacy", "new", "shadow")
            ]
            assert counted == [
                2 * len(compared) + 2 * len(plain),
                2 * len(moved),
                2 * len(compared),
            ]
        assert sum(stage.served(Side.LEGACY).values()) == counted[0]
        assert sum(stage.served(Side.NEW).values()) == counted[1] + counted[2]
        for row in rows:
            for side in (row.legacy, row.new, row.shadow):
                assert sum(side.latency) == side.requests
        told = {row.field: row.intended for row in rows if row.field}
        assert {told[field.id] for field in moved} == {1.0}
        assert {told[field.id] for field in (*plain, *compared)} == {0.0}

        counts, _ = await stage.rows("comparisons", ComparisonCounts, comparisons)
        services = [x for x in counts if x.field is None]
        total = sum(x.matched + x.mismatched + x.ignored + x.failed for x in services)
        assert total == 2 * len(compared)
        assert sum(x.failed for x in services) == 0


async def test_it_finds_the_seeded_bugs_and_nothing_else() -> None:
    async with staged() as stage:
        _, cursor = await stage.rows("mismatches", Comparison, None)
        fields = stage.fields(MigrationState.SIDE_BY_SIDE)
        keys = range(stage.story.scenario.load.keys)
        await stage.ask_all((field, key) for field in fields for key in keys)
        rows, _ = await stage.rows("mismatches", Comparison, cursor)
        expected = Counter[str]()
        kinds: dict[str, DifferenceClass] = {}
        for field in fields:
            bug = stage.story.bugs.get(field.index)
            if bug is not None and bug.is_there(stage.clock()):
                expected[field.id] = len(bug.keys)
                kinds[field.id] = CLASSES[bug.kind]
        assert set(kinds.values()) == set(DifferenceClass)
        assert Counter(row.field for row in rows) == expected
        assert len({row.id for row in rows}) == len(rows)
        for row in rows:
            counting = [x for x in row.differences if x.path != "$.generatedAt"]
            assert {x.kind for x in counting} == {kinds[row.field]}
            assert row.answers is not None
            assert compare(bytes(row.answers.legacy), bytes(row.answers.new))


async def test_a_fix_silences_its_bug() -> None:
    async with staged() as stage:
        story, clock = stage.story, stage.clock
        bug = next(
            bug
            for bug in story.bugs.values()
            if bug.seen < NOW - 3 * DAY
            and bug.fixed is not None
            and NOW < bug.fixed < story.calendar.ends - 3 * HOUR
            and story.stop(bug.field, bug.fixed + 1).state is MigrationState.SIDE_BY_SIDE
        )
        assert bug.fixed is not None
        field, key = story.fields[bug.field], min(bug.keys)
        clock.now = bug.fixed - MINUTE
        _, cursor = await stage.rows("mismatches", Comparison, None)
        await stage.ask_all([(field, key)])
        rows, cursor = await stage.rows("mismatches", Comparison, cursor)
        assert [row.field for row in rows] == [field.id]
        clock.now = bug.fixed
        await stage.ask_all([(field, key)])
        assert (await stage.rows("mismatches", Comparison, cursor))[0] == []
        # The history after the next start says the same.
        clock.now = bug.fixed + 2 * HOUR
        async with staged(now=clock.now) as later:
            rows, _ = await later.rows("mismatches", Comparison, None)
            own = [row.at for row in rows if row.field == field.id]
            assert own
            assert max(own) < bug.fixed


async def test_legacy_steps_in_for_new_while_its_code_is_kept() -> None:
    failing = changed(small()[0], new={"errors": 1.0})
    async with staged(failing) as stage:
        stage.clock.now += WIDTH
        _, cursor = await stage.rows("traffic", Traffic, None)
        kept = stage.fields(MigrationState.MIGRATED, mutation=False)[0]
        gone = stage.fields(MigrationState.RETIRED, mutation=False)[0]
        answer = await stage.ask(kept)
        assert (answer.status_code, answer.headers["x-answered-by"]) == (200, "legacy")
        answer = await stage.ask(gone)
        assert answer.status_code == 502
        assert "new" in answer.json()["error"]
        compared = stage.fields(MigrationState.SIDE_BY_SIDE)[0]
        assert (await stage.ask_all([(compared, 1)]))[0].status_code == 200
        await stage.next_bucket()
        rows, _ = await stage.rows("traffic", Traffic, cursor)
        told = {row.field: row for row in rows if row.field}
        assert told[kept.id].new.requests == 0
        assert (told[kept.id].shadow.requests, told[kept.id].shadow.errors) == (1, 1)
        assert told[kept.id].legacy.requests == 1
        assert told[kept.id].intended == 1
        assert (told[gone.id].new.requests, told[gone.id].new.errors) == (1, 1)
        counts, _ = await stage.rows("comparisons", ComparisonCounts, None)
        failed = [row for row in counts if row.field == compared.id and row.width_ms == WIDTH]
        assert [row.failed for row in failed if row.at == stage.clock() - WIDTH] == [1]


async def test_the_load_generator_asks_through_the_gateway() -> None:
    busy = changed(small()[0], load={"per_second": 300.0})
    async with staged(busy, driven=True) as stage:
        stage.clock.now += WIDTH
        legacy, new = stage.served(Side.LEGACY), stage.served(Side.NEW)
        async with asyncio.timeout(30):
            while legacy.total() + new.total() < 400:  # noqa: ASYNC110 - a counter tells nobody
                await asyncio.sleep(0.01)
        assert len(legacy | new) > 40
        reports = {field.id for field in stage.story.fields if field.service == 2}
        assert not reports & set(new)
        # The service with the most load is asked most.
        asked = Counter(
            field.service for field in stage.story.fields for _ in range((legacy | new)[field.id])
        )
        assert asked[2] < asked[0]
        assert asked[2] < asked[1]


async def test_what_makes_no_sense_is_refused_in_one_sentence() -> None:
    async with staged() as stage:
        field = stage.story.fields[0].id
        for params, status in (
            ({"field": "User.nothing"}, 404),
            ({}, 404),
            ({"field": field, "key": "x"}, 400),
            ({"field": field, "key": "-1"}, 400),
            ({"field": field, "key": "٣"}, 400),
            ({"field": field, "key": "9" * 30}, 400),
        ):
            answer = await stage.client.get(f"{stage.running.gateway}/request", params=params)
            assert answer.status_code == status
            assert set(answer.json()) == {"error"}
