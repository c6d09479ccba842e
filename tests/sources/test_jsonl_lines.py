"""Lines of many publishers: what counts as what, and what cannot be counted."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import Comparison, Difference, DifferenceClass
from goliath_tui.measures.differences import differences
from goliath_tui.sources.jsonl import LineMap, Options, parse_path
from goliath_tui.sources.jsonl.lines import Reader
from goliath_tui.sources.jsonl.seen import LONGEST_NAME, Ignored, Odd, Seen, moment_ms
from goliath_tui.sources.jsonl.tally import Outcome
from tests.sources.log_reader import NOW, LogReader, line

VALUE, DATE = DifferenceClass.VALUE, DifferenceClass.DATE


def read(told: Any, preset: str | None = None, ignore: tuple[str, ...] = (), **mapped: Any) -> Seen:
    """What a line says."""
    raw = told if isinstance(told, bytes) else msgspec.json.encode(told)
    mapping = msgspec.convert(mapped, LineMap)
    return Reader(preset, mapping, Ignored(ignore), lambda: NOW).read(raw, 0)


def found(seen: Seen) -> list[tuple[str, DifferenceClass]]:
    """The differences of a mismatch."""
    assert seen.comparison is not None
    return [(one.path, one.kind) for one in seen.comparison.differences]


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({"outcome": "matched"}, Outcome.MATCHED),
        ({"outcome": "Mismatch"}, Outcome.MISMATCHED),
        ({"outcome": "ignored", "legacy": 1, "new": 2}, Outcome.IGNORED),
        ({"outcome": "error"}, Outcome.FAILED),
        ({"matched": True, "legacy": 1, "new": 2}, Outcome.MATCHED),
        ({"matched": False}, Outcome.MISMATCHED),
        ({"matched": False, "ignored": True}, Outcome.IGNORED),
        ({"matched": 0, "mismatched": 1}, Outcome.MISMATCHED),
        ({"matched": True, "mismatched": []}, Outcome.MATCHED),
        ({"failed": True, "matched": False}, Outcome.FAILED),
        ({"legacy": {"a": 1}, "new": {"a": 1}}, Outcome.MATCHED),
        ({"legacy": {"a": 1, "b": 2}, "new": {"b": 2, "a": 1}}, Outcome.MATCHED),
        ({"legacy": None, "new": None}, Outcome.MATCHED),
        ({"legacy": None, "new": 0}, Outcome.MISMATCHED),
        ({"legacy": 1}, Outcome.FAILED),
        ({"new": 1}, Outcome.FAILED),
        ({"legacy": 1, "new": 1, "new_error": "boom"}, Outcome.FAILED),
        ({"legacy": 1, "new": 1, "new_error": None}, Outcome.MATCHED),
        ({"matched": True, "legacy_error": "x", "new_error": "x"}, Outcome.MATCHED),
        ({"differences": []}, Outcome.MATCHED),
        ({"differences": ["a.b"]}, Outcome.MISMATCHED),
        ({"outcome": "unheard of", "legacy": 1, "new": 1}, Outcome.MATCHED),
    ],
)
def test_what_comes_of_a_comparison(told: dict[str, Any], outcome: Outcome) -> None:
    seen = read({"field": "f", "at": NOW, **told})
    assert seen.outcome is outcome
    assert (seen.comparison is not None) == (outcome is Outcome.MISMATCHED)


def test_answers_are_compared_here_and_kept_as_they_were() -> None:
    legacy, new = b'{"due":"2026-01-01","n":1.50}', b'{"due":"2026-01-01T00:00:00Z","n":1.50}'
    raw = b'{"field":"f","at":1790000000,"legacy":%s,"new":%s}' % (legacy, new)
    seen = read(raw)
    assert found(seen) == [("$.due", DATE)]
    assert seen.comparison is not None
    assert seen.comparison.answers is not None
    assert bytes(seen.comparison.answers.legacy) == legacy


def test_a_mismatch_without_more_is_shown_at_the_root() -> None:
    seen = read({"field": "f", "at": NOW, "outcome": "mismatched"})
    assert found(seen) == [("$", VALUE)]
    [(_, which)] = seen.faults
    assert which == "f"


@pytest.mark.parametrize(
    ("told", "ours"),
    [
        ([{"path": "$.a[0]", "kind": "missing"}], [("$.a[0]", DifferenceClass.MISSING)]),
        ([{"path": "/a/0/b~1c", "op": "add"}], [('$.a[0]["b/c"]', DifferenceClass.EXTRA)]),
        (["a.b", "c"], [("$.a.b", VALUE), ("$.c", VALUE)]),
        ({"a": "type", "b": "who knows"}, [("$.a", DifferenceClass.TYPE), ("$.b", VALUE)]),
        ([{"path": ["a", 3, "x y"]}], [('$.a[3]["x y"]', VALUE)]),
        ([{"path": ""}, 5, {"no": "path"}], [("$", VALUE)]),
    ],
)
def test_differences_that_are_told_are_taken(
    told: Any, ours: list[tuple[str, DifferenceClass]]
) -> None:
    assert found(read({"field": "f", "at": NOW, "differences": told})) == ours


def test_differences_that_do_not_count_are_left_out() -> None:
    both = {"legacy": {"a": [{"t": 1}], "b": 1}, "new": {"a": [{"t": 2}], "b": 2}}
    told = {"field": "f", "at": NOW, **both}
    assert found(read(told, ignore=("$.a[].t",))) == [("$.b", VALUE)]
    assert read(told, ignore=("$.a*", "$.b")).outcome is Outcome.IGNORED
    assert read({**told, "outcome": "mismatched"}, ignore=("$*",)).outcome is Outcome.IGNORED


SCIENTIST = {
    "name": "Users.list",
    "timestamp": "2026-11-22 10:00:00 UTC",
    "context": {"request_id": "r-1", "service": "users"},
    "control": {"value": [1, 2], "duration": 0.1},
    "candidate": {"value": [1, 3], "duration": 0.2},
    "execution_order": ["candidate", "control"],
}


def test_a_scientist_publishes_a_mismatch() -> None:
    seen = read(SCIENTIST, "scientist")
    assert (seen.field, seen.service, seen.at) == ("Users.list", "users", 1_795_341_600_000)
    assert found(seen) == [("$[1]", VALUE)]
    assert seen.comparison is not None
    assert seen.comparison.trace_id == "r-1"


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"matched": True}, Outcome.MATCHED),
        ({"ignored": ["candidate"], "mismatched": []}, Outcome.IGNORED),
        ({"candidate": {"exception": "NoMethodError", "message": "nil"}}, Outcome.FAILED),
        ({"control": {"value": [1, 3]}}, Outcome.MATCHED),
        ({"candidate": None, "candidates": [{"value": [1, 2]}]}, Outcome.MATCHED),
        ({"candidate": None, "candidates": [{"cleaned_value": [1]}]}, Outcome.MISMATCHED),
    ],
)
def test_a_scientist_has_other_results(more: dict[str, Any], outcome: Outcome) -> None:
    assert read({**SCIENTIST, **more}, "scientist").outcome is outcome


def test_an_exception_is_named() -> None:
    told = {**SCIENTIST, "candidate": {"exception": "NoMethodError"}}
    [(_, why)] = read(told, "scientist").faults
    assert why == 'Users.list: new raised "NoMethodError"'


def test_a_map_is_laid_over_the_preset() -> None:
    told = {**SCIENTIST, "experiment": {"name": "other"}, "when": 1_790_000_000}
    seen = read(told, "scientist", at=("nowhere", "when"), field='["experiment"].name')
    assert (seen.field, seen.at) == ("other", NOW)
    assert read({"field": "f", "outcome": "matched"}, at=None).at == NOW


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"no json", "no JSON"),
        (b'{"field": "f"', "no JSON"),
        (b'{"field": "f", "at": 1, "matched": "\xff"}', "no JSON"),
        (b'{"field": "f", "at": 1, "differences": ["\xff"]}', "no JSON"),
        (b'{"field": "f", "at": "\xff"}', "without a moment that can be read"),
        (b"[1]", "no JSON object"),
        (b"1", "no JSON object"),
        (b"[" * 100_000, "no JSON object"),
        (b'{"a":' * 100_000, "no JSON"),
        (b'{"at": 1}', "without the name of a field"),
        (b'{"field": 7, "at": 1}', "without the name of a field"),
        (b'{"field": "", "at": 1}', "without the name of a field"),
        (b'{"field": "f"}', "without a moment that can be read"),
        (b'{"field": "f", "at": "yesterday"}', "without a moment that can be read"),
        (b'{"field": "f", "at": -1}', "without a moment that can be read"),
        (b'{"field": "f", "at": true}', "without a moment that can be read"),
        (b'{"field": "f", "at": 1e400}', "without a moment that can be read"),
        (b'{"field": "f", "at": 1}', "without an outcome and without two answers"),
    ],
)
def test_what_cannot_be_counted_says_why(raw: bytes, why: str) -> None:
    with pytest.raises(Odd) as caught:
        read(raw)
    assert caught.value.fault == why
    assert str(caught.value).isprintable()


async def test_lines_that_cannot_be_counted_stop_nothing_and_are_told_for_a_day(
    tmp_path: Path,
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(
        line()
        + b"\x1b[31m not json\n"
        + b"\n \r\n"
        + line(at=-1)
        + b"{}\n"
        + line(at=NOW + 3_600_000)
        + line(outcome="mismatched")
        + line(outcome="failed")
    )
    reader = LogReader(path, service=None)
    await reader.fill()
    shown = '{"field":"User.email","at":-1,"outcome":"matched"}'
    assert set(reader.notes) == {
        "lines not counted, no JSON: 1 (the last: ␛[31m not json)",
        f"lines not counted, without a moment that can be read: 1 (the last: {shown})",
        "lines not counted, without the name of a field: 1 (the last: {})",
        "lines from the future by this machine's clock, counted as of now: 1 (the last by 60 min)",
        "mismatches without answers or differences, shown at $: 1 (the last: User.email)",
        "comparisons that failed: 1 (the last: User.email: the publisher says so)",
        "no rule of `services:` fits User.email: counted as the service unmapped",
    }
    await reader.settle()
    assert reader.cache.totals()["unmapped", "User.email"] == (2, 1, 0, 1)
    reader.now += 86_400_000
    await reader.poll()
    assert reader.notes == (
        "no rule of `services:` fits User.email: counted as the service unmapped",
    )


async def test_lines_find_their_services(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(
        line("Users.a") + line("x.list") + line("y") + line("Users.b", service="from the line")
    )
    rules = [{"field": "Users.*", "service": "users"}, {"field": "*.list", "service": "*-lists"}]
    reader = LogReader(path, services=rules, service="rest")
    await reader.settle()
    assert {service for service, field in reader.cache.totals() if field is not None} == {
        "users",
        "x-lists",
        "rest",
        "from the line",
    }


async def test_hostile_text_comes_out_clean(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    raw = (
        '{"field":"\\u001b[31m","at":1789999940,"id":"\\u0007","operation":"\\u202e",'
        '"legacy":{"k\\ud83d":"\\u001b"},"new":{"k\\ud83d":"x"}}\n'
    )
    path.write_text(raw, encoding="utf-8")
    reader = LogReader(path)
    await reader.settle()
    [comparison] = reader.cache.comparisons.values()
    text = msgspec.json.encode(comparison).decode()
    assert text.isprintable()
    assert "\\u" not in text
    assert [c.field for c in reader.cache.comparisons.values()] == ["␛[31m"]


@pytest.mark.parametrize(
    "raw",
    [
        1_790_000_000,
        1_790_000_000.0,
        "1790000000",
        "1790000000.0",
        1_790_000_000_000,
        1_790_000_000_000_000,
        1_790_000_000_000_000_000,
        "2026-09-21T14:13:20Z",
        "2026-09-21T14:13:20",
        "2026-09-21 14:13:20 UTC",
        "2026-09-21 16:13:20 +0200",
        "2026-09-21T16:13:20.000000+02:00",
    ],
)
def test_moments_are_read_as_publishers_write_them(raw: object) -> None:
    assert moment_ms(raw) == NOW


@given(st.text() | st.integers() | st.floats() | st.none() | st.lists(st.integers()))
def test_whatever_stands_for_a_moment_is_one_or_is_refused(raw: object) -> None:
    try:
        at = moment_ms(raw)
    except (ValueError, OverflowError):
        return
    assert 0 <= at <= 253_402_300_799_999


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(JSON, JSON)
def test_a_line_differs_just_where_its_answers_do(legacy: Any, new: Any) -> None:
    seen = read({"field": "f", "at": NOW, "legacy": legacy, "new": new})
    expected = differences(legacy, new)
    told: tuple[Difference, ...] = seen.comparison.differences if seen.comparison else ()
    assert len(told) == len(expected)
    assert [one.kind for one in told] == [one.kind for one in expected]


@given(st.dictionaries(st.sampled_from(LineMap.__struct_fields__), JSON))
def test_any_object_is_counted_or_says_why_not(told: dict[str, Any]) -> None:
    try:
        seen = read(told)
    except Odd:
        return
    assert seen.field
    assert isinstance(seen.comparison, Comparison | None)


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("a", ("a",)),
        ("experiment.name", ("experiment", "name")),
        ("candidates[0].value", ("candidates", 0, "value")),
        ('["odd.key"].x[2][3]', ("odd.key", "x", 2, 3)),
        ("@timestamp", ("@timestamp",)),
    ],
)
def test_paths_are_read(path: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(path) == steps


@pytest.mark.parametrize("path", ["", ".", ".a", "a.", "a..b", "[0]", "a[", "a[x]", 'a["', "a]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="expected a path such as"):
        parse_path(path)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"map": {"at": "a..b"}}, "a..b: expected a path such as"),
        ({"map": {"field": None}}, "say where its name is"),
        ({"preset": "goreplay", "map": {"id": "x"}}, "in which nothing can be mapped"),
        ({"ignore": ["a.b"]}, "expected a path such as $.items[].updatedAt"),
        ({"routes": ["/users"]}, "expected a route such as GET /v1/users/{id}"),
        ({"services": [{"field": "a", "service": "*"}]}, "needs one * in its pattern"),
        ({"services": [{"field": "", "service": "x"}]}, "a rule needs `field: PATTERN`"),
    ],
)
def test_settings_that_cannot_be_meant_are_told(settings: dict[str, Any], words: str) -> None:
    [(_, advice)] = msgspec.convert(settings, Options).problems()
    assert words in advice


async def test_a_byte_order_mark_is_no_part_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"\xef\xbb\xbf" + line(id="1").replace(b"\n", b"\r\n") + line(id="2"))
    reader = LogReader(path)
    await reader.settle()
    assert reader.cache.totals()["s", None] == (2, 0, 0, 0)
    assert not reader.notes


def test_names_that_are_long_are_not_remembered() -> None:
    """Some write the whole query down as the name."""
    reader = Reader(None, LineMap(), Ignored(()), lambda: NOW)
    for number in range(3):
        seen = reader.read(line(f"{number}" + "x" * 100_000), 0)
        assert len(seen.field) == LONGEST_NAME
    assert not sum(map(len, reader._names))
