"""What goreplay gives its middleware → comparisons: a request, its two answers, joined by their id.

Each line is a message in hexadecimal digits: a line `type id timing latency`, then HTTP as it was
on the wire. 1 is a request, 2 the answer that its client got (legacy), 3 the answer to its replay
(new). They come in any order; who waits for longer than `WAIT_MS` of the stream's own time waits in
vain. What is compared is status and body: `$.status` and `$.body`.

The stream's own time is the middle one of the last three moments told: one line with a moment of
another century does not make all others late.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from goliath_tui.clean import clean_text
from goliath_tui.domain import Answers, Comparison
from goliath_tui.measures.differences import compare
from goliath_tui.sources.homes import Routes
from goliath_tui.sources.jsonl.seen import (
    LONGEST_NAME,
    Fault,
    Ignored,
    Odd,
    Seen,
    cleaned,
    example,
    moment_ms,
)
from goliath_tui.sources.jsonl.tally import Outcome

WAIT_MS = 30_000
#: How much of the stream's time goes by between two looks at who has waited too long.
_LOOK_MS = 1_000
MOST_WAITING = 10_000
MOST_WAITING_BYTES = 64 * 2**20
MOST_BODY = 16 * 2**20
#: Bodies that are no JSON are compared as texts up to this size.
LONGEST_TEXT = 64 * 2**10

_REQUEST, _ORIGINAL, _REPLAYED = b"1", b"2", b"3"

#: Where a line is: the number of its file, its offset, its length.
Spot = tuple[int, int, int]


class Waiting(Struct, frozen=True, omit_defaults=True):
    """The messages of one id that have come, by their type, and where their lines are."""

    at: int
    spots: tuple[Spot, ...] = ()
    parts: Mapping[bytes, bytes] = {}

    def size(self) -> int:
        """How much memory it takes, about."""
        return sum(map(len, self.parts.values()))


_NOBODY = Waiting(0)


class Waits(Struct, omit_defaults=True):
    """What a cursor knows of those who wait: id → (moment, spots), the longest waiting first.

    `newest`: the stream's own time. `heard`: when the last message came, by our clock.
    """

    ids: dict[str, tuple[int, tuple[Spot, ...]]] = {}
    newest: int = 0
    heard: int = 0


class NotUsable(Exception):  # noqa: N818 - it says what is the matter with an answer
    """An answer that cannot be compared."""


class Joiner:
    """Joins messages to comparisons. `waiting` is never changed in place, so it can be kept."""

    def __init__(self, routes: Routes, ignored: Ignored) -> None:
        self._routes = routes
        self._ignored = ignored
        self.waiting: dict[str, Waiting] = {}
        self.newest = 0
        self.heard = 0
        self._moments: tuple[int, ...] = ()
        self._looked = 0
        self._bytes = 0

    def waits(self) -> Waits:
        """For the cursor."""
        ids = {name: (wait.at, wait.spots) for name, wait in self.waiting.items()}
        return Waits(ids=ids, newest=self.newest, heard=self.heard)

    def resume(self, waits: Waits, line_at: Callable[[Spot], bytes | None]) -> int:
        """Stands where a cursor says; returns how many lines could not be read again."""
        self._stand(waits)
        self.waiting, self._bytes = {}, 0
        lost = 0
        for name, (at, spots) in waits.ids.items():
            parts: dict[bytes, bytes] = {}
            found: dict[bytes, Spot] = {}
            for spot in spots:
                line = line_at(spot)
                try:
                    kind, _, _, payload = _message(line or b"")
                except Odd:
                    lost += 1
                else:
                    parts[kind], found[kind] = payload, spot
            self._keep(name, Waiting(at, tuple(found.values()), parts))
        return lost

    def restore(self, waiting: dict[str, Waiting], waits: Waits) -> None:
        """Stands where it stood."""
        self._stand(waits)
        self.waiting = dict(waiting)
        self._bytes = sum(wait.size() for wait in waiting.values())

    def read(self, line: bytes, spot: Spot) -> Iterator[Seen | Odd]:
        """What has become clear with a line. Raises Odd for a line that is no message."""
        kind, name, at, payload = _message(line)
        before = self.waiting.get(name)
        if before is None:
            wait = Waiting(at, (spot,), {kind: payload})
        else:
            moment = at if kind == _REQUEST else before.at
            # One that comes again takes the place of the one before, or there would be no end.
            spots = {**dict(zip(before.parts, before.spots, strict=True)), kind: spot}
            wait = Waiting(moment, tuple(spots.values()), {**before.parts, kind: payload})
        self._drop(name)
        if len(wait.parts) == 3:
            yield self._compared(name, wait)
        else:
            self._keep(name, wait)
        first, second = self._moments or (at, at)
        self._moments = second, at
        self.newest = sorted((first, second, at))[1]
        if abs(self.newest - self._looked) >= _LOOK_MS:
            self._looked = self.newest
            yield from self.give_up(self.newest - WAIT_MS)
        while len(self.waiting) > MOST_WAITING or self._bytes > MOST_WAITING_BYTES:
            yield self._alone(self._drop(next(iter(self.waiting))))

    def give_up(self, before: int | None = None) -> Iterator[Seen | Odd]:
        """Those who wait since before a moment; without one, all."""
        late = [n for n, wait in self.waiting.items() if before is None or wait.at < before]
        for name in late:
            yield self._alone(self._drop(name))

    def _stand(self, waits: Waits) -> None:
        """Takes up the times of a cursor."""
        self.newest, self.heard = waits.newest, waits.heard
        self._moments = (waits.newest, waits.newest) if waits.newest else ()
        self._looked = 0

    def _keep(self, name: str, wait: Waiting) -> None:
        self.waiting[name] = wait
        self._bytes += wait.size()

    def _drop(self, name: str) -> Waiting:
        wait = self.waiting.pop(name, _NOBODY)
        self._bytes -= wait.size()
        return wait

    def _alone(self, wait: Waiting) -> Seen | Odd:
        """What is to be said of messages whose counterparts did not come."""
        request = wait.parts.get(_REQUEST)
        if request is None:
            return Odd(Fault.ALONE, "answers without their request")
        try:
            field = self._field(request)
        except Odd as odd:
            return odd
        if len(wait.parts) == 1:
            return Odd(Fault.ALONE, f"{field} without answers")
        side = "replayed" if _ORIGINAL in wait.parts else "original"
        why = f"{field}: no {side} answer"
        return Seen(field, wait.at, Outcome.FAILED, faults=((Fault.FAILED, why),))

    def _compared(self, name: str, wait: Waiting) -> Seen | Odd:
        request, original, replayed = (
            wait.parts[kind] for kind in (_REQUEST, _ORIGINAL, _REPLAYED)
        )
        try:
            field = self._field(request)
        except Odd as odd:
            return odd
        seen = Seen(field, wait.at, Outcome.MATCHED)
        try:
            legacy, new = _answer(original, "original"), _answer(replayed, "replayed")
            if legacy == new:
                return seen
            pair = _document(*legacy), _document(*new)
            found = compare(*pair)
        except (NotUsable, ValueError) as error:
            why = f"{field}: {clean_text(str(error), 100)}"
            return replace(seen, outcome=Outcome.FAILED, faults=((Fault.FAILED, why),))
        counted = self._ignored.without(found)
        if not counted:
            return replace(seen, outcome=Outcome.IGNORED if found else Outcome.MATCHED)
        comparison = Comparison(
            id=clean_text(name, LONGEST_NAME),
            at=wait.at,
            field=field,
            differences=tuple(counted),
            trace_id=_trace(request),
            answers=Answers(legacy=Raw(pair[0]), new=Raw(pair[1])),
        )
        return replace(seen, outcome=Outcome.MISMATCHED, comparison=cleaned(comparison))

    def _field(self, request: bytes) -> str:
        words = request.partition(b"\n")[0].split()
        if len(words) < 2 or not words[0].isalpha():
            raise Odd(Fault.NOT_HTTP, example(request))
        method, target = (clean_text(word.decode("latin-1"), 2000) for word in words[:2])
        try:
            path = urlsplit(target).path
        except ValueError:
            path = target.partition("?")[0]
        return clean_text(self._routes.field_of(method, path or "/"), LONGEST_NAME)


def _message(line: bytes) -> tuple[bytes, str, int, bytes]:
    """(type, id, moment, HTTP) of a line. Raises Odd."""
    try:
        head, _, payload = bytes.fromhex(line.decode("ascii")).partition(b"\n")
        kind, name, timing, *_ = head.split(b" ")
        if kind not in {_REQUEST, _ORIGINAL, _REPLAYED} or not 0 < len(name) <= LONGEST_NAME:
            raise ValueError
        return kind, name.decode("ascii"), moment_ms(int(timing)), payload
    except (ValueError, OverflowError):
        raise Odd(Fault.NOT_HTTP, example(line)) from None


def _answer(payload: bytes, which: str) -> tuple[int, bytes]:
    """Status and body of an answer. Raises NotUsable."""
    head, _, body = payload.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    words = first.split(b" ", 2)
    if not first.startswith(b"HTTP/") or len(words) < 2 or not words[1].isdigit():
        raise NotUsable(f"the {which} answer is no HTTP")
    status = int(words[1])
    if 100 <= status < 200 and body.startswith(b"HTTP/"):
        return _answer(body, which)
    headers = _headers(lines)
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _unchunked(body, which)
    elif "content-encoding" not in headers:
        length = headers.get("content-length", "")
        # A body that was made readable on the way may be longer than what its header says.
        if length.isdecimal() and len(length) < 16 and len(body) < int(length):
            raise NotUsable(f"the {which} answer is cut off")
    return status, _unpacked(body, headers.get("content-encoding", "").lower().strip(), which)


def _headers(lines: list[bytes]) -> dict[str, str]:
    pairs = (line.decode("latin-1").partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _unchunked(body: bytes, which: str) -> bytes:
    """A chunked body in one piece; one that is in one piece already stays. Raises NotUsable."""
    whole = bytearray()
    place = 0
    while True:
        size, found, _ = body[place : place + 32].partition(b"\r\n")
        try:
            length = int(size.partition(b";")[0], 16) if found else -1
        except ValueError:
            length = -1
        if length < 0:
            if not whole and not place:
                return body
            raise NotUsable(f"the {which} answer is cut off")
        if length == 0:
            return bytes(whole)
        place += len(size) + 2
        if place + length > len(body):
            raise NotUsable(f"the {which} answer is cut off")
        whole += body[place : place + length]
        place += length + 2


def _unpacked(body: bytes, encoding: str, which: str) -> bytes:
    """A body without its compression. Raises NotUsable."""
    if encoding in {"", "identity"} or not body:
        return body
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise NotUsable(f"the {which} answer is compressed as {clean_text(encoding, 20)}")
    if encoding != "deflate" and not body.startswith(b"\x1f\x8b"):
        return body
    packed = zlib.decompressobj(wbits=15 if encoding == "deflate" else 31)
    try:
        plain = packed.decompress(body, MOST_BODY + 1)
    except zlib.error:
        raise NotUsable(f"the {which} answer is damaged in its compression") from None
    if len(plain) > MOST_BODY or not packed.eof:
        raise NotUsable(f"the {which} answer is too long, or cut off")
    return plain


def _document(status: int, body: bytes) -> bytes:
    """An answer as one JSON document. Raises NotUsable."""
    if not body:
        shown = b"null"
    else:
        try:
            shown = bytes(msgspec.json.decode(body, type=Raw))
        except (ValueError, RecursionError):
            try:
                shown = msgspec.json.encode(body[: LONGEST_TEXT + 1].decode())
            except UnicodeDecodeError:
                shown = b""
            if not shown or len(body) > LONGEST_TEXT:
                raise NotUsable("an answer is neither JSON nor a short text") from None
    return b'{"status":%d,"body":%s}' % (status, shown)


def _trace(request: bytes) -> str | None:
    """What the request's own tracing calls it."""
    headers = _headers(request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:])
    parent = headers.get("traceparent", "").split("-")
    found = parent[1] if len(parent) > 1 else headers.get("x-request-id")
    return clean_text(found, LONGEST_NAME) if found else None
