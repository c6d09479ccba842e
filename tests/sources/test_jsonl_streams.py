"""Lines that come from a pipe, from standard input, and from behind a URL."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from goliath_tui.domain import SourceErrorKind
from goliath_tui.sources import KINDS
from goliath_tui.sources.jsonl import pipe, reading
from tests.sources.hostile_server import Request, Server, answer, eventually, serving
from tests.sources.log_reader import LogReader, line

COUNTED = ("s", "User.email")


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "lines"
    os.mkfifo(path)
    return path


def opened(path: Path) -> int:
    """The writer's end of a FIFO whose reader is there."""
    return os.open(path, os.O_WRONLY | os.O_NONBLOCK)


def make_anew(path: Path) -> None:
    """As programs do when they begin."""
    path.unlink()
    os.mkfifo(path)


async def test_a_fifo_is_read_as_it_is_written(fifo: Path) -> None:
    reader = LogReader(fifo)
    assert not (await reader.poll()).rows
    for number in range(3):
        writer = opened(fifo)
        os.write(writer, line(id=f"{number}a") + line(id=f"{number}b")[:9])
        await reader.poll()
        os.write(writer, line(id=f"{number}b")[9:])
        os.close(writer)
        await reader.poll()
    await reader.settle()
    assert reader.cache.totals()[COUNTED] == (6, 0, 0, 0)
    assert not reader.notes


async def test_what_was_read_of_a_pipe_is_told_again_until_it_is_committed(fifo: Path) -> None:
    reader = LogReader(fifo)
    await reader.poll()
    writer = opened(fifo)
    try:
        for number in range(4):
            os.write(writer, line(id=f"{number}", legacy=1, new=2))
            await reader.poll(commits=False)
            await reader.poll(commits=number % 2 == 0)
        await reader.settle()
    finally:
        os.close(writer)
    assert reader.cache.totals()[COUNTED] == (0, 4, 0, 0)
    assert len(reader.cache.comparisons) == 4


async def test_standard_input_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.pipe()
    with os.fdopen(ours) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        reader = LogReader(Path("-"))
        os.write(theirs, line(id="1"))
        await reader.poll()
        assert not reader.notes
        os.write(theirs, line(id="2")[:-1])
        os.close(theirs)
        await reader.settle()
    assert reader.cache.totals()[COUNTED] == (2, 0, 0, 0)
    assert reader.notes == ("standard input has ended",)


async def test_standard_input_is_refused_where_commands_come_on_it() -> None:
    reader = LogReader(Path("-"), has_stdin=False)
    assert "pipe the lines into `goliath-tui poll`" in await reader.refused()
    assert reader.error.kind is SourceErrorKind.CONFIG


class Growing:
    """A web server with one file: with ranges, or without."""

    def __init__(self, *, ranges: bool, etags: bool = True) -> None:
        self.body = b""
        self.ranges = ranges
        self.etags = etags
        self.sent: list[int] = []

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        assert request.path == "/comparisons.jsonl"
        assert request.headers["accept-encoding"] == "identity"
        etag = f'"{hash(self.body)}"'
        headers = {"ETag": etag} if self.etags else {}
        if self.etags and request.headers.get("if-none-match") == etag:
            writer.write(answer(status="304 Not Modified"))
            return
        unit, _, span = request.headers["range"].partition("=")
        start, end = map(int, span.split("-"))
        assert (unit, start <= end) == ("bytes", True)
        if not self.ranges:
            self.sent.append(len(self.body))
            writer.write(answer(self.body, headers=headers))
        elif start >= len(self.body):
            writer.write(answer(status="416 Range Not Satisfiable"))
        else:
            part = self.body[start : end + 1]
            self.sent.append(len(part))
            span = f"bytes {start}-{start + len(part) - 1}/{len(self.body)}"
            writer.write(
                answer(
                    part, status="206 Partial Content", headers={**headers, "Content-Range": span}
                )
            )


@asynccontextmanager
async def behind_url(growing: Growing) -> AsyncIterator[tuple[LogReader, Server]]:
    async with serving(growing) as server:
        reader = LogReader(None, url=f"{server.url}/comparisons.jsonl")
        try:
            yield reader, server
        finally:
            await reader.client.close()


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("etags", [True, False])
async def test_what_grows_behind_a_url_is_read_once(ranges: bool, etags: bool) -> None:
    growing = Growing(ranges=ranges, etags=etags)
    async with behind_url(growing) as (reader, server):
        await reader.poll()
        for number in range(5):
            whole = line(id=f"{number}", legacy=1, new=2) + line(id=f"{number}+") * 20
            growing.body += whole[:-7]
            await reader.poll()
            await reader.poll(commits=False)
            reader.restart()
            growing.body += whole[-7:]
        await reader.settle()
        before = len(server.requests)
        batch = await reader.poll()
        assert batch.requests == len(server.requests) - before == 1
    assert reader.cache.totals()[COUNTED] == (100, 5, 0, 0)
    assert len(reader.cache.comparisons) == 5
    assert not reader.notes
    if ranges:
        assert max(growing.sent) < len(growing.body) / 2


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("size", [1, 9, 100])
async def test_what_was_replaced_behind_a_url_is_read_anew_and_told(
    ranges: bool,
    size: int,
) -> None:
    growing = Growing(ranges=ranges)
    async with behind_url(growing) as (reader, _):
        growing.body = line(id="old") * 10
        await reader.poll()
        growing.body = line(id="new") * size
        await reader.poll()
        assert any("was replaced" in note for note in reader.notes)
        await reader.settle()
    assert reader.cache.totals()[COUNTED] == (10 + size, 0, 0, 0)
    assert not reader.notes


async def test_a_large_file_behind_a_url_is_read_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    monkeypatch.setattr(reading, "LONGEST_LINE", 500)
    growing = Growing(ranges=True)
    growing.body = b"".join(line(id=f"{number}") for number in range(100))
    async with behind_url(growing) as (reader, _):
        batches = await reader.fill()
        assert len(batches) > 5
        assert max(growing.sent) <= 1000 + 512
        await reader.settle()
    assert reader.cache.totals()[COUNTED] == (100, 0, 0, 0)


async def test_a_file_too_large_for_a_server_without_ranges_says_what_to_do() -> None:
    growing = Growing(ranges=False)
    growing.body = b" " * (17 * 2**20)
    async with behind_url(growing) as (reader, _):
        assert "let the server answer `Range`, or rotate what is there" in await reader.refused()
    assert reader.error.kind is SourceErrorKind.TOO_LARGE


@pytest.mark.parametrize(
    ("raw", "words", "kind"),
    [
        (answer(status="404 Not Found"), "answers 404 Not Found", SourceErrorKind.STATUS),
        (answer(status="410 Gone"), "answers 410 Gone", SourceErrorKind.STATUS),
        (answer(status="401 Unauthorized"), "refuses the credentials", SourceErrorKind.AUTH),
        (answer(status="416 No", headers={}), "", None),
        (
            answer(b"x", status="206 Partial Content", headers={"Content-Range": "bytes 5-5/9"}),
            "is another part than was asked for",
            SourceErrorKind.MALFORMED,
        ),
        (
            answer(b"x", status="206 Partial Content"),
            "is another part than was asked for",
            SourceErrorKind.MALFORMED,
        ),
    ],
)
async def test_answers_that_are_no_lines(
    raw: bytes, words: str, kind: SourceErrorKind | None
) -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    async with serving(handler) as server:
        reader = LogReader(None, url=server.url)
        if kind is None:
            assert not (await reader.poll()).rows
        else:
            assert words in await reader.refused()
            assert reader.error.kind is kind
        await reader.client.close()


def test_what_a_poll_costs() -> None:
    assert KINDS["jsonl"].requests_per_poll(LogReader(Path("x")).setup) == 0
    assert KINDS["jsonl"].requests_per_poll(LogReader(None, url="http://x").setup) == 1


async def test_a_file_behind_a_url_with_more_mismatches_than_one_batch_is_read_to_its_end() -> None:
    growing = Growing(ranges=True)
    count = reading.MOST_ROWS + 10
    growing.body = b"".join(line(id=str(number), legacy=1, new=2) for number in range(count))
    async with behind_url(growing) as (reader, _):
        batches = await reader.fill()
        assert [batch.more for batch in batches] == [True, False]
    assert len(reader.cache.comparisons) == count


async def test_a_writer_is_not_kept_waiting_between_two_polls(fifo: Path) -> None:
    reader = LogReader(fifo)
    await reader.poll()
    count = 5_000
    writer = threading.Thread(
        target=lambda: fifo.write_bytes(b"".join(line(id=str(n)) for n in range(count))),
        daemon=True,
    )
    writer.start()
    await eventually(lambda: not writer.is_alive())
    await reader.settle()
    assert reader.cache.totals()[COUNTED] == (count, 0, 0, 0)


async def test_there_is_an_end_to_what_is_kept_of_a_pipe(
    fifo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe, "MOST_KEPT", 100_000)
    reader = LogReader(fifo)
    await reader.poll()
    count = 20_000
    writer = threading.Thread(
        target=lambda: fifo.write_bytes(b"".join(line(id=str(n)) for n in range(count))),
        daemon=True,
    )
    writer.start()
    batches = 0
    while writer.is_alive() or reader.cache.totals().get(COUNTED) != (count, 0, 0, 0):
        batch = await reader.poll()
        assert batch.remaining is None
        assert not any("not counted" in note for note in batch.notes)
        reader.now += 60_000
        batches += 1
    assert batches > 5


async def test_a_fifo_that_was_made_anew_is_read(fifo: Path) -> None:
    reader = LogReader(fifo)
    await reader.poll()
    make_anew(fifo)
    await reader.poll()
    writer = opened(fifo)
    os.write(writer, line(id="1"))
    os.close(writer)
    await reader.settle()
    assert reader.cache.totals()[COUNTED] == (1, 0, 0, 0)


async def test_a_line_too_long_ends_with_its_stream(
    fifo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 200)
    reader = LogReader(fifo)
    await reader.poll()
    for raw in (b"x" * 300, line(id="1")):
        writer = opened(fifo)
        os.write(writer, raw)
        os.close(writer)
        await reader.poll()
    await reader.settle()
    assert reader.cache.totals()[COUNTED] == (1, 0, 0, 0)
