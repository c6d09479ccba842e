"""Every theme gives styles that can be read; without colour none is left."""

import pytest
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from goliath_tui.widgets.palette import (
    READABLE,
    Palette,
    ansi_palette,
    contrast,
    plain_palette,
    theme_palette,
)
from goliath_tui.widgets.themes import THEMES

COLOURED = [theme for theme in (*THEMES, *BUILTIN_THEMES.values()) if not theme.ansi]


def styles(palette: Palette) -> dict[str, Style]:
    named = {name: getattr(palette, name) for name in palette.__struct_fields__}
    return {name: style for name, style in named.items() if isinstance(style, Style)}


def color(style: Style) -> Color:
    assert style.color is not None
    return Color.from_rich_color(style.color)


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_what_must_be_read_stands_out_in_every_theme(theme: Theme) -> None:
    palette = theme_palette(theme)
    assert palette.base.bgcolor is not None
    ground = Color.from_rich_color(palette.base.bgcolor)
    for name in ("text", "strong", "muted", "new", "legacy", "warn", "bad", "ok", "past", "frozen"):
        assert contrast(color(getattr(palette, name)), ground) >= READABLE - 0.1, name
    assert palette.cursor.bgcolor is not None
    beneath = Color.from_rich_color(palette.cursor.bgcolor)
    assert contrast(color(palette.text), beneath) >= READABLE - 0.1
    for name in ("badge", "past_badge", "frozen_badge"):
        badge = getattr(palette, name)
        assert contrast(color(badge), Color.from_rich_color(badge.bgcolor)) >= READABLE - 0.1


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_new_is_blue_and_legacy_orange_in_every_theme(theme: Theme) -> None:
    palette = theme_palette(theme)
    new, legacy = color(palette.new), color(palette.legacy)
    assert new.b > new.r
    assert legacy.r > legacy.b


@pytest.mark.parametrize("theme", COLOURED, ids=lambda theme: theme.name)
def test_old_figures_are_weaker_and_still_there(theme: Theme) -> None:
    palette = theme_palette(theme)
    assert palette.base.bgcolor is not None
    ground = Color.from_rich_color(palette.base.bgcolor)
    assert contrast(color(palette.faded.text), ground) >= 1.8
    assert contrast(color(palette.faded.text), ground) < contrast(color(palette.text), ground)


def test_without_colour_there_is_none_and_the_weights_still_differ() -> None:
    palette = plain_palette()
    for name, style in {**styles(palette), **styles(palette.faded)}.items():
        assert style.color is None, name
        assert style.bgcolor is None, name
    assert palette.strong.bold
    assert palette.cursor.reverse
    assert palette.faded.text.dim


@pytest.mark.parametrize("dark", [True, False])
def test_ansi_palettes_use_the_terminals_own_colours(dark: bool) -> None:
    for name, style in styles(ansi_palette(dark=dark)).items():
        for part in (style.color, style.bgcolor):
            assert part is None or part.triplet is None, name
