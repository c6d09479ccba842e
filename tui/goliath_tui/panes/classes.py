"""The classes of difference as every screen names them: one short word each, never cut."""

from goliath_tui.domain import DifferenceClass

#: Cells that hold every word.
WIDTH = 10
_SHORT = {DifferenceClass.NULL_AGAINST_EMPTY: "null/empty"}


def class_word(kind: DifferenceClass) -> str:
    """A class's word in at most `WIDTH` cells."""
    return _SHORT.get(kind, kind.value)


def class_words(kind: DifferenceClass) -> str:
    """All that a filter may call a class: its word, and its name in exports and the API."""
    return kind.value if kind not in _SHORT else f"{_SHORT[kind]} {kind.value}"
