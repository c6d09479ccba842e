"""What leaves the screen by a key: files, names for the clipboard, addresses for the browser."""

import base64
import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace
from textual.events import Key
from textual.pilot import Pilot

from goliath_tui.app import GoliathApp
from goliath_tui.domain.subjects import GroupOf
from goliath_tui.screens.overview import Overview
from goliath_tui.widgets.choice import ChoiceLine
from tests.ui import examples, factory
from tests.ui.still import make_app, text
from tests.ui.test_time import History
from tests.ui.waiting import until

SIZE = (120, 36)
STEM = "services-2026-08-19T14-03-27Z"


def overview(app: GoliathApp) -> Overview:
    screen = app.screen
    assert isinstance(screen, Overview)
    return screen


def last_line(app: GoliathApp) -> str:
    return text(app).splitlines()[-1]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def read_json(folder: Path, pattern: str) -> dict[str, Any]:
    (path,) = folder.glob(pattern)
    whole: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return whole


# -- export


async def test_e_asks_for_the_form_and_escape_takes_the_question_away(tmp_path: Path) -> None:
    app = make_app(factory.snapshot(), exports=tmp_path / "exports")
    async with app.run_test(size=SIZE) as pilot:
        hints = last_line(app)
        await pilot.press("slash", *"^co", "enter", "e")
        for words in ("export as", "c CSV", "j JSON", "s SVG", "esc back"):
            assert words in last_line(app)
        await pilot.press("q", "x", "escape")
        await pilot.pause()
        assert "export as" not in text(app)
        assert overview(app).lens.text == "^co"
        await pilot.press("escape")
        await pilot.pause()
        assert last_line(app) == hints
        assert not (tmp_path / "exports").exists()
        await pilot.press("e", "tab")
        await pilot.pause()
        assert not overview(app).query(ChoiceLine)


async def test_csv_holds_the_rows_that_are_seen_in_their_order_as_raw_values(
    tmp_path: Path,
) -> None:
    app = make_app(factory.snapshot(), exports=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"^co", "enter", "s", "s", "e", "c")
        await until(pilot, lambda: (tmp_path / f"{STEM}.csv").exists() and STEM in text(app))
        rows = read_csv(tmp_path / f"{STEM}.csv")
        seen = overview(app).services.seen
        assert [row["service"] for row in rows] == [
            "courses", "content-library", "content", "coaches",
        ]  # fmt: skip
        for row, shown in zip(rows, seen, strict=True):
            assert shown.points is not None
            assert shown.fields is not None
            assert float(row["points-done (points)"]) == shown.points.done
            assert int(row["fields-total"]) == shown.fields.total
            share = shown.traffic.new_share if shown.traffic else None
            assert row["share (0 to 1)"] == ("" if share is None else repr(share))
            assert row["compared"] == ("" if shown.compared is None else str(shown.compared))
        assert (tmp_path / f"{STEM}.csv").stat().st_mode & 0o777 == 0o600
        assert f"{STEM}.csv is in" in last_line(app)


async def test_json_names_the_moment_the_filter_and_the_order(tmp_path: Path) -> None:
    app = make_app(factory.snapshot(), exports=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("slash", *"!^co", "enter", "l", "l", "s", "e", "j")
        await until(pilot, lambda: (tmp_path / f"{STEM}.json").exists() and STEM in text(app))
        whole = json.loads((tmp_path / f"{STEM}.json").read_text(encoding="utf-8"))
        assert whole["as_of"] == "2026-08-19T14:03:27.000Z"
        assert whole["migration"] == factory.snapshot().migration
        assert whole["filter"] == "!^co"
        assert whole["sorted_by"] == {"column": "fields", "falling": True}
        assert len(whole["rows"]) == 28
        assert [row["service"] for row in whole["rows"]] == [
            row.name for row in overview(app).services.seen
        ]
        assert None in [row["compared"] for row in whole["rows"]]
        assert isinstance(whole["rows"][0]["depends-on"], list)


async def test_what_is_no_table_gives_the_figures_that_it_draws(tmp_path: Path) -> None:
    picture = factory.snapshot()
    app = make_app(picture, exports=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("1", "e", "j", "3", "e", "j")
        await until(pilot, lambda: len(list(tmp_path.glob("s*.json"))) == 1)
        await until(pilot, lambda: len(list(tmp_path.glob("t*.json"))) == 1)
        await until(pilot, lambda: "sprint-" in last_line(app))
    traffic = read_json(tmp_path, "traffic-*.json")
    assert picture.share_series is not None
    points = picture.share_series.points
    assert [(row["legacy"], row["new"]) for row in traffic["rows"]] == [
        (point.legacy, point.new) for point in points
    ]
    assert traffic["rows"][0]["at"].startswith("2026-08-18T")
    assert traffic["units"]["share"] == "0 to 1"
    sprint = read_json(tmp_path, "sprint-*.json")
    assert picture.sprint is not None
    assert [(row["scope"], row["remaining"]) for row in sprint["rows"]] == [
        (point.scope, point.remaining) for point in picture.sprint.burndown
    ]


async def test_an_export_in_the_past_is_of_that_moment(tmp_path: Path) -> None:
    store = History()
    app = make_app(store.picture, store=store, exports=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: app.shown.at == factory.NOW - 2 * 3_600_000)
        await pilot.press("e", "j")
        name = "services-2026-08-19T12-03-27Z.json"
        await until(pilot, lambda: (tmp_path / name).exists() and name in text(app))
        whole = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        assert whole["as_of"] == "2026-08-19T12:03:27.000Z"
        assert whole["live"] is False
        assert len(whole["rows"]) == 2


async def test_the_question_and_its_answer_in_one_go_also_on_a_screen_that_opens(
    tmp_path: Path,
) -> None:
    app = make_app(factory.snapshot(), exports=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        name = overview(app).services.seen[2].name
        for key in ("j", "j", "enter", "e", "c", "escape", "e", "j", "k"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: sum(1 for x in tmp_path.glob("*.*") if x.stat().st_size) == 2)
        assert overview(app).services.cursor == 1
    assert read_json(tmp_path, "services-*.json")["pane"] == "services"
    # Nothing is known of the service in this test: a heading, no rows.
    assert read_csv(tmp_path / f"{STEM.replace('services', f'{name}-fields')}.csv") == []


@pytest.mark.parametrize("keys", [("2", "e"), ("enter", "e")])
async def test_two_answers_are_exported_whole_with_their_differences(
    tmp_path: Path, keys: tuple[str, ...]
) -> None:
    odd = b'{"id": 12345678901234567890123, "rate": 1.10, "due": "2026-08-10T23:59:59.100Z"}'
    new = b'{"id": 12345678901234567890123, "rate": 1.10, "due": "2026-08-10T23:59:59Z", "a": 1}'
    kept = examples.example(1, odd, new)
    store = examples.ExampleStore(factory.snapshot(), [kept])
    app = make_app(store.picture, store=store, exports=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await app.open(GroupOf(examples.GROUP.id))
        await pilot.press(*keys, "j")
        await pilot.press("e", "c")
        await until(pilot, lambda: sum(1 for x in tmp_path.glob("*.*") if x.stat().st_size) == 2)
    whole = read_json(tmp_path, "query-classroomassignments-date-*answers-*.json")
    assert whole["rows"] == [
        {"path": "$.due", "class": "date", "recorded": True},
        {"path": "$.a", "class": "extra", "recorded": True},
    ]
    assert whole["legacy"] == json.loads(odd)
    assert whole["new"] == json.loads(new)
    assert (whole["service"], whole["field"]) == (examples.GROUP.service, examples.GROUP.field)
    assert whole["comparison"] == kept.row.id
    assert (whole["operation"], whole["trace"]) == (kept.row.operation, kept.row.trace_id)
    assert whole["at"].startswith("2026-08-19T1")
    written = next(tmp_path.glob("*.json")).read_text(encoding="utf-8")  # noqa: ASYNC240 - tiny
    assert written.count('"rate": 1.10') == 2
    (name,) = (path.name for path in tmp_path.glob("*.csv"))  # noqa: ASYNC240 - tiny
    assert [row["path"] for row in read_csv(tmp_path / name)] == ["$.due", "$.a"]


async def test_svg_is_the_screen_without_the_question_and_loads_nothing(tmp_path: Path) -> None:
    hostile = '<script>alert(1)</script>&"\x1b[31m'
    picture = factory.snapshot()
    picture = replace(
        picture,
        migration=hostile,
        services=(replace(picture.services[0], name=hostile), *picture.services[1:]),
    )
    app = make_app(picture, exports=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("e", "s")
        path = tmp_path / "overview-2026-08-19T14-03-27Z.svg"
        await until(pilot, lambda: path.exists() and path.name in text(app))
    drawing = path.read_text(encoding="utf-8")
    root = ET.fromstring(drawing)
    words = "".join(root.itertext()).replace("\xa0", " ")
    assert "<script>alert(1)" in words
    assert not [node for node in root.iter() if node.tag.endswith("script")]
    assert "export as" not in words
    assert "? help" in words
    for outside in ("@font-face", "@import", "url(http", "href", "cdn"):
        assert outside not in drawing


async def test_a_second_export_never_writes_over_the_first(tmp_path: Path) -> None:
    app = make_app(factory.snapshot(), exports=tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        for names in ([f"{STEM}.csv"], [f"{STEM}.csv", f"{STEM}-2.csv"]):
            await pilot.press("e", "c")
            await until(pilot, lambda n=names: {p.name for p in tmp_path.iterdir()} == set(n))  # type: ignore[misc]
            await until(pilot, lambda n=names: f"{n[-1]} is in" in text(app))  # type: ignore[misc]


async def test_a_folder_that_takes_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "exports").touch()
    app = make_app(factory.snapshot(), exports=tmp_path / "exports" / "here")
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.press("e", "c")
        await until(pilot, lambda: "cannot be written" in last_line(app))


# -- copy


async def test_y_copies_the_name_under_the_cursor_by_osc_52(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = factory.snapshot()
    odd = "evil\x1b]0;title\x07name"
    picture = replace(
        picture, services=(replace(picture.services[0], name=odd), *picture.services[1:])
    )
    app = make_app(picture)
    async with app.run_test(size=SIZE) as pilot:
        written: list[str] = []
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        await pilot.press("j", "y")
        name = factory.service_name(1)
        await until(pilot, lambda: f"copied {name}" in last_line(app))
        await pilot.press("k", "y")
        await until(pilot, lambda: "copied evil" in last_line(app))
        codes = [chunk for chunk in written if chunk.startswith("\x1b]52;c;")]
        texts = [base64.b64decode(chunk[7:-1]).decode() for chunk in codes]
        assert texts == [name, "evil·]0;title·name"]


# -- the browser


class Linked(Overview):
    """An overview whose services have addresses, as work items have."""

    ADDRESS = "https://tracker.example/items/7"

    def on_mount(self) -> None:
        super().on_mount()
        self.services.address = lambda: self.ADDRESS  # type: ignore[method-assign]


async def linked(pilot: Pilot[None], app: GoliathApp) -> None:
    await app.push_screen(Linked(app.stage, app.shown, app.moment()))
    await pilot.pause()


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that writes down what it is asked to open."""
    for name in ("SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    opened = tmp_path / "opened"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {opened}\n')
    script.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(script))
    return opened


def opened_in(desktop: Path) -> str:
    return desktop.read_text(encoding="utf-8") if desktop.exists() else ""


async def test_o_opens_an_address_on_a_configured_host(desktop: Path) -> None:
    app = make_app(factory.snapshot(), link_hosts=frozenset({"tracker.example"}))
    async with app.run_test(size=SIZE) as pilot:
        await linked(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: "opened https://tracker.example/items/7" in last_line(app))
    assert opened_in(desktop) == "https://tracker.example/items/7\n"


async def test_o_says_why_it_does_not_open_an_address(desktop: Path) -> None:
    app = make_app(factory.snapshot(), link_hosts=frozenset({"gateway.example"}))
    async with app.run_test(size=(200, 50)) as pilot:
        await linked(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: "not opened: tracker.example is no host of" in last_line(app))
    assert opened_in(desktop) == ""


async def test_o_without_a_display_copies_the_address(
    desktop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BROWSER")
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 5000 192.0.2.2 22")
    app = make_app(factory.snapshot(), link_hosts=frozenset({"tracker.example"}))
    async with app.run_test(size=(200, 50)) as pilot:
        await linked(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: "no browser here; copied https://tracker" in last_line(app))
        assert app.clipboard == "https://tracker.example/items/7"
    assert opened_in(desktop) == ""


# -- who may only look


async def test_who_may_only_look_asks_writes_and_quits_nothing(tmp_path: Path) -> None:
    app = make_app(factory.snapshot(), read_only=True, exports=tmp_path / "exports")
    async with app.run_test(size=(240, 60)) as pilot:
        hints = last_line(app)
        for word in ("refresh", "quit", "browser"):
            assert word not in hints
        for word in ("help", "find", "filter", "open", "sort"):
            assert word in hints
        await pilot.press("r", "R", "e", "c", "y", "o", "q", "ctrl+z", "ctrl+c")
        await pilot.pause()
        assert last_line(app) == hints
        assert app.clipboard == ""
        assert app.is_running
        assert app.return_code is None
        assert not (tmp_path / "exports").exists()
        await pilot.press("question_mark", "q")
        assert isinstance(app.screen, Overview)


async def test_where_a_file_went_is_read_in_a_small_terminal_too(tmp_path: Path) -> None:
    """Eighty cells hold a sentence of sixty, and the keys make room for it."""
    app = make_app(factory.snapshot(), exports=tmp_path / "exports")
    async with app.run_test(size=(80, 24)) as pilot:
        app.say(f"{'n' * 30}.csv is in {'f' * 16}")
        await pilot.pause()
        assert f"{'n' * 30}.csv is in {'f' * 16}" in text(app)
        assert "? help" in text(app)
