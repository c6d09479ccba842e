"""docs/screenshots.py: which pictures it makes, which of them are asked for, a missing program."""

import sys
from pathlib import Path

import pytest

from docs import screenshots
from docs.shots import camera, mixed
from docs.shots.camera import Album

ADDRESSES = dict.fromkeys(mixed.ADDRESSES, "http://127.0.0.1:4000")


def test_every_picture_is_made_by_one_session() -> None:
    made = sorted(name for names in screenshots.SESSIONS.values() for name in names)
    assert made == sorted(path.stem for path in camera.PICTURES.glob("*.svg"))


def test_pictures_are_asked_for_by_name() -> None:
    assert screenshots.wanted(["mixed*", "light"]) == ["light", "mixed", "mixed-sources"]
    assert len(screenshots.wanted([])) == len(list(camera.PICTURES.glob("*.svg")))
    with pytest.raises(SystemExit, match="no picture is called mixde; there are: filling"):
        screenshots.wanted(["light", "mixde"])


def test_the_config_is_that_of_the_page_with_other_addresses() -> None:
    text = mixed.config(ADDRESSES)
    assert "kind: supergraph" in text
    assert text.count("http://127.0.0.1:4000") == len(ADDRESSES)
    assert ".example" not in text
    with pytest.raises(SystemExit, match="does not have http://elsewhere once"):
        mixed.config({"http://elsewhere": ""})


def test_without_a_program_the_old_picture_stays_and_the_others_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(folder: Path, album: Album) -> None:
        pytest.skip(f"no redmine for {album.missing}")

    def made(folder: Path, album: Album) -> None:
        album.keep("one", "<svg>new</svg>")
        album.keep("unasked", "<svg/>")

    (tmp_path / "mixed.svg").write_text("old")
    sessions = {lacking: ("mixed",), made: ("one", "unasked")}
    monkeypatch.setattr(screenshots, "SESSIONS", sessions)
    monkeypatch.setattr(screenshots, "PICTURES", tmp_path)
    monkeypatch.setattr(camera, "PICTURES", tmp_path)
    monkeypatch.setattr(sys, "argv", ["screenshots.py", "mixed", "one"])
    with pytest.raises(SystemExit, match=r"left as they were: mixed\.svg: no redmine for"):
        screenshots.main()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "mixed.svg": "old",
        "one.svg": "<svg>new</svg>",
    }
