"""The palette: everything that has a name is found, gone to or done from one line."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from textual.events import Key
from textual.pilot import Pilot

from goliath_tui.app import GoliathApp
from goliath_tui.domain.subjects import FieldOf, Names, NamesOf, ServiceOf, SourcesOf, SprintOf
from goliath_tui.screens.overview import Overview
from goliath_tui.screens.palette import PaletteScreen
from goliath_tui.screens.service import ServiceScreen
from tests.ui import factory
from tests.ui.pictures import check
from tests.ui.still import StillStore, make_app, rows, text
from tests.ui.test_time import History
from tests.ui.waiting import until

SIZE = (120, 36)
HOSTILE = "Evil[bold]\x1b[31m\u202egnp.exe"


def world(store: StillStore | None = None) -> StillStore:
    store = store or StillStore(factory.snapshot())
    services = tuple(row.name for row in store.picture.services)
    fields: list[tuple[str, str | None]] = [
        (f"User.{name}", "users") for name in ("id", "lastSeen", "avatarUrl", "roles")
    ]
    fields += [(f"Course{n}.lesson{n}Title", "courses") for n in range(3_000)]
    fields += [("Query.orphan", None), (HOSTILE, HOSTILE)]
    store.details[NamesOf()] = Names(
        services=services,
        fields=tuple(fields),
        sprints=(("s-42", "Sprint 42"), ("s-43", "Sprint 43")),
    )
    return store


def app_on(store: StillStore, **more: object) -> GoliathApp:
    return make_app(store.picture, store=store, **more)  # type: ignore[arg-type]


def palette(app: GoliathApp) -> PaletteScreen:
    screen = app.screen
    assert isinstance(screen, PaletteScreen)
    return screen


async def opened(pilot: Pilot[None], app: GoliathApp, typed: str = "", key: str = "colon") -> None:
    """The palette with every name in it, and `typed` in its line."""
    await pilot.press(key)
    await until(pilot, lambda: palette(app).catalogue.known is not None)
    await pilot.press(*("space" if letter == " " else letter for letter in typed))
    await pilot.pause()


def first(app: GoliathApp) -> tuple[str, str]:
    entry = palette(app).list.entry()
    assert entry is not None
    return entry.kind, entry.name


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_it_opens_over_the_screen_and_escape_closes_it(key: str) -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        before = text(app)
        await opened(pilot, app, key=key)
        picture = text(app)
        for words in ("Find", "sources", "help", "at …", "freeze the picture", "esc back"):
            assert words in picture
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, Overview)
        assert text(app) == before
        assert app._watcher._subject is None


@pytest.mark.parametrize(
    ("typed", "kind", "name", "subject"),
    [
        ("progr", "service", "progress", ServiceOf("progress")),
        ("conlib", "service", "content-library", ServiceOf("content-library")),
        ("cl", "service", "content-library", ServiceOf("content-library")),
        ("lastseen", "field", "User.lastSeen", FieldOf("User.lastSeen")),
        ("uls", "field", "User.lastSeen", FieldOf("User.lastSeen")),
        ("query.or", "field", "Query.orphan", FieldOf("Query.orphan")),
        ("sprint 42", "sprint", "Sprint 42", SprintOf("s-42")),
        ("sources", "screen", "sources", SourcesOf()),
        ("sprints", "screen", "sprints", SprintOf()),
    ],
)
async def test_a_few_letters_find_it_and_enter_goes_there(
    typed: str, kind: str, name: str, subject: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        opens: list[object] = []

        async def note(opened: object) -> None:
            opens.append(opened)

        monkeypatch.setattr(app, "open", note)
        await opened(pilot, app, typed)
        assert first(app) == (kind, name)
        await pilot.press("enter")
        await pilot.pause()
        assert opens == [subject]
        assert isinstance(app.screen, Overview)


async def test_a_service_that_is_picked_opens_above_the_screen_behind() -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, "progress")
        await pilot.press("enter")
        await until(pilot, lambda: app.front() is not None and len(app.screen_stack) == 2)
        view = app.front()
        assert view is not None
        assert view.subject == ServiceOf("progress")
        assert view.trail == ("overview", "progress")
        await opened(pilot, app)
        await pilot.press("escape", "escape")
        await pilot.pause()
        await opened(pilot, app)
        assert first(app) == ("service", "progress")
        await pilot.press("escape", "grave_accent")
        await pilot.pause()
        view = app.front()
        assert view is not None
        assert view.subject == ServiceOf("progress")
        await opened(pilot, app, "overview")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, Overview)
        assert len(app.screen_stack) == 1


async def test_what_is_open_already_is_gone_back_to() -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await app.open(ServiceOf("users"))
        await app.open(ServiceOf("badges"))
        await pilot.pause()
        await opened(pilot, app, "users")
        await pilot.press("enter")
        await pilot.pause()
        assert len(app.screen_stack) == 2
        view = app.front()
        assert view is not None
        assert view.subject == ServiceOf("users")


async def test_an_action_is_done_on_the_screen_behind() -> None:
    app = app_on(world(), keys={"freeze": "z"})
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, "freeze")
        assert first(app)[0] == "action"
        line = next(row for row in text(app).splitlines() if "▸action" in row)
        assert line.rstrip(" │┃").endswith("z")
        await pilot.press("enter")
        await pilot.pause()
        assert app.frozen_at is not None
        await opened(pilot, app, "differences")
        assert first(app) == ("pane", "Differences")
        await pilot.press("enter")
        await pilot.pause()
        view = app.screen
        assert isinstance(view, Overview)
        assert view.current == "differences"
        await opened(pilot, app, "help")
        await pilot.press("enter")
        await pilot.pause()
        assert "Everywhere" in text(app)


async def test_before_the_names_have_come_actions_and_screens_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = StillStore(factory.snapshot())
    app = app_on(store)
    monkeypatch.setattr(app._watcher, "look_into", print)  # names never come
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("colon", *"freeze")
        await pilot.pause()
        assert "names are under way" in text(app)
        assert first(app)[0] == "action"
        await pilot.press("enter")
        await pilot.pause()
        assert app.frozen_at is not None


async def test_moving_through_what_was_found() -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, "lesson")
        found = palette(app).list
        assert len(found.found) == 3_000
        page = found.page
        for key, at in (
            ("down", 1), ("ctrl+n", 2), ("up", 1), ("ctrl+p", 0), ("up", 0),
            ("pagedown", page), ("pagedown", 2 * page), ("pageup", page),
        ):  # fmt: skip
            await pilot.press(key)
            assert found.cursor == at, key
            entry = found.entry()
            assert entry is not None
            assert entry.name in next(row for row in text(app).splitlines() if "▸field" in row)
        await pilot.press("backspace")
        await pilot.pause()
        assert found.cursor == 0
        await pilot.click("#found", offset=(6, 5))
        await pilot.pause()
        assert not isinstance(app.screen, PaletteScreen)


async def test_found_letters_are_marked_and_hostile_names_stay_text() -> None:
    app = app_on(world())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, "evil")
        line = next(row for row in rows(app) if any("Evil" in part.text for part in row))
        marked = [part for part in line if part.style is not None and part.style.underline]
        assert "".join(part.text for part in marked) == "Evil"
        assert all(part.style is not None and part.style.bold for part in marked)
        picture = text(app)
        assert "Evil[bold]·[31m·gnp.exe" in picture
        assert "\x1b" not in picture
        assert "\u202e" not in picture
        assert all(cell_len(row) <= 80 for row in picture.splitlines())


async def test_keys_typed_in_one_go_reach_the_palette() -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for key, letter in (("colon", ":"), ("j", "j"), ("s", "s"), ("q", "q"), ("slash", "/")):
            app.post_message(Key(key, letter))
        await until(
            pilot,
            lambda: isinstance(app.screen, PaletteScreen) and palette(app).line.value == "jsq/",
        )
        view = app.screen_stack[0]
        assert isinstance(view, Overview)
        assert view.services.cursor == 0
        assert view.services.sorted_by is None


async def test_enter_right_behind_what_is_typed_picks_what_that_finds() -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app)
        for key in (*"progress", "enter"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: not isinstance(app.screen, PaletteScreen))
        await pilot.pause()
        view = app.front()
        assert view is not None
        assert view.subject == ServiceOf("progress")


async def test_keys_behind_what_is_picked_are_for_the_screen_that_is_gone_to() -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app)
        await pilot.press("escape")
        at = app.shown.at
        for key in ("colon", *"progress", "enter", "3", "f"):
            app.post_message(Key(key, ":" if key == "colon" else key if len(key) == 1 else None))
        await until(pilot, lambda: isinstance(app.screen, ServiceScreen))
        await pilot.pause()
        view = app.screen
        assert isinstance(view, ServiceScreen)
        assert view.subject == ServiceOf("progress")
        assert (view.current, view.full) == ("differences", True)
        for key in ("colon", *"at 2026-03-01", "enter", "left_square_bracket"):
            letter = {"colon": ":", "left_square_bracket": "["}
            app.post_message(Key(key, letter.get(key, key if len(key) == 1 else None)))
        await pilot.pause()
        assert app.screen is view
        assert app.at is not None
        assert app.at < at
        assert app.at % 86_400_000 == 23 * 3_600_000


async def test_enter_before_the_names_have_come_is_kept_for_them() -> None:
    store = world()
    app = app_on(store)
    names = store.details.pop(NamesOf())
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("colon", *"progress", "enter")
        await pilot.pause()
        assert isinstance(app.screen, PaletteScreen)
        app.screen.list.waiting = True
        await app.screen._pick()
        app.screen.fill(names)
        await until(pilot, lambda: not isinstance(app.screen, PaletteScreen))
        view = app.front()
        assert view is not None
        assert view.subject == ServiceOf("progress")


@pytest.mark.parametrize(
    ("name", "size", "typed"),
    [
        ("find", (80, 24), ""),
        ("find", (120, 36), ""),
        ("find", (240, 60), "lesson1"),
        ("find-letters", (80, 24), "usla"),
        ("find-nothing", (80, 24), "xyzzy"),
        ("find-moment", (120, 36), "at 2026-03-01"),
        ("find-no-moment", (80, 24), "at tomorrow"),
    ],
)
async def test_pictures(name: str, size: tuple[int, int], typed: str) -> None:
    app = app_on(world())
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, typed)
        await check(pilot, f"{name}-{size[0]}x{size[1]}", lambda: text(app))


async def test_no_size_breaks_the_picture() -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, "e")
        for size in ((1, 1), (20, 3), (30, 8), (400, 120)):
            await pilot.resize_terminal(*size)
            await pilot.press("pagedown", "down")
            lines = text(app).splitlines()
            assert len(lines) <= size[1]
            assert all(cell_len(line) <= size[0] for line in lines)


async def test_without_colour_weight_and_reverse_tell_what_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, "lesson")
        marked = [part for row in rows(app) for part in row if part.text == "lesson"]
        assert len(marked) > 9
        for part in marked[1:]:
            assert part.style is not None
            assert part.style.bold
            assert part.style.underline
            assert part.style.color is None or part.style.color.is_default
        line = next(row for row in rows(app) if any(part.text == "▸" for part in row))
        hit = next(part for part in line if part.text == "lesson")
        assert hit.style is not None
        assert hit.style.reverse
        assert hit.style.underline


# -- moments


@pytest.mark.parametrize("typed", ["at 2026-03-01", ":at 2026-03-01", "at 2026-03-01T00:00Z"])
async def test_at_jumps_and_live_comes_back(typed: str) -> None:
    store = History()
    app = app_on(world(store))
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, typed)
        assert "2026-03-01 00:00:00 UTC" in text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.at == 1_772_323_200_000
        assert isinstance(app.screen, Overview)
        await until(pilot, lambda: "AS OF 2026-03-01" in text(app))
        await pilot.press("colon", *"live", "enter")
        await pilot.pause()
        assert app.at is None
        assert "AS OF" not in text(app)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("at tomorrow", "expected a moment such as 2026-03-01"),
        ("at 2026-02-30", "expected a moment such as 2026-03-01"),
        ("at 2026-08-19T14:03:28", "2026-08-19 14:03:28 UTC is still to come"),
        ("at 9999-12-31T23:59-14:00", "expected a year from 1971 to 9998"),
        ("at ", "a moment such as 2026-03-01"),
    ],
)
async def test_a_moment_that_is_none_is_explained_and_the_palette_stays(
    typed: str, said: str
) -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, typed)
        assert said in text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, PaletteScreen)
        assert app.at is None


async def test_the_entry_for_moments_writes_the_beginning() -> None:
    app = app_on(world())
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, "at")
        assert first(app) == ("time", "at …")
        await pilot.press("enter", *"2026-03-01", "enter")
        await pilot.pause()
        assert app.at == 1_772_323_200_000


async def test_who_may_only_look_finds_no_action_that_is_not_for_them(tmp_path: Path) -> None:
    app = app_on(world(), read_only=True, exports=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app)
        names = {entry.name for entry in palette(app).catalogue.fixed if entry.kind == "action"}
        assert names
        for word in ("ask ", "export", "copy", "browser", "quit", "shell"):
            assert not [name for name in names if word in name]


async def test_newer_names_leave_the_cursor_where_it_is() -> None:
    store = world()
    app = app_on(store)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, app, "lesson")
        await pilot.press("down", "down", "down")
        held = palette(app).list.entry()
        names = store.details[NamesOf()]
        assert isinstance(names, Names)
        store.details[NamesOf()] = replace(names, fields=(("A.lesson", "x"), *names.fields))
        store.replace(store.picture)
        await until(pilot, lambda: len(palette(app).list.found) == 3_001)
        assert palette(app).list.entry() == held
        assert palette(app).list.cursor == 4
