"""Where everything stands on the overview, for any size of terminal. Pure.

Two columns from 100 × 30 on, three from 300 on; below that one column of as many panes as have
room, the focused one always among them.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

PANES = ("traffic", "services", "sprint", "differences", "sources")
_LEAST_WIDTH, _LEAST_HEIGHT = 100, 30
_THREE_COLUMNS = 300
#: What a pane wants at least when panes are stacked in one column.
_WANTED = {"traffic": 14, "services": 14, "sprint": 15, "differences": 12, "sources": 8}
_STACKED_FIRST = ("services", "differences", "traffic", "sprint", "sources")
_HEADLINE = 3
#: The lowest pane of the sprint with a chart in it, and one without.
_LEAST_BURNDOWN, _FIGURES = 12, 6


class Box(Struct, frozen=True):
    """A rectangle of cells."""

    x: int
    y: int
    width: int
    height: int


class Plan(Struct, frozen=True):
    """Where each widget stands, by name; who is not in it is not shown.

    `tabs`: one pane only has room, so its border names the others. `alone`: a pane that has no
    place of its own has taken the others' place.
    """

    boxes: dict[str, Box] = {}
    tabs: bool = False
    alone: bool = False


def plan(
    width: int,
    height: int,
    *,
    focus: str,
    full: bool,
    services: int = 0,
    sources: int = 0,
    troubles: int = 0,
) -> Plan:
    """The plan for a terminal of `width` × `height`; `services`, `sources`: how many there are.

    `troubles`: lines of the sources' pane that must not be overlooked.
    """
    boxes = {"header": Box(0, 0, width, 1), "hints": Box(0, height - 1, width, 1)}
    top = 1
    roomy = height >= 34
    if not full and height >= 10:
        top += roomy
        boxes["headline"] = Box(0, top, width, _HEADLINE)
        top += _HEADLINE + (height >= 44)
    area = Box(0, top, width, max(0, height - 1 - top))
    if full:
        boxes[focus] = area
        return Plan(boxes)
    if not is_roomy(width, height):
        stacked = stack(area, focus, _WANTED, _STACKED_FIRST)
        return Plan(boxes | stacked, tabs=len(stacked) == 1)
    columns = _columns(area, services, sources, troubles)
    if focus not in columns:
        return Plan(boxes | {focus: area}, alone=True)
    return Plan(boxes | columns)


def is_roomy(width: int, height: int) -> bool:
    """Whether there is room for more than one column of panes."""
    return width >= _LEAST_WIDTH and height >= _LEAST_HEIGHT


def frame_plan(width: int, height: int, strip: int = 0) -> tuple[dict[str, Box], Box]:
    """Header, a strip of facts below it if `strip` lines are wanted, hints; and what is left."""
    boxes = {"header": Box(0, 0, width, 1), "hints": Box(0, height - 1, width, 1)}
    top = 1
    if strip and height >= 10:
        boxes["facts"] = Box(0, top, width, strip)
        top += strip
    return boxes, Box(0, top, width, max(0, height - 1 - top))


def split(total: int, wanted: Sequence[int]) -> list[int]:
    """`total` in parts proportional to `wanted`; what does not divide goes to the first."""
    return _shares(wanted, total)


def left_width(width: int) -> int:
    """The width of the left column of two."""
    return max(40, min(84, round(width * 0.40)))


def _columns(area: Box, services: int, sources: int, troubles: int) -> dict[str, Box]:
    left = left_width(area.width)
    wide = area.width >= _THREE_COLUMNS
    right = min(170, (area.width - left) * 55 // 100) if wide else area.width - left
    boxes: dict[str, Box] = {}
    strip = min(max(sources + 3, 5), 9) if area.height >= 38 or troubles else 0
    strip = min(strip + troubles, area.height // 2)
    traffic = round((area.height - strip) * 0.48)
    if area.height - strip - traffic < _LEAST_BURNDOWN:
        traffic = area.height - strip - _FIGURES
    y = area.y
    boxes["traffic"] = Box(area.x, y, left, traffic)
    boxes["sprint"] = Box(area.x, y + traffic, left, area.height - strip - traffic)
    if strip:
        boxes["sources"] = Box(area.x, y + area.height - strip, left, strip)
    if wide:
        rest = Box(area.x + left + right, y, area.width - left - right, area.height)
        boxes["services"] = Box(area.x + left, y, right, area.height)
        return boxes | {"differences": rest}
    most = max(round(area.height * 0.58), area.height - 16)
    upper = min(max(services + 3, 10), most) if services else most
    boxes["services"] = Box(area.x + left, y, right, upper)
    boxes["differences"] = Box(area.x + left, y + upper, right, area.height - upper)
    return boxes


def stack(area: Box, focus: str, wanted: Mapping[str, int], first: Sequence[str]) -> dict[str, Box]:
    """One column: the focused pane, and as many others as have room, in the order of `wanted`.

    `wanted`: the lines that each pane wants at least; `first`: who comes before whom.
    """
    chosen = [focus]
    for name in first:
        if name not in chosen and sum(map(wanted.__getitem__, [*chosen, name])) <= area.height:
            chosen.append(name)
    chosen.sort(key=list(wanted).index)
    heights = _shares([wanted[name] for name in chosen], area.height)
    boxes, y = {}, area.y
    for name, height in zip(chosen, heights, strict=True):
        boxes[name] = Box(area.x, y, area.width, height)
        y += height
    return boxes


def _shares(wanted: Sequence[int], total: int) -> list[int]:
    heights = [total * want // sum(wanted) for want in wanted]
    heights[0] += total - sum(heights)
    return heights
