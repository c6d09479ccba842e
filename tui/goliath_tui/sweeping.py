"""When memory is looked through for what nobody refers to any more: while hands rest.

Python does that whenever enough has been made, and stops everything for as long as it takes: with a
thousand services on the screen a tenth of a second and more. Opening a screen makes enough, so it
fell upon whoever opened one.
"""

import gc
from collections.abc import Callable

#: How long hands have to be still, and how long nothing is looked through after it was.
REST_S, PAUSE_S = 2.0, 20.0
#: If hands never rest it is done all the same, so that memory stays flat.
LONGEST_S = 120.0
#: How often Python may look through the young before it looks through everything by itself. With
#: its own 10 that is within seconds; with 1,000, hands that open screen after screen without a rest
#: pile up a megabyte with each of 300 of them. This is about every fiftieth.
_SELDOM = 100


class Sweeper:
    """Decides when to sweep. `clock`: seconds by a clock that is never set."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._swept = self._moved = clock()

    def begin(self) -> None:
        """What is there by the first frame stays for good: modules, styles, the first screen. It
        is left out of every sweep from now on, and sweeps are ours.
        """
        gc.freeze()
        gc.enable()
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, _SELDOM)

    def moved(self) -> None:
        """Hands have done something."""
        self._moved = self._clock()

    def tick(self) -> None:
        """Sweep, if this is a good moment; to be called once a second."""
        now = self._clock()
        since = now - self._swept
        if since >= LONGEST_S or (since >= PAUSE_S and now - self._moved >= REST_S):
            self._swept = now
            gc.collect()
