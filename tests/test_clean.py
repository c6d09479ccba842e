"""What comes through the door is visible, on one line, of bounded length, and always the same."""

import json
import typing
import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.clean import (
    DEFAULT_LIMIT,
    MOST_COMBINING,
    MOST_DEPTH,
    clean_fact,
    clean_json,
    clean_text,
    mend_surrogates,
)
from goliath_tui.domain import Answers, Comparison, Difference, DifferenceClass, Fact, facts

#: One of every kind of character that must never come out.
HOSTILE = (
    "\x1b]8;;http://evil.example\x1b\\\x1b]52;c;RVZJTA==\x07\x1b[31m\x9b31m\x9d\x7f\r\n\t\0"
    "\u202e\u2066\u2069\u061c\u200e\u200b\u200c\u200d\u2060\u00ad\ufeff\ufe0f\u2028\u2029"
    "\u115f\u1160\u3164\uffa0\U000e0041\U000e0100\ud800\udfff\uffff\ufdd0\ue000\U0010fffd"
)
INVISIBLE = {c for c in HOSTILE if not (c.isascii() and c.isprintable())}
any_text = st.text(st.characters(codec=None) | st.sampled_from(HOSTILE + "e\u0301\u0e47⚠👩"))


def is_harmless(text: str) -> bool:
    return all(
        unicodedata.category(c) not in {"Cc", "Cs", "Co", "Zl", "Zp"}
        and c not in INVISIBLE
        and ord(c) & 0xFFFE != 0xFFFE
        for c in text
    )


@given(any_text, st.integers(1, 60))
def test_text_is_harmless_bounded_and_cleaned_once_for_all(text: str, limit: int) -> None:
    clean = clean_text(text, limit)
    assert is_harmless(clean)
    assert len(clean) <= limit
    assert clean_text(clean, limit) == clean
    assert bool(clean) == bool(text)


@given(any_text)
def test_combining_characters_never_pile_up_nor_stand_on_what_comes_before(text: str) -> None:
    clean = clean_text(text)
    pile = 0
    for character in clean:
        pile = pile + 1 if unicodedata.category(character)[0] == "M" else 0
        assert pile <= MOST_COMBINING
    assert not clean or unicodedata.category(clean[0])[0] != "M"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\x1b[31m", "␛[31m"),
        ("a\tb\r\nc\0", "a␉b␍␊c␀"),
        ("\x7f\x85", "␡‹U+0085›"),
        ("user\u202etxt.exe", "user‹U+202E›txt.exe"),
        ("a\u200db", "a‹U+200D›b"),
        ("1\u200d2", "1‹U+200D›2"),
        ("\ud83d", "‹U+D83D›"),
        ("\U000e0041", "‹U+E0041›"),
        ("\u3164", "‹U+3164›"),
        ("[@click=app.quit]X[/]", "[@click=app.quit]X[/]"),
        ("e" + "\u0301" * 9, "e" + "\u0301" * 4 + "‹+5›"),
        ("\u0301x", "◌\u0301x"),
        ("⚠\ufe0f 👩\u200d💻 🏳\ufe0f\u200d🌈", "⚠ 👩💻 🏳🌈"),
        ("⚠\ufe0f\ufe0f", "⚠‹U+FE0F›"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_becomes_a_mark(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "Übernahme · größer – “quoted” … 95 %",
        "進捗を表示する",
        "تقدم المشروع",
        "שָׁלוֹם",
        "Tiếng Việt: e\u0302\u0301",
        "🚀 ✔ 👍🏽 🇩🇪 ▰▱ ⣿",
        "กำลังย้าย",
        "각국",
        "\u00a0no-break space",
    ],
)
def test_ordinary_text_of_any_script_stays_as_it_is(text: str) -> None:
    assert clean_text(text) == text


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert clean_text("x" * (DEFAULT_LIMIT + 1)) == "x" * (DEFAULT_LIMIT - 1) + "…"
    assert clean_text("x" * DEFAULT_LIMIT) == "x" * DEFAULT_LIMIT
    assert clean_text("\u202e" * 100, limit=10) == "‹U+202E›‹…"


def text_values(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in text_values(part)]
    return [text for part in value for text in text_values(part)] if isinstance(value, list) else []


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text,
    lambda inner: st.lists(inner) | st.dictionaries(any_text, inner),
)


@given(json_values, st.booleans())
def test_every_text_and_key_of_a_document_is_cleaned_and_nothing_else(
    value: Any, ascii_only: bool
) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    clean = clean_json(raw)
    assert all(is_harmless(text) for text in text_values(json.loads(clean)))
    assert clean_json(clean) == clean
    if all(is_harmless(text) and clean_text(text) == text for text in text_values(value)):
        assert clean == raw


def test_a_document_keeps_its_numbers_order_spaces_and_escapes() -> None:
    raw = b' {"b": 1.50, "a": [1e400, 123456789012345678901234567890], "a": "\\u00e9\\/" } '
    assert clean_json(raw) == raw


def test_a_document_of_bytes_that_are_no_text_shows_them() -> None:
    assert json.loads(clean_json(b'["caf\xe9", "\\ud83d", "\xed\xa0\x80"]')) == [
        "caf‹xE9›",
        "‹U+D83D›",
        "‹xED›‹xA0›‹x80›",
    ]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b'{"a": 1,}', b"[1 2]", b"nul", b'"\x01"', b"[" * 100_000 + b"]" * 100_000]
    + [b"[" * depth + b"]" * depth for depth in (MOST_DEPTH + 1, 5_000)],
)
def test_what_is_no_json_or_too_deep_is_an_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|truncated"):
        clean_json(raw)


def test_a_document_as_deep_as_allowed_passes_and_brackets_in_texts_are_none() -> None:
    deep = b'{"a":[' * (MOST_DEPTH // 2) + b'"[[[[{{{{"' + b"]}" * (MOST_DEPTH // 2)
    assert clean_json(deep) == deep
    wide = b"[" + b"[]," * 1000 + b"{}]"
    assert clean_json(wide) == wide


def test_half_a_surrogate_pair_is_mended_and_a_whole_one_kept() -> None:
    raw = rb'"\ud83d\ude00 \ud83dx \\ud83d \\\ude00 \u00e9 \n"'
    assert mend_surrogates(raw).decode() == (
        r'"\ud83d\ude00 ‹U+D83D›x \\ud83d \\‹U+DE00› \u00e9 \n"'
    )


FACT_TYPES: tuple[type[msgspec.Struct], ...] = typing.get_args(Fact)


def hostile_value(shape: msgspec.inspect.Type, path: str) -> Any:
    """A value of this shape in which every text is hostile and names its place."""
    match shape:
        case msgspec.inspect.Metadata(type=inner):
            return hostile_value(inner, path)
        case msgspec.inspect.StrType():
            return f"{path}{HOSTILE}"
        case msgspec.inspect.RawType():
            text = f"{path}{HOSTILE}".encode("utf-8", "replace").decode()
            return msgspec.Raw(msgspec.json.encode({text: [text]}))
        case msgspec.inspect.StructType(cls=cls, fields=fields):
            return cls(**{f.name: hostile_value(f.type, f"{path}.{f.name}") for f in fields})
        case msgspec.inspect.VarTupleType(item_type=item):
            return tuple(hostile_value(item, f"{path}[{i}]") for i in range(2))
        case msgspec.inspect.UnionType(types=types):
            return hostile_value(types[0], path)
        case msgspec.inspect.EnumType(cls=cls):
            return next(iter(cls))
        case msgspec.inspect.IntType():
            return 1
        case msgspec.inspect.FloatType():
            return 1.0
    raise AssertionError(f"{path}: no hostile {shape}")


def texts_of(value: Any) -> list[str]:
    if isinstance(value, msgspec.Raw):
        return text_values(msgspec.json.decode(value))
    if isinstance(value, msgspec.Struct):
        return [text for name in value.__struct_fields__ for text in texts_of(getattr(value, name))]
    if isinstance(value, tuple):
        return [text for part in value for text in texts_of(part)]
    return [value] if type(value) is str else []


@pytest.mark.parametrize("kind", FACT_TYPES, ids=lambda kind: kind.__name__)
def test_every_text_of_every_fact_is_cleaned(kind: type[msgspec.Struct]) -> None:
    hostile = hostile_value(msgspec.inspect.type_info(kind), "$")
    clean = clean_fact(hostile)
    before, after = texts_of(hostile), texts_of(clean)
    assert len(after) == len(before) > 0
    assert not any(is_harmless(text) for text in before)
    assert all(is_harmless(text) for text in after)
    assert clean_fact(clean) == clean
    names = [name for name in kind.__struct_fields__ if not texts_of(getattr(hostile, name))]
    assert [getattr(clean, n) for n in names] == [getattr(hostile, n) for n in names]


@pytest.mark.parametrize("kind", FACT_TYPES, ids=lambda kind: kind.__name__)
def test_a_cleaned_fact_still_obeys_the_limits_of_the_vocabulary(
    kind: type[msgspec.Struct],
) -> None:
    hostile = hostile_value(msgspec.inspect.type_info(kind), "$")
    changes = {
        name: value * 200
        for name in kind.__struct_fields__
        if isinstance(value := getattr(hostile, name), str) and type(value) is str
    }
    clean = clean_fact(msgspec.structs.replace(hostile, **changes))
    encoded = msgspec.json.encode(clean)
    assert msgspec.json.encode(msgspec.json.decode(encoded, type=kind)) == encoded


def test_a_fact_without_anything_to_clean_comes_back_as_it_is() -> None:
    fact = facts.Traffic(at=1, width_ms=10, service="progress", field="User.name")
    assert clean_fact(fact) is fact


def test_a_path_is_cleaned_as_the_keys_that_it_names() -> None:
    key = "⚠\ufe0f"
    clean = clean_fact(
        Comparison(
            id="1",
            at=1,
            field="User.name",
            differences=(Difference(path=f"$.{key}", kind=DifferenceClass.VALUE),),
            answers=Answers(
                legacy=msgspec.Raw(msgspec.json.encode({key: 1})), new=msgspec.Raw(b"null")
            ),
        )
    )
    assert clean.answers is not None
    [cleaned_key] = msgspec.json.decode(clean.answers.legacy)
    assert clean.differences[0].path == f"$.{cleaned_key}"
