"""A canary that is to get 10 % and gets 6 % is seen on the overview and on the service."""

import pytest
from msgspec.structs import replace

from goliath_tui.domain import ServiceRow, Snapshot
from goliath_tui.domain.subjects import ServiceDetail, ServiceOf
from goliath_tui.measures.intended import is_off
from goliath_tui.screens.service import ServiceScreen
from tests.ui import details, factory
from tests.ui.pictures import check
from tests.ui.still import make_app, text
from tests.ui.waiting import until

SIZES = [(80, 24), (120, 36)]
SUBJECT = ServiceOf(details.SERVICE)


def canary(row: ServiceRow) -> ServiceRow:
    """The service with 6.1 % of 20,000 requests on new, of which it should have 10 %."""
    assert row.traffic is not None
    assert is_off(18_780, 1220, 0.1)
    return replace(
        row,
        traffic=replace(
            row.traffic, requests=20_000, new_share=0.061, intended_share=0.1, off_intended=True
        ),
    )


def picture() -> Snapshot:
    whole = factory.snapshot()
    assert whole.traffic is not None
    services = [canary(row) if row.name == details.SERVICE else row for row in whole.services]
    services.sort(key=lambda row: row.name != details.SERVICE)
    return replace(
        whole, services=tuple(services), traffic=replace(whole.traffic, off_intended=True)
    )


def detail() -> ServiceDetail:
    known = details.store().details[SUBJECT]
    assert isinstance(known, ServiceDetail)
    assert known.row is not None
    return replace(known, row=canary(known.row))


@pytest.mark.parametrize("plain", [False, True], ids=["colour", "no colour"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_on_the_overview(
    size: tuple[int, int], plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if plain:
        monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(picture())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        seen = text(app)
        assert "≠6.1 %" in seen
        assert "≠ intended 94.2" in seen
        await check(pilot, f"off-intended-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_on_the_service(size: tuple[int, int]) -> None:
    store = details.store()
    store.picture = picture()
    store.details[SUBJECT] = detail()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await app.open(SUBJECT)
        await until(pilot, lambda: isinstance(app.screen, ServiceScreen) and app.screen.answered)
        await pilot.press("1")
        await pilot.pause()
        seen = text(app)
        assert "≠ intended 10.0 %" in seen
        assert "6.1 % · last 24 h" in seen
        if size == (80, 24):
            assert "≠ intended 10.0 %   by more than chance" in seen
        await check(pilot, f"service-off-intended-{size[0]}x{size[1]}", lambda: text(app))
