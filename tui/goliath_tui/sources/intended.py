"""The share that a gateway is configured to send to new, made of what each kind of gateway says.

A gateway is read as ways: a way is what a request may match, and says which part of its requests
each backend is meant to get.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from msgspec import Struct

from goliath_tui.clean import clean_fact, clean_text
from goliath_tui.domain import Batch, IntendedShare, Side, SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer
from goliath_tui.sources.sides import Patterns, Unclear, unclear_notes

#: Bodies larger than this are read beside the event loop.
READ_ASIDE = 256 * 2**10
MOST_SERVICES = 5_000
NAMED = 5
#: Shares closer than this are the same.
SAME = 1e-9


_Result = TypeVar("_Result")


class Backend(Struct, frozen=True):
    """Whom requests are sent to, by the labels that its counters have."""

    labels: tuple[tuple[str, str], ...]


@dataclass
class Way:
    """What a request may match. `parts`: the part of its requests that each backend is to get.

    `rest`: the part that goes on to other ways. `asked_for`: only requests that say so take it, by
    a header or a parameter: developers that try what is new. `by_client`: the parts are those of
    the clients, each of which is kept where it once was, and not of the requests.
    """

    parts: dict[Backend, float] = field(default_factory=dict)
    rest: float = 0.0
    asked_for: bool = False
    by_client: bool = False

    def add(self, backend: Backend, part: float) -> None:
        """Lets `backend` have `part` more."""
        self.parts[backend] = self.parts.get(backend, 0.0) + part


@dataclass
class Meant:
    """What is meant: the share of new by service, None where it cannot be told; and notes on it."""

    shares: dict[str, float | None]
    notes: tuple[str, ...]


async def reading(answer: Answer, work: Callable[[], _Result]) -> _Result:
    """What `work` makes of an answer, beside the loop where that is large. Raises SourceError."""
    try:
        if len(answer.body) <= READ_ASIDE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(None, work)
    except (ValueError, RecursionError) as error:
        fault = faults.from_decoder(error, answer.where)
    raise fault


def meant(ways: Iterable[Way], patterns: Patterns, where: str, *, apart: str = "") -> Meant:
    """What the ways together mean for each service. Raises SourceError where they mean nothing.

    `apart`: what to say of a service whose ways each lead to one side, if that needs own words.
    """
    usual: dict[str, list[float | None]] = {}
    asked: dict[str, list[float | None]] = {}
    unclear: set[str] = set()
    kept: set[str] = set()
    for way in ways:
        sides: dict[str, dict[Side, float]] = {}
        for backend, part in way.parts.items():
            try:
                whose = patterns.whose(dict(backend.labels))
            except Unclear as error:
                unclear.add(str(error))
                continue
            of = sides.setdefault(whose.service, {})
            of[whose.side] = of.get(whose.side, 0.0) + part
        for service, of in sides.items():
            into = asked if way.asked_for else usual
            if (share := _share(of, way.rest)) is not _NOBODY:
                into.setdefault(service, []).append(share)
                if way.by_client and share not in {None, 0.0, 1.0}:
                    kept.add(service)
    if not usual and not asked:
        if unclear:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"{where}: {unclear_notes(unclear, most=2)[0]}: nothing else is there, so mend "
                "`labels:` or `sides:`",
            )
        raise SourceError(
            SourceErrorKind.CONFIG, f"{where}: no backend is sent anything: check `url:`"
        )
    if len(usual.keys() | asked.keys()) > MOST_SERVICES:
        raise SourceError(
            SourceErrorKind.CONFIG,
            f"{where}: names more than {MOST_SERVICES:,} services: look at where {{service}} "
            "stands in `labels:`",
        )
    found = _together(usual, asked, unclear, apart)
    return _without(found, kept) if kept else found


def _without(found: Meant, kept: set[str]) -> Meant:
    """What is meant, but for services whose clients are kept at one side each."""
    note = (
        f"not known of {_named(sorted(kept))}: each client is kept at one side (sticky, "
        "highestRandomWeight), so new's share of the requests depends on who asks how often"
    )
    return Meant({**found.shares, **dict.fromkeys(kept)}, (*found.notes, note))


_NOBODY = -1.0


def _share(of: Mapping[Side, float], rest: float) -> float | None:
    """New's share on one way; `_NOBODY` where neither side gets anything, as on a way to shadow."""
    legacy, new = of.get(Side.LEGACY, 0.0), of.get(Side.NEW, 0.0)
    if legacy + new <= 0:
        return None if Side.LEGACY in of or Side.NEW in of else _NOBODY
    return None if rest > SAME else min(1.0, new / (legacy + new))


def _together(
    usual: Mapping[str, list[float | None]],
    asked: Mapping[str, list[float | None]],
    unclear: set[str],
    apart: str,
) -> Meant:
    shares: dict[str, float | None] = {}
    differ: list[str] = []
    split: list[str] = []
    open_: list[str] = []
    for service in sorted(usual.keys() | asked.keys()):
        found = usual.get(service) or asked[service]
        known = sorted(share for share in found if share is not None)
        shares[service] = None
        if len(known) < len(found):
            open_.append(service)
        elif known[-1] - known[0] <= SAME:
            shares[service] = known[0]
        elif apart and set(known) == {0.0, 1.0}:
            split.append(service)
        else:
            low, high = (f"{share * 100:.4g}" for share in (known[0], known[-1]))
            differ.append(f"{service} ({low} to {high} %)")
    notes = list(unclear_notes(unclear, most=NAMED))
    if open_:
        notes.append(
            f"not known of {_named(open_)}: a part of its requests goes on to other routes, or "
            "to nobody"
        )
    if differ:
        notes.append(
            f"routes of one service mean different shares, so its own depends on what is asked: "
            f"{_named(differ)}"
        )
    if split:
        notes.append(f"not known of {_named(split)}: {apart}")
    if hidden := [service for service in asked if service in usual]:
        notes.append(
            f"routes that want a header or a parameter are left out, of {_named(sorted(hidden))}"
        )
    return Meant(shares, tuple(notes))


def told(found: Meant, at: int) -> Batch:
    """The batch that says what was found at a look that began at `at`.

    All is told each time: that nothing has changed is news for the traffic since the last look.
    """
    rows = tuple(
        clean_fact(IntendedShare(service=service, at=at, share=share))
        for service, share in found.shares.items()
    )
    return Batch(rows=rows, cursor="", notes=found.notes)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(clean_text(name, 60) for name in names[:NAMED]) + more
