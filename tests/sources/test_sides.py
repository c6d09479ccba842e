"""Names of clusters and labels → a service and a side, or a clear word on why not."""

import pytest

from goliath_tui.domain import Side
from goliath_tui.sources.sides import Patterns, SideWords, Unclear, pattern_problems, unclear_notes

WORDS = SideWords(legacy=("python", "v0*"), new=("go", "go-blue"), shadow=("mirror",))


@pytest.mark.parametrize(
    ("patterns", "labels", "service", "side"),
    [
        ({"c": "{service}-{side}"}, {"c": "users-go"}, "users", Side.NEW),
        ({"c": "{service}-{side}"}, {"c": "content-library-go-blue"}, "content-library", Side.NEW),
        ({"c": "{side}.{service}"}, {"c": "python.go"}, "go", Side.LEGACY),
        ({"c": "{service}@*", "v": "{side}"}, {"c": "a@b", "v": "mirror"}, "a", Side.SHADOW),
        ({"c": "{service}", "v": "{side}"}, {"c": "a", "v": "v0.1"}, "a", Side.LEGACY),
        ({"c": "{service}|{side}", "x": "y"}, {"c": "a.b|go", "x": "y"}, "a.b", Side.NEW),
    ],
)
def test_a_name_tells_service_and_side(
    patterns: dict[str, str], labels: dict[str, str], service: str, side: Side
) -> None:
    whose = Patterns(patterns, WORDS).whose(labels)
    assert (whose.service, whose.side) == (service, side)


def test_one_service_can_be_named_for_all() -> None:
    whose = Patterns({"v": "{side}"}, WORDS, service="users").whose({"v": "go"})
    assert (whose.service, whose.side) == ("users", Side.NEW)


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({"c": "users"}, "c=users does not fit {service}-{side}"),
        ({}, 'c="" does not fit {service}-{side}'),
        ({"c": "users-java"}, "c=users-java does not fit {service}-{side}"),
        ({"c": "x" * 600 + "-go"}, "does not fit"),
        ({"c": "\x1b[31m-go\x1b"}, "does not fit"),
    ],
)
def test_what_is_nobodys_is_named_with_its_label(labels: dict[str, str], why: str) -> None:
    with pytest.raises(Unclear) as caught:
        Patterns({"c": "{service}-{side}"}, WORDS).whose(labels)
    assert why in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_two_sides_at_once_are_a_mistake_of_the_config() -> None:
    words = SideWords(legacy=("*",), new=("go",))
    with pytest.raises(Unclear, match="go is legacy and new by the words"):
        Patterns({"c": "{service}-{side}"}, words).whose({"c": "users-go"})


@pytest.mark.parametrize(
    ("labels", "service", "advice"),
    [
        ({"c": "{service}"}, None, "{side} once"),
        ({"c": "{side}-{side}-{service}"}, None, "{side} once"),
        ({"c": "{side}"}, None, "{service} once"),
        ({"c": "{service}-{side}"}, "users", "remove this"),
    ],
)
def test_patterns_that_tell_too_little_or_too_much(
    labels: dict[str, str], service: str | None, advice: str
) -> None:
    assert any(advice in what for _, what in pattern_problems(labels, service))
    assert not list(pattern_problems({"c": "{service}-{side}"}, None))


def test_a_note_names_the_first_few() -> None:
    assert unclear_notes([]) == ()
    assert unclear_notes(["b", "a", "a"]) == ("not counted: a; b",)
    assert unclear_notes(map(str, range(7))) == ("not counted: 0; 1; 2; 3; 4, and 2 more",)
