"""The command `poll`: the poller, with what a process needs around it.

As a screen's child it obeys lines on stdin and says on stdout what it does; on its own it says the
same on stderr, for a person.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import click
import msgspec

from goliath_tui.clean import clean_text
from goliath_tui.config import Config, RehearsalConfig
from goliath_tui.config_sources import SourceConfig
from goliath_tui.domain import SourceSpec
from goliath_tui.poller import ConfiguredSource, Sources, lines_from, no_commands, run_poller
from goliath_tui.rehearsal_child import RehearsalError, rehearsal
from goliath_tui.sources import KINDS
from goliath_tui.sources.client import Connection
from goliath_tui.start import cache_file, source_specs

FAULT = 1
_LONGEST_LINE = 2000


def run(config: Config, *, child: bool) -> int:
    """Polls until interrupted, or until the parent is gone; the exit code. Raises ConfigError."""
    return asyncio.run(_run(config, child=child))


async def _run(config: Config, *, child: bool) -> int:
    say = _say_to_parent if child else _say_to_person
    polling = asyncio.ensure_future(
        run_poller(
            cache_file(config),
            configured_sources(config, has_stdin=not child),
            lines_from(sys.stdin.fileno()) if child else no_commands(),
            say,
        )
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Started by nohup, or in the background of a script, it is meant to go on.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, polling.cancel)
    try:
        return await polling
    except asyncio.CancelledError:
        return 0
    except RehearsalError as error:
        say({"role": "error", "error": str(error), "exit": FAULT})
        return FAULT


def configured_sources(config: Config, *, has_stdin: bool = True) -> Sources:
    """What to poll. The rehearsal, if it is one, starts when its sources are asked for.

    `has_stdin`: a source may read standard input.
    """
    specs = source_specs(config)
    if config.rehearsal is not None:
        rehearsed = config.rehearsal
        return lambda: _rehearsed(rehearsed, specs)
    return [
        ConfiguredSource(
            spec=spec,
            connection=_connection(source),
            setup=msgspec.structs.replace(source.setup(), has_stdin=has_stdin, number=number),
        )
        for number, (spec, source) in enumerate(zip(specs, config.sources, strict=True))
    ]


def _connection(source: SourceConfig) -> Connection:
    return Connection(
        base_url=source.url or "",
        token=source.token.resolve if source.token is not None else None,
        proof=KINDS[source.kind].proof,
        user=source.user,
        headers=source.options.headers(),
        timeout_ms=source.timeout_ms,
        ca_file=source.ca_file,
    )


@asynccontextmanager
async def _rehearsed(
    config: RehearsalConfig, specs: Sequence[SourceSpec]
) -> AsyncIterator[Sequence[ConfiguredSource]]:
    async with rehearsal(config) as addresses:
        yield [
            ConfiguredSource(spec=spec, connection=Connection(base_url=addresses[spec.name]))
            for spec in specs
        ]


def _say_to_parent(told: dict[str, object]) -> None:
    # A parent that is gone hears nothing; the end of our standard input tells us of that.
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), msgspec.json.encode(told) + b"\n")


def _say_to_person(told: dict[str, object]) -> None:
    match told:
        case {"role": "standby", "holder": holder}:
            words = f"process {holder} polls this cache; standing by until it goes"
        case {"role": "polling", "problem": problem}:
            words = f"polling, but: {problem}"
        case {"role": "polling"}:
            words = "polling; ctrl-c ends it"
        case {"role": "error", "error": error}:
            words = str(error)
        case _:
            return
    # Polling does not depend on who listens.
    with suppress(BrokenPipeError):
        click.echo(f"goliath-tui: {clean_text(words, _LONGEST_LINE)}", err=True)
