"""Where a reader stands in two answers: the row under the cursor, the rows in sight, the folds.

Places are where something differs. The current one is that at the cursor or the nearest above.
"""

from bisect import bisect_right

from goliath_tui.domain import DifferenceClass
from goliath_tui.measures.fingerprint import normalise_path
from goliath_tui.measures.side_blocks import SideBySide, Spot
from goliath_tui.measures.side_rows import FoldedRows, Row
from goliath_tui.panes.answer_rows import Layout, Lines

#: Below this width what differs stands below each other.
STACKED_BELOW = 96
#: Characters kept in sight before the point where two long lines part.
_LEAD = 12


class Reader:
    """`cursor` and `top` count rows as they are seen. `arrange` comes first: rows need a size.

    `wanted`: the normalised path and the class of the difference to begin with, if it is there.
    """

    def __init__(self, side: SideBySide, wanted: tuple[str, DifferenceClass] | None = None) -> None:
        self.side = side
        self._wanted = wanted
        self.lines = Lines(side)
        self.layout = Layout(0, stacked=False)
        self.rows = FoldedRows(side, stacked=False)
        self.cursor = 0
        self.top = 0
        self.page_rows = 1
        self._places: list[int] = []
        self._arranged = False

    def arrange(self, width: int, height: int) -> None:
        """Rows for `width` × `height` cells; at first the cursor goes to the wanted difference."""
        stacked = width < STACKED_BELOW
        self.page_rows = max(1, height)
        self.layout = Layout(width, stacked=stacked, shift=self.layout.shift)
        if not self._arranged or self.rows.stacked is not stacked:
            block = self.rows.row(self.cursor).block if len(self.rows) else 0
            if stacked is not self.rows.stacked:
                self.rows = FoldedRows(self.side, stacked=stacked)
                start = self.rows.starts[block]
                self.cursor = self.rows.seen_at(start) if len(self.rows) else 0
            self._places = [self.rows.place(i) for i in range(len(self.side.places))]
        if not self._arranged and self._places:
            self._go_to(self._first())
        self._arranged = True
        if self.cursor < self.top:
            self.top = self.cursor
        elif self.cursor >= self.top + self.page_rows:
            self.top = self.cursor - self.page_rows + 1
        self.top = max(0, min(self.top, len(self.rows) - self.page_rows))

    def _first(self) -> int:
        """The place to begin with: that of the wanted difference, or the first."""
        for place, (_, number) in enumerate(self.side.places):
            spot = self.side.spots[number] if number >= 0 else None
            if spot is not None and (normalise_path(spot.path), spot.kind) == self._wanted:
                return place
        return 0

    def in_sight(self) -> range:
        """The rows in sight."""
        return range(self.top, min(self.top + self.page_rows, len(self.rows)))

    # -- what is under the cursor

    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.rows.row(self.cursor) if len(self.rows) else None

    def spot_here(self) -> int:
        """The difference that the cursor stands on; -1: none."""
        row = self.row()
        return -1 if row is None else self.side.blocks[row.block].spot

    def spot(self) -> int:
        """The difference of the current place; -1: none, or one that is not listed."""
        place = self._place()
        return -1 if place is None else self.side.places[place][1]

    def order(self, spot: int) -> int:
        """Which of the differences one is, counted from the top."""
        return self._order().index(spot) + 1

    def from_the_top(self) -> list[Spot]:
        """All differences in their order; those that stand nowhere come last."""
        spots = self.side.spots
        return [spots[number] for number in dict.fromkeys([*self._order(), *range(len(spots))])]

    def _order(self) -> list[int]:
        return list(dict.fromkeys(number for _, number in self.side.places if number >= 0))

    def _place(self) -> int | None:
        if not self._places:
            return None
        return max(0, bisect_right(self._places, self.rows.all_at(self.cursor)) - 1)

    # -- moving

    def move(self, rows: int) -> None:
        """Move the cursor."""
        self.cursor = max(0, min(self.cursor + rows, len(self.rows) - 1))

    def turn_pages(self, halves: int) -> None:
        """Move by half pages; the rows move with the cursor."""
        rows = halves * max(1, self.page_rows // 2)
        self.top = max(0, min(self.top + rows, len(self.rows) - self.page_rows))
        self.move(rows)

    def scroll(self, rows: int) -> None:
        """Move the rows; the cursor stays in sight."""
        self.top = max(0, min(self.top + rows, len(self.rows) - self.page_rows))
        self.cursor = max(self.top, min(self.cursor, self.top + self.page_rows - 1))
        self.move(0)

    def next_place(self, step: int) -> None:
        """Go to the next place (1) or the one before (-1); behind the last comes the first."""
        place = self._place()
        if place is None:
            return
        here = self.rows.all_at(self.cursor)
        if step > 0:
            place += self._places[place] <= here
        else:
            place -= self._places[place] >= here
        self._go_to(place % len(self._places))

    def _go_to(self, place: int) -> None:
        self.cursor = self.rows.seen_at(self._places[place])
        if not self.top <= self.cursor < self.top + self.page_rows - 2:
            self.top = max(0, self.cursor - self.page_rows // 3)
        apart = self.lines.apart(self.side.places[place][0])
        front = 0 if apart is None else apart[0]
        far = front >= self.layout.left - _LEAD
        self._shift_to(front - _LEAD if far else 0)

    # -- sideways

    def shift(self, characters: int) -> None:
        """Scroll both sides sideways, as far as a line in sight goes on."""
        most = self._longest() - self.layout.left // 2
        self._shift_to(max(0, min(self.layout.shift + characters, most)))

    def shift_far(self, step: int) -> None:
        """Scroll sideways by half a side."""
        self.shift(step * max(1, self.layout.left // 2))

    def _shift_to(self, shift: int) -> None:
        self.layout = Layout(self.layout.width, stacked=self.layout.stacked, shift=shift)

    def _longest(self) -> int:
        longest = 0
        for row in map(self.rows.row, self.in_sight()):
            for line, is_left in ((row.left, True), (row.right, False)):
                if line is not None:
                    longest = max(longest, len(self.lines.text(line, is_left=is_left)))
        return longest

    # -- folds

    def turn_fold(self) -> None:
        """Open or close the fold under the cursor."""
        first = self.rows.fold_at(self.cursor) if len(self.rows) else None
        if first is not None:
            self.rows.turn(self.cursor)
            self.cursor = self.rows.seen_at(first)

    def turn_all_folds(self) -> None:
        """Open all, or close them; the cursor stays on its row, or on the fold that hides it."""
        if not len(self.rows):
            return
        here, above = self.rows.all_at(self.cursor), self.cursor - self.top
        self.rows.turn_all()
        self.cursor = self.rows.seen_at(here)
        self.top = max(0, self.cursor - above)
