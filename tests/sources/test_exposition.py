"""Pages of counters: read as prometheus_client reads them, and never slowly."""

import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from goliath_tui.sources.exposition import NotExposition, Sample, names_on, samples


def read(page: bytes, *names: str) -> list[Sample]:
    return list(samples(page, names or ("a",)))


@pytest.mark.parametrize(
    ("line", "labels", "value"),
    [
        ("a 1", {}, 1),
        ("a{} 1", {}, 1),
        ("  a\t{ } 1", {}, 1),
        ('a{b="c"}1', {"b": "c"}, 1),
        ('a{b="c",} 1.5e3 1700000000000', {"b": "c"}, 1500),
        (' a { b = "c" , d = "e" }\t2 ', {"b": "c", "d": "e"}, 2),
        (r'a{b="\\\"\n\x",d="}#{"} 3', {"b": '\\"\n\\x', "d": "}#{"}, 3),
        ('a{b="ü ☃"} 4', {"b": "ü ☃"}, 4),
        ('a{le="+Inf"} +Inf', {"le": "+Inf"}, math.inf),
        ('a{b="c"} 5 # {trace="x"} 0.5 1700000000.25', {"b": "c"}, 5),
        ('a{b="c"} 5 1700000000.25 # {trace="x"} 0.5', {"b": "c"}, 5),
        ("a 6\r", {}, 6),
    ],
)
def test_a_line_is_read_in_every_form(line: str, labels: dict[str, str], value: float) -> None:
    page = f"# HELP a that is a 7\n# TYPE a counter\n{line}\nab 8\nb_a 9\n".encode()
    assert read(page) == [Sample("a", labels, value)]


def test_what_is_no_number_is_told_as_that() -> None:
    [sample] = read(b"a NaN\n")
    assert math.isnan(sample.value)


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (b"a 12", "ends in the middle of a line"),
        (b"b 1\na 1\nb", "ends in the middle of a line"),
        (b"a one\n", "no number"),
        (b"a 1_000\n", "no number"),
        ("a ١\n".encode(), "no number"),
        (b'a{b="c} 1\n', "neither labels nor a value"),
        (b'a{b="c" d="e"} 1\n', "neither labels nor a value"),
        (b"a{b=c} 1\n", "neither labels nor a value"),
        (b"a \n", "neither labels nor a value"),
        (b'a{b="\xff"} 1\n', "is not UTF-8"),
    ],
)
def test_a_wanted_line_that_cannot_be_read_is_an_error(page: bytes, why: str) -> None:
    with pytest.raises(NotExposition, match=why):
        read(page)


def test_openmetrics_may_end_without_an_end_of_line() -> None:
    assert read(b"a 1\n# EOF") == [Sample("a", {}, 1.0)]


def test_lines_that_are_not_wanted_may_be_anything() -> None:
    assert read(b'\xff\xff{{{\nb{x="a 1"} a 1\n# a 1\n\n a\na 1\n'.replace(b"\n a\n", b"\n")) == [
        Sample("a", {}, 1.0)
    ]


def test_several_metrics_are_told_one_after_the_other() -> None:
    page = b"b 1\na 2\nb 3\n"
    assert [s.value for s in read(page, "a", "b", "c")] == [2, 1, 3]


def test_names_are_found_for_advice() -> None:
    assert names_on(b'# HELP x y\na_total{b="c"} 1\n  d 2\n<html>\n') == {"a_total", "d"}
    assert len(names_on(b"".join(b"a%d 1\n" % n for n in range(50)), most=7)) == 7


NAMES = st.sampled_from(["a", "a_total", "aa", "b_a", "a:b"])
VALUES = st.one_of(
    st.integers(0, 2**60).map(str),
    st.floats(0, 1e300).map(repr),
    st.sampled_from(["NaN", "+Inf", "1e3", "0.0"]),
)
LABELS = st.dictionaries(
    st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,4}", fullmatch=True).filter(
        lambda name: not name.startswith("__")
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=12),
    max_size=4,
)


def escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A line as a program may write it."""
    blank = st.sampled_from(["", " ", "\t", "  "])
    labels = ",".join(
        f'{draw(blank)}{name}{draw(blank)}={draw(blank)}"{escaped(value)}"'
        for name, value in draw(LABELS).items()
    )
    block = f"{{{labels}}}" if labels or draw(st.booleans()) else ""
    stamp = draw(st.sampled_from(["", " 1700000000000"]))
    return f"{draw(NAMES)}{block} {draw(VALUES)}{stamp}"


def same(ours: Sample, theirs: tuple[dict[str, str], float]) -> bool:
    labels, value = theirs[0], float(theirs[1])
    return ours.labels == labels and (
        ours.value == value or (math.isnan(ours.value) and math.isnan(value))
    )


@settings(max_examples=300)
@given(st.lists(lines(), max_size=6))
def test_pages_are_read_as_the_reference_reads_them(page: list[str]) -> None:
    text = "".join(f"{line}\n" for line in page)
    expected = [
        (dict(sample.labels), sample.value)
        for family in text_format(text)
        for sample in family.samples
        if sample.name == "a"
    ]
    found = read(text.encode())
    assert len(found) == len(expected)
    assert all(map(same, found, expected))


@given(LABELS, st.integers(0, 2**50))
def test_openmetrics_with_exemplars_is_read_as_the_reference_reads_it(
    labels: dict[str, str], value: int
) -> None:
    block = ",".join(f'{name}="{escaped(text)}"' for name, text in labels.items())
    text = (
        "# TYPE a counter\n# HELP a what a_total counts\n"
        f'a_total{{{block}}} {value} # {{trace="x"}} 1.0 1700000000.5\n# EOF\n'
    )
    [family] = open_metrics(text)  # type: ignore[no-untyped-call] # the library has no types here
    [expected] = family.samples
    [found] = read(text.encode(), "a_total")
    assert (found.labels, found.value) == (dict(expected.labels), expected.value)


@given(st.binary(max_size=200))
def test_no_page_raises_anything_else(page: bytes) -> None:
    for name in ("a", "aa"):
        with suppress(NotExposition):
            read(page + b"\n", name)


MEGABYTE = 2**20
EVIL = {
    "one name over and over": b"a" * MEGABYTE + b"\n",
    "names in one line": b"a a " * (MEGABYTE // 4) + b"\n",
    "labels without an end": b"a{" + b'b="c",' * (MEGABYTE // 6) + b"\n",
    "escapes without an end": b'a{b="' + b"\\" * MEGABYTE + b"\n",
    "blanks before": b" " * MEGABYTE + b"a\n",
    "blanks after": b"a" + b" " * MEGABYTE + b"\n",
    "blanks within": b"a{" + b" " * MEGABYTE + b"\n",
    "blanks behind": b'a{b="c"' + b" " * MEGABYTE + b"\n",
    "a value without an end": b"a " + b"9" * MEGABYTE + b"x\n",
}


@pytest.mark.parametrize("page", EVIL.values(), ids=EVIL)
def test_no_page_makes_reading_slow(page: bytes) -> None:
    """Were any of these read in more than linear time, this would last for minutes."""
    with suppress(NotExposition):
        assert read(page) == []
