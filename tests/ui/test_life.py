"""The watcher, the slot that holds one snapshot, the clock, and the polling process."""

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import Detail, Names, ServiceOf, Subject
from goliath_tui.poller_child import PollerChild, Report, Role
from goliath_tui.watcher import Picture, Watcher
from goliath_tui.who_polls import describe
from tests.ui import factory
from tests.ui.still import Clock, StillStore, make_app, text

DEADLINE_S = 20.0


async def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        await asyncio.sleep(0.01)


# -- the watcher


async def test_the_watcher_delivers_at_once_then_only_when_the_version_moves() -> None:
    store = StillStore(factory.nothing_yet())
    seen: list[Picture] = []
    watcher = Watcher(lambda: store, seen.append, print)
    watcher.start()
    try:
        await until(lambda: len(seen) == 1, "the first snapshot")
        store.replace(replace(store.picture, revision=2))
        await until(lambda: len(seen) == 2, "the second snapshot")
        assert seen[-1].snapshot.revision == 2
        watcher.look_at(5)
        await until(lambda: len(seen) == 3, "the moment that was asked for")
    finally:
        watcher.stop()


async def test_a_store_that_fails_is_said_once_and_opened_anew() -> None:
    said: list[str] = []
    seen: list[Picture] = []
    broken = threading.Event()
    broken.set()

    def open_store() -> StillStore:
        if broken.is_set():
            raise OSError("disk on holiday")
        return StillStore(factory.nothing_yet())

    watcher = Watcher(open_store, seen.append, lambda text, _: said.append(text))
    watcher.start()
    try:
        await until(lambda: bool(said), "the failure")
        broken.clear()
        watcher.look_at(None)
        await until(lambda: bool(seen), "the snapshot after the failure")
        assert said == ["the cache cannot be read: disk on holiday"]
    finally:
        watcher.stop()


async def test_another_subject_is_answered_while_a_snapshot_is_being_built() -> None:
    free = threading.Event()
    subject = ServiceOf("progress")

    class Slow(StillStore):
        def snapshot(self, at: int | None = None) -> Snapshot:
            if self.revision > 1:
                assert free.wait(DEADLINE_S)
            return super().snapshot()

        def detail(self, subject: Subject, _at: int | None = None) -> Detail | None:
            return Names(services=(str(_at),))

    store = Slow(factory.nothing_yet())
    seen: list[Picture] = []
    watcher = Watcher(lambda: store, seen.append, print)
    watcher.start()
    try:
        await until(lambda: len(seen) == 1, "the first snapshot")
        store.replace(replace(store.picture, revision=2))
        watcher.look_into(subject)
        await until(lambda: any(p.subject == subject for p in seen), "the detail")
        assert seen[-1].snapshot is seen[0].snapshot
        free.set()
        await until(lambda: seen[-1].snapshot.revision == 2, "the snapshot")
        await until(
            lambda: seen[-1].subject == subject and seen[-1].snapshot.revision == 2,
            "the detail from the newer snapshot",
        )
    finally:
        free.set()
        watcher.stop()


async def test_the_store_is_opened_used_and_closed_in_one_thread_of_its_own() -> None:
    threads: list[int] = []

    class Noting(StillStore):
        def snapshot(self, _at: int | None = None) -> Snapshot:
            threads.append(threading.get_ident())
            return super().snapshot()

        def close(self) -> None:
            threads.append(threading.get_ident())

    seen: list[Picture] = []
    watcher = Watcher(lambda: Noting(factory.nothing_yet()), seen.append, print)
    watcher.start()
    await until(lambda: bool(seen), "a snapshot")
    watcher.stop()
    assert len(threads) == 2
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


# -- the picture


async def test_a_screen_that_is_slow_skips_pictures() -> None:
    app = make_app(factory.nothing_yet())
    async with app.run_test() as pilot:
        shown: list[int] = []
        show = app._show

        def note(snapshot: Snapshot) -> None:
            shown.append(snapshot.revision)
            show(snapshot)

        app._show = note  # type: ignore[method-assign]  # what was shown is all that matters here
        for revision in range(10, 200):
            app._slot.put(Picture(replace(factory.nothing_yet(), revision=revision)))
        await until(lambda: 199 in shown, "the newest picture")
        await pilot.pause()
        delivered = [revision for revision in shown if revision >= 10]
        assert len(delivered) < 20
        assert delivered == sorted(delivered)


async def test_new_data_reaches_the_screen_and_only_what_changed_is_repainted() -> None:
    store = StillStore(factory.snapshot())
    app = make_app(store.picture, store=store)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        picture = store.picture
        points = picture.points
        assert points is not None
        store.replace(replace(picture, points=replace(points, done=16_481)))
        await until(lambda: "16,481 of" in text(app), "the new figure")


async def test_the_clock_and_the_heartbeat_move_once_a_second_and_nothing_else() -> None:
    clock = Clock()
    app = make_app(factory.snapshot(), clock=clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        before = text(app).splitlines()
        clock.now += 1000
        app._tick()
        await pilot.pause()
        after = text(app).splitlines()
        assert "14:03:28 UTC ◐" in after[0]
        assert "14:03:27 UTC ◒" in before[0]
        assert before[1:] == after[1:]


async def test_a_live_picture_that_grows_old_is_not_called_live() -> None:
    clock = Clock()
    app = make_app(factory.snapshot(), clock=clock)
    async with app.run_test(size=(120, 36)) as pilot:
        clock.now += 40_000
        app._tick()
        await pilot.pause()
        assert "◷ 40 s old" in text(app).splitlines()[0]
        assert "live" not in text(app).splitlines()[0]


async def test_figures_go_on_behind_the_help_screen_and_are_there_after_it() -> None:
    store = StillStore(factory.snapshot())
    app = make_app(store.picture, store=store)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("question_mark")
        store.replace(factory.snapshot(2))
        await until(lambda: len(app.shown.services) == 2, "the new picture")
        await pilot.press("escape")
        await pilot.pause()
        assert " 2 ─╮" in text(app)


# -- the polling process

CHILD = """
import json, os, sys
print(json.dumps({"role": "starting"}), flush=True)
print("not json", flush=True)
print(json.dumps(ROLE), flush=True)
if EXIT is not None:
    print("because", file=sys.stderr, flush=True)
    sys.exit(EXIT)
for line in sys.stdin:
    with open(OUT, "a") as out:
        out.write(line)
with open(OUT, "a") as out:
    out.write("end %d %d" % (os.getsid(0) == os.getpid(), os.getpid()))
"""


def child_command(
    tmp_path: Path, role: dict[str, object], code: int | None = None
) -> tuple[list[str], Path]:
    out = tmp_path / "heard"
    script = f"ROLE = {role!r}; EXIT = {code!r}; OUT = {str(out)!r}\n{CHILD}"
    return [sys.executable, "-c", script], out


async def test_the_child_hears_requests_and_ends_with_its_stdin(tmp_path: Path) -> None:
    command, out = child_command(tmp_path, {"role": "polling"})
    heard: list[Report] = []
    child = PollerChild(command, heard.append)
    assert not child.refresh()
    child.start()
    await until(lambda: Report(Role.POLLING) in heard, "polling")
    assert child.refresh(["gateway", "tracker"])
    assert child.refresh()
    await child.stop()
    lines = out.read_text().splitlines()
    assert lines[:3] == ["refresh gateway", "refresh tracker", "refresh all"]
    own_session, pid = lines[3].split()[1:]
    assert own_session == "1"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert not child.refresh()


async def test_a_wrong_config_ends_it_for_good_and_the_reason_is_told(tmp_path: Path) -> None:
    command, _ = child_command(tmp_path, {"role": "error", "error": "no url", "exit": 6}, 6)
    heard: list[Report] = []
    child = PollerChild(command, heard.append)
    child.start()
    await until(lambda: heard[-1:] == [Report(Role.ENDED, error="no url", exit=6)], "its end")
    await child.stop()
    assert sum(report.role is Role.ENDED for report in heard) == 1


async def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    command, _ = child_command(tmp_path, {"role": "polling"}, 1)
    heard: list[Report] = []
    child = PollerChild(command, heard.append)
    child.start()
    await until(lambda: heard.count(Report(Role.POLLING)) == 2, "the second start")
    await child.stop()
    assert Report(Role.ENDED, error="because", exit=1) in heard


async def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    heard: list[Report] = []
    child = PollerChild([str(tmp_path / "nowhere")], heard.append)
    child.start()
    await until(lambda: any(report.role is Role.ENDED for report in heard), "the end")
    await child.stop()
    assert heard[-1].error == "cannot start: No such file or directory"


async def test_a_child_that_does_not_listen_is_ended_by_force() -> None:
    stubborn = (
        "import json, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(json.dumps({'role': 'polling'}), flush=True)\n"
        "time.sleep(600)\n"
    )
    heard: list[Report] = []
    child = PollerChild([sys.executable, "-c", stubborn], heard.append)
    child.start()
    await until(lambda: Report(Role.POLLING) in heard, "polling")
    await child.stop(patience_s=0.2)


async def test_the_screen_says_who_polls_and_asks_for_the_panes_sources(tmp_path: Path) -> None:
    command, out = child_command(tmp_path, {"role": "polling"})
    app = make_app(factory.snapshot(), poller_command=command)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("5")
        await until(lambda: "this window polls" in text(app), "who polls")
        await pilot.press("1", "r")
        await pilot.pause()
        assert "asked gateway" in text(app)
        await pilot.press("3", "r", "R")
        await pilot.pause()
        assert "asked every source" in text(app)
        await pilot.press("q")
    assert out.read_text().splitlines()[:3] == ["refresh gateway", "refresh tracker", "refresh all"]


async def test_a_child_that_stands_by_cannot_be_asked(tmp_path: Path) -> None:
    command, _ = child_command(tmp_path, {"role": "standby", "holder": 4711})
    app = make_app(factory.snapshot(), poller_command=command)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("5")
        await until(lambda: "process 4711 polls" in text(app), "who polls")
        await pilot.press("R")
        await pilot.pause()
        assert "process 4711 polls, at its own pace" in text(app)


def test_who_polls_in_words() -> None:
    assert describe(Report(Role.STARTING)) == "polling starts"
    assert describe(Report(Role.POLLING, problem="the disk is full")) == "this window polls"
    assert describe(Report(Role.STANDBY)) == "another process polls"
    assert describe(Report(Role.ENDED, error="because")) == "nobody polls"


def test_reports_are_read_as_the_protocol_has_them() -> None:
    import msgspec

    line = json.dumps({"role": "error", "error": "no url", "exit": 6, "later": 1})
    assert msgspec.json.decode(line, type=Report) == Report(Role.ERROR, error="no url", exit=6)
