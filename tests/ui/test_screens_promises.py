"""What the screens of sprints and sources promise: no markup, no colour that is needed."""

import pytest
from msgspec.structs import replace

from goliath_tui.app import GoliathApp
from goliath_tui.domain import Snapshot
from goliath_tui.domain.subjects import SourcesDetail, SourcesOf, SprintOf, Subject
from goliath_tui.screens.view import View
from tests.ui import factory, sprints
from tests.ui.states import failing
from tests.ui.still import make_app, rows, text
from tests.ui.test_safety import HOSTILE, hostile
from tests.ui.waiting import until

SUBJECTS: tuple[Subject, ...] = (SprintOf("43"), SourcesOf())
SIZES = ((80, 24), (120, 36), (240, 60))


def hostile_store(picture: Snapshot) -> sprints.PastStore:
    """Every text that a tracker, a gateway or an error can bring is hostile."""
    store = sprints.PastStore(picture)
    detail = sprints.detail()
    store.details[SprintOf("43")] = replace(
        detail,
        figures=replace(detail.figures, name=HOSTILE),
        by_service=tuple(replace(part, service=HOSTILE) for part in detail.by_service[:1]),
        items=tuple(replace(item, title=HOSTILE, service=HOSTILE) for item in detail.items),
        sprints=tuple(replace(row, name=HOSTILE) for row in detail.sprints),
    )
    polls = sprints.polls().polls
    store.details[SourcesOf()] = SourcesDetail(
        polls={
            name: tuple(replace(poll, error=HOSTILE) for poll in of) for name, of in polls.items()
        }
    )
    return store


def answered(app: GoliathApp) -> bool:
    view = app.screen
    return isinstance(view, View) and len(app.screen_stack) == 2 and view.answered


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: type(subject).__name__)
async def test_hostile_text_is_drawn_as_text(subject: Subject, size: tuple[int, int]) -> None:
    picture = hostile()
    app = make_app(picture, store=hostile_store(picture))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app._who._trouble = HOSTILE
        app._who._tell()
        await app.open(subject)
        await until(pilot, lambda: answered(app))
        for keys in ((), ("1",), ("2",), ("3",), ("4",), ("f",), ("question_mark",)):
            await pilot.press(*keys)
            await pilot.pause()
            for row in rows(app):
                assert "".join(segment.text for segment in row).isprintable()
                assert all("@click" not in (s.style.meta if s.style else {}) for s in row)
        await pilot.press("escape", "f", "1")
        for y in range(0, size[1], 5):
            await pilot.click(offset=(12, y))
        assert app.is_running


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: type(subject).__name__)
async def test_without_colour_marks_say_it_all(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(failing(), store=sprints.PastStore(failing()))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await app.open(subject)
        await until(pilot, lambda: answered(app))
        assert "✕" in text(app) or "⊘" in text(app)
        for row in rows(app):
            for segment in row:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default
                assert style is None or style.bgcolor is None or style.bgcolor.is_default


async def picture_of(subject: Subject, theme: str) -> str:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture), theme=theme)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await app.open(subject)
        await until(pilot, lambda: answered(app))
        return text(app)


@pytest.mark.parametrize("theme", ["goliath-light", "textual-dark", "ansi-dark", "ansi-light"])
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: type(subject).__name__)
async def test_every_theme_draws_the_same_picture(subject: Subject, theme: str) -> None:
    assert await picture_of(subject, theme) == await picture_of(subject, "goliath")


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: type(subject).__name__)
async def test_what_has_not_changed_is_not_drawn_again(subject: Subject) -> None:
    picture = factory.snapshot()
    app = make_app(picture, store=sprints.PastStore(picture))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await app.open(subject)
        await until(pilot, lambda: answered(app))
        view = app.screen
        assert isinstance(view, View)
        drawn: list[str] = []
        for pane in view.query("*"):
            if hasattr(pane, "redraw"):
                pane.redraw = lambda name=pane.id: drawn.append(str(name))
        view.show(view.snapshot, view.moment)
        view.tick(view.moment)
        assert drawn == []
