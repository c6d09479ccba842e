"""`goliath-tui status`: what it prints, on which stream, and what its exit code says."""

import json
import re
import sqlite3
import subprocess
import sys
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from goliath_tui.clock import now_ms
from goliath_tui.domain import Points, Progress, SourceErrorKind
from goliath_tui.status import rfc3339, status_text
from goliath_tui.store.schema import SCHEMA_VERSION
from tests.commands.programs import MODULE, PROGRAM, environment, run
from tests.commands.world import (
    DAY,
    MINUTE,
    SECOND,
    cache_of,
    expected_a_day_before,
    expected_status,
    fill,
    note_failure,
    write_config,
)
from tests.ui import factory


async def status(folder: Path, *more: str) -> tuple[int, dict[str, Any]]:
    done = await run("status", "--json", *more, cwd=folder)
    assert done.err == ""
    return done.code, json.loads(done.out)


def sources(found: dict[str, Any]) -> dict[str, str]:
    return {source["name"]: source["state"] for source in found["sources"]}


async def test_a_fresh_cache_is_told_whole_and_fine(tmp_path: Path) -> None:
    write_config(tmp_path)
    now = now_ms()
    fill(tmp_path, now)
    code, found = await status(tmp_path)
    assert code == 0
    at, live, sources = found.pop("at"), found.pop("live"), found.pop("sources")
    assert rfc3339(now) <= at <= rfc3339(now_ms())
    assert live is True
    for name, source in zip(("gateway", "tracker"), sources, strict=True):
        assert 0 <= source.pop("age_s") < 30
        assert source == {
            "name": name,
            "kind": f"goliath-{name}",
            "state": "ok",
            "last_success": rfc3339(now),
            "error": None,
            "notes": [],
        }
    assert found == expected_status(now)


def test_half_points_are_said_as_the_screen_says_them() -> None:
    sprint = replace(factory.sprint(), remaining=67.5, committed=1_380, added=-0.5, removed=12)
    points = Points(done=16_480.5, total=20_010, added=1_203)
    text = status_text(replace(factory.snapshot(), points=points, sprint=sprint), UTC)
    assert "82.4 %  16,480.5 of 20,010 (+1,203 added)" in text
    assert "67.5 of 1,380 points left (−0.5 added, 12 removed)" in text


async def test_without_a_cache_all_is_unknown_and_nothing_is_zero(tmp_path: Path) -> None:
    write_config(tmp_path)
    code, found = await status(tmp_path)
    assert code == 4
    assert sources(found) == {"gateway": "off", "tracker": "off"}
    whole = expected_status(0)
    assert found["services"] == []
    for name in ("points", "fields", "traffic", "retired", "sprint", "mismatches"):
        assert found[name] == dict.fromkeys(whole[name]), name
    for source in found["sources"]:
        assert (source["last_success"], source["age_s"], source["error"]) == (None, None, None)
    text = await run("status", cwd=tmp_path)
    assert (text.code, text.err) == (4, "")
    assert re.findall(r"^(\w[\w ]*\w) +–$", text.out, re.MULTILINE) == [
        "points done",
        "fields migrated",
        "traffic on new",
        "legacy retired",
        "sprint",
        "mismatches",
    ]
    assert not cache_of(tmp_path).exists()


async def test_for_people_it_is_a_line_for_each_measure_and_source(tmp_path: Path) -> None:
    write_config(tmp_path)
    fill(tmp_path, now_ms())
    done = await run("status", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("Moving  live 2")
    assert lines[1:7] == [
        "points done       30.0 %  3 of 10 (+2 added)",
        "fields migrated   50.0 %  1 of 2",
        "traffic on new    25.0 %  intended 50.0 %, 40 requests",
        "legacy retired    50.0 %  1 fields",
        lines[5],
        "mismatches       0.1 a minute, 1 groups, 1 new",
    ]
    assert "7 of 8 points left (+2 added, 0 removed)" in lines[5]
    assert [line.rpartition(", ")[0] for line in lines[7:]] == [
        "source           gateway ok",
        "source           tracker ok",
    ]


async def test_the_past_is_told_exactly_and_is_as_good_as_what_was_read_since(
    tmp_path: Path,
) -> None:
    write_config(tmp_path)
    now = now_ms()
    fill(tmp_path, now)
    before = now - DAY
    code, found = await status(tmp_path, "--at", rfc3339(before))
    assert code == 0
    assert (found["at"], found["live"]) == (rfc3339(before), False)
    assert {name: found[name] for name in expected_a_day_before()} == expected_a_day_before()
    assert set(found) == {*expected_status(0), "at", "live", "sources"}
    done = await run("status", "--at", rfc3339(now + 10 * MINUTE), cwd=tmp_path)
    assert done.code == 2
    assert "still to come" in done.err


@pytest.mark.parametrize("at", ["yesterday", "", "1969-12-31", "9999-12-31T23:59:59-12:00"])
async def test_a_moment_that_is_none_is_wrong_usage(tmp_path: Path, at: str) -> None:
    write_config(tmp_path)
    done = await run("status", "--at", at, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "expected a" in done.err


async def test_figures_that_nobody_renews_are_stale(tmp_path: Path) -> None:
    write_config(tmp_path)
    now = now_ms()
    # Three periods of 10 s, and the grace, are over; of 60 s they are not.
    fill(tmp_path, now, polled_at=now - 40 * SECOND)
    code, found = await status(tmp_path)
    assert code == 4
    assert sources(found) == {"gateway": "stale", "tracker": "ok"}
    assert found["points"]["total"] == 10
    assert found["sources"][0]["age_s"] >= 40


async def test_a_source_that_refuses_the_credentials_outweighs_what_is_stale(
    tmp_path: Path,
) -> None:
    write_config(tmp_path)
    now = now_ms()
    fill(tmp_path, now, polled_at=now - MINUTE)
    note_failure(tmp_path, "tracker", now, SourceErrorKind.AUTH, "refuses the credentials")
    code, found = await status(tmp_path)
    assert code == 5
    assert sources(found) == {"gateway": "stale", "tracker": "refused"}
    assert found["sources"][1]["error"] == "refuses the credentials"


async def test_a_source_that_fails_leaves_the_figures_in_doubt(tmp_path: Path) -> None:
    write_config(tmp_path)
    now = now_ms()
    fill(tmp_path, now)
    note_failure(tmp_path, "gateway", now + 1, SourceErrorKind.TIMEOUT, "does not answer")
    code, found = await status(tmp_path)
    assert code == 4
    assert sources(found) == {"gateway": "failing", "tracker": "ok"}


async def test_figures_of_a_fill_that_goes_on_are_not_yet_known(tmp_path: Path) -> None:
    write_config(tmp_path)
    fill(tmp_path, now_ms(), progress=Progress(pages=2, rows=1234))
    done = await run("status", cwd=tmp_path)
    assert done.code == 4
    assert done.out.count("1,234 rows so far and more to come") == 2


async def test_a_gateway_alone_can_be_fine(tmp_path: Path) -> None:
    write_config(tmp_path, tracker=None)
    fill(tmp_path, now_ms())
    code, found = await status(tmp_path)
    assert code == 0
    assert sources(found) == {"gateway": "ok"}


async def test_a_source_that_is_switched_off_is_not_missed(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    fill(tmp_path, now_ms())
    path.write_text(path.read_text(encoding="utf-8").replace("every: 60s", "enabled: false"))
    code, found = await status(tmp_path)
    assert code == 0
    assert sources(found) == {"gateway": "ok", "tracker": "off"}


async def test_a_wrong_config_is_told_on_stderr_alone(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources: {g: {kind: goliath-gatway, url: 'http://x'}}")
    done = await run("status", "--json", cwd=tmp_path)
    assert (done.code, done.out) == (6, "")
    assert "config.yaml:1: sources.g.kind: unknown kind" in done.err
    assert "did you mean goliath-gateway?" in done.err


async def test_an_unknown_setting_warns_beside_the_result(tmp_path: Path) -> None:
    write_config(tmp_path, more="windoww: 1h")
    done = await run("status", "--json", cwd=tmp_path)
    assert done.code == 4
    assert json.loads(done.out)["migration"] == "Moving"
    assert "warning: config.yaml:3: windoww: unknown setting" in done.err


async def test_a_cache_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    write_config(tmp_path)
    fill(tmp_path, now_ms())
    connection = sqlite3.connect(cache_of(tmp_path))
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    for command in ("status", "poll"):
        done = await run(command, cwd=tmp_path)
        assert (done.code, done.out) == (1, "")
        assert "was written by a newer goliath-tui" in done.err
        assert "upgrade" in done.err
    connection = sqlite3.connect(cache_of(tmp_path))
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)
    connection.close()


async def test_a_damaged_cache_is_a_fault_with_a_clear_line(tmp_path: Path) -> None:
    write_config(tmp_path)
    fill(tmp_path, now_ms())
    cache = cache_of(tmp_path)
    content = cache.read_bytes()
    cache.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    done = await run("status", cwd=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert "is damaged" in done.err


def test_a_reader_that_does_not_listen_gets_no_traceback(tmp_path: Path) -> None:
    write_config(tmp_path)
    for command in ("status", "status --json", "check", "--help", "completion bash"):
        done = subprocess.run(
            ["sh", "-c", f"{PROGRAM} {command} | head -n 0"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stderr=subprocess.PIPE,
            text=True,
            check=True,
        )
        assert "Traceback" not in done.stderr
        assert "Error" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_result_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    write_config(tmp_path)
    for command in ("status", "status --json", "check", "completion bash"):
        done = subprocess.run(
            ["sh", "-c", f"{PROGRAM} {command} > /dev/full"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr == "goliath-tui: the result cannot be written: No space left on device\n"


async def test_a_terminal_that_knows_no_dash_gets_a_question_mark(tmp_path: Path) -> None:
    write_config(tmp_path)
    done = await run("status", cwd=tmp_path, env={"PYTHONIOENCODING": "latin-1"})
    assert done.code == 4
    assert "points done      ?" in done.out


def test_a_config_cannot_speak_to_the_terminal_through_a_path(tmp_path: Path) -> None:
    write_config(tmp_path, more='cache: "a\\e[2Jb"')
    (tmp_path / "a\x1b[2Jb").write_text("in the way")
    for command in ("check", "poll"):
        done = subprocess.run(
            [PROGRAM, command],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 6
        assert b"\x1b" not in done.stdout + done.stderr


def test_it_imports_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    write_config(tmp_path)
    fill(tmp_path, now_ms())
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *MODULE[1:], "status"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "goliath_tui.store.reader" in imported
    assert not imported & {"httpx", "sqlite_utils", "textual", "starlette", "uvicorn"}
