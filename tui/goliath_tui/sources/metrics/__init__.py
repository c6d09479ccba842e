"""Traffic from the page of counters that a gateway itself shows, where no metric store keeps them.

The page says how much was counted since the gateway started. What it grew by from one look to the
next is a bucket; how that is told from a restart, and what is remembered for it, is in
`reading`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from goliath_tui.sources import Setup, Source
from goliath_tui.sources.counted import CountedOptions, Problems
from goliath_tui.sources.presets import Counter, Preset

#: Where each gateway shows its counters, and what to ask for there; others: `USUAL`.
ENDPOINTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    # Everything that Envoy counts is megabytes; it filters by its own names of the counters.
    "envoy": (
        "/stats/prometheus",
        {"filter": r"^cluster\..*\.upstream_rq_(total|5xx|time)$|^server\.uptime$"},
    ),
}
USUAL = "/metrics"


class Options(CountedOptions, frozen=True, kw_only=True):
    """The settings of a gateway whose page of counters is read, beside those of `CountedOptions`.

    `endpoint`: where the page is, below `url`.
    """

    endpoint: str | None = None

    def problems(self) -> Problems:
        """What is wrong with the settings: (the setting's place below the source, advice)."""
        unsaid = list(self.problems_of_what())
        yield from unsaid
        if unsaid:
            return
        yield from self.problems_of_names()
        if self.endpoint is not None and not self.endpoint.startswith("/"):
            yield ("endpoint",), "expected a path that begins with /, as in /metrics"

    def counted(self) -> Preset:
        """What is looked for on the page."""
        chosen = self.chosen()
        return replace(
            chosen,
            requests=self._narrowed(chosen.requests),
            errors=None if chosen.errors is None else self._narrowed(chosen.errors),
            latency=chosen.latency if self.latency else None,
        )

    def _narrowed(self, counter: Counter) -> Counter:
        return replace(counter, where={**counter.where, **self.where})

    def place(self) -> tuple[str, Mapping[str, str]]:
        """The path of the page, and what to ask for there."""
        if self.endpoint is not None:
            return self.endpoint, {}
        usual = ENDPOINTS.get(self.preset or "", (USUAL, {}))
        return usual if self.metric is None else (usual[0], {})


def make(setup: Setup) -> Source:
    """A source that goes on from the counts that its cursor remembers."""
    from goliath_tui.sources.metrics.reading import Scraper

    options = setup.options
    return Scraper(options if isinstance(options, Options) else Options(), setup.number)


def requests_per_poll(setup: Setup) -> float:
    """The page."""
    return 1
