"""What states fields entered, and when."""

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from goliath_tui.domain import MigrationState
from goliath_tui.domain.subjects import StateMark
from goliath_tui.store.schema import STATES


class Standing(NamedTuple):
    """A field's state, None: unknown; `since`: None before anything is known of it."""

    state: MigrationState | None = None
    since: int | None = None
    percentage: float | None = None


def marks(conn: sqlite3.Connection, at: int, fields: Collection[int]) -> dict[int, list[StateMark]]:
    """By the field's key: each change of its state or percentage up to `at`, oldest first.

    A state that is said again changes nothing.
    """
    found: dict[int, list[StateMark]] = {}
    for key, name, moment, state, percentage in conn.execute(
        "SELECT field, name, at, field_states.state, percentage FROM field_states"  # noqa: S608
        f" JOIN fields ON fields.id = field WHERE field IN ({', '.join(map(str, fields))})"
        " AND at <= ? ORDER BY field, at",
        (at,),
    ):
        own = found.setdefault(key, [])
        entered = STATES[state]
        if not own or (own[-1].state, own[-1].percentage) != (entered, percentage):
            own.append(StateMark(at=moment, field=name, state=entered, percentage=percentage))
    return found


def standing(history: Collection[StateMark], *, told: bool) -> Standing:
    """The state after all changes, and when it was entered: other percentages stay in it.

    `told`: whether the state of any field was; a field without changes is in `legacy` then.
    """
    now = Standing(MigrationState.LEGACY if told else None)
    for mark in history:
        since = now.since if mark.state is now.state and now.since is not None else mark.at
        now = Standing(mark.state, since, mark.percentage)
    return now
