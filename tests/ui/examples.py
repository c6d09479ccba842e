"""A mismatch group with examples out of a formula, and their two answers."""

import json
from typing import Any

from goliath_tui.domain import DifferenceClass, GroupRow, Snapshot
from goliath_tui.domain.subjects import (
    Detail,
    Example,
    ExampleKey,
    ExampleRow,
    GroupDetail,
    GroupOf,
    Subject,
)
from goliath_tui.measures.differences import compare
from tests.ui import factory
from tests.ui.factory import MINUTE, NOW, SECOND, _wave
from tests.ui.still import StillStore

GROUP = GroupRow(
    id=7,
    service="assignments",
    field="Query.classroomAssignments",
    path="$.data.classroom.assignments[].dueDate",
    kind=DifferenceClass.DATE,
    count=4_812,
    first_seen=NOW - 9 * factory.DAY,
    last_seen=NOW - 4 * SECOND,
    is_new=False,
    recent=tuple(round(12 * _wave(k, 5)) for k in range(24)),
)
_TITLES = ("Fractions on the number line", "Area of a parallelogram", "Ratios – tape diagrams")


def answers(i: int, items: int = 6) -> tuple[Any, Any]:
    """The i-th pair: dates cut to the second, a float, one item gone, one moved, a key missing."""
    legacy: list[dict[str, Any]] = [
        {
            "id": f"a{i}{k:03}",
            "title": _TITLES[(i + k) % 3],
            "dueDate": f"2026-08-{10 + (i + k) % 18:02}T23:59:59.{100 + k}Z",
            "average": round(40 + 60 * _wave(k, i), 4),
            "students": [{"id": f"s{k}{n}", "done": n % 2 == 0} for n in range(3)],
            "exercise": {"slug": f"x-{k % 7}", "domain": "math", "hint": None},
        }
        for k in range(items)
    ]
    new = json.loads(json.dumps(legacy))
    for k in (1, 3):
        new[k]["dueDate"] = new[k]["dueDate"][:19] + "Z"
    new[2]["average"] = round(new[2]["average"], 1)
    new[4]["exercise"]["hint"] = ""
    del new[2]["exercise"]["domain"]
    if i % 2:
        new.append(new.pop(0))
    else:
        del new[0]["students"][1]
    return _whole(legacy), _whole(new) | {"extensions": {"cost": 12}}


def _whole(items: list[Any]) -> dict[str, Any]:
    return {"data": {"classroom": {"id": "c1", "name": "Grade 6 – Año 1", "assignments": items}}}


def example(i: int, legacy: bytes | None = None, new: bytes | None = None) -> Example:
    """The i-th example, newest first, with answers of its own or with those given."""
    if legacy is None and new is None:
        legacy, new = (json.dumps(x, ensure_ascii=False).encode() for x in answers(i))
    found = tuple(compare(legacy, new)) if legacy is not None and new is not None else ()
    at = NOW - 4 * SECOND - round(i**1.7 * 3 * MINUTE)
    row = ExampleRow(
        key=ExampleKey(at, 40 - i),
        id=f"cmp-{i:04}",
        operation=("ClassroomAssignments", "TeacherOverview", None)[i % 3],
        trace_id=None if i % 5 == 4 else f"{0x4BF92F3577B34DA6A3CE929D0E0E4736 + i:032x}",
        differences=len(found),
        size=len(legacy or b"") + len(new or b""),
    )
    return Example(row=row, differences=found, legacy=legacy, new=new)


class ExampleStore(StillStore):
    """A store that knows one group and its examples; any other group is not known."""

    def __init__(self, picture: Snapshot, examples: list[Example]) -> None:
        super().__init__(picture)
        self.examples = examples
        self.asked: list[Subject] = []

    def detail(self, subject: Subject, at: int | None = None) -> Detail | None:
        self.asked.append(subject)
        if not isinstance(subject, GroupOf) or subject.id != GROUP.id:
            return super().detail(subject, at)
        rows = tuple(example.row for example in self.examples)
        wanted = subject.example or (rows[0].key if rows else None)
        shown = next((x for x in self.examples if x.row.key == wanted), None)
        return GroupDetail(row=GROUP, examples=rows, shown=shown)
