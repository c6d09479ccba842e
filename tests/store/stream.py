"""A numbered stream of batches, and a process that commits it until it is killed.

`python -m tests.store.stream CACHE`: each line on stdin starts a child, which goes on from the
cache's cursor and writes the number of each batch after its commit. `child PID` and `gone` frame
what a child says.
"""

import os
import sys
from pathlib import Path

import msgspec

from goliath_tui.domain import (
    Answers,
    Batch,
    Comparison,
    ComparisonCounts,
    Difference,
    DifferenceClass,
    EventKind,
    ItemEvent,
    MigrationState,
    Poll,
    SideTraffic,
    StateChange,
    Traffic,
)
from goliath_tui.store.limits import Limits
from goliath_tui.store.writer import Writer
from tests.store.worlds import HOUR, MINUTE, START

SOURCE = "gateway"
STEP = 10_000
#: So small that tidying has something to do all the time.
LIMITS = Limits(
    service_ages=((MINUTE, 2 * MINUTE), (HOUR, HOUR)),
    field_ages=((MINUTE, MINUTE),),
    mismatch_ages=((HOUR, 10 * MINUTE),),
    examples_per_group=5,
    rows_per_step=20,
)


def batch(number: int) -> Batch:
    """What the source has to say after cursor `number`."""
    at = START + number * STEP
    side = SideTraffic(requests=number % 5 + 1, latency=(1,))
    path = f"$.items[{number % 3}].a{number % 4}"
    return Batch(
        rows=(
            Traffic(at=at, width_ms=STEP, service="users", legacy=side, new=side, intended=0.5),
            Traffic(at=at, width_ms=STEP, service="users", field="User.id", new=side),
            ComparisonCounts(at=at, width_ms=STEP, service="users", matched=1, mismatched=1),
            Comparison(
                id=str(number),
                at=at,
                field="User.id",
                differences=(Difference(path=path, kind=DifferenceClass.VALUE),),
                answers=Answers(legacy=msgspec.Raw(b"1"), new=msgspec.Raw(b"[" + b"2," * 999)),
            ),
            StateChange(field="User.id", at=at, state=[*MigrationState][number % 6]),
            ItemEvent(
                id=str(number),
                item=f"item-{number // 3}",
                at=at,
                kind=(EventKind.CREATED, EventKind.ESTIMATED, EventKind.DONE)[number % 3],
                points=number % 7,
            ),
        ),
        cursor=str(number + 1),
        instance="numbered",
    )


def poll(number: int) -> Poll:
    """The line of the poll log that belongs to the batch."""
    return Poll(source=SOURCE, at=START + number * STEP, took_ms=1, rows=6, requests=1)


def commit(writer: Writer, number: int) -> None:
    """One turn: a batch, and now and then a tidying."""
    writer.commit(batch(number), poll(number))
    if number % 4 == 0:
        writer.tidy(START + number * STEP)


def commit_for_ever(path: Path) -> None:
    """Goes on where the cache says; never returns."""
    writer = Writer(path, limits=LIMITS)
    number = int(writer.cursor(SOURCE) or 0)
    while True:
        commit(writer, number)
        os.write(1, f"{number}\n".encode())
        number += 1


if __name__ == "__main__":
    for _ in sys.stdin:
        if (pid := os.fork()) == 0:
            commit_for_ever(Path(sys.argv[1]))
        os.write(1, f"child {pid}\n".encode())
        os.waitpid(pid, 0)
        os.write(1, b"gone\n")
