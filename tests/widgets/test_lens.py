"""The filter."""

import pytest

from goliath_tui.widgets.lens import LONGEST, LensError, parse_lens


@pytest.mark.parametrize(
    ("typed", "haystack", "passes"),
    [
        ("", "anything", True),
        ("!", "anything", True),
        ("prog", "Progress", True),
        ("Prog", "progress", False),
        ("^co", "disco", False),
        ("!date", "User.lastSeen date", False),
        ("!date", "User.lastSeen order", True),
        (r"User\.", "Users", False),
    ],
)
def test_what_passes(typed: str, haystack: str, passes: bool) -> None:
    assert parse_lens(typed).passes(haystack) is passes


@pytest.mark.parametrize("typed", ["(", "[", "*", "(a+)+$", "x" * (LONGEST + 1), "(?P<"])
def test_what_is_no_expression_is_said_calmly(typed: str) -> None:
    with pytest.raises(LensError) as caught:
        parse_lens(typed)
    assert 0 < len(str(caught.value)) < 80
