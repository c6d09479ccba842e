"""What HAProxy is configured to send to new: the weights of servers."""

from __future__ import annotations

from collections.abc import Iterable

from goliath_tui.sources import Setup, Source
from goliath_tui.sources.intended_options import IntendedOptions


class Options(IntendedOptions, frozen=True, kw_only=True):
    """The settings of a HAProxy: whose a server is, by `proxy` (the backend it is in) and `server`.

    `endpoint`: the page of its counters, or its statistics as CSV; both say the weights.
    """

    endpoint: str = "/metrics"

    def preset(self) -> str:
        """The preset whose names its backends have."""
        return "haproxy"

    def problems(self) -> Iterable[tuple[tuple[str, ...], str]]:
        """What is wrong with the settings: (the setting's place below the source, advice)."""
        yield from super().problems()
        if not self.endpoint.startswith("/"):
            yield ("endpoint",), "expected a path that begins with /, as in /metrics or /stats;csv"


def make(setup: Setup) -> Source:
    """A source that tells all at each look."""
    from goliath_tui.sources.haproxy_weights import Haproxy

    options = setup.options
    return Haproxy(options if isinstance(options, Options) else Options())


def requests_per_poll(setup: Setup) -> float:
    """The page."""
    return 1
