"""The cache file: made for the user alone, migrated, refused or moved aside, and never deleted."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from goliath_tui.domain import Field, MigrationState, Service, StateChange
from goliath_tui.store.errors import CacheBroken, CacheTooNew, CacheUnavailable
from goliath_tui.store.migrations import MIGRATIONS, migrate_to
from goliath_tui.store.schema import APPLICATION_ID, SCHEMA_VERSION
from goliath_tui.store.writer import Writer
from tests.damage import damage
from tests.store.worlds import START, open_store, picture, put


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.broken-*"))


def pragma(path: Path, name: str) -> object:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


def test_folders_and_file_are_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "cache.sqlite3"
    writer = Writer(path)
    put(writer, [Service(name="progress")])
    assert [mode(path.parent), mode(path.parent.parent)] == [0o700, 0o700]
    files = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    assert [mode(file) for file in files] == [0o600] * 3
    writer.close()


def test_a_file_that_others_could_read_no_longer_lets_them(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    Writer(path).close()
    path.chmod(0o644)
    Writer(path).close()
    assert mode(path) == 0o600


def test_a_fresh_file_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    Writer(path).close()
    assert pragma(path, "application_id") == APPLICATION_ID
    assert (
        pragma(path, "user_version")
        == SCHEMA_VERSION
        == len(MIGRATIONS.pending(Database(memory=True)))
    )
    assert pragma(path, "journal_mode") == "wal"


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_cache_of_an_older_version_is_migrated_with_all_it_holds(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "cache"
    database = Database(path)
    migrate_to(database, version)
    database.table("services").insert({"id": 1, "name": "progress", "team": "learning"})
    database.table("fields").insert({"id": 1, "name": "User.id", "service": 1, "state": 0})
    database.close()
    store = open_store(path)
    assert store.snapshot(now=START).services == ()
    seen = store.version()
    writer = Writer(path)
    assert writer.moved_aside is None
    put(writer, [StateChange(field="User.id", at=START, state=MigrationState.MIGRATED)])
    writer.close()
    assert store.version() != seen
    [row] = store.snapshot(now=START).services
    assert (row.name, row.team) == ("progress", "learning")
    assert row.fields is not None
    assert row.fields.by_state[MigrationState.MIGRATED] == 1
    assert pragma(path, "user_version") == SCHEMA_VERSION
    store.close()


def test_a_cache_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    Writer(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(CacheTooNew, match=r"newer goliath-tui.*upgrade"):
        Writer(path)
    with pytest.raises(CacheTooNew, match=r"newer goliath-tui.*upgrade"):
        picture(path)
    assert path.read_bytes() == before
    assert aside(path) == []


def no_database(path: Path) -> None:
    path.write_bytes(b"This is not a database, but it is more than a hundred bytes." * 99)


def foreign(path: Path) -> None:
    Database(path).table("recipes").insert({"name": "pancakes"})


def foreign_with_a_log(path: Path) -> None:
    """A database whose newest rows are in a write-ahead log that nobody cleared."""
    database = Database(path)
    database.enable_wal()
    database.execute("PRAGMA wal_autocheckpoint = 0")
    database.table("recipes").insert({"name": "pancakes"})
    copies = {
        file: file.read_bytes()
        for end in ("", "-wal")
        for file in [path.with_name(path.name + end)]
    }
    database.close()
    for file, content in copies.items():
        file.write_bytes(content)


def cut_off(path: Path) -> None:
    writer = Writer(path)
    put(writer, [Service(name=f"service-{n}") for n in range(500)])
    writer.close()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def overwritten(path: Path) -> None:
    Writer(path).close()
    with path.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * (path.stat().st_size - 4096))


@pytest.mark.parametrize(
    "break_it", [no_database, foreign, foreign_with_a_log, cut_off, overwritten]
)
def test_a_broken_or_foreign_file_lies_aside_untouched_and_a_fresh_one_is_filled(
    tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    path = tmp_path / "cache"
    break_it(path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    writer = Writer(path)
    assert writer.moved_aside == aside(path)[0]
    assert writer.cursor("gateway") is None
    put(writer, [Service(name="progress")])
    writer.close()
    assert [row.name for row in picture(path).services] == ["progress"]
    named = {
        file.name.replace(writer.moved_aside.name, path.name): file.read_bytes()
        for file in aside(path)
    }
    assert {name: named[name] for name in before if not name.endswith("-shm")} == {
        name: content for name, content in before.items() if not name.endswith("-shm")
    }


def test_the_log_moved_aside_still_belongs_to_its_file(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    foreign_with_a_log(path)
    writer = Writer(path)
    writer.close()
    assert writer.moved_aside is not None
    assert [*Database(writer.moved_aside).query("SELECT name FROM recipes")] == [
        {"name": "pancakes"}
    ]


def test_two_broken_files_in_one_second_both_stay(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    for _ in range(3):
        no_database(path)
        Writer(path).close()
        path.unlink()
    assert len(aside(path)) == 3


def test_an_empty_file_is_a_fresh_one(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    path.touch()
    assert picture(path, now=START).services == ()
    writer = Writer(path)
    writer.close()
    assert writer.moved_aside is None


def test_damage_found_while_writing_starts_a_fresh_file_with_no_cursor(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    put(writer, [Service(name="progress")], cursor="7")
    damage(path)
    with pytest.raises(CacheBroken, match="lies at"):
        put(writer, [Field(id="User.id", service="progress")], cursor="8")
    assert writer.moved_aside == aside(path)[0]
    assert writer.cursor("gateway") is None
    put(writer, [Service(name="content")], cursor="1")
    assert [row.name for row in picture(path).services] == ["content"]
    writer.close()


def test_a_damaged_file_that_cannot_be_moved_stays_and_every_call_says_so(tmp_path: Path) -> None:
    # With what is put behind it, the name is longer than a name can be.
    path = tmp_path / ("c" * 240)
    writer = Writer(path)
    put(writer, [Service(name="progress")])
    damage(path)
    for _ in range(2):
        with pytest.raises(CacheUnavailable, match="cannot be moved aside"):
            put(writer, [Service(name="content")])
    short = path.rename(tmp_path / "short")
    with pytest.raises(CacheUnavailable, match="cannot be moved aside"):
        writer.cursor("gateway")
    assert short.exists()


@pytest.mark.parametrize("break_it", [no_database, foreign])
def test_a_reader_shows_nothing_until_the_file_is_a_cache(
    tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    path = tmp_path / "cache"
    break_it(path)
    store = open_store(path)
    assert store.snapshot(now=START).services == ()
    seen = store.version()
    writer = Writer(path)
    put(writer, [Service(name="progress")])
    assert store.version() != seen
    assert [row.name for row in store.snapshot(now=START).services] == ["progress"]
    writer.close()
    store.close()


def test_a_reader_says_that_a_cache_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    overwritten(path)
    with pytest.raises(CacheBroken, match="is damaged"):
        picture(path, now=START)


def test_a_reader_never_writes(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    put(writer, [Service(name="progress")])
    writer.close()
    path.chmod(0o400)
    before = path.read_bytes()
    picture(path, now=START)
    assert path.read_bytes() == before


def test_a_folder_in_the_way_is_no_reason_to_move_anything(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    path.mkdir()
    with pytest.raises(CacheUnavailable, match="cannot be created: Is a directory"):
        Writer(path)
    assert aside(path) == []


@pytest.mark.parametrize("beside", ["", "-wal", "-shm", "-journal"])
def test_a_link_in_its_place_is_not_followed(tmp_path: Path, beside: str) -> None:
    other = tmp_path / "other"
    other.write_text("precious")
    other.chmod(0o755)
    path = tmp_path / "cache.sqlite3"
    Path(f"{path}{beside}").symlink_to(other)
    with pytest.raises(CacheUnavailable, match="is a link"):
        Writer(path)
    assert other.read_text() == "precious"
    assert other.stat().st_mode & 0o777 == 0o755


def test_a_second_name_of_another_file_is_not_written_to(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch(mode=0o644)
    path = tmp_path / "cache.sqlite3"
    path.hardlink_to(other)
    with pytest.raises(CacheUnavailable, match="has another name"):
        Writer(path)


def test_damage_that_only_readers_meet_is_moved_aside_when_the_file_is_checked(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cache.sqlite3"
    writer = Writer(path)
    put(writer, [Service(name=f"service-{n}") for n in range(20_000)])
    writer.check()
    damage(path)
    with pytest.raises(CacheBroken, match="lies at"):
        writer.check()
    assert len(aside(path)) == 1
    writer.check()
    writer.close()


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(CacheUnavailable, match="cannot be created"):
        Writer(tmp_path / "a" / "cache")


def test_names_of_files_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "what? 100% #1 é" / "cache?mode=rwc"
    writer = Writer(path)
    put(writer, [Service(name="progress")])
    writer.close()
    assert [row.name for row in picture(path).services] == ["progress"]
    assert {file.name[: len(path.name)] for file in path.parent.iterdir()} == {path.name}


def test_a_reader_waits_for_no_writer(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    put(writer, [Service(name="progress")])
    blocking = sqlite3.connect(path, isolation_level=None)
    blocking.execute("BEGIN IMMEDIATE")
    blocking.execute("UPDATE services SET team = 'other'")
    [row] = picture(path, now=START).services
    assert row.team is None
    blocking.execute("ROLLBACK")
    blocking.close()
    writer.close()


def test_a_store_can_be_asked_from_any_thread(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    writer = Writer(path)
    put(writer, [Service(name="progress")])
    writer.close()
    store = open_store(path)
    store.snapshot(now=START)
    found: list[str] = []
    thread = threading.Thread(
        target=lambda: found.extend(row.name for row in store.snapshot(now=START).services)
    )
    thread.start()
    thread.join()
    assert found == ["progress"]
    store.close()
