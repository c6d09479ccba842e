"""The screen of a difference and that of one example: each key, each state, each size."""

import json
from collections.abc import Sequence

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from goliath_tui.app import GoliathApp
from goliath_tui.domain.subjects import Example, GroupOf
from goliath_tui.panes.answers import AnswersPane
from goliath_tui.picking import reach
from goliath_tui.screens.example import ExampleScreen
from goliath_tui.screens.group import GroupScreen, group_plan
from goliath_tui.screens.overview import Overview
from tests.ui import examples, factory
from tests.ui.pictures import SIZES, check
from tests.ui.states import STATES
from tests.ui.still import make_app, rows, text
from tests.ui.waiting import until

SIZE = (120, 36)
EXAMPLES = [examples.example(i) for i in range(14)]


def store_of(shown: Sequence[Example] = EXAMPLES, state: str = "live") -> examples.ExampleStore:
    return examples.ExampleStore(STATES[state](), list(shown))


async def opened(app: GoliathApp, pilot: Pilot[None]) -> GroupScreen:
    await pilot.pause()
    await app.open(GroupOf(examples.GROUP.id))
    await until(pilot, lambda: isinstance(app.screen, GroupScreen) and app.screen.answered)
    assert isinstance(app.screen, GroupScreen)
    return app.screen


async def opened_whole(app: GoliathApp, pilot: Pilot[None]) -> ExampleScreen:
    await opened(app, pilot)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, ExampleScreen) and app.screen.answered)
    assert isinstance(app.screen, ExampleScreen)
    return app.screen


def shown(pane: AnswersPane) -> str:
    return "" if pane.example is None else pane.example.row.id


def under_cursor(pane: AnswersPane) -> str:
    """The text of the line under the cursor; `⋯` for a fold."""
    reader = pane.reader
    assert reader is not None
    row = reader.row()
    assert row is not None
    if row.hidden:
        return f"⋯ {row.hidden}"
    is_left = row.left is not None
    number = row.left if row.left is not None else row.right
    assert number is not None
    return reader.lines.text(number, is_left=is_left).strip()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", ["live", "stale", "failing", "past"])
async def test_state(state: str, size: tuple[int, int]) -> None:
    store = store_of(state=state)
    app = make_app(store.picture, store=store)
    async with app.run_test(size=size) as pilot:
        if state == "past":
            app.go_to(store.picture.at)
        await opened(app, pilot)
        await check(pilot, f"group-{state}-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_one_example_whole(size: tuple[int, int]) -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=size) as pilot:
        await opened_whole(app, pilot)
        await check(pilot, f"example-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("moved", (120, 36), ("j", "2")),
        ("answers-full", (80, 24), ("2", "f", "z")),
        ("filter", (120, 36), ("slash", *"Teach")),
        ("help", (120, 36), ("2", "question_mark")),
    ],
)
async def test_after_keys(name: str, size: tuple[int, int], keys: Sequence[str]) -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=size) as pilot:
        view = await opened(app, pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: view.answered)
        await check(pilot, f"group-{name}-{size[0]}x{size[1]}", lambda: text(app))


async def test_from_the_feed_to_the_answers_and_back() -> None:
    picture = factory.snapshot()
    store = examples.ExampleStore(picture, EXAMPLES)
    app = make_app(picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        assert isinstance(app.screen, Overview)
        app.screen.differences.cursor = next(
            i for i, row in enumerate(app.screen.differences.seen) if row.id == examples.GROUP.id
        )
        await pilot.press("4", "enter")
        await until(pilot, lambda: isinstance(app.screen, GroupScreen) and app.screen.answered)
        assert "Query.classroomAssignments date" in text(app).splitlines()[0]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ExampleScreen) and app.screen.answered)
        await pilot.press("escape")
        assert isinstance(app.screen, GroupScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, Overview)


async def test_what_was_left_opens_again_as_what_it_was() -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        await pilot.press("j")
        await until(pilot, lambda: shown(view.answers) == "cmp-0001")
        await pilot.press("escape", "grave_accent")
        await until(pilot, lambda: len(app.screen_stack) == 2 and app.front() is not view)
        assert isinstance(app.screen, GroupScreen)
        await until(pilot, lambda: isinstance(app.screen, GroupScreen) and app.screen.answered)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ExampleScreen) and app.screen.answered)
        await pilot.press("J", "escape", "grave_accent")
        await until(pilot, lambda: isinstance(app.screen, ExampleScreen) and app.screen.answered)
        assert isinstance(app.screen, ExampleScreen)
        assert shown(app.screen.answers) == "cmp-0001"


async def test_a_difference_whose_examples_were_moved_in_is_gone_back_to_not_opened_twice() -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        await pilot.press("j")
        await until(pilot, lambda: shown(view.answers) == "cmp-0001")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ExampleScreen) and app.screen.answered)
        await reach(app, GroupOf(examples.GROUP.id))
        await pilot.pause()
        assert app.front() is view


async def test_moving_in_the_examples_shows_each_and_the_newest_follows_what_comes() -> None:
    store = store_of(EXAMPLES[1:])
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        assert shown(view.answers) == "cmp-0001"
        await pilot.press("j")
        await until(pilot, lambda: shown(view.answers) == "cmp-0002")
        assert view.subject == GroupOf(7, EXAMPLES[2].row.key)
        await pilot.press("J")
        await until(pilot, lambda: shown(view.answers) == "cmp-0003")
        await pilot.press("2", "K", "K")
        await until(pilot, lambda: shown(view.answers) == "cmp-0001")
        assert view.subject == GroupOf(7)
        assert view.focused is view.answers
        store.examples = EXAMPLES
        store.replace(factory.snapshot())
        await until(pilot, lambda: shown(view.answers) == "cmp-0000")
        assert view.examples.cursor == 0
        await pilot.press("1", "G")
        await until(pilot, lambda: shown(view.answers) == "cmp-0013")


async def test_what_is_shown_stays_where_it_is_when_another_example_comes() -> None:
    store = store_of(EXAMPLES[1:])
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        await pilot.press("j", "2", "n", "n", "j")
        await until(pilot, lambda: shown(view.answers) == "cmp-0002")
        await pilot.press("n", "j")
        reader = view.answers.reader
        assert reader is not None
        before = (reader.cursor, reader.top)
        assert before > (0, 0)
        store.examples = EXAMPLES
        store.replace(factory.snapshot())
        await until(pilot, lambda: len(view.examples.rows) == 14)
        assert view.examples.cursor == 2
        assert view.answers.reader is reader
        assert (reader.cursor, reader.top) == before


async def test_an_example_that_is_let_go_makes_room_for_the_newest() -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        await pilot.press("j", "j")
        await until(pilot, lambda: shown(view.answers) == "cmp-0002")
        store.examples = EXAMPLES[3:]
        store.replace(factory.snapshot())
        await until(pilot, lambda: shown(view.answers) == "cmp-0003")
        assert view.subject == GroupOf(7)
        assert view.examples.cursor == 0
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExampleScreen) and app.screen.answered)
        store.examples = EXAMPLES[5:]
        store.replace(factory.snapshot())
        await until(pilot, lambda: "this example is not kept any more" in text(app))
        await pilot.press("J")
        await until(pilot, lambda: "example 1 of 9" in text(app))


async def test_next_and_previous_example_on_the_whole_screen() -> None:
    store = store_of(EXAMPLES[:3])
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened_whole(app, pilot)
        assert view.answers.named() == EXAMPLES[0].row.trace_id
        await pilot.press("K")
        assert "this is the newest example" in text(app)
        await pilot.press("J")
        await until(pilot, lambda: shown(view.answers) == "cmp-0001")
        assert "example 2 of 3" in text(app)
        await pilot.press("J")
        await until(pilot, lambda: shown(view.answers) == "cmp-0002")
        await pilot.press("J")
        assert "this is the oldest example" in text(app)
        await pilot.press("K", "K")
        await until(pilot, lambda: shown(view.answers) == "cmp-0000")


async def test_help_names_no_key_that_can_do_nothing_on_the_screen() -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=(240, 60)) as pilot:
        await opened(app, pilot)
        await pilot.press("question_mark")
        assert "open what is under the cursor" in text(app)
        assert "in the browser" not in text(app)
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExampleScreen))
        await pilot.press("question_mark")
        assert "export what is seen" in text(app)
        assert "open what is under the cursor" not in text(app)
        assert "in the browser" not in text(app)


async def test_the_difference_of_the_group_comes_first_and_n_goes_through_all() -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        pane = (await opened_whole(app, pilot)).answers
        assert under_cursor(pane).startswith('"dueDate"')
        assert "2 of 7 differences" in text(app)
        assert "date $.data.classroom.assignments[1].dueDate" in text(app)
        seen = []
        for _ in range(7):
            seen.append(text(app).splitlines()[-2].strip("╰─╯ "))
            await pilot.press("n")
        assert [line.split()[0] for line in seen] == [
            "date",
            "float",
            "missing",
            "date",
            "null/empty",
            "extra",
            "length",
        ]
        assert text(app).splitlines()[-2].strip("╰─╯ ") == seen[0]
        await pilot.press("N")
        assert text(app).splitlines()[-2].strip("╰─╯ ") == seen[-1]
        await pilot.press("j", "j", "j", "j", "j")
        assert "length" in text(app).splitlines()[-2]
        await pilot.press("N")
        assert text(app).splitlines()[-2].strip("╰─╯ ") == seen[-1]


async def test_moving_and_folding() -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        pane = (await opened_whole(app, pilot)).answers
        reader = pane.reader
        assert reader is not None
        folded = len(reader.rows)
        await pilot.press("g")
        assert under_cursor(pane) == "⋯ 8"
        await pilot.press("enter")
        assert len(reader.rows) == folded + 7
        assert under_cursor(pane) == "{"
        await pilot.press("j", "down")
        assert under_cursor(pane) == '"classroom": {'
        await pilot.press("enter")
        assert (len(reader.rows), reader.cursor) == (folded, 0)
        await pilot.press("z")
        assert len(reader.rows) == reader.rows.starts[-1]
        assert under_cursor(pane) == "{"
        await pilot.press("G")
        assert under_cursor(pane) == "}"
        assert reader.cursor == len(reader.rows) - 1
        await pilot.press("k", "up", "z")
        assert under_cursor(pane) == '"cost": 12'
        await pilot.press("home")
        page = reader.page_rows
        for key, cursor in (
            ("ctrl+d", page // 2),
            ("ctrl+u", 0),
            ("pagedown", page // 2 * 2),
            ("pageup", 0),
            ("end", len(reader.rows) - 1),
        ):
            await pilot.press(key)
            assert reader.cursor == cursor, key
        pane.post_message(MouseScrollUp(pane, 5, 5, 0, -1, 0, False, False, False))
        await pilot.pause()
        assert reader.top == len(reader.rows) - page - 3
        assert reader.cursor == reader.top + page - 1
        pane.post_message(MouseScrollDown(pane, 5, 5, 0, 1, 0, False, False, False))
        await pilot.pause()
        assert reader.top == len(reader.rows) - page


async def test_a_click_goes_to_a_row_and_opens_a_fold() -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        pane = (await opened_whole(app, pilot)).answers
        reader = pane.reader
        assert reader is not None
        await pilot.press("g")
        rows_before = len(reader.rows)
        await pilot.click(pane, offset=(20, 4))
        assert reader.cursor == 2
        await pilot.click(pane, offset=(20, 1))
        assert reader.cursor == 2
        await pilot.click(pane, offset=(20, 2))
        assert len(reader.rows) > rows_before


def pair(legacy: object, new: object, i: int = 0) -> Example:
    texts = (json.dumps(x, ensure_ascii=False).encode() for x in (legacy, new))
    return examples.example(i, *texts)


async def test_long_lines_scroll_sideways_together_and_n_shows_where_they_part() -> None:
    long = "x" * 3_000
    store = store_of([pair({"a": f"{long}1{long}", "b": 1}, {"a": f"{long}2{long}", "b": 2})])
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        pane = (await opened_whole(app, pilot)).answers
        reader = pane.reader
        assert reader is not None
        row = next(line for line in text(app).splitlines() if "▸" in line[:4])
        assert "xx1xx" in row
        assert "xx2xx" in row
        assert "‹" in row
        assert "›" in row
        before = reader.layout.shift
        await pilot.press("l", "right", "h", "L")
        assert reader.layout.shift == before + 8 + reader.layout.left // 2
        await pilot.press(*["L"] * 140)
        furthest = reader.layout.shift
        assert 6_000 - reader.layout.left < furthest < 6_100
        await pilot.press("n")
        assert reader.layout.shift == 0
        assert '"b": 1' in text(app)
        await pilot.press("h", "left", "H")
        assert reader.layout.shift == 0


async def test_a_long_pair_is_compared_in_a_thread_and_a_later_one_wins() -> None:
    big = examples.example(1, *(json.dumps(x).encode() for x in examples.answers(0, 3000)))
    assert big.row.size > 1_000_000
    store = store_of([EXAMPLES[0], big, *EXAMPLES[2:4]])
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        await pilot.press("j")
        await until(
            pilot, lambda: shown(view.answers) == "cmp-0001" and view.answers.reader is not None
        )
        assert "of 7 differences" in text(app)
        assert "equal lines" in text(app)
        await pilot.press("j")
        await until(pilot, lambda: shown(view.answers) == "cmp-0002")
        await pilot.press("k", "j")
        await until(pilot, lambda: shown(view.answers) == "cmp-0002")
        assert view.answers.reader is not None
        assert view.answers.reader.side.left is not None
        assert view.answers.reader.side.left.lines < 300


async def test_what_a_comparison_under_way_says(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of([EXAMPLES[0], pair(["y" * 40_000], ["z" * 40_000], 1)])
    app = make_app(store.picture, store=store)
    begun: list[int] = []
    monkeypatch.setattr(AnswersPane, "_compare", lambda _pane, turn, _example: begun.append(turn))
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        await pilot.press("j")
        await until(pilot, lambda: bool(begun))
        assert "comparing 40.0 kB with 40.0 kB …" in text(app)
        view.answers._share = 0.43
        view.answers.post_message(AnswersPane.Compared(begun[-1]))
        await pilot.pause()
        assert "… 43 %" in text(app)
        view.answers.post_message(AnswersPane.Compared(begun[-1] - 1, trouble="of one before"))
        await pilot.pause()
        assert "… 43 %" in text(app)
        view.answers.post_message(AnswersPane.Compared(begun[-1], trouble="no memory"))
        await pilot.pause()
        assert "the answers could not be compared: no memory" in text(app)
        await pilot.press("2", *"jknNzglhLH", "enter", "pagedown", "K")
        await until(pilot, lambda: shown(view.answers) == "cmp-0000")
        assert "2 of 7 differences" in text(app)


async def test_answers_that_are_not_there_say_why() -> None:
    kept = EXAMPLES[0]
    gone = Example(row=examples.example(1).row, differences=kept.differences, legacy=None, new=None)
    half = Example(
        row=examples.example(2).row, differences=kept.differences, legacy=None, new=kept.new
    )
    store = store_of([kept, gone, half])
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        view = await opened(app, pilot)
        await pilot.press("j")
        await until(pilot, lambda: shown(view.answers) == "cmp-0001")
        assert "longer than what the cache keeps" in text(app)
        assert "null/empty" in text(app)
        await pilot.press("j")
        await until(pilot, lambda: shown(view.answers) == "cmp-0002")
        assert "legacy not kept" in text(app)
        assert "$.data.classroom.assignments[1].dueDate" in text(app)
        assert '"dueDate": "2026-08-11T23:59:59Z"' in text(app)
    store = store_of([])
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        assert "no example is kept" in text(app)
        assert "no example of this difference is kept" in text(app)


async def test_a_group_that_is_not_known_and_one_that_is_on_its_way() -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await app.open(GroupOf(99))
        await until(pilot, lambda: isinstance(app.screen, GroupScreen) and app.screen.answered)
        assert "is not known any more, or not yet" in text(app)
        await pilot.press("2", *"jknNzglhJK", "enter", "y")
        assert "is not known any more, or not yet" in text(app)


@pytest.mark.parametrize(
    ("legacy", "new"),
    [
        (b"<html>\n<b>[red]no[/red]</b>\x1b[31m\n", b'{"a": 1}'),
        (b'{"a": 1e400, "b": 1}', b'{"a": 1e400, "b": 2}'),
        (b"[" * 100_000 + b"]" * 100_000, b'{"a":\t1}'),
        (b'"' + "漢字🎉".encode() * 2_000 + b'"', b'"' + "漢字".encode() * 2_000 + b'"'),
        (b'{"a":1,"a":2}', b'{"a":1,"a":3}'),
        ('{"\u202ea":"\u001b[2J\u200b\ue000"}'.encode(), '{"[bold]":"\ufeff"}'.encode()),
        (b'"' + b"q" * 5_000_000 + b'"', b'"' + b"q" * 4_999_999 + b'r"'),
        (b"", b""),
        (b"1", b"[]"),
    ],
    ids=("html", "huge-number", "deep", "wide", "twice", "hostile", "5MB", "empty", "scalar"),
)
@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80", "120"])
async def test_odd_answers_are_drawn_in_their_cells(
    legacy: bytes, new: bytes, size: tuple[int, int]
) -> None:
    odd = Example(row=EXAMPLES[1].row, differences=EXAMPLES[1].differences, legacy=legacy, new=new)
    store = store_of([EXAMPLES[0], odd])
    app = make_app(store.picture, store=store)
    async with app.run_test(size=size) as pilot:
        view = await opened(app, pilot)
        await pilot.press("j")
        await until(
            pilot, lambda: shown(view.answers) == "cmp-0001" and view.answers.reader is not None
        )
        await pilot.press("2", "f")
        for key in ("n", "L", "z", "G", "g", "l", "enter", "N"):
            await pilot.press(key)
            for line in rows(app):
                assert sum(segment.cell_length for segment in line) == size[0]
        assert app.is_running


@pytest.mark.parametrize(("width", "height"), [(20, 6), (80, 24), (120, 36), (240, 60)])
@pytest.mark.parametrize("focus", ["examples", "answers"])
def test_the_plan_leaves_nothing_out_and_covers_nothing(
    width: int, height: int, focus: str
) -> None:
    plan = group_plan(width, height, focus=focus, full=False)
    assert focus in plan.boxes
    cells = [
        (x, y)
        for box in plan.boxes.values()
        for x in range(box.x, box.x + box.width)
        for y in range(box.y, box.y + box.height)
    ]
    assert len(cells) == len(set(cells))
    assert all(x < width and y < height for x, y in cells)


async def test_no_size_breaks_the_picture() -> None:
    store = store_of()
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        for size in ((1, 1), (30, 8), (60, 12), (99, 29), (300, 100), (80, 24)):
            await pilot.resize_terminal(*size)
            for key in ("2", "n", "z", "1"):
                await pilot.press(key)
            lines = text(app).splitlines()
            assert len(lines) <= size[1]
            assert all(len(line) <= size[0] for line in lines)


async def test_light_and_dark_draw_the_same_and_without_colour_marks_and_words_say_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = store_of()
    pictures = []
    for theme in ("goliath", "goliath-light"):
        app = make_app(store.picture, store=store, theme=theme)
        async with app.run_test(size=SIZE) as pilot:
            await opened_whole(app, pilot)
            pictures.append(text(app))
            colours = {
                segment.text.strip(): segment.style.color
                for row in rows(app)
                for segment in row
                if segment.style is not None
            }
            assert colours["legacy"] != colours["new"]
            assert colours[".101"] == colours["legacy"]
    assert pictures[0] == pictures[1]
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(store.picture, store=store)
    async with app.run_test(size=SIZE) as pilot:
        await opened_whole(app, pilot)
        assert text(app) == pictures[0]
        underlined = []
        for row in rows(app):
            for segment in row:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default
                if style is not None and style.underline:
                    underlined.append(segment.text)
        assert ".101" in underlined
