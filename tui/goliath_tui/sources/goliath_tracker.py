"""A tracker that offers the native API: sprints, milestones, work items, events and people."""

from goliath_tui import native
from goliath_tui.sources.native_pages import NativePages


def make() -> NativePages:
    """A source that starts wherever the cursor it is given says."""
    return NativePages(native.TRACKER_API, native.TRACKER_ENDPOINTS)
