"""A gateway whose answers never end, and one that never answers. A program of its own.

Serves the native API on loopback under three paths: `/traffic` has always one more bucket of all
services, `/mismatches` always one more page of comparisons that differed, `/hanging` takes a
request and keeps silent. Prints its address, and ends when its stdin does.
"""

import random
import sys
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import msgspec

from bench import big_facts
from goliath_tui import native
from goliath_tui.domain import Difference, DifferenceClass

PAGE_COMPARISONS = 200
#: Buckets of ten seconds in two hours; after that they come again, fuller.
BUCKETS = 720
#: Stand in a page for what is put in when it is asked for.
AT, PAGE = 1_111_111_111_111, 0x1111_1111_1111

_started = time.time_ns() // 1_000_000


@cache
def traffic(lap: int) -> bytes:
    """The rows of one bucket of all services."""
    at = lap * big_facts.TEN_SECONDS * 1_000_000
    buckets = [
        big_facts.traffic_bucket(n, at, (lap + 2) * big_facts.TEN_SECONDS)
        for n in range(big_facts.SERVICES)
    ]
    rows = [
        msgspec.structs.replace(bucket, at=AT, width_ms=big_facts.TEN_SECONDS) for bucket in buckets
    ]
    return msgspec.json.encode(rows)


@cache
def mismatches() -> bytes:
    """The rows of one page of comparisons."""
    rng = random.Random(5)
    rows = []
    for n in range(PAGE_COMPARISONS):
        of = rng.randrange(big_facts.FIELDS)
        path = f"$.items[{n % 30}].live{n % 3}"
        row = big_facts.comparison(
            n, AT, big_facts.field(of), Difference(path=path, kind=DifferenceClass.VALUE)
        )
        rows.append(msgspec.structs.replace(row, id=f"{PAGE:x}-{n}"))
    return msgspec.json.encode(rows)


def page(path: str, endpoint: str, number: int) -> bytes:
    """The page after `number` pages of an endpoint."""
    rows, more = b"[]", False
    if (path, endpoint) == ("traffic", "traffic"):
        lap, bucket = divmod(number, BUCKETS)
        at = _started - (BUCKETS - bucket) * big_facts.TEN_SECONDS
        at = big_facts.floor(at, big_facts.TEN_SECONDS)
        rows, more = traffic(lap).replace(str(AT).encode(), str(at).encode()), True
    elif (path, endpoint) == ("mismatches", "mismatches"):
        rows, more = mismatches().replace(f"{PAGE:x}".encode(), f"{number:x}".encode()), True
        rows = rows.replace(str(AT).encode(), str(time.time_ns() // 1_000_000).encode())
    return msgspec.json.encode(native.Page(rows=(), cursor=str(number + more), more=more)).replace(
        b'"rows":[]', b'"rows":' + rows, 1
    )


class Handler(BaseHTTPRequestHandler):
    """Answers, or does not."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """One page, or who answers."""
        parts = urlsplit(self.path)
        _, path, _, endpoint = parts.path.split("/")
        if path == "hanging":
            threading.Event().wait()
        if endpoint == "about":
            now = time.time_ns() // 1_000_000
            about = native.About(api=native.GATEWAY_API, name=path, instance=path, now=now)
            body = msgspec.json.encode(about)
        else:
            body = page(path, endpoint, int(parse_qs(parts.query).get("cursor", ["0"])[0]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Says nothing."""


class Server(ThreadingHTTPServer):
    """Serves on; whoever asks may go at any time."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Nobody is there any more to be told."""


def main() -> None:
    """Serves until stdin ends."""
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
