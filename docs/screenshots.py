"""The pictures of README.md, docs/guide/ and docs/sources/, from the running program.

    python docs/screenshots.py              all of them, in some ten minutes
    python docs/screenshots.py 'mixed*'     those with such a name

Starts `goliath-tui` in a pseudo-terminal, in an empty folder of its own, presses keys, and writes
what the terminal shows to docs/pictures/. Most show the rehearsal; `mixed*` a migration made by
real programs. Where one of these is missing the old pictures stay, and the last line says so.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from docs.shots import mixed, rehearsed
from docs.shots.camera import PICTURES, Album

#: What takes pictures in a folder → the names of all that it takes. Those of the rehearsal share
#: their folder, so that its cache is filled once.
SESSIONS: dict[Callable[[Path, Album], None], Sequence[str]] = {
    rehearsed.rehearsed: rehearsed.OF_REHEARSED,
    rehearsed.on_the_wall: ("wall", "wall-services"),
    rehearsed.in_light: ("light",),
    rehearsed.with_a_source_down: ("failing", "error"),
    mixed.photographed: mixed.NAMES,
}


def wanted(patterns: Sequence[str]) -> list[str]:
    """The pictures with such names; all without a pattern. Exits where a pattern fits none."""
    names = [name for of_session in SESSIONS.values() for name in of_session]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise SystemExit(f"no picture is called {pattern}; there are: {', '.join(names)}")
    return [n for n in names if not patterns or any(fnmatchcase(n, p) for p in patterns)]


def main() -> None:
    """The pictures that the command line names."""
    album = Album(wanted(sys.argv[1:]))
    PICTURES.mkdir(exist_ok=True)
    left: list[str] = []
    with tempfile.TemporaryDirectory(prefix="goliath-pictures-") as name:
        for session, names in SESSIONS.items():
            if album.wants(*names):
                try:
                    session(Path(name), album)
                except pytest.skip.Exception as missing:
                    # What starts real programs for tests says so when one of them is not here.
                    left.append(str(missing))
    if album.missing:
        names_left = ", ".join(f"{each}.svg" for each in album.missing)
        raise SystemExit(f"left as they were: {names_left}: {'; '.join(left) or 'never taken'}")


if __name__ == "__main__":
    main()
