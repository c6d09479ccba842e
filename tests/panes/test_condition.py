"""How a pane feels, out of the sources that it depends on."""

import pytest
from msgspec.structs import replace

from goliath_tui.domain import Progress, SourceHealth, SourceState
from goliath_tui.panes.condition import (
    MARKS,
    Condition,
    Moment,
    Mood,
    condition,
    filled_share,
    givers,
    worst,
)

NOW = 1_000_000_000
GIVES = {
    "gateway": frozenset({"traffic", "fields"}),
    "tracker": frozenset({"points", "sprint"}),
    "mirror": frozenset({"traffic"}),
}


def source(
    name: str = "gateway", state: SourceState = SourceState.OK, **more: object
) -> SourceHealth:
    health = SourceHealth(
        name=name,
        kind=name,
        state=state,
        every_ms=10_000,
        last_poll=NOW,
        last_success=NOW - 420_000,
    )
    return replace(health, **more)


def feel(
    *sources: SourceHealth, known: bool = True, needs: tuple[str, ...] = ("traffic",)
) -> Condition:
    return condition(
        what="traffic", needs=needs, known=known, sources=sources, gives=GIVES, moment=Moment(NOW)
    )


def test_every_state_has_its_own_mark() -> None:
    assert set(MARKS) == set(SourceState)
    assert len(set(MARKS.values())) == len(MARKS)


@pytest.mark.parametrize(
    ("state", "mood", "note", "faded"),
    [
        (SourceState.OK, Mood.LIVE, "", False),
        (SourceState.STALE, Mood.STALE, "◷ 7 m old", True),
        (SourceState.FAILING, Mood.FAILING, "✕ 7 m · no route", True),
        (SourceState.REFUSED, Mood.REFUSED, "⊘ 7 m · gateway refuses the credentials", True),
        (SourceState.OFF, Mood.OFF, "○ 7 m · gateway is off", True),
    ],
)
def test_kept_figures_carry_their_age(
    state: SourceState, mood: Mood, note: str, faded: bool
) -> None:
    felt = feel(source(state=state, error="no route"))
    assert (felt.mood, felt.note, felt.faded, felt.blank) == (mood, note, faded, False)


@pytest.mark.parametrize(
    ("health", "mood", "words"),
    [
        (
            source(last_poll=None, last_success=None, state=SourceState.OFF),
            Mood.EMPTY,
            "not been asked",
        ),
        (source(last_success=None), Mood.EMPTY, "waiting for the first answer from gateway"),
        (source(), Mood.EMPTY, "gateway answered 7 m ago"),
        (
            source(state=SourceState.FAILING, error="no route", next_at=NOW + 12_000),
            Mood.FAILING,
            "no route next try in 12 s",
        ),
        (
            source(state=SourceState.REFUSED, error="401"),
            Mood.REFUSED,
            "refuses the credentials 401",
        ),
        (
            source(progress=Progress(pages=3, rows=1_200, remaining=3_600)),
            Mood.LOADING,
            "3 pages · 1,200 rows",
        ),
    ],
)
def test_without_figures_it_says_what_it_waits_for(
    health: SourceHealth, mood: Mood, words: str
) -> None:
    felt = feel(health, known=False)
    assert felt.mood is mood
    assert felt.blank
    assert words in " ".join((felt.sentence, *felt.details))
    assert felt.short


def test_it_says_so_when_no_source_gives_what_it_needs() -> None:
    felt = feel(source("tracker"), known=False)
    assert (felt.mood, felt.blank) == (Mood.EMPTY, True)
    assert felt.details == ("no configured source gives this",)


def test_a_fill_under_way_shows_beside_the_figures_that_are_there() -> None:
    felt = feel(source(progress=Progress(pages=1, rows=100, remaining=300)))
    assert felt.note == "filling 25.0 %"
    assert not felt.faded


def test_the_worst_source_speaks_and_others_do_not_matter() -> None:
    assert feel(source(), source("mirror", SourceState.STALE)).mood is Mood.STALE
    assert feel(source(), source("tracker", SourceState.REFUSED)).mood is Mood.LIVE
    assert worst([]) is None
    assert [s.name for s in givers(("points",), (source(), source("tracker")), GIVES)] == [
        "tracker"
    ]


def test_the_share_of_a_fill() -> None:
    assert filled_share(Progress(pages=1, rows=1)) is None
    assert filled_share(Progress(pages=1, rows=0, remaining=0)) == 1.0


def test_a_frozen_picture_does_not_age_and_the_past_stands_still() -> None:
    assert Moment(NOW).pictured == NOW
    assert Moment(NOW, frozen_at=NOW - 5).pictured == NOW - 5
    assert Moment(NOW, past=7).pictured == 7


def test_in_the_past_what_a_source_told_later_is_not_called_old() -> None:
    never = SourceHealth(name="gateway", kind="x", state=SourceState.OFF, every_ms=10_000)
    gives = {"gateway": frozenset({"traffic"})}
    past = Moment(now=5_000_000, past=1_000_000)
    kept = condition(
        what="traffic", needs=("traffic",), known=True, sources=(never,), gives=gives, moment=past
    )
    assert (kept.mood, kept.faded, kept.note) == (Mood.LIVE, False, "told later")
    unknown = condition(
        what="traffic", needs=("traffic",), known=False, sources=(never,), gives=gives, moment=past
    )
    assert unknown.blank
    assert unknown.sentence == "no traffic at this moment"
