"""Everything that is known about one source: how it feels, what it waits for, its error in full."""

from collections.abc import Sequence
from datetime import tzinfo
from statistics import median

from rich.style import Style

from goliath_tui.domain import Snapshot, SourceHealth, SourceState
from goliath_tui.domain.subjects import Detail
from goliath_tui.panes.chart import LABEL, framed
from goliath_tui.panes.condition import MARKS, Moment, filled_share
from goliath_tui.panes.header import state_style
from goliath_tui.panes.pane import Pane
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.axis import Scale, round_ceiling
from goliath_tui.widgets.bars import bar, sparkline
from goliath_tui.widgets.canvas import Canvas
from goliath_tui.widgets.ink import Line, Run, fit, printable, runs_width, wrap
from goliath_tui.widgets.palette import Palette

#: A poll that is later than this is not under way: nobody asks.
_OVERDUE_MS = 30_000
_NAME = 13
_TWO_COLUMNS = 72
_GAP = 3
_CHART_ROWS = 5
_TALLEST_CHART = 12
_CHART_WORDS = "ms that polls took, newest at the right"
#: Stands before what a source had to say though nothing failed.
NOTE = "!"


def state_word(source: SourceHealth) -> str:
    """Its state in one word; one that is on and was never asked is not off."""
    unasked = source.state is SourceState.OFF and source.enabled and source.last_poll is None
    return "unasked" if unasked else source.state.value


class SourcePane(Pane):
    """The source that is under the cursor of another pane, by its name; empty: the first."""

    TITLE = "Source"
    WHAT = "source"

    def __init__(self, *, number: int, zone: tzinfo) -> None:
        super().__init__(number=number, id="source")
        self.zone = zone
        self.of = ""
        self.source: SourceHealth | None = None
        self._sources: Sequence[SourceHealth] = ()

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The source with its name."""
        self._sources = snapshot.sources
        self.look_at(self.of)

    def look_at(self, name: str) -> None:
        """Show the source with this name from now on."""
        self.of = name
        self.source = next((source for source in self._sources if source.name == name), None)
        if self.source is None and self._sources:
            self.source = self._sources[0]

    def known(self) -> bool:
        """Sources are known from the config."""
        return True

    def parts(self) -> tuple[object, ...]:
        """The source and the second: ages are shown."""
        return (self.source, self.moment.pictured // 1000)

    def named(self) -> str:
        """Its name."""
        return self.source.name if self.source else ""

    def title(self) -> str:
        """The source's own name."""
        return self.named() or self.TITLE

    def figure(self, palette: Palette) -> Sequence[Run]:
        """Its state."""
        if self.source is None:
            return ()
        style = state_style(self.source.state, palette)
        return [(f"{MARKS[self.source.state]} {state_word(self.source)}", style)]

    def wanted(self, width: int) -> int:
        """The lines that all facts take in a pane of this width."""
        if self.source is None:
            return 1
        return len(fact_lines(self.source, self.moment, self.zone, width, self.palette))

    def content(self, width: int, height: int, palette: Palette) -> Sequence[Line]:
        """The facts; below them, where there is room, how long its polls took."""
        source = self.source
        if source is None:
            return [Line([(fit("no source is configured", width), palette.muted)])]
        lines = fact_lines(source, self.moment, self.zone, width, palette)
        room = min(_TALLEST_CHART, height - len(lines) - 3)
        if room < _CHART_ROWS or len(source.latencies_ms) < 2:
            return lines
        words = Line([(_CHART_WORDS, palette.muted)])
        return [*lines, Line(), words, *latency_chart(source, width, room, palette)]


def fact_lines(
    source: SourceHealth, moment: Moment, zone: tzinfo, width: int, palette: Palette
) -> list[Line]:
    """State and error first, the error whole; then the facts in one column or two."""

    def ago(at: int | None) -> str:
        if at is None:
            return fmt.UNKNOWN
        clock = fmt.clock_or_day(at, moment.pictured, zone).strip()
        return f"{fmt.age(moment.pictured - at)} ago · {clock}"

    style = palette.text if source.state is SourceState.OK else state_style(source.state, palette)
    lines = _wrapped("state", state_words(source, moment), style, width, palette)
    if source.error:
        lines += _wrapped("last error", source.error, palette.text, width, palette)
    for i, note in enumerate(source.notes):
        name = "" if i else "notes" if len(source.notes) > 1 else "note"
        lines += _wrapped(name, f"{NOTE} {note}", palette.text, width, palette)
    if source.progress is not None:
        filling = filling_runs(source, width - _NAME, palette)
        lines.append(Line([(fit("first fill", _NAME), palette.muted), *filling]))
    left = (
        ("waits for", waits_for(source, moment) or "nothing"),
        ("last answer", ago(source.last_success)),
        ("last poll", ago(source.last_poll)),
        ("asked every", fmt.period(source.every_ms)),
    )
    right = (
        ("rows", fmt.count(source.rows)),
        ("requests", per_hour(source)),
        ("its clock", skew_words(source.skew_ms)),
        ("kind", source.kind),
    )
    two = width >= _TWO_COLUMNS
    cell = (width - _GAP) // 2 if two else width
    for facts in zip(left, right, strict=True) if two else ((fact,) for fact in left + right):
        line = Line()
        for i, (name, text) in enumerate(facts):
            line.to(i * (cell + _GAP)).add(fit(name, _NAME), palette.muted)
            style = palette.faint if text == fmt.UNKNOWN else palette.text
            line.add(fit(text, cell - _NAME, cut="end"), style)
        lines.append(line)
    return [*lines, _took(source, width, palette)]


def _wrapped(name: str, text: str, style: Style, width: int, palette: Palette) -> list[Line]:
    parts = wrap(text, max(8, width - _NAME))
    return [
        Line([(fit("" if i else name, _NAME), palette.muted), (part, style)])
        for i, part in enumerate(parts)
    ]


def _took(source: SourceHealth, width: int, palette: Palette) -> Line:
    line = Line([(fit("polls took", _NAME), palette.muted)])
    if not source.latencies_ms:
        return line.add(fmt.UNKNOWN, palette.faint)
    words: list[Run] = [(fmt.milliseconds(source.latencies_ms[-1]), palette.text)]
    middle, longest = median(source.latencies_ms), max(source.latencies_ms)
    more = f" · half within {fmt.milliseconds(middle)} · all within {fmt.milliseconds(longest)}"
    cells = min(24, len(source.latencies_ms))
    if line.width + runs_width(words) + len(more) <= width:
        words.append((more, palette.muted))
    spark = width - line.width - runs_width(words) - 2
    if spark >= min(8, cells):
        text = sparkline(source.latencies_ms, min(cells, spark))
        line.add(f"{text}  ", palette.new_soft)
    return line.extend(words)


def latency_chart(source: SourceHealth, width: int, rows: int, palette: Palette) -> list[Line]:
    """How long the newest polls took, each of the same width, on an axis from nothing."""
    across = max(2, width - LABEL - 1)
    shown = source.latencies_ms[-across * 2 :]
    scale = Scale(0.0, round_ceiling(max(shown)), rows * 4)
    canvas = Canvas(across, rows)
    path: list[tuple[int, int] | None] = [
        ((2 * i + 1) * across * 2 // (2 * len(shown)), scale.position(took))
        for i, took in enumerate(shown)
    ]
    canvas.path(path, 0)
    return framed(canvas, scale, (palette.new,), palette)


def state_words(source: SourceHealth, moment: Moment) -> str:
    """`failing for 4 m`, `off`, `ok`."""
    word = state_word(source)
    if word == "unasked" and moment.past is not None:
        return f"{word}: nobody had asked it at this moment"
    if source.failing_since is not None and source.state is not SourceState.OK:
        return f"{word} for {fmt.age(moment.pictured - source.failing_since)}"
    if not source.enabled:
        return f"{word}: it is switched off in the config"
    return word


def waits_for(source: SourceHealth, moment: Moment) -> str:
    """What it waits for: `next poll in 6 s`, `an answer`; empty: for nothing."""
    if not source.enabled:
        return ""
    if source.progress is not None:
        return "the rest of its first fill"
    if source.next_at is None:
        first = source.last_poll is None and moment.past is None
        return "its first poll" if first else ""
    wait = source.next_at - moment.pictured
    if wait < -_OVERDUE_MS:
        return f"a poll due {fmt.age(-wait)} ago"
    return f"next poll in {fmt.age(wait)}" if wait >= 1000 else "an answer"


def per_hour(source: SourceHealth) -> str:
    """Requests in the last hour."""
    found = source.requests_per_hour
    return fmt.UNKNOWN if found is None else f"{fmt.short_count(found)} in the last hour"


def skew_words(skew_ms: int | None) -> str:
    """The source's clock against ours, in words."""
    if skew_ms is None:
        return fmt.UNKNOWN
    if skew_ms == 0:
        return "as ours"
    return f"{fmt.milliseconds(abs(skew_ms))} {'ahead of' if skew_ms > 0 else 'behind'} ours"


def filling_runs(row: SourceHealth, width: int, palette: Palette) -> list[Run]:
    """How far a first fill has come: a bar where the source can say, else pages and rows."""
    progress = row.progress
    if progress is None:
        return []
    share = filled_share(progress)
    words = f"{fmt.plural(progress.pages, 'page')} · {fmt.short_count(progress.rows)} rows"
    if share is None:
        return [(fit(f"first fill: {words}", width, cut="end"), palette.text)]
    cells = max(0, min(16, width - 8))
    head = [
        *bar(share, cells, palette.new, palette.faint, palette.behind(palette.faint)),
        (f"{fmt.percent(share):>8}", palette.text),
    ]
    room = width - cells - 8 - 2
    return [*head, (f"  {fit(words, room, cut='end')}", palette.muted)] if room >= 12 else head


def heading(source: SourceHealth, width: int, palette: Palette) -> Line:
    """A rule with the source's name."""
    line = Line([(f"{printable(source.name)} ", palette.muted)])
    return line.to(width, "─", palette.border)
