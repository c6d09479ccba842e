"""The command `check`: every source asked once, what it said, and what polling it will cost."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from goliath_tui.clean import clean_text
from goliath_tui.clock import now_ms
from goliath_tui.config import Config
from goliath_tui.domain import Batch, SourceError, SourceErrorKind, facts
from goliath_tui.poll_process import configured_sources
from goliath_tui.poller import ConfiguredSource
from goliath_tui.rehearsal_child import RehearsalError
from goliath_tui.sources.client import Client
from goliath_tui.widgets import keys
from goliath_tui.yaml_lines import parse

FINE, FAULT, REFUSED, BAD_CONFIG = 0, 1, 5, 6
_LONGEST_LINE = 400
_CODES = {SourceErrorKind.AUTH: REFUSED, SourceErrorKind.CONFIG: BAD_CONFIG}

#: One of it, several of it.
_FOUND = {
    facts.Service: ("service", "services"),
    facts.Field: ("field", "fields"),
    facts.StateChange: ("change of state", "changes of state"),
    facts.Traffic: ("bucket of traffic", "buckets of traffic"),
    facts.IntendedShare: ("intended share", "intended shares"),
    facts.ComparisonCounts: ("bucket of comparisons", "buckets of comparisons"),
    facts.Comparison: ("comparison that differed", "comparisons that differed"),
    facts.Sprint: ("sprint", "sprints"),
    facts.Milestone: ("milestone", "milestones"),
    facts.WorkItem: ("work item", "work items"),
    facts.ItemEvent: ("event of a work item", "events of work items"),
    facts.Inventory: ("list of all work items", "lists of all work items"),
    facts.Person: ("person", "people"),
    facts.TimeOff: ("absence", "absences"),
    facts.Loan: ("loan", "loans"),
    facts.Approval: ("approval", "approvals"),
}

Say = Callable[[str], None]


def doubts(config: Config) -> list[str]:
    """What in the config is not understood, and so without effect: settings, theme, keys."""
    wrong = [("keys", problem) for problem in keys.problems(config.keys)]
    if config.theme is not None:
        from goliath_tui.widgets.themes import problem

        if (text := problem(config.theme)) is not None:
            wrong.insert(0, ("theme", text))
    if config.path is None or not wrong:
        return list(config.warnings)
    document = parse(config.path.read_text(encoding="utf-8"))
    lines = [f"{config.path}:{document.line((name,))}: {name}: {text}" for name, text in wrong]
    return [*config.warnings, *(clean_text(line, _LONGEST_LINE) for line in lines)]


def check_sources(config: Config, say: Say, complain: Say) -> int:
    """Asks every source for its first rows; says what came, complains of what went wrong.

    Returns the exit code: 6 when a source cannot even be asked as configured, 5 when one refuses
    the credentials, 1 for other faults. Raises ConfigError.
    """
    try:
        return asyncio.run(_check(config, say, complain))
    except RehearsalError as error:
        complain(str(error))
        return FAULT


async def _check(config: Config, say: Say, complain: Say) -> int:
    async with AsyncExitStack() as stack:
        sources = configured_sources(config)
        if callable(sources):
            complain("starting the rehearsal …")
            sources = await stack.enter_async_context(sources())
        outcomes = await asyncio.gather(*(_ask(source) for source in sources))
    for line, notes, code in outcomes:
        (complain if code else say)(line)
        for note in notes:
            say(f"  ! {note}")
    say(f"in all {sum(source.requests_per_hour() for source in sources):,.0f} requests an hour")
    codes = {code for *_, code in outcomes}
    return next(code for code in (BAD_CONFIG, REFUSED, FAULT, FINE) if code in codes)


async def _ask(source: ConfiguredSource) -> tuple[str, Sequence[str], int]:
    """One line on one source, what else is to be known, and the exit code that it calls for."""
    spec = source.spec
    title = f"{spec.name} ({spec.kind})"
    if not spec.enabled:
        return f"{title}: off", (), FINE
    client = Client(source.connection, clock=now_ms)
    started = time.monotonic()
    try:
        batch = await source.source().poll(client, None)
    except SourceError as error:
        return f"{title}: {error}", (), _CODES.get(error.kind, FAULT)
    finally:
        await client.close()
    took = (time.monotonic() - started) * 1000
    cost = (
        f"{source.requests_per_hour():,.0f} requests an hour "
        f"at one poll every {spec.every_ms / 1000:g} s"
    )
    notes = [clean_text(note, _LONGEST_LINE) for note in batch.notes]
    return f"{title}: {_found(batch)} in {took:,.0f} ms; {cost}", notes, FINE


def _found(batch: Batch) -> str:
    counts = Counter(_FOUND[type(row)] for row in batch.rows).most_common()
    rows = ", ".join(f"{count:,} {one if count == 1 else more}" for (one, more), count in counts)
    return f"{rows or 'no rows'}{' and more to come' if batch.more else ''}"
