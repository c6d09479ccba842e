"""What leaves the screen by a key: a name for the clipboard, an address for the browser, a file."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from goliath_tui.widgets.ink import printable

if TYPE_CHECKING:
    from goliath_tui.app import GoliathApp
    from goliath_tui.screens.view import Export


def copy(app: "GoliathApp", text: str) -> None:
    """Hand `text` to the clipboard of the terminal (OSC 52), which ssh and tmux pass on."""
    app.copy_to_clipboard(printable(text))
    app.say(f"copied {text}")


async def browse(app: "GoliathApp", address: str) -> None:
    """Open `address` if it may be opened; where no browser can be seen, copy it."""
    from goliath_tui.browser import can_open, open_address, refusal

    why = refusal(address, app.settings.link_hosts)
    if why:
        app.say(f"not opened: {why}", alarm=True)
    elif can_open() and await open_address(address):
        app.say(f"opened {address}")
    else:
        app.copy_to_clipboard(address)
        app.say(f"no browser here; copied {address}", alarm=True)


async def export(app: "GoliathApp", wanted: "Export") -> None:
    """Write what was seen to a file (csv, json, svg), and say where it is."""
    from goliath_tui import exports

    folder, picture = app.settings.exports, wanted.picture
    view, kind, sheet = wanted.view, wanted.kind, wanted.sheet
    if folder is None:
        app.say("there is no folder for exports", alarm=True)
        return
    names = [view.title_of()]
    if kind == "svg":
        if app.front() is not view:
            app.say("no drawing was made: another screen came first", alarm=True)
            return
        made = partial(exports.svg_bytes, app.export_screenshot())
    elif sheet is not None:
        names = [*names, sheet.name] if len(view.trail) > 1 else [sheet.name]
        caption = exports.Caption(
            as_of=picture.at,
            live=picture.live,
            migration=picture.migration,
            rehearsal=picture.rehearsal,
        )
        to_csv, to_json = exports.csv_bytes, exports.json_bytes
        made = partial(to_csv, sheet) if kind == "csv" else partial(to_json, sheet, caption)
    else:
        return
    stem = exports.file_stem(names, picture.at)
    try:
        path = await asyncio.to_thread(lambda: exports.save(folder, stem, kind, made()))
    except exports.ExportError as error:
        app.say(str(error), alarm=True)
    else:
        app.say(f"{path.name} is in {path.parent}")
