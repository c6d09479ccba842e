"""Differences as publishers tell them → as we do."""

from __future__ import annotations

import re

import msgspec

from goliath_tui.domain import Difference, DifferenceClass
from goliath_tui.measures.differences import LIMIT, item_path, member_path

#: What publishers call the kinds of difference that we know.
_KINDS = {
    **{kind.value: kind for kind in DifferenceClass},
    **dict.fromkeys(("add", "added", "unexpected"), DifferenceClass.EXTRA),
    **dict.fromkeys(("remove", "removed", "absent"), DifferenceClass.MISSING),
}
_POINTER_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")


def told_differences(raw: bytes | None) -> list[Difference] | None:
    """The differences that a publisher tells, if it does: a list of them, or path → kind."""
    if raw is None or raw[:1] not in b"[{":
        return None
    told = msgspec.json.decode(raw)
    if isinstance(told, dict):
        told = [{"path": path, "kind": kind} for path, kind in told.items()]
    return [
        Difference(path=path, kind=kind)
        for one in told[:LIMIT]
        if (path := _place(one.get("path") if isinstance(one, dict) else one)) is not None
        for kind in (_kind(one),)
    ]


def _kind(one: object) -> DifferenceClass:
    if isinstance(one, dict):
        for name in ("kind", "class", "type", "op"):
            word = one.get(name)
            if isinstance(word, str) and (kind := _KINDS.get(word.lower())) is not None:
                return kind
    return DifferenceClass.VALUE


def _place(path: object) -> str | None:
    """A path as ours: from `$` on. Paths of dots, and JSON pointers, are understood."""
    if isinstance(path, list):
        steps: list[object] = path
    elif not isinstance(path, str):
        return None
    elif path.startswith("$"):
        return path[:4096]
    elif path.startswith("/"):
        keys = (key.replace("~1", "/").replace("~0", "~") for key in path[1:].split("/"))
        steps = [int(key) if _POINTER_INDEX.fullmatch(key) else key for key in keys]
    else:
        return f"$.{path}"[:4096] if path else "$"
    found = "$"
    for step in steps:
        index = isinstance(step, int) and not isinstance(step, bool)
        found = item_path(found, int(step)) if index else member_path(found, str(step))  # type: ignore[call-overload] # checked
    return found
