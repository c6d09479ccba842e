"""Every service in one line: how far it is by each measure, and what still differs."""

from collections.abc import Callable, Hashable, Sequence
from functools import partial

from goliath_tui.domain import Points, ServiceRow, SideFigures, Snapshot
from goliath_tui.domain.subjects import Detail, ServiceOf, Subject
from goliath_tui.panes.condition import LIVE, Condition
from goliath_tui.panes.headline import ON_TRIAL
from goliath_tui.panes.pane import Pane
from goliath_tui.panes.sheets import service_columns
from goliath_tui.panes.worry import OFF, has_begun, is_thin, is_worrying
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.bars import micro, thin_bar, trace
from goliath_tui.widgets.ink import Run, fit
from goliath_tui.widgets.palette import Palette
from goliath_tui.widgets.sheet import SheetColumn, Value
from goliath_tui.widgets.table import Column, Table

_BAR = 8
_MICRO = 5
_CHANGE = 6


class ServicesPane(Pane, Table[ServiceRow]):
    """All services."""

    TITLE = "Services"
    ONE = "service"
    NEEDS: Sequence[str] = ("fields", "traffic")
    WHAT = "services"

    def __init__(self, *, number: int, name: str = "services") -> None:
        super().__init__(number=number, id=name)
        #: The state of the figures that come from the tracker.
        self.points_condition: Condition = LIVE
        self.unmapped: Points | None = None
        self._columns = _columns(self)

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """Every service."""
        self.unmapped = snapshot.unmapped
        self.put(snapshot.services)

    def known(self) -> bool:
        """Whether there is a service."""
        return bool(self.rows)

    def parts(self) -> tuple[object, ...]:
        """The rows, the state of the tracker's figures, and what they have beside the rows."""
        return (self.seen, self.points_condition, self.unmapped)

    def opens(self) -> Subject | None:
        """The service under the cursor."""
        row = self.row()
        return None if row is None else ServiceOf(row.name)

    def label(self, row: ServiceRow) -> str:
        """Its name."""
        return row.name

    def columns(self) -> Sequence[Column[ServiceRow]]:
        """All columns."""
        return self._columns

    def key(self, row: ServiceRow) -> Hashable:
        """Its name."""
        return row.name

    def haystack(self, row: ServiceRow) -> str:
        """Name and team."""
        return f"{row.name} {row.team or ''}"

    def sheet_columns(self) -> list[tuple[SheetColumn, Callable[[ServiceRow], Value]]]:
        """Every figure of a service."""
        return service_columns()

    def surroundings(self) -> Hashable:
        """Whether the tracker's figures are old."""
        return self.points_condition.faded

    def nothing(self) -> str:
        """No service, or none that passes the filter."""
        return f"no service matches {self.lens.text}" if self.lens else "no service is known yet"

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How many there are, and how many have not begun."""
        if self.condition.blank:
            return ()
        waiting = sum(not has_begun(row) for row in self.rows)
        if self.lens:
            return self.lens_figure(palette)
        runs: list[Run] = [(fmt.count(len(self.rows)), palette.text)]
        if waiting:
            runs.append((f" · {waiting:,} not started", palette.muted))
        if self.unmapped is not None and (self.unmapped.total or self.unmapped.unestimated):
            left_out = fmt.points(self.unmapped.total)
            runs.append((f" · {left_out} pt unmapped", palette.warn))
        return runs


def _columns(pane: ServicesPane) -> tuple[Column[ServiceRow], ...]:
    def name(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(row.name, width), palette.text if has_begun(row) else palette.muted)]

    def team(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(row.team or fmt.UNKNOWN, width), palette.muted)]

    def points(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        if pane.points_condition.faded and not pane.condition.faded:
            palette = palette.faded
        share = _points_share(row)
        figure = palette.text if share is not None else palette.faint
        return [
            *thin_bar(share, width - 8, palette.new, palette.faint),
            (f"{fmt.percent(share):>8}", figure),
        ]

    def fields(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        counts = row.fields
        if counts is None:
            return [(fmt.UNKNOWN, palette.faint)]
        text = f"{fmt.count(counts.moved)}/{fmt.count(counts.total)}"
        share = _moved_share(row)
        trial = sum(counts.by_state[state] for state in ON_TRIAL) / max(1, counts.total)
        return [
            (f"{text:>{width - _MICRO - 1}} ", palette.text),
            *micro(share, trial, _MICRO, palette.new, palette.faint),
        ]

    def share(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        text = fmt.percent(_share(row))
        if row.traffic is not None and row.traffic.off_intended:
            # A share of 100.0 % has no cell left for the mark.
            marked = OFF + (text if len(text) < width else text.replace(".0", ""))
            return [(f"{marked:>{width}}", palette.warn)]
        return _figure(text, width, palette)

    def differing(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        text = fmt.per_thousand(row.mismatched, row.compared)
        if is_worrying(row.mismatched, row.compared):
            return [(f"{'!' + text:>{width}}", palette.warn)]
        if is_thin(row.compared):
            return [(f"{text:>{width}}", palette.muted)]
        return _figure(text, width, palette)

    def compared(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        return _figure(fmt.short_count(row.compared), width, palette)

    def p95(side: str, row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        figures = _side(row, side)
        return _figure(fmt.milliseconds(figures.p95_ms if figures else None), width, palette)

    def errors(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        figures = _side(row, "new")
        return _figure(fmt.percent(figures.error_rate if figures else None), width, palette)

    def requests(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        return _figure(fmt.per_minute(_rate(row)), width, palette)

    def depends(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        return [(fit(", ".join(row.depends_on), width, cut="end"), palette.muted)]

    def trend(row: ServiceRow, width: int, palette: Palette) -> list[Run]:
        change = share_change(row)
        text = fmt.signed_points_of_percent(change)
        style = palette.text if change and text != "0.0" else palette.faint
        line = trace(row.shares, width - _CHANGE)
        return [(line, palette.new), (f"{text:>{_CHANGE}}", style)]

    return (
        Column("service", "service", 12, name, lambda row: row.name, most=24),
        Column("team", "team", 10, team, lambda row: row.team, rank=10, most=18),
        Column("points", "points", _BAR + 8, points, _points_share, rank=1, falling=True, most=20),
        Column(
            "fields",
            "fields",
            13,
            fields,
            _moved_share,
            "right",
            2,
            falling=True,
            most=15,
            tail=_MICRO + 1,
        ),
        Column("share", "share", 7, share, _share, "right", 3, falling=True),
        Column("differing", "diff/1k", 7, differing, _difference_rate, "right", 4, falling=True),
        Column("trend", "share, 24 h", 13, trend, share_change, rank=5, falling=True, most=24),
        Column(
            "p95-legacy",
            "p95 legacy",
            10,
            partial(p95, "legacy"),
            partial(_p95, "legacy"),
            "right",
            7,
            falling=True,
        ),
        Column(
            "p95-new",
            "p95 new",
            8,
            partial(p95, "new"),
            partial(_p95, "new"),
            "right",
            6,
            falling=True,
        ),
        Column("errors", "errors", 7, errors, _error_rate, "right", 8, falling=True),
        Column(
            "compared", "compared", 8, compared, lambda row: row.compared, "right", 11, falling=True
        ),
        Column("requests", "requests", 10, requests, _rate, "right", 12, falling=True),
        Column("depends", "depends on", 16, depends, None, rank=9, most=40),
    )


def share_change(row: ServiceRow) -> float | None:
    """By how much new's share has changed from the first step that is known to the last one."""
    known = [share for share in row.shares if share is not None]
    return known[-1] - known[0] if len(known) > 1 else None


def _figure(text: str, width: int, palette: Palette) -> list[Run]:
    return [(f"{text:>{width}}", palette.faint if text == fmt.UNKNOWN else palette.text)]


def _points_share(row: ServiceRow) -> float | None:
    return row.points.done / row.points.total if row.points and row.points.total else None


def _moved_share(row: ServiceRow) -> float | None:
    return row.fields.moved / row.fields.total if row.fields and row.fields.total else None


def _share(row: ServiceRow) -> float | None:
    return row.traffic.new_share if row.traffic else None


def _difference_rate(row: ServiceRow) -> float | None:
    if row.mismatched is None or not row.compared:
        return None
    return row.mismatched * 1000 / row.compared


def _side(row: ServiceRow, side: str) -> SideFigures | None:
    if row.traffic is None:
        return None
    return row.traffic.legacy if side == "legacy" else row.traffic.new


def _p95(side: str, row: ServiceRow) -> float | None:
    figures = _side(row, side)
    return figures.p95_ms if figures else None


def _error_rate(row: ServiceRow) -> float | None:
    figures = _side(row, "new")
    return figures.error_rate if figures else None


def _rate(row: ServiceRow) -> float | None:
    if row.traffic is None or not row.traffic.span_ms:
        return None
    return row.traffic.requests * 60_000 / row.traffic.span_ms
