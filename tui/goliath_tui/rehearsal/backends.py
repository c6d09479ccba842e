"""The two backends: the legacy monolith, and the new services with their bugs.

Both answer `GET /{service}/answer?field=…&key=…` after as long as such work takes, and fail now and
then. They know nothing of each other, of states or of the gateway.
"""

import asyncio
from collections import Counter
from random import Random

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from goliath_tui.domain import Side
from goliath_tui.rehearsal.answers import legacy_answer, new_answer
from goliath_tui.rehearsal.api import Clock
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.story import Story

_TROUBLE = b'{"error":"the work failed"}'


class Backend:
    """One of the two. `served` counts the requests that reached it, by field."""

    def __init__(self, story: Story, side: Side, clock: Clock) -> None:
        self.served: Counter[str] = Counter()
        self.app = Starlette(routes=[Route("/{service}/answer", self._answer)])
        self._story = story
        self._side = side
        self._clock = clock
        self._fields = {field.id: field for field in story.fields}
        self._random = Random()
        scenario = story.scenario
        self._errors = (scenario.legacy if side is Side.LEGACY else scenario.new).errors

    async def _answer(self, request: Request) -> Response:
        field = self._fields[request.query_params["field"]]
        key = int(request.query_params["key"])
        self.served[field.id] += 1
        pace = self._story.paces[field.service][self._side]
        await asyncio.sleep(pace.draw(self._random) / 1000)
        if self._random.random() < self._errors:
            return Response(_TROUBLE, 500, media_type="application/json")
        return Response(self._body(field, key), media_type="application/json")

    def _body(self, field: FieldPlan, key: int) -> bytes:
        if self._side is Side.LEGACY:
            return legacy_answer(field, key)
        bug = self._story.bugs.get(field.index)
        there = bug is not None and bug.is_there(self._clock())
        return new_answer(field, key, bug if there else None)
