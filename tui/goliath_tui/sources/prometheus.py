"""Traffic from the HTTP API of Prometheus, VictoriaMetrics, Mimir or Thanos.

They keep what gateways count. One question a poll, for all services at once, says how much each
side answered in every step of time that is over; how that is asked is in `prometheus_query`, which
steps in `prometheus_windows`, and what is made of the answers in `prometheus_reading`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from goliath_tui import sources
from goliath_tui.sources import Setup, Source
from goliath_tui.sources.moments import duration_ms
from goliath_tui.sources.presets import PRESETS, Counter, Preset
from goliath_tui.sources.prometheus_query import LABEL_NAME, METRIC_NAME, WINDOW
from goliath_tui.sources.sides import OwnWords, pattern_problems

DAY_MS = 86_400_000
LONGEST_STEP_MS = 600_000


class Options(sources.Options, frozen=True, kw_only=True):
    """The settings of a metric store.

    What is counted is said by a `preset`, by a `metric` of one's own with its `labels` and its
    `code`, or by a whole query, `promql`, in which `$window` stands for the width of a step. Any of
    `metric`, `labels`, `sides` and `code` takes the place of what the preset says; `where` is added
    to it. `service`: the one service of all series, where no label tells it.

    `step`: how much time one bucket counts; it must divide ten minutes. `delay`: how long samples
    may take to be there. `history`: how far back the first run fills. `latency`: also ask for the
    preset's histogram. `tenant`: the tenant of Mimir, or of whatever else wants `X-Scope-OrgID`.
    """

    preset: str | None = None
    metric: str | None = None
    labels: Mapping[str, str] | None = None
    sides: OwnWords = OwnWords()
    service: str | None = None
    where: Mapping[str, str] = {}
    code: str | None = None
    promql: str | None = None
    latency: bool = False
    step: str = "30s"
    delay: str = "10s"
    history: str = "14d"
    tenant: str | None = None

    def problems(self) -> Iterable[tuple[tuple[str, ...], str]]:
        """What is wrong with the settings: (the setting's place below the source, advice)."""
        yield from self._problems_of_what()
        yield from self._problems_of_names()
        for name, least, most in (
            ("step", 1000, LONGEST_STEP_MS),
            ("delay", 0, 3_600_000),
            ("history", 0, 400 * DAY_MS),
        ):
            try:
                ms = duration_ms(getattr(self, name), least=least, most=most)
            except ValueError as error:
                yield (name,), str(error)
            else:
                if name == "step" and LONGEST_STEP_MS % ms:
                    yield (name,), "expected a step that divides ten minutes, as 10s, 30s and 1m do"
        if self.tenant is not None and not (self.tenant.isascii() and self.tenant.isprintable()):
            yield ("tenant",), "expected the name of a tenant"

    def _problems_of_what(self) -> Iterable[tuple[tuple[str, ...], str]]:
        known = ", ".join(sorted(PRESETS))
        if self.preset is not None and self.preset not in PRESETS:
            yield ("preset",), f"unknown preset; known are {known}"
        if self.promql is not None:
            if WINDOW not in self.promql:
                yield ("promql",), f"expected {WINDOW} in it, as in increase(x[{WINDOW}])"
            for name in ("preset", "metric", "where", "latency"):
                if getattr(self, name):
                    yield (name,), "`promql:` says all that is counted: remove this, or that"
        elif self.preset is None and self.metric is None:
            yield (), f"expected `preset:` ({known}), `metric:` or `promql:`"
        elif self.preset is None and self.labels is None:
            yield ("metric",), "expected `labels:` too, as in {cluster: '{service}-{side}'}"
        if self.latency and self.counted().latency is None:
            yield ("latency",), "no histogram is known for this: remove it"

    def _problems_of_names(self) -> Iterable[tuple[tuple[str, ...], str]]:
        if self.metric is not None and not METRIC_NAME.fullmatch(self.metric):
            yield ("metric",), "expected the name of a metric, without labels"
        for place, names in (("labels", self.labels or {}), ("where", self.where)):
            for name in names:
                if not LABEL_NAME.fullmatch(name):
                    yield (place, name), "expected the name of a label"
        if self.code is not None and not LABEL_NAME.fullmatch(self.code):
            yield ("code",), "expected the name of a label"
        if self.preset is not None or self.labels is not None or self.promql is not None:
            yield from pattern_problems(self.counted().labels, self.service)

    def headers(self) -> dict[str, str]:
        """What each request has to say beside the token."""
        return {} if self.tenant is None else {"X-Scope-OrgID": self.tenant}

    def counted(self) -> Preset:
        """What is counted: the preset with these settings on top."""
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


def make(setup: Setup) -> Source:
    """A source that starts wherever the cursor it is given says."""
    from goliath_tui.sources.prometheus_reading import MetricStore

    return MetricStore(cast("Options", setup.options))


def requests_per_poll(setup: Setup) -> float:
    """What a poll costs when there is nothing new, in requests."""
    return 2 if cast("Options", setup.options).latency else 1
