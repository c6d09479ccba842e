"""What a terminal goes through: storms of resizes, a suspend and a return, a multiplexer."""

import os
import random
import re
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.terminal import COMMAND, DEADLINE_S, Terminal

REPOSITORY = Path(__file__).parents[2]
FIGURES = re.compile(r" of \d\d,\d{3}")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the config as it comes; its cache is filled by the first test that runs."""
    folder = tmp_path_factory.mktemp("terminal")
    shutil.copy(REPOSITORY / "config.yaml", folder)
    return folder


def has_figures(text: str) -> bool:
    return FIGURES.search(text) is not None


def test_a_storm_of_resizes_ends_in_a_whole_picture(checkout: Path) -> None:
    rng = random.Random(7)
    with Terminal(*COMMAND, "--config", "config.yaml", cwd=checkout) as terminal:
        terminal.wait_for(has_figures, "figures")
        for _ in range(60):
            terminal.resize(rng.randint(1, 260), rng.randint(1, 70))
            terminal.pump(0.01)
        for columns, rows in ((80, 24), (240, 60), (120, 36)):
            terminal.resize(columns, rows)
            # Wide enough for the pane's whole frame at each of the sizes.
            terminal.wait_for(
                lambda text: "GOLIATH" in text and has_figures(text) and "? help" in text,
                f"the picture at {columns} x {rows}",
            )
        terminal.send("q")
        assert terminal.wait_for_end() == 0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"{shlex.join(COMMAND)} 2> drawn", ""),
        (f"{shlex.join(COMMAND)} < /dev/null", "mission control needs a terminal"),
        (f"{shlex.join(COMMAND)} | cat; exit 2", "mission control needs a terminal"),
        (f"PYTHONIOENCODING=latin-1 {shlex.join(COMMAND)}", "drawn in UTF-8, but the locale here"),
    ],
)
def test_where_it_cannot_be_drawn_it_says_so_and_does_not_begin(
    tmp_path: Path, command: str, words: str
) -> None:
    with Terminal("sh", "-c", command, cwd=tmp_path) as terminal:
        assert terminal.wait_for_end() == 2
        assert words in terminal.text
        assert b"\x1b" not in terminal.raw
    drawn = tmp_path / "drawn"
    assert not drawn.exists() or b"mission control needs a terminal" in drawn.read_bytes()


@pytest.mark.parametrize(
    "unreadable",
    [
        # As UTF-8 it is half a letter until the next key comes.
        pytest.param(b"\xe9x", id="a letter of Latin-1"),
        pytest.param(b"\x1b[M \xe9\x28", id="a click as mice were reported once"),
        pytest.param(b"\x1b[200~\x82\xff\x1b[201~", id="a paste of something binary"),
        pytest.param(b"\x1b[4294967296u", id="a key whose number is no character"),
        pytest.param(b"\x1b[1114112u", id="a character after the last"),
    ],
)
def test_what_cannot_be_read_from_the_terminal_is_dropped(
    checkout: Path, unreadable: bytes
) -> None:
    with Terminal(*COMMAND, "--config", "config.yaml", cwd=checkout) as terminal:
        terminal.wait_for("points done")
        terminal.send(unreadable)
        # Let it be read by itself: what comes along with it is dropped, too.
        terminal.pump(0.5)
        terminal.pump(0.5)
        terminal.send("?")
        terminal.wait_for("▸ help")
        terminal.send("\x1b")
        terminal.wait_for("▸ overview")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize("behind", ["/", "e", ":", "?"])
def test_keys_behind_the_one_that_quits_do_nothing(checkout: Path, behind: str) -> None:
    with Terminal(*COMMAND, "--config", "config.yaml", cwd=checkout) as terminal:
        terminal.wait_for("points done")
        # Once it has begun, ctrl-c is a key and no signal.
        terminal.send("5")
        terminal.wait_for("polls")
        terminal.send(f"\x03{behind}")
        assert terminal.wait_for_end() == 0
        assert b"Traceback" not in terminal.raw


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash for its job control")
def test_suspended_and_brought_back_it_goes_on(checkout: Path) -> None:
    command = shlex.join([*COMMAND, "--config", "config.yaml"])
    environment = {"PS1": "shell> ", "BASH_SILENCE_DEPRECATION_WARNING": "1"}
    with Terminal("bash", "--norc", "--noprofile", "-i", cwd=checkout, env=environment) as terminal:
        terminal.wait_for("shell>")
        terminal.send(f"{command}\n")
        terminal.wait_for(has_figures, "figures")
        # The key's handler is there once the app has begun, which the sources pane tells.
        terminal.send("5")
        terminal.wait_for("polls")
        terminal.send("\x1a")
        terminal.wait_for("Stopped", "the shell")
        assert b"\x1b[?1049l" in terminal.raw
        terminal.wipe()
        terminal.send("echo still-$((40+2))\n")
        terminal.wait_for("still-42")
        terminal.send("fg\n")
        terminal.wait_for(lambda text: "GOLIATH" in text and has_figures(text), "the picture again")
        assert b"\x1b[?1049h" in terminal.raw
        terminal.wipe()
        terminal.send("q")
        terminal.wait_for("shell>", "the shell again")
        terminal.send("exit\n")
        assert terminal.wait_for_end() == 0


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_inside_tmux(checkout: Path, tmp_path: Path) -> None:
    socket = tmp_path / "tmux"

    def tmux(*arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(socket), "-f", "/dev/null", *arguments],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        return done.stdout

    def until(words: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while words not in (seen := tmux("capture-pane", "-p", "-t", "wall")):
            assert time.monotonic() < deadline, f"never saw {words!r}:\n{seen}"
            time.sleep(0.1)

    command = shlex.join([*COMMAND, "--config", "config.yaml"])
    size = ("-x", "120", "-y", "36")
    tmux("new-session", "-d", "-s", "wall", *size, "-c", str(checkout), command)
    try:
        until("points done")
        tmux("send-keys", "-t", "wall", "?")
        until("▸ help")
        tmux("send-keys", "-t", "wall", "Escape")
        until("▸ overview")
        tmux("resize-window", "-t", "wall", "-x", "80", "-y", "24")
        until("³Sprint ⁴Differences")
        tmux("send-keys", "-t", "wall", "q")
    finally:
        subprocess.run(["tmux", "-S", str(socket), "kill-server"], capture_output=True, check=False)
