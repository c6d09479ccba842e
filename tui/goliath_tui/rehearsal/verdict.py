"""What the gateway makes of two answers to one request."""

from collections.abc import Container
from enum import StrEnum

from goliath_tui.domain import Difference
from goliath_tui.measures.differences import compare
from goliath_tui.measures.fingerprint import normalise_path


class Outcome(StrEnum):
    """How a comparison ended; the names are those of `ComparisonCounts`."""

    MATCHED = "matched"
    MISMATCHED = "mismatched"
    IGNORED = "ignored"
    FAILED = "failed"


def judge(
    legacy: bytes, new: bytes, ignored: Container[str]
) -> tuple[Outcome, tuple[Difference, ...]]:
    """The outcome for two answers, and the differences that count.

    `ignored` are places, as `normalise_path` writes them, where differences do not count.
    """
    try:
        found = compare(legacy, new)
    except ValueError:
        return Outcome.FAILED, ()
    counting = tuple(x for x in found if normalise_path(x.path) not in ignored)
    if counting:
        return Outcome.MISMATCHED, counting
    return (Outcome.IGNORED if found else Outcome.MATCHED), ()
