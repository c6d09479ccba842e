"""When a figure is a warning, and how that is said without colour: the same everywhere."""

from goliath_tui.domain import ServiceRow, TrafficFigures
from goliath_tui.widgets import format as fmt

#: Mismatches per thousand comparisons from which the figure is shown as a warning.
WORRYING = 1.0
#: Comparisons that a figure must rest on to warn: of fewer, one alone would be too many.
ENOUGH = 100
#: Stands before a share that is off what the gateway was configured to send by more than chance.
OFF = "≠"
OFF_MEANS = (
    "off the intended share by half a point or more, which chance brings about in fewer than 1 of "
    "100,000 looks"
)


def is_worrying(mismatched: int | None, compared: int | None) -> bool:
    """Whether so many of enough comparisons differed that the figure is a warning."""
    if mismatched is None or compared is None or compared < ENOUGH:
        return False
    return mismatched * 1000 / compared >= WORRYING


def is_thin(compared: int | None) -> bool:
    """Whether there are comparisons, but so few that the figure says little."""
    return bool(compared) and compared is not None and compared < ENOUGH


def intended_words(traffic: TrafficFigures | None) -> str:
    """`intended 10.0 %`, with a mark where the gateway does not do what it was told."""
    mark = f"{OFF} " if traffic is not None and traffic.off_intended else ""
    return f"{mark}intended {fmt.percent(traffic.intended_share if traffic else None)}"


def has_begun(row: ServiceRow) -> bool:
    """Whether a service has started by fields or points, or new answers some of its requests."""
    return row.started or bool(row.traffic is not None and row.traffic.new_share)
