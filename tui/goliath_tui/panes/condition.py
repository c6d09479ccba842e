"""How a pane feels: live, waiting, filling, stale, failing, refused, frozen or in the past. Pure.

A pane needs measures; sources give them. Which source gives what comes with the settings, so that
no pane knows a source by its name. The worst source that a pane depends on speaks for it.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct

from goliath_tui.domain import Progress, SourceHealth, SourceState
from goliath_tui.widgets import format as fmt


class Mood(Enum):
    """What a pane shows and how."""

    LIVE = "live"
    EMPTY = "empty"
    LOADING = "loading"
    STALE = "stale"
    FAILING = "failing"
    REFUSED = "refused"
    OFF = "off"


class Condition(Struct, frozen=True):
    """The state of a pane.

    `note` is for the border, `short` (mark and age) for where there is less room; `sentence` and
    `details` stand in a pane that has no figures (`blank`). `faded`: figures are kept but old.
    `progress` belongs to a first fill. `source` is who it speaks for.
    """

    mood: Mood
    note: str = ""
    short: str = ""
    sentence: str = ""
    details: tuple[str, ...] = ()
    faded: bool = False
    blank: bool = False
    progress: Progress | None = None
    source: str = ""


class Moment(Struct, frozen=True):
    """Which moment the screen shows. `past`: the moment that was asked for; None: live.

    `week`: when the week began that a rehearsal tells of, once that week has passed.
    """

    now: int
    frozen_at: int | None = None
    past: int | None = None
    week: int | None = None

    @property
    def pictured(self) -> int:
        """What ages are counted from: a frozen picture does not age, nor does one of the past."""
        if self.past is not None:
            return self.past
        return self.now if self.frozen_at is None else self.frozen_at


MARKS = {
    SourceState.OK: "●",
    SourceState.STALE: "◷",
    SourceState.FAILING: "✕",
    SourceState.REFUSED: "⊘",
    SourceState.OFF: "○",
}
_WORST_FIRST = (
    SourceState.REFUSED,
    SourceState.FAILING,
    SourceState.STALE,
    SourceState.OFF,
    SourceState.OK,
)
LIVE = Condition(Mood.LIVE)


def worst(sources: Sequence[SourceHealth]) -> SourceHealth | None:
    """The source that feels worst; of equals the first."""
    return min(sources, key=lambda source: _WORST_FIRST.index(source.state), default=None)


def givers(
    needs: Sequence[str], sources: Sequence[SourceHealth], gives: Mapping[str, frozenset[str]]
) -> list[SourceHealth]:
    """The sources that give any of what is needed. `gives`: source name → what it gives."""
    return [
        source for source in sources if not gives.get(source.name, frozenset()).isdisjoint(needs)
    ]


def condition(
    *,
    what: str,
    needs: Sequence[str],
    known: bool,
    sources: Sequence[SourceHealth],
    gives: Mapping[str, frozenset[str]],
    moment: Moment,
) -> Condition:
    """The state of a pane that shows `what` and needs `needs`; `known`: it has figures to show."""
    relevant = givers(needs, sources, gives)
    speaker = worst(relevant)
    if speaker is None:
        return Condition(
            Mood.EMPTY,
            sentence=f"no {what} yet",
            details=("no configured source gives this",),
            blank=not known,
        )
    if known:
        return _kept(speaker, moment)
    return _waiting(what, relevant, speaker, moment)


def _kept(source: SourceHealth, moment: Moment) -> Condition:
    name = source.name
    age = fmt.age(_since(source.last_success, moment))
    short = f"{MARKS[source.state]} {age}"
    if moment.past is not None and source.enabled and source.last_poll is None:
        # Nobody asked it yet at that moment: what is shown is history that it told later.
        return Condition(Mood.LIVE, "told later", source=name)
    if source.state is SourceState.REFUSED:
        note = f"{short} · {name} refuses the credentials"
        return Condition(Mood.REFUSED, note, short, faded=True, source=name)
    if source.state is SourceState.FAILING:
        why = in_short(source.error) if source.error else f"the last poll of {name} failed"
        note = f"{short} · {why}"
        return Condition(Mood.FAILING, note, short, faded=True, source=name)
    if source.state is SourceState.STALE:
        return Condition(Mood.STALE, f"{short} old", short, faded=True, source=name)
    if source.state is SourceState.OFF:
        return Condition(Mood.OFF, f"{short} · {name} is off", short, faded=True, source=name)
    if source.progress is not None and source.progress.remaining:
        note = f"filling {fmt.percent(filled_share(source.progress))}"
        return Condition(Mood.LOADING, note, note, progress=source.progress, source=name)
    return Condition(Mood.LIVE, source=name)


def _waiting(
    what: str, relevant: Sequence[SourceHealth], speaker: SourceHealth, moment: Moment
) -> Condition:
    name = speaker.name
    if moment.past is not None:
        return Condition(
            Mood.EMPTY,
            short="none then",
            sentence=f"no {what} at this moment",
            details=("nothing that is known reaches back to it",),
            blank=True,
            source=name,
        )
    if speaker.state is SourceState.REFUSED:
        return Condition(
            Mood.REFUSED,
            short=f"{MARKS[SourceState.REFUSED]} refused",
            sentence=f"{name} refuses the credentials",
            details=(speaker.error,) if speaker.error else (),
            blank=True,
            source=name,
        )
    if speaker.state is SourceState.FAILING:
        return Condition(
            Mood.FAILING,
            short=f"{MARKS[SourceState.FAILING]} failing",
            sentence=f"no {what} yet: {name} does not answer as it should",
            details=tuple(filter(None, (speaker.error, _next_try(speaker, moment)))),
            blank=True,
            source=name,
        )
    filling = next((source for source in relevant if source.progress is not None), None)
    if filling is not None and filling.progress is not None:
        pages, rows = filling.progress.pages, filling.progress.rows
        share = filled_share(filling.progress)
        done = f"{fmt.short_count(rows)} rows" if share is None else fmt.percent(share)
        return Condition(
            Mood.LOADING,
            short=f"filling {done}",
            sentence=f"first fill from {filling.name}",
            details=(f"{fmt.plural(pages, 'page')} · {fmt.plural(rows, 'row')}",),
            blank=True,
            progress=filling.progress,
            source=filling.name,
        )
    if speaker.last_success is not None:
        short = "none yet"
        detail = f"{name} answered {fmt.age(_since(speaker.last_success, moment))} ago"
    else:
        short = "waiting"
        if not speaker.enabled:
            detail = f"{name} is switched off in the config"
        elif speaker.state is SourceState.OFF:
            detail = f"{name} has not been asked yet"
        else:
            detail = f"waiting for the first answer from {name}"
    return Condition(
        Mood.EMPTY,
        short=short,
        sentence=f"no {what} yet",
        details=(detail,),
        blank=True,
        source=name,
    )


def in_short(error: str) -> str:
    """An error without the address that it begins with, for where there is little room."""
    address, _, reason = error.partition(" ")
    return reason if address.startswith(("http://", "https://")) and reason else error


def filled_share(progress: Progress) -> float | None:
    """How much of a first fill is done; None when the source gave no estimate."""
    if progress.remaining is None:
        return None
    total = progress.rows + progress.remaining
    return progress.rows / total if total else 1.0


def _next_try(source: SourceHealth, moment: Moment) -> str:
    if source.next_at is None:
        return ""
    wait = max(0, source.next_at - moment.pictured)
    return f"next try in {fmt.age(wait)}" if wait >= 1000 else "trying again"


def _since(at: int | None, moment: Moment) -> int | None:
    return None if at is None else moment.pictured - at
