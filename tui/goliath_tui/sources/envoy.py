"""What Envoy is configured to send to new: the routes of /config_dump, with /runtime on top."""

from __future__ import annotations

from goliath_tui.sources import Setup, Source
from goliath_tui.sources.intended_options import IntendedOptions


class Options(IntendedOptions, frozen=True, kw_only=True):
    """The settings of an Envoy: whose a cluster is, by `envoy_cluster_name`."""

    def preset(self) -> str:
        """The preset whose names its backends have."""
        return "envoy"


def make(setup: Setup) -> Source:
    """A source that tells all at each look."""
    from goliath_tui.sources.envoy_routes import Envoy

    options = setup.options
    return Envoy(options if isinstance(options, Options) else Options())


def requests_per_poll(setup: Setup) -> float:
    """The routes, and the runtime."""
    return 2
