"""A week in front of nobody: the real app and the real cache, with all that a week may bring.

Every hour both sources are polled into a real cache file, which the app's own watcher reads. The
time of day is injected, and so is the clock that turns pages. In between sources fail, refuse,
hang and come back, the cache is replaced and broken, the machine sleeps, its clock jumps, the
terminal is given another size. The wall must go on turning, and show what the store says.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest
from textual.pilot import Pilot

from goliath_tui import watcher
from goliath_tui.app import GoliathApp
from goliath_tui.app_settings import AppSettings
from goliath_tui.domain import Snapshot, SourceErrorKind, SourceState
from goliath_tui.panes.wall_figures import share_text
from goliath_tui.panes.wall_four import shares
from goliath_tui.screens.wall import WallScreen
from tests.ui import factory
from tests.ui.big import reads_figure, reads_words
from tests.ui.still import Clock, text
from tests.ui.week import DAY, GIVES, HOUR, ITEMS, MINUTE, SECOND, Door, World

DEADLINE_S = 30.0
SIZES = ((120, 36), (80, 24), (240, 60), (400, 120), (100, 30))
PAGE_S = 20


class Wall:
    """The app on the wall, and hands for the world around it."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock(factory.NOW)
        self.world = World(path, self.clock)
        self.truth = Door(path, self.clock)
        self.seconds = 1000.0
        self.pages_seen: list[str] = []
        self.app = GoliathApp(
            lambda: Door(path, self.clock),
            self.truth.snapshot(),
            AppSettings(time_zone=UTC, gives=GIVES, clock=self.clock, on_wall=True),
        )
        self.pilot: Pilot[None]

    @property
    def screen(self) -> WallScreen:
        screen = self.app.screen
        assert isinstance(screen, WallScreen)
        return screen

    async def second(self, by_s: float = 1.0) -> None:
        """A tick of the app, `by_s` later by the clock that turns pages."""
        self.seconds += by_s
        self.clock.now += SECOND
        self.app._tick()
        # Pilot's own pause waits for twenty milliseconds; here it is a thousand times a week.
        await asyncio.sleep(0)

    async def turn(self) -> None:
        """A page's time passes."""
        before = self.screen.page.name
        await self.second(PAGE_S + 0.5)
        assert self.screen.page.name != before, "it stopped turning"
        self.pages_seen.append(self.screen.page.name)

    async def to(self, name: str) -> None:
        """Turns until a page is in front."""
        for _ in range(len(self.screen.pages)):
            if self.screen.page.name == name:
                return
            await self.turn()
        raise AssertionError(f"{name} never came")

    async def caught_up(self) -> Snapshot:
        """Until the app shows what the store has; what the store says now."""
        await self.until(lambda: self._same(self.app.shown, self.truth.snapshot()), "the picture")
        return self.truth.snapshot()

    @staticmethod
    def _same(shown: Snapshot, stored: Snapshot) -> bool:
        return (
            shares(shown) == shares(stored)
            and shown.revision == stored.revision
            and (
                [source.last_poll for source in shown.sources]
                == [source.last_poll for source in stored.sources]
            )
        )

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, f"never: {what}; the screen:\n{text(self.app)}"
            await asyncio.sleep(0.005)

    async def right(self) -> None:
        """The figures in front of the room are those that the store and the world know."""
        stored = await self.caught_up()
        await self.to("four")
        picture = text(self.app)
        points = self.world.done / ITEMS * 100
        assert share_text(shares(stored)[0]) == f"{points:.1f}"
        for share in shares(stored):
            assert share is not None
            assert reads_figure(picture, share_text(share)), (share, picture)

    async def hours(self, number: int) -> None:
        """Hours in which everybody is well."""
        for _ in range(number):
            self.clock.now += HOUR - 3 * SECOND
            self.world.polled()
            await self.caught_up()
            for _ in range(3):
                await self.turn()


async def sources_fail(wall: Wall) -> None:
    """One fails, the other refuses; figures stay, faded, with the sentence; then both are back."""
    wall.clock.now += 7 * MINUTE
    wall.world.fails("gateway", SourceErrorKind.UNREACHABLE, "http://g cannot be reached: why: do")
    wall.world.fails("tracker", SourceErrorKind.AUTH, "http://t answers 401")
    stored = await wall.caught_up()
    assert [s.state for s in stored.sources] == [SourceState.FAILING, SourceState.REFUSED]
    await wall.to("four")
    picture = text(wall.app)
    assert reads_words(picture, "✕")
    assert reads_words(picture, "⊘")
    assert reads_words(picture, "0/2")
    assert reads_words(picture, "oldest 7 m"), picture
    assert any(reads_figure(picture, share_text(share)) for share in shares(stored))
    assert reads_words(picture, "gateway cannot be reached: why")
    await wall.turn()
    assert reads_words(text(wall.app), "tracker refuses the credentials")


async def sources_hang(wall: Wall) -> None:
    """Nobody polls for three hours: the picture does not change, yet it says how old it is."""
    before = wall.app.shown
    wall.clock.now += 3 * HOUR
    await wall.second()
    assert wall.app.shown.revision == before.revision
    await wall.to("four")
    picture = text(wall.app)
    assert reads_words(picture, "◷ 3 h"), picture
    assert reads_words(picture, "0/2")
    assert reads_words(picture, "oldest 3 h"), picture


async def machine_sleeps(wall: Wall) -> None:
    """Nine hours pass between two ticks: one page further, every age nine hours at once."""
    page = wall.screen.turner.at
    wall.clock.now += 9 * HOUR
    await wall.second()
    assert wall.screen.turner.at == page, "sleep is no reason to turn"
    assert reads_words(text(wall.app), "oldest 9 h"), text(wall.app)
    await wall.turn()
    assert wall.screen.turner.at == (page + 1) % len(wall.screen.pages)


async def clock_jumps_back(wall: Wall) -> None:
    """Five hours back: no negative age, no fresh-looking figure, and it turns on."""
    wall.clock.now -= 5 * HOUR
    await wall.second()
    picture = text(wall.app)
    if wall.app.shown.at > wall.clock.now:
        assert reads_words(picture, "the clock was turned back"), picture
        assert reads_words(picture, "oldest –"), picture
    for _ in range(5):
        await wall.turn()
    wall.clock.now += 5 * HOUR


async def cache_is_replaced(wall: Wall) -> None:
    """Another file in its place, with other figures."""
    wall.world.replace_cache()
    await wall.caught_up()


async def cache_breaks(wall: Wall) -> None:
    """Not a database any more, then moved aside by the writer and filled anew."""
    wall.world.break_cache()
    for _ in range(4):
        await wall.second(PAGE_S + 0.5)
        await asyncio.sleep(0.02)
    wall.world.mend_cache()
    await wall.caught_up()


async def poller_restarts(wall: Wall) -> None:
    """The writer goes and comes back."""
    wall.world.restart_writer()


async def terminal_storms(wall: Wall) -> None:
    """Sizes by the dozen, down to one that nothing fits into."""
    for size in ((80, 24), (400, 120), (81, 25), (30, 8), (1, 1), (399, 119), (200, 20), (20, 60)):
        await wall.pilot.resize_terminal(*size)
        await wall.turn()
        await wall.pilot.pause()
        lines = text(wall.app).splitlines()
        assert len(lines) <= size[1]
        assert all(len(line) <= size[0] for line in lines)
    await wall.pilot.resize_terminal(120, 36)


TROUBLES = (
    sources_fail,
    sources_hang,
    machine_sleeps,
    clock_jumps_back,
    cache_is_replaced,
    cache_breaks,
    poller_restarts,
    terminal_storms,
)


async def a_day(wall: Wall, number: int) -> None:
    """Calm hours and every trouble, in a size of the day; after each the figures are right."""
    await wall.pilot.resize_terminal(*SIZES[number % len(SIZES)])
    begun = wall.clock.now
    for i in range(len(TROUBLES)):
        trouble = TROUBLES[(i + number) % len(TROUBLES)]
        await wall.hours(1)
        await trouble(wall)
        wall.clock.now += MINUTE
        wall.world.polled()
        await wall.right()
    while wall.clock.now < begun + DAY - HOUR:
        await wall.hours(1)


def memory_kb() -> int:
    """Resident memory of this process; 0 where there is no /proc."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def live_objects() -> int:
    gc.collect()
    return len(gc.get_objects())


async def test_a_week_in_front_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_EVERY_S", 0.005)
    wall = Wall(tmp_path / "cache.sqlite3")
    objects: list[int] = []
    memory: list[int] = []
    async with wall.app.run_test(size=(120, 36)) as pilot:
        wall.pilot = pilot
        wall.screen.monotonic = lambda: wall.seconds
        await pilot.pause()
        for day in range(7):
            await a_day(wall, day)
            objects.append(live_objects())
            memory.append(memory_kb())
            for name in ("four", "traffic", "services", "sprint", "differences"):
                assert name in wall.pages_seen, name
            wall.pages_seen.clear()
    wall.truth.close()
    wall.world.writer.close()
    # Caches of drawn lines and styles fill for three days, until every size was there; they have
    # limits. From then on nothing grows.
    assert objects[-1] - objects[3] < 1_000, objects
    assert memory[-1] - memory[3] < 3_000, memory
    assert memory[-1] - memory[0] < 16_000, memory
