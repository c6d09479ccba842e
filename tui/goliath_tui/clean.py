"""The door: all text from outside passes here once, and comes out safe to draw.

What cannot be seen, or would act on a terminal, becomes a visible mark: control characters become
control pictures (`␛`), everything else invisible its code point (`‹U+202E›`). That covers C0, C1,
DEL, bidirectional controls, zero-width and other default-ignorable characters (Unicode's
Default_Ignorable_Code_Point), tags, line and paragraph separators, surrogates that stand alone,
non-characters and private use. Letters, marks, signs and emoji of every script stay as they are,
except that a pile of combining characters is cut, with the number cut in its place, and that one at
the very start gets a `◌` to stand on.

Nothing is left out silently, so what differed before still differs after, with one exception: in
names and titles the variation selector after an emoji and the joiner between two emoji go, because
terminals disagree about the width of such sequences and would tear the screen. In answers that are
compared, and in paths into them, those are marked too.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from goliath_tui.domain import Difference

#: The longest text that is kept where the vocabulary itself sets no limit.
DEFAULT_LIMIT = 2000
#: Combining characters that may stand on one letter; Hebrew with all its points needs four.
MOST_COMBINING = 4
#: Levels of nesting in an answer: far more than any has, far fewer than any decoder can take.
MOST_DEPTH = 256

# A set of characters below U+10000 is one table look-up, one beyond it a comparison per range: the
# two are apart so that text without the rare ones never pays for them.
_INVISIBLE = (
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff"
)
_INVISIBLE_BEYOND = (
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff"
) + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 15))
_PICTOGRAPHS = (
    "\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf"
    "\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
#: The large scripts in which no character stands on another.
_NEVER_COMBINING = (
    "\x00-\u02ff\u0370-\u0482\u048a-\u0590\u1e00-\u20cf\u2100-\u2cee"
    "\u3000-\u3029\u3030-\u3098\u30a0-\ua66e\uac00-\ud7a3\U0001f000-\U0003ffff"
)


class _Patterns(NamedTuple):
    invisible: re.Pattern[str]
    beyond: re.Pattern[str]
    invisible_beyond: re.Pattern[str]
    emoji_glue: re.Pattern[str]
    perhaps_piled: re.Pattern[str]
    json_text: re.Pattern[bytes]
    json_escape: re.Pattern[bytes]


@cache
def _patterns() -> _Patterns:
    """Compiled at first need: most programs that import this room only ever see plain ASCII."""
    return _Patterns(
        invisible=re.compile(f"[{_INVISIBLE}]"),
        beyond=re.compile("[\U00010000-\U0010ffff]"),
        invisible_beyond=re.compile(f"[{_INVISIBLE_BEYOND}]"),
        emoji_glue=re.compile(
            f"(?<=[{_PICTOGRAPHS}])\ufe0f?\u200d(?=[{_PICTOGRAPHS}])"
            f"|(?<=[{_PICTOGRAPHS}0-9#*\xa9\xae])[\ufe0e\ufe0f]"
        ),
        perhaps_piled=re.compile(f"[^{_NEVER_COMBINING}]{{{MOST_COMBINING + 1},}}"),
        json_text=re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL),
        json_escape=re.compile(
            rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
            rb"|\\u([dD][89a-fA-F][0-9a-fA-F]{2})"
            rb"|\\.",
            re.DOTALL,
        ),
    )


_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

Cleaner = Callable[[Any], Any]
FactT = TypeVar("FactT", bound=msgspec.Struct)


def clean_text(text: str, limit: int = DEFAULT_LIMIT) -> str:
    """`text` as one line that is safe to draw, at most `limit` characters, ending in … if cut.

    The same text always gives the same result, and cleaning that again changes nothing.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    seen = _seen(_patterns().emoji_glue.sub("", text[:limit]))
    return _cut(seen, limit, was_cut=len(text) > limit)


def clean_json(raw: bytes) -> bytes:
    """A JSON document with every text and every key in it cleaned, of any length.

    All else stays byte for byte: numbers as they were written, the order of keys, white space.
    Bytes that are not UTF-8 become marks (`‹xE9›`), for showing them may be the point. Raises
    ValueError when it is not JSON, or is nested deeper than `MOST_DEPTH`.
    """
    if not raw.isascii():
        raw = _mend_bytes(raw)
    if b"\\ud" in raw or b"\\uD" in raw:
        raw = mend_surrogates(raw)
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
        too_deep = raw.count(b"[") + raw.count(b"{") > MOST_DEPTH and _depth(raw) > MOST_DEPTH
    except RecursionError:
        too_deep = True
    if too_deep:
        raise ValueError(f"JSON is nested deeper than {MOST_DEPTH} levels")
    return raw if _is_plain(raw) else _patterns().json_text.sub(_clean_json_text, raw)


def mend_surrogates(raw: bytes) -> bytes:
    """JSON with each escaped half of a surrogate pair that stands alone written as its mark.

    Software that counts in UTF-16 cuts emoji in two, and a decoder then refuses the document.
    """
    return _patterns().json_escape.sub(
        lambda m: m[0] if m[1] is None else f"‹U+{m[1].decode().upper()}›".encode(), raw
    )


def clean_fact(fact: FactT) -> FactT:
    """`fact` with every text in it cleaned, whatever its type; itself when there is nothing to do.

    Raises ValueError when it holds an answer that cannot be decoded (see `clean_json`).
    """
    return _clean_struct(fact, _steps(type(fact)))


def _cut(text: str, limit: int, *, was_cut: bool) -> str:
    if not was_cut and len(text) <= limit:
        return text
    return text[: limit - 1] + "…"


def _seen(text: str) -> str:
    patterns = _patterns()
    text = patterns.invisible.sub(_mark, text)
    if text.isascii():
        return text
    if patterns.beyond.search(text):
        text = patterns.invisible_beyond.sub(_mark, text)
    text = patterns.perhaps_piled.sub(_lower_piles, text)
    return f"◌{text}" if text and _combines(text[0]) else text


def _mark(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"‹U+{code:04X}›"


def _combines(character: str) -> bool:
    return (
        unicodedata.category(character)[0] == "M"
        or "\u1160" <= character <= "\u11ff"
        or "\ud7b0" <= character <= "\ud7fb"
    )


def _lower_piles(match: re.Match[str]) -> str:
    kept: list[str] = []
    pile = 0
    for character in f"{match[0]}.":
        if _combines(character):
            pile += 1
            if pile <= MOST_COMBINING:
                kept.append(character)
        else:
            if pile > MOST_COMBINING:
                kept.append(f"‹+{pile - MOST_COMBINING}›")
            pile = 0
            kept.append(character)
    return "".join(kept[:-1])


def _is_plain(raw: bytes) -> bool:
    """No text in this valid JSON can need cleaning: it is all ASCII, without escapes or DEL."""
    return raw.isascii() and b"\\" not in raw and b"\x7f" not in raw


def _mend_bytes(raw: bytes) -> bytes:
    """UTF-8, with a mark for each byte that was not."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "surrogateescape")
        marked = re.sub("[\udc80-\udcff]", lambda m: f"‹x{ord(m[0]) - 0xDC00:02X}›", text)
        return marked.encode()
    return raw


def _depth(raw: bytes) -> int:
    """How deep valid JSON is nested."""
    depth = deepest = 0
    for character in _patterns().json_text.sub(b"", raw).translate(None, _NO_BRACKETS):
        if character in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _clean_json_text(match: re.Match[bytes]) -> bytes:
    token = match[0]
    if _is_plain(token):
        return token
    text = msgspec.json.decode(token, type=str)
    cleaned = _seen(text)
    return token if cleaned == text else msgspec.json.encode(cleaned)


@cache
def _steps(kind: type[msgspec.Struct]) -> tuple[tuple[str, Cleaner], ...]:
    """The fields of a struct that can hold text, each with what cleans it."""
    shape = msgspec.inspect.type_info(kind)
    assert isinstance(shape, msgspec.inspect.StructType)  # noqa: S101 - for the type checker
    found = [(field.name, _cleaner(field.type, kind, field.name)) for field in shape.fields]
    return tuple((name, cleaner) for name, cleaner in found if cleaner is not None)


def _cleaner(shape: msgspec.inspect.Type, kind: type, name: str) -> Cleaner | None:
    """What cleans a value of this shape, or None when no text can be in it.

    A shape that nobody has thought of is refused, so that no text can enter by a new kind of field.
    """
    match shape:
        case msgspec.inspect.Metadata(type=inner_shape):
            return _cleaner(inner_shape, kind, name)
        case msgspec.inspect.StrType(max_length=most):
            limit = most or DEFAULT_LIMIT
            # A path names keys of the answers, so it is cleaned exactly as they are.
            if (kind, name) == (Difference, "path"):
                return lambda text: _cut(_seen(text[:limit]), limit, was_cut=len(text) > limit)
            return lambda text: clean_text(text, limit)
        case msgspec.inspect.RawType():
            return _clean_raw
        case msgspec.inspect.StructType(cls=inner):
            steps = _steps(inner)
            return (lambda value: _clean_struct(value, steps)) if steps else None
        case msgspec.inspect.VarTupleType(item_type=item):
            one = _cleaner(item, kind, name)
            return (lambda values: _clean_tuple(values, one)) if one else None
        case msgspec.inspect.UnionType(types=(single, msgspec.inspect.NoneType())):
            return _cleaner(single, kind, name)
        case (
            msgspec.inspect.IntType()
            | msgspec.inspect.FloatType()
            | msgspec.inspect.BoolType()
            | msgspec.inspect.EnumType()
        ):
            return None
    raise TypeError(f"{kind.__name__}.{name}: no way to clean {type(shape).__name__}")


def _clean_struct(value: FactT, steps: tuple[tuple[str, Cleaner], ...]) -> FactT:
    changes: dict[str, Any] = {}
    for name, cleaner in steps:
        old = getattr(value, name)
        if old is not None:
            new = cleaner(old)
            if new is not old:
                changes[name] = new
    return msgspec.structs.replace(value, **changes) if changes else value


def _clean_tuple(values: tuple[Any, ...], cleaner: Cleaner) -> tuple[Any, ...]:
    cleaned = tuple(map(cleaner, values))
    unchanged = all(new is old for new, old in zip(cleaned, values, strict=True))
    return values if unchanged else cleaned


def _clean_raw(raw: msgspec.Raw) -> msgspec.Raw:
    old = bytes(raw)
    new = clean_json(old)
    return raw if new is old else msgspec.Raw(new)
