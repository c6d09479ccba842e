"""The mismatches of the days before: found by comparing the answers, as the gateway does it.

When somebody asked is up to chance; what they were answered is not. So each of a bug's arguments is
really answered by both and compared, once, and the history says when that happened.
"""

from collections.abc import Iterator

from msgspec import Raw

from goliath_tui.domain import Answers, Comparison, Difference
from goliath_tui.rehearsal.answers import legacy_answer, new_answer
from goliath_tui.rehearsal.bugs import Bug
from goliath_tui.rehearsal.chance import counted, mixed, salted, unit, units
from goliath_tui.rehearsal.demand import rate
from goliath_tui.rehearsal.story import Story
from goliath_tui.rehearsal.verdict import judge
from goliath_tui.rehearsal.weeks import DAY, HOUR, SECOND, WEEK, floor

#: How far back a gateway keeps the mismatches that it has found.
KEPT = WEEK

#: For so long a gateway keeps the answers of everything that it finds; of older finds some.
_WHOLE_FOR = 2 * HOUR

#: The most mismatches of one bug that a gateway keeps of one hour.
_MOST_OF_AN_HOUR = 100


class Found:
    """What the story's comparisons have found, hour by hour."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._ignored = frozenset(story.scenario.differences.ignore)
        since = story.calendar.anchor - 2 * KEPT
        self._bugs = [bug for bug in story.bugs.values() if bug.fixed is None or bug.fixed > since]
        self._judged: dict[tuple[int, int], tuple[Difference, ...]] = {}

    def between(self, starts: int, ends: int) -> Iterator[Comparison]:
        """What was found in [starts, ends), oldest first; the same however it is asked for.

        Only how many of them still have their answers depends on how long ago that was at `ends`.
        """
        hour = floor(starts, HOUR)
        while hour < ends:
            since = ends - _WHOLE_FOR
            made = [row for bug in self._bugs for row in self._in_hour(bug, hour, since)]
            made.sort(key=lambda row: (row.at, row.id))
            yield from (row for row in made if starts <= row.at < ends)
            hour += HOUR

    def expected(self, starts: int, ends: int) -> int:
        """About how many were found in [starts, ends)."""
        total = 0.0
        for day in range(floor(starts, DAY), ends, DAY):
            span = max(0, min(day + DAY, ends) - max(day, starts))
            per_ms = sum(self._mean(bug, day + DAY // 2, DAY) for bug in self._bugs) / DAY
            total += per_ms * span
        return int(total)

    def _mean(self, bug: Bug, at: int, width: int) -> float:
        if not bug.shows(at):
            return 0.0
        story = self._story
        per_second = rate(story.scenario.load, story.calendar, floor(at, width), width)
        share = story.weights[bug.field] * len(bug.keys) / story.scenario.load.keys
        return per_second * width / SECOND * share

    def _in_hour(self, bug: Bug, hour: int, whole_since: int) -> Iterator[Comparison]:
        middle = hour + HOUR // 2
        if hour + HOUR <= bug.seen or not bug.is_there(hour):
            return
        keys = sorted(bug.keys)
        chance = mixed(bug.field, salted(hour // HOUR, 7))
        mean = self._mean(bug, max(middle, bug.seen), HOUR)
        count = min(counted(mean, chance), _MOST_OF_AN_HOUR)
        # One example a day keeps its answers, at an hour that differs from bug to bug.
        example = int(unit(bug.field, floor(hour, DAY)) * 24) == hour % DAY // HOUR
        for n in range(max(count, 1) if example else count):
            when, which, _, _ = units(chance + n)
            at = hour + int(when * HOUR)
            if bug.shows(at):
                key = keys[int(which * len(keys))]
                whole = example or at >= whole_since
                row = self._comparison(bug, key, at, f"{hour // HOUR}-{bug.field}-{n}", whole)
                example = False
                if row.differences:
                    yield row

    def _comparison(self, bug: Bug, key: int, at: int, name: str, whole: bool) -> Comparison:
        field = self._story.fields[bug.field]
        answers = None
        differences = self._judged.get((bug.field, key))
        if whole or differences is None:
            legacy, new = legacy_answer(field, key), new_answer(field, key, bug)
            differences = judge(legacy, new, self._ignored)[1]
            self._judged[bug.field, key] = differences
            answers = Answers(legacy=Raw(legacy), new=Raw(new)) if whole else None
        return Comparison(
            id=f"h-{name}",
            at=at,
            field=field.id,
            differences=differences,
            operation=operation(field.id),
            trace_id=trace_id(name),
            answers=answers,
        )


def operation(field: str) -> str:
    """The name of the operation that asks for a field: `getUser` for `User.lastSeen`."""
    if field.startswith("GET "):
        return field
    kind, _, member = field.partition(".")
    return member if kind == "Mutation" else f"get{kind}"


def trace_id(name: str) -> str:
    """16 hexadecimal digits for one request."""
    return f"{int(unit('trace', name) * 2**48):016x}"
