"""Waiting for what another thread brings, without a bet on how long that takes."""

import time
from collections.abc import Callable

from textual.pilot import Pilot

_PATIENCE_S = 30.0


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Let the app run until it is `true`; what never comes fails."""
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never came"
        await pilot.pause(0.01)
    await pilot.pause()
