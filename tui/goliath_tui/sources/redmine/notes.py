"""What is odd about a Redmine though nothing failed, each as one line that says what to do."""

from __future__ import annotations

from collections.abc import Iterator

from goliath_tui.clean import clean_text
from goliath_tui.sources.redmine import Options
from goliath_tui.sources.redmine.history import Now, is_called
from goliath_tui.sources.redmine.place import Place
from goliath_tui.sources.redmine.wire import PAGE, Issue

MOST_ODD = 100
_LONGEST = 400
_SHOWN = 3
#: So many issues in a row without a custom field make it likely that nobody has it any more.
_MANY = 20
_YET_TO_COME = "yet to come"


def remember(place: Place, issue: Issue, now: Now, options: Options, *, yet_to_come: bool) -> None:
    """Keeps what is odd about an issue, and which rule fits it, for as long as it is so."""
    number = issue.id
    place.odd.pop(number, None)
    for name in options.custom_fields():
        has = any(is_called(name, each.name, each.id) for each in issue.custom_fields)
        place.lacking[name] = 0 if has else place.lacking.get(name, 0) + 1
    if now.rule is not None and now.rule not in place.fits:
        place.fits.append(now.rule)
    what = _YET_TO_COME if yet_to_come else now.odd
    if what is not None and len(place.odd) < MOST_ODD:
        place.odd[number] = what


def notes(place: Place, options: Options, ahead: int, *, any_item: bool) -> list[str]:
    """What is odd about all that was told so far. `ahead`: issues that are still to be read."""
    return [clean_text(note, _LONGEST) for note in _notes(place, options, ahead, any_item)]


def _notes(place: Place, options: Options, ahead: int, any_item: bool) -> Iterator[str]:
    early = [number for number, what in place.odd.items() if what == _YET_TO_COME]
    wrong = [(number, what) for number, what in place.odd.items() if what != _YET_TO_COME]
    if early:
        shown = ", ".join(f"#{number}" for number in early[:_SHOWN])
        yield (
            f"{_count(len(early), 'issue')} changed more than a day from now ({shown}), which is "
            "left out: compare the clocks of Redmine and of this machine"
        )
    if wrong:
        shown = ", ".join(f"#{number}: {what}" for number, what in wrong[:_SHOWN])
        yield f"{_count(len(wrong), 'item')} without usable points: {shown}"
    for name, count in place.lacking.items():
        if count >= _MANY and name in options.custom_fields():
            yield (
                f"none of the last {count:,} issues that were read has a custom field {name}: was "
                "it renamed, deleted or hidden from the user of the key?"
            )
    if not place.filled:
        if options.history == "journals" and ahead > PAGE:
            yield (
                f"{ahead:,} issues are still to be read, one request each; `history: none` would "
                "read them a hundred at a time"
            )
    elif any_item:
        idle = [
            f"{rule.service} ({', '.join(f'{k} {v}' for k, v in rule.patterns().items())})"
            for number, rule in enumerate(options.services)
            if number not in place.fits
        ]
        if idle:
            rules = "the rule" if len(idle) == 1 else "the rules"
            yield f"no item fits {rules} for {'; '.join(idle[:_SHOWN])}: check `services:`"
    if options.history == "none":
        yield (
            "with `history: none` an item's past is not read: how it stood before it was first "
            "seen is not known"
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
