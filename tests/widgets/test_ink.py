"""Text measured in cells, made safe, cut in the middle."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from goliath_tui.widgets.ink import Line, changed_span, cut_end, cut_middle, fit, printable, wrap

PLAIN = Style()
RED = Style(color="red")


@given(st.text(max_size=60), st.integers(0, 40), st.sampled_from(["left", "right"]))
def test_fit_takes_exactly_the_width_and_draws_nothing_dangerous(
    text: str, width: int, align: str
) -> None:
    drawn = fit(text, width, align="right" if align == "right" else "left")
    assert cell_len(drawn) == width
    assert drawn.isprintable()


@given(st.text(alphabet="abc日本é", max_size=40), st.integers(0, 40))
def test_what_is_cut_never_grows(text: str, width: int) -> None:
    assert cell_len(cut_middle(text, width)) <= max(width, 0)
    assert cell_len(cut_end(text, width)) <= max(width, 0)


def test_names_are_cut_in_the_middle_and_sentences_at_the_end() -> None:
    assert cut_middle("graphql-gateway", 9) == "grap…eway"
    assert cut_middle("graphql-gateway", 15) == "graphql-gateway"
    assert cut_end("refused the connection", 10) == "refused t…"
    assert cut_middle("abc", 1) == "…"
    assert fit("7", 4, align="right") == "   7"


def test_what_could_move_the_cursor_or_the_reading_direction_becomes_visible() -> None:
    assert printable("a\x1b[2Jb\u202ec\u200bd\ne\x9b") == "a·[2Jb·c·d·e·"
    assert printable("déjà 日本") == "déjà 日本"


def test_wrap_breaks_at_spaces_and_chops_what_is_longer_than_a_line() -> None:
    assert wrap("the gateway refused", 11) == ["the gateway", "refused"]
    assert wrap("abcdefgh ij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("", 10) == []


def test_a_line_is_padded_cropped_and_right_aligned() -> None:
    line = Line().add("left", PLAIN).right([("right", RED)], 12)
    assert line.strip(12, PLAIN).text == "left   right"
    assert Line().add("left", PLAIN).right([("right", RED)], 8).width == 4
    assert Line().add("abcdef", PLAIN).strip(3, PLAIN).text == "abc"
    assert Line().add("ab", PLAIN).strip(5, PLAIN).cell_length == 5


def strip(*parts: tuple[str, Style]) -> Strip:
    return Line(parts).strip(20, PLAIN)


def test_only_the_cells_that_changed_are_named() -> None:
    before = strip(("clock ", PLAIN), ("14:03:27", RED), (" UTC  ", PLAIN))
    after = strip(("clock ", PLAIN), ("14:03:28", RED), (" UTC  ", PLAIN))
    assert changed_span(before, after) == (6, 14)
    assert changed_span(before, before) is None
    assert changed_span(before, strip(("quite different     ", RED))) == (0, 20)


@given(
    st.lists(st.tuples(st.text("ab", min_size=1, max_size=3), st.sampled_from([PLAIN, RED]))),
    st.lists(st.tuples(st.text("ab", min_size=1, max_size=3), st.sampled_from([PLAIN, RED]))),
)
def test_outside_the_named_cells_two_lines_are_equal(
    one: list[tuple[str, Style]], other: list[tuple[str, Style]]
) -> None:
    before, after = Line(one).strip(20, PLAIN), Line(other).strip(20, PLAIN)
    start, end = changed_span(before, after) or (0, 0)

    def cells(row: Strip) -> list[tuple[str, Style | None]]:
        return [(ch, segment.style) for segment in row for ch in segment.text]

    for x, (old, new) in enumerate(zip(cells(before), cells(after), strict=True)):
        assert start <= x < end or old == new
