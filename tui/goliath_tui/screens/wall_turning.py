"""Which page of the wall is in front, and when the next one comes. Pure: it is told the time.

Time is a monotonic clock's, in seconds: pages turn evenly while the time of day jumps.
"""

from collections.abc import Callable


class Turner:
    """Turns `pages` pages, each after `seconds`; a hand may turn or hold them."""

    def __init__(self, pages: int, seconds: float, now: float) -> None:
        self.pages = pages
        self.seconds = seconds
        self.at = 0
        self.held = False
        self._since = now

    def tick(self, now: float, has: Callable[[int], bool]) -> bool:
        """Turn if it is time, past pages that have nothing to show; whether it did.

        However late the call, it is one page further. Where no other page has anything, this one
        stays.
        """
        self._since = min(self._since, now)
        if self.held or now - self._since < self.seconds:
            return False
        self._since = now
        for step in range(1, self.pages):
            candidate = (self.at + step) % self.pages
            if has(candidate):
                self.at = candidate
                return True
        return False

    def turn(self, by: int, now: float) -> None:
        """A hand turns by so many pages, also to one that has nothing yet."""
        self.at = (self.at + by) % self.pages
        self._since = now

    def hold(self, now: float) -> None:
        """A hand holds the page, or lets it go on for its whole time."""
        self.held = not self.held
        self._since = now

    def share(self, now: float) -> float:
        """How much of the page's time is over, 0 to 1."""
        return min(1.0, max(0.0, (now - self._since) / self.seconds))
