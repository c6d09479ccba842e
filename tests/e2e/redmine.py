"""A real Redmine of one's own, on loopback, with a database that nobody else uses.

Debian's package runs it; its own instance stays untouched. Redmine looks for an instance below a
folder of the package, by a name that may lead out of it again, so that everything lives in a
temporary folder and no rights are needed. A database is prepared once for all tests of a run.
"""

import asyncio
import functools
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.e2e.programs import Program, free_port, started

HOME = Path("/usr/share/redmine")
PREPARE_S = 300
#: Debian's own: another Ruby that comes first in the path knows nothing of Redmine.
_BUNDLER = Path("/usr/bin/bundle")
_PUMA = Path("/usr/bin/puma")

_GEMFILE = f"""\
eval_gemfile "{HOME}/Gemfile"
gem "sqlite3" unless dependencies.any? {{ |known| known.name == "sqlite3" }}
gem "puma"
"""
#: Tables, the statuses and trackers that Redmine suggests, the REST API, and a key for the admin.
_PREPARE = f"""
require "{HOME}/config/environment"
ActiveRecord::Migration.verbose = false
ActiveRecord::Base.connection.execute("PRAGMA synchronous = OFF")
paths = [Rails.root.join("db/migrate").to_s]
ActiveRecord::MigrationContext.new(paths, ActiveRecord::SchemaMigration).migrate
ActiveRecord::Base.connection.schema_cache.clear!
ActiveRecord::Base.descendants.each(&:reset_column_information)
Redmine::DefaultData::Loader.load("en")
Setting.rest_api_enabled = "1"
admin = User.find_by_login("admin")
admin.update_columns(must_change_passwd: false)
puts "key=" + admin.api_key
"""


class Redmine:
    """A running Redmine: `url`, and `key`, which may do everything."""

    def __init__(self, url: str, key: str, database: Path, program: Program) -> None:
        self.url = url
        self.key = key
        self.program = program
        self._database = database
        self._http = httpx.AsyncClient(
            base_url=url, headers={"X-Redmine-API-Key": key}, timeout=60, trust_env=False
        )

    async def close(self) -> None:
        """Hangs up."""
        await self._http.aclose()

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """One call of the REST API; its answer, which must be no error."""
        response = await self._http.request(method, path, json=body)
        assert response.is_success, (method, path, response.status_code, response.text[:500])
        return response.json() if response.content.strip() else None

    async def project(self, identifier: str, **more: object) -> int:
        """A new project that the key's user sees; its number."""
        body = {"name": identifier.title(), "identifier": identifier, **more}
        return int((await self.call("POST", "/projects.json", {"project": body}))["project"]["id"])

    async def version(self, project: str | int, name: str, due: str | None, **more: object) -> int:
        """A new version, which is a sprint if it is `due`; its number."""
        body = {"name": name, "due_date": due, "sharing": "descendants", **more}
        made = await self.call("POST", f"/projects/{project}/versions.json", {"version": body})
        return int(made["version"]["id"])

    async def category(self, project: str | int, name: str) -> int:
        """A new category; its number."""
        path = f"/projects/{project}/issue_categories.json"
        made = await self.call("POST", path, {"issue_category": {"name": name}})
        return int(made["issue_category"]["id"])

    async def issue(self, project: str | int, subject: str, **more: object) -> int:
        """A new issue; its number. `more`: as the REST API calls it."""
        body = {"project_id": project, "subject": subject, **more}
        return int((await self.call("POST", "/issues.json", {"issue": body}))["issue"]["id"])

    async def change(self, issue: int, **what: object) -> None:
        """Changes an issue, with a journal. `what`: as the REST API calls it."""
        await self.call("PUT", f"/issues/{issue}.json", {"issue": what})

    async def delete(self, issue: int) -> None:
        """Deletes an issue."""
        await self.call("DELETE", f"/issues/{issue}.json")

    async def reader(self, project: str, role: str) -> str:
        """A new user who has that role in a project; the user's key."""
        names = {"login": "reader", "firstname": "R", "lastname": "R", "mail": "r@example.com"}
        body = {"user": {**names, "password": "correct horse battery"}}
        number = (await self.call("POST", "/users.json", body))["user"]["id"]
        roles = (await self.call("GET", "/roles.json"))["roles"]
        [own] = [each["id"] for each in roles if each["name"] == role]
        member = {"membership": {"user_id": number, "role_ids": [own]}}
        await self.call("POST", f"/projects/{project}/memberships.json", member)
        return str((await self.call("GET", f"/users/{number}.json"))["user"]["api_key"])

    async def statuses(self) -> dict[str, int]:
        """Number of each status, by name."""
        found = await self.call("GET", "/issue_statuses.json")
        return {each["name"]: each["id"] for each in found["issue_statuses"]}

    async def trackers(self) -> dict[str, int]:
        """Number of each tracker, by name."""
        found = await self.call("GET", "/trackers.json")
        return {each["name"]: each["id"] for each in found["trackers"]}

    def custom_field(
        self, name: str, kind: str = "float", *, of: str = "Issue", values: tuple[str, ...] = ()
    ) -> int:
        """A custom field that all issues (or versions) have; its number.

        The REST API cannot make one. With `values` it is a list of which several can be chosen.
        """
        with closing(sqlite3.connect(self._database, timeout=20)) as database, database:
            listed = "---\n" + "".join(f"- {value}\n" for value in values) if values else None
            number = database.execute(
                "INSERT INTO custom_fields (type, name, field_format, possible_values, multiple,"
                " is_for_all, is_filter, editable, visible, position, regexp, searchable,"
                " is_required) VALUES (?, ?, ?, ?, ?, 1, 1, 1, 1, 1, '', 0, 0)",
                (f"{of}CustomField", name, "list" if values else kind, listed, bool(values)),
            ).lastrowid
            if of == "Issue":
                database.execute(
                    "INSERT INTO custom_fields_trackers SELECT ?, id FROM trackers", (number,)
                )
        assert number is not None
        return number

    def sql(self, statement: str, *values: object) -> list[Any]:
        """Does what no client of Redmine can do, such as setting the time of something."""
        with closing(sqlite3.connect(self._database, timeout=20)) as database, database:
            return database.execute(statement, values).fetchall()

    def age(self, days: float) -> None:
        """Moves all that has happened into the past."""
        step = f"-{days * 86_400:.0f} seconds"
        moment = "strftime('%Y-%m-%d %H:%M:%f', {0}, ?1)"
        for table, columns in (
            ("issues", ("created_on", "updated_on", "closed_on")),
            ("journals", ("created_on",)),
        ):
            moved = ", ".join(f"{name} = {moment.format(name)}" for name in columns)
            self.sql(f"UPDATE {table} SET {moved}", step)

    def setting(self, name: str, value: str) -> None:
        """Sets what an administrator would set in the web interface."""
        now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
        self.sql("DELETE FROM settings WHERE name = ?", name)
        self.sql(
            f"INSERT INTO settings (name, value, updated_on) VALUES (?, ?, {now})", name, value
        )


@asynccontextmanager
async def redmine() -> AsyncIterator[Redmine]:
    """A Redmine without any project, until the block ends; skips the test where there is none."""
    bundle = bundler()
    prepared, key = await asyncio.to_thread(_prepared)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _furnish(folder)
        shutil.copy(prepared, folder / "redmine.sqlite3")
        argv = [bundle, "exec", "puma", "--bind", f"tcp://127.0.0.1:{port}", "--threads", "1:4"]
        async with started(
            [*argv, "--environment", "production", str(HOME / "config.ru")],
            f"{url}/issue_statuses.json",
            folder,
            env=_environment(folder),
        ) as running:
            found = Redmine(url, key, folder / "redmine.sqlite3", running)
            try:
                yield found
            finally:
                await found.close()


def bundler() -> str:
    """The path of Bundler, which runs Redmine; skips the test unless all of it is here."""
    for path in (HOME / "config.ru", _BUNDLER, _PUMA):
        if not path.exists():
            package = "Debian's redmine, redmine-sqlite and puma"
            pytest.skip(f"no {path} here ({package}); Redmine is not tested")
    return str(_BUNDLER)


@functools.cache
def _prepared() -> tuple[Path, str]:
    """A database with all tables and nothing done yet, and the key of its administrator."""
    folder = Path(_kept().name)
    _furnish(folder)
    script = folder / "prepare.rb"
    script.write_text(_PREPARE)
    done = subprocess.run(
        [bundler(), "exec", "ruby", str(script)],
        cwd=folder,
        env={**os.environ, **_environment(folder)},
        capture_output=True,
        text=True,
        timeout=PREPARE_S,
        check=False,
    )
    keys = [line.partition("=")[2] for line in done.stdout.splitlines() if line[:4] == "key="]
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"[-3000:]
    assert len(keys) == 1, done.stdout
    return folder / "redmine.sqlite3", keys[0]


@functools.cache
def _kept() -> "tempfile.TemporaryDirectory[str]":
    """A folder that goes when the tests end."""
    return tempfile.TemporaryDirectory(prefix="goliath-redmine-", ignore_cleanup_errors=True)


def _furnish(folder: Path) -> None:
    """What an instance of Redmine needs to find."""
    for each in ("config", "log", "tmp", "files", "public/plugin_assets"):
        (folder / "instance" / each).mkdir(parents=True)
    database = {
        "adapter": "sqlite3",
        "database": str(folder / "redmine.sqlite3"),
        "timeout": 20_000,
    }
    (folder / "instance/config/database.yml").write_bytes(
        msgspec.json.encode({"production": database})
    )
    (folder / "instance/config/secret_key.txt").write_text("0" * 64)
    (folder / "Gemfile").write_text(_GEMFILE)


def _environment(folder: Path) -> dict[str, str]:
    # From below the package's folder up to the root, however deep that is.
    instance = Path("../" * 12, *(folder / "instance").resolve().parts[1:])
    return {
        "BUNDLE_GEMFILE": str(folder / "Gemfile"),
        "BUNDLE_LOCAL": "1",
        "BUNDLE_SILENCE_ROOT_WARNING": "1",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "RAILS_ENV": "production",
        "REDMINE_INSTANCE": str(instance),
        "TZ": "UTC",
    }
