"""Who may come in, by the names and the origins that a browser sends."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goliath_tui.web.gate import AddressError, OutsideError, gate, listening_sockets, url

OWN, PUBLIC = gate("127.0.0.1", public=False), gate("0.0.0.0", public=True)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8000",
        "127.0.0.2:8000",
        "localhost",
        "LocalHost:9",
        "[::1]",
        "[::1]:8000",
    ],
)
def test_our_own_names_come_in_on_any_port(host: str) -> None:
    assert OWN.refusal(host, None, must_say=False) is None
    assert OWN.refusal(host, f"http://{host}", must_say=True) is None
    assert PUBLIC.refusal(host, f"https://{host}", must_say=True) is None


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        ":8000",
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "user@localhost",
        "localhost/",
        "localhost:x",
        "localhost,evil.example",
        "[::1",
        "[::1]evil.example",
        "localhost evil.example",
        "127.0.0.1%evil.example",
    ],
)
def test_other_names_stay_outside_whatever_they_look_like(host: str | None) -> None:
    for each in (OWN, PUBLIC):
        assert each.refusal(host, None, must_say=False) is not None
        assert each.refusal(host, f"http://{host}", must_say=True) is not None


def test_an_address_of_the_network_comes_in_when_the_network_may() -> None:
    for host in ("192.0.2.7:8000", "[2001:db8::7]:8000"):
        assert OWN.refusal(host, None, must_say=False) is not None
        assert PUBLIC.refusal(host, None, must_say=False) is None
    for host in (socket.gethostname(), f"{socket.gethostname().upper()}:8000"):
        assert PUBLIC.refusal(host, f"http://{host}", must_say=True) is None


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://localhost:9999",
        "http://localhost:80001",
        "http://localhost:8000.evil.example",
        "http://localhost",
        "file://",
        "ws://localhost:8000",
    ],
)
def test_another_page_may_not_ask(origin: str) -> None:
    assert OWN.refusal("localhost:8000", origin, must_say=True) is not None
    assert OWN.refusal("localhost:8000", origin, must_say=False) is not None


def test_a_websocket_without_an_origin_is_nobody() -> None:
    assert OWN.refusal("localhost:8000", None, must_say=True) is not None


@given(st.text(), st.none() | st.text())
def test_whatever_is_sent_is_answered(host: str, origin: str | None) -> None:
    OWN.refusal(host, origin, must_say=True)
    PUBLIC.refusal(host, origin, must_say=False)


def test_all_addresses_of_a_name_get_one_port() -> None:
    bound = listening_sockets("localhost", 0, public=False)
    try:
        assert len({each.getsockname()[1] for each in bound}) == 1
    finally:
        for each in bound:
            each.close()


def test_what_others_could_reach_is_refused_before_it_is_bound() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.7"):
        with pytest.raises(OutsideError, match="--public"):
            listening_sockets(host, 0, public=False)
    with pytest.raises(AddressError, match=r"192\.0\.2\.7"):
        listening_sockets("192.0.2.7", 0, public=True)


def test_the_address_to_type_is_never_a_wildcard() -> None:
    assert url("127.0.0.1", 8000, public=False) == "http://127.0.0.1:8000/"
    assert url("::1", 8000, public=False) == "http://[::1]:8000/"
    assert url("localhost", 80, public=False) == "http://localhost/"
    assert url("0.0.0.0", 8000, public=True) == f"http://{socket.gethostname()}:8000/"
    assert url("::", 8000, public=True) == f"http://{socket.gethostname()}:8000/"
