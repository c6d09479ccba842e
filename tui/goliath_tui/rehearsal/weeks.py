"""The rehearsal's calendar: weeks from Wednesday to Wednesday, sprints, working hours. All UTC."""

from datetime import UTC, datetime

from msgspec import Struct

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

#: 1970-01-07, the first Wednesday.
_FIRST_WEDNESDAY = 6 * DAY

#: A working week in working hours: Wednesday, Thursday, Friday, Monday, Tuesday; 14 to 23 h UTC.
_WORKING_DAYS = (0, 1, 2, 5, 6)
_STARTS_WORK = 14 * HOUR
_WORKS = 9 * HOUR


def floor(at: int, width: int) -> int:
    """The last multiple of `width` that is not after `at`."""
    return at - at % width


def wednesday(at: int) -> int:
    """The last Wednesday 00:00 that is not after `at`."""
    return at - (at - _FIRST_WEDNESDAY) % WEEK


def working(at: float) -> int:
    """The moment in working hours that stands for `at`: order is kept, weeks are kept.

    The whole week is squeezed into its 45 working hours.
    """
    week = wednesday(int(at))
    hours = (at - week) / WEEK * 5 * _WORKS
    day, rest = divmod(hours, _WORKS)
    return week + _WORKING_DAYS[int(day)] * DAY + _STARTS_WORK + int(rest)


def on_working_day(sprint_starts: int, day: int, part: float) -> int:
    """The moment after a `part` (0 to 1) of the sprint's working day 0 to 9."""
    week, weekday = divmod(day, 5)
    morning = sprint_starts + week * WEEK + _WORKING_DAYS[weekday] * DAY + _STARTS_WORK
    return morning + int(part * _WORKS)


def day_name(at: int) -> str:
    """The day of a moment, as in 2026-11-18."""
    return f"{datetime.fromtimestamp(at / SECOND, UTC):%Y-%m-%d}"


class Calendar(Struct, frozen=True):
    """When what happens, for a rehearsal of `sprints` sprints whose last is in its second week.

    `anchor` is the Wednesday in the middle of that last sprint.
    """

    anchor: int
    sprints: int

    def starts(self, sprint: int) -> int:
        """When a sprint starts, counted from 1; it ends when the next one starts."""
        return self.anchor - WEEK - (self.sprints - sprint) * 2 * WEEK

    @property
    def begins(self) -> int:
        """When the plan was begun: four weeks before the first sprint."""
        return self.starts(1) - 4 * WEEK

    @property
    def ends(self) -> int:
        """When the last sprint ends, and with it the first milestone."""
        return self.starts(self.sprints + 1)

    @property
    def horizon(self) -> int:
        """Where the story ends: with the sprint after. Whoever runs on sees nothing more move."""
        return self.starts(self.sprints + 2)

    def sprint_of(self, at: int) -> int:
        """The sprint that runs at a moment, counted from 1 whether or not there is one."""
        return (at - self.starts(1)) // (2 * WEEK) + 1
