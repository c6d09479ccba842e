"""Both APIs over HTTP, in a real process: pages, ETags, and problems in one sentence."""

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from goliath_tui.native import (
    GATEWAY_API,
    GATEWAY_ENDPOINTS,
    MAX_LIMIT,
    TRACKER_API,
    TRACKER_ENDPOINTS,
    About,
    Page,
    Problem,
)
from tests.rehearsal.process import Running, rehearsal_process

ENDPOINTS = [
    *[("gateway", name, kind) for name, kind in GATEWAY_ENDPOINTS.items()],
    *[("tracker", name, kind) for name, kind in TRACKER_ENDPOINTS.items()],
]


@pytest.fixture(scope="module", name="running")
def _running() -> Iterator[Running]:
    with rehearsal_process() as running:
        yield running


@pytest.fixture(scope="module", name="client")
def _client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


def _base(running: Running, api: str) -> str:
    return running.gateway if api == "gateway" else running.tracker


@pytest.mark.parametrize(("api", "name"), [("gateway", GATEWAY_API), ("tracker", TRACKER_API)])
def test_about_says_who_answers(
    running: Running, client: httpx.Client, api: str, name: str
) -> None:
    answer = client.get(f"{_base(running, api)}/v1/about")
    about = msgspec.json.decode(answer.content, type=About)
    assert (about.api, about.instance) == (name, running.instance)


@pytest.mark.parametrize(("api", "name", "kind"), ENDPOINTS)
def test_every_endpoint_gives_pages_of_its_fact(
    running: Running, client: httpx.Client, api: str, name: str, kind: type[msgspec.Struct]
) -> None:
    url = f"{_base(running, api)}/v1/{name}"
    page = Page[kind]  # type: ignore[valid-type]  # told at run time
    first = client.get(url, params={"limit": 2})
    assert first.headers["content-type"] == "application/json"
    told = msgspec.json.decode(first.content, type=page)
    assert 1 <= len(told.rows) <= 2
    if told.more:
        assert (told.remaining or 0) > 0
        following = client.get(url, params={"limit": 2, "cursor": told.cursor})
        rows = msgspec.json.decode(following.content, type=page).rows
        assert rows
        assert not set(map(repr, rows)) & set(map(repr, told.rows))


@pytest.mark.parametrize(("api", "name", "kind"), ENDPOINTS)
def test_what_has_not_changed_costs_a_304(
    running: Running, client: httpx.Client, api: str, name: str, kind: type[msgspec.Struct]
) -> None:
    del kind
    url = f"{_base(running, api)}/v1/{name}"
    first = client.get(url, params={"limit": 1})
    tag = first.headers["etag"]
    # Where more is to come the estimate of it may change between two answers.
    for wanted in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = client.get(url, params={"limit": 1}, headers={"If-None-Match": wanted})
        assert again.status_code == 304 or again.headers["etag"] != tag
        if again.status_code == 304:
            assert again.content == b""
            assert again.headers["etag"] == tag
    other = client.get(url, params={"limit": 1}, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "+5", "٣", str(MAX_LIMIT + 1), "9" * 99])
def test_a_limit_that_makes_no_sense_is_refused(
    running: Running, client: httpx.Client, limit: str
) -> None:
    answer = client.get(f"{running.gateway}/v1/states", params={"limit": limit})
    assert answer.status_code == 400
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert f"from 1 to {MAX_LIMIT}" in problem.error


@pytest.mark.parametrize(("api", "name", "kind"), ENDPOINTS)
def test_a_cursor_of_nobodys_is_refused(
    running: Running, client: httpx.Client, api: str, name: str, kind: type[msgspec.Struct]
) -> None:
    del kind
    for cursor in ("nonsense", "\x00", "list-1000000", "é" * 200):
        answer = client.get(f"{_base(running, api)}/v1/{name}", params={"cursor": cursor})
        assert answer.status_code == 400
        assert "cursor" in msgspec.json.decode(answer.content, type=Problem).error
    assert client.get(f"{_base(running, api)}/v1/{name}?cursor=").status_code == 200


def test_what_is_not_there_and_what_is_not_allowed_are_told_apart(
    running: Running, client: httpx.Client
) -> None:
    for url in (f"{running.gateway}/v1/people", f"{running.tracker}/v2/items", running.gateway):
        answer = client.get(url)
        assert answer.status_code == 404
        assert msgspec.json.decode(answer.content, type=Problem).error
    answer = client.post(f"{running.tracker}/v1/items")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert msgspec.json.decode(answer.content, type=Problem).error
    assert client.head(f"{running.tracker}/v1/items").status_code == 200
