"""Field states from a supergraph: what each shape of a field means, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import convert

from goliath_tui.domain import (
    Fact,
    IntendedShare,
    SourceErrorKind,
)
from goliath_tui.sources.supergraph import Options
from tests.sources.schemas import (
    CANARY,
    HEAD,
    LEGACY,
    MANUAL,
    MIGRATED,
    Watcher,
    homes,
    labelled,
    supergraph,
    told,
)


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
    overridden, either, only_new = watcher.notes
    assert overridden.startswith("1 field is taken from legacy by an override without a label")
    assert overridden.endswith("told as migrated until the override goes (User.moved)")
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
        (
            supergraph(*["a: Int @join__field(graph: USERS)"] * 2),
            "malformed",
            "has the field User.a twice",
        ),
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
    assert watcher.notes[0].startswith("left out, for being longer than 512 characters: User.xxx")


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
    assert shares(await watcher.poll()) == {"users": 0.5}
    # That nothing has changed is told too, for it is known only now what was meant meanwhile.
    assert shares(await watcher.poll()) == {"users": 0.5}
    unasked = Watcher(path, legacy=["monolith"])
    unasked.write(labelled("percent(30)"))
    assert shares(await unasked.poll()) == {}
    alone = Watcher(path, frozenset({"intended"}), legacy=["monolith"], by_field=["*"])
    alone.write(labelled("percent(30)"))
    assert await alone.poll() == [IntendedShare(service="users", at=alone.now, share=0.3)]
    useless = Watcher(path, frozenset({"intended"}), legacy=["monolith"])
    assert "say with `by_field:`" in str(await useless.refused(labelled("percent(30)")))


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
