"""The rows of two answers beside each other, with long runs folded away.

Rows are made when they are asked for: what is kept is where blocks and folds begin.
"""

from bisect import bisect_right
from itertools import accumulate

from msgspec import Struct

from goliath_tui.measures.side_blocks import Block, Mark, SideBySide

#: Rows that stay in sight around whatever differs.
CONTEXT = 3
_LEAST_FOLDED = 2


class Row(Struct, frozen=True, gc=False):
    """One row: the lines on either side, None where there is nothing; `block` is theirs.

    `first`: the first row of its block. `hidden`: the row stands for so many that are folded away.
    """

    left: int | None
    right: int | None
    block: int
    first: bool = False
    hidden: int = 0


class FoldedRows:
    """`stacked`: what differs stands in rows below each other instead of side by side.

    Rows are counted twice: all of them, and those in `seen`, where a closed fold is one row.
    """

    def __init__(self, side: SideBySide, *, stacked: bool) -> None:
        self.side = side
        self.stacked = stacked
        heights = (_height(block, stacked) for block in side.blocks)
        #: The row at which each block begins; the last is how many rows there are.
        self.starts: list[int] = [0, *accumulate(heights)]
        self.folds = self._find_folds()
        self._open: set[int] = set()
        self._arrange()

    def __len__(self) -> int:
        return self._seen[-1]

    def row(self, number: int) -> Row:
        """The row that is seen at `number`."""
        part = bisect_right(self._seen, number) - 1
        start, fold = self._parts[part]
        if fold >= 0 and fold not in self._open:
            first, last = self.folds[fold]
            block = bisect_right(self.starts, first) - 1
            return Row(None, None, block, hidden=last - first)
        return self._row(start + number - self._seen[part])

    def seen_at(self, row: int) -> int:
        """Where a row is seen, counted from all of them; one in a closed fold is seen as that."""
        part = bisect_right(self._parts, (row, len(self.folds))) - 1
        start, fold = self._parts[part]
        hidden = fold >= 0 and fold not in self._open
        return self._seen[part] + (0 if hidden else row - start)

    def all_at(self, number: int) -> int:
        """The row that is seen at `number`, counted from all; the first of a closed fold."""
        part = bisect_right(self._seen, number) - 1
        start, fold = self._parts[part]
        return start if fold >= 0 and fold not in self._open else start + number - self._seen[part]

    def place(self, index: int) -> int:
        """The row, counted from all, at which a place begins."""
        return self.starts[self.side.places[index][0]]

    def fold_at(self, number: int) -> int | None:
        """The first row, counted from all, of the fold that is seen at `number`."""
        fold = self._parts[bisect_right(self._seen, number) - 1][1]
        return None if fold < 0 else self.folds[fold][0]

    def turn(self, number: int) -> bool:
        """Open the fold that is seen at `number`, or close the one that it is in."""
        part = bisect_right(self._seen, number) - 1
        fold = self._parts[part][1]
        if fold < 0:
            return False
        self._open ^= {fold}
        self._arrange()
        return True

    def turn_all(self) -> None:
        """Open every fold; when all are open, close them."""
        everything = set(range(len(self.folds)))
        self._open = set() if self._open == everything else everything
        self._arrange()

    def _arrange(self) -> None:
        """Parts of rows: (first row, its fold or -1), and at which number each is seen."""
        parts: list[tuple[int, int]] = []
        seen = [0]
        row = 0

        def add(start: int, fold: int, rows: int) -> None:
            parts.append((start, fold))
            seen.append(seen[-1] + rows)

        for i, (first, last) in enumerate(self.folds):
            if first > row:
                add(row, -1, first - row)
            add(first, i, last - first if i in self._open else 1)
            row = last
        if self.starts[-1] > row:
            add(row, -1, self.starts[-1] - row)
        self._parts, self._seen = parts, seen

    def _find_folds(self) -> list[tuple[int, int]]:
        """Rows [first, last) that need not be seen. Where nothing differs, nothing is folded."""
        kept: list[tuple[int, int]] = []
        for block, start, end in zip(self.side.blocks, self.starts, self.starts[1:], strict=False):
            if block.mark is Mark.EQUAL:
                continue
            if end - start <= 4 * CONTEXT:
                kept.append((start - CONTEXT, end + CONTEXT))
            else:
                kept.append((start - CONTEXT, start + 2 * CONTEXT))
                if self.stacked and block.left_lines and block.right_lines:
                    middle = start + block.left_lines
                    kept.append((middle - 1, middle + CONTEXT))
                kept.append((end - 1, end + CONTEXT))
        if not kept:
            return []
        folds = []
        row = 0
        for first, last in [*kept, (self.starts[-1], self.starts[-1])]:
            if first - row >= _LEAST_FOLDED:
                folds.append((row, first))
            row = max(row, last)
        return folds

    def _row(self, row: int) -> Row:
        at = bisect_right(self.starts, row) - 1
        block, offset = self.side.blocks[at], row - self.starts[at]
        first = offset == 0
        left = block.left + offset if offset < block.left_lines else None
        if not self.stacked or _shared(block):
            right = block.right + offset if offset < block.right_lines else None
        elif left is None:
            right = block.right + offset - block.left_lines
        else:
            right = None
        return Row(left, right, at, first)


def _shared(block: Block) -> bool:
    """Whether lines of both sides are one row, however rows are laid."""
    alike = block.mark is Mark.EQUAL or block.mark is Mark.HEAD
    return alike and block.left_lines == block.right_lines


def _height(block: Block, stacked: bool) -> int:
    if stacked and not _shared(block):
        return block.left_lines + block.right_lines
    return max(block.left_lines, block.right_lines)
