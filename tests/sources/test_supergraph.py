"""Field states from schemas: what each shape of a schema means, and how it is told over time."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert

from goliath_tui.domain import (
    Batch,
    Fact,
    Field,
    IntendedShare,
    MigrationState,
    SourceError,
    SourceErrorKind,
    SourceSpec,
    SourceState,
    StateChange,
)
from goliath_tui.domain.subjects import FieldDetail, FieldOf
from goliath_tui.poller import ConfiguredSource
from goliath_tui.sources import KINDS, Setup
from goliath_tui.sources.client import Client, Connection
from goliath_tui.sources.supergraph import Options
from tests.polling import Running, names, polling
from tests.sources.hostile_server import eventually

KIND = KINDS["supergraph"]
NOW = 1_700_000_000_000
LEGACY, MANUAL, SIDE_BY_SIDE, CANARY, MIGRATED, RETIRED = MigrationState

HEAD = """
schema @link(url: "https://specs.apollo.dev/link/v1.0")
       @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }

directive @join__field(graph: join__Graph, override: String) repeatable on FIELD_DEFINITION

enum join__Graph {
  MONOLITH @join__graph(name: "monolith", url: "http://monolith")
  USER_PROGRESS @join__graph(name: "user-progress", url: "http://progress")
  USERS @join__graph(name: "users", url: "http://users")
}
"""
IN_ALL = (
    '@join__type(graph: MONOLITH, key: "id") @join__type(graph: USER_PROGRESS, key: "id")'
    ' @join__type(graph: USERS, key: "id org { id }")'
)


def supergraph(*fields: str, head: str = HEAD, more: str = "") -> str:
    """A supergraph whose type `User` has these fields."""
    return f"{head}\ntype User {IN_ALL} {{\n  " + "\n  ".join(fields) + f"\n}}\n{more}"


class Watcher:
    """The source at a file, asked as a poller would; the clock goes on with each schema."""

    def __init__(self, path: Path, parts: frozenset[str] = KIND.gives, **settings: Any) -> None:
        self.path = path
        self.options = convert(settings, Options)
        self.setup = Setup(parts=parts, options=self.options, path=path)
        self.now = NOW
        self.client = Client(Connection(base_url=""), clock=lambda: self.now)
        self.cursor: str | None = None
        self.notes: tuple[str, ...] = ()
        self.restart()

    def restart(self) -> None:
        """As a new process, which has the cursor alone."""
        self.source = KIND.make(self.setup)

    def write(self, text: str | bytes, path: Path | None = None) -> None:
        """Writes the schema, some time ago."""
        path = path or self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.now += 60_000
        os.utime(path, ((self.now - 30_000) / 1000,) * 2)

    async def step(self) -> Batch:
        """One batch, as good as committed."""
        batch = await self.source.poll(self.client, self.cursor)
        self.cursor = batch.cursor
        self.notes = batch.notes
        return batch

    async def poll(self) -> list[Fact]:
        """All that is new."""
        rows: list[Fact] = []
        while True:
            batch = await self.step()
            rows += batch.rows
            if not batch.more:
                return rows

    async def states(self, text: str) -> dict[str, Any]:
        """Field of `User` → what is told of it when this is the schema now."""
        self.write(text)
        return told(await self.poll())

    async def refused(self, text: str | bytes) -> SourceError:
        """What a schema is refused for; the cursor stays."""
        self.write(text)
        with pytest.raises(SourceError) as caught:
            await self.poll()
        assert str(caught.value).isprintable()
        return caught.value


def told(rows: list[Fact]) -> dict[str, Any]:
    """Field → its state, with the percentage if it has one."""
    return {
        row.field.removeprefix("User."): row.state
        if row.percentage is None
        else (row.state, row.percentage)
        for row in rows
        if isinstance(row, StateChange)
    }


def homes(rows: list[Fact]) -> dict[str, str]:
    """Field → its service."""
    return {row.id.removeprefix("User."): row.service for row in rows if isinstance(row, Field)}


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    return Watcher(tmp_path / "supergraph.graphql", legacy=["monolith"])


async def test_each_shape_of_a_field_has_its_state(watcher: Watcher) -> None:
    rows = await watcher.states(
        supergraph(
            "id: ID!",
            "name: String @join__field(graph: MONOLITH)",
            'points(since: String = "} { \\" )"): Int! '
            '@join__field(graph: MONOLITH, overrideLabel: "percent(12.5)") '
            '@join__field(graph: USER_PROGRESS, override: "monolith", '
            'overrideLabel: "percent(12.5)")',
            # A composer that does not repeat the label at the graph it is taken from.
            "old: Int @join__field(graph: MONOLITH) @join__field(graph: USERS, "
            'override: "monolith", overrideLabel: "percent(100)")',
            'moved: Int @join__field(graph: USERS, override: "monolith")',
            "used: Int @join__field(graph: MONOLITH, usedOverridden: true) "
            '@join__field(graph: USERS, override: "monolith")',
            "country: String @join__field(graph: MONOLITH) "
            "@join__field(graph: USER_PROGRESS, external: true)",
            'estimate: Int @join__field(graph: USER_PROGRESS, requires: "country")',
            'between: Int @join__field(graph: USERS, override: "user-progress")',
            'back: Int @join__field(graph: MONOLITH, override: "users")',
            "backing: Int @join__field(graph: USERS, overrideLabel: "
            '"percent(30)") @join__field(graph: MONOLITH, override: "users", '
            'overrideLabel: "percent(30)")',
            "shared: Int @join__field(graph: MONOLITH) @join__field(graph: USERS)",
            "given: Int @join__field",
        )
    )
    assert rows == {
        "name": LEGACY,
        "points": (CANARY, 12.5),
        "old": (CANARY, 100),
        "moved": MIGRATED,
        "used": MIGRATED,
        "country": LEGACY,
        "estimate": MIGRATED,
        "between": MIGRATED,
        "back": LEGACY,
        "backing": (CANARY, 70),
        "shared": CANARY,
    }
    either, only_new = watcher.notes
    assert either.startswith("1 field is in legacy and new without an override")
    assert only_new.startswith("2 fields are in new services only and never seen in legacy")
    assert only_new.endswith("(User.estimate, User.between)")


@pytest.mark.parametrize("version", ["0.2", "0.3", "0.4", "0.5"])
async def test_every_version_of_join_since_federation_2_is_read(
    watcher: Watcher, version: str
) -> None:
    head = HEAD.replace("join/v0.5", f"join/v{version}")
    rows = await watcher.states(supergraph("a: Int @join__field(graph: MONOLITH)", head=head))
    assert rows == {"a": LEGACY}
    assert watcher.notes == ()


async def test_a_version_that_is_not_known_is_refused_or_said(watcher: Watcher) -> None:
    text = supergraph("a: Int @join__field(graph: MONOLITH)")
    old = await watcher.refused(text.replace("join/v0.5", "join/v0.1"))
    assert old.kind is SourceErrorKind.CONFIG
    assert str(old).endswith("is of join v0.1, before federation 2: compose it with federation 2")
    new = await watcher.refused(text.replace("join/v0.5", "join/v1.0"))
    assert str(new).endswith("is of join v1.0, which is not known here: compose it for join v0.5")
    assert await watcher.states(text.replace("join/v0.5", "join/v0.6")) == {"a": LEGACY}
    assert watcher.notes == ("join v0.6 is newer than what was tried, v0.5",)


async def test_join_may_go_by_another_name(watcher: Watcher) -> None:
    text = supergraph("a: Int @join__field(graph: MONOLITH)", "b: Int @join__field(graph: USERS)")
    text = text.replace("join__", "j__").replace("v0.5", 'v0.5", as: "j')
    assert await watcher.states(text) == {"a": LEGACY, "b": MIGRATED}


async def test_fields_of_interfaces_inputs_and_enums_are_none_but_for_interface_objects(
    watcher: Watcher,
) -> None:
    more = """
    interface Media @join__type(graph: MONOLITH, key: "id")
        @join__type(graph: USERS, key: "id", isInterfaceObject: true) {
      id: ID!  title: String @join__field(graph: MONOLITH)  views: Int @join__field(graph: USERS)
    }
    type Video implements Media & Other @join__implements(graph: MONOLITH, interface: "Media")
        @join__type(graph: MONOLITH, key: "id") { title: String views: Int @join__field }
    input In @join__type(graph: USERS) { a: Int = 1 b: In = {a: {a: 1}} }
    enum Role @join__type(graph: USERS) { ADMIN @join__enumValue(graph: USERS) }
    union Any @join__type(graph: USERS) = | Video | User
    scalar Date @join__type(graph: USERS)
    """
    watcher.write(supergraph("a: Int @join__field(graph: USERS)", more=more))
    assert told(await watcher.poll()) == {
        "a": MIGRATED,
        "Media.views": MIGRATED,
        "Video.title": LEGACY,
    }


async def test_hostile_descriptions_and_comments_are_no_schema(watcher: Watcher) -> None:
    watcher.write(
        supergraph(
            '"""\n} type Evil @join__type(graph: USERS) { x: Int } \\""" enum {\n"""\n'
            "a: Int # } type Evil { y: Int @join__field(graph: USERS) }\n"
            "@join__field(graph: MONOLITH)",
            '"a } type Evil { z: Int"',
            'b: Int @join__field(graph: MONOLITH) @tag(name: ") } @join__field(graph: USERS)")',
            'c: Int @join__field(graph: USERS, contextArguments: [{name: "n", selection: "{ x"}])',
        )
    )
    assert told(await watcher.poll()) == {"a": LEGACY, "b": LEGACY, "c": MIGRATED}


async def test_a_field_belongs_to_the_service_of_the_graph_that_has_it_now(tmp_path: Path) -> None:
    watcher = Watcher(
        tmp_path / "s",
        legacy=["mono*"],
        services={"user-*": "progress"},
        owners={"User.name": "users", "User.*": "rest"},
    )
    watcher.write(
        supergraph(
            "name: String @join__field(graph: MONOLITH)",
            "mail: String @join__field(graph: MONOLITH)",
            'points: Int @join__field(graph: USER_PROGRESS, override: "monolith")',
            "both: Int @join__field(graph: MONOLITH) @join__field(graph: USERS) "
            '@join__field(graph: USER_PROGRESS, override: "monolith", overrideLabel: "percent(1)")',
        )
    )
    rows = await watcher.poll()
    assert homes(rows) == {
        "name": "users",
        "mail": "rest",
        "points": "progress",
        "both": "progress",
    }
    watcher.write(
        supergraph(
            'name: String @join__field(graph: USER_PROGRESS, override: "monolith")',
            "mail: String @join__field(graph: MONOLITH)",
            'points: Int @join__field(graph: USER_PROGRESS, override: "monolith")',
            "both: Int @join__field(graph: MONOLITH)",
        )
    )
    rows = await watcher.poll()
    assert homes(rows) == {"name": "progress", "both": "rest"}
    assert told(rows) == {"name": MIGRATED, "both": LEGACY}


def labelled(*labels: str) -> str:
    return supergraph(
        *(
            f"f{number}: Int @join__field(graph: MONOLITH) @join__field(graph: USERS, "
            f'override: "monolith", overrideLabel: "{label}")'
            for number, label in enumerate(labels)
        )
    )


async def test_labels_mean_what_the_config_says_or_are_said_to_be_unknown(tmp_path: Path) -> None:
    watcher = Watcher(
        tmp_path / "s",
        legacy=["monolith"],
        labels={"on-request": "manual", "ring-*": 5, "done": "migrated"},
    )
    labels = ("on-request", "ring-1", "done", "who-knows", "percent(101)", "percent(0)", "{0}\x07")
    assert await watcher.states(labelled(*labels).replace("\x07", "\\u0007")) == {
        "f0": MANUAL,
        "f1": (CANARY, 5),
        "f2": MIGRATED,
        "f3": CANARY,
        "f4": CANARY,
        "f5": (CANARY, 0),
        "f6": CANARY,
    }
    assert [note.split(",", 1)[0] for note in watcher.notes] == [
        "1 field is under the label who-knows",
        "1 field is under the label percent(101)",
        "1 field is under the label {0}␇",
    ]


async def test_what_both_have_without_an_override_is_what_shared_says(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "s", legacy=["monolith"], shared="legacy")
    text = supergraph("id: ID!", "a: Int @join__field(graph: MONOLITH) @join__field(graph: USERS)")
    assert await watcher.states(text) == {"a": LEGACY}
    assert watcher.notes == ()


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
    assert "1 field is in new services only" in watcher.notes[0]
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


def many(count: int, graph: str) -> str:
    return supergraph(*(f"f{n}: Int @join__field(graph: {graph})" for n in range(count)))


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

    monkeypatch.setattr("goliath_tui.sources.supergraph_polling.read", fail)
    for _ in range(2):
        assert (await watcher.poll(), watcher.cursor, watcher.notes) == ([], cursor, notes)
        watcher.restart()
    # Written anew, with the same content.
    watcher.write(labelled("beta"))
    assert (await watcher.poll(), watcher.cursor, watcher.notes) == ([], cursor, notes)
    monkeypatch.setattr("goliath_tui.sources.supergraph_files._bodies", fail)
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


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("<!doctype html><p>", "malformed", "is a web page, not a schema: check the address"),
        (b"\xff\xfe{", "malformed", "is not UTF-8 text, so it is no schema"),
        ("who: are you?", "malformed", "is no GraphQL schema at line 1, where a definition should"),
        ("{ a }", "malformed", "is neither a schema nor JSON with one in `supergraphSdl`"),
        ('{"data": {"__schema": {}}}', "malformed", "is the result of an introspection"),
        ('{"errors": [{"message": "no\\u0007"}]}', "malformed", "gives no schema, saying: no␇"),
        ('{"data": null}', "malformed", "is JSON without `supergraphSdl`, `_service` or `sdl`"),
        ("scalar A", "malformed", "has no field that any graph answers"),
        ("type Query { a: Int }", "config", "no field has `@migrate(from: …)`"),
        (
            supergraph("a: Int @join__field(graph: NOBODY)"),
            "malformed",
            "names the graph NOBODY at",
        ),
        (supergraph("a: Int @join__field(graph: 5)"), "malformed", "names the graph 5 at User.a"),
        (HEAD.replace("join__Graph", "Other"), "config", "has no `enum join__Graph`"),
    ],
)
async def test_what_is_no_usable_schema_is_refused_with_advice(
    watcher: Watcher, text: str | bytes, kind: str, says: str
) -> None:
    error = await watcher.refused(text)
    assert error.kind == kind
    assert says in str(error)


async def test_a_legacy_graph_that_does_not_exist_is_asked_about(tmp_path: Path) -> None:
    text = supergraph("a: Int @join__field(graph: MONOLITH)")
    wrong = await Watcher(tmp_path / "s", legacy=["monolit"]).refused(text)
    assert wrong.kind is SourceErrorKind.CONFIG
    graphs = "monolith, user-progress, users"
    assert (
        str(wrong)
        == f"`legacy:` names monolit, but the graphs are {graphs}; did you mean monolith?"
    )
    none = await Watcher(tmp_path / "s").refused(text)
    assert str(none) == f"say with `legacy:` which of these graphs are legacy: {graphs}"
    some = Watcher(tmp_path / "s", legacy=["monolith", "monolith-2"], services={"user": "users"})
    await some.states(text)
    assert some.notes == (
        "`services:` names user, which is no graph; did you mean users?",
        "`legacy:` names monolith-2, which is no graph; did you mean monolith?",
    )


async def test_names_that_are_too_long_are_left_out_and_counted(watcher: Watcher) -> None:
    long = "x" * 600
    rows = await watcher.states(
        supergraph(
            f"{long}: Int @join__field(graph: USERS)", "a: Int @join__field(graph: MONOLITH)"
        )
    )
    assert rows == {"a": LEGACY}
    assert watcher.notes[0].startswith("1 fields have names of more than 512 characters")


async def test_a_graph_may_have_any_name(watcher: Watcher) -> None:
    head = HEAD.replace('"users"', '"us\\u202eers\\u001b[31m"').replace('"user-progress"', '""')
    watcher.write(
        supergraph(
            "a: Int @join__field(graph: USERS)",
            "b: Int @join__field(graph: USER_PROGRESS)",
            head=head,
        )
    )
    assert homes(await watcher.poll()) == {"a": "us‹U+202E›ers␛[31m", "b": "USER_PROGRESS"}


def shares(rows: list[Fact]) -> dict[str, float | None]:
    return {row.service: row.share for row in rows if isinstance(row, IntendedShare)}


async def test_an_intended_share_is_told_only_where_it_is_one_and_asked_for(tmp_path: Path) -> None:
    def text(*labels: str) -> str:
        moving = labelled(*labels)
        return moving.replace("}\n", "own: Int @join__field(graph: USER_PROGRESS)\n}\n", 1)

    path = tmp_path / "s"
    watcher = Watcher(path, legacy=["monolith"], by_field=["users", "nobody"])
    watcher.write(labelled("percent(30)", "percent(30)"))
    assert shares(await watcher.poll()) == {"users": 0.3}
    assert watcher.notes == ("`by_field:` names nobody, which is no service",)
    watcher.write(labelled("percent(30)", "percent(50)"))
    assert shares(await watcher.poll()) == {"users": None}
    watcher.write(labelled("percent(50)", "percent(50)"))
    assert shares(await watcher.poll()) == {"users": 0.5}
    watcher.write(labelled("percent(50)", "percent(50)") + "scalar Date")
    assert shares(await watcher.poll()) == {}
    unasked = Watcher(path, legacy=["monolith"])
    unasked.write(labelled("percent(30)"))
    assert shares(await unasked.poll()) == {}
    alone = Watcher(path, frozenset({"intended"}), legacy=["monolith"], by_field=["*"])
    alone.write(labelled("percent(30)"))
    assert await alone.poll() == [IntendedShare(service="users", at=alone.now, share=0.3)]
    useless = Watcher(path, frozenset({"intended"}), legacy=["monolith"])
    assert "say with `by_field:`" in str(await useless.refused(labelled("percent(30)")))


PROGRESS = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
directive @migrate(from: String!, state: MigrationState!, percentage: Float) on FIELD_DEFINITION
enum MigrationState { MANUAL SIDE_BY_SIDE CANARY MIGRATED }
extend type Query { progress: Int @migrate(from: "python", state: MANUAL)  _service: _Service! }
extend type User @key(fields: "id") {
  id: ID! @external
  points: Int @migrate(from: "python", state: "side-by-side")
  streak: Int @migrate(state: CANARY, percentage: 12.5, from: "python")
  badge: Int @migrate(from: "python", state: migrated)
  level: Int @federation__external
  fresh: Int
}
interface Media { title: String }
"""


async def test_subgraphs_with_migrate_are_read(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "progress.graphql")
    watcher.write(PROGRESS)
    rows = await watcher.poll()
    assert told(rows) == {
        "Query.progress": MANUAL,
        "points": SIDE_BY_SIDE,
        "streak": (CANARY, 12.5),
        "badge": MIGRATED,
        "fresh": MIGRATED,
    }
    assert set(homes(rows).values()) == {"progress"}
    assert watcher.notes[0].endswith("(User.fresh)")
    # The directive goes when legacy's code is gone; at the end nothing has it any more.
    rest = PROGRESS.replace('@migrate(from: "python", state: migrated)', "")
    assert await watcher.states(rest) == {"badge": RETIRED}
    watcher.restart()
    done = "\n".join(line.split("@migrate(")[0] for line in PROGRESS.splitlines())
    done = done.replace("directive", "type Query { progress: Int } # ").replace(
        "extend type Query { progress: Int", ""
    )
    assert await watcher.states(done) == {
        "Query.progress": RETIRED,
        "points": RETIRED,
        "streak": RETIRED,
    }


async def test_words_of_states_are_as_the_config_says_or_are_said_to_be_unknown(
    tmp_path: Path,
) -> None:
    watcher = Watcher(
        tmp_path / "p", states={"shadow": "side-by-side"}, directive="moving", service="progress"
    )
    rows = await watcher.states(
        'type User { a: Int @moving(from: "py", state: "shadow")'
        ' b: Int @moving(from: "py", state: "canari", percentage: 3)'
        ' c: Int @moving(from: "py", state: "canary", percentage: 101)'
        ' d: Int @moving(from: "py", state: "canary", percent: "7.5")'
        ' e: Int @moving(from: "py", state: "canary", percent: [1])'
        ' f: Int @moving(from: "py") }'
    )
    assert rows == {"a": SIDE_BY_SIDE, "c": CANARY, "d": (CANARY, 7.5), "e": CANARY}
    unknown = "of which nothing is told: `states:` does not have it"
    assert watcher.notes == (
        f"1 field is with the state canari, {unknown}; did you mean canary? (User.b)",
        "2 fields are with a percentage that is not from 0 to 100 (User.c, User.e)",
        f'1 field is with the state "", {unknown} (User.f)',
    )


async def test_many_subgraphs_are_one_source_and_legacy_may_be_among_them(tmp_path: Path) -> None:
    watcher = Watcher(
        tmp_path / "services" / "*" / "schema.graphql",
        legacy=["python"],
        services={"progress-*": "progress"},
    )
    folder = tmp_path / "services"
    python = 'type User @key(fields: "id") { id: ID! name: String points: Int taken: Int }'
    watcher.write(python, folder / "python" / "schema.graphql")
    watcher.write(
        'type User { id: ID! points: Int @migrate(from: "python", state: "manual") }',
        folder / "progress-v2" / "schema.graphql",
    )
    watcher.write(
        'type User { id: ID! taken: Int @override(from: "python", label: "percent(5)") '
        "plain: Int }",
        folder / "users" / "schema.graphql",
    )
    rows = await watcher.poll()
    assert told(rows) == {
        "name": LEGACY,
        "points": MANUAL,
        "taken": (CANARY, 5),
        "plain": MIGRATED,
    }
    assert homes(rows) == {"points": "progress", "taken": "users", "plain": "users"}
    watcher.write(python.replace("taken: Int", ""), folder / "python" / "schema.graphql")
    watcher.write(
        'type User { taken: Int name: Int @override(from: "python") }',
        folder / "users" / "schema.graphql",
    )
    assert told(await watcher.poll()) == {"taken": RETIRED, "name": MIGRATED}
    watcher.write(HEAD, folder / "all" / "schema.graphql")
    with pytest.raises(SourceError, match="is a supergraph: name it alone with `path:`"):
        await watcher.poll()


def trouble_with_paths(folder: Path) -> Iterator[tuple[Path, str]]:
    yield folder / "nowhere.graphql", "cannot be read (no such file or directory): check `path:`"
    yield folder / "*.graphql", "no schema (.graphql, .graphqls, .gql) is at"
    yield folder, "no schema (.graphql, .graphqls, .gql) is at"
    yield Path("/dev/null"), "is no file: name one with `path:`"
    yield Path("-"), "cannot be read (no such file or directory)"


@pytest.mark.parametrize("number", range(5))
async def test_a_path_without_a_schema_says_so(tmp_path: Path, number: int) -> None:
    path, says = list(trouble_with_paths(tmp_path))[number]
    with pytest.raises(SourceError) as caught:
        await Watcher(path, legacy=["monolith"]).poll()
    assert caught.value.kind is SourceErrorKind.CONFIG
    assert says in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
async def test_a_file_that_may_not_be_read_says_so(watcher: Watcher) -> None:
    watcher.write(many(1, "USERS"))
    watcher.path.chmod(0)
    with pytest.raises(SourceError, match="cannot be read \\(permission denied\\)"):
        await watcher.poll()


async def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "in")
    watcher.write(PROGRESS, tmp_path / "in" / "progress.graphql")
    watcher.write(PROGRESS, tmp_path / "out" / "users.graphql")
    (tmp_path / "in" / "users.graphql").symlink_to(tmp_path / "out" / "users.graphql")
    assert set(homes(await watcher.poll()).values()) == {"progress"}
    assert watcher.notes[0] == "1 files lead out of their folder, and are not read"


async def test_one_service_cannot_be_that_of_many_files(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "in", service="progress")
    watcher.write(PROGRESS, tmp_path / "in" / "a.graphql")
    watcher.write(PROGRESS, tmp_path / "in" / "b.gql")
    with pytest.raises(SourceError, match="`service:` is for one subgraph"):
        await watcher.poll()


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"labels": {"a": 101}}, ("labels", "a")),
        ({"labels": {"a": "sidebyside"}}, ("labels", "a")),
        ({"states": {"a": "CANARY"}}, ("states", "a")),
        ({"shared": "both"}, ("shared",)),
        ({"services": {"a": ""}}, ("services", "a")),
        ({"owners": {"a": ""}}, ("owners", "a")),
        ({"service": ""}, ("service",)),
        ({"legacy": ["a", "*"]}, ("legacy",)),
        ({"directive": "@migrate"}, ("directive",)),
    ],
)
def test_settings_that_mean_nothing_are_told(settings: Any, place: tuple[str, ...]) -> None:
    assert [where for where, _ in convert(settings, Options).problems()] == [place]
    assert not list(Options(legacy=("monolith",), directive="my_migrate").problems())


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


def field(running: Running, id_: str, at: int | None = None) -> tuple[MigrationState, Any] | None:
    """A field's state in the cache."""
    detail = running.store.detail(FieldOf(id_), at or running.clock())
    if detail is None:
        return None
    assert isinstance(detail, FieldDetail)
    return detail.row.state, detail.row.percentage
