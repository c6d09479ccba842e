"""What the picture promises whatever the data: no markup, no colour where none is wanted."""

import pytest
from msgspec.structs import replace

from goliath_tui.domain import Snapshot
from tests.ui import factory
from tests.ui.big import reads_words
from tests.ui.states import STATES, failing, past, stale
from tests.ui.still import Clock, make_app, rows, text

HOSTILE = "[bold red]a[/] [@click=app.quit]b[/]\x1b[31m\x1b]8;;http://x\x07\u202ec\u200d\x9b2J\nd"


def hostile() -> Snapshot:
    picture = factory.snapshot(3)
    assert picture.mismatches is not None
    assert picture.sprint is not None
    return replace(
        picture,
        migration=HOSTILE,
        services=tuple(
            replace(row, name=f"{HOSTILE}{i}", team=HOSTILE)
            for i, row in enumerate(picture.services)
        ),
        sprint=replace(picture.sprint, name=HOSTILE),
        milestones=tuple(replace(row, name=HOSTILE) for row in picture.milestones),
        mismatches=replace(
            picture.mismatches,
            feed=tuple(
                replace(row, service=HOSTILE, field=HOSTILE, path=HOSTILE)
                for row in picture.mismatches.feed
            ),
        ),
        sources=tuple(replace(source, error=HOSTILE) for source in failing().sources),
    )


@pytest.mark.parametrize("size", [(80, 24), (240, 60)])
async def test_hostile_text_is_drawn_as_text(size: tuple[int, int]) -> None:
    app = make_app(hostile())
    async with app.run_test(size=size) as pilot:
        for keys in ((), ("1",), ("3",), ("4",), ("5",), ("question_mark",), ("escape", "f")):
            await pilot.press(*keys)
            await pilot.pause()
            for row in rows(app):
                drawn = "".join(segment.text for segment in row)
                assert drawn.isprintable()
                assert all("@click" not in (s.style.meta if s.style else {}) for s in row)
        assert "[bold red]a[/]" in text(app)
        await pilot.press("escape")
        for y in range(0, size[1], 5):
            await pilot.click(offset=(12, y))
        assert app.is_running


@pytest.mark.parametrize("state", ["live", "loading", "failing", "past"])
async def test_without_colour_marks_say_it_all(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(STATES[state]())
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        for row in rows(app):
            for segment in row:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default
                assert style is None or style.bgcolor is None or style.bgcolor.is_default


async def picture_of(snapshot: Snapshot, *keys: str, theme: str | None = None) -> str:
    app = make_app(snapshot, theme=theme)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        return text(app)


async def test_states_differ_in_text_not_only_in_colour() -> None:
    live = await picture_of(factory.snapshot())
    assert "▸analytics" in live
    assert "NEW" in live
    assert "!2.98" in live
    assert "REHEARSAL" in live
    assert "◷ 7 m old" in await picture_of(stale())
    broken = await picture_of(failing())
    assert "✕ 4 m" in broken
    assert "⊘ 1 h" in broken
    assert "◂ in the past" in await picture_of(past())
    assert "‖ frozen" in await picture_of(factory.snapshot(), "space")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (240, 60)])
async def test_a_rehearsal_that_was_left_running_says_which_week_it_tells_of(
    size: tuple[int, int],
) -> None:
    ends = factory.NOW + 1
    clock = Clock()
    app = make_app(factory.snapshot(), clock=clock, week=(ends - 7 * factory.DAY, ends))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "REHEARSAL" in text(app)
        assert "REHEARSAL of" not in text(app)
        clock.now += 1
        app._tick()
        await pilot.pause()
        first = text(app).splitlines()[0]
        assert "REHEARSAL of 12 Aug" in first
        assert ("over: start again" in first) is (size[0] > 80)
        assert "14:03:27" in first
        await pilot.press("w")
        assert reads_words(text(app), "REHEARSAL of 12 Aug")


@pytest.mark.parametrize(
    "theme", ["goliath-light", "textual-light", "textual-dark", "nord", "ansi-dark", "ansi-light"]
)
async def test_every_theme_draws_the_same_picture(theme: str) -> None:
    assert await picture_of(factory.snapshot(), theme=theme) == await picture_of(factory.snapshot())


async def test_an_unknown_theme_is_said_and_ours_is_on() -> None:
    app = make_app(factory.snapshot(), theme="solarised")
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert app.theme == "goliath"
        assert "there is no theme solarised" in text(app)


async def test_unknown_is_a_dash_never_a_zero() -> None:
    lines = (await picture_of(factory.nothing_yet())).splitlines()
    assert [part for part in lines[2].split("  ") if part.strip()] == [
        " points done –", " fields migrated –", "traffic on new –", "legacy retired –",
    ] or all(word in lines[2] for word in ("points done –", "traffic on new –"))  # fmt: skip
    assert "█" not in lines[3]
    assert "0" not in lines[4]
