"""What the backends answer: one JSON document per field and argument, always the same.

The shape of a field's document follows from its name alone, the values from name and argument. The
new services' documents are the same ones with their bugs in them.
"""

from typing import Any

import msgspec

from goliath_tui.rehearsal.bugs import Bug
from goliath_tui.rehearsal.catalogue import FieldPlan
from goliath_tui.rehearsal.chance import dice, unit
from goliath_tui.rehearsal.faults import break_answer

#: Most items in an answer's list; with it an answer has about 12 KB.
MOST_ITEMS = 60

#: Members that every document has; a field of such a name has its own value under another.
_COMMON = {"id", "createdAt", "score", "count", "tags", "notes", "owner", "items", "generatedAt"}

#: 32 of them, so that five random bits choose one.
_WORDS = (
    "algebra", "café", "fraction", "graph", "naïve", "triangle", "señal", "ratio", "planète",
    "energy", "größe", "vector", "poème", "cell", "œuvre", "verb", "angle", "número", "atom",
    "history", "façade", "motion", "sum", "tempête", "unit", "wave", "zéro", "river", "motor",
    "élan", "prime", "forêt",
)  # fmt: skip

_encode = msgspec.json.Encoder().encode


def legacy_answer(field: FieldPlan, key: int) -> bytes:
    """The legacy backend's answer: what is right by definition."""
    return _encode(_document(field, key, "legacy"))


def new_answer(field: FieldPlan, key: int, bug: Bug | None) -> bytes:
    """The new service's answer, with the bug in it if that shows with this argument."""
    document = _document(field, key, "new")
    if bug is not None and key in bug.keys:
        break_answer(bug.kind, document, bug.place)
    return _encode(document)


def _document(field: FieldPlan, key: int, side: str) -> dict[str, Any]:
    shape = unit(field.id, "shape")
    random = dice(key, field.id)
    bits = random.getrandbits(120)
    member = field.id.rpartition(".")[2] if "." in field.id else "resource"
    member = "label" if member in _COMMON else member
    document: dict[str, Any] = {
        "id": f"{bits & 0xFFFFFFFFFFFF:012x}",
        member: f"{_text(bits >> 48, 2)} é",
        "createdAt": _moment(bits >> 58),
        "score": _decimal(bits >> 20, 100.0),
        "count": 1 + (bits >> 30) % 5000,
        # Neighbours in the list of words, so that no two of them are the same.
        "tags": [_WORDS[((bits >> 100) + n * 7) & 31] for n in range(4)],
        "notes": [],
        "owner": {"id": bits >> 90 & 0xFFFFF, "name": _text(bits >> 110, 2), "nickname": ""},
    }
    # Most answers are short, a few are long: the power keeps the mean below two kilobytes.
    items = int(MOST_ITEMS * shape**6) + 3 * (shape > 0.4)
    if items:
        document["items"] = [_item(random.getrandbits(120), n) for n in range(items)]
    if field.volatile:
        minute = 1 if side == "legacy" else 2
        document["generatedAt"] = f"2021-08-30T12:0{minute}:{key % 60:02}Z"
    return document


def _item(bits: int, n: int) -> dict[str, Any]:
    return {
        "id": n * 7919 + bits % 7000,
        "title": f"{_text(bits, 4)} ü",
        "dueDate": _moment(bits >> 20),
        "ratio": _decimal(bits >> 60, 1.0),
        "attempts": 1 + (bits >> 50) % 60,
        "isDone": bool(bits >> 49 & 1),
        "flags": [],
        "kind": _WORDS[bits >> 105 & 31],
        "after": None,
    }


def _decimal(bits: int, most: float) -> float:
    """A number from a tenth of `most` to `most` with about eleven digits that tell."""
    return round((0.1 + (bits & 0xFFFFFFFFF) / 0xFFFFFFFFF * 0.9) * most + 1e-11, 11)


def _moment(bits: int) -> str:
    """A moment with milliseconds of which the last digit is never 0."""
    day, second = bits % 28, (bits >> 5) % 86_400
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    fraction = (bits >> 22) % 99 * 10 + 1 + (bits >> 29) % 9
    return f"2021-{day % 12 + 1:02}-{day + 1:02}T{clock}.{fraction:03}Z"


def _text(bits: int, words: int) -> str:
    return " ".join([_WORDS[bits >> 5 * n & 31] for n in range(words)])
