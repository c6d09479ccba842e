"""What is said of a service's fields and of a field: never more than is known, nothing left out."""

from datetime import UTC
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from goliath_tui.domain import MigrationState
from goliath_tui.domain.subjects import SidePoint, StateMark
from goliath_tui.measures.rates import upper_bound
from goliath_tui.panes.chart import LABEL, dashed, time_line, time_path
from goliath_tui.panes.facts import Fact, columns, fact_runs
from goliath_tui.panes.fields import worrying
from goliath_tui.panes.items import came, points_left
from goliath_tui.panes.rate import bound, bound_text, rate
from goliath_tui.panes.share import SharePane, clusters
from goliath_tui.panes.sides import rate_lines, rates_over, since_words
from goliath_tui.panes.state_marks import MARKS, counted, state_words
from goliath_tui.panes.states import stays
from goliath_tui.widgets.axis import TimeScale
from goliath_tui.widgets.canvas import Canvas
from goliath_tui.widgets.ink import Line, runs_width
from goliath_tui.widgets.palette import plain_palette
from tests.ui import details, factory
from tests.ui.factory import DAY, HOUR, NOW

INK = plain_palette()
STATES = st.sampled_from(MigrationState)


def said(line: Line) -> str:
    return "".join(text for text, _ in line.runs)


# -- how often, and at most how often


@given(st.integers(0, 5_000), st.integers(0, 2_000_000))
def test_a_bound_is_never_understated(mismatched: int, more: int) -> None:
    compared = mismatched + more
    text = bound_text(mismatched, compared)
    share = upper_bound(mismatched, compared)
    if share is None:
        assert text == "–"
        return
    assert float(text) >= share * 1000 * (1 - 1e-9)
    assert float(text) <= max(share * 1000 + 1.001, 0.01)
    found = rate(mismatched, compared)
    assert found is not None
    assert float(text) >= found - 1e-9


def test_without_comparisons_nothing_is_known() -> None:
    for rests in ((0, 0), (None, 12), (None, None), (0, None)):
        assert rate(*rests) is None
        assert bound(*rests) is None
        assert bound_text(*rests) == "–"
    assert bound_text(0, 3) == "632", "three comparisons without a difference prove little"
    assert bound_text(0, 3_000) == "1.00"
    row = replace(details.field_row(0), compared=0, mismatched=0)
    assert not worrying(row)
    assert worrying(replace(row, compared=1000, mismatched=1))
    assert not worrying(replace(row, compared=1001, mismatched=1))


def test_rates_stand_on_their_comparisons() -> None:
    detail = details.field_detail()
    title, span, state = map(said, rate_lines(detail, 70, INK))
    assert title.split() == ["per", "1,000", "differ", "at", "most", "compared"]
    assert span.split()[:5] == ["last", "1", "h", "!7.48", "8.92"]
    assert "1,240,551" in state
    assert state.startswith("as canary")
    row = replace(detail.row, compared=None, mismatched=None)
    nothing = replace(detail, row=row, compared_since=None, mismatched_since=None)
    for line in map(said, rate_lines(nothing, 70, INK)[1:]):
        assert line.split()[-3:] == ["–", "–", "–"]
        assert "0" not in line


def test_a_part_of_the_day_without_comparisons_is_a_gap() -> None:
    points = (
        SidePoint(at=NOW, compared=10, mismatched=1),
        SidePoint(at=NOW + HOUR, compared=0, mismatched=0),
        SidePoint(at=NOW + 2 * HOUR, compared=None),
        SidePoint(at=NOW + 3 * HOUR, compared=4, mismatched=0),
    )
    detail = replace(
        details.field_detail(), points=points, starts=NOW, ends=NOW + 4 * HOUR, step_ms=HOUR
    )
    assert rates_over(detail, 4) == [0.1, None, None, 0.0]
    assert rates_over(detail, 8) == [0.1, 0.1, None, None, None, None, 0.0, 0.0]
    assert rates_over(detail, 2) == [0.1, 0.0]


# -- states


def test_a_stay_lasts_until_the_next_and_a_step_back_is_told() -> None:
    found = stays(details.history())
    assert [stay.state for stay in found[:2]] == [MigrationState.CANARY] * 2
    assert found[0].until is None
    assert all(later.since == earlier.until for later, earlier in pairwise(found))
    assert [stay.since for stay in found if stay.back] == [NOW - 23 * DAY]
    assert stays(()) == ()


def test_every_state_has_its_own_mark_and_words() -> None:
    assert len(set(MARKS.values())) == len(MigrationState)
    assert state_words(MigrationState.CANARY, 12.5) == "canary 12.5 %"
    assert state_words(MigrationState.MIGRATED, 100.0) == "migrated"
    states = [MigrationState.CANARY, MigrationState.MIGRATED, MigrationState.CANARY]
    assert counted(states) == "2 canary, 1 migrated"
    assert counted(states[1:]) == "1 migrated, 1 canary", "of equals the one further on its way"


def mark(at: int, state: MigrationState) -> StateMark:
    return StateMark(at=at, field="Query.a", state=state)


@given(st.lists(st.tuples(st.integers(0, DAY - 1), STATES), max_size=300), st.integers(4, 120))
def test_no_state_change_is_left_out_or_drawn_over(
    changes: list[tuple[int, MigrationState]], across: int
) -> None:
    marks = [mark(NOW + at, state) for at, state in sorted(changes)]
    found = clusters(marks, TimeScale(NOW, NOW + DAY, across))
    assert [state for one in found for state in one.states] == [m.state for m in marks]
    ends = -1
    for one in found:
        assert one.x > ends
        ends = one.x + len(one.least)
        assert ends <= across


def test_marks_say_their_states_where_there_is_room() -> None:
    pane = SharePane(number=1, zone=UTC)
    pane.take(factory.snapshot(), details.service_detail())
    wide = [said(line) for line in pane.content(80, 14, INK)]
    assert all(len(line) <= 80 for line in wide)
    marks = next(line for line in wide if "▲12" in line)
    for words in ("▲ side-by-side", "▲3 canary", "▲12 migrated"):
        assert words in marks
    assert "▲ entered: 12 migrated, 4 canary, 1 retired, 1 side-by-side" in wide[-1]
    narrow = [said(line) for line in pane.content(40, 14, INK)]
    assert "▲12 " in next(line for line in narrow if "▲12" in line)
    assert all(len(line) <= 40 for line in narrow)


# -- charts


def test_a_line_ends_where_a_step_is_missing_or_unknown() -> None:
    time = TimeScale(0, 10, 20)
    values = ((0, 1.0), (1, 2.0), (3, 3.0), (4, None), (5, 4.0))
    path = time_path(values, 1, time, round)
    assert path == [(0, 1), (2, 2), None, (6, 3), None, (10, 4)]


def test_a_dashed_line_is_not_a_solid_one_and_a_lone_point_is_seen() -> None:
    solid, broken = Canvas(20, 2), Canvas(20, 2)
    points = [(0, 3), (39, 3)]
    solid.path(points, 0)
    dashed(broken, points, 0)
    full = "".join(text for text, _ in solid.row(0, [INK.text]))
    assert "".join(text for text, _ in broken.row(0, [INK.text])) == "".join(
        cell if i % 2 == 0 else " " for i, cell in enumerate(full)
    )
    lone = Canvas(2, 1)
    dashed(lone, [None, (3, 0), None], 0)
    assert "".join(text for text, _ in lone.row(0, [INK.text])).strip()


def test_the_axis_of_time_names_hours_of_a_day_and_days_of_more() -> None:
    day = said(time_line(NOW - DAY, NOW, 60, UTC, INK))
    assert "16:00" in day
    assert len(day) <= LABEL + 1 + 60
    for across in (20, 40, 110):
        months = said(time_line(NOW - 60 * DAY, NOW, across, UTC, INK))
        names = months.split()
        assert len(names) % 2 == 0, "no name is cut"
        assert names
        assert set(names[1::2]) <= {"Jun", "Jul", "Aug"}
        assert len(months) <= LABEL + 1 + across


# -- facts and items


@given(
    st.lists(st.lists(st.text("abc", max_size=30), min_size=1, max_size=5), max_size=3),
    st.integers(1, 200),
)
def test_a_fact_keeps_to_its_column(values: list[list[str]], room: int) -> None:
    rows = [[Fact("a name", value, short="n") for value in row] for row in values]
    cells = columns(rows, room)
    assert len(cells) == max((len(row) for row in rows), default=0)
    for row in rows:
        for fact, cell in zip(row, cells, strict=False):
            assert runs_width(fact_runs(fact, cell, INK)) <= max(cell, 0)


def test_a_fact_gives_up_its_name_first() -> None:
    fact = Fact("traffic on new", "24.8 %", short="on new")
    texts = ["".join(text for text, _ in fact_runs(fact, width, INK)) for width in (21, 13, 6, 4)]
    assert texts == ["traffic on new 24.8 %", "on new 24.8 %", "24.8 %", "24…%"]


def test_points_left_leave_out_what_is_done_dropped_or_not_estimated() -> None:
    items = [details.item(i) for i in range(6)]
    assert [row.status for row in items][-1] == "dropped"
    assert points_left(items) == items[0].points + items[3].points  # type: ignore[operator]
    assert [came(row) for row in items] == ["carried", "", "", "added", "carried", ""]


def test_counts_that_do_not_reach_back_to_the_state_say_how_far_they_do() -> None:
    detail = details.field_detail()
    entered = detail.row.changed_at
    assert entered is not None
    whole = replace(detail, counted_from=entered + detail.step_ms // 2)
    assert detail.row.state is not None
    assert since_words(whole) == f"as {detail.row.state.value}"
    part = replace(detail, counted_from=detail.ends - 3 * 3_600_000)
    assert since_words(part) == "known 3 h"
