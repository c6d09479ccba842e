"""A rehearsal in a process of its own, for tests that want real APIs with a story behind them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec

#: A small and quick scenario with many differences; None is the packaged one, at full size.
SMALL = Path(__file__).parent / "small.yaml"


class Running(msgspec.Struct, frozen=True):
    """What the rehearsal said when it was ready, and its process."""

    gateway: str
    tracker: str
    instance: str
    process: subprocess.Popen[bytes]


class _Ready(msgspec.Struct, frozen=True):
    gateway: str
    tracker: str
    instance: str


def command(scenario: Path | None = SMALL, seed: int = 1) -> list[str]:
    """The command that runs a rehearsal as a child: it ends when its standard input closes."""
    arguments = [sys.executable, "-m", "goliath_tui", "rehearse", "--child", "--seed", str(seed)]
    return arguments if scenario is None else [*arguments, "--scenario", str(scenario)]


@contextmanager
def rehearsal_process(scenario: Path | None = SMALL, seed: int = 1) -> Iterator[Running]:
    """Runs a rehearsal for the length of the block."""
    with subprocess.Popen(
        command(scenario, seed), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        try:
            ready = msgspec.json.decode(stdout.readline(), type=_Ready)
            yield Running(ready.gateway, ready.tracker, ready.instance, process)
        finally:
            if not stdin.closed:
                stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
