"""goreplay's messages: joined by their id, unpacked, compared; whatever order, chunks and kills."""

import gzip
import random
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goliath_tui.domain import DifferenceClass, SourceErrorKind
from goliath_tui.sources.jsonl.goreplay import WAIT_MS
from tests.sources.log_reader import NOW, LogReader

AT = NOW - 600_000
ROUTES = ["GET /v1/users/{id}"]


def message(kind: int, name: str, http: bytes, at: int = AT, latency: int = 2_782_013) -> bytes:
    """A line as goreplay gives it to its middleware."""
    return (f"{kind} {name} {at}000000 {latency}\n".encode() + http).hex().encode() + b"\n"


def request(name: str, target: str = "/v1/users/7?x=1", at: int = AT, headers: str = "") -> bytes:
    """A request."""
    return message(1, name, f"GET {target} HTTP/1.1\r\nHost: a\r\n{headers}\r\n".encode(), at, 0)


def answer(
    kind: int, name: str, body: bytes, *, status: int = 200, headers: str = "", at: int = AT
) -> bytes:
    """An answer: 2 the original one, 3 that to the replay."""
    length = "" if "chunked" in headers else f"Content-Length: {len(body)}\r\n"
    head = f"HTTP/1.1 {status} Whatever\r\n{length}{headers}\r\n".encode()
    return message(kind, name, head + body, at)


def exchange(name: str, legacy: bytes, new: bytes, at: int = AT) -> list[bytes]:
    """A request with its two answers."""
    return [request(name, at=at), answer(2, name, legacy, at=at), answer(3, name, new, at=at)]


async def reading(tmp_path: Path, lines: Sequence[bytes], **settings: Any) -> LogReader:
    """All that has been told of these lines."""
    path = tmp_path / "messages.log"
    path.write_bytes(b"".join(lines))
    reader = LogReader(path, preset="goreplay", **{"routes": ROUTES, **settings})
    await reader.settle()
    return reader


FIELD = ("s", "GET /v1/users/{id}")


async def test_answers_that_are_equal_match_and_others_differ_at_their_places(
    tmp_path: Path,
) -> None:
    reader = await reading(
        tmp_path,
        [
            *exchange("a", b'{"id":1}', b'{"id":1}'),
            *exchange("b", b'{"id":1,"n":null}', b'{"id":2,"n":[]}'),
            request("c"),
            answer(2, "c", b"[]", status=200),
            answer(3, "c", b"<h1>Oops</h1>", status=500),
        ],
    )
    assert reader.cache.totals()[FIELD] == (1, 2, 0, 0)
    told = {
        c.id: [(d.path, d.kind) for d in c.differences] for c in reader.cache.comparisons.values()
    }
    assert told == {
        "b": [
            ("$.body.id", DifferenceClass.VALUE),
            ("$.body.n", DifferenceClass.NULL_AGAINST_EMPTY),
        ],
        "c": [("$.status", DifferenceClass.VALUE), ("$.body", DifferenceClass.TYPE)],
    }
    [*_, last] = reader.cache.comparisons.values()
    assert last.answers is not None
    assert bytes(last.answers.new) == b'{"status":500,"body":"<h1>Oops</h1>"}'
    assert not reader.notes


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'4\r\n{"a"\r\n4;x=y\r\n: 1}\r\n0\r\n\r\n', "Transfer-Encoding: chunked\r\n"),
        (gzip.compress(b'{"a": 1}'), "Content-Encoding: gzip\r\n"),
        (zlib.compress(b'{"a": 1}'), "Content-Encoding: deflate\r\n"),
        (
            b"%x\r\n%s\r\n0\r\n\r\n"
            % (len(gzip.compress(b'{"a": 1}', mtime=0)), gzip.compress(b'{"a": 1}', mtime=0)),
            "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        ),
        # Made readable by goreplay itself, which leaves the headers as they were.
        (b'{"a": 1}', "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
        (b'{"a": 1}', "content-type: text/html\r\n"),
    ],
)
async def test_however_a_body_travels_it_is_the_same(
    body: bytes, headers: str, tmp_path: Path
) -> None:
    lines = [request("a"), answer(2, "a", b'{"a": 1}'), answer(3, "a", body, headers=headers)]
    reader = await reading(tmp_path, lines)
    assert reader.cache.totals()[FIELD] == (1, 0, 0, 0), reader.notes


@pytest.mark.parametrize(
    ("http", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123", "is cut off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n9\r\n1", "is cut off"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nxyz", "is compressed as br"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8bxyz", "is damaged"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"1")[:-4],
            "cut off",
        ),
        (b"\x16\x03\x01", "is no HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe", "neither JSON nor a short text"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 70_000, "neither JSON nor a short text"),
    ],
)
async def test_an_answer_that_cannot_be_compared_fails_and_says_why(
    http: bytes, why: str, tmp_path: Path
) -> None:
    reader = await reading(tmp_path, [request("a"), answer(2, "a", b"1"), message(3, "a", http)])
    assert reader.cache.totals()[FIELD] == (0, 0, 0, 1)
    [note] = reader.notes
    assert why in note
    assert note.startswith("comparisons that failed: 1 (the last: GET /v1/users/{id}: ")


async def test_an_interim_answer_is_not_the_answer(tmp_path: Path) -> None:
    http = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n1"
    reader = await reading(tmp_path, [request("a"), answer(2, "a", b"1"), message(3, "a", http)])
    assert reader.cache.totals()[FIELD] == (1, 0, 0, 0)


async def test_who_stays_alone_fails_or_is_told(tmp_path: Path) -> None:
    later = AT + WAIT_MS + 1
    reader = await reading(
        tmp_path,
        [
            request("original missing"[:8]),
            answer(3, "original"[:8], b"1"),
            request("replay"),
            answer(2, "replay", b"1"),
            request("nothing"),
            answer(2, "nobody", b"1"),
            *exchange("z", b"1", b"1", at=later),
        ],
    )
    assert reader.cache.totals()[FIELD] == (1, 0, 0, 2)
    failed, alone = sorted(reader.notes)
    assert failed.startswith("comparisons that failed: 2 (the last: ")
    assert alone.startswith("lines not counted, without their counterparts: 2 (the last: ")


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/v1/users/7", "GET /v1/users/{id}"),
        ("/v1/users/7/", "GET /v1/users/{}/"),
        ("/v1/items/4711/parts/123e4567-e89b-12d3-a456-426614174000", "GET /v1/items/{}/parts/{}"),
        ("/v1/me?id=3#x", "GET /v1/me"),
        ("http://host/a", "GET /a"),
        ("/", "GET /"),
    ],
)
async def test_a_request_is_of_its_route(target: str, field: str, tmp_path: Path) -> None:
    lines = [request("a", target), answer(2, "a", b"1"), answer(3, "a", b"1")]
    reader = await reading(tmp_path, lines)
    assert {name for _, name in reader.cache.totals()} == {field, None}


async def test_what_does_not_count_and_what_traces_it(tmp_path: Path) -> None:
    trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
    lines = [
        request("a", headers=trace),
        answer(2, "a", b'{"at":1,"id":1}'),
        answer(3, "a", b'{"at":2,"id":2}'),
        *exchange("b", b'{"at":1}', b'{"at":2}'),
    ]
    reader = await reading(tmp_path, lines, ignore=["$.body.at"])
    assert reader.cache.totals()[FIELD] == (0, 1, 1, 0)
    [comparison] = reader.cache.comparisons.values()
    assert comparison.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_lines_that_are_no_messages_stop_nothing(tmp_path: Path) -> None:
    lines = [b"hello\n", b"zz\n", b"31\n", message(4, "a", b""), message(1, "x y", b"")]
    reader = await reading(tmp_path, [*lines, *exchange("a", b"1", b"1")])
    assert reader.cache.totals()[FIELD] == (1, 0, 0, 0)
    assert any("no message of goreplay: 5" in note for note in reader.notes)


async def test_messages_are_not_read_from_a_url() -> None:
    reader = LogReader(None, url="http://127.0.0.1:1", preset="goreplay")
    assert "read from a file or a pipe" in await reader.refused()
    assert reader.error.kind is SourceErrorKind.CONFIG


KINDS = {
    "same": (b'{"a":1}', b'{"a":1}', 0),
    "other": (b'{"a":1}', b'{"a":2}', 1),
    "noise": (b'{"t":1}', b'{"t":2}', 2),
    "broken": (b"\xff", b'{"a":1}', 3),
}


@settings(max_examples=40, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(sorted(KINDS)), max_size=12),
    seed=st.integers(0, 2**32),
    cuts=st.lists(st.integers(0, 100), max_size=6),
    kills=st.lists(st.sampled_from(["go on", "kill", "fail", "rotate"]), min_size=6, max_size=6),
)
async def test_whatever_the_order_chunks_and_kills_each_exchange_counts_once(
    kinds: list[str],
    seed: int,
    cuts: list[int],
    kills: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    rng = random.Random(seed)
    messages = [
        (n + rng.uniform(0, 4), raw)
        for n, kind in enumerate(kinds)
        for raw in exchange(f"id{n}", *KINDS[kind][:2], at=AT + n)
    ]
    raw = b"".join(line for _, line in sorted(messages))
    path = tmp_path_factory.mktemp("log") / "messages.log"
    path.touch()
    reader = LogReader(path, preset="goreplay", routes=ROUTES, ignore=["$.body.t"])
    await reader.fill()
    written = 0
    for cut, fate in zip(sorted(cuts), kills, strict=False):
        end = len(raw) * cut // 100
        with path.open("ab") as file:
            file.write(raw[written:end])
        written = end
        await reader.poll(commits=fate != "fail")
        if fate == "kill":
            reader.restart()
        elif fate == "rotate" and (not written or raw[written - 1 : written] == b"\n"):
            number = len(list(path.parent.iterdir()))
            for other in range(number, 1, -1):
                path.with_name(f"messages.log.{other - 1}").rename(f"{path}.{other}")
            path.rename(f"{path}.1")
            path.touch()
            reader.restart()
    with path.open("ab") as file:
        file.write(raw[written:])
    await reader.settle()
    expected = [0, 0, 0, 0]
    for kind in kinds:
        expected[KINDS[kind][2]] += 1
    assert reader.cache.totals().get(FIELD, (0, 0, 0, 0)) == tuple(expected)
    assert {ident for _, ident in reader.cache.comparisons} == {
        f"id{n}" for n, kind in enumerate(kinds) if kind == "other"
    }


@pytest.mark.parametrize("astray", [AT + 86_400_000_000, 0, NOW + 3_600_000])
async def test_a_message_of_another_century_makes_no_other_late(
    astray: int, tmp_path: Path
) -> None:
    lines = [raw for n in range(5) for raw in exchange(f"a{n}", b"1", b"1", at=AT + n)]
    lines += [*exchange("astray", b"1", b"1", at=astray), request("alone")]
    for n in range(100):
        at = AT + n * 1000
        lines += [request(f"b{n}", at=at), answer(2, f"b{n}", b"1", at=at)]
        if n:
            lines.append(answer(3, f"b{n - 1}", b"1", at=at))
    reader = await reading(tmp_path, lines)
    # Of the last one the new answer does not come, of `alone` none.
    assert reader.cache.totals()[FIELD] == (105, 0, 0, 1)
    assert any("without their counterparts: 1" in note for note in reader.notes)


async def test_an_id_that_comes_again_and_again_is_one_exchange(tmp_path: Path) -> None:
    path = tmp_path / "messages.log"
    path.write_bytes(b"".join(request("a", at=AT + n) for n in range(5000)))
    reader = LogReader(path, preset="goreplay", routes=ROUTES)
    await reader.fill()
    assert len(reader.cursor or "") < 1000
    reader.restart()
    with path.open("ab") as file:
        file.write(answer(2, "a", b"1") + answer(2, "a", b"2") + answer(3, "a", b"2"))
    await reader.settle()
    assert reader.cache.totals()[FIELD] == (1, 0, 0, 0)
