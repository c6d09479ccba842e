"""Before the state of any field was told, states are unknown: they are not legacy."""

from pathlib import Path

from goliath_tui.domain import MigrationState, SideTraffic, StateChange, Traffic
from goliath_tui.domain.subjects import FieldDetail, FieldOf, ServiceDetail, ServiceOf
from goliath_tui.status import status_object
from tests.store.worlds import FIELDS, HOUR, MINUTE, PLAN, START, fill, look_into, picture


def test_states_are_unknown_until_any_is_told_and_legacy_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    told = StateChange(field="User.id", at=START + HOUR, state=MigrationState.MIGRATED)
    fill(path, [*PLAN, told]).close()
    name = FIELDS["User.id"]
    others = [field for field, of in FIELDS.items() if of == name and field != "User.id"]
    assert name is not None
    assert others
    for at, of_told, of_others in (
        (told.at - 1, None, None),
        (told.at, MigrationState.MIGRATED, MigrationState.LEGACY),
    ):
        service = look_into(path, ServiceOf(name), at)
        assert isinstance(service, ServiceDetail)
        states = {row.id: row.state for row in service.fields}
        assert states == {"User.id": of_told, **dict.fromkeys(others, of_others)}
        assert (service.row is not None and service.row.fields is None) == (of_told is None)
        for field, state in states.items():
            found = look_into(path, FieldOf(field), at)
            assert isinstance(found, FieldDetail)
            assert found.row.state is state
        figures = status_object(picture(path, at))
        assert (figures["fields"]["total"] is None) == (of_told is None)
        assert (figures["fields"]["by_state"] is None) == (of_told is None)
        assert figures["retired"] == (
            {"fields": None, "share": None} if of_told is None else {"fields": 0, "share": 0.0}
        )


def test_a_gateway_that_never_tells_states_has_fields_and_figures_but_no_state(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cache"
    said = Traffic(
        service="progress",
        field="User.id",
        at=START,
        width_ms=MINUTE,
        legacy=SideTraffic(requests=30, errors=0, latency=(30,)),
        new=SideTraffic(requests=10, errors=0, latency=(10,)),
    )
    fill(path, [*PLAN, said]).close()
    at = START + MINUTE
    service = look_into(path, ServiceOf("progress"), at)
    assert isinstance(service, ServiceDetail)
    assert [(row.id, row.state, row.requests) for row in service.fields] == [
        ("User.id", None, 40),
        ("User.seen", None, None),
    ]
    assert service.row is not None
    assert service.row.fields is None
    assert not service.row.started
    assert all(not row.started and row.fields is None for row in picture(path, at).services)
