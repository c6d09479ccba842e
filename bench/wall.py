"""Budget: a wall on which nothing changes takes ≤ 3 % of a core and sends ≤ 2 KB/s at 1 Hz.

Once with a page that stays, which is what the budget speaks of: its clock, its heart and the line
that fills are drawn every second, and every ten seconds the picture is taken again. Once with all
pages turning, for information: each turn paints one page anew. On a cache as large as the
rehearsal's and on the big one. Floor: a bare Textual app of the same size, which has no clock.
"""

import sys
from pathlib import Path

from bench.busy import COLUMNS, ROWS
from bench.caches import COMMAND, big_config, rehearsed_config
from bench.figures import Figure
from bench.idle import FLOOR, idle, until_ages_stand
from bench.screen import PROC
from goliath_tui.widgets.digits import REGULAR, words

#: The label of the first figure, as it is drawn at this size.
_MARKER = words("points done", REGULAR)[1].strip().encode()
_STAYS = "wall: {pages: [four], seconds: 3600}\n"
_TURNS = "wall: {seconds: 5}\n"
_TURNS_S = 25


def measure() -> list[Figure]:
    """Share of a core, and KB/s to the terminal; nothing where there is no /proc."""
    if not PROC.is_dir():
        print("      (wall: needs /proc, which is Linux's)", file=sys.stderr)
        return []
    floor = idle([sys.executable, "-P", str(FLOOR)], b"hello")
    figures = []
    for name, config in (("32 services", rehearsed_config()), ("1,000 services", big_config())):
        until_ages_stand(config.with_suffix(".sqlite3"))
        stays = idle(_command(config, "stays", _STAYS), _MARKER)
        what = f"the wall at {COLUMNS} × {ROWS}, {name}"
        figures += [
            Figure(
                f"{what}: of a core (floor: Textual hello)",
                stays.share,
                "%",
                "≤ 3 %",
                stays.share <= 3,
                floor.share,
            ),
            Figure(
                f"{what}: to the terminal",
                stays.rate,
                "KB/s",
                "≤ 2 KB/s",
                stays.rate <= 2,
                floor.rate,
            ),
            Figure(f"{what}: the median second", stays.second, "KB/s", floor=floor.second),
        ]
        turns = idle(_command(config, "turns", _TURNS), _MARKER, _TURNS_S)
        figures += [
            Figure(f"{what}, a page every 5 s: of a core", turns.share, "%", floor=floor.share),
            Figure(f"{what}, a page every 5 s", turns.rate, "KB/s", floor=floor.rate),
        ]
    return figures


def _command(config: Path, name: str, wall: str) -> list[str]:
    """The wall on the cache of `config`, with these pages."""
    path = config.with_name(f"{config.stem}-{name}.yaml")
    path.write_text(config.read_text(encoding="utf-8") + wall, encoding="utf-8")
    return [*COMMAND, "--config", str(path), "wall"]
