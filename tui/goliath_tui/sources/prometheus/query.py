"""PromQL for how much counters grew, exactly: what was counted, no more and no less.

`increase()` extrapolates to the edges of its window, so neighbours overlap or leave gaps and their
sum is no count. Here a window's growth is the last value in it minus the last value before it. As
one window's last value is the next one's value before, growth adds up to the counter's own, over
failed scrapes too. In order, for each series in window w:

1. It was reset (a value in w is below the last one before w): what came before the reset and since.
2. The usual case: last value in w - last value before w, of up to `SEEN` ago.
3. It is new at a target that was counting already: it grew from nothing.
4. It is seen for the first time: only what it grew since, for nobody knows how old its count is.

In a wide window a counter may be reset more than once; there `increase()` is the better guess, for
a little extrapolation is less than what a whole run of a program counts.

3 does not hold where the target had the same labels of ours before: then a label was added by a
relabelling, and the whole count would be told as of now. A window without a sample in it yields
nothing, so that silence is never taken for zero.

Nearly all windows have nothing but 2 in them, which is a part of the work. So `plain` asks for that
alone, and `unusual` where it is not enough; `growth`, with all four, is asked about those windows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

#: The label of an answer that says which part of the question it answers.
PART = "goliath_part"
#: In a query of the user's own, what stands for the width of a window.
WINDOW = "$window"
#: What each moment must answer to `MOMENT_QUERY`: itself. A server may repeat an older answer for
#: its newest moments (VictoriaMetrics does, for 30 s); this tells such answers from true ones.
MOMENT = "moment"
MOMENT_QUERY = "vector(time())"
#: How long a counter may have been silent and still be known.
SEEN = "15m"
#: From this width on a window is wide: more than one reset in it is likely.
WIDE_MS = 600_000


def selector(metric: str, where: Mapping[str, str]) -> str:
    """The series of a metric with these label values; `*` and a leading `!` are special."""
    return metric + label_set(where)


def label_set(where: Mapping[str, str]) -> str:
    """Conditions on labels, as PromQL writes them."""
    return f"{{{','.join(matcher(*pair) for pair in where.items())}}}"


def matcher(label: str, wanted: str) -> str:
    """One condition on a label."""
    no, wanted = ("!", wanted[1:]) if wanted.startswith("!") else ("", wanted)
    if "*" not in wanted:
        return f"{label}{no}={quoted(wanted)}"
    pattern = ".*".join(map(_literal, wanted.split("*")))
    return f"{label}{no or '='}~{quoted(pattern)}"


def quoted(text: str) -> str:
    """A string as PromQL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def plain(series: str, by: Iterable[str], window_ms: int) -> str:
    """How much counters grew in each window, where nothing is `unusual` in it."""
    head, base = _head(series, window_ms), _base(series, window_ms)
    return f"sum by ({','.join(by)}) ({head}-{base})"


def unusual(series: str, window_ms: int) -> str:
    """How many counters were reset in each window or are new in it; no value where none is."""
    window = duration(window_ms)
    low = f"min_over_time({series}[{window}])"
    resets = f" or resets({series}[{window}])>0" if window_ms >= WIDE_MS else ""
    return f"count({low} unless {low}>={_base(series, window_ms)}{resets})"


def growth(series: str, family: str, by: Iterable[str], window_ms: int) -> str:
    """How much the counters of `series` grew in each window, added up by labels.

    `family`: all that a target counts under the same name, of which `series` may be a part.
    """
    labels, window = ",".join(by), duration(window_ms)
    head, base = _head(series, window_ms), _base(series, window_ms)
    low = f"min_over_time({series}[{window}])"
    high = f"max_over_time({series}[{window}])"
    known = _base(family, window_ms)
    resets = f"resets({series}[{window}])"
    restarted = f"({high}>{head})-{base}+{head} and {low}<{base}"
    if window_ms >= WIDE_MS:
        restarted = (
            f"({high}>{head})-{base}+{head} and {resets}==1"
            f" or increase({series}[{window}]) and {resets}>0"
        )
    return (
        f"sum by ({labels}) ({restarted}"
        f" or {head} and {low}<{base}"
        f" or {head}-{base}"
        f" or {head} and on(job,instance) {known} unless on(job,instance,{labels}) {base}"
        f" or {head}-{low})"
    )


def together(parts: Mapping[str, str]) -> str:
    """Several questions as one; the label `PART` of an answer says which it is of."""
    return " or ".join(
        f'label_replace({query},"{PART}","{part}","","")' for part, query in parts.items()
    )


def seconds(ms: int) -> str:
    """A duration or moment in seconds, as the API takes it."""
    return f"{ms // 1000}" if ms % 1000 == 0 else f"{ms / 1000:.3f}"


def duration(ms: int) -> str:
    """A duration as PromQL writes it."""
    return f"{ms // 1000}s" if ms % 1000 == 0 else f"{ms}ms"


def _head(series: str, window_ms: int) -> str:
    """The last value in each window."""
    return f"last_over_time({series}[{duration(window_ms)}])"


def _base(series: str, window_ms: int) -> str:
    """The last value before each window."""
    return f"last_over_time({series}[{SEEN}] offset {duration(window_ms)})"


def _literal(text: str) -> str:
    """A pattern that fits this text alone, in the dialect of Go."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)
