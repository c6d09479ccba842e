"""Two answers beside each other: each reads as it was sent, and what is marked is what counts."""

import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import Difference, DifferenceClass
from goliath_tui.measures.differences import differences
from goliath_tui.measures.json_lines import Finder, JsonText, lay_out
from goliath_tui.measures.side_blocks import DIFFERING, PLACES, Mark, SideBySide
from goliath_tui.measures.side_by_side import side_by_side
from goliath_tui.measures.side_rows import CONTEXT, FoldedRows

D = DifferenceClass

keys = st.sampled_from(["id", "name", "x", "a b", "é"]) | st.text(max_size=3)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-3, 3).map(lambda x: round(x, 1))
    | st.sampled_from(["", "a", '"', "]", "}", "2021-08-30", "2021-08-30T00:00:00Z", "&amp;", "&"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.lists(
            st.fixed_dictionaries({"id": st.integers(0, 9)}, optional={"x": inner}), max_size=4
        )
    ),
    max_leaves=14,
)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """Two values with much in common, as two backends give them."""
    value = draw(values)
    return value, _changed(value, Random(draw(st.integers(0, 10**6))), draw(values))


def _changed(value: Any, random: Random, other: Any) -> Any:
    if random.random() < 0.08:
        return other
    if isinstance(value, dict):
        members = [(k, _changed(v, random, other)) for k, v in value.items()]
        members = [member for member in members if random.random() > 0.1]
        if random.random() < 0.2:
            random.shuffle(members)
        return dict(members)
    if isinstance(value, list):
        items = [_changed(item, random, other) for item in value if random.random() > 0.1]
        if random.random() < 0.3:
            random.shuffle(items)
        return items
    return float(value) if type(value) is int and random.random() < 0.2 else value


def text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def laid(value: Any) -> list[str]:
    return json.dumps(value, ensure_ascii=False, indent=2).split("\n")


def lines(side: JsonText | None, numbers: list[int | None]) -> list[str]:
    assert side is not None
    return [side.line(i).decode() for i in numbers if i is not None]


def all_open(side: SideBySide, *, stacked: bool) -> FoldedRows:
    sheet = FoldedRows(side, stacked=stacked)
    if sheet.folds:
        sheet.turn_all()
    return sheet


@given(pairs())
@settings(max_examples=300)
def test_each_side_reads_exactly_as_it_was_sent(pair: tuple[Any, Any]) -> None:
    side = side_by_side(text(pair[0]), text(pair[1]))
    sheet = all_open(side, stacked=False)
    rows = [sheet.row(i) for i in range(len(sheet))]
    assert lines(side.left, [row.left for row in rows]) == laid(pair[0])
    assert lines(side.right, [row.right for row in rows]) == laid(pair[1])
    assert all(row.left is not None or row.right is not None for row in rows)


@given(pairs())
@settings(max_examples=300)
def test_what_is_marked_is_what_the_comparison_counts(pair: tuple[Any, Any]) -> None:
    side = side_by_side(text(pair[0]), text(pair[1]))
    counted = Counter((d.path, d.kind) for d in differences(*pair, limit=10**6))
    assert Counter((spot.path, spot.kind) for spot in side.spots) == counted
    assert {spot for _, spot in side.places} == set(range(len(side.spots)))
    for block, spot in side.places:
        mark = side.blocks[block].mark
        assert mark in DIFFERING
        assert side.blocks[block].spot == spot
    for number, found in enumerate(side.spots):
        blocks = [b for b in side.blocks if b.spot == number]
        assert found.kind is D.EXTRA or any(b.left_lines for b in blocks)
        assert found.kind is D.MISSING or any(b.right_lines for b in blocks)


@given(st.integers(0, 10**9))
@settings(max_examples=250)
def test_long_lists_are_aligned_as_the_comparison_aligns_them(seed: int) -> None:
    random = Random(seed)
    kinds: list[Callable[[int], Any]] = [
        lambda i: i % 7,
        lambda i: {"id": i, "x": i % 3},
        lambda i: [i % 5, {"k": 1}],
    ]
    make = random.choice(kinds)
    legacy = [make(i) for i in range(random.randrange(60))]
    new = json.loads(json.dumps(legacy))
    for _ in range(random.randrange(6)):
        at = random.randrange(len(new) + 1)
        what = random.randrange(6)
        if what == 0:
            new.insert(at, make(random.randrange(70)))
        elif at == len(new):
            continue
        elif what == 1:
            del new[at : at + random.randrange(1, 9)]
        elif what == 2:
            new.insert(random.randrange(len(new)), new.pop(at))
        elif what == 3 and isinstance(new[at], dict):
            new[at] = dict(reversed(new[at].items()))
        elif what == 4 and isinstance(new[at], int):
            new[at] = float(new[at])
        else:
            new[at] = make(random.randrange(70))
    side = side_by_side(text(legacy), text(new))
    counted = Counter((d.path, d.kind) for d in differences(legacy, new))
    assert Counter((spot.path, spot.kind) for spot in side.spots) == counted
    sheet = all_open(side, stacked=False)
    rows = [sheet.row(i) for i in range(len(sheet))]
    assert lines(side.left, [row.left for row in rows]) == laid(legacy)
    assert lines(side.right, [row.right for row in rows]) == laid(new)


@given(pairs())
@settings(max_examples=200)
def test_rows_without_a_mark_are_equal(pair: tuple[Any, Any]) -> None:
    side = side_by_side(text(pair[0]), text(pair[1]))
    assert side.left is not None
    assert side.right is not None
    for block in side.blocks:
        if block.mark is Mark.EQUAL:
            assert block.left_lines == block.right_lines
            for i in range(block.left_lines):
                here = side.left.line(block.left + i).rstrip(b",")
                there = side.right.line(block.right + i).rstrip(b",")
                assert here == there


@given(pairs())
@settings(max_examples=200)
def test_a_difference_is_marked_at_the_line_of_its_path(pair: tuple[Any, Any]) -> None:
    side = side_by_side(text(pair[0]), text(pair[1]))
    assert side.left is not None
    finder = Finder(side.left)
    for number, spot in enumerate(side.spots):
        if spot.kind in {D.EXTRA, D.LENGTH, D.ORDER}:
            continue
        line, whole = finder.find(spot.path)
        assert whole
        blocks = [block for block in side.blocks if block.spot == number]
        assert any(b.left <= line < b.left + b.left_lines for b in blocks)


@given(pairs(), st.booleans())
@settings(max_examples=200)
def test_folds_hide_nothing_that_differs(pair: tuple[Any, Any], stacked: bool) -> None:
    side = side_by_side(text(pair[0]), text(pair[1]))
    sheet = FoldedRows(side, stacked=stacked)
    for index, (block, _) in enumerate(side.places):
        row = sheet.row(sheet.seen_at(sheet.place(index)))
        assert not row.hidden
        assert row.block == block
        assert row.first
    hidden = sum(sheet.row(i).hidden for i in range(len(sheet)))
    assert hidden + sum(not sheet.row(i).hidden for i in range(len(sheet))) == sheet.starts[-1]
    for i in range(len(sheet)):
        assert sheet.seen_at(sheet.all_at(i)) == i


@given(pairs())
@settings(max_examples=100)
def test_stacked_rows_hold_every_line_once(pair: tuple[Any, Any]) -> None:
    side = side_by_side(text(pair[0]), text(pair[1]))
    sheet = all_open(side, stacked=True)
    rows = [sheet.row(i) for i in range(len(sheet))]
    assert lines(side.left, [row.left for row in rows]) == laid(pair[0])
    assert lines(side.right, [row.right for row in rows]) == laid(pair[1])


def picture(legacy: Any, new: Any, *, stacked: bool = False) -> list[str]:
    """Rows as `mark legacy | new`, folds as `… hidden`."""
    side = side_by_side(text(legacy), text(new))
    assert side.left is not None
    assert side.right is not None
    sheet = FoldedRows(side, stacked=stacked)
    found = []
    for i in range(len(sheet)):
        row = sheet.row(i)
        if row.hidden:
            found.append(f"… {row.hidden}")
            continue
        here = side.left.line(row.left).decode() if row.left is not None else ""
        there = side.right.line(row.right).decode() if row.right is not None else ""
        found.append(f"{side.blocks[row.block].mark.name[0]} {here} | {there}".rstrip())
    return found


def test_how_it_reads() -> None:
    legacy = {"id": 1, "due": "2021-08-30", "tags": ["a", "b"], "owner": {"name": "x"}, "n": []}
    new = {"id": 1, "due": "2021-08-31", "tags": ["a"], "n": [1], "more": True}
    assert picture(legacy, new) == [
        "E { | {",
        'E   "id": 1, |   "id": 1,',
        'C   "due": "2021-08-30", |   "due": "2021-08-31",',
        'H   "tags": [ |   "tags": [',
        'E     "a", |     "a"',
        'G     "b" |',
        "E   ], |   ],",
        'G   "owner": { |',
        'G     "name": "x" |',
        "G   }, |",
        'C   "n": [] |   "n": [',
        "A  |     1",
        "A  |   ],",
        'A  |   "more": true',
        "E } | }",
    ]


def test_long_equal_parts_are_folded_and_turn() -> None:
    legacy = [{"id": i, "x": i} for i in range(100)]
    new = [{"id": i, "x": i + (i == 50)} for i in range(100)]
    side = side_by_side(text(legacy), text(new))
    sheet = FoldedRows(side, stacked=False)
    assert [sheet.row(i).hidden for i in (0, len(sheet) - 1)] == [203 - CONTEXT, 198 - CONTEXT]
    assert len(sheet) == 2 + 2 * CONTEXT + 1
    assert sheet.turn(0)
    assert len(sheet) == 203 + 1 + CONTEXT + 1
    assert sheet.row(0).left == 0
    assert sheet.turn(10)
    assert len(sheet) == 2 + 2 * CONTEXT + 1
    assert not sheet.turn(CONTEXT)
    sheet.turn_all()
    assert len(sheet) == sheet.starts[-1] == 402
    sheet.turn_all()
    assert len(sheet) == 2 + 2 * CONTEXT + 1


def test_a_long_part_that_is_gone_is_folded_too() -> None:
    side = side_by_side(text({"a": 1, "b": list(range(500))}), text({"a": 1}))
    sheet = FoldedRows(side, stacked=False)
    assert len(sheet) < 20
    [fold] = [row for row in map(sheet.row, range(len(sheet))) if row.hidden]
    assert side.blocks[fold.block].mark is Mark.GONE


def test_what_moved_is_shown_on_both_sides_with_what_else_differs_in_it() -> None:
    legacy = [{"id": i, "x": i} for i in (1, 2, 3)]
    new = [{"id": 2, "x": 2}, {"id": 3, "x": 3}, {"id": 1, "x": "1"}]
    side = side_by_side(text(legacy), text(new))
    assert [(s.path, s.kind) for s in side.spots] == [("$", D.ORDER), ("$[0].x", D.TYPE)]
    marks = [(b.mark, b.left_lines, b.right_lines) for b in side.blocks]
    assert marks == [
        (Mark.HEAD, 1, 1),
        (Mark.MOVED, 2, 0),
        (Mark.CHANGED, 1, 0),
        (Mark.MOVED, 1, 0),
        (Mark.EQUAL, 8, 8),
        (Mark.MOVED, 0, 2),
        (Mark.CHANGED, 0, 1),
        (Mark.MOVED, 0, 1),
        (Mark.EQUAL, 1, 1),
    ]


def test_members_in_another_order_and_keys_that_stand_twice_are_no_difference() -> None:
    side = side_by_side(b'{"a":1,"b":2,"c":3}', b'{"c":3,"a":1,"b":2}')
    assert side.spots == []
    assert side.places == []
    assert Counter(b.mark for b in side.blocks)[Mark.ELSEWHERE] == 2
    side = side_by_side(b'{"a":1,"a":2}', b'{"a":2}')
    assert side.places == []
    assert [(b.mark, b.left) for b in side.blocks][1] == (Mark.ELSEWHERE, 1)
    side = side_by_side(b'{"a":1,"a":2}', b'{"a":1,"a":3}')
    assert [(s.path, s.kind) for s in side.spots] == [("$.a", D.VALUE)]
    assert [b.mark for b in side.blocks if b.spot == 0] == [Mark.CHANGED]


def test_numbers_and_strings_stay_as_they_were_sent() -> None:
    side = side_by_side(b'{"n":2.50,"s":"\\u00e9"}', '{"n":2.5,"s":"é","x":1}'.encode())
    assert side.left is not None
    assert [side.left.line(i) for i in (1, 2)] == [b'  "n": 2.50,', b'  "s": "\\u00e9"']
    assert [spot.path for spot in side.spots] == ["$.x"]


def test_more_differences_than_are_told_apart_are_marked_all_the_same() -> None:
    legacy, new = {f"k{i}": i for i in range(50)}, {f"k{i}": -i - 1 for i in range(50)}
    side = side_by_side(text(legacy), text(new), limit=7)
    assert len(side.spots) == 7
    assert [spot for _, spot in side.places][6:8] == [6, -1]
    assert sum(b.mark is Mark.CHANGED for b in side.blocks) == 50


def test_a_shuffled_list_has_no_end_of_places() -> None:
    items = [{"id": i} for i in range(5000)]
    shuffled = items.copy()
    Random(1).shuffle(shuffled)
    side = side_by_side(text(items), text(shuffled))
    assert len(side.places) == PLACES
    assert {spot for _, spot in side.places} == {0}


# --- as it was recorded --------------------------------------------------------------------------


def test_the_recorded_class_goes_before_ours_and_what_was_not_recorded_says_so() -> None:
    recorded = [Difference(path="$.a", kind=D.DATE), Difference(path="$.c.d[1]", kind=D.VALUE)]
    legacy = {"a": "x", "b": 1, "c": {"d": [1, 2, 3]}}
    side = side_by_side(text(legacy), text({**legacy, "a": "y", "b": 2}), recorded)
    assert [(s.path, s.kind, s.recorded) for s in side.spots] == [
        ("$.a", D.DATE, True),
        ("$.b", D.VALUE, False),
        ("$.c.d[1]", D.VALUE, True),
    ]
    found = {spot: side.blocks[block] for block, spot in side.places}
    assert side.left is not None
    assert side.left.line(found[2].left) == b"      2,"
    assert (found[2].left_lines, found[2].right_lines) == (1, 1)


@given(pairs())
@settings(max_examples=150)
def test_a_value_that_cannot_be_decoded_hides_no_other_difference(pair: tuple[Any, Any]) -> None:
    texts = [
        b'{"huge":[{"n":1e99%d},{}],"v":' % i + text(value) + b"}" for i, value in enumerate(pair)
    ]
    recorded = [Difference(path="$.huge[0].n", kind=D.VALUE)]
    recorded += [Difference(path=f"$.v{d.path[1:]}", kind=d.kind) for d in differences(*pair)]
    side = side_by_side(texts[0], texts[1], recorded)
    assert "out of range" in side.trouble
    assert Counter((s.path, s.kind) for s in side.spots) == Counter(
        (d.path, d.kind) for d in recorded
    )
    assert all(spot.recorded for spot in side.spots)
    assert {spot for _, spot in side.places} >= set(range(len(side.spots)))
    sheet = all_open(side, stacked=False)
    rows = [sheet.row(i) for i in range(len(sheet))]
    assert len(lines(side.left, [row.left for row in rows])) == len(laid(pair[0])) + 8
    assert len(lines(side.right, [row.right for row in rows])) == len(laid(pair[1])) + 8


# --- odd input -----------------------------------------------------------------------------------

DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"<html>\n<b>no</b>\n</html>",
        b'{"a":',
        b"\xff\xfe\n\xff",
        b'{"a":1e400}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'"\\ud800"',
        DEEP,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'"' + b"x" * 500_000 + b'"',
        b"\r\n\r\n",
        b'{"\\n]":{"}":"[","\\u202e":"\\u001b[31m"}}',
    ],
    ids=lambda odd: repr(odd[:12]),
)
def test_odd_answers_are_shown_as_they_are(odd: bytes) -> None:
    recorded = [Difference(path="$.a[3]", kind=D.VALUE), Difference(path="nonsense", kind=D.TYPE)]
    for legacy, new in ((odd, b'{"a":1}'), (b"[1]", odd), (odd, odd), (odd, None), (None, odd)):
        side = side_by_side(legacy, new, recorded)
        for stacked in (False, True):
            sheet = all_open(side, stacked=stacked)
            rows = [sheet.row(i) for i in range(len(sheet))]
            for known, numbers in (
                (side.left, [row.left for row in rows]),
                (side.right, [row.right for row in rows]),
            ):
                if known is not None and not (stacked and legacy == new):
                    seen = [i for i in numbers if i is not None]
                    assert seen == list(range(known.lines))


def test_an_answer_that_was_not_kept() -> None:
    side = side_by_side(None, b'{"a":[1,2]}', [Difference(path="$.a[1]", kind=D.VALUE)])
    assert side.left is None
    assert [(b.mark, b.right_lines) for b in side.blocks] == [
        (Mark.EQUAL, 3),
        (Mark.CHANGED, 1),
        (Mark.EQUAL, 2),
    ]
    nothing = side_by_side(None, None, [Difference(path="$.a", kind=D.VALUE)])
    assert (nothing.blocks, nothing.places, len(nothing.spots)) == ([], [], 1)
    assert len(FoldedRows(nothing, stacked=False)) == 0


def test_a_small_text_that_would_fill_the_memory_is_not_laid_out() -> None:
    wide = b"[" * 250 + b",".join([b"1"] * 400_000) + b"]" * 250
    assert lay_out(wide).trouble
    side = side_by_side(wide, wide.replace(b"1]", b"2]"))
    assert side.trouble
    assert len(side.places) == 1
    flat = b"[" + b",".join([b"1"] * 400_000) + b"]"
    assert lay_out(flat).lines == 400_002
    brackets = b'["' + b"[{" * 20 + b'",' + b",".join([b"1"] * 400_000) + b"]"
    assert not lay_out(brackets).trouble


def test_lines_are_found_anywhere_in_a_long_text() -> None:
    value = [{"id": i, "name": "n" * (i % 90)} for i in range(5000)]
    laid_out = lay_out(text(value))
    wanted = laid(value)
    assert laid_out.lines == len(wanted)
    random = Random(2)
    for number in [0, laid_out.lines - 1, *(random.randrange(laid_out.lines) for _ in range(500))]:
        assert laid_out.line(number).decode() == wanted[number]
        assert laid_out.line_at(laid_out.start_of(number)) == number
        if number + 1 < laid_out.lines:
            assert laid_out.line(number + 1).decode() == wanted[number + 1]


def test_whoever_is_told_can_end_the_work() -> None:
    told: list[float] = []

    def tell(share: float) -> None:
        told.append(share)
        if share > 0.5:
            raise InterruptedError

    legacy = [{"id": i, "x": i} for i in range(5000)]
    with pytest.raises(InterruptedError):
        side_by_side(text(legacy), text([{"id": i, "x": -i - 1} for i in range(5000)]), tell=tell)
    assert told == sorted(told)
