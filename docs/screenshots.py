"""The pictures of README.md and docs/guide/, from the running program.

Starts `goliath-tui` in a pseudo-terminal on the rehearsal, in an empty folder of its own, presses
keys, and writes what the terminal shows to docs/pictures/. Same seed and same week, same history;
the clock and the last hour's traffic are live. Takes about four minutes.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.cells import picture  # noqa: E402 - found from the root of the checkout
from tests.e2e.terminal import COMMAND, Terminal  # noqa: E402 - as above

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 200_000
FILL_S = 240
#: So long does a screen settle before its picture is taken, and so long must it have been quiet.
SETTLE_S, QUIET_S = 8.0, 0.4
#: How much of live traffic and found differences the pictures show.
LIVE_S = 45.0
SIZE = (120, 36)
CONFIG = "migration: Goliath\ntime_zone: UTC\nrehearsal: {seed: 1}\n"
LIGHT = CONFIG + "theme: goliath-light\n"
INK = {"dark": ("d3dae5", "0e1218"), "light": ("252b33", "fafaf7")}


class Camera:
    """A terminal with the program in it, and where its pictures go."""

    def __init__(self, terminal: Terminal, shade: str = "dark") -> None:
        self.terminal = terminal
        self.ink, self.ground = INK[shade]

    def press(self, keys: str, until: str) -> None:
        """Types `keys` and waits until the screen shows `until`."""
        self.terminal.send(keys)
        self.terminal.wait_for(until)

    def back(self) -> None:
        """Presses escape by itself: with another key right behind it, it would be alt."""
        self.terminal.send("\x1b")
        self.settle()

    def resize(self, columns: int, rows: int, until: str) -> None:
        """Gives the terminal another size."""
        self.terminal.resize(columns, rows)
        self.terminal.wait_for(until)

    def take(self, name: str, title: str) -> None:
        """Writes docs/pictures/`name`.svg once the screen is quiet."""
        self.settle()
        screen = self.terminal._screen
        rows = [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]
        svg = picture(rows, title=title, ink=self.ink, ground=self.ground)
        if len(svg.encode()) > LARGEST:
            raise SystemExit(f"{name}.svg has {len(svg.encode()):,} bytes: too large")
        (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
        print(f"{name}.svg  {len(svg.encode()):>7,} bytes  {screen.columns} × {screen.lines}")

    def settle(self) -> None:
        """Waits for a pause in what the program writes, which the clock leaves every second."""
        deadline = time.monotonic() + SETTLE_S
        quiet_since, seen = time.monotonic(), len(self.terminal.raw)
        while time.monotonic() < deadline and time.monotonic() - quiet_since < QUIET_S:
            self.terminal.pump(0.05)
            if len(self.terminal.raw) != seen:
                quiet_since, seen = time.monotonic(), len(self.terminal.raw)

    def watch(self, seconds: float) -> None:
        """Lets time pass."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.terminal.pump(0.2)


@contextmanager
def camera(folder: Path, shade: str = "dark", command: str = "") -> Iterator[Camera]:
    """The program in `folder`; ended with `q`, so that it ends what it has started."""
    columns, rows = SIZE
    env = {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
    argv = [*COMMAND, "--config", "config.yaml", *command.split()]
    with Terminal(*argv, columns=columns, rows=rows, cwd=folder, env=env) as terminal:
        yield Camera(terminal, shade)
        terminal.send("q")
        terminal.wait_for_end()


def wait_until_filled(folder: Path, pump: Camera | None = None) -> None:
    """Until `goliath-tui status` says that nothing is unknown or stale."""
    deadline = time.monotonic() + FILL_S
    command = [*COMMAND, "--config", "config.yaml", "status"]
    while subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode:
        if time.monotonic() > deadline:
            raise SystemExit("the cache was not filled in time")
        if pump is None:
            time.sleep(1)
        else:
            pump.watch(1)


def rehearsed(folder: Path) -> None:
    """Everything that the rehearsal shows, in the dark theme."""
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    with camera(folder) as shot:
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


def on_the_wall(folder: Path) -> None:
    """Two pages of the wall."""
    with camera(folder, command="wall") as shot:
        shot.terminal.wait_for("sources")
        shot.resize(160, 45, "sources")
        shot.take("wall", "The wall: the big four, read from across the room")
        shot.terminal.send("\x1b[C\x1b[C")
        shot.take("wall-services", "The wall: every service as a tile")


def in_light(folder: Path) -> None:
    """The light theme, on the cache that is filled already."""
    (folder / "config.yaml").write_text(LIGHT, encoding="utf-8")
    with camera(folder, "light") as shot:
        shot.terminal.wait_for("sources 2/2")
        wait_until_filled(folder, shot)
        shot.take("light", "The overview in the light theme")


def with_a_source_down(folder: Path) -> None:
    """The tracker's address stops answering after the cache was filled from it."""
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
            with camera(folder) as shot:
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


def main() -> None:
    """All pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="goliath-pictures-") as name:
        folder = Path(name)
        rehearsed(folder)
        on_the_wall(folder)
        in_light(folder)
        with_a_source_down(folder / "own")


if __name__ == "__main__":
    main()
