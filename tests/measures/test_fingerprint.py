"""The name of a group of mismatches: the same for what is alike, stable across releases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import DifferenceClass
from goliath_tui.measures.differences import differences
from goliath_tui.measures.fingerprint import fingerprint, normalise_path

VALUE = DifferenceClass.VALUE


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("$", "$"),
        ("$.items[3].due", "$.items[].due"),
        ("$.a[0][12].b[7]", "$.a[][].b[]"),
        ('$["a[3]"][4]', '$["a[3]"][]'),
        (r'$["quote \" and [1]"].x[2]', r'$["quote \" and [1]"].x[]'),
        (r'$["ends in \\"][2]', r'$["ends in \\"][]'),
        ('$.users["4711"].name', "$.users[*].name"),
        ('$.users["-1"]', "$.users[*]"),
        ('$["0f8fad5b-d9cb-469f-a165-70867728950e"].x', "$[*].x"),
        ('$["2021-08"]', '$["2021-08"]'),
        ('$["a\nb"][1]', '$["a\nb"][]'),
        ("$.items[12]…", "$.items[]…"),
    ],
)
def test_what_changes_from_answer_to_answer_is_left_out_of_a_path(path: str, normal: str) -> None:
    assert normalise_path(path) == normal


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise_path(text)
    assert normalise_path(once) == once


@given(st.text(max_size=30).filter(lambda key: key.strip("-0123456789") != ""))
def test_a_key_is_never_taken_for_an_index(key: str) -> None:
    [found] = differences({key: [{"x": 1}]}, {key: [{"x": 2}]})
    [sibling] = differences({key: [0, {"x": 1}]}, {key: [0, {"x": 2}]})
    assert found.path != sibling.path
    assert normalise_path(found.path) == normalise_path(sibling.path)
    [other] = differences({key + "y": [{"x": 1}]}, {key + "y": [{"x": 2}]})
    assert normalise_path(other.path) != normalise_path(found.path)


def test_a_fingerprint_outlives_releases() -> None:
    assert fingerprint("User.lastSeen", "$.items[3].due", DifferenceClass.DATE) == (
        fingerprint("User.lastSeen", "$.items[40].due", DifferenceClass.DATE)
    )
    assert fingerprint("User.lastSeen", "$.items[3].due", DifferenceClass.DATE) == STABLE


STABLE = "24adad28bf7e8c65"

triples = st.tuples(
    st.text(max_size=8), st.text("$.[]ab0:", max_size=8), st.sampled_from(DifferenceClass)
)


@given(triples, triples)
def test_different_groups_have_different_fingerprints(
    one: tuple[str, str, DifferenceClass], other: tuple[str, str, DifferenceClass]
) -> None:
    same = (one[0], normalise_path(one[1]), one[2]) == (
        other[0],
        normalise_path(other[1]),
        other[2],
    )
    assert (fingerprint(*one) == fingerprint(*other)) is same


@given(triples)
def test_a_fingerprint_is_sixteen_hexadecimal_digits(
    triple: tuple[str, str, DifferenceClass],
) -> None:
    name = fingerprint(*triple)
    assert len(name) == 16
    assert int(name, 16) >= 0


def test_field_and_path_do_not_run_into_each_other() -> None:
    assert fingerprint("a.b", "$", VALUE) != fingerprint("a", ".b$", VALUE)
