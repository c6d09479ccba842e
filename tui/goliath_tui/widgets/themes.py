"""Our two themes. Every Textual theme works too; these are the calm ones.

Hues are kept for meaning: blue is new, orange is legacy, amber warns. Everything else is a grey.
"""

import difflib

from textual.theme import BUILTIN_THEMES, Theme

DEFAULT = "goliath"

#: Names by which themes are known elsewhere.
ALIASES = {"textual-ansi": "ansi-dark", "ansi": "ansi-dark"}

THEMES = (
    Theme(
        name="goliath",
        primary="#5cabff",
        secondary="#ef8b3f",
        warning="#e6c84f",
        error="#f2687a",
        success="#5fc08f",
        accent="#5cabff",
        foreground="#d3dae5",
        background="#0e1218",
        surface="#141a22",
        panel="#1a212b",
        dark=True,
        variables={
            "goliath-new": "#5cabff",
            "goliath-legacy": "#ef8b3f",
            "input-cursor-background": "#d3dae5",
            "input-cursor-foreground": "#0e1218",
            "input-selection-background": "#2a3a52",
        },
    ),
    Theme(
        name="goliath-light",
        primary="#0b5fc2",
        secondary="#b4500a",
        warning="#8a6a00",
        error="#b3223c",
        success="#1d7a4c",
        accent="#0b5fc2",
        foreground="#252b33",
        background="#fafaf7",
        surface="#f1f1ec",
        panel="#e7e7e1",
        dark=False,
        variables={
            "goliath-new": "#0b5fc2",
            "goliath-legacy": "#b4500a",
            "input-cursor-background": "#252b33",
            "input-cursor-foreground": "#fafaf7",
            "input-selection-background": "#c9d9ee",
        },
    ),
)


def problem(wanted: str) -> str | None:
    """What is wrong with a config's `theme:`; None when there is one of that name."""
    known = {*BUILTIN_THEMES, *(theme.name for theme in THEMES), *ALIASES}
    if wanted in known:
        return None
    near = difflib.get_close_matches(wanted, sorted(known), n=1)
    return f"there is no theme {wanted}{f'; did you mean {near[0]}?' if near else ''}"
