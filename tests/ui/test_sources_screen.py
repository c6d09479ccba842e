"""The sources' screen: each source in facts and polls, errors whole, the cache's troubles."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from goliath_tui.app import GoliathApp
from goliath_tui.domain.subjects import SourcesDetail, SourcesOf
from goliath_tui.poller_child import Report, Role
from goliath_tui.screens.overview import Overview
from goliath_tui.screens.paned import PanedView
from goliath_tui.screens.plan import Box
from goliath_tui.screens.sources import SourcesScreen, columns
from tests.ui import factory, sprints
from tests.ui.pictures import SIZES, check
from tests.ui.states import STATES, failing, with_sources
from tests.ui.still import make_app, text
from tests.ui.waiting import until

SIZE = (120, 36)
FULL = (
    "/var/cache/goliath/goliath.sqlite3: cannot be used: database or disk is full: check that the "
    "disk has room, that the folder is yours, and that no other program holds the file"
)


async def opened(app: GoliathApp, pilot: Pilot[None]) -> SourcesScreen:
    await pilot.pause()
    await app.open(SourcesOf())
    await until(pilot, lambda: isinstance(app.screen, SourcesScreen) and app.screen.answered)
    assert isinstance(app.screen, SourcesScreen)
    return app.screen


def words(app: GoliathApp, name: str = "sources") -> str:
    """What a pane says, as one line: what is wrapped is whole again."""
    view = app.screen
    assert isinstance(view, PanedView)
    at = view.panes[name].region
    inside = (line[at.x + 1 : at.right - 1] for line in text(app).splitlines()[at.y : at.bottom])
    return " ".join(" ".join(inside).replace("┃", " ").split())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", ["live", "empty", "loading", "stale", "failing", "past"])
async def test_state(state: str, size: tuple[int, int]) -> None:
    picture = STATES[state]()
    store = sprints.PastStore(picture)
    if state in {"empty", "loading"}:
        store.details[SourcesOf()] = SourcesDetail(polls={})
    app = make_app(picture, store=store)
    async with app.run_test(size=size) as pilot:
        if state == "past":
            app.go_to(picture.at)
        await opened(app, pilot)
        await check(pilot, f"sources-screen-{state}-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("second", (120, 36), ("j",)),
        ("polls", (80, 24), ("3",)),
        ("failed-poll", (120, 36), ("3", *"jjjjjj")),
        ("filter", (120, 36), ("3", "slash", *"refused")),
        ("full", (80, 24), ("3", "f")),
        ("frozen", (120, 36), ("space",)),
        ("help", (120, 36), ("3", "question_mark")),
    ],
)
async def test_after_keys(name: str, size: tuple[int, int], keys: Sequence[str]) -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await pilot.press(*keys)
        await pilot.pause()
        await check(pilot, f"sources-screen-{name}-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_trouble_of_the_cache_is_said_whole_on_both_screens(size: tuple[int, int]) -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        overview = app.screen
        assert isinstance(overview, Overview)
        assert "✕" not in text(app).splitlines()[0]
        app._who.heard(Report(Role.POLLING, problem=FULL))
        await pilot.pause()
        assert "2/2 ✕" in text(app).splitlines()[0]
        if size == (80, 24):
            await pilot.press("5")
        assert FULL in words(app)
        assert "this window polls" in words(app) or size == SIZES[0]
        await check(pilot, f"overview-trouble-{size[0]}x{size[1]}", lambda: text(app))
        await opened(app, pilot)
        assert FULL in words(app)
        await check(pilot, f"sources-screen-trouble-{size[0]}x{size[1]}", lambda: text(app))
        app._who.heard(Report(Role.POLLING))
        await pilot.pause()
        assert FULL[:30] not in words(app)
        assert "2/2 ●" in text(app).splitlines()[0]
        await pilot.press("escape")
        await pilot.pause()
        assert FULL[:30] not in words(app)


async def test_a_cache_that_cannot_be_read_is_said_until_it_can() -> None:
    picture = factory.snapshot()
    store = sprints.PastStore(picture)
    app = make_app(picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        app.on_goliath_app_cache_failed(app.CacheFailed("the cache cannot be read: " + FULL))
        await pilot.pause()
        assert f"the cache cannot be read: {FULL}" in words(app)
        store.replace(replace(picture, revision=2))
        await until(pilot, lambda: FULL not in words(app))


async def test_while_a_process_starts_anew_the_reason_of_its_end_stays() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app._who.heard(Report(Role.ENDED, error="it ended because of this", exit=1))
        app._who.heard(Report(Role.STARTING))
        await pilot.pause()
        assert "it ended because of this" in words(app)
        app._who.heard(Report(Role.POLLING))
        await pilot.pause()
        assert "it ended because of this" not in words(app)


async def test_the_panes_below_follow_the_cursor_and_only_that_source_is_asked() -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        assert (view.source.named(), view.polls.of) == ("gateway", "gateway")
        await pilot.press("3", "j", "j", "1", "j")
        assert (view.source.named(), view.polls.of) == ("tracker", "tracker")
        assert view.polls.cursor == 0
        assert view.polls.rows == sprints.polls().polls["tracker"]
        for key in "123":
            await pilot.press(key)
            assert view.sources_of(view.panes[view.current]) == ("tracker",)
        assert view.sources.opens() is None
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


async def test_a_long_error_is_whole_at_every_size() -> None:
    long = "https://gateway.example:8443/api answered 503: " + "the backend sheds load, " * 12
    picture = with_sources(failing(), gateway=lambda source: replace(source, error=long.strip()))
    for size in SIZES:
        app = make_app(picture, store=sprints.PastStore(picture))
        async with app.run_test(size=size) as pilot:
            view = await opened(app, pilot)
            await pilot.press("2", "f")
            assert long.strip() in words(app, "source")
            await pilot.press("f")
            assert view.plan(*size).boxes["source"].height >= 12


async def test_polls_on_their_way_and_a_source_that_nobody_asked() -> None:
    picture = factory.snapshot()
    store = sprints.PastStore(picture)
    app = make_app(picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        view.forget()
        view.show(view.snapshot, view.moment)
        assert view.polls.nothing() == "…"
        view.fill(SourcesDetail(polls={}))
        view.show(view.snapshot, view.moment)
        assert "gateway has not been asked yet" in text(app)


def test_places_cover_the_area_at_every_size() -> None:
    for width, height in ((100, 28), (118, 34), (240, 58), (400, 118)):
        boxes = columns(Box(0, 1, width, height), 6).values()
        assert sum(box.width * box.height for box in boxes) == width * height


async def test_what_a_source_had_to_say_is_shown_though_it_is_well() -> None:
    picture = factory.snapshot()
    notes = ("not counted: cluster=users-v3 does not fit its pattern", "history since Monday")
    picture = with_sources(picture, tracker=lambda source: replace(source, notes=notes))
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("j")
        await pilot.pause()
        assert "! not counted:" in words(app, "sources")
        about = words(app, "source")
        assert "notes ! not counted: cluster=users-v3 does not fit its pattern" in about
        assert "! history since Monday" in about
