"""Which addresses from outside a browser is asked to open, and where."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.browser import can_open, open_address, refusal

HOSTS = frozenset({"tracker.example", "127.0.0.1", "::1"})


@pytest.mark.parametrize(
    "address",
    [
        "https://tracker.example/items/7?x=1#y",
        "http://tracker.example:8080/",
        "https://TRACKER.example/",
        "http://127.0.0.1:9999/x",
        "http://[::1]:80/x",
    ],
)
def test_http_on_a_configured_host_is_opened(address: str) -> None:
    assert refusal(address, HOSTS) == ""


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "not http or https"),
        ("javascript:alert(1)", "not http or https"),
        ("file:///etc/passwd", "not http or https"),
        ("ftp://tracker.example/", "not http or https"),
        ("//tracker.example/", "not http or https"),
        ("https:///x", "not http or https"),
        ("https:tracker.example", "not http or https"),
        ("-https://tracker.example/", "not http or https"),
        ("https://evil.example/", "evil.example is no host of your sources"),
        ("https://tracker.example.evil.example/", "is no host of your sources"),
        ("https://tracker.example./", "is no host of your sources"),
        ("https://tracker.example@evil.example/", "credentials"),
        ("https://user:secret@tracker.example/", "credentials"),
        ("https://@tracker.example/", "credentials"),
        ("https://evil.example\\@tracker.example/", "characters that no address has"),
        ("https://tracker.example/\n", "characters that no address has"),
        ("https://tracker.example/ x", "characters that no address has"),
        ("https://tracker.example/\x1b[31m", "characters that no address has"),
        ("https://tracker.ex\u0430mple/", "characters that no address has"),
        ("https://tracker.example:99999/", "is none"),
        ("https://[::1/", "is none"),
        ("https://tracker.example/" + "x" * 2000, "longer than 2,000 characters"),
    ],
)
def test_everything_else_is_refused_in_words(address: str, why: str) -> None:
    assert why in refusal(address, HOSTS)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"https://{text}"))
def test_no_text_at_all_reaches_a_host_that_is_not_configured(address: str) -> None:
    assert refusal(address, frozenset()) != ""


@pytest.mark.parametrize(
    ("environ", "platform", "can"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "x"}, "linux", True),
        ({"SSH_CONNECTION": "x"}, "linux", False),
        ({"BROWSER": "on-my-laptop", "SSH_CONNECTION": "x"}, "linux", True),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", True),
        ({}, "darwin", True),
        ({"SSH_TTY": "/dev/ttys001"}, "darwin", False),
    ],
)
def test_a_browser_is_opened_where_it_can_be_seen(
    environ: dict[str, str], platform: str, can: bool
) -> None:
    assert can_open(environ, platform) is can


async def test_the_browser_gets_the_address_as_one_argument_and_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    browser = tmp_path / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"open({str(out)!r}, 'w').write(repr((sys.argv[1:], sys.stdin.read())))\n"
    )
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))
    address = "https://tracker.example/$(touch${IFS}x);'&x=%s%20"
    assert await open_address(address)
    assert read(out) == repr(([address], ""))


async def test_a_browser_that_fails_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", "/nonexistent/browser")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert not await open_address("https://tracker.example/")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
