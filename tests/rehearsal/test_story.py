"""The same seed tells the same story, and at full size it is the story that is public."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from goliath_tui.domain import ItemEvent, MigrationState
from goliath_tui.measures.ledger import PointsEntry, SprintEntry, replay
from goliath_tui.rehearsal.backlog import backlog
from goliath_tui.rehearsal.demand import intended
from goliath_tui.rehearsal.people import staff
from goliath_tui.rehearsal.plan import Plan, plan
from goliath_tui.rehearsal.travel import state_at
from goliath_tui.rehearsal.weeks import DAY, HOUR, WEEK, wednesday
from tests.rehearsal.process import SMALL
from tests.rehearsal.stage import NOW, full_story, small_story

_TELL = """
import sys
from hashlib import blake2s
from pathlib import Path
import msgspec
from goliath_tui.rehearsal.counters import Counters
from goliath_tui.rehearsal.feeds import gateway_feeds, tracker_feeds
from goliath_tui.rehearsal.found import Found
from goliath_tui.rehearsal.mismatches import MismatchFeed
from goliath_tui.rehearsal.scenario import load
from goliath_tui.rehearsal.story import tell
seed, now = int(sys.argv[2]), int(sys.argv[3])
story = tell(*load(Path(sys.argv[1])), seed, now)
mismatches = MismatchFeed(Found(story), now)
feeds = gateway_feeds(story, Counters(story.scenario, story.fields, now), mismatches)
for name, feed in {**feeds, **tracker_feeds(story)}.items():
    digest, cursor, more, rows = blake2s(), None, True, 0
    while more:
        page = feed.page(cursor, 5000, now)
        digest.update(msgspec.json.encode(page))
        cursor, more, rows = page.cursor, page.more, rows + len(page.rows)
    print(name, rows, digest.hexdigest())
"""


def _told(seed: int, hash_seed: str, now: int = NOW) -> list[str]:
    """What a process of its own tells: each feed's rows and their digest."""
    done = subprocess.run(
        [sys.executable, "-c", _TELL, str(SMALL), str(seed), str(now)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.splitlines()


def test_the_same_seed_tells_the_same_bytes_in_every_process() -> None:
    first = _told(1, "1")
    assert len(first) == 14
    assert all(int(line.split()[1]) > 0 for line in first)
    assert _told(1, "2") == first
    assert _told(2, "1") != first


def test_all_of_a_week_is_one_story() -> None:
    anchor = wednesday(NOW)
    early, late = small_story(), small_story()
    assert early.instance == late.instance
    assert wednesday(anchor + WEEK - 1) == anchor
    assert wednesday(anchor - 1) == anchor - WEEK


def test_now_is_in_the_second_week_of_the_last_sprint() -> None:
    calendar = full_story().calendar
    assert calendar.starts(43) + WEEK <= NOW < calendar.starts(44)
    assert calendar.sprint_of(NOW) == 43


def test_fields_are_where_the_story_has_them() -> None:
    story = full_story()
    counts = Counter(story.stop(field.index, NOW).state for field in story.fields)
    moved = counts[MigrationState.MIGRATED] + counts[MigrationState.RETIRED]
    assert counts.total() == 4012
    assert 3290 <= moved <= 3345  # 82.5 %
    assert 1630 <= counts[MigrationState.RETIRED] <= 1675  # 41 %
    assert 195 <= counts[MigrationState.CANARY] <= 225
    assert len({field.id for field in story.fields}) == 4012


def test_a_field_only_ever_moves_on() -> None:
    story = full_story()
    order = list(MigrationState)
    steps = story.scenario.canary
    for field, timeline in zip(story.fields, story.timelines, strict=True):
        assert timeline[0].state is MigrationState.LEGACY
        for before, after in pairwise(timeline):
            assert before.at < after.at
            if after.state is before.state:
                assert after.state is MigrationState.CANARY
                assert (after.percentage or 0) > (before.percentage or 0)
            else:
                assert order.index(after.state) > order.index(before.state)
        states = {stop.state for stop in timeline}
        assert (MigrationState.CANARY in states) <= field.mutation
        assert (MigrationState.SIDE_BY_SIDE in states) <= (not field.mutation)
        told = [x.percentage for x in timeline if x.state is MigrationState.CANARY]
        assert told == list(steps[: len(told)])


def test_the_gateway_means_to_send_what_the_scenario_says() -> None:
    story = full_story()
    share = sum(
        weight * intended(state_at(timeline, story.calendar.anchor))
        for weight, timeline in zip(story.weights, story.timelines, strict=True)
    )
    assert share == pytest.approx(story.scenario.load.intended_share)


def _replayed(told: Plan) -> tuple[list[PointsEntry], list[SprintEntry]]:
    by_item: dict[str, list[ItemEvent]] = defaultdict(list)
    for event in told.events:
        by_item[event.item].append(event)
    baselines = {milestone.id: milestone.baseline_at for milestone in told.milestones}
    sprints = {sprint.id: sprint for sprint in told.sprints}
    points: list[PointsEntry] = []
    stays: list[SprintEntry] = []
    for events in by_item.values():
        own, own_stays = replay(events, baselines, sprints)
        points += own
        stays += own_stays
    return points, stays


def test_points_are_what_the_story_says() -> None:
    story = full_story()
    told = plan(story, backlog(story))
    points, stays = _replayed(told)
    known = [entry for entry in points if entry.at <= NOW]
    assert 16_300 <= sum(entry.done for entry in known) <= 16_700
    assert 19_800 <= sum(entry.scope for entry in known) <= 20_200
    assert 1_100 <= sum(entry.added for entry in known) <= 1_300

    def left(milestone: str, at: int) -> float:
        own = [x for x in points if x.at <= at and x.milestone == milestone]
        return sum(x.scope - x.done for x in own)

    calendar = story.calendar
    assert left("mve", calendar.starts(44) - 1) == 0
    assert 0 < left("mve", NOW) < 150
    assert left("endgame", NOW) > 3000
    # Slow first sprints.
    done = Counter[int]()
    for entry in points:
        done[calendar.sprint_of(entry.at)] += int(entry.done * 2)
    assert max(done[n] for n in range(1, 5)) < min(done[n] for n in range(20, 40)) / 1.8
    # The sprint in progress has a bit of everything.
    own = [x for x in stays if x.sprint == "sprint-43" and x.at < calendar.starts(44)]
    assert {x.kind.value for x in own} >= {"entered", "left", "estimated", "done"}
    assert any(x.carried for x in own)
    remaining = sum(x.scope - x.done for x in own if x.at <= NOW)
    committed = sum(x.scope for x in own if x.at <= calendar.starts(43))
    assert 0 < remaining < 0.3 * committed
    per_day = [
        sum(x.done for x in own if day <= x.at < day + DAY)
        for day in range(calendar.starts(43), calendar.starts(44), DAY)
    ]
    assert sum(done < 5 for done in per_day) >= 3  # a weekend, and a working day as well


def test_events_come_in_an_order_that_a_life_can_have() -> None:
    story = small_story()
    told = plan(story, backlog(story))
    created = {item.id: at for at, item in told.items}
    assert [x.at for x in told.events] == sorted(x.at for x in told.events)
    last: dict[str, ItemEvent] = {}
    for event in told.events:
        before = last.get(event.item)
        if before is None:
            assert event.kind == "created"
            assert event.at == created[event.item]
        else:
            assert (event.at, event.id) > (before.at, before.id)
        last[event.item] = event


def test_nobody_who_exists_is_in_the_story() -> None:
    story = full_story()
    told = staff(story, backlog(story))
    assert len(told.people) == 80
    assert all(person.name == f"Engineer {person.id[1:]}" for person in told.people)
    assert len(told.approvals) == story.scenario.approvals
    assert told.loans
    assert all(off.starts < off.ends for off in told.time_off)
    assert any(off.starts > NOW + 12 * HOUR for off in told.time_off)
