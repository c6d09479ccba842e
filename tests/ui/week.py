"""A migration on a real cache file, whose hours pass when they are told to: a writer that polls two
sources which can fail, refuse, hang and come back, and a store that reads with the same clock."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from goliath_tui.domain import (
    Batch,
    Comparison,
    ComparisonCounts,
    Difference,
    DifferenceClass,
    EventKind,
    Fact,
    Field,
    ItemEvent,
    MigrationState,
    Poll,
    Service,
    SideTraffic,
    Snapshot,
    SourceErrorKind,
    SourceSpec,
    Sprint,
    StateChange,
    Traffic,
    WorkItem,
)
from goliath_tui.domain.subjects import Detail, Subject
from goliath_tui.sources import KINDS
from goliath_tui.store.reader import Store
from goliath_tui.store.writer import Writer
from tests.ui.still import Clock

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
SERVICES = ("assignments", "content", "progress", "users")
FIELDS = tuple(f"Type{n}.field{n}" for n in range(120))
ITEMS = 240
POINTS_EACH = 4.0
#: A poll is known once it has ended.
TOOK_MS = 20
SPECS = (
    SourceSpec(name="gateway", kind="goliath-gateway", every_ms=10 * SECOND),
    SourceSpec(name="tracker", kind="goliath-tracker", every_ms=MINUTE),
)
GIVES = {spec.name: KINDS[spec.kind].measures(KINDS[spec.kind].gives) for spec in SPECS}
_STATES = tuple(MigrationState)


def service_of(number: int) -> str:
    return SERVICES[number % len(SERVICES)]


class World:
    """What happens, and the cache that it is written to. `done`: items done so far."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path, self.clock = path, clock
        self.done = self.moved = self.batches = 0
        self.writer = Writer(path)
        self.begin()

    # -- what the sources tell

    def begin(self) -> None:
        """Everything that stood before the week."""
        now = self.clock.now
        names: list[Fact] = [Service(name=name, team="team") for name in SERVICES]
        names += [Field(id=name, service=service_of(n)) for n, name in enumerate(FIELDS)]
        plan: list[Fact] = [
            Sprint(id="s1", name="Sprint 7", starts=now - 2 * DAY, ends=now + 12 * DAY)
        ]
        for n in range(ITEMS):
            plan += [
                WorkItem(id=f"i{n}", title=f"Item {n}"),
                *(
                    self._event(n, kind, now - 3 * DAY + i)
                    for i, kind in enumerate(
                        (EventKind.CREATED, EventKind.ESTIMATED, EventKind.ENTERED)
                    )
                ),
            ]
        self.commit("gateway", names)
        self.commit("tracker", plan)

    def hour(self) -> list[Fact]:
        """What the gateway has to tell of the hour that has passed."""
        at = (self.clock.now - HOUR) // (10 * MINUTE) * 10 * MINUTE
        facts: list[Fact] = []
        for n, service in enumerate(SERVICES):
            for step in range(6):
                begin = at + step * 10 * MINUTE
                new = 900 + self.moved + 7 * step + n
                facts += [
                    Traffic(
                        at=begin,
                        width_ms=10 * MINUTE,
                        service=service,
                        legacy=SideTraffic(requests=400, errors=1, latency=(0, 3)),
                        new=SideTraffic(requests=new, errors=1, latency=(0, 2)),
                        intended=0.75,
                    ),
                    ComparisonCounts(
                        at=begin,
                        width_ms=10 * MINUTE,
                        service=service,
                        matched=500,
                        mismatched=n,
                        ignored=0,
                        failed=0,
                    ),
                ]
        field = FIELDS[self.moved % len(FIELDS)]
        state = _STATES[min(len(_STATES) - 1, 1 + self.moved * len(_STATES) // 160)]
        facts.append(StateChange(field=field, at=self.clock.now - MINUTE, state=state))
        facts.append(
            Comparison(
                id=f"c{self.batches}",
                at=self.clock.now - 30 * SECOND,
                field=field,
                differences=(Difference(path="$.due", kind=DifferenceClass.DATE),),
            )
        )
        self.moved += 1
        return facts

    def work(self) -> list[Fact]:
        """One more item is done."""
        item, self.done = self.done, self.done + 1
        return [self._event(item, EventKind.DONE, self.clock.now - 2 * MINUTE)]

    def _event(self, n: int, kind: EventKind, at: int) -> ItemEvent:
        return ItemEvent(
            id=f"{kind.value}{n}",
            item=f"i{n}",
            at=at,
            kind=kind,
            points=POINTS_EACH if kind is EventKind.ESTIMATED else None,
            service=service_of(n) if kind is EventKind.CREATED else None,
            sprint="s1" if kind is EventKind.ENTERED else None,
        )

    # -- how it reaches the cache

    def commit(self, source: str, rows: Sequence[Fact]) -> None:
        """A poll that succeeded."""
        self.batches += 1
        self.writer.commit(
            Batch(rows=tuple(rows), cursor=str(self.batches)),
            Poll(
                source=source,
                at=self.clock.now - TOOK_MS,
                took_ms=TOOK_MS,
                rows=len(rows),
                requests=1,
            ),
        )

    def polled(self) -> None:
        """Both sources answer."""
        self.commit("gateway", self.hour())
        self.commit("tracker", self.work())

    def fails(self, source: str, kind: SourceErrorKind, error: str) -> None:
        """A poll that brought nothing."""
        now = self.clock.now
        self.writer.fail(
            Poll(
                source=source,
                at=now - TOOK_MS,
                took_ms=TOOK_MS,
                error_kind=kind,
                error=error,
                next_at=now,
            )
        )

    def replace_cache(self) -> None:
        """The file goes, another one is filled in its place."""
        self.writer.close()
        for file in self.path.parent.glob(f"{self.path.name}*"):
            file.unlink()
        self.done = self.moved = 0
        self.writer = Writer(self.path)
        self.begin()

    def break_cache(self) -> None:
        """The file is overwritten with what is no database."""
        self.writer.close()
        for file in self.path.parent.glob(f"{self.path.name}-*"):
            file.unlink()
        self.path.write_bytes(b"not a database, " * 4096)

    def mend_cache(self) -> None:
        """The writer finds it broken, moves it aside and fills a fresh one."""
        self.done = self.moved = 0
        self.writer = Writer(self.path)
        assert self.writer.moved_aside is not None
        self.begin()

    def restart_writer(self) -> None:
        """The polling process goes and comes back."""
        self.writer.close()
        self.writer = Writer(self.path)


class Door:
    """The real store, read with the world's clock."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.clock = clock
        self.store = Store(path, migration="Goliath", rehearsal=True, sources=SPECS, time_zone=UTC)

    def snapshot(self, at: int | None = None) -> Snapshot:
        return self.store.snapshot(at, now=self.clock.now)

    def detail(self, subject: Subject, at: int | None = None) -> Detail | None:
        return self.store.detail(subject, at, now=self.clock.now)

    def version(self) -> int:
        return self.store.version()

    def close(self) -> None:
        self.store.close()
