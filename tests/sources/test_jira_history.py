"""Changelogs undone and packed names, against what was done one by one."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.sources.jira import Options
from goliath_tui.sources.jira.answers import History, IssueRow, moment, noon
from goliath_tui.sources.jira.history import (
    Aspects,
    Fields,
    UnreadableError,
    estimate,
    replayed,
)
from goliath_tui.sources.jira.names import Keys
from tests.sources.jira_server import JiraServer
from tests.sources.jira_world import EPIC_LINK, HOUR, POINTS, SPRINT, Issue, Jira

FIELDS = Fields(
    points=(POINTS,),
    sprint=SPRINT,
    epic=EPIC_LINK,
    names={"story points": POINTS, "sprint": SPRINT, "epic link": EPIC_LINK},
)
ALL = ["summary", "status", "resolution", "issuetype", "created", "updated", "components", "labels",
       "fixVersions", "parent", POINTS, SPRINT, EPIC_LINK]  # fmt: skip

KEYS = st.sets(st.tuples(st.sampled_from(["PAY", "A1", "X_Y"]), st.integers(1, 400)), max_size=60)


@given(KEYS, KEYS)
def test_packed_keys_are_the_keys(keys: set[tuple[str, int]], others: set[tuple[str, int]]) -> None:
    names = {f"{project}-{number}" for project, number in keys}
    packed = Keys(names)
    for project, number in others:
        packed.discard(f"{project}-{number}")
    left = names - {f"{project}-{number}" for project, number in others}
    again = Keys.unpack(packed.pack())
    assert set(again) == left
    assert len(again) == len(left)
    assert all((name in again) == (name in left) for name in names)


def test_ten_thousand_keys_take_little_room() -> None:
    assert len(Keys(f"PAY-{n}" for n in range(1, 10_001) if n % 100).pack()) < 1_500
    assert "PAY-x" not in Keys(["PAY-x", "no key", "-3"])


def read(jira: Jira, issue: Issue) -> tuple[IssueRow, list[History]]:
    """An issue and its log, as they come over the wire."""
    server = JiraServer(jira)
    row = msgspec.convert(server._issue(issue, ALL), IssueRow)
    return row, msgspec.convert(server._histories(issue), list[History])


def aspects(issue: Issue) -> Aspects:
    """What an issue has now."""
    row, _ = read(JIRAS[issue.id], issue)
    return replayed(row, [], FIELDS).states[-1].aspects


JIRAS: dict[int, Jira] = {}

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("estimate"), st.sampled_from([None, 1.0, 2.5, 8.0])),
        st.tuples(st.just("label"), st.lists(st.sampled_from("abc"), unique=True)),
        st.tuples(st.just("component"), st.lists(st.sampled_from("xyz"), unique=True)),
        st.tuples(st.just("move"), st.lists(st.integers(37, 39), unique=True)),
        st.tuples(st.just("transition"), st.sampled_from(["To Do", "In Progress", "Done"])),
        st.tuples(st.just("move_project"), st.sampled_from(["USR", "PAY", "OPS"])),
        st.tuples(st.just("parent"), st.sampled_from([None, 0, 1])),
    ),
    max_size=15,
)


@given(STEPS, st.booleans(), st.booleans())
def test_states_undone_are_the_states_that_were(
    steps: list[tuple[str, object]], cloud: bool, hurried: bool
) -> None:
    jira = Jira(cloud=cloud)
    epics = [jira.create(f"Epic {n}", kind="11") for n in range(2)]
    issue = jira.create(points=3.0, labels=["a"], components=["x"])
    JIRAS[issue.id] = jira
    were = [(jira.now, aspects(issue))]
    for name, value in steps:
        jira.tick(0 if hurried else HOUR)
        match name:
            case "parent":
                jira.parent(issue, epics[value] if isinstance(value, int) else None)
            case "label" | "component" | "move":
                assert isinstance(value, list)
                getattr(jira, name)(issue, *value)
            case _:
                getattr(jira, name)(issue, value)
        were.append((jira.now, aspects(issue)))
    timeline = replayed(*read(jira, issue), FIELDS)
    assert not timeline.corrected
    assert timeline.states[-1].aspects == were[-1][1]
    assert timeline.states[0].aspects == were[0][1]
    if not hurried:
        told = {state.at: state.aspects for state in timeline.states}
        for at, state in were:
            assert told.get(at, state) == state


def test_a_log_that_does_not_fit_is_corrected_and_a_newer_one_is_left() -> None:
    jira = Jira()
    issue = jira.create(points=1.0)
    jira.tick(HOUR)
    jira.estimate(issue, 2.0)
    jira.tick(HOUR)
    jira.estimate(issue, 5.0, log=False)
    row, histories = read(jira, issue)
    timeline = replayed(row, histories, FIELDS)
    points = [(state.at, state.aspects[f"points:{POINTS}"]) for state in timeline.states]
    assert points == [(jira.now - 2 * HOUR, 1.0), (jira.now - HOUR, 2.0), (jira.now, 5.0)]
    jira.tick(HOUR)
    jira.estimate(issue, 8.0)
    _, newer = read(jira, issue)
    assert replayed(row, newer, FIELDS) == timeline


@pytest.mark.parametrize(
    ("raw", "ms"),
    [
        ("2023-11-14T22:13:20.000+0000", 1_700_000_000_000),
        ("2023-11-15T07:13:20.000+09:00", 1_700_000_000_000),
        (1_700_000_000_000, 1_700_000_000_000),
        (1.7e12, 1_700_000_000_000),
        ("1700000000000", 1_700_000_000_000),
        ("yesterday", None),
        ("2" * 60, None),
        (-5, None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ("9999-12-31T23:59:59.999-1200", None),
    ],
)
def test_moments(raw: object, ms: int | None) -> None:
    assert moment(raw) == ms


def test_days() -> None:
    assert noon("2023-11-14") == 1_699_963_200_000
    assert noon("2015-04-20T01:02:00.000+10:00") == 1_429_531_200_000
    assert noon("soon") is noon(None) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none()))
def test_any_moment_is_one_or_none(raw: object) -> None:
    at = moment(raw)
    assert at is None or 0 <= at <= 253_402_300_799_999


def test_estimates() -> None:
    assert estimate(POINTS, "3") == estimate(POINTS, 3) == 3.0
    assert estimate(POINTS, {"value": " M "}) == "M"
    assert estimate(POINTS, " ") is None
    assert estimate("timeoriginalestimate", 28_800) == 1.0


@pytest.mark.parametrize("field", ["created", "updated"])
def test_an_issue_without_dates_is_none(field: str) -> None:
    jira = Jira()
    row, _ = read(jira, jira.create())
    with pytest.raises(UnreadableError, match="created"):
        replayed(IssueRow(row.id, row.key, {**row.fields, field: "never"}), [], FIELDS)
    with pytest.raises(UnreadableError, match="without a date"):
        replayed(row, [History(1, "never")], FIELDS)


@pytest.mark.parametrize(
    ("options", "place", "advice"),
    [
        (Options(), (), "expected `board:`"),
        (Options(jql="project = A ORDER BY key"), ("jql",), "leave out ORDER BY"),
        (Options(board=1, jql=" "), ("jql",), "expected a search"),
        (Options(project='A" OR 1'), ("project",), "expected the key"),
    ],
)
def test_settings_that_are_refused(options: Options, place: tuple[str, ...], advice: str) -> None:
    problems = list(options.problems())
    assert any(where == place and advice in what for where, what in problems)


@pytest.mark.parametrize(
    "printed",
    [
        "com.atlassian.greenhopper.service.sprint.Sprint@7f[id=37,rapidViewId=2,name=a,id=99],b]",
        "com.atlassian.greenhopper.service.sprint.Sprint@7f[id=37,name=x,goal=two\nlines,id=99]",
        "com.atlassian.greenhopper.service.sprint.Sprint@7f[name=[id=5],closed=true,id=37]",
    ],
)
def test_a_sprint_that_is_printed_has_the_id_that_is_no_part_of_its_name(printed: str) -> None:
    jira = Jira(cloud=False)
    row, _ = read(jira, jira.create())
    row = IssueRow(row.id, row.key, {**row.fields, SPRINT: [printed, "no sprint at all", None]})
    assert replayed(row, [], FIELDS).states[-1].aspects["sprints"] == ("37",)
