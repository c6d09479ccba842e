"""Bars, sparklines, the canvas and the axes."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from goliath_tui.widgets import bars
from goliath_tui.widgets.axis import (
    Scale,
    TimeScale,
    days,
    hour_ticks,
    number,
    percent_range,
    round_ceiling,
    value_ticks,
)
from goliath_tui.widgets.canvas import Canvas
from goliath_tui.widgets.ink import runs_width
from goliath_tui.widgets.palette import ansi_palette, plain_palette, theme_palette
from goliath_tui.widgets.themes import THEMES

FILL, TRACK = Style(color="blue"), Style(dim=True)
SHARES = st.none() | st.floats(0, 1)


def text(runs: list[tuple[str, Style]]) -> str:
    return "".join(part for part, _ in runs)


@given(SHARES, st.integers(1, 80))
def test_every_bar_takes_exactly_its_width(share: float | None, width: int) -> None:
    assert runs_width(bars.bar(share, width, FILL, TRACK)) == width
    assert runs_width(bars.thin_bar(share, width, FILL, TRACK)) == width
    assert runs_width(bars.micro(share, 0.3, width, FILL, TRACK)) == width


def test_a_bar_is_exact_to_an_eighth_and_full_only_when_all_is_done() -> None:
    assert text(bars.bar(0.5, 8, FILL, TRACK)) == "████░░░░"
    assert text(bars.bar(0.5625, 8, FILL, TRACK)) == "████▌░░░"
    assert text(bars.bar(1.0, 4, FILL, TRACK)) == "████"
    assert text(bars.bar(0.9999, 4, FILL, TRACK)) == "███▉"
    assert text(bars.bar(0.0001, 4, FILL, TRACK)) == "▏░░░"
    assert text(bars.bar(0.0, 4, FILL, TRACK)) == "░░░░"


def test_unknown_is_drawn_as_unknown_never_as_nothing() -> None:
    for draw in (bars.bar, bars.thin_bar):
        assert text(draw(None, 4, FILL, TRACK)) == "····"
    assert text(bars.micro(None, 0, 5, FILL, TRACK)) == "·····"
    assert bars.sparkline([None, 0.0, 1.0], 3) == "· ▇"


def test_a_sparkline_stands_on_zero_and_what_hardly_changes_is_no_wall() -> None:
    assert bars.sparkline([5, 5, 5, 5], 4) == "▄▄▄▄"
    assert bars.sparkline([0, 0, 0, 8], 4) == "   ▇"
    assert bars.sparkline([1, 7], 2) == "▁▇"
    assert bars.sparkline([7, 7], 2, top=7) == "▇▇"
    assert bars.sparkline([1, 0, 1, 2], 4, least=7) == "▁ ▁▂"
    assert bars.sparkline([1, 0, 1, 14], 4, least=7) == "▁ ▁▇"
    assert bars.sparkline([], 3) == "   "


def test_a_trace_is_a_thin_line_between_nothing_and_all() -> None:
    assert bars.trace([1.0] * 8, 4) == "⠉⠉⠉⠉"
    assert bars.trace([0.0] * 8, 4) == "⣀⣀⣀⣀"
    assert bars.trace([0.0, 0.0, None, None, 1.0, 1.0], 3) == "⣀·⠉"
    assert bars.trace([], 3) == bars.trace([None, None], 3) == "···"


@given(st.lists(SHARES, max_size=60), st.integers(1, 40))
def test_a_trace_takes_exactly_its_width(shares: list[float | None], width: int) -> None:
    assert len(bars.trace(shares, width)) == width


def test_the_cell_that_is_filled_in_part_has_the_track_behind_it() -> None:
    ground = Style(bgcolor="white")
    runs = bars.bar(0.5625, 8, FILL, TRACK, ground)
    assert runs == [("████", FILL), ("▌", FILL + ground), ("░░░", TRACK)]
    palette = theme_palette(THEMES[0])
    behind = palette.behind(palette.faint)
    assert behind.bgcolor is not None
    assert behind.bgcolor != palette.base.bgcolor
    assert plain_palette().behind(palette.faint) == Style.null()
    assert ansi_palette(dark=True).behind(palette.faint) == Style.null()


def test_micro_steps_are_full_only_for_what_is_there() -> None:
    assert text(bars.micro(212 / 220, 0, 5, FILL, TRACK)) == "▰▰▰▰▱"
    assert text(bars.micro(140 / 322, 0, 5, FILL, TRACK)) == "▰▰▱▱▱"
    assert text(bars.micro(1.0, 0, 5, FILL, TRACK)) == "▰▰▰▰▰"


@given(st.lists(st.just(0.0) | st.floats(1e-3, 1e6), min_size=1, max_size=6), st.integers(1, 60))
def test_shades_share_the_width_and_none_that_fits_is_lost(parts: list[float], width: int) -> None:
    named = [(share, str(i), FILL) for i, share in enumerate(parts)]
    drawn = text(bars.shaded(named, width))
    if sum(parts) <= 0:
        assert not drawn
        return
    assert len(drawn) == width
    if width >= len(parts):
        assert all(str(i) in drawn for i, share in enumerate(parts) if share > 0)


def test_resampling_keeps_gaps() -> None:
    assert bars.resampled([1.0, None, None, None, 3.0, 5.0], 3) == [1.0, None, 4.0]


def test_the_canvas_draws_lines_areas_gaps_and_characters_beneath() -> None:
    canvas = Canvas(4, 1)
    canvas.character(3, 0, "┈", 1)
    canvas.path([(0, 3), (3, 0), None, (7, 3)], 2)
    styles = (Style(), TRACK, FILL)
    assert canvas.row(0, styles) == [("⡠⠊", FILL), (" ", Style()), ("⢀", FILL)]
    area = Canvas(2, 1)
    area.area([(0, 0), (3, 3)], 1)
    assert text(area.row(0, styles)) == "⣷⣄"


@given(st.integers(0, 9), st.integers(0, 9), st.integers(-3, 20), st.integers(-5, 40))
def test_an_area_is_every_dot_below_its_line(width: int, height: int, x: int, top: int) -> None:
    area, dotted = Canvas(width, height), Canvas(width, height)
    area.area([(x, top)], 1)
    for y in range(top, 4 * height):
        dotted.dot(x, y, 1)
    styles = (Style(), FILL)
    assert [area.row(y, styles) for y in range(height)] == [
        dotted.row(y, styles) for y in range(height)
    ]


@given(st.integers(0, 30), st.integers(0, 20), st.lists(st.tuples(st.integers(), st.integers())))
def test_nothing_is_drawn_outside_the_canvas(
    width: int, height: int, dots: list[tuple[int, int]]
) -> None:
    canvas = Canvas(width, height)
    for x, y in dots:
        canvas.dot(x, y, 1)
    for y in range(height):
        assert runs_width(canvas.row(y, (Style(), FILL))) == width


@given(st.floats(0, 100), st.floats(0, 100))
def test_the_percent_range_holds_what_it_is_for(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    bottom, top = percent_range(low, high)
    assert bottom <= low
    assert high <= top
    assert bottom < top


def test_the_percent_range_is_calm() -> None:
    assert percent_range(86, 94) == (80, 100)
    assert percent_range(40, 94) == (0, 100)
    assert percent_range(0.2, 1.5) == (0, 2)
    assert percent_range(99.5, 99.9) == (99, 100)


@given(st.floats(0.001, 1e9))
def test_a_round_ceiling_is_near_and_not_below(value: float) -> None:
    assert value <= round_ceiling(value) * (1 + 1e-9)
    assert round_ceiling(value) <= value * 1.5 + 1e-9


@given(st.floats(0, 1000), st.floats(0.5, 1000), st.integers(2, 60))
def test_ticks_name_the_ends_leave_room_and_are_equal_steps(
    low: float, span: float, rows: int
) -> None:
    scale = Scale(low, low + span, rows)
    ticks = value_ticks(scale, rows)
    assert ticks[0] == scale.high
    assert ticks[rows - 1] == scale.low
    named = sorted(ticks)
    gaps = [after - before for before, after in pairwise(named)]
    assert all(gap >= 2 for gap in gaps) or len(named) == 2
    steps = [ticks[before] - ticks[after] for before, after in pairwise(named)]
    assert all(abs(step - steps[0]) < 1e-6 for step in steps)


@pytest.mark.parametrize(
    ("low", "high", "rows", "named"),
    [
        (90, 100, 9, ["100", "95", "90"]),
        (90, 100, 12, ["100", "98", "96", "94", "92", "90"]),
        (80, 100, 10, ["100", "95", "90", "85", "80"]),
        (95, 100, 8, ["100", "95"]),
        (95, 100, 12, ["100", "99", "98", "97", "96", "95"]),
        (0, 100, 9, ["100", "75", "50", "25", "0"]),
        (0, 100, 40, ["100", "80", "60", "40", "20", "0"]),
        (0, 500, 9, ["500", "250", "0"]),
        (0, 250, 9, ["250", "125", "0"]),
        (0, 15, 5, ["15", "0"]),
    ],
)
def test_ticks_are_round(low: float, high: float, rows: int, named: list[str]) -> None:
    ticks = value_ticks(Scale(low, high, rows), rows)
    assert [number(ticks[row]) for row in sorted(ticks)] == named


def test_hours_are_those_of_the_display_zone_also_when_the_clock_changes() -> None:
    starts = round(datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp() * 1000)
    scale = TimeScale(starts, starts + 12 * 3_600_000, 60)
    labels = [label for _, label in hour_ticks(scale, ZoneInfo("Europe/Berlin"), 5)]
    assert labels == ["00:00", "02:00", "04:00", "06:00", "08:00", "10:00"]
    india = [label for _, label in hour_ticks(scale, ZoneInfo("Asia/Kolkata"), 5)]
    assert all(label.endswith(":00") for label in india)


def test_days_are_cut_to_the_span_and_follow_the_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    starts = round(datetime(2026, 10, 24, 12, tzinfo=berlin).timestamp() * 1000)
    ends = round(datetime(2026, 10, 26, 12, tzinfo=berlin).timestamp() * 1000)
    found = days(starts, ends, berlin)
    assert [midnight.day for _, _, midnight in found] == [24, 25, 26]
    assert [(end - begin) / 3_600_000 for begin, end, _ in found] == [12, 25, 12]
