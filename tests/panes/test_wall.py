"""What the wall's pages decide: who needs somebody, which tiles fit, how old figures are, what it
says when something is wrong, and that no page breaks at any size."""

from datetime import UTC

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from goliath_tui.domain import ServiceRow, SideFigures, Snapshot, SourceState, TrafficFigures
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.wall import age_of, aged, oldest_ms, sight, word_scale
from goliath_tui.panes.wall_attention import Need, attention, by_urgency, chosen
from goliath_tui.panes.wall_figures import share_text
from goliath_tui.panes.wall_services import MOST, plan_tiles
from goliath_tui.panes.wall_sheet import Sheet
from goliath_tui.panes.wall_sprint import done_in_a_day
from goliath_tui.panes.wall_strips import sentence
from goliath_tui.panes.wall_traffic import change_in_a_day
from goliath_tui.panes.wall_view import wall_pages
from goliath_tui.widgets.palette import plain_palette
from tests.ui import factory
from tests.ui.factory import DAY, GIVES, HOUR, MINUTE, NOW, SECOND
from tests.ui.states import STATES


def calm(**changes: object) -> ServiceRow:
    """A service that needs nobody."""
    side = SideFigures(requests=1000, error_rate=0.001)
    row = ServiceRow(
        name="calm",
        started=True,
        fields=factory.field_counts(100, 0.5),
        traffic=TrafficFigures(
            requests=2000,
            span_ms=HOUR,
            resolution_ms=MINUTE,
            new_share=0.5,
            intended_share=0.5,
            legacy=side,
            new=side,
        ),
        compared=10_000,
        mismatched=1,
    )
    return replace(row, **changes)


def traffic(**changes: object) -> TrafficFigures:
    known = calm().traffic
    assert known is not None
    return replace(known, **changes)


def errors(rate: float, requests: int = 1000) -> SideFigures:
    return SideFigures(requests=requests, error_rate=rate)


@pytest.mark.parametrize(
    ("row", "need"),
    [
        (calm(), Need.NONE),
        (calm(traffic=traffic(new=errors(0.01))), Need.FAILING),
        (calm(traffic=traffic(new=errors(0.0099))), Need.NONE),
        # As bad as legacy is no news, and few requests prove nothing.
        (calm(traffic=traffic(new=errors(0.03), legacy=errors(0.02))), Need.NONE),
        (calm(traffic=traffic(new=errors(0.04), legacy=errors(0.02))), Need.FAILING),
        (calm(traffic=traffic(new=errors(0.5, requests=99))), Need.NONE),
        (calm(mismatched=10), Need.DIFFERING),
        (calm(mismatched=9), Need.NONE),
        (calm(mismatched=None), Need.NONE),
        (calm(compared=0, mismatched=0), Need.NONE),
        (calm(traffic=traffic(new_share=0.44, off_intended=True)), Need.OFF_INTENDED),
        (calm(traffic=traffic(new_share=0.44)), Need.NONE),
        (calm(traffic=traffic(new=errors(0.5), off_intended=True), mismatched=900), Need.FAILING),
        (calm(traffic=None, compared=None, mismatched=None), Need.NONE),
        (calm(started=False, traffic=traffic(new_share=0.0)), Need.NOT_STARTED),
        (calm(started=False, traffic=None), Need.NOT_STARTED),
        (calm(started=False), Need.NONE),
        (calm(fields=factory.field_counts(100, 1.0)), Need.FINISHED),
    ],
)
def test_who_needs_somebody(row: ServiceRow, need: Need) -> None:
    assert attention(row).need is need
    assert bool(attention(row).mark) == (need in {Need.FAILING, Need.DIFFERING, Need.OFF_INTENDED})


def test_of_too_many_services_the_worst_of_each_kind_come_first() -> None:
    rows = [
        calm(name="a-fine"),
        calm(name="b-behind", traffic=traffic(new_share=0.2, off_intended=True)),
        calm(name="c-differs", mismatched=20),
        calm(name="d-differs-more", mismatched=200),
        calm(name="e-fails", traffic=traffic(new=errors(0.2))),
        calm(name="f-not-started", started=False, traffic=None),
        calm(name="g-least-far", fields=factory.field_counts(100, 0.1)),
    ]
    order = by_urgency(rows)
    assert order == [
        "e-fails",
        "d-differs-more",
        "c-differs",
        "b-behind",
        "g-least-far",
        "a-fine",
        "f-not-started",
    ]
    assert [row.name for row in chosen(rows, 3, order)] == order[:3]
    # All of them fit: by name, whoever is in trouble.
    assert chosen(rows, 7, order) == rows
    # A service that came after the order was made does not push anybody away.
    late = calm(name="0-late", traffic=traffic(new=errors(0.9)))
    assert [row.name for row in chosen([late, *rows], 7, order)] == order


@given(st.integers(1, MOST), st.integers(20, 400), st.integers(4, 110))
def test_tiles_never_leave_the_page(count: int, width: int, height: int) -> None:
    grid = plan_tiles(count, width, height)
    assert grid.columns * grid.width + (grid.columns - 1) * grid.gutter <= width
    assert grid.rows * grid.height + (grid.rows - 1) * grid.gap <= height
    assert grid.height >= 2


@pytest.mark.parametrize(("width", "height"), [(118, 27), (238, 48), (80, 19), (398, 106)])
def test_thirty_two_services_fit(width: int, height: int) -> None:
    assert plan_tiles(32, width, height).tiles >= 32


# -- time


def test_a_source_that_has_not_been_heard_of_grows_stale_before_the_next_picture() -> None:
    sources = factory.sources()
    fresh = aged(sources, Moment(NOW))
    assert [source.state for source in fresh] == [SourceState.OK, SourceState.OK]
    asleep = aged(sources, Moment(NOW + 9 * HOUR))
    assert [source.state for source in asleep] == [SourceState.STALE, SourceState.STALE]
    failing = factory.sources(gateway=SourceState.FAILING)
    assert aged(failing, Moment(NOW + HOUR))[0].state is SourceState.FAILING
    # The past and a frozen picture do not grow old.
    assert aged(sources, Moment(NOW + HOUR, past=NOW))[0].state is SourceState.OK
    assert aged(sources, Moment(NOW + HOUR, frozen_at=NOW))[0].state is SourceState.OK


def test_an_age_that_would_be_negative_is_unknown() -> None:
    assert age_of(NOW - MINUTE, Moment(NOW)) == MINUTE
    assert age_of(NOW + SECOND, Moment(NOW)) == 0
    assert age_of(NOW + HOUR, Moment(NOW)) is None
    assert age_of(None, Moment(NOW)) is None


def test_the_oldest_figure_is_that_of_the_source_that_answered_longest_ago() -> None:
    gateway, tracker = factory.sources()
    old = replace(tracker, last_success=NOW - 7 * MINUTE)
    assert oldest_ms((gateway, old), Moment(NOW)) == 7 * MINUTE
    never = replace(tracker, last_success=None)
    assert oldest_ms((gateway, never), Moment(NOW)) is None
    off = replace(never, enabled=False)
    assert oldest_ms((gateway, off), Moment(NOW)) == 4 * SECOND
    assert oldest_ms((), Moment(NOW)) is None


def test_what_changed_in_a_day_is_said_only_where_a_day_is_known() -> None:
    series = factory.share_series()
    hour = [p for p in series.points if p.at >= series.ends - HOUR]
    first = [p for p in series.points if p.at < series.starts + HOUR]
    shares = [
        sum(p.new for p in part) / sum(p.new + p.legacy for p in part) for part in (hour, first)
    ]
    assert change_in_a_day(series) == pytest.approx((shares[0] - shares[1]) * 100)
    assert change_in_a_day(replace(series, points=series.points[6:])) is None
    assert change_in_a_day(replace(series, starts=series.ends - 6 * HOUR)) is None
    sprint = factory.sprint()
    then = max((p for p in sprint.burndown if p.at <= NOW - DAY), key=lambda p: p.at)
    now = sprint.burndown[-1]
    done = (now.scope - now.remaining) - (then.scope - then.remaining)
    assert done_in_a_day(sprint, NOW) == done
    assert done_in_a_day(replace(sprint, starts=NOW - HOUR), NOW) is None


def test_shares_for_large_digits() -> None:
    assert [share_text(s) for s in (None, 0.0, 0.00001, 0.8235, 0.99999, 1.0)] == [
        "–",
        "0.0",
        "0.1",
        "82.3",
        "99.9",
        "100",
    ]


def test_what_a_source_says_has_neither_address_nor_advice() -> None:
    source = replace(
        factory.sources(gateway=SourceState.FAILING)[0],
        error="https://g.example/api cannot be reached: refused: is it up?",
    )
    assert sentence(source, Moment(NOW)) == "gateway cannot be reached: refused"
    assert sentence(replace(source, error=None), Moment(NOW)) == "gateway fails"
    assert not sentence(factory.sources()[0], Moment(NOW))


# -- drawing

PAGES = ("four", "traffic", "services", "sprint", "differences")


def drawn(page: str, picture: Snapshot, width: int, height: int, at: int = NOW) -> list[str]:
    (one,) = wall_pages([page])
    seen = sight(picture, Moment(at), UTC, GIVES)
    sheet = Sheet(width, height)
    one.draw(seen, sheet, word_scale(width, height), plain_palette())
    return ["".join(text for text, _ in line.runs) for line in sheet.lines()]


@pytest.mark.parametrize("page", PAGES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=25)
@given(st.integers(1, 420), st.integers(1, 130), st.sampled_from(["live", "stale", "failing"]))
def test_every_page_stays_within_its_sheet(page: str, width: int, height: int, state: str) -> None:
    lines = drawn(page, STATES[state](), width, height)
    assert len(lines) == height
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("page", PAGES)
def test_a_second_that_changes_nothing_is_not_drawn(page: str) -> None:
    (one,) = wall_pages([page])
    picture = factory.snapshot()
    now = one.parts(sight(picture, Moment(NOW), UTC, GIVES))
    assert now == one.parts(sight(picture, Moment(NOW + SECOND), UTC, GIVES))
    assert now != one.parts(sight(picture, Moment(NOW + HOUR), UTC, GIVES))


@pytest.mark.parametrize("page", PAGES)
def test_a_fleet_of_a_thousand_is_drawn_too(page: str) -> None:
    lines = drawn(page, factory.snapshot(1000), 240, 50)
    assert any(line.strip() for line in lines)


def test_names_that_are_not_shown_are_counted() -> None:
    text = "\n".join(drawn("services", factory.snapshot(1000), 118, 27))
    assert "1,000 services" in text
    assert "… and 968 more" in text
    edges = text.count("▏") + text.count("▌")
    assert edges == 32 * 3, "32 tiles of three lines"


def test_unknown_pages_leave_all_of_them() -> None:
    assert [page.name for page in wall_pages(["landing"])] == list(PAGES)
    assert [page.name for page in wall_pages(["sprint", "landing", "four"])] == ["sprint", "four"]
