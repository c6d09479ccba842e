"""The fingerprint of a mismatch: what makes many differences one group.

A group is a field, a place in its answer, and a class of difference. List indexes are left out of
the place, as Diffy does: the third and the fortieth item of one list fail for the same reason.
"""

import re
from hashlib import blake2s

from goliath_tui.domain import DifferenceClass

#: A quoted key in brackets, or a list index.
_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[[0-9]+\]', re.DOTALL)

#: Keys that are data, not names: whole numbers and UUIDs.
_DATA_KEY = re.compile(r"-?[0-9]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def normalise_path(path: str) -> str:
    """The path without what differs from one answer to the next.

    `$.items[3].due` becomes `$.items[].due`. A quoted key that is a whole number or a UUID is an
    index in disguise (a map by id) and becomes `[*]`: `$.users["4711"].name` is `$.users[*].name`.
    Any other quoted key stays as it is, brackets and all. Idempotent.
    """
    return _STEP.sub(_normalise_step, path)


def _normalise_step(step: re.Match[str]) -> str:
    key = step.group(1)
    if key is None:
        return "[]"
    return "[*]" if _DATA_KEY.fullmatch(key) else step.group(0)


def fingerprint(field: str, path: str, kind: DifferenceClass) -> str:
    """16 hexadecimal digits that name the group of a difference, the same in every run and release.

    BLAKE2s (RFC 7693) of field, normalised path and class, each of the first two led by its length,
    so that no two triples give the same text.
    """
    place = normalise_path(path)
    text = f"{len(field)}:{field}{len(place)}:{place}{kind.value}"
    return blake2s(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
