"""The work of `mixed*`, entered into a Redmine as a team would have done over six weeks."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

from docs.shots.mixed_plan import SERVICES, Service
from tests.e2e.redmine import Redmine

SPRINT_DAYS = 14
#: The sprint in progress; what it began with is `PLANNED` of the points that are left.
NOW, PLANNED = 12, 0.2
_TASKS = (
    "Port the {0} resolvers", "Compare {0} answers", "Move {0} reads to new", "Backfill {0}",
    "Load test {0}", "Canary for {0}", "Delete the legacy {0} code", "Mutations of {0}",
)  # fmt: skip
_SIZES = (8, 5, 5, 3, 3, 2, 1)
Deed = Callable[[], Awaitable[object]]


class Item:
    """An issue to be: what it costs, and its number once it was entered."""

    def __init__(self, service: str | None, subject: str, points: int) -> None:
        self.service, self.subject, self.points = service, subject, points
        self.number = 0


async def enter(tracker: Redmine, random: Random) -> None:
    """Three sprints, of which the last is in progress; days off are kept."""
    days_left = days_until_tuesday(datetime.now(UTC))
    began = SPRINT_DAYS - 1 - days_left
    await tracker.project("backend")
    field = tracker.custom_field("Story points")
    closed = (await tracker.statuses())["Closed"]
    sprints = []
    for back in (2, 1, 0):
        due = datetime.now(UTC).date() + timedelta(days=days_left - back * SPRINT_DAYS)
        name = f"Sprint {NOW - back}"
        sprints.append(await tracker.version("backend", name, due.isoformat()))
    categories = {s.name: await tracker.category("backend", s.name) for s in SERVICES}

    def entered(item: Item, sprint: int | None) -> Deed:
        async def deed() -> None:
            item.number = await tracker.issue(
                "backend",
                item.subject,
                custom_fields=[{"id": field, "value": str(item.points)}],
                **({} if sprint is None else {"fixed_version_id": sprint}),
                **({} if item.service is None else {"category_id": categories[item.service]}),
            )

        return deed

    def done(item: Item) -> Deed:
        return lambda: tracker.change(item.number, status_id=closed)

    old = [item for s in SERVICES for item in items(s, s.done, random)]
    left = [item for s in SERVICES for item in items(s, s.left, random)]
    random.shuffle(old)
    random.shuffle(left)
    two_fifths, planned = len(old) * 2 // 5, int(len(left) * PLANNED)
    deeds: list[tuple[float, Deed]] = []
    for number, part in enumerate((old[:two_fifths], old[two_fifths : 2 * two_fifths])):
        starts = began + (2 - number) * SPRINT_DAYS
        deeds += [(starts + 0.5, entered(item, sprints[number])) for item in part]
        deeds += [(starts - 12 * (n + 1) / len(part), done(item)) for n, item in enumerate(part)]
    this = old[2 * two_fifths :] + left[:planned]
    deeds += [(began + 0.5, entered(item, sprints[2])) for item in this]
    deeds += [(began + 0.5, entered(item, None)) for item in left[planned:-3]]
    late = [*left[-3:], Item(None, "Dashboards for the gateway", 5)]
    finished = old[2 * two_fifths :]
    for part, deed in ((late, lambda item: entered(item, sprints[2])), (finished, done)):
        moments = working_moments(began, len(part))
        deeds += [(ago, deed(item)) for ago, item in zip(moments, part, strict=True)]
    await replay(tracker, sorted(deeds, key=lambda each: -each[0]))


def days_until_tuesday(now: datetime) -> int:
    """Sprints end on Tuesdays; this one has three days or more to go."""
    return 3 + (1 - now.weekday() - 3) % 7


def items(service: Service, points: int, random: Random) -> list[Item]:
    """Items that come to so many points."""
    found: list[Item] = []
    while points:
        size = random.choice([size for size in _SIZES if size <= points])
        subject = _TASKS[len(found) % len(_TASKS)].format(service.name)
        found.append(Item(service.name, subject, size))
        points -= size
    return found


def working_moments(days: int, count: int) -> list[float]:
    """So many moments, in days ago, spread over the working hours of the last days."""
    today = datetime.now(UTC)
    quarters = [
        ago + hour / 8
        for ago in range(days - 1, 0, -1)
        if (today - timedelta(days=ago)).weekday() < 5
        for hour in (3, 2, 1, 0)
    ]
    return [quarters[n * len(quarters) // count] for n in range(count)]


async def replay(tracker: Redmine, deeds: list[tuple[float, Deed]]) -> None:
    """Does each deed, oldest first, and moves all that was done as far back as it belongs."""
    for (ago, deed), (following, _) in pairwise([*deeds, (0.01, deeds[-1][1])]):
        await deed()
        if ago - following > 1e-6:
            tracker.age(ago - following)
