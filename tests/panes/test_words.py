"""What the big four say in the room they have, and where every figure comes from."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import FieldCounts, MigrationState, Points, Retired, TrafficFigures
from goliath_tui.panes.condition import Moment
from goliath_tui.panes.header import Header
from goliath_tui.panes.headline import (
    Measure,
    fields_measure,
    points_measure,
    retired_measure,
    traffic_measure,
)
from goliath_tui.panes.origins import Desk, origins
from goliath_tui.screens.plan import PANES
from goliath_tui.widgets.ink import runs_width
from goliath_tui.widgets.palette import plain_palette
from tests.ui import factory

INK = plain_palette()


def bar(measure: Measure) -> str:
    return "".join(text for text, _ in measure.bar)


def fields(**counts: int) -> FieldCounts:
    by_state = {state: counts.get(state.name.lower(), 0) for state in MigrationState}
    return FieldCounts(total=sum(by_state.values()), by_state=by_state)


@given(st.integers(1, 120), st.floats(0, 1e6), st.floats(0, 1e6))
def test_every_bar_fills_its_column(width: int, done: float, more: float) -> None:
    points = Points(done=done, total=done + more)
    assert runs_width(points_measure(points, width, INK).bar) == width
    assert runs_width(retired_measure(Retired(fields=1, share=0.41), width, INK).bar) == width


def test_fields_are_shaded_by_how_far_they_are() -> None:
    measure = fields_measure(
        fields(retired=10, migrated=40, canary=10, side_by_side=15, legacy=25), 20, INK
    )
    assert bar(measure) == "██████████▒▒▒▒▒░░░░░"
    assert measure.value == "50/100"
    assert measure.below[:2] == ["50.0 %", "  canary 10"]


def test_unknown_and_nothing_to_count_are_not_zero() -> None:
    for measure in (
        points_measure(None, 8, INK),
        points_measure(Points(done=0, total=0), 8, INK),
        fields_measure(None, 8, INK),
        fields_measure(fields(), 8, INK),
        traffic_measure(None, 8, INK),
        traffic_measure(TrafficFigures(requests=0, span_ms=1, resolution_ms=1), 8, INK),
        retired_measure(Retired(fields=0), 8, INK),
    ):
        assert measure.value == "–"
        assert bar(measure) == "········"


def test_scope_added_stands_apart() -> None:
    measure = points_measure(Points(done=16_480, total=20_010, added=1_203), 40, INK)
    assert "".join(measure.below) == "16,480 of 20,010 (+1,203 added)"
    unknown = points_measure(Points(done=1, total=2), 40, INK)
    assert "added" not in "".join(unknown.below)


@pytest.mark.parametrize("pane", ["headline", *PANES])
def test_every_pane_says_where_its_figures_come_from(pane: str) -> None:
    gives = {"gateway": frozenset({"traffic", "fields", "mismatches"}), "tracker": frozenset()}
    for snapshot in (factory.snapshot(), factory.nothing_yet()):
        found = origins(pane, Desk(snapshot, gives, UTC))
        assert found
        for origin in found:
            assert origin.figure
            assert origin.formula
            assert origin.source
            assert origin.moment


def test_an_origin_names_the_source_its_oldest_answer_and_the_sample() -> None:
    desk = Desk(factory.snapshot(), {"gateway": frozenset({"traffic"})}, UTC)
    share = origins("traffic", desk)[0]
    assert share.value == "93.8 %"
    assert share.source == "gateway"
    assert share.moment == "2026-08-19 14:03:23 UTC"
    assert share.samples == "812,400 requests in 1 h, in steps of 10 s"
    nobody = origins("sprint", desk)[0]
    assert (nobody.source, nobody.moment) == ("no configured source", "never answered")


@pytest.mark.parametrize("width", range(52, 130))
@pytest.mark.parametrize("trail", [("overview",), ("overview", "progress", "User.lastSeen")])
def test_the_header_says_at_every_width_which_moment_is_shown(
    width: int, trail: tuple[str, ...]
) -> None:
    header = Header(trail, UTC)
    for moment, words in (
        (Moment(factory.NOW, past=factory.NOW), "AS OF 2026-08-19 14:03:27 UTC"),
        (Moment(factory.NOW, frozen_at=factory.NOW), "FROZEN"),
        (Moment(factory.NOW), "live"),
    ):
        header.take(factory.snapshot(), moment)
        (line,) = header.draw(width, 1, INK)
        assert words in "".join(text for text, _ in line.runs)
        assert line.width <= width
