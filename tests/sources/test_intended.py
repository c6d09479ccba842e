"""What holds of every kind of gateway: settings that cannot be meant, and when a share is told."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.domain import SourceError
from goliath_tui.sources import KINDS
from goliath_tui.sources.intended import Backend, Way, meant
from goliath_tui.sources.sides import Patterns, SideWords


@pytest.mark.parametrize(
    ("kind", "settings", "place", "advice"),
    [
        ("envoy", {"labels": {"cluster": "{service}-{side}"}}, ("labels", "cluster"), "expected"),
        ("traefik", {"labels": {"service": "{service}"}}, ("labels",), "{side} once"),
        ("haproxy", {"labels": {"backend": "{side}"}}, ("labels", "backend"), "proxy or server"),
        ("haproxy", {"endpoint": "stats"}, ("endpoint",), "begins with /"),
        ("envoy", {"service": "courses"}, ("service",), "expected `labels:` too"),
    ],
)
def test_settings_that_cannot_be_meant(
    kind: str, settings: dict[str, object], place: tuple[str, ...], advice: str
) -> None:
    found = list(msgspec.convert(settings, KINDS[kind].options).problems())
    assert any(where == place and advice in what for where, what in found), found


PATTERNS = Patterns({"c": "{service}-{side}"}, SideWords())
PARTS = st.dictionaries(
    st.sampled_from(["a-new", "a-legacy", "a-shadow", "b-new", "b-legacy"]),
    st.floats(0, 1),
    min_size=1,
)


@given(st.lists(st.tuples(PARTS, st.booleans()), min_size=1, max_size=4))
def test_a_share_is_told_only_where_every_way_means_it(
    ways: list[tuple[dict[str, float], bool]],
) -> None:
    made = [
        Way({Backend((("c", name),)): part for name, part in parts.items()}, asked_for=asked)
        for parts, asked in ways
    ]
    expected: dict[str, list[tuple[float | None, bool]]] = {}
    for parts, asked in ways:
        for name in "ab":
            new, legacy = parts.get(f"{name}-new"), parts.get(f"{name}-legacy")
            if new is not None or legacy is not None:
                total = (new or 0.0) + (legacy or 0.0)
                share = (new or 0.0) / total if total else None
                expected.setdefault(name, []).append((share, asked))
    if not expected:
        with pytest.raises(SourceError):
            meant(made, PATTERNS, "here")
        return
    found = meant(made, PATTERNS, "here").shares
    assert set(found) == set(expected)
    for name, all_of in expected.items():
        usual = [share for share, asked in all_of if not asked]
        counting = usual or [share for share, _ in all_of]
        known = [share for share in counting if share is not None]
        if len(known) == len(counting) and max(known) - min(known) < 1e-12:
            assert found[name] == pytest.approx(known[0])
        elif len(known) < len(counting) or max(known) - min(known) > 1e-6:
            assert found[name] is None
