"""`goliath-tui check`: what it finds, what it says of what is wrong, and with which exit code."""

import re
import shutil
from asyncio import StreamWriter
from pathlib import Path
from typing import get_args

import pytest

from goliath_tui import check
from goliath_tui.clock import now_ms
from goliath_tui.domain.facts import Fact
from tests.commands.programs import NOWHERE, run
from tests.commands.world import apis, cache_of, write_config
from tests.rehearsal.process import SMALL
from tests.sources.hostile_server import Handler, Request, always, answer, serving

REFUSES = always(answer({"error": "who are you?"}, status="401 Unauthorized"))


async def test_it_says_what_was_found_and_what_polling_costs(tmp_path: Path) -> None:
    async with apis(now_ms()) as served:
        write_config(tmp_path, gateway=served.gateway.url, tracker=served.tracker.url)
        done = await run("check", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    config, gateway, tracker, total = done.out.splitlines()
    assert config == "config: config.yaml, cache: data/moving.sqlite3"
    assert re.match(r"gateway \(goliath-gateway\): .*1 service.* in [\d,]+ ms; ", gateway)
    assert gateway.endswith("2,520 requests an hour at one poll every 10 s")
    assert "3 work items" in tracker
    assert total == "in all 3,060 requests an hour"
    assert not cache_of(tmp_path).exists()


def test_every_kind_of_fact_has_words() -> None:
    assert set(check._FOUND) == set(get_args(Fact))


@pytest.mark.parametrize(
    ("handler", "code", "says"),
    [
        (REFUSES, 5, "refuses the credentials: configure a `token:`"),
        (always(answer(status="503 Service Unavailable")), 1, "503"),
        (always(answer(b"<html>")), 1, "gateway (goliath-gateway): "),
    ],
)
async def test_what_goes_wrong_is_told_on_stderr(
    tmp_path: Path, handler: Handler, code: int, says: str
) -> None:
    async with serving(handler) as server:
        write_config(tmp_path, gateway=server.url, tracker=None)
        done = await run("check", cwd=tmp_path)
    assert done.code == code
    assert says in done.err
    assert "gateway (" not in done.out


async def test_a_refusal_outweighs_a_server_that_is_not_there(tmp_path: Path) -> None:
    async with serving(REFUSES) as server:
        write_config(tmp_path, gateway=NOWHERE, tracker=server.url)
        done = await run("check", cwd=tmp_path)
    assert done.code == 5
    assert len(done.err.splitlines()) == 2


async def test_a_source_that_cannot_be_asked_as_configured_makes_the_config_wrong(
    tmp_path: Path,
) -> None:
    asked: list[str] = []

    async def handler(request: Request, writer: StreamWriter) -> None:
        asked.append(request.path)

    async with serving(handler) as server:
        (tmp_path / "config.yaml").write_text(
            "sources: {gateway: {kind: goliath-gateway, "
            f"url: '{server.url}', token: {{env: GOLIATH_NOT_SET}}}}}}"
        )
        done = await run("--config", "config.yaml", "check", cwd=tmp_path)
    assert done.code == 6
    assert "environment variable GOLIATH_NOT_SET is not set" in done.err
    assert asked == []


async def test_a_source_that_is_switched_off_is_not_asked(tmp_path: Path) -> None:
    path = write_config(tmp_path, tracker=None)
    path.write_text(path.read_text(encoding="utf-8").replace("every: 10s", "enabled: false"))
    done = await run("check", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "gateway (goliath-gateway): off" in done.out


DOUBTFUL = """\
windoww: 1h
theme: nordd
keys: {freezze: x, quit: "?"}"""
DOUBTS = (
    "config.yaml:3: windoww: unknown setting, ignored; did you mean window?",
    "config.yaml:4: theme: there is no theme nordd; did you mean nord?",
    "config.yaml:5: keys: freezze: there is no such key; did you mean freeze?",
    "config.yaml:5: keys: ? would mean both help and quit on a screen of panes",
)


async def test_what_is_not_understood_warns_and_fails_when_strict(tmp_path: Path) -> None:
    async with apis(now_ms()) as served:
        write_config(tmp_path, gateway=served.gateway.url, tracker=None, more=DOUBTFUL)
        done = await run("check", cwd=tmp_path)
        assert done.code == 0
        assert done.err.splitlines() == [f"goliath-tui: warning: {doubt}" for doubt in DOUBTS]
        asked = len(served.gateway.requests)
        done = await run("check", "--strict", cwd=tmp_path)
        assert done.code == 6
        assert done.err.splitlines() == [f"goliath-tui: error: {doubt}" for doubt in DOUBTS]
        assert len(served.gateway.requests) == asked


@pytest.mark.parametrize("theme", ["goliath-light", "textual-ansi"])
async def test_a_theme_that_can_be_worn_and_a_key_that_is_free_raise_no_doubt(
    tmp_path: Path, theme: str
) -> None:
    write_config(tmp_path, more=f"theme: {theme}\nkeys: {{freeze: ctrl+y}}", tracker=None)
    done = await run("check", "--strict", cwd=tmp_path)
    assert done.code == 1
    assert "error" not in done.err


async def test_a_rehearsal_is_started_asked_and_ended(tmp_path: Path) -> None:
    shutil.copy(SMALL, tmp_path)
    (tmp_path / "config.yaml").write_text(f"rehearsal: {{scenario: {SMALL.name}}}")
    done = await run("check", cwd=tmp_path)
    assert done.code == 0
    assert done.err == "starting the rehearsal …\n"
    assert re.search(r"^tracker \(goliath-tracker\): .* sprints", done.out, re.MULTILINE)


async def test_a_wrong_scenario_makes_the_config_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SMALL.read_text(encoding="utf-8").replace("load: 4", "load: four"))
    (tmp_path / "config.yaml").write_text("rehearsal: {scenario: wrong.yaml}")
    for command in ("check", "poll"):
        done = await run(command, cwd=tmp_path)
        assert done.code == 6
        assert re.search(r"goliath-tui: wrong\.yaml:\d+: services\[0\]\.load: ", done.err)
