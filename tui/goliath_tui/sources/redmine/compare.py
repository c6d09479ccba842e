"""Which issues are there that were not told, and which were told that are there no more.

Redmine says nothing of what was deleted, or moved to where we do not look; and a project that is
put below another brings issues that nobody changed. So its count of our issues is compared with
ours, one request a poll; where they differ the range of numbers is halved until a page holds it.
One deletion among 10,000 issues is found with some ten requests. Once a day all numbers are
compared, for a loss and a gain at the same time leave the count as it was.
"""

from __future__ import annotations

from goliath_tui.sources.redmine.place import Place
from goliath_tui.sources.redmine.tables import Tables, broken
from goliath_tui.sources.redmine.wire import PAGE, Asking, Issues

ALL_AGAIN_S = 86_400


async def compare(asking: Asking, place: Place, tables: Tables, known: set[int]) -> bool:
    """Goes on comparing as long as there is room; whether it is done. Raises SourceError.

    What differs is in `missing` and `strangers` of the place.
    """
    now = asking.now() // 1000
    if not place.counting:
        if not asking.has_room:
            return False
        place.counting = True
        if now - place.verified >= ALL_AGAIN_S:
            # The first fill is as good as a comparison.
            place.suspects = _chunks(known) if place.verified else []
            place.verified = now
        if not place.suspects:
            top = max(known, default=0)
            page = await _between(asking, tables, 1, max(1, top), limit=1)
            if page.total_count != len(known):
                place.suspects = [(1, max(1, top))]
    while place.suspects:
        if not asking.has_room:
            return False
        low, high = place.suspects[-1]
        ours = sorted(number for number in known if low <= number <= high)
        page = await _between(asking, tables, low, high, limit=PAGE if len(ours) <= PAGE else 1)
        place.suspects.pop()
        if page.total_count == len(page.issues):
            theirs = {issue.id for issue in page.issues}
            place.missing += [number for number in ours if number not in theirs]
            place.strangers += sorted(theirs - known)
        elif page.total_count != len(ours) or len(ours) <= PAGE:
            if low == high:
                raise broken(tables.home, "does not keep to the filter `issue_id`")
            middle = ours[len(ours) // 2 - 1] if len(ours) > PAGE else (low + high) // 2
            middle = min(middle, high - 1)
            place.suspects += [(middle + 1, high), (low, middle)]
    return True


async def _between(asking: Asking, tables: Tables, low: int, high: int, *, limit: int) -> Issues:
    page = await asking.issues(
        tables.of_ours(),
        ("issue_id", "><", f"{low}|{high}"),
        sort="id",
        limit=limit,
    )
    if any(not low <= issue.id <= high for issue in page.issues):
        raise broken(tables.home, "does not keep to the filter `issue_id`")
    return page


def _chunks(known: set[int]) -> list[tuple[int, int]]:
    """Ranges of numbers that a page holds, the lowest last; together all up to the highest."""
    if not known:
        return []
    ours = sorted(known)
    ends = [*ours[PAGE - 1 : -1 : PAGE], *ours[-1:]]
    begins = [1, *(end + 1 for end in ends[:-1])]
    return list(zip(begins, ends, strict=True))[::-1]
