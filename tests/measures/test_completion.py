"""Completion: parts of a whole that may not be known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import FieldCounts, MigrationState, Points
from goliath_tui.measures.completion import (
    all_fields,
    all_points,
    field_counts,
    fields_share,
    finished,
    points,
    points_share,
    retired,
    started,
)
from goliath_tui.measures.ledger import PointsEntry

S = MigrationState

by_state = st.dictionaries(st.sampled_from(list(S)), st.integers(0, 5000))
quarters = st.integers(0, 4000).map(lambda n: n / 4)
some_points = st.builds(
    Points,
    done=quarters,
    total=quarters,
    added=st.none() | quarters,
    unestimated=st.integers(0, 9),
)


def test_a_share_of_nothing_is_unknown() -> None:
    assert points_share(None) is None
    assert points_share(Points(done=0, total=0, unestimated=3)) is None
    assert points_share(Points(done=0, total=8)) == 0
    assert points_share(Points(done=6, total=8)) == 0.75
    assert fields_share(None) is None
    assert fields_share(field_counts({})) is None
    assert retired(None) is None
    assert retired(field_counts({})) is None


def test_moved_fields_are_migrated_or_retired() -> None:
    fields = field_counts({S.LEGACY: 4, S.CANARY: 2, S.MIGRATED: 1, S.RETIRED: 3})
    assert fields_share(fields) == 0.4
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


@given(st.lists(st.none() | some_points, max_size=6))
@settings(max_examples=60)
def test_all_points_are_the_sum_of_the_known(services: list[Points | None]) -> None:
    known = [part for part in services if part is not None]
    whole = all_points(services)
    if not known:
        assert whole is None
        return
    assert whole is not None
    assert whole.done == sum(part.done for part in known)
    assert whole.total == sum(part.total for part in known)
    assert whole.unestimated == sum(part.unestimated for part in known)
    added = [part.added for part in known if part.added is not None]
    assert whole.added == (sum(added) if added else None)


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


def test_points_of_a_ledger_know_what_was_added_only_against_a_baseline() -> None:
    entries = [
        PointsEntry(at=1, service="a", milestone="m", scope=5, added=5, unestimated=1),
        PointsEntry(at=2, service="a", milestone="m", scope=-1, done=2, added=-1, unestimated=-1),
    ]
    assert points(entries, baselined=True) == Points(done=2, total=4, added=4, unestimated=0)
    assert points(entries, baselined=False) == Points(done=2, total=4, added=None, unestimated=0)
    assert points([], baselined=True) is None


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
