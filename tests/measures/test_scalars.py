"""The classes of two strings and of two numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import DifferenceClass
from goliath_tui.measures.scalars import number_class, string_class

VALUE, FLOAT = DifferenceClass.VALUE, DifferenceClass.FLOAT
DATE, ENCODING = DifferenceClass.DATE, DifferenceClass.ENCODING


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (1, 2, VALUE),
        (1, 1.0, FLOAT),
        (0.1 + 0.2, 0.3, FLOAT),
        (0.30000000000000004 - 0.3, 0.0, FLOAT),
        (1 / 3, 0.333333, FLOAT),
        (0.6666, 0.67, FLOAT),
        (12.345, 12.35, FLOAT),  # half up
        (1.005, 1.01, FLOAT),
        (2.675, 2.67, FLOAT),  # half to even
        (12.987, 12.9, FLOAT),  # cut
        (-12.987, -12.9, FLOAT),
        (3.7, 3, FLOAT),
        (3.7, 4, FLOAT),
        (3.7, 5, VALUE),
        (0.004, 0, VALUE),  # nothing is not a rounded something
        (0.4, 0.0, VALUE),
        (12.34, 12.35, VALUE),
        (12.349, 12.36, VALUE),
        (-3.7, 3.7, VALUE),
        (1_000_000, 1_000_001, VALUE),  # whole numbers are exact
        (1_000_000, 1_000_000.4, FLOAT),
        (1.0, 1.1, VALUE),
        (1, 1.1, FLOAT),
        (12.98, 13.0, FLOAT),
        (1e22, 1.5e22, VALUE),
        (9_007_199_254_740_993, 9_007_199_254_740_992, FLOAT),
        (9_007_199_254_740_992, 9_007_199_254_740_994, VALUE),
        (10**400, 1.5, VALUE),
        (10**400, 10**400 + 1, VALUE),
        (1e300, 1.1e300, VALUE),
        (5e-324, 1e-300, FLOAT),  # both are noise around zero
    ],
)
def test_two_numbers(one: float, other: float, kind: DifferenceClass) -> None:
    assert number_class(one, other) is kind
    assert number_class(other, one) is kind


@given(st.floats(-1e6, 1e6), st.integers(1, 6))
def test_a_rounded_number_is_a_float_difference(number: float, digits: int) -> None:
    rounded = round(number, digits)
    if rounded not in (0, number):
        assert number_class(number, rounded) is FLOAT


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("2021-08-30T10:15:30Z", "2021-08-30T10:15:30.000Z", DATE),
        ("2021-08-30T10:15:30.123456Z", "2021-08-30T10:15:30.123Z", DATE),
        ("2021-08-30T10:15:30.123456Z", "2021-08-30T10:15:30.124Z", DATE),
        ("2021-08-30T10:15:30.123456789Z", "2021-08-30T10:15:30.123457Z", DATE),
        ("2021-08-30T10:15:30.987Z", "2021-08-30T10:15:30.000Z", DATE),
        ("2021-08-30T10:15:30.987Z", "2021-08-30T10:15:31Z", DATE),
        ("2021-08-30T10:15:30Z", "2021-08-30T10:15Z", DATE),
        ("2021-08-30T10:15:30Z", "2021-08-30", DATE),
        ("2021-08-30T23:30:00-05:00", "2021-08-31", DATE),
        ("2021-08-30T23:30:00-05:00", "2021-08-30", DATE),
        ("2021-08-30T10:15:30Z", "2021-08-30T10:15:30+00:00", DATE),
        ("2021-08-30T10:15:30Z", "2021-08-30T12:15:30+0200", DATE),
        ("2021-08-30T10:15:30-03:30", "2021-08-30T13:45:30Z", DATE),
        ("2021-08-30T10:15:30Z", "2021-08-30 10:15:30", DATE),
        ("2021-08-30T10:15:30Z", "2021-08-30T10:15:30+02:00", DATE),  # the clock was kept
        ("20210830T101530Z", "2021-08-30T10:15:30Z", DATE),
        ("20210830", "2021-08-30", DATE),
        ("Mon, 30 Aug 2021 10:15:30 GMT", "2021-08-30T10:15:30Z", DATE),
        ("Mon, 30 Aug 2021 12:15:30 +0200", "2021-08-30T10:15:30.25Z", DATE),
        ("2021-08-30T10:15:30Z", "2021-08-30T10:15:31Z", VALUE),
        ("2021-08-30T10:15:30.123Z", "2021-08-30T10:15:30.124Z", VALUE),
        ("2021-08-30T10:15:30Z", "2021-08-30T12:15:30Z", VALUE),
        ("2021-08-30", "2021-08-31", VALUE),
        ("2021-08-29T23:00:00Z", "2021-08-30", VALUE),
        ("2021-13-30", "2021-12-30", VALUE),
        ("Mon, 99 Aug 2021 10:15:30 GMT", "2021-08-30T10:15:30Z", VALUE),
        ("0001-01-01T00:00:00+14:00", "0001-01-01", DATE),
        ("9999-12-31T23:59:59-14:00", "9999-12-31", DATE),
        ("٢٠٢١-08-30", "2021-08-30", VALUE),  # digits of another script
        ("12.50", "12.5", FLOAT),
        ("0.333333333333", "0.3333", FLOAT),
        ("12.50", "12.6", VALUE),
        ("12", "13", VALUE),
        ("1e999", "1e998", VALUE),
        ("9" * 5000, "9" * 4999 + "8", VALUE),
        ("007", "7", VALUE),
        ("Zürich", "ZuÌˆrich", ENCODING),
        ("Zürich", "ZÃ¼rich", ENCODING),
        ("Zürich", "ZÃƒÂ¼rich", ENCODING),
        ("“x”", "â€œxâ€\x9d", ENCODING),
        ("Zu\u0308rich", "Z\u00fcrich", ENCODING),
        ("Zürich", "Z?rich", ENCODING),
        ("Zürich", "Z\ufffdrich", ENCODING),
        ("why?", "why!", VALUE),
        ("Zürich", "Zurich", VALUE),
        ("a &amp; b", "a & b", ENCODING),
        ("a &amp;amp; b", "a & b", ENCODING),
        ("&lt;b&gt;", "<b>", ENCODING),
        ("caf%C3%A9%20x", "café x", ENCODING),
        ("%ff", "%fe", VALUE),
        ("caf\\u00e9", "café", ENCODING),
        ("a\\/b", "a/b", ENCODING),
        ("a\r\nb", "a\nb", ENCODING),
        ("a\u00a0b", "a b", ENCODING),
        ("\ufeffa", "a", ENCODING),
        ("a", "b", VALUE),
        ("", "a", VALUE),
        ("A", "a", VALUE),
        ("a ", "a", VALUE),
        ("\ud800", "\ud801", VALUE),
        ("a" + "\u0301\u0327" * 60_000, "a" + "\u0327\u0301" * 60_000, VALUE),
        ("a\u0301\u0327", "a\u0327\u0301", ENCODING),
        ("&amp;" * 100_000, "&" * 100_000, VALUE),
    ],
)
def test_two_strings(one: str, other: str, kind: DifferenceClass) -> None:
    assert string_class(one, other) is kind
    assert string_class(other, one) is kind


texts = st.text() | st.text("0123456789-:.TZ+ &;%\\ué?", max_size=30)


@given(texts, texts)
def test_any_two_strings_have_a_class_that_does_not_depend_on_their_sides(
    one: str, other: str
) -> None:
    assert string_class(one, other) is string_class(other, one)


@given(st.text(min_size=1).filter(lambda text: not text.isascii()))
def test_utf_8_that_was_read_as_latin_1_is_an_encoding_difference(text: str) -> None:
    assert string_class(text, text.encode().decode("latin-1")) is ENCODING


@given(st.datetimes(), st.integers(0, 5))
def test_a_time_that_lost_digits_is_a_date_difference(moment: object, digits: int) -> None:
    full = f"{moment:%Y-%m-%dT%H:%M:%S.%f}".rjust(26, "0")
    short = full[: 20 + digits].rstrip(".")
    assert string_class(f"{full}Z", f"{short}Z") is DATE
