"""Field states over time: what is told again, what is remembered, what a file does meanwhile."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from goliath_tui.domain import (
    MigrationState,
    SourceErrorKind,
    SourceSpec,
    SourceState,
    StateChange,
)
from goliath_tui.domain.subjects import FieldDetail, FieldOf
from goliath_tui.poller import ConfiguredSource
from goliath_tui.sources import Setup
from goliath_tui.sources.client import Connection
from goliath_tui.sources.supergraph import Options
from goliath_tui.sources.supergraph.files import Found, _bodies
from goliath_tui.sources.supergraph.memory import Observation
from goliath_tui.sources.supergraph.reading import read
from tests.polling import Running, names, polling
from tests.sources.hostile_server import eventually
from tests.sources.schemas import (
    CANARY,
    HEAD,
    IN_ALL,
    KIND,
    LEGACY,
    MIGRATED,
    NOW,
    RETIRED,
    SIDE_BY_SIDE,
    Watcher,
    labelled,
    many,
    supergraph,
    told,
)


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    return Watcher(tmp_path / "supergraph.graphql", legacy=["monolith"])


async def test_only_what_changed_is_told_and_when(watcher: Watcher) -> None:
    await watcher.states(labelled("percent(1)", "percent(1)"))
    first = watcher.now
    assert await watcher.states(labelled("percent(1)", "percent(2)")) == {"f1": (CANARY, 2)}
    watcher.write(labelled("percent(1)", "percent(3)"))
    watcher.restart()
    [change] = await watcher.poll()
    assert isinstance(change, StateChange)
    assert change.at == watcher.now > first
    # The clock of the machine is set back: what comes later is later all the same.
    watcher.write(labelled("percent(1)", "percent(4)"))
    watcher.now = NOW - 10_000_000
    [later] = await watcher.poll()
    assert isinstance(later, StateChange)
    assert later.at > change.at


async def test_a_field_seen_to_leave_legacy_is_retired_and_others_are_told_apart_no_further(
    watcher: Watcher,
) -> None:
    alone = "b: Int @join__field(graph: USERS)"
    await watcher.states(
        supergraph(
            "id: ID!",
            "a: Int @join__field(graph: MONOLITH)",
            alone,
            'c: Int @join__field(graph: USERS, override: "monolith")',
        )
    )
    assert "1 field is in new services only" in watcher.notes[1]
    watcher.restart()
    gone = supergraph(
        "id: ID! @join__field(graph: USERS)",
        "a: Int @join__field(graph: USERS)",
        alone,
        "c: Int @join__field(graph: USER_PROGRESS)",
        "d: Int @join__field(graph: USERS)",
    )
    assert await watcher.states(gone) == {"id": RETIRED, "a": RETIRED, "c": RETIRED, "d": MIGRATED}
    assert watcher.notes[0].endswith("(User.b, User.d)")


async def test_when_legacy_itself_is_gone_all_that_it_had_is_retired(watcher: Watcher) -> None:
    override = 'c: Int @join__field(graph: USERS, override: "monolith")'
    fields = ("a: Int @join__field(graph: MONOLITH)", override)
    await watcher.states(supergraph(*fields))
    head = "\n".join(line for line in HEAD.splitlines() if "MONOLITH" not in line)
    types = IN_ALL.replace('@join__type(graph: MONOLITH, key: "id")', "")
    text = f"{head} type User {types} {{ a: Int @join__field(graph: USERS) {override} }}"
    assert await watcher.states(text) == {"a": RETIRED, "c": RETIRED}
    assert watcher.notes == ("the legacy graph monolith is no longer in the supergraph",)
    assert await watcher.states(text + "scalar Date") == {}


async def test_a_field_that_no_graph_has_keeps_its_state_or_is_retired(tmp_path: Path) -> None:
    before = supergraph(*(f"f{n}: Int @join__field(graph: MONOLITH)" for n in range(6)))
    after = supergraph("f0: Int @join__field(graph: MONOLITH)")
    keeping = Watcher(tmp_path / "s", legacy=["monolith"])
    await keeping.states(before)
    assert await keeping.states(after) == {}
    [note] = keeping.notes
    assert note.startswith("5 fields are in no graph any more: the last state stands (User.f1, ")
    assert note.endswith(", and 2 more)")
    assert await keeping.states(before) == {}
    assert keeping.notes == ()
    retiring = Watcher(tmp_path / "s", legacy=["monolith"], vanished="retired")
    await retiring.states(before)
    assert await retiring.states(after) == {f"f{n}": RETIRED for n in range(1, 6)}
    assert retiring.notes == ()
    assert await retiring.states(before) == {f"f{n}": LEGACY for n in range(1, 6)}


async def test_other_settings_have_the_same_schema_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "s"
    watcher = Watcher(path, legacy=["monolith"])
    await watcher.states(labelled("beta"))
    renamed = Watcher(path, legacy=["monolith"], labels={"beta": "side-by-side"})
    renamed.cursor, renamed.now = watcher.cursor, watcher.now + 60_000
    assert told(await renamed.poll()) == {"f0": SIDE_BY_SIDE}


async def test_a_large_schema_is_told_in_steps_of_one_moment(watcher: Watcher) -> None:
    watcher.write(many(6000, "MONOLITH"))
    batches = [await watcher.step()]
    while batches[-1].more:
        watcher.now += 1000
        batches.append(await watcher.step())
    assert [len(batch.rows) for batch in batches] == [2400, 2400, 1200]
    assert [batch.remaining for batch in batches] == [3600, 1200, 0]
    rows = [row for batch in batches for row in batch.rows]
    assert {row.at for row in rows if isinstance(row, StateChange)} == {watcher.now - 2000}
    assert len(watcher.cursor or "") < 40_000


async def test_a_fill_that_is_interrupted_leaves_no_gap_and_forgets_nothing_it_saw(
    watcher: Watcher,
) -> None:
    watcher.write(many(6000, "MONOLITH"))
    first = told(list((await watcher.step()).rows))
    # Killed: the next process has the cursor. Meanwhile all of the fields were finished.
    watcher.restart()
    assert await watcher.states(many(6000, "USERS")) == {f"f{n}": RETIRED for n in range(6000)}
    assert len(first) == 2400


async def test_a_batch_that_was_not_committed_comes_again(watcher: Watcher) -> None:
    watcher.write(many(3000, "MONOLITH"))
    first = await watcher.step()
    second = await watcher.step()
    watcher.cursor = first.cursor
    again = await watcher.step()
    assert {row.field for row in again.rows if isinstance(row, StateChange)} == {
        row.field for row in second.rows if isinstance(row, StateChange)
    }
    watcher.cursor = None
    assert len(await watcher.poll()) == 3000


async def test_unchanged_content_is_not_read_again_and_what_was_odd_is_still_said(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watcher.states(labelled("beta"))
    cursor, notes = watcher.cursor, watcher.notes
    assert notes

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("goliath_tui.sources.supergraph.polling.read", fail)
    for _ in range(2):
        assert (await watcher.poll(), watcher.cursor, watcher.notes) == ([], cursor, notes)
        watcher.restart()
    # Written anew, with the same content.
    watcher.write(labelled("beta"))
    assert (await watcher.poll(), watcher.cursor, watcher.notes) == ([], cursor, notes)
    monkeypatch.setattr("goliath_tui.sources.supergraph.files._bodies", fail)
    assert (await watcher.poll(), watcher.cursor, watcher.notes) == ([], cursor, notes)


async def test_a_file_that_is_being_written_takes_nothing_away(watcher: Watcher) -> None:
    text = many(50, "MONOLITH")
    await watcher.states(text)
    cursor = watcher.cursor
    for end in (len(text) // 2, len(text) - 3):
        half = await watcher.refused(text[:end])
        assert half.kind is SourceErrorKind.MALFORMED
        assert "ends in the middle, in type User, line" in str(half)
        assert str(half).endswith("nothing of it was taken, what was read before stands")
        assert watcher.cursor == cursor
    empty = await watcher.refused(b"")
    assert "is empty" in str(empty)
    # Cut where a definition ends, it looks whole: but it has just been written.
    watcher.write(supergraph("f0: Int @join__field(graph: MONOLITH)"))
    os.utime(watcher.path, (watcher.now / 1000,) * 2)
    assert (await watcher.poll(), watcher.cursor) == ([], cursor)
    assert watcher.notes[0].endswith("was written a moment ago, and is read at the next poll")
    watcher.write(text + "scalar Date")
    assert (await watcher.poll(), watcher.notes) == ([], ())


async def test_a_file_that_is_written_to_while_it_is_read_takes_nothing_away(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = many(50, "MONOLITH")
    await watcher.states(text)
    cursor = watcher.cursor

    def overtaken(found: Found) -> Iterator[bytes]:
        bodies = list(_bodies(found))
        if not written:
            # Cut where a definition ends, it looks whole; the rest comes a moment later.
            written.append(watcher.path.write_text(many(1, "MONOLITH")))
            os.utime(watcher.path, ((watcher.now + 50) / 1000,) * 2)
        yield from bodies

    written: list[int] = []
    watcher.write(text + "scalar Date")
    with monkeypatch.context() as patch:
        patch.setattr("goliath_tui.sources.supergraph.files._bodies", overtaken)
        assert (await watcher.poll(), watcher.cursor) == ([], cursor)
    assert written
    assert watcher.notes[0].endswith("was written a moment ago, and is read at the next poll")
    watcher.write(text + "scalar Date")
    assert (await watcher.poll(), watcher.notes) == ([], ())


async def test_a_poll_that_is_broken_off_while_it_reads_is_made_up_for(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watcher.states(many(5, "MONOLITH"))
    reads, goes_on, done = threading.Event(), threading.Event(), threading.Event()

    def slow(*documents: Any) -> Any:
        reads.set()
        goes_on.wait(10)
        return read(*documents)

    class Look(Observation):
        def look(self, *, retire_vanished: bool) -> None:
            super().look(retire_vanished=retire_vanished)
            done.set()

    watcher.write(many(5, "USERS"))
    with monkeypatch.context() as patch:
        patch.setattr("goliath_tui.sources.supergraph.polling.read", slow)
        patch.setattr("goliath_tui.sources.supergraph.polling.Observation", Look)
        task = asyncio.create_task(watcher.step())
        await eventually(reads.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The thread goes on, though nobody waits for it, between the next poll's first two steps.
        recall = watcher.source._recall  # type: ignore[attr-defined]

        async def late(cursor: str | None) -> Any:
            memory = await recall(cursor)
            goes_on.set()
            await eventually(done.is_set)
            return memory

        patch.setattr(watcher.source, "_recall", late)
        assert told(await watcher.poll()) == {f"f{n}": RETIRED for n in range(5)}


async def test_states_reach_the_cache_and_stand_there_as_of_each_moment(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.graphql"

    def write(text: str) -> None:
        path.with_suffix(".new").write_text(text)
        os.utime(path.with_suffix(".new"), (1_600_000_000 + len(text),) * 2)
        path.with_suffix(".new").replace(path)

    spec = SourceSpec(name="schema", kind="supergraph", every_ms=20, gives=frozenset({"fields"}))
    setup = Setup(parts=KIND.gives, options=Options(legacy=("monolith",)), path=path)
    configured = ConfiguredSource(spec=spec, connection=Connection(base_url=""), setup=setup)
    write(labelled("percent(5)", "beta"))
    async with polling(tmp_path / "cache.sqlite3", configured) as running:
        await eventually(lambda: field(running, "User.f0") == (CANARY, 5))
        assert field(running, "User.f1") == (CANARY, None)
        assert names(running) == ["users"]
        await eventually(lambda: running.health("schema").notes != ())
        assert "1 field is under the label beta" in running.health("schema").notes[0]
        # A moment later than the first change, and earlier than the next.
        before = running.clock()
        write("type User {")
        await eventually(lambda: running.health("schema").state is SourceState.FAILING)
        assert field(running, "User.f0") == (CANARY, 5)
        write(supergraph(*(f"f{number}: Int @join__field(graph: USERS)" for number in range(2))))
        await eventually(lambda: field(running, "User.f1") == (RETIRED, None))
        assert field(running, "User.f0", before) == (CANARY, 5)


def field(
    running: Running, id_: str, at: int | None = None
) -> tuple[MigrationState | None, Any] | None:
    """A field's state in the cache."""
    detail = running.store.detail(FieldOf(id_), at or running.clock())
    if detail is None:
        return None
    assert isinstance(detail, FieldDetail)
    return detail.row.state, detail.row.percentage
