"""Pictures of screens as text, compared with those that a person has looked at.

`GOLDEN_UPDATE=1` writes them anew; look at the difference before it is committed.
"""

import os
import time
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

from textual.pilot import Pilot

GOLDEN = Path(__file__).parent / "golden"
SIZES = ((80, 24), (120, 36), (240, 60))
#: What is drawn after a key may take another turn of the loop, or several on a busy machine.
_SETTLES_S = 10.0


async def check(pilot: Pilot[None], name: str, picture: Callable[[], str]) -> None:
    """The screen comes to look as in the picture of that name."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN_UPDATE"):
        await pilot.pause(0.5)
        path.write_text(picture(), encoding="utf-8")
    wanted = path.read_text(encoding="utf-8")
    deadline = time.monotonic() + _SETTLES_S
    while (seen := picture()) != wanted and time.monotonic() < deadline:
        await pilot.pause(0.02)
    differs = unified_diff(wanted.splitlines(), seen.splitlines(), name, "seen", lineterm="", n=0)
    assert seen == wanted, "\n".join(differs)
