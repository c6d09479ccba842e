"""A gateway that offers the native API: services, fields, states, traffic and comparisons."""

from goliath_tui import native
from goliath_tui.sources import Setup
from goliath_tui.sources.native_pages import NativePages

_ENDPOINTS = {
    "traffic": {"services", "traffic"},
    "fields": {"services", "fields", "states"},
    "mismatches": {"services", "fields", "comparisons", "mismatches"},
}


def make(setup: Setup) -> NativePages:
    """A source that starts wherever the cursor it is given says."""
    return NativePages(native.GATEWAY_API, _asked(setup))


def requests_per_poll(setup: Setup) -> float:
    """One for who it is, and one for each endpoint."""
    return 1 + len(_asked(setup))


def _asked(setup: Setup) -> dict[str, type]:
    wanted = set[str]().union(*(_ENDPOINTS[part] for part in setup.parts))
    return {name: kind for name, kind in native.GATEWAY_ENDPOINTS.items() if name in wanted}
