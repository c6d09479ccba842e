"""An issue's changelog → how it stood after each change, from its creation on. Pure.

Jira tells how an issue stands now and, per change, what a field held before and after. So the
states are found backwards: from the values of now, undoing one change after the other, down to
those that it was created with.

- A field without a change in the log had its value of now all along, as far as anybody can tell.
- A field whose last logged value is not that of now is changed by something that writes no log (a
  calculated field): it is corrected at the moment at which the issue was last touched.
- A log that is newer than the values (it is asked for later, on Cloud) holds changes that the
  values do not show yet. They are left to the next poll, which finds the issue touched again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from goliath_tui.sources.jira.answers import Change, History, IssueRow, moment

#: Fields of time hold seconds; a working day of Jira has as many, unless it was configured.
_SECONDS_A_DAY = 28_800
_TIME_FIELDS = {"timeoriginalestimate", "aggregatetimeoriginalestimate"}

_ASPECTS = {
    "status": "status",
    "resolution": "resolution",
    "component": "components",
    "components": "components",
    "labels": "labels",
    "issuetype": "type",
    "fix version": "versions",
    "fixversions": "versions",
    "summary": "title",
    "key": "key",
    "parent": "epic",
    "issueparentassociation": "epic",
    "epic link": "epic",
}
#: Changes of these tell one value that came or went; of all others the whole value.
_BY_ONE = {"components", "versions"}
#: A sprint that is printed: its id comes first, or in old versions last; a name may say anything.
_SPRINT_ID = re.compile(r"[^\[]*\[(?:id=(\d+)[,\]].*|.*,id=(\d+)\])", re.DOTALL)
_NUMBER = re.compile(r"\d+")

#: Aspect → value: of status and type (id, name), of components, labels and versions a set, of
#: sprints a tuple of ids, of `points:FIELD` what was estimated, of the others a text or None.
Aspects = dict[str, Any]


class Fields(Struct, frozen=True, kw_only=True):
    """Where the fields of one Jira are: ids of its own fields, and their names in lower case."""

    points: tuple[str, ...] = ()
    sprint: str | None = None
    epic: str | None = None
    names: Mapping[str, str] = {}

    def aspect_of(self, change: Change) -> str | None:
        """Which aspect a change is of; None: of none that counts here."""
        named = self.names.get(change.field.lower())
        for field in (change.fieldId, named):
            if field is not None and field in self.points:
                return f"points:{field}"
            if field is not None and field == self.sprint:
                return "sprints"
            if field is not None and field == self.epic:
                return "epic"
        if change.fieldId in _ASPECTS:
            return _ASPECTS[change.fieldId]
        return _ASPECTS.get(change.field.lower())


class State(Struct, frozen=True):
    """How an issue stood from `at` on. `id`: of the history that made it so, in order; empty for
    its creation, and for what was corrected.
    """

    at: int
    id: str
    aspects: Aspects


class Timeline(Struct, frozen=True):
    """An issue from its creation on. `corrected`: aspects whose changes are not in the log."""

    states: tuple[State, ...]
    corrected: frozenset[str]


class UnreadableError(Exception):
    """An issue without what every issue has; says what."""


def replayed(row: IssueRow, histories: Iterable[History], fields: Fields) -> Timeline:
    """How the issue stood, oldest first. Raises UnreadableError."""
    created, updated = moment(row.fields.get("created")), moment(row.fields.get("updated"))
    if created is None or updated is None:
        raise UnreadableError("has no `created` and `updated` that are dates")
    now = _now(row, fields)
    later: list[State] = []
    state, corrected, seen = dict(now), dict[str, Any](), set[str]()
    for at, order, history in sorted(
        _ordered(row, histories), reverse=True, key=lambda one: one[:2]
    ):
        before, after, counts = dict(state), dict(state), False
        for change in reversed(history.items):
            aspect = fields.aspect_of(change)
            if aspect is None:
                continue
            was, became = _value(aspect, change, after=False), _value(aspect, change, after=True)
            newest = aspect not in seen
            if aspect in _BY_ONE:
                if newest and at > updated and not became <= before[aspect]:
                    continue
                before[aspect] = (before[aspect] - became) | was
            else:
                if newest and became != now[aspect] and not _same(aspect, became, now[aspect]):
                    if at > updated:
                        continue
                    corrected[aspect] = now[aspect]
                before[aspect], after[aspect] = was, became
            seen.add(aspect)
            counts = True
        if counts:
            later.append(State(max(at, created), order, after))
        state = before
    states = [State(created, "", state), *reversed(later)]
    if corrected:
        last = max(updated, states[-1].at)
        states.append(State(last, "", {**states[-1].aspects, **corrected}))
    return Timeline(tuple(states), frozenset(corrected))


def moved_between_projects(histories: Iterable[History]) -> bool:
    """Whether the log says that the issue came from another project."""
    return any(
        change.fieldId == "project" or change.field.lower() in {"project", "key"}
        for history in histories
        for change in history.items
    )


def epics_of(row: IssueRow, histories: Iterable[History], fields: Fields) -> set[str]:
    """The keys of all epics that an issue has or had."""
    found = {_epic(row.fields, fields)}
    for history in histories:
        for change in history.items:
            if fields.aspect_of(change) == "epic":
                found |= {_value("epic", change, after=after) for after in (False, True)}
    return {key for key in found if key}


def estimate(field: str, raw: object) -> object:
    """The raw value of an estimate: a number, a word, or None."""
    if isinstance(raw, Mapping):
        raw = raw.get("value")
    if isinstance(raw, str):
        raw = raw.strip()
    if raw in (None, ""):
        return None
    try:
        number = float(raw)  # type: ignore[arg-type] # what is no number raises
    except (TypeError, ValueError, OverflowError):
        return raw if isinstance(raw, str) else str(raw)
    return number / _SECONDS_A_DAY if field in _TIME_FIELDS else number


def _ordered(row: IssueRow, histories: Iterable[History]) -> Iterable[tuple[int, str, History]]:
    for history in histories:
        at = moment(history.created)
        if at is None:
            raise UnreadableError("has a change without a date")
        yield at, str(history.id)[:20].rjust(20, "0"), history


def _now(row: IssueRow, fields: Fields) -> Aspects:
    """The values that an issue has now."""
    own = row.fields
    now: Aspects = {
        "status": _pair(own.get("status")),
        "resolution": _name(own.get("resolution")),
        "sprints": _sprints(own.get(fields.sprint) if fields.sprint else None),
        "components": _all(own.get("components"), "name"),
        "labels": frozenset(one for one in _list(own.get("labels")) if isinstance(one, str)),
        "epic": _epic(own, fields),
        "type": _pair(own.get("issuetype")),
        "versions": _all(own.get("fixVersions"), "id"),
        "title": _text(own.get("summary")) or "",
        "key": row.key,
    }
    for field in fields.points:
        now[f"points:{field}"] = estimate(field, own.get(field))
    return now


def _value(aspect: str, change: Change, *, after: bool) -> Any:
    """What an aspect was before a change, or became by it."""
    raw, text = (
        (change.after, change.afterString) if after else (change.before, change.beforeString)
    )
    if aspect in {"status", "type"}:
        return str(raw or ""), text or ""
    if aspect == "sprints":
        return tuple(_NUMBER.findall(str(raw or "")))
    if aspect == "labels":
        return frozenset((text or "").split())
    if aspect == "components":
        return frozenset([text] if text else [])
    if aspect == "versions":
        return frozenset([str(raw)] if raw else [])
    if aspect.startswith("points:"):
        return estimate(aspect.partition(":")[2], raw if text is None else text)
    if aspect == "title":
        return text or ""
    return text or None


def _same(aspect: str, one: Any, other: Any) -> bool:
    """Whether two values are the same but for how they are told."""
    if aspect == "sprints":
        return set(one) == set(other)
    return bool(aspect in {"status", "type"} and one[0] == other[0])


def _epic(own: Mapping[str, object], fields: Fields) -> str | None:
    if fields.epic and (linked := _text(own.get(fields.epic))):
        return linked
    parent = own.get("parent")
    return _text(parent.get("key")) if isinstance(parent, Mapping) else None


def _sprints(raw: object) -> tuple[str, ...]:
    """The ids of an issue's sprints: of objects on Cloud, of texts that print one elsewhere."""
    found = []
    for one in _list(raw):
        if isinstance(one, Mapping):
            found.append(str(one.get("id")))
        elif isinstance(one, str) and (match := _SPRINT_ID.fullmatch(one)):
            found.append(match[1] or match[2])
        elif isinstance(one, int):
            found.append(str(one))
    return tuple(found)


def _list(raw: object) -> list[object]:
    return raw if isinstance(raw, list) else []


def _all(raw: object, name: str) -> frozenset[str]:
    values = (one.get(name) for one in _list(raw) if isinstance(one, Mapping))
    return frozenset(str(value) for value in values if value)


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) and raw else None


def _name(raw: object) -> str | None:
    return _text(raw.get("name")) if isinstance(raw, Mapping) else None


def _pair(raw: object) -> tuple[str, str]:
    if not isinstance(raw, Mapping):
        return "", ""
    return str(raw.get("id") or ""), _text(raw.get("name")) or ""
