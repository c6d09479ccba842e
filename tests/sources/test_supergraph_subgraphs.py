"""Field states from subgraphs with `@migrate`, and the files that a path can name."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from goliath_tui.domain import (
    SourceError,
    SourceErrorKind,
)
from tests.sources.schemas import (
    CANARY,
    HEAD,
    LEGACY,
    MANUAL,
    MIGRATED,
    PROGRESS,
    RETIRED,
    SIDE_BY_SIDE,
    Watcher,
    homes,
    told,
)


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
    assert not any("override" in note for note in watcher.notes)
    # The override may stay when legacy is cleaned up; legacy's own schema is what tells.
    python = python.replace("taken: Int", "").replace("name: String", "")
    watcher.write(python, folder / "python" / "schema.graphql")
    assert told(await watcher.poll()) == {"name": RETIRED}
    watcher.write(HEAD, folder / "all" / "schema.graphql")
    with pytest.raises(SourceError, match="is a supergraph: name it alone with `path:`"):
        await watcher.poll()


def trouble_with_paths(folder: Path) -> Iterator[tuple[Path, str]]:
    yield folder / "nowhere.graphql", "cannot be read (no such file or directory): check `path:`"
    yield folder / "*.graphql", "no schema (.graphql, .graphqls, .gql) is at"
    yield folder, "no schema (.graphql, .graphqls, .gql) is at"
    yield folder / "**.graphql", "check `path:`"
    yield Path("/dev/null"), "is no file: name one with `path:`"
    yield Path("-"), "cannot be read (no such file or directory)"


@pytest.mark.parametrize("number", range(6))
async def test_a_path_without_a_schema_says_so(tmp_path: Path, number: int) -> None:
    path, says = list(trouble_with_paths(tmp_path))[number]
    with pytest.raises(SourceError) as caught:
        await Watcher(path, legacy=["monolith"]).poll()
    assert caught.value.kind is SourceErrorKind.CONFIG
    assert says in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
async def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "progress.graphql")
    watcher.write(PROGRESS)
    watcher.path.chmod(0)
    with pytest.raises(SourceError, match="cannot be read \\(permission denied\\)"):
        await watcher.poll()


async def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "in")
    watcher.write(PROGRESS, tmp_path / "in" / "progress.graphql")
    watcher.write(PROGRESS, tmp_path / "out" / "users.graphql")
    (tmp_path / "in" / "users.graphql").symlink_to(tmp_path / "out" / "users.graphql")
    assert set(homes(await watcher.poll()).values()) == {"progress"}
    assert watcher.notes[0] == "not read, for leading out of their folder: 1 of the files"


async def test_what_is_hidden_in_a_folder_is_left_alone(tmp_path: Path) -> None:
    """As Kubernetes mounts it: links to the version that is used now, which lies beside."""
    folder = tmp_path / "in"
    watcher = Watcher(folder)
    watcher.write(PROGRESS, folder / "..2026" / "progress.graphql")
    watcher.write(PROGRESS, folder / "..2026" / "schema.graphql")
    watcher.write("half", folder / ".progress.graphql")
    (folder / "..data").symlink_to("..2026")
    (folder / "progress.graphql").symlink_to(Path("..data", "progress.graphql"))
    assert set(homes(await watcher.poll()).values()) == {"progress"}
    assert not any("leading out" in note for note in watcher.notes)


async def test_a_field_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "progress.graphql")
    twice = await watcher.refused(PROGRESS + "extend type User { points: Int }")
    assert "has the field User.points twice" in str(twice)


async def test_one_service_cannot_be_that_of_many_files(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "in", service="progress")
    watcher.write(PROGRESS, tmp_path / "in" / "a.graphql")
    watcher.write(PROGRESS, tmp_path / "in" / "b.gql")
    with pytest.raises(SourceError, match="`service:` is for one subgraph"):
        await watcher.poll()
