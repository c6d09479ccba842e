"""The rehearsal as a process: it says where it is, and ends with whoever started it."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.rehearsal.process import SMALL, command, rehearsal_process

DEADLINE_SECONDS = 20.0


def _is_closed(url: str) -> bool:
    try:
        httpx.get(f"{url}/v1/about", timeout=5)
    except httpx.TransportError:
        return True
    return False


def test_it_ends_when_its_standard_input_closes() -> None:
    with rehearsal_process() as running:
        assert httpx.get(f"{running.gateway}/v1/about").status_code == 200
        assert running.gateway.startswith("http://127.0.0.1:")
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(timeout=DEADLINE_SECONDS) == 0
        assert _is_closed(running.gateway)
        assert _is_closed(running.tracker)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told_to(number: signal.Signals) -> None:
    with subprocess.Popen(
        command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=DEADLINE_SECONDS)
        assert (process.returncode, errors) == (0, b"")


_PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=1)
time.sleep(3600)
"""


def test_it_ends_when_its_parent_is_killed() -> None:
    reading, writing = os.pipe()
    with (
        subprocess.Popen([sys.executable, "-c", _PARENT, *command()], stdout=writing) as parent,
        os.fdopen(reading, "rb", buffering=0) as told,
    ):
        os.close(writing)
        line = b""
        while not line.endswith(b"\n"):
            line += _read(told.fileno())
        gateway = msgspec.json.decode(line)["gateway"]
        assert not _is_closed(gateway)
        parent.kill()
        parent.wait()
        # The pipe comes to its end when the last process that can write into it has gone.
        assert _read(told.fileno()) == b""
        assert _is_closed(gateway)


def _read(descriptor: int) -> bytes:
    ready, _, _ = select.select([descriptor], [], [], DEADLINE_SECONDS)
    assert ready, "nothing came before the deadline"
    return os.read(descriptor, 4096)


def test_for_people_it_prints_a_config_that_uses_it() -> None:
    arguments = [argument for argument in command() if argument != "--child"]
    with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready = msgspec.json.decode(process.stdout.readline())
        lines = [process.stdout.readline() for _ in range(5)]
        config = msgspec.yaml.decode(b"".join(lines))
        # Its standard input is at its end already: alone, it does not mind.
        assert httpx.get(f"{ready['gateway']}/v1/about").status_code == 200
        process.terminate()
        assert process.wait(timeout=DEADLINE_SECONDS) == 0
    assert {name: source["url"] for name, source in config["sources"].items()} == {
        "gateway": ready["gateway"],
        "tracker": ready["tracker"],
    }


def test_a_wrong_scenario_is_told_before_anything_starts(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SMALL.read_text(encoding="utf-8").replace("load: 4", "load: four"))
    done = subprocess.run(
        command(wrong), stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True
    )
    assert done.returncode == 6
    assert done.stdout == ""
    assert f"{wrong}:" in done.stderr
    assert "services[0].load" in done.stderr
