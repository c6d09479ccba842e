"""Walks two answers that are laid out in lines, and tells which lines belong together.

It goes the way of `differences`, with the same alignment of lists and the same classes, so that it
finds the same. But it is led by the texts: what is the same byte by byte is neither looked into nor
even decoded, so that two long answers that differ a little cost little.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from goliath_tui.domain import DifferenceClass
from goliath_tui.measures.differences import class_of, item_path, member_path
from goliath_tui.measures.json_lines import INDENT, JsonText
from goliath_tui.measures.side_blocks import Mark, OneSide, Part, Spot, Tree
from goliath_tui.measures.side_lists import Beside, partners, rising

_TOLD_EVERY = 256

_decode = msgspec.json.Decoder().decode

#: The first characters of two values.
_OBJECTS, _LISTS = (ord("{"), ord("{")), (ord("["), ord("["))

#: A region of a text.
_Region = tuple[int, int]


class _Pair(Struct, frozen=True):
    """Two values still to be looked at: their regions, where in those they begin, behind the keys
    of members, and where their parts go.
    """

    here: _Region
    there: _Region
    values: tuple[int, int]
    path: str
    level: int
    tree: Tree


class _Members(Struct, frozen=True):
    """The members or items of two containers, and who belongs to whom.

    `partner`: for each on the left the index on the right, or -1; `owner` the other way. `keys`: of
    members; one that stands again further on has None. `lost` and `moved`: the differences that
    items without a partner, and items out of their order, belong to.
    """

    beside: Beside
    partner: list[int]
    owner: dict[int, int]
    keys: tuple[list[str | None], list[str | None]] | None = None
    lost: int = -1
    moved: int = -1


class Walk:
    """`tree` and `spots` are what `run` has found; at most `limit` differences are told apart.

    `trouble`: why a value could not be compared; empty if all could.
    """

    def __init__(
        self, left: JsonText, right: JsonText, limit: int, tell: Callable[[float], None]
    ) -> None:
        self.left = left
        self.right = right
        self.limit = limit
        self.tell = tell
        self.spots: list[Spot] = []
        self.tree: Tree = []
        self.trouble = ""
        self._stack: list[_Pair] = []

    def run(self) -> None:
        """Walk the two texts."""
        here, there = (0, len(self.left.text)), (0, len(self.right.text))
        if self._same(here, there):
            self.tree.append(self._part(here, there, Mark.EQUAL))
            return
        self._stack.append(_Pair(here, there, (0, 0), "$", 0, self.tree))
        looked_at = 0
        while self._stack:
            pair = self._stack.pop()
            try:
                self._look(pair)
            except (ValueError, RecursionError) as error:
                self.trouble = self.trouble or f"{pair.path} cannot be decoded: {error}"
                pair.tree.append(self._part(pair.here, pair.there, Mark.CHANGED))
            looked_at += 1
            if looked_at % _TOLD_EVERY == 0:
                self.tell(pair.here[0] / max(1, len(self.left.text)))

    def _look(self, pair: _Pair) -> None:
        signs = self.left.text[pair.values[0]], self.right.text[pair.values[1]]
        if len(self.spots) >= self.limit:
            pair.tree.append(self._part(pair.here, pair.there, Mark.CHANGED))
        elif signs == _OBJECTS:
            self._weave(pair, self._of_objects(pair))
        elif signs == _LISTS:
            self._weave(pair, self._of_lists(pair))
        else:
            legacy = _decode(self.left.value(pair.values[0], pair.here[1]))
            kind = class_of(legacy, _decode(self.right.value(pair.values[1], pair.there[1])))
            mark = Mark.EQUAL if kind is None else Mark.CHANGED
            spot = -1 if kind is None else self._spot(pair.path, kind)
            pair.tree.append(self._part(pair.here, pair.there, mark, spot))

    def _of_objects(self, pair: _Pair) -> _Members:
        beside = self._beside(pair)
        keys = _keys(self.left, beside.here[:-1], pair.level)
        others = _keys(self.right, beside.there[:-1], pair.level)
        places = {key: j for j, key in enumerate(others) if key is not None}
        partner = [-1 if key is None else places.get(key, -1) for key in keys]
        return _Members(beside, partner, _owners(partner), (keys, others))

    def _of_lists(self, pair: _Pair) -> _Members:
        beside = self._beside(pair)
        partner, has_moved = partners(beside, pair.level)
        lost = moved = -1
        if len(beside.here) != len(beside.there):
            lost = self._spot(pair.path, DifferenceClass.LENGTH)
        if has_moved:
            moved = self._spot(pair.path, DifferenceClass.ORDER)
        return _Members(beside, partner, _owners(partner), lost=lost, moved=moved)

    def _beside(self, pair: _Pair) -> Beside:
        here = self.left.members(*pair.here, pair.level)
        there = self.right.members(*pair.there, pair.level)
        here.append(self.left.closing(*pair.here) if here else pair.here[1])
        there.append(self.right.closing(*pair.there) if there else pair.there[1])
        return Beside(self.left, self.right, here, there)

    def _weave(self, pair: _Pair, members: _Members) -> None:
        """The parts of two containers; members that must be looked into go on the stack."""
        before = len(self.spots)
        weaving = _Weaving(self, pair, members)
        weaving.run()
        first = (pair.here[0], members.beside.here[0]), (pair.there[0], members.beside.there[0])
        last = (members.beside.here[-1], pair.here[1]), (members.beside.there[-1], pair.there[1])
        of_list = members.lost if members.lost >= 0 else members.moved
        if (len(members.beside.here) > 1) == (len(members.beside.there) > 1):
            mark = Mark.EQUAL if of_list < 0 else Mark.HEAD
            pair.tree.extend((self._part(*first, mark, of_list), weaving.tree))
            pair.tree.append(self._part(*last, Mark.EQUAL))
        else:
            # `[]` beside `[` and all that follows: the first line differs too, and the last.
            spots = (before, len(self.spots) - 1) if before < len(self.spots) else (-1, -1)
            spots = (of_list, of_list) if of_list >= 0 else spots
            mark = Mark.GONE if len(members.beside.here) > 1 else Mark.ADDED
            pair.tree.extend((self._part(*first, Mark.CHANGED, spots[0]), weaving.tree))
            pair.tree.append(self._part(*last, mark, spots[1]))
        self._stack += reversed(weaving.todo)

    def _same(self, here: _Region, there: _Region) -> bool:
        return self.left.value(*here) == self.right.value(*there)

    def _spot(self, path: str, kind: DifferenceClass) -> int:
        if len(self.spots) >= self.limit:
            return -1
        self.spots.append(Spot(path, kind))
        return len(self.spots) - 1

    def _part(
        self, here: _Region | None, there: _Region | None, mark: Mark, spot: int = -1
    ) -> Part:
        left = self.left.lines_in(*here) if here is not None else 0
        right = self.right.lines_in(*there) if there is not None else 0
        return Part(left, right, mark, spot)


class _Weaving:
    """Brings the members of two containers into one order that both sides keep."""

    def __init__(self, walk: Walk, pair: _Pair, members: _Members) -> None:
        self.walk, self.pair, self.members = walk, pair, members
        self.beside = members.beside
        self.tree: Tree = []
        self.todo: list[_Pair] = []
        # The parts of two partners that stand apart: made once, shown in two places.
        self._apart: dict[int, Tree] = {}
        self._equal_from: tuple[int, int] | None = None

    def run(self) -> None:
        """Fill `tree`, and `todo` with what has to be looked into."""
        partner = self.members.partner
        left, right = self.beside.counts
        anchors = [*rising(partner), left]
        i = j = at = 0
        while at < len(anchors):
            anchor = anchors[at]
            other = partner[anchor] if anchor < left else right
            if i < anchor or j < other:
                self._end_of_equal(i, j)
            while i < anchor:
                i = self._on_left(i, anchor)
            while j < other:
                j = self._on_right(j, other)
            # As many as follow each other on both sides.
            count = 0
            while i + count < left and anchors[at + count] == i + count:
                if partner[i + count] != j + count:
                    break
                count += 1
            self._on_both(i, j, count)
            i, j, at = i + count, j + count, at + max(1, count)
        self._end_of_equal(i, j)

    def _on_both(self, i: int, j: int, count: int) -> None:
        """The parts of `count` partners that stand beside each other."""
        done = 0
        while done < count:
            if same := self.beside.run(i + done, j + done, count - done):
                if self._equal_from is None:
                    self._equal_from = (i + done, j + done)
                done += same
                continue
            self._end_of_equal(i + done, j + done)
            tree: Tree = []
            self.tree.append(tree)
            self._look_into(i + done, j + done, tree)
            done += 1

    def _end_of_equal(self, i: int, j: int) -> None:
        if self._equal_from is not None:
            first, other = self._equal_from
            here = self.beside.here[first], self.beside.here[i]
            there = self.beside.there[other], self.beside.there[j]
            self.tree.append(self.walk._part(here, there, Mark.EQUAL))
            self._equal_from = None

    def _look_into(self, i: int, j: int, tree: Tree) -> None:
        pair, keys, level = self.pair, self.members.keys, self.pair.level
        here, there = self._here(i), self._there(j)
        if keys is None:
            indent = INDENT * (level + 1)
            values, path = (here[0] + indent, there[0] + indent), item_path(pair.path, i)
        else:
            left, right = self.walk.left, self.walk.right
            values = left.behind_key(here[0], level), right.behind_key(there[0], level)
            path = member_path(pair.path, str(keys[0][i]))
        self.todo.append(_Pair(here, there, values, path, level + 1, tree))

    def _on_left(self, i: int, end: int) -> int:
        """The parts of what stands on the left alone from `i` on; how far that went."""
        members = self.members
        if members.partner[i] >= 0:
            self._moved(i, members.partner[i], is_left=True)
            return i + 1
        if members.keys is not None:
            mark, spot = self._lost(members.keys[0][i], is_left=True)
            self.tree.append(self.walk._part(self._here(i), None, mark, spot))
            return i + 1
        last = i + 1
        while last < end and members.partner[last] < 0:
            last += 1
        region = members.beside.here[i], members.beside.here[last]
        self.tree.append(self.walk._part(region, None, Mark.GONE, members.lost))
        return last

    def _on_right(self, j: int, end: int) -> int:
        members = self.members
        if j in members.owner:
            self._moved(members.owner[j], j, is_left=False)
            return j + 1
        if members.keys is not None:
            mark, spot = self._lost(members.keys[1][j], is_left=False)
            self.tree.append(self.walk._part(None, self._there(j), mark, spot))
            return j + 1
        last = j + 1
        while last < end and last not in members.owner:
            last += 1
        region = members.beside.there[j], members.beside.there[last]
        self.tree.append(self.walk._part(None, region, Mark.ADDED, members.lost))
        return last

    def _lost(self, key: str | None, *, is_left: bool) -> tuple[Mark, int]:
        if key is None:
            return Mark.ELSEWHERE, -1
        path = member_path(self.pair.path, key)
        if is_left:
            return Mark.GONE, self.walk._spot(path, DifferenceClass.MISSING)
        return Mark.ADDED, self.walk._spot(path, DifferenceClass.EXTRA)

    def _moved(self, i: int, j: int, *, is_left: bool) -> None:
        spot = self.members.moved
        mark = Mark.ELSEWHERE if spot < 0 else Mark.MOVED
        here, there = self._here(i), self._there(j)
        if self.walk._same(here, there):
            regions = (here, None) if is_left else (None, there)
            self.tree.append(self.walk._part(regions[0], regions[1], mark, spot))
            return
        if i not in self._apart:
            self._apart[i] = []
            self._look_into(i, j, self._apart[i])
        self.tree.append(OneSide(self._apart[i], is_left, mark, spot))

    def _here(self, i: int) -> _Region:
        return self.beside.here[i], self.beside.here[i + 1]

    def _there(self, j: int) -> _Region:
        return self.beside.there[j], self.beside.there[j + 1]


def _owners(partner: list[int]) -> dict[int, int]:
    return {j: i for i, j in enumerate(partner) if j >= 0}


def _keys(text: JsonText, members: list[int], level: int) -> list[str | None]:
    """The keys of an object's members; None for one that stands again further on."""
    keys: list[str | None] = [text.key(member, level) for member in members]
    last = {key: i for i, key in enumerate(keys)}
    if len(last) == len(keys):
        return keys
    return [key if last[key] == i else None for i, key in enumerate(keys)]
