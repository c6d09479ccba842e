"""Which part of the store answers for which subject."""

import sqlite3
from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple

from goliath_tui.domain import SourceSpec
from goliath_tui.domain.subjects import (
    Detail,
    FieldOf,
    GroupOf,
    NamesOf,
    ServiceOf,
    SourcesDetail,
    SprintOf,
    Subject,
)
from goliath_tui.store import read_points, read_sources
from goliath_tui.store.read_fields import FieldsKnown, field_detail
from goliath_tui.store.read_groups import group_detail
from goliath_tui.store.read_names import names
from goliath_tui.store.read_service import service_detail
from goliath_tui.store.read_sprints import sprint_detail


class Asked(NamedTuple):
    """As of when, and what the snapshot of that moment goes by."""

    at: int
    window_ms: int
    time_zone: tzinfo
    specs: Sequence[SourceSpec]


def detail(conn: sqlite3.Connection, subject: Subject, asked: Asked) -> Detail | None:
    """What is known of the subject; None if nothing was."""
    at, window_ms, time_zone, specs = asked
    if isinstance(subject, NamesOf):
        return names(conn)
    if isinstance(subject, GroupOf):
        return group_detail(conn, at, subject)
    sources = read_sources.sources(conn, specs, at)
    filling = any(source.progress is not None for source in sources)
    if isinstance(subject, SprintOf):
        return sprint_detail(conn, at, time_zone, subject.id, filling=filling)
    states = read_points.has_states(conn, at)
    if filling and not states:
        fields = FieldsKnown.NOT_YET
    else:
        fields = FieldsKnown.WITH_STATES if states else FieldsKnown.BY_NAME
    if isinstance(subject, ServiceOf):
        return service_detail(conn, at, window_ms, subject.name, fields)
    if isinstance(subject, FieldOf):
        return field_detail(conn, at, window_ms, subject.id, fields)
    return SourcesDetail(polls=read_sources.polls(conn, specs, at))
