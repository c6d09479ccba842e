"""What the screens look like to eyes that lack one kind of cone."""

import pytest
from textual.color import Color
from textual.theme import Theme

from goliath_tui.widgets.palette import theme_palette
from goliath_tui.widgets.themes import THEMES
from tests.ui import factory
from tests.ui.eyes import APART, EYES, Matrix, distance, picture, seen
from tests.ui.pictures import check
from tests.ui.still import make_app, rows

OURS = [theme.name for theme in THEMES]


@pytest.mark.parametrize("eyes", EYES.values(), ids=EYES)
@pytest.mark.parametrize("theme", THEMES, ids=OURS)
def test_new_and_legacy_are_told_apart_by_every_eye(theme: Theme, eyes: Matrix) -> None:
    palette = theme_palette(theme)
    colors = []
    for style in (palette.new, palette.legacy):
        assert style.color is not None
        colors.append(seen(Color.from_rich_color(style.color), eyes))
    assert distance(*colors) >= APART


def test_the_measure_itself_tells_red_from_green_only_where_they_differ() -> None:
    red, green = Color.parse("#b04a4a"), Color.parse("#5a7a2e")
    assert distance(red, green) > APART
    assert distance(seen(red, EYES["deuteranopia"]), seen(green, EYES["deuteranopia"])) < APART


@pytest.mark.parametrize("eyes", EYES.values(), ids=EYES)
@pytest.mark.parametrize("theme", OURS)
async def test_the_overview(theme: str, eyes: Matrix) -> None:
    app = make_app(factory.snapshot(), theme=theme)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        name = next(name for name, matrix in EYES.items() if matrix is eyes)
        await check(pilot, f"eyes-{theme}-{name}-120x36", lambda: picture(rows(app), eyes))
