"""How far a service or the whole is: by fields, by legacy code retired, from its start to its end.

A share of nothing is unknown, not zero and not one: a service without a field has none.
"""

from collections.abc import Iterable, Mapping

from goliath_tui.domain import FieldCounts, MigrationState, Points, Retired


def retired(fields: FieldCounts | None) -> Retired | None:
    """Fields whose legacy code is gone, and their share of all; None while no field is known."""
    if fields is None or fields.total == 0:
        return None
    count = fields.by_state[MigrationState.RETIRED]
    return Retired(fields=count, share=count / fields.total)


def started(points: Points | None, fields: FieldCounts | None) -> bool:
    """Whether any field has left `legacy`, or any point is done."""
    left = fields is not None and fields.total > fields.by_state[MigrationState.LEGACY]
    return left or (points is not None and points.done > 0)


def field_counts(by_state: Mapping[MigrationState, int]) -> FieldCounts:
    """Counts with every state as a key, in the order of travel."""
    full = {state: by_state.get(state, 0) for state in MigrationState}
    return FieldCounts(total=sum(full.values()), by_state=full)


def all_fields(services: Iterable[FieldCounts | None]) -> FieldCounts | None:
    """Fields of all services together; None if no service has any known."""
    known = [fields for fields in services if fields is not None]
    if not known:
        return None
    return field_counts(
        {state: sum(fields.by_state.get(state, 0) for fields in known) for state in MigrationState}
    )


def finished(points: Points | None, fields: FieldCounts | None) -> bool:
    """Whether new answers every field and no point is left. Without either, that is not known to
    be so; of a service without fields the points alone tell, and the other way round.
    """
    moved = fields is not None and fields.total > 0
    if fields is not None and fields.moved < fields.total:
        return False
    worked = points is not None and points.total > 0
    if points is not None and (points.done < points.total or points.unestimated):
        return False
    return moved or worked
