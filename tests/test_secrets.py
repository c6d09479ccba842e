"""Secrets: where they come from, when they are refused, and that no error or repr shows one."""

import sys
from pathlib import Path

import pytest

from goliath_tui.secrets import Secret, SecretError

HIDDEN = "hunter2-hunter2"


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLIATH_T", f" {HIDDEN}\n")
    secret = Secret(env="GOLIATH_T")
    assert secret.resolve() == HIDDEN
    assert HIDDEN not in repr(secret)


def test_from_a_file_that_only_the_user_can_read(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(HIDDEN + "\n")
    path.chmod(0o640)
    with pytest.raises(SecretError, match="chmod 600") as caught:
        Secret(file=path).resolve()
    assert HIDDEN not in str(caught.value)
    path.chmod(0o600)
    assert Secret(file=path).resolve() == HIDDEN


def test_from_a_command() -> None:
    assert Secret(command=(sys.executable, "-c", f"print('{HIDDEN}')")).resolve() == HIDDEN


def test_a_command_that_fails_does_not_show_what_it_said() -> None:
    script = f"import sys; print('{HIDDEN}'); print('{HIDDEN}', file=sys.stderr); sys.exit(7)"
    with pytest.raises(SecretError, match="exit code 7") as caught:
        Secret(command=(sys.executable, "-c", script)).resolve()
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "caf\u00e9", "a\x00b"])
def test_what_no_header_can_hold_is_refused_unseen(tmp_path: Path, value: str) -> None:
    path = tmp_path / "token"
    path.write_text(value)
    path.chmod(0o600)
    with pytest.raises(SecretError) as caught:
        Secret(file=path).resolve()
    assert "two" not in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (Secret(env="GOLIATH_NOT_SET"), "is not set"),
        (Secret(file=Path("/nowhere/token")), "No such file"),
        (Secret(file=Path("/dev/null")), "not a regular file"),
        (Secret(command=("/nowhere/program",)), "No such file"),
        (Secret(), "needs one of"),
    ],
)
def test_what_is_missing_is_said(secret: Secret, words: str) -> None:
    with pytest.raises(SecretError, match=words):
        secret.resolve()


def test_a_file_too_long_for_a_secret_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"x" * 100_000)
    path.chmod(0o600)
    with pytest.raises(SecretError, match="not a secret"):
        Secret(file=path).resolve()
