"""What a metric store is asked, by what is configured to be counted."""

from __future__ import annotations

from collections.abc import Mapping

from goliath_tui.sources.presets import Counter, Preset
from goliath_tui.sources.prometheus.query import (
    MOMENT,
    MOMENT_QUERY,
    WINDOW,
    duration,
    growth,
    label_set,
    plain,
    selector,
    together,
    unusual,
)

#: How the parts of an answer begin that say where asking plainly is not enough.
UNUSUAL = "unusual"
#: How often samples come is seen over so many steps.
SAMPLED_STEPS = 4


class Question:
    """The questions about one thing that is counted. `own`: in the user's own words."""

    def __init__(
        self, counted: Preset, *, where: Mapping[str, str], promql: str | None = None
    ) -> None:
        self._counted = counted
        self._where = dict(where)
        self._promql = promql
        self.own = promql is not None
        # A series without such a label is nobody's, and is not even looked at.
        told = {
            label: "!"
            for label, pattern in counted.labels.items()
            if "{service}" in pattern or "{side}" in pattern
        }
        self._family = told | self._where

    @property
    def unit_ms(self) -> float:
        """One unit of the histogram's limits, in ms."""
        return 1.0 if self._counted.latency is None else self._counted.latency.unit_ms

    @property
    def metric(self) -> str:
        """The counter of all requests."""
        return self._counted.requests.metric

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that are read."""
        return tuple(self._counted.labels)

    @property
    def where(self) -> Mapping[str, str]:
        """What the labels of a series must be, the preset's conditions included."""
        return {**self._counted.requests.where, **self._where}

    def what(self) -> str:
        """What is counted, for people."""
        if self._promql is not None:
            return "the query of `promql:`"
        return self.metric + (label_set(self.where) if self.where else "")

    def counts(self, width: int) -> str:
        """Requests and errors per step, and what tells whether they are of that step."""
        if self._promql is not None:
            # On a line of its own: a query may end in a comment.
            own = self._promql.replace(WINDOW, duration(width))
            return f"({own}\n) or {together({MOMENT: MOMENT_QUERY})}"
        return together(
            {
                MOMENT: MOMENT_QUERY,
                "samples": self._samples(width),
                **self._plainly(self._counters(), width),
            }
        )

    def counts_exactly(self, width: int) -> str:
        """The same for steps in which something was `UNUSUAL`."""
        return together(self._exactly(self._counters(), width))

    def latency(self, width: int) -> str:
        """How many requests were as fast as the limits of the histogram, per step."""
        return together(self._plainly(self._histogram(), width))

    def latency_exactly(self, width: int) -> str:
        """The same for steps in which something was `UNUSUAL`."""
        return together(self._exactly(self._histogram(), width))

    def _counters(self) -> dict[str, tuple[Counter, tuple[str, ...]]]:
        """Part of an answer → its counter, and the labels that it is added up by."""
        counted = self._counted
        code = () if counted.code is None else (counted.code,)
        parts = {"requests": (counted.requests, (*self.labels, *code))}
        if counted.errors is not None:
            parts["errors"] = (counted.errors, self.labels)
        return parts

    def _histogram(self) -> dict[str, tuple[Counter, tuple[str, ...]]]:
        histogram = self._counted.latency
        name = "" if histogram is None else f"{histogram.metric}_bucket"
        counter = Counter(metric=name, where=self._counted.requests.where)
        return {"latency": (counter, (*self.labels, "le"))}

    def _plainly(
        self, counters: Mapping[str, tuple[Counter, tuple[str, ...]]], width: int
    ) -> dict[str, str]:
        parts = {}
        for part, (counter, by) in counters.items():
            series = self._selector(counter)
            parts[part] = plain(series, by, width)
            parts[f"{UNUSUAL}-{part}"] = unusual(series, width)
        return parts

    def _exactly(
        self, counters: Mapping[str, tuple[Counter, tuple[str, ...]]], width: int
    ) -> dict[str, str]:
        return {
            part: growth(self._selector(counter), selector(counter.metric, self._family), by, width)
            for part, (counter, by) in counters.items()
        }

    def _samples(self, width: int) -> str:
        """How many samples a series had in `SAMPLED_STEPS` steps."""
        window = duration(SAMPLED_STEPS * width)
        return f"max(count_over_time({self._selector(self._counted.requests)}[{window}]))"

    def _selector(self, counter: Counter) -> str:
        return selector(counter.metric, {**self._family, **counter.where, **self._where})
