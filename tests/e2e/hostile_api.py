"""Both native APIs on loopback, every text in every row hostile.

The rows are made by looking at the facts' own fields, so that a field added later is hostile too.
"""

import threading
import types
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import msgspec

from goliath_tui import native
from goliath_tui.domain import DifferenceClass, EventKind, MigrationState

#: What must never come out: each is looked for, byte by byte, in all that reaches a terminal.
FORBIDDEN = {
    "OSC 8": "\x1b]8;;http://evil.example\x1b\\",
    "OSC 52": "\x1b]52;c;RVZJTA==\x07",
    "CSI": "\x1b[31337m",
    "DCS": "\x1bP31337q",
    "C1 CSI": "\x9b31337m",
    "C1 OSC": "\x9d8;;http://evil.example\x9c",
    "bidi": "\u202e",
    "isolate": "\u2067",
    "zero width": "\u200b",
    "byte order mark": "\ufeff",
    "delete": "\x7f",
}
CLICK = "[@click=app.quit]X[/]"
#: Starts every hostile text, short enough to be seen in the narrowest column.
MARK = "EV"


def hostile(n: int) -> str:
    """The n-th hostile text: all distinct, each starting with another forbidden sequence."""
    parts = list(FORBIDDEN.values())
    turned = parts[n % len(parts) :] + parts[: n % len(parts)]
    return f"{MARK}{n}{turned[0]}{CLICK}{''.join(turned[1:])}"


class _Maker:
    """Makes one row of a fact, remembering names so that rows refer to each other."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.n = 0

    def value(self, name: str, kind: Any) -> Any:
        if typing.get_origin(kind) is typing.Annotated:
            return self.value(name, typing.get_args(kind)[0])
        if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
            return self.value(name, next(k for k in typing.get_args(kind) if k is not type(None)))
        if typing.get_origin(kind) is tuple:
            return (self.value(name, typing.get_args(kind)[0]),)
        if kind is str:
            # The same field name gets the same text in every fact, so that rows find each other.
            shared = {"service": 3, "depends_on": 3, "field": 1, "item": 2, "sprint": 4}
            return hostile(shared.get(name, self.next()))
        if kind is msgspec.Raw:
            return msgspec.Raw(msgspec.json.encode({hostile(6): [hostile(7)]}))
        if kind is int:
            return self.now - 60_000 if name in {"at", "starts"} else 60_000
        if kind is float:
            return 1.0
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self.row(kind)
        return next(iter(kind))

    def next(self) -> int:
        self.n += 1
        return 10 + self.n

    def row(self, kind: type[msgspec.Struct]) -> Any:
        hints = typing.get_type_hints(kind, include_extras=True)
        values = {name: self.value(name, hint) for name, hint in hints.items()}
        return kind(**values)


def pages(endpoints: dict[str, type[msgspec.Struct]], now: int) -> dict[str, bytes]:
    """The one page of each endpoint."""
    made: dict[str, bytes] = {}
    for name, kind in endpoints.items():
        row = _Maker(now).row(kind)
        changes: dict[str, dict[str, Any]] = {
            "services": {"name": hostile(3)},
            "fields": {"id": hostile(1)},
            "items": {"id": hostile(2)},
            "sprints": {"id": hostile(4), "ends": now + 86_400_000},
            "states": {"state": MigrationState.SIDE_BY_SIDE},
            "traffic": {"field": None, "at": now - 60_000},
            "comparisons": {"field": None, "at": now - 60_000, "mismatched": 3},
            "mismatches": {},
            "events": {"kind": EventKind.CREATED, "points": 3.0},
        }
        rows = [msgspec.structs.replace(row, **changes.get(name, {}))]
        if name == "events":
            entered = msgspec.structs.replace(rows[0], id=hostile(99), kind=EventKind.ENTERED)
            rows.append(entered)
        if name == "mismatches":
            differences = tuple(
                msgspec.structs.replace(row.differences[0], kind=kind) for kind in DifferenceClass
            )
            rows = [msgspec.structs.replace(row, differences=differences)]
        # A server that escapes nothing but what JSON itself demands, as a careless one would.
        made[name] = msgspec.json.encode(native.Page(rows=tuple(rows), cursor=hostile(5)))
    return made


@contextmanager
def hostile_apis(now: int) -> Iterator[tuple[str, str]]:
    """Serves both; yields (gateway address, tracker address)."""
    with (
        _serve(native.GATEWAY_API, pages(native.GATEWAY_ENDPOINTS, now), now) as gateway,
        _serve(native.TRACKER_API, pages(native.TRACKER_ENDPOINTS, now), now) as tracker,
    ):
        yield gateway, tracker


@contextmanager
def _serve(api: str, bodies: dict[str, bytes], now: int) -> Iterator[str]:
    about = native.About(api=api, name=hostile(8), instance=hostile(9)[:128], now=now)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            name = parts.path.rpartition("/")[2]
            if name == "about":
                body = msgspec.json.encode(about)
            elif "cursor=" in parts.query:
                body = msgspec.json.encode(native.Page(rows=(), cursor=hostile(5)))
            else:
                body = bodies[name]
            self.send_response(200, "O\x1b[31337mK")
            self.send_header("Content-Type", "application/json")
            self.send_header("ETag", '"EV"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
