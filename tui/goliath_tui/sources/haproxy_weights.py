"""The weights of HAProxy's servers, from the page of its counters or from its statistics as CSV.

A server in maintenance, or drained, is meant to get nothing, whatever its weight; one that is down
is meant to get what it does not get. A backup server gets nothing while others are there; only the
CSV tells which ones those are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from goliath_tui.clean import clean_text
from goliath_tui.domain import Batch, SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer, Client, Outcome
from goliath_tui.sources.exposition import NotExposition, samples
from goliath_tui.sources.haproxy import Options
from goliath_tui.sources.intended import Backend, Way, meant, reading, told

LARGEST = 65_536
MOST_SERVERS = 100_000
_CSV = b"# pxname,svname,"
#: What a server that is meant to get nothing is, whatever its weight.
_AWAY = ("MAINT", "DRAIN")
_ACCEPT = "text/plain;version=0.0.4,*/*;q=0.1"
_APART = (
    "its sides are in different backends, and HAProxy does not say which part of the requests its "
    "rules send to each"
)


class Haproxy:
    """A source that reads one HAProxy."""

    def __init__(self, options: Options) -> None:
        self._patterns = options.patterns()
        self._endpoint = options.endpoint

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        """What is configured now. Raises SourceError."""
        at = client.clock()
        answer = await client.get(self._endpoint, accept=_ACCEPT)
        if answer.outcome is not Outcome.FRESH:
            raise faults.malformed(answer.where, "is none, though nothing of it is known yet")
        ways = await reading(answer, lambda: list(_ways(answer)))
        return told(meant(ways, self._patterns, answer.where, apart=_APART), at)


def _ways(answer: Answer) -> Iterator[Way]:
    """Every backend, with the weights of its servers."""
    servers = (_of_csv if answer.body.startswith(_CSV) else _of_counters)(answer)
    ways: dict[str, Way] = {}
    for number, (proxy, server, weight) in enumerate(servers):
        if number >= MOST_SERVERS:
            raise faults.malformed(answer.where, f"has more than {MOST_SERVERS:,} servers")
        way = ways.setdefault(proxy, Way())
        way.add(Backend((("proxy", proxy), ("server", server))), min(max(0.0, weight), LARGEST))
    if not ways:
        begins = clean_text(answer.body[:40].decode(errors="replace").strip(), 40)
        raise SourceError(
            SourceErrorKind.CONFIG,
            f"{answer.where}: names no server and its weight (it begins with "
            f"{begins or 'nothing'}): check `url:` and `endpoint:`",
        )
    yield from ways.values()


def _of_counters(answer: Answer) -> Iterator[tuple[str, str, float]]:
    try:
        away = {
            (sample.labels.get("proxy", ""), sample.labels.get("server", ""))
            for sample in samples(answer.body, ("haproxy_server_status",))
            if sample.labels.get("state") in _AWAY and sample.value == 1
        }
        for sample in samples(answer.body, ("haproxy_server_weight",)):
            who = sample.labels.get("proxy", ""), sample.labels.get("server", "")
            yield *who, 0.0 if who in away else sample.value
    except NotExposition as error:
        raise faults.malformed(answer.where, str(error)) from None


def _of_csv(answer: Answer) -> Iterator[tuple[str, str, float]]:
    lines = answer.body.decode().removeprefix("# ").splitlines()
    try:
        for row in csv.DictReader(lines):
            if row.get("svname") in {"FRONTEND", "BACKEND", None}:
                continue
            # The weight that was set, where it is said; the other one is lower while it warms up.
            said = row.get("uweight") or row.get("weight") or ""
            away = (row.get("status") or "").startswith(_AWAY) or row.get("bck") == "1"
            if said.isascii() and said.isdecimal():
                yield row["pxname"], row["svname"], 0.0 if away else float(said[:9])
    except csv.Error as error:
        raise faults.malformed(answer.where, f"is no CSV ({error})") from None
