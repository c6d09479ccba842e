"""Patterns of a config, in which `*` stands for anything and all else for itself alone."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache


@lru_cache(1024)
def starred(pattern: str, *, any_case: bool = False) -> re.Pattern[str]:
    """What fits the pattern as a whole; each `*` is a group. `any_case`: a and A are the same."""
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.compile("(.*)".join(parts), re.DOTALL | (re.IGNORECASE if any_case else re.NOFLAG))


def is_like(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern as a whole, to the letter."""
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))
