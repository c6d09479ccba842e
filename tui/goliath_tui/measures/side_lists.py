"""Who is whose counterpart in two lists that are laid out in lines, decoding as little as may be.

Items that are the same text at the same place need not be decoded to be aligned: `alignment` looks
there first. The others are decoded, so the outcome is that of aligning the two decoded lists.
"""

from bisect import bisect_left
from contextlib import suppress
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Struct

from goliath_tui.measures.alignment import align, equal_ends, in_place
from goliath_tui.measures.differences import TESTED_LEVELS
from goliath_tui.measures.json_lines import JsonText

_decode = msgspec.json.Decoder().decode


class Beside(Struct, frozen=True):
    """The members or items of two containers: where each begins, and at last where they end."""

    left: JsonText
    right: JsonText
    here: list[int]
    there: list[int]

    @property
    def counts(self) -> tuple[int, int]:
        """How many there are on either side."""
        return len(self.here) - 1, len(self.there) - 1

    def same(self, i: int, j: int) -> bool:
        """Whether two of them are the same text, with or without a comma behind it."""
        one = self.left.value(self.here[i], self.here[i + 1])
        return one == self.right.value(self.there[j], self.there[j + 1])

    def run(self, i: int, j: int, most: int) -> int:
        """How many from `i` and `j` on are the same text, one by one; `most` are looked at.

        Many are looked at in one step, and fewer again where that finds a difference.
        """
        here, there = self.here, self.there
        found, step = 0, 1
        while found < most:
            step = min(step, most - found)
            a, b = i + found, j + found
            one = self.left.text[here[a] : here[a + step]]
            if one == self.right.text[there[b] : there[b + step]]:
                found += step
                step *= 2
            elif step > 1:
                step //= 2
            elif self.same(a, b):
                found += 1
            else:
                break
        return found


class _Item:
    """An item that is the same text on both sides; it is decoded only if it must be."""

    __slots__ = ("beside", "index")

    def __init__(self, beside: Beside, index: int) -> None:
        self.beside = beside
        self.index = index

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        there = other.value() if isinstance(other, _Item) else other
        return bool(self.value() == there)

    __hash__ = None  # type: ignore[assignment]  # as of the lists and objects that it stands for

    def value(self) -> Any:
        """The item itself."""
        here = self.beside.here
        return _decode(self.beside.left.value(here[self.index], here[self.index + 1]))


def partners(beside: Beside, level: int) -> tuple[list[int], bool]:
    """For each item on the left the index of its counterpart or -1, and whether items moved.

    Raises ValueError or RecursionError for an item that cannot be decoded.
    """
    legacy, new = _items(beside)
    aligned = None
    if level < TESTED_LEVELS:
        with suppress(RecursionError):
            aligned = align(legacy, new)
    partner = [-1] * len(legacy)
    if aligned is None:
        found = in_place(legacy, new)
    elif len(legacy) == len(new):
        partner = list(range(len(legacy)))
        found = [*aligned.pairs, *aligned.equal]
    else:
        head, tail = equal_ends(legacy, new)
        partner[:head] = range(head)
        partner[len(legacy) - tail :] = range(len(new) - tail, len(new))
        found = [*aligned.pairs, *aligned.equal]
    for i, j in found:
        partner[i] = j
    return partner, aligned is not None and aligned.moved


def _items(beside: Beside) -> tuple[list[Any], list[Any]]:
    """The items of two lists; those that are the same text in place are stand-ins for both sides.

    In lists of one length the place is the index; else it is counted from both ends.
    """
    left, right = beside.counts
    most = min(left, right)
    same: dict[int, int] = {}
    if left == right:
        i = 0
        while i < left:
            count = beside.run(i, i, left - i)
            same.update(zip(range(i, i + count), range(i, i + count), strict=True))
            i += count + 1
    else:
        front = beside.run(0, 0, most)
        same.update(zip(range(front), range(front), strict=True))
        for back in range(1, most - front + 1):
            if not beside.same(left - back, right - back):
                break
            same[right - back] = left - back
    shared = {j: _Item(beside, i) for j, i in same.items()}
    ours = {item.index: item for item in shared.values()}
    here, there = beside.here, beside.there
    legacy = [
        ours[i] if i in ours else _decode(beside.left.value(here[i], here[i + 1]))
        for i in range(left)
    ]
    new = [
        shared[j] if j in shared else _decode(beside.right.value(there[j], there[j + 1]))
        for j in range(right)
    ]
    return legacy, new


def rising(partner: list[int]) -> list[int]:
    """The indexes of a longest rising subsequence of the partners (-1 left out)."""
    paired = [i for i, j in enumerate(partner) if j >= 0]
    if all(partner[a] < partner[b] for a, b in pairwise(paired)):
        return paired
    ends: list[int] = []
    last: list[int] = []
    before: dict[int, int] = {}
    for i in paired:
        at = bisect_left(ends, partner[i])
        if at:
            before[i] = last[at - 1]
        ends[at : at + 1] = [partner[i]]
        last[at : at + 1] = [i]
    chosen = [last[-1]]
    while chosen[-1] in before:
        chosen.append(before[chosen[-1]])
    return chosen[::-1]
