"""`goliath-tui serve` up to the first page: where it listens, and what it refuses."""

import re
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.commands.programs import NOWHERE, run, running

CONFIG = f"sources:\n  gateway: {{kind: goliath-gateway, url: '{NOWHERE}'}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


async def test_without_the_extra_it_says_how_to_install_it(folder: Path) -> None:
    code = (
        "import sys; sys.modules['aiohttp'] = None; del sys.argv[0];"
        "from goliath_tui.cli import main; main()"
    )
    async with running("serve", cwd=folder, before=(sys.executable, "-c", code)) as program:
        await program.says("pip install '.[web]'")
        assert await program.ends() == 2
        assert "Traceback" not in program.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_it_listens_to_nobody_else_unless_that_is_wanted(folder: Path, host: str) -> None:
    done = await run("serve", "--host", host, "--port", "0", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert "--public" in done.err


async def test_a_host_that_is_none_is_named(folder: Path) -> None:
    # Too long for a name, so nobody is asked for it.
    name = "no" * 64
    done = await run("serve", "--host", name, cwd=folder)
    assert (done.code, done.out) == (1, "")
    assert name in done.err


async def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = await run("serve", "--port", str(port), cwd=folder)
    assert (done.code, done.out) == (1, "")
    assert f"port {port}" in done.err
    assert "--port" in done.err


async def test_let_in_from_outside_it_warns_and_names_an_address_that_others_can_use(
    folder: Path,
) -> None:
    arguments = ("serve", "--host", "0.0.0.0", "--port", "0", "--public")
    async with running(*arguments, cwd=folder) as program:
        await program.says("the wall is at ")
        assert "no login, no encryption" in program.err
        found = re.search(r"http://([^:/]+):(\d+)/", program.err)
        assert found is not None
        assert found[1] == socket.gethostname()
        async with aiohttp.ClientSession() as session:
            address = f"http://127.0.0.1:{found[2]}/"
            for host in (found[1], "192.0.2.7"):
                headers = {"Host": f"{host}:{found[2]}"}
                assert (await session.get(address, headers=headers)).status == 200
            headers = {"Host": f"evil.example:{found[2]}"}
            assert (await session.get(address, headers=headers)).status == 403


async def test_told_to_end_it_ends_well(folder: Path) -> None:
    async with running("serve", "--port", "0", cwd=folder) as program:
        await program.says("the wall is at http://127.0.0.1:")
        await program.says("polling")
        program.process.terminate()
        assert await program.ends() == 0
        assert "nobody polls" not in program.err
