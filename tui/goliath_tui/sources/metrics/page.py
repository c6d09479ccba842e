"""One look at a gateway's page of counters: what each series stood at, and whose it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from goliath_tui.clean import clean_text
from goliath_tui.domain import SourceError, SourceErrorKind
from goliath_tui.sources import faults
from goliath_tui.sources.client import Answer
from goliath_tui.sources.exposition import NotExposition, Sample, check_end, names_on, samples
from goliath_tui.sources.metrics import Options
from goliath_tui.sources.presets import Counter, fits, is_error
from goliath_tui.sources.sides import Patterns, Unclear, Whose, unclear_notes

LARGEST = 2**53
#: More series than this are no counters of services: somebody counts per user, or per request.
MOST_SERIES = 20_000
#: When the process behind the page started, in seconds since 1970: the same as long as it lives.
STARTS = ("process_start_time_seconds", "haproxy_process_start_time_seconds")
#: How long it has been running, in seconds: never falls as long as it lives.
UPTIMES = ("envoy_server_uptime",)


class Counts(StrEnum):
    """What a series counts."""

    REQUESTS = "r"
    FAILED_REQUESTS = "f"
    ERRORS = "e"
    LATENCY = "l"


class Series(NamedTuple):
    """Whose a series is, what it counts, and the limit (`le`) of a histogram's bucket."""

    whose: Whose
    counts: Counts
    limit: float = 0.0


@dataclass
class Page:
    """What a page says. `values`: what the series of a key (a digest of its labels) stood at.

    `odd`: values that no counter can have. `series` is of all in `values`.
    """

    values: dict[str, int] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    started: float | None = None
    uptime: float | None = None
    odd: int = 0
    unclear: set[str] = field(default_factory=set)
    absent: str | None = None

    @property
    def whose(self) -> set[Whose]:
        """The sides of services whose requests are counted on the page."""
        counted = (Counts.REQUESTS, Counts.FAILED_REQUESTS)
        return {series.whose for series in self.series.values() if series.counts in counted}


def read(answer: Answer, options: Options) -> Page:
    """What the page of an answer says. Raises SourceError."""
    try:
        return _Reader(answer, options).page()
    except NotExposition as error:
        raise faults.malformed(answer.where, str(error)) from None


class _Reader:
    """Reads one page."""

    def __init__(self, answer: Answer, options: Options) -> None:
        self._body = answer.body
        self._where = answer.where
        self._options = options
        self._counted = options.counted()
        self._patterns = Patterns(self._counted.labels, self._counted.sides, options.service)
        self._page = Page()

    def page(self) -> Page:
        """All of it. Raises SourceError, NotExposition."""
        page, counted = self._page, self._counted
        there = fitting = 0
        for sample in samples(self._body, (counted.requests.metric,)):
            there += 1
            if fits(counted.requests.where, sample.labels):
                fitting += 1
                failed = counted.code is not None and is_error(sample.labels.get(counted.code, ""))
                self._add(sample, Counts.FAILED_REQUESTS if failed else Counts.REQUESTS)
        if not there:
            page.absent = self._absent()
        elif not fitting:
            wanted = ", ".join(f"{k}={v}" for k, v in counted.requests.where.items())
            raise self._wrong(
                f"none of {there:,} series of {counted.requests.metric} has "
                f"{clean_text(wanted, 100)}: mend `where:`"
            )
        if counted.errors is not None:
            self._others(counted.errors, Counts.ERRORS)
        if counted.latency is not None:
            metric = f"{counted.latency.metric}_bucket"
            self._others(Counter(metric=metric, where=counted.requests.where), Counts.LATENCY)
        for sample in samples(self._body, STARTS):
            page.started = sample.value if sample.value > 0 else page.started
        for sample in samples(self._body, UPTIMES):
            page.uptime = sample.value if sample.value >= 0 else page.uptime
        return page

    def _others(self, counter: Counter, counts: Counts) -> None:
        for sample in samples(self._body, (counter.metric,)):
            if fits(counter.where, sample.labels):
                self._add(sample, counts)

    def _add(self, sample: Sample, counts: Counts) -> None:
        page = self._page
        if not 0 <= sample.value <= LARGEST:
            page.odd += 1
            return
        try:
            whose = self._patterns.whose(sample.labels)
        except Unclear as error:
            if len(page.unclear) < MOST_SERIES:
                page.unclear.add(str(error))
            return
        limit = 0.0
        if counts is Counts.LATENCY:
            try:
                limit = float(sample.labels.get("le", ""))
            except ValueError:
                page.odd += 1
                return
        key = _key(sample)
        page.values[key] = int(sample.value)
        page.series[key] = Series(whose, counts, limit)
        if len(page.values) > MOST_SERIES:
            raise self._wrong(
                f"more than {MOST_SERIES:,} series are to be counted: name fewer with `where:`"
            )

    def _absent(self) -> str:
        """Why the metric may not be there although nothing is wrong. Raises SourceError."""
        metric = self._counted.requests.metric
        check_end(self._body)
        names = names_on(self._body)
        if not names:
            begins = clean_text(self._body[:40].decode(errors="replace").strip(), 40)
            raise self._wrong(
                f"this is no page of counters (it begins with {begins or 'nothing'}): check "
                "`url:` and `endpoint:`"
            )
        family = metric.partition("_")[0] + "_"
        near = [name for name in names if name.startswith(family)]
        if self._options.metric is None and near:
            return f"{metric} is not there: the gateway shows it from the first request on"
        like = get_close_matches(metric, near or sorted(names)[:1000], 1, 0.6)
        meant = f", but {like[0]}" if like else ""
        setting = "`preset:`" if self._options.metric is None else "`metric:`"
        raise self._wrong(f"there is no {metric} on this page{meant}: check {setting}")

    def _wrong(self, what: str) -> SourceError:
        return SourceError(SourceErrorKind.CONFIG, f"{self._where}: {what}")


def nobodys(where: str, page: Page) -> SourceError:
    """The error of a page on which nothing is anybody's."""
    return SourceError(
        SourceErrorKind.CONFIG,
        f"{where}: {unclear_notes(page.unclear, most=2)[0]}: nothing else is there, so mend "
        "`labels:` or `sides:`",
    )


def _key(sample: Sample) -> str:
    """A short name of a series, the same however the page orders its labels."""
    whole = json.dumps([sample.name, *sorted(sample.labels.items())])
    return blake2b(whole.encode(), digest_size=8).hexdigest()
