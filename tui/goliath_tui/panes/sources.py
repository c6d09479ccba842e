"""How every source feels: state, ages, cost, and its error in one line."""

from collections.abc import Hashable, Sequence
from datetime import tzinfo

from goliath_tui.domain import Snapshot, SourceHealth, SourceState
from goliath_tui.domain.subjects import Detail, SourcesOf, Subject
from goliath_tui.panes.condition import MARKS, filled_share, in_short
from goliath_tui.panes.header import state_style
from goliath_tui.panes.pane import Pane
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import bar, sparkline
from goliath_tui.widgets.ink import Line, Run, fit, printable, wrap
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.table import Column, Table

#: A poll that is later than this is not under way: nobody asks.
_OVERDUE_MS = 30_000
_WORDS = {
    SourceState.OK: "ok",
    SourceState.STALE: "stale",
    SourceState.FAILING: "failing",
    SourceState.AUTH: "refused",
    SourceState.OFF: "off",
}


class SourcesPane(Pane, Table[SourceHealth]):
    """All sources. `poller` says in words who asks them."""

    TITLE = "Sources"
    FILTERED = False
    WHAT = "sources"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="sources")
        self.zone = zone
        self.poller = ""
        self._columns = _columns(self)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """Every source."""
        self.put(snapshot.sources)

    def known(self) -> bool:
        """Sources are known from the config."""
        return True

    def parts(self) -> tuple[object, ...]:
        """The rows and the second: ages are shown."""
        return (self.rows, self.poller, self.moment.pictured // 1000)

    def opens(self) -> Subject | None:
        """The sources, with their past."""
        return SourcesOf()

    def label(self, row: SourceHealth) -> str:
        """Its name."""
        return row.name

    def columns(self) -> Sequence[Column[SourceHealth]]:
        """All columns."""
        return self._columns

    def key(self, row: SourceHealth) -> Hashable:
        """Its name."""
        return row.name

    def haystack(self, row: SourceHealth) -> str:
        """Sources are few: the filter leaves them alone."""
        return row.name

    def surroundings(self) -> Hashable:
        """The second: ages are shown."""
        return self.moment.pictured // 1000

    def nothing(self) -> str:
        """There is none."""
        return "no source is configured"

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The table, and below it, where there is room, all about the source under the cursor."""
        about = self.row()
        details = detail_lines(about, self.zone, width, palette) if about is not None else []
        table = super().content(width, min(height, len(self.seen) + 1), palette)
        if not details or len(table) + 1 + len(details) > height:
            return super().content(width, height, palette)
        return [*table, Line(), *details]

    def figure(self, palette: Palette) -> Sequence[Run]:
        """Who polls."""
        return [(self.poller, palette.muted)] if self.poller else ()


def _columns(pane: SourcesPane) -> tuple[Column[SourceHealth], ...]:
    def name(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        style = state_style(row.state, palette)
        return [(f"{MARKS[row.state]} ", style), (fit(row.name, width - 2), palette.text)]

    def state(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        style = palette.muted if row.state is SourceState.OK else state_style(row.state, palette)
        return [(fit(_WORDS[row.state], width), style)]

    def answered(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        age = None if row.last_success is None else pane.moment.pictured - row.last_success
        return [(f"{fmt.age(age):>{width}}", palette.text)]

    def every(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        return [(f"{fmt.period(row.every_ms):>{width}}", palette.muted)]

    def rows(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        return [(f"{fmt.short_count(row.rows):>{width}}", palette.text)]

    def cost(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        return [(f"{fmt.short_count(row.requests_per_hour):>{width}}", palette.text)]

    def latency(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        last = row.latencies_ms[-1] if row.latencies_ms else None
        return [
            (sparkline(row.latencies_ms, width - 8), palette.new_soft),
            (f"{fmt.milliseconds(last):>8}", palette.text),
        ]

    def skew(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        text = fmt.UNKNOWN if row.skew_ms is None else fmt.milliseconds(abs(row.skew_ms))
        sign = "" if not row.skew_ms else "+" if row.skew_ms > 0 else "−"
        return [(f"{sign + text:>{width}}", palette.muted)]

    def doing(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        if row.error:
            return [(fit(in_short(row.error), width, cut="end"), state_style(row.state, palette))]
        if row.progress is not None:
            return _filling(row, width, palette)
        if row.next_at is None:
            text = "not asked yet" if row.last_poll is None else ""
        else:
            wait = row.next_at - pane.moment.pictured
            text = f"next in {fmt.age(wait)}" if wait >= 1000 else "asking"
            if wait < -_OVERDUE_MS:
                text = f"was due {fmt.age(-wait)} ago"
        return [(fit(text, width, cut="end"), palette.muted)]

    return (
        Column("source", "source", 12, name, lambda row: row.name, most=24),
        Column("state", "state", 8, state, lambda row: row.state.value, rank=2),
        Column("answered", "answered", 8, answered, lambda row: row.last_success, "right", 1),
        Column("every", "every", 6, every, lambda row: row.every_ms, "right", 4),
        Column("rows", "rows", 6, rows, lambda row: row.rows, "right", 5, falling=True),
        Column(
            "cost", "per hour", 8, cost, lambda row: row.requests_per_hour, "right", 7, falling=True
        ),
        Column("latency", "took", 18, latency, None, "right", 6),
        Column("skew", "clock", 8, skew, lambda row: row.skew_ms, "right", 8),
        Column("doing", "", 28, doing, None, rank=3, most=200),
    )


def detail_lines(source: SourceHealth, zone: tzinfo, width: int, palette: Palette) -> list[Line]:
    """Everything that is known about one source, its last error in full."""
    label = 16

    def moment(at: int | None) -> str:
        return fmt.UNKNOWN if at is None else fmt.full_moment(at, zone)

    facts = [
        ("kind", source.kind),
        ("state", _WORDS[source.state]),
        ("last answer", moment(source.last_success)),
        ("last poll", moment(source.last_poll)),
        ("next poll", moment(source.next_at)),
    ]
    if source.failing_since is not None:
        facts.append(("failing since", moment(source.failing_since)))
    heading = Line([(f"{printable(source.name)} ", palette.muted)])
    lines = [heading.to(width, "─", palette.border)]
    lines += [
        Line([(fit(name, label), palette.muted), (fit(text, width - label), palette.text)])
        for name, text in facts
    ]
    if source.progress is not None:
        filling = _filling(source, width - label, palette)
        lines.append(Line([(fit("first fill", label), palette.muted), *filling]))
    if source.error:
        style = state_style(source.state, palette)
        for i, text in enumerate(wrap(source.error, max(8, width - label))):
            name = "last error" if i == 0 else ""
            lines.append(Line([(fit(name, label), palette.muted), (text, style)]))
    return lines


def _filling(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
    progress = row.progress
    if progress is None:
        return []
    share = filled_share(progress)
    words = f"{fmt.plural(progress.pages, 'page')} · {fmt.short_count(progress.rows)} rows"
    if share is None:
        return [(fit(f"first fill: {words}", width, cut="end"), palette.text)]
    cells = max(0, min(16, width - 8))
    head = [
        *bar(share, cells, palette.new, palette.faint),
        (f"{fmt.percent(share):>8}", palette.text),
    ]
    room = width - cells - 8 - 2
    return [*head, (f"  {fit(words, room, cut='end')}", palette.muted)] if room >= 12 else head
