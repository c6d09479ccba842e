"""What a sprint's scope is made of, and what a source's facts say."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from goliath_tui.domain import SourceHealth, SourceState
from goliath_tui.domain.subjects import ItemRow, ServicePoints, SprintDetail, SprintRow
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.scope import bridge, scope_rows
from goliath_tui.panes.source import fact_lines, skew_words, state_word, state_words, waits_for
from goliath_tui.panes.sprints import done_share
from goliath_tui.widgets.palette import plain_palette
from tests.ui import factory

INK = plain_palette()
NOW = factory.NOW


def item(i: int, service: str | None, **more: object) -> ItemRow:
    plain = ItemRow(id=str(i), title="", url=None, service=service, status="open", points=3.0)
    return replace(plain, **more)


def test_scope_is_told_by_service_and_what_was_dropped_is_in_none() -> None:
    items = (
        item(1, "progress", carried=True, status="done"),
        item(2, "progress", added=True, points=0.5),
        item(3, "progress", status="dropped", points=8.0, added=True),
        item(4, "progress", points=None),
        item(5, None, added=True),
    )
    detail = SprintDetail(
        figures=factory.sprint(),
        by_service=(
            ServicePoints(service=None, scope=3.0, done=0.0, items=1),
            ServicePoints(service="progress", scope=3.5, done=3.0, items=3),
        ),
        items=items,
    )
    progress, nobody = scope_rows(detail)
    assert (progress.service, nobody.service) == ("progress", None)
    assert (progress.carried, progress.added, progress.dropped) == (3.0, 0.5, 8.0)
    assert (progress.unestimated, progress.items) == (1, 3)
    assert (nobody.carried, nobody.added, nobody.dropped) == (0.0, 3.0, 0.0)


POINTS = st.floats(0, 2_000).map(lambda value: round(value * 2) / 2)


@given(st.tuples(POINTS, POINTS, POINTS, POINTS, POINTS), st.booleans(), st.integers(8, 120))
def test_the_way_from_committed_to_scope_stays_within_its_pane(
    points: tuple[float, float, float, float, float], shrinks: bool, width: int
) -> None:
    committed, added, removed, again, done = points
    again = -again if shrinks else again
    sprint = replace(
        factory.sprint(),
        committed=committed,
        added=added,
        removed=removed,
        re_estimated=again,
        done=done,
        remaining=committed + added - removed + again - done,
    )
    for line in bridge(sprint, width, INK):
        assert line.width <= max(width, 23)


def test_each_step_of_the_way_begins_where_the_one_before_it_ends() -> None:
    sprint = replace(
        factory.sprint(), committed=40, added=8, removed=4, re_estimated=4, remaining=20, done=28
    )
    lines = ["".join(text for text, _ in line.runs) for line in bridge(sprint, 73, INK)]
    ends = [len(line.rstrip()) for line in lines]
    committed, added, removed, again, scope, *_ = lines
    assert added.index("━") == ends[0]
    assert removed.rstrip().endswith("╌")
    assert ends[2] == ends[1]
    assert again.index("━") == removed.index("╌")
    assert ends[4] == ends[3]
    assert committed.count("━") == 40
    assert scope.count("━") == 48


def test_how_much_of_a_sprint_is_done() -> None:
    row = SprintRow(
        id="1", name="", starts=0, ends=1, committed=0, added=0, removed=0, done=0, remaining=0
    )
    assert done_share(row) is None
    assert done_share(replace(row, done=30.0, remaining=10.0)) == 0.75


def source(**more: object) -> SourceHealth:
    well = SourceHealth(
        name="gateway",
        kind="goliath-gateway",
        state=SourceState.OK,
        every_ms=10_000,
        last_poll=NOW - 4_000,
        last_success=NOW - 4_000,
        next_at=NOW + 6_000,
    )
    return replace(well, **more)


@pytest.mark.parametrize(
    ("health", "past", "state", "waits"),
    [
        (source(), None, "ok", "next poll in 6 s"),
        (source(next_at=NOW), None, "ok", "an answer"),
        (source(next_at=NOW - 90_000), None, "ok", "a poll due 1 m ago"),
        (
            source(state=SourceState.FAILING, failing_since=NOW - 240_000),
            None,
            "failing for 4 m",
            "next poll in 6 s",
        ),
        (
            source(state=SourceState.OFF, last_poll=None, next_at=None),
            None,
            "unasked",
            "its first poll",
        ),
        (
            source(state=SourceState.OFF, last_poll=None, next_at=None),
            NOW,
            "unasked: nobody had asked it at this moment",
            "",
        ),
        (
            source(state=SourceState.OFF, enabled=False),
            None,
            "off: it is switched off in the config",
            "",
        ),
    ],
)
def test_a_source_says_how_it_feels_and_what_it_waits_for(
    health: SourceHealth, past: int | None, state: str, waits: str
) -> None:
    moment = Moment(NOW, past=past)
    assert state_words(health, moment) == state
    assert state.startswith(state_word(health))
    assert waits_for(health, moment) == waits


def test_a_clock_is_ahead_or_behind() -> None:
    assert [skew_words(skew) for skew in (None, 0, 1_500, -12)] == [
        "–", "as ours", "1.50 s ahead of ours", "12 ms behind ours",
    ]  # fmt: skip


WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=400)


@given(WORDS, st.integers(24, 120))
def test_an_error_is_never_cut(error: str, width: int) -> None:
    lines = fact_lines(source(error=error), Moment(NOW), UTC, width, INK)
    drawn = ["".join(text for text, _ in line.runs) for line in lines]
    first = next(i for i, line in enumerate(drawn) if line.startswith("last error"))
    last = next(i for i, line in enumerate(drawn) if line.startswith("waits for"))
    assert "".join(line[13:] for line in drawn[first:last]) == error
