"""Completion: parts of a whole that may not be known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import FieldCounts, MigrationState, Points
from goliath_tui.measures.completion import (
    all_fields,
    field_counts,
    finished,
    retired,
    started,
)

S = MigrationState

by_state = st.dictionaries(st.sampled_from(list(S)), st.integers(0, 5000))


def test_a_share_of_nothing_is_unknown() -> None:
    assert retired(None) is None
    assert retired(field_counts({})) is None


def test_moved_fields_are_migrated_or_retired() -> None:
    fields = field_counts({S.LEGACY: 4, S.CANARY: 2, S.MIGRATED: 1, S.RETIRED: 3})
    assert fields.moved == 4
    gone = retired(fields)
    assert gone is not None
    assert (gone.fields, gone.share) == (3, 0.3)


@given(by_state)
def test_field_counts_have_every_state_in_the_order_of_travel(counts: dict[S, int]) -> None:
    fields = field_counts(counts)
    assert list(fields.by_state) == list(S)
    assert fields.total == sum(counts.values())


@given(st.lists(st.none() | by_state.map(field_counts), max_size=6))
@settings(max_examples=60)
def test_all_fields_are_the_sum_of_the_known(services: list[FieldCounts | None]) -> None:
    known = [fields for fields in services if fields is not None]
    whole = all_fields(services)
    if not known:
        assert whole is None
        return
    assert whole is not None
    assert whole.total == sum(fields.total for fields in known)
    assert whole.moved == sum(fields.moved for fields in known)


@pytest.mark.parametrize(
    ("work", "states", "begun"),
    [
        (None, None, False),
        (Points(done=0, total=9), {S.LEGACY: 5}, False),
        (Points(done=0.5, total=9), {S.LEGACY: 5}, True),
        (None, {S.LEGACY: 5, S.MANUAL: 1}, True),
        (None, {}, False),
    ],
)
def test_a_service_has_started_with_its_first_field_or_point(
    work: Points | None, states: dict[S, int] | None, begun: bool
) -> None:
    fields = None if states is None else field_counts(states)
    assert started(work, fields) is begun


def test_finished_is_all_fields_moved_and_no_point_left() -> None:
    moved, not_moved = field_counts({S.MIGRATED: 1, S.RETIRED: 2}), field_counts({S.CANARY: 1})
    done, left = Points(done=8, total=8), Points(done=7, total=8)
    assert finished(done, moved)
    assert not finished(left, moved)
    assert not finished(done, not_moved)
    assert not finished(Points(done=8, total=8, unestimated=1), moved)


def test_what_is_not_known_does_not_finish_a_service() -> None:
    assert not finished(None, None)
    assert not finished(Points(done=0, total=0), field_counts({}))
    assert finished(None, field_counts({S.RETIRED: 2}))
    assert finished(Points(done=8, total=8), None)
