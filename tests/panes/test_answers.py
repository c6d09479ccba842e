"""How a row of two answers is drawn, and how a reader moves through them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.binding import Binding

from goliath_tui.domain import DifferenceClass
from goliath_tui.measures.side_blocks import Mark
from goliath_tui.measures.side_by_side import side_by_side
from goliath_tui.panes.answer_reader import STACKED_BELOW, Reader
from goliath_tui.panes.answer_rows import GUTTER, Layout, Lines, row_line
from goliath_tui.panes.answers import AnswersPane, word_of
from goliath_tui.widgets.keys import APP_KEYS, SCREEN_KEYS
from goliath_tui.widgets.palette import plain_palette

INK = plain_palette()
texts = st.text(max_size=60) | st.sampled_from(["漢字" * 30, "🎉" * 20, "\x1b[31m\u202e", "é" * 80])


def reader_of(legacy: Any, new: Any, width: int = 120, height: int = 20) -> Reader:
    one, other = (json.dumps(x, ensure_ascii=False).encode() for x in (legacy, new))
    side = side_by_side(one, other)
    reader = Reader(side)
    reader.arrange(width, height)
    return reader


def drawn(reader: Reader, number: int, layout: Layout | None = None) -> str:
    row = reader.rows.row(number)
    word = word_of(reader.side, row)
    wanted = layout or reader.layout
    line = row_line(reader.lines, row, wanted, word, INK, current=False)
    return "".join(text for text, _ in line.runs)


@given(texts, texts, st.integers(20, 200), st.integers(0, 90))
@settings(max_examples=150)
def test_a_row_stays_in_its_cells_and_the_line_between_stands_still(
    one: str, other: str, width: int, shift: int
) -> None:
    reader = reader_of({"a": one, "b": [one], "c": 1}, {"a": other, "b": [], "d": other}, width)
    reader.turn_all_folds()
    layout = Layout(width, stacked=width < STACKED_BELOW, shift=shift)
    for number in range(len(reader.rows)):
        text = drawn(reader, number, layout)
        assert cell_len(text) <= width
        assert text.isprintable()
        if not layout.stacked:
            before = 0
            for position, character in enumerate(text):
                if before == GUTTER + layout.left:
                    assert text[position : position + 3] == " │ "
                    break
                before += cell_len(character)


def in_common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


@given(st.text("ab,", max_size=12), st.text("ab,", max_size=12))
@settings(max_examples=200)
def test_what_differs_in_a_line_is_what_is_in_common_at_neither_end(one: str, other: str) -> None:
    reader = reader_of([one, 1], [other, 1])
    if one == other:
        return
    lines = Lines(reader.side)
    number = next(i for i, b in enumerate(reader.side.blocks) if b.mark is Mark.CHANGED)
    block = reader.side.blocks[number]
    left, right = lines.text(block.left, is_left=True), lines.text(block.right, is_left=False)
    common = lines.apart(number)
    assert common is not None
    front, back = common
    assert front == in_common(left[:-1], right[:-1])
    assert back == in_common(left[front:-1][::-1], right[front:-1][::-1])


def test_a_line_is_shown_from_where_it_is_scrolled_to() -> None:
    text = "".join(str(i % 10) for i in range(300))
    reader = reader_of([text, 1], [text, 2])
    reader.turn_all_folds()
    layout = Layout(120, stacked=False, shift=100)
    room = layout.left
    half = drawn(reader, 1, layout)[GUTTER : GUTTER + room]
    whole = f'  "{text}",'
    assert half == f"‹{whole[101 : 100 + room - 1]}›"
    end = drawn(reader, 1, Layout(120, stacked=False, shift=len(whole) - 20))
    assert end[GUTTER + 1 :].startswith(whole[-19:] + " ")


def test_marks_and_words() -> None:
    legacy = {"a": 1, "gone": {"x": 1}, "l": [1, 2, 3], "n": None, "m": [{"id": 1}, {"id": 2}]}
    new = {"a": 2, "l": [1, 3], "n": [], "more": 1, "m": [{"id": 2}, {"id": 1}]}
    reader = reader_of(legacy, new)
    reader.turn_all_folds()
    rows = [drawn(reader, i) for i in range(len(reader.rows))]

    def row(start: str) -> str:
        return next(text for text in rows if start in text)

    assert row('"a"').startswith("~ ")
    assert row('"a"').endswith(" value ")
    assert row('"gone"').startswith("− ")
    assert row('"gone"').endswith(" missing ")
    assert not row('"x"').endswith("missing ")
    assert row('"x"').startswith("− ")
    assert "│ + " in row('"more"')
    assert row('"more"').endswith(" extra ")
    assert row('"l"').endswith(" length ")
    assert row("    2,").startswith("− ")
    assert row('"n"').endswith(" null/empty ")
    assert row('"m"').endswith(" order ")
    assert sum(text.startswith("⇅ ") for text in rows) + sum("│ ⇅ " in text for text in rows) == 6
    below = reader_of(legacy, new, width=78)
    below.turn_all_folds()
    rows = [drawn(below, i) for i in range(len(below.rows))]
    at = rows.index(row('"a": 1'))
    assert rows[at].startswith("− ")
    assert rows[at + 1].startswith('+   "a": 2')
    assert not rows[at + 1].endswith(" value ")


def test_what_was_not_recorded_and_members_elsewhere_have_no_word_of_their_own() -> None:
    side = side_by_side(b'{"a":1,"b":{"x":1}}', b'{"b":{"x":1},"a":1}')
    reader = Reader(side)
    reader.arrange(120, 20)
    rows = [drawn(reader, i) for i in range(len(reader.rows))]
    assert sum("↕" in text for text in rows) == 2
    assert reader.spot() == -1
    reader.next_place(1)
    assert reader.cursor == 0


items = st.lists(st.integers(0, 5), min_size=1, max_size=40)


@given(items, items, st.integers(0, 100), st.integers(1, 30), st.sampled_from([80, 120]))
@settings(max_examples=150)
def test_next_goes_through_every_place_in_order_and_round(
    legacy: list[int], new: list[int], start: int, height: int, width: int
) -> None:
    reader = reader_of([[i] for i in legacy], [[i] for i in new], width, height)
    count = len(reader.side.places)
    reader.move(start)
    seen = []
    for _ in range(count + 1):
        reader.next_place(1)
        reader.arrange(width, height)
        assert reader.cursor in reader.in_sight()
        seen.append(reader.rows.all_at(reader.cursor))
    rows = [reader.rows.place(i) for i in range(count)]
    assert set(seen) == set(rows if count else [reader.rows.all_at(reader.cursor)])
    if count > 1:
        at = rows.index(seen[0])
        assert seen == [rows[(at + i) % count] for i in range(count + 1)]
        reader.next_place(-1)
        assert reader.rows.all_at(reader.cursor) == seen[-2]


def test_it_begins_with_the_difference_that_is_looked_into() -> None:
    legacy = {"a": 1, "items": [{"due": "2021-01-01"}, {"due": "2021-01-02"}]}
    new = {"a": 2, "items": [{"due": "2021-01-01"}, {"due": "2021-01-03"}]}
    side = side_by_side(json.dumps(legacy).encode(), json.dumps(new).encode())
    for wanted, path in (
        (("$.items[].due", DifferenceClass.VALUE), "$.items[1].due"),
        (("$.items[].due", DifferenceClass.DATE), "$.a"),
        (None, "$.a"),
    ):
        reader = Reader(side, wanted)
        reader.arrange(120, 20)
        assert reader.side.spots[reader.spot()].path == path


def test_another_width_keeps_the_place() -> None:
    legacy = [{"id": i, "x": i, "y": i} for i in range(200)]
    new = [{**item, "x": -1} if item["id"] % 50 == 7 else item for item in legacy]
    reader = reader_of(legacy, new)
    reader.next_place(1)
    reader.next_place(1)
    here = reader.spot_here()
    assert here >= 0
    reader.arrange(78, 10)
    assert reader.spot_here() == here
    assert reader.cursor in reader.in_sight()


def test_no_key_of_the_answers_means_two_things() -> None:
    taken = {key.strip() for k in (*APP_KEYS, *SCREEN_KEYS) for key in k.keys.split(",")}
    own = [key for b in AnswersPane.BINDINGS if isinstance(b, Binding) for key in b.key.split(",")]
    assert len(own) == len(set(own))
    assert set(own) & taken == {"enter"}  # nothing opens from the answers, so it is free there


@pytest.mark.parametrize("height", [0, 1, 2, 500])
def test_any_height(height: int) -> None:
    reader = reader_of({"a": list(range(100))}, {"a": [*range(99), "x"]}, 120, height)
    for _ in range(3):
        reader.turn_pages(1)
        reader.scroll(3)
        reader.turn_all_folds()
        reader.arrange(120, height)
        assert reader.cursor in reader.in_sight()
