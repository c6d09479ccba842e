"""The overview in every state and size, as text, against pictures that a person has looked at."""

from collections.abc import Sequence

import pytest

from tests.ui import factory
from tests.ui.pictures import SIZES, check
from tests.ui.states import STATES
from tests.ui.still import make_app, text


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
async def test_state(state: str, size: tuple[int, int]) -> None:
    app = make_app(STATES[state]())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await check(pilot, f"{state}-{size[0]}x{size[1]}", lambda: text(app))


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("frozen", (80, 24), ("space",)),
        ("frozen", (120, 36), ("space",)),
        ("frozen", (240, 60), ("space",)),
        ("traffic", (80, 24), ("1",)),
        ("sprint", (80, 24), ("3",)),
        ("differences", (80, 24), ("4",)),
        ("sources", (80, 24), ("5",)),
        ("sources", (120, 36), ("5",)),
        ("filter", (120, 36), ("slash", "c", "o", "n")),
        ("filter-wrong", (120, 36), ("slash", "left_parenthesis")),
        ("help", (80, 24), ("question_mark",)),
        ("help", (120, 36), ("3", "question_mark")),
        ("full", (120, 36), ("f",)),
    ],
)
async def test_after_keys(name: str, size: tuple[int, int], keys: Sequence[str]) -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=size) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        await check(pilot, f"{name}-{size[0]}x{size[1]}", lambda: text(app))


async def test_no_size_breaks_the_picture() -> None:
    app = make_app(factory.snapshot())
    async with app.run_test(size=(120, 36)) as pilot:
        for size in ((1, 1), (30, 8), (99, 29), (400, 120)):
            await pilot.resize_terminal(*size)
            for key in "12345":
                await pilot.press(key)
            lines = text(app).splitlines()
            assert len(lines) <= size[1]
            assert all(len(line) <= size[0] for line in lines)
