"""Published descriptions of APIs, which tests hold our requests and their own servers' answers to.

They are too large to be kept here, or not ours to copy. `make specs` fetches GitHub's into
`.specs/`, cut down to what we ask for; the others are looked for in `shared/specs` beside the
checkout. Tests that need one skip where it is absent.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.description import Description

FOLDER = Path(__file__).parents[1] / ".specs"
GITHUB = "github.json"
JIRA = "jira-platform-v3.json"
JIRA_SOFTWARE = "jira-software-v1.json"
REDMINE = "redmine.yaml"
#: What real ones do that their descriptions do not have: Jira writes zones as +0900, and Redmine
#: leaves out what is empty.
_LENIENT = {
    JIRA: {"formats": False},
    JIRA_SOFTWARE: {"formats": False},
    REDMINE: {"demands": False},
}
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


@cache
def described(name: str) -> Description:
    """The description of that file name; skips the test where there is none."""
    for folder in (FOLDER, *(above / "shared" / "specs" for above in Path(__file__).parents)):
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8")
            document = yaml.load(text, yaml.CSafeLoader) if name == REDMINE else json.loads(text)
            return Description(document, **_LENIENT.get(name, {}))
    where = "`make specs` fetches it (with npm)" if name == GITHUB else "it belongs in shared/specs"
    pytest.skip(f"no {name} here: {where}")


def github() -> Description:
    """GitHub's description; skips the test where it is absent."""
    return described(GITHUB)


if __name__ == "__main__":
    path = fetch_github()
    sys.stdout.write(f"{path.name}: {path.stat().st_size / 2**20:.1f} MB\n")
