"""Velocity: how much a team gets done in a sprint, evened out over a few."""

from collections.abc import Sequence

#: Sprints that are averaged.
SPRINTS = 3


def velocities(done: Sequence[float]) -> tuple[float | None, ...]:
    """For each sprint that has ended, oldest first: the mean points done of it and the two before.

    None for the first two: two sprints say little about the third.
    """
    return tuple(
        sum(done[n + 1 - SPRINTS : n + 1]) / SPRINTS if n + 1 >= SPRINTS else None
        for n in range(len(done))
    )
