"""Where a secret comes from, and the only place that ever holds one.

A secret is named in the config, never written there: `{env: NAME}`, `{file: PATH}` or
`{command: [argv]}`. `Secret.resolve()` reads it at the moment of use. No repr, log line or error
of this module contains a secret or any part of one.
"""

import os
import stat
import subprocess
from pathlib import Path

from msgspec import Struct

LONGEST_SECRET = 16_384
COMMAND_SECONDS = 20


class SecretError(Exception):
    """A secret cannot be had. `str(error)` says which one, why, and what to do."""


class Secret(Struct, frozen=True, kw_only=True):
    """A reference to a secret; exactly one of the three is set."""

    env: str | None = None
    file: Path | None = None
    command: tuple[str, ...] | None = None

    def resolve(self) -> str:
        """The secret, without surrounding white space. Raises SecretError."""
        if self.env is not None:
            value, where = _from_environment(self.env), f"environment variable {self.env}"
        elif self.file is not None:
            value, where = _from_file(self.file), f"file {self.file}"
        elif self.command is not None:
            value, where = _from_command(self.command), f"command {self.command[0]}"
        else:
            raise SecretError("a secret needs one of env, file or command")
        value = value.strip()
        if not value:
            raise SecretError(f"{where}: the secret is empty")
        if not (value.isascii() and value.isprintable()):
            # It becomes an HTTP header, where anything else could smuggle in a second one.
            raise SecretError(f"{where}: the secret has characters that an HTTP header cannot hold")
        return value


def _from_environment(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise SecretError(f"environment variable {name} is not set: export it and start again")
    return value


def _from_file(path: Path) -> str:
    path = path.expanduser()
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise SecretError(f"file {path}: {error.strerror or 'cannot be opened'}") from None
    with os.fdopen(handle, "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise SecretError(f"file {path}: is not a regular file")
        if status.st_mode & 0o077:
            raise SecretError(f"file {path}: others can read it: chmod 600 {path}")
        content = stream.read(LONGEST_SECRET + 1)
    if len(content) > LONGEST_SECRET:
        raise SecretError(f"file {path}: longer than {LONGEST_SECRET} bytes, so not a secret")
    return content.decode("utf-8", "replace")


def _from_command(argv: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the user's own argv, no shell; see config.py on trust
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SecretError(f"command {argv[0]}: no answer within {COMMAND_SECONDS} s") from None
    except OSError as error:
        raise SecretError(f"command {argv[0]}: {error.strerror or 'cannot be started'}") from None
    if done.returncode != 0:
        raise SecretError(f"command {argv[0]}: ended with exit code {done.returncode}")
    return done.stdout[: LONGEST_SECRET + 1].decode("utf-8", "replace")
