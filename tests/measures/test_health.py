"""The state of a source from its last polls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import SourceErrorKind, SourceState
from goliath_tui.measures.health import FRESH_PERIODS, GRACE_MS, source_state

NOW = 1_700_000_000_000
EVERY = 10_000
OLDEST_FRESH = NOW - FRESH_PERIODS * EVERY - GRACE_MS

moments = st.integers(NOW - 10**9, NOW + 10**6)


def state(
    *,
    enabled: bool = True,
    last_poll: int | None = NOW,
    last_success: int | None = NOW,
    error: SourceErrorKind | None = None,
) -> SourceState:
    return source_state(
        enabled=enabled,
        every_ms=EVERY,
        now=NOW,
        last_poll=last_poll,
        last_success=last_success,
        last_error_kind=error,
    )


def test_a_source_that_answered_in_time_is_ok() -> None:
    assert state() is SourceState.OK
    assert state(last_poll=OLDEST_FRESH, last_success=OLDEST_FRESH) is SourceState.OK


def test_a_source_that_nobody_asks_any_more_is_stale() -> None:
    late = OLDEST_FRESH - 1
    assert state(last_poll=late, last_success=late) is SourceState.STALE


def test_a_source_that_is_switched_off_or_was_never_asked_is_off() -> None:
    assert state(enabled=False, error=SourceErrorKind.AUTH) is SourceState.OFF
    assert state(last_poll=None, last_success=None) is SourceState.OFF


@pytest.mark.parametrize("last_success", [None, NOW - 1, OLDEST_FRESH - 10**8])
@pytest.mark.parametrize("kind", list(SourceErrorKind))
def test_a_failed_poll_counts_more_than_the_age_of_a_success(
    kind: SourceErrorKind, last_success: int | None
) -> None:
    failed = state(last_success=last_success, error=kind)
    refused = kind is SourceErrorKind.AUTH
    assert failed is (SourceState.REFUSED if refused else SourceState.FAILING)


@given(
    st.booleans(),
    st.none() | moments,
    st.none() | moments,
    st.none() | st.sampled_from(list(SourceErrorKind)),
)
def test_only_a_fresh_success_without_error_is_ok(
    enabled: bool, poll: int | None, success: int | None, error: SourceErrorKind | None
) -> None:
    felt = state(enabled=enabled, last_poll=poll, last_success=success, error=error)
    if felt is SourceState.OK:
        assert enabled
        assert poll is not None
        assert error is None
        assert max(poll, success or 0) >= OLDEST_FRESH
    if error is None and enabled and poll is not None:
        assert felt in {SourceState.OK, SourceState.STALE}
