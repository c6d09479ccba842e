"""What a measurement reports, and how it is printed."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: `ours` and `floor` in `unit`, the ratio between them, the budget.

    `within` says whether the budget holds; a machine with a bad day may break it, so nothing
    fails on it. None: the figure has no budget, it is there to explain another one.
    """

    what: str
    ours: float
    unit: str
    budget: str = ""
    within: bool | None = None
    floor: float | None = None

    def line(self) -> str:
        """The figure as one line of the table."""
        floor = ratio = "–"
        if self.floor is not None:
            floor = f"{self.floor:,.2f} {self.unit}"
            ratio = f"{self.ours / self.floor:,.2f}" if self.floor else "–"
        mark = "" if self.within is None else "ok" if self.within else "over"
        ours = f"{self.ours:,.2f} {self.unit}"
        return f"{mark:<4}  {self.what:<66} {ours:>20} {floor:>20} {ratio:>8}  {self.budget}"


HEADER = f"{'':4}  {'what':<66} {'ours':>20} {'floor':>20} {'ratio':>8}  budget"


def alternate(
    ours: Callable[[], float], floor: Callable[[], float], runs: int
) -> tuple[float, float]:
    """The medians of the two, measured in turn so that a slow moment of the machine hits both."""
    ours(), floor()
    pairs = [(ours(), floor()) for _ in range(runs)]
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
