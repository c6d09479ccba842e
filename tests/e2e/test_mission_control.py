"""Mission control in a real terminal: from nothing to live figures, keys, a resize, its end."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.terminal import COMMAND, DEADLINE_S, Terminal

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone has that `make run` uses."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(REPOSITORY / "config.yaml", folder)
    return folder


def run_command() -> tuple[str, ...]:
    """The command that `make run` runs, as the Makefile says it."""
    lines = (REPOSITORY / "Makefile").read_text(encoding="utf-8").splitlines()
    recipe = lines[next(i for i, line in enumerate(lines) if line.startswith("run:")) + 1]
    program, *arguments = recipe.strip().lstrip("@").split()
    assert program == "$(BIN)/goliath-tui"
    return (*COMMAND, *arguments)


def test_from_the_first_start_to_the_end(checkout: Path) -> None:
    with Terminal(*run_command(), columns=120, rows=36, cwd=checkout) as terminal:
        terminal.wait_for("GOLIATH", "the frame, before there is any figure")
        terminal.wait_for("REHEARSAL")
        # The rehearsal's backlog grows with its calendar: how many points it has depends on today.
        terminal.wait_for(
            lambda text: "assignments" in text and bool(re.search(r" of \d\d,\d{3}", text)),
            "figures",
        )
        for pane in ("Traffic", "Services", "Sprint", "Differences"):
            terminal.wait_for(pane)
        terminal.send("?")
        terminal.wait_for(lambda text: "▸ help" in text and "Everywhere" in text, "help, whole")
        terminal.send("\x1b")
        # Only when help is gone: a key right behind an escape would be read as alt + that key.
        terminal.wait_for(lambda text: "▸ help" not in text and "Traffic" in text, "the overview")
        terminal.send("/^assign")
        terminal.wait_for(lambda text: "assignments" in text and "coaches" not in text)
        terminal.send("\x1b\x1b")
        terminal.wait_for(lambda text: "coaches" in text, "every service again")
        terminal.send(" ")
        terminal.wait_for("FROZEN")
        terminal.send(" ")
        terminal.wait_for(lambda text: "FROZEN" not in text)
        terminal.resize(80, 24)
        terminal.wait_for(lambda text: "GOLIATH" in text and len(terminal.lines) == 24)
        terminal.send("2")
        terminal.wait_for("Services")
        terminal.resize(240, 60)
        terminal.wait_for(lambda text: "Differences" in text and "Sprint" in text)
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        # Nothing of ours stays in the terminal: the main screen is back and the cursor is shown.
        assert b"\x1b[?1049l" in terminal.raw
        assert b"\x1b[?25h" in terminal.raw


def filled(checkout: Path) -> dict[str, Any]:
    """What `status --json` tells once the first fill, which may have been broken off, is over."""
    command = [*COMMAND, "--config", "config.yaml"]
    poller = subprocess.Popen([*command, "poll"], cwd=checkout, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + DEADLINE_S
        while True:
            done = subprocess.run(
                [*command, "status", "--json"],
                cwd=checkout,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                status: dict[str, Any] = json.loads(done.stdout)
                return status
            assert time.monotonic() < deadline, done.stderr
    finally:
        poller.terminate()
        poller.wait()


def test_the_second_start_shows_figures_at_once_and_status_agrees(checkout: Path) -> None:
    status = filled(checkout)
    assert status["points"]["total"] > 19_000
    assert len(status["services"]) == 32
    with Terminal(*run_command(), columns=120, rows=36, cwd=checkout) as terminal:
        terminal.wait_for("GOLIATH")
        total = f"{int(status['points']['total']):,}"
        assert total in terminal.wait_for(total)
        # In one go, as a slow line delivers them.
        terminal.send("jj\r")
        terminal.wait_for("GOLIATH ▸ badges")
        terminal.send("qk\r")
        terminal.wait_for("GOLIATH ▸ assignments")
        terminal.send(":progress\r3\rec")
        terminal.wait_for("-examples-2", "the file of a difference's examples")
        terminal.send("\x03")
        assert terminal.wait_for_end() == 0


def test_ended_from_outside_it_gives_the_terminal_back(checkout: Path) -> None:
    with Terminal(*run_command(), columns=80, rows=24, cwd=checkout) as terminal:
        terminal.wait_for(lambda text: bool(re.search(r" of \d\d,\d{3}", text)), "figures")
        # The handler is there once the poller has been started, which the sources pane tells.
        terminal.send("5")
        terminal.wait_for("polls")
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.wait_for_end()
        assert b"\x1b[?1049l" in terminal.raw
        assert b"\x1b[?25h" in terminal.raw


def test_without_a_terminal_it_says_what_to_use_instead(checkout: Path) -> None:
    done = subprocess.run(
        COMMAND, cwd=checkout, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 2
    assert "goliath-tui status" in done.stderr
    assert not done.stdout


def test_a_wrong_config_is_explained_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources:\n  gateway:\n    kind: goliath-gatway\n")
    done = subprocess.run(
        [*COMMAND, "status"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 6
    assert re.search(r"config\.yaml:3: sources\.gateway\.kind: .*did you mean", done.stderr)
    assert "Traceback" not in done.stderr
