"""Finding names by a few of their letters. Pure.

Letters must come in their order, anywhere in the name. Best first: names that begin with what was
typed; then those with a word that does (words begin after `.`, `_`, `-`, blanks, and at capitals);
then those whose words' first letters it is; then those that hold it in one piece; then, up to a
hundred in all, the rest, in as few pieces as possible. Among equals the shorter one is first, then
the one that came first.
"""

import re
from collections.abc import Sequence

_MARK = "\0"
#: Where words begin: at the start, after what is no letter or digit, at capitals, at digits.
_WORD_START = re.compile(
    r"(?:(?<=[^\w])|(?<=_)|^)[^\W_]|(?<=[a-z0-9])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])|(?<=[a-zA-Z])\d"
)
#: Scattered letters find only as many names as there are fewer than this; first those with a word
#: that begins with the first two of them.
_ENOUGH = 100


class Finder:
    """Finds in `names`. What was found for `ab` is where `abc` is looked for."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._lowered = [lowered(name) for name in names]
        #: The first letters of the words; and the whole name, and the name from each word on, each
        #: behind a mark.
        self._initials: list[str] = []
        self._words: list[str] = []
        for name, low in zip(names, self._lowered, strict=True):
            starts = word_starts(name)
            self._initials.append("".join([low[start] for start in starts]))
            self._words.append("".join([_MARK + low[start:] for start in {0, *starts}]))
        #: The shorter first, then as they came.
        self._order = sorted(range(len(names)), key=lambda i: len(names[i]))
        #: Letters that were looked for, and every name that holds them in their order.
        self._found: list[tuple[str, list[int]]] = []

    def find(self, typed: str) -> list[int]:
        """The indexes of the names that `typed` finds, best first; all of them for no letters."""
        return [i for tier in self.tiers(typed) for i in tier]

    def tiers(self, typed: str) -> tuple[list[int], ...]:
        """What `find` finds, in the five kinds of finding that the module names, best first."""
        query = lowered(typed.strip())
        letters = "".join(query.split())
        while self._found and not letters.startswith(self._found[-1][0]):
            self._found.pop()
        among = self._found[-1][1] if self._found else self._order
        if not letters:
            return (among, [], [], [], [])
        names, words = self._lowered, self._words
        mark = _MARK + query
        whole = [i for i in among if query in names[i]]
        worded = [i for i in whole if mark in words[i]]
        within = [i for i in whole if mark not in words[i]]
        begins = [i for i in worded if names[i].startswith(query)]
        word = [i for i in worded if not names[i].startswith(query)]
        if len(query) == 1:
            self._keep(letters, whole)
            return (begins, word, [], within, [])
        initials = self._by_initials(query, letters, among)
        scattered: list[int] = []
        if len(whole) + len(initials) < _ENOUGH:
            holds = _in_order(letters).match
            last = letters[-1]
            hits = [i for i in among if last in names[i] and holds(names[i])]
            self._keep(letters, hits)
            known = {*whole, *initials}
            head = _MARK + letters[:2]
            rest = [i for i in hits if i not in known]
            likely = [i for i in rest if head in words[i]]
            if len(known) + len(likely) < _ENOUGH:
                likely += [i for i in rest if head not in words[i]]
            scattered = likely[: _ENOUGH - len(known)]
            scattered.sort(key=lambda i: _pieces(marks(self.names[i], query)))
        return (begins, word, initials, within, scattered)

    def _by_initials(self, query: str, letters: str, among: list[int]) -> list[int]:
        names, initials = self._lowered, self._initials
        first, last = letters[0], letters[-1]
        likely = [i for i in among if first in initials[i] and last in initials[i]]
        holds = _in_order(letters).match
        return [i for i in likely if holds(initials[i]) and query not in names[i]]

    def _keep(self, letters: str, hits: list[int]) -> None:
        if not self._found or self._found[-1][0] != letters:
            self._found.append((letters, hits))


def word_starts(name: str) -> list[int]:
    """Where the words of a name begin: `User.lastSeen` → 0, 5, 9."""
    return [found.start() for found in _WORD_START.finditer(name)]


def lowered(text: str) -> str:
    """`text` in lower case, letter by letter, so that positions stay where they are."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def marks(name: str, typed: str) -> tuple[int, ...]:
    """The positions in `name` of the letters that `typed` found; () if it does not find it."""
    query, low = lowered(typed.strip()), lowered(name)
    letters = "".join(query.split())
    if not letters:
        return ()
    starts = word_starts(name)
    at = low.find(query)
    if at >= 0:
        at = next((start for start in starts if low.startswith(query, start)), at)
        return tuple(range(at, at + len(query)))
    if not _in_order(letters).match(low):
        return ()
    if _in_order(letters).match("".join(low[start] for start in starts)):
        return _first_of(letters, low, starts)
    return _tight(letters, low, starts)


def _in_order(letters: str) -> re.Pattern[str]:
    """Matches text that holds `letters` in their order; possessive, so it never goes back."""
    return re.compile("".join(f"[^{re.escape(c)}]*+{re.escape(c)}" for c in letters), re.DOTALL)


def _first_of(letters: str, low: str, places: Sequence[int]) -> tuple[int, ...]:
    """The first places in their order that hold `letters`."""
    found: list[int] = []
    for place in places:
        if len(found) < len(letters) and low[place] == letters[len(found)]:
            found.append(place)
    return tuple(found)


def _tight(letters: str, low: str, starts: Sequence[int]) -> tuple[int, ...]:
    """Places of `letters` that prefer the start of a word, then the letter behind the last one.

    A place is only taken where what is left of `letters` still comes behind it.
    """
    last: list[int] = []
    end = len(low)
    for letter in reversed(letters):
        end = low.rfind(letter, 0, end)
        last.append(end)
    last.reverse()
    found: list[int] = []
    place = -1
    for letter, latest in zip(letters, last, strict=True):
        following = place + 1
        if found and following <= latest and low[following] == letter:
            place = following
        else:
            words = (s for s in starts if place < s <= latest and low[s] == letter)
            place = next(words, -1)
            if place < 0:
                place = low.find(letter, following)
        found.append(place)
    return tuple(found)


def _pieces(places: Sequence[int]) -> int:
    """In how many pieces the found letters stand."""
    return sum(1 for i, place in enumerate(places) if i == 0 or place != places[i - 1] + 1)
