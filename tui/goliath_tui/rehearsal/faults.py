"""What a bug does to an answer: the kinds of mistakes that real ports make.

Each fault changes a document in place. `place` (0 to 1) says where, so that a bug is always found
in the same spot: below 0.5 in the answer itself, else in its list of items, where it has one.
"""

from collections.abc import Callable
from typing import Any

Document = dict[str, Any]


def break_answer(kind: str, document: Document, place: float) -> None:
    """Puts a bug of this kind into a document."""
    items = document.get("items") or []
    if kind in _IN_LIST and items:
        _IN_LIST[kind](document, items)
    elif items and place >= 0.5:
        for item in items[:: 1 + int(place * 100) % 3]:
            _IN_ITEM[kind](item)
    else:
        _IN_ANSWER[kind](document)


def _nothing_for_empty_list(document: Document) -> None:
    document["notes"] = None


def _nothing_for_empty_text(document: Document) -> None:
    document["owner"]["nickname"] = None


def _seconds_only(name: str) -> Callable[[Document], None]:
    """A library that knows seconds: 12:00:00.123Z becomes 12:00:00Z."""

    def fault(document: Document) -> None:
        document[name] = document[name].partition(".")[0] + "Z"

    return fault


def _single_precision(name: str) -> Callable[[Document], None]:
    """Half of the digits: as a column of the wrong width keeps them."""

    def fault(document: Document) -> None:
        document[name] = round(document[name], 4)

    return fault


def _without(name: str) -> Callable[[Document], None]:
    def fault(document: Document) -> None:
        document.pop(name, None)

    return fault


def _as_text(name: str) -> Callable[[Document], None]:
    def fault(document: Document) -> None:
        document[name] = str(document[name])

    return fault


def _from_an_old_copy(name: str) -> Callable[[Document], None]:
    """A cache that was not told: the count of some time ago."""

    def fault(document: Document) -> None:
        document[name] -= 1 + document[name] // 10

    return fault


def _with(name: str, value: Any) -> Callable[[Document], None]:
    def fault(document: Document) -> None:
        document[name] = value

    return fault


def _decoded_twice(name: str) -> Callable[[Document], None]:
    """UTF-8 taken for Latin-1 on its way: é becomes Ã©."""

    def fault(document: Document) -> None:
        document[name] = document[name].encode().decode("latin-1")

    return fault


def _sorted_tags(document: Document) -> None:
    """Sorted, where legacy keeps the order of entry; or not, where that was sorted by chance."""
    tags = document["tags"]
    document["tags"] = sorted(tags) if sorted(tags) != tags else tags[::-1]


def _decode_member(document: Document) -> None:
    """The second member of an answer is the field's own, whatever its name."""
    _decoded_twice(list(document)[1])(document)


def _newest_last(document: Document, items: list[Any]) -> None:
    document["items"] = items[::-1]


def _one_too_few(document: Document, items: list[Any]) -> None:
    document["items"] = items[:-1]


_IN_ANSWER: dict[str, Callable[[Document], None]] = {
    "null-against-empty": _nothing_for_empty_list,
    "date-precision": _seconds_only("createdAt"),
    "float-rounding": _single_precision("score"),
    "order": _sorted_tags,
    "missing-field": _without("notes"),
    "wrong-type": _as_text("count"),
    "stale-value": _from_an_old_copy("count"),
    "encoding": _decode_member,
    "extra-field": _with("isLegacy", False),
    "short-list": lambda document: document["tags"].pop(),
}

_IN_ITEM: dict[str, Callable[[Document], None]] = {
    "null-against-empty": _with("flags", None),
    "date-precision": _seconds_only("dueDate"),
    "float-rounding": _single_precision("ratio"),
    "missing-field": _without("after"),
    "wrong-type": _as_text("id"),
    "stale-value": _from_an_old_copy("attempts"),
    "encoding": _decoded_twice("title"),
    "extra-field": _with("rank", 0),
}

_IN_LIST: dict[str, Callable[[Document, list[Any]], None]] = {
    "order": _newest_last,
    "short-list": _one_too_few,
}
