"""A gateway that offers the native API: services, fields, states, traffic and comparisons."""

from goliath_tui import native
from goliath_tui.sources.native_pages import NativePages


def make() -> NativePages:
    """A source that starts wherever the cursor it is given says."""
    return NativePages(native.GATEWAY_API, native.GATEWAY_ENDPOINTS)
