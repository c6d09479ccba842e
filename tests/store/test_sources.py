"""The health of a source, as its log of polls tells it, at any moment."""

from pathlib import Path

from goliath_tui.domain import (
    Batch,
    Poll,
    Progress,
    SourceErrorKind,
    SourceHealth,
    SourceSpec,
    SourceState,
)
from goliath_tui.store.limits import Limits
from goliath_tui.store.read_sources import LATENCIES
from goliath_tui.store.writer import Writer
from tests.store.worlds import DAY, HOUR, START, picture

GATEWAY = SourceSpec(name="gateway", kind="goliath-gateway", every_ms=10_000)
TRACKER = SourceSpec(name="tracker", kind="goliath-tracker", every_ms=60_000)
STEP = 10_000


def health(path: Path, at: int, *specs: SourceSpec) -> SourceHealth:
    [found] = picture(path, at, sources=specs or (GATEWAY,)).sources
    return found


def success(writer: Writer, at: int, took_ms: int = 5, rows: int = 10) -> None:
    poll = Poll(source="gateway", at=at, took_ms=took_ms, rows=rows, requests=2, skew_ms=3)
    writer.commit(Batch(rows=(), cursor=str(at)), poll)


def failure(writer: Writer, at: int, kind: SourceErrorKind = SourceErrorKind.TIMEOUT) -> None:
    writer.fail(
        Poll(
            source="gateway",
            at=at,
            took_ms=99,
            requests=1,
            error_kind=kind,
            error="no answer within 15 s: look at the server",
            next_at=at + 7000,
        )
    )


def test_sources_that_were_never_asked_are_off_and_sorted_by_name(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path / "cache"):
        found = picture(path, now=START, sources=(TRACKER, GATEWAY)).sources
        assert [source.name for source in found] == ["gateway", "tracker"]
        assert {source.state for source in found} == {SourceState.OFF}
        Writer(tmp_path / "cache").close()


def test_health_at_every_moment_of_a_story(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    success(writer, START, took_ms=5)
    success(writer, START + STEP, took_ms=6)
    failure(writer, START + 2 * STEP)
    failure(writer, START + 3 * STEP, SourceErrorKind.AUTH)
    success(writer, START + 4 * STEP, took_ms=7)
    writer.close()

    assert health(path, START - 1).state is SourceState.OFF

    well = health(path, START + STEP + 6)
    assert well.state is SourceState.OK
    assert (well.last_poll, well.last_success) == (START + STEP, START + STEP)
    assert (well.error, well.error_kind, well.failing_since) == (None, None, None)
    assert (well.rows, well.requests_per_hour, well.skew_ms) == (20, 4, 3)
    assert well.latencies_ms == (5, 6)

    failing = health(path, START + 2 * STEP + 99)
    assert failing.state is SourceState.FAILING
    assert failing.error == "no answer within 15 s: look at the server"
    assert failing.error_kind is SourceErrorKind.TIMEOUT
    assert (failing.last_success, failing.failing_since) == (START + STEP, START + 2 * STEP)
    assert failing.next_at == START + 2 * STEP + 7000
    assert (failing.rows, failing.skew_ms) == (20, 3)

    refused = health(path, START + 3 * STEP + 99)
    assert refused.state is SourceState.REFUSED
    assert refused.failing_since == START + 2 * STEP

    again = health(path, START + 4 * STEP + 7)
    assert (again.state, again.failing_since, again.error) == (SourceState.OK, None, None)
    assert again.latencies_ms == (5, 6, 99, 99, 7)
    assert (again.rows, again.requests_per_hour) == (30, 8)

    assert health(path, START + DAY).state is SourceState.STALE
    assert health(path, START + DAY).requests_per_hour == 0


def test_a_poll_that_was_under_way_was_not_known_yet(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    success(writer, START, took_ms=5)
    before = health(path, START + 2 * STEP)
    success(writer, START + STEP, took_ms=12_000)
    assert health(path, START + 2 * STEP) == before
    assert health(path, START + STEP + 11_999).rows == 10
    known = health(path, START + STEP + 12_000)
    writer.close()
    assert (known.rows, known.last_success, known.latencies_ms) == (20, START + STEP, (5, 12_000))


def test_a_source_that_is_switched_off_keeps_its_log(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    success(writer, START)
    writer.close()
    off = SourceSpec(name="gateway", kind="goliath-gateway", every_ms=10_000, enabled=False)
    found = health(path, START + 5, off)
    assert (found.state, found.last_success) == (SourceState.OFF, START)


def test_the_progress_of_a_first_fill(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    progress = Progress(pages=3, rows=2000, remaining=500)
    poll = Poll(source="gateway", at=START, took_ms=1, progress=progress)
    writer.commit(Batch(rows=(), cursor="1"), poll)
    assert health(path, START + 1).progress == progress
    success(writer, START + 1)
    assert health(path, START + 6).progress is None
    writer.close()


def test_latencies_are_those_of_the_newest_polls(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    for n in range(LATENCIES + 5):
        success(writer, START + n, took_ms=n)
    writer.close()
    assert health(path, START + HOUR).latencies_ms == tuple(range(5, LATENCIES + 5))


def test_an_old_log_shortens_but_the_last_success_is_always_known(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path, limits=Limits(polls_age=HOUR))
    success(writer, START)
    success(writer, START + 1)
    for n in range(2, 9):
        failure(writer, START + n)
    before = health(path, START + DAY)
    assert writer.tidy(START + DAY)
    after = health(path, START + DAY)
    assert (after.last_success, after.failing_since) == (START + 1, START + 2)
    assert (after.state, after.rows) == (before.state, before.rows) == (after.state, 20)
    assert writer.tidy(START + DAY)
    assert after == health(path, START + DAY)
    success(writer, START + 9)
    assert writer.tidy(START + DAY)
    assert health(path, START + DAY).latencies_ms == (5,)
    writer.close()
