"""The parts of the GitHub source that need no server: its settings, rules, cursor and links."""

import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.sources import Setup
from goliath_tui.sources.github import Options, Project, requests_per_poll
from goliath_tui.sources.github.asking import _links
from goliath_tui.sources.github.cursor import Place, packed, read, unpacked
from goliath_tui.sources.github.rules import Rules, iteration_of, value_text
from goliath_tui.sources.work import Rule, Status

ONE = ("acme/users",)
SEVEN = Project(org="acme", number=7)


@pytest.mark.parametrize(
    ("given_", "place", "advice"),
    [
        ({}, ("repositories",), "at least one"),
        ({"repositories": ("acme",)}, ("repositories",), "is no `owner/name`"),
        ({"repositories": ("acme/..",)}, ("repositories",), "is no `owner/name`"),
        ({"repositories": ("acme/a?b=c",)}, ("repositories",), "is no `owner/name`"),
        ({"repositories": ("acme/a", "Acme/A")}, ("repositories",), "named twice"),
        ({"points": "Points"}, ("points",), "name that with `project:`"),
        ({"iteration": "Sprint"}, ("iteration",), "name that with `project:`"),
        ({"project": Project(number=7)}, ("project",), "`org: NAME` or `user: NAME`"),
        ({"project": Project(org="a", user="b", number=7)}, ("project",), "`org: NAME` or"),
        ({"project": Project(org="a/b", number=7)}, ("project",), "`org: NAME` or"),
        ({"project": Project(org="a", number=0)}, ("project", "number"), "address"),
        ({"services": (Rule(service="a", component="b"),)}, ("services",), "no components"),
        ({"point_labels": "points"}, ("point_labels",), "expected one *"),
        ({"sprint_days": 0}, ("sprint_days",), "1 to 366"),
        (
            {"project": SEVEN, "iteration": "Sprint", "sprints": "milestones"},
            ("sprints",),
            "remove `iteration:`",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    given_: dict[str, Any], place: tuple[str, ...], advice: str
) -> None:
    ((where, what),) = Options(**{"repositories": ONE, **given_} if given_ else {}).problems()
    assert where == place
    assert advice in what


@pytest.mark.parametrize(("project", "requests"), [(None, 6), (SEVEN, 8)])
def test_what_a_poll_costs(project: Project | None, requests: int) -> None:
    options = Options(repositories=("acme/a", "acme/b"), project=project)
    assert not list(options.problems())
    assert requests_per_poll(Setup(parts=frozenset({"tracker"}), options=options)) == requests


@given(st.sets(st.integers(0, 500)))
def test_numbers_survive_being_packed(numbers: set[int]) -> None:
    text = packed(numbers)
    assert unpacked(text) == numbers
    assert len(text) <= 4 * len(numbers)


@settings(deadline=None)  # a million numbers may take their time
@given(st.text(alphabet="0123456789-,", max_size=30) | st.text(max_size=10))
def test_what_is_no_packing_is_refused(text: str) -> None:
    with suppress(ValueError):
        assert all(number >= 0 for number in unpacked(text))


@pytest.mark.parametrize(
    "cursor", ["", "x", "[]", "{}", '{"repositories": {"a/b": {"items": "9-"}}}', "null"]
)
def test_a_cursor_of_somebody_else_begins_anew(cursor: str) -> None:
    assert read(cursor, "rules", 5) == Place(rules="rules", as_of=5)


def test_links_give_no_more_than_a_page_of_the_same_place() -> None:
    header = (
        '<https://elsewhere.example/x?page=2&token=y>; rel="next", '
        '<https://api.github.com/x?page=17>; rel="last", <x?page=0>; rel="prev"'
    )
    assert _links(header) == {"next": {"page": "2"}, "last": {"page": "17"}}
    after = '<https://api.github.com/x?after=Y3Vyc29y%3D%3D&page=2>; title="a"; rel="next"'
    assert _links(after) == {"next": {"after": "Y3Vyc29y=="}}


@pytest.mark.parametrize(
    "header",
    ["", "<", '<x>; rel="next"', '<x?page=-1>; rel="next"', '<x?page=1e9>; rel="next"',
     '<http://[>; rel="next"', '<x?after=%0a>; rel="next"', f'<x?after={"a" * 2000}>; rel="next"'],
)  # fmt: skip
def test_links_that_lead_nowhere_are_none(header: str) -> None:
    assert _links(header) == {}


@given(st.text(max_size=200))
def test_no_link_raises(header: str) -> None:
    _links(header)


LABELLED = Rules(Options(repositories=ONE, point_labels="points: *", scale={"L": 8}))


@pytest.mark.parametrize(
    ("labels", "points", "odd"),
    [
        ([], None, None),
        (["bug"], None, None),
        (["points: 3", "bug"], 3, None),
        (["Points: l"], 8, None),
        (["points: 2", "points: 5"], 5, None),
        (["points: many"], None, "points: many"),
        (["points: -3"], None, "points: -3"),
        (["points: many", "points: 1"], 1, "points: many"),
    ],
)
def test_labels_hold_points(labels: list[str], points: float | None, odd: str | None) -> None:
    assert LABELLED.points(labels) == (points, odd)


@pytest.mark.parametrize(
    ("state", "reason", "names", "status"),
    [
        ("open", None, [], Status.OPEN),
        ("open", "reopened", ["doing"], Status.STARTED),
        ("open", None, ["doing", "Shipped"], Status.DONE),
        ("open", None, ["wontfix"], Status.DROPPED),
        ("closed", "completed", [], Status.DONE),
        ("closed", "completed", ["doing"], Status.DONE),
        ("closed", None, [], Status.DONE),
        ("closed", "completed", ["wontfix"], Status.DROPPED),
        ("closed", "not_planned", [], Status.DROPPED),
        ("closed", "duplicate", [], Status.DROPPED),
    ],
)
def test_how_an_issue_stands(
    state: str, reason: str | None, names: list[str], status: Status
) -> None:
    options = Options(repositories=ONE, started=("Doing",), done=("shipped",), dropped=("wontfix",))
    assert Rules(options).status(state, reason, names) is status


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "title", "raw", "start_date", "duration"]), inner
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_no_value_of_a_field_raises(value: object) -> None:
    value_text(value)
    iteration_of(value)
    points, odd = LABELLED.estimate(value)
    assert points is None or points >= 0
    assert odd is None or isinstance(odd, str)


def test_a_config_is_read_without_importing_what_asks() -> None:
    code = (
        "import sys; import goliath_tui.sources.github;"
        "print(*[m for m in sys.modules if m.startswith('goliath_tui.sources.github_')"
        " or m in ('httpx', 'asyncio')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []
