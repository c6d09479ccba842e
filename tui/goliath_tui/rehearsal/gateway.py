"""The side-by-side gateway: routes each request by its field's state, compares, and counts.

`GET /request?field=User.lastSeen&key=7` is answered with the field's JSON document. `key`, a whole
number, stands for the arguments. `X-Request-Id`, up to 128 printable ASCII characters, names the
request and decides which side of a canary it is on; without one it gets a name. `try=new` is the
developer's parameter: it asks for the new service, wherever there is one. `X-Answered-By` in the
answer tells who gave it.
"""

import asyncio
import re
from collections.abc import Coroutine
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlencode

from msgspec import Raw
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from goliath_tui.domain import Answers, Comparison, MigrationState, Side
from goliath_tui.rehearsal.api import Clock
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.chance import unit
from goliath_tui.rehearsal.counters import Counters
from goliath_tui.rehearsal.demand import intended
from goliath_tui.rehearsal.found import operation, trace_id
from goliath_tui.rehearsal.mismatches import MismatchFeed
from goliath_tui.rehearsal.story import Story
from goliath_tui.rehearsal.travel import Stop
from goliath_tui.rehearsal.verdict import Outcome, judge
from goliath_tui.rehearsal.wire import Caller, CallError, Reply

_MOST_KEYS = 1_000_000

#: What may be passed on in a header of ours.
_NAME = re.compile(r"[!-~]{1,128}")


class _Asked(NamedTuple):
    """A request for a field."""

    field: FieldPlan
    key: int
    name: str
    tries_new: bool


class _Call(NamedTuple):
    """A call of a backend: what came back (None: nothing that helps), after how long."""

    body: bytes | None
    ms: float


class Gateway:
    """Routes, calls, compares and counts. Give it both backends' callers."""

    def __init__(
        self,
        story: Story,
        callers: dict[Side, Caller],
        counters: Counters,
        mismatches: MismatchFeed,
        clock: Clock,
    ) -> None:
        self._story = story
        self._callers = callers
        self._counters = counters
        self._mismatches = mismatches
        self._clock = clock
        self._fields = {field.id: field for field in story.fields}
        self._ignored = frozenset(story.scenario.differences.ignore)
        self._started = clock()
        self._number = count(1)
        self._found = 0
        self._last = 0
        self._background: set[asyncio.Task[None]] = set()

    def route(self) -> Route:
        """The route that takes requests for fields."""
        return Route("/request", self._request, methods=["GET"])

    async def settle(self) -> None:
        """Waits until all comparisons that were begun are done."""
        while self._background:
            await asyncio.wait(self._background)

    async def _request(self, request: Request) -> Response:
        query = request.query_params
        field = self._fields.get(query.get("field", ""))
        if field is None:
            raise HTTPException(404, "field: the gateway knows no such field")
        key = query.get("key", "0")
        if not (key.isascii() and key.isdecimal() and len(key) < 8 and int(key) < _MOST_KEYS):
            raise HTTPException(400, f"key: expected a whole number below {_MOST_KEYS}")
        name = request.headers.get("x-request-id", "")
        if not _NAME.fullmatch(name):
            name = f"{self._started:x}.{next(self._number)}"
        asked = _Asked(field, int(key), name, query.get("try") == "new")
        body, side = await self._answer(asked)
        if body is None:
            raise HTTPException(502, f"the {side} backend gave no answer")
        headers = {"X-Answered-By": side.value}
        return Response(body, media_type="application/json", headers=headers)

    async def _answer(self, asked: _Asked) -> tuple[bytes | None, Side]:
        stop = self._story.stop(asked.field.index, self._clock())
        if stop.state is MigrationState.SIDE_BY_SIDE and not asked.tries_new:
            answer = await self._side_by_side(asked), Side.LEGACY
        elif _goes_to_new(stop, asked):
            answer = await self._new(asked, stop)
        else:
            answer = await self._counted(asked, Side.LEGACY), Side.LEGACY
        self._counters.answered(self._clock(), asked.field, intended(stop))
        return answer

    async def _new(self, asked: _Asked, stop: Stop) -> tuple[bytes | None, Side]:
        """New answers. While the legacy code is kept it steps in, for what can be asked twice."""
        if stop.state is not MigrationState.MIGRATED or asked.field.mutation:
            return await self._counted(asked, Side.NEW), Side.NEW
        call = await self._call(asked, Side.NEW)
        if call.body is not None:
            self._count(asked, Side.NEW, call)
            return call.body, Side.NEW
        # Nobody was given this answer: legacy's is the one that counts.
        self._count(asked, Side.SHADOW, call)
        return await self._counted(asked, Side.LEGACY), Side.LEGACY

    async def _side_by_side(self, asked: _Asked) -> bytes | None:
        """Both are called at once; whoever asked waits for legacy only."""
        shadow = asyncio.create_task(self._call(asked, Side.NEW))
        legacy = await self._counted(asked, Side.LEGACY)
        self._in_background(self._compare(asked, legacy, shadow))
        return legacy

    async def _compare(
        self, asked: _Asked, legacy: bytes | None, shadow: asyncio.Task[_Call]
    ) -> None:
        call = await shadow
        self._count(asked, Side.SHADOW, call)
        outcome = Outcome.FAILED
        if legacy is not None and call.body is not None:
            outcome, differences = judge(legacy, call.body, self._ignored)
            if outcome is Outcome.MISMATCHED:
                self._found += 1
                # A clock that is set back must not bring a find before one that was told already.
                self._last = max(self._last, self._clock())
                self._mismatches.add(
                    Comparison(
                        id=f"g-{self._started:x}-{self._found}",
                        at=self._last,
                        field=asked.field.id,
                        differences=differences,
                        operation=operation(asked.field.id),
                        trace_id=trace_id(asked.name),
                        answers=Answers(legacy=Raw(legacy), new=Raw(call.body)),
                    )
                )
        self._counters.compared(self._clock(), asked.field, outcome)

    async def _counted(self, asked: _Asked, side: Side) -> bytes | None:
        call = await self._call(asked, side)
        self._count(asked, side, call)
        return call.body

    def _count(self, asked: _Asked, side: Side, call: _Call) -> None:
        self._counters.called(self._clock(), asked.field, side, call.ms, call.body is None)

    async def _call(self, asked: _Asked, side: Side) -> _Call:
        service = self._story.scenario.services[asked.field.service].name
        query = urlencode({"field": asked.field.id, "key": asked.key})
        loop = asyncio.get_running_loop()
        before = loop.time()
        try:
            reply = await self._callers[side].get(f"/{service}/answer?{query}", asked.name)
        except CallError:
            reply = Reply(502, b"")
        body = reply.body if reply.status == 200 else None
        return _Call(body, (loop.time() - before) * 1000)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _goes_to_new(stop: Stop, asked: _Asked) -> bool:
    if stop.state is MigrationState.LEGACY:
        return False
    if asked.tries_new:
        return True
    if stop.state is MigrationState.CANARY:
        return unit("canary", asked.name) * 100 < (stop.percentage or 0)
    return stop.state in {MigrationState.MIGRATED, MigrationState.RETIRED}
