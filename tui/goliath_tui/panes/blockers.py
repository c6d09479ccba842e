"""What a service waits for: the services that it depends on and that are not finished."""

from collections.abc import Sequence

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, ServiceDetail
from goliath_tui.panes.origins import Desk, Origin
from goliath_tui.panes.services import ServicesPane
from goliath_tui.widgets import format as fmt
from goliath_tui.widgets.ink import Run
from goliath_tui.widgets.palette import Palette


class BlockersPane(ServicesPane):
    """The services that block the screen's service; enter opens one."""

    TITLE = "Blocked by"
    NEEDS: Sequence[str] = ("services", "fields", "points")

    def __init__(self, *, number: int) -> None:
        super().__init__(number=number, name="blocked")
        self.detail: ServiceDetail | None = None

    def take(self, snapshot: Snapshot, detail: Detail | None) -> None:
        """The services in its way."""
        self.detail = detail if isinstance(detail, ServiceDetail) else None
        self.put(self.detail.blocked_by if self.detail else ())

    def known(self) -> bool:
        """Whether the service is known, and so what it depends on."""
        return self.detail is not None

    def parts(self) -> tuple[object, ...]:
        """The rows, how many it depends on, and the state of the tracker's figures."""
        return (self.seen, self._needed(), self.points_condition)

    def nothing(self) -> str:
        """Nothing is in its way, or nothing that passes the filter."""
        if self.lens:
            return super().nothing()
        needed = self._needed()
        if needed is None:
            return "what it depends on is not known"
        if not needed:
            return "it depends on no other service"
        return (
            f"nothing: {fmt.plural(needed, 'service')} that it depends on "
            f"{'is' if needed == 1 else 'are'} finished"
        )

    def figure(self, palette: Palette) -> Sequence[Run]:
        """How many are in its way, of all that it depends on."""
        if self.condition.blank:
            return ()
        if self.lens:
            return self.lens_figure(palette)
        style = palette.warn if self.rows else palette.text
        return [
            (fmt.count(len(self.rows)), style),
            (f" of {fmt.count(self._needed())}", palette.muted),
        ]

    def _needed(self) -> int | None:
        row = self.detail.row if self.detail else None
        return len(row.depends_on) if row is not None else None

    def origins(self, desk: Desk) -> list[Origin]:
        """What makes a service block another."""
        return [
            desk.origin(
                "blocked by",
                fmt.count(len(self.rows)) if self.detail else fmt.UNKNOWN,
                "services that it depends on and of which a field is not yet migrated or retired, "
                "or a work item is not done",
                f"{fmt.count(self._needed())} that it depends on",
                self.NEEDS,
            )
        ]
