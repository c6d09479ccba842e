"""What is counted for whom: the settings that all kinds share which read a gateway's counters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from goliath_tui.sources import Options
from goliath_tui.sources.presets import PRESETS, Counter, Preset
from goliath_tui.sources.sides import OwnWords, pattern_problems

METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

Problems = Iterable[tuple[tuple[str, ...], str]]


class CountedOptions(Options, frozen=True, kw_only=True):
    """Settings that say what is counted, and for whom.

    Either a `preset` says it, or a `metric` of one's own with its `labels` and its `code`. Any of
    `metric`, `labels`, `sides` and `code` takes the place of what the preset says; `where` is added
    to it. `service`: the one service of all series, where no label tells it. `latency`: also read
    the preset's histogram.
    """

    preset: str | None = None
    metric: str | None = None
    labels: Mapping[str, str] | None = None
    sides: OwnWords = OwnWords()
    service: str | None = None
    where: Mapping[str, str] = {}
    code: str | None = None
    latency: bool = False

    def problems_of_what(self, *, beside: str = "") -> Problems:
        """Whether it is said what is counted. `beside`: another setting that could say it."""
        known = ", ".join(sorted(PRESETS))
        if self.preset is not None and self.preset not in PRESETS:
            yield ("preset",), f"unknown preset; known are {known}"
        elif self.preset is None and self.metric is None:
            ways = f"`preset:` ({known}), `metric:` or {beside}" if beside else ""
            yield (), f"expected {ways or f'`preset:` ({known}) or `metric:`'}"
        elif self.preset is None and self.labels is None:
            yield ("metric",), "expected `labels:` too, as in {cluster: '{service}-{side}'}"

    def problems_of_names(self) -> Problems:
        """What is wrong with the names of metrics and labels, and with the patterns."""
        if self.metric is not None and not METRIC_NAME.fullmatch(self.metric):
            yield ("metric",), "expected the name of a metric, without labels"
        for place, names in (("labels", self.labels or {}), ("where", self.where)):
            for name in names:
                if not LABEL_NAME.fullmatch(name):
                    yield (place, name), "expected the name of a label"
        if self.code is not None and not LABEL_NAME.fullmatch(self.code):
            yield ("code",), "expected the name of a label"
        if self.latency and self.chosen().latency is None:
            yield ("latency",), "no histogram is known for this: remove it"
        yield from pattern_problems(self.chosen().labels, self.service)

    def chosen(self) -> Preset:
        """The preset with these settings on top, but for `where` and `latency`."""
        preset = PRESETS.get(self.preset or "") or Preset(
            requests=Counter(metric=self.metric or ""),
            labels={"side": "{side}"}
            if self.service is not None
            else {"service": "{service}", "side": "{side}"},
        )
        requests, errors, latency = preset.requests, preset.errors, preset.latency
        if self.metric is not None:
            requests = Counter(metric=self.metric, where=requests.where)
            errors = latency = None
        return Preset(
            requests=requests,
            labels=preset.labels if self.labels is None else self.labels,
            sides=self.sides.over(preset.sides),
            code=self.code or preset.code,
            errors=errors if self.code is None else None,
            latency=latency,
        )
