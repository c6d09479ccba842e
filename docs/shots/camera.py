"""A terminal with the program in it, keys that are pressed, and pictures of what it shows."""

import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from docs.cells import picture
from tests.e2e.terminal import COMMAND, Terminal

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
LARGEST = 200_000
FILL_S = 240
#: So long does a screen settle before its picture is taken, and so long must it have been quiet.
SETTLE_S, QUIET_S = 8.0, 0.4
SIZE = (120, 36)
INK = {"dark": ("d3dae5", "0e1218"), "light": ("252b33", "fafaf7")}


class Album:
    """The pictures that are wanted, by their names, and those of them that were taken."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = set(wanted)
        self._taken: set[str] = set()

    def wants(self, *names: str) -> bool:
        """Whether one of these is wanted."""
        return not self._wanted.isdisjoint(names)

    def keep(self, name: str, svg: str) -> None:
        """Writes docs/pictures/`name`.svg, if it is wanted."""
        if name not in self._wanted:
            return
        size = len(svg.encode())
        if size > LARGEST:
            raise SystemExit(f"{name}.svg has {size:,} bytes: too large")
        (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
        self._taken.add(name)
        print(f"{name}.svg  {size:>7,} bytes")

    @property
    def missing(self) -> list[str]:
        """What was wanted and not taken."""
        return sorted(self._wanted - self._taken)


class Camera:
    """A terminal with the program in it, and the album that its pictures go to."""

    def __init__(self, terminal: Terminal, album: Album, shade: str = "dark") -> None:
        self.terminal = terminal
        self.album = album
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
        """Takes a picture once the screen is quiet."""
        self.settle()
        screen = self.terminal._screen
        rows = [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]
        self.album.keep(name, picture(rows, title=title, ink=self.ink, ground=self.ground))

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
def camera(
    folder: Path,
    album: Album,
    shade: str = "dark",
    command: str = "",
    env: Mapping[str, str] | None = None,
) -> Iterator[Camera]:
    """The program in `folder`; ended with `q`, so that it ends what it has started."""
    columns, rows = SIZE
    env = {"TZ": "UTC", "LC_ALL": "C.UTF-8", **(env or {})}
    argv = [*COMMAND, "--config", "config.yaml", *command.split()]
    with Terminal(*argv, columns=columns, rows=rows, cwd=folder, env=env) as terminal:
        yield Camera(terminal, album, shade)
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
