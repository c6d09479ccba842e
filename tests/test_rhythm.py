"""The pauses between polls: periods, back-off, the breaker, and a server's own wish."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.rhythm import Rhythm, Timing

CALM = Timing(jitter=0)


def rhythm(every_ms: int = 10_000, timing: Timing = CALM) -> Rhythm:
    return Rhythm(every_ms, timing, random.Random(1))


def error(kind: SourceErrorKind, retry_after_ms: int | None = None) -> SourceError:
    return SourceError(kind, "", retry_after_ms=retry_after_ms)


@pytest.mark.parametrize(
    ("kind", "pauses"),
    [
        (SourceErrorKind.STATUS, [5, 10, 20, 40, 80, 300, 300]),
        (SourceErrorKind.UNREACHABLE, [5, 10, 20, 40, 60, 60, 60]),
        (SourceErrorKind.AUTH, [60, 120, 240, 300, 300, 300, 300]),
    ],
)
def test_pauses_grow_up_to_a_most(kind: SourceErrorKind, pauses: list[int]) -> None:
    source = rhythm()
    assert [source.after_failure(error(kind)) / 1000 for _ in pauses] == pauses
    assert source.open
    assert source.after_success() == 10_000
    assert not source.open
    assert source.after_failure(error(kind)) / 1000 == pauses[0]


def test_a_source_that_is_asked_often_is_retried_as_often() -> None:
    assert rhythm(1_000).after_failure(error(SourceErrorKind.STATUS)) == 1_000


def test_a_source_that_still_brings_rows_keeps_its_period() -> None:
    source = rhythm(60_000)
    for _ in range(10):
        pause = source.after_failure(error(SourceErrorKind.MALFORMED), brought_rows=True)
        assert pause == 60_000
    assert not source.open


@given(
    st.integers(1_000, 86_400_000),
    st.sampled_from(SourceErrorKind),
    st.none() | st.integers(0, 10**15),
    st.integers(0, 2**32),
)
def test_a_wish_to_be_left_alone_is_obeyed_up_to_an_hour_and_no_pause_is_endless(
    every_ms: int, kind: SourceErrorKind, retry_after_ms: int | None, seed: int
) -> None:
    source = Rhythm(every_ms, Timing(), random.Random(seed))
    for _ in range(12):
        pause = source.after_failure(error(kind, retry_after_ms))
        assert pause >= min(retry_after_ms or 0, 3_600_000)
        assert 900 <= pause <= 3_600_000 * 1.1
    assert every_ms * 0.9 - 1 <= source.after_success() <= every_ms * 1.1 + 1
