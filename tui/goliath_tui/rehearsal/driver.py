"""The load generator: asks the gateway for fields, as often as the demand says, over HTTP."""

import asyncio
from bisect import bisect
from contextlib import suppress
from itertools import accumulate
from random import Random
from urllib.parse import urlencode

from goliath_tui.rehearsal.api import Clock
from goliath_tui.rehearsal.demand import rate
from goliath_tui.rehearsal.story import Story
from goliath_tui.rehearsal.wire import Caller, CallError

#: Requests under way at once; more are not sent until some are back.
_MOST_AT_ONCE = 200

#: After a longer pause than this nobody catches up: the machine has slept.
_PAUSE_SECONDS = 2.0


async def drive(story: Story, gateway: Caller, clock: Clock) -> None:
    """Sends requests until cancelled; those under way are cancelled with it."""
    random = Random()
    reach = list(accumulate(story.weights))
    load, calendar, keys = story.scenario.load, story.calendar, story.scenario.load.keys
    begun = clock()
    loop = asyncio.get_running_loop()
    due = loop.time()
    number = 0
    async with asyncio.TaskGroup() as group:
        room = asyncio.Semaphore(_MOST_AT_ONCE)
        while True:
            due += random.expovariate(rate(load, calendar, clock()))
            if due < loop.time() - _PAUSE_SECONDS:
                due = loop.time()
            await asyncio.sleep(max(0.0, due - loop.time()))
            await room.acquire()
            number += 1
            place = min(bisect(reach, random.random() * reach[-1]), len(reach) - 1)
            query = urlencode({"field": story.fields[place].id, "key": random.randrange(keys)})
            group.create_task(_ask(gateway, f"/request?{query}", f"d{begun:x}.{number}", room))


async def _ask(gateway: Caller, target: str, name: str, room: asyncio.Semaphore) -> None:
    with suppress(CallError):
        await gateway.get(target, name)
    room.release()
