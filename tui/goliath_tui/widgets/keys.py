"""Every key, once: its id (by which the config rebinds it), its keys, what it does.

Pure data; the hint bar, the help screen and the config's checks all read it. Textual is imported
only to make its bindings.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from textual.binding import BindingType


class Key(Struct, frozen=True):
    """One thing that a hand can do. `hint`: its word in the hint bar; without one it is not there.

    `shown`: the keys in the hint bar, where one word stands for two keys. `help` is the sentence on
    the help screen. Keys are written as people write them. `kept`: its hint is the last to go.
    """

    id: str
    keys: str
    action: str
    help: str
    hint: str = ""
    shown: str = ""
    fixed: bool = False
    kept: bool = False


_PANE = "pane."
TABLE_KEYS = (
    Key("row.down", "down,j", "move(1)", "next row"),
    Key("row.up", "up,k", "move(-1)", "previous row"),
    Key("column.left", "left,h", "column(-1)", "column to the left"),
    Key("column.right", "right,l", "column(1)", "column to the right"),
    Key("row.first", "g,home", "edge(False)", "first row"),
    Key("row.last", "G,end", "edge(True)", "last row"),
    Key("page.half-down", "ctrl+d", "page(1)", "half a page down"),
    Key("page.half-up", "ctrl+u", "page(-1)", "half a page up"),
    Key("page.down", "pagedown", "page(2)", "a page down"),
    Key("page.up", "pageup", "page(-2)", "a page up"),
    Key("table.sort", "s", "sort", "sort by this column; again: reverse; once more: undo", "sort"),
)
SCREEN_KEYS = (
    Key("filter", "/", "filter", "filter as you type: regular expression, ! inverts", "filter"),
    Key("open", "enter", "open", "open what is under the cursor", "open"),
    Key("back", "escape", "back", "peel one layer: prompt, filter, full size, screen", "back"),
    Key("freeze", "space", "freeze", "freeze the picture; polling goes on", "freeze"),
    Key("pane.full", "f", "full", "this pane alone, full size", "full"),
    Key("refresh.pane", "r", "refresh_pane", "ask this pane's source now", "refresh"),
    Key("refresh.all", "R", "refresh_all", "ask every source now"),
    Key("pane.next", "tab", "next_pane(1)", "next pane", "pane"),
    Key("pane.previous", "shift+tab", "next_pane(-1)", "previous pane"),
    Key("copy", "y", "copy", "copy the name under the cursor"),
    Key("browse", "o", "browse", "open it in the browser", "browser"),
    Key("export", "e", "export", "export what is seen: CSV, JSON, SVG"),
    *(Key(f"{_PANE}{n}", str(n), f"pane({n})", f"pane {n}") for n in range(1, 10)),
)
APP_KEYS = (
    Key("help", "?", "help", "help, and where the figures come from", "help", kept=True),
    Key("palette", ":,ctrl+p", "palette", "find a service, field, sprint, screen, action", "find"),
    Key("time.back", "[", "travel(-1)", "back in time by a step", "time", "[ ]"),
    Key("time.forward", "]", "travel(1)", "forward in time by a step"),
    Key("time.coarser", "+,=", "step(1)", "a longer step: 10 min, 1 h, 1 day, 1 sprint"),
    Key("time.finer", "-", "step(-1)", "a shorter step"),
    Key("time.live", "0", "live", "back to live", "live"),
    Key("screen.last", "`", "last", "the screen that was left last"),
    Key("wall", "w", "wall", "the wall display", "wall"),
    Key(
        "quit",
        "q",
        "quit_or_leave",
        "quit; on a screen above the overview: back",
        "quit",
        kept=True,
    ),
    Key("suspend", "ctrl+z", "suspend_process", "to the shell; fg comes back"),
    Key("quit.now", "ctrl+c", "quit", "quit, always", fixed=True),
)
ANSWERS_KEYS = (
    *(key for key in TABLE_KEYS if key.id.startswith(("row.", "page."))),
    Key("answers.next-difference", "n", "difference(1)", "next difference", "difference", "n N"),
    Key("answers.previous-difference", "N", "difference(-1)", "previous difference"),
    Key("answers.fold", "enter", "fold", "open the fold under the cursor, or close it"),
    Key("answers.fold-all", "z", "fold_all", "open all folds, or close them", "folds"),
    Key("answers.left", "left,h", "shift(-8)", "long lines: to the left"),
    Key("answers.right", "right,l", "shift(8)", "long lines: to the right"),
    Key("answers.far-left", "H", "shift_far(-1)", "long lines: half a width to the left"),
    Key("answers.far-right", "L", "shift_far(1)", "long lines: half a width to the right"),
)
EXAMPLE_KEYS = (
    Key("example.next", "J", "example(1)", "next example", "example", "J K"),
    Key("example.previous", "K", "example(-1)", "previous example"),
)
WALL_KEYS = (
    Key("wall.previous", "left,h", "turn(-1)", "the page before"),
    Key("wall.next", "right,l", "turn(1)", "the next page"),
    Key("wall.hold", "space", "hold", "hold this page; again: turn on"),
    Key("wall.leave", "escape", "back", "back to where the wall was opened"),
)
PALETTE_KEYS = (
    Key("find.go", "enter", "pick", "go there, or do it", "go"),
    Key("find.down", "down,ctrl+n", "choose(1)", "the next one", "choose", "↑ ↓"),
    Key("find.up", "up,ctrl+p", "choose(-1)", "the one before"),
    Key("find.page-down", "pagedown", "choose_page(1)", "a page down"),
    Key("find.page-up", "pageup", "choose_page(-1)", "a page up"),
    Key("find.close", "escape", "close", "back", "back", kept=True),
)
HELP_KEYS = (
    Key("help.down", "down,j", "scroll(1)", "down", "scroll"),
    Key("help.up", "up,k", "scroll(-1)", "up"),
    Key("help.page-down", "pagedown,ctrl+d,space", "scroll(10)", "a page down"),
    Key("help.page-up", "pageup,ctrl+u", "scroll(-10)", "a page up"),
    Key("help.first", "g,home", "scroll(-10000)", "to the top"),
    Key("help.last", "G,end", "scroll(10000)", "to the end"),
    Key("help.close", "escape,?,q", "close", "back", "back", kept=True),
)
ALL_KEYS = tuple(
    dict.fromkeys(
        (
            *APP_KEYS,
            *SCREEN_KEYS,
            *TABLE_KEYS,
            *ANSWERS_KEYS,
            *EXAMPLE_KEYS,
            *WALL_KEYS,
            *PALETTE_KEYS,
            *HELP_KEYS,
        )
    )
)
#: Every key that has a word in the hint bar, in the order in which they stand there.
HINT_ORDER = tuple(
    key
    for place in (
        (APP_KEYS[0], *SCREEN_KEYS[:1], APP_KEYS[1], *SCREEN_KEYS[1:3]),
        tuple(key for key in (*ANSWERS_KEYS, *EXAMPLE_KEYS) if key not in TABLE_KEYS),
        APP_KEYS[2:-3],
        SCREEN_KEYS[3:],
        TABLE_KEYS,
        PALETTE_KEYS,
        HELP_KEYS,
        APP_KEYS[-3:],
    )
    for key in place
    if key.hint
)
#: Keys that can be pressed in one place: two actions on one of their keys are a clash.
_PLACES = (
    ("a screen of panes", (*APP_KEYS, *SCREEN_KEYS, *TABLE_KEYS)),
    # Nothing opens from the answers, so that key is free there.
    (
        "the answers",
        (
            *APP_KEYS,
            *(key for key in SCREEN_KEYS if key.id != "open"),
            *ANSWERS_KEYS,
            *EXAMPLE_KEYS,
        ),
    ),
    ("the wall", (*APP_KEYS, *WALL_KEYS)),
    ("the palette", (*APP_KEYS[-2:], *PALETTE_KEYS)),
    ("help", (*APP_KEYS[-2:], *HELP_KEYS)),
)
_GLYPHS = {
    "+": "+",
    "colon": ":",
    "comma": ",",
    "full_stop": ".",
    "semicolon": ";",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "grave_accent": "`",
    "question_mark": "?",
    "slash": "/",
    "escape": "esc",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "enter": "⏎",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def bindings(keys: Iterable[Key]) -> "list[BindingType]":
    """Textual's bindings for `keys`: each acts at once and before the next one is looked at.

    Hence `priority`. Without it a key goes to the widget that has the focus and comes back later,
    and a terminal that sends several in one go has them overtake each other: `j`, then enter, would
    open the row that the cursor was on before. Where text is typed Textual leaves it to the line.
    """
    from textual.binding import Binding

    return [
        Binding(
            key.keys,
            key.action,
            key.hint or key.help,
            show=bool(key.hint),
            id=None if key.fixed else key.id,
            priority=True,
            tooltip=key.help,
        )
        for key in keys
    ]


def in_force(rebound: Mapping[str, str]) -> dict[str, str]:
    """All keys that are not as they come: what the config wants, and what is left to others of it.

    Who gives an action another's key wants the action. The other one may be left without any.
    """
    wanted = {name: keys for name, keys in rebound.items() if _pressed(keys)}
    found = dict(wanted)
    for _, keys in _PLACES:
        named = [wanted[key.id] for key in keys if key.id in wanted]
        given = {key_name(pressed) for several in named for pressed in _pressed(several)}
        for key in keys:
            pressed = _pressed(found.get(key.id, key.keys))
            left = [one for one in pressed if key_name(one) not in given]
            if key.id not in wanted and not key.fixed and left != pressed:
                found[key.id] = ",".join(left)
    return found


def key_name(key: str) -> str:
    """A key as it is printed: `slash` → `/`, `ctrl+d` → `ctrl-d`."""
    return _GLYPHS.get(key, key.replace("+", "-"))


class KeyLine(Struct, frozen=True):
    """One action on the help screen: its keys as printed, its id in the config, what it does."""

    keys: str
    id: str
    help: str


def key_lines(keys: Iterable[Key], rebound: Mapping[str, str], *, panes: int = 0) -> list[KeyLine]:
    """Keys for the help screen as they are bound now; the panes' numbers share one line."""
    lines = []
    for key in keys:
        if key.id.removeprefix(_PANE).isdigit():
            continue
        pressed = _pressed(key.keys if key.fixed else rebound.get(key.id, key.keys))
        printed = " ".join(key_name(name) for name in pressed)
        lines.append(KeyLine(printed, "" if key.fixed else key.id, key.help))
    if panes:
        lines.append(KeyLine(f"1-{panes}", f"{_PANE}1 …", "a pane by its number"))
    return lines


def problems(rebound: Mapping[str, str]) -> list[str]:
    """What is wrong with a config's `keys:`, one line each: unknown ids, clashes."""
    import difflib

    by_id = {key.id: key for key in ALL_KEYS if not key.fixed}
    found = []
    for name in rebound:
        if name not in by_id:
            close = difflib.get_close_matches(name, by_id, n=1)
            found.append(
                f"{name}: there is no such key{f'; did you mean {close[0]}?' if close else ''}"
            )
        elif not rebound[name].strip(", "):
            found.append(f"{name}: expected a key such as x or ctrl+x")
        elif strange := [key for key in _pressed(rebound[name]) if not _is_key(key)]:
            found += [f"{name}: there is no key {key}; as in x, ctrl+x, f5" for key in strange]
        elif by_id[name] in PALETTE_KEYS:
            writes = [key for key in map(key_name, _pressed(rebound[name])) if _writes(key)]
            found += [f"{name}: {key} is text in the palette" for key in writes]
    told: set[tuple[str, str, str]] = set()
    for place, keys in _PLACES:
        owners: dict[str, str] = {}
        for key in keys:
            wanted = key.keys if key.fixed else rebound.get(key.id, key.keys)
            for pressed in map(key_name, _pressed(wanted)):
                owner = owners.setdefault(pressed, key.id)
                clash = (pressed, owner, key.id)
                if owner != key.id and clash not in told:
                    told.add(clash)
                    found.append(f"{pressed} would mean both {owner} and {key.id} on {place}")
    return found


def _is_key(key: str) -> bool:
    """Whether a terminal can send it, by the names that Textual has for keys."""
    import unicodedata

    from textual.keys import KEY_NAME_REPLACEMENTS, Keys

    *held, name = key.split("+") if len(key) > 1 else [key]
    if not set(held) <= {"ctrl", "shift", "alt"}:
        return False
    if len(name) == 1 or name in {known.value for known in Keys}:
        return True
    if name in KEY_NAME_REPLACEMENTS.values():
        return True
    try:
        return unicodedata.lookup(name.replace("_", " ")).isprintable()
    except KeyError:
        return False


def _writes(printed: str) -> bool:
    return printed == "space" or (len(printed) == 1 and printed.isascii())


def _pressed(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]
