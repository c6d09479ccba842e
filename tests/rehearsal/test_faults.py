"""Every kind of bug is found by comparing, in the class of difference that it ought to be."""

from collections import Counter

import pytest

from goliath_tui.domain import DifferenceClass, MigrationState
from goliath_tui.measures.differences import compare
from goliath_tui.rehearsal.answers import legacy_answer, new_answer
from goliath_tui.rehearsal.bugs import Bug
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.verdict import Outcome, judge
from tests.rehearsal.stage import full_story

CLASSES = {
    "null-against-empty": DifferenceClass.NULL_AGAINST_EMPTY,
    "date-precision": DifferenceClass.DATE,
    "float-rounding": DifferenceClass.FLOAT,
    "order": DifferenceClass.ORDER,
    "missing-field": DifferenceClass.MISSING,
    "wrong-type": DifferenceClass.TYPE,
    "stale-value": DifferenceClass.VALUE,
    "encoding": DifferenceClass.ENCODING,
    "extra-field": DifferenceClass.EXTRA,
    "short-list": DifferenceClass.LENGTH,
}


def _field(name: str, *, volatile: bool = False) -> FieldPlan:
    return FieldPlan(0, name, 0, MigrationState.SIDE_BY_SIDE, False, volatile)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("place", [0.1, 0.6, 0.97])
def test_a_bug_is_found_in_its_class_wherever_it_sits(kind: str, place: float) -> None:
    for n in range(24):
        field = _field(f"Type{n}.createdAt" if n % 3 else f"Type{n}.lastSeen")
        bug = Bug(0, kind, frozenset({1, 2, 3}), place, 0, None)
        for key in (1, 2, 3):
            found = compare(legacy_answer(field, key), new_answer(field, key, bug))
            assert {difference.kind for difference in found} == {CLASSES[kind]}


def test_without_its_bug_and_with_other_arguments_the_new_answer_is_the_same() -> None:
    for n in range(24):
        field, bug = _field(f"Type{n}.name"), Bug(0, "order", frozenset({1}), 0.3, 0, None)
        assert new_answer(field, 1, None) == legacy_answer(field, 1)
        assert new_answer(field, 2, bug) == legacy_answer(field, 2)
        assert new_answer(field, 1, bug) != legacy_answer(field, 1)


def test_what_is_configured_not_to_count_is_ignored() -> None:
    field = _field("User.name", volatile=True)
    pair = legacy_answer(field, 3), new_answer(field, 3, None)
    assert judge(*pair, frozenset({"$.generatedAt"})) == (Outcome.IGNORED, ())
    outcome, found = judge(*pair, frozenset())
    assert outcome is Outcome.MISMATCHED
    assert [difference.path for difference in found] == ["$.generatedAt"]
    assert judge(b"{", b"{}", frozenset())[0] is Outcome.FAILED


def test_answers_have_the_sizes_of_real_ones() -> None:
    story = full_story()
    sizes = sorted(len(legacy_answer(field, 5)) for field in story.fields)
    assert sizes[0] >= 200
    assert 8_000 <= sizes[-1] <= 13_000
    assert sizes[len(sizes) // 2] < 1_500


def test_bugs_are_of_all_kinds_and_gone_before_their_field_moves() -> None:
    story = full_story()
    kinds = Counter(bug.kind for bug in story.bugs.values())
    assert set(kinds) == set(CLASSES)
    for bug in story.bugs.values():
        stops = {stop.state: stop.at for stop in story.timelines[bug.field]}
        migrated = stops.get(MigrationState.MIGRATED)
        assert bug.seen == stops[MigrationState.SIDE_BY_SIDE]
        if migrated is not None:
            assert bug.fixed is not None
            assert bug.seen < bug.fixed < migrated
