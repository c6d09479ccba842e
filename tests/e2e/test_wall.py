"""The wall in a real terminal: figures as `status` has them, storms of sizes, a stop, its end."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.terminal import COMMAND, DEADLINE_S, Terminal
from tests.ui.big import reads_figure, reads_words

CONFIG = """\
migration: Goliath
time_zone: UTC
rehearsal: {seed: 1}
wall: {pages: [four, sprint], seconds: 5}
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose config has a wall of two pages, and whose cache has been filled."""
    folder = tmp_path_factory.mktemp("wall")
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    still = CONFIG.replace("[four, sprint], seconds: 5", "[four], seconds: 3600")
    (folder / "still.yaml").write_text(still, encoding="utf-8")
    with Terminal(*COMMAND, "wall", columns=120, rows=36, cwd=folder) as terminal:
        terminal.wait_for("REHEARSAL")
        terminal.wait_for(lambda text: bool(re.search(r"[\d,]+ of \d\d,\d{3}", text)), "figures")
        until_filled(folder, terminal)
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert b"\x1b[?1049l" in terminal.raw
    return folder


def until_filled(folder: Path, terminal: Terminal) -> None:
    """Until points and fields are known; the wall goes on in the meantime."""
    deadline = time.monotonic() + 3 * DEADLINE_S
    while not all((found := status(folder))[part] for part in ("points", "retired", "sprint")):
        assert time.monotonic() < deadline, f"{found}\n{terminal.text}"
        for _ in range(10):
            terminal.pump(0.1)


def status(folder: Path) -> dict[str, Any]:
    """What `goliath-tui status --json` says; it ends with 4 while something is unknown or old."""
    done = subprocess.run(
        [*COMMAND, "status", "--json"], cwd=folder, capture_output=True, text=True, check=False
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_its_figures_are_those_of_status_and_its_pages_turn(checkout: Path) -> None:
    with Terminal(*COMMAND, "wall", columns=120, rows=36, cwd=checkout) as terminal:

        def agrees(text: str) -> bool:
            found = status(checkout)
            points = found["points"]["done"] / found["points"]["total"] * 100
            retired = found["retired"]["share"] * 100
            return reads_figure(text, f"{points:.1f}") and reads_figure(text, f"{retired:.1f}")

        terminal.wait_for(agrees, "points done and legacy retired as status knows them")
        terminal.wait_for(lambda text: reads_words(text, "sprint"), "the second page")
        terminal.wait_for(lambda text: reads_words(text, "overview"), "the first page again")
        terminal.wait_for(lambda text: reads_words(text, "♥"), "a beat")
        terminal.wait_for(lambda text: reads_words(text, "♡"), "a pause between beats")
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_a_storm_of_sizes_and_a_stop_leave_the_picture_whole(checkout: Path) -> None:
    command = (*COMMAND, "--config", "still.yaml", "wall")
    with Terminal(*command, columns=120, rows=36, cwd=checkout) as terminal:
        terminal.wait_for(lambda text: reads_words(text, "overview"))
        terminal.send(" ")
        terminal.wait_for("held")
        for n in range(60):
            terminal.resize(20 + n * 37 % 380, 5 + n * 23 % 115)
            terminal.pump(0.005)
        terminal.resize(80, 24)
        terminal.wait_for(
            lambda text: "points done" in text and "GOLIATH ▸ overview" in text, "the small wall"
        )
        terminal.resize(240, 60)
        terminal.wait_for(
            lambda text: reads_words(text, "fields migrated") and reads_words(text, "REHEARSAL"),
            "the large wall",
        )
        seen = len(terminal.raw)
        os.kill(terminal.pid, signal.SIGTSTP)
        terminal.wait_for(lambda _: b"\x1b[?1049l" in terminal.raw[seen:], "the shell's screen")
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_for(lambda _: b"\x1b[?1049h" in terminal.raw[seen:], "the wall's screen")
        terminal.resize(120, 36)
        terminal.wait_for(lambda text: reads_words(text, "overview") and "held" in text)
        terminal.send("q")
        assert terminal.wait_for_end() == 0
