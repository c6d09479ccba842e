"""Every pane that has rows gives them as raw values, under names that a file can hold."""

import importlib
import pkgutil
from datetime import UTC

import pytest

from goliath_tui import panes
from goliath_tui.domain import MigrationState
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.sheets import burndown_sheet, group_columns, series_sheet, service_columns
from goliath_tui.panes.sources import SourcesPane
from goliath_tui.widgets.table import Table
from tests.ui import factory


def pane_classes() -> list[type[Pane]]:
    for module in pkgutil.iter_modules(panes.__path__):
        importlib.import_module(f"{panes.__name__}.{module.name}")
    found: list[type[Pane]] = []
    waiting = [Pane]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith(panes.__name__):
                found.append(kind)
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", pane_classes(), ids=lambda kind: kind.__name__)
def test_a_table_is_not_hidden_by_the_pane_that_it_also_is(kind: type[Pane]) -> None:
    if issubclass(kind, Table):
        assert kind.sheet is not Pane.sheet


def test_a_services_row_has_every_figure_and_unknown_stays_unknown() -> None:
    row = factory.snapshot().services[1]
    figures = {column.name: read(row) for column, read in service_columns()}
    assert row.fields is not None
    assert row.traffic is not None
    assert row.points is not None
    assert figures["service"] == row.name
    assert figures["points-done"] == row.points.done
    assert figures["fields-side-by-side"] == row.fields.by_state[MigrationState.SIDE_BY_SIDE]
    assert figures["share"] == row.traffic.new_share
    assert figures["depends-on"] == row.depends_on
    bare = type(row)(name="bare")
    unknown = {column.name: read(bare) for column, read in service_columns()}
    assert unknown.pop("service") == "bare"
    assert unknown.pop("started") is False
    assert unknown.pop("depends-on") == ()
    assert set(unknown.values()) == {None}


def test_columns_of_a_sheet_have_names_of_their_own() -> None:
    for columns in (service_columns(), group_columns()):
        names = [column.name for column, _ in columns]
        assert len(set(names)) == len(names)


def test_the_columns_of_sources_are_named_after_their_values() -> None:
    pane = SourcesPane(number=1, zone=UTC)
    pane.put(factory.snapshot().sources)
    sheet = pane.sheet()
    assert sheet is not None
    gateway = dict(zip((column.name for column in sheet.columns), sheet.rows[0], strict=True))
    assert gateway["source"] == "gateway"
    assert gateway["requests-per-hour"] == 2_520.0
    assert gateway["error"] is None


def test_a_step_without_an_answer_has_no_share() -> None:
    series = factory.snapshot().share_series
    assert series is not None
    point = type(series.points[0])(at=5, legacy=0, new=0)
    (row,) = series_sheet("x", type(series)(starts=0, ends=10, step_ms=5, points=(point,))).rows
    assert row == (5, 0, 0, None, None)


def test_a_burndown_ends_at_the_moment_that_is_shown() -> None:
    sprint = factory.snapshot().sprint
    assert sprint is not None
    until = sprint.burndown[2].at
    rows = burndown_sheet("x", sprint, until).rows
    assert [row[0] for row in rows] == [p.at for p in sprint.burndown if p.at <= until]
    assert len(rows) < len(sprint.burndown)
