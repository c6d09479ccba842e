"""The structural difference of two JSON values: each class, and what always holds."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import Comparison, Difference, DifferenceClass
from goliath_tui.measures.differences import LIMIT, MAX_PATH, compare, differences

D = DifferenceClass


def found(legacy: Any, new: Any) -> list[tuple[str, D]]:
    return [(difference.path, difference.kind) for difference in differences(legacy, new)]


@pytest.mark.parametrize(
    ("legacy", "new", "expected"),
    [
        ({"a": 1}, {"a": 2}, [("$.a", D.VALUE)]),
        ({"a": True}, {"a": False}, [("$.a", D.VALUE)]),
        ({"a": "1"}, {"a": 1}, [("$.a", D.TYPE)]),
        ({"a": True}, {"a": 1}, [("$.a", D.TYPE)]),
        ({"a": 0.0}, {"a": False}, [("$.a", D.TYPE)]),
        ({"a": None}, {"a": 0}, [("$.a", D.TYPE)]),
        ({"a": None}, {"a": False}, [("$.a", D.TYPE)]),
        ({"a": None}, {"a": [1]}, [("$.a", D.TYPE)]),
        ({"a": []}, {"a": {}}, [("$.a", D.TYPE)]),
        ({"a": [1]}, {"a": 1}, [("$.a", D.TYPE)]),
        ({"a": ""}, {"a": []}, [("$.a", D.TYPE)]),
        ({"a": None}, {"a": ""}, [("$.a", D.NULL_AGAINST_EMPTY)]),
        ({"a": []}, {"a": None}, [("$.a", D.NULL_AGAINST_EMPTY)]),
        ({"a": {}}, {"a": None}, [("$.a", D.NULL_AGAINST_EMPTY)]),
        ({"a": 1, "b": {"c": 2}}, {"a": 1}, [("$.b", D.MISSING)]),
        ({"a": None}, {}, [("$.a", D.MISSING)]),
        ({}, {"a": None}, [("$.a", D.EXTRA)]),
        ({"a": 1, "b": 2}, {"b": 2, "c": 3}, [("$.a", D.MISSING), ("$.c", D.EXTRA)]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 1}, {"a": 1.0}, [("$.a", D.FLOAT)]),
        ({"a": 2.5001}, {"a": 2.5}, [("$.a", D.FLOAT)]),
        ({"a": "2021-08-30T10:15:30Z"}, {"a": "2021-08-30T10:15:30.5Z"}, [("$.a", D.DATE)]),
        ({"a": "a &amp; b"}, {"a": "a & b"}, [("$.a", D.ENCODING)]),
        (1, 2, [("$", D.VALUE)]),
        (None, [], [("$", D.NULL_AGAINST_EMPTY)]),
        ([], [], []),
        ({}, {}, []),
        (None, None, []),
    ],
)
def test_the_classes_of_differences(
    legacy: Any, new: Any, expected: list[tuple[str, DifferenceClass]]
) -> None:
    assert found(legacy, new) == expected


def one(number: int, **rest: Any) -> dict[str, Any]:
    return {"id": number, "title": f"item {number}", **rest}


@pytest.mark.parametrize(
    ("legacy", "new", "expected"),
    [
        ([1, 2, 3], [3, 2, 1], [("$", D.ORDER)]),
        ([1, 2, 2], [2, 1, 2], [("$", D.ORDER)]),
        ([1, 2, 3], [1, 9, 3], [("$[1]", D.VALUE)]),
        ([1, 2, 3], [1, 2], [("$", D.LENGTH)]),
        ([1, 2, 3], [2, 3], [("$", D.LENGTH)]),
        ([1, 3], [1, 2, 3], [("$", D.LENGTH)]),
        ([], [1, 2], [("$", D.LENGTH)]),
        ([1, 1], [1, 1, True], [("$", D.LENGTH)]),
        ([9, 1, 1, 8], [1, 1], [("$", D.LENGTH)]),
        ([1, 2, 3, 4], [3, 1, 2], [("$", D.LENGTH), ("$", D.ORDER)]),
        ([1, 2, 3, 4, 5], [1, 3, 4, 6], [("$", D.LENGTH), ("$[4]", D.VALUE)]),
        ([1, 2, 3, 4], [2, 1, 3, 5], [("$", D.ORDER), ("$[3]", D.VALUE)]),
        ([1, 2, 3], [2, 3, 4], [("$[0]", D.VALUE)]),
        ([1, True], [True, 1], [("$[0]", D.TYPE), ("$[1]", D.TYPE)]),
        ([[1, 2], [3]], [[3], [1, 2]], [("$", D.ORDER)]),
        # The same objects elsewhere: what else they differ in is still seen.
        (
            [one(1, x=1.25), one(2), one(3)],
            [one(2), one(3), one(1, x=1.3)],
            [("$", D.ORDER), ("$[0].x", D.FLOAT)],
        ),
        # An object that is gone does not make all others differ.
        (
            [one(1), one(2, x=1), one(3)],
            [one(2, x="1"), one(3)],
            [("$", D.LENGTH), ("$[1].x", D.TYPE)],
        ),
        ([one(1), one(2)], [one(1), one(7)], [("$[1].id", D.VALUE), ("$[1].title", D.VALUE)]),
        # Ids of another type pair nothing, so place decides.
        (
            [{"id": 1}, {"id": 2}],
            [{"id": "1"}, {"id": "2"}],
            [("$[0].id", D.TYPE), ("$[1].id", D.TYPE)],
        ),
        # An id that two objects share tells nobody apart.
        (
            [{"id": 1, "x": 1}, {"id": 1}, {"id": 2, "x": 1}],
            [{"id": 2, "x": 3}, {"id": 1, "x": 4}, {"id": 1, "x": 5}],
            [
                ("$[0].id", D.VALUE),
                ("$[0].x", D.VALUE),
                ("$[1].x", D.EXTRA),
                ("$[2].id", D.VALUE),
                ("$[2].x", D.VALUE),
            ],
        ),
        (
            [{"slug": "a", "x": 1}, {"slug": "b", "x": 2}],
            [{"slug": "b", "x": 2.5}, {"slug": "a", "x": None}],
            [("$", D.ORDER), ("$[0].x", D.TYPE), ("$[1].x", D.FLOAT)],
        ),
    ],
)
def test_lists_are_compared_item_by_item_with_their_counterparts(
    legacy: Any, new: Any, expected: list[tuple[str, DifferenceClass]]
) -> None:
    assert found(legacy, new) == expected


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("name", "$.name"),
        ("_x9", "$._x9"),
        ("9x", '$["9x"]'),
        ("a b", '$["a b"]'),
        ("a.b", '$["a.b"]'),
        ("", '$[""]'),
        ('say "hi"', r'$["say \"hi\""]'),
        ("back\\slash", r'$["back\\slash"]'),
        ("größe", '$["größe"]'),
        ("x\n", r'$["x\n"]'),
    ],
)
def test_a_path_quotes_keys_that_are_no_identifiers(key: str, path: str) -> None:
    assert found({key: 1}, {key: 2}) == [(path, D.VALUE)]
    assert found({key: [0, {"x": 1}]}, {key: [0, {"x": 2}]}) == [(f"{path}[1].x", D.VALUE)]


# --- what always holds ---------------------------------------------------------------------------

keys = st.sampled_from(["id", "name", "x", "a b", "é"]) | st.text(max_size=3)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-3, 3).map(lambda x: round(x, 1))
    | st.sampled_from(["", "a", "b", "2021-08-30", "2021-08-30T00:00:00Z", "&amp;", "&"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def canonical(value: Any) -> Any:
    """A form in which two values are equal only if they are so in JSON, types included."""
    if isinstance(value, dict):
        return {key: canonical(member) for key, member in value.items()}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return (type(value).__name__, value)


@given(values, values)
@settings(max_examples=150)
def test_two_values_differ_exactly_if_a_difference_is_found(legacy: Any, new: Any) -> None:
    assert bool(differences(legacy, new)) is (canonical(legacy) != canonical(new))


@given(values)
@settings(max_examples=60)
def test_a_value_does_not_differ_from_its_copy(value: Any) -> None:
    assert differences(value, json.loads(json.dumps(value))) == []


@given(values, values)
@settings(max_examples=60)
def test_comparing_texts_is_comparing_values(legacy: Any, new: Any) -> None:
    texts = msgspec.json.encode(legacy), msgspec.json.encode(new)
    assert compare(*texts) == differences(*map(json.loads, texts))


MIRRORED = {D.MISSING: D.EXTRA, D.EXTRA: D.MISSING}


def naive(legacy: Any, new: Any, path: str = "$") -> set[tuple[str, D]]:
    """What differs where no list does: by recursion, every member for itself."""
    if not (isinstance(legacy, dict) and isinstance(new, dict)):
        return set() if canonical(legacy) == canonical(new) else set(found(legacy, new)[:1])
    result = set()
    for key in legacy.keys() | new.keys():
        place = f"{path}.{key}"
        if key not in new:
            result.add((place, D.MISSING))
        elif key not in legacy:
            result.add((place, D.EXTRA))
        else:
            below = naive(legacy[key], new[key], place)
            result |= {(place if at == "$" else at, kind) for at, kind in below}
    return result


objects = st.recursive(
    scalars,
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=14,
)


@given(objects, objects)
@settings(max_examples=60)
def test_objects_differ_member_by_member_whichever_side_is_first(legacy: Any, new: Any) -> None:
    result = found(legacy, new)
    assert len(result) == len(set(result))
    assert set(result) == naive(legacy, new)
    mirrored = {(path, MIRRORED.get(kind, kind)) for path, kind in found(new, legacy)}
    assert set(result) == mirrored


@given(values, st.data())
@settings(max_examples=60)
def test_one_changed_leaf_is_one_difference_at_its_place(value: Any, data: st.DataObject) -> None:
    steps: list[str | int] = []
    node = value
    while isinstance(node, dict | list) and node:
        step = data.draw(
            st.sampled_from(list(node) if isinstance(node, dict) else range(len(node)))
        )
        steps.append(step)
        node = node[step]
    leaf = data.draw(scalars)
    expected = found(node, leaf)
    if not expected:
        return
    new = leaf
    for depth in range(len(steps) - 1, -1, -1):
        holder = value
        for step in steps[:depth]:
            holder = holder[step]
        holder = holder.copy()
        holder[steps[depth]] = new
        new = holder
    place = "$" + "".join(as_step(step) for step in steps)
    assert found(value, new) == [(place, expected[0][1])]


def as_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    name = step.isascii() and step.isidentifier()
    return f".{step}" if name else f"[{json.dumps(step, ensure_ascii=False)}]"


#: Values that `==` tells apart: no 1 beside 1.0 or true, which count as staying where they are.
plain = st.recursive(
    st.none() | st.integers(-3, 3) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(plain, max_size=7), st.randoms())
@settings(max_examples=60)
def test_a_shuffled_list_differs_in_order_alone(items: list[Any], random: Random) -> None:
    shuffled = items.copy()
    random.shuffle(shuffled)
    assert found(items, shuffled) == ([] if items == shuffled else [("$", D.ORDER)])


@given(
    st.lists(st.integers(0, 40), unique=True, max_size=12),
    st.sets(st.integers(0, 40)),
    st.sets(st.integers(0, 40)),
)
def test_removed_objects_are_a_matter_of_length_and_changed_ones_are_found_by_their_id(
    ids: list[int], removed: set[int], changed: set[int]
) -> None:
    legacy = [one(i, score=i + 0.5) for i in ids]
    new = [one(i, score=None if i in changed else i + 0.5) for i in ids if i not in removed]
    expected = [("$", D.LENGTH)] if len(legacy) != len(new) else []
    expected += [
        (f"$[{index}].score", D.TYPE)
        for index, i in enumerate(ids)
        if i in changed and i not in removed
    ]
    assert found(legacy, new) == expected


# --- limits --------------------------------------------------------------------------------------


def nested(depth: int, leaf: Any, wrap: Callable[[Any, int], Any]) -> Any:
    value = leaf
    for level in range(depth):
        value = wrap(value, level)
    return value


@pytest.mark.parametrize(
    ("depth", "wrap"),
    [
        (100_000, lambda value, _: [value]),
        (20_000, lambda value, level: [0, value] if level % 2 else {"a": value, "b": [level]}),
    ],
)
def test_depth_has_no_limit(depth: int, wrap: Callable[[Any, int], Any]) -> None:
    [difference] = differences(nested(depth, 1, wrap), nested(depth, "1", wrap))
    assert difference.kind is D.TYPE
    assert len(difference.path) == MAX_PATH
    assert difference.path.endswith("…")
    assert differences(nested(5000, 1, wrap), nested(5000, 1, wrap)) == []


def test_deep_values_inside_lists_are_compared_where_they_stand() -> None:
    deep = nested(5000, 1, lambda value, _: [value])
    other = nested(5000, 2, lambda value, _: [value])
    result = found([deep, 1, 2], [other, 2, 1, 3])
    assert [kind for _, kind in result] == [D.LENGTH, D.VALUE, D.VALUE, D.VALUE]


def test_a_long_path_is_cut_and_fits_the_wire() -> None:
    key = "k" * 3000
    [difference] = differences({key: {key: 1}}, {key: {key: 2}})
    assert len(difference.path) == MAX_PATH
    assert difference.path.startswith(f"$.{key}.kk")
    found_ = Comparison(id="c", at=0, field="f", differences=(difference,))
    assert msgspec.json.decode(msgspec.json.encode(found_), type=Comparison) == found_


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_no_more_differences_than_asked_for(limit: int) -> None:
    legacy: dict[str, Any] = {f"k{i}": {"x": i, "y": [i]} for i in range(600)}
    new: dict[str, Any] = {f"k{i}": {"x": -i - 1, "y": [i + 0.0]} for i in range(600)}
    assert len(differences(legacy, new, limit=limit)) == limit
    assert differences(legacy, new, limit=limit) == differences(legacy, new, limit=2000)[:limit]
    assert len(differences({str(i): 0 for i in range(5000)}, {})) == LIMIT


def test_numbers_beyond_64_bits_are_compared_too() -> None:
    huge = 10**40
    assert found([huge, {"a": [huge]}], [huge, {"a": [huge]}]) == []
    assert found([huge, {"a": [huge]}], [huge, {"a": [huge + 1]}]) == [("$[1].a[0]", D.FLOAT)]
    assert found([[huge, 1]], [[huge, True]]) == [("$[0][1]", D.TYPE)]


def test_equal_bytes_are_not_even_decoded() -> None:
    assert compare(b"not JSON", b"not JSON") == []


def test_layout_and_order_of_keys_are_no_difference() -> None:
    assert compare(b'{"a":1,"b":[1,{"c":2.5}]}', b'{ "b": [1, {"c": 2.50}],\n"a": 1 }') == []
    assert compare(b'"\\u00e9"', '"é"'.encode()) == []


def test_numbers_that_look_alike_are_told_apart_among_much_that_is_equal() -> None:
    legacy = b'{"a":[{"n":1,"b":true,"s":"x"},{"n":2}],"o":{"p":{"q":0}},"z":1}'
    new = b'{"a":[{"n":1.0,"b":1,"s":"x"},{"n":2}],"o":{"p":{"q":false}},"z":2}'
    assert compare(legacy, new) == [
        Difference(path="$.z", kind=D.VALUE),
        Difference(path="$.a[0].n", kind=D.FLOAT),
        Difference(path="$.a[0].b", kind=D.TYPE),
        Difference(path="$.o.p.q", kind=D.TYPE),
    ]


@pytest.mark.parametrize(
    "text", [b"", b"<html>", b'{"a":', b"[1,]", b"\xff", b'"\\ud800"', b"NaN", b"1e999", b"1 2"]
)
def test_what_is_no_json_cannot_be_compared(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        compare(b"1", text)
    with pytest.raises(ValueError, match=r"."):
        compare(text, b"1")


def test_json_that_no_decoder_takes_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        compare(b"[" * 100_000 + b"]" * 100_000, b"1")
