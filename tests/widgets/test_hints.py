"""Which hints have room."""

from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.widgets.hints import Hint, fitting

HELP = Hint("?", "help", "help", kept=True)
FILTER = Hint("/", "filter", "filter")
FIND = Hint(":", "find", "find")
QUIT = Hint("q", "quit", "quit", kept=True)
ALL = [HELP, FILTER, FIND, QUIT]
_WORDS = st.text("abc", min_size=1, max_size=9)
HINTS = st.lists(st.builds(Hint, _WORDS, _WORDS, _WORDS, st.booleans()), max_size=9)


def test_what_is_kept_has_its_place_before_the_others() -> None:
    assert fitting(ALL, 32) == ALL
    assert fitting(ALL, 31) == [HELP, FILTER, QUIT]
    assert fitting(ALL, 22) == [HELP, FIND, QUIT]
    assert fitting(ALL, 14) == [HELP, QUIT]
    assert fitting(ALL, 6) == [HELP]
    assert fitting(ALL, 5) == []


@given(HINTS, st.integers(0, 120))
def test_they_fit_in_their_order_and_no_other_takes_the_place_of_one_that_is_kept(
    hints: list[Hint], room: int
) -> None:
    found = fitting(hints, room)
    taken = sum(hint.width for hint in found) + 2 * max(0, len(found) - 1)
    assert taken <= room
    rest = iter(hints)
    assert all(hint in rest for hint in found)
    kept = [hint for hint in hints if hint.kept]
    assert [hint for hint in found if hint.kept] == fitting(kept, room)
