"""A scenario is checked before it is played, and what is wrong is said with its line."""

from pathlib import Path

import pytest

from goliath_tui.rehearsal.scenario import BUG_KINDS, ScenarioError, load, parse
from tests.rehearsal.process import SMALL

TEXT = SMALL.read_text(encoding="utf-8")


def test_the_packaged_scenario_has_the_size_of_the_story() -> None:
    scenario, _ = load(None)
    assert len(scenario.services) == 32
    assert sum(service.fields.total for service in scenario.services) == 4012
    assert sum(service.sprints is None for service in scenario.services) == 5
    assert scenario.people.engineers == 80
    assert scenario.sprints.count == 43
    known = "users districts assignments coaches progress content content-library analytics"
    names = [service.name for service in scenario.services]
    assert names[:10] == [*known.split(), "render-server", "graphql-gateway"]
    assert set(scenario.differences.kinds) == set(BUG_KINDS)


@pytest.mark.parametrize(
    ("was", "becomes", "stands_at", "told"),
    [
        ("load: 4", "load: four", "load: four", "services[0].load: Expected `float`, got `str`"),
        (
            "load: 4",
            "lode: 4",
            "- name: users",
            "services[0]: Object contains unknown field `lode`",
        ),
        ("team: South", "team: East", "team: East", "services[1].team: East is not among"),
        ("[1, 2, 3, 4, 4, 3]", "[1, 2]", "[1, 2]", "sprints.velocity: expected one number per"),
        ("short-list: 1", "short: 1", "short: 1", "differences.kinds.short: unknown kind of bug"),
        ("[users]", "[u]", "[u]", "services[1].depends_on: there is no other service u"),
        ("[2, 6]", "[6, 2]", "[6, 2]", "services[1].sprints: expected first < last, from 1 to 6"),
        ("{legacy: 6}", "{manual: 6}", "- name: reports", "services[2].sprints: a service with"),
        ("[Report]", "[User]", "[User]", "services[2].types: User belongs to users already"),
        ("{legacy: 6}", "{legacy: 13}", "{legacy: 13}", "services[2].fields: types and field_na"),
        ("canary: 8", "canary: 25", "canary: 25", "services[1].fields.canary: types and verbs"),
        ("[0.5, 0.9]", "[0.9, 0.5]", "[0.9, 0.5]", "differences.hits: expected the smaller"),
        ("- name: courses", "- name: reports", "- name: reports", "services[2].name: reports sta"),
        ("[create, up", "[update, up", "[update, up", "verbs: the same name stands here twice"),
    ],
)
def test_a_mistake_is_told_with_its_line(was: str, becomes: str, stands_at: str, told: str) -> None:
    assert was in TEXT
    text = TEXT.replace(was, becomes, 1)
    with pytest.raises(ScenarioError) as error:
        parse(text, "mine.yaml")
    line = next(line for line in str(error.value).splitlines() if f": {told}" in line)
    number = int(line.split(":")[1])
    assert stands_at in text.splitlines()[number - 1]


def test_every_mistake_is_told_at_once() -> None:
    text = TEXT.replace("team: South", "team: East").replace("at_start: 3", "at_start: 9")
    with pytest.raises(ScenarioError) as error:
        parse(text, "mine.yaml")
    assert len(str(error.value).splitlines()) == 3


@pytest.mark.parametrize("text", ["", "- 1", "name: [", "a: 1\na: {", "just words", "\t"])
def test_what_is_no_scenario_at_all_is_an_error_too(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"mine\.yaml:\d+: "):
        parse(text, "mine.yaml")


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="No such file"):
        load(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="UTF-8"):
        load(tmp_path / "binary.yaml")
