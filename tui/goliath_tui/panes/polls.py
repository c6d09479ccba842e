"""The newest polls of one source: when, how long, what they brought, why they failed."""

from collections.abc import Callable, Hashable, Sequence
from datetime import tzinfo

from goliath_tui.domain import Snapshot, SourceState
from goliath_tui.domain.subjects import Detail, PollRow, SourcesDetail
from goliath_tui.panes.condition import MARKS, in_short
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.pane import Pane
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Line, Run, fit, wrap
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import MOMENT
from goliath_tui.widgets.table import Column, Table

_FEWEST_ROWS = 3


class PollsPane(Pane, Table[PollRow]):
    """The log of the polls of the source with the name `of`; empty: the first source's."""

    TITLE = "Polls"
    ONE = "poll"
    WHAT = "polls"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="polls")
        self.zone = zone
        self.of = ""
        self._detail: SourcesDetail | None = None
        self._columns = _columns(self)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The polls of its source."""
        self._detail = detail if isinstance(detail, SourcesDetail) else None
        first = snapshot.sources[0].name if snapshot.sources else ""
        self.look_at(self.of or first)

    def look_at(self, name: str) -> None:
        """Show the polls of this source from now on; those of another begin at the newest."""
        if name != self.of:
            self.of = name
            self.cursor, self._held, self._top = 0, None, 0
        self.put(self._detail.polls.get(name, ()) if self._detail is not None else ())

    def known(self) -> bool:
        """Whether the log has come."""
        return self._detail is not None

    def parts(self) -> tuple[object, ...]:
        """The rows, whose they are, and the minute, since a time of day becomes a date one day."""
        return (self.of, self.rows, self.lens, self.known(), self.moment.pictured // 60_000)

    def label(self, row: PollRow) -> str:
        """Its moment, and its error in full."""
        when = fmt.full_moment(row.at, self.zone)
        return f"{when} {row.error}" if row.error else when

    def cut_name(self) -> str:
        """Nothing: an error is shown in full below the table."""
        return ""

    def columns(self) -> Sequence[Column[PollRow]]:
        """All columns."""
        return self._columns

    def key(self, row: PollRow) -> Hashable:
        """Its moment: a source is asked once at a time."""
        return row.at

    def haystack(self, row: PollRow) -> str:
        """Its moment and how it ended."""
        return f"{fmt.full_moment(row.at, self.zone)} {row.error or 'ok'}"

    def surroundings(self) -> Hashable:
        """The minute, since a time of day becomes a date one day."""
        return self.moment.pictured // 60_000

    def nothing(self) -> str:
        """On its way, never asked, or none that passes the filter."""
        if not self.known():
            return "…"
        if self.lens:
            return f"no poll matches {self.lens.text}"
        if self.moment.past is not None:
            return "no poll is on record for this moment"
        return f"{self.of} has not been asked yet" if self.of else "no source is configured"

    def title(self) -> str:
        """Whose polls they are."""
        return f"{self.TITLE} of {self.of}" if self.of and not self.tabs else self.TITLE

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How many of the newest failed."""
        if self.lens:
            return self.lens_figure(palette)
        if not self.rows:
            return ()
        failed = sum(row.error is not None for row in self.rows)
        style = palette.bad if failed else palette.muted
        of = f"of the newest {len(self.rows):,}"
        return [(f"{failed:,} ", style), (f"{of} failed", palette.muted)]

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The table; below it, where there is room, the error of the poll under the cursor."""
        row = self.row()
        error = wrap(row.error, width) if row is not None and row.error else []
        least = 1 + min(_FEWEST_ROWS, len(self.seen))
        if not error or height - len(error) - 1 < least:
            return super().content(width, height, palette)
        table = list(super().content(width, height - len(error) - 1, palette))
        table += [Line() for _ in range(height - len(error) - len(table))]
        return [*table, *(Line([(text, palette.bad)]) for text in error)]

    def origins(self, desk: Desk) -> list[Origin]:
        """The log."""
        polls = fmt.plural(len(self.rows), "poll")
        return [
            Origin(
                "polls",
                polls,
                "one row for each time that the source was asked; took: from the first request to "
                "the last byte; bytes as they came; what is older than 14 days is forgotten",
                f"the newest {polls}",
                self.of or "no source",
                fmt.full_moment(desk.snapshot.at, desk.zone),
            )
        ]


def _columns(pane: PollsPane) -> tuple[Column[PollRow], ...]:
    def when(row: PollRow, width: int, palette: Palette) -> list[Run]:
        text = fmt.clock_or_day(row.at, pane.moment.pictured, pane.zone)
        return [(fit(text, width), palette.text)]

    def ended(row: PollRow, width: int, palette: Palette) -> list[Run]:
        if row.error is None:
            return [(fit("ok", width), palette.muted)]
        mark = MARKS[SourceState.FAILING]
        return [(fit(f"{mark} {in_short(row.error)}", width, cut="end"), palette.bad)]

    def figure(
        name: str,
        title: str,
        width: int,
        rank: int,
        *,
        value: Callable[[PollRow], int],
        text: Callable[[int], str],
        unit: str = "",
    ) -> Column[PollRow]:
        def draw(row: PollRow, width: int, palette: Palette) -> list[Run]:
            style = palette.text if value(row) else palette.faint
            return [(f"{text(value(row)):>{width}}", style)]

        return Column(name, title, width, draw, value, "right", rank, falling=True, unit=unit)

    return (
        Column("at", "when", 8, when, lambda row: row.at, falling=True, unit=MOMENT),
        figure(
            "took", "took", 7, 1, value=lambda row: row.took_ms, text=fmt.milliseconds, unit="ms"
        ),
        figure("rows", "rows", 6, 3, value=lambda row: row.rows, text=fmt.short_count),
        figure("requests", "requests", 8, 5, value=lambda row: row.requests, text=fmt.count),
        figure("bytes", "bytes", 8, 4, value=lambda row: row.bytes_read, text=fmt.size),
        Column(
            "error",
            "ended",
            16,
            ended,
            lambda row: row.error or "",
            rank=2,
            most=200,
            value=lambda row: row.error,
        ),
    )
