"""The table of keys and the check of a config's own."""

from collections import Counter

from goliath_tui.widgets.keys import ALL_KEYS, key_lines, key_name, problems


def test_ids_are_unique_and_the_keys_as_they_come_do_not_clash() -> None:
    assert max(Counter(key.id for key in ALL_KEYS).values()) == 1
    assert problems({}) == []


def test_unknown_ids_empty_keys_and_clashes_are_named() -> None:
    assert problems({"freze": "x"}) == ["freze: there is no such key; did you mean freeze?"]
    assert problems({"freeze": " "}) == ["freeze: expected a key such as x or ctrl+x"]
    assert problems({"freeze": "f"}) == [
        "f would mean both freeze and pane.full on a screen of panes"
    ]
    assert problems({"freeze": "f", "pane.full": "space"}) == []


def test_keys_of_the_palette_clash_among_each_other_and_cannot_be_text() -> None:
    assert problems({"find.down": "ctrl+j"}) == []
    assert problems({"find.down": "up"}) == [
        "↑ would mean both find.down and find.up on the palette"
    ]
    assert problems({"find.go": "g"}) == ["find.go: g is text in the palette"]
    assert problems({"find.go": "space,f2"}) == ["find.go: space is text in the palette"]
    assert problems({"find.close": "slash"}) == ["find.close: / is text in the palette"]


def test_keys_of_the_wall_clash_with_those_of_everywhere() -> None:
    assert problems({"wall.hold": "q"}) == ["q would mean both quit and wall.hold on the wall"]


def test_names_of_one_key_are_one_key() -> None:
    assert problems({"freeze": "question_mark"}) == [
        "? would mean both help and freeze on a screen of panes"
    ]


def test_keys_are_printed_as_people_write_them() -> None:
    assert [key_name(key) for key in ("question_mark", "ctrl+d", "pagedown", "space")] == [
        "?", "ctrl-d", "PgDn", "space",
    ]  # fmt: skip
    lines = key_lines(ALL_KEYS, {"freeze": "z, ctrl+f"})
    assert next(line.keys for line in lines if line.id == "freeze") == "z ctrl-f"


def test_a_key_that_no_terminal_sends_is_named() -> None:
    assert problems({"copy": "notakey"}) == ["copy: there is no key notakey; as in x, ctrl+x, f5"]
    assert problems({"copy": "hyper+y"}) == ["copy: there is no key hyper+y; as in x, ctrl+x, f5"]
    for key in ("Y", "ctrl+y", "f5", "comma", "é", "shift+f2", "alt+y", "underscore"):
        assert problems({"copy": key}) == [], key
