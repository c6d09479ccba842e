"""One holder per cache, whatever name it is called by and however the last one died."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from goliath_tui.lock import CacheLock

HOLD = (
    "import sys, time, pathlib; from goliath_tui.lock import CacheLock;"
    "lock = CacheLock(pathlib.Path(sys.argv[1])); print(lock.take(), flush=True); time.sleep(600)"
)


def test_only_one_takes_it_and_says_who_it_is(tmp_path: Path) -> None:
    cache = tmp_path / "made" / "here" / "cache.sqlite3"
    first, second = CacheLock(cache), CacheLock(cache)
    assert first.holder() is None
    assert first.take()
    assert first.take()
    assert not second.take()
    assert second.holder() == os.getpid()
    first.release()
    first.release()
    assert second.take()
    second.release()


def test_its_folders_and_file_are_for_the_user_alone(tmp_path: Path) -> None:
    lock = CacheLock(tmp_path / "made" / "cache.sqlite3")
    assert lock.take()
    assert lock.path.stat().st_mode & 0o777 == 0o600
    assert lock.path.parent.stat().st_mode & 0o777 == 0o700
    lock.release()


def test_two_names_of_one_cache_share_its_lock(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    first = CacheLock(folder / "cache.sqlite3")
    second = CacheLock(tmp_path / "link" / "cache.sqlite3")
    assert first.take()
    assert not second.take()
    first.release()


@pytest.mark.parametrize("kind", ["symlink_to", "hardlink_to"])
def test_it_never_writes_into_another_file(tmp_path: Path, kind: str) -> None:
    precious = tmp_path / "precious"
    precious.write_text("export PRECIOUS=1\n")
    lock = CacheLock(tmp_path / "cache.sqlite3")
    getattr(lock.path, kind)(precious)
    with pytest.raises(OSError, match=r"file of its own|symbolic links"):
        lock.take()
    assert precious.read_text() == "export PRECIOUS=1\n"


def test_a_file_of_which_somebody_took_the_name_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = CacheLock(tmp_path / "cache.sqlite3")
    real_open = os.open

    def open_then_lose(*arguments: object, **named: object) -> int:
        descriptor = real_open(*arguments, **named)  # type: ignore[arg-type] # passed on as it came
        lock.path.unlink()
        os.close(real_open(lock.path, os.O_CREAT | os.O_WRONLY, 0o600))
        return descriptor

    monkeypatch.setattr(os, "open", open_then_lose)
    assert not lock.take()
    monkeypatch.undo()
    assert lock.take()
    lock.release()


def test_kept_it_stays_ours_however_its_file_is_removed(tmp_path: Path) -> None:
    cache = tmp_path / "data" / "cache.sqlite3"
    lock = CacheLock(cache)
    assert not lock.keep()
    assert lock.take()
    assert lock.keep()
    shutil.rmtree(cache.parent)
    assert lock.keep()
    other = CacheLock(cache)
    assert not other.take()
    assert other.holder() == os.getpid()
    lock.release()
    assert not lock.keep()
    assert other.take()
    other.release()


def test_who_takes_the_lock_after_its_file_was_removed_is_the_only_one(tmp_path: Path) -> None:
    cache = tmp_path / "data" / "cache.sqlite3"
    first, second = CacheLock(cache), CacheLock(cache)
    assert first.take()
    shutil.rmtree(cache.parent)
    assert second.take()
    assert not first.keep()
    assert not first.take()
    assert second.keep()
    second.release()
    # The first has let go of everything, so that the second's file is free for all.
    assert first.take()
    first.release()


def test_a_lock_that_cannot_be_taken_anew_is_an_error_and_held_no_more(tmp_path: Path) -> None:
    cache = tmp_path / "data" / "cache.sqlite3"
    lock = CacheLock(cache)
    assert lock.take()
    shutil.rmtree(cache.parent)
    cache.parent.touch()
    with pytest.raises(OSError, match="data"):
        lock.keep()
    assert not lock.keep()


def test_it_is_free_once_its_holder_was_killed(tmp_path: Path) -> None:
    cache = tmp_path / "cache.sqlite3"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(cache)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        lock = CacheLock(cache)
        assert not lock.take()
        assert lock.holder() == holder.pid
        holder.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while not lock.take():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert lock.holder() == os.getpid()
    lock.release()


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        CacheLock(tmp_path / "file" / "cache.sqlite3").take()
