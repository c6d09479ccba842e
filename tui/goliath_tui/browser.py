"""Addresses from outside on their way to the browser: few may go there.

An address comes with a work item, so whoever writes items would choose what this machine opens.
Only http(s) on a host that the config names is opened.
"""

import asyncio
import os
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

_LONGEST = 2000
#: A browser that was not running yet may stay in front of its command for as long as it lives.
_ANSWERS_WITHIN_S = 10.0
#: In a process of its own without a terminal, so no text browser can draw over the screen; `-I`
#: keeps the working directory out of its imports.
_OPEN = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


def refusal(address: str, hosts: Collection[str]) -> str:
    """Why `address` is not opened, in words; empty: it may be. `hosts`: those of the config."""
    if len(address) > _LONGEST:
        return f"its address is longer than {_LONGEST:,} characters"
    if not address.isascii() or not address.isprintable() or set(address) & set(' "<>\\^`{|}'):
        return "its address has characters that no address has"
    try:
        parts = urlsplit(address)
        host = parts.hostname
        parts.port  # noqa: B018 - raises on a port that is no number
    except ValueError:
        return "its address is none"
    if parts.scheme not in {"http", "https"} or not host:
        return "its address is not http or https"
    if "@" in parts.netloc:
        return "its address has credentials in it"
    if host not in hosts:
        return f"{host} is no host of your sources, nor in links: hosts: of the config"
    return ""


def can_open(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a browser that is opened here could be seen by whoever sits at this terminal."""
    if environ.get("BROWSER"):
        return True
    if platform in {"darwin", "win32"}:
        return not (environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    return any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"))


async def open_address(address: str) -> bool:
    """Ask the desktop's browser for `address`; whether it took it. No shell sees the address."""
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            _OPEN,
            address,
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
        )
    except OSError:
        return False
    with suppress(TimeoutError):
        async with asyncio.timeout(_ANSWERS_WITHIN_S):
            return await process.wait() == 0
    return True
