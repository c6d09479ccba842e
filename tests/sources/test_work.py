"""Rules, scales and states that all trackers share, and items that are told without a history."""

import pytest

from goliath_tui.domain import EventKind, ItemEvent
from goliath_tui.measures.ledger import replay, stand
from goliath_tui.sources.work import Rule, Stands, Status, WorkOptions, stand_events


def test_the_first_rule_that_fits_decides() -> None:
    options = WorkOptions(
        services=(
            Rule(service="users", component="Accounts", label="backend"),
            Rule(service="*", label="svc/*"),
            Rule(service="rest", project="ABC"),
        )
    )
    assert not list(options.problems())
    facets = {"component": ["accounts"], "label": ["Backend", "svc/Progress"], "project": ["ABC"]}
    assert options.service_of(facets) == "users"
    assert options.service_of({**facets, "component": []}) == "Progress"
    assert options.service_of({"project": ["ABC"]}) == "rest"
    assert options.service_of({"project": ["XYZ"]}) is None


@pytest.mark.parametrize(
    ("pattern", "label", "service"),
    [
        ("[svc] *", "[SVC] users", "users"),
        ("[svc] *", "s users", None),
        ("what? *", "whatx users", None),
        ("svc-*", "svc-İstanbul", "İstanbul"),
        ("svc-*", "svc-a\nb", "a\nb"),
        ("*.backend", "pay.BACKEND", "pay"),
        ("svc-*", "svc- ", None),
        ("svc-*", "svc-", None),
    ],
)
def test_a_star_stands_for_anything_and_all_else_for_itself(
    pattern: str, label: str, service: str | None
) -> None:
    options = WorkOptions(services=(Rule(service="*", label=pattern),))
    assert options.service_of({"label": [label]}) == service
    assert options.service_of({"label": [label, pattern.replace("*", "last")]}) == (
        service or "last"
    )


@pytest.mark.parametrize(
    ("rule", "advice"),
    [
        (Rule(service=" ", label="x"), "needs `service: NAME`"),
        (Rule(service="a"), "needs one of component, label"),
        (Rule(service="*", label="x"), "needs one * in one pattern"),
        (Rule(service="*", label="x*", epic="y*"), "needs one * in one pattern"),
    ],
)
def test_rules_that_say_nothing_are_refused(rule: Rule, advice: str) -> None:
    ((place, what),) = WorkOptions(services=(rule,)).problems()
    assert place == ("services",)
    assert advice in what


@pytest.mark.parametrize(
    ("raw", "points"),
    [(None, None), ("", None), (3, 1.5), ("5", 2.5), (0, 0.0), ("m", 3.0), (" XL ", 8.0)],
)
def test_estimates_become_engineer_days(raw: object, points: float | None) -> None:
    options = WorkOptions(scale={"M": 3, "XL": 8}, points_per_day=2)
    assert options.points_of(raw) == points


@pytest.mark.parametrize("raw", ["soon", -1, float("nan"), "inf", True, [], {}, 1e300])
def test_what_is_no_estimate_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match="is no estimate"):
        WorkOptions().points_of(raw)


def test_states_can_be_named_else_the_tracker_decides() -> None:
    named = WorkOptions(done=("Shipped",), dropped=("Won't do",), started=("Doing",))
    assert named.status_of("shipped", Status.OPEN) is Status.DONE
    assert named.status_of("won't do", Status.DONE) is Status.DROPPED
    assert named.status_of("Doing", Status.OPEN) is Status.STARTED
    assert named.status_of("Closed", Status.DONE) is Status.OPEN
    assert WorkOptions().status_of("Closed", Status.DONE) is Status.DONE


HISTORY = [
    Stands(at=10, points=3.0, service="a", sprint=None, milestone=None, status=Status.OPEN),
    Stands(at=20, points=3.0, service="a", sprint="s", milestone="m", status=Status.STARTED),
    Stands(at=30, points=5.0, service="a", sprint="s", milestone="m", status=Status.DONE),
    Stands(at=40, points=5.0, service="b", sprint="s", milestone="m", status=Status.STARTED),
    Stands(at=50, points=None, service=None, sprint=None, milestone=None, status=Status.DROPPED),
]


def events(upto: int) -> list[ItemEvent]:
    """What is known after each of the first `upto`, told twice over."""
    told = {e.id: e for stands in HISTORY[:upto] * 2 for e in stand_events("i", stands)}
    return sorted(told.values(), key=lambda e: (e.at, e.id))


@pytest.mark.parametrize("upto", range(1, 6))
def test_an_item_stands_where_it_was_last_seen(upto: int) -> None:
    last, found = HISTORY[upto - 1], stand(events(upto), {})
    assert (found.status, found.points, found.service, found.sprint) == (
        last.status.value,
        last.points,
        last.service,
        last.sprint,
    )


def test_what_was_not_changed_leaves_no_trace() -> None:
    same = [
        Stands(at=at, points=3.0, service="a", sprint="s", milestone="m", status=Status.OPEN)
        for at in (1, 2)
    ]
    points, sprinted = replay([e for s in same for e in stand_events("i", s)], {})
    assert [entry.at for entry in points] == [1] * len(points)
    assert [entry.kind for entry in sprinted] == [EventKind.ENTERED]
