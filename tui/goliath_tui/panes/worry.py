"""When a rate of differences is a warning: the same everywhere."""

#: Mismatches per thousand comparisons from which the figure is shown as a warning.
WORRYING = 1.0
#: Comparisons that a figure must rest on to warn: of fewer, one alone would be too many.
ENOUGH = 100


def is_worrying(mismatched: int | None, compared: int | None) -> bool:
    """Whether so many of enough comparisons differed that the figure is a warning."""
    if mismatched is None or compared is None or compared < ENOUGH:
        return False
    return mismatched * 1000 / compared >= WORRYING


def is_thin(compared: int | None) -> bool:
    """Whether there are comparisons, but so few that the figure says little."""
    return bool(compared) and compared is not None and compared < ENOUGH
