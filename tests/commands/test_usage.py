"""What every command has in common: help, completion, wrong usage, and what is not imported."""

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from goliath_tui import __version__
from goliath_tui.clock import now_ms
from tests.commands.programs import NOWHERE, run, running
from tests.commands.world import apis, write_config
from tests.rehearsal.process import SMALL

COMMANDS = ("status", "check", "poll", "serve", "rehearse", "completion")


async def test_help_is_everywhere_and_names_every_command(tmp_path: Path) -> None:
    done = await run("--help", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    for command in COMMANDS:
        assert f"\n  {command} " in done.out
        told = await run(command, "-h", cwd=tmp_path)
        assert (told.code, told.err) == (0, "")
        assert told.out.startswith(f"Usage: goliath-tui {command} ")
        assert "--child" not in told.out
        assert "--viewer" not in told.out


async def test_it_knows_its_version(tmp_path: Path) -> None:
    done = await run("--version", cwd=tmp_path)
    assert (done.code, done.out) == (0, f"goliath-tui, version {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("sttaus",),
        ("--nonsense",),
        ("status", "--nonsense"),
        ("status", "extra"),
        ("completion", "powershell"),
        ("completion",),
        ("rehearse", "--seed", "x"),
        ("rehearse", "--scenario", "nowhere.yaml"),
        ("--config", "config.yaml"),
    ],
)
async def test_wrong_usage_is_explained_on_stderr(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = await run(*arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert re.search(r"^Error: |goliath-tui: mission control needs", done.err, re.MULTILINE)


@pytest.mark.parametrize("command", ["wall", "status", "check", "poll", "serve"])
async def test_a_config_can_be_named_behind_the_command_too(tmp_path: Path, command: str) -> None:
    (tmp_path / "wrong.yaml").write_text("nothing: [")
    for arguments in ((command, "--config", "wrong.yaml"), ("--config", "no", command)):
        behind = arguments if arguments[0] == command else (*arguments, "--config", "wrong.yaml")
        if command == "wall":
            behind = (*behind, "--viewer")
        done = await run(*behind, cwd=tmp_path)
        assert done.code == 6
        assert "wrong.yaml" in done.err


@pytest.mark.parametrize("command", ["status", "check", "poll"])
async def test_a_config_that_is_not_there_is_a_wrong_config(tmp_path: Path, command: str) -> None:
    done = await run("--config", "nowhere.yaml", command, cwd=tmp_path)
    assert (done.code, done.out) == (6, "")
    assert "nowhere.yaml: No such file" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_each_shell_gets_a_script_that_it_can_read(tmp_path: Path, shell: str) -> None:
    done = await run("completion", shell, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert f"_GOLIATH_TUI_COMPLETE={shell}_complete" in done.out
    if installed := shutil.which(shell):
        reading = await asyncio.create_subprocess_exec(installed, "-n", stdin=subprocess.PIPE)
        await reading.communicate(done.out.encode())
        assert reading.returncode == 0


async def test_completion_completes(tmp_path: Path) -> None:
    env = {"_GOLIATH_TUI_COMPLETE": "bash_complete", "COMP_WORDS": "goliath-tui st"}
    done = await run(cwd=tmp_path, env={**env, "COMP_CWORD": "1"})
    assert done.out == "plain,status\n"


#: Imported when the program runs already; the others, before its first line.
LATE = ("httpx", "sqlite_utils", "uvicorn", "starlette", "yaml", "platformdirs", "certifi")
EARLY = ("click", "goliath_tui", "msgspec", "sitecustomize", "usercustomize", "re", "typing")


def hostile_folder(tmp_path: Path, modules: tuple[str, ...]) -> Path:
    """A folder full of modules that leave a trace when they are executed."""
    trace = tmp_path / "executed"
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in modules:
        (folder / f"{name}.py").write_text(f"open({str(trace)!r}, 'a').write({name!r})\n")
    return folder


async def test_nothing_in_the_working_directory_is_executed(tmp_path: Path) -> None:
    hostile = hostile_folder(tmp_path, LATE + EARLY)
    shutil.copy(SMALL, hostile)
    (hostile / "config.yaml").write_text(f"rehearsal: {{scenario: {SMALL.name}}}")
    for command in (["check"], ["status"], ["--help"]):
        await run(*command, cwd=hostile)
    async with running("poll", cwd=hostile) as poller:
        await poller.says("polling")
    assert not (hostile.parent / "executed").exists()


async def test_not_even_when_the_environment_names_it_by_accident(tmp_path: Path) -> None:
    hostile = hostile_folder(tmp_path, LATE)
    async with apis(now_ms()) as served:
        write_config(hostile, gateway=served.gateway.url, tracker=None)
        # As `PYTHONPATH=$PYTHONPATH:more` makes it when there was none.
        done = await run("check", cwd=hostile, env={"PYTHONPATH": f"{os.pathsep}/nowhere"})
    assert done.code == 0
    assert not (hostile.parent / "executed").exists()


async def test_a_config_that_was_only_found_runs_no_command(tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    (tmp_path / "config.yaml").write_text(
        f"sources: {{g: {{kind: goliath-gateway, url: '{NOWHERE}', "
        f"token: {{command: [touch, {trace}]}}}}}}"
    )
    for command in ("check", "status", "poll"):
        done = await run(command, cwd=tmp_path)
        assert done.code == 6
        assert "start with --config config.yaml if you trust it" in done.err
    assert not trace.exists()
    done = await run("--config", "config.yaml", "check", cwd=tmp_path)
    assert done.code == 6
    assert "the secret is empty" in done.err
    assert trace.exists()
