"""A JSON text laid out in lines, so that its parts can be found again by byte and by line.

The text is laid out at C speed and kept whole; no line is an object of its own, and nothing is
decoded. Numbers and strings stay exactly as they were sent, and so do keys that stand twice.
"""

import json
import re
from bisect import bisect_right

import msgspec

INDENT = 2
#: Bytes of a text laid out; a small one that is nested deeply would take gigabytes.
MOST_BYTES = 96 * 1024 * 1024
#: Levels that the decoder can take, about.
_MOST_DEPTH = 1000
#: Levels up to which brackets are counted by taking pairs away.
_SHALLOW = 24
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_CHUNK = 8192

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STEP = re.compile(r'\.([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]+)\]|\[("(?:[^"\\]|\\.)*")\]')


class JsonText:
    """A text in `lines` lines; each ends with a line feed.

    `trouble`: why it could not be laid out with a value in each line; empty if it was.

    Every value has a region: from the start of its first line to the end of its last one, with the
    comma behind it. Levels count from 0, the whole text.
    """

    __slots__ = ("_counts", "_last", "lines", "text", "trouble")

    def __init__(self, text: bytes, trouble: str = "") -> None:
        self.text = text if text.endswith(b"\n") or not text else text + b"\n"
        self.trouble = trouble
        self._counts = [0]
        for start in range(0, len(self.text), _CHUNK):
            self._counts.append(self._counts[-1] + self.text.count(b"\n", start, start + _CHUNK))
        self.lines = self._counts[-1]
        self._last = (0, 0)

    def line_at(self, offset: int) -> int:
        """The line in which the byte at `offset` stands."""
        chunk = offset // _CHUNK
        return self._counts[chunk] + self.text.count(b"\n", chunk * _CHUNK, offset)

    def lines_in(self, start: int, end: int) -> int:
        """How many lines a region has."""
        return self.line_at(end) - self.line_at(start)

    def start_of(self, line: int) -> int:
        """Where a line begins; `lines` is the end of the text."""
        if line <= 0:
            return 0
        if line >= self.lines:
            return len(self.text)
        before, at = self._last
        if before == line:
            return at
        if before == line - 1:
            at = self.text.find(b"\n", at) + 1
        else:
            chunk = bisect_right(self._counts, line - 1) - 1
            at = chunk * _CHUNK
            for _ in range(line - self._counts[chunk]):
                at = self.text.find(b"\n", at) + 1
        self._last = (line, at)
        return at

    def line(self, number: int) -> bytes:
        """One line, without its end."""
        start = self.start_of(number)
        return self.text[start : self.text.find(b"\n", start)]

    def value(self, start: int, end: int) -> bytes:
        """A region without the comma behind it."""
        return self.text[start : end - (2 if self.text[end - 2 : end - 1] == b"," else 1)]

    def members(self, start: int, end: int, level: int) -> list[int]:
        """Where the members or items begin of the container in a region at `level`."""
        # Spaces one by one, not counted: a literal beginning is searched for much faster.
        pattern = re.compile(b"\n" + b" " * (INDENT * (level + 1)) + rb"[^ \]}]")
        return [found.start() + 1 for found in pattern.finditer(self.text, start, end)]

    def closing(self, start: int, end: int) -> int:
        """Where the last line of a region begins."""
        return self.text.rfind(b"\n", start, end - 1) + 1

    def key(self, member: int, level: int) -> str:
        """The key of the member that begins at `member`, in the container at `level`."""
        start = member + INDENT * (level + 1)
        found = _STRING.match(self.text, start)
        return (
            ""
            if found is None
            else _unquoted(self.text[start : found.end()].decode("utf-8", "replace"))
        )

    def behind_key(self, member: int, level: int) -> int:
        """Where the value begins of the member that begins at `member`."""
        found = _STRING.match(self.text, member + INDENT * (level + 1))
        return member if found is None else found.end() + len(": ")


def lay_out(raw: bytes) -> JsonText:
    """`raw` in lines if it is JSON that can be laid out, else as it came."""
    separators = raw.count(b",") + raw.count(b"[") + raw.count(b"{")
    least = len(raw) + 2 * separators

    def fits(depth: int) -> bool:
        return least + separators * INDENT * depth <= MOST_BYTES

    if not fits(_MOST_DEPTH) and not fits(_depth_of_text(raw) or _depth_of_value(raw)):
        return JsonText(raw, "it is nested too deeply to be laid out")
    try:
        return JsonText(msgspec.json.format(raw, indent=INDENT))
    except RecursionError:
        return JsonText(raw, "it is nested too deeply")
    except msgspec.DecodeError as error:
        return JsonText(raw, f"it is no JSON: {error}")


def _depth_of_text(raw: bytes) -> int:
    """How many brackets stand in each other at most; 0: many, or strings have brackets, too."""
    brackets = raw.translate(None, _NO_BRACKETS)
    for depth in range(1, _SHALLOW + 1):
        shorter = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not shorter:
            return 2 * depth  # a pass takes away two levels at most
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    return 0


def _depth_of_value(raw: bytes) -> int:
    """The same by decoding; no stack is needed to tell. What cannot be decoded may be deep."""
    try:
        value = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return _MOST_DEPTH
    depth = 1
    level = [value] if type(value) is dict or type(value) is list else []
    while level := [
        item
        for container in level
        for item in (container.values() if type(container) is dict else container)
        if type(item) is dict or type(item) is list
    ]:
        depth += 1
    return depth


class Finder:
    """Finds the lines of paths; containers that were looked through once are remembered."""

    def __init__(self, text: JsonText) -> None:
        self._text = text
        self._members: dict[int, tuple[list[int], dict[str, int]]] = {}

    def find(self, path: str) -> tuple[int, bool]:
        """The line where the value at `path` begins, and whether the path led to its end.

        Where it did not, the line is that of the last container that it led into.
        """
        text = self._text
        start, end, at = 0, len(text.text), 1
        level = 0
        while at < len(path):
            step = _STEP.match(path, at)
            if step is None or text.trouble:
                return text.line_at(start), False
            members, keys = self._inside(start, end, level)
            name, number, quoted = step.groups()
            if number is not None:
                index = int(number) if len(number) < 12 and not keys else len(members)
            else:
                index = keys.get(name if quoted is None else _unquoted(quoted), len(members))
            if index >= len(members):
                return text.line_at(start), False
            after = index + 1
            end = members[after] if after < len(members) else text.closing(start, end)
            start = members[index]
            level += 1
            at = step.end()
        return text.line_at(start), True

    def _inside(self, start: int, end: int, level: int) -> tuple[list[int], dict[str, int]]:
        known = self._members.get(start)
        if known is None:
            text = self._text
            members = text.members(start, end, level)
            keys = {}
            if text.text[end - 3 : end].rstrip(b",\n").endswith(b"}"):
                keys = {text.key(member, level): i for i, member in enumerate(members)}
            known = self._members[start] = (members, keys)
        return known


def _unquoted(text: str) -> str:
    if "\\" not in text:
        return text[1:-1]
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return text
