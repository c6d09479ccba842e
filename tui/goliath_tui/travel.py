"""Time travel: the steps, the moment that a step leads to, a moment as people write it. Pure."""

from datetime import datetime, tzinfo

from msgspec import Struct

_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
_FORTNIGHT = 14 * _DAY
#: Nothing was measured before 1971.
_EARLIEST = 365 * _DAY


class Step(Struct, frozen=True):
    """A step and its name; `ms` None: as long as the sprint that is shown."""

    name: str
    ms: int | None


STEPS = (
    Step("10 min", 10 * _MINUTE),
    Step("1 h", 60 * _MINUTE),
    Step("1 day", _DAY),
    Step("1 sprint", None),
)
#: The step that is on at first.
FIRST_STEP = 1


def other_step(index: int, by: int) -> int:
    """The index of a longer (`by` 1) or a shorter step (-1)."""
    return max(0, min(len(STEPS) - 1, index + by))


def moved(at: int | None, by: int, step: Step, now: int, sprint_ms: int | None) -> int | None:
    """The moment `by` steps from `at` (None: live, now); None again once it would be live.

    `sprint_ms`: how long a sprint is; a fortnight where that is not known.
    """
    width = step.ms or sprint_ms or _FORTNIGHT
    there = (now if at is None else at) + by * width
    return None if there >= now else max(_EARLIEST, there)


def parse_moment(text: str, time_zone: tzinfo) -> int:
    """`2026-03-01`, or `2026-03-01T12:00` with or without offset → UTC ms. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise ValueError("expected a moment such as 2026-03-01 or 2026-03-01T12:00") from None
    # An offset moves a moment by a day at most, and these years have neighbours on both sides.
    if not 1970 < moment.year < 9999:
        raise ValueError("expected a year from 1971 to 9998")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=time_zone)
    return round(moment.timestamp() * 1000)
