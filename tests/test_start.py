"""How a command begins: a damaged cache, and a week that turns while we run."""

import sqlite3
from pathlib import Path

import pytest

from goliath_tui import start
from goliath_tui.store.errors import CacheTooNew
from goliath_tui.store.writer import Writer
from tests.damage import damage

#: A Tuesday and the Thursday after it, UTC ms.
TUESDAY, THURSDAY = 1_763_467_200_000, 1_763_640_000_000


@pytest.fixture
def rehearsed(tmp_path: Path) -> Path:
    """A config of the rehearsal."""
    path = tmp_path / "config.yaml"
    path.write_text("migration: Moving\nrehearsal: {}\n", encoding="utf-8")
    return path


def test_a_damaged_cache_begins_with_an_empty_picture(rehearsed: Path) -> None:
    config = start.load_config(rehearsed)
    cache = start.cache_file(config)
    Writer(cache).close()
    damage(cache)
    shown = start.mission_control(config).shown
    assert (shown.migration, shown.rehearsal, shown.live) == ("Moving", True, True)
    assert shown.revision == 0
    assert shown.services == ()
    assert shown.traffic is None
    # It is the poller that moves it aside; a screen writes nothing.
    assert cache.read_bytes().endswith(b"\xff")


def test_a_cache_that_is_too_new_is_not_taken_for_a_damaged_one(rehearsed: Path) -> None:
    config = start.load_config(rehearsed)
    cache = start.cache_file(config)
    Writer(cache).close()
    connection = sqlite3.connect(cache)
    connection.execute("PRAGMA user_version = 1000000")
    connection.close()
    with pytest.raises(CacheTooNew):
        start.mission_control(config)


def test_a_rehearsal_stays_in_the_week_in_which_it_began(
    rehearsed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "now_ms", lambda: TUESDAY)
    config = start.load_config(rehearsed)
    before = start.cache_file(config)
    assert "2025-11-12" in before.name
    monkeypatch.setattr(start, "now_ms", lambda: THURSDAY)
    assert start.cache_file(config) == before
    for command in (start.poll_command(config), start.viewer_command(config)):
        began = int(command[command.index("--began") + 1])
        assert start.cache_file(start.load_config(rehearsed, began)) == before
    assert "2025-11-19" in start.cache_file(start.load_config(rehearsed)).name


def test_a_config_with_sources_knows_no_weeks(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("sources:\n  g: {kind: goliath-gateway, url: 'http://127.0.0.1:9'}\n")
    config = start.load_config(path, TUESDAY)
    assert "--began" not in start.poll_command(config)
    assert start.cache_file(config) == start.cache_file(start.load_config(path, THURSDAY))


def test_the_screen_knows_the_week_of_its_rehearsal_and_no_other(rehearsed: Path) -> None:
    wednesday, day = 1_762_905_600_000, 86_400_000
    config = start.load_config(rehearsed, began=TUESDAY)
    app = start.mission_control(config)
    assert app.settings.week == (wednesday, wednesday + 7 * day)
    own = rehearsed.with_name("own.yaml")
    own.write_text("sources:\n  tracker: {kind: goliath-tracker, url: 'http://127.0.0.1:9'}\n")
    assert start.mission_control(start.load_config(own)).settings.week is None
