"""The rehearsal as a child process: started, asked for its addresses, ended with us."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import msgspec

from goliath_tui.config import ConfigError, RehearsalConfig
from goliath_tui.start import own_command

READY_SECONDS = 60


class RehearsalError(Exception):
    """The rehearsal did not start, or ended. `str(error)` says so."""


class _Ready(msgspec.Struct, frozen=True):
    gateway: str
    tracker: str


@asynccontextmanager
async def rehearsal(config: RehearsalConfig) -> AsyncIterator[Mapping[str, str]]:
    """Runs the rehearsal for the length of the block; gives its addresses by source name.

    Raises RehearsalError, also into the block when the rehearsal ends before the block does, and
    ConfigError when there is no telling the scenario.
    """
    arguments = ["rehearse", "--child", "--seed", str(config.seed)]
    if config.scenario is not None:
        _look_through(config.scenario)
        arguments += ["--scenario", str(config.scenario)]
    if config.began is not None:
        arguments += ["--began", str(config.began)]
    process = await asyncio.create_subprocess_exec(
        *own_command(*arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - asked for above
    assert process.stdout is not None  # noqa: S101
    try:
        ready = await _first_line(process.stdout)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch(process))
            yield MappingProxyType({"gateway": ready.gateway, "tracker": ready.tracker})
            watching.cancel()
    except* RehearsalError as group_of_errors:
        raise group_of_errors.exceptions[0] from None
    finally:
        # It ends when its standard input closes, as it would if we had been killed.
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _look_through(scenario: Path) -> None:
    from goliath_tui.rehearsal.scenario import ScenarioError, load

    try:
        load(scenario)
    except ScenarioError as error:
        raise ConfigError(str(error).splitlines()) from None


async def _first_line(stream: asyncio.StreamReader) -> _Ready:
    try:
        async with asyncio.timeout(READY_SECONDS):
            line = await stream.readline()
        return msgspec.json.decode(line, type=_Ready)
    except TimeoutError:
        raise RehearsalError(f"the rehearsal was not ready within {READY_SECONDS} s") from None
    except msgspec.DecodeError:
        raise RehearsalError("the rehearsal ended before it was ready") from None


async def _watch(process: asyncio.subprocess.Process) -> None:
    code = await process.wait()
    raise RehearsalError(f"the rehearsal ended with exit code {code}")
