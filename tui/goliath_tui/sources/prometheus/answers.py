"""What the HTTP API of Prometheus and its kin answers, decoded and doubted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from goliath_tui.clean import clean_text, mend_surrogates
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer

#: Bodies larger than this are decoded beside the event loop.
DECODE_ASIDE = 256 * 2**10
MOST_NAMES = 100_000
MOST_WARNINGS = 10
_SURROGATE_ESCAPES = (b"\\ud", b"\\uD")

Result = TypeVar("Result")


class _Series(Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]] = []
    value: tuple[float, str] | None = None


class _Data(Struct):
    result: list[_Series] = []


class _Envelope(Struct):
    status: str
    data: _Data | None = None
    error: str | None = None
    warnings: list[str] | None = None
    infos: list[str] | None = None
    isPartial: bool = False  # noqa: N815 - the API's name


class _Names(Struct):
    status: str
    data: list[str] | None = None


class Series(Struct, frozen=True):
    """One series of an answer: its labels, and (moment, value) in the order of time."""

    labels: Mapping[str, str]
    points: tuple[tuple[int, float], ...]


class Found(Struct, frozen=True, kw_only=True):
    """The series of an answer, and what the server said about it.

    After `warnings` something may be missing from it; `infos` are advice.
    """

    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


_envelope = msgspec.json.Decoder(_Envelope)
_names = msgspec.json.Decoder(_Names)


async def matrix(answer: Answer, moments: range) -> Found:
    """The series of an answer, whose values must be of these moments. Raises SourceError."""

    def read() -> Found:
        envelope = _decoded(answer, _envelope)
        series = tuple(
            Series(one.metric, tuple(_points(one.values, answer, moments)))
            for one in (envelope.data or _Data()).result
        )
        if len({frozenset(one.labels.items()) for one in series}) < len(series):
            raise faults.malformed(answer.where, "has one series twice")
        return _found(envelope, series)

    return await _aside(read, answer)


async def vector(answer: Answer) -> Found:
    """The series of an answer about one moment, whichever that is. Raises SourceError."""

    def read() -> Found:
        envelope = _decoded(answer, _envelope)
        series = tuple(
            Series(one.metric, ((0, _number(one.value[1], answer)),))
            for one in (envelope.data or _Data()).result
            if one.value is not None
        )
        return _found(envelope, series)

    return await _aside(read, answer)


async def names(answer: Answer) -> tuple[str, ...]:
    """A list of names. Raises SourceError."""

    def read() -> tuple[str, ...]:
        found = _decoded(answer, _names).data or []
        return tuple(clean_text(name, 200) for name in found[:MOST_NAMES])

    return await _aside(read, answer)


def _decoded(answer: Answer, decoder: msgspec.json.Decoder[Any]) -> Any:
    body = answer.body
    if body.lstrip()[:1] == b"<":
        raise wrong_place(answer.where, "answers with a web page")
    if any(escape in body for escape in _SURROGATE_ESCAPES):
        body = mend_surrogates(body)
    envelope = decoder.decode(body)
    if envelope.status != "success":
        said = clean_text(getattr(envelope, "error", "") or envelope.status, 200)
        raise SourceError(
            SourceErrorKind.STATUS, f"{answer.where} answers {said}: look at the server"
        )
    return envelope


def wrong_place(where: str, what: str) -> SourceError:
    """The address is not that of the API."""
    return SourceError(
        SourceErrorKind.CONFIG,
        f"{where} {what}: end `url:` where /api/v1 begins, as in https://HOST/prometheus for Mimir",
    )


def _found(envelope: _Envelope, series: tuple[Series, ...]) -> Found:
    said = list(envelope.warnings or [])
    if envelope.isPartial:
        said.append("the answer is partial: a storage node is away")
    return Found(series=series, warnings=_clean(said), infos=_clean(envelope.infos or []))


def _points(
    values: list[tuple[float, str]], answer: Answer, moments: range
) -> Iterator[tuple[int, float]]:
    last = -1
    for at, text in values:
        moment = round(at * 1000) if 0 <= at < 1e11 else -1
        if moment not in moments or moment <= last:
            raise faults.malformed(answer.where, "is about moments that were not asked for")
        last = moment
        yield moment, _number(text, answer)


def _number(text: str, answer: Answer) -> float:
    """`NaN`, `+Inf` and `-Inf` are numbers too."""
    try:
        return float(text)
    except ValueError:
        raise faults.malformed(
            answer.where, f"has {clean_text(text, 40)} where a number belongs"
        ) from None


def _clean(lines: list[str]) -> tuple[str, ...]:
    """What a server says, each once."""
    return tuple(dict.fromkeys(clean_text(line, 200) for line in lines))[:MOST_WARNINGS]


async def _aside(work: Callable[[], Result], answer: Answer) -> Result:
    """Runs `work` on an answer, beside the event loop if it is large. Raises SourceError."""
    try:
        if len(answer.body) <= DECODE_ASIDE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(None, work)
    except (ValueError, RecursionError) as error:
        fault = faults.from_decoder(error, answer.where)
    raise fault
