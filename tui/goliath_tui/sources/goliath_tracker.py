"""A tracker that offers the native API: sprints, milestones, work items, events and people."""

from goliath_tui import native
from goliath_tui.sources import Setup
from goliath_tui.sources.native_pages import NativePages


def make(setup: Setup) -> NativePages:
    """A source that starts wherever the cursor it is given says."""
    return NativePages(native.TRACKER_API, native.TRACKER_ENDPOINTS)


def requests_per_poll(setup: Setup) -> float:
    """One for who it is, and one for each endpoint."""
    return 1 + len(native.TRACKER_ENDPOINTS)
