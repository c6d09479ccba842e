"""How every source feels: state, ages, cost, and its error in one line."""

from collections.abc import Hashable, Sequence
from datetime import tzinfo

from goliath_tui.domain import Snapshot, SourceHealth, SourceState
from goliath_tui.domain.subjects import Detail, SourcesOf, Subject
from goliath_tui.panes.condition import MARKS, in_short
from goliath_tui.panes.header import state_style
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.source import NOTE, fact_lines, filling_runs, heading, state_word, waits_for
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import sparkline
from goliath_tui.widgets.ink import Line, Run, fit, wrap
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import MOMENT
from goliath_tui.widgets.table import Column, Table

_TROUBLE = "✕ "


class SourcesPane(Pane, Table[SourceHealth]):
    """All sources. `poller` says in words who asks them, `troubles` what keeps answers from being
    kept or read. `leads`: to the sources' own screen.
    """

    TITLE = "Sources"
    FILTERED = False
    WHAT = "sources"

    def __init__(self, *, number: int, zone: tzinfo, leads: bool = True) -> None:
        super().__init__(number=number, id="sources")
        self.zone = zone
        self.leads = leads
        self.poller = ""
        self.troubles: Sequence[str] = ()
        self._columns = _columns(self)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """Every source."""
        self.put(snapshot.sources)

    def known(self) -> bool:
        """Sources are known from the config."""
        return True

    def parts(self) -> tuple[object, ...]:
        """The rows and the second: ages are shown."""
        return (self.rows, self.poller, self.troubles, self.moment.pictured // 1000)

    def opens(self) -> Subject | None:
        """The sources, with their past."""
        return SourcesOf() if self.leads else None

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
        """The table; what is wrong with polling itself, whole; then, where there is room and no
        pane of its own for that, all about the source under the cursor.
        """
        table = len(self.seen) + 1
        troubles = trouble_lines(self.troubles, width, palette)
        shown = min(table, max(2, height - len(troubles)))
        lines = [*super().content(width, shown if troubles else height, palette), *troubles]
        about = self.row() if self.leads else None
        if about is None:
            return lines
        facts = fact_lines(about, self.moment, self.zone, width, palette)
        if len(lines) + 2 + len(facts) > height:
            return lines
        return [*lines, Line(), heading(about, width, palette), *facts]

    def figure(self, palette: Palette) -> Sequence[Run]:
        """Who polls."""
        return [(self.poller, palette.muted)] if self.poller else ()


def _columns(pane: SourcesPane) -> tuple[Column[SourceHealth], ...]:
    def name(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        style = state_style(row.state, palette)
        return [(f"{MARKS[row.state]} ", style), (fit(row.name, width - 2), palette.text)]

    def kind(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        return [(fit(row.kind, width), palette.muted)]

    def state(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
        style = palette.muted if row.state is SourceState.OK else state_style(row.state, palette)
        return [(fit(state_word(row), width), style)]

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
            return filling_runs(row, width, palette)
        if row.notes:
            more = f" (+{len(row.notes) - 1})" if len(row.notes) > 1 else ""
            return [(fit(f"{NOTE} {row.notes[0]}{more}", width, cut="end"), palette.warn)]
        text = waits_for(row, pane.moment)
        if text and not text.startswith("next"):
            text = f"waits for {text}"
        return [(fit(text, width, cut="end"), palette.muted)]

    return (
        Column("source", "source", 12, name, lambda row: row.name, most=24),
        Column("kind", "kind", 15, kind, lambda row: row.kind, rank=6),
        Column("state", "state", 8, state, lambda row: row.state.value, rank=2),
        Column(
            "answered",
            "answered",
            8,
            answered,
            lambda row: row.last_success,
            "right",
            1,
            unit=MOMENT,
        ),
        Column("every", "every", 6, every, lambda row: row.every_ms, "right", 4, unit="ms"),
        Column("rows", "rows", 6, rows, lambda row: row.rows, "right", 5, falling=True),
        Column(
            "requests-per-hour",
            "per hour",
            8,
            cost,
            lambda row: row.requests_per_hour,
            "right",
            8,
            falling=True,
        ),
        Column("latency", "took", 18, latency, None, "right", 7, value=_last_latency, unit="ms"),
        Column("skew", "clock", 8, skew, lambda row: row.skew_ms, "right", 9, unit="ms"),
        Column("error", "", 28, doing, None, rank=3, most=200, value=_said),
    )


def _said(row: SourceHealth) -> str | None:
    return row.error or "; ".join(row.notes) or None


def _last_latency(row: SourceHealth) -> int | None:
    return row.latencies_ms[-1] if row.latencies_ms else None


def trouble_lines(troubles: Sequence[str], width: int, palette: Palette) -> list[Line]:
    """What is wrong with polling or with the cache, in full."""
    lines = []
    for trouble in troubles:
        for i, text in enumerate(wrap(trouble, max(8, width - len(_TROUBLE)))):
            mark = " " * len(_TROUBLE) if i else _TROUBLE
            lines.append(Line([(mark, palette.bad), (text, palette.bad)]))
    return lines
