"""Roles, not colours: every style that a pane may use, derived from whichever theme is on.

`new` and `legacy` are blue and orange in every theme, moved in lightness until they stand out from
its background; a theme may name its own with the variables `goliath-new`, `goliath-legacy`,
`goliath-warn`, `goliath-past` and `goliath-frozen`. With NO_COLOR no role has a colour, only
weight; with an ANSI theme the terminal's own sixteen are used.
"""

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from rich.style import Style
from textual.color import Color

if TYPE_CHECKING:
    from textual.app import App
    from textual.theme import Theme

_HUES = {"new": "#4f9df7", "legacy": "#ea8436", "warn": "#e2c044", "past": "#b58cf2"}
_HUES |= {"frozen": "#5cc6d8", "bad": "#f0566b", "ok": "#4fb783"}
_WHITE = Color(255, 255, 255)
_BLACK = Color(0, 0, 0)
BOLD = Style(bold=True)
READABLE = 4.5
#: How much of a cell `░` covers.
_SHADE = 0.25


class Palette(Struct, frozen=True, dict=True):
    """Styles by role. All but `base` and the grounds leave the background alone.

    `flat`: a cursor row is drawn in the cursor's style alone, since the row's own colours cannot
    be trusted on it.
    """

    base: Style
    text: Style
    strong: Style
    muted: Style
    faint: Style
    border: Style
    border_focus: Style
    new: Style
    new_soft: Style
    legacy: Style
    legacy_soft: Style
    warn: Style
    bad: Style
    ok: Style
    past: Style
    frozen: Style
    badge: Style
    past_badge: Style
    frozen_badge: Style
    cursor: Style
    cursor_blurred: Style
    quiet_ground: Style
    flat: bool
    plain: bool

    @cached_property
    def faded(self) -> "Palette":
        """The same roles for figures that are kept but old: half way into the background."""
        if self.plain or self.base.bgcolor is None or self.base.bgcolor.is_default:
            return self._each(lambda style: style + Style(dim=True, bold=False))
        ground = Color.from_rich_color(self.base.bgcolor)

        def fade(style: Style) -> Style:
            if style.color is None:
                return style
            color = Color.from_rich_color(style.color).blend(ground, 0.48)
            return style + Style(color=color.rich_color, bold=False)

        return self._each(fade)

    def behind(self, track: Style) -> Style:
        """The ground of a cell that a bar fills in part: as dense as `░` in the track's style."""
        if self.plain or track.color is None or self.base.bgcolor is None:
            return Style.null()
        if self.base.bgcolor.is_default:
            return Style.null()
        ground = Color.from_rich_color(self.base.bgcolor)
        color = ground.blend(Color.from_rich_color(track.color), _SHADE, alpha=1.0)
        return Style(bgcolor=color.rich_color)

    def _each(self, change: "StyleChange") -> "Palette":
        kept = {"base", "border", "border_focus", "cursor", "cursor_blurred", "quiet_ground"}
        kept |= {"flat", "plain", "badge", "past_badge", "frozen_badge"}
        changed = {
            name: change(getattr(self, name)) for name in self.__struct_fields__ if name not in kept
        }
        return replace(self, **changed)


if TYPE_CHECKING:
    from collections.abc import Callable

    StyleChange = Callable[[Style], Style]


def palette_of(app: "App[object]") -> Palette:
    """The palette of the theme that the app wears now."""
    theme = app.current_theme
    return _palette(theme.name, _Wrapped(theme), app.no_color)


class _Wrapped:
    """A theme as a cache key: compared by identity, since themes are mutable and unhashable."""

    def __init__(self, theme: "Theme") -> None:
        self.theme = theme

    def __hash__(self) -> int:
        return id(self.theme)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Wrapped) and other.theme is self.theme


@lru_cache(maxsize=32)
def _palette(_name: str, wrapped: _Wrapped, no_color: bool) -> Palette:
    if no_color:
        return plain_palette()
    if wrapped.theme.ansi:
        return ansi_palette(dark=wrapped.theme.dark)
    return theme_palette(wrapped.theme)


def theme_palette(theme: "Theme") -> Palette:
    """The palette of a true-colour theme."""
    generated = theme.to_color_system().generate()
    ground = Color.parse(generated["background"])
    ink = toward_contrast(Color.parse(generated["foreground"]), ground, 7.0)

    def hue(role: str) -> Color:
        named = theme.variables.get(f"goliath-{role}")
        if named is None and role in {"bad", "ok"}:
            named = theme.error if role == "bad" else theme.success
        color = Color.parse(named or _HUES[role])
        return toward_contrast(color, ground, READABLE)

    def mixed(color: Color, strength: float) -> Color:
        return ground.blend(color, strength, alpha=1.0)

    def on(color: Color) -> Style:
        return Style(color=color.rich_color)

    muted = toward_contrast(mixed(ink, 0.62), ground, READABLE)
    faint = toward_contrast(mixed(ink, 0.36), ground, 2.0)

    def badge(role: str) -> Style:
        color = hue(role)
        return Style(color=ground.rich_color, bgcolor=color.rich_color, bold=True)

    return Palette(
        base=Style(color=ink.rich_color, bgcolor=ground.rich_color),
        text=on(ink),
        strong=Style(color=toward_contrast(ink, ground, 11.0).rich_color, bold=True),
        muted=on(muted),
        faint=on(faint),
        border=on(mixed(ink, 0.24)),
        border_focus=on(mixed(ink, 0.66)),
        new=on(hue("new")),
        new_soft=on(mixed(hue("new"), 0.45)),
        legacy=on(hue("legacy")),
        legacy_soft=on(mixed(hue("legacy"), 0.42)),
        warn=on(hue("warn")),
        bad=on(hue("bad")),
        ok=on(hue("ok")),
        past=on(hue("past")),
        frozen=on(hue("frozen")),
        badge=badge("warn"),
        past_badge=badge("past"),
        frozen_badge=badge("frozen"),
        cursor=Style(bgcolor=mixed(hue("new"), 0.20).rich_color),
        cursor_blurred=Style(bgcolor=mixed(ink, 0.07).rich_color),
        quiet_ground=Style(bgcolor=mixed(ink, 0.045).rich_color),
        flat=False,
        plain=False,
    )


def ansi_palette(*, dark: bool) -> Palette:
    """The palette of the terminal's own sixteen colours."""
    bright = "bright_" if dark else ""

    def on(color: str, *, dim: bool | None = None, reverse: bool | None = None) -> Style:
        return Style(color=color, dim=dim, reverse=reverse)

    return Palette(
        base=Style(color="default", bgcolor="default"),
        text=Style(),
        strong=Style(bold=True),
        muted=Style(dim=True),
        faint=Style(dim=True),
        border=Style(dim=True),
        border_focus=Style(bold=True),
        new=on(f"{bright}blue"),
        new_soft=on("blue", dim=True),
        legacy=on("yellow"),
        legacy_soft=on("yellow", dim=True),
        warn=on("bright_yellow" if dark else "magenta"),
        bad=on(f"{bright}red"),
        ok=on("green"),
        past=on(f"{bright}magenta"),
        frozen=on("cyan"),
        badge=on("bright_yellow" if dark else "magenta", reverse=True),
        past_badge=on(f"{bright}magenta", reverse=True),
        frozen_badge=on("cyan", reverse=True),
        cursor=Style(reverse=True),
        cursor_blurred=Style(underline=False),
        quiet_ground=Style(),
        flat=True,
        plain=False,
    )


def plain_palette() -> Palette:
    """The palette without any colour: weight, dimness and reverse only."""
    none, dim, bold = Style(), Style(dim=True), Style(bold=True)
    reverse = Style(reverse=True, bold=True)
    return Palette(
        base=none,
        text=none,
        strong=bold,
        muted=dim,
        faint=dim,
        border=dim,
        border_focus=bold,
        new=none,
        new_soft=dim,
        legacy=dim,
        legacy_soft=dim,
        warn=bold,
        bad=bold,
        ok=none,
        past=bold,
        frozen=bold,
        badge=reverse,
        past_badge=reverse,
        frozen_badge=reverse,
        cursor=Style(reverse=True),
        cursor_blurred=none,
        quiet_ground=none,
        flat=True,
        plain=True,
    )


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two opaque colours, 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(channel) for channel in (color.r, color.g, color.b))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def toward_contrast(color: Color, ground: Color, ratio: float) -> Color:
    """`color`, moved towards white or black just so far that it stands out from `ground`."""
    end = _WHITE if contrast(_WHITE, ground) > contrast(_BLACK, ground) else _BLACK
    for step in range(11):
        moved = color.blend(end, step / 10, alpha=1.0)
        if contrast(moved, ground) >= ratio:
            return moved
    return end
