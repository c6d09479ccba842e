"""Where no source has told of any state, screens say unknown: neither legacy nor zero."""

from msgspec.structs import replace

from goliath_tui.domain.subjects import FieldOf, ServiceOf
from goliath_tui.screens.field import FieldScreen
from goliath_tui.screens.service import ServiceScreen
from goliath_tui.widgets.format import UNKNOWN
from tests.ui import details, factory
from tests.ui.still import StillStore, make_app, text
from tests.ui.waiting import until

SIZE = (240, 60)


def store() -> StillStore:
    picture = factory.snapshot()
    services = tuple(replace(row, fields=None) for row in picture.services)
    found = StillStore(replace(picture, fields=None, retired=None, services=services))
    whole = details.service_detail()
    rows = tuple(replace(row, state=None, changed_at=None, percentage=None) for row in whole.fields)
    assert whole.row is not None
    found.details[ServiceOf(details.SERVICE)] = replace(
        whole, row=replace(whole.row, fields=None), fields=rows, marks=()
    )
    of_field = details.field_detail()
    row = replace(of_field.row, state=None, changed_at=None, percentage=None)
    found.details[FieldOf(row.id)] = replace(of_field, row=row, history=())
    return found


async def test_a_service() -> None:
    door = store()
    app = make_app(door.picture, store=door)
    async with app.run_test(size=SIZE) as pilot:
        await app.open(ServiceOf(details.SERVICE))
        view = app.screen
        assert isinstance(view, ServiceScreen)
        await until(pilot, lambda: view.answered)
        shown = text(app)
        assert f"fields migrated {UNKNOWN}" in shown
        assert f"legacy retired {UNKNOWN}" in shown
        rows = [line for line in shown.splitlines() if view.fields.rows[0].id in line]
        assert rows
        assert all("legacy" not in line and UNKNOWN in line for line in rows)
        sheet = view.fields.sheet()
        assert sheet is not None
        state = [column.name for column in sheet.columns].index("state")
        assert {row[state] for row in sheet.rows} == {None}
        await pilot.press("l", "s")
        assert view.fields.sorted_by is not None
        assert view.fields.sorted_by[0] == "state"
        assert len(view.fields.seen) == len(view.fields.rows)


async def test_a_field() -> None:
    door = store()
    app = make_app(door.picture, store=door)
    async with app.run_test(size=SIZE) as pilot:
        await app.open(FieldOf(details.FIELD))
        view = app.screen
        assert isinstance(view, FieldScreen)
        await until(pilot, lambda: view.answered)
        (state, *_), _, _ = view.facts.rows
        assert (state.name, state.value) == ("state", UNKNOWN)
        assert "no source has told of any state" in text(app)
        assert "legacy from the beginning" not in text(app)
