"""A token reaches its server, and nothing and nobody else."""

import asyncio
from asyncio import StreamWriter
from pathlib import Path

import pytest

from goliath_tui import native
from goliath_tui.clock import now_ms
from tests.commands.programs import command_lines, run, running
from tests.commands.world import cache_of
from tests.sources.hostile_server import Api, Request, answer, eventually, serving

TOKEN = "t0p-s3cr3t-7f2a91"


@pytest.mark.parametrize("given", ["env", "file", "command"])
async def test_a_token_reaches_the_server_and_is_in_nothing_we_write(
    tmp_path: Path, given: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{TOKEN}\n")
    secret.chmod(0o600)
    token = {
        "env": "{env: GOLIATH_TOKEN}",
        "file": "{file: secret}",
        "command": f"{{command: [cat, '{secret}']}}",
    }[given]
    env = {"GOLIATH_TOKEN": TOKEN} if given == "env" else {}
    api = Api(native.GATEWAY_API, now_ms)

    async def talkative(request: Request, writer: StreamWriter) -> None:
        """Refuses one address and repeats the token while it does, as debug pages do."""
        if request.path.endswith("/mismatches") and request.query:
            said = {"error": f"no {request.headers['authorization']} for you"}
            writer.write(answer(said, status="500 Oops"))
        else:
            await api(request, writer)

    async with serving(talkative) as server:
        (tmp_path / "config.yaml").write_text(
            "migration: Moving\nsources:\n  gateway:\n    kind: goliath-gateway\n"
            f"    url: {server.url}\n    token: {token}\n"
        )
        named = ("--config", "config.yaml")
        said = [await run(*named, "check", cwd=tmp_path, env=env)]
        async with running(*named, "poll", cwd=tmp_path, env=env) as poller:
            await poller.says("polling")
            asked = len(server.requests)
            await eventually(lambda: len(server.requests) >= asked + 7)
            visible = await asyncio.to_thread(command_lines)
        said += [await run(*named, "status", cwd=tmp_path, env=env)]
        said += [await run(*named, "status", "--json", cwd=tmp_path, env=env)]
    assert {request.headers.get("authorization") for request in server.requests} == {
        f"Bearer {TOKEN}"
    }
    for done in said:
        assert TOKEN not in done.out + done.err
    assert TOKEN not in poller.out + poller.err
    assert "poll" in visible
    assert TOKEN not in visible
    written = [path for path in cache_of(tmp_path).parent.rglob("*") if path.is_file()]
    assert cache_of(tmp_path) in written
    for path in written:
        assert TOKEN.encode() not in path.read_bytes(), path
