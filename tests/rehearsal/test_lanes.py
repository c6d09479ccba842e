"""Whoever pages by cursor gets each bucket once, at any page size, across any restarts."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from goliath_tui.domain import Comparison, Side, Traffic
from goliath_tui.rehearsal.counters import WIDTH, Counters
from goliath_tui.rehearsal.feeds import gateway_feeds
from goliath_tui.rehearsal.found import Found
from goliath_tui.rehearsal.mismatches import MismatchFeed
from goliath_tui.rehearsal.paging import CursorError, Feed
from goliath_tui.rehearsal.verdict import Outcome
from goliath_tui.rehearsal.weeks import DAY, HOUR, MINUTE, floor
from tests.rehearsal.stage import NOW, assert_tiles, read_all, small_story

STORY = small_story()
FIRST = STORY.calendar.starts(1)


class Gateway:
    """The feeds of a gateway that was started at a moment, and what it counts."""

    def __init__(self, now: int) -> None:
        self.counters = Counters(STORY.scenario, STORY.fields, now)
        self.mismatches = MismatchFeed(Found(STORY), now)
        self.feeds: Mapping[str, Feed] = gateway_feeds(STORY, self.counters, self.mismatches)

    def count(self, now: int, requests: int) -> None:
        for n in range(requests):
            field = STORY.fields[n * 7 % len(STORY.fields)]
            self.counters.called(now, field, Side.NEW, 3.0, False)
            self.counters.answered(now, field, 1.0)
            self.counters.compared(now, field, Outcome.MATCHED)


def _key(row: Traffic) -> tuple[str, str | None, int]:
    return row.service, row.field, row.at


def _assert_whole(rows: list[Traffic], until: int) -> None:
    """No row twice; services have no gap up to `until`; fields have no overlap."""
    assert len({_key(row) for row in rows}) == len(rows)
    assert_tiles([row for row in rows if row.field is None], FIRST, until, lambda row: row.service)
    spans: dict[str, int] = {}
    for row in rows:
        if row.field is not None:
            assert spans.get(row.field, 0) <= row.at
            spans[row.field] = row.at + row.width_ms
    ends = [row.at + row.width_ms for row in rows]
    assert ends == sorted(ends)


def test_history_is_coarser_the_longer_ago() -> None:
    rows, _ = read_all(Gateway(NOW).feeds["traffic"], NOW)
    _assert_whole(rows, NOW)
    for row in rows:
        age = NOW - row.at - row.width_ms
        if row.field is not None:
            assert row.at >= NOW - 3 * DAY
            assert row.width_ms <= HOUR or age >= HOUR
        elif age >= 15 * DAY:
            assert row.width_ms == DAY
        elif 3 * DAY < age < 14 * DAY:
            assert row.width_ms == HOUR
        elif age < 47 * HOUR:
            assert row.width_ms == 10 * MINUTE


@settings(deadline=None, max_examples=30)
@given(
    first=st.lists(st.integers(1, 400), max_size=6),
    life=st.lists(
        st.tuples(
            st.integers(1, 400_000),  # so long passes
            st.integers(0, 40),  # so many requests come
            st.lists(st.integers(1, 40), max_size=3),  # the client asks for pages of these sizes
            st.booleans(),  # and reads on to the end
            st.sampled_from(["goes on", "goes on", "restarts"]),
        ),
        max_size=8,
    ),
)
def test_each_row_comes_once_whatever_happens(
    first: list[int], life: list[tuple[int, int, list[int], bool, str]]
) -> None:
    now = NOW
    gateway = Gateway(now)
    rows, cursor = read_all(gateway.feeds["traffic"], now, limits=first)
    for passed, requests, limits, to_the_end, then in life:
        now += passed
        gateway.count(now, requests)
        for limit in limits:
            page = gateway.feeds["traffic"].page(cursor, limit, now)
            again = gateway.feeds["traffic"].page(cursor, limit, now)
            assert page == again
            rows += page.rows
            cursor = page.cursor
        if to_the_end:
            more, cursor = read_all(gateway.feeds["traffic"], now, cursor)
            rows += more
        if then == "restarts":
            now += 1234
            gateway = Gateway(now)
    now += WIDTH
    more, cursor = read_all(gateway.feeds["traffic"], now, cursor)
    _assert_whole([*rows, *more], floor(now, WIDTH))


@settings(deadline=None, max_examples=4)
@given(limits=st.lists(st.integers(1, 300), max_size=30))
@pytest.mark.parametrize("name", ["states", "traffic", "comparisons", "mismatches"])
def test_pages_of_any_size_are_the_same_rows(name: str, limits: list[int]) -> None:
    feed = Gateway(NOW).feeds[name]
    whole, cursor = read_all(feed, NOW)
    paged, last = read_all(feed, NOW, limits=limits)
    assert paged == whole
    assert last == cursor
    assert feed.page(cursor, 10, NOW).rows == ()


def test_what_was_counted_is_told_as_it_was_counted() -> None:
    gateway = Gateway(NOW + 1)
    feed = gateway.feeds["traffic"]
    _, cursor = read_all(feed, NOW + WIDTH)
    field = STORY.fields[20]
    for ms, failed in ((0.5, False), (3.0, False), (100.0, True)):
        gateway.counters.called(NOW + WIDTH + 5, field, Side.NEW, ms, failed)
        gateway.counters.answered(NOW + WIDTH + 5, field, 0.25)
    gateway.counters.called(NOW + WIDTH + 5, field, Side.SHADOW, 3.0, False)
    assert feed.page(cursor, 100, NOW + 2 * WIDTH - 1).rows == ()  # not closed yet
    rows = feed.page(cursor, 100, NOW + 2 * WIDTH).rows
    service = STORY.scenario.services[field.service].name
    own = [row for row in rows if row.service == service]
    assert [row.field for row in own] == [None, field.id]
    for row in own:
        assert (row.at, row.width_ms) == (NOW + WIDTH, WIDTH)
        assert (row.new.requests, row.new.errors) == (3, 1)
        assert (sum(row.new.latency), row.new.latency[0]) == (3, 1)
        assert row.shadow.requests == 1
        assert row.legacy.requests == 0
        assert row.intended == 0.25
    # Services that nobody asked anything of had no requests: that is known too.
    others = [row for row in rows if row.service != service]
    assert [(row.new.requests, row.intended) for row in others] == [(0, None)] * len(others)


def test_what_is_no_longer_kept_is_told_from_the_accounts() -> None:
    gateway = Gateway(NOW)
    _, cursor = read_all(gateway.feeds["traffic"], NOW)
    now = NOW
    for _ in range(200):
        now += WIDTH
        gateway.count(now, 1)
    rows, _ = read_all(gateway.feeds["traffic"], now, cursor)
    services = [row for row in rows if row.field is None]
    assert_tiles(services, NOW, now, lambda row: row.service)
    assert {row.width_ms for row in services} > {WIDTH}


def test_time_that_was_slept_through_is_not_told_as_silence() -> None:
    gateway = Gateway(NOW)
    _, cursor = read_all(gateway.feeds["traffic"], NOW)
    gateway.count(NOW + 5, 1)
    gateway.count(NOW + 2 * HOUR, 1)
    rows, _ = read_all(gateway.feeds["traffic"], NOW + 2 * HOUR, cursor)
    services = [row for row in rows if row.field is None]
    assert_tiles(services, NOW, NOW + 2 * HOUR, lambda row: row.service)
    asleep = [row for row in services if row.width_ms > WIDTH]
    assert sum(row.new.requests for row in asleep) > 0


@pytest.mark.parametrize("name", ["services", "states", "traffic", "comparisons", "mismatches"])
@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "list-99999999",
        "list--1",
        "at-1-1",
        "at-0-0-0-both-0",
        f"at-{FIRST}-{FIRST + 1}",
        f"at-{FIRST}-{FIRST}-{FIRST}-both-3",
        f"at-{FIRST}-{FIRST}-{FIRST + 2 * DAY}-both-3",
        f"at-{FIRST}-{FIRST + WIDTH}-{FIRST + DAY}-both-3",
        "found-١-0",
        "found-1",
        "at-" + "9" * 400,
    ],
)
def test_a_cursor_that_was_never_given_is_refused(name: str, cursor: str) -> None:
    with pytest.raises(CursorError):
        Gateway(NOW).feeds[name].page(cursor, 10, NOW)


def test_a_cursor_from_the_future_waits() -> None:
    feed = Gateway(NOW).feeds["traffic"]
    page = feed.page(f"at-{NOW + HOUR}-{NOW + HOUR}", 10, NOW)
    assert (page.rows, page.more) == ((), False)


def test_mismatches_of_one_moment_are_told_apart() -> None:
    gateway = Gateway(NOW)
    feed = gateway.feeds["mismatches"]
    _, cursor = read_all(feed, NOW)
    for n in range(7):
        gateway.mismatches.add(
            Comparison(id=f"m{n}", at=NOW + 5, field=STORY.fields[0].id, differences=())
        )
    rows: list[Comparison] = []
    for limit in (2, 1, 2):
        page = feed.page(cursor, limit, NOW + 5)
        rows += page.rows
        cursor = page.cursor
    gateway.mismatches.add(
        Comparison(id="m7", at=NOW + 5, field=STORY.fields[0].id, differences=())
    )
    rows += read_all(feed, NOW + 6, cursor)[0]
    assert [row.id for row in rows] == [f"m{n}" for n in range(8)]


def test_mismatches_go_on_after_a_restart_without_gap_or_duplicate() -> None:
    whole, _ = read_all(Gateway(NOW + HOUR).feeds["mismatches"], NOW + HOUR)
    early, cursor = read_all(Gateway(NOW).feeds["mismatches"], NOW, limits=[7, 1, 30])
    late, _ = read_all(Gateway(NOW + HOUR).feeds["mismatches"], NOW + HOUR, cursor)
    assert list(map(without_answers, [*early, *late])) == list(map(without_answers, whole))
    assert len(whole) > len(early) > 100


def test_what_was_found_in_the_last_two_hours_still_has_its_answers() -> None:
    rows, _ = read_all(Gateway(NOW).feeds["mismatches"], NOW)
    recent = [row for row in rows if row.at >= NOW - 2 * HOUR]
    older = [row for row in rows if row.at < NOW - 2 * HOUR]
    assert recent
    assert all(row.answers is not None for row in recent)
    assert 0 < sum(row.answers is not None for row in older) < len(older) / 2


def without_answers(row: Comparison) -> Comparison:
    """How long the answers are kept depends on when somebody asks; nothing else does."""
    return replace(row, answers=None)
