"""Two JSON answers beside each other: which lines belong together, and where they differ.

What is marked is what the comparison counts: see `side_walk`. The result is a list of blocks of
lines, not of lines, so that its size goes with the number of differences and not with the length of
the answers. An item or member that stands elsewhere on the other side keeps its place on both, so
that each side reads exactly as it was sent.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from goliath_tui.domain import Difference, DifferenceClass
from goliath_tui.measures.differences import LIMIT
from goliath_tui.measures.json_lines import Finder, JsonText, lay_out
from goliath_tui.measures.side_blocks import (
    Block,
    Mark,
    Part,
    SideBySide,
    Spot,
    Tree,
    flat,
    places,
)
from goliath_tui.measures.side_walk import Walk


def side_by_side(
    legacy: bytes | None,
    new: bytes | None,
    recorded: Sequence[Difference] | None = None,
    *,
    limit: int = LIMIT,
    tell: Callable[[float], None] = lambda _share: None,
) -> SideBySide:
    """Lays two JSON texts beside each other; None: that answer was not kept.

    `recorded`: the differences as they were counted; their classes go before ours, and those that
    the walk does not find are shown where their paths lead. At most `limit` differences are told
    apart, the others only marked. `tell` hears from time to time which share of the work is done;
    it may raise to end it. What cannot be compared as JSON is compared line by line.
    """
    left = None if legacy is None else lay_out(legacy)
    tell(0.1)
    right = None if new is None else lay_out(new)
    tell(0.2)
    spots: list[Spot] = []
    blocks: list[Block] = []
    trouble = ""
    if left is None or right is None:
        if (known := left or right) is not None:
            lines = (known.lines, 0) if right is None else (0, known.lines)
            blocks = flat([Part(*lines, Mark.EQUAL)])
    elif left.trouble or right.trouble:
        whose, why = ("legacy", left) if left.trouble else ("new", right)
        trouble = f"the {whose} answer is compared by line: {why.trouble}"
        blocks = flat(_by_lines(left, right))
    else:
        walk = Walk(left, right, limit, lambda share: tell(0.2 + 0.8 * share))
        walk.run()
        blocks, spots, trouble = flat(walk.tree), walk.spots, walk.trouble
    if recorded is not None:
        blocks, spots = _with_recorded((left, right), blocks, spots, recorded[:limit])
    return SideBySide(left, right, blocks, spots, places(blocks, len(spots)), trouble)


def _by_lines(left: JsonText, right: JsonText) -> Tree:
    """Equal lines at both ends; between them line beside line where there are as many."""
    same = left.text.count(b"\n", 0, _common(left.text, right.text))
    # From the line feed before the first line that differs: whole lines only, from the back too.
    ends = [b"\n" + text.text[text.start_of(same) :] for text in (left, right)]
    tail = _common(ends[0][::-1], ends[1][::-1])
    rest = ends[0].count(b"\n", len(ends[0]) - tail) - 1
    here, there = left.lines - same - rest, right.lines - same - rest
    tree: Tree = [Part(same, same, Mark.EQUAL)] if same else []
    if here == there:
        for i in range(same, same + here):
            mark = Mark.EQUAL if left.line(i) == right.line(i) else Mark.CHANGED
            tree.append(Part(1, 1, mark))
    elif here and there:
        tree.append(Part(here, there, Mark.CHANGED))
    else:
        tree.append(Part(here, there, Mark.GONE if here else Mark.ADDED))
    if rest:
        tree.append(Part(rest, rest, Mark.EQUAL))
    return tree


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common from the front; found by halving, at C speed."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


_Texts = tuple[JsonText | None, JsonText | None]


def _with_recorded(
    texts: _Texts, blocks: list[Block], spots: list[Spot], recorded: Sequence[Difference]
) -> tuple[list[Block], list[Spot]]:
    """The differences as recorded: their classes, and those that the walk has not found."""
    waiting: dict[str, list[DifferenceClass]] = {}
    for difference in recorded:
        waiting.setdefault(difference.path, []).append(difference.kind)
    named: list[Spot] = []
    for spot in spots:
        kinds = waiting.get(spot.path, [])
        if spot.kind in kinds:
            kinds.remove(spot.kind)
            named.append(spot)
        else:
            named.append(replace(spot, recorded=False))
    for i, spot in enumerate(named):
        left_over = [] if spot.recorded else waiting.get(spot.path, [])
        if left_over:
            named[i] = Spot(spot.path, left_over.pop(0))
    added = [Spot(path, kind) for path, kinds in waiting.items() for kind in kinds]
    return _with_spots(texts, blocks, named, added), [*named, *added]


def _with_spots(
    texts: _Texts, blocks: list[Block], spots: list[Spot], added: list[Spot]
) -> list[Block]:
    """The blocks, with a line marked for each of `added`, which are numbered after `spots`."""
    finders = [Finder(text) if text is not None and text.lines else None for text in texts]
    starts = [b.left for b in blocks], [b.right for b in blocks]
    cuts: dict[int, dict[int, int]] = {}
    for number, spot in enumerate(added, start=len(spots)):
        best: tuple[bool, int, int] | None = None
        for side, finder in enumerate(finders):
            if finder is not None and (best is None or not best[0]):
                line, whole = finder.find(spot.path)
                if best is None or whole:
                    best = (whole, side, line)
        if best is not None:
            _, side, line = best
            at = bisect_right(starts[side], line) - 1
            while at > 0 and not (blocks[at].right_lines if side else blocks[at].left_lines):
                at -= 1
            offset = line - (blocks[at].right if side else blocks[at].left)
            cuts.setdefault(at, {}).setdefault(offset, number)
    return [
        piece
        for at, block in enumerate(blocks)
        for piece in (_cut(block, cuts[at]) if at in cuts else (block,))
    ]


def _cut(block: Block, marked: dict[int, int]) -> list[Block]:
    """A block in pieces, with the lines `marked` (offset → spot) on their own.

    One that is marked already stays whole, and keeps the difference that it has.
    """
    if block.mark not in {Mark.EQUAL, Mark.CHANGED} or block.spot >= 0:
        return [block]
    if block.left_lines != block.right_lines and block.left_lines and block.right_lines:
        return [replace(block, spot=min(marked.values()))]
    pieces = []
    done = 0
    for offset, spot in sorted(marked.items()):
        if offset > done:
            pieces.append(_slice(block, done, offset, block.mark, -1))
        pieces.append(_slice(block, offset, offset + 1, Mark.CHANGED, spot))
        done = offset + 1
    lines = max(block.left_lines, block.right_lines)
    if done < lines:
        pieces.append(_slice(block, done, lines, block.mark, -1))
    return pieces


def _slice(block: Block, start: int, end: int, mark: Mark, spot: int) -> Block:
    left = end - start if block.left_lines else 0
    right = end - start if block.right_lines else 0
    left_at = block.left + (start if left else 0)
    return Block(left_at, left, block.right + (start if right else 0), right, mark, spot)
