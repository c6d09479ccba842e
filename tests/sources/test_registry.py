"""Listing the kinds of source is cheap: a config is checked and a screen drawn without HTTP."""

import subprocess
import sys

from goliath_tui.sources import KINDS, PARTS


def test_kinds_are_listed_without_importing_what_asks() -> None:
    code = (
        "import sys; from goliath_tui.sources import KINDS, PARTS; list(KINDS);"
        "print(*[m for m in ('httpx', 'httpcore', 'ssl', 'asyncio', 'goliath_tui.native')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


def test_every_kind_makes_a_source_of_its_own_each_time() -> None:
    for kind, known in KINDS.items():
        assert known.kind == kind
        setup = known.whole()
        assert known.make(setup) is not known.make(setup)
        assert known.gives <= set(PARTS)
        assert known.requests_per_poll(setup) >= 0
