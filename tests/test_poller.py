"""The poller with a real cache and real servers, good ones beside bad ones."""

import asyncio
import os
from pathlib import Path

import pytest

from goliath_tui import native
from goliath_tui.clock import now_ms
from goliath_tui.domain import Batch, Service, SourceErrorKind, SourceState, Traffic
from goliath_tui.poller import lines_from
from goliath_tui.sources.client import Client
from tests.polling import HOUR_MS, gateway, names, polling, services, source
from tests.sources.hostile_server import (
    Handler,
    Request,
    always,
    answer,
    drips,
    eventually,
    gzip_bomb,
    hanging_up_after,
    hangs,
    serving,
    two_hundred_megabytes,
)

WRONG_TYPES = answer(b'{"api": 1, "name": [], "instance": null, "now": "then"}')


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (hangs, SourceErrorKind.TIMEOUT),
        (drips, SourceErrorKind.TIMEOUT),
        (two_hundred_megabytes, SourceErrorKind.TOO_LARGE),
        (always(gzip_bomb(20)), SourceErrorKind.TOO_LARGE),
        (always(answer(status="500 Oops")), SourceErrorKind.STATUS),
        (always(answer(status="401 No")), SourceErrorKind.AUTH),
        (always(answer(b'{"api": "goliath-gat')), SourceErrorKind.MALFORMED),
        (always(WRONG_TYPES), SourceErrorKind.MALFORMED),
        (hanging_up_after(b""), SourceErrorKind.UNREACHABLE),
        (
            always(answer(status="302 X", headers={"Location": "/v1/about"})),
            SourceErrorKind.REDIRECT,
        ),
    ],
)
async def test_a_good_source_goes_on_beside_a_bad_one(
    tmp_path: Path, handler: Handler, kind: SourceErrorKind
) -> None:
    good_api = gateway()
    good_api.pages["services"] = {None: services("progress")}
    async with (
        serving(good_api) as good,
        serving(handler) as bad,
        polling(
            tmp_path / "cache",
            source("good", good.url),
            # Long enough that on a busy machine nothing but what hangs is too slow.
            source("bad", bad.url, timeout_ms=400 if kind is SourceErrorKind.TIMEOUT else 30_000),
        ) as running,
    ):
        await eventually(lambda: len(bad.requests) > 0)
        polled = good.count("/v1/about")
        await eventually(lambda: good.count("/v1/about") >= polled + 10)
        await eventually(lambda: running.health("bad").error_kind is kind)
        assert names(running) == ["progress"]
        assert running.health("good").state is SourceState.OK
        health = running.health("bad")
        refused = kind is SourceErrorKind.AUTH
        assert health.state is (SourceState.REFUSED if refused else SourceState.FAILING)
        assert bad.url in (health.error or "")
        assert health.next_at is not None
        assert health.requests_per_hour


class Faulty:
    """A source with a fault of our own in it; its second poll works."""

    def __init__(self) -> None:
        self.polls = 0

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        self.polls += 1
        if self.polls == 1:
            raise KeyError("\x1b[31mfrom outside")
        return Batch(rows=(Service(name="progress"),), cursor=str(self.polls))


async def test_a_fault_in_a_source_is_told_and_does_not_stop_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with polling(tmp_path / "cache", source("a", "http://x", make=Faulty)) as running:
        await eventually(lambda: names(running) == ["progress"])
        assert running.health("a").state is SourceState.OK
    assert "KeyError" in caplog.text
    assert "\x1b" not in caplog.text


class Stuck:
    """A source that never comes back."""

    async def poll(self, client: Client, cursor: str | None) -> Batch:
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_source_that_never_comes_back_stops_neither_the_others_nor_the_end(
    tmp_path: Path,
) -> None:
    api = gateway()
    async with (
        serving(api) as good,
        polling(
            tmp_path / "cache", source("good", good.url), source("stuck", "http://x", make=Stuck)
        ) as running,
    ):
        await eventually(lambda: good.count("/v1/about") > 5)
        assert running.health("stuck").state is SourceState.OFF
        assert await running.stop() == 0


async def test_the_first_fill_says_how_far_it_has_come(tmp_path: Path) -> None:
    api = gateway()
    go_on = asyncio.Event()
    pages, rows = 14, 1000
    first = now_ms() - pages * rows * 1000

    async def traffic(request: Request, writer: asyncio.StreamWriter) -> None:
        number = int(request.query.get("cursor", "0"))
        if number == 7:
            await go_on.wait()
        page = native.Page(
            rows=tuple(
                Traffic(at=first + i * 1000, width_ms=1000, service="progress")
                for i in range(number * rows, (number + 1) * rows)
                if number < pages
            ),
            cursor=str(min(number + 1, pages)),
            more=number < pages - 1,
            remaining=max(0, pages - number - 1) * rows,
        )
        writer.write(answer(page))

    api.overrides["traffic"] = traffic
    async with serving(api) as server, polling(tmp_path / "cache", source("a", server.url)) as run:
        await eventually(lambda: run.health("a").progress is not None)
        health = run.health("a")
        assert health.progress is not None
        assert health.progress.rows == health.rows == 5_000
        assert health.progress.remaining == 9_000
        assert health.progress.pages > 5
        go_on.set()
        await eventually(lambda: run.health("a").rows == 14_000)
        await eventually(lambda: run.health("a").progress is None)


async def test_refresh_asks_the_one_that_is_named_or_all(tmp_path: Path) -> None:
    async with (
        serving(gateway()) as first,
        serving(gateway()) as second,
        polling(
            tmp_path / "cache",
            source("first", first.url, every_ms=HOUR_MS),
            source("second", second.url, every_ms=HOUR_MS),
        ) as running,
    ):
        await eventually(lambda: running.health("first").last_success is not None)
        await eventually(lambda: running.health("second").last_success is not None)
        for unknown in ("", "refresh", "refresh nobody", "nonsense \x1b", "refresh a b"):
            running.commands.put_nowait(unknown)
        running.commands.put_nowait("refresh first")
        await eventually(lambda: first.count("/v1/approvals") + first.count("/v1/about") == 2)
        running.commands.put_nowait("refresh all")
        await eventually(lambda: first.count("/v1/about") == 3)
        await eventually(lambda: second.count("/v1/about") == 2)


async def test_many_wishes_while_a_source_is_being_asked_are_one_more_poll(
    tmp_path: Path,
) -> None:
    api = gateway()
    go_on = asyncio.Event()

    async def services_page(request: Request, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(answer(services("progress")))

    api.overrides["services"] = services_page
    async with (
        serving(api) as server,
        polling(tmp_path / "cache", source("a", server.url, every_ms=HOUR_MS)) as running,
    ):
        await eventually(lambda: server.count("/v1/services") == 1)
        for _ in range(20):
            running.commands.put_nowait("refresh a")
        await eventually(running.commands.empty)
        go_on.set()
        await eventually(lambda: server.count("/v1/about") == 2)
        await eventually(lambda: server.requests[-1].path == "/v1/mismatches")
        running.commands.put_nowait("refresh a")
        await eventually(lambda: server.count("/v1/about") == 3)


async def test_a_wish_of_the_server_outweighs_that_of_the_user(tmp_path: Path) -> None:
    limited = answer(status="429 Slow", headers={"Retry-After": "3000"})
    async with (
        serving(always(limited)) as bad,
        serving(gateway()) as good,
        polling(
            tmp_path / "cache",
            source("bad", bad.url),
            source("good", good.url, every_ms=HOUR_MS),
        ) as running,
    ):
        await eventually(lambda: running.health("bad").error_kind is SourceErrorKind.RATE_LIMIT)
        for number in range(2, 6):
            running.commands.put_nowait("refresh all")
            await eventually(lambda: good.count("/v1/about") == number)  # noqa: B023 - awaited here
        assert len(bad.requests) == 1
        health = running.health("bad")
        assert health.next_at is not None
        assert health.next_at > running.clock() + 2_900_000


async def test_after_a_sleep_of_the_machine_everything_is_asked_at_once(tmp_path: Path) -> None:
    async with (
        serving(gateway()) as server,
        polling(tmp_path / "cache", source("a", server.url, every_ms=HOUR_MS)) as running,
    ):
        for number in range(1, 4):
            await eventually(lambda: server.count("/v1/about") == number)  # noqa: B023 - awaited here
            running.clock.ahead_ms += 60_000
        await eventually(lambda: server.count("/v1/about") == 4)
        # A clock that is set back is no sleep, and stops nothing.
        running.clock.ahead_ms = 0
        running.commands.put_nowait("refresh all")
        await eventually(lambda: server.count("/v1/about") == 5)


async def test_a_source_that_is_off_is_not_asked(tmp_path: Path) -> None:
    async with (
        serving(gateway()) as off,
        serving(gateway()) as on,
        polling(
            tmp_path / "cache", source("off", off.url, enabled=False), source("on", on.url)
        ) as running,
    ):
        running.commands.put_nowait("refresh all")
        await eventually(lambda: on.count("/v1/about") > 5)
        assert off.requests == []


async def test_another_data_set_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    api = gateway()
    api.pages["services"] = {None: services("progress")}
    async with serving(api) as server, polling(tmp_path / "cache", source("a", server.url)) as run:
        await eventually(lambda: names(run) == ["progress"])
        api.instance = "two"
        api.pages["services"] = {"1": services("intruder")}
        await eventually(lambda: run.health("a").error_kind is SourceErrorKind.IDENTITY)
        assert names(run) == ["progress"]
        api.instance = "one"
        await eventually(lambda: run.health("a").state is SourceState.OK)


async def test_commands_are_lines_and_end_with_the_pipe() -> None:
    read, write = os.pipe()
    os.write(write, b"refresh a\nrefresh \xff\n\nref")
    os.write(write, b"resh all\n" + b"x" * 10_000 + b"\nlast, without an end")
    os.close(write)
    got = [line async for line in lines_from(read)]
    os.close(read)
    assert got[:4] == ["refresh a", "refresh \ufffd", "", "refresh all"]
    assert len(got) == 5
