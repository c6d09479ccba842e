"""Which item of one list is which item of the other, so that like is compared with like.

A list that lost its first item differs in one thing, not in every position. Items are matched in
three steps, each on what the step before has left over:

1. items that are equal where they stand: in lists of one length at every position, else from both
   ends;
2. items that are equal but stand elsewhere, first to first;
3. objects with the same identity: the first of `IDENTITY_KEYS` that every object left over has,
   with no value twice on either side.

What is still left over is paired in order, between the same matched neighbours where that can be
told. Every item of the shorter list so has a counterpart; lists have moved when two matched pairs
stand in one order here and in the other there.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, count, pairwise
from operator import ne
from typing import Any

import msgspec
from msgspec import Struct

#: Members that name an object, the likeliest first.
IDENTITY_KEYS = ("id", "_id", "uuid", "key", "slug", "code", "name")

_pack = msgspec.msgpack.Encoder(order="sorted").encode

_Index = tuple[int, int]


class Alignment(Struct, frozen=True):
    """`pairs`: indexes (legacy, new) of counterparts that are not known to be equal, in order.

    `alike`: the items that `==` found equal where they stand, as two lists of the same length with
    None in all other places; an item has its legacy index. `equal`: indexes of counterparts that
    were found equal by their text, here and there.
    """

    pairs: list[_Index]
    moved: bool
    alike: tuple[list[Any], list[Any]]
    equal: Sequence[_Index] = ()


def align(legacy: list[Any], new: list[Any]) -> Alignment:
    """Aligns two lists of JSON values. Raises RecursionError if items are nested too deeply."""
    if len(legacy) == len(new):
        unequal = list(_unequal(legacy, new))
        alike = legacy.copy(), new.copy()
        for i in unequal:
            alike[0][i] = alike[1][i] = None
        if len(unequal) < 2:
            return Alignment([(i, i) for i in unequal], False, alike)
        return _match(legacy, new, (unequal, unequal), alike)
    head, tail = equal_ends(legacy, new)
    left = range(head, len(legacy) - tail), range(head, len(new) - tail)
    gap = [None] * len(left[0])
    ends = (
        legacy[:head] + gap + legacy[len(legacy) - tail :],
        (new[:head] + gap + new[len(new) - tail :]),
    )
    return _match(legacy, new, left, ends)


def in_place(legacy: Sequence[Any], new: Sequence[Any]) -> list[_Index]:
    """Pairs of the same index, for lists that must not be looked into."""
    return [(i, i) for i in range(min(len(legacy), len(new)))]


def _unequal(legacy: Iterable[Any], new: Iterable[Any]) -> Iterator[int]:
    """Where two lists differ, as far as the shorter one goes; found without a loop of ours."""
    return compress(count(), map(ne, legacy, new))


def equal_ends(legacy: list[Any], new: list[Any]) -> tuple[int, int]:
    """How many items are equal from the front, and how many of the others from the back."""
    most = min(len(legacy), len(new))
    head = next(_unequal(legacy, new), most)
    tail = next(_unequal(reversed(legacy), reversed(new)), most)
    return head, min(tail, most - head)


def _match(
    legacy: list[Any],
    new: list[Any],
    left: tuple[Sequence[int], Sequence[int]],
    alike: tuple[list[Any], list[Any]],
) -> Alignment:
    """Steps 2 and 3, and the rest; `left` are the indexes that step 1 did not match."""
    ours, theirs = left
    if not ours or not theirs:
        return Alignment([], False, alike)
    equal = _same_key(((_text(legacy[i]), i) for i in ours), ((_text(new[j]), j) for j in theirs))
    ours, theirs = _without(ours, (i for i, _ in equal)), _without(theirs, (j for _, j in equal))
    named = _by_identity(legacy, new, ours, theirs)
    ours, theirs = _without(ours, (i for i, _ in named)), _without(theirs, (j for _, j in named))
    if len(legacy) == len(new) and all(i == j for i, j in [*equal, *named]):
        # Nothing was found elsewhere: what is left over stands at the same indexes in both.
        return Alignment(sorted([*named, *zip(ours, theirs, strict=True)]), False, alike, equal)
    anchors = sorted([*_standing(legacy, new, left), *equal, *named])
    moved = any(after[1] < before[1] for before, after in pairwise(anchors))
    rest = zip(ours, theirs, strict=False) if moved else _between(anchors, ours, theirs)
    return Alignment(sorted([*named, *rest]), moved, alike, equal)


def _standing(
    legacy: list[Any], new: list[Any], left: tuple[Sequence[int], Sequence[int]]
) -> list[_Index]:
    """The pairs that step 1 matched."""
    here = _without(range(len(legacy)), left[0])
    there = _without(range(len(new)), left[1])
    return list(zip(here, there, strict=True))


def _without(indexes: Sequence[int], gone: Iterable[int]) -> list[int]:
    drop = set(gone)
    return [i for i in indexes if i not in drop] if drop else list(indexes)


def _text(value: Any) -> bytes | None:
    """The same bytes for equal values only; None for what cannot be packed: huge, or too deep."""
    try:
        return _pack(value)
    except (ValueError, OverflowError, RecursionError):
        return None


def _same_key(ours: Iterable[tuple[Any, int]], theirs: Iterable[tuple[Any, int]]) -> list[_Index]:
    """Indexes with the same key, the n-th here with the n-th there; None is no key."""
    waiting: dict[Any, list[int]] = {}
    for key, j in theirs:
        waiting.setdefault(key, []).append(j)
    waiting.pop(None, None)
    for indexes in waiting.values():
        indexes.reverse()
    matched = []
    for key, i in ours:
        if there := waiting.get(key):
            matched.append((i, there.pop()))
    return matched


def _by_identity(
    legacy: list[Any], new: list[Any], ours: list[int], theirs: list[int]
) -> list[_Index]:
    if not ours or not theirs:
        return []
    for name in IDENTITY_KEYS:
        here, there = _identities(legacy, ours, name), _identities(new, theirs, name)
        if here is not None and there is not None:
            return [(i, there[key]) for key, i in here.items() if key in there]
    return []


def _identities(items: list[Any], indexes: list[int], name: str) -> dict[Any, int] | None:
    """Identity → index, or None when `name` does not tell these items apart."""
    found: dict[Any, int] = {}
    for i in indexes:
        item = items[i]
        if type(item) is not dict:
            return None
        identity = item.get(name)
        if type(identity) not in {str, int} or identity in found:
            return None
        found[identity] = i
    return found


def _between(anchors: list[_Index], ours: list[int], theirs: list[int]) -> list[_Index]:
    """Pairs what is left between the same two anchors, then whatever has no such counterpart."""
    marks = [i for i, _ in anchors], [j for _, j in anchors]
    pairs = _same_key(
        ((bisect_left(marks[0], i), i) for i in ours),
        ((bisect_left(marks[1], j), j) for j in theirs),
    )
    ours, theirs = _without(ours, (i for i, _ in pairs)), _without(theirs, (j for _, j in pairs))
    return [*pairs, *zip(ours, theirs, strict=False)]
