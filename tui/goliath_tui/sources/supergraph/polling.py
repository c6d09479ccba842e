"""A schema being watched: read when it has changed, told step by step.

Unchanged content costs no reading: a file's marks, a URL's ETag, and in any case the hash of the
content are compared first. All work on a content is done beside the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from goliath_tui.domain import Batch, SourceError, SourceErrorKind
from goliath_tui.sources import Setup, faults
from goliath_tui.sources.client import Client, Outcome
from goliath_tui.sources.patterns import is_like
from goliath_tui.sources.supergraph import Options
from goliath_tui.sources.supergraph.bodies import schema_text
from goliath_tui.sources.supergraph.files import Found, contents, find, service_of
from goliath_tui.sources.supergraph.memory import Memory, Observation, Round, looks, remembered
from goliath_tui.sources.supergraph.reading import Document, read
from goliath_tui.sources.supergraph.states import States, common_shares, named

#: Goes up when the same schema is to be read anew, because it is understood in another way.
_READING = 1
_ACCEPT = "text/plain, application/graphql, application/json;q=0.9, */*;q=0.5"
_SUBGRAPH_QUERY = {"query": "{ _service { sdl } }"}

Result = TypeVar("Result")


class _Content(msgspec.Struct, frozen=True):
    """What is at the place now. `found`: the files, where it is some."""

    documents: Sequence[tuple[str, bytes, str | None]]
    digest: str
    etag: str | None = None
    found: Found | None = None
    notes: tuple[str, ...] = ()


class Supergraph:
    """The source: a file, files, or a URL."""

    def __init__(self, setup: Setup, options: Options) -> None:
        self._path = setup.path
        self._parts = setup.parts
        self._options = options
        self._rules = _hash(msgspec.json.encode((_READING, sorted(setup.parts), options)))
        self._cursor: str | None = None
        self._memory = Memory()
        self._round: Round | None = None
        self._found: Found | None = None

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """What is new in the schema, some thousand fields at a time."""
        requests, bytes_read = client.requests, client.bytes_read
        memory = await self._recall(cursor)
        if self._round is None:
            content = await self._content(client, memory)
            if isinstance(content, Batch):
                return msgspec.structs.replace(
                    content,
                    requests=client.requests - requests,
                    bytes_read=client.bytes_read - bytes_read,
                )
            # Whoever stops us in here finds a memory that may be of no cursor.
            self._cursor = None
            self._round = await _aside(partial(self._observe, memory, content, client.clock()))
            self._found = content.found
        going, self._cursor = self._round, None
        rows, reached = await _aside(going.step)
        self._cursor = reached
        if not going.remaining:
            self._round = None
        return Batch(
            rows=rows,
            cursor=reached,
            more=going.remaining > 0,
            remaining=going.remaining,
            requests=client.requests - requests,
            bytes_read=client.bytes_read - bytes_read,
            notes=tuple(going.notes),
        )

    async def _recall(self, cursor: str | None) -> Memory:
        """What the cursor holds; a reading goes on only from the cursor it returned last."""
        if cursor is None or cursor != self._cursor:
            self._round = self._found = None
            self._memory = await _aside(partial(remembered, cursor))
            self._cursor = cursor
        return self._memory

    async def _content(self, client: Client, memory: Memory) -> _Content | Batch:
        """What is there now, or the batch that says that nothing is new. Raises SourceError."""
        if self._parts == {"intended"} and not self._options.by_field:
            raise SourceError(
                SourceErrorKind.CONFIG,
                "say with `by_field:` whose traffic is counted by calls of fields: of other "
                "services a schema tells no intended share",
            )
        began = client.clock()
        known = memory.rules == self._rules and memory.digest != ""
        if self._path is None:
            content = await self._at_url(client, memory, began, known=known)
        else:
            content = await self._in_files(self._path, memory, began, known=known)
        if isinstance(content, Batch) or not known or content.digest != memory.digest:
            return content
        self._found = content.found
        if content.etag != memory.etag:
            memory.etag = content.etag
            self._cursor = await _aside(memory.cursor)
        return self._quiet(memory, looked_at=began)

    async def _at_url(
        self, client: Client, memory: Memory, began: int, *, known: bool
    ) -> _Content | Batch:
        if self._options.ask == "subgraph":
            answer = await client.post("", _SUBGRAPH_QUERY)
        else:
            etag = memory.etag if known else None
            answer = await client.get("", etag=etag, accept=_ACCEPT)
            if answer.outcome is Outcome.UNCHANGED:
                if etag is None:
                    raise faults.malformed(
                        answer.where, "says unchanged (304), but was never asked so"
                    )
                return self._quiet(memory, looked_at=began)
        if answer.outcome is not Outcome.FRESH:
            raise faults.from_status(410, answer.where, None, None)
        digest = await _aside(partial(_hash, answer.body))
        return _Content(
            documents=((answer.where, answer.body, self._options.service),),
            digest=digest,
            etag=answer.etag,
        )

    async def _in_files(
        self, path: Path, memory: Memory, began: int, *, known: bool
    ) -> _Content | Batch:
        found = await _aside(partial(find, path))
        if known and found == self._found:
            return self._quiet(memory, looked_at=began)
        bodies: list[bytes] = []
        if not known or found.settled(began):
            found, bodies = await _aside(partial(contents, found, partial(find, path)))
        # It may have been written to while it was read, too.
        if known and not found.settled(began):
            note = "was written a moment ago, and is read at the next poll"
            return self._quiet(memory, note=note)
        if len(found.marks) > 1 and self._options.service is not None:
            raise SourceError(
                SourceErrorKind.CONFIG,
                f"`service:` is for one subgraph, but `path:` names {len(found.marks)} files: "
                "rename with `services:` what is not called as its file",
            )
        documents = tuple(
            (str(mark.path), body, self._options.service or service_of(mark.path))
            for mark, body in zip(found.marks, bodies, strict=True)
        )
        outside = f"not read, for leading out of their folder: {found.outside} of the files"
        return _Content(
            documents=documents,
            digest=await _aside(
                partial(_hash, *(part for _, body, who in documents for part in (who, body)))
            ),
            found=found if found.settled(began) else None,
            notes=(outside,) if found.outside else (),
        )

    def _quiet(
        self, memory: Memory, *, looked_at: int | None = None, note: str | None = None
    ) -> Batch:
        """Nothing new, and all that was odd is so still. `looked_at`: when that was seen, if so."""
        notes = tuple(memory.notes) if note is None else (f"{self._path} {note}", *memory.notes)
        rows = () if looked_at is None else tuple(looks(memory.shares, looked_at))
        return Batch(rows=rows, cursor=self._cursor or "", notes=notes)

    def _observe(self, memory: Memory, content: _Content, now: int) -> Round:
        """Reads the content and compares it with what is remembered. Raises SourceError."""
        options = self._options
        graph = read(
            [
                Document(where, schema_text(body, where), who)
                for where, body, who in content.documents
            ],
            options.directive,
        )
        if not graph.fields:
            raise SourceError(
                SourceErrorKind.MALFORMED,
                f"{content.documents[0][0]} has no field that any graph answers: what was read "
                "before stands",
            )
        states = States(options, graph, memory.legacy)
        seen = Observation(memory, graph, states)
        seen.look(retire_vanished=options.vanished == "retired")
        # Until all of it is told, the cursor is of no content.
        memory.rules, memory.digest, memory.etag = self._rules, "", None
        notes = [*content.notes, *graph.notes]
        if graph.too_long:
            notes.append(f"left out, for being longer than 512 characters: {named(graph.too_long)}")
        notes += [*states.notes(), *seen.notes()]
        shares: dict[str, float | None] = {}
        if "intended" in self._parts:
            shares = common_shares(seen.standings, self._counted_by_field)
            notes += [
                f"`by_field:` names {pattern}, which is no service"
                for pattern in options.by_field
                if not any(is_like(service or "", pattern) for service, _ in seen.standings)
            ]
        return Round(
            memory=memory,
            at=max(now, memory.at + 1),
            digest=content.digest,
            etag=content.etag,
            notes=notes,
            changes=seen.changes if "fields" in self._parts else [],
            shares=shares,
        )

    def _counted_by_field(self, service: str) -> bool:
        return any(is_like(service, pattern) for pattern in self._options.by_field)


async def _aside(work: Callable[[], Result]) -> Result:
    """Does work beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


def _hash(*parts: str | bytes) -> str:
    digest = sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()[:32]
