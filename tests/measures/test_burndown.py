"""Burndown, burnup and the calendar of a sprint."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import EventKind, ItemEvent, Sprint
from goliath_tui.measures.burndown import burnup, current_sprint, figures, ideal
from goliath_tui.measures.ledger import PointsEntry, SprintEntry, replay

K = EventKind
DAY = 86_400_000
HOUR = 3_600_000


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def sprint(starts: str, ends: str) -> Sprint:
    return Sprint(id="S1", name="Sprint 1", starts=moment(starts), ends=moment(ends))


TWO_WEEKS = sprint("2021-08-16T00:00:00Z", "2021-08-30T00:00:00Z")
SHORT = Sprint(id="S1", name="Sprint 1", starts=10, ends=30)
NEXT = Sprint(id="S2", name="Sprint 2", starts=30, ends=50)


@st.composite
def items(draw: st.DrawFn) -> list[ItemEvent]:
    """One item's life, around two sprints."""
    size = draw(st.integers(0, 10))
    moments = sorted(draw(st.lists(st.integers(0, 55), min_size=size, max_size=size)))
    return [
        ItemEvent(
            id=f"e{number:03}",
            item="item",
            at=at,
            kind=draw(st.sampled_from(K)),
            points=draw(st.none() | st.integers(0, 40).map(lambda n: n / 4)),
            sprint=draw(st.sampled_from(["S1", "S2"])),
        )
        for number, at in enumerate(moments)
    ]


def ledger(lives: list[list[ItemEvent]]) -> list[SprintEntry]:
    sprints = {"S1": SHORT, "S2": NEXT}
    return [entry for life in lives for entry in replay(life, {}, sprints)[1]]


# --- the figures ---------------------------------------------------------------------------------


@given(st.lists(items(), max_size=5), st.sampled_from([SHORT, NEXT]), st.integers(0, 60))
@settings(max_examples=40)
def test_the_identity_holds_and_remaining_is_what_is_open_in_the_sprint(
    lives: list[list[ItemEvent]], which: Sprint, at: int
) -> None:
    entries = ledger(lives)
    result = figures(which, entries, at, UTC)
    assert result.remaining == (
        result.committed + result.added - result.removed + result.re_estimated - result.done
    )
    counted = [e for e in entries if e.sprint == which.id and e.at <= min(at, which.ends - 1)]
    assert result.remaining == sum(e.scope - e.done for e in counted)
    assert result.done == sum(e.done for e in counted)
    assert result.unestimated == sum(e.unestimated for e in counted) >= 0
    assert result.added >= 0
    assert result.removed >= 0
    assert 0 <= result.remaining <= result.remaining + result.done
    assert 0 <= result.carried_over <= result.committed + result.added
    assert str(result.removed) != "-0.0"


@given(st.lists(items(), max_size=5), st.sampled_from([SHORT, NEXT]), st.integers(0, 60))
@settings(max_examples=40)
def test_the_burndown_runs_from_what_was_committed_to_what_remains(
    lives: list[list[ItemEvent]], which: Sprint, at: int
) -> None:
    result = figures(which, ledger(lives), at, UTC)
    first, last = result.burndown[0], result.burndown[-1]
    assert (first.at, first.scope) == (which.starts, result.committed)
    assert last.remaining == result.remaining
    assert last.scope == result.remaining + result.done
    assert all(one.at < other.at for one, other in pairwise(result.burndown))
    assert all(point.at < which.ends for point in result.burndown)


@given(st.lists(items(), max_size=4), st.randoms())
@settings(max_examples=20)
def test_the_order_of_entries_does_not_matter(lives: list[list[ItemEvent]], random: Random) -> None:
    entries = ledger(lives)
    shuffled = entries.copy()
    random.shuffle(shuffled)
    assert figures(SHORT, shuffled, 60, UTC) == figures(SHORT, entries, 60, UTC)


def entry(
    at: int, kind: EventKind, scope: float, done: float = 0, *, late: bool = False
) -> SprintEntry:
    return SprintEntry(at=at, sprint="S1", kind=kind, scope=scope, done=done, carried=late)


def test_every_term_of_a_sprint_is_told_apart() -> None:
    entries = [
        entry(4, K.ENTERED, 20),
        entry(5, K.ENTERED, 8, late=True),
        entry(6, K.LEFT, -3, late=True),
        entry(10, K.ESTIMATED, 1),
        entry(11, K.ENTERED, 5, late=True),
        entry(12, K.LEFT, -2),
        entry(13, K.ESTIMATED, -1.5),
        entry(13, K.ESTIMATED, 7, late=True),
        entry(13, K.LEFT, -5, late=True),
        entry(14, K.DONE, 0, 6),
        entry(14, K.DONE, 0, 2),
        entry(15, K.REOPENED, 0, -2),
        entry(16, K.DROPPED, -4),
        entry(17, K.REOPENED, 4),
        entry(30, K.DONE, 0, 9),
    ]
    result = figures(SHORT, entries, 99, UTC)
    assert result.committed == 26
    assert result.added == 9
    assert result.removed == 11
    assert result.re_estimated == 5.5
    assert result.carried_over == 10
    assert result.done == 6
    assert result.remaining == 23.5
    assert [(p.at, p.scope, p.remaining) for p in result.burndown] == [
        (10, 26, 26),
        (11, 31, 31),
        (12, 29, 29),
        (13, 29.5, 29.5),
        (14, 29.5, 21.5),
        (15, 29.5, 23.5),
        (16, 25.5, 19.5),
        (17, 29.5, 23.5),
    ]


def test_a_sprint_without_entries_is_empty_not_unknown() -> None:
    result = figures(SHORT, [], 15, UTC)
    assert (result.committed, result.remaining, result.unestimated) == (0, 0, 0)
    assert [(p.at, p.remaining) for p in result.burndown] == [(10, 0)]


# --- which sprint, which day --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "name"), [(9, None), (10, "S1"), (29, "S1"), (30, "S2"), (49, "S2"), (50, "S2")]
)
def test_the_current_sprint_runs_or_was_the_last_to_end(at: int, name: str | None) -> None:
    found = current_sprint([NEXT, SHORT], at)
    assert (found and found.id) == name


def test_of_two_running_sprints_the_younger_is_current() -> None:
    younger = Sprint(id="S9", name="S9", starts=12, ends=20)
    assert current_sprint([younger, SHORT], 15) is younger
    assert current_sprint([younger, SHORT], 25) is SHORT
    assert current_sprint([], 25) is None


BERLIN, CHICAGO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Chicago")


@pytest.mark.parametrize("tz", [UTC, BERLIN, CHICAGO, timezone(timedelta(hours=14))])
@pytest.mark.parametrize(
    ("which", "days"),
    [
        (TWO_WEEKS, 10),
        (sprint("2021-10-25T00:00:00Z", "2021-11-08T00:00:00Z"), 10),  # the clocks go back
        (sprint("2022-03-14T00:00:00Z", "2022-03-28T00:00:00Z"), 10),  # and forward
    ],
)
def test_two_weeks_have_ten_working_days_in_every_zone(
    which: Sprint, days: int, tz: tzinfo
) -> None:
    assert figures(which, [], which.starts, tz).days == days
    assert figures(which, [], which.ends, tz).day == days


@pytest.mark.parametrize(
    ("starts", "ends", "days"),
    [
        ("2021-08-16T09:00:00Z", "2021-08-30T09:00:00Z", 10),
        ("2021-08-16T09:00:00Z", "2021-08-27T17:00:00Z", 10),
        ("2021-10-25T00:00:00+02:00", "2021-11-08T00:00:00+01:00", 10),  # the clocks went back
        ("2021-08-18T14:00:00Z", "2021-09-01T14:00:00Z", 10),
        ("2021-08-16T00:00:00Z", "2021-08-17T00:00:00Z", 1),
        ("2021-08-21T00:00:00Z", "2021-08-23T00:00:00Z", 1),
        ("2021-08-16T00:00:00Z", "2021-08-16T00:00:00Z", 1),
    ],
)
def test_working_days_are_monday_to_friday(starts: str, ends: str, days: int) -> None:
    assert figures(sprint(starts, ends), [], 0, BERLIN).days == days


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2021-08-01T12:00:00Z", 1),
        ("2021-08-16T00:00:00Z", 1),
        ("2021-08-20T23:59:59Z", 5),
        ("2021-08-22T12:00:00Z", 5),
        ("2021-08-23T00:00:00Z", 6),
        ("2021-08-27T12:00:00Z", 10),
        ("2021-12-01T12:00:00Z", 10),
    ],
)
def test_the_day_counts_up_over_working_days_and_stops_at_the_last(at: str, day: int) -> None:
    assert figures(TWO_WEEKS, [], moment(at), UTC).day == day


def test_the_day_turns_at_local_midnight() -> None:
    evening = moment("2021-08-17T23:30:00Z")
    assert figures(TWO_WEEKS, [], evening, UTC).day == 2
    assert figures(TWO_WEEKS, [], evening, BERLIN).day == 3
    assert figures(TWO_WEEKS, [], evening, CHICAGO).day == 2


@pytest.mark.parametrize("tz", [timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
@pytest.mark.parametrize(
    ("starts", "ends"),
    [(0, 253_402_300_799_999), (0, DAY), (253_402_300_000_000, 253_402_300_799_999), (DAY, 0)],
)
def test_any_moment_that_an_api_may_send_can_be_shown(starts: int, ends: int, tz: tzinfo) -> None:
    odd = Sprint(id="S1", name="S1", starts=starts, ends=ends)
    result = figures(odd, [], max(starts, ends), tz)
    assert 1 <= result.day <= result.days
    assert ideal(odd, 10, tz)[-1][1] == 0


# --- ideal line and burnup -----------------------------------------------------------------------


def test_the_ideal_line_rests_at_weekends() -> None:
    line = dict(ideal(TWO_WEEKS, 100, UTC))
    assert line[moment("2021-08-16T00:00:00Z")] == 100
    assert line[moment("2021-08-21T00:00:00Z")] == pytest.approx(50)
    assert line[moment("2021-08-23T00:00:00Z")] == pytest.approx(50)
    assert line[moment("2021-08-24T00:00:00Z")] == pytest.approx(40)
    assert line[moment("2021-08-30T00:00:00Z")] == 0


def test_a_weekend_sprint_burns_down_evenly() -> None:
    weekend = sprint("2021-08-21T00:00:00Z", "2021-08-23T00:00:00Z")
    assert ideal(weekend, 8, UTC) == ((weekend.starts, 8), (weekend.ends, 0))


@given(
    st.integers(0, 400 * 24),
    st.integers(1, 60 * 24),
    st.floats(0, 1e4),
    st.sampled_from([UTC, BERLIN, CHICAGO]),
)
def test_the_ideal_line_falls_from_committed_to_nothing_within_the_sprint(
    starts: int, hours: int, committed: float, tz: tzinfo
) -> None:
    begins = TWO_WEEKS.starts + starts * HOUR
    which = Sprint(id="S1", name="S1", starts=begins, ends=begins + hours * HOUR)
    line = ideal(which, committed, tz)
    assert line[0] == (which.starts, committed)
    assert line[-1] == (which.ends, 0)
    assert all(a[0] < b[0] and a[1] >= b[1] for a, b in pairwise(line))


@given(st.lists(items(), max_size=4))
@settings(max_examples=40)
def test_the_burnup_ends_at_the_sum_of_all_entries(lives: list[list[ItemEvent]]) -> None:
    entries: list[PointsEntry] = [e for life in lives for e in replay(life, {})[0]]
    line = burnup(entries)
    assert all(one.at < other.at for one, other in pairwise(line))
    assert {point.at for point in line} == {entry.at for entry in entries}
    for point in line:
        upto = [entry for entry in entries if entry.at <= point.at]
        assert point.scope == sum(entry.scope for entry in upto)
        assert point.done == sum(entry.done for entry in upto) <= point.scope
