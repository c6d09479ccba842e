"""What Traefik is configured to send to new: the services that its API names, with weights."""

from __future__ import annotations

from goliath_tui.sources import Setup, Source
from goliath_tui.sources.intended_options import IntendedOptions


class Options(IntendedOptions, frozen=True, kw_only=True):
    """The settings of a Traefik: whose a service is, by `service`, which is NAME@PROVIDER."""

    def preset(self) -> str:
        """The preset whose names its backends have."""
        return "traefik"


def make(setup: Setup) -> Source:
    """A source that tells all at each look."""
    from goliath_tui.sources.traefik_services import Traefik

    options = setup.options
    return Traefik(options if isinstance(options, Options) else Options())


def requests_per_poll(setup: Setup) -> float:
    """Its routers, and its services."""
    return 2
