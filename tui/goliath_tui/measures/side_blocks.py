"""What two answers beside each other are made of: blocks of lines, differences, their places."""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Union

from msgspec import Struct

from goliath_tui.domain import DifferenceClass
from goliath_tui.measures.json_lines import JsonText

#: Places that are shown of one difference; a list that was shuffled has as many as items.
PLACES = 100


class Mark(Enum):
    """What is to be said of a block.

    EQUAL: nothing. HEAD: the first line of a list of another length or order. ELSEWHERE: a member
    that stands elsewhere on the other side, or one of two with the same key; no difference.
    """

    EQUAL = auto()
    CHANGED = auto()
    GONE = auto()
    ADDED = auto()
    MOVED = auto()
    ELSEWHERE = auto()
    HEAD = auto()


#: Marks of lines that differ themselves, rather than tell of others that do.
DIFFERING = frozenset({Mark.CHANGED, Mark.GONE, Mark.ADDED, Mark.MOVED})


class Block(Struct, frozen=True, gc=False):
    """`left_lines` lines from line `left` of the legacy answer beside those of the new one.

    `spot`: the difference that it belongs to; -1: none that is listed.
    """

    left: int
    left_lines: int
    right: int
    right_lines: int
    mark: Mark
    spot: int = -1


class Spot(Struct, frozen=True):
    """A difference. `recorded` False: the comparison that was recorded does not have it."""

    path: str
    kind: DifferenceClass
    recorded: bool = True


class SideBySide(Struct, frozen=True):
    """`blocks` in the order of the lines of both sides.

    `places`: (block, spot) wherever something differs, in order; spot -1: it is not listed.
    `trouble`: why not all could be compared value by value; empty if all was.
    """

    left: JsonText | None
    right: JsonText | None
    blocks: list[Block]
    spots: list[Spot]
    places: list[tuple[int, int]]
    trouble: str = ""


class Part(Struct, frozen=True, gc=False):
    """A block whose lines are known on the sides that it has; it stands where its turn comes."""

    left_lines: int
    right_lines: int
    mark: Mark
    spot: int = -1


class OneSide(Struct, frozen=True):
    """One side of a tree of parts; what is equal in it gets a mark of its own."""

    tree: "Tree"
    is_left: bool
    mark: Mark
    spot: int


#: Parts in the order of their lines; a list within is filled when its turn comes.
Tree = list[Union[Part, OneSide, "Tree"]]


def flat(tree: Tree) -> list[Block]:
    """The blocks of a tree; those that follow each other and say the same are one."""
    blocks: list[Block] = []
    left = right = 0
    for part in _parts(tree):
        here, there = part.left_lines, part.right_lines
        last = blocks[-1] if blocks else None
        if last is not None and _goes_on(last, part):
            blocks[-1] = Block(
                last.left,
                last.left_lines + here,
                last.right,
                last.right_lines + there,
                last.mark,
                last.spot,
            )
        else:
            blocks.append(Block(left, here, right, there, part.mark, part.spot))
        left += here
        right += there
    return blocks


def _goes_on(block: Block, part: Part) -> bool:
    if block.mark is not part.mark or block.spot != part.spot or part.mark is Mark.CHANGED:
        return False
    shapes = {(bool(x.left_lines), bool(x.right_lines)) for x in (block, part)}
    return len(shapes) == 1 and (part.mark is Mark.EQUAL or shapes != {(True, True)})


def _parts(tree: Tree) -> Iterator[Part]:
    side: OneSide | None = None
    stack: list[tuple[Iterator[Part | OneSide | Tree], OneSide | None]] = [(iter(tree), None)]
    while stack:
        parts, side = stack[-1]
        part = next(parts, None)
        if part is None:
            stack.pop()
        elif isinstance(part, list):
            stack.append((iter(part), side))
        elif isinstance(part, OneSide):
            if side is None or side.is_left is part.is_left:
                stack.append((iter(part.tree), part))
        elif side is None:
            yield part
        elif lines := part.left_lines if side.is_left else part.right_lines:
            own = part.mark is not Mark.EQUAL
            mark, spot = (part.mark, part.spot) if own else (side.mark, side.spot)
            yield Part(lines, 0, mark, spot) if side.is_left else Part(0, lines, mark, spot)


def places(blocks: list[Block], spots: int) -> list[tuple[int, int]]:
    """(block, spot) where each of the `spots` differences is seen, and where unlisted ones are."""
    found: list[tuple[int, int]] = []
    times = [0] * spots
    before: int | None = None
    for i, block in enumerate(blocks):
        here = block.spot if block.mark in DIFFERING else None
        if here is not None and here != before:
            if here < 0:
                found.append((i, here))
            elif times[here] < PLACES:
                times[here] += 1
                found.append((i, here))
        before = here
    heads = {b.spot: i for i, b in reversed(list(enumerate(blocks))) if b.spot >= 0}
    found += [(heads[spot], spot) for spot in range(spots) if not times[spot] and spot in heads]
    return sorted(found)
