"""Large figures and words: they stand still, they differ, they take the room they promised."""

import itertools

import pytest

from goliath_tui.widgets.digits import (
    DOUBLED,
    NARROW,
    REGULAR,
    SMALLEST,
    big,
    big_width,
    largest,
    measure,
    spells,
    word_rows,
    words,
    words_width,
)

SIZES = range(SMALLEST, 41)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize("rows", SIZES)
def test_every_digit_is_as_wide_as_every_other_and_unlike_every_other(rows: int) -> None:
    digits = {digit: big(digit, rows) for digit in "0123456789"}
    assert {len(line) for lines in digits.values() for line in lines} == {measure(rows).width}
    assert all(len(lines) == rows for lines in digits.values())
    for one, other in itertools.combinations(digits, 2):
        assert digits[one] != digits[other], (one, other)


@pytest.mark.parametrize("rows", SIZES)
def test_a_figure_takes_the_cells_that_were_promised(rows: int) -> None:
    for text in ("82.4", "100", "–", "+31", "8/10", "14:03:27", "1,203", "%"):
        lines = big(text, rows)
        assert {len(line) for line in lines} == {big_width(text, rows)}
        assert any(line.strip() for line in lines)


@pytest.mark.parametrize("rows", SIZES)
def test_a_figure_that_changes_moves_nothing_beside_its_own_cells(rows: int) -> None:
    before, after = big("82.4", rows), big("82.5", rows)
    last = big_width("8", rows)
    assert [line[:-last] for line in before] == [line[:-last] for line in after]


@pytest.mark.parametrize("rows", range(5, 41))
def test_digits_that_mirror_each_other_do(rows: int) -> None:
    # 0 and 8 are the same from left and right; 6 turned by half a circle is 9.
    for digit in "08":
        assert all(line == line[::-1] for line in big(digit, rows))
    turned = str.maketrans("▀▄", "▄▀")
    height = measure(rows).height
    if height == 2 * rows:
        assert [line[::-1].translate(turned) for line in reversed(big("6", rows))] == list(
            big("9", rows)
        )


def test_the_largest_that_fits_is_found_and_nothing_where_nothing_fits() -> None:
    for width, height in itertools.product(range(8, 220, 7), range(3, 44, 3)):
        rows = largest("88.8", width, height)
        if rows is None:
            assert big_width("88.8", SMALLEST) > width
        else:
            assert rows <= height
            assert big_width("88.8", rows) <= width
            larger = rows < min(height, 40) and big_width("88.8", rows + 1) <= width
            assert not larger
    assert largest("88.8", 200, SMALLEST - 1) is None


@pytest.mark.parametrize("size", [NARROW, REGULAR, DOUBLED])
def test_words_are_legible_letter_by_letter(size: int) -> None:
    glyphs = {ch: words(ch, size) for ch in LETTERS}
    for one, other in itertools.combinations(LETTERS, 2):
        assert glyphs[one] != glyphs[other], (one, other)
    for text in ("Points done", "◷ 7 m", "✕ gateway", "×2,423", "null-against-empty"):
        assert spells(text)
        lines = words(text, size)
        assert len(lines) == word_rows(size)
        assert {len(line) for line in lines} == {words_width(text, size)}


def test_what_has_no_glyph_is_not_said_to_have_one() -> None:
    assert not spells("Müller")
    assert not spells("数")
    assert not spells("a\x1bb")
    assert spells("assignments-2")


def test_narrow_words_are_narrower() -> None:
    assert words_width("fields migrated", NARROW) < words_width("fields migrated", REGULAR)
    assert words_width("fields", DOUBLED) == 2 * words_width("fields", REGULAR)
