"""One line of JSON → what was compared, when, and what came of it.

Of a line only what is asked for is decoded; answers stay the bytes that they are, so that two equal
ones cost next to nothing. A verdict of the publisher stands; without one, the two answers are
compared here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Raw

from goliath_tui.clean import clean_text, mend_surrogates
from goliath_tui.domain import Answers, Comparison, Difference, DifferenceClass
from goliath_tui.measures.differences import LIMIT, compare
from goliath_tui.sources.jsonl import LineMap
from goliath_tui.sources.jsonl.paths import Line, Places
from goliath_tui.sources.jsonl.seen import (
    LONGEST_NAME,
    Fault,
    Ignored,
    Odd,
    Seen,
    cleaned,
    example,
    line_id,
    moment_ms,
)
from goliath_tui.sources.jsonl.tally import Outcome
from goliath_tui.sources.jsonl.told import told_differences

_REMEMBERED = 50_000

_PLACES: dict[str, tuple[str, ...]] = {
    "field": ("field",),
    "service": ("service",),
    "at": ("at", "timestamp", "time", "@timestamp"),
    "id": ("id",),
    "operation": ("operation",),
    "trace_id": ("trace_id",),
    "legacy": ("answers.legacy", "legacy"),
    "new": ("answers.new", "new"),
    "legacy_error": ("legacy_error",),
    "new_error": ("new_error",),
    "outcome": ("outcome",),
    "matched": ("matched",),
    "mismatched": ("mismatched",),
    "ignored": ("ignored",),
    "failed": ("failed",),
    "differences": ("differences",),
}
_CANDIDATE = ("candidate", "candidates[0]")
_SCIENTIST: dict[str, tuple[str, ...]] = {
    **_PLACES,
    "field": ("experiment.name", "experiment", "experiment_name", "name"),
    "service": ("service", "context.service"),
    "at": ("timestamp", "@timestamp", "time", "at", "created_at"),
    "operation": ("operation", "context.operation", "context.operation_name"),
    "trace_id": ("trace_id", "context.trace_id", "context.request_id"),
    "legacy": ("control.cleaned_value", "control.value"),
    "new": tuple(f"{c}.{value}" for c in _CANDIDATE for value in ("cleaned_value", "value")),
    "legacy_error": ("control.exception", "control.error"),
    "new_error": tuple(f"{c}.{error}" for c in _CANDIDATE for error in ("exception", "error")),
    "outcome": ("outcome", "result"),
}
PRESETS: Mapping[str | None, dict[str, tuple[str, ...]]] = {None: _PLACES, "scientist": _SCIENTIST}

_WORDS = {
    **dict.fromkeys(("matched", "match", "equal", "same"), Outcome.MATCHED),
    **dict.fromkeys(("mismatched", "mismatch", "different", "differs"), Outcome.MISMATCHED),
    **dict.fromkeys(("ignored", "ignore"), Outcome.IGNORED),
    **dict.fromkeys(("failed", "failure", "error", "exception"), Outcome.FAILED),
}
#: Verdicts that stand without a look at the answers.
_SETTLED = {Outcome.MATCHED, Outcome.IGNORED}
#: The flags, in the order in which they are believed.
_FLAGS = tuple(
    (outcome.name.lower(), outcome)
    for outcome in (Outcome.IGNORED, Outcome.MISMATCHED, Outcome.FAILED, Outcome.MATCHED)
)
_any = msgspec.json.Decoder().decode
_text = msgspec.json.Decoder(str).decode


class Reader:
    """Reads lines by a preset and a map on top of it."""

    def __init__(
        self, preset: str | None, mapped: LineMap, ignored: Ignored, clock: Callable[[], int]
    ) -> None:
        places: dict[str, tuple[str, ...] | None] = {**PRESETS[preset], **dict(mapped.paths())}
        self._places = Places(places)
        self._verdicts = self._places.heads("outcome", *(name for name, _ in _FLAGS))
        self._has_moments = bool(self._places.of("at"))
        self._ignored = ignored
        self._clock = clock
        self._names: dict[bytes, str] = {}

    def read(self, line: bytes, offset: int) -> Seen:
        """What a line at an offset of its stream says. Raises Odd."""
        if b"\\ud" in line or b"\\uD" in line:
            line = mend_surrogates(line)
        try:
            return self._read(Line(line, self._places), line, offset)
        except msgspec.ValidationError:
            raise Odd(Fault.NOT_OBJECT, example(line)) from None
        except (ValueError, RecursionError):
            raise Odd(Fault.NOT_JSON, example(line)) from None

    def _read(self, found: Line, line: bytes, offset: int) -> Seen:
        field = self._name(found, "field")
        if field is None:
            raise Odd(Fault.NO_FIELD, example(line))
        at = self._moment(found, line)
        service = self._name(found, "service")
        verdict = _verdict(found) if found.has_any(self._verdicts) else None
        if verdict in _SETTLED:
            return Seen(field, at, verdict, service)
        errors = [
            f"{side} raised {example(raw, 60)}"
            for side in ("legacy", "new")
            if (raw := found.first(f"{side}_error")) is not None and raw != b"null"
        ]
        seen = Seen(field, at, Outcome.MATCHED, service)
        if errors or verdict is Outcome.FAILED:
            return _failed(seen, " and ".join(errors) or "the publisher says so")
        return self._compared(found, line, offset, seen, verdict)

    def _compared(
        self, found: Line, line: bytes, offset: int, seen: Seen, verdict: Outcome | None
    ) -> Seen:
        """What comes of a line whose publisher has said at most that it differs."""
        legacy, new = found.first("legacy"), found.first("new")
        differences = told_differences(found.first("differences"))
        if differences is None and legacy is not None and new is not None:
            try:
                differences = compare(legacy, new)
            except ValueError as error:
                return _failed(seen, clean_text(str(error), 100))
        if differences is None and verdict is None:
            if legacy is None and new is None:
                raise Odd(Fault.NO_OUTCOME, example(line))
            return _failed(seen, f"no answer of {'legacy' if legacy is None else 'new'}")
        if not differences and verdict is None:
            return seen
        faults: tuple[tuple[Fault, str], ...] = ()
        counted = self._ignored.without(differences or ())
        if differences and not counted:
            return msgspec.structs.replace(seen, outcome=Outcome.IGNORED)
        if not counted:
            counted = [Difference(path="$", kind=DifferenceClass.VALUE)]
            faults = ((Fault.BARE, seen.field),)
        comparison = Comparison(
            id=self._text(found, "id") or line_id(line, offset),
            at=seen.at,
            field=seen.field,
            differences=tuple(counted[:LIMIT]),
            operation=self._text(found, "operation"),
            trace_id=self._text(found, "trace_id"),
            answers=_answers(legacy, new),
        )
        return msgspec.structs.replace(
            seen, outcome=Outcome.MISMATCHED, comparison=cleaned(comparison), faults=faults
        )

    def _moment(self, found: Line, line: bytes) -> int:
        if not self._has_moments:
            return self._clock()
        for raw in found.all("at"):
            try:
                return moment_ms(_any(raw))
            except (ValueError, OverflowError):
                continue
        raise Odd(Fault.NO_MOMENT, example(line))

    def _name(self, found: Line, name: str) -> str | None:
        """A text that is told over and over."""
        for raw in found.all(name):
            known = self._names.get(raw)
            if known is None:
                if raw[:1] != b'"':
                    continue
                known = clean_text(_decoded_text(raw), LONGEST_NAME)
                if len(raw) <= 2 * LONGEST_NAME:
                    if len(self._names) >= _REMEMBERED:
                        self._names.clear()
                    self._names[raw] = known
            if known:
                return known
        return None

    def _text(self, found: Line, name: str) -> str | None:
        """A text or a number, as text."""
        for raw in found.all(name):
            text = _decoded_text(raw) if raw[:1] == b'"' else raw.decode("ascii", "replace")
            if text and raw[:1] not in b"[{ntf":
                return clean_text(text, LONGEST_NAME)
        return None


def _verdict(found: Line) -> Outcome | None:
    """What the publisher says came of the comparison."""
    for said in found.all("outcome"):
        if said[:1] == b'"' and (word := _WORDS.get(_decoded_text(said).lower())) is not None:
            return word
    flags = {
        outcome: _is_set(raw) for name, outcome in _FLAGS if (raw := found.first(name)) is not None
    }
    for outcome, is_set in flags.items():
        if is_set:
            return outcome
    return Outcome.MISMATCHED if flags.get(Outcome.MATCHED) is False else None


def _failed(seen: Seen, why: str) -> Seen:
    """The comparison could not be made."""
    faults = ((Fault.FAILED, f"{seen.field}: {why}"),)
    return msgspec.structs.replace(seen, outcome=Outcome.FAILED, faults=faults)


def _is_set(raw: bytes) -> bool:
    """Whether a flag, a count or a list says that there was one."""
    return raw not in {b"false", b"null", b"0", b'""'} and bool(_any(raw))


def _decoded_text(raw: bytes) -> str:
    try:
        return _text(raw)
    except ValueError:
        return raw[1:-1].decode("utf-8", "backslashreplace")


def _answers(legacy: bytes | None, new: bytes | None) -> Answers | None:
    if legacy is None or new is None:
        return None
    return Answers(legacy=Raw(legacy), new=Raw(new))
