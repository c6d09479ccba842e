"""Where everything stands, at any size."""

from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.screens.plan import PANES, Box, plan

SIZES = st.tuples(st.integers(20, 420), st.integers(12, 130))


@given(SIZES, st.sampled_from(PANES), st.booleans(), st.integers(0, 1000), st.integers(0, 9))
def test_boxes_cover_the_screen_without_overlap_and_the_focused_pane_is_seen(
    size: tuple[int, int], focus: str, full: bool, services: int, sources: int
) -> None:
    width, height = size
    found = plan(width, height, focus=focus, full=full, services=services, sources=sources)
    assert focus in found.boxes
    assert ("headline" in found.boxes) is not full
    taken: set[tuple[int, int]] = set()
    for box in found.boxes.values():
        cells = {
            (x, y)
            for x in range(box.x, box.x + box.width)
            for y in range(box.y, box.y + box.height)
        }
        assert not taken & cells
        assert all(0 <= x < width and 0 <= y < height for x, y in cells)
        taken |= cells
    free = {y for x in range(width) for y in range(height) if (x, y) not in taken}
    assert len(free) <= 2, "only the blank lines around the big four are free"


def test_eighty_by_twenty_four_shows_one_pane_whose_border_names_the_others() -> None:
    found = plan(80, 24, focus="sprint", full=False)
    assert found.tabs
    assert found.boxes["sprint"] == Box(0, 4, 80, 19)


def test_two_columns_need_a_hundred_by_thirty() -> None:
    for size in ((99, 60), (240, 29)):
        assert plan(*size, focus="services", full=False).boxes["services"].width == size[0]
    both = plan(100, 30, focus="services", full=False).boxes
    assert {"traffic", "services", "sprint", "differences"} <= set(both)


def test_a_pane_without_a_place_of_its_own_takes_the_others_place() -> None:
    found = plan(120, 36, focus="sources", full=False).boxes
    assert set(found) == {"header", "headline", "hints", "sources"}


def test_what_keeps_answers_from_being_kept_has_a_place_of_its_own() -> None:
    calm = plan(120, 36, focus="services", full=False, services=32, sources=2).boxes
    assert "sources" not in calm
    for size in ((100, 30), (120, 36), (240, 60)):
        found = plan(*size, focus="services", full=False, services=32, sources=2, troubles=5).boxes
        assert found["sources"].height >= 2 + 3 + 5
        assert found["sprint"].height >= 6
        assert found["traffic"].height >= 6


def test_a_wall_has_three_columns() -> None:
    found = plan(400, 120, focus="services", full=False, services=32, sources=2).boxes
    assert found["services"].height == found["differences"].height
    assert found["services"].y == found["differences"].y
