"""All text from outside is hostile: none of it reaches a terminal as anything but visible text."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.hostile_api import FORBIDDEN, MARK, hostile_apis
from tests.e2e.terminal import COMMAND, Terminal


def assert_harmless(raw: bytes) -> None:
    for name, sequence in FORBIDDEN.items():
        assert sequence.encode() not in raw, f"{name} came out"


def test_nothing_hostile_reaches_a_terminal_on_any_screen_or_command(tmp_path: Path) -> None:
    with hostile_apis(time.time_ns() // 1_000_000) as (gateway, tracker):
        config = tmp_path / "config.yaml"
        config.write_text(
            f"migration: Hostile\ncache: {tmp_path}\nsources:\n"
            f"  gateway: {{kind: goliath-gateway, url: '{gateway}'}}\n"
            f"  tracker: {{kind: goliath-tracker, url: '{tracker}'}}\n"
        )
        start = (*COMMAND, "--config", str(config))
        for columns, rows in ((120, 36), (80, 24), (240, 60)):
            with Terminal(*start, columns=columns, rows=rows, cwd=tmp_path) as terminal:
                terminal.wait_for(f"{MARK}", "the hostile rows on the screen")
                for key in "12345f":
                    terminal.send(key)
                    terminal.wait_for("Hostile")
                terminal.send("?")
                terminal.wait_for("▸ help")
                terminal.send("\x1b")
                terminal.wait_for(lambda text: "▸ help" not in text, "the end of the help")
                terminal.send("2")
                terminal.wait_for(MARK)
                terminal.send(f"/{MARK}")
                terminal.wait_for(f"/{MARK}")
                terminal.send("\x1b")
                # A click on every cell of the picture: data that acts would act now.
                for row in range(3, rows, 3):
                    for column in range(2, columns, 12):
                        terminal.send(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
                terminal.wait_for(MARK)
                terminal.send("q")
                assert terminal.wait_for_end() == 0
                assert_harmless(bytes(terminal.raw))
        for command in (["status"], ["status", "--json"], ["check"]):
            done = subprocess.run(
                [*start, *command], capture_output=True, check=False, cwd=tmp_path, timeout=60
            )
            assert MARK.encode() in done.stdout + done.stderr or command == ["check"], done
            assert_harmless(done.stdout + done.stderr)


def test_the_check_itself_can_fail() -> None:
    for sequence in FORBIDDEN.values():
        with pytest.raises(AssertionError, match="came out"):
            assert_harmless(b"before " + sequence.encode() + b" after")
