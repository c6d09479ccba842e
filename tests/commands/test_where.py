"""Which config is used, where its cache lies, and who may read what is written there."""

from pathlib import Path

import pytest

from goliath_tui import start
from goliath_tui.clock import now_ms
from goliath_tui.start import cache_file, load_config, poll_command
from tests.commands.programs import run, running
from tests.commands.world import apis, write_config


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own config directory, in a home for this test; we are elsewhere."""
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    folder = tmp_path / "XDG_CONFIG_HOME" / "goliath-tui"
    folder.mkdir(parents=True)
    return folder


def polled(path: Path | None) -> Path:
    """The cache into which the poller of a screen with this config writes."""
    command = poll_command(load_config(path))
    named = command[command.index("--config") + 1] if "--config" in command else None
    return cache_file(load_config(None if named is None else Path(named))).absolute()


def test_the_screen_and_its_poller_mean_the_same_cache(own: Path, tmp_path: Path) -> None:
    caches = tmp_path / "XDG_CACHE_HOME" / "goliath-tui"
    built_in = load_config(None)
    assert built_in.rehearsal is not None
    assert polled(None) == cache_file(built_in)
    assert cache_file(built_in).parent == caches

    mine = write_config(own)
    assert load_config(None).path == mine
    assert (
        polled(None) == polled(mine) == cache_file(load_config(mine)) == caches / "moving.sqlite3"
    )

    here = write_config(Path.cwd()).absolute()
    assert load_config(None).path == Path("config.yaml")
    assert polled(None) == polled(here) == here.parent / "data" / "moving.sqlite3"

    other = write_config(tmp_path)
    assert polled(other) == cache_file(load_config(other)) == tmp_path / "data" / "moving.sqlite3"


def test_what_is_found_in_the_working_directory_is_not_trusted(own: Path) -> None:
    write_config(own)
    assert load_config(None).trusted
    write_config(Path.cwd())
    assert not load_config(None).trusted
    assert load_config(Path("config.yaml")).trusted
    assert start.own_command()[1:] == ["-P", "-m", "goliath_tui"]


async def test_outside_of_a_checkout_all_that_is_written_is_for_the_user_alone(
    tmp_path: Path,
) -> None:
    home, empty = tmp_path / "home", tmp_path / "empty"
    config = home / ".config" / "goliath-tui"
    config.mkdir(parents=True)
    empty.mkdir()
    env = {"HOME": str(home)}
    async with apis(now_ms()) as served:
        write_config(config, gateway=served.gateway.url, tracker=None)
        async with running("poll", cwd=empty, env=env) as poller:
            await poller.says("polling")
            while (await run("status", cwd=empty, env=env)).code == 4:
                pass
    caches = home / ".cache" / "goliath-tui"
    modes = {path.name: path.stat().st_mode & 0o777 for path in caches.iterdir()}
    assert modes == {"moving.sqlite3": 0o600, "moving.sqlite3.lock": 0o600}
    assert caches.stat().st_mode & 0o777 == 0o700
    assert list(empty.iterdir()) == []
    assert sorted(path.name for path in home.rglob("*") if path.is_file()) == [
        "config.yaml",
        *sorted(modes),
    ]
