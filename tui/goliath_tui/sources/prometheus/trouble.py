"""What to do about a metric store that refuses, or that has nothing of what was asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources.client import Client
from goliath_tui.sources.prometheus import Options, answers
from goliath_tui.sources.prometheus.answers import wrong_place
from goliath_tui.sources.prometheus.query import label_set, quoted
from goliath_tui.sources.prometheus.question import Question
from goliath_tui.sources.sides import Patterns, Unclear, unclear_notes

LOOKBACK = "1h"
MOST_SHOWN = 5


def better(error: SourceError, options: Options) -> SourceError:
    """The same error, saying which setting to look at where that can be known."""
    said = str(error)
    what, _, _ = said.rpartition(": ")
    where = said.split(" ", 1)[0]
    if error.kind is SourceErrorKind.AUTH and options.tenant is None:
        return SourceError(error.kind, f"{said}; or, if it has tenants, name yours with `tenant:`")
    if error.kind is SourceErrorKind.TOO_LARGE:
        return SourceError(
            error.kind, f"{what}: fewer steps will be asked for; `where:` leaves series out"
        )
    if error.status in {404, 405}:
        return wrong_place(where, f"answers {error.status}")
    if error.status in {414, 431}:
        return SourceError(
            SourceErrorKind.CONFIG, f"{what}: the question is too long for it: shorten `where:`"
        )
    if error.status in {400, 422}:
        settings = "`promql:`" if options.promql else "`metric:`, `labels:`, `where:` and `step:`"
        return SourceError(SourceErrorKind.CONFIG, f"{what}: check {settings}", status=error.status)
    return error


async def explain_nothing(
    client: Client, question: Question, patterns: Patterns, options: Options
) -> None:
    """Raises SourceError where a setting is the reason that nothing was found.

    Returns where all is as it should be, and there is just nothing in the newest steps.
    """
    tenant = f" for tenant {options.tenant}" if options.tenant else ""
    if question.own:
        raise _wrong("`promql:`", f"the query finds nothing{tenant}: try it there, and mend")
    metric = question.metric
    told = ",".join(dict.fromkeys([*question.labels, *question.where]))
    where, seen = await _instant(
        client, f"count by ({told}) (last_over_time({metric}[{LOOKBACK}]))", options
    )
    if not seen:
        near = await _similar(client, metric)
        raise _wrong(
            "`preset:` or `metric:`",
            f"{where}: no {metric}{tenant} in the last hour{near}: is it scraped? If so, mend",
        )
    for label in question.labels:
        if not any(labels.get(label) for labels in seen):
            has = await _labels(client, metric)
            raise _wrong("`labels:`", f"{where}: {metric} has no label {label}{has}: mend")
    if unclear := all_unclear(patterns, seen):
        raise _wrong("`labels:` or `sides:`", f"{where}: {unclear}: mend")
    for label, wanted in question.where.items():
        condition = label_set({label: wanted})
        query = f"count(last_over_time({metric}{condition}[{LOOKBACK}]))"
        if not (await _instant(client, query, options))[1]:
            values = _listed(sorted({labels.get(label, "") for labels in seen}))
            raise _wrong(
                "`where:`", f"{where}: no {metric} fits {condition}: {label} is {values}: mend"
            )


def all_unclear(patterns: Patterns, series: Iterable[Mapping[str, str]]) -> str | None:
    """What is the matter with all of some series' labels; None when some of them are clear."""
    unclear = set()
    for labels in series:
        try:
            patterns.whose(labels)
        except Unclear as error:
            unclear.add(str(error))
        else:
            return None
    return unclear_notes(unclear)[0] if unclear else None


def _wrong(setting: str, what: str) -> SourceError:
    return SourceError(SourceErrorKind.CONFIG, f"{what} {setting}")


def _listed(values: list[str]) -> str:
    """The first few of some values."""
    shown = ", ".join(clean_text(value, 60) or '""' for value in values[:MOST_SHOWN])
    return shown + (f" and {len(values) - MOST_SHOWN} more" if len(values) > MOST_SHOWN else "")


async def _instant(
    client: Client, query: str, options: Options
) -> tuple[str, list[dict[str, str]]]:
    """Where it was asked, and the labels of what was found there just now."""
    try:
        answer = await client.get(
            "/api/v1/query", {"query": query, "nocache": "1", "latency_offset": "1ms"}
        )
    except SourceError as error:
        raise better(error, options) from None
    found = await answers.vector(answer)
    return answer.where, [dict(series.labels) for series in found.series]


async def _similar(client: Client, metric: str) -> str:
    """`; it has …`: names of metrics that look like this one."""
    beginning = quoted(metric.partition("_")[0] + ".*")
    known = await _names(client, "/api/v1/label/__name__/values", f"{{__name__=~{beginning}}}")
    near = difflib.get_close_matches(metric, known, n=3, cutoff=0.6) or sorted(known)
    return f"; it has {_listed(near)}" if near else ""


async def _labels(client: Client, metric: str) -> str:
    """`; it has …`: the labels of a metric."""
    known = [name for name in await _names(client, "/api/v1/labels", metric) if name != "__name__"]
    return f"; it has {_listed(sorted(known))}" if known else ""


async def _names(client: Client, path: str, match: str) -> tuple[str, ...]:
    """Names, as far as the server tells them: they are a courtesy."""
    try:
        return await answers.names(await client.get(path, {"match[]": match}))
    except SourceError:
        return ()
