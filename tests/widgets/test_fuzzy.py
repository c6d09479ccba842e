"""Finding names by a few of their letters, against the plain meaning of it."""

from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.widgets.fuzzy import Finder, lowered, marks, word_starts

NAMES = [
    "progress",
    "User.lastSeen",
    "User.id",
    "UserProgress.percent",
    "in-progress",
    "GET /v1/users",
    "user_roles",
    "HTMLParser.useLast",
    "Unused.slot",
]


def found(typed: str, names: list[str] | None = None) -> list[str]:
    names = names or NAMES
    return [names[i] for i in Finder(names).find(typed)]


def test_the_start_comes_before_words_before_first_letters_before_the_middle() -> None:
    assert found("user") == [
        "User.id", "user_roles", "User.lastSeen", "UserProgress.percent",
        "GET /v1/users",
    ]  # fmt: skip
    assert found("progress") == ["progress", "in-progress", "UserProgress.percent"]
    assert found("uls")[0] == "User.lastSeen"
    assert found("use")[-1] == "Unused.slot"
    assert found("use").index("HTMLParser.useLast") < found("use").index("Unused.slot")


def test_words_begin_behind_separators_at_humps_and_at_numbers() -> None:
    assert word_starts("User.lastSeen") == [0, 5, 9]
    assert word_starts("HTMLParser.useLast") == [0, 4, 11, 14]
    assert word_starts("GET /v1/users") == [0, 5, 6, 8]
    assert word_starts("user_roles-of.x") == [0, 5, 11, 14]
    assert word_starts("Größe.Übergröße") == [0, 6]
    assert word_starts("") == word_starts("...") == []


def test_among_equals_the_shorter_is_first_then_the_one_that_came_first() -> None:
    assert found("a", ["abc", "ab", "aa", "a"]) == ["a", "ab", "aa", "abc"]


def test_fewer_pieces_come_first() -> None:
    assert found("abc", ["xaxbxcx", "xabxxcx", "xxxabxc"])[-1] == "xaxbxcx"


def test_blanks_may_be_typed_or_not() -> None:
    names = ["Sprint 4", "Sprint 43", "Sprint 14"]
    assert found("sprint 4", names)[:2] == found("sprint4", names)[:2] == names[:2]
    assert found("  ", names) == sorted(names, key=len)


def test_letters_whose_lower_case_is_longer_keep_their_places() -> None:
    assert lowered("İstanbul") == "İstanbul"
    assert marks("İstanbul", "bul") == (5, 6, 7)
    assert found("STAN", ["İstanbul"]) == ["İstanbul"]


def test_what_looks_like_an_expression_is_text() -> None:
    names = ["a.b", "a^b", "a]b", "a\\b", "a-b", "a$b"]
    for name in names:
        assert found(name, names) == [name]
        assert found(f"a{name[1]}b", names) == [name]


def test_a_shorter_text_after_a_longer_one_finds_all_again() -> None:
    finder = Finder(NAMES)
    for typed in ("u", "us", "usx", "us", "u", "", "p", "pr", "u"):
        assert finder.find(typed) == Finder(NAMES).find(typed)


def test_marks_prefer_the_start_of_a_word() -> None:
    assert marks("User.lastSeen", "us") == (0, 1)
    assert marks("bus.user", "us") == (4, 5)
    assert marks("User.lastSeen", "uls") == (0, 5, 9)
    assert marks("User.lastSeen", "usla") == (0, 1, 5, 6)
    assert marks("User.lastSeen", "") == marks("User.lastSeen", "z") == ()


def test_where_many_hold_it_in_one_piece_scattered_letters_are_not_looked_for() -> None:
    names = [f"user{n}" for n in range(100)] + ["unused-server"]
    assert "unused-server" not in found("user", names)
    assert "unused-server" in found("user", names[-99:])
    finder = Finder(names)
    finder.find("use")
    assert finder.find("usev") == [100]


def test_of_very_many_with_scattered_letters_the_shortest_are_found() -> None:
    names = [f"x{'o' * (n % 500)}y" for n in range(1, 1000)]
    lengths = [len(name) for name in found("xy", names)]
    assert sorted(lengths) == sorted(map(len, names))[:100]


def test_among_very_many_those_with_a_word_that_begins_so_are_found() -> None:
    names = [f"xu{'o' * (1 + n % 9)}sla" for n in range(1000)] + ["AnEvenLongerType.user.lastSeen"]
    assert found("usla", names)[0] == "AnEvenLongerType.user.lastSeen"


TEXT = st.text(alphabet=st.sampled_from("abAB.-_ 1é\u0130ß"), max_size=12)


def in_order(name: str, letters: str) -> bool:
    rest = iter(lowered(name))
    return all(letter in rest for letter in letters)


@given(st.lists(TEXT, max_size=12), TEXT)
def test_found_is_exactly_what_holds_the_letters_in_order(names: list[str], typed: str) -> None:
    letters = "".join(lowered(typed).split())
    assert sorted(Finder(names).find(typed)) == [
        i for i, name in enumerate(names) if in_order(name, letters)
    ]


@given(st.lists(TEXT, max_size=12), st.lists(TEXT, min_size=1, max_size=6))
def test_what_was_typed_before_changes_nothing(names: list[str], typed: list[str]) -> None:
    finder = Finder(names)
    for text in typed:
        assert finder.find(text) == Finder(names).find(text)


@given(TEXT, TEXT)
def test_marks_are_the_typed_letters_in_their_order(name: str, typed: str) -> None:
    hits = marks(name, typed)
    query = lowered(typed.strip())
    letters = "".join(query.split())
    if not hits:
        assert not letters or not in_order(name, letters)
        return
    low = lowered(name)
    assert list(hits) == sorted(set(hits))
    spelled = "".join(low[at] for at in hits)
    assert spelled in {query, letters}
