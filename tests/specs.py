"""Published descriptions of APIs, which tests hold our requests and their own servers' answers to.

They are too large to be kept here: `make specs` fetches them into `.specs/`, cut down to what we
ask for. Tests that need one skip where it is absent.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import pytest

FOLDER = Path(__file__).parents[1] / ".specs"
GITHUB = "github.json"
GITHUB_PACKAGE = "@octokit/openapi@23.0.2"
_GITHUB_MEMBER = "package/generated/api.github.com.json"
_GITHUB_PATHS = re.compile(
    r"/repos/\{owner\}/\{repo\}/(issues|issues/events|issues/\{issue_number\}|milestones)"
    r"|/(orgs/\{org\}|users/\{username\})/projectsV2/\{project_number\}(/fields|/items)?"
)


def fetch_github() -> Path:
    """GitHub's description, from the package that it is published in."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to fetch GitHub's description; its tests will be skipped")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [npm, "pack", "--silent", GITHUB_PACKAGE],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        [packed] = Path(folder).glob("*.tgz")
        with tarfile.open(packed) as archive:
            member = archive.extractfile(_GITHUB_MEMBER)
            assert member is not None
            whole = json.load(member)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / GITHUB
    half = path.with_suffix(".part")
    half.write_text(json.dumps(_cut(whole, _GITHUB_PATHS)), encoding="utf-8")
    half.replace(path)
    return path


def _cut(whole: dict[str, Any], wanted: re.Pattern[str]) -> dict[str, Any]:
    """What can be asked for by GET at these paths, and all that it refers to."""
    paths = {
        path: {"get": methods["get"]}
        for path, methods in whole["paths"].items()
        if wanted.fullmatch(path) and "get" in methods
    }
    parts: dict[str, dict[str, Any]] = {}
    todo = list(_references(paths))
    while todo:
        kind, name = todo.pop().removeprefix("#/components/").split("/")
        if kind == "examples" or name in parts.get(kind, {}):
            continue
        part = parts.setdefault(kind, {})[name] = whole["components"][kind][name]
        todo += _references(part)
    return {"info": whole["info"], "paths": paths, "components": parts}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


class Description:
    """A description, by which requests and answers are judged."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components = {
            "schemas": {
                name: _with_null(schema)
                for name, schema in document["components"]["schemas"].items()
            }
        }
        self._parameters = document["components"].get("parameters", {})
        self._operations = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(path))), path, methods["get"])
            for path, methods in document["paths"].items()
        ]
        # What is written out goes before what is filled in.
        self._operations.sort(key=lambda known: known[1].count("{"))
        self._validators: dict[str, Any] = {}

    def operation(self, path: str) -> tuple[str, dict[str, Any]]:
        """The operation behind a path of a request: its template and what is said of it."""
        for pattern, template, operation in self._operations:
            if pattern.fullmatch(path):
                return template, operation
        raise AssertionError(f"the description has no GET {path}")

    def check_request(
        self, path: str, query: str, undescribed: Mapping[str, set[str]] | None = None
    ) -> None:
        """Raises AssertionError for what the description does not allow to be asked.

        `undescribed`: template → parameters that the API has although the description lacks them.
        """
        template, operation = self.operation(path)
        known = {}
        for parameter in operation.get("parameters", []):
            if "$ref" in parameter:
                parameter = self._parameters[parameter["$ref"].rpartition("/")[2]]  # noqa: PLW2901
            if parameter["in"] == "query":
                known[parameter["name"]] = parameter
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        assert len(dict(pairs)) == len(pairs), f"{path}?{query} says something twice"
        for name, text in pairs:
            if name in (undescribed or {}).get(template, set()):
                continue
            assert name in known, f"{template} has no parameter {name}"
            schema = known[name]["schema"]
            value = int(text) if schema.get("type") == "integer" else text
            jsonschema_rs.validate(_with_null(schema), value, validate_formats=True)
            if name == "per_page":
                assert 1 <= int(text) <= 100

    def check_answer(self, path: str, status: int, body: Any) -> None:
        """Raises AssertionError for an answer that the description does not allow."""
        template, operation = self.operation(path)
        told = operation["responses"].get(str(status))
        assert told is not None or status in {401, 403, 404, 429, 500, 502}, (template, status)
        if status != 200:
            return
        key = f"{template} {status}"
        if key not in self._validators:
            schema = told["content"]["application/json"]["schema"]
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                {**_with_null(schema), "components": self._components}, validate_formats=True
            )
        error = next(self._validators[key].iter_errors(body), None)
        assert error is None, f"{template}: {error}"[:2000]


def _with_null(node: Any) -> Any:
    """A schema of OpenAPI 3.0 as plain JSON schema: `nullable` becomes an alternative."""
    if isinstance(node, list):
        return [_with_null(value) for value in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _with_null(value) for key, value in node.items() if key not in {"nullable", "example"}
    }
    return {"anyOf": [kept, {"type": "null"}]} if node.get("nullable") is True else kept


@cache
def _github() -> Description | None:
    path = FOLDER / GITHUB
    if not path.exists():
        return None
    return Description(json.loads(path.read_text(encoding="utf-8")))


def github() -> Description:
    """GitHub's description; skips the test where it is absent."""
    found = _github()
    if found is None:
        pytest.skip("no description of GitHub's API here: `make specs` fetches it (with npm)")
    return found


if __name__ == "__main__":
    path = fetch_github()
    sys.stdout.write(f"{path.name}: {path.stat().st_size / 2**20:.1f} MB\n")
