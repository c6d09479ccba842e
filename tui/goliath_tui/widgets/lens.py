"""The filter that a reader types: a regular expression, or `!` and one that must not match."""

import re

from msgspec import Struct

#: Text longer than this is not searched further: no name needs it, and a slow pattern cannot stall.
_SEARCHED = 400
LONGEST = 200
#: A group that ends in a repeat and is itself repeated, as in `(a+)+`: the usual shape of a pattern
#: that takes exponential time, which would hold up the whole screen.
_REPEATED_REPEAT = re.compile(r"[*+}][^()]*\)[*+{]")


class LensError(ValueError):
    """The text is no regular expression (yet). `str()` says why in a few calm words."""


class Lens(Struct, frozen=True):
    """What passes the filter. `text` is what was typed; an empty one lets everything pass."""

    text: str
    pattern: re.Pattern[str] | None
    inverted: bool = False

    def passes(self, haystack: str) -> bool:
        """Whether a row with this text is shown."""
        if self.pattern is None:
            return True
        return (self.pattern.search(haystack[:_SEARCHED]) is not None) is not self.inverted

    def __bool__(self) -> bool:
        return self.pattern is not None


NO_LENS = Lens("", None)


def parse_lens(text: str) -> Lens:
    """`progress`, `^User\\.`, `!date` → a lens. Case is ignored until a capital is typed."""
    inverted = text.startswith("!")
    body = text[1:] if inverted else text
    if not body:
        return Lens(text, None)
    if len(body) > LONGEST:
        raise LensError(f"longer than {LONGEST} characters")
    if _REPEATED_REPEAT.search(body):
        raise LensError("a repeat inside a repeated group can take for ever")
    flags = 0 if any(ch.isupper() for ch in re.sub(r"\\.", "", body)) else re.IGNORECASE
    try:
        return Lens(text, re.compile(body, flags), inverted)
    except (re.error, RecursionError, OverflowError) as error:
        raise LensError(_calm(error)) from None


def _calm(error: Exception) -> str:
    reason = getattr(error, "msg", "") or "too deep"
    return reason[:60]
