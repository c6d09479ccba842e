"""What came from a file or a server → the text of a schema, whatever it is wrapped in."""

from __future__ import annotations

import msgspec

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind

_ABSENT = msgspec.Raw()


class _Sdl(msgspec.Struct):
    sdl: str | None = None


class _Composed(msgspec.Struct, rename="camel"):
    supergraph_sdl: str | None = None


class _Data(msgspec.Struct, rename="camel"):
    """What an answer of GraphQL holds, as registries, uplinks and subgraphs give it."""

    supergraph_sdl: str | None = None
    sdl: str | None = None
    service: _Sdl | None = msgspec.field(name="_service", default=None)
    router_config: _Composed | None = None
    introspected: msgspec.Raw = msgspec.field(name="__schema", default=_ABSENT)


class _Error(msgspec.Struct):
    message: str = ""


class _Wrapped(msgspec.Struct, rename="camel"):
    data: _Data | None = None
    errors: list[_Error] | None = None
    supergraph_sdl: str | None = None
    sdl: str | None = None
    introspected: msgspec.Raw = msgspec.field(name="__schema", default=_ABSENT)

    def schema(self) -> str | None:
        """The schema, wherever it is."""
        data = self.data or _Data()
        composed = data.router_config or _Composed()
        of_subgraph = data.service.sdl if data.service is not None else None
        return (
            self.supergraph_sdl
            or data.supergraph_sdl
            or composed.supergraph_sdl
            or of_subgraph
            or self.sdl
            or data.sdl
        )


def schema_text(body: bytes, where: str) -> str:
    """The text of a schema. Raises SourceError."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed(f"{where} is not UTF-8 text, so it is no schema") from None
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        raise _malformed(f"{where} is empty: what was read before stands")
    if start.startswith("<"):
        raise _malformed(f"{where} is a web page, not a schema: check the address")
    return _unwrapped(start, where) if start.startswith("{") else text


def _unwrapped(text: str, where: str) -> str:
    try:
        wrapped = msgspec.json.decode(text, type=_Wrapped)
    except (ValueError, RecursionError):
        raise _malformed(
            f"{where} is neither a schema nor JSON with one in `supergraphSdl`, `_service` or `sdl`"
        ) from None
    if schema := wrapped.schema():
        return schema
    if wrapped.errors:
        said = clean_text(wrapped.errors[0].message, 200)
        raise _malformed(f"{where} gives no schema, saying: {said}")
    if bytes(wrapped.introspected) or (wrapped.data and bytes(wrapped.data.introspected)):
        raise _malformed(
            f"{where} is the result of an introspection, which does not say who serves what: "
            "give the supergraph's SDL"
        )
    raise _malformed(f"{where} is JSON without `supergraphSdl`, `_service` or `sdl`")


def _malformed(what: str) -> SourceError:
    return SourceError(SourceErrorKind.MALFORMED, what)
