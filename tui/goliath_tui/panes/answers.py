"""The two answers of an example side by side, with every difference marked where it stands.

Short answers are laid beside each other at once. Long ones are compared in a thread, so that the
screen goes on; what it has found by then is thrown away when another example is wanted.
"""

import threading
import time
from collections.abc import Sequence

from rich.style import Style
from textual import events
from textual.message import Message

from goliath_tui.domain import GroupRow, Snapshot
from goliath_tui.domain.subjects import Detail, Example, GroupDetail
from goliath_tui.measures.side_blocks import Mark, SideBySide, Spot
from goliath_tui.measures.side_rows import Row
from goliath_tui.panes.answer_reader import Reader
from goliath_tui.panes.answer_rows import row_line
from goliath_tui.panes.classes import WIDTH, class_word
from goliath_tui.panes.pane import Pane
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Line, Run, cut_end, fit, printable, runs_width, wrap
from goliath_tui.widgets.keys import ANSWERS_KEYS, bindings
from goliath_tui.widgets.palette import BOLD, Palette
from goliath_tui.widgets.sheet import MOMENT, Sheet, SheetColumn, Value

#: Answers that are compared while the key is pressed; longer ones are in a thread.
_AT_ONCE = 64_000
_WHEEL = 3
_TELL_EVERY_S = 0.25
_HEADING = 1
_UNDERLINE = Style(underline=True)


class AnswersPane(Pane):
    """Both answers of the example that the screen looks into."""

    TITLE = "Answers"
    NEEDS = ("mismatches",)
    WHAT = "answers"
    BINDINGS = bindings(ANSWERS_KEYS)

    class Compared(Message):
        """The thread is done (`side`), has come further, or has failed (`trouble`)."""

        def __init__(self, turn: int, side: SideBySide | None = None, trouble: str = "") -> None:
            super().__init__()
            self.turn = turn
            self.side = side
            self.trouble = trouble

    def __init__(self, *, number: int | None = None) -> None:
        super().__init__(number=number, id="answers")
        self.example: Example | None = None
        self.reader: Reader | None = None
        self._known = False
        self._others = False
        self._group: GroupRow | None = None
        # Counts the comparisons that were begun: what comes from an earlier one is late.
        self._turn = 0
        self._share = 0.0
        self._trouble = ""
        self._drawn_rows: dict[tuple[Row, bool], Line] = {}
        self._drawn_for: tuple[object, ...] = ()

    # -- picture

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The example that is shown; one that is shown already stays as it is."""
        self._known = isinstance(detail, GroupDetail)
        example = detail.shown if isinstance(detail, GroupDetail) else None
        self._others = isinstance(detail, GroupDetail) and bool(detail.examples)
        if isinstance(detail, GroupDetail):
            self._group = detail.row
        if example != self.example:
            self.example = example
            self._begin()

    def known(self) -> bool:
        """Whether the group is known."""
        return self._known

    def parts(self) -> tuple[object, ...]:
        """Which comparison is shown, and whether it has come."""
        return (self._turn, self.reader is None, self._known, self._others)

    def named(self) -> str:
        """The trace of the comparison: what other tools know it by."""
        row = None if self.example is None else self.example.row
        return "" if row is None else row.trace_id or row.id

    def sheet(self) -> Sheet | None:
        """The differences from top to bottom, or as they were recorded as long as nothing else is
        known; both answers whole beside them.
        """
        example, group = self.example, self._group
        if example is None or group is None or self.condition.blank:
            return None
        found: list[Spot] = [Spot(each.path, each.kind) for each in example.differences]
        if self.reader is not None:
            found = self.reader.from_the_top()
        rows: list[tuple[Value, ...]] = [
            (spot.path, spot.kind.value, spot.recorded) for spot in found
        ]
        beside: list[tuple[SheetColumn, Value | bytes]] = [
            (SheetColumn("service"), group.service),
            (SheetColumn("field"), group.field),
            (SheetColumn("comparison"), example.row.id),
            (SheetColumn("at", MOMENT), example.row.key.at),
            (SheetColumn("operation"), example.row.operation),
            (SheetColumn("trace"), example.row.trace_id),
            (SheetColumn("legacy"), example.legacy),
            (SheetColumn("new"), example.new),
        ]
        columns = (SheetColumn("path"), SheetColumn("class"), SheetColumn("recorded"))
        return Sheet("answers", columns, rows, beside=beside)

    def _begin(self) -> None:
        """Compare the answers of the example, at once or in a thread."""
        self._turn += 1
        self._share, self._trouble = 0.0, ""
        self._lay(None)
        example = self.example
        if example is None:
            return
        if len(example.legacy or b"") + len(example.new or b"") <= _AT_ONCE:
            from goliath_tui.measures.side_by_side import side_by_side

            self._lay(side_by_side(example.legacy, example.new, example.differences))
        else:
            work = (self._turn, example)
            threading.Thread(target=self._compare, args=work, name="answers", daemon=True).start()

    def _compare(self, turn: int, example: Example) -> None:
        """In the thread: compare, and tell the screen."""
        from goliath_tui.measures.side_by_side import side_by_side

        told = time.monotonic()

        def tell(share: float) -> None:
            nonlocal told
            if turn != self._turn:
                raise InterruptedError
            if time.monotonic() - told >= _TELL_EVERY_S:
                told, self._share = time.monotonic(), share
                self.post_message(self.Compared(turn))

        try:
            side = side_by_side(example.legacy, example.new, example.differences, tell=tell)
        except InterruptedError:
            return
        except Exception as error:  # noqa: BLE001 - a dead thread would compare for ever
            self.post_message(self.Compared(turn, trouble=str(error) or type(error).__name__))
            return
        self.post_message(self.Compared(turn, side))

    def on_answers_pane_compared(self, message: Compared) -> None:
        """Show what was found, unless another example is wanted by now."""
        message.stop()
        if message.turn != self._turn:
            return
        self._trouble = message.trouble
        if message.side is not None:
            self._lay(message.side)
        self.redraw()

    def _lay(self, side: SideBySide | None) -> None:
        sought = None if self._group is None else (self._group.path, self._group.kind)
        self.reader = None if side is None else Reader(side, sought)
        self._drawn_rows = {}

    # -- drawing

    def figure(self, palette: Palette) -> Sequence[Run]:
        """Which difference of how many."""
        reader = self.reader
        if reader is None or self.condition.blank:
            return ()
        side = reader.side
        if side.trouble:
            room = max(8, self.size.width - 30)
            return [(cut_end(printable(side.trouble), room), palette.warn)]
        count = len(side.spots)
        if not count:
            return [("no difference is listed" if side.places else "no difference", palette.muted)]
        words = fmt.plural(count, "difference")
        spot = reader.spot()
        if spot < 0:
            return [(words, palette.text)]
        number = f"{reader.order(spot):,}"
        return [(number, palette.strong), (" of ", palette.muted), (words, palette.text)]

    def note(self, palette: Palette) -> Sequence[Run]:
        """The class and the path of the difference at or above the cursor."""
        runs = list(super().note(palette))
        reader = self.reader
        number = -1 if reader is None or self.condition.blank else reader.spot()
        if reader is None or number < 0:
            return runs
        spot = reader.side.spots[number]
        word = class_word(spot.kind) + ("" if spot.recorded else ", not recorded")
        if runs:
            runs.append((" · ", palette.muted))
        runs.append((f"{word} ", palette.strong))
        path = printable(spot.path)
        room = self.size.width - 10 - runs_width(runs)
        return [*runs, (fit(path, min(room, len(path))), palette.text)]

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The names of both sides and the rows in sight; or why there are none."""
        reader = self.reader
        if (why := self._why_not()) is not None or reader is None:
            return self._sentences(why or "", width, height, palette)
        reader.arrange(width, height - _HEADING)
        wanted = (reader.layout, palette)
        if wanted != self._drawn_for:
            self._drawn_for, self._drawn_rows = wanted, {}
        drawn: dict[tuple[Row, bool], Line] = {}
        lines = [self._heading(reader, palette)]
        here = reader.spot_here()
        for number in reader.in_sight():
            row = reader.rows.row(number)
            current = here >= 0 and reader.side.blocks[row.block].spot == here
            line = self._drawn_rows.get((row, current))
            if line is None:
                word = word_of(reader.side, row)
                line = row_line(reader.lines, row, reader.layout, word, palette, current=current)
            drawn[row, current] = line
            lines.append(self._under_cursor(line, palette) if number == reader.cursor else line)
        self._drawn_rows = drawn
        return lines

    def thumb(self, height: int) -> tuple[int, int] | None:
        """The scroll thumb beside the rows; the heading has none."""
        reader, page = self.reader, height - _HEADING
        if reader is None or self.condition.blank or page < 2 or len(reader.rows) <= page:
            return None
        rows = len(reader.rows)
        size = max(1, page * page // rows)
        start = _HEADING + round(reader.top * (page - size) / (rows - page))
        return start, start + size

    def _why_not(self) -> str | None:
        """Why no rows can be shown; None if they can."""
        example = self.example
        if example is None and self._others:
            return "this example is not kept any more, or was not there yet at this moment"
        if example is None:
            return "no example of this difference is kept"
        if example.legacy is None and example.new is None:
            return "no answers: the source sent none, or they are longer than what the cache keeps"
        if self._trouble:
            return f"the answers could not be compared: {self._trouble}"
        if self.reader is None:
            sizes = [fmt.size(len(text or b"")) for text in (example.legacy, example.new)]
            share = f" {int(self._share * 100)} %" if self._share else ""
            return f"comparing {sizes[0]} with {sizes[1]} …{share}"
        return None

    def _sentences(self, why: str, width: int, height: int, palette: Palette) -> list[Line]:
        """The sentence, and the differences as they were recorded where the answers are gone."""
        lines = [Line([(text, palette.muted)]) for text in wrap(why, width)]
        example = self.example
        if example is None or example.legacy is not None or example.new is not None:
            return lines
        lines.append(Line())
        for difference in example.differences[: max(0, height - len(lines))]:
            kind = fit(class_word(difference.kind), WIDTH)
            path = fit(difference.path, width - WIDTH - 2)
            lines.append(Line([(kind, palette.strong), ("  ", palette.text), (path, palette.text)]))
        return lines

    def _heading(self, reader: Reader, palette: Palette) -> Line:
        example = self.example
        texts = (None, None) if example is None else (example.legacy, example.new)
        sizes = ["not kept" if text is None else fmt.size(len(text)) for text in texts]
        if reader.layout.stacked:
            line = Line().add("− legacy ", palette.legacy + BOLD).add(sizes[0], palette.muted)
            return line.add("   + new ", palette.new + BOLD).add(sizes[1], palette.muted)
        line = Line().add("  legacy ", palette.legacy + BOLD).add(sizes[0], palette.muted)
        line.to(reader.layout.left + 5).add("  new ", palette.new + BOLD)
        return line.add(sizes[1], palette.muted)

    def _under_cursor(self, line: Line, palette: Palette) -> Line:
        focused = self.has_focus
        ground = palette.cursor if focused else palette.cursor_blurred
        runs = line.runs
        if focused and palette.flat:
            # The row's own colours go; what differs within the line is still to be seen.
            part = ground + _UNDERLINE
            runs = [(text, part if style.underline else ground) for text, style in runs]
        return Line(runs, ground=ground, mark="▸" if focused else " ")

    # -- hands

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        if self.reader is not None:
            self.reader.move(rows)
            self.redraw()

    def action_page(self, halves: int) -> None:
        """Move by half pages."""
        if self.reader is not None:
            self.reader.turn_pages(halves)
            self.redraw()

    def action_edge(self, last: bool) -> None:
        """Go to the first or the last row."""
        if self.reader is not None:
            rows = len(self.reader.rows)
            self.reader.move(rows if last else -rows)
            self.redraw()

    def action_difference(self, step: int) -> None:
        """Go to the next or the previous place where something differs."""
        if self.reader is not None:
            self.reader.next_place(step)
            self.redraw()

    def action_fold(self) -> None:
        """Open or close the fold under the cursor."""
        if self.reader is not None:
            self.reader.turn_fold()
            self.redraw()

    def action_fold_all(self) -> None:
        """Open all folds, or close them."""
        if self.reader is not None:
            self.reader.turn_all_folds()
            self.redraw()

    def action_shift(self, characters: int) -> None:
        """Scroll both sides sideways."""
        if self.reader is not None:
            self.reader.shift(characters)
            self.redraw()

    def action_shift_far(self, step: int) -> None:
        """Scroll both sides sideways by half a width."""
        if self.reader is not None:
            self.reader.shift_far(step)
            self.redraw()

    def _scroll(self, rows: int) -> None:
        if self.reader is not None:
            self.reader.scroll(rows)
            self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the rows; the cursor stays in sight."""
        event.stop()
        self._scroll(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the rows; the cursor stays in sight."""
        event.stop()
        self._scroll(-_WHEEL)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """The wheel sideways."""
        event.stop()
        self.action_shift(8)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """The wheel sideways."""
        event.stop()
        self.action_shift(-8)

    def on_click(self, event: events.Click) -> None:
        """A click goes to a row; on a fold it opens it. On the border it is the frame's."""
        reader = self.reader
        number = -1 if reader is None else reader.top + event.y - 1 - _HEADING
        if reader is None or event.y <= _HEADING or number not in reader.in_sight():
            return
        reader.move(number - reader.cursor)
        if reader.rows.row(number).hidden:
            reader.turn_fold()
        self.redraw()


def word_of(side: SideBySide, row: Row) -> str:
    """The word at a row's end: the class, where a difference begins."""
    block = side.blocks[row.block]
    if row.hidden or not row.first or block.spot < 0:
        return ""
    before = side.blocks[row.block - 1] if row.block else None
    goes_on = before is not None and before.spot == block.spot and before.mark is not Mark.HEAD
    return "" if goes_on else class_word(side.spots[block.spot].kind)
