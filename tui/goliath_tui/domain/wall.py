"""What the wall shows: its pages by name, and for how long each."""

from msgspec import Struct

#: The pages in the order in which they turn, unless the config says otherwise.
PAGES = ("four", "traffic", "services", "sprint", "differences")
#: A page that stands shorter than the first cannot be read; longer than the second looks stuck.
SHORTEST_S, LONGEST_S = 5, 3600


class WallSettings(Struct, frozen=True):
    """`pages`: names of `PAGES` in the order in which they turn. `seconds`: each stands so long."""

    pages: tuple[str, ...] = PAGES
    seconds: int = 20
