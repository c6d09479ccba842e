"""A log that grows, is rotated and emptied while it is read: every line counts, and counts once."""

import asyncio
import gzip
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from goliath_tui.domain import SourceErrorKind
from goliath_tui.sources.jsonl import reading
from goliath_tui.sources.jsonl.reading import LONGEST_LINE, MOST_ROWS
from tests.sources.log_reader import NOW, LogReader, line

OUTCOMES = ("matched", "mismatched", "ignored", "failed")


class RotatingLog(RuleBasedStateMachine):
    """A writer, a rotation, a poller and a cache, each doing what it likes when it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "app.log"
        self.handle = self.path.open("ab", buffering=0)
        self.before: list[object] = []
        self.half = b""
        self.written: Counter[tuple[str, str]] = Counter()
        self.mismatches: set[str] = set()
        self.count = 0
        self.ticks = 0
        self.at = NOW
        # A poll that takes in all that there is shows nothing of what happens in between.
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(reading, "MOST_BYTES", 600)
        self.patch.setattr(reading, "LONGEST_LINE", 300)
        self.reader = LogReader(self.path)

    @initialize()
    def begins(self) -> None:
        """The first poll reads the file that is there then, and no older one."""
        self._touch(self.path)
        asyncio.run(self.reader.poll())

    def teardown(self) -> None:
        try:
            self.ends_well()
        finally:
            self.patch.undo()
            self.handle.close()
            shutil.rmtree(self.folder)

    def ends_well(self) -> None:
        """All is written and read: the totals are those of the lines."""
        self._finish_half()
        asyncio.run(self.reader.settle())
        self.reader.cache.tidy(self.reader.now + 10**9)
        expected: dict[tuple[str, str | None], list[int]] = {}
        for (field, outcome), count in self.written.items():
            for name in (field, None):
                entry = expected.setdefault(("s", name), [0, 0, 0, 0])
                entry[OUTCOMES.index(outcome)] += count
        assert self.reader.cache.totals() == {key: tuple(row) for key, row in expected.items()}
        assert {ident for _, ident in self.reader.cache.comparisons} == self.mismatches

    @rule(
        field=st.sampled_from(["a", "b"]),
        outcome=st.sampled_from(OUTCOMES),
        late=st.sampled_from([0, 5_000, 70_000, 200_000, 7_200_000, 20_000_000, -30_000, None]),
        times=st.integers(1, 4),
        stays_half=st.booleans(),
    )
    def writes(
        self, field: str, outcome: str, late: int | None, times: int, *, stays_half: bool
    ) -> None:
        """Lines of one moment, which may be that of the lines before."""
        self._finish_half()
        if late is not None:
            self.at = self.reader.now - late
        for _ in range(times):
            self.count += 1
            ident = str(self.count)
            self.written[field, outcome] += 1
            if outcome == "mismatched":
                self.mismatches.add(ident)
            raw = line(field, self.at, id=ident, outcome=outcome)
            self._write(raw)
        if stays_half:
            self._write_more(field)

    def _write_more(self, field: str) -> None:
        """The first half of one more line."""
        self.count += 1
        self.written[field, "matched"] += 1
        raw = line(field, self.reader.now, id=str(self.count))
        self._write(raw[:20])
        self.half = raw[20:]

    @rule(kills=st.booleans())
    def polls(self, *, kills: bool) -> None:
        asyncio.run(self.reader.poll())
        if kills:
            self.reader.restart()

    @rule(kills=st.booleans())
    def polls_in_vain(self, *, kills: bool) -> None:
        """The process, or the commit, does not come to its end."""
        asyncio.run(self.reader.poll(commits=False))
        if kills:
            self.reader.restart()

    @rule(by=st.sampled_from([1_000, 30_000, 60_000, 150_000, 400_000, 4_000_000, 15_000_000]))
    def time_passes(self, by: int) -> None:
        self.reader.now += by

    @rule()
    def cache_is_tidied(self) -> None:
        self.reader.cache.tidy(self.reader.now)

    @rule()
    def renamed_and_made_anew(self) -> None:
        self._finish_half()
        self._shift()
        self.path.rename(self._old(1))
        self.handle.close()
        self.handle = self.path.open("ab", buffering=0)
        self._touch(self.path)

    @rule()
    def renamed_while_its_writer_goes_on(self) -> None:
        """The writer keeps its file until it is told; what it writes is under the new name."""
        self._shift()
        self.path.rename(self._old(1))
        asyncio.run(self.reader.poll())
        self._write_line("a")
        self._finish_half()
        self.handle.close()
        self.handle = self.path.open("ab", buffering=0)
        self._touch(self.path)

    @rule()
    def made_anew_though_its_writer_stays(self) -> None:
        """A writer that nobody told goes on with what it has, for as long as it likes."""
        self._finish_half()
        self._shift()
        self.path.rename(self._old(1))
        self.path.touch()
        self._touch(self.path)

    @rule()
    def writer_turns_to_the_new_file(self) -> None:
        self._finish_half()
        self.handle.close()
        self.handle = self.path.open("ab", buffering=0)

    @rule()
    def copied_and_emptied(self) -> None:
        self._finish_half()
        self._shift()
        shutil.copyfile(self.path, self._old(1))
        self._touch(self._old(1))
        os.truncate(self.path, 0)
        self._touch(self.path)

    @rule()
    def replaced_by_a_copy(self) -> None:
        """As rsync does it: another file, with all that was in the first."""
        self._finish_half()
        copy = self.folder / "incoming"
        shutil.copyfile(self.path, copy)
        asyncio.run(self.reader.fill())
        if not self.path.stat().st_size:
            copy.unlink()
            return
        self.handle.close()
        copy.replace(self.path)
        self.handle = self.path.open("ab", buffering=0)
        self._touch(self.path)

    @invariant()
    def never_counts_more_than_was_written(self) -> None:
        for (_, field), counts in self.reader.cache.totals().items():
            for outcome, count in zip(OUTCOMES, counts, strict=True):
                fields = [field] if field is not None else ["a", "b"]
                assert count <= sum(self.written[one, outcome] for one in fields)

    def _write_line(self, field: str) -> None:
        self._finish_half()
        self.count += 1
        self.written[field, "matched"] += 1
        self._write(line(field, self.reader.now, id=str(self.count)))

    def _finish_half(self) -> None:
        self._write(self.half)
        self.half = b""

    def _write(self, raw: bytes) -> None:
        self.handle.write(raw)
        self.ticks += 1
        # Two writes can share a tick of the machine's clock; here, none do.
        os.utime(self.handle.fileno(), ns=(self.ticks, self.ticks))

    def _touch(self, path: Path) -> None:
        self.ticks += 1
        os.utime(path, ns=(self.ticks, self.ticks))

    def _old(self, number: int) -> Path:
        return self.folder / f"app.log.{number}"

    def _shift(self) -> None:
        for number in range(60, 0, -1):
            if self._old(number).exists():
                self._old(number).rename(self._old(number + 1))


RotatingLog.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestRotatingLog = RotatingLog.TestCase


async def test_a_half_line_waits_for_its_rest(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    raw = line(id="1") + line(id="2")
    path.write_bytes(raw[:-5])
    reader = LogReader(path)
    await reader.settle()
    assert reader.cache.totals()["s", None] == (1, 0, 0, 0)
    with path.open("ab") as file:
        file.write(raw[-5:])
    await reader.settle()
    assert reader.cache.totals()["s", None] == (2, 0, 0, 0)


async def test_equal_lines_of_two_files_are_told_apart_by_the_inode(tmp_path: Path) -> None:
    """Publishers may write the same line again and again; then only the file itself tells."""
    path = tmp_path / "app.log"
    path.write_bytes(line() * 100)
    reader = LogReader(path)
    await reader.fill()
    path.rename(tmp_path / "app.log.1")
    path.write_bytes(line() * 150)
    await reader.settle()
    assert reader.cache.totals()["s", None] == (250, 0, 0, 0)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("app.log.10", "app.log.9"),
        ("app.log-20261121", "app.log-20261122"),
        ("app.2026-11-21.log", "app.2026-11-22.log"),
        ("app-2026-11-22-1.log", "app-2026-11-22-2.log"),
    ],
)
async def test_files_rotated_between_two_polls_are_all_read(
    older: str, newer: str, tmp_path: Path
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(line(id="1"))
    (tmp_path / "app.log.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "app.log.old").write_bytes(line() * 50)
    reader = LogReader(path)
    await reader.fill()
    with path.open("ab") as file:
        file.write(line(id="2"))
    path.rename(tmp_path / older)
    (tmp_path / newer).write_bytes(line(id="3") * 2)
    path.write_bytes(line(id="4") * 4)
    await reader.settle()
    assert reader.cache.totals()["s", None] == (8, 0, 0, 0)


async def test_a_file_that_cannot_be_found_again_is_told_and_reading_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(line(id="1"))
    reader = LogReader(path)
    await reader.fill()
    with path.open("rb"):  # so that the inode is not given on
        path.unlink()
        path.write_bytes(line(id="2"))
    reader.restart()
    await reader.poll()
    assert any("cannot be found (removed, or compressed)" in note for note in reader.notes)
    path.write_bytes(line(id="0"))
    os.truncate(path, 0)
    path.write_bytes(line("b", id="3"))
    await reader.settle()
    assert reader.cache.totals()["s", None] == (3, 0, 0, 0)


async def test_a_file_that_was_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(line(id="1") * 10)
    reader = LogReader(path)
    await reader.fill()
    path.write_bytes(line(id="2"))
    await reader.poll()
    assert any("was cut short" in note for note in reader.notes)
    await reader.settle()
    assert reader.cache.totals()["s", None] == (11, 0, 0, 0)
    assert not reader.notes


async def test_a_hole_that_a_writer_leaves_after_its_file_was_emptied_is_no_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(line(id="1"))
    reader = LogReader(path)
    await reader.fill()
    path.write_bytes(b"\0" * 5000 + line(id="2"))
    await reader.settle()
    assert reader.cache.totals()["s", None] == (2, 0, 0, 0)


async def test_a_half_line_that_is_left_behind_counts_when_its_file_is_done_with(
    tmp_path: Path,
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(line(id="1") + line(id="2")[:-1])
    reader = LogReader(path)
    await reader.fill()
    path.rename(tmp_path / "app.log.1")
    path.write_bytes(line(id="3"))
    await reader.fill()
    reader.now += 700_000
    await reader.settle()
    assert reader.cache.totals()["s", None] == (3, 0, 0, 0)


async def test_lines_beyond_all_measure_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    huge = b'{"field": "' + b"x" * (LONGEST_LINE + 10)
    with path.open("wb") as file:
        file.write(line(id="1"))
        file.write(huge * 4)
        file.write(b'"}\n' + line(id="2"))
        file.write(huge + b'"}\n' + line(id="3"))
        file.write(huge)
    reader = LogReader(path)
    await reader.settle()
    reader.restart()
    with path.open("ab") as file:
        file.write(b'"}\n' + line(id="4", at=reader.now))
    await reader.settle()
    assert reader.cache.totals()["s", None] == (4, 0, 0, 0)
    [note] = reader.notes
    assert note.startswith("lines not counted, longer than is read: 3 (the last: ")


async def test_a_large_file_is_read_in_steps_that_say_how_far_they_are(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    count = MOST_ROWS * 2 + 10
    path.write_bytes(b"".join(line(id=str(n), legacy=1, new=2) for n in range(count)))
    reader = LogReader(path)
    batches = await reader.fill()
    assert [batch.more for batch in batches] == [True, True, False]
    assert batches[0].remaining is not None
    assert count - MOST_ROWS - 500 <= batches[0].remaining <= count
    await reader.settle()
    assert reader.cache.totals()["s", None] == (0, count, 0, 0)
    assert len(reader.cache.comparisons) == count


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "is not there: check `path:`"),
        (lambda path: path.mkdir(), "is no file: `path:` names a file, a FIFO, or -"),
        (lambda path: path.symlink_to("/dev/zero"), "is no file"),
    ],
)
async def test_what_is_no_file_is_refused(make: object, words: str, tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    make(path)  # type: ignore[operator]
    reader = LogReader(path)
    assert words in await reader.refused()
    assert reader.error.kind is SourceErrorKind.CONFIG


async def test_between_renaming_and_making_anew_nothing_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(line(id="1", at=NOW - 5_000))
    reader = LogReader(path)
    await reader.fill()
    path.rename(tmp_path / "app.log.1")
    with (tmp_path / "app.log.1").open("ab") as file:
        file.write(line(id="2"))
    await reader.settle()
    assert reader.cache.totals()["s", None] == (2, 0, 0, 0)
    assert any("is not there now" in note for note in reader.notes)


async def test_a_writer_that_nobody_told_of_the_rotation_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    reader = LogReader(path)
    with path.open("ab", buffering=0) as writer:
        writer.write(line(id="0"))
        await reader.fill()
        path.rename(tmp_path / "app.log.1")
        path.touch()
        for number in range(1, 6):
            await reader.fill()
            reader.now += 3_600_000
            await reader.fill()
            writer.write(line(id=str(number), at=reader.now))
    path.write_bytes(line(id="6", at=reader.now))
    await reader.settle()
    assert reader.cache.totals()["s", None] == (7, 0, 0, 0)


@pytest.mark.parametrize("after", range(12))
async def test_a_rotation_in_the_middle_of_a_look_loses_nothing(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two of our calls to the system, the writer renames all of its files."""
    path = tmp_path / "app.log"
    path.write_bytes(line(id="0"))
    reader = LogReader(path)
    await reader.fill()
    written, calls = 1, 0

    def rotate() -> None:
        nonlocal written
        for number in range(9, 0, -1):
            old = tmp_path / f"app.log.{number}"
            if old.exists():
                old.rename(tmp_path / f"app.log.{number + 1}")
        path.rename(tmp_path / "app.log.1")
        path.write_bytes(line(id=str(written)))
        written += 1

    def interrupted(call: Any) -> Any:
        def wrapped(*arguments: Any, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == after:
                rotate()
                rotate()
            return call(*arguments, **more)

        return wrapped

    rotate()
    rotate()
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", interrupted(os.scandir))
        patch.setattr(os, "open", interrupted(os.open))
        await reader.poll()
    assert calls >= min(after, 4)
    await reader.settle()
    assert reader.cache.totals()["s", None] == (written, 0, 0, 0)


@pytest.mark.parametrize("half", [0, 7])
@pytest.mark.parametrize("grows_first", [False, True])
async def test_a_file_that_lost_its_end_is_not_counted_again(
    half: int, tmp_path: Path, *, grows_first: bool
) -> None:
    """As after a crash of its machine, or when somebody cut it."""
    path = tmp_path / "app.log"
    kept = b"".join(line(id=str(n)) for n in range(50))
    path.write_bytes(kept + line(id="50"))
    reader = LogReader(path)
    await reader.fill()
    os.truncate(path, len(kept) + half)
    if not grows_first:
        await reader.poll()
        assert any("was changed where it had been read" in note for note in reader.notes)
    with path.open("ab") as file:
        # With what came before, either fills the place of what was lost.
        file.write(line(id="51") if not grows_first else b"\n" + line(id="51") + line(id="52") * 2)
    await reader.settle()
    counted = reader.cache.totals()["s", None][0]
    assert counted == 52 if not grows_first else 51 < counted <= 54


async def test_a_hole_larger_than_any_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(line(id="1"))
    reader = LogReader(path)
    await reader.fill()
    for hole in (LONGEST_LINE - 10, LONGEST_LINE + 1000, 3 * reading.MOST_BYTES):
        os.truncate(path, 0)
        with path.open("r+b") as file:
            file.seek(hole)
            file.write(line(id=f"hole {hole}", legacy=1, new=2))
        await reader.fill()
    await reader.settle()
    assert reader.cache.totals()["s", None] == (1, 3, 0, 0)
    assert not any("not counted" in note for note in reader.notes)


@pytest.mark.parametrize("moved", ["elsewhere/app.log.1", "app.log.1.gz", None])
async def test_the_end_of_a_file_is_read_though_it_has_no_name_here_any_more(
    moved: str | None, tmp_path: Path
) -> None:
    """It was moved to another folder, compressed at once, or removed."""
    path = tmp_path / "app.log"
    path.write_bytes(line(id="1"))
    reader = LogReader(path)
    await reader.fill()
    with path.open("ab", buffering=0) as writer:
        writer.write(line(id="2"))
        if moved is None:
            path.unlink()
        elif moved.endswith(".gz"):
            (tmp_path / moved).write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
        else:
            (tmp_path / moved).parent.mkdir()
            path.rename(tmp_path / moved)
        # Rotated once more before anybody looks.
        (tmp_path / "app.log.1").write_bytes(line(id="3"))
        path.write_bytes(line(id="4"))
        await reader.fill()
        writer.write(line(id="5"))
        await reader.poll(commits=False)
        await reader.settle()
    assert reader.cache.totals()["s", None] == (5, 0, 0, 0)
    assert not reader.notes
    reader.now += 700_000
    await reader.settle()
    # What is over is let go of.
    held = reader.source._files._held  # type: ignore[attr-defined]
    assert [os.fstat(handle).st_ino for handle in held.values()] == [path.stat().st_ino]
