"""The pages that programs show their counters on: Prometheus' text format 0.0.4, and OpenMetrics.

Such a page may be megabytes long, of which we want a few lines. So the metrics that are wanted are
looked for by name, and only their lines are read in full; what else is on the page is not looked
at. Help, types, timestamps and exemplars tell us nothing: all that we want has a known name, is a
counter or a gauge, and is as of the moment at which it was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Every repetition is possessive: what it took it keeps, so that no page can make matching slow.
_NAMED = r'[ \t]*+([a-zA-Z_][a-zA-Z0-9_]*+)[ \t]*+=[ \t]*+"((?:[^"\\]|\\.)*+)"[ \t]*+'
_LABELS = re.compile(_NAMED)
#: Labels, their end, and the value; what comes after that (timestamp, exemplar) is left alone.
_LINE = re.compile(
    r"[ \t]*+(?:\{("
    r'(?:[ \t]*+[a-zA-Z_][a-zA-Z0-9_]*+[ \t]*+=[ \t]*+"(?:[^"\\]|\\.)*+"[ \t]*+(?:,|(?=\})))*+'
    r")[ \t]*+\}[ \t]*+)?+([^ \t#{}]++)(?:[ \t]|$)"
)
_NAME = re.compile(rb"^[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t{]", re.MULTILINE)
_ESCAPED = re.compile(r'\\[\\n"]')
_ESCAPES = {r"\\": "\\", r"\n": "\n", r"\"": '"'}


class Sample(NamedTuple):
    """One line: a series, and its value."""

    name: str
    labels: dict[str, str]
    value: float


class NotExposition(ValueError):  # noqa: N818 - it says what the page is not
    """The page, or a line that is wanted, is not in the format. `str()` says where, not what."""


def samples(page: bytes, names: Iterable[str]) -> Iterator[Sample]:
    """All samples of these metrics, metric by metric. Raises NotExposition.

    A metric is named as on the page: a counter with its `_total`, a histogram with `_bucket`.
    """
    check_end(page)
    for name in names:
        for number, rest in _lines(page, name.encode()):
            yield _sample(name, rest, number)


def check_end(page: bytes) -> None:
    """Raises NotExposition where the last line is not whole: its figure could be cut short.

    OpenMetrics may end without an end of line, for it has an end of its own.
    """
    if page and not page.endswith((b"\n", b"\n# EOF")):
        raise NotExposition("ends in the middle of a line")


def names_on(page: bytes, most: int = 100_000) -> set[str]:
    """The names of the metrics on the page, as far as it could be one; for advice."""
    found: set[str] = set()
    for match in _NAME.finditer(page):
        found.add(match[1].decode())
        if len(found) >= most:
            break
    return found


def _lines(page: bytes, name: bytes) -> Iterator[tuple[int, str]]:
    """Lines that begin with the metric: where each stands, and what follows its name.

    Every byte of the page is looked at a fixed number of times, whatever stands there.
    """
    begins = 0
    while (found := page.find(name, begins)) >= 0:
        line = page.rfind(b"\n", begins, found) + 1 or begins
        ends = page.find(b"\n", found)
        if ends < 0:
            return
        after = found + len(name)
        if page[after : after + 1] in {b" ", b"\t", b"{"} and not page[line:found].strip(b" \t"):
            try:
                yield line, page[after:ends].rstrip(b"\r").decode()
            except UnicodeDecodeError:
                raise _wrong(line, "is not UTF-8 text") from None
        begins = ends + 1


def _sample(name: str, rest: str, line: int) -> Sample:
    match = _LINE.match(rest)
    if match is None:
        raise _wrong(line, "has neither labels nor a value that can be read")
    labels = {}
    if match[1]:
        for label, value in _LABELS.findall(match[1]):
            labels[label] = _ESCAPED.sub(_unescaped, value) if "\\" in value else value
    figure = match[2]
    try:
        # What Python takes beyond the format: digits grouped by underscores, and other scripts'.
        if "_" in figure or not figure.isascii():
            raise ValueError
        return Sample(name, labels, float(figure))
    except ValueError:
        raise _wrong(line, "has no number for its value") from None


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPES[match[0]]


def _wrong(line: int, how: str) -> NotExposition:
    return NotExposition(f"{how} (at byte {line:,})")
