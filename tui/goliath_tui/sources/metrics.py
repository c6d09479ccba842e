"""Traffic from the page of counters that a gateway itself shows, where no metric store keeps them.

The page says how much was counted since the gateway started. What it grew by from one look to the
next is a bucket; how that is told from a restart, and what is remembered for it, is in
`metrics_reading`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from goliath_tui import sources
from goliath_tui.sources import Setup, Source
from goliath_tui.sources.presets import PRESETS, Counter, Preset
from goliath_tui.sources.sides import OwnWords, pattern_problems

#: Where each gateway shows its counters, and what to ask for there; others: `USUAL`.
ENDPOINTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    # Everything that Envoy counts is megabytes; it filters by its own names of the counters.
    "envoy": (
        "/stats/prometheus",
        {"filter": r"^cluster\..*\.upstream_rq_(total|5xx|time)$|^server\.uptime$"},
    ),
}
USUAL = "/metrics"
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Options(sources.Options, frozen=True, kw_only=True):
    """The settings of a gateway whose page of counters is read.

    What is counted is said by a `preset`, or by a `metric` of one's own with its `labels` and its
    `code`. Any of `metric`, `labels`, `sides` and `code` takes the place of what the preset says;
    `where` is added to it. `service`: the one service of all series, where no label tells it.
    `endpoint`: where the page is, below `url`. `latency`: also read the preset's histogram.
    """

    preset: str | None = None
    metric: str | None = None
    labels: Mapping[str, str] | None = None
    sides: OwnWords = OwnWords()
    service: str | None = None
    where: Mapping[str, str] = {}
    code: str | None = None
    endpoint: str | None = None
    latency: bool = False

    def problems(self) -> Iterable[tuple[tuple[str, ...], str]]:
        """What is wrong with the settings: (the setting's place below the source, advice)."""
        known = ", ".join(sorted(PRESETS))
        if self.preset is not None and self.preset not in PRESETS:
            yield ("preset",), f"unknown preset; known are {known}"
            return
        if self.preset is None and self.metric is None:
            yield (), f"expected `preset:` ({known}) or `metric:`"
            return
        if self.preset is None and self.labels is None:
            yield ("metric",), "expected `labels:` too, as in {cluster: '{service}-{side}'}"
            return
        if self.metric is not None and not _METRIC.fullmatch(self.metric):
            yield ("metric",), "expected the name of a metric, without labels"
        for place, names in (("labels", self.labels or {}), ("where", self.where)):
            for name in names:
                if not _LABEL.fullmatch(name):
                    yield (place, name), "expected the name of a label"
        if self.code is not None and not _LABEL.fullmatch(self.code):
            yield ("code",), "expected the name of a label"
        if self.endpoint is not None and not self.endpoint.startswith("/"):
            yield ("endpoint",), "expected a path that begins with /, as in /metrics"
        if self.latency and self.counted().latency is None:
            yield ("latency",), "no histogram is known for this: remove it"
        yield from pattern_problems(self.counted().labels, self.service)

    def counted(self) -> Preset:
        """What is counted: the preset with these settings on top."""
        preset = PRESETS.get(self.preset or "") or Preset(
            requests=Counter(metric=self.metric or ""), labels=self.labels or {}
        )
        requests, errors, latency = preset.requests, preset.errors, preset.latency
        if self.metric is not None:
            requests = Counter(metric=self.metric, where=requests.where)
            errors = latency = None
        return Preset(
            requests=replace(requests, where={**requests.where, **self.where}),
            labels=preset.labels if self.labels is None else self.labels,
            sides=self.sides.over(preset.sides),
            code=self.code or preset.code,
            errors=None
            if errors is None or self.code is not None
            else replace(errors, where={**errors.where, **self.where}),
            latency=latency if self.latency else None,
        )

    def place(self) -> tuple[str, Mapping[str, str]]:
        """The path of the page, and what to ask for there."""
        if self.endpoint is not None:
            return self.endpoint, {}
        usual = ENDPOINTS.get(self.preset or "", (USUAL, {}))
        return usual if self.metric is None else (usual[0], {})


def make(setup: Setup) -> Source:
    """A source that goes on from the counts that its cursor remembers."""
    from goliath_tui.sources.metrics_reading import Scraper

    options = setup.options
    return Scraper(options if isinstance(options, Options) else Options(), setup.number)


def requests_per_poll(setup: Setup) -> float:
    """The page."""
    return 1
