"""In a pattern of the config only `*` is special."""

import pytest

from goliath_tui.sources.patterns import is_like, starred


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("content", "content", True),
        ("content", "cont*", True),
        ("", "*", True),
        ("content", "Content", False),
        ("content-2", "content", False),
        ("[svc] users", "[svc] *", True),
        ("s users", "[svc] *", False),
        ("what?", "what?", True),
        ("whats", "what?", False),
        ("one\ntwo", "one*two", True),
    ],
)
def test_only_a_star_stands_for_anything(name: str, pattern: str, fits: bool) -> None:
    assert is_like(name, pattern) is fits
    assert bool(starred(pattern).fullmatch(name)) is fits


def test_each_star_is_a_group() -> None:
    found = starred("svc-*/*", any_case=True).fullmatch("SVC-users/v2")
    assert found is not None
    assert found.groups() == ("users", "v2")
