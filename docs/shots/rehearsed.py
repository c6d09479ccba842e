"""The pictures of the rehearsal: same seed and same week, same history."""

import json
import re
import subprocess
from pathlib import Path

from docs.shots.camera import Album, Camera, camera, wait_until_filled
from tests.e2e.terminal import COMMAND

#: How much of live traffic and found differences the pictures show.
LIVE_S = 45.0
CONFIG = "migration: Goliath\ntime_zone: UTC\nrehearsal: {seed: 1}\n"
LIGHT = CONFIG + "theme: goliath-light\n"
OF_REHEARSED = (
    *("filling", "overview", "help", "filter", "traffic", "sprint", "differences", "sources"),
    *("service", "group", "example", "field", "sprint-screen", "sources-screen", "palette"),
    *("past", "small", "wide"),
)


def rehearsed(folder: Path, album: Album) -> None:
    """Everything that the rehearsal shows, in the dark theme."""
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    with camera(folder, album) as shot:
        shot.terminal.wait_for("first fill", "the first fill")
        shot.terminal.wait_for(lambda text: re.search(r"\d+ pages", text) is not None, "progress")
        shot.take("filling", "The first fill: progress in every pane that has nothing to show yet")
        wait_until_filled(folder, shot)
        shot.watch(LIVE_S)
        shot.take("overview", "The overview of a migration, 120 × 36")
        shot.press("?", "▸ help")
        shot.take("help", "Help: keys, and where the figures of a pane come from")
        shot.back()
        shot.press("/!^(a|b|c)", "!^(a|b|c)")
        shot.take("filter", "Services through a filter")
        shot.back()
        shot.back()
        for key, name, title in (
            ("1", "traffic", "Traffic share, full size"),
            ("3", "sprint", "The sprint, full size"),
            ("4", "differences", "Differences, full size"),
            ("5", "sources", "Sources, full size"),
        ):
            shot.terminal.send(key)
            shot.settle()
            shot.terminal.send("f")
            shot.take(name, title)
            shot.back()
        drilled_down(shot)
        in_the_past(shot)
        shot.terminal.send("2")
        shot.resize(80, 24, "Services")
        shot.take("small", "The services pane in a terminal of 80 × 24")
        shot.resize(240, 60, "Sources")
        shot.take("wide", "The overview in a terminal of 240 × 60")


def drilled_down(shot: Camera) -> None:
    """From a service to two answers that differ, and back; the sprint and the sources."""
    shot.terminal.send("2")
    shot.press("/^progress ", "1 of 32")
    shot.terminal.send("\r")
    shot.settle()
    shot.press("\r", "▸ progress")
    shot.take("service", "A service: its measures, share, fields, differences and work")
    shot.back()
    shot.back()
    shot.terminal.send("4")
    shot.settle()
    shot.press("\r", "xamples")
    shot.settle()
    shot.take("group", "A mismatch group: its examples, and both answers of the newest")
    shot.press("\r", "▸ example")
    shot.take("example", "Two answers side by side, their differences marked in place")
    shot.back()
    shot.back()
    shot.press(":ProgressSummary.endDate", "▸field")
    shot.press("\r", "▸ ProgressSummary.endDate")
    shot.take("field", "A field: its states, its rate of differences, both sides")
    shot.back()
    shot.terminal.send("3")
    shot.settle()
    shot.terminal.send("\r")
    shot.take("sprint-screen", "A sprint: burndown, scope, items, and all sprints")
    shot.back()
    shot.terminal.send("5")
    shot.settle()
    shot.terminal.send("\r")
    shot.take("sources-screen", "The sources, each with its newest polls")
    shot.back()
    shot.press(":prog", "progress")
    shot.take("palette", "The palette: services, fields, sprints, screens and actions by name")
    shot.back()


def in_the_past(shot: Camera) -> None:
    """Five months back, a sprint at a time."""
    shot.terminal.send("2++[[[[[[[[[[")
    shot.terminal.wait_for("AS OF")
    shot.take("past", "The overview as it stood months ago")
    shot.press("0", "live")


def on_the_wall(folder: Path, album: Album) -> None:
    """Two pages of the wall."""
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    with camera(folder, album, command="wall") as shot:
        shot.terminal.wait_for("sources")
        wait_until_filled(folder, shot)
        shot.resize(160, 45, "sources")
        shot.take("wall", "The wall: the big four, read from across the room")
        shot.terminal.send("\x1b[C\x1b[C")
        shot.take("wall-services", "The wall: every service as a tile")


def in_light(folder: Path, album: Album) -> None:
    """The light theme."""
    (folder / "config.yaml").write_text(LIGHT, encoding="utf-8")
    with camera(folder, album, "light") as shot:
        shot.terminal.wait_for("sources 2/2")
        wait_until_filled(folder, shot)
        shot.take("light", "The overview in the light theme")


def with_a_source_down(folder: Path, album: Album) -> None:
    """The tracker's address stops answering after the cache was filled from it."""
    folder = folder / "own"
    folder.mkdir()
    with subprocess.Popen(
        [*COMMAND, "rehearse"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=folder,
    ) as served:
        try:
            assert served.stdout is not None
            addresses = json.loads(served.stdout.readline())
            write_sources(folder, addresses["gateway"], addresses["tracker"])
            polling = subprocess.Popen(
                [*COMMAND, "--config", "config.yaml", "poll"], cwd=folder, stderr=subprocess.DEVNULL
            )
            try:
                wait_until_filled(folder)
            finally:
                polling.terminate()
                polling.wait(timeout=30)
            # Port 9 is for discarding; nobody listens on it.
            write_sources(folder, addresses["gateway"], "http://127.0.0.1:9")
            with camera(folder, album) as shot:
                shot.terminal.wait_for("sources 1/2 ✕")
                shot.watch(20)
                shot.take("failing", "One source fails: its figures stay, with their age")
                shot.press("5j", "last error")
                shot.take("error", "The sources pane: the last error in full")
        finally:
            served.terminate()


def write_sources(folder: Path, gateway: str, tracker: str) -> None:
    """A config with these two addresses."""
    (folder / "config.yaml").write_text(
        "migration: Goliath\ntime_zone: UTC\nsources:\n"
        f"  gateway: {{kind: goliath-gateway, url: {gateway}}}\n"
        f"  tracker: {{kind: goliath-tracker, url: {tracker}}}\n",
        encoding="utf-8",
    )
