"""Traffic from the HTTP API of Prometheus, VictoriaMetrics, Mimir or Thanos.

They keep what gateways count. One question a poll, for all services at once, says how much each
side answered in every step of time that is over; how that is asked is in `query`, which
steps in `windows`, and what is made of the answers in `reading`.
"""

from __future__ import annotations

from typing import cast

from goliath_tui.sources import Setup, Source
from goliath_tui.sources.counted import CountedOptions, Problems
from goliath_tui.sources.moments import duration_ms
from goliath_tui.sources.prometheus.query import WINDOW

DAY_MS = 86_400_000
LONGEST_STEP_MS = 600_000


class Options(CountedOptions, frozen=True, kw_only=True):
    """The settings of a metric store, beside those of `CountedOptions`.

    What is counted can also be said by a whole query, `promql`, in which `$window` stands for the
    width of a step.

    `step`: how much time one bucket counts; it must divide ten minutes. `delay`: how long samples
    may take to be there. `history`: how far back the first run fills. `tenant`: the tenant of
    Mimir, or of whatever else wants `X-Scope-OrgID`.
    """

    promql: str | None = None
    step: str = "30s"
    delay: str = "10s"
    history: str = "14d"
    tenant: str | None = None

    def problems(self) -> Problems:
        """What is wrong with the settings: (the setting's place below the source, advice)."""
        if self.promql is None:
            yield from self.problems_of_what(beside="`promql:`")
        else:
            yield from self._problems_of_query(self.promql)
        if self.preset is not None or self.labels is not None or self.promql is not None:
            yield from self.problems_of_names()
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

    def _problems_of_query(self, promql: str) -> Problems:
        if WINDOW not in promql:
            yield ("promql",), f"expected {WINDOW} in it, as in increase(x[{WINDOW}])"
        for name in ("preset", "metric", "where", "latency"):
            if getattr(self, name):
                yield (name,), "`promql:` says all that is counted: remove this, or that"

    def headers(self) -> dict[str, str]:
        """What each request has to say beside the token."""
        return {} if self.tenant is None else {"X-Scope-OrgID": self.tenant}


def make(setup: Setup) -> Source:
    """A source that starts wherever the cursor it is given says."""
    from goliath_tui.sources.prometheus.reading import MetricStore

    return MetricStore(cast("Options", setup.options))


def requests_per_poll(setup: Setup) -> float:
    """What a poll costs when there is nothing new, in requests."""
    return 2 if cast("Options", setup.options).latency else 1
