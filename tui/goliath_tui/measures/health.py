"""How a source feels, from the log of its polls."""

from goliath_tui.domain import SourceErrorKind, SourceState

#: Periods that a success may be old before the source is stale.
FRESH_PERIODS = 3

#: On top of them: what a poll itself takes, with the jitter of its start.
GRACE_MS = 5_000


def source_state(
    *,
    enabled: bool,
    every_ms: int,
    now: int,
    last_poll: int | None,
    last_success: int | None,
    last_error_kind: SourceErrorKind | None,
) -> SourceState:
    """The state of a source at `now`, by the first rule that holds:

    1. off: switched off, or never asked.
    2. auth: its last poll was refused the credentials; failing: its last poll failed otherwise.
       However recent the last success is, and however long ago that poll: the next one may wait
       for a long back-off.
    3. stale: its last success is older than `FRESH_PERIODS` periods and `GRACE_MS`: it is slow, or
       nobody polls it.
    4. ok.

    `last_poll`, `last_success`: when the last poll of any kind, and the last that succeeded, began.
    `last_error_kind`: of the last poll, None if it succeeded.
    """
    if not enabled or last_poll is None:
        return SourceState.OFF
    if last_error_kind is not None:
        auth = last_error_kind is SourceErrorKind.AUTH
        return SourceState.REFUSED if auth else SourceState.FAILING
    success = last_poll if last_success is None else max(last_poll, last_success)
    if now - success > FRESH_PERIODS * every_ms + GRACE_MS:
        return SourceState.STALE
    return SourceState.OK
