"""The structural difference of two JSON answers: where they differ, and in what way.

Byte-equal answers are not even decoded. Otherwise both trees are walked side by side with a stack
of our own, so that depth costs no call stack; a pair of subtrees that Python's `==`, at C speed,
finds equal is not entered. Two answers without a difference are equal as JSON values, with one
distinction more: 1 and 1.0 are told apart (class `float`), since typed clients do.

Classes of what differs at a path (see `scalars` for two strings or two numbers):
- `missing`: the legacy object has the key, the new one has not; `extra`: the other way round. A key
  that is absent is not the same as null: absent is always one of these two.
- `null-against-empty`: null on one side, "", [] or {} on the other.
- `type`: any other two JSON types. A number has one type, whole or not.
- `length`: two lists of different lengths; said once, at the list, and it accounts for all items
  that have no counterpart.
- `order`: a list whose items were moved; said once, at the list. Moved items are not compared with
  whatever took their place, but with themselves.
- `date`, `float`, `encoding`, `value`: two strings or two numbers.
"""

import json
import re
from contextlib import suppress
from typing import Any

import msgspec

from goliath_tui.domain import Difference, DifferenceClass
from goliath_tui.measures.alignment import align, in_place
from goliath_tui.measures.scalars import number_class, string_class

#: Differences reported for one pair of answers, unless told otherwise; the wire takes no more.
LIMIT = 1000

#: Longest path; what lies deeper is reported at a path that is cut and ends in `…`.
MAX_PATH = 4096

#: Levels below which equal subtrees are entered rather than tested with `==`: testing at every
#: level would cost time in the square of the depth, and `==` itself recurses.
TESTED_LEVELS = 64

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ABSENT: Any = object()
_EMPTY: tuple[Any, ...] = ("", [], {})
_NUMBERS = frozenset({int, float})

_decode = msgspec.json.Decoder().decode
_pack = msgspec.msgpack.Encoder().encode
_pack_sorted = msgspec.msgpack.Encoder(order="sorted").encode

#: A pair of subtrees still to be looked at: legacy, new, path, level.
_Pair = tuple[Any, Any, str, int]

#: A pair of subtrees that `==` finds equal: legacy, new, path, and the key to add to the path.
_Alike = tuple[Any, Any, str, str | None]


def compare(legacy: bytes, new: bytes, *, limit: int = LIMIT) -> list[Difference]:
    """`differences` of two JSON texts; byte-equal texts are equal, whatever they are.

    Raises ValueError when one is not JSON, or is nested deeper than the decoder goes (about as deep
    as Python's recursion limit): such a pair could not be compared.
    """
    if legacy == new:
        return []
    try:
        pair = _decode(legacy), _decode(new)
    except RecursionError as error:
        raise ValueError("JSON is nested too deeply to be compared") from error
    return differences(*pair, limit=limit)


def differences(legacy: Any, new: Any, *, limit: int = LIMIT) -> list[Difference]:
    """What differs between two decoded JSON values, at most `limit` differences.

    They come in the order of the legacy answer, those that only a strict look tells (1, 1.0, true)
    last. A path is `$`, then `.key`, `["any other key"]` or `[index]` per level; the index is the
    legacy list's. Takes what a JSON decoder makes: dict, list, str, int, float, bool and None.
    """
    found: list[Difference] = []
    alike: list[_Alike] = []
    _walk((legacy, new, "$", 0), found, alike, limit)
    if alike and len(found) < limit:
        _walk_alike(alike, found, limit)
    return found[:limit]


def _walk(root: _Pair, found: list[Difference], alike: list[_Alike], limit: int) -> None:
    """Finds all that `==` can see; pairs that it takes for equal are left in `alike`."""
    stack = [root]
    while stack and len(found) < limit:
        pair = stack.pop()
        legacy, new = pair[0], pair[1]
        if type(legacy) is dict and type(new) is dict:
            stack += reversed(_members(pair, found, alike))
        elif type(legacy) is list and type(new) is list:
            stack += reversed(_items(pair, found, alike))
        else:
            kind = class_of(legacy, new)
            if kind is not None:
                found.append(Difference(path=pair[2], kind=kind))


def _members(pair: _Pair, found: list[Difference], alike: list[_Alike]) -> list[_Pair]:
    """The members of two objects that are worth a look."""
    legacy, new, path, level = pair
    # Testing an only child would repeat the test that its parent failed.
    tested = level < TESTED_LEVELS and len(legacy) > 1
    todo: list[_Pair] = []
    missing = 0
    for key, one in legacy.items():
        other = new.get(key, _ABSENT)
        kind = type(one)
        if kind is type(other):
            if kind is dict or kind is list:
                if tested and _equal(one, other):
                    alike.append((one, other, path, key))
                    continue
            elif one == other:
                continue
        elif other is _ABSENT:
            missing += 1
            found.append(Difference(path=member_path(path, key), kind=DifferenceClass.MISSING))
            continue
        todo.append((one, other, member_path(path, key), level + 1))
    if len(new) > len(legacy) - missing:
        found += [
            Difference(path=member_path(path, key), kind=DifferenceClass.EXTRA)
            for key in new
            if key not in legacy
        ]
    return todo


def _items(pair: _Pair, found: list[Difference], alike: list[_Alike]) -> list[_Pair]:
    """The items of two lists that are worth a look, each beside its counterpart."""
    legacy, new, path, level = pair
    if len(legacy) != len(new):
        found.append(Difference(path=path, kind=DifferenceClass.LENGTH))
    aligned = None
    if level < TESTED_LEVELS:
        with suppress(RecursionError):
            aligned = align(legacy, new)
    if aligned is None:
        pairs = in_place(legacy, new)
    else:
        pairs = aligned.pairs
        alike.append((*aligned.alike, path, None))
        if aligned.moved:
            found.append(Difference(path=path, kind=DifferenceClass.ORDER))
    return [(legacy[i], new[j], item_path(path, i), level + 1) for i, j in pairs]


def _equal(legacy: Any, new: Any) -> bool:
    try:
        return bool(legacy == new)
    except RecursionError:
        return False


def class_of(legacy: Any, new: Any) -> DifferenceClass | None:
    """How two values differ that are not both objects or both lists; None if they do not."""
    kind = type(legacy)
    if kind is type(new):
        if legacy == new:
            return None
        if kind is str:
            return string_class(legacy, new)
        return number_class(legacy, new) if kind in _NUMBERS else DifferenceClass.VALUE
    if kind in _NUMBERS and type(new) in _NUMBERS:
        return number_class(legacy, new)
    if (legacy is None and new in _EMPTY) or (new is None and legacy in _EMPTY):
        return DifferenceClass.NULL_AGAINST_EMPTY
    return DifferenceClass.TYPE


def _walk_alike(alike: list[_Alike], found: list[Difference], limit: int) -> None:
    """Finds what `==` overlooks in pairs that it takes for equal: 1, 1.0 and true are not one."""
    if _same([x[0] for x in alike], [x[1] for x in alike]):
        return
    for legacy, new, path, key in alike:
        if _same(legacy, new):
            continue
        stack = [(legacy, new, path if key is None else member_path(path, key))]
        while stack and len(found) < limit:
            one, other, place = stack.pop()
            if type(one) is dict:
                stack += [(x, other[k], member_path(place, k)) for k, x in reversed(one.items())]
            elif type(one) is list:
                stack += [
                    (one[i], other[i], item_path(place, i)) for i in reversed(range(len(one)))
                ]
            elif type(one) is not type(other):
                kind = class_of(one, other)
                if kind is not None:
                    found.append(Difference(path=place, kind=kind))


def _same(legacy: Any, new: Any) -> bool:
    """True only if two values are equal and of equal types throughout; at C speed."""
    try:
        return _pack(legacy) == _pack(new) or _pack_sorted(legacy) == _pack_sorted(new)
    except (ValueError, OverflowError, RecursionError):  # what cannot be packed is walked
        return False


def member_path(path: str, key: str) -> str:
    """The path of an object's member."""
    key = key[:MAX_PATH]
    return _step(path, f".{key}" if _NAME.fullmatch(key) else f"[{_quoted(key)}]")


def item_path(path: str, index: int) -> str:
    """The path of a list's item."""
    return _step(path, f"[{index}]")


def _quoted(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _step(path: str, step: str) -> str:
    """The path one level down, cut at MAX_PATH; below that it stays as it is."""
    if len(path) + len(step) <= MAX_PATH:
        return path + step
    if len(path) == MAX_PATH and path.endswith("…"):
        return path
    return f"{path}{step}"[: MAX_PATH - 1] + "…"
