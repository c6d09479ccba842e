"""A source that reads a small Redmine, and what should be told of its issues."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from goliath_tui.sources.redmine import Options
from goliath_tui.sources.work import Rule
from tests.sources.hostile_server import Server, serving
from tests.sources.redmine_asker import Asker
from tests.sources.redmine_world import KEY, World

OPTIONS = Options(
    projects=("backend",),
    points="Story points",
    labels=("Tags",),
    dropped=("Rejected",),
    services=(Rule(service="*", component="svc *"), Rule(service="shop", label="shop")),
)


class WorldAsker(Asker):
    """One that reads a small world."""

    def __init__(self, server: Server, world: World, options: Options) -> None:
        super().__init__(server.url, KEY, options, lambda: round(world.now * 1000))
        self.server = server
        self.world = world


@asynccontextmanager
async def redmine(options: Options = OPTIONS) -> AsyncIterator[WorldAsker]:
    world = World()
    async with serving(world) as server:
        asker = WorldAsker(server, world, options)
        try:
            yield asker
        finally:
            await asker.client.close()


def expected(world: World, number: int) -> tuple[Any, ...]:
    """How an issue stands: status, points, service, sprint."""
    issue = world.issues.get(number)
    if issue is None or issue["project_id"] == 2:
        return ("dropped",)
    category = world.categories.get(issue["category_id"])
    service = category.removeprefix("svc ") if category else None
    if service is None and "shop" in issue["labels"]:
        service = "shop"
    version = world.versions.get(issue["fixed_version_id"], {})
    return (
        {1: "open", 2: "started", 5: "done", 6: "dropped"}[issue["status_id"]],
        None if issue["points"] is None else float(issue["points"]),
        service,
        f"#version-{version['id']}" if version.get("due_date") else None,
    )


def found(asker: WorldAsker, number: int, until: int | None = None) -> tuple[Any, ...]:
    """The same, by what was told."""
    stands = asker.stand(number, until)
    return stands.status, stands.points, stands.service, stands.sprint


def assert_as_it_is(asker: WorldAsker, numbers: range) -> None:
    for number in numbers:
        wanted = expected(asker.world, number)
        if not asker.of(number) and wanted == ("dropped",):
            continue
        told = found(asker, number)
        events = "\n".join(f"{e.at} {e.id} {e.points} {e.sprint}" for e in asker.of(number))
        assert told[: len(wanted)] == wanted, f"{number}\n{events}"
