"""The source of lines: what is new since a cursor, wherever the lines are.

The cursor holds how far was read, the counts of the buckets that are still open, what was odd, and
who waits to be joined. It is committed with the rows, so that whatever happens in between, each
line is counted once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from goliath_tui.clean import clean_text
from goliath_tui.domain import Batch, Fact, SourceError, SourceErrorKind
from goliath_tui.sources import Setup
from goliath_tui.sources.homes import Homes, Routes
from goliath_tui.sources.jsonl import Options
from goliath_tui.sources.jsonl.files import FilePlaces, Files
from goliath_tui.sources.jsonl.goreplay import Joiner, Spot, Waiting, Waits
from goliath_tui.sources.jsonl.http import UrlPlace, url_news
from goliath_tui.sources.jsonl.lines import Reader
from goliath_tui.sources.jsonl.odd import Oddities
from goliath_tui.sources.jsonl.pipe import Pipe, is_fifo
from goliath_tui.sources.jsonl.places import News, Piece, Place
from goliath_tui.sources.jsonl.seen import Fault, Ignored, Odd, Seen, example
from goliath_tui.sources.jsonl.tally import Tally

if TYPE_CHECKING:
    from goliath_tui.sources.client import Client

#: What one poll takes in at most: bytes, and comparisons that differed.
MOST_BYTES = 8 * 2**20
MOST_ROWS = 5_000
#: Longer lines are not read; it must be less than `MOST_BYTES`.
LONGEST_LINE = 4 * 2**20
#: By how much other clocks may be ahead of ours without a word.
AHEAD_MS = 60_000
#: When nothing has come for so long, nobody is waited for any more.
_QUIET_MS = 90_000
_KEPT = 3
#: With which some programs begin a file.
_BOM = b"\xef\xbb\xbf"


class State(Struct, omit_defaults=True):
    """What a cursor holds."""

    files: FilePlaces = field(default_factory=FilePlaces)
    pipe: Place = field(default_factory=Place)
    url: UrlPlace = field(default_factory=UrlPlace)
    tally: Tally = field(default_factory=Tally)
    odd: Oddities = field(default_factory=Oddities)
    waits: Waits = field(default_factory=Waits)


class Haul(Struct):
    """What a poll has brought."""

    rows: list[Fact] = []
    notes: list[str] = []
    left: int = 0
    taken: int = 0


class JsonLines:
    """A source that reads lines. See the module for how."""

    def __init__(self, setup: Setup) -> None:
        options = setup.options
        assert isinstance(options, Options)  # noqa: S101 - it is this kind's
        self._setup = setup
        self._now = 0
        ignored = Ignored(options.ignore)
        self._homes = Homes(options)
        self._joiner = None
        self._reader = None
        if options.preset == "goreplay":
            self._joiner = Joiner(Routes(options.routes), ignored)
        else:
            self._reader = Reader(options.preset, options.map, ignored, lambda: self._now)
        self._files: Files | None = None
        self._pipe: Pipe | None = None
        self._kept: dict[str, dict[str, Waiting]] = {}

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """The next batch after `cursor`. Raises SourceError."""
        requests, bytes_read = client.requests, client.bytes_read
        state = _state(cursor)
        self._now = client.clock()
        state.tally.let_go_of_old(self._now)
        aside = asyncio.get_running_loop().run_in_executor
        if self._setup.path is None:
            if self._joiner is not None:
                raise SourceError(
                    SourceErrorKind.CONFIG,
                    "goreplay's messages are read from a file or a pipe: name it with `path:`",
                )
            found = await url_news(client, state.url, MOST_BYTES)
            haul = await aside(None, lambda: self._take(state, found.news))
            found.note(state.url, left=haul.left)
        else:
            haul = await aside(None, lambda: self._read(state, cursor))
        after = msgspec.json.encode(state).decode()
        self._keep(after)
        rows, left = len(haul.rows), haul.left
        return Batch(
            rows=tuple(haul.rows),
            cursor=after,
            more=left > 0,
            remaining=left * rows // haul.taken if left and haul.taken else None,
            requests=client.requests - requests,
            bytes_read=client.bytes_read - bytes_read,
            notes=(*haul.notes, *state.odd.notes(self._now), *self._homes.notes()),
        )

    def _read(self, state: State, cursor: str | None) -> Haul:
        """What is new in a file or a pipe. Raises SourceError."""
        path = self._setup.path
        assert path is not None  # noqa: S101 - asked before
        is_stdin = str(path) == "-"
        if is_stdin and not self._setup.has_stdin:
            raise SourceError(
                SourceErrorKind.CONFIG,
                "`path: -` is standard input, which a screen's own poller does not have: pipe the "
                "lines into `goliath-tui poll`, whose cache screens share, or name a file or FIFO",
            )
        if self._pipe is None and (is_stdin or is_fifo(path)):
            self._pipe = Pipe(None if is_stdin else path)
        if self._pipe is not None:
            self._resume(state, cursor, lambda _: None)
            news = self._pipe.news(state.pipe, MOST_BYTES)
            haul = self._take(state, news)
            state.pipe.offset += news.pieces[0].consumed
            return haul
        if self._files is None:
            self._files = Files(path)
        files = self._files
        self._resume(state, cursor, lambda spot: files.line_at(state.files, *spot))
        with files.news(state.files, self._now, MOST_BYTES) as news:
            return self._take(state, news)

    def _take(self, state: State, news: News) -> Haul:
        """Counts the lines of what is new; says in the pieces how much that was."""
        haul = Haul(rows=[], notes=news.notes, left=news.left)
        for piece in news.pieces:
            before = piece.consumed
            for line, offset in self._lines(piece, state):
                self._count(line, (piece.place.number, offset, len(line)), state, haul)
                if len(haul.rows) >= MOST_ROWS:
                    break
            haul.taken += piece.consumed - before
            if len(haul.rows) >= MOST_ROWS:
                rest = (len(other.data) - other.consumed for other in news.pieces)
                haul.left += sum(rest)
                break
        if self._joiner is not None:
            if haul.taken:
                self._joiner.heard = self._now
            elif self._now - self._joiner.heard > _QUIET_MS:
                for said in self._joiner.give_up():
                    self._note(said, state, haul)
            state.waits = self._joiner.waits()
        haul.rows += state.tally.tell(self._now, caught_up=not haul.left)
        return haul

    def _lines(self, piece: Piece, state: State) -> Iterator[tuple[bytes, int]]:
        """The whole lines of a piece, each with its offset, consumed as they are given."""
        data, place = piece.data, piece.place
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            line = data[start:end]
            at, start = place.offset + start, end + 1
            piece.consumed = start
            if len(line) > LONGEST_LINE:
                line = line.lstrip(b"\0")
                at = place.offset + end - len(line)
            if place.skipping:
                place.skipping = False
            elif len(line) > LONGEST_LINE:
                state.odd.add(Fault.TOO_LONG, example(line), self._now)
            else:
                yield line, at
        rest = len(data) - start
        if place.skipping:
            # What comes after an end is another line.
            place.skipping, piece.consumed = not piece.last, len(data)
        elif rest > LONGEST_LINE and not data[start:].strip(b"\0"):
            # The hole before a line, see `_count`, and no part of it.
            piece.consumed = len(data)
        elif rest > LONGEST_LINE:
            state.odd.add(Fault.TOO_LONG, example(data[start : start + 400]), self._now)
            place.skipping, piece.consumed = not piece.last, len(data)
        elif rest and piece.last:
            piece.consumed = len(data)
            yield data[start:], place.offset + start

    def _count(self, line: bytes, spot: Spot, state: State, haul: Haul) -> None:
        # A writer that goes on after its file was emptied leaves a hole before its next line.
        line = line.strip(b"\0 \t\r").removeprefix(_BOM)
        if not line:
            return
        try:
            if self._reader is not None:
                self._note(self._reader.read(line, spot[1]), state, haul)
            elif self._joiner is not None:
                for said in self._joiner.read(line, spot):
                    self._note(said, state, haul)
        except Odd as odd:
            self._note(odd, state, haul)

    def _note(self, said: Seen | Odd, state: State, haul: Haul) -> None:
        now = self._now
        if isinstance(said, Odd):
            state.odd.add(said.fault, str(said), now)
            return
        for fault, text in said.faults:
            state.odd.add(fault, text, now)
        at, comparison = said.at, said.comparison
        if at > now:
            if at > now + AHEAD_MS:
                state.odd.add(Fault.AHEAD, f"the last by {(at - now) / 60_000:,.0f} min", now)
            at = now
            comparison = replace(comparison, at=at) if comparison is not None else None
        service = said.service or self._homes.service_of(said.field)
        if state.tally.add(at, service, said.field, said.outcome):
            state.odd.add(Fault.LATE, "", now)
        if comparison is not None:
            haul.rows.append(comparison)

    def _resume(
        self, state: State, cursor: str | None, line_at: Callable[[Spot], bytes | None]
    ) -> None:
        """Lets the joiner stand where the cursor says."""
        if self._joiner is None:
            return
        if cursor is not None and cursor in self._kept:
            self._joiner.restore(self._kept[cursor], state.waits)
        elif self._joiner.resume(state.waits, line_at):
            text = clean_text("messages that had come before a restart cannot be read again", 200)
            state.odd.add(Fault.ALONE, text, self._now)

    def _keep(self, cursor: str) -> None:
        """Remembers the joiner's messages, so that they need not be read again."""
        if self._joiner is not None:
            self._kept[cursor] = dict(self._joiner.waiting)
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]


def _state(cursor: str | None) -> State:
    """What is in a cursor; one that cannot be read starts from the beginning."""
    try:
        return msgspec.json.decode(cursor or "{}", type=State)
    except (msgspec.DecodeError, RecursionError):
        return State()
