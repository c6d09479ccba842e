"""Which processes a process has started, and their ends."""

import subprocess
import time
from collections.abc import Callable

DEADLINE_S = 60.0


def descendants(pid: int) -> dict[int, str]:
    """The processes below `pid` that still run: number → command line."""
    done = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="], stdout=subprocess.PIPE, check=True
    )
    rows = [line.split(None, 3) for line in done.stdout.decode(errors="replace").splitlines()]
    alive = {
        int(row[0]): (int(row[1]), row[3])
        for row in rows
        if len(row) == 4 and not row[2].startswith("Z") and not row[3].startswith("ps -A ")
    }
    found: dict[int, str] = {}
    parents = {pid}
    while parents:
        below = {child: args for child, (parent, args) in alive.items() if parent in parents}
        parents = below.keys() - found.keys()
        found |= below
    return found


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Waits for a fact about processes; fails when it is late."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)
